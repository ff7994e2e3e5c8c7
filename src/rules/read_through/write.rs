//! Writes of tables whose rows are cached: what invalidates them, and which can't.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use tree_sitter::Node;

use super::caller::Caller;
use super::helper::{Helper, INVALIDATE, KEYS};
use super::passing::Callers;
use super::query::{Query, string};
use super::read::{bring, made_for_all, row_id};
use crate::config::CachedTable;
use crate::edit::{Edit, Fix};
use crate::project::{Project, RelPath};
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::{arguments, core, statements};
use crate::rules::edge::request::{has_child, innermost_function, line_end};
use crate::rules::sql::{self, Statement};
use crate::syntax::source::SourceFile;

/// How a write goes together with the cache.
#[derive(Debug)]
pub enum Write {
    /// The row is invalidated behind it.
    Invalidates,
    /// It can be.
    Can(Box<Invalidation>),
    /// It can't be; why, as a clause.
    Cannot(String),
}

/// What invalidates a row behind a write.
#[derive(Debug)]
pub struct Invalidation {
    caller: Caller,
    id: String,
    /// The byte offset behind the statement that writes.
    end: usize,
}

/// How `query`, a write, goes together with the cache.
pub fn of(callers: &Callers<'_>, file: &SourceFile, helper: &Helper, query: &Query<'_>, table: &CachedTable) -> Write {
    let Some(statement) = statement(file, query) else {
        return Write::Cannot("nothing can stand behind it where it is written".to_owned());
    };
    if is_invalidated(callers.files, file, helper, statement, table) {
        return Write::Invalidates;
    }
    invalidation(callers, file, query, table, statement)
        .map_or_else(Write::Cannot, |invalidation| Write::Can(Box::new(invalidation)))
}

fn invalidation(
    callers: &Callers<'_>,
    file: &SourceFile,
    query: &Query<'_>,
    table: &CachedTable,
    statement: Node<'_>,
) -> Result<Invalidation, String> {
    let id = id_of(file, query, &table.id)
        .ok_or_else(|| format!("which rows it writes can't be seen: it isn't for one `{}`", table.id))?;
    let id = row_id(file, id)?;
    let caller = callers.at(file, &query.range)?;
    if !innermost_function(file, query.range.start).is_some_and(|function| has_child(function, "async")) {
        return Err("its function isn't async".to_owned());
    }
    Ok(Invalidation { caller, id, end: statement.end_byte() })
}

/// The id of the row that a query writes.
fn id_of<'t>(file: &'t SourceFile, query: &Query<'t>, column: &str) -> Option<Node<'t>> {
    if let Some(id) = query.equal_to(file, column) {
        return Some(id);
    }
    let row = query.step("upsert").and_then(|step| step.arguments.first().copied()).map(core)?;
    if row.kind() != "object" {
        return None;
    }
    let mut cursor = row.walk();
    let entries: Vec<Node<'t>> = row.named_children(&mut cursor).collect();
    // A spread behind it might override it.
    let at = entries.iter().rposition(|entry| match entry.kind() {
        "pair" => {
            entry.child_by_field_name("key").is_some_and(|key| file.text_of(key).trim_matches(['\'', '"']) == column)
        }
        "shorthand_property_identifier" => file.text_of(*entry) == column,
        _ => false,
    })?;
    let is_last = !entries[at + 1..].iter().any(|entry| entry.kind() == "spread_element");
    let entry = entries[at];
    entry.child_by_field_name("value").or(Some(entry)).filter(|_| is_last)
}

/// The statement of a block in which a query is awaited.
fn statement<'t>(file: &'t SourceFile, query: &Query<'t>) -> Option<Node<'t>> {
    let path = file.path_to(query.node.byte_range());
    let at = path.iter().rposition(|node| node.id() == query.node.id())?;
    let awaits = path[..at].iter().rev().find(|node| core(**node).id() != core(query.node).id())?;
    let statement = path[..at].iter().rposition(|node| {
        matches!(node.kind(), "expression_statement" | "lexical_declaration" | "variable_declaration")
    })?;
    let block = path.get(statement.checked_sub(1)?)?;
    let is_in_block = matches!(block.kind(), "statement_block" | "switch_case" | "switch_default");
    let is_own = !path[statement..at].iter().any(|node| crate::rules::edge::handler::is_function(*node));
    ((query.has_await || awaits.kind() == "await_expression") && is_in_block && is_own).then(|| path[statement])
}

/// Whether a statement behind it in the same block invalidates the table's rows.
fn is_invalidated(
    files: &Files<'_>,
    file: &SourceFile,
    helper: &Helper,
    statement: Node<'_>,
    table: &CachedTable,
) -> bool {
    let local = |name: &str| helper.local(files, file, name);
    let (Some(invalidate), Some(keys)) = (local(INVALIDATE), local(KEYS)) else { return false };
    let call = format!("{invalidate}({keys}.{}(", table.key.get_ref());
    let Some(block) = statement.parent() else { return false };
    let behind = statements(block).into_iter().filter(|other| other.start_byte() >= statement.end_byte());
    behind.into_iter().any(|other| {
        let text: String = file.text_of(other).split_whitespace().collect();
        text.contains(&call)
    })
}

impl Invalidation {
    /// Adds it to `fix`.
    pub fn write(&self, fix: &mut Fix, files: &Files<'_>, file: &SourceFile, helper: &Helper, table: &CachedTable) {
        let (invalidate, function_import) = helper.binding(files, file, INVALIDATE, self.end);
        let (keys, keys_import) = helper.binding(files, file, KEYS, self.end);
        let key = made_for_all(&keys, table, &self.caller.tenant, &self.id);
        let style = file.style();
        let end = if style.semicolons { ";" } else { "" };
        let call = format!("await {invalidate}({key}){end}");
        let edit = match line_end(file, self.end) {
            Some(at) => (at, format!("{}{}{call}", style.newline, file.indent_at(self.end_of_indent(file)))),
            None => (self.end, format!(" {call}")),
        };
        fix.edits.push(Edit { path: file.path.clone(), range: edit.0..edit.0, text: edit.1 });
        fix.imports.extend([function_import, keys_import].map(|wanted| (file.path.clone(), wanted)));
        self.caller.for_tenant.add_to(fix);
        bring(fix, helper);
    }

    /// The byte offset whose line has the indent of the statement.
    fn end_of_indent(&self, file: &SourceFile) -> usize {
        let path = file.path_to(self.end.saturating_sub(1)..self.end);
        let statement = path.iter().rev().find(|node| {
            node.end_byte() == self.end
                && matches!(node.kind(), "expression_statement" | "lexical_declaration" | "variable_declaration")
        });
        statement.map_or(self.end, |statement| statement.start_byte())
    }
}

/// Something in SQL that changes or deletes rows of a table that are there, and stays in the database.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InSql {
    /// A function or procedure of this name.
    Function(String),
    /// A schedule of cron.
    Schedule,
    /// A foreign key that cascades.
    Key,
}

impl fmt::Display for InSql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InSql::Function(name) => write!(f, "`{name}`"),
            InSql::Schedule => f.write_str("a schedule of cron"),
            InSql::Key => f.write_str("a foreign key that cascades"),
        }
    }
}

/// The calls of the SQL function `name` by code, `client.rpc('name')`: the string of each, where it is used.
pub fn rpc_calls(file: &SourceFile, name: &str) -> Vec<Range<usize>> {
    let hits = memchr::memmem::find_iter(file.text.as_bytes(), name.as_bytes());
    let call = |hit: usize| {
        let path = file.path_to(hit..hit + 1);
        let at = path.iter().rposition(|node| node.kind() == "string" || node.kind() == "template_string")?;
        let (list, call) = (path.get(at.checked_sub(1)?)?, path.get(at.checked_sub(2)?)?);
        let callee = call.child_by_field_name("function")?;
        let method = callee.child_by_field_name("property").map(|method| file.text_of(method));
        let is_first = arguments(*list).first().map(|first| first.id()) == Some(path[at].id());
        let is_rpc = list.kind() == "arguments" && method == Some("rpc") && is_first;
        (is_rpc && string(file, path[at]) == Some(name)).then(|| call.start_byte()..list.end_byte())
    };
    hits.filter_map(call).collect()
}

/// The functions and schedules in SQL, and the keys, that change or delete rows of a table that are there: each with its file.
pub fn in_sql(project: &Project, table: &str) -> Vec<(RelPath, InSql)> {
    let mut found: Vec<(RelPath, InSql)> = Vec::new();
    for (path, text) in &project.deployment().sql {
        if !text.contains(table) {
            continue;
        }
        for statement in sql::statements(text, 0..text.len()) {
            if let Some(name) = changes(text, &statement, table) {
                found.push((path.clone(), name));
            }
        }
    }
    // A function that is defined again counts once, as it was defined last.
    let mut last: BTreeMap<InSql, RelPath> = BTreeMap::new();
    last.extend(found.into_iter().map(|(path, name)| (name, path)));
    last.into_iter().map(|(name, path)| (path, name)).collect()
}

/// What a statement that stays (a function, a schedule, a key that cascades) is called, if it changes rows of a table.
fn changes(text: &str, statement: &Statement, table: &str) -> Option<InSql> {
    let words: Vec<&str> = statement.tokens.iter().map(|token| token.word.as_str()).collect();
    let at = |word: &str| words.iter().position(|known| *known == word);
    let first = words.first().copied().unwrap_or_default();
    let own = match first {
        "create" => {
            let is_function = words.iter().take(4).any(|word| matches!(*word, "function" | "procedure"));
            let name = at("function").or_else(|| at("procedure")).and_then(|at| sql::name_at(&words, at + 1));
            let owner = at("table").and_then(|at| sql::name_at(&words, at + 1));
            if !is_function && owner.as_deref() == Some(table) && cascades(&words) {
                return Some(InSql::Key);
            }
            is_function.then(|| name.map(InSql::Function))??
        }
        "alter" if words.get(1) == Some(&"table") => {
            let owner = sql::name_at(&words, 2);
            let is_it = owner.as_deref() == Some(table) && cascades(&words);
            return is_it.then_some(InSql::Key);
        }
        "select" if at("cron").is_some() => InSql::Schedule,
        _ => return None,
    };
    let bodies = statement.tokens.iter().filter(|token| token.is_dollar).map(|token| token.range.clone());
    let writes = bodies.flat_map(|body| sql::statements(text, sql::body_of(text, body))).any(|inner| {
        let words: Vec<&str> = inner.tokens.iter().map(|token| token.word.as_str()).collect();
        words.iter().enumerate().any(|(at, word)| {
            let names = |at: usize| sql::name_at(&words, at).as_deref() == Some(table);
            match *word {
                "update" | "truncate" => names(at + 1),
                "delete" => words.get(at + 1) == Some(&"from") && names(at + 2),
                "insert" => {
                    words.get(at + 1) == Some(&"into")
                        && names(at + 2)
                        && words[at..].windows(2).any(|pair| pair == ["do", "update"])
                }
                _ => false,
            }
        })
    });
    writes.then_some(own)
}

fn cascades(words: &[&str]) -> bool {
    words.windows(3).any(|three| {
        matches!(three[0], "delete" | "update") && (three[1] == "cascade" || (three[1] == "set" && three[2] == "null"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let statements = sql::statements(text, 0..text.len());
        statements.iter().filter_map(|it| Some(changes(text, it, "listings")?.to_string())).collect()
    }

    #[test]
    fn calls_of_sql_are_told_from_other_uses_of_the_name() {
        let text =
            "await db.rpc('close', { id: 1 }); a?.rpc(`close`); db.rpc('close_all'); close(); rpc('x', 'close');";
        let file = crate::syntax::source::tests::file(text);
        let calls: Vec<&str> = rpc_calls(&file, "close").into_iter().map(|range| &text[range]).collect();
        assert_eq!(calls, ["db.rpc('close', { id: 1 })", "a?.rpc(`close`)"]);
    }

    #[test]
    fn what_stays_in_the_database_and_writes_is_found() {
        for (text, expected) in [
            (
                "create function public.f() returns void as $$ begin update public.listings set a = 1; end; $$ language plpgsql;",
                "`f`",
            ),
            (
                "create or replace function f() returns trigger as $x$ begin delete from listings where id = old.id; return old; end $x$;",
                "`f`",
            ),
            (
                "create function f() returns void as $$ insert into listings values (1) on conflict (id) do update set a = 2 $$;",
                "`f`",
            ),
            ("select cron.schedule('x', '* * * * *', $$ delete from listings where old $$);", "a schedule of cron"),
            ("create table listings (owner uuid references users on delete cascade);", "a foreign key that cascades"),
            ("create function f() returns void as $$ insert into listings values (1) $$;", ""),
            ("create function f() returns int as $$ select 1 from listings $$;", ""),
            ("create function f() returns void as $$ update listings_old set a = 1 $$;", ""),
            ("update listings set a = 1;", ""),
            ("create table others (id uuid references listings on delete cascade);", ""),
        ] {
            assert_eq!(found(text).join(" "), expected, "{text}");
        }
    }
}
