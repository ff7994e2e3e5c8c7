//! Where a handler answers preflights: `if (req.method === 'OPTIONS') return …`.

use tree_sitter::Node;

use super::handler::statements;
use crate::syntax::source::SourceFile;

/// Where preflights are answered.
#[derive(Debug, Clone, Copy)]
pub enum Preflight<'t> {
    /// This statement of `block` is the last of it.
    Behind {
        /// The statement.
        statement: Node<'t>,
    },
    /// Nowhere: the block's first place is as good as any.
    Nowhere,
    /// Somewhere else than in a statement of its own.
    Somewhere,
}

/// Where `body`, a block, answers preflights, be it in a `try` of its own.
pub fn of<'t>(file: &SourceFile, body: Node<'t>) -> Preflight<'t> {
    if let Some(statement) = last(file, body) {
        return Preflight::Behind { statement };
    }
    let tries = statements(body).into_iter().filter(|statement| statement.kind() == "try_statement");
    let within = tries.filter_map(|statement| statement.child_by_field_name("body")).find_map(|body| last(file, body));
    if let Some(statement) = within {
        return Preflight::Behind { statement };
    }
    if has_options(file.text_of(body)) { Preflight::Somewhere } else { Preflight::Nowhere }
}

fn has_options(text: &str) -> bool {
    text.contains("'OPTIONS'") || text.contains("\"OPTIONS\"") || text.contains("`OPTIONS`")
}

/// The last statement of the preflight among those of `block`.
fn last<'t>(file: &SourceFile, block: Node<'t>) -> Option<Node<'t>> {
    let all = statements(block);
    let ends = all.iter().enumerate().filter_map(|(index, statement)| match statement.kind() {
        "if_statement" => answers(file, *statement).then_some(*statement),
        "lexical_declaration" => {
            let next = all.get(index + 1)?;
            is_pair(file, *statement, *next).then_some(*next)
        }
        _ => None,
    });
    ends.last()
}

/// Whether an `if` asks for a preflight and returns.
fn answers(file: &SourceFile, statement: Node<'_>) -> bool {
    let Some(condition) = statement.child_by_field_name("condition") else { return false };
    let Some(consequence) = statement.child_by_field_name("consequence") else { return false };
    let text = file.text_of(condition);
    let asks = has_options(text) && !text.contains("!=") || calls_preflight(text);
    asks && file.text_of(consequence).contains("return") && statement.child_by_field_name("alternative").is_none()
}

/// `const response = handleCors(req);` and `if (response) return response;`
fn is_pair(file: &SourceFile, declaration: Node<'_>, next: Node<'_>) -> bool {
    let Some(declarator) = declaration.named_child(0).filter(|node| node.kind() == "variable_declarator") else {
        return false;
    };
    let name = declarator.child_by_field_name("name").map(|name| file.text_of(name)).unwrap_or_default();
    let value = declarator.child_by_field_name("value").map(|value| file.text_of(value)).unwrap_or_default();
    let condition = next.child_by_field_name("condition").map(|node| file.text_of(node)).unwrap_or_default();
    let answer = next.child_by_field_name("consequence").map(|node| file.text_of(node)).unwrap_or_default();
    next.kind() == "if_statement"
        && is_asked(value)
        && condition.trim_matches(['(', ')', ' ']).starts_with(name)
        && answer.contains("return")
        && answer.contains(name)
}

fn calls_preflight(condition: &str) -> bool {
    let lower = condition.to_ascii_lowercase();
    condition.contains('(')
        && (lower.contains("preflight(") || lower.contains("isoptions") || lower.contains("handlecors("))
}

/// Whether a value is what a helper for CORS answers.
fn is_asked(value: &str) -> bool {
    let callee = value.trim_start_matches("await ").split('(').next().unwrap_or_default().to_ascii_lowercase();
    let is_name = callee.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.'));
    value.contains('(')
        && is_name
        && ["cors", "preflight", "options"].iter().any(|word| callee.contains(word))
        && !callee.contains("headers")
}
