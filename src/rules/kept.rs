//! What is kept of facts between runs: bytes, which only the program that wrote them can read.
//!
//! The texts of new files stand apart from them, each once: many fixes bring the same module along.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Related, Violation};
use crate::edit::{Applicability, Edit, Fix, NewFile, Wanted};
use crate::path::RelPath;

/// The bytes of `value`.
pub fn bytes(value: &impl Serialize) -> Option<Vec<u8>> {
    postcard::to_stdvec(value).ok()
}

/// The value that `bytes` are of.
pub fn value<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// The texts of new files, by number.
#[derive(Debug, Default)]
pub struct Texts(Mutex<Vec<Arc<str>>>);

impl Texts {
    /// Those of a former run, in the order of their numbers.
    pub fn of(texts: impl IntoIterator<Item = Arc<str>>) -> Texts {
        Texts(Mutex::new(texts.into_iter().collect()))
    }

    /// All of them, in the order of their numbers.
    pub fn all(&self) -> Vec<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of a text, which may be a new one.
    fn number(&self, text: &Arc<str>) -> usize {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = texts.iter().position(|known| Arc::ptr_eq(known, text) || known == text);
        known.unwrap_or_else(|| {
            texts.push(Arc::clone(text));
            texts.len() - 1
        })
    }

    fn get(&self, number: usize) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(number).cloned()
    }
}

/// A violation of a rule that knows its own name.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptViolation {
    path: RelPath,
    range: Range<usize>,
    message: String,
    help: Option<String>,
    related: Vec<Related>,
    fix: Option<KeptFix>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptFix {
    applicability: Applicability,
    edits: Vec<Edit>,
    imports: Vec<(RelPath, Wanted)>,
    declarations: Vec<(RelPath, String)>,
    /// With the numbers of their texts.
    new_files: Vec<(RelPath, usize)>,
    removed_comments: Vec<(RelPath, Range<usize>)>,
}

impl KeptViolation {
    /// What is kept of `violation`, whose new files' texts go to `texts`.
    pub fn of(violation: &Violation, texts: &Texts) -> KeptViolation {
        let Violation { rule: _, path, range, message, help, related, fix } = violation.clone();
        let fix = fix.map(|fix| KeptFix::of(fix, texts));
        KeptViolation { path, range, message, help, related, fix }
    }

    /// The violation of `rule` that was kept; `None` if it needs a text that isn't there.
    pub fn of_rule(self, rule: &'static str, texts: &Texts) -> Option<Violation> {
        let KeptViolation { path, range, message, help, related, fix } = self;
        let fix = match fix {
            Some(fix) => Some(fix.fix(texts)?),
            None => None,
        };
        Some(Violation { rule, path, range, message, help, related, fix })
    }
}

impl KeptFix {
    fn of(fix: Fix, texts: &Texts) -> KeptFix {
        let Fix { applicability, edits, imports, declarations, new_files, removed_comments } = fix;
        let new_files = new_files.into_iter().map(|NewFile { path, text }| (path, texts.number(&text))).collect();
        KeptFix { applicability, edits, imports, declarations, new_files, removed_comments }
    }

    fn fix(self, texts: &Texts) -> Option<Fix> {
        let KeptFix { applicability, edits, imports, declarations, new_files, removed_comments } = self;
        let new_file = |(path, number)| Some(NewFile { path, text: texts.get(number)? });
        let new_files = new_files.into_iter().map(new_file).collect::<Option<_>>()?;
        Some(Fix { applicability, edits, imports, declarations, new_files, removed_comments })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::project::testing::rel;

    fn violation(text: &Arc<str>) -> Violation {
        let (path, wanted) = (rel("src/a.ts"), |name: &str| Wanted {
            specifier: "./x".to_owned(),
            imported: name.to_owned(),
            local: "x".to_owned(),
        });
        let edit = Edit { path: path.clone(), range: 3..5, text: "é\r\n".to_owned() };
        Violation {
            rule: "console",
            path: path.clone(),
            range: 3..500,
            message: "m".to_owned(),
            help: Some("h".to_owned()),
            related: vec![Related { path: rel("src/b.ts"), range: 0..1, message: "r".to_owned() }],
            fix: Some(Fix {
                applicability: Applicability::Unsafe,
                edits: vec![edit],
                imports: vec![(path.clone(), wanted("x")), (rel("src/b.ts"), wanted("*"))],
                declarations: vec![(path.clone(), "const a = 1;".to_owned())],
                new_files: vec![NewFile { path: rel("src/x.ts"), text: Arc::clone(text) }],
                removed_comments: vec![(path, 7..9)],
            }),
        }
    }

    #[test]
    fn violations_come_back_as_they_were() {
        let texts = Texts::default();
        let violations = ["one", "two"].map(|text| violation(&text.into()));
        let kept: Vec<Vec<u8>> =
            violations.iter().map(|violation| bytes(&KeptViolation::of(violation, &texts)).unwrap()).collect();
        let again = Texts::of(texts.all());
        for (kept, violation) in kept.iter().zip(&violations) {
            let found = value::<KeptViolation>(kept).unwrap().of_rule("console", &again).unwrap();
            assert_eq!(format!("{found:?}"), format!("{violation:?}"));
        }
        assert!(value::<KeptViolation>(&kept[1]).unwrap().of_rule("console", &Texts::default()).is_none());
    }

    #[test]
    fn each_text_is_kept_once() {
        let texts = Texts::default();
        let text: Arc<str> = "text".into();
        let numbers = [&text, &"other".into(), &text, &"text".into()].map(|text| texts.number(text));
        assert_eq!((numbers, texts.all().len()), ([0, 1, 0, 0], 2));
    }

    #[test]
    fn what_was_cut_short_is_nothing() {
        let kept = bytes(&KeptViolation::of(&violation(&"text".into()), &Texts::default())).unwrap();
        assert!((0..kept.len()).all(|end| value::<KeptViolation>(&kept[..end]).is_none()));
    }
}
