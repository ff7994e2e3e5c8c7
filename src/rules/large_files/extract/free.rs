//! What a part of the JSX takes from the functions around it.

use std::ops::Range;

use tree_sitter::Node;

use super::super::outline::any_below;
use super::guards::Guards;
use super::region::Region;
use super::types::{Type, Types};
use crate::project::Project;
use crate::syntax::scope::{Declaration, DeclarationKind, Name};
use crate::syntax::source::SourceFile;

/// Something that the component is given.
pub struct Prop {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// The props of a part of the JSX, in the order in which it uses them.
///
/// # Errors
/// What can't be passed, and why, as a clause.
pub fn props(project: &Project, file: &SourceFile, region: &Region<'_>) -> Result<Vec<Prop>, String> {
    let guards = Guards::of(file, region);
    let types = Types { project, file, region };
    let mut props: Vec<Prop> = Vec::new();
    for name in names(file, region) {
        let found = file.name(&name);
        let Some(declaration) = outer(&found, region, &name)? else { continue };
        if matches!(name.as_str(), "key" | "ref") {
            return Err(format!("React keeps the prop `{name}` for itself: rename the variable"));
        }
        check_writes(file, &found, declaration, region, &name)?;
        let ty =
            types.of(declaration, &name).map_err(|reason| format!("the type of `{name}` isn't known: {reason}"))?;
        let ty = guards.narrowed(&name, ty)?;
        check_types(file, &ty, &name)?;
        props.push(Prop { name, ty });
    }
    Ok(props)
}

/// The identifiers in a region, each once.
fn names(file: &SourceFile, region: &Region<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for node in &region.nodes {
        any_below(*node, &mut |it| {
            let is_name = matches!(it.kind(), "identifier" | "shorthand_property_identifier" | "type_identifier");
            if is_name && region.contains(it.start_byte()) && !names.iter().any(|known| known == file.text_of(it)) {
                names.push(file.text_of(it).to_owned());
            }
            false
        });
    }
    names
}

/// The declaration outside of the region, and inside of a function, that a name means in it.
fn outer<'n>(found: &'n Name, region: &Region<'_>, name: &str) -> Result<Option<&'n Declaration>, String> {
    let mut outer: Option<&Declaration> = None;
    for reference in found.references.iter().filter(|it| region.contains(it.start)) {
        let Some(declaration) = found.resolve(reference.start) else { continue };
        if declaration.top_level || region.contains(declaration.range.start) {
            continue;
        }
        if outer.is_some_and(|known| known.range != declaration.range) {
            return Err(format!("`{name}` means two things in it"));
        }
        outer = Some(declaration);
    }
    let local_type = found
        .type_references
        .iter()
        .filter(|it| region.contains(it.start))
        .any(|it| found.resolve_type(it.start).is_some_and(|it| !it.top_level && !region.contains(it.range.start)));
    if local_type {
        return Err(format!("it uses the type `{name}` of the function around it"));
    }
    Ok(outer)
}

/// A prop is what the variable holds when the component is rendered: it must not change in between.
fn check_writes(
    file: &SourceFile,
    found: &Name,
    declaration: &Declaration,
    region: &Region<'_>,
    name: &str,
) -> Result<(), String> {
    let own =
        found.references.iter().filter(|it| found.resolve(it.start).is_some_and(|it| it.range == declaration.range));
    for reference in own.filter(|it| is_written(file, it)) {
        if region.contains(reference.start) {
            return Err(format!("it assigns `{name}`, which belongs to the function around it"));
        }
        if matches!(declaration.kind, DeclarationKind::Let | DeclarationKind::Var | DeclarationKind::Parameter) {
            return Err(format!("`{name}` is assigned more than once"));
        }
    }
    Ok(())
}

/// Whether the name at a byte range is assigned there.
fn is_written(file: &SourceFile, range: &Range<usize>) -> bool {
    let path = file.path_to(range.clone());
    let mut below: Option<Node<'_>> = path.last().copied();
    for node in path.iter().rev().skip(1) {
        match node.kind() {
            "assignment_expression" | "augmented_assignment_expression" => {
                return node.child_by_field_name("left") == below;
            }
            "update_expression" => return true,
            "for_in_statement" => return node.child_by_field_name("left") == below,
            "array_pattern" | "object_pattern" | "pair_pattern" | "rest_pattern" | "parenthesized_expression" => {}
            _ => return false,
        }
        below = Some(*node);
    }
    false
}

/// A type must mean the same in another module.
fn check_types(file: &SourceFile, ty: &Type, name: &str) -> Result<(), String> {
    for source in &ty.sources {
        let Some(node) = file.path_to(source.clone()).last().copied() else { continue };
        let mut local = None;
        any_below(node, &mut |it| {
            let is_name = matches!(it.kind(), "type_identifier" | "identifier") && source.contains(&it.start_byte());
            if is_name {
                let found = file.name(file.text_of(it));
                let declared = found.resolve_type(it.start_byte()).or_else(|| found.resolve(it.start_byte()));
                // What the type itself declares, such as the parameters of a function type, goes with it.
                let is_local = declared.is_some_and(|it| !it.top_level && !source.contains(&it.range.start));
                if is_local {
                    local = Some(file.text_of(it).to_owned());
                }
            }
            local.is_some()
        });
        if let Some(local) = local {
            return Err(format!("the type of `{name}` names `{local}`, which is declared in the function around it"));
        }
    }
    Ok(())
}
