//! What can't be moved out of its file, and why.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use tree_sitter::Node;

use super::outline::{Item, Outline, any_below, is_of_file, is_string_statement};
use super::pure::Purity;
use crate::syntax::source::SourceFile;

/// Why something stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// It runs when the module is loaded, at its place in the order.
    SideEffect,
    /// It is state that the module's functions share and change.
    State,
    /// The file is about it.
    Main,
    /// It lists what the file exports.
    Exports,
    /// It is only declared here.
    Ambient,
    /// It asks where its file is.
    Place,
    /// It shares a line with other code.
    Line,
    /// A comment further up speaks for it.
    Directive,
    /// A form that isn't moved.
    Form(&'static str),
    /// It uses something that stays.
    Uses(String),
}

impl fmt::Display for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stay::SideEffect => write!(f, "it runs when the module is loaded"),
            Stay::State => write!(f, "it is state of the module, which changes"),
            Stay::Main => write!(f, "the file is about it"),
            Stay::Exports => write!(f, "it lists what the file exports"),
            Stay::Ambient => write!(f, "it is only declared here"),
            Stay::Place => write!(f, "it asks where its own file is (`import.meta`)"),
            Stay::Line => write!(f, "it shares a line with other code"),
            Stay::Directive => write!(f, "a comment above switches a linter off for it"),
            Stay::Form(what) => write!(f, "it is {what}"),
            Stay::Uses(name) => write!(f, "it uses `{name}`, which stays"),
        }
    }
}

/// Says of each unit whether it stays. `mutated` are the starts of statements whose values are changed later; `main` tells
/// the names that the file is about.
pub fn judge(outline: &mut Outline<'_>, mutated: &BTreeSet<usize>, main: &dyn Fn(&str) -> bool) {
    let file = outline.file;
    let purity = Purity::of(file);
    let switched_off = switched_off(file);
    let reason = |item: &Item<'_>| -> Option<Stay> {
        if item.names.iter().any(|name| main(name)) && !item.is_type() {
            return Some(Stay::Main);
        }
        own_reason(file, &purity, item).or_else(|| {
            let at = item.node.start_byte();
            if mutated.contains(&at) && item.inner.kind() == "lexical_declaration" {
                Some(Stay::State)
            } else if switched_off.iter().any(|range| range.contains(&at)) {
                Some(Stay::Directive)
            } else {
                None
            }
        })
    };
    let attached = |item: &Item<'_>| item.names.is_empty() && item.inner.kind() == "expression_statement";
    for unit in &mut outline.units {
        let is_whole = !unit.names.is_empty();
        let items = unit.items.iter().filter(|item| !(is_whole && attached(item)));
        unit.stays = items.into_iter().find_map(reason);
    }
    loop {
        let of_unit = |at: usize| -> Option<Stay> {
            let unit = &outline.units[at];
            let used = unit.uses.iter().find(|used| outline.units[**used].stays.is_some())?;
            unit.stays.is_none().then(|| Stay::Uses(outline.units[*used].name().to_owned()))
        };
        let found: Vec<(usize, Stay)> = (0..outline.units.len()).filter_map(|at| Some((at, of_unit(at)?))).collect();
        if found.is_empty() {
            return;
        }
        for (at, stay) in found {
            outline.units[at].stays = Some(stay);
        }
    }
}

fn own_reason(file: &SourceFile, purity: &Purity<'_>, item: &Item<'_>) -> Option<Stay> {
    let (before, after) = (item.range.start..item.node.start_byte(), item.range.end);
    let own_line = file.line_start(item.node.start_byte()).max(before.start)..item.node.start_byte();
    let behind = file.text[after..].split(['\n', '\r']).next().unwrap_or_default();
    if !file.text[own_line].trim_matches(['\u{feff}', ' ', '\t']).is_empty() || !behind.trim().is_empty() {
        return Some(Stay::Line);
    }
    if asks_for_place(file, item.node) {
        return Some(Stay::Place);
    }
    let mut cursor = item.node.walk();
    let is_default = item.is_exported && item.node.children(&mut cursor).any(|child| child.kind() == "default");
    if is_default {
        return Some(Stay::Main);
    }
    match item.inner.kind() {
        "function_declaration"
        | "generator_function_declaration"
        | "function_signature"
        | "interface_declaration"
        | "type_alias_declaration" => None,
        "class_declaration" | "abstract_class_declaration" if has_decorators(item.node) => {
            Some(Stay::Form("a class with decorators"))
        }
        "class_declaration" | "abstract_class_declaration" => {
            (!purity.is_pure_class(item.inner)).then_some(Stay::SideEffect)
        }
        "enum_declaration" if file.text_of(item.inner).starts_with("const") => Some(Stay::Form("a `const enum`")),
        "enum_declaration" => (!purity.is_pure_enum(item.inner)).then_some(Stay::SideEffect),
        "lexical_declaration" => of_constants(file, purity, item.inner),
        "variable_declaration" => Some(Stay::State),
        "export_statement" => Some(Stay::Exports),
        "ambient_declaration" => Some(Stay::Ambient),
        "internal_module" | "module" => Some(Stay::Form("a namespace")),
        "import_alias" => Some(Stay::Form("an alias of a namespace")),
        "expression_statement" if !item.names.is_empty() => Some(Stay::Form("a namespace")),
        _ => Some(Stay::SideEffect),
    }
}

fn of_constants(file: &SourceFile, purity: &Purity<'_>, node: Node<'_>) -> Option<Stay> {
    let is_const = node.child_by_field_name("kind").is_some_and(|kind| file.text_of(kind) == "const");
    if !is_const {
        return Some(Stay::State);
    }
    let mut cursor = node.walk();
    let declarators: Vec<Node<'_>> =
        node.named_children(&mut cursor).filter(|child| child.kind() == "variable_declarator").collect();
    declarators.into_iter().find_map(|declarator| {
        let (name, value) = (declarator.child_by_field_name("name")?, declarator.child_by_field_name("value")?);
        if purity.is_empty_container(value) {
            return Some(Stay::State);
        }
        // Taking a value apart may run a getter or an iterator.
        (name.kind() != "identifier" || !purity.is_pure(value)).then_some(Stay::SideEffect)
    })
}

fn has_decorators(node: Node<'_>) -> bool {
    any_below(node, &mut |it| it.kind() == "decorator")
}

/// `import.meta.url`, `__filename` and their like; `import.meta.env` and `.glob` mean the same in all files of a folder.
pub fn asks_for_place(file: &SourceFile, node: Node<'_>) -> bool {
    let text = file.text_of(node);
    if text.contains("__filename") || text.contains("require.main") {
        return true;
    }
    text.match_indices("import.meta").any(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches(['?', '.']);
        !["env", "glob"].iter().any(|known| rest.starts_with(known)) && !is_beside(&text[..at], rest)
    })
}

/// Whether it stands in `new URL('./beside.png', import.meta.url)`, which means the same in all files of a folder.
fn is_beside(before: &str, rest: &str) -> bool {
    let Some(before) = before.trim_end().strip_suffix(',').map(str::trim_end) else { return false };
    let quote = before.chars().next_back().filter(|last| matches!(last, '\'' | '"'));
    let opened = quote.and_then(|quote| before[..before.len() - 1].rsplit_once(quote));
    opened.is_some_and(|(head, path)| {
        head.trim_end().ends_with("new URL(")
            && !path.is_empty()
            && !path.starts_with(['#', '?'])
            && rest.starts_with("url")
    })
}

/// Whether a statement does nothing but set a property of `name`: `Button.displayName = 'Button'`.
pub fn sets_property_of(file: &SourceFile, item: &Item<'_>, name: &str) -> bool {
    if item.inner.kind() != "expression_statement" {
        return false;
    }
    let assignment = item.inner.named_child(0).filter(|child| child.kind() == "assignment_expression");
    let Some(assignment) = assignment else { return false };
    let target = assignment.child_by_field_name("left").filter(|left| left.kind() == "member_expression");
    let object = target.and_then(|left| left.child_by_field_name("object"));
    let is_of_name = object.is_some_and(|object| object.kind() == "identifier" && file.text_of(object) == name);
    let value = assignment.child_by_field_name("right");
    is_of_name && value.is_some_and(|value| Purity::of(file).is_pure(value))
}

/// Methods that change what they are called on.
const MUTATORS: [&str; 13] = [
    "push",
    "pop",
    "shift",
    "unshift",
    "splice",
    "sort",
    "reverse",
    "fill",
    "copyWithin",
    "set",
    "add",
    "delete",
    "clear",
];

/// Whether the value of the name at a byte range is changed there: a property is set or removed, or it is filled.
pub fn mutates(file: &SourceFile, range: Range<usize>) -> bool {
    let path = file.path_to(range);
    let mut above = path.iter().rev().skip(1);
    let mut below = path.last().copied();
    for node in above.by_ref() {
        match node.kind() {
            "member_expression" | "subscript_expression" | "non_null_expression" => below = Some(*node),
            "assignment_expression" | "augmented_assignment_expression" => {
                return node.child_by_field_name("left") == below && below.is_some_and(|it| it.kind() != "identifier");
            }
            "update_expression" => return true,
            "unary_expression" => return file.text_of(*node).starts_with("delete"),
            "call_expression" => {
                let method = below.and_then(|callee| callee.child_by_field_name("property"));
                return method.is_some_and(|method| MUTATORS.contains(&file.text_of(method)));
            }
            _ => return false,
        }
    }
    false
}

/// Where a comment in the middle of the file has a linter switched off, up to the one that switches it on again.
fn switched_off(file: &SourceFile) -> Vec<Range<usize>> {
    let root = file.root();
    let mut cursor = root.walk();
    let children: Vec<Node<'_>> = root.named_children(&mut cursor).collect();
    let first_code = children
        .iter()
        .position(|node| node.kind() != "comment" && !is_string_statement(*node))
        .unwrap_or(children.len());
    let comments = children[first_code..].iter().filter(|node| node.kind() == "comment");
    let mut open: Option<usize> = None;
    let mut ranges = Vec::new();
    for comment in comments {
        let text = file.text_of(*comment);
        if text.contains("eslint-enable") || text.contains("oxlint-enable") {
            ranges.extend(open.take().map(|start| start..comment.start_byte()));
        } else if text.starts_with("/*") && text.contains("-disable") && is_of_file(text) {
            open = open.or(Some(comment.start_byte()));
        }
    }
    ranges.extend(open.map(|start| start..file.text.len()));
    ranges
}
