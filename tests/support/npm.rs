//! The npm packages of the binary under test, packed as the release workflow packs them, and a registry that has them.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use super::node::{npm, run};

/// The version that every package has.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The packages' folders and archives, all in one folder.
pub struct Packages {
    /// Where they are: a folder named `phase2`, one for each platform, and the archives of `phase2` and of this machine's.
    pub folder: PathBuf,
    /// The name of this machine's platform, such as `linux-x64-gnu`.
    pub platform: String,
}

impl Packages {
    /// The path of the launcher's archive.
    pub fn launcher(&self) -> PathBuf {
        self.folder.join(format!("phase2-{VERSION}.tgz"))
    }

    /// The path of the archive with this machine's binary.
    pub fn binary(&self) -> PathBuf {
        self.folder.join(format!("phase2-cli-{}-{VERSION}.tgz", self.platform))
    }
}

/// The platforms of the launcher's own list.
pub fn platforms() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/phase2/platforms.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Makes the folder of a package by `npm/build.mjs`; its path.
pub fn build(arguments: &[&str]) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/build.mjs");
    PathBuf::from(run(Command::new("node").arg(script).args(arguments)).trim_end())
}

/// The packages of the binary under test, made once. Those of other platforms are there as folders, with another file as
/// their binary, so that it shows which one is chosen.
pub fn packages() -> &'static Packages {
    static PACKED: OnceLock<Packages> = OnceLock::new();
    PACKED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        let out = folder.to_str().unwrap();
        for platform in platforms() {
            build(&["platform", out, file!(), platform["name"].as_str().unwrap()]);
        }
        let launcher = build(&["launcher", out]);
        let own = build(&["platform", out, cargo_bin("phase2").to_str().unwrap()]);
        run(npm().args(["pack", "--silent", "--pack-destination", out]).arg(&launcher).arg(&own));
        let platform = own.file_name().unwrap().to_str().unwrap().to_owned();
        Packages { folder, platform }
    })
}

/// A registry on this machine that has the packages, and nothing else. It stops when it is dropped.
pub struct Registry {
    server: Child,
    /// Its address.
    pub address: String,
}

impl Registry {
    /// Starts one.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/registry.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(&packages().folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { server, address: address.trim_end().to_owned() }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// Lets a command and what it runs install from one registry, with a cache of its own.
pub fn use_registry(command: &mut Command, address: &str, cache: &Path) {
    command.env("npm_config_registry", address).env("npm_config_cache", cache);
    command.envs([
        ("npm_config_audit", "false"),
        ("npm_config_fund", "false"),
        ("npm_config_update_notifier", "false"),
    ]);
}
