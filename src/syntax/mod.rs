//! One file's text: its tree, its names, its imports and its style.

pub mod exports;
pub mod imports;
mod mask;
pub mod parse;
pub mod query;
pub mod scope;
pub mod source;
pub mod style;

use tree_sitter::Language;

use crate::path::RelPath;

/// The two grammars of TypeScript. They differ in `<T>x` (a cast, or a JSX element).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `.ts`, `.mts`, `.cts`
    TypeScript,
    /// `.tsx`
    Tsx,
}

impl Dialect {
    /// The dialect that the extension of `path` stands for; `None` if it isn't TypeScript.
    pub fn of(path: &RelPath) -> Option<Dialect> {
        match path.file_name().rsplit_once('.')?.1 {
            "ts" | "mts" | "cts" => Some(Dialect::TypeScript),
            "tsx" => Some(Dialect::Tsx),
            _ => None,
        }
    }

    /// The tree-sitter grammar.
    pub fn language(self) -> Language {
        match self {
            Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}
