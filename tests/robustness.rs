//! What the file system and the process can do to a run: each file is whole, the old one or the new one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ID: &str = "00000000-0000-0000-0000-000000000000";

type Tree = BTreeMap<String, String>;

fn tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != ".git");
    let files = files.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let read = files.map(|entry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned())
    });
    read.collect()
}

/// A project of many files: calls of the console, and a tenant that is passed from each function into a shared module.
fn large(files: usize) -> TempDir {
    let mut all: Vec<(String, String)> = (0..files)
        .map(|number| {
            (format!("src/f{number}.ts"), format!("export const f{number} = () => console.log('f', {number});\n"))
        })
        .collect();
    all.push((
        "supabase/functions/_shared/store.ts".to_owned(),
        format!(
            "export async function save(id: string) {{\n  await db.from('a').insert({{ id, tenant_id: '{ID}' }});\n}}\n"
        ),
    ));
    all.extend((0..20).map(|number| {
        let text = "import { save } from '../_shared/store.ts';\n\nDeno.serve(async (req) => {\n  await save(await req.text());\n  \
                    return new Response('ok');\n});\n";
        (format!("supabase/functions/fn{number}/index.ts"), text.to_owned())
    }));
    support::project(all)
}

fn fix(root: &Path) -> Command {
    let mut phase2 = Command::new(env!("CARGO_BIN_EXE_phase2"));
    phase2.args(["fix", "-q", "--allow-no-vcs", "--allow-dirty", "--root"]).arg(root);
    phase2.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    phase2
}

/// The same as somebody whom permissions bind: they don't bind the superuser, as which tests in a container run.
fn bound(root: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return fix(root);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_phase2")]);
    command.args(["fix", "-q", "--allow-no-vcs", "--allow-dirty", "--root"]).arg(root);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Lets everybody write, all the way down.
fn open_up(root: &Path) {
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.unwrap();
        if !entry.path_is_symlink() {
            let mode = if entry.file_type().is_dir() { 0o777 } else { 0o666 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn killed_at_any_moment_it_leaves_whole_files_and_the_next_run_mends_the_rest() {
    let expected = {
        let project = large(1_000);
        assert!(fix(project.path()).status().unwrap().success());
        tree(project.path())
    };
    let started = Instant::now();
    let project = large(1_000);
    fix(project.path()).status().unwrap();
    let whole = started.elapsed();
    let (rounds, mut interrupted) = (24, 0);
    for round in 0..rounds {
        let project = large(1_000);
        let before = tree(project.path());
        let mut child = fix(project.path()).spawn().unwrap();
        // Most of the writing is in the last part of a run.
        std::thread::sleep(whole.mul_f64(0.15 + 0.85 * f64::from(round) / f64::from(rounds)));
        child.kill().unwrap();
        let killed = !child.wait().unwrap().success();
        let left = tree(project.path());
        for (path, text) in &before {
            let now = left.get(path).unwrap_or_else(|| panic!("round {round}: {path} is gone"));
            assert!(
                now == text || Some(now) == expected.get(path),
                "round {round}: {path} is neither old nor new:\n{now}"
            );
        }
        interrupted += usize::from(killed && left != before && left != expected);
        let output = fix(project.path()).output().unwrap();
        assert!(output.status.success(), "round {round}: {}", said(&output));
        let mended = tree(project.path());
        assert_eq!(
            mended.len(),
            expected.len(),
            "round {round}: {:?}",
            mended.keys().filter(|path| !expected.contains_key(*path))
        );
        for (path, text) in &expected {
            assert_eq!(mended.get(path), Some(text), "round {round}: {path}");
        }
    }
    assert!(interrupted > 0, "no round was interrupted half-way: {whole:?}");
}

#[test]
fn a_file_that_is_replaced_while_the_others_are_written_stays_as_it_is_then() {
    let project = large(1_000);
    let expected = {
        let same = large(1_000);
        assert!(fix(same.path()).status().unwrap().success());
        tree(same.path())
    };
    let theirs = "console.log('theirs');\n";
    let mut child = fix(project.path()).spawn().unwrap();
    // The journal comes before the new texts are written, and these before the originals are read again.
    while !project.path().join(phase2::write::JOURNAL).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a journal");
    }
    fs::write(project.path().join("theirs.tmp"), theirs).unwrap();
    fs::rename(project.path().join("theirs.tmp"), project.path().join("src/f7.ts")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("src/f7.ts: not written: changed while phase2 ran"), "{}", said(&output));
    let after = tree(project.path());
    assert_eq!(after["src/f7.ts"], theirs);
    for (path, text) in expected.iter().filter(|(path, _)| *path != "src/f7.ts") {
        assert_eq!(after.get(path), Some(text), "{path}");
    }
}

#[test]
fn a_folder_that_can_not_be_written_leaves_all_as_it_was() {
    let project = support::project([("src/a.ts", "console.log(1);\n"), ("src/deep/b.ts", "console.log(2);\n")]);
    open_up(project.path());
    let before = tree(project.path());
    let deep = project.path().join("src/deep");
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o555)).unwrap();
    let output = bound(project.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("src/deep") && said(&output).contains("nothing was changed"), "{}", said(&output));
    assert_eq!(tree(project.path()), before);
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn files_that_can_not_be_read_are_named_and_the_others_go_on() {
    let logger = "export const logger = { info(m: string) {}, warn(m: string) {}, error(m: string) {} };\n";
    let project = support::project([
        ("src/lib/logger.ts", logger),
        ("src/a.ts", "console.log('a');\n"),
        ("src/closed.ts", "console.log('b');\n"),
        ("src/closed/c.ts", "console.log('c');\n"),
    ]);
    open_up(project.path());
    let closed = ["src/closed.ts", "src/closed"].map(|path| project.path().join(path));
    closed.iter().for_each(|path| fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap());
    let output = bound(project.path()).output().unwrap();
    closed.iter().for_each(|path| fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap());
    assert_eq!(output.status.code(), Some(2));
    for path in ["src/closed.ts", "src/closed"] {
        assert!(said(&output).contains(path), "{}", said(&output));
    }
    let after = tree(project.path());
    assert!(after["src/a.ts"].contains("logger.info"), "{}", after["src/a.ts"]);
    assert_eq!(after["src/closed.ts"], "console.log('b');\n");
}

#[test]
fn a_disk_that_is_full_leaves_all_as_it_was() {
    let long = format!("console.log('a');\n// {}\n", "x".repeat(40_000));
    let project = support::project([("src/a.ts", "console.log(1);\n".to_owned()), ("src/b.ts", long)]);
    let before = tree(project.path());
    // A limit on the size of files, whose signal is ignored, looks to the program like a full disk.
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" fix -q --allow-no-vcs --root \"$1\"";
    let mut command = Command::new("bash");
    let output = command.args(["-c", script, env!("CARGO_BIN_EXE_phase2")]).arg(project.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("nothing was changed"), "{}", said(&output));
    let mut after = tree(project.path());
    after.retain(|path, _| !path.ends_with(".tmp") && !path.contains("journal"));
    assert_eq!(after, before);
}

#[test]
fn links_in_a_circle_and_out_of_the_project_are_not_followed() {
    let outside = support::project([("a.ts", "console.log('outside');\n")]);
    let project = support::project([("src/a.ts", "export const a = 1;\n")]);
    symlink(project.path().join("src"), project.path().join("src/circle")).unwrap();
    symlink(outside.path(), project.path().join("src/out")).unwrap();
    symlink(outside.path().join("a.ts"), project.path().join("src/linked.ts")).unwrap();
    let output = fix(project.path()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_to_string(outside.path().join("a.ts")).unwrap(), "console.log('outside');\n");
}

#[test]
fn a_configuration_can_not_write_outside_of_the_project() {
    let outside = TempDir::new().unwrap();
    for config in [
        "[console.frontend]\nmodule = '../evil/logger.ts'\n",
        "[rate-limit]\nmodule = '/etc/evil.ts'\n",
        "[tenants]\nmodule = '_shared/../../../../evil.ts'\n",
        "roots = ['..']\n",
    ] {
        let project = support::project([("phase2.toml", config), ("src/a.ts", "console.log(1);\n")]);
        let before = tree(project.path());
        let output = fix(project.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{config}: {}", said(&output));
        assert_eq!(tree(project.path()), before);
    }
    // The folder of the helper leads out of the project.
    let project = support::project([
        ("src/a.ts", "console.log(1);\n"),
        ("supabase/functions/x/index.ts", "Deno.serve(() => new Response('ok'));\n"),
    ]);
    symlink(outside.path(), project.path().join("supabase/functions/_shared")).unwrap();
    let output = fix(project.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("symbolic link"), "{}", said(&output));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_text_that_takes_too_long_is_passed_over_and_named() {
    let started = Instant::now();
    let line = (0..2_000_000).map(|number| format!("\"a{number}\" ")).collect::<Vec<_>>().join(",\n");
    let project = support::project([
        ("src/long.ts", format!("console.log({line});\n")),
        ("src/a.ts", "export const a = 1;\n".to_owned()),
    ]);
    let written = started.elapsed();
    let output = fix(project.path()).output().unwrap();
    let taken = started.elapsed() - written;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("src/long.ts: skipped: it takes too long to parse"), "{}", said(&output));
    assert!(taken < Duration::from_secs(20), "{taken:?}");
}

/// Texts in which something comes up so often that work which grows with its square would not come to an end.
#[test]
fn crafted_texts_are_done_with_in_time() {
    let many = |piece: &str| piece.repeat((256 << 10) / piece.len());
    // Just below what a file may have of what the rules look for.
    let most = |piece: &str| piece.repeat(1_900);
    let shapes = [
        ("arguments", format!("console.log({}0);\n", many("a,"))),
        ("fields", format!("console.log('a', {{ {} }});\n", many("a: 1, "))),
        ("places", format!("console.log(`{}`);\n", many("${a}"))),
        ("sums", format!("console.log({}'b');\n", many("'a' + "))),
        ("directives", format!("console.log('{}', 1);\n", many("%s"))),
        ("calls", most("console.log(1)//\n")),
        ("imports", many("import { a } from 'b';\n") + "console.log(a);\n"),
        ("names", many("let logger = 1;\n") + "console.log(1);\n"),
        ("lines", many("\n") + "console.log(1);\n"),
        ("suppressions", most("// phase2-ignore console: a\n")),
        ("ids", most(&format!("f('{ID}');\n"))),
        ("keys", most(&format!("const a = {{ tenant_id: '{ID}' }};\n"))),
        ("handlers", many("Deno.serve((req) => new Response('a'));\n")),
        ("preflights", format!("Deno.serve((req) => {{\n{}}});\n", many("if (req.method === 'OPTIONS') return a;\n"))),
        ("functions", format!("{}\nf();\n", many("function f(a) { return f(a); }\n"))),
        ("starts", many("/*/*")),
        ("angles", many("<")),
        ("braces", many("{")),
    ];
    for (name, text) in shapes {
        let project = support::project([("supabase/functions/x/index.ts", &text), ("src/a.tsx", &text)]);
        let started = Instant::now();
        let mut child = fix(project.path()).arg("--unsafe-fixes").stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed() > Duration::from_secs(30) {
                child.kill().unwrap();
                panic!("{name} takes too long");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        println!("{name}: {:?}", started.elapsed());
    }
}
