//! The JavaScript tools that some tests run: pinned in `tests/node`, installed once per lock file.

// Each test binary compiles this module and none uses all of it.
#![allow(dead_code, clippy::panic)]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The `node_modules` folder with what `tests/node/package-lock.json` names. The first call installs it below the
/// target folder; other tests wait for it and later runs find it there.
///
/// Panics with what is missing when it can't be installed.
pub fn node_modules() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    // Deno puts its binary in its place at the first start.
    let started = |modules: &Path| drop(run(script(modules, "deno/bin.cjs").arg("--version")));
    INSTALLED.get_or_init(|| install("node", started)).clone()
}

/// The same with what `tests/browser/package-lock.json` names: a browser, and what it checks pages with.
pub fn browser_modules() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let unpack = |modules: &Path| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/unpack.mjs");
        run(Command::new("node").arg(script).arg(modules));
    };
    INSTALLED.get_or_init(|| install("browser", unpack)).clone()
}

/// Installs what the lock file in `tests/<name>` names and lets `finish` see to the rest: into a folder of its own, and renames that once it is complete, so that test binaries that run at the same
/// time, or were stopped half-way, never see a part of it.
fn install(name: &str, finish: impl FnOnce(&Path)) -> PathBuf {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let lock = fs::read(pinned.join("package-lock.json")).expect("the lock file is in the repository");
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.join(format!("{name}-{:016x}", hasher.finish()));
    if !home.exists() {
        let draft = tempfile::tempdir_in(target).expect("the target folder is writable");
        for name in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(pinned.join(name), draft.path().join(name)).expect("the lock file's folder is complete");
        }
        run(npm().args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(draft.path()));
        let modules = draft.path().join("node_modules");
        finish(&modules);
        let renamed = fs::rename(draft.path(), &home);
        assert!(home.exists(), "{} can't be made: {renamed:?}", home.display());
    }
    home.join("node_modules")
}

/// `deno`, without a network, without prompts, and with a cache of its own.
pub fn deno() -> Command {
    let modules = node_modules();
    let mut command = script(&modules, "deno/bin.cjs");
    command.env("DENO_DIR", modules.with_file_name("deno-cache"));
    // The package.json at the top is for pre-commit, and says nothing of the tests.
    command.env("DENO_NO_PACKAGE_JSON", "1");
    command.envs([("DENO_NO_UPDATE_CHECK", "1"), ("DENO_NO_PROMPT", "1"), ("NO_COLOR", "1")]);
    command
}

/// `tsc`, the TypeScript compiler.
pub fn tsc() -> Command {
    script(&node_modules(), "typescript/bin/tsc")
}

/// Runs one of the tests' own scripts with Node, with the packages' folder as its argument and `input` on its standard
/// input, and gives back its standard output.
pub fn run_script(path: &Path, input: &[u8]) -> Vec<u8> {
    run_script_with(&node_modules(), path, input)
}

/// The same with the packages in the folder `modules`.
pub fn run_script_with(modules: &Path, path: &Path, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("node");
    command.arg(path).arg(modules).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("these tests need Node.js 20 or later: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = std::thread::scope(|scope| {
        // Written from a thread of its own, so that neither side waits for the other's full pipe.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().expect("the child was spawned")
    });
    assert!(output.status.success(), "{} failed: {}", path.display(), output.status);
    output.stdout
}

/// Runs the command and gives back its standard output. Panics with all that it said when it fails.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} can't be run ({error}): these tests need Node.js 20 or later, with npm, on the PATH")
    });
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed ({})\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

/// `npm`.
pub fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn script(modules: &Path, path: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(modules.join(path));
    command
}
