//! The reads and writes of one table: they are cached and invalidated together, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::browser::{self, Found};
use super::helper::{Helper, KEYS};
use super::passing::Callers;
use super::proxy::Proxy;
use super::query::{Purpose, Query};
use super::read::{self, Cached, Key};
use super::write::{self, Write};
use super::{META, at, subject, violation};
use crate::config::CachedTable;
use crate::edit::{Applicability, Fix};
use crate::project::{RelPath, Surface};
use crate::rules::{Note, Resolution, Violation};
use crate::syntax::source::SourceFile;

/// Where code runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In an edge function: the functions folder.
    Functions(RelPath),
    /// In the browser.
    Browser,
}

/// The reads and writes of a table in one functions folder.
pub struct Group<'a, 't> {
    callers: &'a Callers<'a>,
    table: &'a CachedTable,
    helper: Helper,
    reads: Vec<Read<'a, 't>>,
    /// Reads in the browser, and the edge function that they ask.
    in_browser: Vec<browser::Read<'a, 't>>,
    proxy: Option<&'a Proxy>,
    writes: Vec<(&'a SourceFile, &'a Query<'t>, Write)>,
}

/// A read of one row.
struct Read<'a, 't> {
    file: &'a SourceFile,
    query: &'a Query<'t>,
    cached: Option<Cached<'t>>,
    /// What it may be cached under, or why it may not.
    key: Result<Key, String>,
}

/// A write that leaves what is cached as it is: what it is, and where.
type Stale = String;

impl<'a, 't> Group<'a, 't> {
    /// Tells all that there is to say of the table `name`, by its reads of one row and its changes.
    pub fn tell_all(
        callers: &'a Callers<'a>,
        name: &str,
        table: &'a CachedTable,
        queries: &'a [(Place, &'t SourceFile, Query<'t>)],
        proxy: &'a Result<Proxy, String>,
        resolution: &mut Resolution,
    ) {
        let files = callers.files;
        let in_browser = || queries.iter().filter(|(place, ..)| *place == Place::Browser);
        let beside: Vec<(&SourceFile, &Query<'_>)> = in_browser().map(|(_, file, query)| (*file, query)).collect();
        let mut elsewhere: Vec<Stale> = Vec::new();
        let mut asking: Vec<browser::Read<'_, '_>> = Vec::new();
        for (_, file, query) in in_browser() {
            if query.purpose() == Purpose::Change {
                elsewhere.push(format!("{} (in the browser)", at(file, query.range.start)));
            } else if query.equal_to(file, &table.id).is_some() {
                match proxy {
                    Ok(proxy) => {
                        let found = browser::find(files, file, query, table, proxy).and_then(|found| match found {
                            Found::Can(_) if changes(file, &query.range, &beside) => {
                                Err(format!("rows are changed in the same block: {JUDGED}"))
                            }
                            found => Ok(found),
                        });
                        asking.push(browser::Read { file, query, found });
                    }
                    Err(reason) => refuse(file, query, name, reason, resolution),
                }
            }
        }
        let mut by_rpc: Vec<(RelPath, Range<usize>, String)> = Vec::new();
        for (path, what) in write::in_sql(files.project, name) {
            elsewhere.push(format!("{what} in {path}"));
            let write::InSql::Function(function) = &what else { continue };
            for file in files.with(function).into_iter().filter(|file| !callers.leaves(&file.path)) {
                for range in write::rpc_calls(&file, function) {
                    let place = if Surface::of(&file.path) == Surface::Edge { "" } else { " in the browser" };
                    elsewhere.push(format!("{} (`rpc('{function}')`{place})", at(&file, range.start)));
                    by_rpc.push((file.path.clone(), range, format!("{what} in {path} writes it")));
                }
            }
        }
        let bases: BTreeSet<&RelPath> = queries
            .iter()
            .filter_map(|(place, ..)| match place {
                Place::Functions(base) => Some(base),
                Place::Browser => None,
            })
            .chain(proxy.as_ref().ok().filter(|_| !asking.is_empty()).map(|proxy| &proxy.base))
            .collect();
        let mut is_cached = false;
        for base in bases {
            let here = queries.iter().filter(|(place, ..)| *place == Place::Functions(base.clone()));
            let here: Vec<(&SourceFile, &Query<'_>)> = here.map(|(_, file, query)| (*file, query)).collect();
            match Helper::of(files, base) {
                Ok(helper) => {
                    let mut group = Group::of(callers, table, helper, &here);
                    if let Ok(proxy) = proxy
                        && proxy.base == *base
                    {
                        group.in_browser = std::mem::take(&mut asking);
                        group.proxy = Some(proxy);
                    }
                    group.find_writes(&here);
                    group.tell(name, &elsewhere, resolution);
                    is_cached |= group.is_cached();
                }
                Err(reason) => {
                    let mut reads: Vec<(&SourceFile, &Query<'_>)> =
                        here.into_iter().filter(|(file, query)| is_by_id(file, query, table)).collect();
                    if proxy.as_ref().is_ok_and(|proxy| proxy.base == *base) {
                        reads.extend(std::mem::take(&mut asking).into_iter().map(|read| (read.file, read.query)));
                    }
                    reads.into_iter().for_each(|(file, query)| refuse(file, query, name, &reason, resolution));
                }
            }
        }
        let shown = by_rpc.into_iter().filter(|(path, ..)| Surface::of(path) == Surface::Edge);
        for (path, range, why) in shown.filter(|_| is_cached && !table.accept_stale) {
            resolution.violations.push(Violation {
                rule: META.name,
                path,
                range,
                message: stays(name),
                help: Some(format!("no fix: {why}, and which rows can't be seen here")),
                related: Vec::new(),
                fix: None,
            });
        }
    }

    /// Whether rows are cached, or will be.
    fn is_cached(&self) -> bool {
        self.reads.iter().any(|read| read.key.is_ok()) || self.in_browser.iter().any(|read| read.found.is_ok())
    }

    fn of(
        callers: &'a Callers<'a>,
        table: &'a CachedTable,
        helper: Helper,
        queries: &[(&'t SourceFile, &'a Query<'t>)],
    ) -> Group<'a, 't>
    where
        't: 'a,
    {
        let mut group = Group {
            callers,
            table,
            helper,
            reads: Vec::new(),
            in_browser: Vec::new(),
            proxy: None,
            writes: Vec::new(),
        };
        for (file, query) in queries.iter().filter(|(file, query)| is_by_id(file, query, table)) {
            let Some(id) = query.equal_to(file, &table.id) else { continue };
            let cached = read::cached(callers.files, file, &group.helper, query);
            let key = read::key(callers, file, query, table, id, cached.as_ref()).and_then(|key| match &cached {
                Some(cached) => cached.holds(file, table, &key).map(|()| key),
                None => judges_no_change(callers, file, query, &key, queries)
                    .and_then(|()| read::is_awaited(file, query))
                    .map(|()| key),
            });
            group.reads.push(Read { file, query, cached, key });
        }
        group.reads_apart();
        group
    }

    /// Finds the changes. Without anything cached there is nothing to invalidate.
    fn find_writes(&mut self, queries: &[(&'t SourceFile, &'a Query<'t>)])
    where
        't: 'a,
    {
        if self.is_cached() {
            let changes = queries.iter().filter(|(_, query)| query.purpose() == Purpose::Change);
            let write = |file, query| write::of(self.callers, file, &self.helper, query, self.table);
            self.writes = changes.map(|(file, query)| (*file, *query, write(file, query))).collect();
        }
    }

    /// Finds the cached reads that share a key and ask for different things.
    fn reads_apart(&mut self) {
        let mut first: BTreeMap<Option<String>, (String, String)> = BTreeMap::new();
        for read in &mut self.reads {
            let (Some(cached), Ok(key)) = (&read.cached, &read.key) else { continue };
            let place = at(read.file, read.query.range.start);
            let known = first.entry(cached.variant(read.file)).or_insert_with(|| (key.selection.clone(), place));
            if known.0 != key.selection {
                let reason = format!(
                    "it shares its key with {}, which asks for something else: add `variant: '{}'`",
                    known.1,
                    key.variant()
                );
                read.key = Err(reason);
            }
        }
    }

    /// The variant that a read, which isn't cached yet, gets in its key.
    fn variant(&self, key: &Key) -> Option<String> {
        let sound = || self.reads.iter().filter_map(|read| Some((read, read.key.as_ref().ok()?)));
        let plain =
            sound().find(|(read, _)| read.cached.as_ref().is_some_and(|cached| cached.variant(read.file).is_none()));
        let is_alone = match plain {
            Some((_, first)) => first.selection == key.selection,
            None => sound().all(|(_, other)| other.selection == key.selection),
        };
        (!is_alone).then(|| key.variant())
    }

    fn tell(&self, name: &str, elsewhere: &[Stale], resolution: &mut Resolution) {
        let stale = self.stale(elsewhere);
        let fix = self.fix(!stale.is_empty() && !self.table.accept_stale);
        let (key, ttl) = (self.table.key.get_ref(), self.table.ttl.get_ref());
        for Read { file, query, cached, key: found } in &self.reads {
            let (said, is_done) = match (found, cached) {
                (Ok(_), Some(_)) => (None, true),
                (Ok(_), None) => {
                    let how = format!("keep it for {ttl} s under `{KEYS}.{key}`, from {}", self.helper.path);
                    let help = match fix.applicability {
                        Applicability::Safe => how,
                        _ => format!("{how}; unsafe: it stays as it was for so long after writes by {}", list(&stale)),
                    };
                    let is_safe = fix.applicability == Applicability::Safe;
                    let found = violation(file, query, past(name), help.clone());
                    resolution.violations.push(Violation { fix: Some(fix.clone()), ..found });
                    ((!is_safe).then_some(help), false)
                }
                (Err(reason), _) => {
                    let message = match cached {
                        Some(_) => format!("a row of `{name}` is cached that must not be"),
                        None => past(name),
                    };
                    let help = format!("no fix: {reason}");
                    resolution.violations.push(violation(file, query, message, help.clone()));
                    (Some(help), false)
                }
            };
            resolution.subjects.push(subject(file, query, said, is_done));
        }
        for browser::Read { file, query, found } in &self.in_browser {
            let is_done = matches!(found, Ok(Found::Cached));
            let said = match found {
                Ok(Found::Cached) => None,
                Ok(Found::Can(_)) => {
                    let asked = self.proxy.map(|proxy| proxy.name.as_str()).unwrap_or_default();
                    let how = format!("ask the edge function `{asked}` for it, which keeps it for {ttl} s");
                    let is_safe = fix.applicability == Applicability::Safe;
                    let help = match is_safe {
                        true => how,
                        false => {
                            format!("{how}; unsafe: it stays as it was for so long after writes by {}", list(&stale))
                        }
                    };
                    let found = violation(file, query, past(name), help.clone());
                    resolution.violations.push(Violation { fix: Some(fix.clone()), ..found });
                    (!is_safe).then_some(help)
                }
                Err(reason) => {
                    refuse(file, query, name, reason, resolution);
                    continue;
                }
            };
            resolution.subjects.push(subject(file, query, said, is_done));
        }
        for (file, query, write) in &self.writes {
            let message = stays(name);
            match write {
                Write::Invalidates => {}
                Write::Can(_) => {
                    let help = format!("forget the row behind it, `{KEYS}.{key}`");
                    let found = violation(file, query, message, help);
                    resolution.violations.push(Violation { fix: Some(fix.clone()), ..found });
                }
                Write::Cannot(_) if self.table.accept_stale => {}
                Write::Cannot(reason) => {
                    resolution.violations.push(violation(file, query, message, format!("no fix: {reason}")));
                }
            }
        }
        if !stale.is_empty() && self.is_cached() {
            let message =
                format!("`{name}`: cached rows stay for up to {ttl} s as they were after writes by {}", list(&stale));
            resolution.notes.push(Note { rule: None, path: None, message });
        }
    }

    /// All writes that can't invalidate.
    fn stale(&self, elsewhere: &[Stale]) -> Vec<Stale> {
        let here = self.writes.iter().filter_map(|(file, query, write)| match write {
            Write::Cannot(_) => Some(at(file, query.range.start)),
            _ => None,
        });
        here.chain(elsewhere.iter().cloned()).collect()
    }

    /// The fix of all reads and writes: none of them is sound without the others.
    fn fix(&self, is_stale: bool) -> Fix {
        let mut fix = Fix::safe(Vec::new());
        let (mut is_new, mut asks) = (false, false);
        for read in self.reads.iter().filter(|read| read.cached.is_none()) {
            let Ok(key) = &read.key else { continue };
            let variant = self.variant(key);
            let into =
                read::Into { files: self.callers.files, file: read.file, helper: &self.helper, table: self.table };
            read::wrap(&mut fix, &into, read.query, key, variant.as_deref());
            is_new = true;
        }
        for read in &self.in_browser {
            let (Ok(Found::Can(asked)), Some(proxy)) = (&read.found, self.proxy) else { continue };
            asked.write(&mut fix, self.callers.files, read.file, read.query, self.table);
            if !asks {
                proxy.add_to(&mut fix, read.query.table);
                read::bring(&mut fix, &self.helper);
            }
            (asks, is_new) = (true, true);
        }
        if is_stale && is_new {
            fix.applicability = Applicability::Unsafe;
        }
        for (file, _, write) in &self.writes {
            if let Write::Can(invalidation) = write {
                invalidation.write(&mut fix, self.callers.files, file, &self.helper, self.table);
            }
        }
        fix.edits.sort_by(|a, b| (&a.path, a.range.start, a.range.end).cmp(&(&b.path, b.range.start, b.range.end)));
        fix
    }
}

/// Whether the block around a byte range changes rows of the table.
fn changes(file: &SourceFile, range: &Range<usize>, queries: &[(&SourceFile, &Query<'_>)]) -> bool {
    let path = file.path_to(range.clone());
    let block = path.iter().rev().find(|node| node.kind() == "statement_block").map(|block| block.byte_range());
    let mut changes =
        queries.iter().filter(|(other, query)| other.path == file.path && query.purpose() == Purpose::Change);
    block.is_some_and(|block| changes.any(|(_, change)| block.contains(&change.range.start)))
}

/// Why no read beside a change is cached.
const JUDGED: &str = "what is changed is judged by what is there";

/// Whether a read stands apart from changes of the table, and so do all calls that lead to it.
///
/// # Errors
/// That it doesn't, as a clause.
fn judges_no_change(
    callers: &Callers<'_>,
    file: &SourceFile,
    query: &Query<'_>,
    key: &Key,
    queries: &[(&SourceFile, &Query<'_>)],
) -> Result<(), String> {
    if changes(file, &query.range, queries) {
        return Err(format!("rows are changed in the same block: {JUDGED}"));
    }
    let calls = key.caller.called.iter().flat_map(|called| called.all_calls());
    let beside = calls.filter_map(|call| Some((callers.files.get(&call.path)?, call)));
    match beside.into_iter().find(|(file, call)| changes(file, &(call.start..call.end), queries)) {
        Some((file, call)) => Err(format!("rows are changed beside its call at {}: {JUDGED}", at(&file, call.start))),
        None => Ok(()),
    }
}

fn is_by_id(file: &SourceFile, query: &Query<'_>, table: &CachedTable) -> bool {
    query.purpose() == Purpose::ReadOne && query.equal_to(file, &table.id).is_some()
}

/// Tells of a read that stays as it is, and why.
fn refuse(file: &SourceFile, query: &Query<'_>, table: &str, reason: &str, resolution: &mut Resolution) {
    let help = format!("no fix: {reason}");
    resolution.violations.push(violation(file, query, past(table), help.clone()));
    resolution.subjects.push(subject(file, query, Some(help), false));
}

fn past(table: &str) -> String {
    format!("a row of `{table}` is read past the cache")
}

fn stays(table: &str) -> String {
    format!("`{table}` is written, and what is cached of it stays")
}

/// Some of a list, and how many more there are.
fn list(all: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
