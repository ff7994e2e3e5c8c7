//! What a logged value is called in the fields of a record.

use tree_sitter::Node;

use super::context::FileContext;
use super::message;

/// Methods whose result is still what they are called on, only written, cut or sorted in another way, or what a promise gives.
#[rustfmt::skip]
const KEEPING: [&str; 31] = [
    "slice", "substring", "substr", "trim", "trimStart", "trimEnd", "toString", "toFixed", "toISOString",
    "toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toLocaleUpperCase", "toLocaleLowerCase",
    "toUpperCase", "toLowerCase", "join", "padStart", "padEnd", "replace", "replaceAll", "split", "map",
    "filter", "flat", "flatMap", "sort", "reverse", "concat", "catch", "finally",
];

/// The names that a value may go by, the best one first, each longer than the one before. Never empty.
pub fn candidates(cx: &FileContext<'_>, value: Node<'_>) -> Vec<String> {
    if is_ending(cx, value) {
        return vec!["ending".to_owned()];
    }
    let names = telling(cx, value).map_or_else(Vec::new, |value| own_names(cx, value));
    let other = if core(value).kind() == "template_string" { "text" } else { "value" };
    if names.is_empty() { vec![other.to_owned()] } else { names }
}

/// Whether a value is the ending of the word before it: `item${count === 1 ? '' : 's'}`.
fn is_ending(cx: &FileContext<'_>, value: Node<'_>) -> bool {
    let branch = |field: &str| value.child_by_field_name(field).filter(|branch| branch.kind() == "string");
    let before = cx.file.text[..value.start_byte()].strip_suffix("${").unwrap_or_default();
    value.kind() == "ternary_expression"
        && before.ends_with(char::is_alphabetic)
        && branch("consequence")
            .zip(branch("alternative"))
            .is_some_and(|(one, other)| one.named_child_count() == 0 || other.named_child_count() == 0)
}

/// The names of a value that has one by itself.
fn own_names(cx: &FileContext<'_>, value: Node<'_>) -> Vec<String> {
    match value.kind() {
        "identifier" => {
            let name = cx.file.text_of(value);
            if cx.is_error(value) && name != "error" {
                vec!["error".to_owned(), name.to_owned()]
            } else {
                vec![name.to_owned()]
            }
        }
        "member_expression" | "subscript_expression" => {
            let names = chain(cx, value);
            let mut found = of_error(cx, value, &names).map_or_else(Vec::new, |names| joined(&names, 2));
            found.extend(joined(&names, 2));
            found.dedup();
            found
        }
        "call_expression" => match value.child_by_field_name("function") {
            // `t('orders.title')` of i18n libraries
            Some(function) if cx.file.text_of(function) == "t" => vec!["text".to_owned()],
            // `Object.keys(order)` → `keys`, `orderKeys`
            Some(function) => match listed(cx, value) {
                Some((method, object)) => {
                    let owner = candidates(cx, object).swap_remove(0);
                    vec![method.to_owned(), camel(&[owner.as_str(), method])]
                }
                None => joined(&chain(cx, function), 1),
            },
            None => Vec::new(),
        },
        "new_expression" => match value.child_by_field_name("constructor") {
            Some(class) if cx.file.text_of(class).ends_with("Error") => vec!["error".to_owned()],
            Some(class) => joined(&chain(cx, class), 1),
            None => Vec::new(),
        },
        // `Date.now() - start`
        "binary_expression" => vec!["elapsed".to_owned()],
        "object" => vec!["details".to_owned()],
        "array" => vec!["values".to_owned()],
        "template_string" => vec!["text".to_owned()],
        _ => Vec::new(),
    }
}

/// The names along a chain that starts with what was thrown, which is called `error` there: `err.message` → error, message.
/// `None` if it doesn't, or is called so already.
fn of_error(cx: &FileContext<'_>, value: Node<'_>, names: &[String]) -> Option<Vec<String>> {
    let start = start_of_chain(value).filter(|start| cx.is_error(*start))?;
    let first = names.first().filter(|first| *first != "error")?;
    let is_whole = cx.file.text_of(start) == first;
    is_whole.then(|| std::iter::once("error".to_owned()).chain(names.iter().skip(1).cloned()).collect())
}

/// The variable that `a.b` and `a['b'].c` start with, or that a value is.
pub fn start_of_chain(value: Node<'_>) -> Option<Node<'_>> {
    let mut start = core(value);
    while matches!(start.kind(), "member_expression" | "subscript_expression") {
        start = core(start.child_by_field_name("object")?);
    }
    Some(start).filter(|start| start.kind() == "identifier")
}

/// The part of a value that tells what it is: what is converted, negated, computed with or assigned to; of `x ?? y` and
/// `c ? x : y` the first choice that has a name.
fn telling<'t>(cx: &FileContext<'_>, value: Node<'t>) -> Option<Node<'t>> {
    // What is looked at next stands last. A loop, since a sum or a choice may have thousands of operands.
    let mut next = vec![value];
    while let Some(node) = next.pop().map(core) {
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "unary_expression" => next.extend(field("argument")),
            "assignment_expression" => next.extend(field("left")),
            "ternary_expression" => {
                let condition = field("condition").and_then(|condition| only_variable(core(condition), is_comparison));
                next.extend([condition, field("alternative"), field("consequence")].into_iter().flatten());
            }
            "binary_expression" => match operator(node) {
                "??" | "||" => next.extend([field("right"), field("left")].into_iter().flatten()),
                "&&" => next.extend([field("left"), field("right")].into_iter().flatten()),
                "-" if cx.file.text_of(node).contains(".now()") => return Some(node),
                _ => next.extend(only_variable(node, is_computation)),
            },
            "subscript_expression" if field("index").is_some_and(|index| index.kind() != "string") => {
                next.extend(field("object"));
            }
            "call_expression" => match converted(cx, node) {
                Some(inner) => next.push(inner),
                None => return Some(node),
            },
            "identifier" if cx.file.text_of(node) == "undefined" => {}
            "identifier" | "member_expression" | "subscript_expression" | "new_expression" | "object" | "array" => {
                return Some(node);
            }
            // Of one value, with words around it: the value.
            "template_string" => match message::substitutions(node)[..] {
                [only] => next.extend(only.named_child(0)),
                _ => return Some(node),
            },
            _ => {}
        }
    }
    None
}

/// The only operand of `node` that isn't a literal; `is_joining` says which operators hold operands together.
fn only_variable<'t>(node: Node<'t>, is_joining: impl Fn(&str) -> bool) -> Option<Node<'t>> {
    let (mut next, mut found) = (vec![node], None);
    while let Some(node) = next.pop().map(core) {
        match node.kind() {
            "binary_expression" if is_joining(operator(node)) => {
                next.extend(["left", "right"].iter().filter_map(|side| node.child_by_field_name(side)));
            }
            "string" | "number" | "true" | "false" | "null" | "undefined" => {}
            "template_string" if node.named_child_count() == 0 => {}
            _ if found.is_some() => return None,
            _ => found = Some(node),
        }
    }
    // An operation of another kind is no name, and would be asked for its operands for ever.
    found.filter(|found| found.kind() != "binary_expression")
}

fn operator(binary: Node<'_>) -> &str {
    binary.child_by_field_name("operator").map_or("", |operator| operator.kind())
}

fn is_comparison(operator: &str) -> bool {
    matches!(operator, "==" | "===" | "!=" | "!==" | "<" | ">" | "<=" | ">=")
}

fn is_computation(operator: &str) -> bool {
    matches!(operator, "+" | "-" | "*" | "/" | "%" | "**")
}

/// `x` in `String(x)` and `JSON.stringify(x)`, and in `x.trim()` and `x.map(f)`, which keep what it is.
fn converted<'t>(cx: &FileContext<'_>, call: Node<'t>) -> Option<Node<'t>> {
    const FUNCTIONS: [&str; 11] = [
        "String",
        "Number",
        "Boolean",
        "JSON.stringify",
        "structuredClone",
        "Array.from",
        "Object.fromEntries",
        "Math.round",
        "Math.floor",
        "Math.ceil",
        "Math.abs",
    ];
    let function = call.child_by_field_name("function")?;
    if FUNCTIONS.contains(&cx.file.text_of(function)) {
        return first_argument(call);
    }
    let method = cx.file.text_of(function.child_by_field_name("property")?);
    let object = function.child_by_field_name("object").filter(|_| KEEPING.contains(&method))?;
    (!matches!(core(object).kind(), "this" | "super" | "string" | "regex")).then_some(object)
}

/// The method and `x` in `Object.keys(x)` and its like.
fn listed<'t>(cx: &'t FileContext<'_>, call: Node<'t>) -> Option<(&'t str, Node<'t>)> {
    let function = cx.file.text_of(call.child_by_field_name("function")?);
    let method = function.strip_prefix("Object.").filter(|method| matches!(*method, "keys" | "values" | "entries"))?;
    Some((method, first_argument(call)?))
}

fn first_argument(call: Node<'_>) -> Option<Node<'_>> {
    let arguments = call.child_by_field_name("arguments")?;
    let mut cursor = arguments.walk();
    arguments.named_children(&mut cursor).find(|argument| !matches!(argument.kind(), "comment" | "spread_element"))
}

/// The value inside of what doesn't change it: parentheses, `await`, casts, `!`.
pub fn core(mut node: Node<'_>) -> Node<'_> {
    while matches!(
        node.kind(),
        "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "type_assertion"
    ) {
        let inner = match node.kind() {
            "type_assertion" => node.named_child(1),
            _ => node.named_child(0),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// The names along a chain: `a.b?.c()['d']` → a, b, c, d. `this` and computed keys say nothing.
pub fn chain(cx: &FileContext<'_>, node: Node<'_>) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(node);
    while let Some(node) = next.map(core) {
        let (name, object) = match node.kind() {
            "member_expression" => (node.child_by_field_name("property"), node.child_by_field_name("object")),
            "subscript_expression" => {
                let key = node.child_by_field_name("index").filter(|index| index.kind() == "string");
                (key.and_then(|key| key.named_child(0)), node.child_by_field_name("object"))
            }
            "call_expression" => (None, converted(cx, node).or_else(|| node.child_by_field_name("function"))),
            "identifier" => (Some(node), None),
            _ => (None, None),
        };
        parts.extend(name.map(|name| cx.file.text_of(name).to_owned()));
        next = object;
    }
    parts.reverse();
    parts
}

/// The last `least` names as one in camel case, then one more of them each time. A name that the next one starts with isn't
/// said twice: `flag.flag_reason` → `flagReason`.
fn joined(parts: &[String], least: usize) -> Vec<String> {
    let is_repeated = |index: usize| {
        let next = parts.get(index + 1).map(|next| camel(&[next])).unwrap_or_default();
        let rest = next.strip_prefix(camel(&[&parts[index]]).as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_lowercase))
    };
    let parts: Vec<&String> =
        (0..parts.len()).filter(|index| !is_repeated(*index)).map(|index| &parts[index]).collect();
    let shortest = least.min(parts.len()).max(1);
    (shortest..=parts.len()).map(|count| camel(&parts[parts.len() - count..])).filter(|name| !name.is_empty()).collect()
}

/// `["user", "created_at"]` → `userCreatedAt`, `["Deno", "env"]` → `denoEnv`, `["NODE_ENV"]` → `nodeEnv`.
pub fn camel<T: AsRef<str>>(parts: &[T]) -> String {
    let words = parts.iter().flat_map(|part| {
        let part = part.as_ref();
        let shouted = part.chars().all(|letter| !letter.is_lowercase());
        part.split(|letter: char| !unicode_ident::is_xid_continue(letter) && letter != '$' || letter == '_')
            .filter(|word| !word.is_empty())
            .map(move |word| if shouted { word.to_lowercase() } else { word.to_owned() })
            .collect::<Vec<String>>()
    });
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        let Some(first) = letters.next() else { continue };
        if name.is_empty() {
            name.extend(first.to_lowercase());
        } else {
            name.extend(first.to_uppercase());
        }
        name.push_str(letters.as_str());
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("value{name}") } else { name }
}
