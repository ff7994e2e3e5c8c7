//! The rule `read-through` for real: its helper under Deno, with a real Redis.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::node::{deno, node_modules, run};
use support::redis::redis_server;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A new folder beside the `node_modules` that have what the helper imports, with these files of the repository in it.
fn workspace(name: &str, files: &[&str]) -> PathBuf {
    let home = node_modules().with_file_name(name);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).unwrap();
    for file in files {
        fs::copy(repository(file), home.join(Path::new(file).file_name().unwrap())).unwrap();
    }
    home
}

fn in_workspace(folder: &Path) -> Command {
    let mut command = deno();
    command.current_dir(folder);
    command
}

const HELPER: &str = "rules/read-through/runtime/read-through.ts";

/// How many tests a file declares, each at the start of a line.
fn declared(test: &Path) -> usize {
    let source = fs::read_to_string(test).unwrap();
    ["\nDeno.test(", "\nwithRedis("].map(|start| source.matches(start).count()).iter().sum()
}

fn passes(folder: &Path, test: &str) {
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", test];
    let stdout = run(in_workspace(folder).args(args).env("REDIS_SERVER", redis_server()));
    let expected = declared(&folder.join(test));
    assert!(stdout.contains(&format!("ok | {expected} passed | 0 failed")), "{expected} tests expected:\n{stdout}");
}

#[test]
fn the_helper_reads_through_a_real_redis() {
    let files = [HELPER, "tests/runtime/rate-limit/rest.ts", "tests/runtime/read-through/helper_test.ts"];
    passes(&workspace("read-through-tests", &files), "helper_test.ts");
}

#[test]
fn the_helper_type_checks_and_keeps_the_types_of_queries() {
    let folder = workspace("read-through-check", &[HELPER, "tests/runtime/read-through/types_test.ts"]);
    run(in_workspace(&folder).args(["check", "--node-modules-dir=manual", "read-through.ts", "types_test.ts"]));
}
