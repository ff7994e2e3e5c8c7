//! Where the request is: the function around a place that has it, or else the one that has to be given the tenant.

use std::ops::Range;

use tree_sitter::Node;

use super::entry::{self, Entry};
use super::files::Files;
use super::handler::{self, is_function};
use super::request::{self, Naming};
use crate::project::RelPath;
use crate::syntax::source::SourceFile;

/// What stands around a place.
#[derive(Debug)]
pub enum Around {
    /// A function that has the request.
    Request(Place),
    /// None that has it; the nearest one that is declared under a name.
    Function(Function),
    /// Neither; why, as a clause.
    Nothing(String),
}

/// A function that is declared under a name: `function f() {}`, `const f = () => {}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// The file.
    pub path: RelPath,
    /// The byte offset of the function itself.
    pub start: usize,
    /// The byte range of its name.
    pub name: (usize, usize),
    /// The name.
    pub called: String,
}

/// A function that has the request.
#[derive(Debug)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// The byte range of the function.
    pub function: Range<usize>,
    /// The request, as an expression.
    pub request: String,
    /// What gives it a name, where it has none yet.
    pub naming: Option<Naming>,
    /// Whether it is the handler of an edge function: what it returns is the answer.
    pub is_handler: bool,
}

/// What stands around the byte `range` of `file`.
pub fn around(files: &Files<'_>, file: &SourceFile, range: &Range<usize>) -> Around {
    let served = served(files, file);
    let path = file.path_to(range.clone());
    let functions: Vec<usize> = (0..path.len()).rev().filter(|index| is_function(path[*index])).collect();
    for index in &functions {
        // What stands among the parameters can't use those behind it.
        let function = path[*index];
        match requested(file, function, served.as_ref(), &path[..*index]) {
            Some(Ok(place)) if sees(file, &place, function, range.start) => return Around::Request(place),
            Some(Ok(place)) => {
                return Around::Nothing(format!("`{}` means something else there", place.request));
            }
            Some(Err(reason)) => return Around::Nothing(reason),
            None => {}
        }
    }
    let declared = functions.iter().find_map(|index| declared(file, &path[..=*index]));
    match (declared, functions.first()) {
        (Some(function), _) => Around::Function(function),
        (None, Some(index)) if path[*index].kind() == "method_definition" => {
            Around::Nothing("it is in a method, whose calls can't all be found".to_owned())
        }
        (None, Some(_)) => Around::Nothing("it is in a function without a name, which something else calls".to_owned()),
        (None, None) => Around::Nothing("it is at the top of the module, where no request is".to_owned()),
    }
}

/// The function that the entry file `file` serves: its byte range, and whether the serve call only names it.
fn served(files: &Files<'_>, file: &SourceFile) -> Option<(Range<usize>, bool)> {
    let folder = files.project.supabase_of(&file.path)?;
    folder.functions.values().find(|function| function.entry == file.path)?;
    let Entry::Serve(serve) = entry::of(files.project, file) else { return None };
    let handler = handler::of(file, serve.slot)?;
    Some((handler.function.byte_range(), handler.declared.is_some() || serve.is_method))
}

/// The request of a function that has it; an error where it has one without a name that can be given.
fn requested(
    file: &SourceFile,
    function: Node<'_>,
    served: Option<&(Range<usize>, bool)>,
    above: &[Node<'_>],
) -> Option<Result<Place, String>> {
    let place = |request: String, naming: Option<Naming>, is_handler: bool| Place {
        path: file.path.clone(),
        function: function.byte_range(),
        request,
        naming,
        is_handler,
    };
    if let Some((_, needs_type)) = served.filter(|(range, _)| *range == function.byte_range()) {
        return Some(request::of(file, function, *needs_type).map(|(name, naming)| place(name, naming, true)));
    }
    if let Some(name) = typed(file, function) {
        return Some(Ok(place(name, None, false)));
    }
    context(file, function, above).map(|context| Ok(place(format!("{context}.req.raw"), None, true)))
}

/// The parameter of a function that is declared as a `Request`.
fn typed(file: &SourceFile, function: Node<'_>) -> Option<String> {
    let list = function.child_by_field_name("parameters")?;
    let mut cursor = list.walk();
    let parameter = list.named_children(&mut cursor).find(|parameter| {
        let typed = parameter.child_by_field_name("type").map(|typed| file.text_of(typed));
        typed.is_some_and(|typed| typed.trim_start_matches([':', ' ']) == "Request")
    })?;
    let pattern = parameter.child_by_field_name("pattern").filter(|pattern| pattern.kind() == "identifier")?;
    Some(file.text_of(pattern).to_owned())
}

/// The context of a route of Hono, whose `req.raw` is the request: `app.post('/orders', async (c) => …)`.
fn context(file: &SourceFile, function: Node<'_>, above: &[Node<'_>]) -> Option<String> {
    const ROUTES: [&str; 8] = ["get", "post", "put", "patch", "delete", "all", "use", "on"];
    let is_hono = |specifier: &str| specifier.contains("hono");
    if !file.imports().statements.iter().any(|import| is_hono(&import.specifier)) {
        return None;
    }
    let [.., call, list] = above else { return None };
    let method = call.child_by_field_name("function")?.child_by_field_name("property")?;
    if list.kind() != "arguments" || !ROUTES.contains(&file.text_of(method)) {
        return None;
    }
    let parameter = match function.child_by_field_name("parameter") {
        Some(bare) => bare,
        None => function.child_by_field_name("parameters")?.named_child(0)?.child_by_field_name("pattern")?,
    };
    (parameter.kind() == "identifier").then(|| file.text_of(parameter).to_owned())
}

/// Whether the request's name means the parameter at a byte offset.
fn sees(file: &SourceFile, place: &Place, function: Node<'_>, offset: usize) -> bool {
    if place.naming.is_some() {
        return true; // The name is a free one.
    }
    let name = place.request.split('.').next().unwrap_or_default();
    let parameters = function.child_by_field_name("parameters").or_else(|| function.child_by_field_name("parameter"));
    let Some(parameters) = parameters else { return false };
    file.name(name).resolve(offset).is_some_and(|declaration| {
        parameters.byte_range().contains(&declaration.range.start) && declaration.range.start < offset
    })
}

/// The function at the end of `path`, if it is declared under a name.
fn declared(file: &SourceFile, path: &[Node<'_>]) -> Option<Function> {
    let [.., parent, function] = path else { return None };
    let name = match function.kind() {
        "function_declaration" => function.child_by_field_name("name")?,
        "arrow_function" | "function_expression" if parent.kind() == "variable_declarator" => {
            parent.child_by_field_name("name").filter(|name| name.kind() == "identifier")?
        }
        _ => return None,
    };
    Some(Function {
        path: file.path.clone(),
        start: function.start_byte(),
        name: (name.start_byte(), name.end_byte()),
        called: file.text_of(name).to_owned(),
    })
}
