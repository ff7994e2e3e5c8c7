//! What is looked at again between runs.

use super::*;
use crate::engine::Memory;

/// A rule whose violations are told in the words of `src/words.ts`, from which it takes them while it collects.
fn told() -> Box<dyn Rule> {
    rule("told", |place| safe([place.swap_in("src/words.ts", "said", "written"), place.replace("done")]))
}

struct Session {
    tree: Tree,
    memory: Memory,
    rules: Vec<Box<dyn Rule>>,
}

impl Session {
    fn of(files: &[(&str, &str)]) -> Session {
        Session { tree: Tree::new(files), memory: Memory::new(), rules: vec![told(), fine()] }
    }

    /// How many files a run looks at while the documents `open` are; it has to come to what a run without a memory does.
    fn look(&mut self, open: &[(&str, &str)]) -> usize {
        let project = Project::open(&self.tree.path(""), Config::built_in()).unwrap();
        self.look_at(&project, open)
    }

    fn look_at(&mut self, project: &Project, open: &[(&str, &str)]) -> usize {
        let project = project.with_overlay(open.iter().map(|(path, text)| (rel(path), (*text).into())));
        let request = Request {
            rules: &self.rules,
            suppression: true,
            selection: &crate::project::Selection::everything(),
            fix: FixMode::Safe,
            chosen: None,
            progress: &|| {},
        };
        let found = self.memory.run(&project, &request, &|_| true);
        let expected = run(&project, &request);
        assert_eq!(format!("{:?}", found.found), format!("{:?}", expected.found));
        assert_eq!(format!("{:?}", found.remaining), format!("{:?}", expected.remaining));
        assert_eq!(found.changes, expected.changes);
        let looked_at = self.memory.looked_at();
        let found = self.memory.find(&project, &request, &|_| true);
        assert_eq!(format!("{found:?}"), format!("{:?}", expected.found));
        assert_eq!(self.memory.looked_at(), 0);
        looked_at
    }
}

const FILES: [(&str, &str); 4] =
    [("src/a.ts", "told();\n"), ("src/b.ts", "fine();\n"), ("src/c.ts", "x();\n"), ("src/words.ts", "said();\n")];

#[test]
fn only_files_with_other_texts_are_looked_at() {
    let mut session = Session::of(&FILES);
    assert_eq!(session.look(&[]), 4);
    assert_eq!(session.look(&[]), 0);
    // Opened as it is on disk, and changed; then closed.
    assert_eq!(session.look(&[("src/b.ts", "fine();\n")]), 1);
    assert_eq!(session.look(&[("src/b.ts", "fine(); fine();\n")]), 1);
    assert_eq!(session.look(&[("src/b.ts", "fine(); fine();\n")]), 0);
    assert_eq!(session.look(&[("src/b.ts", "x(); // nothing\n"), ("src/c.ts", "fine();\n")]), 2);
    assert_eq!(session.look(&[]), 2);
}

#[test]
fn a_file_on_disk_is_read_again_when_that_is_said() {
    let mut session = Session::of(&FILES);
    session.look(&[]);
    session.tree.write("src/c.ts", b"fine();\n");
    session.memory.forget(&rel("src/c.ts"));
    assert_eq!(session.look(&[]), 1);
}

#[test]
fn all_are_looked_at_again_if_what_they_consulted_changes() {
    let mut session = Session::of(&FILES);
    session.look(&[]);
    assert_eq!(session.look(&[("src/words.ts", "// more\nsaid();\n")]), 4);
    assert_eq!(session.look(&[("src/words.ts", "// more\nsaid();\n")]), 0);
    assert_eq!(session.look(&[("src/a.ts", "x();\n"), ("src/words.ts", "// more\nsaid();\n")]), 1);
    assert_eq!(session.look(&[("src/a.ts", "x();\n")]), 4, "somebody may still go by it");
    // Since then nobody does.
    assert_eq!(session.look(&[("src/a.ts", "x();\n"), ("src/words.ts", "// less\n")]), 1);
}

#[test]
fn all_are_looked_at_again_if_files_come_or_go() {
    let mut session = Session::of(&FILES);
    session.look(&[]);
    assert_eq!(session.look(&[("src/new.ts", "fine();\n")]), 5);
    assert_eq!(session.look(&[("src/new.ts", "fine();\n")]), 0);
    assert_eq!(session.look(&[]), 4);
}

#[test]
fn all_are_looked_at_again_if_the_project_is_written_another_way() {
    let relative = "import a from './a';\n".repeat(12);
    let mut files = FILES.to_vec();
    files.push(("tsconfig.json", r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#));
    files.push(("src/relative.ts", &relative));
    let mut session = Session::of(&files);
    session.rules.push(rule("alias", |place| {
        let specifier = place.project.specifier(&place.file.path, &rel("src/words.ts"), &[]);
        safe([place.replace(&format!("import '{specifier}'"))])
    }));
    let alias = ("src/c.ts", "alias\n");
    let project = Project::open(&session.tree.path(""), Config::built_in()).unwrap();
    assert_eq!(session.look_at(&project, &[alias]), 5);
    assert_eq!(session.look_at(&project, &[alias, ("src/b.ts", "fine(1);\n")]), 1);
    let aliased = ("src/b.ts", "import a from '@/a';\n");
    assert_eq!(session.look_at(&project, &[alias, aliased]), 5);
}
