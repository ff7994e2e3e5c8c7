//! Reads of one row by its id: under which key one may be cached, and how it is written then.

use std::fmt::Write as _;
use std::ops::Range;

use sha2::{Digest, Sha256};
use tree_sitter::Node;

use super::caller::Caller;
use super::client::{self, Rights};
use super::helper::{Helper, KEYS, OTHERS, ROW};
use super::passing::Callers;
use super::query::{Query, Step, is_literal, plain, root_of, string};
use super::values::{is_constant, value_of};
use crate::config::{CachedTable, Scope};
use crate::edit::{Edit, Fix};
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::{arguments, core};
use crate::rules::edge::request::{has_child, innermost_function};
use crate::syntax::source::SourceFile;

/// What a row is cached under, by a read that may be cached.
#[derive(Debug, Clone)]
pub struct Key {
    /// Who calls.
    pub caller: Caller,
    /// The row's id, as an expression.
    pub id: String,
    /// The user's id, as an expression, where the key has to hold it.
    pub user: Option<String>,
    /// The column that must name the tenant, where nothing else says that the row is the tenant's.
    pub tenant_column: Option<String>,
    /// What is asked for, and with whose rights: the same for all reads that share a key.
    pub selection: String,
}

impl Key {
    /// The variant that tells it from reads that ask for something else.
    pub fn variant(&self) -> String {
        let digest = Sha256::digest(self.selection.as_bytes());
        digest.iter().take(4).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        })
    }
}

/// A read that goes through the cache already.
#[derive(Debug)]
pub struct Cached<'t> {
    /// The call that reads through it.
    pub call: Node<'t>,
    /// The call of `CacheKeys`.
    pub key: Option<Node<'t>>,
}

impl Cached<'_> {
    /// The variant in its key.
    pub fn variant(&self, file: &SourceFile) -> Option<String> {
        let options = arguments(self.key?.child_by_field_name("arguments")?).get(2).copied()?;
        let value = option(file, options, "variant")?;
        Some(string(file, value).unwrap_or(file.text_of(value)).to_owned())
    }

    /// Whether its key holds what it has to.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn holds(&self, file: &SourceFile, table: &CachedTable, wanted: &Key) -> Result<(), String> {
        let call = self.key.ok_or_else(|| format!("its key isn't made by `{KEYS}` there"))?;
        let name = call.child_by_field_name("function").and_then(|callee| callee.child_by_field_name("property"));
        let name = name.map(|name| file.text_of(name)).unwrap_or_default();
        if name != table.key.get_ref() {
            return Err(format!("its key is `{name}`, and phase2.toml names `{}`", table.key.get_ref()));
        }
        let given = call.child_by_field_name("arguments").map(arguments).unwrap_or_default();
        let text = |at: usize| given.get(at).map(|node| file.text_of(core(*node))).unwrap_or_default();
        let tenant = text(0);
        if tenant != wanted.caller.tenant && !wanted.caller.own_names.iter().any(|name| name == tenant) {
            return Err(format!(
                "it isn't seen that `{tenant}` is the caller's tenant, and nothing where there is none"
            ));
        }
        if text(1) != wanted.id {
            return Err(format!("its key is of the row `{}`, and it reads `{}`", text(1), wanted.id));
        }
        let options = given.get(2).copied();
        let has = |name: &str| options.and_then(|options| option(file, options, name)).map(|value| file.text_of(value));
        if wanted.user.is_some() && has("user") != wanted.user.as_deref() {
            return Err(format!("its key doesn't hold the user, `{}`", wanted.user.as_deref().unwrap_or_default()));
        }
        let column = has("tenantColumn").map(|column| column.trim_matches(['\'', '"']));
        if wanted.tenant_column.is_some() && column != wanted.tenant_column.as_deref() {
            return Err("nothing says that the row is of the key's tenant".to_owned());
        }
        Ok(())
    }
}

/// The value of an option in an object.
pub fn option<'t>(file: &SourceFile, object: Node<'t>, name: &str) -> Option<Node<'t>> {
    let mut cursor = object.walk();
    let pairs: Vec<Node<'t>> = object.named_children(&mut cursor).filter(|node| node.kind() == "pair").collect();
    let pair = pairs.into_iter().find(|pair| {
        pair.child_by_field_name("key").is_some_and(|key| file.text_of(key).trim_matches(['\'', '"']) == name)
    })?;
    pair.child_by_field_name("value")
}

/// How a query goes through the cache, if it does.
pub fn cached<'t>(files: &Files<'_>, file: &'t SourceFile, helper: &Helper, query: &Query<'t>) -> Option<Cached<'t>> {
    let path = file.path_to(query.node.byte_range());
    let arrow = path.iter().rposition(|node| node.kind() == "arrow_function")?;
    let (list, call) = (path.get(arrow.checked_sub(1)?)?, path.get(arrow.checked_sub(2)?)?);
    // Nothing but `dataOf(…)` between them.
    let body = path[arrow].child_by_field_name("body").map(core)?;
    let is_data = body.kind() == "call_expression"
        && body
            .child_by_field_name("arguments")
            .map(arguments)
            .unwrap_or_default()
            .first()
            .map(|inner| core(*inner).id())
            == Some(query.node.id());
    let callee = call.child_by_field_name("function").filter(|_| list.kind() == "arguments")?;
    let names = std::iter::once(ROW).chain(OTHERS).filter_map(|name| helper.local(files, file, name));
    let is_helper = names.into_iter().any(|name| name == file.text_of(callee));
    if !is_helper || (core(body).id() != query.node.id() && !is_data) {
        return None;
    }
    let given = arguments(*list);
    let first = core(*given.first()?);
    let key = if first.kind() == "identifier" { value_of(file, first) } else { Some(first) };
    let keys = helper.local(files, file, KEYS);
    let is_key = |node: &Node<'_>| {
        let object = node.child_by_field_name("function").and_then(|callee| callee.child_by_field_name("object"));
        object.map(|object| file.text_of(object)) == keys.as_deref() && keys.is_some()
    };
    Some(Cached { call: *call, key: key.filter(is_key) })
}

/// The key that a read of one row may be cached under.
///
/// # Errors
/// Why it may not be cached, as a clause.
pub fn key(
    callers: &Callers<'_>,
    file: &SourceFile,
    query: &Query<'_>,
    table: &CachedTable,
    id: Node<'_>,
    cached: Option<&Cached<'_>>,
) -> Result<Key, String> {
    // The key is made where the call is, or will be.
    let range = cached.map_or(query.range.clone(), |cached| cached.call.byte_range());
    if file.errors().iter().any(|error| error.start <= range.end && range.start <= error.end) {
        return Err("the code around it can't be parsed".to_owned());
    }
    let caller = callers.at(file, &range)?;
    let rights = client::rights(callers, file, query.client, &caller)?;
    let id = row_id(file, id)?;
    let (user, is_shared) = match (rights, table.scope) {
        (Rights::Service | Rights::Anonymous, _) => (None, false),
        (Rights::Caller, Scope::Tenant) => (None, true),
        (Rights::Caller, Scope::User) => {
            let user = caller.user.clone().ok_or_else(|| {
                let place = match &caller.called {
                    Some(called) => format!("before a call of `{}`", called.function.called),
                    None => "before it".to_owned(),
                };
                format!(
                    "it reads with the user's own rights, and no user is known {place}: authenticate with \
                     `auth.getUser()` first, or declare the table's rows to be its tenant's with `scope = \"tenant\"`"
                )
            })?;
            (Some(user), false)
        }
    };
    let ids: Vec<&str> = callers.files.project.config.tenants.ids.iter().map(|id| id.get_ref().as_str()).collect();
    let selection = selection(file, query, table, &caller, user.as_deref(), &ids)?;
    let column = table.tenant_column.get_ref();
    let mut tenant_column = None;
    if is_shared && !selection.is_of_tenant {
        if !selection.has_column {
            return Err(format!(
                "nothing says that the row is the tenant's own: filter by `{column}`, or select it as well"
            ));
        }
        tenant_column = Some(column.clone());
    }
    let whose = match rights {
        Rights::Service => "project",
        Rights::Anonymous => "anonymous",
        Rights::Caller => "caller",
    };
    let selection = format!("{whose} {}", selection.text);
    Ok(Key { caller, id, user, tenant_column, selection })
}

/// A row's id as an expression that can be written twice.
///
/// # Errors
/// Why it can't be.
pub fn row_id(file: &SourceFile, id: Node<'_>) -> Result<String, String> {
    if is_literal(file, id) {
        return Ok(file.text_of(core(id)).to_owned());
    }
    let worked_out = "its id is worked out there: give it a name first";
    let text = plain(file, id).ok_or(worked_out)?;
    let root = root_of(id).ok_or(worked_out)?;
    if !is_constant(file, root) {
        return Err(format!("`{}` may change while it is read", file.text_of(root)));
    }
    // What was found out about a member isn't known in another function: `string | undefined` would come back.
    if root.id() != core(id).id() && is_typed(file, root) {
        return Err(format!("`{text}` may be narrower there than its type: give it a name first"));
    }
    Ok(text.to_owned())
}

/// Whether a name is declared with a type of its own.
fn is_typed(file: &SourceFile, name: Node<'_>) -> bool {
    let found = file.name(file.text_of(name));
    let Some(declaration) = found.resolve(name.start_byte()) else { return false };
    let path = file.path_to(declaration.range.clone());
    let declared = path.iter().rev().nth(1);
    let is_cast = value_of(file, name).is_some_and(|value| value.kind() == "as_expression");
    is_cast || declared.is_some_and(|declared| declared.child_by_field_name("type").is_some())
}

/// What a read asks for.
struct Selection {
    text: String,
    /// Whether it asks for rows of the caller's tenant only.
    is_of_tenant: bool,
    /// Whether it asks for the column that names the tenant.
    has_column: bool,
}

fn selection(
    file: &SourceFile,
    query: &Query<'_>,
    table: &CachedTable,
    caller: &Caller,
    user: Option<&str>,
    ids: &[&str],
) -> Result<Selection, String> {
    let mut columns = "*".to_owned();
    let (mut filters, mut is_of_tenant) = (Vec::new(), false);
    for step in &query.steps {
        match step.method {
            "select" => columns = columns_of(file, step)?,
            "eq" | "is" | "neq" if step.arguments.len() == 2 => {
                let column = string(file, step.arguments[0]).ok_or("the column of a filter isn't written there")?;
                let value = step.arguments[1];
                let text = plain(file, value).unwrap_or_default();
                let is_tenant = is_tenant(file, value, caller);
                if step.method == "eq" && column == table.id {
                    filters.push(column.to_owned());
                } else if step.method == "eq" && is_tenant {
                    is_of_tenant |= column == table.tenant_column.get_ref();
                    filters.push(format!("{column} eq tenant"));
                } else if step.method == "eq" && Some(text) == user {
                    filters.push(format!("{column} eq user"));
                } else if is_literal(file, value) {
                    if string(file, value).is_some_and(|text| ids.contains(&text)) {
                        return Err("its tenant is hardcoded: let the rule `tenants` mend that first".to_owned());
                    }
                    let text = string(file, value).unwrap_or(file.text_of(core(value)));
                    filters.push(format!("{column} {} '{text}'", step.method));
                } else {
                    return Err(format!("it also depends on `{}`, which the key doesn't hold", file.text_of(value)));
                }
            }
            "limit" if step.arguments.len() == 1 && is_literal(file, step.arguments[0]) => {}
            "single" | "maybeSingle" if step.arguments.is_empty() => {}
            "returns" | "overrideTypes" => {}
            other => return Err(format!("`.{other}()` makes it more than the read of a row by its id")),
        }
    }
    let ids = filters.iter().filter(|filter| **filter == table.id).count();
    if ids != 1 {
        return Err(format!("it asks for `{}` more than once", table.id));
    }
    filters.sort();
    let column = table.tenant_column.get_ref();
    let has_column = columns.split(',').any(|known| known == "*" || known == column);
    Ok(Selection { text: format!("{columns} {}", filters.join(" ")), is_of_tenant, has_column })
}

/// Whether a value is the caller's tenant, or an id in its place where there is none.
pub fn is_tenant(file: &SourceFile, value: Node<'_>, caller: &Caller) -> bool {
    let value = core(value);
    let text = file.text_of(value);
    let left = value.child_by_field_name("left").filter(|_| value.kind() == "binary_expression");
    let is_choice = value.child_by_field_name("operator").is_some_and(|operator| file.text_of(operator) == "||");
    text == caller.tenant
        || caller.tenant_names.iter().any(|name| name == text)
        || is_choice && left.is_some_and(|left| file.text_of(core(left)) == caller.tenant)
}

/// The columns of a `select`.
pub fn columns_of(file: &SourceFile, step: &Step<'_>) -> Result<String, String> {
    let columns = match step.arguments[..] {
        [] => "*".to_owned(),
        [columns] => {
            let text = string(file, columns).ok_or("its columns aren't written there")?;
            text.split_whitespace().collect()
        }
        _ => return Err("`select` has options: it is asked for more than the row".to_owned()),
    };
    if columns.contains('(') {
        return Err("it selects from other tables too, whose rows have rules and writers of their own".to_owned());
    }
    Ok(columns)
}

/// Whether what takes the query's place, a promise, does the same as the query does.
///
/// # Errors
/// Why it may not, as a clause.
pub fn is_awaited(file: &SourceFile, query: &Query<'_>) -> Result<(), String> {
    if query.has_await {
        return Ok(());
    }
    let path = file.path_to(query.node.byte_range());
    let at = path.iter().rposition(|node| node.id() == query.node.id()).unwrap_or_default();
    let above: Vec<Node<'_>> =
        path[..at].iter().rev().copied().skip_while(|node| core(*node).id() == core(query.node).id()).collect();
    let kind = |index: usize| above.get(index).map(Node::kind).unwrap_or_default();
    let callee = |index: usize| {
        let call = above.get(index).filter(|node| node.kind() == "call_expression");
        call.and_then(|call| call.child_by_field_name("function"))
            .map(|callee| file.text_of(callee))
            .unwrap_or_default()
    };
    let is_async = || innermost_function(file, query.range.start).is_some_and(|function| has_child(function, "async"));
    match kind(0) {
        "await_expression" => Ok(()),
        "member_expression" if kind(1) == "call_expression" => Ok(()),
        "array"
            if kind(1) == "arguments" && matches!(callee(2), "Promise.all" | "Promise.allSettled" | "Promise.race") =>
        {
            Ok(())
        }
        "return_statement" | "arrow_function" if is_async() => Ok(()),
        "return_statement" | "arrow_function" => {
            Err("its function gives back the query itself, to which others may add".to_owned())
        }
        _ => Err("it isn't awaited where it is written".to_owned()),
    }
}

/// The longest line that is written.
const LINE: usize = 120;

/// Where a read is written anew.
pub struct Into<'a> {
    /// The project's files.
    pub files: &'a Files<'a>,
    /// The file of the read.
    pub file: &'a SourceFile,
    /// The helper module.
    pub helper: &'a Helper,
    /// The table.
    pub table: &'a CachedTable,
}

/// Adds to `fix` what lets a query go through the cache under `key`, told from others by `variant`.
pub fn wrap(fix: &mut Fix, into: &Into<'_>, query: &Query<'_>, key: &Key, variant: Option<&str>) {
    let Into { files, file, helper, table } = into;
    let range = query.range.clone();
    let (row, row_import) = helper.binding(files, file, ROW, range.start);
    let (keys, keys_import) = helper.binding(files, file, KEYS, range.start);
    fix.imports.extend([row_import, keys_import].map(|wanted| (file.path.clone(), wanted)));
    key.caller.for_tenant.add_to(fix);
    if key.user.is_some() {
        key.caller.for_user.add_to(fix);
    }
    bring(fix, helper);
    around(fix, file, &range, &row, &made(&keys, table, key, file, variant), *table.ttl.get_ref());
}

/// Adds to `fix` the call of `row` around the query at a byte range, with the key `made`.
pub fn around(fix: &mut Fix, file: &SourceFile, range: &Range<usize>, row: &str, made: &str, ttl: u32) {
    let text = &file.text[range.clone()];
    let (newline, indent, step) = (file.style().newline, file.indent_at(range.start), &file.style().indent);
    let before = file.text[file.line_start(range.start)..range.start].chars().count();
    let fits = |line: &str| before + line.chars().count() <= LINE;
    let hugging = format!("{row}({made}, {ttl}, () =>");
    let is_short = !text.contains('\n') && fits(&format!("{hugging} {text});"));
    let inner = format!("{newline}{indent}{step}");
    let apart = format!("{row}({inner}{made},{inner}{ttl},{inner}() =>");
    let is_line = !text.contains('\n') && inner.len() + "() => ,".len() + text.chars().count() <= LINE;
    let (head, levels) = match () {
        () if is_short => (format!("{hugging} "), 0),
        () if fits(&hugging) => (format!("{hugging}{inner}"), 1),
        () if is_line => (format!("{apart} "), 0),
        () => (format!("{apart}{inner}{step}"), 2),
    };
    let tail = if is_short { ")".to_owned() } else { format!(",{newline}{indent})") };
    let insert = |at: usize, text: String| Edit { path: file.path.clone(), range: at..at, text };
    fix.edits.push(insert(range.start, head));
    if levels > 0 {
        fix.edits.extend(lines_of(file, range).into_iter().map(|line| insert(line, step.repeat(levels))));
    }
    fix.edits.push(insert(range.end, tail));
}

/// The byte offsets at which the lines of a range start, but for the first, empty ones, and those within a template.
fn lines_of(file: &SourceFile, range: &Range<usize>) -> Vec<usize> {
    let starts = file.text[range.clone()].match_indices('\n').map(|(at, _)| range.start + at + 1);
    let is_code = |at: &usize| {
        let is_empty = file.text[*at..].starts_with(['\n', '\r']);
        !is_empty && !file.path_to(*at..*at + 1).iter().any(|node| node.kind() == "template_string")
    };
    starts.filter(is_code).collect()
}

/// Adds the helper to `fix`, as far as it isn't there.
pub fn bring(fix: &mut Fix, helper: &Helper) {
    if let Some(new_file) = helper.new_file.as_ref().filter(|new| !fix.new_files.contains(new)) {
        fix.new_files.push(new_file.clone());
    }
    if let Some(edit) = helper.more_keys.as_ref().filter(|edit| !fix.edits.contains(edit)) {
        fix.edits.push(edit.clone());
    }
}

/// The call that makes a key.
fn made(keys: &str, table: &CachedTable, key: &Key, file: &SourceFile, variant: Option<&str>) -> String {
    let options: Vec<String> = [
        key.user.as_ref().map(|user| format!("user: {user}")),
        key.tenant_column.as_ref().map(|column| format!("tenantColumn: {}", file.style().quoted(column))),
        variant.map(|variant| format!("variant: {}", file.style().quoted(variant))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let options = if options.is_empty() { String::new() } else { format!(", {{ {} }}", options.join(", ")) };
    format!("{keys}.{}({}, {}{options})", table.key.get_ref(), key.caller.tenant, key.id)
}

/// The call that makes the key of all that is cached of a row.
pub fn made_for_all(keys: &str, table: &CachedTable, tenant: &str, id: &str) -> String {
    format!("{keys}.{}({tenant}, {id})", table.key.get_ref())
}
