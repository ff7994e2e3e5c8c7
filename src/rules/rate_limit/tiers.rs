//! Which tier a function has.

use std::collections::BTreeSet;

use crate::config::RateLimit;
use crate::excludes::Excludes;

/// The table of tiers.
pub struct Tiers<'c> {
    options: &'c RateLimit,
    /// The keys of the table that are patterns, the longest first, and their tiers.
    patterns: Vec<(Excludes, &'c str, &'c str)>,
}

impl<'c> Tiers<'c> {
    /// What phase2.toml says.
    pub fn of(options: &'c RateLimit) -> Tiers<'c> {
        let is_pattern = |name: &str| name.contains(['*', '?', '[', '{']);
        let mut patterns: Vec<(Excludes, &str, &str)> = Vec::new();
        for (name, tier) in options.functions.iter().filter(|(name, _)| is_pattern(name)) {
            let pattern = Excludes::new(&[name]).expect("the configuration's globs are checked when it is read");
            patterns.push((pattern, name, tier.get_ref()));
        }
        patterns.sort_by_key(|(_, name, _)| std::cmp::Reverse(name.len()));
        Tiers { options, patterns }
    }

    /// The tier of a function: the one that its name has, else that of the longest pattern, else the default.
    pub fn of_function(&self, name: &str) -> &'c str {
        self.named(name).map_or(self.options.default.get_ref().as_str(), |(_, tier)| tier)
    }

    /// The tier that phase2.toml itself names for a function. The built-in table is no reason to change what a team chose.
    pub fn stated(&self, name: &str) -> Option<&'c str> {
        self.named(name).filter(|(key, _)| self.options.stated.contains(*key)).map(|(_, tier)| tier)
    }

    /// The name of the bucket that a function counts in: its own, unless phase2.toml says otherwise.
    pub fn bucket<'n>(&self, name: &'n str) -> &'n str
    where
        'c: 'n,
    {
        self.options.buckets.get(name).map_or(name, String::as_str)
    }

    /// Why a function needs no limit.
    pub fn exemption(&self, name: &str) -> Option<&'c str> {
        self.options.exempt.get(name).map(|reason| reason.get_ref().as_str())
    }

    /// Remarks about functions that phase2.toml names and that aren't among the `known`.
    pub fn unknown_functions<'s>(&'s self, known: &'s BTreeSet<&str>) -> impl Iterator<Item = String> + 's {
        let is_pattern = |name: &str| self.patterns.iter().any(|(_, pattern, _)| *pattern == name);
        let in_table = self.options.stated.iter().filter(move |name| !is_pattern(name));
        let names = in_table
            .chain(self.options.exempt.keys())
            .chain(self.options.buckets.keys())
            .filter(|name| !known.contains(name.as_str()));
        names.map(|name| format!("phase2.toml names the function `{name}`, which doesn't exist"))
    }

    fn named(&self, name: &str) -> Option<(&'c str, &'c str)> {
        if let Some((key, tier)) = self.options.functions.get_key_value(name) {
            return Some((key, tier.get_ref()));
        }
        self.patterns.iter().find(|(pattern, ..)| pattern.excludes_file(name)).map(|(_, key, tier)| (*key, *tier))
    }
}
