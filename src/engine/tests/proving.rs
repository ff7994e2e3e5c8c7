//! What is withdrawn, and what goes on.

use super::*;
use crate::edit::Applicability;

/// Asserts that the fix of `bad` is withdrawn for `reason`, and that of `fine` in the same file isn't.
#[track_caller]
fn only_bad_is_withdrawn(text: &str, bad: Script, reason: &str) {
    let (result, outcome) = fix_one(text, [rule("bad", bad), fine()]);
    assert_eq!(result, text.replace("fine", "good"));
    let line = text[..text.find("bad").unwrap()].matches('\n').count() + 1;
    one_error(&outcome, &format!("src/a.ts: the bad fix at line {line} was withdrawn: {reason}"));
    assert_eq!(left(&outcome), [format!("bad@src/a.ts: {WITHDRAWN}")]);
}

#[test]
fn a_fix_that_brings_a_syntax_error() {
    only_bad_is_withdrawn("fine();\nbad();\n", |it| safe([it.replace("((")]), "the result would not parse");
    only_bad_is_withdrawn("bad();\n\nfine();", |it| safe([it.replace("}")]), "the result would not parse");
}

#[test]
fn a_fix_that_loses_a_comment() {
    let text = "fine(); // why\nbad(/* because */);\n";
    only_bad_is_withdrawn(text, |it| safe([it.edit(0..18, "b()")]), "the comment `/* because */` would be lost");
    // Not only what an edit covers can be lost.
    let text = "fine();\nbad; // why\n;\n";
    let into_string = |it: &Place<'_>| safe([it.replace("`"), it.edit(11..11, "`")]);
    only_bad_is_withdrawn(text, into_string, "the comment `// why` would be lost");
}

#[test]
fn a_comment_may_go_where_that_is_meant_or_move() {
    let meant = rule("bad", |it| {
        let removed_comments = vec![(it.file.path.clone(), it.at + 4..it.at + 17)];
        vec![Some(Fix { removed_comments, ..Fix::safe(vec![it.edit(0..18, "b()")]) })]
    });
    assert_eq!(fix_one("bad(/* because */);\n", [meant]).0, "b();\n");
    let moving = rule("bad", |it| safe([it.edit(0..18, "/* because */ b()")]));
    assert_eq!(fix_one("bad(/* because */);\n", [moving]).0, "/* because */ b();\n");
}

#[test]
fn a_fix_that_is_never_done() {
    let reason = "it leaves something to fix even after 4 passes";
    only_bad_is_withdrawn("fine();\nbad();\nfine();\n", |it| safe([it.insert("x();\n")]), reason);
    only_bad_is_withdrawn("fine();\nbad();\n", |it| safe([it.edit(5..5, "\nx();")]), reason);
    only_bad_is_withdrawn("fine();\nbad();\n", |_| safe([]), reason);
}

#[test]
fn what_another_fix_keeps_bringing_up_is_withdrawn_with_it() {
    // Neither `ping` nor `pong` is there twice in a row.
    let rules =
        || [rule("ping", |it| safe([it.replace("pong")])), rule("pong", |it| safe([it.replace("ping")])), fine()];
    let (text, outcome) = fix_one("fine();\nping();\n", rules());
    assert_eq!(text, "good();\nping();\n");
    one_error(&outcome, "src/a.ts: the ping fix at line 2 was withdrawn: it leaves something to fix");
}

#[test]
fn four_passes_are_taken_and_a_fifth_is_not() {
    let count_down = || {
        rule("step", |it| {
            let left: usize = it.file.text[it.at + 4..it.at + 5].parse().unwrap();
            if left == 0 { vec![] } else { safe([it.edit(4..5, &(left - 1).to_string())]) }
        })
    };
    assert_eq!(fix_one("step4();\n", [count_down()]).0, "step0();\n");
    let (text, outcome) = fix_one("step5();\n", [count_down()]);
    assert_eq!(text, "step5();\n");
    one_error(&outcome, "src/a.ts: the step fix at line 1 was withdrawn");
    assert_eq!(refusals(&outcome), [WITHDRAWN]);
    assert_eq!(outcome.found.errors, outcome.remaining.errors);
}

#[test]
fn a_later_pass_that_fails_takes_only_its_own_fix_back() {
    // `late` overlaps with `early` and so comes second, where it fails.
    let early = rule("early", |it| safe([it.replace("e"), it.swap("mark", "x")]));
    let late = rule("late", |it| {
        let is_first = it.file.text.contains("mark");
        if is_first { safe([it.replace("l"), it.swap("mark", "y")]) } else { safe([it.replace("((")]) }
    });
    let (text, outcome) = fix_one("mark;\nearly;\nlate;\nfine;\n", [early, late, fine()]);
    assert_eq!(text, "x;\ne;\nlate;\ngood;\n");
    one_error(&outcome, "src/a.ts: the late fix at line 3 was withdrawn: the result would not parse");
}

#[test]
fn a_fix_over_two_files_is_withdrawn_in_both() {
    let both = |it: &Place<'_>| safe([it.replace("b"), it.swap_in("src/b.ts", "good", "((")]);
    let files = [("src/a.ts", "bad();\nfine();\n"), ("src/b.ts", "good();\nfine();\n")];
    let outcome = fix(&files, [rule("bad", both), fine()]);
    assert_eq!(after(&outcome, "src/a.ts"), Some("bad();\ngood();\n"));
    assert_eq!(after(&outcome, "src/b.ts"), Some("good();\ngood();\n"));
    one_error(&outcome, "src/a.ts: the bad fix at line 1 was withdrawn: the result would not parse");
}

#[test]
fn a_fix_goes_with_its_new_file() {
    let bringing = |text: &'static str| match text {
        "" => rule("bad", |it| {
            vec![Some(Fix { new_files: vec![new_file("src/h.ts", "f(")], ..Fix::safe(vec![it.replace("b")]) })]
        }),
        _ => rule("bad", |it| {
            vec![Some(Fix { new_files: vec![new_file("src/b.ts", "h();")], ..Fix::safe(vec![it.replace("b")]) })]
        }),
    };
    let files = [("src/a.ts", "bad();\nfine();\n"), ("src/b.ts", "other();\n")];
    let outcome = fix(&files, [bringing(""), fine()]);
    assert_eq!((outcome.changes.len(), after(&outcome, "src/a.ts")), (1, Some("bad();\ngood();\n")));
    one_error(&outcome, "src/a.ts: the bad fix at line 1 was withdrawn: the result would not parse");
    let outcome = fix(&files, [bringing("occupied"), fine()]);
    assert_eq!((outcome.changes.len(), after(&outcome, "src/a.ts")), (1, Some("bad();\ngood();\n")));
    one_error(&outcome, "src/a.ts: the bad fix at line 1 was withdrawn: there is another file");
}

#[test]
fn edits_that_fit_no_text() {
    let reason = "its edits don't fit the text";
    let text = "fine();\nbad('é');\n";
    only_bad_is_withdrawn(text, |it| safe([it.edit(900..901, "x")]), reason);
    only_bad_is_withdrawn(text, |it| safe([it.edit(900..900, "x")]), reason);
    only_bad_is_withdrawn(text, |it| safe([it.edit(6..6, "x")]), reason);
    only_bad_is_withdrawn(text, |it| safe([it.edit(0..6, "x")]), reason);
    only_bad_is_withdrawn(text, |it| safe([it.edit(0..3, "x"), it.edit(2..4, "y")]), reason);
    #[allow(clippy::reversed_empty_ranges)]
    fn reversed(it: &Place<'_>) -> Vec<Option<Fix>> {
        safe([it.edit(3..0, "x")])
    }
    only_bad_is_withdrawn(text, reversed, reason);
}

#[test]
fn edits_of_a_file_that_is_not_there() {
    let elsewhere =
        |it: &Place<'_>| safe([it.replace("b"), Edit { path: rel("src/none.ts"), range: 0..0, text: "x();".into() }]);
    only_bad_is_withdrawn("bad();\nfine();\n", elsewhere, "a file that it changes can't be read as TypeScript");
}

#[test]
fn a_file_that_had_errors_before() {
    let broken = "f(a & );\n\nfunction g() {\n  fine();\n  bad();\n}\n";
    let (text, outcome) = fix_one(broken, [fine(), rule("bad", |it| safe([it.replace("better")]))]);
    assert_eq!(text, broken.replace("fine", "good").replace("bad", "better"));
    assert_eq!(errors(&outcome), [""; 0]);
    // Where one fails, none is made: what the parser makes of broken code, and so the next run, may depend on any of them.
    let none_is_made = |bad: Script| {
        let files = [("src/a.ts", broken), ("src/b.ts", "fine();\n")];
        let outcome = fix(&files, [fine(), rule("bad", bad)]);
        assert_eq!(outcome.changes.len(), 1);
        assert_eq!(after(&outcome, "src/b.ts"), Some("good();\n"));
        one_error(
            &outcome,
            "src/a.ts: the bad fix at line 5 was withdrawn: the result would not parse; the file has a syntax error already: \
             mend that first. Until then no other fix is made there",
        );
        let along =
            "its fix was withdrawn: another one of the file did not stand the proof, as the file has a syntax error";
        assert_eq!(left(&outcome), [format!("fine@src/a.ts: {along}"), format!("bad@src/a.ts: {WITHDRAWN}")]);
    };
    none_is_made(|it| safe([it.replace("((")]));
    // One error more in the place of one less is still one more.
    none_is_made(|it| safe([it.swap("a & ", "a"), it.replace("} bad")]));
}

#[test]
fn unsafe_and_display_only_fixes() {
    let rules = || {
        let risky = rule("risky", |it| {
            vec![Some(Fix { applicability: Applicability::Unsafe, ..Fix::safe(vec![it.replace("r")]) })]
        });
        let shown = rule("shown", |it| {
            vec![Some(Fix { applicability: Applicability::DisplayOnly, ..Fix::safe(vec![it.replace("s")]) })]
        });
        [fine(), risky, shown]
    };
    let tree = Tree::new(&[("src/a.ts", "fine(risky, shown);\n")]);
    let outcome = Setup::new(&tree, rules()).run();
    assert_eq!(after(&outcome, "src/a.ts"), Some("good(risky, shown);\n"));
    let outcome = Setup { mode: FixMode::Unsafe, ..Setup::new(&tree, rules()) }.run();
    assert_eq!(after(&outcome, "src/a.ts"), Some("good(r, shown);\n"));
    let left: Vec<_> = outcome.remaining.findings;
    assert_eq!(left.iter().map(|it| (it.rule, it.fix_word())).collect::<Vec<_>>(), [("shown", "display-only")]);
}
