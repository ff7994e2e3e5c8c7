//! One call of the console as a call of the logger.

use std::ops::Range;

use tree_sitter::Node;

use super::arguments::{Words, rewritten};
use super::context::FileContext;
use super::contract::Method;
use super::layout::TextEdits;
use super::loggers::Traits;
use super::message::{self, Message};
use crate::config::{Level, Tags};
use crate::syntax::children;
use crate::syntax::query::console::calls;

const EMPTY_LINE: &str = "it prints an empty line, which no record can stand for";

/// The most arguments of a call that is rewritten: nobody writes that many by hand, and each field's name is compared with
/// all others.
const MAX_ARGUMENTS: usize = 64;

/// A call that can be rewritten. Only the logger's local name is still open.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// The level that it logs at.
    pub level: Level,
    /// What the logger's name replaces: `console.log`, byte offsets.
    pub callee: Range<usize>,
    /// What stands before the logger's name.
    pub lead: String,
    /// The quote for the level.
    pub quote: char,
    /// What the logger is called with.
    pub arguments: Arguments,
}

/// The arguments of the new call.
#[derive(Debug, Clone)]
pub enum Arguments {
    /// Made of those that are there.
    Edited {
        /// Where the level goes if the logger takes it as its first argument, and what parts it from the message.
        level_place: (usize, String),
        /// Ranges in byte offsets and their new text, sorted.
        edits: TextEdits,
    },
    /// New ones, which stand behind the callee: their text, without a level.
    Written(String),
}

/// What a call is rewritten to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The level that it logs at.
    pub level: Level,
    /// The method that does.
    pub method: &'a Method,
    /// What else is known of the logger.
    pub traits: Traits,
    /// What becomes of a tag.
    pub tags: Tags,
}

/// Drafts the rewrite of `call` for a logger. The error is the reason why it stays.
pub fn draft(
    cx: &FileContext<'_>,
    call: Node<'_>,
    found: &calls::Match<'_>,
    target: Target<'_>,
) -> Result<Rewrite, String> {
    let arguments = children(found.arguments);
    let first = *arguments.first().ok_or(EMPTY_LINE)?;
    check(cx, call, found, &arguments)?;
    if arguments.iter().all(|argument| Message::of(cx, *argument).is_some_and(|text| text.is_blank(cx))) {
        return Err(EMPTY_LINE.into());
    }
    let (edits, list) = rewritten(cx, call, found.arguments, &arguments, Words::OwnOrMade, target)?;
    Ok(Rewrite {
        level: target.level,
        callee: call.start_byte()..found.arguments.start_byte(),
        lead: String::new(),
        quote: message::quote(cx, first),
        arguments: Arguments::Edited { level_place: (first.start_byte(), list.behind_opening()), edits },
    })
}

/// Whether a call has nothing that stands against any rewrite.
///
/// # Errors
/// The reason why it stays.
pub fn check(
    cx: &FileContext<'_>,
    call: Node<'_>,
    found: &calls::Match<'_>,
    arguments: &[Node<'_>],
) -> Result<(), String> {
    if arguments.iter().any(|argument| argument.kind() == "spread_element") {
        return Err("its arguments are spread (`...`), so that their number isn't known".into());
    }
    if arguments.len() > MAX_ARGUMENTS {
        return Err(format!("it has more than {MAX_ARGUMENTS} arguments"));
    }
    if cx.has_comment(call.start_byte()..found.arguments.start_byte()) {
        return Err("a comment stands between `console` and its arguments".into());
    }
    Ok(())
}
