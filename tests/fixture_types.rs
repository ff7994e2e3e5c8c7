//! Type-checks what the fixtures show: no fix brings a diagnostic that wasn't there before.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "fixtures/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use fixture::{Fixture, Tree};
use serde::Serialize;
use support::node::{deno, run, run_script};

/// How many fixtures are checked at least.
const AT_LEAST: usize = 280;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    deno_types: String,
    cases: &'a [Case],
}

#[derive(Serialize)]
struct Case {
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
}

#[test]
fn no_fix_brings_a_new_diagnostic() {
    let (mut names, mut cases) = (Vec::new(), Vec::new());
    for (name, fixture) in Fixture::all() {
        let fixture = fixture.unwrap();
        if fixture.after != fixture.before {
            names.push(name);
            cases.push(Case { before: texts(&fixture.before), after: texts(&fixture.after) });
        }
    }
    assert!(cases.len() >= AT_LEAST, "{} fixtures are checked, at least {AT_LEAST} expected", cases.len());
    let wrong: Vec<String> = names
        .iter()
        .zip(new_diagnostics(&cases))
        .filter(|(_, new)| !new.is_empty())
        .map(|(name, new)| format!("{name}\n  {}", new.join("\n  ")))
        .collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_new_diagnostic_is_noticed() {
    let case = |after: &str| {
        let file = |text: &str| BTreeMap::from([("src/a.ts".to_owned(), text.to_owned())]);
        Case { before: file("Deno.serve(() => new Response('a'));\n"), after: file(after) }
    };
    let found = new_diagnostics(&[
        case("Deno.serve(async () => new Response('b'));\n"),
        case("Deno.serve(() => 1);\n"),
        case("try {} catch (error) { error.message; }\n"),
    ]);
    assert_eq!(found[0], [""; 0]);
    assert!(found[1].iter().any(|new| new.contains("TS2769")), "{found:?}");
    assert!(found[2].iter().any(|new| new.contains("TS18046")), "{found:?}");
}

/// The texts of a project that can be checked.
fn texts(tree: &Tree) -> BTreeMap<String, String> {
    let text = |(path, bytes): (&String, &Vec<u8>)| {
        let is_read = path == "package.json" || [".ts", ".tsx", ".mts"].iter().any(|end| path.ends_with(end));
        Some((path.clone(), String::from_utf8(bytes.clone()).ok()?)).filter(|_| is_read)
    };
    tree.iter().filter_map(text).collect()
}

/// For each of `cases` the diagnostics that are new afterwards.
fn new_diagnostics(cases: &[Case]) -> Vec<Vec<String>> {
    let input = Input { deno_types: run(deno().arg("types")), cases };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture_types/check.mjs");
    serde_json::from_slice(&run_script(&script, &serde_json::to_vec(&input).unwrap())).unwrap()
}
