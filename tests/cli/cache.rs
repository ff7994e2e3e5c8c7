//! `--cache`: the same is said and done with it, from git's folder, and not where CI is set.

use std::fs;
use std::path::PathBuf;

use crate::sandbox::{CLEAN, FIXABLE, Run, Sandbox, UNFIXABLE, phase2};

const EXCUSED: &str = "// phase2-ignore console: a command prints\nconsole.log('x');\n";

fn sandbox() -> Sandbox {
    Sandbox::committed(&[
        ("src/a.ts", FIXABLE),
        ("src/b.ts", UNFIXABLE),
        ("src/c.ts", CLEAN),
        ("src/d.ts", EXCUSED),
        ("supabase/functions/orders/index.ts", "Deno.serve((req) => new Response(req.url));\n"),
    ])
}

/// Runs without CI, unless `ci` says what it is.
fn run(sandbox: &Sandbox, ci: Option<&str>, args: &[&str]) -> Run {
    let mut command = phase2(&sandbox.path(""));
    command.env_remove("CI").envs(ci.map(|ci| ("CI", ci))).args(args);
    Run::of(&mut command)
}

fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folder = fs::read_dir(sandbox.path(".git/phase2/cache")).into_iter().flatten();
    folder.map(|entry| entry.unwrap().path()).collect()
}

fn knew(known: usize, of: usize) -> String {
    format!("the cache knew {known} of {of} files that would be parsed")
}

#[test]
fn it_says_the_same_and_parses_only_what_changed() {
    let sandbox = sandbox();
    for args in [
        ["check", "-o", "json"],
        ["check", "-o", "pretty"],
        ["fix", "--diff", "-q"],
        ["fix", "--diff", "--unsafe-fixes"],
        ["status", "-o", "json"],
    ] {
        let expected = run(&sandbox, None, &args);
        for _ in 0..2 {
            let cached = run(&sandbox, None, &[&args[..], &["--cache"]].concat());
            assert_eq!(
                (cached.status, cached.out, cached.err),
                (expected.status, expected.out.clone(), expected.err.clone())
            );
        }
    }
    let check = || run(&sandbox, None, &["check", "--cache", "-v"]).expect(1);
    check().says(&[&knew(4, 4)]);
    sandbox.write("src/b.ts", FIXABLE);
    check().says(&[&knew(3, 4)]);
    check().says(&[&knew(4, 4)]);
    sandbox.write("src/e.ts", CLEAN);
    check().says(&[&knew(0, 4)]);
    // Another configuration has results of its own, and those of the first are still there.
    sandbox.write("phase2.toml", "rules = ['console']\n");
    check().says(&[&knew(0, 3)]);
    fs::remove_file(sandbox.path("phase2.toml")).unwrap();
    check().says(&[&knew(4, 4)]);
    assert_eq!(kept(&sandbox).len(), 2);
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]).lines().count(),
        2,
        "git's own folder is the only one written to"
    );
}

#[test]
fn fixes_are_those_of_a_run_without_it() {
    let (with, without) = (sandbox(), sandbox());
    for _ in 0..2 {
        run(&with, None, &["check", "--cache"]).expect(1);
        run(&with, None, &["fix", "--cache", "--allow-dirty"]).expect(1);
        run(&without, None, &["fix", "--allow-dirty"]).expect(1);
        let texts = |sandbox: &Sandbox| sandbox.files().into_values().collect::<Vec<_>>();
        assert_eq!(texts(&with), texts(&without));
    }
}

#[test]
fn ci_starts_from_nothing() {
    let sandbox = sandbox();
    for ci in ["true", "1", "woodpecker"] {
        run(&sandbox, Some(ci), &["check", "--cache", "-v"]).expect(1).says(&["the cache is off: CI is set"]);
        assert!(kept(&sandbox).is_empty(), "{ci}");
    }
    run(&sandbox, Some("false"), &["check", "--cache", "-v"]).expect(1).says(&[&knew(0, 4)]);
    assert_eq!(kept(&sandbox).len(), 1);
    let run = run(&sandbox, Some("true"), &["check", "--cache", "-v"]).expect(1);
    assert!(!run.err.contains("knew"), "{}", run.err);
}

#[test]
fn nothing_is_kept_unless_somebody_asks_for_it_or_without_git() {
    let without_option = sandbox();
    run(&without_option, None, &["check"]).expect(1);
    assert!(kept(&without_option).is_empty());

    let outside = Sandbox::new(&[("phase2.toml", ""), ("src/a.ts", FIXABLE)]);
    let files = outside.files();
    let checked = run(&outside, None, &["check", "--cache"]).expect(1);
    let expected = run(&outside, None, &["check"]).expect(1);
    checked.says(&["--cache has no effect", "this is no git repository"]);
    assert_eq!(outside.files(), files);
    assert!(!expected.err.contains("--cache"));
    let quiet = run(&outside, None, &["check", "--cache", "-q"]).expect(1);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_cache_that_is_corrupt_or_cannot_be_written_does_no_harm() {
    let sandbox = sandbox();
    let check = || run(&sandbox, None, &["check", "--cache", "-v", "-o", "concise"]).expect(1);
    let first = check();
    let file = kept(&sandbox).pop().unwrap();
    for bytes in [&b""[..], b"phase2", &[0xff; 4096]] {
        fs::write(&file, bytes).unwrap();
        let corrupt = check().says(&[&knew(0, 4)]);
        assert_eq!(corrupt.out, first.out);
        check().says(&[&knew(4, 4)]);
    }
    // A file where the folder should be.
    fs::remove_dir_all(sandbox.path(".git/phase2/cache")).unwrap();
    fs::write(sandbox.path(".git/phase2/cache"), "x").unwrap();
    let unkept = check().says(&["the cache can't be written"]);
    assert_eq!(unkept.out, first.out);
}

#[test]
fn what_is_staged_and_what_comes_on_stdin_is_told_from_what_is_on_disk() {
    let sandbox = sandbox();
    let paths = |args: &[&str]| run(&sandbox, None, &[&["check", "--cache", "-o", "json"], args].concat()).paths();
    let all = paths(&[]);
    sandbox.write("src/c.ts", FIXABLE);
    sandbox.git(&["add", "src/c.ts"]);
    sandbox.write("src/c.ts", CLEAN);
    assert_eq!(paths(&["--staged"]), ["src/c.ts"]);
    assert_eq!(paths(&[]), all);
    assert_eq!(paths(&["--staged"]), ["src/c.ts"]);
}
