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
    ["\nDeno.test(", "\nwithRedis(", "\ntest("].map(|start| source.matches(start).count()).iter().sum()
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

/// Copies a project of the tests to `target`.
fn copy(project: &str, target: &Path) {
    let project = repository("tests/runtime/read-through").join(project);
    for entry in walkdir::WalkDir::new(&project).into_iter().map(Result::unwrap) {
        let target = target.join(entry.path().strip_prefix(&project).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(target).unwrap(),
            false => fs::copy(entry.path(), target).map(drop).unwrap(),
        }
    }
}

/// Fixes a project by `rules`; all that they find has a safe fix, and nothing is left.
fn fix(root: &Path, rules: &[&str]) {
    let rules: Vec<&str> = rules.iter().flat_map(|rule| ["--rule", rule]).collect();
    let phase2 = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phase2"));
        run(command.args(args).args(&rules).arg("--root").arg(root))
    };
    phase2(&["fix", "-q", "--allow-dirty", "--allow-no-vcs"]);
    phase2(&["check", "-q"]);
}

#[test]
fn nobody_gets_a_row_in_the_browser_that_row_level_security_hides() {
    let files = ["rest.ts", "database.ts", "browser_test.ts"];
    let folders = ["rate-limit", "read-through", "read-through"];
    let files: Vec<String> =
        folders.iter().zip(files).map(|(folder, file)| format!("tests/runtime/{folder}/{file}")).collect();
    let home = workspace("read-through-browser", &files.iter().map(String::as_str).collect::<Vec<_>>());
    copy("browser", &home.join("browser-before"));
    let after = home.join("browser-after");
    copy("browser", &after);
    // Its own limit is the one that the rule wants.
    fix(&after, &["read-through", "rate-limit"]);
    // Browsers' code is bundled, and names its modules without an extension.
    let map = r#"{ "imports": { "npm:@supabase/supabase-js@2": "./database.ts" }, "unstable": ["sloppy-imports"] }"#;
    fs::write(home.join("deno.json"), map).unwrap();
    let entries = ["supabase/functions/read-cache/index.ts", "src/lib/cache/readThrough.ts"];
    let entries = entries.map(|entry| after.join(entry));
    run(in_workspace(&home).args(["check", "--node-modules-dir=manual"]).args(entries));
    passes(&home, "browser_test.ts");
}

/// The entry files of a project's functions.
fn entries(root: &str) -> Vec<String> {
    ["get-listing", "get-profile", "admin-listing", "rename-listing", "card"]
        .map(|name| format!("{root}/supabase/functions/{name}/index.ts"))
        .into()
}

#[test]
fn nobody_gets_a_row_by_the_cache_that_row_level_security_hides() {
    let files = ["tests/runtime/rate-limit/rest.ts", "tests/runtime/read-through/database.ts"];
    let home =
        workspace("read-through-tenants", &[&files[..], &["tests/runtime/read-through/tenants_test.ts"]].concat());
    copy("project", &home.join("before"));
    let after = home.join("after");
    copy("project", &after);
    fix(&after, &["read-through"]);
    let edit = fs::read_to_string(after.join("supabase/functions/rename-listing/index.ts")).unwrap();
    assert!(edit.contains("await invalidate(CacheKeys.listing("), "{edit}");
    let rows = fs::read_to_string(after.join("supabase/functions/_shared/rows.ts")).unwrap();
    assert_eq!(rows.matches("await readThroughRow(").count(), 2, "{rows}");
    let map = r#"{ "imports": { "npm:@supabase/supabase-js@2": "./database.ts" } }"#;
    fs::write(home.join("deno.json"), map).unwrap();
    for version in ["before", "after"] {
        run(in_workspace(&home).args(["check", "--node-modules-dir=manual"]).args(entries(version)));
    }
    passes(&home, "tenants_test.ts");
}
