//! `fix` writes only what git could bring back.

use crate::sandbox::{CLEAN, FIXABLE, Sandbox};

fn project() -> Sandbox {
    Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", FIXABLE), ("src/c.ts", CLEAN), ("README.md", "")])
}

/// `fix` refuses, names `named` and no other file, and writes nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, named: &[&str]) {
    let before = sandbox.files();
    let run = sandbox.run(&["fix"]).expect(2).says(&["error: nothing was written", "--allow-dirty"]);
    let listed: Vec<&str> = run.err.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(listed, named);
    assert_eq!(run.out, "");
    assert!(sandbox.files() == before);
}

#[test]
fn changed_staged_and_untracked_files_are_not_touched() {
    let sandbox = project();
    sandbox.write("src/a.ts", format!("{FIXABLE}// changed\n"));
    refused(&sandbox, &["src/a.ts"]);
    sandbox.git(&["add", "-A"]);
    refused(&sandbox, &["src/a.ts"]);
    sandbox.write("src/new.ts", FIXABLE);
    refused(&sandbox, &["src/a.ts", "src/new.ts"]);
    sandbox.run(&["fix", "--allow-no-vcs"]).expect(2).says(&["--allow-dirty"]);
    sandbox.run(&["fix", "--allow-dirty"]).expect(0).says(&["Fixed 3 violations"]);
    assert!(sandbox.read("src/a.ts").ends_with("// changed\n"));
}

#[test]
fn only_the_files_that_would_change_count() {
    let sandbox = project();
    sandbox.write("src/c.ts", "export const answer = 43;\n");
    sandbox.write("README.md", "changed");
    sandbox.write("notes.txt", "untracked");
    sandbox.run(&["fix"]).expect(0);

    let sandbox = project();
    sandbox.write("src/a.ts", format!("{FIXABLE}// changed\n"));
    sandbox.run(&["fix", "src/b.ts"]).expect(0);
    assert!(sandbox.read("src/a.ts").starts_with(FIXABLE));
}

#[test]
fn showing_needs_no_leave() {
    let sandbox = project();
    sandbox.write("src/a.ts", format!("{FIXABLE}// changed\n"));
    sandbox.run(&["check"]).expect(1);
    sandbox.run(&["fix", "--diff"]).expect(0);
}

#[test]
fn outside_of_git() {
    let sandbox = Sandbox::new(&[("phase2.toml", ""), ("src/a.ts", FIXABLE)]);
    let before = sandbox.files();
    for args in [&["fix"][..], &["fix", "--allow-dirty"]] {
        let run =
            sandbox.run(args).expect(2).says(&["error: nothing was written", "no git repository", "--allow-no-vcs"]);
        assert_eq!(run.out, "");
        assert!(sandbox.files() == before);
    }
    sandbox.run(&["fix", "--diff"]).expect(0);
    sandbox.run(&["fix", "--allow-no-vcs"]).expect(0).says(&["Fixed 1 violation"]);
}

#[test]
fn both_flags_together() {
    let outside = Sandbox::new(&[("phase2.toml", ""), ("src/a.ts", FIXABLE)]);
    outside.run(&["fix", "--allow-dirty", "--allow-no-vcs"]).expect(0);
    let inside = project();
    inside.write("src/a.ts", format!("{FIXABLE}// changed\n"));
    inside.run(&["fix", "--allow-dirty", "--allow-no-vcs"]).expect(0);
}

#[test]
fn with_nothing_to_change_nothing_is_asked() {
    Sandbox::new(&[("phase2.toml", ""), ("src/a.ts", CLEAN)]).run(&["fix"]).expect(0).says(&["Nothing to fix"]);
}

#[test]
fn no_commit_yet() {
    let sandbox = Sandbox::new(&[("src/a.ts", FIXABLE)]);
    sandbox.git(&["init", "-q"]);
    refused(&sandbox, &["src/a.ts"]);
}
