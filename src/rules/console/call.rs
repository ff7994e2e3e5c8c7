//! One call of the console as a call of the logger: its message, its error, its fields.

use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::contract::{ErrorParameter, Method};
use super::errors::ErrorArgument;
use super::fields::{self, Part, Reserved};
use super::layout::{Braces, List, Script, entries};
use super::message::{self, Message};
use crate::config::Level;
use crate::syntax::query::console::calls;

const EMPTY_LINE: &str = "it prints an empty line, which no record can stand for";

/// A call that can be rewritten. Only the logger's local name is still open.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// The level that it logs at.
    pub level: Level,
    /// What the logger's name replaces: `console.log`, byte offsets.
    pub callee: Range<usize>,
    /// Where the level goes if the logger takes it as its first argument, and what parts it from the message.
    pub level_place: (usize, String),
    /// The quote for the level.
    pub quote: char,
    /// The edits inside of the parentheses: ranges in byte offsets and their new text, sorted.
    pub edits: Vec<(Range<usize>, String)>,
}

/// What a call is rewritten to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The level that it logs at.
    pub level: Level,
    /// The method that does.
    pub method: &'a Method,
    /// Whether the logger gives a field another name where that would hide what the record itself says.
    pub guards_names: bool,
}

/// Drafts the rewrite of `call` for a logger. The error is the reason why it stays.
pub fn draft(
    cx: &FileContext<'_>,
    call: Node<'_>,
    found: &calls::Match<'_>,
    Target { level, method, guards_names }: Target<'_>,
) -> Result<Rewrite, String> {
    let arguments = arguments(found.arguments);
    let first = *arguments.first().ok_or(EMPTY_LINE)?;
    if arguments.iter().any(|argument| argument.kind() == "spread_element") {
        return Err("its arguments are spread (`...`), so that their number isn't known".into());
    }
    let callee = call.start_byte()..found.arguments.start_byte();
    if cx.has_comment(callee.clone()) {
        return Err("a comment stands between `console` and its arguments".into());
    }
    let message = Message::of(cx, first);
    if arguments.len() > 1 && message.as_ref().is_some_and(|message| message.has_directive(cx)) {
        return Err("its message is a format string (`%s`, `%d`, `%o`, `%c` …)".into());
    }

    if arguments.iter().all(|argument| Message::of(cx, *argument).is_some_and(|text| text.is_blank(cx))) {
        return Err(EMPTY_LINE.into());
    }

    let values = if message.is_some() { &arguments[1..] } else { &arguments[..] };
    let reserved = Reserved::new(cx.options.reserved.iter().map(String::as_str).chain(method.taken_fields()));
    let mut parts = fields::parts(cx, values, &reserved);
    let error = ErrorArgument::take(cx, method, &mut parts)?;
    check_fields(method, &parts, &error)?;
    fields::open_only_object(cx, &mut parts, &reserved, guards_names);
    fields::choose_names(cx, &mut parts, &reserved);

    let call = Draft { cx, call, arguments: &arguments, message, error, parts, reserved };
    let mut list = List::new(cx, found.arguments, &arguments);
    call.take_apart(&mut list);
    Ok(Rewrite {
        level,
        callee,
        level_place: (first.start_byte(), list.behind_opening()),
        quote: message::quote(cx, first),
        edits: call.write(&list, method),
    })
}

/// The arguments without the comments between them.
fn arguments(list: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = list.walk();
    list.named_children(&mut cursor).filter(|node| node.kind() != "comment").collect()
}

/// Whether the logger's method has a parameter for what is left.
fn check_fields(method: &Method, parts: &[Part<'_>], error: &ErrorArgument<'_>) -> Result<(), String> {
    if method.fields.is_some() || !parts.iter().any(Part::is_field) {
        return Ok(());
    }
    let beside = if matches!(error, ErrorArgument::Nothing) { "" } else { " beside the error" };
    Err(format!("the logger's `{}` has no parameter that takes any fields{beside}", method.name))
}

/// All that is known of the new call.
struct Draft<'a, 'b> {
    cx: &'a FileContext<'b>,
    call: Node<'a>,
    arguments: &'a [Node<'a>],
    /// `None` if it gets words of our own.
    message: Option<Message<'a>>,
    error: ErrorArgument<'a>,
    parts: Vec<Part<'a>>,
    reserved: Reserved<'a>,
}

impl<'a> Draft<'a, '_> {
    fn literals(&self) -> Vec<Node<'a>> {
        let literal = |part: &Part<'a>| if let Part::Literal(node) = part { Some(*node) } else { None };
        self.parts.iter().filter_map(literal).collect()
    }

    fn fields(&self) -> Vec<&Part<'a>> {
        self.parts.iter().filter(|part| part.is_field()).collect()
    }

    /// Whether all that there is of fields is one object, which stays as it is.
    fn is_one_object(&self) -> bool {
        matches!(self.fields()[..], [Part::Entries(_)])
    }

    /// Takes out of the list what stands elsewhere in the new call.
    fn take_apart(&self, list: &mut List<'_, '_>) {
        for literal in self.literals() {
            list.drop_argument(literal);
        }
        if let ErrorArgument::Moved(node, _) = self.error {
            list.drop_argument(node);
        }
        if !self.is_one_object() {
            for part in self.fields() {
                if let Part::Entries(object) = part {
                    list.open_object(*object);
                }
            }
        }
    }

    /// Writes the arguments of the new call.
    fn write(&self, list: &List<'_, '_>, method: &Method) -> Vec<(Range<usize>, String)> {
        let mut script = Script::new(&self.cx.file.text, self.arguments[0].start_byte());
        let mut done = self.write_message(&mut script);
        done = self.write_error(list, done, &mut script);
        done = self.write_fields(list, done, &mut script);
        let instead = method.error.as_ref().and_then(ErrorParameter::fields_instead);
        let instead = instead.filter(|_| matches!(self.error, ErrorArgument::Nothing));
        if instead.or(method.fields.as_ref()).is_some_and(|fields| fields.required) && self.fields().is_empty() {
            script.put(", {}");
        }
        script.put(&list.closing(done));
        script.finish(list.end())
    }

    /// Each of these writes one part of the call behind what is there, and gives back the offset in the old text up to
    /// which it is told by then.
    fn write_message(&self, script: &mut Script<'_>) -> usize {
        let first = self.arguments[0];
        let literals = self.literals();
        let Some(message) = self.message else {
            let quote = message::quote(self.cx, first);
            let text = message::of_literals(self.cx, &literals, quote)
                .unwrap_or_else(|| message::made(self.cx, self.call, self.arguments, &literals, quote));
            script.put(&format!("{quote}{text}{quote}"));
            return first.start_byte();
        };
        let carries_values =
            matches!(self.error, ErrorArgument::InPlace(_) | ErrorArgument::Moved(..)) || !self.fields().is_empty();
        if carries_values || !literals.is_empty() {
            message.write(self.cx, self.call, self.arguments, &literals, script);
        } else {
            script.keep(first.byte_range());
        }
        first.end_byte()
    }

    fn write_error(&self, list: &List<'_, '_>, done: usize, script: &mut Script<'_>) -> usize {
        let (moved, text) = match &self.error {
            ErrorArgument::Nothing => return done,
            ErrorArgument::InPlace(node) => {
                self.separate(list, done, *node, script);
                script.keep(node.byte_range());
                return node.end_byte();
            }
            ErrorArgument::Moved(node, text) => (Some(*node), text),
            ErrorArgument::Written(text) => (None, text),
        };
        match self.fields().first().map(|field| field.node()).or(moved) {
            Some(next) => script.put(&list.before(next)),
            None => script.put(", "),
        }
        script.put(text);
        done
    }

    /// What parts what is written up to `done` from `next`.
    fn separate(&self, list: &List<'_, '_>, done: usize, next: Node<'_>, script: &mut Script<'_>) {
        script.put(&list.separator(done..next.start_byte(), &list.before(next)));
    }

    fn write_fields(&self, list: &List<'_, '_>, done: usize, script: &mut Script<'_>) -> usize {
        let fields = self.fields();
        let (Some(first), Some(last)) = (fields.first(), fields.last()) else { return done };
        self.separate(list, done, first.node(), script);
        if self.is_one_object() {
            self.reserved.keep_entries(self.cx, first.node(), first.node().byte_range(), script);
            return first.node().end_byte();
        }
        let braces = self.braces(&fields);
        script.put("{");
        let mut done = first.node().start_byte();
        for (index, field) in fields.iter().enumerate() {
            let inner = inner(field);
            if index == 0 {
                script.put(&list.comments(done..inner.start).unwrap_or_else(|| braces.open.clone()));
            } else {
                script.put(&list.separator(done..inner.start, &braces.between));
            }
            match field {
                Part::Entries(object) => self.reserved.keep_entries(self.cx, *object, inner.clone(), script),
                Part::Value(value) => {
                    if self.cx.file.text_of(value.node) != value.name {
                        script.put(&format!("{}: ", value.name));
                    }
                    script.keep(inner.clone());
                }
                Part::Literal(_) => {}
            }
            done = inner.end;
        }
        script.put(&list.comments(done..last.node().end_byte()).unwrap_or(braces.close));
        script.put("}");
        last.node().end_byte()
    }

    fn braces(&self, fields: &[&Part<'_>]) -> Braces {
        let nodes: Vec<Node<'_>> = fields.iter().map(|field| field.node()).collect();
        let objects = fields.iter().filter(|field| matches!(field, Part::Entries(_)));
        let objects: Vec<Node<'_>> = objects.map(|field| field.node()).collect();
        let length = |field: &&Part<'_>| {
            let name = if let Part::Value(value) = field { value.name.len() + 2 } else { 0 };
            field.node().byte_range().len() + name + 2
        };
        Braces::around(self.cx, &nodes, &objects, fields.iter().map(length).sum())
    }
}

/// The part of a field's argument that is kept.
fn inner(field: &Part<'_>) -> Range<usize> {
    match field {
        Part::Entries(object) => {
            let entries = entries(*object);
            let start = entries.first().map_or(object.start_byte(), Node::start_byte);
            start..entries.last().map_or(object.end_byte(), Node::end_byte)
        }
        field => field.node().byte_range(),
    }
}
