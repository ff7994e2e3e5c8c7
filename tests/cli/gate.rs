//! The gate: what a team accepts for now, and what a branch can't loosen.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::SizeRange;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::sandbox::{CLEAN, FIXABLE, Sandbox, UNFIXABLE};

const BASELINE: &str = "phase2-baseline.json";

fn function(name: &str, message: &str) -> String {
    format!("export function {name}() {{\n  console.log('{message}');\n}}\n")
}

fn accepted() -> Sandbox {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)]);
    sandbox.run(&["baseline"]).expect(0).says(&["2 violations accepted by phase2-baseline.json"]);
    sandbox.commit();
    sandbox
}

#[test]
fn what_is_accepted_passes_and_one_more_fails() {
    let sandbox = accepted();
    sandbox.run(&["check"]).expect(0).says(&["No violations in 2 files; 2 accepted by the baseline."]);
    sandbox.run(&["check", "--no-baseline"]).expect(1);
    sandbox.write("src/a.ts", format!("{FIXABLE}{}", function("more", "more")));
    let run = sandbox.run(&["check", "-o", "concise"]).expect(1);
    assert_eq!(run.out, "src/a.ts:5:3 console `console.log` writes past the structured logger [safe]\n");
    // One for another is no bargain.
    sandbox.write("src/a.ts", function("more", "more"));
    let run = sandbox
        .run(&["check", "-o", "concise"])
        .expect(1)
        .says(&["1 of the 2 entries of phase2-baseline.json match nothing"]);
    assert_eq!(run.out.lines().count(), 1);
}

#[test]
fn what_is_gone_is_told_pruned_and_ratcheted() {
    let sandbox = accepted();
    sandbox.write("src/a.ts", CLEAN);
    sandbox.run(&["check"]).expect(0).says(&["match nothing any more", "`phase2 baseline --prune` removes them"]);
    sandbox.run(&["check", "--ratchet"]).expect(1);
    sandbox.run(&["check", "--ratchet", "src/b.ts"]).expect(0);
    sandbox.run(&["check", "--ratchet", "--rule", "suppression"]).expect(0);
    sandbox.write("src/c.ts", FIXABLE);
    sandbox.run(&["baseline", "--prune"]).expect(0).says(&["1 violation accepted"]);
    sandbox.run(&["check", "--ratchet"]).expect(1);
    sandbox.run(&["baseline"]).expect(0).says(&["2 violations accepted"]);
    sandbox.run(&["check", "--ratchet"]).expect(0);
}

#[test]
fn fix_mends_what_is_accepted_and_passes_what_it_can_not() {
    let sandbox = accepted();
    sandbox.run(&["fix"]).expect(0).says(&["1 accepted by the baseline"]);
    assert!(sandbox.read("src/a.ts").contains("logger.info"));
}

#[test]
fn a_renamed_file_keeps_its_entries() {
    let sandbox = accepted();
    sandbox.git(&["mv", "src/a.ts", "src/renamed.ts"]);
    sandbox.run(&["check", "--ratchet"]).expect(0);
    sandbox.commit();
    sandbox.run(&["check", "--ratchet"]).expect(0);
    sandbox.run(&["baseline", "--prune"]).expect(0);
    assert!(sandbox.read(BASELINE).contains("src/renamed.ts"));
}

#[test]
fn a_baseline_that_is_none_is_an_error() {
    let sandbox = accepted();
    sandbox.write(BASELINE, "{\"version\":1,\"violations\":[\n<<<<<<< ours\nnull]}\n");
    sandbox.run(&["check"]).expect(2).says(&["phase2-baseline.json:2: it has the marks of a merge"]);
    sandbox.run(&["baseline", "--prune"]).expect(2);
    sandbox.run(&["baseline"]).expect(0);
    sandbox.run(&["check"]).expect(0);
    sandbox.run(&["check", "--baseline", "gone.json"]).expect(2).says(&["gone.json can't be read"]);
}

#[test]
fn branches_that_accept_different_things_merge() {
    let sandbox = Sandbox::committed(&[
        ("src/a.ts", &function("a", "a")),
        ("src/m.ts", &function("m", "m")),
        ("src/z.ts", &function("z", "z")),
    ]);
    sandbox.run(&["baseline"]).expect(0);
    sandbox.commit();
    let main = sandbox.git(&["branch", "--show-current"]);
    sandbox.git(&["checkout", "-q", "-b", "other"]);
    sandbox.write("src/b.ts", function("b", "b"));
    sandbox.run(&["baseline"]).expect(0);
    sandbox.commit();
    sandbox.git(&["checkout", "-q", main.trim()]);
    sandbox.write("src/zz.ts", function("zz", "zz"));
    sandbox.run(&["baseline"]).expect(0);
    sandbox.commit();
    sandbox.git(&["merge", "-q", "--no-edit", "other"]);
    sandbox.run(&["check", "--ratchet"]).expect(0);
}

#[test]
fn a_branch_can_not_loosen_its_own_gate() {
    let sandbox = accepted();
    sandbox.write("phase2.toml", "rules = ['console']\n");
    sandbox.commit();
    let main = sandbox.git(&["branch", "--show-current"]);
    let main = main.trim();
    sandbox.git(&["checkout", "-q", "-b", "feature"]);
    sandbox.write("src/c.ts", function("c", "new"));
    sandbox.write("phase2.toml", "rules = ['suppression']\nextend-exclude = ['c.ts']\n");
    sandbox.run(&["baseline"]).expect(0);
    sandbox.commit();
    sandbox.run(&["check"]).expect(0);
    let run = sandbox.run(&["check", "-o", "concise", "--baseline-from", main, "--config-from", main]).expect(1);
    assert!(run.out.starts_with("src/c.ts:2:3 console"), "{}", run.out);
    let told =
        format!("this branch changes phase2.toml (2 lines added, 1 removed), which doesn't count: that of {main} does");
    run.says(&[&told, "this branch adds 0 entries to phase2-baseline.json and removes 2, which doesn't count"]);
    sandbox.run(&["check", "--baseline-from", "nowhere"]).expect(2).says(&["`git merge-base` failed", "nowhere"]);
    sandbox.run(&["check", "--config-from", "--output=x"]).expect(2);
}

#[test]
fn numbers_and_statuses() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)]);
    for (args, status) in [
        (&["check"][..], 1),
        (&["check", "--max-violations", "1"], 1),
        (&["check", "--max-violations", "2"], 0),
        (&["check", "--exit-zero"], 0),
    ] {
        sandbox.run(args).expect(status);
    }
    sandbox.write("src/bad.ts", b"\xff console");
    sandbox.run(&["check", "--exit-zero", "--max-violations", "9"]).expect(2);
    let run = sandbox.run(&["check", "--statistics"]).expect(2);
    assert!(run.out.contains("`…` writes past the structured logger"), "{}", run.out);
}

/// A function of a generated file: its name, its message, its depth of indent, the lines before it.
type Piece = (u8, u8, usize, usize);

fn written(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for (name, message, indent, gap) in pieces {
        let (tabs, lines) = (" ".repeat(*indent), "\n".repeat(*gap));
        let _ = write!(
            text,
            "{lines}export function f{name}() {{\n{tabs}console.log(\n{tabs}{tabs}'m{message}'\n{tabs});\n}}\n"
        );
    }
    text
}

/// However functions are shuffled, reindented and moved to files that git knows as renamed: one more violation fails, and
/// with exactly that one.
#[test]
fn layout_and_order_are_nothing() {
    let pieces = prop::collection::vec((0u8..200, 0u8..9, 0usize..9, 0usize..3), SizeRange::from(2..6));
    let strategy = (pieces, any::<u64>(), 0usize..9);
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    runner
        .run(&strategy, |(mut pieces, seed, indent)| {
            pieces.sort();
            pieces.dedup_by_key(|piece| piece.0);
            let sandbox = Sandbox::committed(&[("src/a.ts", &written(&pieces))]);
            sandbox.run(&["baseline"]).expect(0);
            sandbox.commit();
            let count = pieces.len();
            let turn = usize::try_from(seed % 7).unwrap();
            pieces.rotate_left(turn % count);
            pieces.iter_mut().for_each(|piece| piece.2 = indent);
            sandbox.git(&["mv", "src/a.ts", "src/moved.ts"]);
            sandbox.write("src/moved.ts", written(&pieces));
            // git sees the rename as far as it is one.
            let status = sandbox.git(&["diff", "-M", "--name-status", "HEAD", "--", "src"]);
            if !status.starts_with('R') {
                sandbox.git(&["mv", "src/moved.ts", "src/a.ts"]);
            }
            sandbox.run(&["check", "--ratchet"]).expect(0);
            // In a renamed file it might be what makes git take that for another.
            let (path, rest) = match status.starts_with('R') {
                true => ("src/more.ts", String::new()),
                false => ("src/a.ts", written(&pieces)),
            };
            sandbox.write(path, rest + &function("more", "more"));
            let report: Value = serde_json::from_str(&sandbox.run(&["check", "-o", "json"]).expect(1).out).unwrap();
            let found = report["violations"].as_array().unwrap();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(&found[0]["path"], path);
            Ok(())
        })
        .unwrap();
}
