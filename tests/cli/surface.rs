//! Help, versions, the list of rules and their pages.

use crate::sandbox::Sandbox;

#[test]
fn the_version() {
    let run = Sandbox::new(&[]).run(&["--version"]).expect(0);
    assert_eq!(run.out, format!("phase2 {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_arguments_show_the_help_and_fail() {
    let sandbox = Sandbox::new(&[]);
    let run = sandbox.run(&[]).expect(2).says(&["Usage: phase2", "Commands:", "fix", "check", "rules", "explain"]);
    assert_eq!(run.out, "");
}

#[test]
fn help_tells_first_steps_and_the_exit_status() {
    let sandbox = Sandbox::new(&[]);
    for args in [&["-h"][..], &["--help"], &["help"]] {
        let out = sandbox.run(args).expect(0).out;
        for part in
            ["First steps:", "phase2 fix --diff > x.patch && git apply x.patch", "Exit status:", "--output-format"]
        {
            assert!(out.contains(part), "no {part:?} in {out}");
        }
    }
    for args in [["fix", "--help"], ["check", "--help"], ["help", "fix"]] {
        let out = sandbox.run(&args).expect(0).out;
        assert!(out.contains("Exit status:\n  0  ") && out.contains("[PATH]..."), "{out}");
    }
    assert!(sandbox.run(&["fix", "-h"]).expect(0).out.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn rules_are_listed_and_explained() {
    let sandbox = Sandbox::new(&[]);
    let list = sandbox.run(&["rules"]).expect(0).out;
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"console") && names.contains(&"suppression"), "{list}");
    for (line, name) in list.lines().zip(names) {
        assert!(["on", "off"].contains(&line.split_whitespace().nth(1).unwrap()), "{line}");
        let page = sandbox.run(&["explain", name]).expect(0).out;
        assert!(page.starts_with(&format!("# {name}\n")) && page.ends_with('\n'), "{page}");
    }
    sandbox.run(&["explain", "consle"]).expect(2).says(&["there is no rule `consle`: did you mean `console`?"]);
    sandbox.run(&["explain", "zzz"]).expect(2).says(&[
        "no rule `zzz`",
        "console, large-files, suppression",
        "phase2 rules",
    ]);
}

#[test]
fn a_misspelt_command_or_option_is_answered() {
    let sandbox = Sandbox::new(&[]);
    sandbox.run(&["chekc"]).expect(2).says(&["chekc", "check"]);
    sandbox.run(&["fix", "--dif"]).expect(2).says(&["--dif", "--diff"]);
    sandbox.run(&["check", "-o", "jsn"]).expect(2).says(&["jsn", "json"]);
}
