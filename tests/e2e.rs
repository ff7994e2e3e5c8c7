//! The demo from one end to the other: fixed by all rules at once and one after the other, type-checked, linted, parsed by
//! another parser, and run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

use support::node::{deno, node_modules, run, run_script};
use support::redis::redis_server;

const RULES: [&str; 3] = ["rate-limit", "tenants", "console"];

type Tree = BTreeMap<String, String>;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let read = files.map(|entry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        (name, fs::read_to_string(entry.path()).unwrap())
    });
    read.collect()
}

fn write(root: &Path, tree: &Tree) {
    for (path, text) in tree {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The demo as it lies there, or as the app of a monorepo.
fn demo(is_monorepo: bool) -> Tree {
    let demo = tree(&repository("fixtures/demo"));
    if !is_monorepo {
        return demo;
    }
    let moved = demo.into_iter().map(|(path, text)| match path.as_str() {
        "phase2.toml" => (path, format!("roots = [\"apps/*/src\", \"apps/*/supabase/functions\"]\n{text}")),
        _ => (format!("apps/shop/{path}"), text),
    });
    moved.collect()
}

/// The tree after `phase2 fix` with each of these lists of arguments, one after the other.
fn fixed(before: &Tree, steps: &[Vec<&str>]) -> Tree {
    let root = TempDir::new().unwrap();
    write(root.path(), before);
    for step in steps {
        let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
        let output =
            phase2.args(["fix", "-q", "--allow-no-vcs"]).args(step).arg("--root").arg(root.path()).output().unwrap();
        // Some violations have no fix.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{step:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    tree(root.path())
}

fn all_at_once(before: &Tree) -> Tree {
    fixed(before, &[vec!["--unsafe-fixes"]])
}

#[test]
fn rules_one_after_the_other_come_to_the_same_in_any_order() {
    let before = demo(false);
    let expected = all_at_once(&before);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let steps: Vec<Vec<&str>> = order.iter().map(|rule| vec!["--unsafe-fixes", "--rule", RULES[*rule]]).collect();
        let made = fixed(&before, &steps);
        for (path, text) in &expected {
            assert_eq!(made.get(path), Some(text), "{path} in the order {:?}", order.map(|rule| RULES[rule]));
        }
        assert_eq!(made.len(), expected.len());
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deno_types: String,
    cases: Vec<Case>,
}

#[derive(Serialize)]
struct Case {
    before: Tree,
    after: Tree,
}

fn code(tree: &Tree) -> Tree {
    let is_code = |path: &str| path.ends_with(".ts") || path.ends_with(".tsx");
    tree.iter().filter(|(path, _)| is_code(path)).map(|(path, text)| (path.clone(), text.clone())).collect()
}

#[test]
fn no_type_breaks() {
    let cases =
        [demo(false), demo(true)].map(|before| Case { after: code(&all_at_once(&before)), before: code(&before) });
    let input = Input { deno_types: run(deno().arg("types")), cases: cases.into() };
    let script = repository("tests/fixture_types/check.mjs");
    let new: Vec<Vec<String>> =
        serde_json::from_slice(&run_script(&script, &serde_json::to_vec(&input).unwrap())).unwrap();
    assert_eq!(new, [[""; 0], [""; 0]]);
}

/// The codes of what the linter objects to, by file.
fn lint(tree: &Tree, name: &str) -> BTreeSet<(String, String)> {
    let home = node_modules().with_file_name(name);
    let _ = fs::remove_dir_all(&home);
    write(&home, &code(tree));
    let output = deno().current_dir(&home).args(["lint", "--json", "supabase", "src"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["errors"], serde_json::json!([]), "what the linter can't parse");
    let of = |found: &Value| {
        let file = found["filename"].as_str().unwrap().split_once(name).unwrap().1.to_owned();
        (file, found["code"].as_str().unwrap().to_owned())
    };
    report["diagnostics"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_linter_finds_nothing_new_and_another_parser_nothing_wrong() {
    let before = demo(false);
    let after = all_at_once(&before);
    let new: Vec<_> = lint(&after, "e2e-lint-after").difference(&lint(&before, "e2e-lint-before")).cloned().collect();
    // The helper imports what its first lines name, without a deno.json.
    let is_ours = |(file, code): &(String, String)| file.contains("rate-limit-wrapper") && code == "no-import-prefix";
    let is_import = |(_, code): &(String, String)| code == "no-import-prefix";
    let new: Vec<_> = new.into_iter().filter(|found| !is_ours(found) && !is_import(found)).collect();
    assert_eq!(new, []);
    let wrong: Tree = serde_json::from_slice(&run_script(
        &repository("tests/e2e/parse.mjs"),
        &serde_json::to_vec(&code(&after)).unwrap(),
    ))
    .unwrap();
    assert_eq!(wrong, Tree::new());
}

#[test]
fn it_runs_as_before_and_behind_its_limits() {
    let home = node_modules().with_file_name("e2e-run");
    let _ = fs::remove_dir_all(&home);
    let before = demo(false);
    write(&home.join("before"), &before);
    write(&home.join("after"), &all_at_once(&before));
    fs::copy(repository("tests/e2e/run_test.ts"), home.join("run_test.ts")).unwrap();
    fs::copy(repository("tests/runtime/tenants/database.ts"), home.join("database.ts")).unwrap();
    fs::copy(repository("tests/runtime/rate-limit/rest.ts"), home.join("rest.ts")).unwrap();
    fs::write(home.join("std.ts"), "export const serve = (handler: unknown) => (Deno as any).serve(handler);\n")
        .unwrap();
    let map = r#"{ "imports": {
        "npm:@supabase/supabase-js@2": "./database.ts",
        "https://esm.sh/@supabase/supabase-js@2": "./database.ts",
        "https://deno.land/std@0.168.0/http/server.ts": "./std.ts"
    } }"#;
    fs::write(home.join("deno.json"), map).unwrap();
    let mut command = deno();
    command.current_dir(&home).env("REDIS_SERVER", redis_server());
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", "run_test.ts"];
    let stdout = run(command.args(args));
    assert!(stdout.contains("ok | 7 passed | 0 failed"), "{stdout}");
}
