//! The pinned ripgrep.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of ripgrep.
const RIPGREP: &str = "14.1.1";

/// The program, built if it isn't there.
pub fn program() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ripgrep-{RIPGREP}"));
    let program = home.join("bin").join(if cfg!(windows) { "rg.exe" } else { "rg" });
    if !program.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["install", "ripgrep", "--locked", "--version", RIPGREP, "--root"]).arg(&home);
        assert!(cargo.status().unwrap().success(), "ripgrep {RIPGREP} can't be built");
    }
    program
}
