//! Cohorts: literals that flow into the same tables and RPCs. They move together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Operation, Target};
use super::plan::Key;
use super::site::{Site, Standing};
use super::sql;
use super::{Worked, is_about_stored};
use crate::config::{ClaimSource, Fallback};
use crate::edit::Applicability;
use crate::rules::Related;
use crate::rules::edge::files::Files;
use crate::rules::edge::verified::Verified;

/// What a literal flows into, where that can't be told.
pub const NOWHERE: &str = "nothing that is known";

/// Literals that move together.
#[derive(Debug)]
pub struct Cohort {
    /// Their places in the list of all.
    pub members: Vec<usize>,
    /// What they flow into.
    pub targets: BTreeSet<(Target, Operation)>,
    /// Why moving them may change what the program means.
    pub unsafe_reasons: BTreeSet<String>,
}

impl Cohort {
    /// How far its fix may be trusted.
    pub fn applicability(&self) -> Applicability {
        if self.unsafe_reasons.is_empty() { Applicability::Safe } else { Applicability::Unsafe }
    }
}

/// All that decides what may move.
pub struct Judge<'j, 'p> {
    pub files: &'j Files<'p>,
    pub sites: &'j [Site],
    pub worked: &'j Worked,
    pub sql: &'j [sql::Place],
    /// By what tokens come to name a tenant, and where that was seen.
    pub source: Option<&'j (ClaimSource, String)>,
}

impl Judge<'_, '_> {
    /// Whether the fix changes at once what callers get: tokens name a tenant, or another fallback than the id counts.
    fn moves_at_once(&self) -> bool {
        self.source.is_some() || self.files.project.config.tenants.fallback != Fallback::Literal
    }

    /// The cohorts of all literals that can be fixed.
    pub fn cohorts(&self) -> Vec<Cohort> {
        let fixable: Vec<usize> = (0..self.sites.len())
            .filter(|index| self.sites[*index].standing == Standing::Hardcoded && self.worked.sites[*index].is_ok())
            .collect();
        // What has to do with the same functions is one change.
        let mut groups = Groups::of(&fixable);
        let mut by_key: BTreeMap<&Key, usize> = BTreeMap::new();
        for index in &fixable {
            for key in self.worked.sites[*index].iter().flatten() {
                let other = *by_key.entry(key).or_insert(*index);
                groups.unite(*index, other);
            }
        }
        let reasons: BTreeMap<usize, BTreeSet<String>> = groups
            .all()
            .into_iter()
            .map(|(root, members)| (root, members.iter().flat_map(|index| self.reasons(*index)).collect()))
            .collect();
        let is_unsafe: BTreeMap<usize, bool> = fixable
            .iter()
            .map(|index| (*index, reasons.get(&groups.root(*index)).is_some_and(|reasons| !reasons.is_empty())))
            .collect();
        // What flows into the same tables moves together. As long as no token names a tenant nothing moves yet, and what is
        // unsafe for its own reasons may follow later.
        let mut by_target: BTreeMap<(&Target, bool), usize> = BTreeMap::new();
        for index in &fixable {
            for (target, _) in &self.sites[*index].targets {
                let class = !self.moves_at_once() && is_unsafe[index];
                let other = *by_target.entry((target, class)).or_insert(*index);
                groups.unite(*index, other);
            }
        }
        let groups = groups.all().into_values();
        groups
            .map(|members| Cohort {
                targets: members.iter().flat_map(|index| self.sites[*index].targets.iter().cloned()).collect(),
                unsafe_reasons: members.iter().flat_map(|index| self.reasons(*index)).collect(),
                members,
            })
            .collect()
    }

    /// Why fixing one literal may change what the program means.
    fn reasons(&self, index: usize) -> Vec<String> {
        let site = &self.sites[index];
        let mut reasons = Vec::new();
        let keys = self.worked.sites[index].iter().flatten();
        if keys.into_iter().any(|key| self.worked.verified.get(key) == Some(&Verified::No)) {
            reasons.push(
                "nobody has verified the token: callers may name any tenant (verify_jwt, or check it before)"
                    .to_owned(),
            );
        }
        if !self.moves_at_once() {
            return reasons;
        }
        let backfilled = &self.files.project.config.tenants.backfilled;
        for target in site.targets.iter().filter(|(target, _)| !backfilled.iter().any(|name| name == target.name())) {
            let name = target.0.name();
            if is_about_stored(target)
                || self.stays(&target.0).next().is_some()
                || self.stays_in_sql(&target.0).next().is_some()
            {
                reasons.push(format!(
                    "what is stored in `{name}` under the id stays behind: move it, then name it in `backfilled` under [tenants]"
                ));
            }
        }
        reasons
    }

    /// The literals that flow into a target and stay.
    fn stays<'s>(&'s self, target: &'s Target) -> impl Iterator<Item = &'s Site> {
        let sites = self.sites.iter().zip(&self.worked.sites);
        let staying = sites.filter(|(site, worked)| match site.standing {
            Standing::Hardcoded => worked.is_err(),
            Standing::Allowed(_) | Standing::Excused => true,
            Standing::Fallback => false,
        });
        staying.map(|(site, _)| site).filter(move |site| site.targets.iter().any(|(known, _)| known == target))
    }

    /// The places in SQL that use the id for a target.
    fn stays_in_sql<'s>(&'s self, target: &'s Target) -> impl Iterator<Item = &'s sql::Place> {
        self.sql.iter().filter(move |place| place.names.iter().any(|name| name.eq_ignore_ascii_case(target.name())))
    }

    /// Whether tokens name a tenant, as a sentence.
    pub fn claims(&self) -> String {
        let claim = self.files.project.config.tenants.claim.get_ref();
        match self.source {
            Some((ClaimSource::Hook, place)) => {
                format!(
                    "tokens name a tenant: a hook writes `{claim}` into them ({place}), so that what callers get changes at once"
                )
            }
            Some((_, place)) => {
                format!(
                    "tokens name a tenant: `{claim}` is written into app_metadata ({place}), so that what callers get changes at once"
                )
            }
            None => format!(
                "claim source unknown: nothing here writes `{claim}` into tokens; until something does, every caller gets the id as before"
            ),
        }
    }

    /// What to do about a literal.
    pub fn help(&self, site: &Site, index: usize, cohort: &Cohort) -> String {
        let helper = self.worked.helpers.iter().find(|(base, _)| site.path.is_within(base));
        let helper = helper.and_then(|(_, helper)| helper.as_ref().ok());
        let mut help = match helper {
            Some(helper) => format!("use the caller's tenant, `{}` of {}", helper.function, helper.path),
            None => "use the caller's tenant".to_owned(),
        };
        let threaded: Vec<&str> = self.worked.sites[index]
            .iter()
            .flatten()
            .filter_map(|key| match key {
                Key::Thread(function) => Some(function.called.as_str()),
                Key::Request(..) | Key::Session(..) => None,
            })
            .collect();
        if !threaded.is_empty() {
            help.push_str(&format!(", passed to `{}`", threaded.join("`, `")));
        }
        if cohort.members.len() > 1 {
            help.push_str(&format!("; {} literals move together", cohort.members.len()));
        }
        if let Some(spread) = &site.overridden_by {
            help.push_str(&format!("; `{spread}` behind it may override it"));
        }
        if !cohort.unsafe_reasons.is_empty() {
            let reasons: Vec<&str> = cohort.unsafe_reasons.iter().map(String::as_str).collect();
            help.push_str(&format!("; unsafe: {}", reasons.join("; ")));
        }
        help
    }

    /// The places that stay behind a literal.
    pub fn related(&self, site: &Site) -> Vec<Related> {
        let targets: BTreeSet<&Target> = site.targets.iter().map(|(target, _)| target).collect();
        let sites = targets.iter().flat_map(|target| self.stays(target)).filter(|other| !std::ptr::eq(*other, site));
        let sites = sites.map(|other| Related {
            path: other.path.clone(),
            range: other.range.clone(),
            message: "this stays behind".to_owned(),
        });
        let sql = targets.iter().flat_map(|target| self.stays_in_sql(target)).map(|place| Related {
            path: place.path.clone(),
            range: place.range.clone(),
            message: format!("this stays behind: {}", place.kind.as_str()),
        });
        let mut related: Vec<Related> = Vec::new();
        for place in sites.chain(sql) {
            if !related.iter().any(|known| known.path == place.path && known.range == place.range) {
                related.push(place);
            }
        }
        related
    }

    /// A cohort in one sentence: how many move, what stays behind, and how stored rows are moved.
    pub fn describe(&self, cohort: &Cohort) -> Option<String> {
        let targets: Vec<(Target, Operation)> = cohort.targets.iter().cloned().collect();
        if targets.is_empty() {
            return None;
        }
        let count = cohort.members.len();
        let mut text = format!(
            "cohort {}: {count} {} ({})",
            name(&targets),
            if count == 1 { "literal" } else { "literals" },
            cohort.applicability().as_str()
        );
        let names: BTreeSet<&Target> = targets.iter().map(|(target, _)| target).collect();
        let mut stays: Vec<String> = Vec::new();
        for target in &names {
            stays.extend(self.stays(target).map(|site| {
                let line = self.files.get(&site.path).map_or(0, |file| line(&file.text, site.range.start));
                format!("{}:{line}", site.path)
            }));
            for place in self.stays_in_sql(target) {
                let sql = self.files.project.deployment().sql.iter().find(|(path, _)| *path == place.path);
                let line = sql.map_or(0, |(_, text)| line(text, place.range.start));
                stays.push(format!("{}:{line} ({})", place.path, place.kind.as_str()));
            }
        }
        stays.sort();
        stays.dedup();
        if !stays.is_empty() {
            text.push_str(&format!("; stays behind: {}", stays.join(", ")));
        }
        let backfilled = &self.files.project.config.tenants.backfilled;
        let tables: Vec<&str> = names
            .iter()
            .filter(|target| matches!(target, Target::Table(_)) && !backfilled.iter().any(|name| name == target.name()))
            .map(|target| target.name())
            .collect();
        let statement = |table: &str| {
            let members = cohort.members.iter().map(|index| &self.sites[*index]);
            let mut of_table = members.flat_map(|site| site.keys.iter().map(move |(target, key)| (site, target, key)));
            let (site, _, column) = of_table.find(|(_, target, _)| target.name() == table)?;
            let id = site.text.trim_matches(['\'', '"', '`']);
            Some(format!("update {table} set {column} = <tenant of the row> where {column} = '{id}';"))
        };
        let statements: Vec<String> = tables.iter().filter_map(|table| statement(table)).collect();
        if !statements.is_empty() {
            let when = if self.moves_at_once() {
                "move the stored rows"
            } else {
                "before tokens name a tenant, move the stored rows"
            };
            text.push_str(&format!("; {when}: {}", statements.join(" ")));
        }
        Some(text)
    }
}

/// What literals flow into, in words.
pub fn name<'t>(targets: impl IntoIterator<Item = &'t (Target, Operation)>) -> String {
    let names: BTreeSet<&str> = targets.into_iter().map(|(target, _)| target.name()).collect();
    if names.is_empty() { NOWHERE.to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

fn line(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Disjoint groups of numbers.
struct Groups(BTreeMap<usize, usize>);

impl Groups {
    fn of(numbers: &[usize]) -> Groups {
        Groups(numbers.iter().map(|number| (*number, *number)).collect())
    }

    fn root(&self, number: usize) -> usize {
        let mut root = number;
        while let Some(parent) = self.0.get(&root).filter(|parent| **parent != root) {
            root = *parent;
        }
        root
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0.insert(one.max(other), one.min(other));
    }

    fn all(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in self.0.keys() {
            groups.entry(self.root(*number)).or_default().push(*number);
        }
        groups
    }
}
