//! What `phase2 partition` is asked for.

use std::collections::BTreeSet;
use std::fmt;

/// A month in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// Reads `2026-11`; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Month> {
        let (year, month) = text.split_once('-')?;
        let is_number =
            |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return None;
        }
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (year > 0 && (1..=12).contains(&month)).then_some(Month { year, month })
    }

    /// Its first day: `2026-11-01`.
    pub fn first_day(self) -> String {
        format!("{self}-01")
    }
}

impl Month {
    /// The month that is so many later.
    pub fn plus(self, months: u16) -> Month {
        let count = (u32::from(self.year) * 12 + u32::from(self.month) - 1).saturating_add(u32::from(months));
        let (year, month) = (count / 12, count % 12 + 1);
        Month { year: u16::try_from(year).unwrap_or(u16::MAX), month: u8::try_from(month).unwrap_or(12) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A loss that the user may accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Foreign keys of other tables are dropped.
    InboundForeignKeys,
    /// What is unique without the key is unique together with it only.
    UniqueConstraints,
    /// The key becomes `not null`.
    NullableKey,
    /// No index and no query uses the key.
    UnusedKey,
    /// An earlier attempt stays beside the table.
    ExistingTwin,
    /// A publication shows partitions in the place of the table.
    SilentPublication,
    /// Triggers that ask for their table's name get that of a partition.
    TriggerTableName,
    /// A trigger sets the key, which is too late to choose the partition.
    KeySetByTrigger,
}

impl Loss {
    /// All of them, in the order in which they are refused.
    pub const ALL: [Loss; 8] = [
        Loss::InboundForeignKeys,
        Loss::UniqueConstraints,
        Loss::NullableKey,
        Loss::UnusedKey,
        Loss::ExistingTwin,
        Loss::SilentPublication,
        Loss::TriggerTableName,
        Loss::KeySetByTrigger,
    ];

    /// Its name behind `--accept`.
    pub fn name(self) -> &'static str {
        match self {
            Loss::InboundForeignKeys => "inbound-foreign-keys",
            Loss::UniqueConstraints => "unique-constraints",
            Loss::NullableKey => "nullable-key",
            Loss::UnusedKey => "unused-key",
            Loss::ExistingTwin => "existing-twin",
            Loss::SilentPublication => "silent-publication",
            Loss::TriggerTableName => "trigger-table-name",
            Loss::KeySetByTrigger => "key-set-by-trigger",
        }
    }
}

/// A function's name with its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// What becomes of partitions that are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many months before the present one stay.
    pub keep: u16,
    /// Whether the others are dropped, and not only detached.
    pub drops: bool,
}

/// What becomes of the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The table becomes one partition.
    Attach,
    /// They are copied to partitions of their months.
    Split,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// What becomes of the rows that are there.
    pub history: History,
    /// The column that says which month a row belongs to.
    pub key: String,
    /// How many months after the present one have a partition.
    pub ahead: u8,
    /// The first month that has one of its own; unset: the next that begins more than a week after the snapshot, and to split,
    /// that of the oldest row.
    pub boundary: Option<Month>,
    /// The schema of the partitions.
    pub home: String,
    /// The function that makes the partitions to come; unset: after the table's name, in the schema `app`.
    pub function: Option<FunctionName>,
    /// Whether rows of months without a partition have a place.
    pub has_default_partition: bool,
    /// What becomes of old partitions; unset: they stay.
    pub retention: Option<Retention>,
    /// What may get lost.
    pub accepted: BTreeSet<Loss>,
    /// Whether the publications are to show the whole table in the place of its partitions.
    pub publish_via_root: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_strictly() {
        assert_eq!(Month::parse("2026-11").map(Month::first_day).as_deref(), Some("2026-11-01"));
        for wrong in ["2026-13", "2026-00", "26-11", "2026-1", "2026-11-01", "+026-11", "", "é"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
        assert!(Month::parse("2026-12") < Month::parse("2027-01"));
        assert_eq!(Month::parse("2026-11").map(|month| month.plus(14)), Month::parse("2028-01"));
    }
}
