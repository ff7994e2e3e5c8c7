//! Runs what the fixtures show, before and after the fix, under Deno with a recording console: each value that was logged
//! is in the record, evaluated once, in the same order.
//!
//! What a fixture's program doesn't define is made up (`fixture_runs/things.mjs`), its branches and errors follow a seed
//! (`fixture_runs/instrument.mjs`), and every function in it is called (`fixture_runs/drive.mjs`), so that each use of the
//! console that the fix rewrites is reached at least once.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "fixtures/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use fixture::{Fixture, Tree};
use serde::{Deserialize, Serialize};
use support::node;

/// How many files of fixtures are run at least.
const AT_LEAST: usize = 245;

/// Files that can't be run, and why. Each is a fixture and a path in it.
const EXCEPT: [(&str, &str); 3] = [
    // Hono hands one line to what it is given; what is made up for it here hands on two values.
    ("console/logger-of-hono", "supabase/functions/api/index.ts"),
    // They have syntax errors of their own.
    ("console/syntax-error-elsewhere", "src/app.ts"),
    ("console/syntax-error-in-the-arguments", "src/app.ts"),
];

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    path: String,
    before: String,
    after: String,
    sites: Vec<Position>,
    /// The module of the logger.
    module: String,
    /// The modules that hand it on.
    handed_on: Vec<String>,
    /// The text of the module if it is one that a fix brings along.
    code: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Deserialize)]
struct Report {
    violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    rule: String,
    path: String,
    start: Position,
    help: Option<String>,
    fix: Option<serde::de::IgnoredAny>,
}

#[test]
fn what_was_logged_before_is_in_the_record_after() {
    let mut cases = Vec::new();
    for (name, fixture) in Fixture::all() {
        cases.extend(cases_of(&name, &fixture.unwrap()));
    }
    assert!(cases.len() >= AT_LEAST, "{} files are run, at least {AT_LEAST} expected", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(complaints(&cases))
        .filter_map(|(case, complaint)| {
            let is_known = EXCEPT.contains(&(case.name.as_str(), case.path.as_str()));
            assert!(!is_known || complaint.is_some(), "{} needs no exception any more", case.name);
            Some(format!("{} {}\n  {}", case.name, case.path, complaint.filter(|_| !is_known)?))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_is_wrong_is_noticed() {
    const BEFORE: &str = "export function f(a) {\n  console.warn('Not saved:', a.id, b());\n}\n";
    let case = |call: &str| Case {
        name: String::new(),
        path: "src/a.ts".to_owned(),
        before: BEFORE.to_owned(),
        after: format!("import {{ logger }} from './lib/logger';\nexport function f(a) {{\n  {call}\n}}\n"),
        sites: vec![Position { line: 2, column: 3 }],
        module: "src/lib/logger.ts".to_owned(),
        handed_on: Vec::new(),
        code: None,
    };
    let table = [
        ("logger.warn('Not saved', { id: a.id, b: b() });", ""),
        ("logger.warn('Not saved', { id: a.id });", "evaluates"),
        ("logger.warn('Not saved', { b: b(), id: a.id });", "evaluates"),
        ("logger.warn('Not saved', { id: a.id, b: b(), c: b() });", "evaluates"),
        ("logger.warn('Not saved', { id: a.id, b: (b(), 1) });", "lacks ⟦b()⟧"),
        ("logger.warn('Saved', { id: a.id, b: b() });", "lacks Not"),
        ("logger.error('Not saved', { id: a.id, b: b() });", "has the level error"),
        ("logger.warn('Not saved', { id: a.id, b: b() }); logger.warn('x');", "2 records instead of 1"),
        ("[a.id, b()];", "0 records instead of 1"),
    ];
    let mut cases: Vec<Case> = table.iter().map(|(call, _)| case(call)).collect();
    cases.push(Case { sites: vec![Position { line: 3, column: 1 }], ..case(table[0].0) });
    let found = complaints(&cases);
    for ((call, expected), complaint) in table.iter().zip(&found) {
        let complaint = complaint.as_deref().unwrap_or_default();
        assert!(complaint.contains(expected) && complaint.is_empty() == expected.is_empty(), "{call}\n{complaint}");
    }
    assert!(
        found[table.len()].as_deref().is_some_and(|complaint| complaint.contains("never reached: 3:1")),
        "{found:?}"
    );
}

/// The files of a fixture that the fix changes.
fn cases_of(name: &str, fixture: &Fixture) -> Vec<Case> {
    if fixture.after == fixture.before {
        return Vec::new();
    }
    let folder = support::project(&fixture.before);
    let mut check = Command::new(env!("CARGO_BIN_EXE_phase2"));
    let output = check
        .args(["check", "-o", "json", "--root", "."])
        .args(&fixture.args)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report: Report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = |tree: &Tree, path: &str| tree.get(path).map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    let changed =
        fixture.after.iter().filter(|(path, after)| fixture.before.get(*path).is_some_and(|text| text != *after));
    let case = |path: &String| {
        let here =
            report.violations.iter().filter(|one| one.path == *path && one.rule == "console" && one.fix.is_some());
        let module =
            here.clone().find_map(|one| one.help.as_deref()?.rsplit_once("` from ").map(|(_, module)| module))?;
        let code = text(&fixture.after, module).filter(|text| text.contains("phase2 added this file"));
        let is_barrel = |(_, bytes): &(&String, &Vec<u8>)| {
            let text = String::from_utf8_lossy(bytes);
            text.contains("export {") && text.contains(" from ") || text.contains("export *")
        };
        Some(Case {
            name: name.to_owned(),
            path: path.clone(),
            before: text(&fixture.before, path)?,
            after: text(&fixture.after, path)?,
            sites: here.map(|one| one.start.clone()).collect(),
            module: module.to_owned(),
            handed_on: fixture.after.iter().filter(is_barrel).map(|(path, _)| path.clone()).collect(),
            code,
        })
    };
    changed.filter_map(|(path, _)| case(path)).collect()
}

/// What is wrong with each of `cases`.
fn complaints(cases: &[Case]) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("cases.json"), folder.path().join("complaints.json"));
    fs::write(&input, serde_json::to_vec(cases).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture_runs/main.mjs");
    let mut deno = node::deno();
    deno.args(["run", "--cached-only", "--allow-read", "--allow-env", "--allow-write"]).arg(script);
    node::run(deno.arg(node::node_modules()).args([&input, &output]));
    serde_json::from_slice(&fs::read(&output).unwrap()).unwrap()
}
