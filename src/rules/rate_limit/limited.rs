//! Whether an edge function is limited already, and by what.

use tree_sitter::Node;

use super::helper::{Argument, FUNCTION, Helper};
use crate::config::RateLimit;
use crate::project::{Project, RelPath};
use crate::rules::edge::entry::Serve;
use crate::rules::edge::handler::{self, arguments, core};
use crate::syntax::imports::{Binding, Import};
use crate::syntax::source::SourceFile;

/// What is asked again and again of one entry file.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub project: &'a Project,
    pub file: &'a SourceFile,
    /// `None` if there is none that can be called.
    pub helper: Option<&'a Helper>,
    pub options: &'a RateLimit,
}

/// By what a function is limited.
#[derive(Debug)]
pub enum Limited<'t> {
    /// By the helper.
    ByHelper {
        /// The call.
        call: Node<'t>,
        /// The argument that is the tier.
        tier: Option<Node<'t>>,
        /// The bucket's name, if it is written there.
        name: Option<Node<'t>>,
        /// The guard in the handler; `None` for a wrapper.
        guard: Option<Guard<'t>>,
    },
    /// By something else, in words.
    Otherwise(String),
}

/// `const limited = await withRateLimit(…); if (limited) return limited;`
#[derive(Debug)]
pub struct Guard<'t> {
    /// The handler.
    pub function: Node<'t>,
    /// The call of the helper.
    pub call: Node<'t>,
    /// The statement that the call is in, of the handler's own block.
    pub statement: Option<Node<'t>>,
}

/// By what the function that `serve` serves is limited.
pub fn of<'t>(cx: &Context<'t>, serve: &Serve<'t>) -> Option<Limited<'t>> {
    by_wrapper(cx, serve.slot).or_else(|| in_file(cx, serve)).or_else(|| in_import(cx, serve.slot))
}

/// A wrapper around the handler, or an option of one.
fn by_wrapper<'t>(cx: &Context<'t>, slot: Node<'t>) -> Option<Limited<'t>> {
    let mut waiting = vec![slot];
    while let Some(node) = waiting.pop().map(core) {
        if node.kind() != "call_expression" {
            continue;
        }
        let (Some(function), Some(list)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            continue;
        };
        let callee = cx.file.text_of(function);
        if let Some((import, binding)) = cx.file.imports().of_local(callee) {
            if is_helper(cx, import, binding) {
                return Some(by_helper(cx, node, None));
            }
            if cx.options.limiters.contains(&binding.imported) {
                return Some(Limited::Otherwise(format!("`{callee}` of {}", import.specifier)));
            }
        }
        let mut cursor = list.walk();
        let arguments: Vec<Node<'t>> = list.named_children(&mut cursor).collect();
        if let Some(option) = arguments.iter().find_map(|argument| limiting_option(cx, *argument)) {
            return Some(Limited::Otherwise(format!("the option `{option}` of `{callee}`")));
        }
        waiting.extend(arguments);
    }
    None
}

/// The wrapper around the handler, and its module, that seems to limit by itself: the module answers 429 and speaks of rates.
pub fn seemingly(cx: &Context<'_>, serve: &Serve<'_>) -> Option<(String, RelPath)> {
    let mut waiting = vec![serve.slot];
    while let Some(node) = waiting.pop().map(core) {
        let Some(function) = node.child_by_field_name("function").filter(|_| node.kind() == "call_expression") else {
            continue;
        };
        let name = cx.file.text_of(function);
        let module = cx.file.imports().of_local(name);
        let module = module.and_then(|(import, _)| cx.project.resolver.resolve(&cx.file.path, &import.specifier));
        if let Some(module) = module.filter(|module| answers_too_many(cx.project, module)) {
            return Some((name.to_owned(), module));
        }
        let list = node.child_by_field_name("arguments");
        waiting.extend(list.into_iter().flat_map(|list| list.named_children(&mut list.walk()).collect::<Vec<_>>()));
    }
    None
}

/// Whether a module has the status 429, and words for what it is about.
fn answers_too_many(project: &Project, module: &RelPath) -> bool {
    const WORDS: [&str; 4] = ["ratelimit", "rate_limit", "rate limit", "too many"];
    let Ok(text) = project.sources.read(module) else { return false };
    let text = text.to_ascii_lowercase();
    text.contains("429") && WORDS.iter().any(|word| text.contains(word))
}

/// `rateLimit` in `{ rateLimit: { … } }`
fn limiting_option<'t>(cx: &Context<'t>, argument: Node<'t>) -> Option<&'t str> {
    let mut cursor = argument.walk();
    let entries: Vec<Node<'t>> = argument.named_children(&mut cursor).collect();
    entries.into_iter().filter(|_| argument.kind() == "object").find_map(|entry| {
        let key = cx.file.text_of(entry.child_by_field_name("key")?);
        let value = cx.file.text_of(entry.child_by_field_name("value")?);
        let is_on = !matches!(value, "false" | "null" | "undefined");
        (is_on && cx.options.options.iter().any(|option| option == key)).then_some(key)
    })
}

/// A call in the file: a guard in the handler, or any limiter whose answer the code follows.
fn in_file<'t>(cx: &Context<'t>, serve: &Serve<'t>) -> Option<Limited<'t>> {
    let handler = handler::of(cx.file, serve.slot).map(|handler| handler.function);
    for import in &cx.file.imports().statements {
        for binding in import.bindings.iter().filter(|binding| !binding.type_only) {
            let is_helper = is_helper(cx, import, binding);
            if !is_helper && !cx.options.limiters.contains(&binding.imported) {
                continue;
            }
            let name = cx.file.name(&binding.local);
            for range in &name.references {
                let Some(call) = call_at(cx.file, range.start) else { continue };
                if !is_followed(cx.file, call) {
                    continue;
                }
                if is_helper {
                    let function = handler.filter(|function| function.byte_range().contains(&call.start_byte()));
                    let guard = function.map(|function| Guard {
                        function,
                        call,
                        statement: statement_of(cx.file, function, call),
                    });
                    return Some(by_helper(cx, call, guard));
                }
                return Some(Limited::Otherwise(format!("`{}` of {}", binding.local, import.specifier)));
            }
        }
    }
    // A limiter of the file's own.
    cx.options.limiters.iter().find_map(|limiter| {
        let name = cx.file.name(limiter);
        let is_own = |range: &std::ops::Range<usize>| {
            let declaration = name.resolve(range.start);
            let is_import = declaration.is_some_and(|declaration| {
                matches!(declaration.kind, crate::syntax::scope::DeclarationKind::Import { .. })
            });
            declaration.is_some() && !is_import
        };
        let calls =
            name.references.iter().filter(|range| is_own(range)).filter_map(|range| call_at(cx.file, range.start));
        let followed = calls.into_iter().any(|call| is_followed(cx.file, call));
        followed.then(|| Limited::Otherwise(format!("its own `{limiter}`")))
    })
}

/// A handler that another file has, and that limits there.
fn in_import<'t>(cx: &Context<'t>, slot: Node<'t>) -> Option<Limited<'t>> {
    let slot = core(slot);
    let name = cx
        .file
        .text_of(slot)
        .split('.')
        .next()
        .filter(|_| matches!(slot.kind(), "identifier" | "member_expression"))?;
    let (import, _) = cx.file.imports().of_local(name)?;
    let path = cx.project.resolver.resolve(&cx.file.path, &import.specifier)?;
    let text = cx.project.sources.read(&path).ok()?;
    if !cx.options.limiters.iter().any(|limiter| text.contains(limiter.as_str())) {
        return None;
    }
    let file = cx.project.parse(&path)?;
    let limits = file.imports().statements.iter().flat_map(|import| &import.bindings).any(|binding| {
        let calls = |local: &str| {
            let name = file.name(local);
            name.references.iter().filter_map(|range| call_at(&file, range.start)).any(|call| is_followed(&file, call))
        };
        !binding.type_only && cx.options.limiters.contains(&binding.imported) && calls(&binding.local)
    });
    limits.then(|| Limited::Otherwise(format!("what {path} does")))
}

fn by_helper<'t>(cx: &Context<'t>, call: Node<'t>, guard: Option<Guard<'t>>) -> Limited<'t> {
    let arguments: Vec<Node<'t>> = call.child_by_field_name("arguments").map_or_else(Vec::new, arguments);
    let at = |wanted: Argument| {
        let index = cx.helper?.arguments.iter().position(|argument| *argument == wanted)?;
        arguments.get(index).copied()
    };
    let name = at(Argument::Name).filter(|name| name.kind() == "string");
    Limited::ByHelper { call, tier: at(Argument::Limits).map(|tier| inside_per_user(cx.file, tier)), name, guard }
}

/// `RateLimits.high` in `perUser(RateLimits.high)`
fn inside_per_user<'t>(file: &SourceFile, tier: Node<'t>) -> Node<'t> {
    let is_call =
        tier.child_by_field_name("function").is_some_and(|function| file.text_of(function) == super::helper::PER_USER);
    let inner = tier.child_by_field_name("arguments").filter(|_| is_call).and_then(|list| list.named_child(0));
    inner.unwrap_or(tier)
}

/// Whether `binding` is the helper's function: by the module that it comes from, not by its name.
fn is_helper(cx: &Context<'_>, import: &Import, binding: &Binding) -> bool {
    let Some(helper) = cx.helper else { return false };
    binding.imported == FUNCTION
        && cx.project.resolver.resolve(&cx.file.path, &import.specifier).as_ref() == Some(&helper.path)
}

/// The call of what is named at a byte offset.
fn call_at(file: &SourceFile, offset: usize) -> Option<Node<'_>> {
    let path = file.path_to(offset..offset + 1);
    let [.., call, function] = path[..] else { return None };
    let is_called = call.child_by_field_name("function").map(|node| node.id()) == Some(function.id());
    is_called.then_some(call).filter(|call| call.kind() == "call_expression")
}

/// Whether the code does what a limiter says: its answer is returned, or decides an `if` that returns or throws.
fn is_followed(file: &SourceFile, call: Node<'_>) -> bool {
    let path = file.path_to(call.byte_range());
    let leaves = |node: Node<'_>| {
        let consequence = node.child_by_field_name("consequence").map(|node| file.text_of(node)).unwrap_or_default();
        consequence.contains("return") || consequence.contains("throw")
    };
    // Whether what is found further out is the call's answer itself, not something that is made of it.
    let mut is_answer = true;
    for (index, node) in path.iter().enumerate().rev() {
        let is_body =
            node.child_by_field_name("body").map(|body| body.id()) == path.get(index + 1).map(|inner| inner.id());
        match node.kind() {
            _ if node.id() == call.id() => {}
            "await_expression" | "parenthesized_expression" => {}
            "return_statement" => return is_answer,
            "arrow_function" if is_body => return is_answer,
            "if_statement" => {
                let condition = node.child_by_field_name("condition");
                let is_asked = condition.is_some_and(|condition| condition.byte_range().contains(&call.start_byte()));
                return is_asked && leaves(*node);
            }
            "variable_declarator" => return is_answer && decides(file, *node, &path[..index], &leaves),
            "ternary_expression" => {}
            "statement_block" | "program" => return false,
            _ => is_answer = false,
        }
    }
    false
}

/// Whether a variable decides an `if` that follows in its block and leaves.
fn decides(file: &SourceFile, declarator: Node<'_>, above: &[Node<'_>], leaves: &dyn Fn(Node<'_>) -> bool) -> bool {
    let name = declarator.child_by_field_name("name").map(|name| file.text_of(name));
    let (Some(name), Some(block)) = (name, above.iter().rev().nth(1)) else { return false };
    let parts = name.split(|part: char| !part.is_alphanumeric() && part != '_' && part != '$');
    let names: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let later =
        handler::statements(*block).into_iter().filter(|statement| statement.start_byte() > declarator.end_byte());
    later.into_iter().any(|statement| {
        let condition = statement.child_by_field_name("condition").map(|node| file.text_of(node)).unwrap_or_default();
        statement.kind() == "if_statement" && names.iter().any(|name| condition.contains(name)) && leaves(statement)
    })
}

/// The statement of a handler's own block that a call is in.
fn statement_of<'t>(file: &'t SourceFile, function: Node<'t>, call: Node<'t>) -> Option<Node<'t>> {
    let body = function.child_by_field_name("body")?;
    let path = file.path_to(call.byte_range());
    let at = path.iter().position(|node| node.id() == body.id())?;
    path.get(at + 1).copied()
}
