//! What is said of a file that is too large.

use std::collections::BTreeSet;

use super::extract::{self, Part};
use super::outline::Unit;
use super::plan::{Candidate, LargeFile, Split};
use crate::project::lines_of;
use crate::rules::Related;

/// How many candidates are listed.
const LISTED: usize = 6;
/// How many parts of the JSX are listed.
const PARTS: usize = 3;
/// How many names are listed of each.
const NAMES: usize = 4;

/// The best split that brings the file below the limit, in words and as edits.
///
/// # Errors
/// Why there is none, as a clause.
pub fn best(large: &LargeFile<'_, '_>) -> Result<(String, Split), String> {
    let wanted = large.best().map_err(|reason| why_nothing(large, reason))?;
    let split = large.split(&wanted)?;
    if split.lines_left > large.max_lines {
        return Err(format!(
            "{} lines would stay, as {}; `phase2 split {}` takes out what there is",
            split.lines_left,
            largest_stay(large),
            large.path
        ));
    }
    Ok((description(&split), split))
}

/// What a split does.
pub fn description(split: &Split) -> String {
    let modules: Vec<String> = split
        .modules
        .iter()
        .map(|module| format!("{} ({})", module.path.file_name(), lines_of(&module.text)))
        .collect();
    format!("unsafe fix: takes out {}; {} lines stay", modules.join(", "), split.lines_left)
}

/// Why nothing can be taken out, as a clause; `reason` is what kept back what would have been worth it.
pub fn why_nothing(large: &LargeFile<'_, '_>, reason: Option<String>) -> String {
    if let Some(reason) = reason.or_else(|| large.names.refusal()) {
        return reason;
    }
    format!("no declaration is worth a module of its own: {}", largest_stay(large))
}

/// The largest thing that stays, and why.
fn largest_stay(large: &LargeFile<'_, '_>) -> String {
    let file = large.outline.file;
    let staying = large.outline.units.iter().filter(|unit| unit.stays.is_some());
    let largest = staying.max_by_key(|unit| unit.lines(file));
    match largest.and_then(|unit| Some((unit, unit.stays.as_ref()?))) {
        Some((unit, stay)) => format!("{} stays: {stay}", titled(large, unit)),
        None => "all that it declares is small".to_owned(),
    }
}

/// A unit's name and size.
fn titled(large: &LargeFile<'_, '_>, unit: &Unit<'_>) -> String {
    let file = large.outline.file;
    let lines = unit.lines(file);
    let size = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
    let first = unit.items.first().map_or(0, |item| item.node.start_byte());
    match unit.name() {
        "" => format!("the code at line {} ({size})", file.text[..first].matches('\n').count() + 1),
        name => format!("`{name}` ({size})"),
    }
}

/// What is worth taking out, the best first: how large it is, what it needs, who uses it.
pub fn candidates(large: &LargeFile<'_, '_>) -> Vec<Related> {
    let declarations = large.candidates();
    let declarations = declarations.iter().take(LISTED).map(|candidate| related(large, candidate));
    declarations.chain(extract::parts(large).iter().take(PARTS).map(|part| of_part(large, part))).collect()
}

/// What is said of a part of the JSX.
fn of_part(large: &LargeFile<'_, '_>, part: &Part) -> Related {
    let (first, last) = part.lines;
    let given: Vec<&str> = part.props.iter().map(String::as_str).collect();
    let given = if given.is_empty() { "nothing".to_owned() } else { listed(&given) };
    let message = format!(
        "`{}` on lines {first}-{last} as a component ({} lines): is given {given}; `--extract {first}-{last} --as NAME`",
        part.tag,
        last - first + 1
    );
    Related { path: large.path.clone(), range: part.range.clone(), message }
}

fn related(large: &LargeFile<'_, '_>, candidate: &Candidate) -> Related {
    let outline = large.outline;
    let message = match candidate.unit {
        None => format!("the types: the file loses {} lines", candidate.lines),
        Some(at) => {
            let unit = &outline.units[at];
            let needs: Vec<&str> = unit.uses.iter().map(|used| outline.units[*used].name()).collect();
            let users: BTreeSet<&str> = outline
                .units
                .iter()
                .filter(|user| user.uses.contains(&at))
                .map(|user| if user.name().is_empty() { "code that runs at once" } else { user.name() })
                .collect();
            let imports = match unit.bindings.len() {
                0 => String::new(),
                1 => " and 1 import".to_owned(),
                count => format!(" and {count} imports"),
            };
            let needs = match (needs.is_empty(), imports.is_empty()) {
                (true, true) => "needs nothing".to_owned(),
                (true, false) => format!("needs{}", imports.trim_start_matches(" and")),
                _ => format!("needs {}{imports}", listed(&needs)),
            };
            let used = match (users.is_empty(), unit.exported().any(|name| large.importers.use_name(name))) {
                (true, true) => "used by other files".to_owned(),
                (true, false) => "used by nobody".to_owned(),
                (false, is_imported) => {
                    let others = if is_imported { " and other files" } else { "" };
                    format!("used by {}{others}", listed(&users.into_iter().collect::<Vec<_>>()))
                }
            };
            format!("`{}`: the file loses {} lines; {needs}; {used}", unit.name(), candidate.lines)
        }
    };
    Related { path: large.path.clone(), range: candidate.range.clone(), message }
}

/// The first names of a list, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMES);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
