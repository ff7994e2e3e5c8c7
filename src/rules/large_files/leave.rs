//! What becomes of the file itself: what was taken out goes, and imports of it come.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::importers::Importers;
use super::importing::{self, Named, pragmas_above, specifiers};
use super::module::{Layout, needs_react};
use super::outline::{Item, any_below, node_has_jsx};
use crate::edit::Edit;
use crate::syntax::source::SourceFile;

/// The edits of the file that is split, sorted.
///
/// # Errors
/// Why it can't be edited, as a clause.
pub fn edits(layout: &Layout<'_, '_>, importers: &Importers) -> Result<Vec<Edit>, String> {
    let file = layout.outline.file;
    let moved: BTreeSet<usize> = layout.grouping.values().flatten().copied().collect();
    let staying: BTreeSet<usize> = (0..layout.outline.units.len()).filter(|unit| !moved.contains(unit)).collect();
    let mut edits = removals(layout, &moved)?;
    let lines = new_lines(layout, &staying, importers);
    let (imports, holds_lines) = import_edits(layout, &moved, &staying, &lines);
    edits.extend(imports);
    if !holds_lines && !lines.is_empty() {
        let (at, text) = file.imports().insertion(&lines).ok_or("its imports share a line with code")?;
        edits.push(Edit { path: file.path.clone(), range: at..at, text });
    }
    edits.extend(typed_exports(layout, &moved));
    edits.sort_by_key(|edit| (edit.range.start, !edit.range.is_empty()));
    Ok(edits)
}

/// The imports of what the file goes on using, and the exports of what others import from it.
fn new_lines(layout: &Layout<'_, '_>, staying: &BTreeSet<usize>, importers: &Importers) -> Vec<String> {
    let file = layout.outline.file;
    let needed = layout.needed(staying, layout.path, None);
    let mut lines: Vec<String> = needed.iter().map(|it| importing::named(file, &it.names, &it.specifier)).collect();
    for (purpose, units) in layout.grouping {
        let mut names: Vec<Named> = Vec::new();
        for unit in units.iter().map(|unit| &layout.outline.units[*unit]) {
            for name in unit.exported().filter(|name| importers.use_name(name)) {
                if !names.iter().any(|known| known.name == name) {
                    names.push(Named { name: name.to_owned(), is_type: unit.declares_type(name) });
                }
            }
        }
        if !names.is_empty() {
            lines.push(importing::exported(file, &names, &layout.specifier(layout.path, purpose)));
        }
    }
    lines
}

/// The edits that take the moved statements out.
fn removals(layout: &Layout<'_, '_>, moved: &BTreeSet<usize>) -> Result<Vec<Edit>, String> {
    let outline = layout.outline;
    let file = outline.file;
    let mut items: Vec<(&Item<'_>, bool)> = outline
        .units
        .iter()
        .enumerate()
        .flat_map(|(at, unit)| unit.items.iter().map(move |item| (item, moved.contains(&at))))
        .collect();
    items.sort_by_key(|(item, _)| item.range.start);
    for (at, (item, is_moved)) in items.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| items[before]);
        let runs_on = file.text_of(item.node).starts_with(['(', '[', '`', '/', '+', '-', '<']);
        if !is_moved && runs_on && before.is_some_and(|(_, is_moved)| is_moved) {
            return Err("without a semicolon, code behind it would run on from what stands before".to_owned());
        }
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for item in items.iter().filter(|(_, is_moved)| *is_moved).map(|(item, _)| item) {
        let range = with_blank_lines(&file.text, &item.range);
        match ranges.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    for range in &mut ranges {
        tidy(&file.text, range);
    }
    Ok(ranges.into_iter().map(|range| Edit { path: file.path.clone(), range, text: String::new() }).collect())
}

/// A statement's lines with the blank ones behind it.
fn with_blank_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let rest = &text[range.end..];
    let blank = rest.len() - rest.trim_start().len();
    let end = match rest[..blank].rfind('\n') {
        Some(newline) => range.end + newline + 1,
        None => range.end + blank,
    };
    let start = if range.start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { range.start };
    start..end
}

/// Lets one blank line stay where there was one on either side, and none at the end of the file.
fn tidy(text: &str, range: &mut Range<usize>) {
    let before = &text[..range.start];
    if text[range.end..].trim().is_empty() {
        let kept = before.trim_end();
        let line_end = before[kept.len()..].find('\n').map_or(before.len(), |at| kept.len() + at + 1);
        range.start = line_end.min(range.start);
        range.end = text.len();
        return;
    }
    let is_blank =
        |line: Option<&str>| line.is_none_or(|line| line.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty());
    let has_blank_above = is_blank(before.lines().next_back());
    let removed = &text[range.clone()];
    let last = removed.split_inclusive('\n').next_back();
    if !has_blank_above && is_blank(last) {
        range.end -= last.map_or(0, str::len);
    }
}

/// The edits of imports of which nothing, or not all, is used any more; and whether one of them holds the new `lines`.
fn import_edits(
    layout: &Layout<'_, '_>,
    moved: &BTreeSet<usize>,
    staying: &BTreeSet<usize>,
    lines: &[String],
) -> (Vec<Edit>, bool) {
    let outline = layout.outline;
    let file = outline.file;
    let stays_react = needs_react(layout.project, file)
        && staying.iter().flat_map(|unit| &outline.units[*unit].items).any(|item| node_has_jsx(item.node, file));
    let uses =
        |units: &BTreeSet<usize>, at: usize| units.iter().any(|unit| outline.units[*unit].bindings.contains(&at));
    let is_idle = |at: usize| {
        let is_react = outline.bindings[at].binding.local == "React" && stays_react;
        uses(moved, at) && !uses(staying, at) && !is_react
    };
    let place = file.imports().insertion(&[]).map(|(at, _)| at);
    let (mut edits, mut holds_lines) = (Vec::new(), false);
    for (statement, node) in importing::statements(file).iter().enumerate() {
        let of_statement: Vec<usize> =
            (0..outline.bindings.len()).filter(|at| outline.bindings[*at].statement == statement).collect();
        let idle: Vec<&str> = of_statement
            .iter()
            .filter(|at| is_idle(**at))
            .map(|at| outline.bindings[*at].binding.local.as_str())
            .collect();
        if idle.is_empty() {
            continue;
        }
        let edit = |range: Range<usize>, text: String| Edit { path: file.path.clone(), range, text };
        if idle.len() < of_statement.len() {
            edits.extend(without(file, *node, &idle).into_iter().map(|range| edit(range, String::new())));
            continue;
        }
        let start = file.line_start(pragmas_above(file, *node).unwrap_or(node.start_byte()));
        let line_end = file.text[node.end_byte()..].find('\n').map_or(file.text.len(), |at| node.end_byte() + at);
        let content_end = file.text[..line_end].trim_end_matches('\r').len();
        if place.is_some_and(|at| start < at && at <= line_end) && !lines.is_empty() {
            edits.push(edit(start..content_end, lines.join(file.style().newline)));
            holds_lines = true;
        } else {
            edits.push(edit(start..(line_end + 1).min(file.text.len()), String::new()));
        }
    }
    (edits, holds_lines)
}

/// What is taken out of an import so that it doesn't bring in the names `idle`, but goes on bringing in others.
fn without(file: &SourceFile, node: Node<'_>, idle: &[&str]) -> Vec<Range<usize>> {
    let text = &file.text;
    let all = specifiers(node);
    let is_idle = |specifier: &Node<'_>| {
        let name = specifier.child_by_field_name("alias").or_else(|| specifier.child_by_field_name("name"));
        name.is_some_and(|name| idle.contains(&file.text_of(name)))
    };
    let mut cursor = node.walk();
    let clause = node.named_children(&mut cursor).find(|child| child.kind() == "import_clause");
    let Some(clause) = clause else { return Vec::new() };
    let first = clause.named_child(0).filter(|first| first.kind() == "identifier");
    let second = clause.named_child(1);
    let mut ranges = Vec::new();
    if let (Some(first), Some(second)) = (first, second) {
        if idle.contains(&file.text_of(first)) {
            ranges.push(first.start_byte()..second.start_byte());
        }
        let is_namespace = second.kind() == "namespace_import";
        let goes = if is_namespace {
            second.named_child(0).is_some_and(|name| idle.contains(&file.text_of(name)))
        } else {
            !all.is_empty() && all.iter().all(is_idle)
        };
        if goes {
            ranges.push(first.end_byte()..second.end_byte());
            return ranges;
        }
    }
    let mut at = 0;
    while at < all.len() {
        if !is_idle(&all[at]) {
            at += 1;
            continue;
        }
        if let Some(line) = own_line(text, all[at]) {
            ranges.push(line);
            at += 1;
            continue;
        }
        let shares_line = |it: &&Node<'_>| is_idle(it) && own_line(text, **it).is_none();
        let run = all[at..].iter().take_while(shares_line).count();
        let (first, last) = (all[at], all[at + run - 1]);
        ranges.push(match (all.get(at + run), at.checked_sub(1)) {
            (Some(next), _) => first.start_byte()..next.start_byte(),
            (None, Some(before)) => all[before].end_byte()..last.end_byte(),
            (None, None) => first.start_byte()..last.end_byte(),
        });
        at += run;
    }
    // Ranges of one run may touch or cover each other where only some of its names have lines of their own.
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The whole line of a name, with its comma and what is said about it, if it has one to itself.
fn own_line(text: &str, specifier: Node<'_>) -> Option<Range<usize>> {
    let start = text[..specifier.start_byte()].rfind('\n')? + 1;
    let end = specifier.end_byte() + text[specifier.end_byte()..].find('\n')? + 1;
    let behind = text[specifier.end_byte()..end].trim().trim_start_matches(',').trim();
    let is_alone = text[start..specifier.start_byte()].trim().is_empty();
    (is_alone && (behind.is_empty() || behind.starts_with("//"))).then_some(start..end)
}

/// `export { Name }` of a type that was declared here: it must say that it is one, now that it is imported.
fn typed_exports(layout: &Layout<'_, '_>, moved: &BTreeSet<usize>) -> Vec<Edit> {
    let outline = layout.outline;
    let file = outline.file;
    let types = |name: &str| moved.iter().any(|unit| outline.units[*unit].declares_type(name));
    let lists =
        outline.units.iter().flat_map(|unit| &unit.items).filter(|item| item.inner.kind() == "export_statement");
    let mut edits = Vec::new();
    for item in lists {
        let text = file.text_of(item.node);
        let is_typed = text.strip_prefix("export").is_some_and(|rest| rest.trim_start().starts_with("type"));
        if is_typed || item.node.child_by_field_name("source").is_some() {
            continue;
        }
        any_below(item.node, &mut |node| {
            let name = node.child_by_field_name("name").filter(|_| node.kind() == "export_specifier");
            if let Some(name) = name.filter(|name| types(file.text_of(*name)))
                && node.start_byte() == name.start_byte()
            {
                let at = node.start_byte();
                edits.push(Edit { path: file.path.clone(), range: at..at, text: "type ".to_owned() });
            }
            false
        });
    }
    edits
}
