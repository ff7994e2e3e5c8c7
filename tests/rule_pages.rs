//! The rules' pages: what they show is what the program does, and nothing that they should say is missing.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

use support::project;

/// One project of a page: the fenced blocks of one section that have a role and a path, as in
/// ` ```ts before src/a.ts `. The roles are `before`, `after`, and `unchanged` for what is the same before and after. A block
/// ` ```sh run split ` has the call of `phase2 split` that the section is about, instead of `phase2 fix`.
#[derive(Debug, Default)]
struct Example {
    title: String,
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    split: Option<Vec<String>>,
}

/// The examples of a page, in order. Every section that has blocks of a role is one.
fn examples(page: &str) -> Vec<Example> {
    let mut examples = vec![Example::default()];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            examples.push(Example { title: title.trim_matches(['#', ' ']).to_owned(), ..Example::default() });
            continue;
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut text = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            text.push_str(line);
            text.push('\n');
        }
        let example = examples.last_mut().unwrap();
        match info.split(' ').collect::<Vec<_>>()[..] {
            [_, "before", path] => assert!(example.before.insert(path.into(), text).is_none(), "{path} twice"),
            [_, "after", path] => assert!(example.after.insert(path.into(), text).is_none(), "{path} twice"),
            [_, "unchanged", path] => {
                example.before.insert(path.into(), text.clone());
                example.after.insert(path.into(), text);
            }
            ["sh", "run", "split"] => {
                let words = text.strip_prefix("phase2 split ").unwrap().split_whitespace();
                example.split = Some(words.map(str::to_owned).collect());
            }
            _ => panic!("```{info}: expected a language, one of before, after and unchanged, and a path"),
        }
    }
    examples.retain(|example| !example.before.is_empty() || !example.after.is_empty());
    examples
}

/// The rules' names with their pages.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let page = |name: &str| fs::read_to_string(folder.join(name).join("rule.md")).unwrap();
    listed_rules().into_iter().map(|name| (name.clone(), page(&name))).collect()
}

/// The names that `phase2 rules` prints.
fn listed_rules() -> Vec<String> {
    let output = phase2().arg("rules").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

fn phase2() -> Command {
    let mut command = Command::cargo_bin("phase2").unwrap();
    command.env("NO_COLOR", "1");
    command
}

/// All files below a folder, by their paths from it.
fn files(root: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(|entry| entry.unwrap().into_path());
    let paths: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The rule that runs for the page of `rule`: suppressions are shown with one that they are about.
fn about(rule: &str) -> &str {
    if rule == "suppression" { "console" } else { rule }
}

/// The helper modules that fixes may bring along.
fn runtimes() -> BTreeSet<String> {
    let all = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"));
    all.into_iter().filter(|(path, _)| path.contains("/runtime/")).map(|(_, text)| text).collect()
}

#[test]
fn every_example_is_what_fix_makes_of_it() {
    let runtimes = runtimes();
    for (rule, page) in pages() {
        let examples = examples(&page);
        assert!(
            examples.iter().any(|example| example.before != example.after),
            "the page of {rule} has no example that shows a fix"
        );
        for Example { title, before, after, split } in examples {
            let has_modules = rule == "large-files";
            let is_paired = if has_modules {
                before.keys().all(|path| after.contains_key(path))
            } else {
                before.keys().eq(after.keys())
            };
            assert!(is_paired, "{rule}, {title}: a block has no counterpart");
            let root = project(&before);
            let mut command = phase2();
            match &split {
                Some(args) => command.arg("split").args(args),
                None => command.args(["fix", "--rule", about(&rule), "--rule", "suppression"]),
            };
            if has_modules && split.is_none() {
                command.arg("--unsafe-fixes"); // Its fixes are made on request only.
            }
            command.args(["-q", "--allow-no-vcs", "--root", "."]).current_dir(root.path());
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{rule}, {title}: {said}");
            let mut made = files(root.path());
            made.retain(|path, text| after.contains_key(path) || !runtimes.contains(text));
            assert_eq!(made, after, "{rule}, {title}");
        }
    }
}

/// The cells of the rows of the tables below `## {title}`, without the heads.
fn rows(page: &str, title: &str) -> Vec<Vec<String>> {
    let section = page.split("\n## ").find_map(|section| section.strip_prefix(title));
    let section = section.unwrap_or_else(|| panic!("the page has no section `{title}`"));
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).map(|row| row.split(" | ").map(str::to_owned).collect()).collect()
}

#[test]
fn every_reason_for_no_fix_is_given_as_the_page_says() {
    for (rule, page) in pages() {
        let rows = rows(&page, "When there is no fix");
        assert!(!rows.is_empty(), "the page of {rule} lists no reason");
        for row in rows {
            let code = row[0].strip_prefix('`').and_then(|code| code.strip_suffix('`')).unwrap();
            let is_edge = ["rate-limit", "tenants", "read-through"].contains(&rule.as_str());
            let path = if is_edge { "supabase/functions/orders/index.ts" } else { "src/example.ts" };
            // These have nothing to do without options.
            let config = match rule.as_str() {
                "large-files" => "[large-files]\nmax-lines = 1\nmin-lines = 1\n",
                "read-through" => {
                    "[tenants]\nclaim-source = 'hook'\n[read-through.tables.listings]\nkey = 'listing'\nttl = 60\n"
                }
                _ => "",
            };
            let text = format!("{}\n", code.replace(" ⏎ ", "\n"));
            let files = [(path.to_owned(), text), ("phase2.toml".to_owned(), config.to_owned())];
            let root = project(&BTreeMap::from(files));
            let mut command = phase2();
            command.args(["check", "-q", "--rule", about(&rule), "--rule", "suppression", "-o", "json", "--root"]);
            let output = command.arg(root.path()).output().unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let [found] = &report["violations"].as_array().unwrap()[..] else { panic!("{rule}: {code}: {report}") };
            assert_eq!(found["rule"], rule, "{code}");
            assert_eq!(found["fix"], Value::Null, "{code}");
            assert_eq!(found["help"], format!("no fix: {}", row[row.len() - 1]), "{code}");
            if let [_, message, _] = &row[..] {
                assert_eq!(found["message"], **message, "{code}");
            }
        }
    }
}

/// The keys that the program knows in a table of phase2.toml, from what it says of one that it doesn't know. `None` if any
/// key may stand there.
fn known_keys(table: &str) -> Option<Vec<String>> {
    let root = project(&BTreeMap::from([("phase2.toml".to_owned(), format!("[{table}]\nqqqqqqqqqqqq = 1\n"))]));
    let output = phase2().args(["check", "--root"]).arg(root.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let words: String = said.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    assert!(said.contains("qqqqqqqqqqqq"), "{table}: {said}");
    let listed = words.split("known here: ").nth(1)?;
    // A line may break within a key.
    Some(listed.split(',').map(|key| key.split_whitespace().collect()).collect())
}

/// The dotted keys below `table`, those without a default included; itself if any key may stand in it.
fn options(table: &str, defaults: &toml::Table) -> Vec<String> {
    let mut keys = Vec::new();
    let Some(known) = known_keys(table) else { return vec![table.to_owned()] };
    for key in known {
        let dotted = format!("{table}.{key}");
        match defaults.get(&key) {
            Some(toml::Value::Table(inner)) => keys.extend(options(&dotted, inner)),
            _ => keys.push(dotted),
        }
    }
    keys
}

#[test]
fn every_option_has_a_row_and_every_row_is_an_option() {
    for (rule, page) in pages() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(&rule).join("defaults.toml");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let defaults: toml::Table = text.parse().unwrap();
        let options: BTreeSet<String> = options(&rule, defaults[&rule].as_table().unwrap()).into_iter().collect();
        assert!(!options.is_empty());
        let rows = rows(&page, "Options");
        let shown: BTreeSet<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
        assert_eq!(shown, options, "{rule}");
        for row in rows.iter().filter(|row| row[1].starts_with("`\"")) {
            let names = row[0].trim_matches('`').split('.');
            let default = names.fold(toml::Value::Table(defaults.clone()), |value, name| value[name].clone());
            assert_eq!(row[1].trim_matches('`'), default.to_string(), "{}", row[0]);
        }
    }
}

#[test]
fn every_page_has_its_sections_and_is_what_explain_prints() {
    for (rule, page) in pages() {
        let sections =
            ["What it does", "Why is this bad?", "Examples", "When there is no fix", "Fix safety", "Options"];
        let found: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, sections, "{rule}");
        assert!(page.starts_with(&format!("# {rule}\n")), "{rule}");
        let output = phase2().args(["explain", &rule]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), page);
    }
}

#[test]
fn every_page_belongs_to_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(folders.collect::<BTreeSet<_>>(), listed_rules().into_iter().collect());
}
