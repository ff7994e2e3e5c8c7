//! What the rule asks of one file, again and again.

use std::cell::OnceCell;
use std::ops::Range;

use tree_sitter::Node;

use crate::config::Console;
use crate::syntax::source::SourceFile;

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

    /// Whether the code at a byte offset is what runs when the file is started as a command, outside of all functions:
    /// `if (import.meta.main) { … }`.
    pub fn is_in_main(&self, offset: usize) -> bool {
        let path = self.file.path_to(offset..offset);
        let is_main = |node: &Node<'_>| {
            let condition = node.child_by_field_name("condition").filter(|_| node.kind() == "if_statement");
            condition.is_some_and(|condition| self.file.text_of(condition).contains("import.meta.main"))
        };
        path.iter().any(is_main) && !self.is_in_function(offset)
    }

    /// Whether an identifier holds what was thrown, or the `error` of a result: a catch variable, the parameter of a
    /// rejection handler, a variable that is destructured from `error`.
    pub fn is_error(&self, identifier: Node<'_>) -> bool {
        let name = self.file.name(self.file.text_of(identifier));
        let Some(declaration) = name.resolve(identifier.start_byte()) else { return false };
        let from_key = declaration.property.clone().and_then(|property| self.file.text.get(property));
        declaration.is_error() || from_key == Some("error")
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
        self.file.path_to(offset..offset).iter().any(|node| {
            matches!(
                node.kind(),
                "function_declaration"
                    | "generator_function_declaration"
                    | "function_expression"
                    | "generator_function"
                    | "arrow_function"
                    | "method_definition"
            )
        })
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
