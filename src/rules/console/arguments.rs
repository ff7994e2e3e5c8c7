//! The arguments of the new call: its message, its error, its fields.

use std::ops::Range;

use tree_sitter::Node;

use super::call::Target;
use super::context::FileContext;
use super::contract::{ErrorParameter, Method};
use super::errors::{self, ErrorArgument};
use super::fields::{self, Part, Reserved};
use super::layout::{Braces, List, MAX_LINE, Script, TextEdits, entries};
use super::loggers::Traits;
use super::made::made;
use super::message::{self, Message};
use super::sentence::Sentence;
use super::text;
use crate::config::Tags;

/// The field of a tag.
const TAG: &str = "tag";

/// Where the words of a message come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// From the call, or they are made where it has none.
    OwnOrMade,
    /// From the call, behind these.
    LedBy(&'static str),
    /// These.
    Given(String),
}

/// The edits that make the arguments of the new call of `arguments`, and the list that they are in.
pub fn rewritten<'a, 'b>(
    cx: &'a FileContext<'b>,
    call: Node<'a>,
    list: Node<'a>,
    arguments: &'a [Node<'a>],
    words: Words,
    target: Target<'_>,
) -> Result<(TextEdits, List<'a, 'b>), String> {
    let Target { method, traits, tags, .. } = target;
    let first = arguments[0];
    let message = if matches!(words, Words::Given(_)) { None } else { Message::of(cx, first) };
    let renders_places = traits.renders_places && method.fields.is_some();
    let is_format = arguments.len() > 1 && message.as_ref().is_some_and(|message| message.has_directive(cx));
    let sentence = match &words {
        Words::OwnOrMade if is_format => Some(Sentence::of_format(cx, arguments, renders_places)?),
        Words::OwnOrMade if renders_places => Sentence::of(cx, arguments, message),
        Words::LedBy(_) if is_format => return Err("its message is a format string (`%s`, `%d`, `%o`, `%c` …)".into()),
        Words::LedBy(lead) => Some(Sentence::led_by(lead, cx, arguments, renders_places)?),
        _ => None,
    };

    let is_tagging = tags == Tags::Field && method.fields.is_some() && message.is_some();
    let plain = || Sentence::plain(cx, first, renders_places);
    let (sentence, tag) = if is_tagging { with_tag(sentence, plain) } else { (sentence, None) };

    let values = if message.is_some() { &arguments[1..] } else { arguments };
    let reserved = Reserved::new(cx.options.reserved.iter().map(String::as_str).chain(method.taken_fields()));
    let mut parts = fields::parts(cx, values, sentence.as_ref(), &reserved);
    let error = ErrorArgument::take(cx, method, traits.flattens_errors, &mut parts)?;
    check_fields(method, &parts, &error)?;
    if tag.is_none() {
        fields::open_only_object(cx, &mut parts, &reserved, traits.guards_names);
    }
    fields::choose_names(cx, &mut parts, &reserved);
    let names = fields::names(cx, &parts, &reserved);
    // What stands in braces in the text would be shown as the field of that name.
    if sentence.as_ref().is_some_and(|sentence| names.iter().any(|name| sentence.has_place_for(name))) {
        let traits = Traits { renders_places: false, ..traits };
        return rewritten(cx, call, list, arguments, words, Target { traits, ..target });
    }
    // A field that has this name already goes first.
    if tag.is_some() && names.iter().any(|name| name == TAG) {
        return rewritten(cx, call, list, arguments, words, Target { tags: Tags::Keep, ..target });
    }

    let tag = tag.map(|tag| format!("{TAG}: {}", text::quoted(&tag, message::quote(cx, first))));
    let draft = Draft { cx, call, arguments, words, message, sentence, tag, error, parts, reserved, traits };
    let mut list = List::new(cx, list, arguments);
    draft.take_apart(&mut list);
    let edits = draft.write(&list, method);
    Ok((edits, list))
}

/// A sentence without the tag that it starts with, and the tag. Where there is none yet, it is made of the message if that
/// starts with a tag.
fn with_tag<'t>(
    sentence: Option<Sentence<'t>>,
    plain: impl FnOnce() -> Option<Sentence<'t>>,
) -> (Option<Sentence<'t>>, Option<String>) {
    let is_new = sentence.is_none();
    let Some(mut sentence) = sentence.or_else(plain) else { return (None, None) };
    let tag = sentence.take_tag();
    (Some(sentence).filter(|_| !is_new || tag.is_some()), tag)
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
    words: Words,
    /// The first argument, if it is a text.
    message: Option<Message<'a>>,
    /// The message, if it is put together anew.
    sentence: Option<Sentence<'a>>,
    /// The entry that a tag becomes.
    tag: Option<String>,
    error: ErrorArgument<'a>,
    parts: Vec<Part<'a>>,
    reserved: Reserved<'a>,
    traits: Traits,
}

impl<'a> Draft<'a, '_> {
    fn fields(&self) -> Vec<&Part<'a>> {
        self.parts.iter().filter(|part| part.is_field()).collect()
    }

    /// Whether all that there is of fields is one object, which stays as it is.
    fn is_one_object(&self) -> bool {
        self.tag.is_none() && matches!(self.fields()[..], [Part::Entries { .. }])
    }

    /// Takes out of the list what stands elsewhere in the new call.
    fn take_apart(&self, list: &mut List<'_, '_>) {
        for part in &self.parts {
            match (part, part.argument()) {
                (Part::Told(argument), _) => list.drop_argument(*argument),
                (_, Some(argument)) => list.unwrap_argument(argument, part.node()),
                (_, None) => {}
            }
        }
        match &self.error {
            ErrorArgument::InPlace { argument, node } => list.unwrap_argument(*argument, *node),
            ErrorArgument::Moved { argument, .. } => list.drop_argument(*argument),
            ErrorArgument::Nothing | ErrorArgument::Written(_) => {}
        }
        if !self.is_one_object() {
            for part in self.fields() {
                if let Part::Entries { object, .. } = part {
                    list.open_object(*object);
                }
            }
        }
    }

    /// Writes the arguments of the new call.
    fn write(&self, list: &List<'_, '_>, method: &Method) -> TextEdits {
        let mut script = Script::new(&self.cx.file.text, self.arguments[0].start_byte());
        let mut done = self.write_message(&mut script);
        done = self.write_error(list, done, &mut script);
        done = self.write_fields(list, done, &mut script);
        let instead = method.error.as_ref().and_then(ErrorParameter::fields_instead);
        let instead = instead.filter(|_| matches!(self.error, ErrorArgument::Nothing));
        if instead.or(method.fields.as_ref()).is_some_and(|fields| fields.required)
            && self.fields().is_empty()
            && self.tag.is_none()
        {
            script.put(", {}");
        }
        script.put(&list.closing(done));
        script.finish(list.end())
    }

    /// Each of these writes one part of the call behind what is there, and gives back the offset in the old text up to
    /// which it is told by then.
    fn write_message(&self, script: &mut Script<'_>) -> usize {
        let first = self.arguments[0];
        let quote = message::quote(self.cx, first);
        if let Some(text) = self.new_text() {
            let is_template = self.sentence.as_ref().is_some_and(Sentence::is_template);
            script.put(&if is_template { format!("`{text}`") } else { text::quoted(&text, quote) });
            return if self.message.is_some() { first.end_byte() } else { first.start_byte() };
        }
        let Some(message) = self.message else { return first.start_byte() };
        let (later, value_follows) = self.later();
        if self.carries_values() || !later.is_empty() {
            let made =
                || made(self.cx, self.call, &self.arguments[1..2.min(self.arguments.len())], std::iter::empty(), false);
            message.write(self.cx, first.byte_range(), (later, value_follows), made, script);
        } else {
            script.keep(first.byte_range());
        }
        first.end_byte()
    }

    /// The message, if it doesn't stay as it is; of a template the inside.
    fn new_text(&self) -> Option<String> {
        let (later, value_follows) = self.later();
        if let Words::Given(words) = &self.words {
            return Some(text::joined(words, later.into_iter(), value_follows));
        }
        let Some(sentence) = &self.sentence else {
            return match self.message {
                Some(_) => None,
                None => Some(self.made_text(&self.arguments[..1])),
            };
        };
        if !sentence.has_words() && !sentence.is_template() {
            let told: Vec<Node<'_>> = sentence.values().collect();
            let fields: Vec<Node<'_>> = self.fields().into_iter().map(Part::node).collect();
            return Some(self.made_text(if told.is_empty() { &fields } else { &told }));
        }
        let name = |value: Node<'_>| fields::name_of(self.cx, &self.parts, value, &self.reserved);
        let text = sentence.text(self.cx, name);
        if later.is_empty() && !self.carries_values() {
            return Some(text::trim_end(&text).to_owned());
        }
        let quoted = |part: text::Joining| match sentence.is_template() {
            true => text::Joining { words: text::escaped(&part.words, '`'), ..part },
            false => part,
        };
        Some(text::joined(&text, later.into_iter().map(quoted), value_follows))
    }

    /// Words for a call without any: those of its literals, or made of `values`.
    fn made_text(&self, values: &[Node<'_>]) -> String {
        let (later, value_follows) = self.later();
        let is_text = |argument: &Node<'_>| {
            matches!(argument.kind(), "string" | "template_string")
                && message::is_literal(self.cx, *argument)
                && text::words(self.cx, *argument).contains(char::is_alphabetic)
        };
        if self.message.is_none() && self.arguments.iter().any(is_text) {
            return text::joined("", later.into_iter(), value_follows);
        }
        // A literal that is all there is to tell stands in the text already.
        let is_first = self.message.is_none() && message::is_literal(self.cx, self.arguments[0]);
        let later = later.into_iter().skip(usize::from(is_first));
        made(self.cx, self.call, values, later, value_follows)
    }

    /// The words behind the message, and whether a value follows the last of them.
    fn later(&self) -> (Vec<text::Joining>, bool) {
        let behind = if self.message.is_some() { &self.arguments[1..] } else { self.arguments };
        let told = self.sentence.as_ref().map_or(&[][..], |sentence| &sentence.told);
        Sentence::later(self.cx, behind, |argument| told.iter().any(|told| told.id() == argument.id()))
    }

    /// Whether anything stands behind the message but what it has places for.
    fn carries_values(&self) -> bool {
        let is_error = matches!(self.error, ErrorArgument::InPlace { .. } | ErrorArgument::Moved { .. });
        let is_behind = |part: &&Part<'_>| !matches!(part, Part::Value(value) if value.is_in_message);
        is_error || self.fields().iter().any(is_behind)
    }

    fn write_error(&self, list: &List<'_, '_>, done: usize, script: &mut Script<'_>) -> usize {
        let (moved, text) = match &self.error {
            ErrorArgument::Nothing => return done,
            ErrorArgument::InPlace { node, .. } => {
                self.separate(list, done, *node, script);
                script.keep(node.byte_range());
                return node.end_byte();
            }
            ErrorArgument::Moved { argument, text } => (Some(*argument), text),
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
        let (Some(first), Some(last)) = (fields.first(), fields.last()) else {
            script.put(&self.tag.as_ref().map_or(String::new(), |tag| format!(", {{ {tag} }}")));
            return done;
        };
        if first.argument().is_some() {
            self.separate(list, done, first.node(), script);
        } else {
            script.put(&list.behind_opening());
        }
        if self.is_one_object() {
            let (object, flattens) = (first.node(), self.traits.flattens_errors);
            self.reserved.keep_entries(self.cx, object, object.byte_range(), flattens, script);
            return object.end_byte();
        }
        let braces = self.braces(&fields);
        script.put("{");
        // Up to here the list of arguments is told; what stands in the message is behind that.
        let mut done = first.argument().map_or(done, |_| first.node().start_byte());
        for (index, field) in fields.iter().enumerate() {
            let inner = inner(field);
            let usual = if index == 0 { &braces.open } else { &braces.between };
            script.put(&match field.argument() {
                None => usual.clone(),
                Some(_) if index == 0 => list.comments(done..inner.start).unwrap_or_else(|| usual.clone()),
                Some(_) => list.separator(done..inner.start, usual),
            });
            if let Some(tag) = self.tag.as_ref().filter(|_| index == 0) {
                script.put(&format!("{tag}{}", braces.between));
            }
            self.write_field(field, inner.clone(), script);
            done = field.argument().map_or(done, |_| inner.end);
        }
        let Some(argument) = last.argument() else {
            script.put(&braces.close);
            script.put("}");
            return done;
        };
        script.put(&list.comments(done..argument.end_byte()).unwrap_or(braces.close));
        script.put("}");
        argument.end_byte()
    }

    fn write_field(&self, field: &Part<'_>, inner: Range<usize>, script: &mut Script<'_>) {
        match field {
            Part::Entries { object, .. } => {
                self.reserved.keep_entries(self.cx, *object, inner, self.traits.flattens_errors, script);
            }
            Part::Value(value) => {
                let details = self.details(value.node);
                if details.is_some() || self.cx.file.text_of(value.node) != value.name {
                    script.put(&format!("{}: ", value.name));
                }
                match details {
                    Some(details) => script.put(&details),
                    None => script.keep(inner),
                }
            }
            Part::Told(_) => {}
        }
    }

    /// What is logged of a value that may be an error, if the logger would lose the rest.
    fn details(&self, value: Node<'_>) -> Option<String> {
        if self.traits.flattens_errors { errors::details(self.cx, value) } else { None }
    }

    fn braces(&self, fields: &[&Part<'_>]) -> Braces {
        let nodes: Vec<Node<'_>> = fields.iter().map(|field| field.node()).collect();
        let objects = fields.iter().filter(|field| matches!(field, Part::Entries { .. }));
        let objects: Vec<Node<'_>> = objects.map(|field| field.node()).collect();
        let length = |field: &&Part<'_>| match field {
            Part::Value(value) => {
                let text = self.cx.file.text_of(value.node);
                let details = self.details(value.node).map_or(text.len(), |details| details.len());
                details + 2 + if text == value.name { 0 } else { value.name.len() + 2 }
            }
            field => field.node().byte_range().len() + 2,
        };
        let length: usize = fields.iter().map(length).sum();
        let has_grown = self.sentence.is_some() || nodes.iter().any(|node| self.details(*node).is_some());
        let is_single = nodes.iter().all(|node| !self.cx.file.text_of(*node).contains('\n'));
        if !has_grown || !objects.is_empty() || !is_single {
            return Braces::around(self.cx, &nodes, &objects, length);
        }
        // What counts is the length of the new line. `logger.info(` is about as long as `console.log(`.
        let message = self.new_text().map_or(self.arguments[0].byte_range().len(), |text| text.len());
        let first = self.arguments[0].start_byte();
        let has_own_line = self.cx.file.text[..first].trim_end_matches([' ', '\t']).ends_with('\n');
        let line_of = if has_own_line { first } else { self.call.start_byte() };
        let column = self.cx.column(line_of);
        let is_short = column + "console.error(''".len() + message + length + " });".len() <= MAX_LINE;
        if is_short { Braces::inline() } else { Braces::hanging(self.cx, line_of) }
    }
}

/// The part of a field's argument that is kept.
fn inner(field: &Part<'_>) -> Range<usize> {
    match field {
        Part::Entries { object, .. } => {
            let entries = entries(*object);
            let start = entries.first().map_or(object.start_byte(), Node::start_byte);
            start..entries.last().map_or(object.end_byte(), Node::end_byte)
        }
        field => field.node().byte_range(),
    }
}
