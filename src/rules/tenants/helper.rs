//! The function that tells the tenant of a request: the project's own, or one that is brought along.

use tree_sitter::Node;

use crate::edit::{NewFile, Wanted};
use crate::project::RelPath;
use crate::rules::edge::files::Files;
use crate::rules::{is_helper_module, rate_limit};
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// The module that a fix brings along where there is another helper without the function.
const RUNTIME: &str = include_str!("../../../rules/tenants/runtime/tenant.ts");

/// The function that answers 401.
pub const REQUIRE: &str = "requireTenant";
/// The function that checks the token itself.
pub const VERIFYING: &str = "getVerifiedTenant";

/// A function that tells the tenant.
#[derive(Debug, Clone)]
pub struct Helper {
    /// Its module.
    pub path: RelPath,
    /// Its name there.
    pub function: String,
    /// Whether it answers with a promise.
    pub is_async: bool,
    /// The module itself, if it doesn't exist yet.
    pub new_file: Option<NewFile>,
}

/// The helper of the functions folder `base`; `function` is its export.
///
/// # Errors
/// Why it can't be called, as a clause.
pub fn of(files: &Files<'_>, base: &RelPath, function: &str) -> Result<Helper, String> {
    let config = &files.project.config;
    let usual = config.rate_limit.module.get_ref();
    let stated = config.tenants.module.as_ref().map(|module| module.get_ref().as_str());
    let path = |module: &str| base.join(module).ok_or_else(|| format!("{module} is outside of the project"));
    let first = path(stated.unwrap_or(usual))?;
    if files.project.sources.exists(&first) {
        if let Some(helper) = existing(files, &first, function)? {
            return Ok(helper);
        }
        let beside = path("_shared/tenant.ts")?;
        if stated.is_some() || beside == first {
            return Err(format!("{first} exports no `{function}`"));
        }
        if files.project.sources.exists(&beside) {
            return existing(files, &beside, function)?.ok_or_else(|| format!("{beside} exports no `{function}`"));
        }
        return Ok(brought(files, beside, function, with_claim(files, RUNTIME)));
    }
    // The one that checks tokens is in a module of its own: it needs a package for that.
    let is_own = stated.is_some() && first != path(usual)?;
    if is_own || function == VERIFYING {
        let path = if is_own { first } else { path("_shared/tenant.ts")? };
        return Ok(brought(files, path, function, with_claim(files, RUNTIME)));
    }
    Ok(brought(files, first, function, rate_limit::runtime::wrapper(config)))
}

fn brought(files: &Files<'_>, path: RelPath, function: &str, text: String) -> Helper {
    let known = ["getTenantFromJWT", VERIFYING];
    // A function of another name can't be brought along: ours has its own.
    let function = known.into_iter().find(|name| *name == function).unwrap_or(known[0]).to_owned();
    let new_file = (!files.project.sources.exists(&path)).then(|| NewFile { path: path.clone(), text: text.into() });
    Helper { path, is_async: function == VERIFYING, function, new_file }
}

fn with_claim(files: &Files<'_>, text: &str) -> String {
    rate_limit::runtime::with_claim(text, &files.project.config.tenants)
}

/// The export `function` of a module that is there; `None` if it has none.
fn existing(files: &Files<'_>, path: &RelPath, function: &str) -> Result<Option<Helper>, String> {
    let file = files.get(path).ok_or_else(|| format!("{path} can't be read"))?;
    let Some(export) = exports::of(&file).into_iter().find(|export| export.name == function) else { return Ok(None) };
    // Another module's: it is read there.
    if let Target::Other { name, specifier } = &export.target {
        let module = files.project.resolver.resolve(path, specifier);
        let module =
            module.ok_or_else(|| format!("{path} takes `{function}` from {specifier}, which can't be read"))?;
        let found = existing(files, &module, name)?;
        return Ok(found.map(|found| Helper { path: path.clone(), function: function.to_owned(), ..found }));
    }
    let Target::Local(node) = export.target else { return Err(format!("{path} exports no function `{function}`")) };
    let is_async = answers_later(&file, node).map_err(|reason| format!("`{function}` of {path} {reason}"))?;
    Ok(Some(Helper { path: path.clone(), function: function.to_owned(), is_async, new_file: None }))
}

/// Whether a helper checks tokens itself: ours, by the function that does.
pub fn verifies(files: &Files<'_>, helper: &Helper) -> bool {
    let is_ours = || files.get(&helper.path).is_some_and(|file| is_helper_module(&file.text));
    helper.function == VERIFYING && (helper.new_file.is_some() || is_ours())
}

/// Whether a function that takes the request and gives an id, or nothing, gives it as a promise.
fn answers_later(file: &SourceFile, node: Node<'_>) -> Result<bool, String> {
    let function = if node.kind() == "variable_declarator" { node.child_by_field_name("value") } else { Some(node) };
    let function = function.filter(|function| function.child_by_field_name("parameters").is_some());
    let function = function.ok_or("is no function whose parameters can be read")?;
    let mut cursor = function.walk();
    let is_async = function.children(&mut cursor).any(|child| child.kind() == "async");
    let parameters = function.child_by_field_name("parameters");
    let first = parameters.and_then(|list| list.named_child(0));
    let typed = first.and_then(|first| first.child_by_field_name("type")).map(|typed| file.text_of(typed));
    if typed.is_none_or(|typed| typed.trim_start_matches([':', ' ']) != "Request") {
        return Err("doesn't take a `Request`".to_owned());
    }
    let result = function.child_by_field_name("return_type").map(|typed| file.text_of(typed));
    let result = result.ok_or("doesn't say what it gives")?;
    let result = result.trim_start_matches([':', ' ']);
    let inner = result.strip_prefix("Promise<").and_then(|inner| inner.strip_suffix('>'));
    let parts = inner.unwrap_or(result).split('|').map(str::trim);
    if !parts.into_iter().all(|part| matches!(part, "string" | "null" | "undefined")) {
        return Err(format!("gives `{result}`, not an id or nothing"));
    }
    Ok(is_async || inner.is_some())
}

/// What a helper of the project's own does wrong, each as a clause.
pub fn defects(file: &SourceFile, function: &str) -> Vec<&'static str> {
    let export = exports::of(file).into_iter().find(|export| export.name == function);
    let Some(Target::Local(node)) = export.map(|export| export.target) else { return Vec::new() };
    let text = file.text_of(node);
    let checks = [
        (
            text.contains("atob(") && !text.contains("replace"),
            "it reads tokens with plain `atob`, which fails on base64url: some tenants get none",
        ),
        (text.contains("user_metadata"), "it reads `user_metadata`, which users write themselves"),
    ];
    checks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, defect)| defect).collect()
}

/// The local name of `function` in `file`, and what has to be imported for it.
pub fn binding(
    files: &Files<'_>,
    file: &SourceFile,
    helper: &Helper,
    function: &str,
    uses: &[usize],
) -> (String, Wanted) {
    let imports = file.imports();
    let resolver = &files.project.resolver;
    let is_module = |written: &str| resolver.resolve(&file.path, written).as_ref() == Some(&helper.path);
    let known = imports.local_name(function, is_module).map(str::to_owned);
    let local = known.unwrap_or_else(|| {
        let names = [function, "tenantOfRequest", "tenantFromToken"];
        let free = names.into_iter().find(|name| file.name(name).is_free_for_import(uses));
        free.unwrap_or("tenantFromToken2").to_owned()
    });
    let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
    let specifier = files.project.specifier(&file.path, &helper.path, &siblings);
    (local.clone(), Wanted { specifier, imported: function.to_owned(), local })
}
