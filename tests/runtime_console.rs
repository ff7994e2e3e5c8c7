//! The loggers that the console rule brings along, under the runtimes and compilers that will meet them.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::process::Command;

use support::node::{deno, run, run_script, tsc};

const EDGE: &str = "rules/console/runtime/edge.ts";

/// The command, run from the repository's root.
fn from_root(mut command: Command) -> Command {
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("LOG_LEVEL");
    command
}

/// Runs one file of Deno tests and checks that as many passed as it declares.
fn deno_tests(file: &str) {
    let path = format!("tests/runtime/console/{file}");
    let source = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
    let declared = source.matches("\nDeno.test(").count();
    assert!(declared > 0, "{path} has tests");
    let stdout = run(from_root(deno()).args(["test", "--cached-only", "--allow-env", "--allow-read", &path]));
    assert!(stdout.contains(&format!("ok | {declared} passed | 0 failed")), "{declared} tests expected:\n{stdout}");
}

#[test]
fn edge_logger_keeps_hides_and_cuts_as_it_says() {
    deno_tests("edge_test.ts");
}

#[test]
fn browser_logger_writes_live_objects_in_pages_and_servers() {
    deno_tests("browser_test.ts");
}

#[test]
fn browser_logger_works_in_a_real_dom() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = std::fs::read(root.join("rules/console/runtime/browser.ts")).unwrap();
    let told = run_script(&root.join("tests/runtime/console/page.mjs"), &module);
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    for build in ["plain", "development"] {
        assert_eq!(told[build]["levels"], serde_json::json!(["debug", "info", "error", "warn"]), "{build}");
        assert_eq!(told[build]["messages"][1], "Order 7 opened");
    }
    let production = &told["production"];
    assert_eq!(production["levels"], serde_json::json!(["error", "warn"]));
    assert_eq!(production["messages"], serde_json::json!(["Not saved", "Clicked click"]));
    assert_eq!(production["isLive"], true, "devtools get the element itself");
    assert!(!told.to_string().contains("secret-of-the-user"));
}

#[test]
fn both_loggers_type_check_under_the_strictest_options() {
    run(from_root(tsc()).args(["--project", "tests/runtime/console"]));
}

#[test]
fn edge_logger_passes_denos_check_and_lint() {
    run(from_root(deno()).args(["check", EDGE]));
    run(from_root(deno()).args(["lint", EDGE]));
}

#[test]
fn edge_logger_reaches_stdout_and_stderr_as_json_without_any_permission() {
    let mut command = from_root(deno());
    let output = command.args(["run", "--cached-only", "tests/runtime/console/say.ts"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(info["message"], "100%% of %s");
    assert_eq!(info["n"], "1");
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["message"], "x");
}
