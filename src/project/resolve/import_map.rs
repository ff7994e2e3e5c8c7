//! The import maps of edge functions: `imports` in deno.json, or a file of their own.

use serde_json::Value;

use super::tsconfig::parse;
use crate::project::{Problem, RelPath, Sources};

/// Names in the order that Deno and the Supabase command look for them.
const FILES: [&str; 3] = ["deno.json", "deno.jsonc", "import_map.json"];

/// What the bare specifiers of a folder's files stand for, as far as it is a file of the project.
#[derive(Debug, Default)]
pub(super) struct ImportMap {
    /// In the order that they are tried: the nearest map first, in a map the longest key.
    entries: Vec<Entry>,
}

/// A key that ends with `/` and its folder, or a key and its file.
#[derive(Debug)]
struct Entry {
    key: String,
    target: RelPath,
}

impl ImportMap {
    /// The map that holds in `folder`: `configured`, the one that `supabase/config.toml` names for it, then those of the
    /// folders upwards.
    pub(super) fn of(
        sources: &Sources,
        folder: &RelPath,
        configured: Option<&RelPath>,
        report: &mut dyn FnMut(Problem),
    ) -> ImportMap {
        let mut map = ImportMap::default();
        let nearest = std::iter::successors(Some(folder.clone()), RelPath::parent)
            .filter_map(|folder| FILES.iter().filter_map(|name| folder.join(name)).find(|path| sources.exists(path)));
        for file in configured.cloned().into_iter().chain(nearest) {
            map.add(sources, &file, true, report);
        }
        map
    }

    /// The paths below the project root that `specifier` may mean, in the order to try.
    pub(super) fn targets<'a>(&'a self, specifier: &'a str) -> impl Iterator<Item = String> + 'a {
        self.entries.iter().filter_map(move |entry| match specifier.strip_prefix(entry.key.as_str())? {
            "" => Some(entry.target.to_string()),
            rest if entry.is_prefix() => entry.target.join(rest).map(|path| path.to_string()),
            _ => None,
        })
    }

    /// The specifiers that reach `to` through a prefix, each after its prefix; the one nearest to `to` first.
    pub(super) fn specifiers<'a>(&'a self, to: &'a RelPath) -> impl Iterator<Item = (&'a str, String)> {
        let mut found: Vec<&Entry> =
            self.entries.iter().filter(|entry| entry.is_prefix() && to.is_within(&entry.target)).collect();
        found.sort_by_key(|entry| std::cmp::Reverse(entry.target.as_str().len()));
        found.into_iter().map(|entry| {
            let rest = to.as_str()[entry.target.as_str().len()..].trim_start_matches('/');
            (entry.key.as_str(), format!("{}{rest}", entry.key))
        })
    }

    /// Adds what `file` says, or, if it only names another import map and `follow` is set, what that one says.
    fn add(&mut self, sources: &Sources, file: &RelPath, follow: bool, report: &mut dyn FnMut(Problem)) {
        let text = sources.read(file).map_err(|error| error.to_string());
        let config = match text.and_then(|text| parse(&text)) {
            Ok(config) => config,
            Err(message) => return report(Problem { path: Some(file.clone()), message }),
        };
        let folder = file.parent().unwrap_or_else(RelPath::root);
        if let Some(imports) = config.get("imports").and_then(Value::as_object) {
            let mut entries: Vec<Entry> = imports
                .iter()
                .filter_map(|(key, target)| Some(Entry { key: key.clone(), target: local(&folder, target.as_str()?)? }))
                .filter(|entry| !entry.key.starts_with('.'))
                .collect();
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.key.len()));
            self.entries.extend(entries);
        } else if let Some(other) = config.get("importMap").and_then(Value::as_str)
            && let Some(other) = folder.join(other).filter(|other| follow && sources.exists(other))
        {
            self.add(sources, &other, false, report);
        }
    }
}

impl Entry {
    fn is_prefix(&self) -> bool {
        self.key.ends_with('/')
    }
}

/// A target that is a path of the project, not a URL or a package.
fn local(folder: &RelPath, target: &str) -> Option<RelPath> {
    if target.starts_with("./") || target.starts_with("../") { folder.join(target) } else { None }
}
