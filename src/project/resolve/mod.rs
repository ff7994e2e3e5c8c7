//! Import specifier → file of the project, and the other way.

mod import_map;
mod probe;
mod starred;
mod tsconfig;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use self::import_map::ImportMap;
use self::starred::Starred;
use self::tsconfig::PathMapping;
use super::unit::Surface;
use super::{Problem, RelPath, Sources};

/// Resolves the imports of a project's files.
///
/// Configuration files are read when the first file asks for them, and once. It can be shared between threads.
#[derive(Debug)]
pub struct Resolver {
    sources: Sources,
    /// Import maps that `supabase/config.toml` names, by the function's folder.
    function_maps: Vec<(RelPath, RelPath)>,
    /// What holds in a folder.
    path_mappings: Cache<RelPath, Arc<PathMapping>>,
    import_maps: Cache<RelPath, Arc<ImportMap>>,
    problems: Mutex<BTreeSet<Problem>>,
}

/// How a file's own imports of modules end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `./x`
    None,
    /// `./x.ts`
    TypeScript,
    /// `./x.js`, which TypeScript takes for `x.ts`
    JavaScript,
}

impl Resolver {
    /// A resolver over `sources`. `function_maps` are the import maps that `supabase/config.toml` names, each with the
    /// folder of its function.
    pub fn new(sources: &Sources, function_maps: Vec<(RelPath, RelPath)>) -> Resolver {
        Resolver {
            sources: sources.clone(),
            function_maps,
            path_mappings: Cache::default(),
            import_maps: Cache::default(),
            problems: Mutex::default(),
        }
    }

    /// The same over other sources, with nothing read yet.
    pub(super) fn over(&self, sources: &Sources) -> Resolver {
        Resolver::new(sources, self.function_maps.clone())
    }

    /// The file that `specifier` means in the file `from`; `None` for packages, URLs and what isn't there.
    pub fn resolve(&self, from: &RelPath, specifier: &str) -> Option<RelPath> {
        if is_relative(specifier) {
            return probe::module(&self.sources, &from.parent()?.join(specifier)?);
        }
        if is_url(specifier) {
            return None;
        }
        match Surface::of(from) {
            Surface::Edge => self.import_map(from).targets(specifier).find_map(|target| self.find(&target)),
            Surface::Frontend => self.path_mapping(from).targets(specifier).find_map(|target| self.find(&target)),
        }
    }

    /// How `from` imports `to`, which need not exist yet, in the way that this project writes it. `siblings` are the
    /// specifiers of the imports that `from` already has.
    ///
    /// Edge: relative with the extension, or through an import map's prefix that a sibling uses. Frontend: by the most
    /// specific alias of `tsconfig.json`, unless the file writes such paths relatively; without an extension
    /// unless the siblings carry one.
    pub fn specifier(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> String {
        match Surface::of(from) {
            Surface::Edge => self.mapped_specifier(from, to, siblings).unwrap_or_else(|| relative(from, to.as_str())),
            Surface::Frontend => {
                let forms = self.forms(to, self.ending(from, siblings));
                let alias = || self.alias_specifier(from, to, &forms, siblings);
                let alias = if self.prefers_relative(from, to, siblings) { None } else { alias() };
                alias.unwrap_or_else(|| self.relative_specifier(from, to, siblings))
            }
        }
    }

    /// How `from` imports `to` if it is to be relative, with the siblings' extension.
    pub(super) fn relative_specifier(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> String {
        let forms = self.forms(to, self.ending(from, siblings));
        let found = forms.iter().map(|form| relative(from, form)).find(|it| self.means(from, it, to));
        found.unwrap_or_else(|| relative(from, to.as_str()))
    }

    /// Configuration files that were asked for so far and can't be used, sorted.
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// `to` through an import map's prefix that the file already uses.
    fn mapped_specifier(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> Option<String> {
        let map = self.import_map(from);
        map.specifiers(to)
            .filter(|(prefix, _)| siblings.iter().any(|sibling| sibling.starts_with(prefix)))
            .map(|(_, specifier)| specifier)
            .find(|specifier| self.means(from, specifier, to))
    }

    /// `to` through an alias, the most specific one first.
    fn alias_specifier(&self, from: &RelPath, to: &RelPath, forms: &[String], siblings: &[&str]) -> Option<String> {
        let mapping = self.path_mapping(from);
        let mut aliases: Vec<(&Starred, &Starred)> = mapping.aliases().collect();
        aliases.sort_by_cached_key(|(key, target)| {
            let used = siblings.iter().any(|sibling| self.is_alias_of(key, target, sibling));
            std::cmp::Reverse((target.specificity(), used))
        });
        aliases.into_iter().find_map(|(key, target)| {
            // `*` takes any name: only who already imports so wants to.
            if key.takes_any() && !siblings.iter().any(|sibling| self.is_alias_of(key, target, sibling)) {
                return None;
            }
            forms
                .iter()
                .filter_map(|form| Some(key.fill(target.capture(form)?)))
                .find(|specifier| self.means(from, specifier, to))
        })
    }

    /// Whether `specifier` reaches a file of the project through this one alias.
    fn is_alias_of(&self, key: &Starred, target: &Starred, specifier: &str) -> bool {
        !is_relative(specifier) && key.capture(specifier).is_some_and(|star| self.find(&target.fill(star)).is_some())
    }

    /// Whether `from` would write a relative path to `to`: because it does so for its own folder, or for every module
    /// that it imports, unless `to` is further away than all of them.
    fn prefers_relative(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> bool {
        let modules: Vec<(&str, RelPath)> = self.sibling_modules(from, siblings).collect();
        if from.parent() == to.parent() {
            let beside =
                |(specifier, module): &(&str, RelPath)| is_relative(specifier) && module.parent() == to.parent();
            if modules.iter().any(beside) {
                return true;
            }
        }
        let steps_up = |specifier: &str| specifier.matches("../").count();
        let reach = modules.iter().map(|(specifier, _)| steps_up(specifier)).max();
        reach.is_some_and(|reach| steps_up(&relative(from, to.as_str())) <= reach.max(1))
            && modules.iter().all(|(specifier, _)| is_relative(specifier))
    }

    /// How the siblings end. One without an extension shows that none is needed.
    fn ending(&self, from: &RelPath, siblings: &[&str]) -> Ending {
        // Where nothing shows otherwise, the configuration says what works.
        let needed = self.path_mapping(from).emitted_endings;
        let mut found = if needed { Ending::JavaScript } else { Ending::None };
        for (specifier, module) in self.sibling_modules(from, siblings) {
            let Some((_, extension)) = probe::split_typescript(module.file_name()) else { continue };
            if specifier.ends_with(extension) {
                found = Ending::TypeScript;
            } else if specifier.ends_with(probe::emitted(extension)) {
                found = Ending::JavaScript;
            } else {
                return Ending::None;
            }
        }
        found
    }

    /// The siblings that are modules of the project, not packages, styles or pictures.
    fn sibling_modules<'a>(
        &'a self,
        from: &'a RelPath,
        siblings: &'a [&'a str],
    ) -> impl Iterator<Item = (&'a str, RelPath)> + 'a {
        siblings.iter().filter_map(move |specifier| {
            let module = self.resolve(from, specifier)?;
            probe::is_script(&module).then_some((*specifier, module))
        })
    }

    /// What may stand for `to` in a specifier, the preferred form first. The last one is its whole path.
    fn forms(&self, to: &RelPath, ending: Ending) -> Vec<String> {
        let whole = to.as_str();
        let mut forms = Vec::new();
        if let Some((stem, extension)) = probe::split_typescript(whole) {
            match ending {
                Ending::None if matches!(extension, ".ts" | ".tsx" | ".d.ts") => {
                    forms.extend(stem.strip_suffix("/index").map(str::to_owned));
                    forms.push(stem.to_owned());
                }
                Ending::TypeScript => {}
                // Without its extension nothing finds an .mts file.
                Ending::None | Ending::JavaScript => forms.push(format!("{stem}{}", probe::emitted(extension))),
            }
        }
        forms.push(whole.to_owned());
        forms
    }

    /// Whether `specifier` reaches `to`, or will once `to` exists.
    fn means(&self, from: &RelPath, specifier: &str, to: &RelPath) -> bool {
        if specifier.ends_with('/') {
            return false;
        }
        match self.resolve(from, specifier) {
            Some(found) => found == *to,
            None => !self.sources.exists(to),
        }
    }

    /// The module at `target`, a path below the project root; packages are not the project's own.
    fn find(&self, target: &str) -> Option<RelPath> {
        let path = RelPath::new(target)?;
        if path.parts().any(|part| part == "node_modules") {
            return None;
        }
        probe::module(&self.sources, &path)
    }

    fn path_mapping(&self, from: &RelPath) -> Arc<PathMapping> {
        let folder = from.parent().unwrap_or_else(RelPath::root);
        self.path_mappings
            .get(&folder, || Arc::new(PathMapping::of(&self.sources, &folder, &mut |problem| self.report(problem))))
    }

    fn import_map(&self, from: &RelPath) -> Arc<ImportMap> {
        let folder = from.parent().unwrap_or_else(RelPath::root);
        let configured = self.function_maps.iter().find(|(function, _)| folder.is_within(function)).map(|(_, map)| map);
        self.import_maps.get(&folder, || {
            Arc::new(ImportMap::of(&self.sources, &folder, configured, &mut |problem| self.report(problem)))
        })
    }

    fn report(&self, problem: Problem) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).insert(problem);
    }
}

/// Values that are made once.
#[derive(Debug)]
struct Cache<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Cache(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// The value of `key`. Two threads may make it at the same time; the first to be done wins.
    fn get(&self, key: &K, make: impl FnOnce() -> V) -> V {
        if let Some(value) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return value.clone();
        }
        let value = make();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_insert(value).clone()
    }
}

fn is_relative(specifier: &str) -> bool {
    matches!(specifier, "." | "..") || specifier.starts_with("./") || specifier.starts_with("../")
}

/// Whether `specifier` starts with a scheme: `https:`, `npm:`, `node:`.
fn is_url(specifier: &str) -> bool {
    specifier.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

/// The relative specifier from the file `from` to `form`, a path below the project root.
fn relative(from: &RelPath, form: &str) -> String {
    let target = RelPath::new(form).unwrap_or_else(RelPath::root);
    from.parent().unwrap_or_else(RelPath::root).relative_to(&target)
}

#[cfg(test)]
mod tests;
