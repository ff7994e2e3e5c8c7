//! Counting violations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::edit::Applicability;
use crate::report::{Finding, Report};

/// How many violations there are, and what can be done about them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All of them: the sum of the others.
    pub violations: usize,
    /// Those with a safe fix.
    pub safe: usize,
    /// Those with an unsafe fix.
    #[serde(rename = "unsafe")]
    pub not_safe: usize,
    /// Those that no option of `fix` mends: without a fix, or with one that is only shown.
    pub unfixable: usize,
}

impl Tally {
    fn add(&mut self, finding: &Finding) {
        self.violations += 1;
        match finding.fix.as_ref().map(|fix| fix.applicability) {
            Some(Applicability::Safe) => self.safe += 1,
            Some(Applicability::Unsafe) => self.not_safe += 1,
            Some(Applicability::DisplayOnly) | None => self.unfixable += 1,
        }
    }
}

impl Report {
    /// The counts over all rules.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.findings.iter().for_each(|finding| tally.add(finding));
        tally
    }

    /// The counts of each rule that found anything, by the rule's name.
    pub fn tally_by_rule(&self) -> BTreeMap<&'static str, Tally> {
        let mut rules: BTreeMap<&'static str, Tally> = BTreeMap::new();
        for finding in &self.findings {
            rules.entry(finding.rule).or_default().add(finding);
        }
        rules
    }
}
