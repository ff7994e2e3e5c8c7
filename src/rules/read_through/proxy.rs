//! The edge function that reads rows for the browser.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::caller;
use super::helper::Helper;
use super::query::string;
use super::read::option;
use crate::config::{CachedTable, Scope};
use crate::edit::{Edit, Fix, NewFile};
use crate::project::RelPath;
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::core;
use crate::rules::rate_limit::helper::{self as limiter, Argument, FUNCTION, LIMITS, PER_USER, Style};
use crate::rules::rate_limit::tiers::Tiers;
use crate::rules::{is_helper_module, tenants};
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// The module that a fix brings along.
const RUNTIME: &str = include_str!("../../../rules/read-through/runtime/proxy.ts");

/// The list of what may be asked for.
const TABLES: &str = "TABLES";

/// The columns that the browser's code selects, by table. Blanks are left out.
pub type Selections = BTreeMap<String, BTreeSet<String>>;

/// The edge function, be it there or not.
#[derive(Debug)]
pub struct Proxy {
    /// Its name.
    pub name: String,
    /// The functions folder that it is in, or will be.
    pub base: RelPath,
    /// The function itself and what it imports, as far as they don't exist yet.
    new_files: Vec<NewFile>,
    /// What adds to its list, by table, or why that can't be done.
    edits: BTreeMap<String, Result<Vec<Edit>, String>>,
}

impl Proxy {
    /// The edge function `name`, which the browser asks for `selections`.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub fn of(files: &Files<'_>, name: &str, selections: &Selections) -> Result<Proxy, String> {
        let [folder] = &files.project.supabase[..] else {
            return Err(format!("it isn't seen which supabase folder the edge function `{name}` is in"));
        };
        if tenants::claims::source(files).is_none() {
            return Err(caller::NO_TENANT.to_owned());
        }
        let base = folder.base.join("functions").ok_or("there is no folder of functions")?;
        let path = match folder.functions.get(name) {
            Some(function) => function.entry.clone(),
            None => base.join(&format!("{name}/index.ts")).ok_or("there is no folder of functions")?,
        };
        let mut proxy =
            Proxy { name: name.to_owned(), base: base.clone(), new_files: Vec::new(), edits: BTreeMap::new() };
        if files.project.sources.exists(&path) {
            let file = files.get(&path).ok_or_else(|| format!("{path} can't be read"))?;
            let list = list(&file).filter(|_| is_helper_module(&file.text));
            let list = list.ok_or_else(|| format!("{path} isn't the function that phase2 brings along"))?;
            for (table, columns) in selections {
                let Some(cached) = files.project.config.read_through.tables.get(table) else { continue };
                let edits = missing(&file, list, table, cached, columns);
                proxy.edits.insert(table.clone(), edits.map_err(|reason| format!("{path} {reason}")));
            }
            return Ok(proxy);
        }
        proxy.bring(files, path, selections)?;
        Ok(proxy)
    }

    /// Why it can't be asked for rows of `table`.
    pub fn refusal(&self, table: &str) -> Option<&str> {
        self.edits.get(table)?.as_ref().err().map(String::as_str)
    }

    /// Adds to `fix` what lets it be asked for rows of `table`.
    pub fn add_to(&self, fix: &mut Fix, table: &str) {
        let new = self.new_files.iter().filter(|new| !fix.new_files.contains(new)).cloned();
        fix.new_files.extend(new.collect::<Vec<_>>());
        if let Some(Ok(edits)) = self.edits.get(table) {
            fix.edits.extend(edits.iter().cloned());
        }
    }

    /// Brings it along at `path`, with all that it imports.
    fn bring(&mut self, files: &Files<'_>, path: RelPath, selections: &Selections) -> Result<(), String> {
        let config = &files.project.config;
        let cache = Helper::of(files, &self.base)?;
        let tenant = tenants::helper::of(files, &self.base, config.tenants.function.get_ref())?;
        caller::trust(files, &tenant)?;
        let specifier = |to: &RelPath| files.project.specifier(&path, to, &[]);
        let mut imports: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        imports.entry(specifier(&tenant.path)).or_default().insert(&tenant.function);
        imports.entry(specifier(&cache.path)).or_default().extend(["CacheKeys", "dataOf", "invalidate", "readThrough"]);

        let limits = Limits::of(files, &self.base, &self.name)?;
        if let Some(module) = &limits.module {
            imports.entry(specifier(module)).or_default().extend(&limits.names);
        }
        self.new_files.extend(limits.new_file.clone());
        self.new_files.extend([cache.new_file, tenant.new_file].into_iter().flatten());
        self.new_files.dedup();

        let line = |(module, names): (&String, &BTreeSet<&str>)| {
            let mut names: Vec<&str> = names.iter().copied().collect();
            names.sort_by_key(|name| name.to_lowercase());
            format!("import {{ {} }} from '{module}';\n", names.join(", "))
        };
        let (asked, awaits) = (&tenant.function, if tenant.is_async { "await " } else { "" });
        let tables = &config.read_through.tables;
        let known = selections.iter().filter_map(|(name, columns)| Some(entry(name, tables.get(name)?, columns)));
        let parts = [
            (
                "import { getTenantFromJWT",
                "readThrough } from '../_shared/read-through.ts';\n",
                imports.iter().map(line).collect(),
            ),
            ("  listing: { table:", "['*'] },\n", known.map(|entry| format!("  {entry},\n")).collect::<String>()),
            ("Deno.serve(", "async (req) => {", format!("Deno.serve({}async (req) => {{", limits.open)),
            ("getTenantFromJWT(req)", "", format!("{awaits}{asked}(req)")),
            ("\n\n  const authorization", "", format!("\n{}\n  const authorization", limits.guard)),
            ("}));\n", "", format!("}}{});\n", limits.close)),
        ];
        let mut text = RUNTIME.to_owned();
        for (start, end, part) in parts {
            let from = text.rfind(start).expect("the module has it");
            let to = from
                + text[from..].find(end).expect("the module has it")
                + if end.is_empty() { start.len() } else { end.len() };
            text.replace_range(from..to, &part);
        }
        self.new_files.push(NewFile { path, text: text.into() });
        Ok(())
    }
}

/// How the function is limited, in the way of the project's helper.
#[derive(Default)]
struct Limits {
    /// The helper's module.
    module: Option<RelPath>,
    /// What is imported from it.
    names: BTreeSet<&'static str>,
    /// The module itself, if it doesn't exist yet.
    new_file: Option<NewFile>,
    /// What stands before the handler, and behind it.
    open: String,
    close: String,
    /// What stands at the start of the handler, with its line ends.
    guard: String,
}

impl Limits {
    fn of(files: &Files<'_>, base: &RelPath, name: &str) -> Result<Limits, String> {
        let tiers = Tiers::of(&files.project.config.rate_limit);
        if tiers.exemption(name).is_some() {
            return Ok(Limits::default());
        }
        let helper = limiter::Helper::of(files.project, base)
            .map_err(|problem| format!("{} {}", problem.path.unwrap_or_else(|| base.clone()), problem.message))?;
        let wanted = tiers.of_function(name);
        let tier = helper.tier(wanted).ok_or_else(|| format!("{} has no tier `{wanted}`", helper.path))?;
        let tier = format!("{LIMITS}.{tier}");
        let tier = if helper.has_per_user { format!("{PER_USER}({tier})") } else { tier };
        let argument = |argument: &Argument| match argument {
            Argument::Request => "req".to_owned(),
            Argument::Name => format!("'{}'", tiers.bucket(name)),
            Argument::Limits => tier.clone(),
            Argument::Handler => String::new(),
        };
        let written: Vec<String> = helper.arguments.iter().map(argument).collect();
        let mut limits = Limits { names: [LIMITS, FUNCTION].into(), ..Limits::default() };
        limits.names.extend(helper.has_per_user.then_some(PER_USER));
        match (helper.style, written.iter().position(String::is_empty)) {
            (Style::Wrapper, Some(handler)) => {
                let (before, behind) = written.split_at(handler);
                limits.open = format!("{FUNCTION}({}", before.iter().map(|it| format!("{it}, ")).collect::<String>());
                limits.close = behind.iter().skip(1).map(|it| format!(", {it}")).collect::<String>() + ")";
            }
            _ => {
                let call = format!("await {FUNCTION}({})", written.join(", "));
                limits.guard = format!("\n  const limited = {call};\n  if (limited) return limited;\n");
            }
        }
        Ok(Limits { module: Some(helper.path), new_file: helper.new_file, ..limits })
    }
}

/// What the list says of a table.
fn entry(name: &str, table: &CachedTable, columns: &BTreeSet<String>) -> String {
    let columns: Vec<String> = columns.iter().map(|columns| format!("'{columns}'")).collect();
    format!(
        "{}: {{ table: '{name}', id: '{}', ttl: {}, scope: '{}', tenantColumn: '{}', selections: [{}] }}",
        table.key.get_ref(),
        table.id,
        table.ttl.get_ref(),
        scope(table),
        table.tenant_column.get_ref(),
        columns.join(", ")
    )
}

fn scope(table: &CachedTable) -> &'static str {
    match table.scope {
        Scope::User => "user",
        Scope::Tenant => "tenant",
    }
}

/// The object that lists what may be asked for.
fn list(file: &SourceFile) -> Option<Node<'_>> {
    let export = exports::of(file).into_iter().find(|export| export.name == TABLES)?;
    let Target::Local(node) = export.target else { return None };
    Some(core(node.child_by_field_name("value")?)).filter(|value| value.kind() == "object")
}

/// The edits that add to the list what it lacks of a table.
///
/// # Errors
/// What it says otherwise of it than phase2.toml, as a clause.
fn missing(
    file: &SourceFile,
    list: Node<'_>,
    name: &str,
    table: &CachedTable,
    columns: &BTreeSet<String>,
) -> Result<Vec<Edit>, String> {
    let insert = |at: usize, text: String| Edit { path: file.path.clone(), range: at..at, text };
    let key = table.key.get_ref();
    let Some(known) = option(file, list, key) else {
        let entry = entry(name, table, columns);
        let newline = file.style().newline;
        return Ok(vec![insert(list.start_byte() + 1, format!("{newline}{}{entry},", file.style().indent))]);
    };
    let says =
        |what: &str, wanted: &str| option(file, known, what).and_then(|value| string(file, value)) == Some(wanted);
    let column = table.tenant_column.get_ref();
    let stated = [("table", name), ("id", &table.id), ("scope", scope(table)), ("tenantColumn", column)];
    if let Some((what, _)) = stated.iter().find(|(what, wanted)| !says(what, wanted)) {
        return Err(format!("says something else of `{key}` than phase2.toml: its `{what}`"));
    }
    let selections = option(file, known, "selections").map(core).filter(|value| value.kind() == "array");
    let selections = selections.ok_or_else(|| format!("has no list of selections for `{key}`"))?;
    let mut cursor = selections.walk();
    let items: Vec<Node<'_>> = selections.named_children(&mut cursor).collect();
    let has = |columns: &str| items.iter().any(|item| string(file, *item) == Some(columns));
    let new: Vec<String> =
        columns.iter().filter(|columns| !has(columns)).map(|columns| format!("'{columns}'")).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![match items.last() {
        Some(last) => insert(last.end_byte(), format!(", {}", new.join(", "))),
        None => insert(selections.start_byte() + 1, new.join(", ")),
    }])
}
