//! What is asked of a project's texts while somebody watches.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::sources::ReadError;
use super::{RelPath, Sources};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of some bytes.
pub fn hash(bytes: impl AsRef<[u8]>) -> Hash {
    Sha256::digest(bytes).into()
}

/// Files that were read, and others that were looked for. What was made of them is the same as long as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The hash of what each file holds, or of the words in which it couldn't be read.
    pub read: BTreeMap<RelPath, Hash>,
    /// Whether there is such a file.
    pub asked: BTreeMap<RelPath, bool>,
}

impl Observed {
    /// Both together; `None` if they don't agree.
    pub fn and(mut self, other: &Observed) -> Option<Observed> {
        let agree = unite(&mut self.read, &other.read) && unite(&mut self.asked, &other.asked);
        agree.then_some(self)
    }
}

/// Adds what `other` has, and says whether both have the same where both have something.
fn unite<T: Copy + PartialEq>(answers: &mut BTreeMap<RelPath, T>, other: &BTreeMap<RelPath, T>) -> bool {
    other.iter().all(|(path, answer)| answers.entry(path.clone()).or_insert(*answer) == answer)
}

/// Remembers what is asked of [`Sources`].
#[derive(Debug, Default)]
pub struct Observer(Mutex<Watch>);

#[derive(Debug)]
enum Watch {
    /// So far.
    On { observed: Observed, is_steady: bool },
    /// Nobody wants to know any more.
    Over,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch::On { observed: Observed::default(), is_steady: true }
    }
}

impl Observer {
    /// What was asked so far; from now on nothing is remembered. `None` if something changed meanwhile, so that not all that
    /// was made of it was made of the same.
    pub fn finish(&self) -> Option<Observed> {
        match std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Watch::Over) {
            Watch::On { observed, is_steady: true } => Some(observed),
            Watch::On { .. } | Watch::Over => None,
        }
    }

    pub(super) fn read(&self, path: &RelPath, text: &Result<impl AsRef<str>, ReadError>) {
        self.note(|observed| &mut observed.read, path, || stamp(text));
    }

    pub(super) fn asked(&self, path: &RelPath, exists: bool) {
        self.note(|observed| &mut observed.asked, path, || exists);
    }

    fn note<T: PartialEq>(
        &self,
        among: impl Fn(&mut Observed) -> &mut BTreeMap<RelPath, T>,
        path: &RelPath,
        answer: impl Fn() -> T,
    ) {
        if matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), Watch::Over) {
            return;
        }
        let answer = answer();
        if let Watch::On { observed, is_steady } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let answers = among(observed);
            match answers.get(path) {
                Some(known) => *is_steady &= *known == answer,
                None => drop(answers.insert(path.clone(), answer)),
            }
        }
    }
}

fn stamp(text: &Result<impl AsRef<str>, ReadError>) -> Hash {
    match text {
        Ok(text) => hash(text.as_ref()),
        // No text begins so: this is no UTF-8.
        Err(error) => hash([b"\xff", error.to_string().as_bytes()].concat()),
    }
}

impl Sources {
    /// Whether all of what was observed is as it was.
    pub fn are_as(&self, observed: &Observed) -> bool {
        let is_read_so = |(path, known): (&RelPath, &Hash)| stamp(&self.read(path)) == *known;
        let is_there = |(path, known): (&RelPath, &bool)| self.exists(path) == *known;
        observed.read.par_iter().all(is_read_so) && observed.asked.par_iter().all(is_there)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::project::testing::{Tree, rel};

    fn watched(tree: &Tree) -> (Sources, Arc<Observer>) {
        let observer = Arc::new(Observer::default());
        (Sources::new(&tree.path("")).observed_by(&observer), observer)
    }

    #[test]
    fn what_was_asked_is_known_and_is_told_from_what_is_so_later() {
        let tree = Tree::new(&[("a.ts", "a"), ("b.ts", "b")]);
        let (sources, observer) = watched(&tree);
        let clone = sources.with_overlay([(rel("c.ts"), "c".into())]);
        assert!(sources.read(&rel("a.ts")).is_ok() && sources.read(&rel("gone.ts")).is_err());
        assert!(clone.exists(&rel("c.ts")) && !clone.exists(&rel("d.ts")));
        sources.read_owned(&rel("b.ts")).unwrap();
        let observed = observer.finish().unwrap();
        let paths = |paths: &[&str]| paths.iter().map(|path| rel(path)).collect::<Vec<_>>();
        assert_eq!(observed.read.keys().cloned().collect::<Vec<_>>(), paths(&["a.ts", "gone.ts"]));
        assert_eq!(observed.asked.keys().cloned().collect::<Vec<_>>(), paths(&["c.ts", "d.ts"]));

        assert!(clone.are_as(&observed));
        assert!(!sources.are_as(&observed), "c.ts is over the clone only");
        tree.write("b.ts", b"other");
        assert!(clone.are_as(&observed), "nobody asked for it");
        for (path, text) in [("a.ts", "other"), ("gone.ts", ""), ("d.ts", "")] {
            let changed = clone.with_overlay([(rel(path), text.into())]);
            assert!(!changed.are_as(&observed), "{path}");
        }
        // It was observed to the end, and not beyond.
        assert_eq!(observer.finish(), None);
    }

    #[test]
    fn what_changes_meanwhile_is_no_observation() {
        let tree = Tree::new(&[("a.ts", "a")]);
        for path in ["a.ts", "b.ts"] {
            let (sources, observer) = watched(&tree);
            let ask = || drop((sources.read(&rel(path)), sources.exists(&rel(path))));
            ask();
            ask();
            tree.write(path, b"other");
            ask();
            assert_eq!(observer.finish(), None, "{path}");
        }
    }

    #[test]
    fn a_file_that_reads_like_an_error_is_another_one() {
        let error = ReadError::Gone { path: rel("a.ts") };
        let words = error.to_string();
        assert_ne!(stamp(&Ok(words)), stamp(&Err::<String, _>(error)));
    }
}
