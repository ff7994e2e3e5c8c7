//! What may be a name in JavaScript.

/// Words that can't name an import in a module, or that must go on meaning what they do.
pub(super) const TAKEN_WORDS: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "console",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "globalThis",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Whether `name` is an identifier as ECMAScript has it.
pub(super) fn is_identifier(name: &str) -> bool {
    let is_part = |part: char| unicode_ident::is_xid_continue(part) || part == '$';
    name.starts_with(|first| unicode_ident::is_xid_start(first) || matches!(first, '_' | '$'))
        && name.chars().all(is_part)
}
