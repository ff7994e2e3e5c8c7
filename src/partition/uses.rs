//! What the project's own code asks of the table: by which columns it looks, and which conflicts it resolves.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use tree_sitter::Node;

use crate::project::Project;
use crate::syntax::source::SourceFile;

/// Methods of a query whose first argument is a column.
const BY_COLUMN: [&str; 16] = [
    "eq", "neq", "gt", "gte", "lt", "lte", "order", "in", "is", "not", "filter", "like", "ilike", "contains",
    "overlaps", "rangeGte",
];

/// What the project's own code asks of the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The columns that its TypeScript filters or orders by, each with the first place: `src/a.ts:12`.
    pub columns: BTreeMap<String, String>,
    /// The columns of each `onConflict` and `on conflict`, with their places, in the order of these.
    pub conflicts: Vec<(Vec<String>, String)>,
}

impl Uses {
    /// What the TypeScript and the SQL of `project` ask of `table`. Queries that are put together at run time are not seen.
    pub fn of(project: &Project, table: &str) -> Uses {
        let of_file = |file: &crate::project::ProjectFile| -> Option<Uses> {
            let text = project.sources.read(&file.path).ok()?;
            let file = text.contains(table).then(|| project.parse(&file.path)).flatten()?;
            let mut uses = Uses::default();
            uses.read(&file, file.root(), table);
            Some(uses)
        };
        let found: Vec<Uses> = project.files.par_iter().filter_map(of_file).collect();
        let mut all = Uses::default();
        for uses in found {
            uses.columns.into_iter().for_each(|(column, place)| {
                all.columns.entry(column).or_insert(place);
            });
            all.conflicts.extend(uses.conflicts);
        }
        for (path, sql) in &project.deployment().sql {
            if sql.contains(table) {
                let found = conflicts_in_sql(sql, table, 1);
                all.conflicts.extend(found.into_iter().map(|(target, line)| (target, format!("{path}:{line}"))));
            }
        }
        all
    }

    /// Takes what the queries below a node ask of the table. Walks without recursion, as texts may be nested deeply.
    fn read(&mut self, file: &SourceFile, root: Node<'_>, table: &str) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            if node.kind() == "call_expression" && is_from(file, node, table) {
                self.read_chain(file, node);
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    /// Takes what is chained to a `.from(…)`.
    fn read_chain(&mut self, file: &SourceFile, from: Node<'_>) {
        let mut link = from;
        while let Some((method, call)) = next_call(link) {
            link = call;
            let Some(arguments) = call.child_by_field_name("arguments") else { return };
            let name = file.text_of(method);
            let place_of = |node: Node<'_>| format!("{}:{}", file.path, node.start_position().row + 1);
            if BY_COLUMN.contains(&name) {
                if let Some(column) = arguments.named_child(0).and_then(|first| string(file, first)) {
                    self.columns.entry(column.to_owned()).or_insert_with(|| place_of(method));
                }
            } else if name == "upsert"
                && let Some(options) = arguments.named_child(1).filter(|second| second.kind() == "object")
            {
                let mut cursor = options.walk();
                let pairs = options.named_children(&mut cursor).filter(|pair| pair.kind() == "pair");
                for pair in pairs {
                    let key = pair.child_by_field_name("key").map(|key| file.text_of(key).trim_matches(['\'', '"']));
                    let value = pair.child_by_field_name("value").and_then(|value| string(file, value));
                    if let (Some("onConflict"), Some(target)) = (key, value) {
                        let columns = target.split(',').map(|column| column.trim().to_owned());
                        self.conflicts.push((columns.collect(), place_of(pair)));
                    }
                }
            }
        }
    }
}

/// Whether a call is `….from('table')`.
fn is_from(file: &SourceFile, call: Node<'_>, table: &str) -> bool {
    let name = call.child_by_field_name("function").and_then(|function| function.child_by_field_name("property"));
    let first = call.child_by_field_name("arguments").and_then(|arguments| arguments.named_child(0));
    name.is_some_and(|name| file.text_of(name) == "from")
        && first.and_then(|first| string(file, first)).is_some_and(|text| text == table)
}

/// The call that is chained to a node, and the name of its method.
fn next_call(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let member = node.parent().filter(|parent| parent.kind() == "member_expression")?;
    let is_object = member.child_by_field_name("object").is_some_and(|object| object.id() == node.id());
    let call = member.parent().filter(|parent| is_object && parent.kind() == "call_expression")?;
    Some((member.child_by_field_name("property")?, call))
}

/// What stands in a string without escapes, or in a template without places.
fn string<'t>(file: &'t SourceFile, node: Node<'_>) -> Option<&'t str> {
    let is_constant = matches!(node.kind(), "string" | "template_string");
    let text = file.text_of(node);
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    (is_constant && !inner.contains(['\\', '$'])).then_some(inner)
}

/// The columns of each `on conflict (…)` of the table, and the line, which counts from `first_line`. Bodies of functions are
/// looked into.
fn conflicts_in_sql(sql: &str, table: &str, first_line: u64) -> Vec<(Vec<String>, u64)> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else { return Vec::new() };
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let word = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => word.value.as_str(),
        _ => "",
    };
    let is = |at: usize, expected: &str| word(at).eq_ignore_ascii_case(expected);
    let (mut found, mut is_ours) = (Vec::new(), false);
    for (at, TokenWithSpan { token, span }) in tokens.iter().enumerate() {
        let line = first_line + span.start.line.saturating_sub(1);
        match token {
            Token::DollarQuotedString(body) => found.extend(conflicts_in_sql(&body.value, table, line)),
            Token::SemiColon => is_ours = false,
            _ if is(at, "insert") && is(at + 1, "into") => {
                let has_schema = tokens.get(at + 3).is_some_and(|token| token.token == Token::Period);
                is_ours = word(if has_schema { at + 4 } else { at + 2 }) == table;
            }
            _ if is_ours && is(at, "on") && is(at + 1, "conflict") => {
                if tokens.get(at + 2).is_none_or(|token| token.token != Token::LParen) {
                    continue;
                }
                let inside = tokens.iter().skip(at + 3).take_while(|token| token.token != Token::RParen);
                let columns = inside.filter_map(|token| match &token.token {
                    Token::Word(word) => Some(word.value.clone()),
                    _ => None,
                });
                found.push((columns.collect(), line));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::path::RelPath;
    use crate::syntax::Dialect;

    #[test]
    fn queries_say_their_columns_and_conflicts() {
        let path = RelPath::new("src/a.ts").unwrap();
        let dialect = Dialect::of(&path).unwrap();
        let text = "const q = await supabase\n  .from('crm_events')\n  .select('*')\n  .gte('ts', since)\n  .order('id');\n\
                    await db.schema('public').from(`crm_events`).upsert(rows, { ignoreDuplicates: true, onConflict: 'tenant_id, id' });\n\
                    await supabase.from('other').upsert(rows, { onConflict: 'x' }).eq('y', 1);\n\
                    Array.from('crm_events').eq;\n";
        let file = SourceFile::parse(path, text.into(), dialect);
        let mut uses = Uses::default();
        uses.read(&file, file.root(), "crm_events");
        assert_eq!(
            uses.columns,
            [("id", "src/a.ts:5"), ("ts", "src/a.ts:4")].map(|(a, b)| (a.into(), b.into())).into()
        );
        assert_eq!(uses.conflicts, [(vec!["tenant_id".to_owned(), "id".to_owned()], "src/a.ts:6".to_owned())]);
    }

    #[test]
    fn sql_says_its_conflicts_in_functions_too() {
        let sql = "insert into other (id) values (1) on conflict (id) do nothing;\n\
                   insert into public.crm_events (id) values (1)\n  on conflict (id) do nothing;\n\
                   create function f() returns void language plpgsql as $$\nbegin\n\
                   insert into crm_events (a) values (1) on conflict (\"A\", b) where c do update set a = 1;\nend $$;\n\
                   insert into crm_events (a) values (1) on conflict do nothing;";
        let found = conflicts_in_sql(sql, "crm_events", 1);
        assert_eq!(found, [(vec!["id".to_owned()], 3), (vec!["A".to_owned(), "b".to_owned()], 6)]);
    }
}
