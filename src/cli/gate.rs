//! What a run is judged by: the baseline, how many violations pass, and which exit status says so.

use std::path::PathBuf;

use clap::Args;

use super::load::Place;
use super::terminal::Failure;
use super::{CLEAN, TROUBLE, VIOLATIONS};
use crate::baseline::{self, Applied, Baseline, Entry, FILE_NAME};
use crate::project::{Project, RelPath, Selection};
use crate::report::{Note, Report};
use crate::vcs;

/// The options of the gate.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub struct GateArgs {
    /// The file of accepted violations, instead of phase2-baseline.json in the project root
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Accept no violations
    #[arg(long)]
    no_baseline: bool,
    /// Accept what the baseline had where the branch left REF
    #[arg(long, value_name = "REF", conflicts_with = "no_baseline")]
    baseline_from: Option<String>,
    /// Go by the phase2.toml that was there where the branch left REF
    #[arg(long, value_name = "REF", conflicts_with_all = ["config", "isolated"])]
    pub config_from: Option<String>,
    /// Fail if entries of the baseline match nothing any more
    #[arg(long)]
    ratchet: bool,
    /// Let so many violations pass
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_violations: usize,
    /// Exit with status 0 whatever the violations; errors are errors all the same
    #[arg(long)]
    exit_zero: bool,
}

/// What a run is judged by.
#[derive(Debug)]
pub struct Gate<'a> {
    args: &'a GateArgs,
    /// How the baseline is called, and what it accepts.
    baseline: Option<(String, Baseline)>,
    /// What there is to say of it.
    pub notes: Vec<Note>,
}

/// The baseline of a project: where it is, what it is called in messages, and its text, if it is there.
pub struct Located {
    /// From the project root; `None` if it lies elsewhere.
    pub path: Option<RelPath>,
    /// As messages name it.
    pub name: String,
    /// What it holds.
    pub text: Option<String>,
}

/// Finds the baseline that `stated` names, or the usual one.
///
/// # Errors
/// If it can't be read, or a stated one isn't there.
pub fn locate(place: &Place, project: &Project, stated: Option<&PathBuf>) -> Result<Located, Failure> {
    let path = stated.map_or_else(|| project.root.join(FILE_NAME), |stated| place.cwd.join(stated));
    let name = stated.map_or_else(|| FILE_NAME.to_owned(), |stated| stated.display().to_string());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && stated.is_none() => None,
        Err(error) => return Err(Failure::Plain(format!("{name} can't be read: {error}"))),
    };
    let canonical = path.canonicalize().unwrap_or(path);
    Ok(Located { path: RelPath::from_absolute(&project.root, &canonical), name, text })
}

impl<'a> Gate<'a> {
    /// What the command line asks for.
    ///
    /// # Errors
    /// If the baseline can't be read.
    pub fn of(args: &'a GateArgs, place: &Place, project: &Project) -> Result<Gate<'a>, Failure> {
        let mut gate = Gate { args, baseline: None, notes: Vec::new() };
        if args.no_baseline {
            return Ok(gate);
        }
        let located = locate(place, project, args.baseline.as_ref())?;
        let own = located.text.as_deref().map(|text| Baseline::parse(&located.name, text)).transpose()?;
        let Some(revision) = &args.baseline_from else {
            if let Some(own) = own {
                let renames = baseline::renames(project, located.path.as_ref(), &own);
                gate.baseline = Some((located.name, own.renamed(&renames)));
            }
            return Ok(gate);
        };
        let path = located.path.ok_or_else(|| {
            Failure::Plain(format!("{} is outside of the project: git has no earlier one", located.name))
        })?;
        let before = vcs::at_merge_base(&project.root, revision, &path)?;
        let name = format!("{} of {revision}", located.name);
        let before = match before {
            Some(bytes) => Baseline::parse(&name, &String::from_utf8_lossy(&bytes))?,
            None => Baseline::default(),
        };
        let renamed = vcs::renames_from(&project.root, revision)?;
        let before = before.renamed(&renamed);
        let (added, removed) = before.difference(&own.unwrap_or_default());
        if added + removed > 0 {
            let message = format!(
                "this branch adds {added} entries to {} and removes {removed}, which doesn't count: {name} does",
                located.name
            );
            gate.notes.push(Note { rule: None, path: None, message });
        }
        gate.baseline = Some((name, before));
        Ok(gate)
    }

    /// Whether violations have to be told apart by more than their places.
    pub fn needs_fingerprints(&self) -> bool {
        self.baseline.is_some()
    }

    /// The files that the baseline names, whether they are there or not.
    pub fn paths(&self) -> impl Iterator<Item = RelPath> {
        let entries = self.baseline.iter().flat_map(|(_, baseline)| baseline.entries());
        entries.filter_map(|entry| RelPath::new(&entry.path))
    }

    /// Takes out of `report` what is accepted. Whether entries are left that match nothing, which matters with --ratchet.
    pub fn apply(&self, report: &mut Report, selection: &Selection, rules: &[&str]) -> bool {
        let Some((name, baseline)) = &self.baseline else { return false };
        report.add_fingerprints();
        let judged = |entry: &Entry| {
            rules.contains(&entry.rule.as_str())
                && RelPath::new(&entry.path).is_some_and(|path| selection.contains(&path))
        };
        let Applied { accepted, stale } = baseline.apply(report, &judged);
        report.accepted = accepted;
        if let Some(first) = stale.first() {
            let message = format!(
                "{} of the {} entries of {name} match nothing any more, such as one of {} in {}: `phase2 baseline --prune` \
                 removes them",
                stale.len(),
                baseline.len(),
                first.rule,
                first.path
            );
            report.notes.push(Note { rule: None, path: None, message });
        }
        !stale.is_empty()
    }

    /// The exit status. `is_stale` is what [`Self::apply`] said.
    pub fn status(&self, report: &Report, is_stale: bool) -> u8 {
        let fails = report.findings.len() > self.args.max_violations || self.args.ratchet && is_stale;
        match (report.errors.is_empty(), fails && !self.args.exit_zero) {
            (false, _) => TROUBLE,
            (true, true) => VIOLATIONS,
            (true, false) => CLEAN,
        }
    }
}
