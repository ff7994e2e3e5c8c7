//! `syntax::scope` must say the same as the TypeScript compiler: of every occurrence of a name whether it is a
//! declaration or a reference and what it resolves to, and at every call whether an import could take the name.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "scope_oracle/generate.rs"]
mod generate;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use phase2::project::RelPath;
use phase2::syntax::Dialect;
use phase2::syntax::parse::parse;
use phase2::syntax::scope::{Declaration, Name};
use serde::{Deserialize, Serialize};

const NAMES: [&str; 6] = ["console", "log", "logger", "window", "globalThis", "Log"];

/// A file that both sides are asked about.
#[derive(Serialize)]
struct Program {
    path: String,
    text: String,
    names: [&'static str; 6],
}

impl Program {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Program {
        Program { path: path.into(), text: text.into(), names: NAMES }
    }
}

/// What oracle.mjs says of a program. All numbers are byte offsets.
#[derive(Deserialize)]
struct Answer {
    error: Option<String>,
    #[serde(default)]
    calls: Vec<usize>,
    #[serde(default)]
    names: BTreeMap<String, NameAnswer>,
}

/// The starts of the declarations that a name means; `None` for a global.
type Target = Option<Vec<usize>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameAnswer {
    declarations: BTreeSet<usize>,
    references: BTreeMap<usize, Target>,
    type_references: BTreeMap<usize, Target>,
    /// For each call what the name means there, and whether an import that the call sees may be added.
    calls: Vec<(Target, bool)>,
}

/// The programs of `corpus.txt`, each under a line `--- <path>`.
fn corpus() -> Vec<Program> {
    let programs: Vec<Program> = include_str!("scope_oracle/corpus.txt")
        .split("\n---")
        .map(|case| {
            let (title, text) = case.split_once('\n').unwrap();
            Program::new(title.trim().trim_start_matches("---").trim(), text)
        })
        .collect();
    assert!(programs.len() > 50, "the corpus was cut wrongly: {}", programs.len());
    programs
}

#[test]
fn hand_written_programs() {
    compare(&corpus(), Invalid::Refused);
}

/// The compiler repairs broken programs in its own way, so there is nothing to compare; but what is found must be there.
#[test]
fn broken_programs_are_survived() {
    for program in corpus() {
        let dialect = Dialect::of(&RelPath::new(&program.path).unwrap()).unwrap();
        for cut in (0..program.text.len()).step_by(7).filter(|&cut| program.text.is_char_boundary(cut)) {
            for text in [&program.text[..cut], &program.text[cut..]] {
                let tree = parse(text, dialect).tree;
                for name in NAMES {
                    let found = Name::find(tree.root_node(), text, name);
                    let declared = found.declarations.iter().map(|declaration| &declaration.range);
                    for range in declared.chain(&found.references).chain(&found.type_references) {
                        assert_eq!(&text[range.clone()], name, "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn fixtures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let programs: Vec<Program> = walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().to_str()?.replace('\\', "/");
            Dialect::of(&RelPath::new(&path)?)?;
            Some(Program::new(path, std::fs::read_to_string(entry.path()).ok()?))
        })
        .collect();
    compare(&programs, Invalid::Skipped);
}

#[test]
fn generated_programs() {
    let programs: Vec<Program> =
        (0..400).map(|seed| Program::new(format!("seed-{seed}.ts"), generate::program(seed, &NAMES))).collect();
    let seen = compare(&programs, Invalid::Refused);
    // Programs in which everything is global, or nothing is free, would prove little.
    assert!(seen.resolved > 10_000 && seen.global > 1_000 && seen.free > 1_000 && seen.taken > 10_000, "{seen:?}");
}

/// How often the compiler gave each answer.
#[derive(Debug, Default)]
struct Seen {
    resolved: usize,
    global: usize,
    free: usize,
    taken: usize,
}

impl Seen {
    fn add(&mut self, answer: &NameAnswer) {
        let targets = answer.references.values().chain(answer.calls.iter().map(|(target, _)| target));
        let (resolved, global): (Vec<_>, Vec<_>) = targets.partition(|target| target.is_some());
        let (free, taken): (Vec<_>, Vec<_>) = answer.calls.iter().partition(|(_, free)| *free);
        self.resolved += resolved.len();
        self.global += global.len();
        self.free += free.len();
        self.taken += taken.len();
    }
}

/// What becomes of programs that the compiler can't parse.
#[derive(PartialEq)]
enum Invalid {
    Refused,
    Skipped,
}

fn compare(programs: &[Program], invalid: Invalid) -> Seen {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scope_oracle/oracle.mjs");
    let output = support::node::run_script(&script, &serde_json::to_vec(programs).unwrap());
    let answers: Vec<Answer> = serde_json::from_slice(&output).unwrap();
    assert_eq!(answers.len(), programs.len());

    let mut report = String::new();
    for (program, answer) in programs.iter().zip(&answers) {
        let mismatches = match &answer.error {
            Some(error) if invalid == Invalid::Refused => vec![format!("the compiler says: {error}")],
            Some(_) => continue,
            None => mismatches(program, answer),
        };
        if !mismatches.is_empty() {
            writeln!(report, "\n=== {}\n{}\n--- {}", program.path, program.text, mismatches.join("\n--- ")).unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
    let mut seen = Seen::default();
    answers.iter().flat_map(|answer| answer.names.values()).for_each(|answer| seen.add(answer));
    seen
}

fn mismatches(program: &Program, answer: &Answer) -> Vec<String> {
    let dialect = Dialect::of(&RelPath::new(&program.path).unwrap()).unwrap();
    let parsed = parse(&program.text, dialect);
    let at = |offset: usize| {
        let before = &program.text[..offset];
        format!("{}:{}", before.matches('\n').count() + 1, offset - before.rfind('\n').map_or(0, |end| end + 1) + 1)
    };
    let targets = |starts: &Target| {
        starts
            .as_ref()
            .map_or("global".to_owned(), |starts| starts.iter().map(|&s| at(s)).collect::<Vec<_>>().join(", "))
    };
    let mut found = Vec::new();
    for (name, expected) in &answer.names {
        let scope = Name::find(parsed.tree.root_node(), &program.text, name);

        let declarations: BTreeSet<usize> = scope.declarations.iter().map(|d| d.range.start).collect();
        for &offset in declarations.symmetric_difference(&expected.declarations) {
            let who = if declarations.contains(&offset) { "scope.rs" } else { "TypeScript" };
            found.push(format!("{name} at {}: a declaration, says {who} alone", at(offset)));
        }
        let mut same = |what: &str, offset: usize, ours: Option<&Declaration>, theirs: &Target| {
            let agree = match (ours, theirs) {
                (None, None) => true,
                (Some(ours), Some(theirs)) => theirs.contains(&ours.range.start),
                _ => false,
            };
            if !agree {
                let ours = ours.map_or("global".to_owned(), |ours| format!("{} {:?}", at(ours.range.start), ours.kind));
                found.push(format!("{what} {name} at {}: {ours}, but TypeScript: {}", at(offset), targets(theirs)));
            }
        };
        for (what, ours, theirs) in [
            ("value", &scope.references, &expected.references),
            ("type", &scope.type_references, &expected.type_references),
        ] {
            let resolve = |offset| if what == "value" { scope.resolve(offset) } else { scope.resolve_type(offset) };
            for Range { start, .. } in ours {
                match theirs.get(start) {
                    Some(target) => same(what, *start, resolve(*start), target),
                    None => same(&format!("no {what} reference:"), *start, resolve(*start), &Some(vec![])),
                }
            }
            for offset in theirs.keys().filter(|offset| !ours.iter().any(|range| range.start == **offset)) {
                same(&format!("missed {what} reference:"), *offset, None, &Some(vec![]));
            }
        }
        for (&offset, (target, _)) in answer.calls.iter().zip(&expected.calls) {
            same("new use of", offset, scope.resolve(offset), target);
        }
        for (&offset, (_, free)) in answer.calls.iter().zip(&expected.calls) {
            if scope.is_free_for_import(&[offset]) != *free {
                found.push(format!(
                    "{name} free for an import, used at {}: {}, but TypeScript: {free}",
                    at(offset),
                    !free
                ));
            }
        }
    }
    found
}
