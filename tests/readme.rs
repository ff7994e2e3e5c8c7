//! README says what is so: its diff, commands, options, fields, keys and paths are compared with the program.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use phase2::excludes::DEFAULT_EXCLUDES;
use phase2::project::DEFAULT_ROOTS;
use phase2::rules;
use serde_json::Value;
use tempfile::TempDir;

use support::project;

const README: &str = include_str!("../README.md");

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fenced blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == language {
            blocks.push(block.join("\n") + "\n");
        }
    }
    assert!(!blocks.is_empty(), "README has no ```{language} block");
    blocks
}

/// The section below `## {title}`.
fn section(title: &str) -> &'static str {
    let found = README.split("\n## ").find_map(|section| section.strip_prefix(title)?.strip_prefix('\n'));
    found.unwrap_or_else(|| panic!("README has no section `{title}`"))
}

/// The texts between backticks outside of fenced blocks.
fn code_spans(text: &str) -> Vec<&str> {
    let prose = text.split("\n```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

fn phase2() -> Command {
    let mut command = Command::cargo_bin("phase2").unwrap();
    command.current_dir(repository()).env("NO_COLOR", "1");
    command
}

/// What a run prints to stdout, and its exit status.
fn run(arguments: &[&str]) -> (String, i32) {
    let output = phase2().args(arguments).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn the_diff_is_what_the_demo_prints() {
    let (patch, status) = run(&["fix", "--diff", "-q", "--root", "fixtures/demo"]);
    assert_eq!(status, 0);
    let files: Vec<String> = format!("\n{patch}").split("\n--- ").skip(1).map(str::to_owned).collect();
    assert!(files.len() > 1, "{patch}");
    for shown in blocks("diff") {
        let shown = shown.strip_prefix("--- ").unwrap().trim_end_matches('\n');
        assert!(files.iter().any(|file| file.trim_end_matches('\n') == shown), "now it is:\n{patch}");
    }
}

/// The arguments of the commands in a shell block that run phase2, from cargo or as it is installed; without comments, and
/// without what their output is piped into.
fn phase2_commands(block: &str) -> Vec<Vec<String>> {
    let lines = block.lines().map(|line| line.split(" #").next().unwrap().split(" > ").next().unwrap());
    let words = lines.map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<String>>());
    let arguments = words.filter_map(|words| match words.first().map(String::as_str) {
        Some("phase2") => Some(words[1..].to_vec()),
        Some("cargo") if words[1] == "run" => {
            Some(words.iter().skip_while(|word| *word != "--").skip(1).cloned().collect())
        }
        _ => None,
    });
    arguments.collect()
}

/// The demo in a repository of its own, with everything committed.
fn committed_demo() -> TempDir {
    let demo = TempDir::new().unwrap();
    copy(&repository().join("fixtures/demo"), demo.path());
    for args in
        [&["init", "-q"][..], &["add", "-A"], &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]]
    {
        let output = std::process::Command::new("git").args(args).current_dir(demo.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    demo
}

/// Those of one block one after the other, in one project.
#[test]
fn the_commands_work() {
    let mut count = 0;
    for block in blocks("sh") {
        let demo = committed_demo();
        for command in phase2_commands(&block) {
            count += 1;
            let is_from_here = command.iter().any(|word| word == "--root");
            let mut phase2 = phase2();
            if !is_from_here {
                phase2.current_dir(demo.path());
            }
            let output = phase2.args(&command).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(matches!(output.status.code(), Some(0 | 1)), "{command:?}: {said}");
            assert!(!output.stdout.is_empty() || !said.is_empty(), "{command:?}");
        }
    }
    assert!(count >= 15, "{count}");
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The options that start a line of `phase2 … --help`, long and short.
fn options(subcommand: &str) -> BTreeSet<String> {
    let (help, _) = run(&[subcommand, "-h"]);
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split("  ").next().unwrap().split([' ', ',']));
    words.filter(|word| word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn all_options_are_told_and_no_others() {
    let table: Vec<&str> = section("Everyday use").lines().filter(|line| line.starts_with("| `-")).collect();
    let words = |line: &&str| -> Vec<String> {
        let cell = line.split(" | ").next().unwrap();
        let words = cell.split(['`', ' ', ',', ';', '|']).filter(|word| word.starts_with('-'));
        words.map(str::to_owned).collect()
    };
    let told: BTreeSet<String> = table.iter().flat_map(words).collect();
    let (fix, check) = (options("fix"), options("check"));
    assert_eq!(told, fix.union(&check).cloned().collect());
    for line in &table {
        let (of_fix, of_check) =
            (line.contains("`fix`"), line.contains("`check`:") || line.contains("`fix`, `check`:"));
        for word in words(line) {
            assert_eq!(fix.contains(&word), of_fix || !of_check, "{line}");
            assert_eq!(check.contains(&word), of_check || !of_fix, "{line}");
        }
    }
    let spans = code_spans(README).into_iter().flat_map(str::split_whitespace);
    let others = [options("split"), options("status")];
    for option in spans.filter(|word| word.starts_with("--") && word.len() > 2) {
        assert!(told.contains(option) || others.iter().any(|known| known.contains(option)), "{option}");
    }
}

#[test]
fn the_exit_statuses_are_so() {
    let demo = ["--root", "fixtures/demo", "-q"];
    assert_eq!(run(&[&["fix", "--diff"], &demo[..]].concat()).1, 0);
    assert_eq!(run(&[&["check"], &demo[..]].concat()).1, 1);
    assert_eq!(run(&[&["check", "--rule", "consle"], &demo[..]].concat()).1, 2);
}

#[test]
fn the_rules_are_those_of_the_program() {
    let (listed, _) = run(&["rules"]);
    let listed: Vec<Vec<&str>> = listed.lines().map(|line| line.splitn(2, char::is_whitespace).collect()).collect();
    let rows: Vec<&str> = section("Rules").lines().filter(|line| line.starts_with("| [")).collect();
    assert_eq!(rows.len(), listed.len());
    for (row, line) in rows.iter().zip(listed) {
        let (name, (mode, summary)) = (line[0], line[1].trim_start().split_once(' ').unwrap());
        assert_eq!(*row, format!("| [`{name}`](rules/{name}/rule.md) | {mode} | {} |", summary.trim_start()));
    }
}

/// The keys of a table of phase2.toml that the program knows.
fn known_keys(table: &str) -> Vec<String> {
    let head = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
    let root = project([("phase2.toml", format!("{head}qqqqqqqqqqqq = 1\n"))]);
    let output = phase2().args(["check", "--root"]).arg(root.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let listed = said.split("known here: ").nth(1).unwrap_or_else(|| panic!("{said}"));
    // A line may break within a key.
    listed.split(',').map(|key| key.split_whitespace().collect()).collect()
}

#[test]
fn the_configuration_shows_all_keys_with_their_defaults() {
    let shown = &blocks("toml")[0];
    let mut table: toml::Table = shown.parse().unwrap();
    let strings = |value: toml::Value| -> Vec<String> { value.try_into().unwrap() };
    assert_eq!(strings(table.remove("roots").unwrap()), DEFAULT_ROOTS);
    assert_eq!(strings(table.remove("exclude").unwrap()), DEFAULT_EXCLUDES);
    assert_eq!(strings(table.remove("extend-exclude").unwrap()), [""; 0]);
    assert_eq!(table.remove("respect-gitignore").unwrap(), toml::Value::Boolean(true));
    let on: Vec<&str> = rules::metas().iter().filter(|meta| meta.on_by_default).map(|meta| meta.name).collect();
    assert_eq!(strings(table.remove("rules").unwrap()), on);
    for rule in rules::names() {
        let path = repository().join("rules").join(rule).join("defaults.toml");
        let Ok(defaults) = fs::read_to_string(path) else { continue };
        let defaults: toml::Table = defaults.parse().unwrap();
        assert_eq!(table.remove(rule), defaults.get(rule).cloned(), "{rule}");
    }
    assert!(table.is_empty(), "{table}");

    // Those without a default stand in comments.
    let shown: BTreeSet<&str> = shown.lines().map(|line| line.trim_start_matches(['#', ' ', '['])).collect();
    for name in [
        "",
        "console",
        "console.levels",
        "console.edge",
        "rate-limit",
        "tenants",
        "tenants.frontend",
        "large-files",
        "read-through",
    ] {
        for key in known_keys(name) {
            let is_key = |line: &&str| {
                line.strip_prefix(key.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='))
                    || line.trim_end_matches(']').split('.').any(|part| part == key)
            };
            assert!(shown.iter().any(is_key), "{name}: {key}");
        }
    }
}

#[test]
fn the_configurations_are_taken() {
    for config in blocks("toml") {
        let files: [(&str, &[u8]); 4] = [
            ("phase2.toml", config.as_bytes()),
            ("src/a.ts", b"export {};\n"),
            ("apps/web/src/a.ts", b"export {};\n"),
            ("supabase/functions/a/other.ts", b"export {};\n"),
        ];
        let root = project(files);
        phase2().args(["check", "--root"]).arg(root.path()).assert().code(0);
    }
}

/// The paths of all fields in a JSON value: `violations[].start.line`. What is below `by_rule` goes by the rule's name.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = format!("{path}.{key}");
                fields(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn the_json_fields_are_those_that_are_printed() {
    let mut told = BTreeSet::new();
    let shown: Value =
        jsonc_parser::parse_to_serde_value(&blocks("jsonc")[0], &jsonc_parser::ParseOptions::default()).unwrap();
    fields(&shown, "", &mut told);

    let (demo, _) = run(&["check", "-q", "-o", "json", "--root", "fixtures/demo"]);
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let with_new_file_and_error =
        project([("src/a.ts", &b"console.log('a');\n"[..]), ("src/b.ts", b"\xff\xfe console")]);
    let output = phase2().args(["check", "-q", "-o", "json", "--root"]).arg(with_new_file_and_error.path()).output();
    let other: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let mut printed = BTreeSet::new();
    fields(&demo, "", &mut printed);
    fields(&other, "", &mut printed);

    assert_eq!(printed.difference(&told).collect::<Vec<_>>(), [""; 0], "README doesn't tell these");
    // No rule has anything to say there yet; the reports' own tests show these fields.
    let rare = |path: &&String| path.starts_with(".violations[].related[]") || path.starts_with(".notes[]");
    let more = told.difference(&printed).filter(|path| !rare(path));
    assert_eq!(more.collect::<Vec<_>>(), [""; 0], "README tells these, and nothing prints them");

    assert_eq!(shown["version"], demo["version"]);
    assert_eq!(shown["summary"], demo["summary"]);
    for key in ["rule", "path", "start", "end", "message", "help"] {
        assert_eq!(shown["violations"][0][key], demo["violations"][0][key], "{key}");
    }
}

#[test]
fn what_is_named_exists() {
    let links = README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let named = code_spans(section("Architecture")).into_iter();
    let named = named.filter(|span| span.contains('/') && !span.contains(['<', '*', ' ']));
    let paths: Vec<&str> = links.chain(named).collect();
    assert!(paths.len() > 10);
    for path in paths {
        assert!(repository().join(path).exists(), "{path}");
    }
}

#[test]
fn no_module_uses_one_of_a_floor_above_its_own() {
    let sentence =
        section("Architecture").split("The floors, from the top: ").nth(1).unwrap().split('.').next().unwrap();
    let floors: Vec<Vec<&str>> =
        sentence.split(';').map(|floor| floor.split('`').skip(1).step_by(2).collect()).collect();
    let floor = |module: &str| floors.iter().position(|floor| floor.contains(&module));
    let source = repository().join("src");
    let mut seen = BTreeSet::new();
    for entry in walkdir::WalkDir::new(&source) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let first = path.strip_prefix(&source).unwrap().iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        let Some(own) = floor(module) else {
            assert!(["lib", "main"].contains(&module), "`{module}` stands on no floor");
            continue;
        };
        seen.insert(module.to_owned());
        let text = fs::read_to_string(&path).unwrap();
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            assert!(floor(&used).is_none_or(|floor| floor >= own), "{} uses `{used}`", path.display());
        }
    }
    assert_eq!(seen.len(), floors.concat().len(), "a floor has a module that isn't there");
}
