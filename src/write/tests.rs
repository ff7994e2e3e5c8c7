use std::sync::Arc;

use super::journal::Fingerprint;
use super::*;

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn change(file: &str, before: Option<&str>, after: &str) -> FileChange {
    FileChange { path: path(file), before: before.map(Arc::from), after: after.to_owned() }
}

/// A project that holds what the changes were made for.
fn project(changes: &[FileChange]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for change in changes {
        if let Some(before) = &change.before {
            put(root.path(), change.path.as_str(), before);
        }
    }
    root
}

fn put(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Every file and empty folder below `root`, hidden ones too, with the files' texts.
fn tree(root: &Path) -> Vec<(String, String)> {
    let mut tree = Vec::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = RelPath::from_absolute(root, entry.path()).unwrap().to_string();
        if entry.file_type().is_file() {
            tree.push((name, String::from_utf8(fs::read(entry.path()).unwrap()).unwrap()));
        } else if fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none()) {
            tree.push((name, "(empty folder)".to_owned()));
        }
    }
    tree
}

/// The tree that is left when the changes are all done.
fn tree_after(changes: &[FileChange]) -> Vec<(String, String)> {
    let mut tree: Vec<_> = changes.iter().map(|change| (change.path.to_string(), change.after.clone())).collect();
    tree.sort();
    tree
}

fn skipped(file: &str, reason: SkipReason) -> Skipped {
    Skipped { path: path(file), reason }
}

fn sample() -> Vec<FileChange> {
    vec![
        change("supabase/b.ts", Some("\u{feff}one\r\ntwo"), "\u{feff}ONE\r\ntwo"),
        change("a.ts", Some("a\n"), "A\n"),
        change("supabase/lib/new/logger.ts", None, "export {}\n"),
        change("supabase/c.ts", Some(""), "c"),
    ]
}

#[test]
fn writes_every_byte_and_leaves_nothing_else() {
    let changes = sample();
    let root = project(&changes);
    let written = write(root.path(), &changes).unwrap();
    let files = ["a.ts", "supabase/b.ts", "supabase/c.ts", "supabase/lib/new/logger.ts"].map(path);
    assert_eq!(written, Written { files: files.to_vec(), skipped: vec![] });
    assert_eq!(tree(root.path()), tree_after(&changes));
}

#[test]
fn many_files() {
    let changes: Vec<_> =
        (0..300).map(|at| change(&format!("src/{}/{at:03}.ts", at % 7), Some("old"), &format!("new {at}"))).collect();
    let root = project(&changes);
    assert_eq!(write(root.path(), &changes).unwrap().files.len(), 300);
    assert_eq!(tree(root.path()), tree_after(&changes));
}

#[test]
fn nothing_to_do_touches_nothing() {
    let changes = [change("a.ts", Some("a"), "a")];
    let root = project(&changes);
    let modified = || fs::metadata(root.path().join("a.ts")).unwrap().modified().unwrap();
    let before = modified();
    assert_eq!(write(root.path(), &changes).unwrap(), Written::default());
    assert_eq!(modified(), before);
}

#[cfg(unix)]
#[test]
fn modes_are_kept_and_new_files_have_the_usual_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let changes = [change("run.ts", Some("a"), "b"), change("secret.ts", Some("a"), "b"), change("new.ts", None, "b")];
    let root = project(&changes);
    let mode = |file: &str| fs::metadata(root.path().join(file)).unwrap().permissions().mode() & 0o7777;
    fs::set_permissions(root.path().join("run.ts"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::set_permissions(root.path().join("secret.ts"), fs::Permissions::from_mode(0o440)).unwrap();
    put(root.path(), "usual.ts", "");
    write(root.path(), &changes).unwrap();
    assert_eq!((mode("run.ts"), mode("secret.ts"), mode("new.ts")), (0o751, 0o440, mode("usual.ts")));
}

#[test]
fn what_changed_meanwhile_is_skipped_and_the_rest_is_written() {
    let changes = [
        change("changed.ts", Some("a"), "b"),
        change("gone.ts", Some("a"), "b"),
        change("gone/with/folder.ts", Some("a"), "b"),
        change("appeared.ts", None, "b"),
        change("good.ts", Some("a"), "b"),
    ];
    let root = project(&changes);
    put(root.path(), "changed.ts", "mine");
    put(root.path(), "appeared.ts", "mine");
    fs::remove_file(root.path().join("gone.ts")).unwrap();
    fs::remove_dir_all(root.path().join("gone")).unwrap();
    let written = write(root.path(), &changes).unwrap();
    assert_eq!(written.files, [path("good.ts")]);
    assert_eq!(
        written.skipped,
        [
            skipped("appeared.ts", SkipReason::Appeared),
            skipped("changed.ts", SkipReason::Changed),
            skipped("gone.ts", SkipReason::Gone),
            skipped("gone/with/folder.ts", SkipReason::Gone),
        ]
    );
    let expected = [("appeared.ts", "mine"), ("changed.ts", "mine"), ("good.ts", "b")];
    assert_eq!(tree(root.path()), expected.map(|(file, text)| (file.to_owned(), text.to_owned())));
}

#[test]
fn what_changes_after_staging_is_skipped_too() {
    let changes = [change("a.ts", Some("a"), "b"), change("gone.ts", Some("a"), "b"), change("lib/new.ts", None, "b")];
    let root = project(&changes);
    let wanted: Vec<_> = changes.iter().collect();
    let journal = Journal::new(root.path(), &wanted);
    let staged = stage(root.path(), &journal, &wanted).unwrap();
    put(root.path(), "a.ts", "mine");
    put(root.path(), "lib/new.ts", "mine");
    fs::remove_file(root.path().join("gone.ts")).unwrap();
    let mut written = Written::default();
    commit(root.path(), staged, &mut written);
    assert_eq!(written.files, []);
    assert_eq!(
        written.skipped,
        [
            skipped("a.ts", SkipReason::Changed),
            skipped("gone.ts", SkipReason::Gone),
            skipped("lib/new.ts", SkipReason::Appeared),
        ]
    );
    let expected = [("a.ts", "mine"), ("lib/new.ts", "mine")];
    assert_eq!(tree(root.path()), expected.map(|(file, text)| (file.to_owned(), text.to_owned())));
}

/// One change among good ones that can't be prepared: nothing at all may happen.
fn assert_nothing_happens(root: &Path, bad: FileChange) -> WriteError {
    let mut changes = vec![change("good.ts", Some("a"), "b"), change("fresh/good.ts", None, "b")];
    put(root, "good.ts", "a");
    changes.push(bad);
    let before = tree(root);
    let error = write(root, &changes).unwrap_err();
    assert_eq!(tree(root), before, "{error}");
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    error
}

#[test]
fn a_file_in_place_of_a_folder_stops_everything() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "lib", "a file");
    let error = assert_nothing_happens(root.path(), change("lib/logger.ts", None, "b"));
    assert!(matches!(error, WriteError::Io { .. }), "{error}");
}

#[test]
fn a_folder_in_place_of_a_file_stops_everything() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("a.ts/x")).unwrap();
    let error = assert_nothing_happens(root.path(), change("a.ts", Some("a"), "b"));
    assert!(matches!(error, WriteError::NotAFile(_)), "{error}");
}

#[test]
fn a_name_that_the_system_refuses_stops_everything() {
    let root = tempfile::tempdir().unwrap();
    let error = assert_nothing_happens(root.path(), change(&format!("{}/a.ts", "x".repeat(300)), None, "b"));
    assert!(matches!(error, WriteError::Io { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn symbolic_links_stop_everything() {
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "a.ts", "a");
    let root = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path().join("a.ts"), root.path().join("link.ts")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
    for bad in
        [change("link.ts", Some("a"), "b"), change("linked/a.ts", Some("a"), "b"), change("linked/new.ts", None, "b")]
    {
        let error = assert_nothing_happens(root.path(), bad);
        assert!(matches!(error, WriteError::Symlink(_)), "{error}");
    }
    assert_eq!(tree(outside.path()), [("a.ts".to_owned(), "a".to_owned())]);
}

#[cfg(unix)]
#[test]
fn a_folder_without_the_right_to_write_stops_everything() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "locked/a.ts", "a");
    let lock = |mode| fs::set_permissions(root.path().join("locked"), fs::Permissions::from_mode(mode)).unwrap();
    lock(0o555);
    // Root may write all the same; what is asserted then is that it does.
    if File::create(root.path().join("locked/probe")).is_ok() {
        fs::remove_file(root.path().join("locked/probe")).unwrap();
        assert_eq!(write(root.path(), &[change("locked/a.ts", Some("a"), "b")]).unwrap().files.len(), 1);
    } else {
        assert_nothing_happens(root.path(), change("locked/a.ts", Some("a"), "b"));
    }
    lock(0o755);
}

#[test]
fn a_journal_that_is_there_stops_everything() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), JOURNAL, "{}");
    let error = assert_nothing_happens(root.path(), change("b.ts", None, "b"));
    assert!(matches!(error, WriteError::JournalExists(_)), "{error}");
}

#[test]
fn nothing_to_recover() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(recover(root.path()).unwrap(), None);
}

#[test]
fn killed_while_the_journal_was_written() {
    let changes = sample();
    let root = project(&changes);
    let before = tree(root.path());
    put(root.path(), ".phase2-journal.tmp", "{\"vers");
    assert_eq!(recover(root.path()).unwrap(), None);
    assert_eq!(tree(root.path()), before);
    put(root.path(), ".phase2-journal.tmp", "{\"vers");
    write(root.path(), &changes).unwrap();
    assert_eq!(tree(root.path()), tree_after(&changes));
}

/// A run that is killed when `staged` temporary files are written, the last of them not whole, and none renamed.
#[test]
fn killed_while_staging_nothing_has_changed() {
    for staged in 0..=4 {
        let changes = sample();
        let root = project(&changes);
        let before = tree(root.path());
        let wanted: Vec<_> = changes.iter().collect();
        let journal = Journal::new(root.path(), &wanted);
        journal.save(root.path()).unwrap();
        for (entry, change) in journal.entries.iter().zip(&changes).take(staged) {
            put(root.path(), entry.temp.as_str(), &change.after);
        }
        if let Some(last) = staged.checked_sub(1) {
            put(root.path(), journal.entries[last].temp.as_str(), "");
        }
        assert_eq!(recover(root.path()).unwrap(), Some(Recovered::Undone));
        assert_eq!(tree(root.path()), before, "{staged} staged");
    }
}

#[test]
fn killed_between_renames_the_rest_is_done() {
    let mut changes = sample();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    for renamed in 1..=changes.len() {
        let root = project(&changes);
        killed_after(root.path(), &changes, renamed);
        let files = changes.iter().map(|change| change.path.clone()).collect();
        assert_eq!(recover(root.path()).unwrap(), Some(Recovered::Finished { files, skipped: vec![] }));
        assert_eq!(tree(root.path()), tree_after(&changes), "{renamed} renamed");
        assert_eq!(recover(root.path()).unwrap(), None);
    }
}

/// Leaves what a run leaves that is killed after so many renames.
fn killed_after(root: &Path, changes: &[FileChange], renamed: usize) {
    let wanted: Vec<_> = changes.iter().collect();
    let journal = Journal::new(root, &wanted);
    journal.save(root).unwrap();
    for (at, Staged { change, temp }) in stage(root, &journal, &wanted).unwrap().into_iter().enumerate() {
        if at < renamed {
            replace(temp, &change.path.to_absolute(root), change.before.is_none()).unwrap();
        } else {
            temp.keep().unwrap();
        }
    }
}

#[test]
fn recovery_overwrites_nothing_that_changed_since() {
    let changes = [
        change("a.ts", Some("a"), "b"),
        change("changed.ts", Some("a"), "b"),
        change("gone.ts", Some("a"), "b"),
        change("lost.ts", Some("a"), "b"),
        change("new.ts", None, "b"),
        change("ready.ts", Some("a"), "b"),
    ];
    let root = project(&changes);
    killed_after(root.path(), &changes, 1);
    put(root.path(), "changed.ts", "mine");
    put(root.path(), "new.ts", "mine");
    fs::remove_file(root.path().join("gone.ts")).unwrap();
    let journal = Journal::load(root.path()).unwrap().unwrap();
    fs::remove_file(journal.entries[3].temp.to_absolute(root.path())).unwrap();
    assert_eq!(
        recover(root.path()).unwrap(),
        Some(Recovered::Finished {
            files: vec![path("a.ts"), path("ready.ts")],
            skipped: vec![
                skipped("changed.ts", SkipReason::Changed),
                skipped("gone.ts", SkipReason::Gone),
                skipped("lost.ts", SkipReason::Lost),
                skipped("new.ts", SkipReason::Appeared),
            ],
        })
    );
    let expected = [("a.ts", "b"), ("changed.ts", "mine"), ("lost.ts", "a"), ("new.ts", "mine"), ("ready.ts", "b")];
    assert_eq!(tree(root.path()), expected.map(|(file, text)| (file.to_owned(), text.to_owned())));
}

#[test]
fn a_journal_that_phase2_did_not_write_is_not_followed() {
    let entry = |target: &str, temp: &str| {
        let hash = serde_json::to_string(&Fingerprint::of(b"victim")).unwrap();
        let entry = format!(r#"{{"target":"{target}","temp":"{temp}","before":null,"after":{hash}}}"#);
        format!(r#"{{"version":1,"folders":[],"entries":[{entry}]}}"#)
    };
    let journals = [
        String::new(),
        "{\"version\":1".into(),
        r#"{"version":2,"folders":[],"entries":[]}"#.into(),
        r#"{"version":1,"folders":["../x"],"entries":[]}"#.into(),
        entry("a.ts", "victim.ts"),
        entry("../a.ts", "../.phase2-1.tmp"),
        entry("a.ts", "sub/.phase2-1.tmp"),
        entry("", ".phase2-1.tmp"),
    ];
    for journal in journals {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "victim.ts", "victim");
        put(root.path(), JOURNAL, &journal);
        let before = tree(root.path());
        let error = recover(root.path()).unwrap_err();
        assert!(matches!(error, WriteError::Journal { .. }), "{journal}: {error}");
        assert!(error.to_string().contains(JOURNAL) && error.to_string().contains("delete the journal"), "{error}");
        assert_eq!(tree(root.path()), before);
    }
}

#[test]
fn a_journal_comes_back_as_it_was_saved() {
    let changes = sample();
    let root = project(&changes);
    let journal = Journal::new(root.path(), &changes.iter().collect::<Vec<_>>());
    assert_eq!(journal.folders, [path("supabase/lib"), path("supabase/lib/new")]);
    journal.save(root.path()).unwrap();
    assert_eq!(Journal::load(root.path()).unwrap(), Some(journal));
}
