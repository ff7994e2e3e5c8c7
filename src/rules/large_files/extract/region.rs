//! The part of the JSX that some lines hold.

use std::ops::{Range, RangeInclusive};

use tree_sitter::Node;

use super::super::outline::{any_below, line_count};
use super::super::stays::asks_for_place;
use crate::syntax::source::SourceFile;

/// A part of the JSX: one element, or several children of one.
pub struct Region<'t> {
    /// Its byte range.
    pub range: Range<usize>,
    /// Its nodes, in order.
    pub nodes: Vec<Node<'t>>,
    /// The `key` of its element, which stays outside, with the blanks before it.
    pub key: Option<Range<usize>>,
}

const ELEMENTS: [&str; 2] = ["jsx_element", "jsx_self_closing_element"];

impl<'t> Region<'t> {
    /// What stands on some lines, counted from 1.
    ///
    /// # Errors
    /// If that isn't whole JSX, as a clause.
    pub fn at_lines(file: &'t SourceFile, lines: &RangeInclusive<usize>) -> Result<Region<'t>, String> {
        let starts: Vec<usize> =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', file.text.as_bytes()).map(|at| at + 1)).collect();
        let start = lines.start().checked_sub(1).and_then(|line| starts.get(line));
        let end = starts.get(*lines.end()).copied().unwrap_or(file.text.len());
        let range = start.map(|start| *start..end).filter(|range| range.start < range.end);
        let Some(range) = range else {
            return Err(format!("the file has {} lines", line_count(file.text.trim_end())));
        };
        let text = &file.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start().len());
        let end = range.start + text.trim_end().len();
        let no_jsx =
            || format!("lines {}-{} are no whole element, and no whole children of one", lines.start(), lines.end());
        if start >= end {
            return Err(no_jsx());
        }
        let around = file.path_to(start..end);
        let exact = around.iter().find(|node| node.byte_range() == (start..end) && ELEMENTS.contains(&node.kind()));
        if let Some(element) = exact {
            return Ok(Region::of(file, vec![*element]));
        }
        let parent = around.iter().rev().find(|node| node.kind() == "jsx_element").ok_or_else(no_jsx)?;
        let mut cursor = parent.walk();
        let is_child =
            |node: &Node<'_>| !matches!(node.kind(), "jsx_opening_element" | "jsx_closing_element") && node.is_named();
        let inside: Vec<Node<'t>> = parent
            .named_children(&mut cursor)
            .filter(|node| is_child(node) && node.end_byte() > start && node.start_byte() < end)
            .filter(|node| !file.text_of(*node).trim().is_empty())
            .collect();
        // A remark above the first element stays where it is.
        let is_remark = |node: &Node<'_>| {
            node.kind() == "jsx_expression"
                && node.named_child_count() == 1
                && node.named_child(0).is_some_and(|child| child.kind() == "comment")
        };
        let nodes: Vec<Node<'t>> = inside.iter().skip_while(|node| is_remark(node)).copied().collect();
        let is_whole = inside.first().is_some_and(|first| first.start_byte() == start)
            && inside.last().is_some_and(|last| last.end_byte() == end);
        if nodes.is_empty() || !is_whole {
            return Err(no_jsx());
        }
        Ok(Region::of(file, nodes))
    }

    fn of(file: &'t SourceFile, nodes: Vec<Node<'t>>) -> Region<'t> {
        let range = nodes.first().map_or(0, Node::start_byte)..nodes.last().map_or(0, Node::end_byte);
        let key = match nodes.as_slice() {
            [element] if ELEMENTS.contains(&element.kind()) => key_of(file, *element),
            _ => None,
        };
        Region { range, nodes, key }
    }

    /// Whether it is one element, not several or what an expression gives.
    pub fn is_element(&self) -> bool {
        matches!(self.nodes.as_slice(), [element] if ELEMENTS.contains(&element.kind()))
    }

    /// The byte ranges of what moves.
    pub fn places(&self) -> Vec<Range<usize>> {
        match &self.key {
            Some(key) => vec![self.range.start..key.start, key.end..self.range.end],
            None => vec![self.range.clone()],
        }
    }

    /// Whether an offset lies in what moves.
    pub fn contains(&self, offset: usize) -> bool {
        self.places().iter().any(|place| place.contains(&offset))
    }

    /// Its first and last line, counted from 1.
    pub fn lines(&self, file: &SourceFile) -> (usize, usize) {
        let line = |offset: usize| line_count(&file.text[..offset]);
        (line(self.range.start), line(self.range.end))
    }

    /// `<section>`
    pub fn tag(&self, file: &SourceFile) -> String {
        let element = self.nodes.first();
        let opening = element.and_then(|it| it.child_by_field_name("open_tag").or(Some(*it)));
        let name = opening.and_then(|it| it.child_by_field_name("name")).map_or("", |name| file.text_of(name));
        format!("<{name}>")
    }

    /// Whether anything in it belongs to the function around it.
    ///
    /// # Errors
    /// What does, as a clause.
    pub fn check(&self, file: &SourceFile) -> Result<(), String> {
        self.nodes.iter().try_for_each(|node| check(file, *node, Around::default()))
    }
}

/// The elements that begin a line and have a number of lines that is wanted, the longest first.
pub fn elements<'t>(file: &'t SourceFile, wanted: &RangeInclusive<usize>) -> Vec<Region<'t>> {
    let mut found: Vec<(usize, Region<'t>)> = Vec::new();
    any_below(file.root(), &mut |node| {
        if node.kind() == "jsx_element" {
            let lines = line_count(file.text_of(node));
            let begins_line = file.text[file.line_start(node.start_byte())..node.start_byte()].trim().is_empty();
            let ends_line = file.text[node.end_byte()..].split('\n').next().is_some_and(|rest| rest.trim().is_empty());
            if wanted.contains(&lines) && begins_line && ends_line {
                found.push((lines, Region::of(file, vec![node])));
            }
        }
        false
    });
    found.sort_by_key(|(lines, region)| (std::cmp::Reverse(*lines), region.range.start));
    found.into_iter().map(|(_, region)| region).collect()
}

/// The `key` of an element, with the blanks before it.
fn key_of(file: &SourceFile, element: Node<'_>) -> Option<Range<usize>> {
    let opening = element.child_by_field_name("open_tag").unwrap_or(element);
    let mut cursor = opening.walk();
    let key = opening.named_children(&mut cursor).find(|child| {
        child.kind() == "jsx_attribute" && child.named_child(0).is_some_and(|name| file.text_of(name) == "key")
    })?;
    let before = &file.text[..key.start_byte()];
    Some(before.trim_end().len()..key.end_byte())
}

/// The functions between a node and the part of the JSX that is looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    /// Any function: it has its own `await`.
    function: bool,
    /// One that isn't an arrow function: it has its own `this`.
    owner: bool,
}

fn check(file: &SourceFile, node: Node<'_>, around: Around) -> Result<(), String> {
    let mut inner = around;
    match node.kind() {
        "await_expression" if !around.function => {
            return Err("it awaits something: that stays with the function around it".to_owned());
        }
        "yield_expression" if !around.function => return Err("it yields to the function around it".to_owned()),
        "this" | "super" if !around.owner => return Err("it uses `this` of the function around it".to_owned()),
        "identifier" if !around.owner && file.text_of(node) == "arguments" => {
            return Err("it uses `arguments` of the function around it".to_owned());
        }
        "call_expression" => {
            let callee = node.child_by_field_name("function");
            let name = callee.map(|callee| callee.child_by_field_name("property").unwrap_or(callee));
            let name = name.map_or("", |name| file.text_of(name));
            let is_hook =
                name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
            if is_hook || name == "use" {
                return Err(format!("it calls the hook `{name}`, which stays with the component around it"));
            }
        }
        "arrow_function" => inner.function = true,
        "function_expression" | "generator_function" | "method_definition" | "class" => {
            inner = Around { function: true, owner: true };
        }
        _ => {}
    }
    if matches!(node.kind(), "member_expression" | "meta_property") && asks_for_place(file, node) {
        // Looked at with what is around it, since `new URL('./x.png', import.meta.url)` means the same.
        let path = file.path_to(node.byte_range());
        let made = path.iter().rev().find(|it| it.kind() == "new_expression");
        if made.is_none_or(|made| asks_for_place(file, *made)) {
            return Err("it asks where its own file is (`import.meta`)".to_owned());
        }
    }
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    children.into_iter().try_for_each(|child| check(file, child, inner))
}
