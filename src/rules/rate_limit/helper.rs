//! The helper module: how its `withRateLimit` is called, and which tiers it has.

use tree_sitter::Node;

use super::runtime;
use crate::config::{self, RateLimit};
use crate::edit::NewFile;
use crate::project::{Problem, Project, RelPath};
use crate::rules::is_helper_module;
use crate::syntax::Dialect;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// The function that limits.
pub const FUNCTION: &str = "withRateLimit";
/// The object of tiers.
pub const LIMITS: &str = "RateLimits";
/// What makes a tier one of each user, in the module that a fix brings along.
pub const PER_USER: &str = "perUser";

/// How the helper is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// It is asked at the start of the handler.
    Guard,
    /// It is wrapped around the handler.
    Wrapper,
}

/// What stands in one place of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// The request.
    Request,
    /// The function's name.
    Name,
    /// The tier.
    Limits,
    /// The handler.
    Handler,
}

/// A helper module that can be called.
#[derive(Debug)]
pub struct Helper {
    /// Where it is.
    pub path: RelPath,
    /// How it is called.
    pub style: Style,
    /// What it is called with, in order.
    pub arguments: Vec<Argument>,
    /// Whether it can tell users apart.
    pub has_per_user: bool,
    /// The module itself, if it doesn't exist yet.
    pub new_file: Option<NewFile>,
    tiers: Vec<String>,
}

impl Helper {
    /// The helper of the functions folder `base`, be it there or not.
    ///
    /// # Errors
    /// Why it can't be called, for reports.
    pub fn of(project: &Project, base: &RelPath) -> Result<Helper, Problem> {
        let path = base.join(project.config.rate_limit.module.get_ref()).unwrap_or_else(|| base.clone());
        Helper::at(project, path)
    }

    /// The helper at `path`.
    ///
    /// # Errors
    /// Why it can't be called, for reports.
    pub fn at(project: &Project, path: RelPath) -> Result<Helper, Problem> {
        let options = &project.config.rate_limit;
        let problem = |reason: String| Problem {
            path: Some(path.clone()),
            message: format!(
                "can't be used as the rate limit helper: {reason}; name another `module` under [rate-limit] in phase2.toml"
            ),
        };
        if !project.sources.exists(&path) {
            return Ok(Helper {
                new_file: Some(NewFile { path: path.clone(), text: runtime::wrapper(&project.config).into() }),
                path,
                style: Style::Wrapper,
                arguments: vec![Argument::Name, Argument::Limits, Argument::Handler],
                has_per_user: true,
                tiers: options.tiers.keys().cloned().collect(),
            });
        }
        let text = project.sources.read(&path).map_err(|error| problem(error.to_string()))?;
        let dialect = Dialect::of(&path).ok_or_else(|| problem("it is not TypeScript".to_owned()))?;
        let file = SourceFile::parse(path.clone(), text, dialect);
        let function = exported(&file, FUNCTION).ok_or_else(|| problem(format!("it exports no `{FUNCTION}`")))?;
        let (style, arguments) = signature(&file, function, options).map_err(problem)?;
        let tiers = exported(&file, LIMITS).and_then(|limits| keys(&file, limits));
        let tiers = tiers.ok_or_else(|| problem(format!("it exports no object `{LIMITS}` of tiers")))?;
        let has_per_user = is_helper_module(&file.text) && exported(&file, PER_USER).is_some();
        Ok(Helper { path, style, arguments, has_per_user, new_file: None, tiers })
    }

    /// The key of a tier in its `RateLimits`, which may be written in another case.
    pub fn tier(&self, tier: &str) -> Option<&str> {
        let exact = self.tiers.iter().find(|known| *known == tier);
        exact.or_else(|| self.tiers.iter().find(|known| known.eq_ignore_ascii_case(tier))).map(String::as_str)
    }

    /// The keys of its `RateLimits`.
    pub fn tier_names(&self) -> Vec<&str> {
        self.tiers.iter().map(String::as_str).collect()
    }
}

fn exported<'t>(file: &'t SourceFile, name: &str) -> Option<Node<'t>> {
    exports::of(file).into_iter().find_map(|export| match export.target {
        Target::Local(node) if export.name == name => Some(node),
        _ => None,
    })
}

/// The keys of an object literal that a `const` holds, whatever it is cast to.
fn keys(file: &SourceFile, declarator: Node<'_>) -> Option<Vec<String>> {
    let mut value = declarator.child_by_field_name("value")?;
    while matches!(
        value.kind(),
        "as_expression" | "satisfies_expression" | "parenthesized_expression" | "call_expression"
    ) {
        value = match value.child_by_field_name("arguments") {
            Some(arguments) => arguments.named_child(0)?, // Object.freeze({ … })
            None => value.named_child(0)?,
        };
    }
    let mut cursor = value.walk();
    let entries: Vec<Node<'_>> = value.named_children(&mut cursor).collect();
    let keys = entries.into_iter().filter_map(|entry| match entry.kind() {
        "pair" => entry.child_by_field_name("key"),
        "shorthand_property_identifier" => Some(entry),
        _ => None,
    });
    let keys: Vec<String> = keys.map(|key| file.text_of(key).trim_matches(['\'', '"']).to_owned()).collect();
    (value.kind() == "object" && !keys.is_empty()).then_some(keys)
}

/// How a function is called, by its parameters.
fn signature(file: &SourceFile, node: Node<'_>, options: &RateLimit) -> Result<(Style, Vec<Argument>), String> {
    let function = if node.kind() == "variable_declarator" { node.child_by_field_name("value") } else { Some(node) };
    let parameters = function.and_then(|function| function.child_by_field_name("parameters"));
    let (Some(function), Some(parameters)) = (function, parameters) else {
        return Err(format!("its `{FUNCTION}` is no function whose parameters can be read"));
    };
    let mut cursor = parameters.walk();
    let list: Vec<Node<'_>> =
        parameters.named_children(&mut cursor).filter(|node| node.kind().ends_with("_parameter")).collect();
    let mut arguments = Vec::new();
    for parameter in list {
        let found = argument(file, parameter).filter(|found| !arguments.contains(found));
        let is_optional = parameter.kind() == "optional_parameter" || parameter.child_by_field_name("value").is_some();
        match found {
            Some(found) => arguments.push(found),
            None if is_optional => break,
            None => {
                return Err(format!("its `{FUNCTION}` wants `{}`, which nobody here knows", file.text_of(parameter)));
            }
        }
    }
    let has = |argument: Argument| arguments.contains(&argument);
    let style = match (has(Argument::Handler), has(Argument::Request)) {
        (true, false) => Style::Wrapper,
        (false, true) => Style::Guard,
        _ => return Err(format!("its `{FUNCTION}` takes neither a handler nor a request")),
    };
    if options.style.is_some_and(|stated| (stated == config::LimiterStyle::Guard) != (style == Style::Guard)) {
        return Err(format!("its `{FUNCTION}` isn't called in the style that phase2.toml states"));
    }
    if !has(Argument::Limits) {
        return Err(format!("its `{FUNCTION}` takes no tier"));
    }
    let result = function.child_by_field_name("return_type").map(|result| file.text_of(result));
    let gives_response = match result {
        Some(result) => result.contains("Response") && (result.contains("null") || result.contains("undefined")),
        None => file.text_of(function).contains("return null"),
    };
    if style == Style::Guard && !gives_response {
        return Err(format!("its `{FUNCTION}` gives back something else than a Response or null"));
    }
    Ok((style, arguments))
}

/// What a parameter is for.
fn argument(file: &SourceFile, parameter: Node<'_>) -> Option<Argument> {
    let name = file.text_of(parameter.child_by_field_name("pattern")?).to_ascii_lowercase();
    let typed = parameter.child_by_field_name("type").map(|typed| file.text_of(typed).trim_start_matches([':', ' ']));
    let typed = typed.unwrap_or_default();
    let is_named = |names: &[&str]| names.iter().any(|known| name.contains(known));
    if typed.contains("=>") || typed.contains("Handler") || is_named(&["handler", "next", "callback"]) {
        return Some(Argument::Handler);
    }
    if typed == "Request" || typed.is_empty() && matches!(name.as_str(), "req" | "request") {
        return Some(Argument::Request);
    }
    if typed == "string" || typed.is_empty() && is_named(&["name", "key", "bucket", "scope", "endpoint"]) {
        return is_named(&["name", "key", "bucket", "scope", "endpoint", "function", "route", "id"])
            .then_some(Argument::Name);
    }
    is_named(&["config", "limit", "tier", "option", "rate"]).then_some(Argument::Limits)
}
