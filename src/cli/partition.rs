//! `phase2 partition`

use std::fs;
use std::path::Path;

use super::load::Place;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, PartitionArgs, Then, VIOLATIONS};
use crate::edit::FileChange;
use crate::partition::options::{FunctionName, History, Loss, Month, Options, Retention};
use crate::partition::snapshot::Snapshot;
use crate::partition::uses::Uses;
use crate::partition::{check, explain, plan, read};
use crate::project::{Project, ProjectError, RelPath, RootsError};
use crate::report::Note;
use crate::report::summary;
use crate::write;

/// The variable that has the database's address where no option names it.
const DATABASE_URL: &str = "DATABASE_URL";

/// Writes the files that partition a table, or says what speaks against it; the exit status.
///
/// # Errors
/// If the database or the snapshot can't be read, or the files not be written.
pub fn run(terminal: &Terminal, common: &Common, args: &PartitionArgs) -> Result<u8, Failure> {
    let options = options(args)?;
    let root = Place::root_of(common)?
        .canonicalize()
        .map_err(|error| Failure::Plain(format!("the project root can't be used: {error}")))?;
    let (schema, table) = args.table.split_once('.').unwrap_or(("public", &args.table));
    let snapshot = match &args.from_snapshot {
        Some(path) => {
            let shown = path.display();
            let snapshot = snapshot_in(path)?;
            if (snapshot.table.schema.as_str(), snapshot.table.name.as_str()) != (schema, table) {
                let Snapshot { table: found, .. } = &snapshot;
                return Err(Failure::Plain(format!("{shown} is a snapshot of {}.{}", found.schema, found.name)));
            }
            snapshot
        }
        None => {
            let url = database_url(args)?;
            let snapshot = read::snapshot(&url, schema, table, &options)?;
            if let Some(path) = &args.explain {
                explain(terminal, path, &url, &snapshot, &options)?;
            }
            snapshot
        }
    };
    let mut changes = Vec::new();
    if let Some(path) = &args.snapshot {
        changes.push(change(&root, &inside(&root, &path.to_string_lossy())?, snapshot.to_text())?);
    }
    let uses = project(common)?.map_or_else(Uses::default, |project| Uses::of(&project, table));
    let refusals = check::refusals(&snapshot, &options, &uses);
    if !refusals.is_empty() {
        save(&root, &changes)?;
        terminal.print(Stream::Out, |out, look| {
            refusals.iter().try_for_each(|refusal| {
                writeln!(
                    out,
                    "{} {}\n  {} {}",
                    look.paint("31", "refused:"),
                    refusal.reason,
                    look.paint("36", "way out:"),
                    refusal.way_out
                )
            })
        })?;
        return Ok(VIOLATIONS);
    }
    let folder = inside(&root, &args.into.to_string_lossy())?;
    let migrations = folder.join("migrations").ok_or_else(|| Failure::Plain("no such folder".to_owned()))?;
    let scripts =
        folder.join(&format!("partition/{table}")).ok_or_else(|| Failure::Plain("no such folder".to_owned()))?;
    let mut versions = plan::versions(&snapshot, &existing(&root, &migrations));
    let plan = plan::of(&snapshot, &options, &mut versions).map_err(|error| Failure::Plain(format!("{error:#}")))?;
    for (base, (name, text)) in plan
        .migrations
        .into_iter()
        .map(|file| (&migrations, file))
        .chain(plan.scripts.into_iter().map(|file| (&scripts, file)))
    {
        let path = base.join(&name).ok_or_else(|| Failure::Plain(format!("{name} is no name of a file")))?;
        changes.push(change(&root, &path, text)?);
    }
    let written = save(&root, &changes)?;
    if !common.quiet {
        terminal.print(Stream::Err, |err, look| {
            let written = written.iter().map(|path| format!("written: {path}"));
            written
                .chain(plan::remarks(&snapshot, &options))
                .try_for_each(|message| summary::write_note(err, &Note { rule: None, path: None, message }, look))
        })?;
    }
    Ok(CLEAN)
}

/// The snapshot in a file.
///
/// # Errors
/// If there is none.
pub fn snapshot_in(path: &Path) -> Result<Snapshot, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| Failure::Plain(format!("{shown} can't be read: {error}")))?;
    Snapshot::parse(&text).map_err(|reason| Failure::Plain(format!("{shown}: {reason}")))
}

fn database_url(args: &PartitionArgs) -> Result<String, Failure> {
    let url = args.database_url.clone().or_else(|| std::env::var(DATABASE_URL).ok());
    url.ok_or_else(|| {
        Failure::Plain(format!(
            "no database: use --database-url, set {DATABASE_URL}, or name a file with --from-snapshot"
        ))
    })
}

/// Says what partitions would change for the queries of a file.
fn explain(terminal: &Terminal, path: &Path, url: &str, snapshot: &Snapshot, options: &Options) -> Result<(), Failure> {
    let shown = path.display();
    let sql = fs::read_to_string(path).map_err(|error| Failure::Plain(format!("{shown} can't be read: {error}")))?;
    let explained = explain::explain(url, &sql, snapshot, &options.key)
        .map_err(|error| Failure::Plain(format!("{shown}: {error}")))?;
    terminal.print(Stream::Out, |out, look| {
        explained.iter().try_for_each(|query| {
            writeln!(out, "{shown}:{}: {}", query.line, query.head)?;
            query
                .said
                .iter()
                .try_for_each(|(word, text)| writeln!(out, "  {} {text}", look.paint("36", &format!("{word}:"))))
        })
    })
}

fn options(args: &PartitionArgs) -> Result<Options, Failure> {
    let month = |text: &String| {
        Month::parse(text).ok_or_else(|| Failure::Plain(format!("--boundary {text}: a month is written 2026-11")))
    };
    let function = |text: &String| match text.split_once('.') {
        Some((schema, name)) if !schema.is_empty() && !name.is_empty() => {
            Ok(FunctionName { schema: schema.to_owned(), name: name.to_owned() })
        }
        _ => Err(Failure::Plain(format!("--function {text}: name its schema as well: app.{text}"))),
    };
    let loss = |name: &String| {
        Loss::ALL.into_iter().find(|loss| loss.name() == name).ok_or_else(|| {
            Failure::Plain(format!("--accept {name}: known are {}", Loss::ALL.map(Loss::name).join(", ")))
        })
    };
    Ok(Options {
        history: match args.history {
            super::Past::Attach => History::Attach,
            super::Past::Split => History::Split,
        },
        key: args.by.clone(),
        ahead: args.ahead,
        boundary: args.boundary.as_ref().map(month).transpose()?,
        home: args.partition_schema.clone(),
        function: args.function.as_ref().map(function).transpose()?,
        has_default_partition: args.default_partition,
        retention: args.keep.map(|keep| Retention { keep, drops: args.then == Then::Drop }),
        accepted: args.accept.iter().map(loss).collect::<Result<_, _>>()?,
        publish_via_root: args.publish_via_root,
    })
}

/// The project, whose code is asked for its queries; `None` if it has no TypeScript.
fn project(common: &Common) -> Result<Option<Project>, Failure> {
    let place = Place::of(common)?;
    match Project::open(&place.root, place.config.clone()) {
        Ok(project) => Ok(Some(project)),
        Err(ProjectError::Roots(RootsError::NoDefault { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A path of the command line as one of the project.
fn inside(root: &Path, path: &str) -> Result<RelPath, Failure> {
    let relative = Path::new(path);
    let found = if relative.is_absolute() { RelPath::from_absolute(root, relative) } else { RelPath::new(path) };
    found.ok_or_else(|| Failure::Plain(format!("{path} is outside of the project")))
}

/// The names of the migrations that are there.
fn existing(root: &Path, folder: &RelPath) -> Vec<String> {
    let entries = fs::read_dir(folder.to_absolute(root)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn change(root: &Path, path: &RelPath, after: String) -> Result<FileChange, Failure> {
    let before = match fs::read_to_string(path.to_absolute(root)) {
        Ok(text) => Some(text.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::Plain(format!("{path} can't be read: {error}"))),
    };
    Ok(FileChange { path: path.clone(), before, after })
}

fn save(root: &Path, changes: &[FileChange]) -> Result<Vec<RelPath>, Failure> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let written = write::write(root, changes)?;
    match written.skipped.first() {
        Some(skipped) => Err(Failure::Plain(format!("{}: {}", skipped.path, skipped.reason))),
        None => Ok(written.files),
    }
}
