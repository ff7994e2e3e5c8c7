//! What is kept from one run to the next on disk.

use super::*;
use crate::config::ConfigFile;
use crate::engine::Cache;

/// A rule whose violations are told in the words of `src/words.ts`, from which it takes them while it collects, and which
/// bring a file along.
fn told() -> Box<dyn Rule> {
    rule("told", |place| {
        let mut fixes = safe([place.swap_in("src/words.ts", "said", "written"), place.replace("done")]);
        fixes.iter_mut().flatten().for_each(|fix| fix.new_files.push(new_file("src/brought.ts", "export {};\n")));
        fixes
    })
}

struct Session {
    tree: Tree,
    cache: tempfile::TempDir,
    rules: Vec<Box<dyn Rule>>,
    config: String,
}

impl Session {
    fn of(files: &[(&str, &str)]) -> Session {
        let cache = tempfile::tempdir().unwrap();
        Session { tree: Tree::new(files), cache, rules: vec![told(), fine()], config: String::new() }
    }

    /// How many files a run needs not look at; it has to come to what a run without a cache does.
    fn look(&self) -> usize {
        let names: Vec<&str> = self.rules.iter().map(|rule| rule.meta().name).collect();
        let config = Config::parse(&ConfigFile::new("phase2.toml", &self.config), &names).unwrap();
        let project = || Project::open(&self.tree.path(""), config.clone()).unwrap();
        let request = Request {
            rules: &self.rules,
            suppression: true,
            selection: &crate::project::Selection::everything(),
            fix: FixMode::Safe,
            chosen: None,
            progress: &|| {},
        };
        let cached = Cache::in_folder(self.cache.path().join("below")).unwrap().run(&project(), &request);
        assert!(cached.unkept.is_none(), "{:?}", cached.unkept);
        assert_eq!(format!("{:?}", cached.outcome), format!("{:?}", run(&project(), &request)));
        cached.recalled
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache.path().join("below")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

/// Six files, of which five are parsed.
const FILES: [(&str, &str); 6] = [
    ("src/a.ts", "told();\n"),
    ("src/b.ts", "// phase2-ignore fine: for a test\nfine();\nfine();\n"),
    ("src/c.ts", "x();\n"),
    ("src/d.ts", "import { a } from './a'; // é\nfine();\r\n"),
    ("src/words.ts", "said(); // fine\n"),
    ("src/broken.ts", "fine(;\n"),
];

#[test]
fn only_files_with_other_texts_are_parsed() {
    let session = Session::of(&FILES);
    assert_eq!([session.look(), session.look(), session.look()], [0, 5, 5]);
    session.tree.write("src/b.ts", b"fine(); fine();\n");
    assert_eq!([session.look(), session.look()], [4, 5]);
    // It holds nothing any more, which is known without a look.
    session.tree.write("src/b.ts", b"x();\n");
    assert_eq!([session.look(), session.look()], [4, 4]);
    assert_eq!(session.files().len(), 1);
}

#[test]
fn all_are_parsed_again_if_what_they_consulted_changes() {
    let session = Session::of(&FILES);
    session.look();
    session.tree.write("src/words.ts", b"// more\nsaid(); // fine\n");
    assert_eq!([session.look(), session.look()], [0, 5]);
    // As long as somebody may go by it; and that it isn't there is an answer too.
    std::fs::remove_file(session.tree.path("src/a.ts")).unwrap();
    assert_eq!([session.look(), session.look()], [0, 4]);
    session.tree.write("src/words.ts", b"said(2); // fine\n");
    assert_eq!(session.look(), 3);
}

#[test]
fn all_are_parsed_again_if_files_come_or_go() {
    let session = Session::of(&FILES);
    session.look();
    session.tree.write("src/new.ts", b"x();\n");
    assert_eq!([session.look(), session.look()], [0, 5]);
    // What a fix would bring along is there.
    session.tree.write("src/brought.ts", b"export {};\n");
    assert_eq!([session.look(), session.look()], [0, 5]);
}

#[test]
fn all_are_parsed_again_if_the_project_is_written_or_deployed_another_way() {
    let relative = "import a from './a';\n".repeat(12);
    let mut files = FILES.to_vec();
    files.push(("tsconfig.json", r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#));
    files.push(("src/relative.ts", &relative));
    files.push(("supabase/functions/f/index.ts", "fine();\n"));
    let mut session = Session::of(&files);
    session.rules.push(rule("alias", |place| {
        let specifier = place.project.specifier(&place.file.path, &rel("src/words.ts"), &[]);
        safe([place.replace(&format!("import '{specifier}'"))])
    }));
    session.tree.write("src/c.ts", b"alias\n");
    assert_eq!([session.look(), session.look()], [0, 7]);
    session.tree.write("src/relative.ts", b"import a from '@/a';\n");
    assert_eq!([session.look(), session.look()], [0, 7]);
    for (path, text) in [
        ("tsconfig.json", r#"{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }"#),
        ("supabase/config.toml", "[functions.f]\nverify_jwt = false\n"),
        ("supabase/migrations/1.sql", "select 1;\n"),
        ("Makefile", "deploy:\n\tsupabase functions deploy --no-verify-jwt\n"),
    ] {
        session.tree.write(path, text.as_bytes());
        assert_eq!([session.look(), session.look()], [0, 7], "{path}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_each_time() {
    let mut files = FILES.to_vec();
    files.push(("tsconfig.json", "{ \"compilerOptions\": "));
    let mut session = Session::of(&files);
    session.rules.push(rule("alias", |place| {
        let specifier = place.project.specifier(&place.file.path, &rel("src/words.ts"), &[]);
        safe([place.replace(&format!("import '{specifier}'"))])
    }));
    session.tree.write("src/c.ts", b"alias\n");
    assert_eq!([session.look(), session.look()], [0, 0]);
    session.tree.write("tsconfig.json", b"{}");
    assert_eq!([session.look(), session.look()], [0, 6]);
    session.tree.write("tsconfig.json", b"{");
    assert_eq!([session.look(), session.look()], [0, 0]);
}

#[test]
fn each_configuration_and_list_of_rules_has_its_own_results() {
    let mut session = Session::of(&FILES);
    assert_eq!([session.look(), session.look()], [0, 5]);
    session.config = "[console]\nexclude = [\"src/x.ts\"]\n".to_owned();
    assert_eq!([session.look(), session.look()], [0, 5]);
    session.rules.pop();
    assert_eq!([session.look(), session.look()], [0, 2]);
    session.config.clear();
    assert_eq!([session.look(), session.look()], [0, 2]);
    session.rules.push(fine());
    assert_eq!([session.look(), session.files().len()], [5, 4]);
}

#[test]
fn a_few_results_are_kept() {
    let mut session = Session::of(&FILES);
    for number in 0..12 {
        session.config = format!("[console]\nexclude = [\"src/x{number}.ts\"]\n");
        assert_eq!([session.look(), session.look()], [0, 5]);
    }
    assert_eq!(session.files().len(), 8);
}

#[test]
fn a_corrupt_file_is_none() {
    let session = Session::of(&FILES);
    session.look();
    let file = session.files().pop().unwrap();
    let whole = std::fs::read(&file).unwrap();
    let is_ignored = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(session.look(), 0);
        let written = std::fs::read(&file).unwrap();
        assert_eq!(written.len(), whole.len(), "it is written anew");
    };
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        is_ignored(&bytes);
        is_ignored(&whole[..at]);
    }
    is_ignored(&[whole.as_slice(), b"x"].concat());
    assert_eq!(session.look(), 5);
}

#[test]
fn what_a_rule_failed_at_is_not_kept() {
    let mut session = Session::of(&[("src/a.ts", "flawed();\n"), ("src/b.ts", "fine();\n")]);
    session.rules.push(rule("flawed", |_| panic!("this panic belongs to a test")));
    assert_eq!([session.look(), session.look()], [0, 1]);
}
