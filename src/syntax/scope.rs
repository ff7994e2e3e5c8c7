//! What one file says of one name: where it is declared, where it is referred to, and which declaration each reference
//! means.
//!
//! The search starts from the text: only the places where the name stands are looked up in the tree, so that asking for
//! a name costs next to nothing in a file that has few of them.
//!
//! Three things aren't seen: a member that another block of the same namespace or enum exports, an identifier spelt with
//! `\u` escapes, and anything that `eval` or `with` bring in.

mod classify;
mod path;

use std::cmp::Reverse;
use std::ops::Range;

use tree_sitter::Node;

use self::classify::{Occurrence, classify};
use self::path::PathCursor;

/// All that a file says of one name, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Where it is declared, as a value or as a type.
    pub declarations: Vec<Declaration>,
    /// Where its value is read, written, called or exported, or its type is queried with `typeof`; also where that
    /// resolves to a declaration. Byte ranges of the identifiers.
    pub references: Vec<Range<usize>>,
    /// Where a type or a namespace of that name is meant. Byte ranges of the identifiers.
    pub type_references: Vec<Range<usize>>,
}

/// One declaration of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The byte range of the identifier.
    pub range: Range<usize>,
    /// The byte range where it is visible, unless an inner declaration shadows it.
    pub scope: Range<usize>,
    /// What declares it.
    pub kind: DeclarationKind,
    /// For a destructured binding the byte range of the property's key: `error` in `{ error: e }`, and the identifier's
    /// own range in `{ error }`.
    pub property: Option<Range<usize>>,
    /// It holds a part of what is bound, not the whole: it stands in an object, array or rest pattern.
    pub destructured: bool,
    /// It belongs to the file's own scope, not to a function, block or namespace in it.
    pub top_level: bool,
    /// It stands in a `declare`, which leaves nothing behind at run time.
    pub ambient: bool,
    /// How deep the scope's node is in the tree: says which is the inner one of two scopes with the same range.
    depth: usize,
    /// Byte ranges inside of `scope` that look the name up outside: the decorators of parameters.
    outside: Vec<Range<usize>>,
}

/// What declares a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclarationKind {
    /// Any form of `import`.
    Import {
        /// It is imported with `import type` or `{ type x }`.
        type_only: bool,
    },
    /// `const`, `using`, `await using`
    Const,
    /// `let`
    Let,
    /// `var`
    Var,
    /// A function declaration, an overload of it, or the name of a function expression.
    Function,
    /// A class declaration, or the name of a class expression.
    Class,
    /// A parameter of a function, of a method or of a function type, or a part of one.
    Parameter,
    /// What `catch (…)` binds, or a part of it.
    CatchParameter,
    /// The first parameter of a function that is passed to `.catch(…)` or, as the second argument, to `.then(…)`; or a
    /// part of it.
    RejectionParameter,
    /// An enum.
    Enum,
    /// A member of an enum, which the other members see by its bare name.
    EnumMember,
    /// A namespace that holds values.
    Namespace,
    /// An interface, a type alias, a type parameter, or a namespace that holds types only: not a value.
    Type,
    /// Stands in `declare global`: describes what the global is, and shadows nothing.
    Global,
}

impl DeclarationKind {
    /// Whether a value reference can mean it. A type-only import counts: it can't be used as a value, but it takes the
    /// name.
    pub fn is_value(self) -> bool {
        !matches!(self, DeclarationKind::Type | DeclarationKind::Global)
    }

    /// Whether a reference to a type or to a namespace can mean it.
    pub fn is_type(self) -> bool {
        use DeclarationKind::{Class, Enum, EnumMember, Import, Namespace, Type};
        matches!(self, Import { .. } | Class | Enum | EnumMember | Namespace | Type)
    }
}

impl Declaration {
    /// Whether it holds what was thrown, or what a promise was rejected with.
    pub fn is_error(&self) -> bool {
        matches!(self.kind, DeclarationKind::CatchParameter | DeclarationKind::RejectionParameter) && !self.destructured
    }

    /// Whether `offset`, in bytes, lies in its scope.
    fn is_visible_at(&self, offset: usize) -> bool {
        self.scope.contains(&offset) && !self.outside.iter().any(|range| range.contains(&offset))
    }
}

impl Name {
    /// Looks for `name` in the tree below `root`, whose text is `text`.
    pub fn find(root: Node, text: &str, name: &str) -> Name {
        let mut found = Name::default();
        let mut cursor = PathCursor::new(root);
        for range in occurrences(text, name) {
            let Some(path) = cursor.leaf_at(&range) else { continue };
            match classify(path, text) {
                Occurrence::Other => {}
                Occurrence::Reference => found.references.push(range),
                Occurrence::TypeReference => found.type_references.push(range),
                Occurrence::Declaration(declaration) => found.declarations.push(declaration),
            }
        }
        found
    }

    /// The innermost declaration of a value that the name means at the byte `offset`; `None` if it is global there.
    ///
    /// The offset need not be one of a reference: it can be where one is to be written.
    pub fn resolve(&self, offset: usize) -> Option<&Declaration> {
        self.innermost(offset, DeclarationKind::is_value)
    }

    /// The innermost declaration of a type or namespace that the name means at the byte `offset`; `None` if it is
    /// global there.
    pub fn resolve_type(&self, offset: usize) -> Option<&Declaration> {
        self.innermost(offset, DeclarationKind::is_type)
    }

    /// Whether the name means the global value at the byte `offset`. What the file itself declares with `declare` is
    /// the global, too: `declare const console: Console` binds nothing.
    pub fn is_global_at(&self, offset: usize) -> bool {
        self.resolve(offset).is_none_or(|declaration| declaration.ambient && declaration.top_level)
    }

    /// Whether an import could bind the name so that all of `uses` (byte offsets) would see it, and nothing that is
    /// there would change its meaning.
    ///
    /// So there is no declaration of the name, value or type, in the file's own scope; none of a value that shadows it
    /// at a use; and no reference, value or type, that now means something global and would be captured.
    pub fn is_free_for_import(&self, uses: &[usize]) -> bool {
        !self.declarations.iter().any(|declaration| declaration.top_level)
            && uses.iter().all(|&offset| self.resolve(offset).is_none())
            && self.references.iter().all(|range| self.resolve(range.start).is_some())
            && self.type_references.iter().all(|range| self.resolve_type(range.start).is_some())
    }

    fn innermost(&self, offset: usize, wanted: fn(DeclarationKind) -> bool) -> Option<&Declaration> {
        self.declarations
            .iter()
            .filter(|declaration| wanted(declaration.kind) && declaration.is_visible_at(offset))
            .min_by_key(|declaration| (declaration.scope.len(), Reverse(declaration.depth)))
    }
}

/// The byte ranges where `name` stands in `text` as a whole identifier, be it in code or not.
fn occurrences<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    memchr::memmem::find_iter(text.as_bytes(), name)
        .map(move |start| start..start + name.len())
        .filter(move |range| !range.is_empty() && is_whole_identifier(text, range))
}

fn is_whole_identifier(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|head| head.chars().next_back());
    let after = text.get(range.end..).and_then(|tail| tail.chars().next());
    !before.is_some_and(continues_identifier) && !after.is_some_and(continues_identifier)
}

fn continues_identifier(c: char) -> bool {
    // The last two are the joiners that ECMAScript allows inside of identifiers.
    c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}')
}
