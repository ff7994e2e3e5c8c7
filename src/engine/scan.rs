//! Which files are parsed, and what is kept of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::ahead::Ahead;
use super::comments;
use super::passes::{Failure, Hits, Passes, guarded};
use super::shelf::Shelf;
use crate::project::{Problem, Project, ProjectFile, RelPath, hash, is_generated, is_minified};
use crate::rules::Facts;
use crate::rules::suppression::{self, Directive};
use crate::syntax::Dialect;
use crate::syntax::imports::Imports;
use crate::syntax::source::SourceFile;

/// How many bytes of source may keep their trees until the proof, which then need not parse them from scratch. A tree
/// takes about 20 times the memory of its source.
pub const KEPT_SOURCE_BYTES: usize = 16 << 20;

/// How many triggers a file may have. People write some hundreds at most; each is compared with others in places, so that a
/// crafted file could hold a run for minutes.
const MAX_HITS: usize = 2000;

/// What was seen of a project.
#[derive(Debug, Default)]
pub struct Scan {
    /// The files that hold something for a rule, or a directive.
    pub records: BTreeMap<RelPath, Record>,
    /// The files that couldn't be read, and what couldn't be listed.
    pub problems: Vec<Problem>,
    pub files_seen: usize,
    pub files_parsed: usize,
}

/// What is kept of one file.
#[derive(Debug)]
pub struct Record {
    pub entry: ProjectFile,
    pub snapshot: Arc<Snapshot>,
    /// One for each rule.
    pub facts: Vec<Option<Facts>>,
    pub directives: Vec<Directive>,
    /// The rules that failed at this file.
    pub failures: Vec<Failure>,
    /// The proof of its fixes, if they were proved right away.
    pub ahead: Option<Ahead>,
}

/// A text, and what the plan and the proof must know of its tree.
#[derive(Debug)]
pub struct Snapshot {
    pub text: Arc<str>,
    pub imports: Arc<Imports>,
    /// The places that the grammar couldn't read.
    pub errors: Vec<Range<usize>>,
    /// The comments.
    pub comments: Vec<Range<usize>>,
    /// The parsed file, while there is room for it.
    pub tree: Option<SourceFile>,
}

/// The records of a project at one moment: those of the first scan, and over them those of files that were looked at
/// again since.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub first: &'a BTreeMap<RelPath, Record>,
    pub since: &'a BTreeMap<RelPath, Record>,
}

impl<'a> View<'a> {
    pub fn get(&self, path: &RelPath) -> Option<&'a Record> {
        self.since.get(path).or_else(|| self.first.get(path))
    }

    /// All records, sorted by path.
    pub fn records(&self) -> Vec<&'a Record> {
        if self.since.is_empty() {
            return self.first.values().collect();
        }
        let mut records: BTreeMap<&RelPath, &Record> = self.first.iter().collect();
        records.extend(self.since);
        records.into_values().collect()
    }
}

impl Record {
    pub fn path(&self) -> &RelPath {
        &self.entry.path
    }

    /// Lets the tree go, unless somebody is looking at it.
    pub fn drop_tree(&mut self) {
        if let Some(snapshot) = Arc::get_mut(&mut self.snapshot) {
            snapshot.tree = None;
        }
    }

    /// The record of a file, whether there is anything in it or not.
    pub fn of(entry: &ProjectFile, file: &SourceFile, passes: &Passes<'_>) -> Record {
        Findings::of(entry, file, passes, &passes.hits(&file.text)).into_record(entry, Snapshot::of(file))
    }
}

impl Snapshot {
    /// Of a file whose tree isn't kept.
    pub fn of(file: &SourceFile) -> Snapshot {
        Snapshot {
            text: Arc::clone(&file.text),
            imports: Arc::clone(file.imports()),
            errors: file.errors().to_vec(),
            comments: comments::find(file),
            tree: None,
        }
    }

    /// Of a file whose tree is kept.
    pub fn with_tree(file: SourceFile) -> Snapshot {
        let snapshot = Snapshot::of(&file);
        Snapshot { tree: Some(file), ..snapshot }
    }
}

/// What the rules find in one file.
struct Findings {
    facts: Vec<Option<Facts>>,
    directives: Vec<Directive>,
    failures: Vec<Failure>,
}

impl Findings {
    fn of(entry: &ProjectFile, file: &SourceFile, passes: &Passes<'_>, hits: &Hits) -> Findings {
        let (facts, failures) = passes.collect(entry, file, hits);
        Findings { facts, directives: suppression::directives(file, &hits.directives), failures }
    }

    fn is_empty(&self) -> bool {
        self.facts.iter().all(Option::is_none) && self.directives.is_empty() && self.failures.is_empty()
    }

    fn into_record(self, entry: &ProjectFile, snapshot: Snapshot) -> Record {
        let Findings { facts, directives, failures } = self;
        Record { entry: entry.clone(), snapshot: Arc::new(snapshot), facts, directives, failures, ahead: None }
    }
}

/// What is known of a file from a look at it before.
#[derive(Clone, Copy)]
pub enum Former<'a, 'c> {
    /// Nothing.
    Nothing,
    /// Its tree when it held another text.
    Tree(&'a SourceFile),
    /// What was kept of it, if that is on the shelf.
    Kept(&'a Shelf<'c>),
}

/// What came of one file.
#[derive(Debug)]
pub enum Seen {
    /// It is generated or minified.
    LeftOut,
    /// Nothing in it is wanted.
    Clean,
    /// It was parsed, and holds nothing after all.
    Parsed,
    Recorded(Box<Record>),
    Failed(Problem),
}

/// Scans all files of the project, and lets each of which there is something to tell be proved while its tree is at hand.
/// `progress` is called once for each file. What is on the `shelf` isn't parsed again; what is parsed is on it afterwards.
pub fn all(
    project: &Project,
    passes: &Passes<'_>,
    prove: &(dyn Fn(Record) -> Record + Sync),
    progress: &(dyn Fn() + Sync),
    shelf: Option<&Shelf<'_>>,
) -> Scan {
    let room = AtomicUsize::new(KEPT_SOURCE_BYTES);
    // The largest go first, since one of them may take as long as all others.
    let mut order: Vec<&ProjectFile> = project.files.iter().collect();
    order.sort_by_key(|file| std::cmp::Reverse(file.size));
    let look = |entry: &ProjectFile| {
        let former = shelf.map_or(Former::Nothing, Former::Kept);
        let seen = look(project, entry, passes, prove, &room, former);
        progress();
        seen
    };
    let seen: Vec<Seen> = order.into_par_iter().with_max_len(1).map(look).collect();

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

/// Looks at one file. Its tree is kept if there is `room`, in bytes of source, which it then takes.
pub fn look(
    project: &Project,
    entry: &ProjectFile,
    passes: &Passes<'_>,
    prove: &(dyn Fn(Record) -> Record + Sync),
    room: &AtomicUsize,
    former: Former<'_, '_>,
) -> Seen {
    let seen = guarded("the scan", Some(&entry.path), || look_into(project, entry, passes, prove, room, former));
    seen.unwrap_or_else(Seen::Failed)
}

fn look_into(
    project: &Project,
    entry: &ProjectFile,
    passes: &Passes<'_>,
    prove: &(dyn Fn(Record) -> Record + Sync),
    room: &AtomicUsize,
    former: Former<'_, '_>,
) -> Seen {
    let text = match project.sources.read_owned(&entry.path) {
        Ok(text) => text,
        Err(error) => {
            return Seen::Failed(Problem { path: Some(entry.path.clone()), message: format!("skipped: {error}") });
        }
    };
    if is_generated(&text) || is_minified(&text) {
        return Seen::LeftOut;
    }
    let hits = passes.hits(&text);
    let is_wanted = !hits.is_empty() || passes.want(entry, &text);
    let Some(dialect) = Dialect::of(&entry.path).filter(|_| is_wanted) else { return Seen::Clean };
    if hits.len() > MAX_HITS {
        return skipped(entry, &format!("it has more than {MAX_HITS} places to look at"));
    }
    let parse = |text: String| SourceFile::parse(entry.path.clone(), text.into(), dialect);
    let settle = |file: SourceFile| settle(entry, file, &hits, passes, prove, room);
    match former {
        Former::Nothing => settle(parse(text)),
        Former::Tree(tree) => settle(tree.retyped(text.into())),
        Former::Kept(shelf) => {
            let hash = hash(&text);
            shelf.recall(entry, &text, hash, passes).unwrap_or_else(|| {
                let seen = settle(parse(text));
                shelf.keep(&entry.path, hash, &seen, passes);
                seen
            })
        }
    }
}

/// What there is to keep of a file that was parsed.
fn settle(
    entry: &ProjectFile,
    file: SourceFile,
    hits: &Hits,
    passes: &Passes<'_>,
    prove: &(dyn Fn(Record) -> Record + Sync),
    room: &AtomicUsize,
) -> Seen {
    if file.is_given_up() {
        return skipped(entry, "it takes too long to parse");
    }
    let findings = Findings::of(entry, &file, passes, hits);
    if findings.is_empty() {
        return Seen::Parsed;
    }
    let mut record = prove(findings.into_record(entry, Snapshot::with_tree(file)));
    let fits = |left: usize| left.checked_sub(record.snapshot.text.len());
    if record.snapshot.tree.is_some() && room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
        record.drop_tree();
    }
    Seen::Recorded(Box::new(record))
}

fn skipped(entry: &ProjectFile, why: &str) -> Seen {
    Seen::Failed(Problem { path: Some(entry.path.clone()), message: format!("skipped: {why}: exclude it") })
}
