//! The top level of a file: what is declared there, what belongs together, and who uses whom.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use super::stays::{self, Stay};
use crate::syntax::imports::Binding;
use crate::syntax::source::SourceFile;

/// The top level of one file.
pub struct Outline<'t> {
    /// The file.
    pub file: &'t SourceFile,
    /// What belongs together, in the order of the text. All statements but the imports are in one of them.
    pub units: Vec<Unit<'t>>,
    /// The names that the imports bring in.
    pub bindings: Vec<Imported>,
}

/// Statements that can only be moved together: a declaration; with it its overloads, what merges with it, what sets its
/// properties (`Button.displayName = …`), and what it uses that uses it in turn.
#[derive(Clone)]
pub struct Unit<'t> {
    /// What it declares, the most telling name first.
    pub names: Vec<String>,
    /// Its statements, in order.
    pub items: Vec<Item<'t>>,
    /// The units that it uses itself.
    pub uses: BTreeSet<usize>,
    /// The imported names that it uses: places in [`Outline::bindings`].
    pub bindings: BTreeSet<usize>,
    /// Why it can't be moved.
    pub stays: Option<Stay>,
    /// The byte ranges in which it uses names.
    pub places: Vec<Range<usize>>,
    /// The component that is made of a part of another unit, if it is one: then it has no statements yet.
    pub made: Option<Made>,
}

/// A component that is made of a part of the JSX.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its text, with the interface of its props.
    pub text: String,
    /// The types of React's that the interface needs besides what the file imports.
    pub types: BTreeSet<&'static str>,
}

/// A statement at the top level.
#[derive(Clone)]
pub struct Item<'t> {
    /// The whole statement.
    pub node: Node<'t>,
    /// What it declares: the statement itself, or what stands behind `export`.
    pub inner: Node<'t>,
    /// Its byte range with the comments that belong to it, from the start of a line to the end of one (without the break).
    pub range: Range<usize>,
    /// The names that it declares.
    pub names: Vec<String>,
    /// Whether it stands behind `export`.
    pub is_exported: bool,
}

/// A name that an import brings in.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The place of its statement among the file's imports.
    pub statement: usize,
    /// What it is.
    pub binding: Binding,
}

impl Item<'_> {
    /// Whether nothing of it is left when the program runs.
    pub fn is_type(&self) -> bool {
        matches!(self.inner.kind(), "interface_declaration" | "type_alias_declaration")
    }
}

impl Unit<'_> {
    /// What it is called.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether nothing of it is left when the program runs.
    pub fn is_type(&self) -> bool {
        self.made.is_none() && self.items.iter().all(Item::is_type)
    }

    /// Where it begins.
    pub fn start(&self) -> usize {
        self.places.first().map_or(0, |place| place.start)
    }

    /// Whether it is constants and nothing else.
    pub fn is_constant(&self, file: &SourceFile) -> bool {
        self.made.is_none()
            && self.items.iter().all(|item| item.inner.kind() == "lexical_declaration")
            && !self.items.iter().any(|item| holds_function(item.inner))
            && !has_jsx(self, file)
    }

    /// How many lines it takes.
    pub fn lines(&self, file: &SourceFile) -> usize {
        match &self.made {
            Some(made) => line_count(&made.text),
            None => self.items.iter().map(|item| line_count(&file.text[item.range.clone()])).sum(),
        }
    }

    /// Whether it declares `name` as a type only.
    pub fn declares_type(&self, name: &str) -> bool {
        let mut declaring = self.items.iter().filter(|item| item.names.iter().any(|known| known == name)).peekable();
        declaring.peek().is_some() && declaring.all(Item::is_type)
    }

    /// The names that importers of the file may know.
    pub fn exported(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter(|item| item.is_exported).flat_map(|item| &item.names).map(String::as_str)
    }
}

/// How many lines a text has that doesn't end with a line break.
pub fn line_count(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1
}

/// Whether a value of a declaration is a function.
fn holds_function(declaration: Node<'_>) -> bool {
    let mut cursor = declaration.walk();
    declaration.named_children(&mut cursor).filter_map(|it| it.child_by_field_name("value")).any(|value| {
        matches!(value.kind(), "arrow_function" | "function_expression" | "generator_function" | "call_expression")
    })
}

/// Whether there is JSX in a unit.
pub fn has_jsx(unit: &Unit<'_>, file: &SourceFile) -> bool {
    unit.made.is_some() || unit.items.iter().any(|item| node_has_jsx(item.node, file))
}

/// Whether there is JSX below a node.
pub fn node_has_jsx(node: Node<'_>, file: &SourceFile) -> bool {
    file.text_of(node).contains('<')
        && any_below(node, &mut |it| matches!(it.kind(), "jsx_element" | "jsx_self_closing_element" | "jsx_fragment"))
}

/// Whether `is_it` holds for a node or one below it.
pub fn any_below<'t>(node: Node<'t>, is_it: &mut dyn FnMut(Node<'t>) -> bool) -> bool {
    let mut cursor = node.walk();
    loop {
        if is_it(cursor.node()) {
            return true;
        }
        if cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.depth() == 0 {
                return false;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            cursor.goto_parent();
        }
    }
}

impl<'t> Outline<'t> {
    /// Reads the top level of `file`. `main` are names that the file is about: what declares them stays.
    pub fn of(file: &'t SourceFile, main: &dyn Fn(&str) -> bool) -> Outline<'t> {
        let items = items(file);
        let statements = file.imports().statements.iter().enumerate();
        let bindings: Vec<Imported> = statements
            .flat_map(|(statement, import)| {
                import.bindings.iter().map(move |binding| Imported { statement, binding: binding.clone() })
            })
            .collect();
        let mut uses: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); items.len()];
        let mut imported: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); items.len()];
        let mut groups = Groups::new(items.len());
        let mut mutated: BTreeSet<usize> = BTreeSet::new();
        let names: BTreeSet<&str> = items.iter().flat_map(|item| &item.names).map(String::as_str).collect();
        for name in names {
            let declaring: Vec<usize> =
                (0..items.len()).filter(|at| items[*at].names.iter().any(|it| it == name)).collect();
            declaring.windows(2).for_each(|pair| groups.join(pair[0], pair[1]));
            let Some(first) = declaring.first() else { continue };
            for offset in references(file, name) {
                let Some(user) = item_at(&items, offset) else { continue };
                if declaring.contains(&user) {
                    continue;
                }
                if stays::sets_property_of(file, &items[user], name) {
                    groups.join(*first, user);
                } else {
                    uses[user].insert(*first);
                    if stays::mutates(file, offset..offset + name.len()) {
                        mutated.extend(&declaring);
                    }
                }
            }
        }
        for (place, imported_name) in bindings.iter().enumerate() {
            for offset in references(file, &imported_name.binding.local) {
                if let Some(user) = item_at(&items, offset) {
                    imported[user].insert(place);
                }
            }
        }
        groups.join_cycles(&uses);
        let mut outline = Outline { file, units: units(file, &items, &groups, &uses, &imported), bindings };
        stays::judge(&mut outline, &mutated_offsets(&items, &mutated), main);
        outline
    }

    /// The units that `unit` uses, itself and through others, and itself.
    pub fn reach(&self, unit: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([unit]);
        let mut open = vec![unit];
        while let Some(at) = open.pop() {
            open.extend(self.units[at].uses.iter().filter(|used| reached.insert(**used)));
        }
        reached
    }

    /// The same with a component called `name`, made of a part of one unit: what stands at `places`, and at `sources` for
    /// the types of its props. It is the last unit.
    pub fn with_component(
        &self,
        name: &str,
        places: Vec<Range<usize>>,
        sources: Vec<Range<usize>>,
        made: Made,
    ) -> Outline<'t> {
        let own = self.units.len();
        let mut units = self.units.clone();
        let is_moved = |offset: usize| places.iter().any(|place| place.contains(&offset));
        for unit in &mut units {
            if !unit.places.iter().any(|place| places.iter().any(|it| place.start <= it.start && it.end <= place.end)) {
                continue;
            }
            unit.places = unit.places.iter().flat_map(|place| without(place, &places)).collect();
            let stays_used = |name: &str| {
                references(self.file, name).into_iter().any(|at| unit.places.iter().any(|place| place.contains(&at)))
            };
            let is_used = |used: &usize| self.units[*used].names.iter().any(|name| stays_used(name));
            let uses: BTreeSet<usize> = unit.uses.iter().copied().filter(is_used).chain([own]).collect();
            let bindings =
                unit.bindings.iter().copied().filter(|at| stays_used(&self.bindings[*at].binding.local)).collect();
            (unit.uses, unit.bindings) = (uses, bindings);
        }
        let is_own = |offset: usize| is_moved(offset) || sources.iter().any(|source| source.contains(&offset));
        let used = |name: &str| references(self.file, name).into_iter().any(is_own);
        units.push(Unit {
            names: vec![name.to_owned()],
            items: Vec::new(),
            uses: (0..own).filter(|at| self.units[*at].names.iter().any(|name| used(name))).collect(),
            bindings: (0..self.bindings.len()).filter(|at| used(&self.bindings[*at].binding.local)).collect(),
            stays: None,
            places: places.iter().cloned().chain(sources.iter().cloned()).collect(),
            made: Some(made),
        });
        Outline { file: self.file, units, bindings: self.bindings.clone() }
    }

    /// The unit that declares `name`.
    pub fn unit_of(&self, name: &str) -> Option<usize> {
        self.units.iter().position(|unit| unit.names.iter().any(|known| known == name))
    }
}

/// What is left of a range without others, which lie in it or outside.
fn without(range: &Range<usize>, others: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut inside: Vec<&Range<usize>> =
        others.iter().filter(|it| range.start <= it.start && it.end <= range.end).collect();
    inside.sort_by_key(|it| it.start);
    let mut left = Vec::new();
    let mut at = range.start;
    for other in inside {
        left.push(at..other.start);
        at = other.end;
    }
    left.push(at..range.end);
    left
}

/// The starts of the statements that declare what is changed later.
fn mutated_offsets(items: &[Item<'_>], mutated: &BTreeSet<usize>) -> BTreeSet<usize> {
    mutated.iter().map(|at| items[*at].node.start_byte()).collect()
}

/// The offsets where a name means what the top level declares.
pub fn references(file: &SourceFile, name: &str) -> Vec<usize> {
    let found = file.name(name);
    let values = found.references.iter().filter(|at| found.resolve(at.start).is_some_and(|it| it.top_level));
    let types = found.type_references.iter().filter(|at| found.resolve_type(at.start).is_some_and(|it| it.top_level));
    // A name that is only declared as a type may be exported by a list without `type`.
    let listed = found
        .references
        .iter()
        .filter(|at| found.resolve(at.start).is_none() && found.resolve_type(at.start).is_some_and(|it| it.top_level));
    let mut offsets: Vec<usize> = values.chain(types).chain(listed).map(|at| at.start).collect();
    offsets.sort_unstable();
    offsets
}

fn item_at(items: &[Item<'_>], offset: usize) -> Option<usize> {
    let at = items.partition_point(|item| item.node.end_byte() <= offset);
    items.get(at).filter(|item| item.node.start_byte() <= offset).map(|_| at)
}

fn units<'t>(
    file: &SourceFile,
    items: &[Item<'t>],
    groups: &Groups,
    uses: &[BTreeSet<usize>],
    imported: &[BTreeSet<usize>],
) -> Vec<Unit<'t>> {
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..items.len() {
        by_root.entry(groups.root(at)).or_default().push(at);
    }
    let mut members: Vec<Vec<usize>> = by_root.into_values().collect();
    members.sort();
    let unit_of: BTreeMap<usize, usize> =
        members.iter().enumerate().flat_map(|(unit, items)| items.iter().map(move |item| (*item, unit))).collect();
    let unit = |(own, members): (usize, &Vec<usize>)| {
        let mut by_size: Vec<&Item<'_>> = members.iter().map(|at| &items[*at]).collect();
        // A function names a unit rather than its types do, and a long one rather than a short one.
        by_size.sort_by_key(|item| (item.is_type(), std::cmp::Reverse(line_count(&file.text[item.range.clone()]))));
        let mut names: Vec<String> = Vec::new();
        for name in by_size.iter().flat_map(|item| &item.names) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Unit {
            names,
            items: members.iter().map(|at| items[*at].clone()).collect(),
            uses: members
                .iter()
                .flat_map(|at| &uses[*at])
                .filter_map(|used| unit_of.get(used).copied())
                .filter(|used| *used != own)
                .collect(),
            bindings: members.iter().flat_map(|at| imported[*at].iter().copied()).collect(),
            stays: None,
            places: members.iter().map(|at| items[*at].node.byte_range()).collect(),
            made: None,
        }
    };
    members.iter().enumerate().map(unit).collect()
}

/// The statements of the top level but the imports, each with the comments that belong to it.
fn items(file: &SourceFile) -> Vec<Item<'_>> {
    let root = file.root();
    let mut cursor = root.walk();
    let children: Vec<Node<'_>> = root.named_children(&mut cursor).collect();
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut is_top = true;
    for (index, node) in children.iter().enumerate() {
        let is_directive = is_top && is_string_statement(*node);
        is_top &= is_directive || matches!(node.kind(), "comment" | "hash_bang_line");
        if is_directive || matches!(node.kind(), "comment" | "hash_bang_line" | "import_statement" | "empty_statement")
        {
            continue;
        }
        let mut start = node.start_byte();
        for above in children[..index].iter().rev().take_while(|it| it.kind() == "comment") {
            let gap = &file.text[above.end_byte().min(start)..start];
            let begins_line = file.text[file.line_start(above.start_byte())..above.start_byte()].trim().is_empty();
            if gap.matches('\n').count() > 1
                || !gap.trim().is_empty()
                || !begins_line
                || is_of_file(file.text_of(*above))
            {
                break;
            }
            start = above.start_byte();
        }
        let mut end = node.end_byte();
        for below in &children[index + 1..] {
            let gap = &file.text[end.min(below.start_byte())..below.start_byte()];
            let is_beside = matches!(below.kind(), "comment" | "empty_statement") && !gap.contains('\n');
            if !is_beside {
                break;
            }
            end = below.end_byte();
        }
        if file.text[end..].starts_with(';') {
            end += 1;
        }
        let inner = match node.kind() {
            "export_statement" => node.child_by_field_name("declaration").unwrap_or(*node),
            _ => *node,
        };
        items.push(Item {
            node: *node,
            inner,
            range: file.line_start(start)..end,
            names: declared_names(file, inner),
            is_exported: node.kind() == "export_statement",
        });
    }
    items
}

/// `'use client';` and its like.
pub fn is_string_statement(node: Node<'_>) -> bool {
    node.kind() == "expression_statement" && node.named_child(0).is_some_and(|child| child.kind() == "string")
}

/// Whether a comment speaks for all of a file: for tools, or for lawyers.
pub fn is_of_file(comment: &str) -> bool {
    const MARKS: [&str; 11] = [
        "@ts-nocheck",
        "deno-lint-ignore-file",
        "phase2-ignore-file",
        "biome-ignore-all",
        "eslint-disable",
        "oxlint-disable",
        "@jsx",
        "@license",
        "opyright",
        "SPDX-",
        "eslint-env",
    ];
    let is_of_line = ["disable-line", "disable-next-line"].iter().any(|word| comment.contains(word));
    !is_of_line && MARKS.iter().any(|mark| comment.contains(mark))
}

fn declared_names(file: &SourceFile, node: Node<'_>) -> Vec<String> {
    match node.kind() {
        "lexical_declaration" | "variable_declaration" => {
            let mut cursor = node.walk();
            let patterns: Vec<Node<'_>> =
                node.named_children(&mut cursor).filter_map(|child| child.child_by_field_name("name")).collect();
            let mut names = Vec::new();
            for pattern in patterns {
                any_below(pattern, &mut |it| {
                    if matches!(it.kind(), "identifier" | "shorthand_property_identifier_pattern") {
                        names.push(file.text_of(it).to_owned());
                    }
                    false
                });
            }
            names
        }
        "ambient_declaration" => {
            let mut cursor = node.walk();
            let declared: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            declared.into_iter().flat_map(|child| declared_names(file, child)).collect()
        }
        "expression_statement" => {
            // The grammar has `namespace a {}` as an expression.
            let module = node.named_child(0).filter(|child| child.kind() == "internal_module");
            module.map(|module| declared_names(file, module)).unwrap_or_default()
        }
        _ => node
            .child_by_field_name("name")
            .or_else(|| node.named_child(0).filter(|_| node.kind() == "import_alias"))
            .filter(|name| matches!(name.kind(), "identifier" | "type_identifier"))
            .map(|name| vec![file.text_of(name).to_owned()])
            .unwrap_or_default(),
    }
}

/// Which items belong together.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Groups {
        Groups((0..count).collect())
    }

    fn root(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }

    /// Joins what uses each other.
    fn join_cycles(&mut self, uses: &[BTreeSet<usize>]) {
        loop {
            let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            for (user, used) in uses.iter().enumerate() {
                edges.entry(self.root(user)).or_default().extend(used.iter().map(|it| self.root(*it)));
            }
            let reach = |from: usize| {
                let mut reached = BTreeSet::new();
                let mut open = vec![from];
                while let Some(at) = open.pop() {
                    open.extend(edges.get(&at).into_iter().flatten().filter(|next| reached.insert(**next)));
                }
                reached
            };
            let reached: BTreeMap<usize, BTreeSet<usize>> = edges.keys().map(|at| (*at, reach(*at))).collect();
            let is_cycle =
                |one: &usize, other: &usize| one != other && reached.get(other).is_some_and(|back| back.contains(one));
            let found =
                reached.iter().find_map(|(one, there)| Some((*one, *there.iter().find(|other| is_cycle(one, other))?)));
            match found {
                Some((one, other)) => self.join(one, other),
                None => return,
            }
        }
    }
}
