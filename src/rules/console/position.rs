//! Where a call stands, and what becomes of its value.

use tree_sitter::Node;

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// It is a statement, of a block or of the file: other statements can stand in its place.
    Statement,
    /// Nobody looks at its value: `if (x) console.log()`, `x && console.log();`
    Dropped,
    /// Its value, `undefined`, goes somewhere: `() => console.log()`, `return console.log()`
    Used,
}

/// The position of `call`; `above` are the nodes around it, the root first.
///
/// # Errors
/// The reason why nothing else can stand there.
pub fn position(call: Node<'_>, above: &[Node<'_>]) -> Result<Position, &'static str> {
    let mut child = call;
    for (index, parent) in above.iter().enumerate().rev() {
        let is_field = |field: &str| parent.child_by_field_name(field).map(|node| node.id()) == Some(child.id());
        match parent.kind() {
            "expression_statement" => {
                let around = index.checked_sub(1).map_or("program", |around| above[around].kind());
                let is_block = matches!(around, "program" | "statement_block" | "switch_case" | "switch_default");
                let is_alone = child.id() == call.id() && is_block;
                return Ok(if is_alone { Position::Statement } else { Position::Dropped });
            }
            "for_statement" if is_field("increment") => return Ok(Position::Dropped),
            "sequence_expression" if !is_last(*parent, child) => return Ok(Position::Dropped),
            "unary_expression" if operator(*parent) == "void" => return Ok(Position::Dropped),
            // What these are worth is what the call is worth.
            "parenthesized_expression" | "sequence_expression" | "as_expression" | "satisfies_expression" => {}
            "binary_expression" if matches!(operator(*parent), "&&" | "||" | "??") && is_field("right") => {}
            "ternary_expression" if !is_field("condition") => {}
            "member_expression" | "subscript_expression" if is_field("object") => return Err(AS_OBJECT),
            "call_expression" | "new_expression" if is_field("function") || is_field("constructor") => {
                return Err(AS_OBJECT);
            }
            "non_null_expression" => return Err(AS_OBJECT),
            "binary_expression" if operator(*parent) == "**" => return Err(AS_OBJECT),
            _ => return Ok(Position::Used),
        }
        child = *parent;
    }
    Ok(Position::Used)
}

const AS_OBJECT: &str = "something is done with its value, which is `undefined`";

fn operator(node: Node<'_>) -> &str {
    node.child_by_field_name("operator").map_or("", |operator| operator.kind())
}

/// Whether `child` is the last expression of a sequence.
fn is_last(sequence: Node<'_>, child: Node<'_>) -> bool {
    child.end_byte() == sequence.end_byte()
}
