//! The npm packages: built, installed and run as a user does who has Node.js and nothing else; and what stands on them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

#[path = "packages/action.rs"]
mod action;
#[path = "packages/integrations.rs"]
mod integrations;
#[path = "packages/pre_commit.rs"]
mod pre_commit;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use support::node::{npm, run};
use support::npm::{Registry, VERSION, build, packages, platforms, use_registry};
use support::project;
use support::python::python_program;

/// A small Supabase project, as `supabase init` and `npm init` leave it, with one violation.
fn supabase_project() -> TempDir {
    let function =
        "Deno.serve(async (req) => {\n  console.log('called', req.method);\n  return new Response('ok');\n});\n";
    project([
        ("package.json", "{ \"name\": \"shop\", \"private\": true }\n"),
        ("supabase/config.toml", "project_id = \"shop\"\n"),
        ("supabase/functions/hello/index.ts", function),
    ])
}

fn npx(project: &Path, arguments: &[&str]) -> Output {
    let program = if cfg!(windows) { "npx.cmd" } else { "npx" };
    let mut command = Command::new(program);
    command.args(["--no-install", "phase2"]).args(arguments).current_dir(project).env("NO_COLOR", "1");
    command.output().unwrap()
}

/// `phase2 init`, `status`, `check` and `fix` through npx, with their exit statuses.
fn works(project: &Path) {
    let version = npx(project, &["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim_end(), format!("phase2 {VERSION}"), "{version:?}");

    let init = npx(project, &["init"]);
    assert_eq!(init.status.code(), Some(0), "{init:?}");
    let written = fs::read_to_string(project.join("phase2.toml")).unwrap();
    assert!(written.contains("hello"), "{written}");
    // Editors find the keys without asking anybody.
    assert!(written.starts_with("#:schema ./node_modules/phase2/schema.json\n"), "{written}");

    let status = npx(project, &["status"]);
    assert_eq!(status.status.code(), Some(0), "{status:?}");
    assert!(String::from_utf8_lossy(&status.stdout).contains("rate-limit"), "{status:?}");

    let check = npx(project, &["check", "-o", "concise"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(String::from_utf8_lossy(&check.stdout).contains("supabase/functions/hello/index.ts:2:"), "{check:?}");

    let wrong = npx(project, &["check", "--rule", "consle"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");

    let fix = npx(project, &["fix", "--allow-no-vcs"]);
    assert_eq!(fix.status.code(), Some(0), "{fix:?}");
    let check = npx(project, &["check"]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
}

#[test]
fn the_packed_archives_are_enough_without_a_network() {
    let project = supabase_project();
    let cache = TempDir::new().unwrap();
    let archives = [packages().launcher(), packages().binary()];
    let mut command = npm();
    use_registry(&mut command, "http://127.0.0.1:9", cache.path());
    run(command.args(["install", "-D", "--offline"]).args(archives).current_dir(project.path()));
    works(project.path());
}

#[test]
fn a_registry_gives_the_package_of_this_machine_and_no_script_runs() {
    let project = supabase_project();
    let cache = TempDir::new().unwrap();
    let registry = Registry::start();
    let mut command = npm();
    use_registry(&mut command, &registry.address, cache.path());
    run(command.args(["install", "-D", "phase2"]).current_dir(project.path()));
    drop(registry);

    let scope = project.path().join("node_modules/@phase2");
    let installed: Vec<_> = fs::read_dir(&scope).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(installed, [format!("cli-{}", packages().platform).as_str()]);
    // All of them are in the lock file, so that it serves on other systems too.
    let lock: Value = serde_json::from_slice(&fs::read(project.path().join("package-lock.json")).unwrap()).unwrap();
    let locked = lock["packages"].as_object().unwrap();
    assert_eq!(locked.keys().filter(|path| path.contains("/@phase2/cli-")).count(), platforms().len());
    assert!(locked.values().all(|entry| entry.get("hasInstallScript").is_none()), "{lock}");
    works(project.path());
}

#[test]
fn without_the_package_of_the_platform_it_says_so() {
    let project = supabase_project();
    let cache = TempDir::new().unwrap();
    let registry = Registry::start();
    let mut command = npm();
    use_registry(&mut command, &registry.address, cache.path());
    run(command.args(["install", "-D", "--omit=optional", "phase2"]).current_dir(project.path()));

    let check = npx(project.path(), &["check"]);
    let said = String::from_utf8_lossy(&check.stderr);
    assert_eq!(check.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("the package @phase2/cli-{}", packages().platform)), "{said}");
    assert!(said.contains("--omit=optional"), "{said}");
}

#[test]
fn a_platform_without_a_package_is_named() {
    let launcher = packages().folder.join("phase2/bin/phase2.js");
    let elsewhere = "Object.defineProperty(process, 'arch', { value: 'riscv64' }); require(process.argv[1]);";
    let output = Command::new("node").args(["-e", elsewhere]).arg(launcher).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("riscv64") && said.contains("linux-arm64-musl"), "{said}");
}

/// The launcher beside a platform package whose binary is a shell script; its path and the folder that holds all.
#[cfg(unix)]
fn launcher_of(script: &str) -> (PathBuf, TempDir) {
    let modules = TempDir::new().unwrap();
    let binary = modules.path().join("script");
    fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
    let launcher = build(&["launcher", modules.path().join("node_modules").to_str().unwrap()]);
    let made = build(&["platform", modules.path().to_str().unwrap(), binary.to_str().unwrap()]);
    let scope = modules.path().join("node_modules/@phase2");
    fs::create_dir(&scope).unwrap();
    fs::rename(made, scope.join(format!("cli-{}", packages().platform))).unwrap();
    (launcher.join("bin/phase2.js"), modules)
}

#[cfg(unix)]
#[test]
fn arguments_streams_and_the_exit_status_pass_through() {
    let (launcher, _modules) = launcher_of("printf '<%s>' \"$@\"; cat; echo trouble >&2; exit 7");
    let mut command = assert_cmd::Command::new("node");
    let assert = command.arg(launcher).args(["a b", "$(x)", ""]).write_stdin("from stdin").assert();
    assert.code(7).stdout("<a b><$(x)><>from stdin").stderr("trouble\n");
}

#[cfg(unix)]
#[test]
fn a_signal_reaches_the_binary_and_comes_back() {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;

    // One that ends by the signal, and one that answers it with an exit status of its own.
    let scripts = [
        ("echo ready; exec sleep 60", None, Some(15)),
        ("trap 'echo told; exit 9' TERM; echo ready; for i in $(seq 100); do sleep 0.1; done", Some(9), None),
    ];
    for (script, status, signal) in scripts {
        let (launcher, _modules) = launcher_of(script);
        let mut child = Command::new("node").arg(launcher).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        run(Command::new("kill").args(["-TERM", &child.id().to_string()]));
        let ended = child.wait().unwrap();
        assert_eq!((ended.code(), ended.signal()), (status, signal), "{script}");
        // Comes to its end only when the binary is gone as well.
        stdout.read_to_string(&mut line).unwrap();
        assert_eq!(line.contains("told"), status.is_some());
    }
}

#[test]
fn names_and_versions_are_the_same_everywhere() {
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(packages().folder.join(name).join("package.json")).unwrap()).unwrap()
    };
    let launcher = read("phase2");
    assert_eq!(launcher["version"], VERSION);
    assert!(launcher.get("scripts").is_none());
    let wanted = launcher["optionalDependencies"].as_object().unwrap();
    assert_eq!(wanted.len(), platforms().len());
    let release = fs::read_to_string(repository().join(".github/workflows/release.yml")).unwrap();
    let mut rows = BTreeSet::new();
    for platform in platforms() {
        let name = platform["name"].as_str().unwrap();
        let package = read(name);
        assert_eq!(package["version"], VERSION);
        assert_eq!(package["name"], format!("@phase2/cli-{name}"));
        assert_eq!(wanted[package["name"].as_str().unwrap()], VERSION);
        assert_eq!(package["os"][0], platform["os"]);
        assert_eq!(package["cpu"][0], platform["cpu"]);
        assert_eq!(package["libc"].get(0), platform.get("libc"));
        assert!(package.get("scripts").is_none());
        let row = format!("name: {name}, target: {},", platform["target"].as_str().unwrap());
        assert!(release.contains(&row), "release.yml: {row}");
        rows.insert(row);
    }
    assert_eq!(release.matches("- { name: ").count(), rows.len());
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A YAML file's content.
fn yaml(text: &str) -> Value {
    let mut python = assert_cmd::Command::from_std(python_program("python"));
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let assert = python.args(["-c", script]).write_stdin(text).assert().success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// The first block of README in a language that has a text in it.
fn readme_block(language: &str, text: &str) -> String {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let fence = format!("\n```{language}\n");
    let mut blocks = readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    let found = blocks.find(|block| block.contains(text));
    found.unwrap_or_else(|| panic!("README has no {language} block with `{text}`")).to_owned()
}

/// Holds a file to a schema that comes with check-jsonschema.
fn fits_schema(schema: &str, file: &Path) {
    run(python_program("check-jsonschema").args(["--builtin-schema", schema]).arg(file));
}

/// Runs git in a folder.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.hooksPath=/dev/null"];
    run(Command::new("git").args(author).args(arguments).current_dir(folder))
}

#[test]
fn the_release_workflow_is_one() {
    fits_schema("vendor.github-workflows", &repository().join(".github/workflows/release.yml"));
}

/// reviewdog itself isn't run; what stands before the pipe is, and what it gets is what reviewdog reads.
#[test]
fn the_reviewdog_line_gives_its_format() {
    let line = readme_block("sh", "| reviewdog");
    let (command, reviewdog) = line.trim().split_once(" | ").unwrap();
    assert!(reviewdog.contains("-f=rdjson"));
    let arguments = command.strip_prefix("npx phase2 ").unwrap().split(' ');
    let project = supabase_project();
    let output = assert_cmd::Command::cargo_bin("phase2").unwrap().args(arguments).current_dir(project.path()).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["source"]["name"], "phase2");
    assert_eq!(report["diagnostics"][0]["location"]["path"], "supabase/functions/hello/index.ts");
}
