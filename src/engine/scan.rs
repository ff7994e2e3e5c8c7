//! Which files are parsed, and what is kept of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::Request;
use crate::project::{Problem, Project, ProjectFile, RelPath, is_generated, is_minified};
use crate::rules::suppression::{self, Directive};
use crate::rules::{Facts, Pass};
use crate::syntax::Dialect;
use crate::syntax::imports::Imports;
use crate::syntax::source::SourceFile;

/// How much source may keep its trees until the proof, which then need not parse it from scratch. A tree takes about 20
/// times the memory of its source.
const KEPT_SOURCE_BYTES: usize = 8 << 20;

/// What was seen of a project.
pub struct Scan {
    /// The files that hold something for a rule, or a directive.
    pub records: BTreeMap<RelPath, Record>,
    /// The files that couldn't be read.
    pub problems: Vec<Problem>,
    pub files_seen: usize,
    pub files_parsed: usize,
}

/// What is kept of one file.
pub struct Record {
    pub entry: ProjectFile,
    pub text: Arc<str>,
    /// One for each rule.
    pub facts: Vec<Option<Facts>>,
    pub directives: Vec<Directive>,
    pub imports: Arc<Imports>,
    /// How many places the grammar couldn't read.
    pub errors: usize,
    /// The parsed file, while there is room for it.
    pub kept: Option<SourceFile>,
}

/// The records of a project at one moment: those of the first scan, and over them those of files that were changed since.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub first: &'a BTreeMap<RelPath, Record>,
    pub changed: &'a BTreeMap<RelPath, Record>,
}

impl<'a> View<'a> {
    pub fn get(&self, path: &RelPath) -> Option<&'a Record> {
        self.changed.get(path).or_else(|| self.first.get(path))
    }

    /// All records, sorted by path.
    pub fn records(&self) -> Vec<&'a Record> {
        let old = self.first.values().filter(|record| !self.changed.contains_key(record.path()));
        let mut records: Vec<&Record> = old.chain(self.changed.values()).collect();
        records.sort_by_key(|record| record.path());
        records
    }
}

impl Record {
    pub fn path(&self) -> &RelPath {
        &self.entry.path
    }
}

/// Finds the triggers of all rules in one go.
pub struct Triggers {
    automaton: AhoCorasick,
    /// For each pattern, the rules that want it; the last pattern is that of the directives.
    rules: Vec<Vec<usize>>,
}

impl Triggers {
    pub fn of(request: &Request<'_>) -> Triggers {
        let mut words: Vec<&str> = request.rules.iter().flat_map(|rule| rule.meta().triggers).copied().collect();
        words.sort_unstable();
        words.dedup();
        let wants = |word: &&str| {
            let rules = request.rules.iter().enumerate();
            rules.filter(|(_, rule)| rule.meta().triggers.contains(word)).map(|(index, _)| index).collect()
        };
        let rules: Vec<Vec<usize>> = words.iter().map(wants).collect();
        words.push(suppression::TRIGGER);
        let automaton = AhoCorasick::new(&words).expect("a handful of short words");
        Triggers { automaton, rules }
    }

    /// The byte offsets that each rule wants, and those of directives.
    fn hits(&self, text: &str, rules: usize) -> (Vec<Vec<usize>>, Vec<usize>) {
        let (mut hits, mut directives) = (vec![Vec::new(); rules], Vec::new());
        for found in self.automaton.find_overlapping_iter(text) {
            match self.rules.get(found.pattern().as_usize()) {
                Some(rules) => rules.iter().for_each(|rule| hits[*rule].push(found.start())),
                None => directives.push(found.start()),
            }
        }
        (hits, directives)
    }
}

/// What came of one file.
enum Seen {
    /// It is generated or minified.
    LeftOut,
    /// Nothing in it is wanted.
    Clean,
    /// It was parsed, and holds nothing after all.
    Parsed,
    Recorded(Box<Record>),
    Failed(Problem),
}

/// Scans all files of the project. The largest go first, since one of them may take as long as all others.
pub fn all(project: &Project, request: &Request<'_>, passes: &[Box<dyn Pass + '_>]) -> Scan {
    let triggers = Triggers::of(request);
    let room = AtomicUsize::new(KEPT_SOURCE_BYTES);
    let mut order: Vec<&ProjectFile> = project.files.iter().collect();
    order.sort_by_key(|file| std::cmp::Reverse(file.size));
    let seen: Vec<Seen> = order
        .into_par_iter()
        .with_max_len(1)
        .map(|entry| {
            let seen = look(project, entry, &triggers, passes, request.fix.is_some().then_some(&room));
            (request.progress)();
            seen
        })
        .collect();
    let mut scan =
        Scan { records: BTreeMap::new(), problems: project.problems.clone(), files_seen: seen.len(), files_parsed: 0 };
    for seen in seen {
        match seen {
            Seen::LeftOut => scan.files_seen -= 1,
            Seen::Clean => {}
            Seen::Parsed => scan.files_parsed += 1,
            Seen::Recorded(record) => {
                scan.files_parsed += 1;
                scan.records.insert(record.entry.path.clone(), *record);
            }
            Seen::Failed(problem) => scan.problems.push(problem),
        }
    }
    scan
}

fn look(
    project: &Project,
    entry: &ProjectFile,
    triggers: &Triggers,
    passes: &[Box<dyn Pass + '_>],
    room: Option<&AtomicUsize>,
) -> Seen {
    let text = match project.sources.read(&entry.path) {
        Ok(text) => text,
        Err(error) => {
            return Seen::Failed(Problem { path: Some(entry.path.clone()), message: format!("skipped: {error}") });
        }
    };
    if is_generated(&text) || is_minified(&text) {
        return Seen::LeftOut;
    }
    let (hits, directives) = triggers.hits(&text, passes.len());
    let Some(dialect) =
        Dialect::of(&entry.path).filter(|_| hits.iter().any(|hits| !hits.is_empty()) || !directives.is_empty())
    else {
        return Seen::Clean;
    };
    let file = SourceFile::parse(entry.path.clone(), text, dialect);
    let mut record = record(entry, file, passes, &hits, &directives);
    if record.facts.iter().all(Option::is_none) && record.directives.is_empty() {
        return Seen::Parsed;
    }
    let size = record.text.len();
    let fits = |left: usize| left.checked_sub(size);
    let keep = room.is_some_and(|room| room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok());
    record.kept = record.kept.filter(|_| keep);
    Seen::Recorded(Box::new(record))
}

/// The record of a file that was changed, for the next pass, be there anything in it or not.
pub fn again(entry: &ProjectFile, file: SourceFile, triggers: &Triggers, passes: &[Box<dyn Pass + '_>]) -> Record {
    let (hits, directives) = triggers.hits(&file.text, passes.len());
    record(entry, file, passes, &hits, &directives)
}

fn record(
    entry: &ProjectFile,
    file: SourceFile,
    passes: &[Box<dyn Pass + '_>],
    hits: &[Vec<usize>],
    directives: &[usize],
) -> Record {
    let collect = |(pass, hits): (&Box<dyn Pass + '_>, &Vec<usize>)| {
        (!hits.is_empty()).then(|| pass.collect(entry, &file, hits)).flatten()
    };
    let facts: Vec<Option<Facts>> = passes.iter().zip(hits).map(collect).collect();
    let directives = suppression::directives(&file, directives);
    Record {
        entry: entry.clone(),
        text: file.text.clone(),
        facts,
        directives,
        imports: file.imports().clone(),
        errors: file.errors().len(),
        kept: Some(file),
    }
}
