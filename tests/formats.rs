//! The formats for code hosts, each read by something that isn't ours.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use support::node::{node_modules, run_script, tsc};

/// A project with violations of all kinds: fixes in several files, new files, none; odd names; characters beyond ASCII.
fn project() -> TempDir {
    support::project([
        ("src/a.ts", "export const é = 1;\n\tconsole.log('<&>', é); // 😀\n"),
        ("src/b, c%.ts", "console.group('x');\n"),
        ("supabase/functions/x/index.ts", "Deno.serve(async (req) => new Response(req.url));\n"),
        (
            "supabase/functions/y/index.ts",
            "Deno.serve(async (req) => {\n  await db.from('a').insert({ tenant_id: '00000000-0000-0000-0000-000000000000' });\n  return new Response(req.url);\n});\n",
        ),
    ])
}

fn report(root: &Path, format: &str) -> String {
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    let output = phase2.args(["check", "-q", "-o", format, "--root"]).arg(root).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of a report of ours that lists all violations.
fn count(root: &Path) -> usize {
    report(root, "concise").lines().count()
}

#[test]
fn sarif_is_what_its_schema_says() {
    let project = project();
    let text = report(project.path(), "sarif");
    // The types are made from the schema of SARIF 2.1.0; a key that they don't have is an error.
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let again: Value = serde_json::to_value(&log).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(again, value);
    let home = node_modules().with_file_name("sarif-types");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("log.ts"), format!("import type {{ Log }} from 'sarif';\nexport const log: Log = {text};\n"))
        .unwrap();
    let mut check = tsc();
    let output =
        check.current_dir(&home).args(["--noEmit", "--strict", "--module", "nodenext", "log.ts"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));

    let results = value["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), count(project.path()));
    let rules = value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["phase2/v1"].is_string());
    }
    let uris: Vec<&str> = results
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(uris.contains(&"src/b%2C%20c%25.ts"), "{uris:?}");
}

#[test]
fn xml_is_read_by_a_parser_of_another_language() {
    let project = project();
    for (format, of_each) in [("junit", "testcase"), ("checkstyle", "error")] {
        let text = report(project.path(), format);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/elements.mjs");
        let counts: Value = serde_json::from_slice(&run_script(&script, text.as_bytes())).unwrap();
        assert_eq!(counts[of_each], count(project.path()), "{format}");
    }
}

#[test]
fn gitlab_and_reviewdog_get_json_with_what_they_ask_for() {
    let project = project();
    let issues: Value = serde_json::from_str(&report(project.path(), "gitlab")).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), count(project.path()));
    let mut fingerprints: Vec<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len());
    for issue in issues {
        assert!(issue["description"].is_string() && issue["location"]["lines"]["begin"].is_u64());
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
    }
    let root: Value = serde_json::from_str(&report(project.path(), "rdjson")).unwrap();
    assert_eq!(root["source"]["name"], "phase2");
    assert_eq!(root["diagnostics"].as_array().unwrap().len(), count(project.path()));
    let first = &root["diagnostics"][0];
    // Behind a tab and an é, in bytes.
    assert_eq!(first["location"]["range"]["start"], serde_json::json!({ "line": 2, "column": 2 }));
    assert_eq!(first["location"]["range"]["end"], serde_json::json!({ "line": 2, "column": 24 }));
}

#[test]
fn several_go_to_files_and_one_to_stdout() {
    let project = project();
    let [sarif, junit] = ["out.sarif", "out.xml"].map(|name| project.path().join(name));
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    let [to_sarif, to_junit] =
        [("sarif", &sarif), ("junit", &junit)].map(|(name, path)| format!("{name}={}", path.display()));
    phase2.args(["check", "-q", "-o", "concise", "-o", &to_sarif, "-o", &to_junit, "--root"]).arg(project.path());
    let output = phase2.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), report(project.path(), "concise"));
    assert_eq!(fs::read_to_string(sarif).unwrap(), report(project.path(), "sarif"));
    assert!(fs::read_to_string(junit).unwrap().starts_with("<?xml"));
    for args in
        [&["-o", "json", "-o", "sarif"][..], &["-o", "sarif="], &["-o", "yaml"], &["-o", "sarif=/nowhere/at/all"]]
    {
        let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
        let output = phase2.args(["check", "--root"]).arg(project.path()).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn code_hosts_count_from_the_top_of_the_repository() {
    let top = support::project([("app/src/a.ts", "console.log(1);\n")]);
    let mut git = Command::new("git");
    assert!(git.args(["init", "-q"]).current_dir(top.path()).status().unwrap().success());
    let root = top.path().join("app");
    assert!(report(&root, "github").starts_with("::error file=app/src/a.ts,line=1"));
    assert!(report(&root, "sarif").contains("\"uri\": \"app/src/a.ts\""));
    assert!(report(&root, "gitlab").contains("\"path\": \"app/src/a.ts\""));
    assert!(report(&root, "rdjson").contains("\"path\":\"app/src/a.ts\""));
    for format in ["junit", "checkstyle"] {
        assert!(report(&root, format).contains("name=\"app/src/a.ts\""), "{format}");
    }
    // For people and for programs on the spot the project is what counts.
    assert!(report(&root, "concise").starts_with("src/a.ts:1:1"));
}
