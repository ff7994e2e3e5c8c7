//! The patches are applied with the real git and the real patch.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use super::*;
use crate::project::RelPath;

fn change(path: &str, before: Option<&str>, after: &str) -> FileChange {
    let path = RelPath::new(path).unwrap();
    FileChange { path, before: before.map(Arc::from), after: after.to_owned() }
}

fn patch_of(changes: &[FileChange]) -> String {
    let mut out = Vec::new();
    Patch::of(changes).write(&mut out, false).unwrap();
    String::from_utf8(out).unwrap()
}

/// A program in `folder`, free of the user's own git settings.
fn program(folder: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).args(arguments).env("LC_ALL", "C");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // The folder of the tests may itself be in a repository, which git would apply the patch in.
    command.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap());
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    command
}

fn feed(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A program that gave up early has closed its end; its status says why.
    let _ = writer.join().unwrap();
    output
}

fn put_before(folder: &Path, changes: &[FileChange]) {
    for change in changes {
        if let Some(before) = &change.before {
            let file = change.path.to_absolute(folder);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, before.as_bytes()).unwrap();
        }
    }
}

/// Applies the patch of `changes` with both programs and compares every byte.
fn assert_applies(changes: &[FileChange]) {
    let patch = patch_of(changes);
    for (name, arguments) in [("git", &["apply"][..]), ("patch", &["-p1", "--no-backup-if-mismatch"][..])] {
        let folder = tempfile::tempdir().unwrap();
        put_before(folder.path(), changes);
        let output = feed(program(folder.path(), name, arguments), &patch);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} refuses: {said}\n{patch}");
        assert!(!said.contains("fuzz") && !said.contains("offset"), "{name} had to guess: {said}\n{patch}");
        for change in changes {
            let found = fs::read(change.path.to_absolute(folder.path()));
            let found = found.unwrap_or_else(|error| panic!("{name}: {}: {error}\n{patch}", change.path));
            assert_eq!(String::from_utf8(found).unwrap(), change.after, "{name}: {}\n{patch}", change.path);
        }
    }
}

#[test]
fn a_change_a_new_file_and_one_that_stays() {
    let changes = [
        change("src/a.ts", Some("a\nb\nc\n"), "a\nB\nc\n"),
        change("src/b.ts", Some("same\n"), "same\n"),
        change("src/c.ts", None, "new\n"),
    ];
    assert_eq!(
        patch_of(&changes),
        "--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\
         --- /dev/null\n+++ b/src/c.ts\n@@ -0,0 +1 @@\n+new\n"
    );
    assert_applies(&changes);
}

#[test]
fn ends_without_a_line_break() {
    let pairs = [("a", "b"), ("a\n", "a"), ("a", "a\n"), ("a\nb", "a\nc\n"), ("a\nb\nc", "A\nb\nc"), ("x\ny", "x")];
    let changes: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(at, (before, after))| change(&format!("{at}.ts"), Some(before), after))
        .collect();
    assert!(patch_of(&changes[..1]).ends_with("-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"));
    assert_applies(&changes);
}

#[test]
fn empty_files() {
    assert_applies(&[change("a.ts", Some(""), "a\nb\n"), change("b.ts", Some(""), "b")]);
}

#[test]
fn a_file_that_becomes_empty_stays_there() {
    assert_applies(&[change("a.ts", Some("a\nb\n"), "")]);
}

#[test]
fn carriage_returns_and_the_byte_order_mark_are_content() {
    assert_applies(&[
        change("crlf.ts", Some("a\r\nb\r\nc\r\n"), "a\r\nB\r\nc\r\n"),
        change("mixed.ts", Some("a\rb\r\nc\n\rd"), "a\rb\nc\n\r\rd"),
        change("mark.ts", Some("\u{feff}a\r\nb"), "\u{feff}import x\r\na\r\nb"),
        change("unmark.ts", Some("\u{feff}a\n"), "a\n"),
    ]);
}

#[test]
fn lines_that_look_like_a_patch() {
    assert_applies(&[change(
        "a.ts",
        Some("-- a/x\n++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\n\\ No newline at end of file\n"),
        "++ b/x\n-- a/x\n@@ -9 +9 @@\n\n\\ No newline at end of file\n--- q\n",
    )]);
}

const ODD_NAMES: [&str; 8] = [
    "with space.ts",
    "tïer/ä b.ts",
    "quote\"d.ts",
    "back\\slash.ts",
    "tab\tand\nline\r\u{7}\u{8}\u{b}\u{c}.ts",
    "del\u{7f}esc\u{1b}.ts",
    "[id]/(group)/$page.tsx",
    "日本.ts",
];

#[test]
fn odd_names_apply() {
    let mut changes = Vec::new();
    for name in ODD_NAMES {
        changes.push(change(name, Some("a\n"), "b\n"));
        changes.push(change(&format!("new/{name}"), None, "new\n"));
    }
    assert_applies(&changes);
}

#[test]
fn a_project_may_be_a_folder_of_a_repository() {
    let changes = [change("src/a.ts", Some("a\n"), "b\n"), change("src/new.ts", None, "new\n")];
    let top = tempfile::tempdir().unwrap();
    assert!(program(top.path(), "git", &["init", "-q"]).output().unwrap().status.success());
    let project = top.path().join("apps/shop");
    put_before(&project, &changes);
    assert!(feed(program(&project, "git", &["apply"]), &patch_of(&changes)).status.success());
    for change in changes {
        assert_eq!(fs::read_to_string(change.path.to_absolute(&project)).unwrap(), change.after);
    }
}

#[test]
fn odd_names_are_quoted_as_git_does_it() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = program(folder.path(), "git", arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "-q"]);
    // GNU patch can't find a name that ends with a blank, git can.
    for name in ODD_NAMES.into_iter().chain(["blank "]) {
        let change = [change(name, Some("a\n"), "b\n")];
        put_before(folder.path(), &change);
        git(&["add", "--", name]);
        fs::write(folder.path().join(name), "b\n").unwrap();
        let theirs: String = git(&["diff", "--", name])
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("index ") && !line.starts_with("diff --git"))
            .collect();
        assert_eq!(patch_of(&change), theirs);
    }
}

/// A small generator of numbers, so that a failure comes back with its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }

    fn text(&mut self) -> String {
        let lines = self.below(40);
        let mut text: String = if self.below(8) == 0 { "\u{feff}".into() } else { String::new() };
        for _ in 0..lines {
            text += self.pick(&["a", "b", "}", "", "  x", "é", "-- a", "++ b", "\\ No", "a\rb", "\t", "@@ -1 +1 @@"]);
            text += self.pick(&["\n", "\n", "\n", "\r\n"]);
        }
        text + self.pick(&["", "", "end", "end\r", "\r"])
    }

    /// `text` with a few of its lines changed, dropped or doubled.
    fn edited(&mut self, text: &str) -> String {
        let mut after = String::new();
        for line in text.split_inclusive('\n') {
            match self.below(9) {
                0 => after += "changed\n",
                1 => {}
                2 => after += &format!("{line}{line}"),
                _ => after += line,
            }
        }
        if self.below(4) == 0 { after.trim_end_matches('\n').to_owned() } else { after }
    }
}

#[test]
fn generated_texts_apply() {
    let mut random = Random(20);
    for _ in 0..12 {
        let changes: Vec<FileChange> = (0..40)
            .map(|at| {
                let before = random.text();
                let after = if random.below(4) == 0 { random.text() } else { random.edited(&before) };
                let path = format!("src/{at}/file.ts");
                let is_new = random.below(8) == 0 && !after.is_empty();
                change(&path, if is_new { None } else { Some(&before) }, &after)
            })
            .collect();
        assert_applies(&changes);
    }
}

#[test]
fn colours_end_with_their_line() {
    let mut out = Vec::new();
    Patch::of(&[change("a.ts", Some("a\nb"), "a\nc\n")]).write(&mut out, true).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\x1b[1m--- a/a.ts\x1b[0m\n\x1b[1m+++ b/a.ts\x1b[0m\n\
         \x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n a\n\
         \x1b[31m-b\n\\ No newline at end of file\x1b[0m\n\x1b[32m+c\x1b[0m\n"
    );
}

#[test]
fn a_large_file_takes_no_time() {
    let before: String = (0..60_000).map(|at| format!("  field_{}: string\n", at % 977)).collect();
    let after = before.replace("field_500:", "field_five_hundred:").replace("field_976", "}\n\n{");
    let start = std::time::Instant::now();
    let patch = patch_of(&[change("types.ts", Some(&before), &after)]);
    assert!(patch.contains("+  field_five_hundred: string\n"));
    assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
}
