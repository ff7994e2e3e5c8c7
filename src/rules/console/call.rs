//! One call of the console as a call of the logger: its message, its fields, and the edits between the two.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::contract::{ErrorType, Method, Tail};
use super::message::{self, Message};
use super::names;
use crate::config::Level;
use crate::syntax::query::console::calls;

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

/// An argument behind the message.
#[derive(Debug)]
enum Part<'t> {
    /// A text that becomes part of the message.
    Literal(Node<'t>),
    /// An object whose entries become fields, or stay the whole fields object.
    Object(Node<'t>),
    /// A value that becomes a field; the names that it may have, and the one that it gets.
    Value { node: Node<'t>, names: Vec<String>, chosen: usize, name: String },
}

impl<'t> Part<'t> {
    fn node(&self) -> Node<'t> {
        match self {
            Part::Literal(node) | Part::Object(node) | Part::Value { node, .. } => *node,
        }
    }
}

/// Drafts the rewrite of `call` for a logger that logs `level` by `method`. The error is the reason why it stays.
pub fn draft(
    cx: &FileContext<'_>,
    call: Node<'_>,
    found: &calls::Match<'_>,
    level: Level,
    method: &Method,
) -> Result<Rewrite, String> {
    let arguments = arguments(found.arguments);
    let first = *arguments.first().ok_or("it prints an empty line, which no record can stand for")?;
    if arguments.iter().any(|argument| argument.kind() == "spread_element") {
        return Err("its arguments are spread (`...`), so that their number isn't known".into());
    }
    let callee = call.start_byte()..found.arguments.start_byte();
    if contains_comment(cx, &callee) {
        return Err("a comment stands between `console` and its arguments".into());
    }

    let message = Message::of(first);
    if arguments.len() > 1 && message.as_ref().is_some_and(|message| message.has_directive(cx)) {
        return Err("its message is a format string (`%s`, `%d`, `%o`, `%c` …)".into());
    }
    let rest = if message.is_some() { &arguments[1..] } else { &arguments[..] };
    let mut parts: Vec<Part<'_>> = rest.iter().map(|argument| part(cx, *argument)).collect();
    let reserved: HashSet<&str> = cx.options.reserved.iter().map(String::as_str).collect();
    nest_unknown_keys(cx, &mut parts, &reserved);

    let mut script = Script::default();
    let error = take_error(cx, method.tail, &mut parts);
    check_tail(method, &parts, error.is_some())?;
    choose_names(cx, &mut parts, &reserved);

    let literals: Vec<Node<'_>> =
        parts.iter().filter_map(|part| if let Part::Literal(node) = part { Some(*node) } else { None }).collect();
    let carries_values = error.is_some() || parts.iter().any(|part| !matches!(part, Part::Literal(_)));
    let quote = message::quote(cx, first);
    let gaps = Gaps { cx, list: found.arguments, arguments: &arguments };
    let mut removed = literals.clone();
    match message {
        Some(message) => message.edit(cx, call, &arguments, &literals, carries_values, &mut script),
        None => {
            let text = message::made(cx, call, &arguments, &literals);
            script.insert(first.start_byte(), format!("{quote}{text}{quote}"));
            if carries_values {
                script.insert(first.start_byte(), ", ".to_owned());
            } else {
                // Only literals: the new message says them all, and stands where the first one stood.
                removed.remove(0);
                script.replace(first.byte_range(), String::new());
            }
        }
    }
    match error {
        Some((index, error)) => {
            if let Some(first) = parts[..index].iter().find(|part| !matches!(part, Part::Literal(_))) {
                // A mere name can stand earlier: nothing is evaluated by it.
                script.insert(first.node().start_byte(), format!("{}, ", cx.file.text_of(error)));
                removed.push(error);
            }
        }
        None if matches!(method.tail, Tail::ErrorFields(_)) => {
            if let Some(first) = parts.iter().find(|part| !matches!(part, Part::Literal(_))) {
                script.insert(first.node().start_byte(), "undefined, ".to_owned());
            }
        }
        None => {}
    }
    gaps.remove(&removed, &mut script);
    wrap_fields(cx, &parts, &reserved, &gaps, &mut script);

    let open = found.arguments.start_byte() + 1;
    let lead = &cx.file.text[open..first.start_byte()];
    let between = if lead.contains('\n') && !lead.trim().is_empty() || !lead.contains('\n') {
        ", ".to_owned()
    } else {
        format!(",{lead}")
    };
    Ok(Rewrite { level, callee, level_place: (first.start_byte(), between), quote, edits: script.finish() })
}

/// The arguments without the comments between them.
fn arguments(list: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = list.walk();
    list.named_children(&mut cursor).filter(|node| node.kind() != "comment").collect()
}

fn contains_comment(cx: &FileContext<'_>, range: &Range<usize>) -> bool {
    let text = &cx.file.text[range.clone()];
    text.contains("//") || text.contains("/*")
}

fn part<'t>(cx: &FileContext<'_>, node: Node<'t>) -> Part<'t> {
    if message::is_literal(cx, node) {
        return Part::Literal(node);
    }
    match node.kind() {
        "object" if node.named_child_count() == 0 => Part::Literal(node),
        "object" => Part::Object(node),
        _ => Part::Value { node, names: names::candidates(cx, node), chosen: 0, name: String::new() },
    }
}

/// The keys of an object; `None` where one is computed, spread, or a getter: its name isn't known or isn't ours to write.
fn keys(cx: &FileContext<'_>, object: Node<'_>) -> Option<Vec<String>> {
    let mut cursor = object.walk();
    let entries = object.named_children(&mut cursor).filter(|entry| entry.kind() != "comment");
    entries
        .map(|entry| match entry.kind() {
            "shorthand_property_identifier" => Some(cx.file.text_of(entry).to_owned()),
            "pair" => {
                let key = entry.child_by_field_name("key")?;
                let plain = matches!(key.kind(), "property_identifier" | "string" | "number");
                plain.then(|| cx.file.text_of(key).trim_matches(['\'', '"']).to_owned())
            }
            _ => None,
        })
        .collect()
}

/// An object goes into a field of its own, as a whole, where its entries can't be fields: its keys aren't known, one of
/// them stands twice, or one is reserved and can't be renamed in place.
fn nest_unknown_keys(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &HashSet<&str>) {
    let mut taken: HashSet<String> = HashSet::new();
    for part in parts {
        let Part::Object(node) = part else { continue };
        let known = keys(cx, *node).filter(|keys| {
            let mut own: HashSet<&String> = HashSet::new();
            keys.iter().all(|key| own.insert(key) && !taken.contains(key) && !taken.contains(&renamed(key, reserved)))
        });
        match known {
            Some(keys) => taken.extend(keys.iter().map(|key| renamed(key, reserved))),
            None => {
                let names = vec!["details".to_owned()];
                *part = Part::Value { node: *node, names, chosen: 0, name: String::new() };
            }
        }
    }
}

/// A key as the record has it: one that the logger writes itself gets another name.
fn renamed(key: &str, reserved: &HashSet<&str>) -> String {
    if reserved.contains(key) { format!("{key}Value") } else { key.to_owned() }
}

/// Takes the value for the logger's `error` parameter out of `parts`: its place among them, and its node.
fn take_error<'t>(cx: &FileContext<'_>, tail: Tail, parts: &mut Vec<Part<'t>>) -> Option<(usize, Node<'t>)> {
    let (Tail::ErrorFields(accepts) | Tail::Error(accepts)) = tail else { return None };
    let index = parts.iter().position(|part| {
        let Part::Value { node, .. } = part else { return false };
        node.kind() == "identifier"
            && cx.is_error(*node)
            && (accepts == ErrorType::Anything || cx.is_typed_error(*node))
    })?;
    let node = parts.remove(index).node();
    Some((index, node))
}

/// Whether the logger's method has a parameter for what is left.
fn check_tail(method: &Method, parts: &[Part<'_>], has_error: bool) -> Result<(), String> {
    let has_fields = parts.iter().any(|part| !matches!(part, Part::Literal(_)));
    match method.tail {
        Tail::Fields | Tail::ErrorFields(_) => Ok(()),
        Tail::Nothing | Tail::Error(_) if !has_fields => Ok(()),
        Tail::Error(_) if has_error => Err(format!("the logger's `{}` takes no fields beside the error", method.name)),
        Tail::Nothing | Tail::Error(_) => Err(format!("the logger's `{}` takes no fields", method.name)),
    }
}

/// Gives each value a name that no other field has and that the logger doesn't reserve: where two collide, longer ones, and
/// numbers where there are none.
fn choose_names(cx: &FileContext<'_>, parts: &mut [Part<'_>], reserved: &HashSet<&str>) {
    let fixed: HashSet<String> = parts
        .iter()
        .filter_map(|part| if let Part::Object(node) = part { keys(cx, *node) } else { None })
        .flatten()
        .map(|key| renamed(&key, reserved))
        .collect();
    loop {
        let current: Vec<Option<String>> = parts
            .iter()
            .map(|part| match part {
                Part::Value { names, chosen, .. } => Some(names[*chosen].clone()),
                _ => None,
            })
            .collect();
        let mut moved = false;
        for (index, part) in parts.iter_mut().enumerate() {
            let Part::Value { names, chosen, .. } = part else { continue };
            let name = &names[*chosen];
            let twice = current.iter().enumerate().any(|(other, taken)| other != index && taken.as_ref() == Some(name));
            if (twice || fixed.contains(name) || reserved.contains(name.as_str())) && *chosen + 1 < names.len() {
                *chosen += 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut taken = fixed;
    for part in parts {
        let Part::Value { names, chosen, name, .. } = part else { continue };
        let base = renamed(&names[*chosen], reserved);
        let mut unique = base.clone();
        let mut number = 2;
        while !taken.insert(unique.clone()) {
            unique = format!("{base}{number}");
            number += 1;
        }
        *name = unique;
    }
}

/// Makes one object of all fields.
fn wrap_fields(
    cx: &FileContext<'_>,
    parts: &[Part<'_>],
    reserved: &HashSet<&str>,
    gaps: &Gaps<'_, '_>,
    script: &mut Script,
) {
    let fields: Vec<&Part<'_>> = parts.iter().filter(|part| !matches!(part, Part::Literal(_))).collect();
    let (Some(first), Some(last)) = (fields.first(), fields.last()) else { return };
    for part in &fields {
        if let Part::Object(object) = part {
            rename_reserved(cx, *object, reserved, script);
        }
    }
    if let [Part::Object(_)] = fields[..] {
        return;
    }
    // An object over several lines at the end keeps its braces: the fields before it go in on the first line.
    let open_object = match last {
        Part::Object(object) => gaps.hanging(*object, first.node()),
        _ => None,
    };
    script.insert(first.node().start_byte(), open_object.clone().unwrap_or_else(|| "{ ".to_owned()));
    for part in &fields {
        match part {
            Part::Value { node, name, .. } => {
                if cx.file.text_of(*node) != name {
                    script.insert(node.start_byte(), format!("{name}: "));
                }
            }
            Part::Object(object) if open_object.is_some() && object.id() == last.node().id() => {
                gaps.drop_open_brace(*object, script);
            }
            Part::Object(object) => gaps.drop_braces(*object, script),
            Part::Literal(_) => {}
        }
    }
    if open_object.is_none() {
        script.insert(last.node().end_byte(), " }".to_owned());
    }
}

fn rename_reserved(cx: &FileContext<'_>, object: Node<'_>, reserved: &HashSet<&str>, script: &mut Script) {
    let mut cursor = object.walk();
    for entry in object.named_children(&mut cursor) {
        let (key, shorthand) = match entry.kind() {
            "shorthand_property_identifier" => (entry, true),
            "pair" => match entry.child_by_field_name("key") {
                Some(key) => (key, false),
                None => continue,
            },
            _ => continue,
        };
        let name = cx.file.text_of(key).trim_matches(['\'', '"']);
        if !reserved.contains(name) {
            continue;
        }
        let new = renamed(name, reserved);
        if shorthand {
            script.insert(key.start_byte(), format!("{new}: "));
        } else {
            script.replace(key.byte_range(), new);
        }
    }
}

/// What stands between the arguments of one call.
struct Gaps<'a, 'b> {
    cx: &'a FileContext<'b>,
    list: Node<'a>,
    arguments: &'a [Node<'a>],
}

impl Gaps<'_, '_> {
    fn text(&self) -> &str {
        &self.cx.file.text
    }

    /// Removes arguments, and for each the comma that parts it from the next, or from the one before. Comments stay.
    fn remove(&self, removed: &[Node<'_>], script: &mut Script) {
        let is_removed = |index: usize| removed.iter().any(|node| node.id() == self.arguments[index].id());
        let mut index = 0;
        while index < self.arguments.len() {
            if !is_removed(index) {
                index += 1;
                continue;
            }
            let first = index;
            while index < self.arguments.len() && is_removed(index) {
                index += 1;
            }
            self.remove_run(first, index, script);
        }
    }

    /// Removes the arguments from `first` up to, but not including, `end`.
    fn remove_run(&self, first: usize, end: usize, script: &mut Script) {
        let (run, next) = (&self.arguments[first..end], self.arguments.get(end));
        let previous = first.checked_sub(1).map(|index| self.arguments[index]);
        let whole = match (previous, next) {
            (_, Some(next)) => run[0].start_byte()..next.start_byte(),
            (Some(previous), None) => previous.end_byte()..run[run.len() - 1].end_byte(),
            (None, None) => run[0].byte_range(),
        };
        if !contains_comment(self.cx, &whole) {
            script.replace(whole, String::new());
            return;
        }
        let mut cursor = self.list.walk();
        let commas: Vec<Node<'_>> = self.list.children(&mut cursor).filter(|child| child.kind() == ",").collect();
        for argument in run {
            script.replace(argument.byte_range(), String::new());
            // Without a next argument the comma before may stay: a trailing comma is allowed.
            let comma = commas.iter().find(|comma| comma.start_byte() >= argument.end_byte());
            if let Some(comma) = comma.filter(|comma| next.is_some_and(|next| comma.end_byte() <= next.start_byte())) {
                script.replace(comma.byte_range(), String::new());
            }
        }
    }

    /// How the fields object begins if it is to be united with `object`, which is the last argument and hangs over several
    /// lines: `{`, a line break and the indent of its entries. `None` if it doesn't hang, or what comes before takes several
    /// lines itself.
    fn hanging(&self, object: Node<'_>, first: Node<'_>) -> Option<String> {
        let entry = object.named_child(0)?;
        let lead = &self.text()[object.start_byte() + 1..entry.start_byte()];
        let one_line = !self.text()[first.start_byte()..object.start_byte()].contains('\n');
        (lead.contains('\n') && lead.trim().is_empty() && one_line).then(|| format!("{{{lead}"))
    }

    /// Removes `{` and the blanks before it.
    fn drop_open_brace(&self, object: Node<'_>, script: &mut Script) {
        let start = self.text()[..object.start_byte()].trim_end_matches([' ', '\t']).len();
        script.replace(start..object.start_byte() + 1, String::new());
    }

    /// Removes the braces, the blanks inside of them and a trailing comma.
    fn drop_braces(&self, object: Node<'_>, script: &mut Script) {
        let (start, end) = (object.start_byte(), object.end_byte());
        let inside = &self.text()[start + 1..end - 1];
        let lead = inside.len() - inside.trim_start_matches([' ', '\t']).len();
        script.replace(start..start + 1 + lead, String::new());
        let mut cursor = object.walk();
        let last_comma = object.children(&mut cursor).filter(|child| child.kind() == ",").last();
        let last_entry = object.named_children(&mut object.walk()).filter(|child| child.kind() != "comment").last();
        if let (Some(comma), Some(entry)) = (last_comma, last_entry) {
            if comma.start_byte() >= entry.end_byte() {
                script.replace(comma.byte_range(), String::new());
            }
        }
        let tail = inside.len() - inside.trim_end_matches([' ', '\t']).len();
        script.replace(end - 1 - tail.min(inside.len() - lead)..end, String::new());
    }
}

/// Edits in the making: insertions at one place keep the order in which they were made.
#[derive(Debug, Default)]
pub struct Script {
    edits: Vec<(Range<usize>, String)>,
}

impl Script {
    /// Inserts `text` at a byte offset, behind what was inserted there before.
    pub fn insert(&mut self, offset: usize, text: String) {
        match self.edits.iter_mut().find(|(range, _)| *range == (offset..offset)) {
            Some((_, before)) => before.push_str(&text),
            None => self.edits.push((offset..offset, text)),
        }
    }

    /// Puts `text` in place of a byte range.
    pub fn replace(&mut self, range: Range<usize>, text: String) {
        if !range.is_empty() || !text.is_empty() {
            self.edits.push((range, text));
        }
    }

    /// The edits, sorted; what touches is united.
    fn finish(mut self) -> Vec<(Range<usize>, String)> {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        self.edits
    }
}
