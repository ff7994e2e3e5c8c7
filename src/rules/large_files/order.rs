//! What somebody asks to be taken out of a file.

use std::ops::RangeInclusive;

use super::extract::{self, Extract};
use super::grouping::Wanted;
use super::plan::{LargeFile, Split};
use super::report;
use crate::path::RelPath;

/// The split of one file.
#[derive(Debug, Clone)]
pub struct Order {
    /// The file.
    pub path: RelPath,
    /// What is taken out.
    pub what: What,
}

/// What is taken out of a file.
#[derive(Debug, Clone)]
pub enum What {
    /// The best, until the file is below the limit.
    Best,
    /// These declarations.
    Names(Vec<String>),
    /// Lines of JSX, counted from 1, as a component of that name.
    Component {
        /// The lines.
        lines: RangeInclusive<usize>,
        /// The component's name.
        name: String,
    },
}

impl Order {
    /// Works it out: what it does in words, and how.
    ///
    /// # Errors
    /// Why it can't be done, as a clause.
    pub(super) fn work(&self, large: &LargeFile<'_, '_>) -> Result<(String, Split), String> {
        let wanted = match &self.what {
            What::Best => large.best().map_err(|reason| report::why_nothing(large, reason))?,
            What::Component { lines, name } => {
                let split = extract::split(large, &Extract { lines: lines.clone(), name: name.clone() })?;
                return Ok((report::description(&split), split));
            }
            What::Names(names) => {
                let heads = names.iter().map(|name| {
                    large.outline.unit_of(name).ok_or_else(|| {
                        let known: Vec<String> = large
                            .candidates()
                            .iter()
                            .filter_map(|it| Some(large.outline.units[it.unit?].name().to_owned()))
                            .collect();
                        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                        format!("the file declares no `{name}` at its top level; worth taking out: {known}")
                    })
                });
                let mut heads: Vec<usize> = heads.collect::<Result<_, _>>()?;
                heads.sort_unstable();
                heads.dedup();
                Wanted { heads, types: false }
            }
        };
        let split = large.split(&wanted)?;
        Ok((report::description(&split), split))
    }
}
