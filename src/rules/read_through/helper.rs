//! The helper module that reads through the cache.

use tree_sitter::Node;

use crate::config::Config;
use crate::edit::{Edit, NewFile, Wanted};
use crate::project::RelPath;
use crate::rules::edge::files::Files;
use crate::rules::is_helper_module;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// The module that a fix brings along.
const RUNTIME: &str = include_str!("../../../rules/read-through/runtime/read-through.ts");

/// The same for the browser's code.
const BROWSER: &str = include_str!("../../../rules/read-through/runtime/browser.ts");

/// Its function for queries.
pub const ROW: &str = "readThroughRow";
/// Its functions for what is no query, and for the data of one.
pub const OTHERS: [&str; 1] = ["readThrough"];
/// Its function that forgets.
pub const INVALIDATE: &str = "invalidate";
/// Its keys.
pub const KEYS: &str = "CacheKeys";

/// A helper module that can be called.
#[derive(Debug)]
pub struct Helper {
    /// Where it is.
    pub path: RelPath,
    /// The module itself, if it doesn't exist yet.
    pub new_file: Option<NewFile>,
    /// The edit that adds the keys that phase2.toml names and it lacks.
    pub more_keys: Option<Edit>,
}

impl Helper {
    /// The helper of the functions folder `base`, be it there or not.
    ///
    /// # Errors
    /// Why it can't be called, as a clause.
    pub fn of(files: &Files<'_>, base: &RelPath) -> Result<Helper, String> {
        let module = files.project.config.read_through.module.get_ref();
        Helper::at(files, base, ("module", module), RUNTIME.to_owned())
    }

    /// The helper of the browser's code below the folder `base`, be it there or not; `proxy` is the edge function that it asks.
    ///
    /// # Errors
    /// Why it can't be called, as a clause.
    pub fn in_browser(files: &Files<'_>, base: &RelPath, proxy: &str) -> Result<Helper, String> {
        let text = BROWSER.replace("FUNCTION = 'read-cache'", &format!("FUNCTION = '{proxy}'"));
        let module = files.project.config.read_through.browser_module.get_ref();
        Helper::at(files, base, ("browser-module", module), text)
    }

    /// The helper `module`, which is named by `option`; its text is `runtime` where it isn't there.
    fn at(
        files: &Files<'_>,
        base: &RelPath,
        (option, module): (&str, &str),
        runtime: String,
    ) -> Result<Helper, String> {
        let config = &files.project.config;
        let path = base.join(module).ok_or_else(|| format!("{module} is outside of the project"))?;
        if !files.project.sources.exists(&path) {
            let new_file = Some(NewFile { path: path.clone(), text: with_keys(&runtime, config).into() });
            return Ok(Helper { path, new_file, more_keys: None });
        }
        let file = files.get(&path).ok_or_else(|| format!("{path} can't be read"))?;
        let exports = exports::of(&file);
        let is_there = |name: &&str| exports.iter().any(|export| export.name == **name);
        let names = [ROW, INVALIDATE, KEYS];
        if !is_helper_module(&file.text) || !names.iter().all(is_there) {
            return Err(format!(
                "{path} isn't the helper that phase2 brings along, and what it caches isn't known: name another `{option}` under [read-through]"
            ));
        }
        let more_keys = more_keys(&file, config);
        Ok(Helper { path, new_file: None, more_keys })
    }

    /// The name by which `file` reaches `exported`, and the import for that; new uses stand at about the byte `offset`.
    pub fn binding(&self, files: &Files<'_>, file: &SourceFile, exported: &str, offset: usize) -> (String, Wanted) {
        let imports = file.imports();
        let local = self.local(files, file, exported).unwrap_or_else(|| {
            let alias = match exported {
                ROW => "cachedRow",
                INVALIDATE => "forgetCached",
                _ => "RowKeys",
            };
            let alias = alias.to_owned();
            let numbered = (2..).map(|number| format!("{alias}{number}"));
            let mut names = [exported.to_owned(), alias.clone()].into_iter().chain(numbered);
            names.find(|name| file.name(name).is_free_for_import(&[offset])).unwrap_or(alias)
        });
        let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
        let specifier = files.project.specifier(&file.path, &self.path, &siblings);
        (local.clone(), Wanted { specifier, imported: exported.to_owned(), local })
    }

    /// The name by which `file` knows an export already.
    pub fn local(&self, files: &Files<'_>, file: &SourceFile, exported: &str) -> Option<String> {
        let is_helper =
            |written: &str| files.project.resolver.resolve(&file.path, written).as_ref() == Some(&self.path);
        file.imports().local_name(exported, is_helper).map(str::to_owned)
    }
}

/// The keys that phase2.toml names, sorted by name.
fn configured(config: &Config) -> Vec<&str> {
    let mut keys: Vec<&str> = config.read_through.tables.values().map(|table| table.key.get_ref().as_str()).collect();
    keys.sort_unstable();
    keys
}

/// The line of a key.
fn line(key: &str) -> String {
    format!("  {key}: keyOf('{key}'),\n")
}

/// The module with the keys that phase2.toml names.
fn with_keys(runtime: &str, config: &Config) -> String {
    let end = runtime.find("} satisfies Record<string, MakeKey>").expect("the module has it");
    let keys = configured(config).into_iter().map(line).filter(|line| !runtime.contains(line.as_str()));
    format!("{}{}{}", &runtime[..end], keys.collect::<String>(), &runtime[end..])
}

/// The edit that adds the keys that a helper which is there lacks.
fn more_keys(file: &SourceFile, config: &Config) -> Option<Edit> {
    let export = exports::of(file).into_iter().find(|export| export.name == KEYS)?;
    let Target::Local(node) = export.target else { return None };
    let mut value = node.child_by_field_name("value")?;
    while matches!(value.kind(), "as_expression" | "satisfies_expression" | "parenthesized_expression") {
        value = value.named_child(0)?;
    }
    let mut cursor = value.walk();
    let entries: Vec<Node<'_>> = value.named_children(&mut cursor).filter(|node| node.kind() == "pair").collect();
    let known: Vec<&str> =
        entries.iter().filter_map(|entry| Some(file.text_of(entry.child_by_field_name("key")?))).collect();
    let missing: Vec<&str> = configured(config).into_iter().filter(|key| !known.contains(key)).collect();
    if missing.is_empty() || value.kind() != "object" {
        return None;
    }
    let newline = file.style().newline;
    let last = entries.last()?;
    let rest = &file.text[last.end_byte()..value.end_byte()];
    let comma = if rest.trim_start().starts_with(',') { "" } else { "," };
    let at = last.end_byte() + if comma.is_empty() { rest.find(',').map_or(0, |at| at + 1) } else { 0 };
    let indent = file.indent_at(last.start_byte());
    let lines: Vec<String> = missing.iter().map(|key| format!("{newline}{indent}{key}: keyOf('{key}'),")).collect();
    Some(Edit { path: file.path.clone(), range: at..at, text: format!("{comma}{}", lines.concat()) })
}
