//! phase2.toml, and what is said when it can't be used.

use crate::sandbox::{FIXABLE, Sandbox};

fn project(toml: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.ts", FIXABLE), ("lib/b.ts", FIXABLE)]);
    sandbox.write("phase2.toml", toml);
    sandbox
}

/// Each error names the file, shows the place, and says what to do.
#[test]
fn errors_point_at_their_place() {
    for (toml, place, said, help) in [
        ("[consol]\n", "1:2", "unknown key `consol`", "did you mean `console`?"),
        ("\n\nrots = ['src']\n", "3:1", "unknown key `rots`", "did you mean `roots`?"),
        ("respect_gitignore = true\n", "1:1", "unknown key `respect_gitignore`", "did you mean `respect-gitignore`?"),
        ("[console]\nlevel = 1\n", "2:1", "unknown key `level`", "did you mean `levels`?"),
        ("[console.levels]\ntable = 'info'\n", "2:1", "unknown key `table`", "known here: log, info, debug"),
        ("[console.levels]\nlog = 'wran'\n", "2:7", "unknown value `wran`", "did you mean `warn`?"),
        ("[console.edge]\nform = 'objct'\n", "2:8", "unknown value `objct`", "did you mean `object`?"),
        ("roots = 'src'\n", "1:9", "should be a list", "`[\"a\", \"b\"]`"),
        ("respect-gitignore = 'no'\n", "1:21", "should be a boolean", "`true` or `false`"),
        ("exclude = [1]\n", "1:12", "should be a string", "in quotes"),
        ("console = 1\n", "1:11", "should be a table", "its name in brackets"),
        ("console = []\n", "1:11", "should be a table", "its name in brackets"),
        ("[[console]]\nexclude = []\n", "1:1", "should be a table", "its name in brackets"),
        ("roots = {}\n", "1:9", "this is a table, and should be a list", "`[\"a\", \"b\"]`"),
        ("roots = []\n", "1:9", "`roots` is empty", "leave the key out"),
        ("rules = []\n", "1:9", "`rules` is empty", "leave the key out"),
        ("roots = ['src', 'app']\n", "1:17", "`app` in `roots` matches no folder", "relative to the project root"),
        ("rules = ['console', 'consle']\n", "1:21", "there is no rule `consle`", "did you mean `console`?"),
        ("exclude = ['a[']\n", "1:12", "the exclude pattern `a[`", "are known"),
        ("extend-exclude = ['../x']\n", "1:19", "leads out of the project root", "are known"),
        ("[console.edge]\nmodule = ''\n", "2:10", "module is empty", "_shared/logger.ts"),
        ("[console.edge]\nmodule = '../x.ts'\n", "2:10", "is not a plain path", "functions folder"),
        ("[console.edge]\nmodule = 'npm:pino'\n", "2:10", "is a package", "state `export` and `form`"),
        ("[console.frontend]\nalias = 'a-b'\n", "2:9", "`a-b` is not a JavaScript name", "letters"),
    ] {
        let sandbox = project(toml);
        for mode in ["check", "fix"] {
            let run = sandbox.run(&[mode]).expect(2);
            // The words may be broken over lines, with the report's margin between them.
            let words = run.err.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
            let expected = [format!("[phase2.toml:{place}]"), said.to_owned(), help.to_owned()];
            for part in expected {
                assert!(words.contains(&part), "no {part:?} for {toml:?} in\n{}", run.err);
            }
            assert!(words.starts_with("error: ") && words.contains("help: ") && run.out.is_empty(), "{}", run.err);
        }
    }
}

#[test]
fn broken_toml_is_shown() {
    for (toml, place) in [
        ("roots = src\n", "1:9"),
        ("roots = ['a\n", "1:1"),
        ("[console]\n[console]\n", "2:"),
        ("a = 1 2\n", "1:"),
        ("=\n", "1:1"),
    ] {
        project(toml).run(&["check"]).expect(2).says(&["error: ", &format!("[phase2.toml:{place}")]);
    }
}

#[test]
fn the_words_are_not_those_of_the_reader() {
    for toml in ["[consol]\n", "roots = 'src'\n", "[console.levels]\nlog = 'wran'\n", "console = 1\n"] {
        let err = project(toml).run(&["check"]).expect(2).err;
        for word in ["expected", "struct", "sequence", "variant", "field"] {
            assert!(!err.contains(word), "{word:?} in {err}");
        }
    }
}

#[test]
fn a_file_that_can_not_be_read() {
    project(b"# caf\xe9\n")
        .run(&["check"])
        .expect(2)
        .says(&["error: phase2.toml can't be read: it is not UTF-8", "byte 5"]);
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("phase2.toml/x", "")]);
    let run =
        sandbox.run(&["check"]).expect(2).says(&["error: phase2.toml can't be read: Is a directory", "--isolated"]);
    assert_eq!(run.err.matches("Is a directory").count(), 1, "{}", run.err);
    sandbox.run(&["check", "--isolated"]).expect(1);
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    project("\u{feff}roots = ['lib']\n").run(&["check"]).expect(1);
    project("\u{feff}rots = []\n").run(&["check"]).expect(2).says(&["[phase2.toml:1:1]"]);
    project("roots = ['lib']\r\n# \u{1f600}\r\nrots = 1\r\n").run(&["check"]).expect(2).says(&["[phase2.toml:3:1]"]);
}

#[test]
fn another_file_can_be_named_from_where_one_is() {
    let sandbox = project("roots = ['src']\n");
    sandbox.write("etc/other.toml", "roots = ['lib']\n");
    let found = |folder: &str, args: &[&str]| {
        sandbox.run_in(folder, &[&["check", "-o", "json"], args].concat()).expect(1).paths()
    };
    assert_eq!(found("src", &[]), ["src/a.ts"]);
    assert_eq!(found("src", &["--config", "../etc/other.toml"]), ["lib/b.ts"]);
    assert_eq!(found("etc", &["--config", "other.toml"]), ["lib/b.ts"]);
    sandbox.run_in("src", &["check", "--config", "etc/other.toml"]).expect(2).says(&[
        "error: etc/other.toml can't be read: No such file",
        "--config",
        "--isolated",
    ]);
    sandbox.run(&["check", "--config", "etc"]).expect(2).says(&["error: etc can't be read: Is a directory"]);
    sandbox.write("etc/other.toml", "rots = 1\n");
    sandbox.run_in("src", &["check", "--config", "../etc/other.toml"]).expect(2).says(&["[../etc/other.toml:1:1]"]);
}

#[test]
fn isolated_uses_the_built_in_defaults() {
    let sandbox = project("roots = ['lib']\n");
    assert_eq!(sandbox.run(&["check", "--isolated", "-o", "json"]).expect(1).paths(), ["src/a.ts"]);
    sandbox.write("phase2.toml", "broken");
    sandbox.run(&["check", "--isolated"]).expect(1);
    sandbox.run(&["check", "--isolated", "--config", "phase2.toml"]).expect(2).says(&["cannot be used with"]);
}

#[test]
fn what_it_says_counts() {
    let found = |toml: &str| {
        let sandbox = project(toml);
        sandbox.write("src/old/c.ts", FIXABLE);
        sandbox.write("src/ignored/d.ts", FIXABLE);
        sandbox.write("src/dist/e.ts", FIXABLE);
        sandbox.write(".gitignore", "ignored\n");
        sandbox.git(&["init", "-q"]);
        sandbox.run(&["check", "-o", "json"]).expect(1).paths()
    };
    assert_eq!(found(""), ["src/a.ts", "src/old/c.ts"]);
    assert_eq!(found("extend-exclude = ['old/']\n"), ["src/a.ts"]);
    assert_eq!(found("exclude = ['src/old']\n"), ["src/a.ts", "src/dist/e.ts"]);
    assert_eq!(found("respect-gitignore = false\n"), ["src/a.ts", "src/ignored/d.ts", "src/old/c.ts"]);
    assert_eq!(found("[console]\nexclude = ['a.ts']\n"), ["src/old/c.ts"]);
    let sandbox = project("[console.levels]\nlog = 'debug'\n[console.frontend]\nmodule = 'src/log.ts'\n");
    sandbox.run(&["fix", "--allow-no-vcs"]).expect(0);
    assert!(sandbox.read("src/a.ts").contains("logger.debug('hello'") && sandbox.path("src/log.ts").is_file());
}
