//! How fixes go together.

use super::*;

#[test]
fn edits_of_several_rules_join() {
    let (text, outcome) = fix_one("fine(); bad(); fine();\n", [fine(), rule("bad", |it| safe([it.replace("better")]))]);
    assert_eq!(text, "good(); better(); good();\n");
    assert_eq!((errors(&outcome).len(), left(&outcome).len(), outcome.found.findings.len()), (0, 0, 3));
}

#[test]
fn at_one_offset_insertions_stand_in_the_order_of_the_rules() {
    // The second rule's violation comes first in the file.
    let rules = || {
        let first = rule("one", |it| safe([it.replace("1"), it.swap("HERE", "HERE"), at_mark(it, "a();")]));
        let second = rule("two", |it| safe([it.replace("2"), at_mark(it, "b();")]));
        [first, second]
    };
    fn at_mark(place: &Place<'_>, text: &str) -> Edit {
        let at = place.file.text.find("HERE").unwrap();
        Edit { path: place.file.path.clone(), range: at..at, text: text.to_owned() }
    }
    assert_eq!(fix_one("two(); HERE; one();\n", rules()).0, "2(); a();b();HERE; 1();\n");
}

#[test]
fn an_insertion_stands_before_a_replacement_that_starts_there() {
    let rules = [fine(), rule("slow", |it| safe([it.replace("x"), it.edit(6..6, "await ")]))];
    assert_eq!(fix_one("slow; fine();\n", rules).0, "x; await good();\n");
}

#[test]
fn an_identical_edit_of_two_fixes_is_made_once() {
    fn with_parameter(place: &Place<'_>) -> Vec<Option<Fix>> {
        let at = place.file.text.find("()").unwrap() + 1;
        let parameter = Edit { path: place.file.path.clone(), range: at..at, text: "req".into() };
        safe([parameter, place.replace("use(req)")])
    }
    let (text, outcome) =
        fix_one("serve(() => { one; two; });\n", [rule("one", with_parameter), rule("two", with_parameter)]);
    // The second fix isn't repeated either: once `req` is there, nothing is left.
    assert_eq!(text, "serve((req) => { use(req); use(req); });\n");
    assert_eq!(errors(&outcome), [""; 0]);
}

#[test]
fn the_same_insertion_twice_in_one_fix_is_made_twice() {
    let (text, _) = fix_one(
        "f(x);\n",
        [rule("x", |it| {
            let in_call = it.file.text[..it.at].ends_with("f(");
            if in_call { safe([it.insert("g(g("), it.edit(1..1, ")"), it.edit(1..1, ")")]) } else { vec![] }
        })],
    );
    assert_eq!(text, "f(g(g(x)));\n");
}

#[test]
fn fixes_that_only_fail_together_follow_each_other() {
    // Both close with the same `)`, which is taken for one identical edit.
    fn wrap(place: &Place<'_>) -> Vec<Option<Fix>> {
        let start = place.file.text.find("handler").unwrap();
        let path = || place.file.path.clone();
        let open = Edit { path: path(), range: start..start, text: format!("with{}(", place.word.to_uppercase()) };
        let close = Edit { path: path(), range: start + 7..start + 7, text: ")".into() };
        safe([place.replace(""), open, close])
    }
    let (text, outcome) = fix_one("serve(handler); // a\n[one, two];\n", [rule("one", wrap), rule("two", wrap)]);
    assert_eq!(text, "serve(withONE(withTWO(handler))); // a\n[, ];\n");
    assert_eq!(errors(&outcome), [""; 0]);
}

#[test]
fn overlapping_fixes_take_two_passes() {
    let rules = [rule("outer", |it| safe([it.edit(0..13, "o(inner)")])), rule("inner", |it| safe([it.replace("i")]))];
    let (text, outcome) = fix_one("outer(inner );\n", rules);
    assert_eq!(text, "o(i);\n");
    assert_eq!((errors(&outcome), left(&outcome)), (vec![], vec![]));
}

#[test]
fn an_import_that_two_fixes_want_is_written_once() {
    fn with_import(place: &Place<'_>) -> Vec<Option<Fix>> {
        let imports = vec![place.import("log")];
        vec![Some(Fix { imports, ..Fix::safe(vec![place.replace("log()")]) })]
    }
    let (text, outcome) = fix_one("one;\ntwo;\none;\n", [rule("one", with_import), rule("two", with_import)]);
    assert_eq!(text, "import { log } from './helper';\n\nlog();\nlog();\nlog();\n");
    // Alone, each would bring it along.
    let edits = |index: usize| outcome.found.findings[index].fix.as_ref().unwrap().edits.clone();
    assert!((0..3).all(|index| edits(index)[0].text.starts_with("import { log }") && edits(index).len() == 2));
}

#[test]
fn an_import_stands_before_what_else_goes_in_there() {
    let with_import =
        rule("one", |it| vec![Some(Fix { imports: vec![it.import("log")], ..Fix::safe(vec![it.replace("log()")]) })]);
    let at_start = rule("two", |it| {
        let start = Edit { path: it.file.path.clone(), range: 0..0, text: "start();\n".into() };
        safe([it.replace("go()"), start])
    });
    let (text, _) = fix_one("two;\none;\n", [at_start, with_import]);
    assert_eq!(text, "import { log } from './helper';\n\nstart();\ngo();\nlog();\n");
}

#[test]
fn a_fix_waits_where_another_replaces_the_place_of_its_import() {
    let rules = || {
        let replacing = rule("old", |it| {
            let at = it.file.text.find("import").unwrap();
            safe([Edit { path: it.file.path.clone(), range: at..it.at + 6, text: "import 'new';\n".into() }])
        });
        let importing = rule("one", |it| {
            vec![Some(Fix { imports: vec![it.import("log")], ..Fix::safe(vec![it.replace("log()")]) })]
        });
        [replacing, importing]
    };
    let before = "import 'old';\none;\n";
    let expected = "import 'new';\nimport { log } from './helper';\nlog();\n";
    let (text, outcome) = fix_one(before, rules());
    assert_eq!((text.as_str(), errors(&outcome)), (expected, vec![]));
    let [replacing, importing] = rules();
    assert_eq!(fix_one(before, [importing, replacing]).0, expected);
}

#[test]
fn a_new_file_that_two_fixes_bring_is_made_once() {
    fn with_helper(place: &Place<'_>) -> Vec<Option<Fix>> {
        let path = "src/helper.ts";
        let is_there = place.project.sources.exists(&rel(path));
        let new_files = if is_there { vec![] } else { vec![new_file(path, "export const log = fine;\n")] };
        vec![Some(Fix { new_files, imports: vec![place.import("log")], ..Fix::safe(vec![place.replace("log()")]) })]
    }
    let files = [("src/a.ts", "one;\n"), ("src/b.ts", "two;\none;\n")];
    let outcome = fix(&files, [rule("one", with_helper), rule("two", with_helper), fine()]);
    // What it holds is looked at too.
    assert_eq!(after(&outcome, "src/helper.ts"), Some("export const log = good;\n"));
    assert_eq!(after(&outcome, "src/a.ts"), Some("import { log } from './helper';\n\nlog();\n"));
    assert_eq!(after(&outcome, "src/b.ts"), Some("import { log } from './helper';\n\nlog();\nlog();\n"));
    let is_new = |path: &str| outcome.changes.iter().find(|it| it.path.as_str() == path).unwrap().before.is_none();
    assert_eq!((is_new("src/helper.ts"), is_new("src/a.ts"), errors(&outcome)), (true, false, vec![]));
}

#[test]
fn what_waits_in_an_unchanged_file_is_looked_at_again_when_there_is_a_new_module() {
    fn both_want_c(place: &Place<'_>) -> Vec<Option<Fix>> {
        let is_there = place.project.sources.exists(&rel("src/helper.ts"));
        let new_files = if is_there { vec![] } else { vec![new_file("src/helper.ts", "export {};\n")] };
        let said = if is_there { "second" } else { "first" };
        let in_c = place.swap_in("src/c.ts", "c", if is_there { "c" } else { "x" });
        vec![Some(Fix { new_files, ..Fix::safe(vec![place.replace(said), in_c]) })]
    }
    let files = [("src/a.ts", "one;\n"), ("src/b.ts", "two;\n"), ("src/c.ts", "c;\n")];
    let outcome = fix(
        &files,
        [
            rule("one", both_want_c),
            rule("two", |place| match both_want_c(place).pop() {
                // Overlaps with the other's edit without being it.
                Some(Some(mut fix)) => {
                    fix.edits[1].text.push('y');
                    vec![Some(fix)]
                }
                other => vec![other.flatten()],
            }),
        ],
    );
    assert_eq!((after(&outcome, "src/a.ts"), after(&outcome, "src/b.ts")), (Some("first;\n"), Some("second;\n")));
    assert_eq!(errors(&outcome), [""; 0]);
}
