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
            // Scopes that share an offset lie within each other, and no two of different owners declare one name over
            // the same range.
            .min_by_key(|declaration| declaration.scope.len())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::syntax::Dialect;
    use crate::syntax::parse::parse;

    fn find(text: &str, name: &str) -> Name {
        Name::find(parse(text, Dialect::TypeScript).tree.root_node(), text, name)
    }

    /// The only declaration of `log` in `text`.
    fn declaration(text: &str) -> Declaration {
        let [declaration] = find(text, "log").declarations.try_into().unwrap();
        declaration
    }

    fn kind(text: &str) -> DeclarationKind {
        declaration(text).kind
    }

    #[test]
    fn tells_what_declares_a_name() {
        use DeclarationKind::*;
        for (text, expected) in [
            ("import log from 'a'", Import { type_only: false }),
            ("import { a as log } from 'a'", Import { type_only: false }),
            ("import log = require('a')", Import { type_only: false }),
            ("import log = a.b", Import { type_only: false }),
            ("import type { log } from 'a'", Import { type_only: true }),
            ("import { type log } from 'a'", Import { type_only: true }),
            ("const log = 1", Const),
            ("using log = x", Const),
            ("for (let log of x) {}", Let),
            ("var [log] = x", Var),
            ("x(function log() {})", Function),
            ("export default class log {}", Class),
            ("type A = (log: string) => void", Parameter),
            ("try {} catch (log) {}", CatchParameter),
            ("enum log {}", Enum),
            ("enum A { 'log' = 1 }", EnumMember),
            ("namespace log { f() }", Namespace),
            ("namespace log { type A = 1 }", Type),
            ("interface log {}", Type),
            ("function f<log>() {}", Type),
            ("declare global { var log: any }", Global),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn knows_what_holds_an_error() {
        for text in [
            "try {} catch (log) {}",
            "p.catch(log => {})",
            "p.catch(async (/* e */ log: unknown, b) => {})",
            "p.then(x, function (log) {})",
            "p?.then(/* a */ x, (log) => 1)",
        ] {
            assert!(declaration(text).is_error(), "{text}");
        }
        for text in [
            "try {} catch ({ log }) {}",
            "p.catch((a, log) => {})",
            "p.catch(([log]) => {})",
            "p.catch((...log) => {})",
            "p.catch(x, (log) => {})",
            "p.then((log) => {})",
            "p.catch(f((log) => {}))",
            "p.on('error', (log) => {})",
            "p.catch(() => { const log = 1 })",
        ] {
            assert!(!declaration(text).is_error(), "{text}");
        }
    }

    #[test]
    fn tells_the_property_of_a_destructured_binding() {
        let property = |text: &str| declaration(text).property.map(|range| text[range].to_owned());
        assert_eq!(property("const { error: log } = x").as_deref(), Some("error"));
        assert_eq!(property("const { 'error': log = 1 } = x").as_deref(), Some("'error'"));
        assert_eq!(property("const { a: { error: log } } = x").as_deref(), Some("error"));
        assert_eq!(property("const { a: { log } } = x").as_deref(), Some("log"));
        assert_eq!(property("function f({ log = 1 }) {}").as_deref(), Some("log"));
        assert_eq!(property("const { a: [log] } = x"), None);
        assert_eq!(property("const { ...log } = x"), None);
        assert_eq!(property("const log = x"), None);
    }

    #[test]
    fn a_declaration_knows_how_far_it_reaches() {
        let scope = |text: &str| text[declaration(text).scope].to_owned();
        assert_eq!(scope("function f() { { let log } }"), "{ let log }");
        assert_eq!(scope("function f() { { var log } }"), "{ { var log } }");
        assert_eq!(scope("  { var log }  "), "  { var log }  ");
        assert_eq!(scope("x(function f(log) { })"), "(log) { }");
        assert_eq!(scope("switch (x) { case 1: let log }"), "{ case 1: let log }");
        assert_eq!(scope("x; for (const log of x) ;"), "for (const log of x) ;");
        assert_eq!(scope("x; (class log {})"), "class log {}");
        assert!(declaration("if (x) { var log }").top_level);
        assert!(!declaration("if (x) { let log }").top_level);
        assert!(!declaration("namespace N { var log }").top_level);
    }

    #[test]
    fn what_declare_describes_is_still_the_global() {
        for text in [
            "declare const console: any; console.log()",
            "export {}; declare global { var console: any } console.log()",
            "function f() { { const console = 1 } console.log() }",
            "console.log()",
        ] {
            let use_at = text.find("console.log").unwrap();
            assert!(find(text, "console").is_global_at(use_at), "{text}");
        }
        for text in ["var console; console.log()", "import type { console } from 'a'; console.log()"] {
            let use_at = text.find("console.log").unwrap();
            assert!(!find(text, "console").is_global_at(use_at), "{text}");
        }
    }

    #[test]
    fn an_import_must_not_change_what_a_name_means() {
        let is_free = |text: &str| find(text, "log").is_free_for_import(&[text.find("USE").unwrap()]);
        assert!(is_free("USE"));
        assert!(is_free("USE; { const log = 1; log() } x.log; ({ log: 1 })"));
        assert!(is_free("USE; import { log as a } from 'a'; export { a as log }"));
        // Taken at the top, as a value or as a type.
        assert!(!is_free("USE; const log = 1"));
        assert!(!is_free("USE; { var log }"));
        assert!(!is_free("USE; interface log {}"));
        assert!(!is_free("USE; import type { log } from 'a'"));
        // Shadowed at the use.
        assert!(!is_free("function f(log) { USE }"));
        assert!(is_free("function f<log>() { USE }"));
        // Captures a global.
        assert!(!is_free("USE; log()"));
        assert!(!is_free("USE; let a: log"));
        assert!(!is_free("USE; let a: typeof log"));
        assert!(!is_free("USE; export { log }"));
    }

    #[test]
    fn only_whole_identifiers_count() {
        assert_eq!(
            find("log$; $log; _log; log1; élog; logé; x.log; 'log'; /* log */ `log`; /log/", "log"),
            Name::default()
        );
        assert_eq!(find("`${log}`;(log)", "log").references, [3..6, 10..13]);
        assert_eq!(find("log", ""), Name::default());
    }

    #[test]
    fn depth_costs_no_stack() {
        let text = format!("{}let log; log(){}", "{".repeat(20_000), "}".repeat(20_000));
        let name = find(&text, "log");
        assert_eq!(name.resolve(name.references[0].start), name.declarations.first());
    }
}
