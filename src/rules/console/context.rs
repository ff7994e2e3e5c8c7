//! What the rule asks of one file, again and again.

use std::cell::OnceCell;
use std::ops::Range;

use tree_sitter::Node;

use crate::config::Console;
use crate::syntax::source::SourceFile;

/// How many functions may stand between `if (import.meta.main)` and what a command prints.
const MAX_CALLS: usize = 3;

/// How often a command may call one of its functions: each place is looked at for each call of the console in it.
const MAX_REFERENCES: usize = 10;

/// One file, and what the rule makes of it.
pub struct FileContext<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The rule's options.
    pub options: &'a Console,
    /// What a message without words of its own starts with where no function has a name: the edge function's name, or that
    /// of the file.
    pub module_name: String,
    declares_modules: OnceCell<bool>,
}

impl<'a> FileContext<'a> {
    /// The context of a file.
    pub fn new(file: &'a SourceFile, options: &'a Console, module_name: String) -> FileContext<'a> {
        FileContext { file, options, module_name, declares_modules: OnceCell::new() }
    }

    /// Whether the code at a byte offset only runs when the file is started as a command: it stands in
    /// `if (import.meta.main) { … }`, or in a function that is called there alone.
    pub fn is_in_main(&self, offset: usize) -> bool {
        self.file.text.contains("import.meta.main") && self.runs_in_main(offset, MAX_CALLS)
    }

    fn runs_in_main(&self, offset: usize, calls: usize) -> bool {
        let path = self.file.path_to(offset..offset);
        for (depth, node) in path.iter().enumerate().rev() {
            let condition = node.child_by_field_name("condition").filter(|_| node.kind() == "if_statement");
            if condition.is_some_and(|condition| self.file.text_of(condition).contains("import.meta.main")) {
                return true;
            }
            if is_function(*node) && !self.runs_where_it_stands(*node, &path[..depth]) {
                return calls > 0 && self.is_called_in_main_alone(*node, &path[..depth], calls - 1);
            }
        }
        false
    }

    /// Whether a function is called by what it stands in, as `summary => …` in `job().then(summary => …)`; `above` are the
    /// nodes around it.
    fn runs_where_it_stands(&self, function: Node<'_>, above: &[Node<'_>]) -> bool {
        const METHODS: [&str; 7] = ["then", "catch", "finally", "forEach", "map", "filter", "reduce"];
        let [.., call, list] = above else { return false };
        let called = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression");
        let method = called.and_then(|called| called.child_by_field_name("property"));
        match list.kind() {
            "arguments" => method.is_some_and(|method| METHODS.contains(&self.file.text_of(method))),
            // `(async () => { … })()`
            "parenthesized_expression" => {
                called.is_some_and(|called| called.byte_range().contains(&function.start_byte()))
            }
            _ => false,
        }
    }

    /// Whether a function of the top level is called, and only where a command runs. One that is handed on is not.
    fn is_called_in_main_alone(&self, function: Node<'_>, above: &[Node<'_>], calls: usize) -> bool {
        let name = match (above, function.kind()) {
            ([_], "function_declaration") => function.child_by_field_name("name"),
            ([_, _, declarator], _) if declarator.kind() == "variable_declarator" => {
                declarator.child_by_field_name("name")
            }
            _ => None,
        };
        let Some(name) = name.map(|name| self.file.name(self.file.text_of(name))) else { return false };
        let is_call = |at: usize| {
            let path = self.file.path_to(at..at + 1);
            let called = path.iter().rev().nth(1).and_then(|call| call.child_by_field_name("function"));
            called.is_some_and(|called| called.start_byte() == at)
        };
        let references = &name.references;
        (1..=MAX_REFERENCES).contains(&references.len())
            && references.iter().all(|range| is_call(range.start) && self.runs_in_main(range.start, calls))
    }

    /// Whether an identifier holds what was thrown, or the `error` of a result: a catch variable, the parameter of a
    /// rejection handler, a variable that is destructured from `error`.
    pub fn is_error(&self, identifier: Node<'_>) -> bool {
        let name = self.file.name(self.file.text_of(identifier));
        let Some(declaration) = name.resolve(identifier.start_byte()) else { return false };
        let from_key = declaration.property.clone().and_then(|property| self.file.text.get(property));
        declaration.is_error() || from_key == Some("error")
    }

    /// Whether an identifier holds what was thrown: a catch variable, or the parameter of a rejection handler.
    pub fn is_thrown(&self, identifier: Node<'_>) -> bool {
        let name = self.file.name(self.file.text_of(identifier));
        name.resolve(identifier.start_byte()).is_some_and(crate::syntax::scope::Declaration::is_error)
    }

    /// Whether a type is `any` or an `Error`.
    pub fn is_error_type(&self, annotation: Node<'_>) -> bool {
        matches!(
            self.file.text_of(annotation),
            "any" | "Error" | "TypeError" | "RangeError" | "SyntaxError" | "AggregateError"
        )
    }

    /// Whether a function stands around a byte offset, so that the code there runs later than that around it.
    pub fn is_in_function(&self, offset: usize) -> bool {
        self.file.path_to(offset..offset).into_iter().any(is_function)
    }

    /// Whether the file is a script, without imports and exports, that declares modules: `declare module 'x' { … }`.
    pub fn declares_modules_as_a_script(&self) -> bool {
        *self.declares_modules.get_or_init(|| self.looks_for_declared_modules())
    }

    fn looks_for_declared_modules(&self) -> bool {
        let root = self.file.root();
        let mut cursor = root.walk();
        let declares = |node: &Node<'_>| {
            let declared = node.named_child(0).filter(|_| node.kind() == "ambient_declaration");
            declared.and_then(|module| module.child_by_field_name("name")).is_some_and(|name| name.kind() == "string")
        };
        let is_module = |node: &Node<'_>| matches!(node.kind(), "import_statement" | "export_statement");
        self.file.text.contains("declare module")
            && root.named_children(&mut cursor).any(|node| declares(&node))
            && !root.named_children(&mut root.walk()).any(|node| is_module(&node))
    }

    /// How many bytes stand before a byte offset on its line.
    pub fn column(&self, offset: usize) -> usize {
        offset - self.file.line_start(offset)
    }

    /// Whether a stretch of code between tokens, which holds no strings, has a comment.
    pub fn has_comment(&self, range: Range<usize>) -> bool {
        let text = &self.file.text[range];
        text.contains("//") || text.contains("/*")
    }
}

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_declaration"
            | "generator_function_declaration"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "method_definition"
    )
}
