//! Functions that are given the tenant, and what has to be written for that.

use std::ops::Range;

use tree_sitter::Node;

use crate::edit::Edit;
use crate::rules::edge::calls::Refusal;
use crate::rules::edge::handler::arguments;
use crate::rules::edge::place::Function;
use crate::rules::edge::request::free_name;
use crate::rules::edge::signature::{appended, edit, node_of, refused, takes_more, takes_this};
use crate::syntax::source::SourceFile;

/// Names for the tenant, the first free one is taken.
pub const NAMES: [&str; 4] = ["tenantId", "callerTenantId", "requestTenantId", "tenantOfCaller"];

/// A function that is given the tenant in a parameter.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The parameter's name.
    pub name: String,
    /// Its place among the parameters, from 0.
    pub index: usize,
    /// What makes it one.
    pub edits: Vec<Edit>,
    /// A declaration that it takes the place of: the byte range of the literal in it.
    pub instead_of: Option<Range<usize>>,
}

/// How `function` is given the tenant; `needs` are the byte ranges in it that want one, `default` is that of a parameter's
/// default among them.
///
/// # Errors
/// Why it can't be.
pub fn signature(
    file: &SourceFile,
    function: &Function,
    needs: &[Range<usize>],
    default: Option<&Range<usize>>,
) -> Result<Signature, Refusal> {
    let refuse = |reason: &str| refused(file, function, reason);
    let node = node_of(file, function)?;
    let Some(list) = node.child_by_field_name("parameters") else {
        // `row => …`
        let bare = node.child_by_field_name("parameter").ok_or_else(|| refuse("has no parameters"))?;
        let name = free_name(file, node, &NAMES).ok_or_else(|| refuse("has all names for a tenant taken"))?;
        let edit = edit(file, bare.byte_range(), format!("({}, {name}: string)", file.text_of(bare)));
        return Ok(Signature { name, index: 1, edits: vec![edit], instead_of: None });
    };
    let parameters: Vec<Node<'_>> = arguments(list);
    if let Some(default) = default {
        let holds = |parameter: &&Node<'_>| parameter.byte_range().contains(&default.start);
        let index = parameters
            .iter()
            .position(|parameter| holds(&parameter))
            .ok_or_else(|| refuse("takes it in a way that can't be read"))?;
        let parameter = parameters[index];
        let pattern = parameter.child_by_field_name("pattern").filter(|pattern| pattern.kind() == "identifier");
        let (Some(pattern), Some(value)) = (pattern, parameter.child_by_field_name("value")) else {
            return Err(refuse("takes it apart among its parameters"));
        };
        if parameters[..index].iter().any(|parameter| parameter.kind() == "optional_parameter") {
            return Err(refuse("has an optional parameter before it"));
        }
        let typed = if parameter.child_by_field_name("type").is_some() { "" } else { ": string" };
        let before = parameter.child_by_field_name("type").unwrap_or(pattern).end_byte();
        let edit = edit(file, before..value.end_byte(), typed.to_owned());
        let index = index - usize::from(takes_this(file, &parameters));
        return Ok(Signature { name: file.text_of(pattern).to_owned(), index, edits: vec![edit], instead_of: None });
    }
    takes_more(file, function, &parameters)?;
    let (name, instead_of) = match needs.iter().find_map(|need| Some((constant(file, node, need)?, need.clone()))) {
        Some((name, need)) => (name, Some(need)),
        None => (free_name(file, node, &NAMES).ok_or_else(|| refuse("has all names for a tenant taken"))?, None),
    };
    let mut edits = vec![appended(file, list, &parameters, &format!("{name}: string"))];
    if let Some(need) = &instead_of {
        edits.push(edit(file, line_of(file, need), String::new()));
    }
    Ok(Signature { name, index: parameters.len() - usize::from(takes_this(file, &parameters)), edits, instead_of })
}

/// The name of a `const` of a function that is nothing but the literal at `need`, and whose place a parameter can take.
fn constant(file: &SourceFile, function: Node<'_>, need: &Range<usize>) -> Option<String> {
    let path = file.path_to(need.clone());
    let at = path.iter().rposition(|node| node.kind() == "variable_declarator")?;
    let (declarator, declaration) = (path[at], *path.get(at.checked_sub(1)?)?);
    let value = declarator.child_by_field_name("value")?;
    let name = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
    let text = file.text_of(name);
    let found = file.name(text);
    let inside = found.declarations.iter().filter(|known| function.byte_range().contains(&known.range.start)).count();
    // Outside of the block it may mean something else.
    let block = path.get(at.checked_sub(2)?)?.byte_range();
    let is_inside = found
        .references
        .iter()
        .filter(|at| function.byte_range().contains(&at.start))
        .all(|at| block.contains(&at.start));
    let line = line_of(file, need);
    let is_alone = file.text[line.clone()].trim() == file.text_of(declaration).trim();
    let is_const = file.text_of(declaration).starts_with("const") && declaration.named_child_count() == 1;
    (value.byte_range() == *need && inside == 1 && is_inside && is_alone && is_const).then(|| text.to_owned())
}

/// The line that the statement around a byte range ends on, from the statement's own line on; its line end included.
fn line_of(file: &SourceFile, need: &Range<usize>) -> Range<usize> {
    let path = file.path_to(need.clone());
    let statement = path.iter().rev().find(|node| node.kind() == "lexical_declaration");
    let range = statement.map_or(need.clone(), |statement| statement.byte_range());
    let end = file.text[range.end..].find('\n').map_or(file.text.len(), |at| range.end + at + 1);
    file.line_start(range.start)..end
}
