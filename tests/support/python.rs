//! The Python programs that some tests run: pinned in `tests/python`, installed once per list.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::node::run;

/// A program of what `tests/python/requirements.txt` names. The first call installs them all below the target folder.
///
/// Panics with what is missing when they can't be installed.
pub fn python_program(name: &str) -> Command {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    Command::new(INSTALLED.get_or_init(install).join(if cfg!(windows) { "Scripts" } else { "bin" }).join(name))
}

/// An environment knows its own path and can't be renamed; so a file says that it is complete.
fn install() -> PathBuf {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/requirements.txt");
    let mut hasher = DefaultHasher::new();
    fs::read(&pinned).expect("tests/python is in the repository").hash(&mut hasher);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{:016x}", hasher.finish()));
    let complete = home.join("complete");
    if !complete.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home));
        let pip = home.join(if cfg!(windows) { "Scripts" } else { "bin" }).join("pip");
        run(Command::new(pip).args(["install", "--quiet", "--only-binary", ":all:", "--requirement"]).arg(pinned));
        fs::write(complete, "").unwrap();
    }
    home
}
