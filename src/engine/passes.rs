//! All rules at once, over a project at one moment.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aho_corasick::{AhoCorasick, packed};

use super::scan::Record;
use crate::config::Config;
use crate::project::{Problem, Project, ProjectFile, RelPath};
use crate::rules::kept::Texts;
use crate::rules::{Asked, Facts, Pass, Resolution, Rule, suppression};
use crate::syntax::source::SourceFile;

/// One pass of each rule over the same project.
pub struct Passes<'p> {
    rules: &'p [Box<dyn Rule>],
    /// A rule that failed at the start has none.
    passes: Vec<Result<Box<dyn Pass + 'p>, Failure>>,
    triggers: &'p Triggers,
}

impl<'p> Passes<'p> {
    /// Lets all `rules` prepare a pass over `project`.
    pub fn start(rules: &'p [Box<dyn Rule>], triggers: &'p Triggers, project: &'p Project) -> Passes<'p> {
        let passes = rules.iter().map(|rule| failing(&**rule, None, || rule.start(project)));
        Passes { rules, passes: passes.collect(), triggers }
    }

    /// The names of the rules, in their order.
    pub fn names(&self) -> Vec<&'static str> {
        self.rules.iter().map(|rule| rule.meta().name).collect()
    }

    /// Where the words are that a file must have to be parsed.
    pub fn hits(&self, text: &str) -> Hits {
        self.triggers.hits(text, self.rules.len())
    }

    /// Whether a rule wants to look at a file even if it has no trigger.
    pub fn want(&self, entry: &ProjectFile, text: &str) -> bool {
        self.passes.iter().flatten().any(|pass| pass.wants(entry, text))
    }

    /// Whether all rules that have `facts` of a file judge it alone.
    pub fn judge_alone(&self, facts: &[Option<Facts>]) -> bool {
        let with_facts = self.passes.iter().zip(facts).filter(|(_, facts)| facts.is_some());
        with_facts.into_iter().all(|(pass, _)| pass.as_ref().is_ok_and(|pass| pass.judges_files_alone()))
    }

    /// The facts of each rule about one file, and the rules that failed at it.
    pub fn collect(&self, entry: &ProjectFile, file: &SourceFile, hits: &Hits) -> (Vec<Option<Facts>>, Vec<Failure>) {
        let mut failures = Vec::new();
        let collected = self.each().zip(&hits.rules).map(|((rule, pass), hits)| {
            let pass = pass.as_ref().ok().filter(|pass| !hits.is_empty() || pass.wants(entry, &file.text))?;
            let facts = failing(rule, Some(&entry.path), || pass.collect(entry, file, hits));
            facts.unwrap_or_else(|failure| {
                failures.push(failure);
                None
            })
        });
        (collected.collect(), failures)
    }

    /// What is kept of the `facts` of one file, one for each rule; `None` if all can't be.
    pub fn keep(&self, facts: &[Option<Facts>], texts: &Texts) -> Option<Vec<Option<Vec<u8>>>> {
        let passes = self.passes.iter().map(|pass| pass.as_ref().ok());
        let keep = |(pass, facts): (Option<&Box<dyn Pass + 'p>>, &Option<Facts>)| match facts {
            None => pass.map(|_| None),
            Some(facts) => pass?.keep(facts, texts).map(Some),
        };
        passes.zip(facts).map(keep).collect()
    }

    /// The facts of one file that were `kept`; `None` if all can't be recalled.
    pub fn recall(&self, entry: &ProjectFile, kept: &[Option<&[u8]>], texts: &Texts) -> Option<Vec<Option<Facts>>> {
        let passes = self.passes.iter().map(|pass| pass.as_ref().ok());
        let recall = |(pass, kept): (Option<&Box<dyn Pass + 'p>>, &Option<&[u8]>)| match kept {
            None => pass.map(|_| None),
            Some(kept) => pass?.recall(entry, kept, texts).map(Some),
        };
        passes.zip(kept).map(recall).collect()
    }

    /// What all rules make of the facts in `records`, which are sorted by path, and the rules that failed at it. Violations in
    /// files that nobody has `asked` about may be missing.
    pub fn resolve(&self, records: &[&Record], asked: Asked<'_>) -> (Resolution, Vec<Failure>) {
        let (mut all, mut failures) = (Resolution::default(), Vec::new());
        for (index, (rule, pass)) in self.each().enumerate() {
            let facts = records.iter().filter_map(|record| Some((record.path(), record.facts[index].as_ref()?)));
            let facts: Vec<(&RelPath, &Facts)> = facts.collect();
            let resolved = pass.as_ref().map_err(Failure::clone);
            match resolved.and_then(|pass| failing(rule, None, || pass.resolve_for(&facts, asked))) {
                Ok(resolution) => {
                    all.violations.extend(resolution.violations);
                    all.notes.extend(resolution.notes);
                    all.problems.extend(resolution.problems);
                    all.subjects.extend(resolution.subjects);
                }
                Err(failure) => failures.push(failure),
            }
        }
        (all, failures)
    }

    fn each(&self) -> impl Iterator<Item = (&dyn Rule, &Result<Box<dyn Pass + 'p>, Failure>)> {
        self.rules.iter().map(AsRef::as_ref).zip(&self.passes)
    }
}

/// A rule that panicked.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The rule's name.
    pub rule: &'static str,
    /// What is reported of it.
    pub problem: Problem,
}

fn failing<T>(rule: &dyn Rule, path: Option<&RelPath>, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let rule = rule.meta().name;
    guarded(&format!("the rule {rule}"), path, work).map_err(|problem| Failure { rule, problem })
}

/// Does some work of `who`. A panic in it becomes an error about `path`; other work goes on.
pub fn guarded<T>(who: &str, path: Option<&RelPath>, work: impl FnOnce() -> T) -> Result<T, Problem> {
    // What was in the works when it panicked is never looked at again, so that nothing half-done can be seen.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic.downcast_ref::<&str>().copied();
        let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let words = words.unwrap_or("no reason given");
        let message = format!("internal error in {who}: {words}. This is a defect of phase2; please report it");
        Problem { path: path.cloned(), message }
    })
}

/// Finds the triggers of all rules in one go.
pub struct Triggers {
    /// Tells whether a text has any: most have none, which vector instructions find out several times as fast. There are none
    /// on some processors, or for too many words.
    any: Option<packed::Searcher>,
    /// Finds all.
    all: AhoCorasick,
    /// For each pattern, the rules that want it; the pattern behind them all is that of the directives.
    rules: Vec<Vec<usize>>,
}

/// The byte offsets of the triggers in one file.
pub struct Hits {
    /// For each rule, those that it wants.
    pub rules: Vec<Vec<usize>>,
    /// Those of directives.
    pub directives: Vec<usize>,
}

impl Hits {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are, one that several rules want counted for each.
    pub fn len(&self) -> usize {
        self.directives.len() + self.rules.iter().map(Vec::len).sum::<usize>()
    }
}

impl Triggers {
    /// The triggers of `rules`.
    pub fn of(rules: &[Box<dyn Rule>], config: &Config) -> Triggers {
        let wanted: Vec<Vec<String>> = rules.iter().map(|rule| rule.triggers(config)).collect();
        let mut words: Vec<&str> = wanted.iter().flatten().map(String::as_str).collect();
        words.sort_unstable();
        words.dedup();
        let who_wants = |word: &&str| {
            let rules = wanted.iter().enumerate().filter(|(_, words)| words.iter().any(|known| known == word));
            rules.map(|(index, _)| index).collect()
        };
        let rules = words.iter().map(who_wants).collect();
        words.push(suppression::TRIGGER);
        Triggers {
            any: packed::Searcher::new(&words),
            all: AhoCorasick::new(&words).expect("a handful of short words"),
            rules,
        }
    }

    fn hits(&self, text: &str, rules: usize) -> Hits {
        let mut hits = Hits { rules: vec![Vec::new(); rules], directives: Vec::new() };
        if self.any.as_ref().is_some_and(|any| any.find(text).is_none()) {
            return hits;
        }
        for found in self.all.find_overlapping_iter(text) {
            match self.rules.get(found.pattern().as_usize()) {
                Some(rules) => rules.iter().for_each(|rule| hits.rules[*rule].push(found.start())),
                None => hits.directives.push(found.start()),
            }
        }
        hits
    }
}
