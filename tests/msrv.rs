//! The Rust version that Cargo.toml states is enough for all that is built with it. That phase2's own code needs no more is what
//! clippy's lint `incompatible_msrv` holds, which is denied like all warnings.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::process::Command;

use serde_json::Value;

/// The first two parts of a version, to be compared.
fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}

#[test]
fn no_dependency_needs_a_later_rust_than_is_stated() {
    let mut cargo = Command::new(env!("CARGO"));
    let output =
        cargo.args(["metadata", "--format-version=1", "--locked"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let metadata: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let stated = version(env!("CARGO_PKG_RUST_VERSION"));
    let needs = |package: &&Value| package["rust_version"].as_str().is_some_and(|needed| version(needed) > stated);
    let late: Vec<String> = packages
        .iter()
        .filter(needs)
        .map(|package| format!("{} {}", package["name"], package["rust_version"]))
        .collect();
    assert!(late.is_empty(), "Rust {stated:?} is stated, but these need a later one: {late:?}");
    assert!(packages.len() > 100, "{}", packages.len());
}
