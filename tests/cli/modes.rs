//! `fix`, `--diff`, `--check` and what goes to which stream.

use std::fs;

use crate::sandbox::{CLEAN, FIXABLE, Sandbox, UNFIXABLE, isolated};

/// A project with all that a patch has to carry.
fn project() -> Sandbox {
    Sandbox::committed(&[
        (
            "supabase/functions/hi/greet.ts",
            "Deno.serve(() => {\r\n  console.error('x');\r\n  return new Response();\r\n});",
        ),
        ("src/a.ts", FIXABLE),
        ("src/bom.ts", "\u{feff}console.log('a');\r\nconsole.log('b')"),
        ("src/deep/er/b.ts", "#!/usr/bin/env node\nconsole.warn(\"w\", new Date())"),
        ("src/none.ts", CLEAN),
    ])
}

#[test]
fn fix_writes_in_place_and_a_second_fix_changes_nothing() {
    let sandbox = project();
    let run = sandbox.run(&["fix"]).expect(0).says(&["Fixed 5 violations, wrote 6 files; none is left."]);
    assert_eq!(run.out, "");
    assert_eq!(
        sandbox.read("src/a.ts"),
        "import { logger } from './lib/logger';\n\nexport function greet(name: string) {\n  logger.info('hello', { name });\n}\n"
    );
    assert_eq!(sandbox.read("src/none.ts"), CLEAN);
    sandbox.commit();
    let before = sandbox.files();
    sandbox.run(&["fix"]).expect(0).says(&["Nothing to fix: no violations in 7 files."]);
    assert_eq!(sandbox.files(), before);
}

#[test]
fn fix_that_can_fix_nothing_says_so() {
    let sandbox = Sandbox::committed(&[("src/a.ts", UNFIXABLE)]);
    let run = sandbox.run(&["fix"]).expect(1).says(&["Nothing was changed: 1 left in 1 of 1 file."]);
    assert!(run.out.contains("console.group"), "{}", run.out);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let run = sandbox.run(&["fix", "--diff"]).expect(0).says(&["Nothing to propose: 1 left in 1 of 1 file."]);
    assert_eq!(run.out, "");
}

#[test]
fn fix_reports_what_remains_in_the_format_that_is_wanted() {
    let files = [("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)];
    let run = Sandbox::committed(&files).run(&["fix", "-o", "json"]).expect(1);
    assert_eq!(run.paths(), ["src/b.ts"]);
    let run = run.says(&["Fixed 1 violation, wrote 2 files; 1 left in 1 of 2 files."]);
    assert_eq!(run.json()["summary"]["violations"], 1);
    let run = Sandbox::committed(&files).run(&["fix", "-o", "concise", "-q"]).expect(1);
    assert!(run.out.starts_with("src/b.ts:2:3 console ") && run.out.lines().count() == 1, "{}", run.out);
    assert_eq!(run.err, "");
}

#[test]
fn the_patch_applied_is_what_fix_writes_from_wherever_it_was_run() {
    let fixed = project();
    fixed.run(&["fix"]).expect(0);
    let expected: Vec<Vec<u8>> = fixed.files().into_values().collect();
    for folder in ["", "src", "src/deep/er", "supabase/functions"] {
        for (program, args) in [("git", ["apply", "-"]), ("patch", ["-p1", "--quiet"])] {
            let sandbox = project();
            let before = sandbox.files();
            let run = sandbox.run_in(folder, &["fix", "--diff"]).expect(0);
            assert_eq!(sandbox.files(), before, "--diff writes nothing");
            sandbox.write(".git/x.patch", &run.out);
            let mut apply = isolated(program, &sandbox.path(""));
            apply.args(if program == "git" { &args[..1] } else { &args[..] });
            let patch = fs::File::open(sandbox.path(".git/x.patch")).unwrap();
            let output = apply.stdin(patch).output().unwrap();
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            let applied: Vec<Vec<u8>> = sandbox.files().into_values().collect();
            assert!(applied == expected, "{program} from {folder:?}");
        }
    }
}

#[test]
fn the_commands_of_the_manual_work_in_a_shell() {
    let sandbox = project();
    let output = sandbox.shell("$PHASE2 fix --diff > x.patch && git apply x.patch && rm x.patch");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let fixed = project();
    fixed.run(&["fix"]).expect(0);
    let texts = |sandbox: &Sandbox| sandbox.files().into_values().collect::<Vec<_>>();
    assert!(texts(&sandbox) == texts(&fixed));
}

#[test]
fn stdout_of_diff_is_only_the_patch() {
    let sandbox = project();
    let plain = sandbox.run(&["fix", "--diff"]).expect(0).says(&["The patch fixes 5 violations and changes 6 files"]);
    assert!(plain.out.starts_with("--- a/src/a.ts\n+++ b/src/a.ts\n"), "{}", plain.out);
    let same = |args: &[&str], status| {
        assert_eq!(sandbox.run(args).expect(status).out, plain.out, "{args:?}");
    };
    same(&["fix", "--diff", "-v"], 0);
    same(&["fix", "--diff", "-q"], 0);
    same(&["fix", "--diff", "-o", "json"], 0);
    same(&["fix", "--diff", "--check", "-o", "json"], 1);
    same(&["check", "--diff"], 1);
    assert!(plain.out.contains("\\ No newline at end of file\n") && plain.out.contains("\r\n"));
    assert!(plain.out.contains("\n--- /dev/null\n+++ b/src/lib/logger.ts\n"));
}

#[test]
fn check_is_fix_check_and_writes_nothing() {
    let sandbox = project();
    let before = sandbox.files();
    for format in ["pretty", "concise", "json"] {
        let [short, long] =
            [&["check"][..], &["fix", "--check"]].map(|mode| sandbox.run(&[mode, &["-o", format]].concat()).expect(1));
        assert_eq!((short.out, short.err), (long.out, long.err));
    }
    assert_eq!(sandbox.files(), before);
}

#[test]
fn check_with_diff_does_both() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)]);
    let report = sandbox.run(&["check", "-o", "concise"]).expect(1);
    let patch = sandbox.run(&["fix", "--diff"]).expect(0);
    for args in [["check", "--diff", "-o", "concise"].as_slice(), &["fix", "--check", "--diff", "-o", "concise"]] {
        let both = sandbox.run(args).expect(1);
        assert_eq!(both.out, patch.out);
        assert_eq!(both.err, format!("{}{}", report.out, report.err));
    }
    let both = sandbox.run(&["check", "--diff", "-v", "-o", "json"]).expect(1);
    let report: serde_json::Value = serde_json::from_str(&both.err).expect("nothing but the object is on stderr");
    assert_eq!(report["violations"].as_array().unwrap().len(), 2);
}

#[test]
fn quiet_and_verbose() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/dist/b.ts", FIXABLE)]);
    assert_eq!(sandbox.run(&["check", "-q"]).expect(1).err, "");
    sandbox.run(&["check", "-q", "-v"]).expect(2).says(&["cannot be used with"]);
    sandbox
        .run(&["fix", "-v"])
        .expect(0)
        .says(&["left out: src/dist (pattern `dist/`)\n", "written: src/a.ts\nwritten: src/lib/logger.ts\n"]);
    assert_eq!(sandbox.run(&["fix", "-q"]).expect(0).err, "");
}

#[test]
fn one_rule_can_be_asked_for() {
    let sandbox = Sandbox::committed(&[("src/a.ts", &format!("// phase2-ignore console\n{FIXABLE}"))]);
    let rules = |args: &[&str]| {
        let report = sandbox.run(&[&["check", "-o", "json"], args].concat()).expect(1).json();
        report["summary"]["by_rule"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(rules(&[]), ["console", "suppression"]);
    assert_eq!(rules(&["--rule", "console"]), ["console"]);
    assert_eq!(rules(&["--rule", "console", "--rule", "suppression"]), ["console", "suppression"]);
    sandbox.write("phase2.toml", "rules = ['console']\n");
    assert_eq!(rules(&[]), ["console"]);
    assert_eq!(rules(&["--rule", "suppression"]), ["suppression"], "the command line counts more than the file");
    sandbox.run(&["check", "--rule", "consle"]).expect(2).says(&["no rule `consle`", "did you mean `console`?"]);
}

#[test]
fn modes_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", FIXABLE)]);
    let mode = |path: &str| fs::metadata(sandbox.path(path)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(sandbox.path("src/a.ts"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(sandbox.path("src/b.ts"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.commit();
    sandbox.run(&["fix"]).expect(0);
    assert_eq!((mode("src/a.ts"), mode("src/b.ts")), (0o444, 0o755));
    assert!(sandbox.read("src/a.ts").contains("logger.info"));
}

#[test]
fn a_project_of_any_size_has_the_same_output_on_any_number_of_threads() {
    let files: Vec<(String, String)> = (0..120)
        .map(|n| (format!("src/{}/f{n}.ts", n % 7), format!("{FIXABLE}{}", "// more\n".repeat(n * 31 % 97))))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sandbox = Sandbox::committed(&files);
    for args in [&["check"][..], &["check", "-o", "json"], &["check", "-o", "concise"], &["fix", "--diff"]] {
        let [one, eight] = ["1", "8"].map(|threads| sandbox.run(&[args, &["-j", threads]].concat()));
        assert_eq!((one.out, one.err), (eight.out, eight.err), "{args:?}");
    }
    let paths = sandbox.run(&["check", "-o", "json", "-j", "8"]).expect(1).paths();
    assert!(paths.is_sorted() && paths.len() == 120);
    sandbox.run(&["check", "-j", "0"]).expect(2).says(&["--threads"]);
}
