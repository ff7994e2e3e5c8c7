//! What is kept of each file from one run to the next, and what a run adds to it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::ahead::Ahead;
use super::merge::apply;
use super::passes::Passes;
use super::scan::{Record, Seen, Snapshot};
use crate::edit::Edit;
use crate::project::{Hash, ProjectFile, RelPath};
use crate::rules::kept::{self, Texts};
use crate::rules::suppression::Directive;
use crate::syntax::imports::Imports;

/// What is kept of one file that was parsed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct KeptFile<'a> {
    path: &'a str,
    /// That of its text.
    hash: Hash,
    /// Its record; `None` if there is nothing in it.
    record: Option<&'a [u8]>,
}

/// What is known of files, and what becomes known of them.
#[derive(Debug, Default)]
pub struct Shelf<'a> {
    known: HashMap<&'a str, KeptFile<'a>>,
    texts: Texts,
    placed: Mutex<Vec<Placed<'a>>>,
}

/// What is to be kept of a file that was looked at, or need not be.
#[derive(Debug)]
pub struct Placed<'a> {
    path: RelPath,
    hash: Hash,
    record: Option<Cow<'a, [u8]>>,
    is_new: bool,
}

/// What a run leaves of all files.
#[derive(Debug)]
pub struct Placements<'a> {
    /// Of each file that was parsed, or was known.
    pub files: Vec<Placed<'a>>,
    /// Those of new files.
    pub texts: Vec<Arc<str>>,
    /// How many files were known.
    pub recalled: usize,
    /// Whether anything is another than it was.
    pub is_news: bool,
}

/// What a record has beside the text.
#[derive(Debug, Serialize, Deserialize)]
struct KeptRecord<'a> {
    snapshot: KeptSnapshot,
    /// One for each rule.
    #[serde(borrow)]
    facts: Vec<Option<&'a [u8]>>,
    directives: Vec<Directive>,
    ahead: Option<KeptAhead>,
}

/// What a snapshot has beside its text.
#[derive(Debug, Serialize, Deserialize)]
struct KeptSnapshot {
    imports: Imports,
    errors: Vec<Range<usize>>,
    comments: Vec<Range<usize>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptAhead {
    edits: Vec<Edit>,
    removed: Vec<Range<usize>>,
    after: KeptSnapshot,
}

impl<'a> Shelf<'a> {
    /// A shelf with `files`; the texts of new files in them are among `texts`.
    pub fn of(files: impl IntoIterator<Item = KeptFile<'a>>, texts: Texts) -> Shelf<'a> {
        let known = files.into_iter().map(|kept| (kept.path, kept)).collect();
        Shelf { known, texts, placed: Mutex::default() }
    }

    /// What was seen of a file that held `text`, of this hash; `None` if nobody knows.
    pub fn recall(&self, entry: &ProjectFile, text: &str, hash: Hash, passes: &Passes<'_>) -> Option<Seen> {
        let known = self.known.get(entry.path.as_str()).filter(|known| known.hash == hash)?;
        let seen = match known.record {
            None => Seen::Parsed,
            Some(record) => Seen::Recorded(Box::new(self.record(entry, text, record, passes)?)),
        };
        self.place(Placed { path: entry.path.clone(), hash, record: known.record.map(Cow::Borrowed), is_new: false });
        Some(seen)
    }

    /// Keeps what was seen of a file that holds a text of this hash, if that can be kept.
    pub fn keep(&self, path: &RelPath, hash: Hash, seen: &Seen, passes: &Passes<'_>) {
        let record = match seen {
            Seen::Parsed => None,
            Seen::Recorded(record) => match self.bytes(record, passes) {
                Some(bytes) => Some(Cow::Owned(bytes)),
                None => return,
            },
            Seen::LeftOut | Seen::Clean | Seen::Failed(_) => return,
        };
        self.place(Placed { path: path.clone(), hash, record, is_new: true });
    }

    /// What there is to keep now.
    pub fn finish(self) -> Placements<'a> {
        let files = self.placed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let recalled = files.iter().filter(|placed| !placed.is_new).count();
        let is_news = recalled < files.len() || recalled < self.known.len();
        Placements { files, texts: self.texts.all(), recalled, is_news }
    }

    fn place(&self, placed: Placed<'a>) {
        self.placed.lock().unwrap_or_else(PoisonError::into_inner).push(placed);
    }

    fn bytes(&self, record: &Record, passes: &Passes<'_>) -> Option<Vec<u8>> {
        if !record.failures.is_empty() {
            return None;
        }
        let facts = passes.keep(&record.facts, &self.texts)?;
        kept::bytes(&KeptRecord {
            snapshot: KeptSnapshot::of(&record.snapshot),
            facts: facts.iter().map(Option::as_deref).collect(),
            directives: record.directives.clone(),
            ahead: record.ahead.as_ref().map(|ahead| KeptAhead {
                edits: ahead.edits.clone(),
                removed: ahead.removed.clone(),
                after: KeptSnapshot::of(&ahead.after),
            }),
        })
    }

    fn record(&self, entry: &ProjectFile, text: &str, record: &[u8], passes: &Passes<'_>) -> Option<Record> {
        let KeptRecord { snapshot, facts, directives, ahead } = postcard::from_bytes(record).ok()?;
        let ahead = match ahead {
            Some(KeptAhead { edits, removed, after }) => {
                let after = Arc::new(after.with(apply(text, &edits)?.into()));
                Some(Ahead { edits, removed, after })
            }
            None => None,
        };
        Some(Record {
            entry: entry.clone(),
            snapshot: Arc::new(snapshot.with(text.into())),
            facts: passes.recall(entry, &facts, &self.texts)?,
            directives,
            failures: Vec::new(),
            ahead,
        })
    }
}

impl Placed<'_> {
    /// As it is kept.
    pub fn kept(&self) -> KeptFile<'_> {
        KeptFile { path: self.path.as_str(), hash: self.hash, record: self.record.as_deref() }
    }
}

impl KeptSnapshot {
    fn of(snapshot: &Snapshot) -> KeptSnapshot {
        KeptSnapshot {
            imports: Imports::clone(&snapshot.imports),
            errors: snapshot.errors.clone(),
            comments: snapshot.comments.clone(),
        }
    }

    fn with(self, text: Arc<str>) -> Snapshot {
        let KeptSnapshot { imports, errors, comments } = self;
        Snapshot { text, imports: Arc::new(imports), errors, comments, tree: None }
    }
}
