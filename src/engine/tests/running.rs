//! What a run sees and says.

use std::fs;

use super::*;
use crate::write::{self, SkipReason};

#[test]
fn a_fix_outside_of_the_selection_is_withheld() {
    let both = |it: &Place<'_>| safe([it.replace("b"), it.swap_in("src/b/b.ts", "x", "y")]);
    let tree = Tree::new(&[("src/a/a.ts", "bad();\nfine();\n"), ("src/b/b.ts", "x();\nfine();\n")]);
    let outcome = Setup { paths: &["src/a"], ..Setup::new(&tree, [rule("bad", both), fine()]) }.run();
    assert_eq!(after(&outcome, "src/a/a.ts"), Some("bad();\ngood();\n"));
    assert_eq!(after(&outcome, "src/b/b.ts"), None);
    assert_eq!(left(&outcome), ["bad@src/a/a.ts: fix withheld: it also needs src/b/b.ts"]);
    assert_eq!(errors(&outcome), [""; 0]);
    // A file that it brings along needs no leave.
    let bringing = rule("bad", |it| {
        vec![Some(Fix { new_files: vec![new_file("src/b/h.ts", "h();\n")], ..Fix::safe(vec![it.replace("b")]) })]
    });
    let outcome = Setup { paths: &["src/a"], ..Setup::new(&tree, [bringing]) }.run();
    assert_eq!(after(&outcome, "src/b/h.ts"), Some("h();\n"));
}

#[test]
fn suppressed_violations_stay() {
    // `suppression` only knows real rules, so these have one's name.
    let console = || {
        rule("console", |it| {
            let is_call = it.file.text[it.at..].starts_with("console(");
            if is_call { safe([it.replace("log")]) } else { vec![] }
        })
    };
    let text = "console(); // phase2-ignore console: a reason\nconsole();\n";
    let (result, outcome) = fix_one(text, [console()]);
    assert_eq!(result, "console(); // phase2-ignore console: a reason\nlog();\n");
    assert_eq!((left(&outcome), errors(&outcome)), (vec![], vec![]));

    let (result, outcome) = fix_one("fine(); // phase2-ignore console: a reason\n", [console(), fine()]);
    assert_eq!(result, "good();\n");
    assert_eq!(outcome.found.findings.len(), 2);
}

#[test]
fn a_rule_that_panics_is_an_error_of_its_file() {
    let console = rule("console", |it| {
        assert!(!it.file.text.contains("boom"), "boom in {}", it.file.path);
        safe([it.replace("log")])
    });
    let suppressed = "boom; fine();\n// phase2-ignore console: a reason\nconsole();\n";
    let outcome = fix(&[("src/a.ts", suppressed), ("src/b.ts", "console();\n")], [console, fine()]);
    // The directive may be needed: nobody knows.
    assert_eq!(after(&outcome, "src/a.ts"), Some(suppressed.replace("fine", "good").as_str()));
    assert_eq!(after(&outcome, "src/b.ts"), Some("log();\n"));
    one_error(&outcome, "src/a.ts: internal error in the rule console: boom in src/a.ts. This is a defect");
}

#[test]
fn a_rule_that_cannot_start_leaves_the_others_to_their_work() {
    struct Broken;
    impl Rule for Broken {
        fn meta(&self) -> &'static Meta {
            const META: Meta = Meta {
                name: "console",
                summary: "",
                page: "",
                on_by_default: true,
                triggers: &["console"],
                subjects: None,
            };
            &META
        }

        fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
            panic!("{} files are too many", project.files.len());
        }
    }
    let text = "fine(); // phase2-ignore console: a reason\n";
    let (result, outcome) = fix_one(text, [Box::new(Broken) as Box<dyn Rule>, fine()]);
    assert_eq!(result, text.replace("fine", "good"));
    one_error(&outcome, "-: internal error in the rule console: 1 files are too many. This is a defect");
}

#[test]
fn files_that_cannot_be_read_are_skipped() {
    let tree = Tree::new(&[("src/a.ts", "fine();\n")]);
    tree.write("src/b.ts", b"fine(\xff);\n");
    let outcome = Setup::new(&tree, [fine()]).run();
    assert_eq!(after(&outcome, "src/a.ts"), Some("good();\n"));
    one_error(&outcome, "src/b.ts: skipped: `src/b.ts` is not UTF-8");
    assert_eq!(outcome.found.errors, outcome.remaining.errors);
}

#[test]
fn a_tsconfig_that_cannot_be_used_is_an_error() {
    let importing =
        rule("one", |it| vec![Some(Fix { imports: vec![it.import("log")], ..Fix::safe(vec![it.replace("log()")]) })]);
    let files = [("tsconfig.json", "{"), ("src/a.ts", "import x from '@/x';\none;\n")];
    let outcome = fix(&files, [importing]);
    assert_eq!(after(&outcome, "src/a.ts"), Some("import x from '@/x';\nimport { log } from './helper';\nlog();\n"));
    one_error(&outcome, "tsconfig.json: ");
}

#[test]
fn a_file_that_changes_meanwhile_is_not_overwritten() {
    let meddling = rule("fine", |it| {
        let on_disk = it.project.root.join(it.file.path.as_str());
        fs::write(on_disk, "fine(); // somebody else's\n").unwrap();
        safe([it.replace("good")])
    });
    let tree = Tree::new(&[("src/a.ts", "fine();\n")]);
    let outcome = Setup::new(&tree, [meddling]).run();
    assert_eq!(outcome.changes[0].before.as_deref(), Some("fine();\n"));
    let written = write::write(&tree.path(""), &outcome.changes).unwrap();
    assert_eq!(written.skipped[0].reason, SkipReason::Changed);
    assert_eq!(fs::read_to_string(tree.path("src/a.ts")).unwrap(), "fine(); // somebody else's\n");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    fn with_helper(place: &Place<'_>) -> Vec<Option<Fix>> {
        let is_there = place.project.sources.exists(&rel("src/helper.ts"));
        let new_files = if is_there { vec![] } else { vec![new_file("src/helper.ts", "export const log = fine;\n")] };
        vec![Some(Fix { new_files, imports: vec![place.import("log")], ..Fix::safe(vec![place.replace("log()")]) })]
    }
    let rules = || {
        let broken = rule("bad", |it| safe([it.replace(if it.at.is_multiple_of(2) { "((" } else { "b" })]));
        let restless = rule("restless", |it| safe([it.edit(0..0, "x();")]));
        let crossing = rule("cross", |it| safe([it.replace("c"), it.swap_in("src/f0.ts", "shared", "s")]));
        [rule("one", with_helper), rule("two", with_helper), fine(), broken, restless, crossing]
    };
    let words = ["one();", "fine(two);", "bad(); // a", "ok();", "shared();", "one(); fine();", "cross();"];
    let text = |file: usize| -> String {
        let line = |line: usize| format!("{}\n", words[(file * 5 + line * line) % words.len()]);
        let restless = if file.is_multiple_of(50) { "restless();\n" } else { "" };
        "shared();\n".to_owned() + &(0..file % 9).map(line).collect::<String>() + restless
    };
    let texts: Vec<(String, String)> = (0..200).map(|file| (format!("src/f{file}.ts"), text(file))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&files);
    let with = |threads| Setup { threads, ..Setup::new(&tree, rules()) }.run();
    let (alone, together) = (with(1), with(16));
    assert_eq!(alone.changes, together.changes);
    assert_eq!(format!("{:?}", alone.found), format!("{:?}", together.found));
    assert_eq!(format!("{:?}", alone.remaining), format!("{:?}", together.remaining));
    assert!(alone.changes.len() > 100 && errors(&alone).len() > 10, "{}", errors(&alone).len());
}
