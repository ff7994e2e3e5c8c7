//! Each fixture through the real program: what `fix` writes, that a second run and a patch come to the same, and that
//! each fix is complete alone. fixtures/README.md describes what a fixture is.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "fixtures/fixture.rs"]
mod fixture;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use phase2::project::RelPath;
use phase2::syntax::Dialect;
use phase2::syntax::source::SourceFile;
use serde::Deserialize;
use tempfile::TempDir;

use fixture::{Fixture, Tree, tree};

/// How many fixtures there are at least: a folder that isn't found must not pass for one without mistakes.
const AT_LEAST: usize = 300;

type Check = fn(&Fixture) -> Result<(), String>;

/// The checks that each fixture goes through.
const CHECKS: [(&str, Check); 3] =
    [("fix", fixes_exactly), ("diff", patches_the_same), ("alone", each_fix_is_complete)];

fn main() -> ExitCode {
    let fixtures = Fixture::all();
    let count = fixtures.len();
    let mut trials = vec![Trial::test("enough_fixtures_are_found", move || {
        ensure(count >= AT_LEAST, || format!("{count} fixtures, at least {AT_LEAST} expected")).map_err(Failed::from)
    })];
    for (name, fixture) in fixtures {
        match fixture {
            Ok(fixture) => {
                let fixture = Arc::new(fixture);
                if !fixture.split.is_empty() {
                    trials.push(Trial::test(format!("{name}::split"), move || {
                        splits_exactly(&fixture).map_err(Failed::from)
                    }));
                    continue;
                }
                trials.extend(CHECKS.map(|(check, run)| {
                    let fixture = Arc::clone(&fixture);
                    Trial::test(format!("{name}::{check}"), move || run(&fixture).map_err(Failed::from))
                }));
            }
            Err(reason) => trials.push(Trial::test(format!("{name}::is_well_formed"), move || Err(reason.into()))),
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// `fix` makes `after` of `before`, leaves what `report.txt` says, and has nothing to do a second time.
fn fixes_exactly(fixture: &Fixture) -> Result<(), String> {
    let project = Project::committed(&fixture.before);
    let fixed = project.phase2(&["fix", "-o", "json"], fixture);
    if std::env::var_os("BLESS").is_some() {
        fixture.bless(&project.tree(), &listed(&fixed));
        return Ok(());
    }
    same_tree(&fixture.after, &project.tree(), "`fix` wrote something else than `after`")?;
    same_text(&fixture.report, &listed(&fixed), "`fix` leaves something else than `report.txt`")?;
    let expected = expected_status(&fixture.report, !fixture.report.is_empty());
    ensure(status(&fixed) == expected, || format!("`fix` exits with {}, not {expected}", status(&fixed)))?;

    let again = project.phase2(&["fix", "-o", "json", "--allow-dirty"], fixture);
    same_tree(&fixture.after, &project.tree(), "a second `fix` changed something")?;
    same_text(&fixture.report, &listed(&again), "a second `fix` reports something else")
}

/// `split` makes `after` of `before`, by itself and as a patch, or refuses with `report.txt`.
fn splits_exactly(fixture: &Fixture) -> Result<(), String> {
    let run = |project: &Project, more: &[&str]| {
        project.command(env!("CARGO_BIN_EXE_phase2")).arg("split").args(&fixture.split).args(more).output().unwrap()
    };
    let project = Project::committed(&fixture.before);
    let done = run(&project, &["-q"]);
    if std::env::var_os("BLESS").is_some() {
        fixture.bless(&project.tree(), &text(&done.stderr));
        return Ok(());
    }
    same_text(&fixture.report, &text(&done.stderr), "`split` says something else than `report.txt`")?;
    same_tree(&fixture.after, &project.tree(), "`split` wrote something else than `after`")?;
    let expected = if fixture.report.is_empty() { 0 } else { 2 };
    ensure(status(&done) == expected, || format!("`split` exits with {}, not {expected}", status(&done)))?;

    let other = Project::new(&fixture.before);
    let patch = run(&other, &["-q", "--diff"]);
    same_tree(&fixture.before, &other.tree(), "`split --diff` wrote something")?;
    if expected == 0 {
        let applied = fed(other.command("git").arg("apply"), &patch.stdout);
        ensure(applied.status.success(), || format!("the patch is refused: {}", text(&applied.stderr)))?;
    }
    same_tree(&fixture.after, &other.tree(), "the patch does something else than `split`")
}

/// The exit status of a run with this report.
fn expected_status(report: &str, has_violations: bool) -> i32 {
    let has_errors = report.lines().any(|line| line.starts_with("error: "));
    if has_errors { 2 } else { i32::from(has_violations) }
}

/// The patch of `fix --diff`, whatever folder it is made in and whatever program applies it, does what `fix` does.
fn patches_the_same(fixture: &Fixture) -> Result<(), String> {
    const APPLY: [&[&str]; 2] = [&["git", "apply", "--whitespace=error-all"], &["patch", "-p1", "-s"]];
    let folders: Vec<&str> = std::iter::once("").chain(subfolder(&fixture.before)).collect();
    for folder in folders {
        let source = Project::new(&fixture.before);
        let made = source.phase2_in(folder, &["fix", "--diff", "-q"], fixture);
        let place = if folder.is_empty() { "the root" } else { folder };
        same_tree(&fixture.before, &source.tree(), &format!("`fix --diff` in {place} wrote something"))?;
        if fixture.after == fixture.before {
            ensure(made.stdout.is_empty(), || format!("a patch of nothing:\n{}", text(&made.stdout)))?;
            continue;
        }
        for apply in APPLY {
            let (program, args) = apply.split_first().unwrap();
            let target = Project::new(&fixture.before);
            let applied = fed(target.command(program).args(args), &made.stdout);
            let what = format!("the patch made in {place} and applied by {program}");
            ensure(applied.status.success(), || {
                format!("{what} is refused: {}{}\n{}", text(&applied.stdout), text(&applied.stderr), text(&made.stdout))
            })?;
            same_tree(&fixture.after, &target.tree(), &format!("{what} does something else than `fix`"))?;
        }
    }
    Ok(())
}

/// `check` finds what `fix` changes or leaves. The edits of each violation in its JSON report, applied alone, give files
/// that parse, and take just this violation away, and those that share the fix.
fn each_fix_is_complete(fixture: &Fixture) -> Result<(), String> {
    let project = Project::new(&fixture.before);
    let checked = project.phase2(&["check", "-o", "json"], fixture);
    let before = json(&checked);
    let expected = expected_status(&fixture.report, fixture.after != fixture.before || !fixture.report.is_empty());
    ensure(status(&checked) == expected, || format!("`check` exits with {}, not {expected}", status(&checked)))?;
    ensure(before.violations.is_empty() == (expected == 0), || "`check` lists the wrong violations".to_owned())?;
    for violation in &before.violations {
        let Some(fix) = &violation.fix else { continue };
        let changed = applied(&fixture.before, &fix.edits)?;
        for (path, after) in &changed {
            let broken = errors(path, after) > fixture.before.get(path).map_or(0, |text| errors(path, text));
            ensure(!broken, || format!("the fix of {} alone doesn't parse:\n{}", violation.place(), text(after)))?;
            project.write(path, after);
        }
        let left = json(&project.phase2(&["check", "-o", "json"], fixture));
        // Literals that flow into the same table have one fix: they move together.
        let edits = |other: &&Violation| other.fix.as_ref().is_some_and(|other| other.edits == fix.edits);
        let gone = before.violations.iter().filter(edits).count();
        ensure(left.violations.len() + gone == before.violations.len(), || {
            let (had, left) = (before.violations.len(), left.violations.len());
            format!("the fix of {} alone makes {left} violations of {had}", violation.place())
        })?;
        for path in changed.keys() {
            match fixture.before.get(path) {
                Some(text) => project.write(path, text),
                None => fs::remove_file(project.root().join(path)).unwrap(),
            }
        }
    }
    Ok(())
}

/// The files that `edits` change, as they are afterwards.
fn applied(before: &Tree, edits: &[Edit]) -> Result<Tree, String> {
    let mut changed = Tree::new();
    let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(&edit.path).or_default().push(edit);
    }
    for (path, edits) in by_file {
        let is_new = edits.iter().all(|edit| edit.new);
        ensure(is_new != before.contains_key(path), || format!("{path} is `new` and exists, or neither"))?;
        let mut text = before.get(path).cloned().unwrap_or_default();
        for pair in edits.windows(2) {
            ensure(pair[0].end <= pair[1].start, || format!("edits of {path} overlap or are not sorted"))?;
        }
        for edit in edits.iter().rev() {
            text.splice(edit.start..edit.end, edit.text.bytes());
        }
        changed.insert(path.to_owned(), text);
    }
    Ok(changed)
}

/// How many places of a file can't be parsed.
fn errors(path: &str, text: &[u8]) -> usize {
    let path = RelPath::new(path).unwrap();
    let dialect = Dialect::of(&path).unwrap();
    SourceFile::parse(path, std::str::from_utf8(text).unwrap().into(), dialect).errors().len()
}

/// The folder deepest down, which must find the same root.
fn subfolder(tree: &Tree) -> Option<&str> {
    let folders = tree.keys().filter_map(|path| Some(path.rsplit_once('/')?.0));
    folders.filter(|folder| !folder.contains("node_modules")).max_by_key(|folder| folder.matches('/').count())
}

/// A project in a folder of its own, which is a git repository.
struct Project {
    home: TempDir,
}

impl Project {
    /// A repository that holds `tree`, byte for byte.
    fn new(tree: &Tree) -> Project {
        let project = Project { home: tempfile::tempdir().unwrap() };
        for (path, text) in tree {
            project.write(path, text);
        }
        project.git(&["init", "-q", "--template="]);
        project
    }

    /// The same with all files committed.
    fn committed(tree: &Tree) -> Project {
        let project = Project::new(tree);
        project.git(&["add", "-A", "-f"]);
        project.git(&["commit", "-q", "-m", "before"]);
        project
    }

    fn git(&self, args: &[&str]) {
        const SETTINGS: [&str; 8] = [
            "-c",
            "core.autocrlf=false",
            "-c",
            "core.fsync=none",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
        ];
        let done = self.command("git").args(SETTINGS).args(args).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", text(&done.stderr));
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("project")
    }

    fn write(&self, path: &str, text: &[u8]) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn tree(&self) -> Tree {
        tree(&self.root())
    }

    /// A command in the root that knows nothing of the user's settings.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env("HOME", self.home.path()).env("XDG_CONFIG_HOME", self.home.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
        command
    }

    fn phase2(&self, args: &[&str], fixture: &Fixture) -> Output {
        self.phase2_in("", args, fixture)
    }

    /// Runs phase2 in a folder of the project. Arguments that name a file or folder of the project are made absolute.
    fn phase2_in(&self, folder: &str, args: &[&str], fixture: &Fixture) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_phase2"));
        command.current_dir(self.root().join(folder)).args(args);
        for arg in &fixture.args {
            let path = self.root().join(arg);
            let is_path = Path::new(arg).components().next().is_some() && path.exists();
            command.arg(if is_path { path.into_os_string() } else { arg.into() });
        }
        command.output().unwrap()
    }
}

/// A report in JSON, as far as it is looked at.
#[derive(Deserialize)]
struct Report {
    violations: Vec<Violation>,
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Violation {
    rule: String,
    path: String,
    start: Place,
    message: String,
    help: Option<String>,
    fix: Option<Fix>,
}

#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Deserialize)]
struct Fix {
    edits: Vec<Edit>,
}

#[derive(Deserialize, PartialEq)]
struct Edit {
    path: String,
    start: usize,
    end: usize,
    text: String,
    #[serde(default)]
    new: bool,
}

#[derive(Deserialize)]
struct Problem {
    path: Option<String>,
    message: String,
}

impl Violation {
    fn place(&self) -> String {
        format!("{}:{}:{}", self.path, self.start.line, self.start.column)
    }
}

fn json(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON ({error}): {}{}", text(&output.stdout), text(&output.stderr)))
}

/// A report as `report.txt` has it: a line for each violation, its help below it, then the errors.
fn listed(output: &Output) -> String {
    let report = json(output);
    let mut list = String::new();
    for violation in &report.violations {
        writeln!(list, "{} {}: {}", violation.place(), violation.rule, violation.message).unwrap();
        if let Some(help) = &violation.help {
            writeln!(list, "  {help}").unwrap();
        }
    }
    for error in &report.errors {
        let path = error.path.as_deref().unwrap_or("the project");
        writeln!(list, "error: {path}: {}", error.message).unwrap();
    }
    list
}

fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is installed");
    // A program that refuses may stop reading: what it says counts then.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// All files that differ, each with both its texts; bytes that don't show are escaped where only they differ.
fn same_tree(expected: &Tree, found: &Tree, what: &str) -> Result<(), String> {
    let mut differences = String::new();
    let paths: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for path in paths {
        match (expected.get(path), found.get(path)) {
            (Some(expected), Some(found)) if expected == found => {}
            (Some(expected), Some(found)) => differences += &difference(path, &text(expected), &text(found)),
            (None, _) => writeln!(differences, "{path} should not be there").unwrap(),
            (_, None) => writeln!(differences, "{path} is missing").unwrap(),
        }
    }
    ensure(differences.is_empty(), || format!("{what}:\n{differences}"))
}

fn same_text(expected: &str, found: &str, what: &str) -> Result<(), String> {
    ensure(expected == found, || format!("{what}:\n{}", difference("report.txt", expected, found)))
}

/// The lines that differ, with what doesn't show in them escaped.
fn difference(path: &str, expected: &str, found: &str) -> String {
    let shown = |text: &str| -> String { text.split_inclusive('\n').map(|line| format!("{line:?}\n")).collect() };
    let (expected, found) = (shown(expected), shown(found));
    similar::TextDiff::from_lines(expected.as_str(), found.as_str())
        .unified_diff()
        .header(&format!("{path} (expected)"), &format!("{path} (found)"))
        .to_string()
}
