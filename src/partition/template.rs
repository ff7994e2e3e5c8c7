//! The SQL in `partition/`, with its places filled in.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};

use super::keywords::KEYWORDS;
use super::options::History;

/// The longest name that the server takes, in bytes.
const NAME_LENGTH: usize = 63;

/// The files that may be filled in, by their names.
const FILES: [(&str, &str); 21] = [
    ("macros.sql", include_str!("../../partition/macros.sql")),
    ("fingerprint.sql", include_str!("../../partition/fingerprint.sql")),
    ("key.sql", include_str!("../../partition/key.sql")),
    ("partition_bounds.sql", include_str!("../../partition/partition_bounds.sql")),
    ("ensure_partitions.sql", include_str!("../../partition/ensure_partitions.sql")),
    ("retire_partitions.sql", include_str!("../../partition/retire_partitions.sql")),
    ("verify.sql", include_str!("../../partition/verify.sql")),
    ("twin.sql", include_str!("../../partition/twin.sql")),
    ("cutover.sql", include_str!("../../partition/cutover.sql")),
    ("materialized_views.sql", include_str!("../../partition/materialized_views.sql")),
    ("after.sql", include_str!("../../partition/after.sql")),
    ("attach/index.sql", include_str!("../../partition/attach/index.sql")),
    ("attach/check.sql", include_str!("../../partition/attach/check.sql")),
    ("attach/validate.sql", include_str!("../../partition/attach/validate.sql")),
    ("split/catch_up.sql", include_str!("../../partition/split/catch_up.sql")),
    ("split/sync.sql", include_str!("../../partition/split/sync.sql")),
    ("split/backfill.sql", include_str!("../../partition/split/backfill.sql")),
    ("split/compare.sql", include_str!("../../partition/split/compare.sql")),
    ("split/finish.sql", include_str!("../../partition/split/finish.sql")),
    ("rollback/index.sql", include_str!("../../partition/rollback/index.sql")),
    ("rollback/swap.sql", include_str!("../../partition/rollback/swap.sql")),
];

/// The SQL of the program, ready to be filled in.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

impl Templates {
    /// All of it, for the table of this name and what becomes of its rows.
    pub fn of(table: &str, history: History) -> Templates {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("ident", |name: &str| ident(name));
        environment.add_filter("idents", |names: Vec<String>| -> Vec<String> {
            names.iter().map(|name| ident(name)).collect()
        });
        environment.add_filter("literal", |text: &str| literal(text));
        environment.add_filter("nullable", |text: Option<String>| {
            text.map_or_else(|| "null".to_owned(), |text| literal(&text))
        });
        environment.add_filter("quoted", |text: &str| quoted(text));
        environment.add_filter("pattern", |text: &str| pattern(text));
        environment.add_filter("retarget", retarget);
        environment.add_filter("old", |name: &str| shortened(&format!("{name}_before_phase2")));
        let table = table.to_owned();
        environment.add_filter("kept", move |name: &str| kept_name(history, &table, name));
        for (name, text) in FILES {
            environment.add_template(name, text).expect("the program's own SQL is tested");
        }
        Templates(environment)
    }

    /// The file of that name, filled in.
    ///
    /// # Errors
    /// If `context` doesn't have what the file needs, which is a defect.
    pub fn fill(&self, name: &str, context: &Value) -> Result<String, Error> {
        Ok(self.0.get_template(name)?.render(context)? + "\n")
    }

    /// The query for a fingerprint of a table. Both are SQL: what evaluates to the table's oid, and to the name of a
    /// constraint that doesn't count.
    ///
    /// # Errors
    /// None that a test wouldn't have seen.
    pub fn fingerprint(&self, table: &str, boundary_check: &str) -> Result<String, Error> {
        let query = "{% import 'fingerprint.sql' as f %}{{ f.fingerprint(table, check) }}";
        self.0.render_str(query, context! { table, check => boundary_check })
    }
}

/// A name as SQL wants it: in quotes where it isn't plain.
pub fn ident(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && KEYWORDS.binary_search(&name).is_err();
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text as SQL wants it.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// A long text as SQL wants it: between dollars that don't occur in it.
fn quoted(text: &str) -> String {
    let mut tag = "$phase2_text$".to_owned();
    let mut count = 0;
    while text.contains(&tag) {
        count += 1;
        tag = format!("$phase2_text_{count}$");
    }
    format!("{tag}{text}{tag}")
}

/// A regular expression that matches the text.
fn pattern(text: &str) -> String {
    let special = |letter: char| !letter.is_alphanumeric() && letter != '_';
    text.chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}

/// The definition of an index or a trigger, on another relation: what stands behind its ` ON `.
fn retarget(definition: &str, on: &str) -> Result<String, Error> {
    let misread = || Error::new(ErrorKind::InvalidOperation, format!("no ` ON ` in {definition}"));
    let start = outside_quotes(definition).find(|at| definition[*at..].starts_with(" ON ")).ok_or_else(misread)? + 4;
    let end = outside_quotes(definition).find(|at| *at > start && definition[*at..].starts_with(' '));
    let end = end.ok_or_else(misread)?;
    Ok(format!("{}{on}{}", &definition[..start], &definition[end..]))
}

/// The byte offsets of all characters that stand outside of quotes.
fn outside_quotes(text: &str) -> impl Iterator<Item = usize> {
    let mut quote = None;
    text.char_indices().filter_map(move |(at, letter)| match (quote, letter) {
        (None, '"' | '\'') => {
            quote = Some(letter);
            None
        }
        (Some(open), letter) if open == letter => {
            quote = None;
            None
        }
        (Some(_), _) => None,
        (None, _) => Some(at),
    })
}

/// What an index or a constraint is defined by, with `column` as the last one of its first parentheses.
pub fn widened(definition: &str, column: &str) -> Option<String> {
    let mut depth = 0_usize;
    for at in outside_quotes(definition) {
        match definition.as_bytes().get(at) {
            Some(b'(') => depth += 1,
            Some(b')') if depth == 1 => {
                return Some(format!("{}, {}{}", &definition[..at], ident(column), &definition[at..]));
            }
            Some(b')') => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// What something of the table is called behind the cutover: once it belongs to the partition of the past, or to the table
/// that was set aside.
pub fn kept_name(history: History, table: &str, name: &str) -> String {
    let kept = match history {
        History::Attach => "history",
        History::Split => "before_split",
    };
    match name.strip_prefix(table) {
        Some(rest) => shortened(&format!("{table}_{kept}{rest}")),
        None => shortened(&format!("{table}_{kept}_{name}")),
    }
}

/// A name that the server doesn't cut off: too long ones keep their beginning, and a checksum of the whole.
pub fn shortened(name: &str) -> String {
    if name.len() <= NAME_LENGTH {
        return name.to_owned();
    }
    // FNV-1a: the same on every machine and in every version.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut end = NAME_LENGTH - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash:08x}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_that_is_needed() {
        for (name, expected) in [
            ("crm_events", "crm_events"),
            ("order", "\"order\""),
            ("Odd", "\"Odd\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            if name.is_empty() {
                continue;
            }
            assert_eq!(ident(name), expected);
        }
    }

    #[test]
    fn texts_stay_texts() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b'"), "E'a\\\\b'''");
        assert_eq!(quoted("a $phase2_text$ b"), "$phase2_text_1$a $phase2_text$ b$phase2_text_1$");
    }

    #[test]
    fn the_key_joins_the_columns() {
        for (definition, expected) in [
            ("PRIMARY KEY (id)", "PRIMARY KEY (id, ts)"),
            ("UNIQUE (\"a)\", b) INCLUDE (c)", "UNIQUE (\"a)\", b, ts) INCLUDE (c)"),
            ("USING btree (lower((a)::text), b) WHERE (c > 0)", "USING btree (lower((a)::text), b, ts) WHERE (c > 0)"),
        ] {
            assert_eq!(widened(definition, "ts").as_deref(), Some(expected));
        }
    }

    #[test]
    fn definitions_move_to_another_table() {
        let trigger =
            "CREATE TRIGGER \"a ON b\" BEFORE UPDATE OF x ON public.\"my t\" FOR EACH ROW EXECUTE FUNCTION f()";
        let moved = "CREATE TRIGGER \"a ON b\" BEFORE UPDATE OF x ON p.t FOR EACH ROW EXECUTE FUNCTION f()";
        assert_eq!(retarget(trigger, "p.t").ok().as_deref(), Some(moved));
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "a".repeat(60);
        let name = |name: &str| kept_name(History::Attach, "t", name);
        let (one, two) = (name(&format!("{long}_b")), name(&format!("{long}_c")));
        assert!(one.len() == 63 && one != two, "{one} {two}");
    }

    #[test]
    fn what_is_kept_is_named_by_what_it_is() {
        for (history, name, expected) in [
            (History::Attach, "crm_events_pkey", "crm_events_history_pkey"),
            (History::Attach, "by_day", "crm_events_history_by_day"),
            (History::Split, "crm_events", "crm_events_before_split"),
            (History::Split, "crm_events_pkey", "crm_events_before_split_pkey"),
        ] {
            assert_eq!(kept_name(history, "crm_events", name), expected);
        }
    }
}
