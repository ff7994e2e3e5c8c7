//! Reads of one row in the browser: an edge function answers them from the cache.

use super::helper::{Helper, KEYS, ROW};
use super::proxy::{Proxy, Selections};
use super::query::{Purpose, Query, is_literal, string};
use super::read::{around, bring, cached, columns_of, is_awaited, option, row_id};
use crate::config::CachedTable;
use crate::edit::Fix;
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::{arguments, core};
use crate::syntax::source::SourceFile;

/// A read of one row in the browser.
pub struct Read<'a, 't> {
    /// The file.
    pub file: &'t SourceFile,
    /// The query.
    pub query: &'a Query<'t>,
    /// How it goes through the cache, or could, or why it may not, as a clause.
    pub found: Result<Found, String>,
}

/// How a read goes through the cache.
pub enum Found {
    /// It does.
    Cached,
    /// It can.
    Can(Box<Asked>),
}

/// What the edge function is asked for.
pub struct Asked {
    helper: Helper,
    client: String,
    id: String,
    /// The columns as they are written; none for all.
    select: Option<String>,
}

/// What the edge function can be asked for instead of a query: the client, the row's id, and the columns.
fn asked(file: &SourceFile, query: &Query<'_>, table: &CachedTable) -> Result<(String, String, String), String> {
    let is_plain = |name: &str| {
        let mut letters = name.chars();
        letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
    if !is_plain(query.table) || !is_plain(&table.id) {
        return Err("the name of its table, or of the column that names a row, isn't plain".to_owned());
    }
    let client = core(query.client);
    if client.kind() != "identifier" {
        return Err("give the client a name".to_owned());
    }
    let id = query.equal_to(file, &table.id).ok_or("it isn't for one row")?;
    let id = row_id(file, id)?;
    let mut columns = "*".to_owned();
    for step in &query.steps {
        match step.method {
            "select" => columns = columns_of(file, step)?,
            "eq" if step.arguments.first().and_then(|column| string(file, *column)) == Some(table.id.as_str()) => {}
            "limit" if step.arguments.len() == 1 && is_literal(file, step.arguments[0]) => {}
            "single" | "maybeSingle" if step.arguments.is_empty() => {}
            "returns" | "overrideTypes" => {}
            other => return Err(format!("`.{other}()` makes it more than the read of a row by its id")),
        }
    }
    if query.steps.iter().filter(|step| step.method == "eq").count() != 1 {
        return Err(format!("it asks for `{}` more than once", table.id));
    }
    if columns.contains(['\'', '"', '`', '\\']) {
        return Err("its columns aren't plain names".to_owned());
    }
    let column = table.tenant_column.get_ref();
    let has_column = columns.split(',').any(|known| known == "*" || known == column);
    if table.scope == crate::config::Scope::Tenant && !has_column {
        return Err(format!("nothing says that the row is the tenant's own: select `{column}` as well"));
    }
    Ok((file.text_of(client).to_owned(), id, columns))
}

/// Adds to `selections` what the edge function is asked for by a query of `table`, if it can be.
pub fn select(selections: &mut Selections, file: &SourceFile, query: &Query<'_>, table: &CachedTable) {
    if query.purpose() == Purpose::ReadOne
        && query.equal_to(file, &table.id).is_some()
        && let Ok((_, _, columns)) = asked(file, query, table)
        && is_awaited(file, query).is_ok()
    {
        selections.entry(query.table.to_owned()).or_default().insert(columns);
    }
}

/// How `query` goes through the cache.
///
/// # Errors
/// Why it can't, as a clause.
pub fn find(
    files: &Files<'_>,
    file: &SourceFile,
    query: &Query<'_>,
    table: &CachedTable,
    proxy: &Proxy,
) -> Result<Found, String> {
    if file.errors().iter().any(|error| error.start <= query.range.end && query.range.start <= error.end) {
        return Err("the code around it can't be parsed".to_owned());
    }
    let unit = files.project.file(&file.path).map(|entry| files.project.unit(entry).base.clone());
    let helper = Helper::in_browser(files, &unit.unwrap_or_else(crate::project::RelPath::root), &proxy.name)?;
    let (client, id, columns) = asked(file, query, table)?;
    if let Some(reason) = proxy.refusal(query.table) {
        return Err(reason.to_owned());
    }
    if let Some(cached) = cached(files, file, &helper, query) {
        let call = cached.key.ok_or_else(|| format!("its key isn't made by `{KEYS}` there"))?;
        let name = call.child_by_field_name("function").and_then(|callee| callee.child_by_field_name("property"));
        let given = call.child_by_field_name("arguments").map(arguments).unwrap_or_default();
        let text = |at: usize| given.get(at).map(|node| file.text_of(core(*node))).unwrap_or_default();
        let stated = given.get(2).and_then(|options| option(file, *options, "select"));
        let stated = stated.map_or(Some("*"), |columns| string(file, columns));
        let stated: Option<String> = stated.map(|columns| columns.split_whitespace().collect());
        let is_same = name.map(|name| file.text_of(name)) == Some(table.key.get_ref())
            && (text(0), text(1)) == (client.as_str(), id.as_str())
            && stated.as_deref() == Some(columns.as_str());
        return if is_same {
            Ok(Found::Cached)
        } else {
            Err("its key asks for something else than it does".to_owned())
        };
    }
    is_awaited(file, query)?;
    let written = query.step("select").and_then(|step| string(file, *step.arguments.first()?));
    let is_short = written.is_some_and(|written| !written.contains(['\n', '\r']));
    let select = match (columns.as_str(), written) {
        ("*", _) => None,
        (_, Some(written)) if is_short => Some(written.to_owned()),
        _ => Some(columns),
    };
    Ok(Found::Can(Box::new(Asked { helper, client, id, select })))
}

impl Asked {
    /// Adds to `fix` what lets the edge function answer.
    pub fn write(&self, fix: &mut Fix, files: &Files<'_>, file: &SourceFile, query: &Query<'_>, table: &CachedTable) {
        let (row, row_import) = self.helper.binding(files, file, ROW, query.range.start);
        let (keys, keys_import) = self.helper.binding(files, file, KEYS, query.range.start);
        let select = self.select.as_ref().map(|columns| format!(", {{ select: {} }}", file.style().quoted(columns)));
        let key = format!("{keys}.{}({}, {}{})", table.key.get_ref(), self.client, self.id, select.unwrap_or_default());
        fix.imports.extend([row_import, keys_import].map(|wanted| (file.path.clone(), wanted)));
        around(fix, file, &query.range, &row, &key, *table.ttl.get_ref());
        bring(fix, &self.helper);
    }
}
