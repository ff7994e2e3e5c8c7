//! `phase2 fix --diff --split-by rule|function`: several patches in a folder, and the order in which they apply.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::fix::Job;
use super::groups::Groups;
use super::terminal::Failure;
use crate::edit::FileChange;
use crate::project::RelPath;
use crate::report::patch::Patch;
use crate::report::{Note, Report, summary};

/// By what a patch is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// One patch for each rule
    Rule,
    /// One patch for each edge function, and one for the rest
    Function,
}

/// Writes the patches as `what`, a word and a folder, says; what there is to say of them.
///
/// # Errors
/// If the word isn't known, or they can't be written.
pub fn write(job: &Job<'_>, what: &[String], found: &Report, changes: &[FileChange]) -> Result<Vec<Note>, Failure> {
    let [word, folder] = what else { return Ok(Vec::new()) };
    let by = SplitBy::from_str(word, false)
        .map_err(|_| Failure::Plain(format!("patches are split by `rule` or `function`, not by `{word}`")))?;
    let folder = PathBuf::from(folder);
    let patches = match by {
        SplitBy::Rule => by_rule(job)?,
        SplitBy::Function => by_function(job, found, changes),
    };
    let patches: Vec<(String, Vec<FileChange>)> =
        patches.into_iter().filter(|(_, changes)| !changes.is_empty()).collect();
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Plain(format!("{} can't be written: {error}", path.display()))
    };
    std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let mut names = Vec::new();
    for (index, (name, changes)) in patches.iter().enumerate() {
        let path = folder.join(format!("{:04}-{}.patch", index + 1, name.replace('/', "-")));
        let mut text = Vec::new();
        Patch::of(changes).write(&mut text, false).map_err(|error| failed(&path, &error))?;
        std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        names.push(format!("{} ({})", path.display(), summary::count(changes.len(), "file")));
    }
    let order = match by {
        SplitBy::Rule => "apply them in this order",
        SplitBy::Function => "the first brings what others import; those behind it apply in any order",
    };
    let message = match names.len() {
        0 => return Ok(Vec::new()),
        1 => format!("written: {}", names.concat()),
        count => format!("{count} patches, {order}: {}", names.join(", ")),
    };
    Ok(vec![Note { rule: None, path: None, message }])
}

/// Each rule's patch goes on from what those before it made.
fn by_rule(job: &Job<'_>) -> Result<Vec<(String, Vec<FileChange>)>, Failure> {
    let mut before: BTreeMap<RelPath, String> = BTreeMap::new();
    let mut patches = Vec::new();
    for (rule, changes) in job.rule_by_rule() {
        let mut own = Vec::new();
        for change in changes {
            let known = before.get(&change.path).map(|text| text.as_str().into()).or_else(|| change.before.clone());
            if known.as_deref() != Some(change.after.as_str()) {
                own.push(FileChange { before: known, ..change.clone() });
            }
            before.insert(change.path, change.after);
        }
        patches.push((rule.to_owned(), own));
    }
    Ok(patches)
}

/// Files that are new go first; the others by the edge function that they belong to, those of one fix together.
fn by_function(job: &Job<'_>, found: &Report, changes: &[FileChange]) -> Vec<(String, Vec<FileChange>)> {
    let name = |path: &RelPath| -> String {
        let folder = job.project.supabase_of(path);
        match folder.map(|folder| folder.function_of(path)) {
            Some(Some(function)) => function.to_owned(),
            Some(None) => "shared".to_owned(),
            None => "frontend".to_owned(),
        }
    };
    // A fix that concerns several parts makes one patch of them.
    let mut groups = Groups::new();
    for fix in found.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        groups.join(fix.edits.iter().map(|edit| name(&edit.path)));
    }
    let (new, old): (Vec<&FileChange>, Vec<&FileChange>) = changes.iter().partition(|change| change.before.is_none());
    let mut patches = vec![("new-files".to_owned(), new.into_iter().cloned().collect::<Vec<_>>())];
    let mut by_group: BTreeMap<String, (BTreeSet<String>, Vec<FileChange>)> = BTreeMap::new();
    for change in old {
        let own = name(&change.path);
        let (names, changes) = by_group.entry(groups.of(&own).clone()).or_default();
        names.insert(own);
        changes.push(change.clone());
    }
    patches.extend(by_group.into_values().map(|(names, changes)| {
        let joined = names.into_iter().collect::<Vec<_>>();
        let name =
            if joined.len() > 3 { format!("{}-and-{}-more", joined[0], joined.len() - 1) } else { joined.join("-") };
        (name, changes)
    }));
    patches
}
