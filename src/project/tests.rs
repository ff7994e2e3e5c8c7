#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

use super::testing::{Tree, rel};
use super::*;
use crate::config::ConfigFile;

fn open(tree: &Tree, roots: &[&str]) -> Project {
    Project::open(&tree.path(""), config(&format!("roots = {roots:?}"))).unwrap()
}

fn config(text: &str) -> Config {
    Config::parse(&ConfigFile::new("phase2.toml", text), &[]).unwrap()
}

fn paths(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| file.path.as_str()).collect()
}

fn git(tree: &Tree, folder: &str, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(tree.path(folder)).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn typescript_files_of_the_roots_sorted_by_path() {
    let tree = Tree::new(&[
        ("src/b/c.ts", ""),
        ("src/b.tsx", "12345"),
        ("src/b-c.mts", ""),
        ("src/a.js", ""),
        ("src/types.d.ts", ""),
        ("src/style.css", ""),
        ("src/ts", ""),
        ("src/.hidden/a.ts", ""),
        ("src/.config.ts", ""),
        ("src/node_modules/x/a.ts", ""),
        ("supabase/functions/f/index.ts", ""),
        ("supabase/migrations/a.ts", ""),
        ("other/a.ts", ""),
    ]);
    let project = Project::open(&tree.path(""), Config::built_in()).unwrap();
    let expected = ["src/.config.ts", "src/b-c.mts", "src/b.tsx", "src/b/c.ts", "supabase/functions/f/index.ts"];
    assert_eq!(paths(&project), expected);
    assert_eq!(project.file(&rel("src/b.tsx")).unwrap().size, 5);
    assert_eq!(project.file(&rel("other/a.ts")), None);
    let excluded: Vec<String> = project.excluded.iter().map(|it| format!("{} by {}", it.path, it.pattern)).collect();
    assert_eq!(excluded, ["src/node_modules by node_modules/", "src/types.d.ts by *.d.ts"]);
    assert_eq!(project.problems, []);
}

#[test]
fn a_file_in_two_roots_is_listed_once() {
    let tree = Tree::new(&[("a/src/x.ts", ""), ("a/src/dist/y.ts", ""), ("a/z.ts", ""), ("package.json", "{}")]);
    let project = open(&tree, &[".", "a/src", "a/src/dist", "a/src/"]);
    assert_eq!(paths(&project), ["a/src/dist/y.ts", "a/src/x.ts", "a/z.ts"]);
    let base = |path: &str| project.unit(project.file(&rel(path)).unwrap()).base.to_string();
    assert_eq!([base("a/src/x.ts"), base("a/src/dist/y.ts"), base("a/z.ts")], ["a", "a", ""]);
}

#[test]
fn a_root_that_is_ignored_counts_and_so_does_what_is_in_it() {
    let tree = Tree::new(&[
        (".gitignore", "dist/\n*.skip.ts\n"),
        ("dist/a.ts", ""),
        ("dist/b.skip.ts", ""),
        ("x/dist/a.ts", ""),
    ]);
    git(&tree, "", &["init", "-q"]);
    assert_eq!(paths(&open(&tree, &["dist", "x"])), ["dist/a.ts"]);
    let options = config("roots = ['x']\nexclude = []\nrespect-gitignore = false");
    assert_eq!(paths(&Project::open(&tree.path(""), options).unwrap()), ["x/dist/a.ts"]);
}

#[test]
fn an_edge_function_may_be_called_build() {
    let tree = Tree::new(&[
        ("supabase/functions/build/index.ts", ""),
        ("supabase/functions/build/dist/index.ts", ""),
        ("supabase/functions/dist/bundle.ts", ""),
        ("supabase/functions/f/index.ts", ""),
    ]);
    let project = open(&tree, &["supabase/functions"]);
    assert_eq!(paths(&project), ["supabase/functions/build/index.ts", "supabase/functions/f/index.ts"]);
}

#[cfg(unix)]
#[test]
fn symlinks_are_not_followed() {
    let tree = Tree::new(&[("src/a.ts", ""), ("real/b.ts", "")]);
    std::os::unix::fs::symlink(tree.path("real"), tree.path("src/folder")).unwrap();
    std::os::unix::fs::symlink(tree.path("real/b.ts"), tree.path("src/file.ts")).unwrap();
    std::os::unix::fs::symlink(tree.path("src"), tree.path("src/loop")).unwrap();
    assert_eq!(paths(&open(&tree, &["src"])), ["src/a.ts"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_a_problem() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new(&[("src/a.ts", ""), ("src/.gitignore", "skipped\n")]);
    for name in [&b"caf\xe9.ts"[..], b"caf\xe9.png", b"skipped"] {
        std::fs::write(tree.path("src").join(OsStr::from_bytes(name)), "").unwrap();
    }
    let folder = tree.path("src").join(OsStr::from_bytes(b"dir\xe9"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("b.ts"), "").unwrap();
    let project = open(&tree, &["src"]);
    assert_eq!(paths(&project), ["src/a.ts"]);
    let messages: Vec<&str> = project.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(
        matches!(messages[..], [file, folder] if file.contains("file") && folder.contains("folder")),
        "{messages:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_a_problem() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[("src/a.ts", ""), ("src/closed/b.ts", "")]);
    let closed = tree.path("src/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let project = open(&tree, &["src"]);
    let superuser = std::fs::read_dir(&closed).is_ok();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    if !superuser {
        assert_eq!(paths(&project), ["src/a.ts"]);
        assert_eq!(project.problems[0].path, Some(rel("src/closed")));
    }
}

#[test]
fn each_supabase_folder_of_a_monorepo_is_its_own() {
    let tree = Tree::new(&[
        ("apps/web/supabase/functions/a/index.ts", ""),
        ("apps/web/supabase/config.toml", "[functions.a]\nverify_jwt = false\n"),
        ("apps/web/src/main.ts", ""),
        ("apps/api/supabase/functions/a/index.ts", ""),
        ("packages/ui/package.json", "{}"),
        ("packages/ui/lib/button.tsx", ""),
    ]);
    let project = open(&tree, &["apps/*/supabase/functions", "apps/*/src", "packages/*/lib"]);
    let units: Vec<String> = project.units.iter().map(|unit| format!("{:?} {}", unit.surface, unit.base)).collect();
    let expected = [
        "Edge apps/api/supabase/functions",
        "Edge apps/web/supabase/functions",
        "Frontend apps/web",
        "Frontend packages/ui",
    ];
    assert_eq!(units, expected);
    for file in &project.files {
        assert!(file.path.is_within(&project.unit(file).base), "{file:?}");
    }
    let verify = |path: &str| project.supabase_of(&rel(path)).unwrap().functions["a"].verify_jwt;
    assert_eq!(verify("apps/web/supabase/functions/a/index.ts"), Some(false));
    assert_eq!(verify("apps/api/supabase/functions/a/index.ts"), None);
    assert!(project.supabase_of(&rel("apps/web/src/main.ts")).is_none());
}

#[test]
fn files_of_an_overlay_join_the_project() {
    let tree = Tree::new(&[("src/a.ts", "old"), ("src/c.ts", ""), ("tsconfig.json", "{}")]);
    let project = open(&tree, &["src"]);
    let changes = ["src/a.ts", "src/b.ts", "src/dist/d.ts", "elsewhere/e.ts", "src/f.json"];
    let changed = project.with_overlay(changes.map(|path| (rel(path), Arc::from("longer"))));
    assert_eq!(paths(&changed), ["src/a.ts", "src/b.ts", "src/c.ts"]);
    assert_eq!(changed.file(&rel("src/a.ts")).unwrap().size, 6);
    assert_eq!(&*changed.sources.read(&rel("src/a.ts")).unwrap(), "longer");
    assert_eq!(changed.resolver.resolve(&rel("src/a.ts"), "./b"), Some(rel("src/b.ts")));
    assert_eq!(paths(&project), ["src/a.ts", "src/c.ts"]);
    assert_eq!(project.resolver.resolve(&rel("src/a.ts"), "./b"), None);
}

#[test]
fn a_new_unit_leaves_the_others_alone() {
    let tree = Tree::new(&[("src/a.ts", ""), ("supabase/functions/f/index.ts", "")]);
    let project = open(&tree, &["."]);
    let changed = project.with_overlay([(rel("apps/supabase/functions/g/index.ts"), Arc::from(""))]);
    let bases: Vec<String> = changed.files.iter().map(|file| changed.unit(file).base.to_string()).collect();
    assert_eq!(bases, ["apps/supabase/functions", "", "supabase/functions"]);
}

#[test]
fn a_missing_root_is_an_error() {
    let tree = Tree::new(&[("a.ts", "")]);
    for path in ["gone", "a.ts"] {
        let error = Project::open(&tree.path(path), Config::built_in()).unwrap_err();
        assert!(matches!(error, ProjectError::Root { .. }), "{error}");
    }
}

/// What git would show of `folder`, which is how it understands every ignore file at once.
fn seen_by_git(tree: &Tree, folder: &str) -> Vec<String> {
    let listed = git(tree, folder, &["ls-files", "--others", "--exclude-standard", "-z", "."]);
    let mut listed: Vec<String> = listed.split('\0').filter(|path| path.ends_with(".ts")).map(str::to_owned).collect();
    listed.sort();
    listed
}

fn seen_by_us(tree: &Tree, folder: &str) -> Vec<String> {
    let options = config("roots = ['.']\nexclude = []");
    let project = Project::open(&tree.path(folder), options).unwrap();
    assert_eq!(project.problems, []);
    project.files.iter().map(|file| file.path.to_string()).collect()
}

#[test]
fn ignore_files_above_the_project_count() {
    let tree = Tree::new(&[
        (".gitignore", "/web/top.ts\nlegacy/\n*.tmp.ts\n"),
        ("web/.gitignore", "!keep.tmp.ts\n"),
        ("web/top.ts", ""),
        ("web/src/top.ts", ""),
        ("web/src/legacy/a.ts", ""),
        ("web/src/x.tmp.ts", ""),
        ("web/src/keep.tmp.ts", ""),
        ("web/src/private.ts", ""),
    ]);
    git(&tree, "", &["init", "-q"]);
    tree.write(".git/info/exclude", b"private.ts\n");
    assert_eq!(seen_by_us(&tree, "web"), ["src/keep.tmp.ts", "src/top.ts"]);
    assert_eq!(seen_by_git(&tree, "web"), seen_by_us(&tree, "web"));
}

#[test]
fn a_linked_worktree_shares_its_exclude_file() {
    let tree = Tree::new(&[("main/a.ts", "")]);
    git(&tree, "main", &["init", "-q"]);
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    git(&tree, "main", &["add", "."]);
    git(&tree, "main", &[&identity[..], &["commit", "-q", "-m", "a"]].concat());
    git(&tree, "main", &["worktree", "add", "-q", "../linked"]);
    tree.write("main/.git/info/exclude", b"private.ts\n");
    tree.write("linked/private.ts", b"");
    tree.write("linked/public.ts", b"");
    assert_eq!(seen_by_us(&tree, "linked"), ["a.ts", "public.ts"]);
    assert_eq!(seen_by_git(&tree, "linked"), ["public.ts"]);
}

/// A small generator of numbers, so that a failure can be had again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

#[test]
fn generated_trees_of_ignore_files_are_read_as_git_reads_them() {
    const NAMES: [&str; 4] = ["a", "b", "lib", "dist"];
    const FILES: [&str; 5] = ["a.ts", "b.ts", "x.gen.ts", "#x.ts", "lib.ts"];
    const PATTERNS: [&str; 26] = [
        "a",
        "b/",
        "/a",
        "/lib/",
        "a/b",
        "a/*",
        "a/**",
        "**/b",
        "**/lib/a.ts",
        "*.ts",
        "!*.ts",
        "!a.ts",
        "!a",
        "!a/",
        "!/lib",
        "lib/**/x.gen.ts",
        "*.gen.*",
        "[ab].ts",
        "?.ts",
        "\\#x.ts",
        "# a comment",
        "",
        "dist  ",
        "!dist/",
        "/*",
        "!/a/",
    ];
    let mut differing = BTreeSet::new();
    for seed in 0..40 {
        let mut numbers = Numbers(seed);
        let tree = Tree::new(&[]);
        let mut folders = vec![String::new()];
        for _ in 0..12 {
            let parent = numbers.below(folders.len());
            let folder = format!("{}{}/", folders[parent], numbers.pick(&NAMES));
            folders.push(folder);
        }
        for folder in &folders {
            for file in FILES {
                tree.write(&format!("{folder}{file}"), b"");
            }
            if numbers.below(3) == 0 || folder.is_empty() {
                let lines: Vec<&str> = (0..1 + numbers.below(4)).map(|_| numbers.pick(&PATTERNS)).collect();
                tree.write(&format!("{folder}.gitignore"), lines.join("\n").as_bytes());
            }
        }
        git(&tree, "", &["init", "-q"]);
        tree.write(".git/info/exclude", numbers.pick(&PATTERNS).as_bytes());
        // The whole tree, and a project in one of its folders unless git ignores that one: then it lists nothing.
        let inner = folders[1].trim_end_matches('/').to_owned();
        let ignored = Command::new("git").args(["check-ignore", "-q", &inner]).current_dir(tree.path("")).status();
        for folder in [String::new()].into_iter().chain((!ignored.unwrap().success()).then_some(inner)) {
            if seen_by_us(&tree, &folder) != seen_by_git(&tree, &folder) {
                differing.insert((seed, folder));
            }
        }
    }
    assert!(differing.is_empty(), "seeds and folders: {differing:?}");
}
