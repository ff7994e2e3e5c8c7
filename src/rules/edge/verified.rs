//! Whether somebody has checked a request's token before a place is reached.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::files::Files;
use super::handler::statements;
use super::place::Place;
use crate::project::RelPath;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// Calls that check a token.
const CHECKS: [&str; 4] = ["auth.getUser(", "auth.getClaims(", "getClaims(", "jwtVerify("];

/// Who checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The platform, before the function runs.
    ByPlatform,
    /// The function itself, up to a byte offset.
    ByCode {
        /// The end of the statement that refuses.
        end: usize,
    },
    /// The helper, when it is asked for the tenant.
    ByHelper,
    /// Nobody.
    No,
}

/// Who has checked the token of the request of `place` when the first of `uses` is reached.
pub fn of(files: &Files<'_>, file: &SourceFile, place: &Place, uses: &[Range<usize>]) -> Verified {
    if by_platform(files, &file.path) {
        return Verified::ByPlatform;
    }
    let path = file.path_to(place.function.clone());
    let function = path.iter().rev().find(|node| node.byte_range() == place.function);
    let body = function.and_then(|function| function.child_by_field_name("body"));
    let Some(first) = uses.iter().map(|range| range.start).min() else { return Verified::No };
    match body.filter(|body| body.kind() == "statement_block").and_then(|body| check(file, body, first)) {
        Some(end) => Verified::ByCode { end },
        None => Verified::No,
    }
}

/// Whether the platform checks the tokens for the edge function that `path` belongs to, or for all that share it.
pub fn by_platform(files: &Files<'_>, path: &RelPath) -> bool {
    if files.project.deployment().skips_verification {
        return false;
    }
    let Some(folder) = files.project.supabase_of(path) else { return false };
    if let Some(function) = folder.function_of(path).and_then(|name| folder.functions.get(name)) {
        return function.verify_jwt != Some(false);
    }
    let open = folder.functions.values().filter(|function| function.verify_jwt == Some(false));
    !open.into_iter().any(|function| reaches(files, &function.entry, path))
}

/// Whether the module at `from` imports the one at `to`, directly or not.
fn reaches(files: &Files<'_>, from: &RelPath, to: &RelPath) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from.clone()];
    while let Some(path) = waiting.pop() {
        if path == *to {
            return true;
        }
        if !seen.insert(path.clone()) {
            continue;
        }
        let Some(file) = files.get(&path) else { continue };
        let exported = exports::of(&file).into_iter().filter_map(|export| match export.target {
            Target::Other { specifier, .. } => Some(specifier),
            _ => None,
        });
        let imported = file.imports().statements.iter().map(|import| import.specifier.clone());
        let modules =
            imported.chain(exported).filter_map(|specifier| files.project.resolver.resolve(&path, &specifier));
        waiting.extend(modules);
    }
    false
}

/// The end of the statement by which a block, or one around `offset` in it, has refused whoever has no valid token.
fn check(file: &SourceFile, block: Node<'_>, offset: usize) -> Option<usize> {
    let before: Vec<Node<'_>> =
        statements(block).into_iter().filter(|statement| statement.end_byte() <= offset).collect();
    for (index, statement) in before.iter().enumerate() {
        let text = file.text_of(*statement);
        if statement.kind() != "lexical_declaration" || !CHECKS.iter().any(|check| text.contains(check)) {
            continue;
        }
        // It throws by itself.
        if text.contains("jwtVerify(") && text.contains("await") {
            return Some(statement.end_byte());
        }
        let names = bound(file, *statement);
        let refuses = |other: &&Node<'_>| {
            let condition = other.child_by_field_name("condition").map(|node| file.text_of(node)).unwrap_or_default();
            let answer = other.child_by_field_name("consequence").map(|node| file.text_of(node)).unwrap_or_default();
            // `if (user) return …` lets the others go on.
            let is_asked = names.iter().any(|name| is_refused(condition, name));
            other.kind() == "if_statement" && is_asked && (answer.contains("return") || answer.contains("throw"))
        };
        if let Some(refusal) = before[index + 1..].iter().find(refuses) {
            return Some(refusal.end_byte());
        }
    }
    let inner = statements(block).into_iter().find(|statement| statement.byte_range().contains(&offset))?;
    let body = inner.child_by_field_name("body").filter(|_| inner.kind() == "try_statement")?;
    check(file, body, offset)
}

/// Whether a condition holds where a check has failed: nobody is there, or an error is.
fn is_refused(condition: &str, name: &str) -> bool {
    let squeezed: String = condition.split_whitespace().collect();
    // `!user && isPrivate` lets some of them go on.
    if squeezed.contains("&&") {
        return false;
    }
    let is_error =
        name.to_ascii_lowercase().contains("err") && squeezed.contains(name) && !squeezed.contains(&format!("!{name}"));
    let is_nobody =
        [format!("!{name}"), format!("{name}==null"), format!("{name}===null"), format!("{name}===undefined")];
    is_error || is_nobody.iter().any(|asked| squeezed.contains(asked.as_str()))
}

/// The names that a declaration binds.
fn bound<'t>(file: &'t SourceFile, declaration: Node<'_>) -> Vec<&'t str> {
    let pattern = declaration.named_child(0).and_then(|declarator| declarator.child_by_field_name("name"));
    let text = pattern.map(|pattern| file.text_of(pattern)).unwrap_or_default();
    let names = text.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'));
    names.filter(|name| !name.is_empty() && *name != "data").collect()
}
