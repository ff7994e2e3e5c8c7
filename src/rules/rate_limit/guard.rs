//! The guard style: the helper is asked in the handler, behind the preflight and before all else.

use std::ops::Range;

use tree_sitter::Node;

use super::edits::{Call, call_around, edit};
use super::helper::Helper;
use super::limited::Guard;
use super::violation;
use crate::edit::{Edit, Fix};
use crate::project::Project;
use crate::rules::Violation;
use crate::rules::edge::entry::Serve;
use crate::rules::edge::handler::{self, Handler, core, statements};
use crate::rules::edge::preflight::{self, Preflight};
use crate::rules::edge::request::{self, Naming, at_start, free_name, has_child, line_end};
use crate::syntax::source::SourceFile;

/// The edits that put a guard into the handler.
///
/// # Errors
/// The reason why there is no place for it.
pub fn insert(
    project: &Project,
    file: &SourceFile,
    serve: &Serve<'_>,
    helper: &Helper,
    call: &Call<'_>,
) -> Result<Vec<Edit>, String> {
    match handler::of(file, serve.slot) {
        Some(handler) => Draft::of(file, serve, handler, helper, call)?.edits(),
        None => around(project, file, serve.slot, helper, call),
    }
}

/// A handler without a body here, `app.fetch`, gets a function around it that lets preflights through.
fn around(
    project: &Project,
    file: &SourceFile,
    slot: Node<'_>,
    helper: &Helper,
    call: &Call<'_>,
) -> Result<Vec<Edit>, String> {
    if !matches!(core(slot).kind(), "identifier" | "member_expression") {
        let made = file.text_of(slot).split(['(', '\n']).next().unwrap_or_default();
        return Err(format!("its handler is made by `{made}`, which has no body that a guard could stand in"));
    }
    let (asked, behind) = call_around(file, helper, call, "req");
    let style = file.style();
    let (newline, end) = (style.newline, if style.semicolons { ";" } else { "" });
    let outer = file.indent_at(slot.start_byte());
    let inner = format!("{outer}{}", style.indent);
    let options = style.quoted("OPTIONS");
    // What stands behind the request is handed on, unless the handler is known to take nothing else.
    let arguments = if handler::takes_one(project, file, slot) { "req" } else { "req, info" };
    let before = format!(
        "async ({arguments}) => {{{newline}{inner}const limited = req.method === {options} ? null : await {asked}{behind}{end}{newline}\
         {inner}if (limited) return limited{end}{newline}{inner}return "
    );
    Ok(vec![
        edit(file, slot.start_byte()..slot.start_byte(), before),
        edit(file, slot.end_byte()..slot.end_byte(), format!("({arguments}){end}{newline}{outer}}}")),
    ])
}

/// All that is known of a guard to be written.
struct Draft<'a, 't> {
    file: &'t SourceFile,
    function: Node<'t>,
    body: Node<'t>,
    helper: &'a Helper,
    call: &'a Call<'a>,
    /// The name of the request.
    request: String,
    /// What gives it that name.
    naming: Option<Naming>,
    limited: String,
}

impl<'a, 't> Draft<'a, 't> {
    fn of(
        file: &'t SourceFile,
        serve: &Serve<'t>,
        handler: Handler<'t>,
        helper: &'a Helper,
        call: &'a Call<'a>,
    ) -> Result<Draft<'a, 't>, String> {
        let function = handler.function;
        let body = function.child_by_field_name("body").ok_or("its handler has no body")?;
        if has_child(function, "*") {
            return Err("its handler is a generator".to_owned());
        }
        if !has_child(function, "async")
            && let Some(declared) = handler.declared
        {
            if declared.child_by_field_name("type").is_some() {
                return Err("its handler's type is declared, and would have to become async".to_owned());
            }
            let name = declared.child_by_field_name("name").map(|name| file.text_of(name)).unwrap_or_default();
            let found = file.name(name);
            let others = found.references.iter().filter(|range| !serve.slot.byte_range().contains(&range.start));
            let mut others = others.filter(|range| !is_export(file, range.start));
            if others.next().is_some() {
                return Err("its handler is used elsewhere, too, and would have to become async".to_owned());
            }
        }
        let (request, naming) = request::of(file, function, handler.declared.is_some() || serve.is_method)?;
        let limited = free_name(file, function, &["limited", "rateLimited", "tooMany", "limitedResponse"])
            .ok_or("all names for its answer are taken")?;
        Ok(Draft { file, function, body, helper, call, request, naming, limited })
    }

    fn edits(&self) -> Result<Vec<Edit>, String> {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        if !has_child(self.function, "async") {
            let at = self.function.start_byte();
            edits.push((at..at, "async ".to_owned()));
            edits.extend(self.promised());
        }
        let destructuring = self.naming.as_ref().and_then(|naming| naming.statement.clone());
        edits.extend(self.naming.as_ref().map(|naming| naming.edit.clone()));
        if self.body.kind() != "statement_block" {
            edits.extend(self.as_block(destructuring));
        } else {
            edits.extend(self.in_block(destructuring));
        }
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        Ok(edits.into_iter().map(|(range, text)| edit(self.file, range, text)).collect())
    }

    /// The return type of a function that becomes async.
    fn promised(&self) -> Option<(Range<usize>, String)> {
        let annotation = self.function.child_by_field_name("return_type")?.named_child(0)?;
        let text = self.file.text_of(annotation);
        let parts: Vec<&str> = text.split('|').map(str::trim).filter(|part| !part.starts_with("Promise<")).collect();
        let is_promise = parts.is_empty();
        (!is_promise).then(|| (annotation.byte_range(), format!("Promise<{}>", parts.join(" | "))))
    }

    /// The two lines of the guard. `is_lenient` lets preflights pass by, where they aren't answered before.
    fn lines(&self, is_lenient: bool) -> [String; 2] {
        let (asked, behind) = call_around(self.file, self.helper, self.call, &self.request);
        let (limited, request) = (&self.limited, &self.request);
        let end = self.end();
        let preflight = if is_lenient {
            format!("{request}.method === {} ? null : ", self.file.style().quoted("OPTIONS"))
        } else {
            String::new()
        };
        [
            format!("const {limited} = {preflight}await {asked}{behind}{end}"),
            format!("if ({limited}) return {limited}{end}"),
        ]
    }

    fn end(&self) -> &'static str {
        if self.file.style().semicolons { ";" } else { "" }
    }

    /// `(req) => answer(req)` as a block.
    fn as_block(&self, destructuring: Option<String>) -> Vec<(Range<usize>, String)> {
        let newline = self.file.style().newline;
        let outer = self.file.indent_at(self.function.start_byte());
        let inner = format!("{outer}{}", self.file.style().indent);
        let has_options = self.file.text_of(self.body).contains("OPTIONS");
        let lines = destructuring.into_iter().chain(self.lines(has_options));
        let lines: String = lines.map(|line| format!("{newline}{inner}{line}")).collect();
        let (start, end) = (self.body.start_byte(), self.body.end_byte());
        vec![
            (start..start, format!("{{{lines}{newline}{inner}return ")),
            (end..end, format!("{}{newline}{outer}}}", self.end())),
        ]
    }

    fn in_block(&self, destructuring: Option<String>) -> Vec<(Range<usize>, String)> {
        let newline = self.file.style().newline;
        let preflight = preflight::of(self.file, self.body);
        let Preflight::Behind { statement } = preflight else {
            let lines = destructuring.into_iter().chain(self.lines(matches!(preflight, Preflight::Somewhere)));
            let lines: Vec<String> = lines.collect();
            // The guard stands apart from what follows.
            return at_start(self.file, self.function, self.body, &lines, true);
        };
        let indent = self.file.indent_at(statement.start_byte());
        let lines: String = self.lines(false).iter().map(|line| format!("{newline}{indent}{line}")).collect();
        let at = line_end(self.file, statement.end_byte());
        let mut edits = match at {
            Some(at) => vec![(at..at, format!("{newline}{lines}"))],
            // Code stands behind it on the line.
            None => {
                let end = statement.end_byte();
                let blank = self.file.text[end..].len() - self.file.text[end..].trim_start_matches(' ').len();
                vec![(end..end + blank, format!("{newline}{lines}{newline}{indent}"))]
            }
        };
        if let Some(destructuring) = destructuring {
            edits.extend(at_start(self.file, self.function, self.body, &[destructuring], false));
        }
        edits
    }
}

/// Whether what is named at a byte offset is only exported there.
fn is_export(file: &SourceFile, offset: usize) -> bool {
    let path = file.path_to(offset..offset + 1);
    path.iter().rev().nth(1).is_some_and(|parent| matches!(parent.kind(), "export_statement" | "export_specifier"))
}

/// A guard before the preflight: it counts preflights, and its answer to them has no CORS headers.
pub fn misplaced(file: &SourceFile, guard: &Guard<'_>) -> Option<Violation> {
    let body = guard.function.child_by_field_name("body").filter(|body| body.kind() == "statement_block")?;
    let statement = guard.statement?;
    let Preflight::Behind { statement: preflight } = preflight::of(file, body) else { return None };
    if guard.call.start_byte() > preflight.start_byte() {
        return None;
    }
    let message =
        "its rate limit stands before the preflight, which it counts and refuses without CORS headers".to_owned();
    let all = statements(body);
    let at = all.iter().position(|known| known.id() == statement.id());
    let pair = at.and_then(|at| Some((all[at], *all.get(at + 1)?)));
    let is_plain = |(first, second): &(Node<'_>, Node<'_>)| {
        let name = first.named_child(0).and_then(|declarator| declarator.child_by_field_name("name"));
        let name = name.map(|name| file.text_of(name)).unwrap_or_default();
        let answer: String = file.text_of(*second).split_whitespace().collect();
        let expected = [
            format!("if({name})return{name};"),
            format!("if({name})return{name}"),
            format!("if({name}){{return{name};}}"),
        ];
        first.kind() == "lexical_declaration" && expected.contains(&answer)
    };
    let Some((first, second)) = pair.filter(is_plain).filter(|(_, second)| second.end_byte() < preflight.start_byte())
    else {
        let help = "no fix: move it behind the preflight".to_owned();
        return Some(violation(file, statement.byte_range(), message, help));
    };
    let newline = file.style().newline;
    let indent = file.indent_at(preflight.start_byte());
    let moved = format!("{newline}{newline}{indent}{}{newline}{indent}{}", file.text_of(first), file.text_of(second));
    let line_start = file.line_start(first.start_byte());
    let mut end = second.end_byte();
    end += file.text[end..].find('\n').map_or(0, |at| at + 1);
    // With the blank line behind it.
    end += file.text[end..].len() - file.text[end..].trim_start_matches(['\n', '\r']).len();
    let Some(to) = line_end(file, preflight.end_byte()).filter(|_| file.text[second.end_byte()..end].trim().is_empty())
    else {
        let help = "no fix: move it behind the preflight".to_owned();
        return Some(violation(file, statement.byte_range(), message, help));
    };
    let edits = vec![edit(file, line_start..end, String::new()), edit(file, to..to, moved)];
    let help = "move it behind the preflight".to_owned();
    Some(Violation { fix: Some(Fix::safe(edits)), ..violation(file, statement.byte_range(), message, help) })
}
