//! The rules, and what every rule is: data about itself, facts that it collects from a file, and violations that it
//! resolves from all facts of the project.
//!
//! A rule never writes, prints, reads a file by itself or knows the command line.

use std::any::Any;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::edit::Fix;
use crate::project::{Problem, Project, ProjectFile, RelPath};
use crate::syntax::source::SourceFile;
use kept::Texts;

pub mod console;
pub mod edge;
pub mod kept;
pub mod large_files;
pub mod rate_limit;
pub mod read_through;
pub mod sql;
pub mod suppression;
pub mod tenants;

/// All rules but `suppression`, which judges what the others leave over and runs in the engine itself. Where fixes of
/// several rules meet at one offset, their insertions stand in this order.
pub fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(rate_limit::RateLimitRule),
        Box::new(tenants::TenantsRule),
        Box::new(read_through::ReadThroughRule),
        Box::new(console::ConsoleRule),
        Box::new(large_files::LargeFilesRule::default()),
    ]
}

/// What each rule is, in the order of [`all`], `suppression` last.
pub fn metas() -> Vec<&'static Meta> {
    let mut metas: Vec<&'static Meta> = all().iter().map(|rule| rule.meta()).collect();
    metas.push(&suppression::META);
    metas
}

/// The names of all rules, in that order.
pub fn names() -> Vec<&'static str> {
    metas().iter().map(|meta| meta.name).collect()
}

/// Whether a text is that of a helper module that a fix brought along, also when somebody has changed it since.
pub fn is_helper_module(text: &str) -> bool {
    text.contains("phase2 added this file")
}

/// The rules that run, and whether `suppression` is among them: those that are `named`, else those of the configuration, else
/// those that are on by default or have options there.
pub fn running(named: &[String], config: &Config) -> (Vec<Box<dyn Rule>>, bool) {
    let is_wanted = |meta: &Meta| match &config.rules {
        _ if !named.is_empty() => named.iter().any(|name| name == meta.name),
        Some(configured) => configured.iter().any(|name| name.get_ref() == meta.name),
        None => meta.on_by_default || config.stated.iter().any(|table| table == meta.name),
    };
    (all().into_iter().filter(|rule| is_wanted(rule.meta())).collect(), is_wanted(&suppression::META))
}

/// A rule as data.
#[derive(Debug)]
pub struct Meta {
    /// Its name on the command line, in phase2.toml and in reports.
    pub name: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// Its page: `rules/<rule>/rule.md`.
    pub page: &'static str,
    /// Whether it runs when nobody says which rules do.
    pub on_by_default: bool,
    /// Words without which a file can't hold a violation: a file that has none of them is not parsed.
    pub triggers: &'static [&'static str],
    /// What its [`Subject`]s are, if it has any.
    pub subjects: Option<Subjects>,
}

/// How the [`Subject`]s of a rule are called.
#[derive(Debug, Clone, Copy)]
pub struct Subjects {
    /// All of them, in the plural.
    pub name: &'static str,
    /// What each of them belongs to.
    pub group: &'static str,
}

/// A rule.
pub trait Rule: Send + Sync {
    /// What it is.
    fn meta(&self) -> &'static Meta;

    /// Words without which a file can't hold a violation: those of its [`Meta`], or others that `config` names.
    fn triggers(&self, _config: &Config) -> Vec<String> {
        self.meta().triggers.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Prepares a pass over `project`: reads what must be known before a file is looked at, such as the exports of helper
    /// modules. Each pass has its own project, in which the fixes of the passes before are done.
    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p>;
}

/// What a rule remembers of one file when its tree is gone: small, and the owner of its text ranges.
pub type Facts = Box<dyn Any + Send + Sync>;

/// One pass of a rule over a project.
///
/// A panic in it is reported as an error of the run, and the other rules and files go on.
pub trait Pass: Send + Sync {
    /// Whether a file is looked at even if its text has no trigger: entry files are, by their path.
    fn wants(&self, _entry: &ProjectFile, _text: &str) -> bool {
        false
    }

    /// Whether what it says of a file is the same whatever the other files hold: then fixes can be proved file by file.
    fn judges_files_alone(&self) -> bool {
        true
    }

    /// The facts of one file; `None` if it holds nothing for this rule. `hits` are the byte offsets of its triggers, of
    /// which there is at least one, unless the file is wanted anyway.
    ///
    /// They outlive the pass, as long as the file isn't changed and no file is added to the project. So they may depend
    /// on which other files exist, but on what these hold only as far as no fix changes it.
    fn collect(&self, entry: &ProjectFile, file: &SourceFile, hits: &[usize]) -> Option<Facts>;

    /// What is kept of a file's facts for a later run, in which this rule finds the same project around the file; `None` if
    /// they can't be kept.
    fn keep(&self, facts: &Facts, texts: &Texts) -> Option<Vec<u8>>;

    /// The facts that were `kept`, of a file that holds what it held then; `None` if it has to be looked at again.
    fn recall(&self, entry: &ProjectFile, kept: &[u8], texts: &Texts) -> Option<Facts>;

    /// The violations of the whole project, from the facts of its files in the order of their paths.
    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution;

    /// The same where violations in other files than those that are `asked` about may be left out, for a rule that has them
    /// ready: copying them takes longer than all else when one file of thousands is typed into.
    fn resolve_for(&self, facts: &[(&RelPath, &Facts)], _asked: Asked<'_>) -> Resolution {
        self.resolve(facts)
    }
}

/// The files that somebody asks about.
pub type Asked<'a> = &'a (dyn Fn(&RelPath) -> bool + Sync);

/// What a rule has to say of a project.
#[derive(Debug, Default)]
pub struct Resolution {
    /// What it found.
    pub violations: Vec<Violation>,
    /// Remarks that change no exit status.
    pub notes: Vec<Note>,
    /// What kept it from its work.
    pub problems: Vec<Problem>,
    /// How far the things are that it is about.
    pub subjects: Vec<Subject>,
}

/// A thing that a rule is about, such as an edge function, and how far it is: for `phase2 status`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The rule's name.
    pub rule: &'static str,
    /// What it is called.
    pub name: String,
    /// Its file.
    pub path: RelPath,
    /// Whether it is as the rule wants it.
    pub is_done: bool,
    /// What it belongs to: a tier.
    pub group: String,
    /// Why it isn't done, unless a safe fix does it.
    pub detail: Option<String>,
    /// What is wrong with it although it is done.
    pub caveat: Option<String>,
}

/// A place that a rule objects to.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The rule's name.
    pub rule: &'static str,
    /// The file.
    pub path: RelPath,
    /// Byte offsets into the file; the end is exclusive.
    pub range: Range<usize>,
    /// What is wrong: a short sentence without a full stop.
    pub message: String,
    /// What to do about it, or why there is no fix.
    pub help: Option<String>,
    /// Other places that matter for this one.
    pub related: Vec<Related>,
    /// The repair; `None` if there is none, which `help` then explains.
    pub fix: Option<Fix>,
}

/// A place beside the violation's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Related {
    /// The file.
    pub path: RelPath,
    /// Byte offsets into the file.
    pub range: Range<usize>,
    /// What it has to do with the violation.
    pub message: String,
}

/// A remark that changes no exit status, about a file or about the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The rule whose violations it is about: without any it says nothing.
    pub rule: Option<&'static str>,
    /// The file, if it is about one.
    pub path: Option<RelPath>,
    /// The remark.
    pub message: String,
}
