//! What `-o pretty`, `-o concise` and `-o json` print.

use serde_json::{Value, json};

use crate::sandbox::{CLEAN, FIXABLE, Run, Sandbox, UNFIXABLE, phase2};

/// The text of an edit's or a violation's range.
fn part(text: &str, from: &Value, to: &Value) -> String {
    let [from, to] = [from, to].map(|offset| usize::try_from(offset.as_u64().unwrap()).unwrap());
    text[from..to].to_owned()
}

/// Checks that an object has these keys and no others.
#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    let mut found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    found.sort_unstable();
    keys.sort_unstable();
    assert_eq!(found, keys, "in {value}");
}

#[track_caller]
fn is_place(value: &Value) {
    has_keys(value, &["line", "column", "offset"]);
    assert!(value["line"].as_u64().unwrap() >= 1 && value["column"].as_u64().unwrap() >= 1, "{value}");
    assert!(value["offset"].is_u64());
}

/// Checks a report against the documented shape.
#[track_caller]
fn is_report(report: &Value) {
    has_keys(report, &["version", "violations", "notes", "errors", "summary"]);
    assert_eq!(report["version"], 1);
    for violation in report["violations"].as_array().unwrap() {
        has_keys(violation, &["rule", "path", "start", "end", "message", "help", "related", "fix"]);
        [&violation["start"], &violation["end"]].into_iter().for_each(is_place);
        assert!(violation["help"].is_string() || violation["help"].is_null());
        for related in violation["related"].as_array().unwrap() {
            has_keys(related, &["path", "start", "end", "message"]);
        }
        if violation["fix"].is_null() {
            continue;
        }
        has_keys(&violation["fix"], &["applicability", "edits"]);
        assert!(["safe", "unsafe", "display-only"].contains(&violation["fix"]["applicability"].as_str().unwrap()));
        for edit in violation["fix"]["edits"].as_array().unwrap() {
            if edit.get("new").is_some() {
                has_keys(edit, &["path", "start", "end", "text", "new"]);
                assert_eq!((&edit["new"], &edit["start"], &edit["end"]), (&json!(true), &json!(0), &json!(0)));
            } else {
                has_keys(edit, &["path", "start", "end", "text"]);
            }
        }
    }
    for remark in report["notes"].as_array().unwrap().iter().chain(report["errors"].as_array().unwrap()) {
        has_keys(remark, &["path", "message"]);
    }
    let summary = &report["summary"];
    has_keys(
        summary,
        &["files_seen", "files_parsed", "accepted", "violations", "safe", "unsafe", "unfixable", "by_rule"],
    );
    let number = |tally: &Value, key: &str| tally[key].as_u64().unwrap();
    for tally in summary["by_rule"].as_object().unwrap().values().chain([summary]) {
        let parts: u64 = ["safe", "unsafe", "unfixable"].iter().map(|key| number(tally, key)).sum();
        assert_eq!(parts, number(tally, "violations"));
    }
    for key in ["violations", "safe", "unsafe", "unfixable"] {
        let rules: u64 = summary["by_rule"].as_object().unwrap().values().map(|tally| number(tally, key)).sum();
        assert_eq!(rules, number(summary, key), "{key}");
    }
    assert_eq!(number(summary, "violations"), report["violations"].as_array().unwrap().len() as u64);
    assert!(number(summary, "files_parsed") <= number(summary, "files_seen"));
}

#[test]
fn json_has_the_documented_shape() {
    let sandbox = Sandbox::committed(&[
        ("src/a.ts", FIXABLE),
        ("src/b.ts", UNFIXABLE),
        ("src/c.ts", CLEAN),
        ("src/d.ts", "// phase2-ignore console: nothing to ignore\nexport const d = 1;\n"),
    ]);
    sandbox.write("src/e.ts", b"console.log('\xff')");
    let report = sandbox.run(&["check", "-o", "json"]).expect(2).json();
    is_report(&report);
    assert_eq!(report["errors"][0]["path"], "src/e.ts");
    assert_eq!(report["summary"]["files_seen"], 5);
    assert_eq!(report["summary"]["violations"], 3);
    let by_rule = report["summary"]["by_rule"].as_object().unwrap();
    assert_eq!(by_rule.keys().collect::<Vec<_>>(), ["console", "suppression"]);
    is_report(&Sandbox::committed(&[("src/c.ts", CLEAN)]).run(&["check", "-o", "json"]).expect(0).json());
    is_report(&sandbox.run(&["fix", "--allow-dirty", "-o", "json"]).expect(2).json());
}

#[test]
fn json_counts_columns_in_utf_16_and_offsets_in_bytes_of_the_file() {
    let text = "\u{feff}const é = '😀'; console.log('a', é);\r\n\t/* 😀 */ console.group(\r\n  [é],\r\n);\r\n";
    let sandbox = Sandbox::committed(&[("src/a.ts", text)]);
    let report = sandbox.run(&["check", "-o", "json"]).expect(1).json();
    let [log, table] = [0, 1].map(|at| &report["violations"][at]);
    assert_eq!(log["start"], json!({"line": 1, "column": 17, "offset": text.find("console.log").unwrap()}));
    assert_eq!(part(text, &log["start"]["offset"], &log["end"]["offset"]), "console.log('a', é)");
    assert_eq!(table["start"], json!({"line": 2, "column": 11, "offset": text.find("console.group").unwrap()}));
    assert_eq!(table["end"], json!({"line": 4, "column": 2, "offset": text.rfind(");").unwrap() + 1}));
}

#[test]
fn the_edits_of_a_fix_are_whole() {
    let text = "\u{feff}// 😀\nconsole.log('a');\n";
    let sandbox = Sandbox::committed(&[("src/a.ts", text)]);
    let report = sandbox.run(&["check", "-o", "json"]).expect(1).json();
    let fix = &report["violations"][0]["fix"];
    assert_eq!(fix["applicability"], "safe");
    let edits = fix["edits"].as_array().unwrap();
    let (new, old): (Vec<_>, Vec<_>) = edits.iter().partition(|edit| edit.get("new").is_some());
    let mut fixed = text.to_owned();
    for edit in old.iter().rev() {
        let range = part(text, &json!(0), &edit["start"]).len()..part(text, &json!(0), &edit["end"]).len();
        fixed.replace_range(range, edit["text"].as_str().unwrap());
    }
    sandbox.run(&["fix"]).expect(0);
    assert_eq!(fixed, sandbox.read("src/a.ts"), "an editor that applies them has what `fix` writes");
    assert_eq!(new.len(), 1);
    assert_eq!(new[0]["text"].as_str().unwrap(), sandbox.read(new[0]["path"].as_str().unwrap()));
}

#[test]
fn concise_is_a_line_for_each_violation() {
    let sandbox =
        Sandbox::committed(&[("src/b.ts", UNFIXABLE), ("src/a.ts", FIXABLE), ("src/c.ts", "'😀'; console.log(1)")]);
    let report = sandbox.run(&["check", "-o", "json"]).expect(1).json();
    let lines = report["violations"].as_array().unwrap().iter().map(|violation| {
        let text = |key: &str| violation[key].as_str().unwrap().to_owned();
        let start = &violation["start"];
        let fix = violation["fix"]["applicability"].as_str().unwrap_or("no fix");
        let [path, rule, message] = ["path", "rule", "message"].map(text);
        format!("{path}:{}:{} {rule} {message} [{fix}]\n", start["line"], start["column"])
    });
    let run = sandbox.run(&["check", "-o", "concise"]).expect(1);
    assert_eq!(run.out, lines.collect::<String>());
    let starts = ["src/a.ts:2:3 console ", "src/b.ts:2:3 console ", "src/c.ts:1:7 console "];
    let ends = ["[safe]", "[no fix]", "[safe]"];
    assert!(run.out.lines().zip(starts).all(|(line, start)| line.starts_with(start)), "{}", run.out);
    assert!(run.out.lines().zip(ends).all(|(line, end)| line.ends_with(end)), "{}", run.out);
}

#[test]
fn pretty_shows_the_line_the_reason_and_the_help_then_a_table() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)]);
    let run = sandbox.run(&["check"]).expect(1);
    for part in ["console.log", "[src/a.ts:2:3]", " 2 │   console.log('hello', name);", "safe fix", "help: ", "no fix"]
    {
        assert!(run.out.contains(part), "no {part:?} in {}", run.out);
    }
    let run = run.says(&["│ console ┆          2 ┆    1 ┆      0 ┆      1 │"]);
    assert!(run.err.ends_with("2 violations in 2 of 2 files. `phase2 fix` mends 1.\n"), "{}", run.err);
}

#[test]
fn pretty_groups_more_than_fifty() {
    let calls = |count: usize| "console.log('a');\n".repeat(count);
    let reports = |first: usize, second: usize| {
        let sandbox = Sandbox::committed(&[("src/a.ts", &calls(first)), ("src/b.ts", &calls(second))]);
        sandbox.run(&["check"]).expect(1).out
    };
    assert_eq!(reports(30, 20).matches("safe fix").count(), 50);
    let grouped = reports(30, 21);
    assert_eq!(grouped.matches("safe fix").count(), 2, "{grouped}");
    assert!(
        grouped.contains("29 more like this at lines 2, 3, ") && grouped.contains("20 more like this"),
        "{grouped}"
    );
}

#[test]
fn colours_are_for_those_who_want_them() {
    let sandbox =
        Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", b"\xff".escape_ascii().to_string().as_str())]);
    let colored = |args: &[&str], no_color: &str| {
        let run = Run::of(phase2(&sandbox.path("")).args(args).env("NO_COLOR", no_color));
        (run.out.contains("\x1b["), run.err.contains("\x1b["))
    };
    for args in [&["check"][..], &["fix", "--diff"], &["check", "--rule", "nosuch"]] {
        assert_eq!(colored(args, ""), (false, false), "{args:?} into a pipe");
        assert_eq!(colored(&[args, &["--color", "auto"]].concat(), ""), (false, false));
        assert_eq!(colored(&[args, &["--color", "never"]].concat(), ""), (false, false));
    }
    assert!(colored(&["check", "--color", "always"], "").0);
    assert!(colored(&["fix", "--diff", "--color", "always"], "").0);
    assert!(colored(&["check", "--rule", "nosuch", "--color", "always"], "").1);
    assert!(colored(&["check", "--color", "always"], "1").0, "what is asked for counts more than the environment");
    for format in ["json", "concise"] {
        assert!(!colored(&["check", "-o", format, "--color", "always"], "").0, "{format} is for programs");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_has_colours_unless_it_is_told_not_to() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE)]);
    // `script` gives its command a terminal.
    let on_terminal = |setting: &str| {
        let output = sandbox.shell(&format!("TERM=xterm {setting} script -qec '$PHASE2 check' /dev/null </dev/null"));
        String::from_utf8(output.stdout).unwrap()
    };
    if !sandbox.shell("command -v script").status.success() {
        return;
    }
    assert!(on_terminal("").contains("\x1b["));
    assert!(!on_terminal("NO_COLOR=1").contains("\x1b["));
    assert!(!on_terminal("TERM=dumb").contains("\x1b["));
}
