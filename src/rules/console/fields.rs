//! What a call logs beside its message, and the names that this gets in the record.

use std::collections::HashSet;

use tree_sitter::Node;

use super::context::FileContext;
use super::layout::{Script, entries};
use super::sentence::Sentence;
use super::{errors, json, message, names};

/// What a call logs beside the words of its message.
#[derive(Debug)]
pub enum Part<'t> {
    /// An argument of which nothing is left for the fields: it says the same every time, or what it says is there already.
    Told(Node<'t>),
    /// An object whose entries become fields.
    Entries {
        /// The argument.
        argument: Node<'t>,
        /// The object in it, or itself.
        object: Node<'t>,
    },
    /// A value that becomes a field.
    Value(Value<'t>),
}

/// A value that becomes a field.
#[derive(Debug)]
pub struct Value<'t> {
    /// The argument; `None` for a part of the message.
    pub argument: Option<Node<'t>>,
    /// The value in it, or itself.
    pub node: Node<'t>,
    /// The field's name.
    pub name: String,
    /// Whether the message has a place for it.
    pub is_in_message: bool,
    /// The names that it may have, the best one first.
    candidates: Vec<String>,
}

impl<'t> Part<'t> {
    /// The argument, if it is one of its own.
    pub fn argument(&self) -> Option<Node<'t>> {
        match self {
            Part::Told(argument) | Part::Entries { argument, .. } => Some(*argument),
            Part::Value(value) => value.argument,
        }
    }

    /// What of it is kept.
    pub fn node(&self) -> Node<'t> {
        match self {
            Part::Told(node) | Part::Entries { object: node, .. } => *node,
            Part::Value(value) => value.node,
        }
    }

    /// Whether it goes into the fields.
    pub fn is_field(&self) -> bool {
        !matches!(self, Part::Told(_))
    }

    fn value(cx: &FileContext<'_>, argument: Option<Node<'t>>, node: Node<'t>, is_in_message: bool) -> Part<'t> {
        let node = json::stringified(cx, node).unwrap_or(node);
        let candidates = names::candidates(cx, node);
        Part::Value(Value { argument, node, name: candidates[0].clone(), is_in_message, candidates })
    }
}

/// What each of `arguments` becomes, and before them the values that stand in the first text. An object whose entries can't
/// stand among the other fields becomes one field as a whole. The names are not chosen yet.
pub fn parts<'t>(
    cx: &FileContext<'_>,
    arguments: &[Node<'t>],
    sentence: Option<&Sentence<'t>>,
    reserved: &Reserved<'_>,
) -> Vec<Part<'t>> {
    let mut taken: HashSet<String> = HashSet::new();
    let in_message: Vec<Node<'t>> = sentence.into_iter().flat_map(Sentence::fields).collect();
    let is_in_message = |node: Node<'_>| in_message.iter().any(|value| value.id() == node.id());
    let part = |argument: &Node<'t>| {
        let object = json::stringified(cx, *argument).unwrap_or(*argument);
        let is_told = sentence.is_some_and(|sentence| sentence.told.iter().any(|told| told.id() == argument.id()));
        if is_told
            || message::is_literal(cx, *argument)
            || (object.kind() == "object" && object.named_child_count() == 0)
        {
            return Part::Told(*argument);
        }
        let is_open = object.kind() == "object" && !is_in_message(*argument);
        let names = if is_open { reserved.names_of_entries(cx, object) } else { None };
        match names.filter(|names| names.iter().all(|name| !taken.contains(name))) {
            Some(names) => {
                taken.extend(names);
                Part::Entries { argument: *argument, object }
            }
            None => Part::value(cx, Some(*argument), *argument, is_in_message(*argument)),
        }
    };
    let mut parts: Vec<Part<'t>> = arguments.iter().map(part).collect();
    let is_argument = |node: &Node<'t>| arguments.iter().any(|argument| argument.id() == node.id());
    let embedded = in_message.iter().filter(|value| !is_argument(value));
    let embedded: Vec<Part<'t>> = embedded.map(|value| Part::value(cx, None, *value, true)).collect();
    parts.splice(0..0, embedded);
    without_repeated(cx, parts)
}

/// The parts without values that others among them give as well: `id` beside `id`, or beside `{ id }`.
fn without_repeated<'t>(cx: &FileContext<'_>, parts: Vec<Part<'t>>) -> Vec<Part<'t>> {
    let mut seen: Vec<&str> = Vec::new();
    let is_repeated: Vec<bool> = parts
        .iter()
        .map(|part| {
            let Part::Value(value) = part else { return false };
            let text = cx.file.text_of(value.node);
            if !value.is_in_message || !errors::is_quiet(value.node) {
                return errors::is_quiet(value.node) && seen.contains(&text);
            }
            let is_repeated = seen.contains(&text) || parts.iter().any(|other| field_of(cx, other, text).is_some());
            seen.push(text);
            is_repeated
        })
        .collect();
    let parts = parts.into_iter().zip(is_repeated).filter_map(|(part, is_repeated)| match part.argument() {
        _ if !is_repeated => Some(part),
        Some(argument) => Some(Part::Told(argument)),
        None => None,
    });
    parts.collect()
}

/// The key under which the entries of an object give the value that is written as `text`.
fn field_of<'t>(cx: &'t FileContext<'_>, part: &Part<'t>, text: &str) -> Option<&'t str> {
    let Part::Entries { object, .. } = part else { return None };
    let entry = entries(*object).into_iter().find(|entry| match entry.kind() {
        "pair" => entry.child_by_field_name("value").is_some_and(|value| cx.file.text_of(value) == text),
        _ => cx.file.text_of(*entry) == text,
    })?;
    key(cx, entry).map(|key| key.name)
}

/// The name of the field that gives `value`, a value in the message.
pub fn name_of(cx: &FileContext<'_>, parts: &[Part<'_>], value: Node<'_>, reserved: &Reserved<'_>) -> String {
    let inner = json::stringified(cx, value).unwrap_or(value);
    let text = cx.file.text_of(inner);
    let by_place = parts.iter().find_map(|part| match part {
        Part::Value(known) if known.node.id() == inner.id() => Some(known.name.clone()),
        _ => None,
    });
    let by_text = || {
        parts.iter().find_map(|part| match part {
            Part::Value(known) if known.is_in_message && cx.file.text_of(known.node) == text => {
                Some(known.name.clone())
            }
            part => field_of(cx, part, text).map(|name| reserved.renamed(name)),
        })
    };
    by_place.or_else(by_text).unwrap_or_default()
}

/// The names of all fields.
pub fn names(cx: &FileContext<'_>, parts: &[Part<'_>], reserved: &Reserved<'_>) -> Vec<String> {
    let of_part = |part: &Part<'_>| match part {
        Part::Told(_) => Vec::new(),
        Part::Entries { object, .. } => reserved.names_of_entries(cx, *object).unwrap_or_default(),
        Part::Value(value) => vec![value.name.clone()],
    };
    parts.iter().flat_map(of_part).collect()
}

/// Where an object is all that there is of fields, its entries need no names that are known: what `...spread` brings stands
/// in place. So do computed keys, methods and accessors if the logger `guards_names` of its own.
pub fn open_only_object(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &Reserved<'_>, guards_names: bool) {
    let mut fields = parts.iter_mut().filter(|part| part.is_field());
    let (Some(part), None) = (fields.next(), fields.next()) else { return };
    if matches!(part, Part::Value(value) if value.is_in_message) {
        return;
    }
    let object = part.node();
    let entries = if object.kind() == "object" { entries(object) } else { Vec::new() };
    let mut names = HashSet::new();
    let fits = |entry: &Node<'_>| match (entry.kind(), key(cx, *entry)) {
        (_, Some(key)) => names.insert(reserved.renamed(key.name)),
        ("spread_element", None) => true,
        _ => guards_names && !cx.file.text_of(*entry).contains("__proto__"),
    };
    if !entries.is_empty() && entries.iter().all(fits) {
        let argument = part.argument().unwrap_or(object);
        *part = Part::Entries { argument, object };
    }
}

/// Gives each value a name that no other field has and that the logger doesn't reserve: where two collide longer ones, and
/// numbers where there are none.
pub fn choose_names(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &Reserved<'_>) {
    let mut taken: HashSet<String> = HashSet::new();
    for part in parts.iter() {
        if let Part::Entries { object, .. } = part {
            taken.extend(reserved.names_of_entries(cx, *object).into_iter().flatten());
        }
    }
    let mut values: Vec<&mut Value<'_>> =
        parts.iter_mut().filter_map(|part| if let Part::Value(value) = part { Some(value) } else { None }).collect();
    lengthen(&mut values, |name| taken.contains(name) || reserved.contains(name));
    for value in values {
        let base = reserved.renamed(&value.candidates[0]);
        let numbered = (2..).map(|number| format!("{base}{number}"));
        let mut free = std::iter::once(base.clone()).chain(numbered).filter(|name| !taken.contains(name));
        value.name = free.next().unwrap_or(base);
        taken.insert(value.name.clone());
    }
}

/// Drops the first candidates of values as long as they are taken, or two values want the same, and there are others.
fn lengthen(values: &mut [&mut Value<'_>], is_taken: impl Fn(&str) -> bool) {
    loop {
        let first: Vec<String> = values.iter().map(|value| value.candidates[0].clone()).collect();
        let mut has_moved = false;
        for value in values.iter_mut().filter(|value| value.candidates.len() > 1) {
            let name = &value.candidates[0];
            if is_taken(name) || first.iter().filter(|other| *other == name).count() > 1 {
                value.candidates.remove(0);
                has_moved = true;
            }
        }
        if !has_moved {
            return;
        }
    }
}

/// The names that no field may have.
#[derive(Debug)]
pub struct Reserved<'a> {
    names: HashSet<&'a str>,
}

impl<'a> Reserved<'a> {
    /// These names.
    pub fn new(names: impl Iterator<Item = &'a str>) -> Reserved<'a> {
        Reserved { names: names.collect() }
    }

    fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The name as the record has it: one that is reserved gets another.
    fn renamed(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.contains(&name) {
            name.push_str("Value");
        }
        name
    }

    /// The fields that the entries of an object become. `None` if that can't be told, since a key is computed, spread, a
    /// method or an accessor, or if two are the same.
    fn names_of_entries(&self, cx: &FileContext<'_>, object: Node<'_>) -> Option<Vec<String>> {
        let entries = entries(object);
        let names: Option<Vec<String>> =
            entries.into_iter().map(|entry| Some(self.renamed(key(cx, entry)?.name))).collect();
        names.filter(|names| !names.is_empty() && names.iter().collect::<HashSet<_>>().len() == names.len())
    }

    /// Keeps `range` of an object. Reserved keys get another name in it, JSON becomes the value that it was made of, and
    /// errors become their details where the logger `flattens_errors`.
    pub fn keep_entries(
        &self,
        cx: &FileContext<'_>,
        object: Node<'_>,
        range: std::ops::Range<usize>,
        flattens_errors: bool,
        script: &mut Script<'_>,
    ) {
        let mut done = range.start;
        for entry in entries(object) {
            let renamed = key(cx, entry).filter(|key| self.contains(key.name));
            if let Some(Key { node, name, quote }) = &renamed {
                let new = self.renamed(name);
                let is_pair = entry.kind() == "pair";
                script.keep(done..node.start_byte());
                script.put(&if is_pair { format!("{quote}{new}{quote}") } else { format!("{new}: ") });
                done = if is_pair { node.end_byte() } else { node.start_byte() };
            }
            let details = |value| if flattens_errors { errors::details(cx, value) } else { None };
            let value = match entry.kind() {
                "pair" => entry.child_by_field_name("value"),
                "shorthand_property_identifier" => Some(entry),
                _ => None,
            };
            let Some(value) = value else { continue };
            if let Some(inner) = json::stringified(cx, value) {
                let key = entry.child_by_field_name("key").filter(|_| renamed.is_none());
                let is_same = key.is_some_and(|key| cx.file.text_of(key) == cx.file.text_of(inner))
                    && !cx.has_comment(entry.start_byte()..value.start_byte());
                script.keep(done..if is_same { entry.start_byte() } else { value.start_byte() });
                script.keep(inner.byte_range());
                done = value.end_byte();
            } else if let Some(details) = details(value) {
                script.keep(done..value.start_byte());
                if value.id() == entry.id() && renamed.is_none() {
                    script.put(&format!("{}: ", cx.file.text_of(entry)));
                }
                script.put(&details);
                done = value.end_byte();
            }
        }
        script.keep(done..range.end);
    }
}

/// The key of an entry.
struct Key<'t> {
    node: Node<'t>,
    name: &'t str,
    quote: &'t str,
}

/// The key of a pair or a shorthand, as far as it is plainly written.
fn key<'t>(cx: &'t FileContext<'_>, entry: Node<'t>) -> Option<Key<'t>> {
    let node = match entry.kind() {
        "shorthand_property_identifier" => entry,
        "pair" => entry.child_by_field_name("key")?,
        _ => return None,
    };
    let text = cx.file.text_of(node);
    let (name, quote) = match node.kind() {
        "shorthand_property_identifier" | "property_identifier" | "number" => (text, ""),
        "string" => (&text[1..text.len() - 1], &text[..1]),
        _ => return None,
    };
    // A key with escapes isn't compared, and `__proto__` is no key.
    (!name.contains('\\') && name != "__proto__").then_some(Key { node, name, quote })
}
