use super::*;
use crate::edit::Applicability;
use crate::report::Related;
use crate::report::samples::{finding, fixed, path, report};

const LOOK: Look = Look { color: false, unicode: true, width: 80 };

fn printed(report: &Report, look: Look) -> String {
    let mut out = Vec::new();
    write(&mut out, report, look).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report of one violation at `needle` in `text`, without the rule and the message.
fn snippet(text: &str, needle: &str) -> String {
    let printed = printed(&report(vec![finding("src/a.ts", text, needle)], &[("src/a.ts", text)]), LOOK);
    printed.strip_prefix("console\n\n  × uses the console\n").unwrap().trim_end().to_owned()
}

#[test]
fn the_line_with_one_before_and_one_after() {
    let text = "const a = 1\n\n\tconsole.log('x', a)\nconst b = 2\nend\n";
    let expected = "
   ╭─[src/a.ts:3:2]
 2 │ 
 3 │     console.log('x', a)
   ·     ─────────┬─────────
   ·              ╰── no fix
 4 │ const b = 2
   ╰────";
    assert_eq!(snippet(text, "console.log('x', a)"), expected.trim_start_matches('\n'));
}

#[test]
fn line_breaks_mark_and_wide_characters_dont_move_the_underline() {
    let expected = "
   ╭─[src/a.ts:2:7]
 1 │ const a = 1
 2 │ '日本'; log('日本', a)
   ·         ───────┬──────
   ·                ╰── no fix
   ╰────";
    for text in ["\u{feff}const a = 1\r\n'日本'; log('日本', a)", "const a = 1\r'日本'; log('日本', a)\r\n"] {
        assert_eq!(snippet(text, "log('日本', a)"), expected.trim_start_matches('\n'));
    }
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("x\n{}console.log(1);{}\n", "a=1;".repeat(3000), "b=2;".repeat(3000));
    let expected = "
   ╭─[src/a.ts:2:12001]
 1 │ x
 2 │ …1;a=1;a=1;a=1;a=1;a=1;console.log(1);b=2;b=2;b=2;b=2;b=2;b=2;b=2;b=2…
   ·                        ───────┬──────
   ·                               ╰── no fix
   ╰────";
    assert_eq!(snippet(&text, "console.log(1)"), expected.trim_start_matches('\n'));
}

#[test]
fn no_printed_line_is_wider_than_the_terminal() {
    for unit in ["日", "a", "é\t", "😀"] {
        let text = format!("{0}\n{0} HERE {0}\n{0}\n", unit.repeat(5_000));
        let report = report(vec![finding("src/a.ts", &text, "HERE")], &[("src/a.ts", &text)]);
        let printed = printed(&report, LOOK);
        assert!(printed.contains("HERE"));
        for line in printed.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= LOOK.width, "{line}");
        }
    }
}

#[test]
fn a_place_over_a_few_lines_is_shown_whole() {
    let place = "console.log(\n  'a',\n)";
    let expected = "
   ╭─[src/a.ts:1:1]
 1 │ ╭─▶ console.log(
 2 │ │     'a',
 3 │ ├─▶ )
   · ╰──── no fix
 4 │     next()
   ╰────";
    assert_eq!(snippet(&format!("{place}\nnext()\n"), place), expected.trim_start_matches('\n'));
    assert_eq!(
        snippet(&format!("{place}\r\nnext()\r\n").replace("\n ", "\r\n "), "console.log("),
        "   ╭─[src/a.ts:1:1]\n 1 │ console.log(\n   · ──────┬─────\n   ·       ╰── no fix\n 2 │   'a',\n   ╰────"
    );
}

#[test]
fn a_place_over_many_lines_is_marked_on_its_first() {
    let text = format!("call({}\n)\n", "1,\n".repeat(20));
    let expected = "
   ╭─[src/a.ts:1:1]
 1 │ call(1,
   · ───┬───
   ·    ╰── no fix
 2 │ 1,
   ╰────";
    assert_eq!(snippet(&text, &text), expected.trim_start_matches('\n'));
}

#[test]
fn an_empty_file_and_the_end_of_a_file() {
    assert_eq!(snippet("", ""), "   ╭─[src/a.ts:1:1]\n 1 │ \n   · ▲\n   · ╰── no fix\n   ╰────");
    let text = "a\n";
    let mut at_end = finding("src/a.ts", text, "");
    at_end.range = 2..2;
    let printed = printed(&report(vec![at_end], &[("src/a.ts", text)]), LOOK);
    assert!(printed.contains("[src/a.ts:2:1]\n 1 │ a\n 2 │ \n   · ▲\n"), "{printed}");
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let text = "/* \x1b[31m \u{202e} \0 */ log()";
    let printed = snippet(text, "log()");
    assert!(printed.contains("/* \u{fffd}[31m \u{fffd} \u{fffd} */ log()"), "{printed}");
    assert!(printed.contains("[src/a.ts:1:17]"), "{printed}");
}

#[test]
fn help_and_related_places() {
    let text = "first()\n2\n3\n4\nlog()\n";
    let mut found = finding("src/a.ts", text, "log()");
    found.help = Some("use the logger".into());
    found.fix = Some(fixed(Applicability::Unsafe));
    found.related = vec![
        Related { path: path("src/a.ts"), range: 0..7, message: "the other one".into() },
        Related { path: path("src/b.ts"), range: 2..3, message: "declared here".into() },
    ];
    let expected = "\
console

  × uses the console
   ╭─[src/a.ts:1:1]
 1 │ first()
   · ───┬───
   ·    ╰── the other one
 2 │ 2
   ╰────
   ╭─[src/a.ts:5:1]
 4 │ 4
 5 │ log()
   · ──┬──
   ·   ╰── unsafe fix
   ╰────
  help: use the logger
        see src/b.ts:2:1: declared here

";
    assert_eq!(printed(&report(vec![found], &[("src/a.ts", text), ("src/b.ts", "x\ny")]), LOOK), expected);
}

/// `count` violations of the console rule in one file, one on each line.
fn many(file: &str, count: usize) -> (Vec<Finding>, String) {
    let line = "console.log(1)\n";
    let text = line.repeat(count);
    let findings = (0..count).map(|at| {
        let mut found = finding(file, &text, "console.log(1)");
        found.range = at * line.len()..(at + 1) * line.len() - 1;
        found
    });
    (findings.collect(), text)
}

#[test]
fn up_to_fifty_have_a_report_each() {
    let (findings, text) = many("src/a.ts", MOST_REPORTS);
    assert_eq!(printed(&report(findings, &[("src/a.ts", &text)]), LOOK).matches("╭─[").count(), 50);
}

#[test]
fn more_are_grouped_by_file_and_rule() {
    let (mut findings, text) = many("src/a.ts", 51);
    findings[1].message = "takes it as a value".into();
    findings[2].fix = Some(fixed(Applicability::Safe));
    // On the same line as the one before.
    findings[4].range = findings[3].range.clone();
    let mut other = findings[9].clone();
    other.rule = "tenants";
    findings.insert(10, other);
    let (in_b, text_b) = many("src/b.ts", 2);
    findings.extend(in_b);

    let printed = printed(&report(findings, &[("src/a.ts", &text), ("src/b.ts", &text_b)]), LOOK);
    let places: Vec<&str> = printed.lines().filter_map(|line| line.split_once("╭─")).map(|(_, place)| place).collect();
    assert_eq!(places, ["[src/a.ts:1:1]", "[src/a.ts:10:1]", "[src/b.ts:1:1]"]);
    let help = printed.split_once("  help: ").unwrap().1.split_once("\n\n").unwrap().0.replace("\n        ", " ");
    let listed: Vec<String> = (6..=34).map(|line| line.to_string()).collect();
    assert_eq!(
        help,
        format!(
            "48 more like this at lines 4, {} and 17 others 1 more at line 2: takes it as a value [no fix] \
             1 more at line 3: uses the console [safe]",
            listed.join(", ")
        )
    );
    assert!(printed.ends_with("help: 1 more like this at line 2\n\n"), "{printed}");
}

#[test]
fn looks() {
    let report = report(vec![finding("src/a.ts", "log()", "log")], &[("src/a.ts", "log()")]);
    assert!(printed(&report, Look { unicode: false, ..LOOK }).is_ascii());
    assert!(!printed(&report, LOOK).contains('\x1b'));
    assert!(printed(&report, Look { color: true, ..LOOK }).contains('\x1b'));
}

#[test]
fn without_the_text_the_file_is_named_all_the_same() {
    let report = report(vec![finding("src/a.ts", "log()", "log")], &[]);
    assert_eq!(printed(&report, LOOK), "console\n\n  × src/a.ts: uses the console\n\n");
}

#[test]
fn no_range_is_too_odd() {
    for text in ["", "\n", "a", "é\r\n日本\n", "\u{feff}😀\n\n", &"é".repeat(500)] {
        for start in 0..12 {
            for end in start..14 {
                let mut found = finding("src/a.ts", text, "");
                found.range = start..end;
                let printed = printed(&report(vec![found], &[("src/a.ts", text)]), LOOK);
                assert!(printed.contains("no fix"), "{start}..{end} in {text:?}: {printed}");
            }
        }
    }
}

#[test]
fn the_end_of_a_long_line() {
    let text = format!("{}\nb\n", "a;".repeat(5_000));
    let mut found = finding("src/a.ts", &text, "");
    found.range = 10_000..10_000;
    let printed = printed(&report(vec![found], &[("src/a.ts", &text)]), LOOK);
    assert!(printed.contains("[src/a.ts:1:10001]\n 1 │ …a;a;"), "{printed}");
}
