//! The queries of `rules/<rule>/*.scm`, compiled against both grammars and typed by the build script.

use std::sync::OnceLock;

use tree_sitter::{Node, Query, QueryCursor, QueryMatch, StreamingIterator};

use super::Dialect;

include!(concat!(env!("OUT_DIR"), "/queries.rs"));

/// A query that is compiled at its first use, once for each grammar: compiling takes milliseconds.
#[derive(Debug)]
pub struct Compiled {
    source: &'static str,
    typescript: OnceLock<Query>,
    tsx: OnceLock<Query>,
}

impl Compiled {
    /// A query that is not compiled yet.
    pub const fn new(source: &'static str) -> Compiled {
        Compiled { source, typescript: OnceLock::new(), tsx: OnceLock::new() }
    }

    fn get(&self, dialect: Dialect) -> &Query {
        let cell = match dialect {
            Dialect::TypeScript => &self.typescript,
            Dialect::Tsx => &self.tsx,
        };
        cell.get_or_init(|| Query::new(&dialect.language(), self.source).expect("the build script compiled it"))
    }
}

/// What a query's match struct can do.
pub trait Matches<'t>: Sized + 't {
    /// The query.
    fn query() -> &'static Compiled;

    /// The captures of one match.
    fn from_match(found: &QueryMatch<'_, 't>) -> Self;

    /// The match that starts at `node` itself, if there is one. Nothing below is searched for other matches.
    fn at(node: Node<'t>, dialect: Dialect, text: &str) -> Option<Self> {
        let mut cursor = QueryCursor::new();
        cursor.set_max_start_depth(Some(0));
        let mut matches = cursor.matches(Self::query().get(dialect), node, text.as_bytes());
        matches.next().map(|found| Self::from_match(found))
    }
}
