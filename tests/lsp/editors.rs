//! The extension for VS Code, as far as it can be run without one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::project;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// How the extension starts the server for a folder.
fn started(folder: &Path, stated: &str) -> Value {
    let ran = Command::new("node")
        .arg(repository("tests/lsp/extension.mjs"))
        .arg(repository("editors/vscode"))
        .args([folder.to_str().unwrap(), stated])
        .output()
        .expect("Node.js 20 or later is installed");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn the_extension_starts_the_server_and_stops_it() {
    let folder = project([("src/a.ts", "")]);
    let ran = started(folder.path(), "");
    let start = &ran["said"][0];
    assert_eq!((&start["command"], &start["args"]), (&json!("phase2"), &json!(["lsp", "--threads", "2"])));
    let steps: Vec<&Value> = ran["said"].as_array().unwrap().iter().filter(|step| step.is_string()).collect();
    assert_eq!(steps, ["start", "stop", "start", "stop"], "it is started again by its command");
    assert_eq!(ran["subscriptions"], 1);
    for language in ["typescript", "typescriptreact"] {
        let shown = start["documents"].as_array().unwrap().iter().any(|it| it["language"] == language);
        assert!(shown, "{language}");
    }
}

#[test]
fn the_extension_finds_the_program() {
    let folder = project([("node_modules/.bin/phase2", "")]);
    let installed = folder.path().join("node_modules/.bin/phase2");
    assert_eq!(started(folder.path(), "")["said"][0]["command"], installed.to_str().unwrap());
    assert_eq!(started(folder.path(), "/opt/phase2")["said"][0]["command"], "/opt/phase2");
}

#[test]
fn the_extension_has_the_version_of_the_program() {
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(repository("editors/vscode/package.json")).unwrap()).unwrap();
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
}
