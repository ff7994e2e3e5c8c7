//! What partitions would change for the user's own queries: the server plans them as they are today, and runs none.

use serde_json::Value;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use thiserror::Error;

use super::read::{self, ReadError};
use super::snapshot::{Index, Snapshot};
use super::template::ident;

/// From this version on the server plans a query whose parameters have no values.
const GENERIC_PLANS: u32 = 160_000;
/// How many characters of a query are shown.
const HEAD_LENGTH: usize = 72;

/// Why queries can't be explained. Lines count from 1.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The file isn't SQL.
    #[error("it can't be read as SQL: {0}")]
    Syntax(String),
    /// There is something else than queries in it.
    #[error("line {line}: only queries are planned, and this begins with `{word}`: leave it out")]
    NoQuery {
        /// Where it begins.
        line: u64,
        /// Its first word.
        word: String,
    },
    /// The server is too old for a query with parameters.
    #[error("line {line}: it has parameters, which PostgreSQL plans from version 16 on: put values in their place")]
    Parameters {
        /// Where the query begins.
        line: u64,
    },
    /// The server refuses a query.
    #[error("line {line}: {reason}")]
    Refused {
        /// Where the query begins.
        line: u64,
        /// What it said.
        reason: String,
    },
    /// See [`ReadError`].
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A query of the file.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    line: u64,
    text: String,
    has_parameters: bool,
}

/// What there is to say of one query.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Its beginning, on one line.
    pub head: String,
    /// Pairs of a word, `today`, `partitioned` or `instead`, and what it says.
    pub said: Vec<(&'static str, String)>,
}

/// Lets the server at `url` plan the queries of a file, in a transaction that can only read; `snapshot` is of the table that
/// would be partitioned by `key`.
///
/// # Errors
/// If there is anything else than queries, or the server can't plan one; see [`ExplainError`].
pub fn explain(url: &str, sql: &str, snapshot: &Snapshot, key: &str) -> Result<Vec<Explained>, ExplainError> {
    let queries = queries(sql)?;
    let mut client = read::connect(url)?;
    let mut transaction = client.build_transaction().read_only(true).start().map_err(ReadError::from)?;
    transaction.batch_execute("set local statement_timeout = '30s'").map_err(ReadError::from)?;
    let explained = queries.iter().map(|query| {
        if query.has_parameters && snapshot.server < GENERIC_PLANS {
            return Err(ExplainError::Parameters { line: query.line });
        }
        let options = if query.has_parameters { "verbose, generic_plan, format json" } else { "verbose, format json" };
        let refused = |reason: String| ExplainError::Refused { line: query.line, reason };
        let plan = transaction
            .simple_query(&format!("explain ({options}) {}", query.text))
            .map_err(|error| refused(read::in_words(&error)))?;
        let rows = plan.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let plan: Value =
            serde_json::from_str(&rows.collect::<String>()).map_err(|error| refused(error.to_string()))?;
        Ok(Explained { line: query.line, head: head(&query.text), said: judged(&plan, snapshot, key) })
    });
    explained.collect()
}

/// The queries of a file, in their order.
fn queries(sql: &str) -> Result<Vec<Query>, ExplainError> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| ExplainError::Syntax(error.to_string()))?;
    let mut found = Vec::new();
    for statement in tokens.split(|token| token.token == Token::SemiColon) {
        let is_blank = |token: &&TokenWithSpan| matches!(token.token, Token::Whitespace(_));
        // Comments are of no use to the server.
        let text = |token: &TokenWithSpan| if is_blank(&token) { " ".to_owned() } else { token.token.to_string() };
        let text: String = statement.iter().skip_while(is_blank).map(text).collect();
        let Some(first) = statement.iter().find(|token| !is_blank(token) && token.token != Token::LParen) else {
            continue;
        };
        let line = first.span.start.line;
        let word = first.token.to_string();
        if !["select", "with", "values", "table"].contains(&word.to_lowercase().as_str()) {
            return Err(ExplainError::NoQuery { line, word });
        }
        found.push(Query {
            line,
            text: text.trim_end().to_owned(),
            has_parameters: statement.iter().any(|token| matches!(token.token, Token::Placeholder(_))),
        });
    }
    Ok(found)
}

/// The beginning of a query on one line. Control characters are no part of it.
fn head(text: &str) -> String {
    let line = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(HEAD_LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// How a query reads the table, as one node of its plan says.
struct Scan<'p> {
    kind: &'p str,
    index: Option<&'p str>,
    /// Rows that it is expected to give.
    rows: i64,
    /// Whether its conditions hold the key.
    is_by_key: bool,
    /// Whether its index is entered by its first column, and not read from end to end.
    is_entered: bool,
}

/// What a plan says of the table.
fn judged(plan: &Value, snapshot: &Snapshot, key: &str) -> Vec<(&'static str, String)> {
    let mut scans = Vec::new();
    collect(plan, snapshot, key, &mut scans);
    let table = format!("{}.{}", ident(&snapshot.table.schema), ident(&snapshot.table.name));
    if scans.is_empty() {
        return vec![("today", format!("it doesn't read {table}"))];
    }
    let mut said = Vec::new();
    for scan in scans {
        let by = scan.index.map(|index| format!(" by {index}")).unwrap_or_default();
        let rows = scan.rows;
        said.push(("today", format!("{}{by}, about {rows} of {} rows", scan.kind, snapshot.table.rows)));
        said.push((
            "partitioned",
            match scan.is_by_key {
                true => format!("it reads the months that its times of {key} lie in"),
                false => format!("it has no condition on {key}: it looks into every month"),
            },
        ));
        let has_index = snapshot.indexes.iter().any(|index| first_column(index) == Some(key));
        if scan.is_by_key && !scan.is_entered && !has_index {
            said.push((
                "instead",
                format!(
                    "an index on {key} finds these rows without partitions: create index concurrently on {table} ({})",
                    ident(key)
                ),
            ));
        } else if !scan.is_by_key && scan.index.is_none() && rows < snapshot.table.rows / 2 {
            said.push(("instead", "an index on the columns that it filters by finds these rows".to_owned()));
        }
    }
    said
}

/// Takes the scans of the table from a plan; no plan that could be read as JSON is nested deeply. Where a bitmap is used, the node
/// below has the name of the index.
fn collect<'p>(plan: &'p Value, snapshot: &Snapshot, key: &str, scans: &mut Vec<Scan<'p>>) {
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, snapshot, key, scans)),
        Value::Object(node) => {
            let text = |node: &'p Value, name: &str| node.get(name).and_then(Value::as_str);
            let is_ours = text(plan, "Relation Name") == Some(snapshot.table.name.as_str())
                && text(plan, "Schema") == Some(snapshot.table.schema.as_str());
            if is_ours {
                let below = node.get("Plans").and_then(Value::as_array).and_then(|plans| plans.first());
                let conditions = ["Index Cond", "Recheck Cond", "Filter"];
                let index = text(plan, "Index Name").or_else(|| below.and_then(|below| text(below, "Index Name")));
                let known = snapshot.indexes.iter().find(|known| Some(known.name.as_str()) == index);
                scans.push(Scan {
                    kind: text(plan, "Node Type").unwrap_or_default(),
                    index,
                    rows: node.get("Plan Rows").and_then(Value::as_f64).unwrap_or_default() as i64,
                    is_by_key: conditions.iter().filter_map(|name| text(plan, name)).any(|it| names(it, key)),
                    is_entered: known.and_then(first_column).is_some_and(|first| {
                        ["Index Cond", "Recheck Cond"]
                            .iter()
                            .filter_map(|name| text(plan, name))
                            .any(|it| names(it, first))
                    }),
                });
            }
            for child in ["Plan", "Plans"].iter().filter_map(|name| node.get(*name)) {
                collect(child, snapshot, key, scans);
            }
        }
        _ => {}
    }
}

/// The first column of an index that has no expressions.
fn first_column(index: &Index) -> Option<&str> {
    index.columns.as_ref()?.first().map(String::as_str)
}

/// Whether a condition holds the name of a column.
fn names(condition: &str, column: &str) -> bool {
    condition.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == column)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_apart_at_its_semicolons() {
        let sql =
            "-- the last ones\nselect ';' from a\n  where b = $1;\n\n(select 1);;\nwith x as (select 1) table x\n";
        let found = queries(sql).unwrap();
        let seen: Vec<(u64, bool)> = found.iter().map(|query| (query.line, query.has_parameters)).collect();
        assert_eq!(seen, [(2, true), (5, false), (6, false)]);
        assert_eq!(found[0].text.split_whitespace().collect::<Vec<_>>().join(" "), "select ';' from a where b = $1");
    }

    #[test]
    fn what_is_no_query_is_refused_with_its_line() {
        let error = queries("select 1;\ndelete from a;").unwrap_err().to_string();
        assert_eq!(error, "line 2: only queries are planned, and this begins with `delete`: leave it out");
    }

    #[test]
    fn a_head_is_one_short_line() {
        assert_eq!(head("select 1\n  from\u{1b}[31m a"), "select 1 from [31m a");
        assert!(head(&"é ".repeat(100)).ends_with('…'));
    }

    #[test]
    fn a_column_is_a_whole_word() {
        assert!(names("(e.ts >= '2026-01-01'::timestamp)", "ts") && !names("(e.counts > 1)", "ts"));
    }
}
