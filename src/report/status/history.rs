//! How the violations became fewer, week by week.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::{Report, Tally};

/// The numbers of past weeks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// The earliest first; the last is the present one.
    pub weeks: Vec<Week>,
    /// What there is to say of weeks that nothing is known of.
    pub remarks: Vec<String>,
}

/// One week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its Monday, as in 2026-11-23. Weeks are those of UTC.
    pub monday: String,
    /// The last commit that was made until its end.
    pub commit: String,
    /// What `phase2 check --no-baseline` says of that commit.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// What the rules find in one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// By rule, those that found anything.
    pub rules: BTreeMap<String, Tally>,
    /// Over all rules.
    pub all: Tally,
    /// How many problems there were: with any the numbers are not the whole.
    pub problems: usize,
    /// Why there are no numbers.
    pub error: Option<String>,
}

impl Numbers {
    /// Those of a report.
    pub fn of(report: &Report) -> Numbers {
        let rules = report.tally_by_rule().into_iter().map(|(rule, tally)| (rule.to_owned(), tally)).collect();
        Numbers { rules, all: report.tally(), problems: report.errors.len(), error: None }
    }

    /// None, for this reason.
    pub fn unknown(error: String) -> Numbers {
        Numbers { rules: BTreeMap::new(), all: Tally::default(), problems: 0, error: Some(error) }
    }
}

/// A line through the weeks, to be drawn.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// The value at the top.
    top: usize,
    /// How many violations there were in the first and in the last week that is known.
    ends: (usize, usize),
    /// The same of those that no safe fix mends.
    by_hand_ends: (usize, usize),
    /// All violations, as the data of a path in a square of 100.
    all: String,
    /// Those that no safe fix mends.
    by_hand: String,
}

impl Chart {
    pub(super) fn of(history: &History) -> Chart {
        let known =
            |week: &Week, value: fn(&Tally) -> usize| week.numbers.error.is_none().then(|| value(&week.numbers.all));
        let values =
            |value: fn(&Tally) -> usize| history.weeks.iter().map(|week| known(week, value)).collect::<Vec<_>>();
        let all = values(|tally| tally.violations);
        let by_hand = values(|tally| tally.not_safe + tally.unfixable);
        let top = round_up(all.iter().flatten().copied().max().unwrap_or(0));
        let (ends, by_hand_ends) = (ends(&all), ends(&by_hand));
        Chart { top, ends, by_hand_ends, all: path(&all, top), by_hand: path(&by_hand, top) }
    }
}

/// The first and the last value.
fn ends(values: &[Option<usize>]) -> (usize, usize) {
    let mut known = values.iter().flatten().copied();
    let first = known.next().unwrap_or(0);
    (first, known.next_back().unwrap_or(first))
}

/// The next number that is easy to read: 1, 2 or 5 with zeros.
fn round_up(number: usize) -> usize {
    let steps =
        (0..).flat_map(|power| [1, 2, 5].map(|step: usize| step.saturating_mul(10_usize.saturating_pow(power))));
    steps.into_iter().find(|step| *step >= number.max(2)).unwrap_or(number)
}

/// The values from left to right, 100 wide and high; a gap where there is none, a point where one stands alone.
#[allow(clippy::cast_precision_loss)] // For a drawing.
fn path(values: &[Option<usize>], top: usize) -> String {
    let across = 100.0 / (values.len().max(2) - 1) as f64;
    let mut data = String::new();
    let mut before = None;
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let (x, y) = (across * index as f64, 100.0 - 100.0 * *value as f64 / top.max(1) as f64);
            let (letter, end) = if before.is_some() { ("L", "") } else { ("M", "h0") };
            data += &format!("{letter}{x:.2} {y:.2}{end}");
        }
        before = *value;
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_gaps() {
        assert_eq!(path(&[Some(10), Some(5), None, None, Some(0)], 10), "M0.00 0.00h0L25.00 50.00M100.00 100.00h0");
        assert_eq!(path(&[Some(1)], 2), "M0.00 50.00h0");
        assert_eq!(path(&[], 2), "");
        assert_eq!([ends(&[None, Some(3), None, Some(1)]), ends(&[Some(2)]), ends(&[])], [(3, 1), (2, 2), (0, 0)]);
        assert_eq!([0, 1, 2, 3, 28, 51, 1000, 1001].map(round_up), [2, 2, 2, 5, 50, 100, 1000, 2000]);
    }
}
