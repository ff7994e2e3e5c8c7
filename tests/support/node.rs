//! Node's packages for the tests: those of `tests/node/package-lock.json`, installed once below the target folder.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files that say what is installed.
const MANIFEST: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// The `node_modules` folder with the pinned packages; installs them the first time.
///
/// Test binaries may call it at the same time: the folder appears at once, whole.
pub fn node_modules() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    let mut hasher = DefaultHasher::new();
    for name in MANIFEST {
        fs::read(source.join(name)).unwrap_or_else(|error| panic!("tests/node/{name}: {error}")).hash(&mut hasher);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("node-{:016x}", hasher.finish()));
    if !folder.exists() {
        let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in MANIFEST {
            fs::copy(source.join(name), fresh.path().join(name)).unwrap();
        }
        install(fresh.path());
        // If another test was faster, its folder holds the same and stays.
        if fs::rename(fresh.path(), &folder).is_err() {
            assert!(folder.exists(), "can't write {}", folder.display());
        }
    }
    folder.join("node_modules")
}

/// Runs `script` with Node, gives it `input` on stdin and the packages' folder as its argument, and returns its stdout.
pub fn run(script: &Path, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("node")
        .arg(script)
        .arg(node_modules())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs Node 20 or later as `node` in PATH: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // Written from a thread of its own, so that neither side waits for the other's full pipe.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{} failed: {}", script.display(), output.status);
    output.stdout
}

fn install(folder: &Path) {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(["ci", "--ignore-scripts"])
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("this test needs Node 20 or later with `npm` in PATH: {error}"));
    assert!(output.status.success(), "npm ci failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
