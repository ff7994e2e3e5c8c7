//! The places in a project's SQL where an id stands: rows and rules that stay behind when the code moves on.

use std::ops::Range;

use super::literal;
use crate::project::{Project, RelPath};
use crate::rules::sql::{Statement, body_of, name_at, of_clauses, statements, tables};

/// A place in SQL where an id stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// The byte range of the id.
    pub range: Range<usize>,
    /// What it does there.
    pub kind: Kind,
    /// The tables and functions that it is about.
    pub names: Vec<String>,
}

/// What an id does in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is the default of a column.
    Default,
    /// It stands in a row that is inserted.
    Seed,
    /// It stands in a policy.
    Policy,
    /// It stands in a trigger.
    Trigger,
    /// It stands in the body of a function or a view.
    Body,
    /// Something else.
    Other,
}

impl Kind {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Default => "a column's default",
            Kind::Seed => "a row that is inserted",
            Kind::Policy => "a policy",
            Kind::Trigger => "a trigger",
            Kind::Body => "a function's body",
            Kind::Other => "a statement",
        }
    }
}

/// The places in all SQL of the project where one of `ids` stands.
pub fn places(project: &Project, ids: &[&str]) -> Vec<Place> {
    let files = project.deployment().sql.iter();
    files.flat_map(|(path, text)| of_text(path, text, ids)).collect()
}

fn of_text(path: &RelPath, text: &str, ids: &[&str]) -> Vec<Place> {
    let hits = literal::hits(text, ids);
    if hits.is_empty() {
        return Vec::new();
    }
    let statements = statements(text, 0..text.len());
    let place = |hit: &usize| {
        // A comment belongs to no statement.
        let statement =
            statements.iter().find(|statement| statement.tokens.iter().any(|token| token.range.contains(hit)))?;
        let length = ids.iter().find(|id| text[*hit..].starts_with(**id)).map_or(0, |id| id.len());
        let (kind, names) = about(statement, text, *hit);
        Some(Place { path: path.clone(), range: *hit..hit + length, kind, names })
    };
    hits.iter().filter_map(place).collect()
}

/// What a statement does with an id at a byte offset, and the tables and functions that it is about.
fn about(statement: &Statement, text: &str, hit: usize) -> (Kind, Vec<String>) {
    let words: Vec<&str> = statement.tokens.iter().map(|token| token.word.as_str()).collect();
    let after = |word: &str| {
        let at = words.iter().position(|known| *known == word)?;
        name_at(&words, at + 1)
    };
    let named = |name: Option<String>| name.into_iter().collect::<Vec<_>>();
    let dollar = statement.tokens.iter().find(|token| token.is_dollar && token.range.contains(&hit));
    match words.first().copied().unwrap_or_default() {
        "create" if words.iter().take(4).any(|word| matches!(*word, "function" | "procedure")) => {
            let own = after("function").or_else(|| after("procedure"));
            let mut names = named(own);
            names.extend(dollar.map(|body| tables(text, body.range.clone())).unwrap_or_default());
            (Kind::Body, names)
        }
        "create" if words.iter().take(4).any(|word| *word == "view") => {
            let from: Vec<String> = of_clauses(&words);
            (Kind::Body, from)
        }
        "create" if words.iter().take(4).any(|word| *word == "table") => (Kind::Default, named(after("table"))),
        "alter" if words.get(1) == Some(&"table") => (Kind::Default, named(after("table"))),
        "create" | "alter" if words.get(1) == Some(&"policy") => (Kind::Policy, named(after("on"))),
        "create" if words.iter().take(4).any(|word| *word == "trigger") => (Kind::Trigger, named(after("on"))),
        "insert" => (Kind::Seed, named(after("into"))),
        // An anonymous block: what stands in it.
        "do" => {
            let Some(body) = dollar else { return (Kind::Other, Vec::new()) };
            let inner = body_of(text, body.range.clone());
            let statements = statements(text, inner);
            let statement = statements.iter().find(|one| one.tokens.iter().any(|token| token.range.contains(&hit)));
            let at = statement.and_then(|one| one.tokens.iter().position(|token| token.word == "insert"));
            match (statement, at) {
                (Some(one), Some(at)) => {
                    let words: Vec<&str> = one.tokens[at..].iter().map(|token| token.word.as_str()).collect();
                    (Kind::Seed, named(name_at(&words, 2)))
                }
                _ => (Kind::Other, tables(text, body.range.clone())),
            }
        }
        _ => (Kind::Other, of_clauses(&words)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::project::testing::rel;

    const ID: &str = "00000000-0000-0000-0000-000000000000";

    fn found(sql: &str) -> Vec<(Kind, String)> {
        let sql = sql.replace("NIL", ID);
        let places = of_text(&rel("supabase/migrations/1.sql"), &sql, &[ID]);
        assert!(places.iter().all(|place| &sql[place.range.clone()] == ID));
        places.into_iter().map(|place| (place.kind, place.names.join(" "))).collect()
    }

    #[test]
    fn each_kind_is_told_with_its_table() {
        for (sql, kind, names) in [
            ("create table public.a (id int, t uuid not null default 'NIL'::uuid);", Kind::Default, "a"),
            ("ALTER TABLE ONLY \"b\" ALTER COLUMN t SET DEFAULT 'NIL';", Kind::Default, "b"),
            ("select 1; insert into c (t) values ('NIL');", Kind::Seed, "c"),
            ("create policy \"own rows\" on public.d for select using (t = 'NIL');", Kind::Policy, "d"),
            ("create trigger x before insert on e for each row execute function f('NIL');", Kind::Trigger, "e"),
            (
                "create or replace function public.g() returns void as $$ begin insert into h select 'NIL' from i; end; $$ language plpgsql;",
                Kind::Body,
                "g h i",
            ),
            ("do $x$ begin insert into public.j values ('NIL'); end $x$;", Kind::Seed, "j"),
            ("create view k as select * from l where t = 'NIL';", Kind::Body, "l"),
            ("é'; -- not SQL\n", Kind::Other, ""),
        ] {
            let expected: Vec<(Kind, String)> =
                if sql.contains("NIL") { vec![(kind, names.to_owned())] } else { Vec::new() };
            assert_eq!(found(sql), expected, "{sql}");
        }
    }

    #[test]
    fn comments_say_nothing() {
        assert_eq!(found("-- NIL is the default\n/* insert into a values ('NIL') */\nselect 1;"), []);
    }
}
