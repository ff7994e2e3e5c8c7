//! Loggers that are not the configured one: they may call the console, which is how they log.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::contract::{Contract, PACKAGES};
use super::made;
use super::message::Message;
use crate::project::Project;
use crate::syntax::children;

/// The methods of the console that a logger is known by.
const METHODS: [&str; 7] = ["debug", "info", "warn", "error", "log", "trace", "fatal"];

/// The export of a file that reads as a logger, if there is one.
pub fn exported(project: &Project, cx: &FileContext<'_>) -> Option<String> {
    if !may_hold_logger(&cx.file.text) {
        return None;
    }
    Contract::of_file(project, cx.file).map(|contract| contract.export)
}

/// Whether a text has any of the words that every logger has: reading what a file exports takes as long as a good part of
/// its parse, and most files aren't asked for it then.
fn may_hold_logger(text: &str) -> bool {
    const LEVELS: [&str; 5] = ["info", "warn", "warning", "INFO", "WARN"];
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    // As a method, a property, a variable or a text; but not `logger.info(…)`.
    let is_own = |level: &str| {
        memchr::memmem::find_iter(text.as_bytes(), level).any(|at| {
            let (before, after) = (&text[..at], &text[at + level.len()..]);
            let is_word = !before.ends_with(is_name) && !after.starts_with(is_name);
            is_word && !before.trim_end().ends_with('.') || before.ends_with("..")
        })
    };
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let takes_level = || has("level") || has("Level") || has("everity");
    LEVELS.into_iter().any(is_own) || takes_level() || has("...console") || PACKAGES.into_iter().any(has)
}

/// Whether a byte range lies in an object or a class that has at least three methods named as levels.
pub fn is_around(cx: &FileContext<'_>, range: &Range<usize>) -> bool {
    cx.file.path_to(range.clone()).into_iter().any(|node| {
        if !matches!(node.kind(), "object" | "class_body") {
            return false;
        }
        let mut cursor = node.walk();
        let methods = node.named_children(&mut cursor).filter_map(|member| method(cx, member));
        methods.filter(|name| METHODS.contains(name)).collect::<BTreeSet<&str>>().len() >= 3
    })
}

/// The function around `call` that is a logger of its own by its name, as `logEvent`, and whose call logs nothing but the one
/// value of `list`, without words: what its callers log, or JSON that it made of that.
pub fn handing_on(cx: &FileContext<'_>, call: Node<'_>, list: Node<'_>) -> Option<String> {
    let [argument] = children(list)[..] else { return None };
    let is_name = |name: &String| {
        let rest = name.strip_prefix("log").map(|rest| rest.chars().next());
        rest.is_some_and(|next| next.is_none_or(|letter| !letter.is_lowercase()))
    };
    let has_words = Message::of(cx, argument).is_some();
    made::enclosing_function(cx, call).filter(is_name).filter(|_| !has_words)
}

/// The name of a member that is a method, or holds a function or one of the console's methods.
fn method<'t>(cx: &'t FileContext<'_>, member: Node<'t>) -> Option<&'t str> {
    let name = match member.kind() {
        "method_definition" => return member.child_by_field_name("name").map(|name| cx.file.text_of(name)),
        "pair" => member.child_by_field_name("key")?,
        "public_field_definition" => member.child_by_field_name("name")?,
        _ => return None,
    };
    let value = member.child_by_field_name("value")?;
    let is_function = matches!(value.kind(), "arrow_function" | "function_expression")
        || cx.file.text_of(value).starts_with("console.");
    is_function.then(|| cx.file.text_of(name).trim_matches(['\'', '"']))
}
