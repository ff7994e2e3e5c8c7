//! Where a value flows to: into which keys, columns, tables and RPCs.

use tree_sitter::Node;

use crate::rules::edge::handler::{arguments, core};
use crate::syntax::scope::DeclarationKind;
use crate::syntax::source::SourceFile;

/// How many variables a value is followed through.
const DEPTH: usize = 5;

/// What holds rows or is asked about them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A table, `from('orders')`.
    Table(String),
    /// A function of the database, `rpc('search')`.
    Rpc(String),
    /// Another edge function, `functions.invoke('notify')`.
    Function(String),
}

impl Target {
    /// Its name, as [tenants] backfilled has it.
    pub fn name(&self) -> &str {
        match self {
            Target::Table(name) | Target::Rpc(name) | Target::Function(name) => name,
        }
    }
}

/// What is done with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// New rows.
    Insert,
    /// New rows, or others in the place of stored ones.
    Upsert,
    /// Stored rows are changed or deleted.
    Change,
    /// Stored rows are looked for.
    Read,
    /// A function is called, which may do anything.
    Call,
}

/// One place that a value flows into.
#[derive(Debug, Clone)]
pub struct Use<'t> {
    /// The expression that holds the value there: the value itself, or the name of a variable.
    pub node: Node<'t>,
    /// What it is for, where that can be told.
    pub target: Option<(Target, Operation)>,
    /// The key or the column.
    pub key: String,
}

/// All that is known of where a value goes.
#[derive(Debug, Default)]
pub struct Flow<'t> {
    /// The places where it is used as a tenant.
    pub uses: Vec<Use<'t>>,
    /// Whether it is a tenant by the name of what holds it, whatever becomes of that.
    pub is_named: bool,
    /// The variable that it is the value of, if it is one's: its declarator.
    pub variable: Option<Node<'t>>,
    /// The parameter whose default it is.
    pub parameter: Option<Node<'t>>,
    /// Whether it counts somewhere only where a request names no tenant.
    pub is_fallback: bool,
}

/// Follows values in one file.
#[derive(Clone, Copy)]
pub struct Flows<'a> {
    pub file: &'a SourceFile,
    /// The names that hold a tenant.
    pub keys: &'a [String],
    /// Whether an expression is the tenant of a request: what stands behind its `||` is followed no further.
    pub is_of_request: &'a dyn Fn(Node<'a>) -> bool,
}

impl<'a> Flows<'a> {
    /// Where the value of `node` goes.
    pub fn of(&self, node: Node<'a>) -> Flow<'a> {
        let mut flow = Flow::default();
        self.follow(node, 0, &mut flow);
        flow
    }

    fn is_key(&self, name: &str) -> bool {
        let name = name.trim_matches(['\'', '"', '`']);
        self.keys.iter().any(|key| key == name)
    }

    fn follow(&self, node: Node<'a>, depth: usize, flow: &mut Flow<'a>) {
        let path = self.file.path_to(node.byte_range());
        let Some(at) = path.iter().position(|known| known.id() == node.id()) else { return };
        let mut value = node;
        for index in (0..at).rev() {
            let parent = path[index];
            let is_field = |name: &str| parent.child_by_field_name(name).map(|child| child.id()) == Some(value.id());
            match parent.kind() {
                "parenthesized_expression"
                | "as_expression"
                | "satisfies_expression"
                | "non_null_expression"
                | "await_expression" => value = parent,
                "binary_expression" if is_choice(self.file, parent) => {
                    let left = parent.child_by_field_name("left").filter(|left| left.id() != value.id());
                    if left.is_some_and(self.is_of_request) {
                        flow.is_fallback = true;
                        return;
                    }
                    value = parent;
                }
                "ternary_expression" if !is_field("condition") => value = parent,
                "pair" if is_field("value") => {
                    let key = parent.child_by_field_name("key").map(|key| self.file.text_of(key)).unwrap_or_default();
                    if self.is_key(key) {
                        self.of_object(&path[..index], depth, (node, key), flow);
                    }
                    return;
                }
                "object" if value.kind() == "shorthand_property_identifier" => {
                    let key = self.file.text_of(value);
                    if self.is_key(key) {
                        self.of_object(&path[..=index], depth, (node, key), flow);
                    }
                    return;
                }
                "variable_declarator" if is_field("value") => return self.of_variable(parent, depth, flow),
                "required_parameter" | "optional_parameter" if is_field("value") => {
                    let Some(name) = parent.child_by_field_name("pattern") else { return };
                    flow.parameter = Some(parent).filter(|_| depth == 0);
                    flow.is_named |= self.is_key(self.file.text_of(name));
                    return self.of_name(name, depth, flow);
                }
                "object_assignment_pattern" | "assignment_pattern" if is_field("right") => {
                    let Some(left) = parent.child_by_field_name("left") else { return };
                    flow.is_named |= self.is_key(self.file.text_of(left));
                    return self.of_name(left, depth, flow);
                }
                "assignment_expression" if is_field("right") => {
                    let left = parent.child_by_field_name("left").map(core);
                    let name = left.map(|left| left.child_by_field_name("property").unwrap_or(left));
                    if let Some(key) = name.map(|name| self.file.text_of(name)).filter(|name| self.is_key(name)) {
                        flow.uses.push(Use { node, target: None, key: key.to_owned() });
                    }
                    return;
                }
                "public_field_definition" if is_field("value") => {
                    let name = parent.child_by_field_name("name").map(|name| self.file.text_of(name));
                    flow.is_named |= name.is_some_and(|name| self.is_key(name));
                    return;
                }
                "arguments" => {
                    if let Some(call) = index.checked_sub(1).map(|call| path[call]) {
                        self.of_argument(call, parent, value, node, flow);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn of_variable(&self, declarator: Node<'a>, depth: usize, flow: &mut Flow<'a>) {
        let Some(name) = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier") else {
            return;
        };
        if depth == 0 {
            flow.variable = Some(declarator);
            flow.is_named |= self.is_key(self.file.text_of(name));
        }
        self.of_name(name, depth, flow);
    }

    /// Follows all that a name is used for.
    fn of_name(&self, name: Node<'a>, depth: usize, flow: &mut Flow<'a>) {
        if depth >= DEPTH {
            return;
        }
        for reference in self.references(name) {
            self.follow(reference, depth + 1, flow);
        }
    }

    /// Where what a name declares is read.
    fn references(&self, name: Node<'a>) -> Vec<Node<'a>> {
        let found = self.file.name(self.file.text_of(name));
        let is_own = |at: &usize| found.resolve(*at).is_some_and(|known| known.range == name.byte_range());
        let places = found.references.iter().filter(|range| range.start != name.start_byte() && is_own(&range.start));
        places.filter_map(|range| self.file.path_to(range.clone()).last().copied()).collect()
    }

    /// `.eq('tenant_id', …)` and its like.
    fn of_argument(&self, call: Node<'a>, list: Node<'a>, value: Node<'a>, node: Node<'a>, flow: &mut Flow<'a>) {
        let Some(method) = self.method(call) else { return };
        let arguments = arguments(list);
        let index = arguments.iter().position(|argument| argument.id() == value.id());
        let text = |at: usize| arguments.get(at).map(|argument| self.file.text_of(*argument)).unwrap_or_default();
        let is_column = match (method, index) {
            ("eq" | "contains", Some(1)) => self.is_key(text(0)),
            ("filter", Some(2)) => self.is_key(text(0)) && text(1).trim_matches(['\'', '"', '`']) == "eq",
            _ => false,
        };
        if is_column {
            let key = text(0).trim_matches(['\'', '"', '`']).to_owned();
            flow.uses.push(Use { node, target: self.of_chain(call), key });
        }
    }

    /// The object that has a tenant's key: `path` ends with it.
    fn of_object(&self, path: &[Node<'a>], depth: usize, (node, key): (Node<'a>, &str), flow: &mut Flow<'a>) {
        let key = key.trim_matches(['\'', '"']).to_owned();
        let before = flow.uses.len();
        let Some(object) = path.last().copied() else { return };
        for target in self.targets(object, path, depth) {
            flow.uses.push(Use { node, target: Some(target), key: key.clone() });
        }
        if flow.uses.len() == before {
            flow.uses.push(Use { node, target: None, key });
        }
    }

    /// What an object, or an array of such, is handed to. `path` leads to it.
    fn targets(&self, object: Node<'a>, path: &[Node<'a>], depth: usize) -> Vec<(Target, Operation)> {
        let Some(at) = path.iter().rposition(|known| known.id() == object.id()) else { return Vec::new() };
        let mut value = object;
        for index in (0..at).rev() {
            let parent = path[index];
            match parent.kind() {
                "parenthesized_expression"
                | "as_expression"
                | "satisfies_expression"
                | "array"
                | "spread_element"
                | "object"
                | "pair"
                | "ternary_expression"
                | "binary_expression" => value = parent,
                // `rows.map((row) => ({ … }))`
                "arrow_function" => value = parent,
                "arguments" => {
                    let Some(call) = index.checked_sub(1).map(|call| path[call]) else { return Vec::new() };
                    if value.kind() == "arrow_function" && self.method(call) == Some("map") {
                        return self.targets(call, path, depth);
                    }
                    return self.of_call(call, parent, value).into_iter().collect();
                }
                "variable_declarator" if depth < DEPTH => {
                    let Some(name) = parent.child_by_field_name("name").filter(|name| name.kind() == "identifier")
                    else {
                        return Vec::new();
                    };
                    let references = self.references(name).into_iter();
                    return references
                        .flat_map(|reference| {
                            let path = self.file.path_to(reference.byte_range());
                            self.targets(reference, &path, depth + 1)
                        })
                        .collect();
                }
                _ => return Vec::new(),
            }
        }
        Vec::new()
    }

    /// What a call does with an object among its arguments.
    fn of_call(&self, call: Node<'a>, list: Node<'a>, value: Node<'a>) -> Option<(Target, Operation)> {
        let method = self.method(call)?;
        let arguments = arguments(list);
        let index = arguments.iter().position(|argument| argument.id() == value.id())?;
        let named = || Some(text_in(self.file, *arguments.first()?)?.to_owned());
        match (method, index) {
            ("insert" | "upsert" | "update" | "match", 0) | ("contains", 1) => self.of_chain(call),
            ("rpc", 1) => Some((Target::Rpc(named()?), Operation::Call)),
            ("invoke", 1) => Some((Target::Function(named()?), Operation::Call)),
            _ => None,
        }
    }

    /// The table of a chain of calls that `call` is part of, and what the chain does with it.
    fn of_chain(&self, call: Node<'a>) -> Option<(Target, Operation)> {
        let mut table = None;
        let mut methods: Vec<&str> = Vec::new();
        let mut node = call;
        loop {
            node = core(node);
            match node.kind() {
                "await_expression" => node = node.named_child(0)?,
                "call_expression" => {
                    if let Some(method) = self.method(node) {
                        methods.push(method);
                        let first = node.child_by_field_name("arguments").and_then(|list| list.named_child(0));
                        match (method, first.and_then(|first| text_in(self.file, first))) {
                            ("from", Some(name)) => table = table.or(Some(Target::Table(name.to_owned()))),
                            ("rpc", Some(name)) => table = table.or(Some(Target::Rpc(name.to_owned()))),
                            _ => {}
                        }
                    }
                    node = node.child_by_field_name("function")?;
                }
                "member_expression" => node = node.child_by_field_name("object")?,
                // A query that was begun before: `let query = client.from('orders').select()`
                "identifier" if table.is_none() => match self.value_of(node) {
                    Some(value) => node = value,
                    None => break,
                },
                _ => break,
            }
        }
        let operation = match () {
            () if methods.contains(&"insert") => Operation::Insert,
            () if methods.contains(&"upsert") => Operation::Upsert,
            () if methods.contains(&"update") || methods.contains(&"delete") => Operation::Change,
            () if matches!(table, Some(Target::Rpc(_))) => Operation::Call,
            () => Operation::Read,
        };
        Some((table?, operation))
    }

    /// The value that a variable is declared with.
    fn value_of(&self, identifier: Node<'a>) -> Option<Node<'a>> {
        let found = self.file.name(self.file.text_of(identifier));
        let declaration = found.resolve(identifier.start_byte())?;
        if !matches!(declaration.kind, DeclarationKind::Const | DeclarationKind::Let) || declaration.destructured {
            return None;
        }
        let path = self.file.path_to(declaration.range.clone());
        let value = path.iter().rev().nth(1)?.child_by_field_name("value")?;
        // `query = query.eq(…)` goes round in circles elsewhere, not here.
        (!value.byte_range().contains(&identifier.start_byte())).then_some(value)
    }

    /// The name of the method that a call calls.
    fn method(&self, call: Node<'a>) -> Option<&'a str> {
        let function = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression")?;
        Some(self.file.text_of(function.child_by_field_name("property")?))
    }
}

/// Whether a binary expression gives one of its operands: `a || b`, `a ?? b`.
pub fn is_choice(file: &SourceFile, binary: Node<'_>) -> bool {
    binary.child_by_field_name("operator").is_some_and(|operator| matches!(file.text_of(operator), "||" | "??"))
}

/// What stands between the quotes of a string.
fn text_in<'t>(file: &'t SourceFile, node: Node<'_>) -> Option<&'t str> {
    (node.kind() == "string").then(|| file.text_of(node).trim_matches(['\'', '"', '`']))
}
