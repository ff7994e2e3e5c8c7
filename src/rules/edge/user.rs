//! The user that a handler has authenticated.

use tree_sitter::Node;

use super::handler::statements;
use crate::syntax::source::SourceFile;

/// A user that is known from a place on.
#[derive(Debug)]
pub struct User {
    /// The variable.
    pub name: String,
    /// The byte offset behind the statement that refuses whoever is none.
    pub end: usize,
}

/// The user that `block` knows before the byte `offset`: `const { data: { user } } = await client.auth.getUser(); if (!user)
/// return …`, in it or in a block in it that leads there.
pub fn of(file: &SourceFile, block: Node<'_>, offset: usize) -> Option<User> {
    let before: Vec<Node<'_>> =
        statements(block).into_iter().filter(|statement| statement.end_byte() <= offset).collect();
    for (index, statement) in before.iter().enumerate() {
        let text = file.text_of(*statement);
        if statement.kind() != "lexical_declaration" || !text.contains("auth.getUser(") {
            continue;
        }
        let Some(name) = bound_user(text) else { continue };
        let refuses = |other: &&Node<'_>| {
            let condition = other.child_by_field_name("condition").map(|node| file.text_of(node)).unwrap_or_default();
            let answer = other.child_by_field_name("consequence").map(|node| file.text_of(node)).unwrap_or_default();
            // `!user && isPrivate` lets some of them go on.
            let is_asked = condition.contains(&format!("!{name}")) && !condition.contains("&&");
            other.kind() == "if_statement" && is_asked && (answer.contains("return") || answer.contains("throw"))
        };
        if let Some(refusal) = before[index + 1..].iter().find(refuses) {
            return Some(User { name, end: refusal.end_byte() });
        }
    }
    let inner = statements(block).into_iter().find(|statement| statement.byte_range().contains(&offset))?;
    let body = inner.child_by_field_name("body").filter(|_| inner.kind() == "try_statement")?;
    of(file, body, offset)
}

/// The name that the user gets in `const { data: { user: name }, error } = …`
fn bound_user(declaration: &str) -> Option<String> {
    let pattern: String = declaration.split('=').next()?.split_whitespace().collect();
    let inner = pattern.split("data:{").nth(1)?.split('}').next()?;
    let part = inner.split(',').find(|part| *part == "user" || part.starts_with("user:"))?;
    Some(part.strip_prefix("user:").unwrap_or(part).to_owned())
}
