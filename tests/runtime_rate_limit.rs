//! The rate limit helper that a fix brings along, under Deno and with a real Redis.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::node::{deno, node_modules, run};
use support::redis::redis_server;

const HELPER: &str = "rules/rate-limit/runtime/rate-limit-wrapper.ts";

/// A folder beside the `node_modules` that have what the helper imports, with the helper and its tests in it.
fn workspace(name: &str) -> PathBuf {
    let home = node_modules().with_file_name(name);
    fs::create_dir_all(&home).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = ["rest.ts", "limits_test.ts"].map(|file| format!("tests/runtime/rate-limit/{file}"));
    for file in tests.iter().map(String::as_str).chain([HELPER]) {
        fs::copy(root.join(file), home.join(Path::new(file).file_name().unwrap())).unwrap();
    }
    home
}

fn in_workspace(folder: &Path) -> Command {
    let mut command = deno();
    command.current_dir(folder);
    command
}

#[test]
fn the_helper_limits_with_a_real_redis() {
    let folder = workspace("rate-limit-tests");
    let source = fs::read_to_string(folder.join("limits_test.ts")).unwrap();
    let declared = ["\nDeno.test('", "\nwithRedis('", "\nwithRedis(\"", "\n  withRedis(`"]
        .map(|start| source.matches(start).count());
    // The last of them runs for two ways in which a Redis can be away.
    let declared = declared.iter().sum::<usize>() + 1;
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", "limits_test.ts"];
    let stdout = run(in_workspace(&folder).args(args).env("REDIS_SERVER", redis_server()));
    assert!(stdout.contains(&format!("ok | {declared} passed | 0 failed")), "{declared} tests expected:\n{stdout}");
}

#[test]
fn the_helper_type_checks_with_the_packages_that_it_imports() {
    let folder = workspace("rate-limit-check");
    run(in_workspace(&folder).args(["check", "--node-modules-dir=manual", "rate-limit-wrapper.ts"]));
}

#[test]
fn the_helper_in_the_place_of_a_guard_limits_with_a_real_redis() {
    let own = "export const RateLimits = { standard: { burst: 2, perMinute: 1 } };\n\
               export async function withRateLimit(limit: { perMinute: number }, req: Request, name: string): \
               Promise<Response | null> {\n  return limit.perMinute > 0 ? null : new Response(name + req.url);\n}\n";
    let path = "supabase/functions/_shared/rate-limit-wrapper.ts";
    let root =
        support::project([(path, own), ("supabase/functions/a/index.ts", "Deno.serve(() => new Response());\n")]);
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    run(phase2.args(["init", "--replace-helper", "--allow-no-vcs", "--root"]).arg(root.path()));
    let folder = workspace("rate-limit-guard");
    fs::copy(root.path().join(path), folder.join("rate-limit-guard.ts")).unwrap();
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runtime/rate-limit/guard_test.ts");
    fs::copy(test, folder.join("guard_test.ts")).unwrap();
    run(in_workspace(&folder).args(["check", "--node-modules-dir=manual", "rate-limit-guard.ts"]));
    let args = ["test", "--no-check", "--node-modules-dir=manual", "--allow-all", "guard_test.ts"];
    let stdout = run(in_workspace(&folder).args(args).env("REDIS_SERVER", redis_server()));
    assert!(stdout.contains("ok | 1 passed | 0 failed"), "{stdout}");
}
