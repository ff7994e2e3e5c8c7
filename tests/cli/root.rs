//! Which folder is the project, which of its files count, and what a PATH narrows.

use crate::sandbox::{CLEAN, FIXABLE, Run, Sandbox, phase2};

fn found(sandbox: &Sandbox, folder: &str, args: &[&str]) -> Vec<String> {
    sandbox.run_in(folder, &[&["check", "-o", "json"], args].concat()).expect(1).paths()
}

#[test]
fn phase2_toml_comes_before_a_supabase_folder_and_that_before_git() {
    let files = [("src/a.ts", FIXABLE), ("app/src/b.ts", FIXABLE), ("app/web/src/c.ts", FIXABLE)];
    let sandbox = Sandbox::committed(&files);
    assert_eq!(found(&sandbox, "app/web/src", &[]), ["src/a.ts"], "the repository");
    sandbox.write("app/web/src/.git", "gitdir: elsewhere\n");
    sandbox.write("app/supabase/config.toml", "");
    assert_eq!(found(&sandbox, "app/web/src", &[]), ["src/b.ts"], "the supabase folder, further out than a .git");
    sandbox.write("phase2.toml", "");
    assert_eq!(found(&sandbox, "app/web/src", &[]), ["src/a.ts"], "phase2.toml, further out than both");
    sandbox.write("app/web/phase2.toml", "");
    assert_eq!(found(&sandbox, "app/web/src", &[]), ["src/c.ts"], "the nearest phase2.toml");
}

#[test]
fn the_functions_folder_makes_a_root_too() {
    let sandbox = Sandbox::committed(&[("app/supabase/functions/hi/greet.ts", FIXABLE), ("src/a.ts", FIXABLE)]);
    assert_eq!(found(&sandbox, "app/supabase/functions/hi", &[]), ["supabase/functions/hi/greet.ts"]);
}

#[test]
fn a_root_can_be_named() {
    let sandbox = Sandbox::new(&[("a/phase2.toml", ""), ("a/src/a.ts", FIXABLE), ("b/src/b.ts", FIXABLE)]);
    assert_eq!(found(&sandbox, "a/src", &["--root", "../../b"]), ["src/b.ts"]);
    sandbox.run(&["check", "--root", "gone"]).expect(2).says(&["error: the project root", "gone", "No such file"]);
    sandbox.run(&["check", "--root", "a/src/a.ts"]).expect(2).says(&["error: the project root", "a.ts"]);
}

#[test]
fn no_root_says_where_it_looked_and_what_to_do() {
    let sandbox = Sandbox::new(&[("deep/down/a.ts", FIXABLE)]);
    let run = sandbox.run_in("deep/down", &["check"]).expect(2);
    let (deep, down) = (sandbox.path("deep"), sandbox.path("deep/down"));
    let (deep, down) = (deep.to_str().unwrap(), down.to_str().unwrap());
    let run = run.says(&["error: no project found", deep, down, "phase2.toml", "supabase/config.toml", "--root"]);
    assert_eq!(run.out, "");
}

#[test]
fn no_folder_to_look_into_says_which_were_wanted() {
    let sandbox = Sandbox::committed(&[("app/a.ts", FIXABLE)]);
    for mode in ["check", "fix"] {
        let run = sandbox.run(&[mode]).expect(2);
        run.says(&[sandbox.path("").to_str().unwrap(), "supabase/functions", "src", "set `roots` in phase2.toml"]);
    }
}

#[test]
fn roots_take_globs() {
    let sandbox = Sandbox::new(&[
        ("phase2.toml", "roots = ['apps/*/src', 'lib']\n"),
        ("apps/web/src/a.ts", FIXABLE),
        ("apps/api/src/a.ts", FIXABLE),
        ("apps/api/test/a.ts", FIXABLE),
        ("lib/a.ts", FIXABLE),
        ("src/a.ts", FIXABLE),
    ]);
    assert_eq!(found(&sandbox, "", &[]), ["apps/api/src/a.ts", "apps/web/src/a.ts", "lib/a.ts"]);
}

#[test]
fn a_root_that_is_not_there_is_shown_in_the_file() {
    let sandbox = Sandbox::new(&[("phase2.toml", "roots = [\n  'src',\n  'lib',\n]\n"), ("src/a.ts", CLEAN)]);
    sandbox.run(&["check"]).expect(2).says(&["`lib` in `roots` matches no folder", "phase2.toml:3:3", "help:"]);
    sandbox.write("phase2.toml", "roots = ['../src']\n");
    sandbox.run(&["check"]).expect(2).says(&["`../src` in `roots`", "leads out of the project", "phase2.toml:1:10"]);
}

#[test]
fn what_is_left_out() {
    let sandbox = Sandbox::committed(&[
        (".gitignore", "secret\n"),
        ("src/.gitignore", "own.ts\n"),
        ("src/a.ts", FIXABLE),
        ("src/own.ts", FIXABLE),
        ("src/secret/a.ts", FIXABLE),
        ("src/node_modules/a.ts", FIXABLE),
        ("src/dist/a.ts", FIXABLE),
        ("src/build/a.ts", FIXABLE),
        ("src/a.d.ts", FIXABLE),
        ("src/a.gen.ts", FIXABLE),
        ("src/b.ts", &format!("// @generated\n{FIXABLE}")),
        ("src/c.ts", &"console.log(a(b(c)));".repeat(200)),
        ("src/d.js", FIXABLE),
    ]);
    assert_eq!(found(&sandbox, "", &[]), ["src/a.ts"]);
    let run = sandbox.run(&["check", "-v"]).expect(1).says(&["left out: src/dist (pattern `dist/`)", "src/a.d.ts"]);
    assert!(!run.err.contains("secret"), "what git ignores isn't worth a word: {}", run.err);
}

#[test]
fn symlinks_are_not_followed_but_the_root_may_be_one() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::committed(&[("p/phase2.toml", ""), ("p/src/a.ts", FIXABLE), ("elsewhere/b.ts", FIXABLE)]);
    symlink(sandbox.path("elsewhere/b.ts"), sandbox.path("p/src/b.ts")).unwrap();
    symlink(sandbox.path("elsewhere"), sandbox.path("p/src/more")).unwrap();
    symlink(sandbox.path("gone.ts"), sandbox.path("p/src/dangling.ts")).unwrap();
    symlink(sandbox.path("p"), sandbox.path("link")).unwrap();
    assert_eq!(found(&sandbox, "", &["--root", "p"]), ["src/a.ts"]);
    assert_eq!(found(&sandbox, "link", &[]), ["src/a.ts"]);
    assert_eq!(found(&sandbox, "", &["--root", "link", "link/src"]), ["src/a.ts"]);
    sandbox.run(&["fix", "--root", "link"]).expect(0);
    assert!(sandbox.read("p/src/a.ts").contains("logger.info('hello', { name })"));
    assert_eq!(sandbox.read("elsewhere/b.ts"), FIXABLE);
}

#[test]
fn a_path_narrows_what_is_reported_and_changed() {
    let sandbox = Sandbox::committed(&[("src/a/x.ts", FIXABLE), ("src/a/y.ts", FIXABLE), ("src/b.ts", FIXABLE)]);
    assert_eq!(found(&sandbox, "", &["src/a"]), ["src/a/x.ts", "src/a/y.ts"]);
    assert_eq!(found(&sandbox, "src/a", &["x.ts", "../b.ts"]), ["src/a/x.ts", "src/b.ts"]);
    assert_eq!(found(&sandbox, "src/a", &["."]), ["src/a/x.ts", "src/a/y.ts"]);
    assert_eq!(found(&sandbox, "src/a", &[".."]).len(), 3);
    assert_eq!(found(&sandbox, "src", &["b.ts", "b.ts"]), ["src/b.ts"]);
    assert_eq!(found(&sandbox, "", &[sandbox.path("src/b.ts").to_str().unwrap()]), ["src/b.ts"]);
    let outside = Sandbox::new(&[]);
    let root = sandbox.path("");
    let run =
        Run::of(phase2(&outside.path("")).args(["check", "-o", "json", "--root"]).arg(&root).arg(root.join("src/a")));
    assert_eq!(run.expect(1).paths(), ["src/a/x.ts", "src/a/y.ts"]);

    sandbox.run_in("src/a", &["fix", "x.ts"]).expect(0).says(&["Fixed 1 violation, wrote 2 files; none is left."]);
    assert_eq!((sandbox.read("src/a/y.ts"), sandbox.read("src/b.ts")), (FIXABLE.to_owned(), FIXABLE.to_owned()));
    assert!(sandbox.path("src/lib/logger.ts").is_file(), "a helper module may lie outside of PATH");
}

#[test]
fn a_path_that_names_nothing_is_an_error() {
    let sandbox = Sandbox::committed(&[("p/src/a.ts", FIXABLE), ("p/docs/note.md", ""), ("p/src/b.md", "")]);
    sandbox.write("p/phase2.toml", "");
    for (path, said) in [
        ("src/gone.ts", "`src/gone.ts` does not exist"),
        ("..", "is outside of the project root"),
        ("/", "is outside of the project root"),
        ("docs", "holds no TypeScript file of the project"),
        ("src/b.md", "holds no TypeScript file of the project"),
    ] {
        let before = sandbox.files();
        for mode in [&["check"][..], &["fix"], &["fix", "--diff"]] {
            let run = sandbox.run_in("p", &[mode, &["src/a.ts", path]].concat()).expect(2).says(&["error: ", said]);
            assert_eq!((run.out.as_str(), sandbox.files() == before), ("", true));
        }
    }
}

#[test]
fn each_supabase_folder_of_a_monorepo_has_its_own_logger() {
    let sandbox = Sandbox::committed(&[
        ("phase2.toml", "roots = ['apps/*/supabase/functions', 'apps/*/src']\n"),
        ("apps/a/supabase/functions/hi/greet.ts", FIXABLE),
        (
            "apps/b/supabase/functions/_shared/logger.ts",
            "export const logger = { info(m: string) {}, warn(m: string) {}, error(m: string) {} };\n",
        ),
        ("apps/b/supabase/functions/hi/greet.ts", "console.log('hi');\n"),
        ("apps/b/src/page.ts", FIXABLE),
    ]);
    sandbox.run(&["fix"]).expect(0);
    assert!(sandbox.path("apps/a/supabase/functions/_shared/logger.ts").is_file());
    assert!(sandbox.path("apps/b/src/lib/logger.ts").is_file());
    assert!(sandbox.read("apps/a/supabase/functions/hi/greet.ts").contains("log('info', 'hello', { name })"));
    assert!(sandbox.read("apps/b/supabase/functions/hi/greet.ts").contains("logger.info('hi')"));
}

#[test]
fn packages_that_nobody_looks_into_are_told_unless_somebody_says_where_to_look() {
    let sandbox = Sandbox::committed(&[
        ("supabase/functions/hi/greet.ts", CLEAN),
        ("apps/mobile/package.json", "{}"),
        ("apps/mobile/App.tsx", FIXABLE),
        ("apps/web/package.json", "{}"),
        ("apps/web/app/page.tsx", FIXABLE),
        ("packages/ui/package.json", "{}"),
        ("packages/ui/src/a.ts", FIXABLE),
    ]);
    let note = "nobody looks into apps/mobile and 2 more packages: only into supabase/functions. `roots`";
    sandbox.run(&["check"]).expect(0).says(&[note, "`phase2 init` proposes it"]);
    assert!(sandbox.run(&["status"]).expect(0).out.contains("nobody looks into apps/mobile"));
    // What init proposes has all of them, those without a `src` among them.
    sandbox.run(&["init"]).expect(0);
    let config = sandbox.read("phase2.toml");
    let roots = r#"roots = ["supabase/functions", "packages/*/src", "apps/mobile", "apps/web"]"#;
    assert!(config.contains(roots), "{config}");
    let checked = sandbox.run(&["check", "-o", "json"]).expect(1);
    assert_eq!(checked.paths(), ["apps/mobile/App.tsx", "apps/web/app/page.tsx", "packages/ui/src/a.ts"]);
    assert!(!checked.err.contains("nobody looks"), "{}", checked.err);
    sandbox.write("phase2.toml", "roots = [\"supabase/functions\"]\n");
    assert_eq!(sandbox.run(&["check"]).expect(0).err.matches("nobody looks").count(), 0);
}
