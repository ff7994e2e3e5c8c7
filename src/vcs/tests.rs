use std::fs;

use super::*;

struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Repository {
        let repository = Repository { folder: tempfile::tempdir().unwrap() };
        repository.git(&["init", "-q"]);
        repository
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git as nobody in particular, whatever the settings of whoever runs the tests.
    fn git(&self, arguments: &[&str]) {
        git_in(self.root(), arguments);
    }

    fn put(&self, file: &str, text: &str) {
        let file = self.root().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn commit(&self, files: &[&str]) {
        files.iter().for_each(|file| self.put(file, "committed\n"));
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "files"]);
    }
}

fn git_in(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=A", "-c", "user.email=a@example.com"]);
    command.args(["-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Those of the paths that are dirty.
fn dirty(root: &Path, paths: &[&str]) -> Vec<String> {
    let paths: Vec<RelPath> = paths.iter().map(|path| RelPath::new(path).unwrap()).collect();
    match uncommitted(root, &paths).unwrap() {
        Vcs::Git { dirty } => dirty.iter().map(RelPath::to_string).collect(),
        Vcs::NoRepository => panic!("it is a repository"),
    }
}

#[test]
fn every_kind_of_change() {
    let repository = Repository::new();
    repository.put(".gitignore", "*.log.ts\nout/\n");
    let committed = ["clean.ts", "modified.ts", "staged.ts", "deleted.ts", "moved.ts", "both ways.ts", "tïer/ä.ts"];
    repository.commit(&committed);
    repository.put("modified.ts", "new\n");
    repository.put("staged.ts", "new\n");
    repository.put("added.ts", "new\n");
    repository.put("both ways.ts", "new\n");
    repository.git(&["mv", "moved.ts", "moved-to.ts"]);
    repository.git(&["add", "staged.ts", "added.ts", "both ways.ts"]);
    repository.put("both ways.ts", "committed\n");
    repository.put("tïer/ä.ts", "new\n");
    fs::remove_file(repository.root().join("deleted.ts")).unwrap();
    repository.put("untracked/a.ts", "new\n");
    repository.put("x.log.ts", "new\n");
    repository.put("out/deep/a.ts", "new\n");

    let asked = [
        &committed[..],
        &["added.ts", "moved-to.ts", "untracked/a.ts", "x.log.ts", "out/deep/a.ts", "not/there/yet.ts"],
    ]
    .concat();
    let expected = [
        "added.ts",
        "both ways.ts",
        "deleted.ts",
        "modified.ts",
        "moved-to.ts",
        "moved.ts",
        "out/deep/a.ts",
        "staged.ts",
        "tïer/ä.ts",
        "untracked/a.ts",
        "x.log.ts",
    ];
    assert_eq!(dirty(repository.root(), &asked), expected);
}

#[test]
fn only_what_was_asked_for() {
    let repository = Repository::new();
    repository.commit(&["a.ts", "b.ts"]);
    repository.put("a.ts", "new\n");
    assert_eq!(dirty(repository.root(), &["b.ts"]), [""; 0]);
    assert_eq!(dirty(repository.root(), &[]), [""; 0]);
}

#[test]
fn a_project_below_the_top_folder() {
    let repository = Repository::new();
    repository.commit(&["apps/web/src/a.ts", "apps/web/src/b.ts", "src/a.ts"]);
    repository.put("apps/web/src/b.ts", "new\n");
    repository.put("src/a.ts", "new\n");
    repository.put("apps/web/src/c.ts", "new\n");
    let asked = ["src/a.ts", "src/b.ts", "src/c.ts"];
    assert_eq!(dirty(&repository.root().join("apps/web"), &asked), ["src/b.ts", "src/c.ts"]);
}

#[test]
fn before_the_first_commit_everything_is_dirty() {
    let repository = Repository::new();
    repository.put("a.ts", "new\n");
    repository.put("b.ts", "new\n");
    repository.git(&["add", "a.ts"]);
    assert_eq!(dirty(repository.root(), &["a.ts", "b.ts"]), ["a.ts", "b.ts"]);
}

#[test]
fn files_that_git_overlooks_are_dirty() {
    let repository = Repository::new();
    repository.commit(&["assumed.ts", "skipped.ts", "clean.ts"]);
    repository.git(&["update-index", "--assume-unchanged", "assumed.ts"]);
    repository.git(&["update-index", "--skip-worktree", "skipped.ts"]);
    repository.put("assumed.ts", "new\n");
    repository.put("skipped.ts", "new\n");
    assert_eq!(dirty(repository.root(), &["assumed.ts", "skipped.ts", "clean.ts"]), ["assumed.ts", "skipped.ts"]);
}

#[test]
fn files_of_a_submodule() {
    let library = Repository::new();
    library.commit(&["a.ts", "b.ts"]);
    let repository = Repository::new();
    repository.commit(&["c.ts"]);
    repository.git(&["submodule", "--quiet", "add", library.root().to_str().unwrap(), "lib"]);
    repository.git(&["commit", "-q", "-m", "library"]);
    assert_eq!(dirty(repository.root(), &["lib/a.ts", "c.ts"]), [""; 0]);
    // git names the submodule only as a whole.
    repository.put("lib/a.ts", "new\n");
    assert_eq!(dirty(repository.root(), &["lib/a.ts", "lib/b.ts", "c.ts"]), ["lib/a.ts", "lib/b.ts"]);
}

#[test]
fn a_work_tree_beside_the_repository() {
    let repository = Repository::new();
    repository.commit(&["a.ts", "b.ts"]);
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    repository.git(&["worktree", "add", "-q", tree.to_str().unwrap()]);
    repository.put("a.ts", "new\n");
    fs::write(tree.join("b.ts"), "new\n").unwrap();
    assert_eq!(dirty(&tree, &["a.ts", "b.ts"]), ["b.ts"]);
}

#[test]
fn no_repository() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(uncommitted(folder.path(), &[]).unwrap(), Vcs::NoRepository);
    let repository = Repository::new();
    assert_eq!(uncommitted(&repository.root().join(".git"), &[]).unwrap(), Vcs::NoRepository);
}

#[test]
fn a_broken_repository_is_an_error_and_not_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".git"), "gitdir: nowhere\n").unwrap();
    let error = uncommitted(folder.path(), &[]).unwrap_err();
    assert!(matches!(error, VcsError::Failed { .. }), "{error}");
    assert!(error.to_string().starts_with("`git rev-parse` failed: fatal: "), "{error}");

    let repository = Repository::new();
    repository.commit(&["a.ts"]);
    fs::write(repository.root().join(".git/index"), "no index").unwrap();
    let error = uncommitted(repository.root(), &[]).unwrap_err();
    assert!(matches!(error, VcsError::Failed { .. }), "{error}");
}

/// A hook's variables can only be set for a whole process. The hook runs this test again, in another process, with
/// the project to look at in a variable.
#[cfg(unix)]
#[test]
fn inside_of_a_hook() {
    use std::os::unix::fs::PermissionsExt as _;
    const PROJECT: &str = "PHASE2_TEST_PROJECT";
    if let Some(project) = std::env::var_os(PROJECT) {
        assert!(std::env::var_os("GIT_INDEX_FILE").is_some(), "git sets it for hooks");
        assert_eq!(dirty(Path::new(&project), &["a.ts", "b.ts"]), ["b.ts"]);
        return;
    }
    let repository = Repository::new();
    repository.commit(&["web/a.ts", "web/b.ts", "c.ts"]);
    let program = std::env::current_exe().unwrap();
    let (program, project) = (program.display(), repository.root().join("web"));
    let hook = repository.root().join(".git/hooks/pre-commit");
    let script = format!(
        "#!/bin/sh\n{PROJECT}='{}' GIT_DIR=.git exec '{program}' --exact vcs::tests::inside_of_a_hook\n",
        project.display()
    );
    repository.put(".git/hooks/pre-commit", &script);
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
    repository.put("web/b.ts", "new\n");
    repository.put("c.ts", "new\n");
    repository.git(&["commit", "-q", "-m", "by way of the hook", "c.ts"]);
}
