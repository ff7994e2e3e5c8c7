//! Tables that are worth caching, for the phase2.toml that `phase2 init` writes.

use std::collections::{BTreeMap, BTreeSet};

use super::query::{Purpose, Query};
use crate::excludes::Excludes;
use crate::project::Project;
use crate::rules::edge::files::Files;

/// A table whose rows are read by their ids in many places and changed in few.
#[derive(Debug, PartialEq, Eq)]
pub struct Hot {
    /// Its name.
    pub table: String,
    /// What to call it in `CacheKeys`.
    pub key: String,
    /// In how many places of edge functions a row is read by its id.
    pub reads: usize,
    /// In how many places of the browser's code.
    pub reads_in_browser: usize,
    /// In how many places rows are changed or deleted.
    pub changes: usize,
}

/// In how many places a row is read at least.
const FEWEST_READS: usize = 3;
/// How many places that read there are at least for each that changes.
const READS_FOR_A_CHANGE: usize = 3;

/// The tables that are worth caching, the hottest first: those that edge functions read as well.
pub fn of(project: &Project) -> Vec<Hot> {
    let files = Files::of(project);
    let excluded: Vec<&str> =
        project.config.read_through.exclude.iter().map(|pattern| pattern.get_ref().as_str()).collect();
    let excluded = Excludes::new(&excluded).expect("the configuration's globs are checked when it is read");
    let mut tables: BTreeMap<String, Hot> = BTreeMap::new();
    for file in files.with(".from(") {
        if excluded.excludes_file(file.path.as_str()) {
            continue;
        }
        let is_edge = project.supabase_of(&file.path).is_some();
        for (at, from) in file.text.match_indices(".from(") {
            let name = at + from.len();
            let blanks = file.text[name..].len() - file.text[name..].trim_start().len();
            let Some(query) = Query::at(&file, name + blanks) else { continue };
            let hot = tables.entry(query.table.to_owned()).or_insert_with(|| Hot {
                table: query.table.to_owned(),
                key: key(query.table),
                reads: 0,
                reads_in_browser: 0,
                changes: 0,
            });
            match query.purpose() {
                Purpose::ReadOne if query.equal_to(&file, "id").is_some() && is_edge => hot.reads += 1,
                Purpose::ReadOne if query.equal_to(&file, "id").is_some() => hot.reads_in_browser += 1,
                Purpose::Change => hot.changes += 1,
                _ => {}
            }
        }
    }
    let is_hot = |hot: &Hot| {
        let reads = hot.reads + hot.reads_in_browser;
        hot.reads > 0 && reads >= FEWEST_READS && reads >= hot.changes * READS_FOR_A_CHANGE && !hot.key.is_empty()
    };
    let mut hot: Vec<Hot> = tables.into_values().filter(is_hot).collect();
    hot.sort_by_key(|hot| (std::cmp::Reverse(hot.reads), std::cmp::Reverse(hot.reads_in_browser), hot.table.clone()));
    // Two tables can't have one key.
    let mut keys = BTreeSet::new();
    hot.retain(|hot| keys.insert(hot.key.clone()));
    hot
}

/// The name of one row of a table: `marketplace_listings` → `listing`, where `CacheKeys` have that, else its own in the
/// singular.
fn key(table: &str) -> String {
    let singular = match table {
        _ if table.ends_with("ies") => format!("{}y", &table[..table.len() - 3]),
        _ if table.ends_with("ss") || !table.ends_with('s') => table.to_owned(),
        _ => table[..table.len() - 1].to_owned(),
    };
    let words: Vec<&str> = singular.split(['_', '-', '.']).filter(|word| !word.is_empty()).collect();
    let known = ["listing", "profile", "event", "horse"];
    if let Some(known) = words.last().and_then(|last| known.iter().find(|known| *known == last)) {
        return (*known).to_owned();
    }
    let mut name = String::new();
    for word in words.into_iter().filter(|word| word.chars().all(|letter| letter.is_ascii_alphanumeric())) {
        let is_first = name.is_empty();
        let mut letters = word.chars();
        let first = letters.next().map(|first| if is_first { first } else { first.to_ascii_uppercase() });
        name.extend(first);
        name.push_str(letters.as_str());
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) { String::new() } else { name }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_names_one_row() {
        for (table, expected) in [
            ("marketplace_listings", "listing"),
            ("entity_profiles", "profile"),
            ("profiles", "profile"),
            ("categories", "category"),
            ("tenant_settings", "tenantSetting"),
            ("address", "address"),
            ("2fa", ""),
        ] {
            assert_eq!(key(table), expected);
        }
    }
}
