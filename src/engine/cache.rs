//! Results of former runs, in a folder: what each file came to, for all files that are as they were.
//!
//! What is kept of a file is what the scan makes of it: facts, directives, and the proof of its fixes. It counts only for the
//! same text, found by the same program with the same rules and configuration, in a project whose list of files, edge
//! functions and deployment are the same, and as long as all that was asked of other files while it was made has the same
//! answer. Violations, which depend on all files, are resolved anew each time, as are the plan and its proof.

use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::passes::Triggers;
use super::shelf::{KeptFile, Placed, Placements, Shelf};
use super::{Outcome, Request, Run};
use crate::program;
use crate::project::{Habit, Hash, Observed, Project, hash};
use crate::rules::kept::{self, Texts};

/// How many files a folder holds: one for each project, configuration and list of rules that was asked for last.
const MAX_FILES: usize = 8;

/// A folder with results of former runs. What can't be read there isn't there.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    program: String,
}

/// What a run with a cache came to.
#[derive(Debug)]
pub struct Cached {
    /// The same as without one.
    pub outcome: Outcome,
    /// How many files needed not be parsed.
    pub recalled: usize,
    /// Why nothing could be kept for the next run, if something went wrong.
    pub unkept: Option<io::Error>,
}

/// What a file of the folder says, behind the hash of all that.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    /// That of the project around its files' texts.
    around: Hash,
    /// What was asked of other files.
    observed: Observed,
    habits: Vec<Habit>,
    /// Those of new files.
    texts: Vec<&'a str>,
    #[serde(borrow)]
    files: Vec<KeptFile<'a>>,
}

impl Cache {
    /// The one in `folder`, which need not be there; `None` if nobody can tell which program this is.
    pub fn in_folder(folder: PathBuf) -> Option<Cache> {
        Some(Cache { folder, program: program::identity()? })
    }

    /// Runs `request` over `project` as [`super::run`] does, but parses those files only of which nothing is kept.
    pub fn run(&self, project: &Project, request: &Request<'_>) -> Cached {
        let file = self.file_of(project, request);
        let bytes = fs::read(&file).unwrap_or_default();
        let around = around(project);
        let stored = Stored::read(&bytes).filter(|stored| stored.is_about(project, around));

        let observer = Arc::default();
        let project = &project.observed_by(&observer);
        let run = Run {
            project,
            request,
            triggers: Triggers::of(request.rules, &project.config),
            asked: &|_| true,
            only_proves: false,
        };
        let passes = run.start(project);
        let shelf = stored.as_ref().map(Stored::shelf).unwrap_or_default();
        let scan = run.scan(&passes, Some(&shelf));
        // Before anything is resolved: that is done anew, whatever it reads.
        let observed = match (observer.finish(), &stored) {
            (Some(observed), Some(stored)) => observed.and(&stored.observed),
            (observed, _) => observed,
        };
        // A problem is told by those who look, so that they have to look again.
        let observed = observed.filter(|_| project.resolver.problems().is_empty());
        let Placements { files, texts, recalled, is_news } = shelf.finish();
        let unkept = observed.filter(|_| is_news).and_then(|observed| {
            let texts = texts.iter().map(AsRef::as_ref).collect();
            let files = files.iter().map(Placed::kept).collect();
            self.write(&file, &Stored { around, observed, habits: project.habits(), texts, files }).err()
        });
        Cached { outcome: run.end(&passes, scan), recalled, unkept }
    }

    /// The file for the rules and the configuration of `request`.
    fn file_of(&self, project: &Project, request: &Request<'_>) -> PathBuf {
        let rules: Vec<&str> = request.rules.iter().map(|rule| rule.meta().name).collect();
        let all = format!("{}\0{}\0{rules:?}\0{:?}", self.program, project.root.display(), project.config);
        let name: String = hash(all).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name)
    }

    fn write(&self, file: &Path, stored: &Stored<'_>) -> io::Result<()> {
        let Some(body) = kept::bytes(stored) else { return Ok(()) };
        fs::create_dir_all(&self.folder)?;
        let mut temporary = NamedTempFile::new_in(&self.folder)?;
        temporary.write_all(&hash(&body))?;
        temporary.write_all(&body)?;
        temporary.persist(file)?;
        self.forget_the_oldest()
    }

    fn forget_the_oldest(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
        files.sort();
        let surplus = files.len().saturating_sub(MAX_FILES);
        files.into_iter().take(surplus).try_for_each(|(_, file)| fs::remove_file(file))
    }
}

impl<'a> Stored<'a> {
    fn read(bytes: &'a [u8]) -> Option<Stored<'a>> {
        let (sum, body) = bytes.split_first_chunk()?;
        if hash(body) != *sum {
            return None;
        }
        postcard::from_bytes(body).ok()
    }

    /// Whether the project is still the one that it speaks of, apart from its files' texts.
    fn is_about(&self, project: &Project, around: Hash) -> bool {
        self.around == around && project.sources.are_as(&self.observed) && project.recall_habits(&self.habits)
    }

    fn shelf(&self) -> Shelf<'a> {
        let texts = Texts::of(self.texts.iter().map(|text| Arc::from(*text)));
        Shelf::of(self.files.iter().copied(), texts)
    }
}

/// The hash of all that rules may go by beside texts, the configuration and what is observed.
fn around(project: &Project) -> Hash {
    let mut all = Feed(Sha256::new());
    for file in &project.files {
        (&file.path, file.unit).hash(&mut all);
    }
    (&project.roots, &project.units, &project.supabase, project.deployment()).hash(&mut all);
    all.0.finalize().into()
}

/// Feeds what is hashed to another hash than that of a table.
struct Feed(Sha256);

impl Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
