//! The edits that limit a handler, and the names that they need.

use std::ops::Range;

use super::helper::{Argument, FUNCTION, Helper, LIMITS, PER_USER};
use crate::edit::{Edit, Wanted};
use crate::project::{Project, RelPath};
use crate::rules::edge::entry::Serve;
use crate::syntax::source::SourceFile;

/// The names by which a file reaches the helper.
pub struct Bindings {
    /// That of `withRateLimit`.
    pub function: String,
    /// That of `RateLimits`.
    pub limits: String,
    /// That of `perUser`.
    pub per_user: String,
    specifier: String,
}

/// A call of the helper that is to be written.
pub struct Call<'a> {
    /// The edge function's name.
    pub name: &'a str,
    /// The tier, as it is written.
    pub limits: &'a str,
    /// The local name of `withRateLimit`.
    pub function: &'a str,
}

impl Bindings {
    /// The names in `file`, whose new calls stand at about the byte `offset`.
    pub fn of(project: &Project, file: &SourceFile, helper: &Helper, offset: usize) -> Bindings {
        let imports = file.imports();
        let is_module = |written: &str| project.resolver.resolve(&file.path, written).as_ref() == Some(&helper.path);
        let name = |exported: &str, alias: &str| {
            if let Some(known) = imports.local_name(exported, is_module) {
                return known.to_owned();
            }
            let numbered = (2..).map(|number| format!("{alias}{number}"));
            let mut names = [exported.to_owned(), alias.to_owned()].into_iter().chain(numbered);
            names.find(|name| file.name(name).is_free_for_import(&[offset])).unwrap_or_else(|| alias.to_owned())
        };
        let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
        Bindings {
            function: name(FUNCTION, "limitRate"),
            limits: name(LIMITS, "rateTiers"),
            per_user: name(PER_USER, "ratePerUser"),
            specifier: project.specifier(&file.path, &helper.path, &siblings),
        }
    }

    /// The imports that a fix wants.
    pub fn wanted(&self, path: &RelPath, is_per_user: bool) -> Vec<(RelPath, Wanted)> {
        let names = [(FUNCTION, &self.function), (LIMITS, &self.limits), (PER_USER, &self.per_user)];
        let names = names.into_iter().filter(|(imported, _)| is_per_user || *imported != PER_USER);
        names
            .map(|(imported, local)| {
                let wanted =
                    Wanted { specifier: self.specifier.clone(), imported: imported.to_owned(), local: local.clone() };
                (path.clone(), wanted)
            })
            .collect()
    }
}

/// An edit of `file`.
pub fn edit(file: &SourceFile, range: Range<usize>, text: String) -> Edit {
    Edit { path: file.path.clone(), range, text }
}

/// The call of the helper, with `handler` and `request` where it takes them; what stands before and behind `handler`.
pub fn call_around(file: &SourceFile, helper: &Helper, call: &Call<'_>, request: &str) -> (String, String) {
    let argument = |argument: &Argument| match argument {
        Argument::Request => request.to_owned(),
        Argument::Name => file.style().quoted(call.name),
        Argument::Limits => call.limits.to_owned(),
        Argument::Handler => String::new(),
    };
    let at = helper.arguments.iter().position(|argument| *argument == Argument::Handler);
    let (before, behind) = helper.arguments.split_at(at.unwrap_or(helper.arguments.len()));
    let before: Vec<String> = before.iter().map(argument).collect();
    let behind: Vec<String> = behind.iter().skip(1).map(argument).collect();
    let lead = if at.is_some() && !before.is_empty() { ", " } else { "" };
    let tail: String = behind.iter().map(|argument| format!(", {argument}")).collect();
    (format!("{}({}{lead}", call.function, before.join(", ")), format!("{tail})"))
}

/// Wraps the expression that is served.
pub fn wrap(file: &SourceFile, serve: &Serve<'_>, helper: &Helper, call: &Call<'_>) -> Vec<Edit> {
    let (before, behind) = call_around(file, helper, call, "");
    let slot = serve.slot;
    if !serve.is_method {
        return vec![
            edit(file, slot.start_byte()..slot.start_byte(), before),
            edit(file, slot.end_byte()..slot.end_byte(), behind),
        ];
    }
    // `fetch(req) { … }` becomes `fetch: withRateLimit(…, function (req) { … })`, which keeps its `this`.
    let name = slot.child_by_field_name("name").map_or(slot.start_byte()..slot.start_byte(), |name| name.byte_range());
    let is_async = file.text[slot.start_byte()..name.start].contains("async");
    let function = if is_async { "async function" } else { "function" };
    let written = format!("{}: {before}{function} ", file.text[name.clone()].trim());
    vec![edit(file, slot.start_byte()..name.end, written), edit(file, slot.end_byte()..slot.end_byte(), behind)]
}
