//! A supabase folder: its configuration and its edge functions.

use std::collections::BTreeMap;

use super::{ReadError, RelPath, Sources};

/// One `supabase` folder. A monorepo may have several.
#[derive(Debug, Clone, Hash)]
pub struct SupabaseFolder {
    /// The `supabase` folder itself.
    pub base: RelPath,
    /// Its edge functions by name.
    pub functions: BTreeMap<String, EdgeFunction>,
}

/// An edge function, with what `config.toml` says of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdgeFunction {
    /// The file that the runtime starts.
    pub entry: RelPath,
    /// Whether the platform checks the caller's token before the function runs; `None` where `config.toml` doesn't
    /// say, which means that it does.
    pub verify_jwt: Option<bool>,
    /// The import map that `config.toml` names.
    pub import_map: Option<RelPath>,
    /// Whether `config.toml` has a schedule for it.
    pub is_scheduled: bool,
}

/// `supabase/config.toml` can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SupabaseError {
    /// It is there and can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not TOML.
    #[error(
        "{path}:{line}:{column}: {message}, in `{source_line}`; mend it first: it says which functions check tokens"
    )]
    Syntax {
        /// The file.
        path: RelPath,
        /// Line, from 1.
        line: usize,
        /// Column, from 1, in UTF-16 code units.
        column: usize,
        /// What the parser said.
        message: String,
        /// The line's text.
        source_line: String,
    },
    /// A key of a function has the wrong type.
    #[error("{path}: `{key}` has to be {expected}")]
    WrongType {
        /// The file.
        path: RelPath,
        /// The key with the tables that it is in.
        key: String,
        /// What it has to be.
        expected: &'static str,
    },
}

/// What `[functions.<name>]` says.
#[derive(Debug, Default)]
struct Settings {
    verify_jwt: Option<bool>,
    entrypoint: Option<RelPath>,
    import_map: Option<RelPath>,
    is_scheduled: bool,
}

impl SupabaseFolder {
    /// Reads the supabase folder at `base`; its functions are told by the project's `files`.
    pub fn load<'a>(
        sources: &Sources,
        base: RelPath,
        files: impl IntoIterator<Item = &'a RelPath>,
    ) -> Result<SupabaseFolder, SupabaseError> {
        let mut configured = read_settings(sources, &base)?;
        let mut functions = BTreeMap::new();
        for file in files {
            if let Some(name) = name_by_path(&base, file)
                && Some(file) == file_in(&base, &format!("functions/{name}/index.ts")).as_ref()
            {
                let settings = configured.remove(name).unwrap_or_default();
                functions.insert(name.to_owned(), settings.function(file.clone()));
            }
        }
        // An entry point that isn't called index.ts.
        for (name, settings) in configured {
            if let Some(entry) = settings.entrypoint.clone().filter(|entry| sources.exists(entry)) {
                functions.insert(name, settings.function(entry));
            }
        }
        Ok(SupabaseFolder { base, functions })
    }

    /// The edge function whose code `path` is: by its entry point, else the first folder below `functions`. `None` for
    /// what functions share (`_shared`) and for files outside.
    pub fn function_of<'a>(&'a self, path: &'a RelPath) -> Option<&'a str> {
        let by_entry = self.functions.iter().find(|(_, function)| function.entry == *path);
        by_entry.map(|(name, _)| name.as_str()).or_else(|| name_by_path(&self.base, path))
    }

    /// The folder of the function called `name`.
    pub fn function_folder(&self, name: &str) -> Option<RelPath> {
        file_in(&self.base, &format!("functions/{name}"))
    }
}

impl Settings {
    fn function(self, index: RelPath) -> EdgeFunction {
        EdgeFunction {
            entry: self.entrypoint.unwrap_or(index),
            verify_jwt: self.verify_jwt,
            import_map: self.import_map,
            is_scheduled: self.is_scheduled,
        }
    }
}

/// The first folder below `functions` that `path` lies in.
fn name_by_path<'a>(base: &RelPath, path: &'a RelPath) -> Option<&'a str> {
    let functions = base.join("functions")?;
    let (name, _) = path.as_str().strip_prefix(functions.as_str())?.strip_prefix('/')?.split_once('/')?;
    (!name.starts_with('_')).then_some(name)
}

/// A path that `config.toml` gives, which is relative to the supabase folder; `None` if it leads out of the project.
fn file_in(base: &RelPath, path: &str) -> Option<RelPath> {
    if path.starts_with('/') { None } else { base.join(path) }
}

/// Every `[functions.<name>]` of the folder's `config.toml`.
fn read_settings(sources: &Sources, base: &RelPath) -> Result<BTreeMap<String, Settings>, SupabaseError> {
    let Some(path) = base.join("config.toml").filter(|path| sources.exists(path)) else { return Ok(BTreeMap::new()) };
    let text = sources.read(&path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let config: toml::Table = text.parse().map_err(|error: toml::de::Error| syntax_error(&path, text, &error))?;
    let mut all = BTreeMap::new();
    let Some(functions) = config.get("functions").and_then(toml::Value::as_table) else { return Ok(all) };
    for (name, table) in functions {
        let Some(table) = table.as_table() else { continue };
        let wrong = |key: &str, expected| SupabaseError::WrongType {
            path: path.clone(),
            key: format!("functions.{name}.{key}"),
            expected,
        };
        let file = |key: &str| match table.get(key) {
            None => Ok(None),
            Some(toml::Value::String(file)) if file.is_empty() => Ok(None),
            Some(toml::Value::String(file)) => Ok(file_in(base, file)),
            Some(_) => Err(wrong(key, "a path in quotes")),
        };
        let verify_jwt = match table.get("verify_jwt") {
            None => None,
            Some(toml::Value::Boolean(value)) => Some(*value),
            Some(toml::Value::String(value)) if value.starts_with("env(") => None,
            Some(_) => return Err(wrong("verify_jwt", "true or false")),
        };
        let is_scheduled = table.contains_key("cron") || table.contains_key("schedule");
        let (entrypoint, import_map) = (file("entrypoint")?, file("import_map")?);
        let settings = Settings { verify_jwt, entrypoint, import_map, is_scheduled };
        all.insert(name.clone(), settings);
    }
    Ok(all)
}

fn syntax_error(path: &RelPath, text: &str, error: &toml::de::Error) -> SupabaseError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    SupabaseError::Syntax {
        path: path.clone(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].encode_utf16().count() + 1,
        message: error.message().to_owned(),
        source_line: text[line_start..].lines().next().unwrap_or_default().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::{Tree, rel};

    fn load(files: &[(&str, &str)], base: &str) -> Result<SupabaseFolder, SupabaseError> {
        let tree = Tree::new(files);
        let paths: Vec<RelPath> = files.iter().map(|(path, _)| rel(path)).collect();
        SupabaseFolder::load(&Sources::new(&tree.path("")), rel(base), &paths)
    }

    #[test]
    fn functions_are_folders_with_an_entry_point() {
        let folder = load(
            &[
                (
                    "supabase/config.toml",
                    "project_id = \"x\"\n[functions.open]\nverify_jwt = false\n[functions.main]\nverify_jwt = true\n\
                     entrypoint = \"./functions/main/src/main.ts\"\nimport_map = \"./functions/main/deno.json\"\n\
                     [functions.missing]\nverify_jwt = false\n",
                ),
                ("supabase/functions/open/index.ts", ""),
                ("supabase/functions/plain/index.ts", ""),
                ("supabase/functions/plain/deep/index.ts", ""),
                ("supabase/functions/main/src/main.ts", ""),
                ("supabase/functions/helpers/util.ts", ""),
                ("supabase/functions/_shared/index.ts", ""),
                ("supabase/functions/index.ts", ""),
                ("src/functions/other/index.ts", ""),
            ],
            "supabase",
        )
        .unwrap();
        let entry =
            |path: &str| EdgeFunction { entry: rel(path), verify_jwt: None, import_map: None, is_scheduled: false };
        let expected = [
            (
                "main".to_owned(),
                EdgeFunction {
                    verify_jwt: Some(true),
                    import_map: Some(rel("supabase/functions/main/deno.json")),
                    ..entry("supabase/functions/main/src/main.ts")
                },
            ),
            ("open".to_owned(), EdgeFunction { verify_jwt: Some(false), ..entry("supabase/functions/open/index.ts") }),
            ("plain".to_owned(), entry("supabase/functions/plain/index.ts")),
        ];
        assert_eq!(folder.functions, BTreeMap::from(expected));
    }

    #[test]
    fn files_belong_to_the_function_whose_folder_they_lie_in() {
        let folder = load(&[("web/supabase/functions/a/index.ts", "")], "web/supabase").unwrap();
        let name = |path: &str| folder.function_of(&rel(path)).map(str::to_owned);
        assert_eq!(name("web/supabase/functions/a/deep/x.ts").as_deref(), Some("a"));
        assert_eq!(name("web/supabase/functions/functions/x.ts").as_deref(), Some("functions"));
        assert_eq!(name("web/supabase/functions/_shared/x.ts"), None);
        assert_eq!(name("web/supabase/functions/x.ts"), None);
        assert_eq!(name("web/supabase/seed/a/x.ts"), None);
        assert_eq!(name("supabase/functions/a/index.ts"), None);
    }

    #[test]
    fn an_unparsable_file_is_named_with_the_place() {
        let error = load(&[("supabase/config.toml", "a = 1\nb = 'é' = 2\n")], "supabase").unwrap_err().to_string();
        assert!(error.starts_with("supabase/config.toml:2:9: "), "{error}");
        let error =
            load(&[("supabase/config.toml", "[functions.a]\n\n[functions.a]\n")], "supabase").unwrap_err().to_string();
        let expected = "supabase/config.toml:3:12: duplicate key, in `[functions.a]`; mend it first: it says which functions check tokens";
        assert_eq!(error, expected);
        let error = load(&[("supabase/config.toml", "[functions.a]\nverify_jwt = 'no'")], "supabase").unwrap_err();
        assert_eq!(error.to_string(), "supabase/config.toml: `functions.a.verify_jwt` has to be true or false");
    }
}
