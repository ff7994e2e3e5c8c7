//! The rule `tenants` for real: the demo is fixed and called under Deno, and the helper checks signatures.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::node::{deno, node_modules, run};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An empty folder beside the `node_modules` that have what the helpers import.
fn workspace(name: &str) -> PathBuf {
    let home = node_modules().with_file_name(name);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).unwrap();
    home
}

/// The demo after `phase2 fix` with this phase2.toml, beside its tests.
fn fixed_demo(name: &str, config: &str) -> PathBuf {
    let home = workspace(name);
    for entry in walkdir::WalkDir::new(repository("fixtures/demo/supabase")) {
        let entry = entry.unwrap();
        let target =
            home.join("supabase").join(entry.path().strip_prefix(repository("fixtures/demo/supabase")).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(target).unwrap(),
            false => fs::copy(entry.path(), target).map(drop).unwrap(),
        }
    }
    fs::write(home.join("phase2.toml"), config).unwrap();
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    phase2.args(["fix", "-q", "--unsafe-fixes", "--allow-dirty", "--allow-no-vcs", "--root"]).arg(&home);
    let output = phase2.output().unwrap();
    // What has no fix is left: status 1.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    for file in ["database.ts", "demo_test.ts"] {
        fs::copy(repository("tests/runtime/tenants").join(file), home.join(file)).unwrap();
    }
    let map = r#"{ "imports": { "npm:@supabase/supabase-js@2": "./database.ts" } }"#;
    fs::write(home.join("deno.json"), map).unwrap();
    home
}

fn passes(home: &Path, fallback: &str) {
    let mut command = deno();
    command.current_dir(home).env("FALLBACK", fallback);
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", "demo_test.ts"];
    let stdout = run(command.args(args));
    assert!(stdout.contains("ok | 9 passed | 0 failed"), "{stdout}");
}

#[test]
fn each_caller_reaches_the_database_as_its_tenant() {
    let home = fixed_demo("tenants-literal", "");
    let order = fs::read_to_string(home.join("supabase/functions/create-order/index.ts")).unwrap();
    assert!(order.contains("await audit(supabase, 'order.create', tenantId);"), "{order}");
    passes(&home, "literal");
}

#[test]
fn who_has_no_tenant_is_refused_where_that_is_wanted() {
    passes(&fixed_demo("tenants-deny", "[tenants]\nfallback = \"deny\"\n"), "deny");
}

#[test]
fn stored_rows_are_warned_about_before_they_are_lost() {
    let demo = tempfile::tempdir().unwrap();
    let root = demo.path().join("demo");
    fs::create_dir_all(root.join("supabase/functions/list-orders")).unwrap();
    let path = "supabase/functions/list-orders/index.ts";
    fs::copy(repository("fixtures/demo").join(path), root.join(path)).unwrap();
    let hook = "[auth.hook.custom_access_token]\nenabled = true\n";
    fs::write(root.join("supabase/config.toml"), hook).unwrap();
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    let output = phase2.args(["check", "--rule", "tenants", "-o", "concise", "--root"]).arg(&root).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(out.contains("[unsafe]"), "{out}");
    let backfill = "move the stored rows: update orders set tenant_id = <tenant of the row> \
                    where tenant_id = '00000000-0000-0000-0000-000000000000';";
    assert!(err.contains(backfill), "{err}");
}

#[test]
fn the_helper_checks_signatures() {
    let home = workspace("tenants-helper");
    fs::copy(repository("rules/tenants/runtime/tenant.ts"), home.join("tenant.ts")).unwrap();
    fs::copy(repository("tests/runtime/tenants/helper_test.ts"), home.join("helper_test.ts")).unwrap();
    let mut check = deno();
    run(check.current_dir(&home).args(["check", "--node-modules-dir=manual", "tenant.ts"]));
    let mut command = deno();
    command.current_dir(&home);
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", "helper_test.ts"];
    let stdout = run(command.args(args));
    assert!(stdout.contains("ok | 3 passed | 0 failed"), "{stdout}");
}

#[test]
fn both_helpers_read_tokens_in_the_same_way() {
    let read = |path: &str| fs::read_to_string(repository(path)).unwrap();
    let (tenant, limits) =
        (read("rules/tenants/runtime/tenant.ts"), read("rules/rate-limit/runtime/rate-limit-wrapper.ts"));
    let start = tenant.find("type Claims = ").unwrap();
    let end = tenant.find("let keys:").unwrap();
    for part in tenant[start..end].trim().split("\n\n") {
        assert!(limits.contains(part), "the rate limit helper has another:\n{part}");
    }
}
