//! What a call logs beside its message, and the names that this gets in the record.

use std::collections::HashSet;

use tree_sitter::Node;

use super::context::FileContext;
use super::layout::{Script, entries};
use super::{message, names};

/// An argument that is not the message.
#[derive(Debug)]
pub enum Part<'t> {
    /// It says the same every time, so it becomes part of the message.
    Literal(Node<'t>),
    /// An object whose entries become fields.
    Entries(Node<'t>),
    /// A value that becomes a field.
    Value(Value<'t>),
}

/// A value that becomes a field.
#[derive(Debug)]
pub struct Value<'t> {
    /// The argument.
    pub node: Node<'t>,
    /// The field's name.
    pub name: String,
    /// The names that it may have, the best one first.
    candidates: Vec<String>,
}

impl<'t> Part<'t> {
    /// The argument.
    pub fn node(&self) -> Node<'t> {
        match self {
            Part::Literal(node) | Part::Entries(node) => *node,
            Part::Value(value) => value.node,
        }
    }

    /// Whether it goes into the fields.
    pub fn is_field(&self) -> bool {
        !matches!(self, Part::Literal(_))
    }

    fn value(cx: &FileContext<'_>, node: Node<'t>) -> Part<'t> {
        let candidates = names::candidates(cx, node);
        Part::Value(Value { node, name: candidates[0].clone(), candidates })
    }
}

/// What each of `arguments` becomes. An object whose entries can't stand among the other fields becomes one field as a
/// whole. The names are not chosen yet.
pub fn parts<'t>(cx: &FileContext<'_>, arguments: &[Node<'t>], reserved: &Reserved<'_>) -> Vec<Part<'t>> {
    let mut taken: HashSet<String> = HashSet::new();
    let part = |node: &Node<'t>| {
        if message::is_literal(cx, *node) || (node.kind() == "object" && node.named_child_count() == 0) {
            return Part::Literal(*node);
        }
        let names = if node.kind() == "object" { reserved.names_of_entries(cx, *node) } else { None };
        match names.filter(|names| names.iter().all(|name| !taken.contains(name))) {
            Some(names) => {
                taken.extend(names);
                Part::Entries(*node)
            }
            None => Part::value(cx, *node),
        }
    };
    arguments.iter().map(part).collect()
}

/// Where an object is all that there is of fields, its entries need no names that are known: what `...spread` brings stands
/// in place. So do computed keys, methods and accessors if the logger `guards_names` of its own.
pub fn open_only_object(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &Reserved<'_>, guards_names: bool) {
    let mut fields = parts.iter_mut().filter(|part| part.is_field());
    let (Some(part), None) = (fields.next(), fields.next()) else { return };
    let object = part.node();
    let entries = if object.kind() == "object" { entries(object) } else { Vec::new() };
    let mut names = HashSet::new();
    let fits = |entry: &Node<'_>| match (entry.kind(), key(cx, *entry)) {
        (_, Some(key)) => names.insert(reserved.renamed(key.name)),
        ("spread_element", None) => true,
        _ => guards_names && !cx.file.text_of(*entry).contains("__proto__"),
    };
    if !entries.is_empty() && entries.iter().all(fits) {
        *part = Part::Entries(object);
    }
}

/// Gives each value a name that no other field has and that the logger doesn't reserve: where two collide longer ones, and
/// numbers where there are none.
pub fn choose_names(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &Reserved<'_>) {
    let mut taken: HashSet<String> = HashSet::new();
    for part in parts.iter() {
        if let Part::Entries(object) = part {
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

    /// Keeps the range of `object` from `start` to `end`, in which reserved keys get another name.
    pub fn keep_entries(
        &self,
        cx: &FileContext<'_>,
        object: Node<'_>,
        range: std::ops::Range<usize>,
        script: &mut Script<'_>,
    ) {
        let mut done = range.start;
        for entry in entries(object) {
            let Some(Key { node, name, quote }) = key(cx, entry).filter(|key| self.contains(key.name)) else {
                continue;
            };
            script.keep(done..node.start_byte());
            let new = self.renamed(name);
            if entry.kind() == "pair" {
                script.put(&format!("{quote}{new}{quote}"));
                done = node.end_byte();
            } else {
                script.put(&format!("{new}: "));
                done = node.start_byte();
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
