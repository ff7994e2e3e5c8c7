//! `paths` and `baseUrl` of tsconfig.json and jsconfig.json.

use serde_json::{Map, Value};

use super::starred::Starred;
use crate::project::{Problem, RelPath, Sources};

/// How many configurations may extend or refer to one another in a row.
const MAX_DEPTH: usize = 16;

/// What a file's bare specifiers stand for.
#[derive(Debug, Default)]
pub(super) struct PathMapping {
    /// In the order that they are tried: those of `paths`, the most specific first, then `baseUrl` as `*`.
    aliases: Vec<(Starred, Vec<Starred>)>,
    /// Whether relative specifiers must end as the emitted file does: `./x.js`.
    pub(super) emitted_endings: bool,
}

impl PathMapping {
    /// The mapping of the files in `folder`: that of the nearest configuration upwards.
    pub(super) fn of(sources: &Sources, folder: &RelPath, report: &mut dyn FnMut(Problem)) -> PathMapping {
        let config = std::iter::successors(Some(folder.clone()), RelPath::parent)
            .flat_map(|folder| [folder.join("tsconfig.json"), folder.join("jsconfig.json")])
            .flatten()
            .find(|path| sources.exists(path));
        let mut loader = Loader { sources, report };
        let found = config.and_then(|config| loader.for_folder(&config, folder, MAX_DEPTH));
        found.map_or_else(PathMapping::default, |config| config.mapping())
    }

    /// The paths below the project root that `specifier` may mean, in the order to try.
    pub(super) fn targets<'a>(&'a self, specifier: &'a str) -> impl Iterator<Item = String> + 'a {
        self.aliases().filter_map(move |(key, target)| key.capture(specifier).map(|star| target.fill(star)))
    }

    /// Each pattern of a specifier with a pattern of a path below the project root.
    pub(super) fn aliases(&self) -> impl Iterator<Item = (&Starred, &Starred)> {
        self.aliases.iter().flat_map(|(key, targets)| targets.iter().map(move |target| (key, target)))
    }
}

/// Stands for the folder of the configuration that inherits the value.
const CONFIG_DIR: &str = "${configDir}";

/// A configuration with what it inherits.
#[derive(Debug, Clone)]
struct Config {
    folder: RelPath,
    base_url: Option<Located<String>>,
    paths: Option<Located<Map<String, Value>>>,
    /// How specifiers are resolved: `moduleResolution`, or else `module`, in small letters.
    resolution: Option<String>,
    /// The files and folders that it covers, as written; everything if it doesn't say.
    covers: Option<Located<Vec<String>>>,
    references: Vec<RelPath>,
}

/// A value with the folder that its paths are relative to.
#[derive(Debug, Clone)]
struct Located<T> {
    folder: RelPath,
    value: T,
}

impl Config {
    fn says_where(&self) -> bool {
        self.base_url.is_some() || self.paths.is_some()
    }

    fn base(&self) -> Option<RelPath> {
        self.base_url.as_ref().and_then(|base| self.place(&base.folder, &base.value))
    }

    /// The path that `value` means in a configuration in `folder`.
    fn place(&self, folder: &RelPath, value: &str) -> Option<RelPath> {
        match value.strip_prefix(CONFIG_DIR) {
            Some(rest) => self.folder.join(rest),
            None => folder.join(value),
        }
    }

    fn mapping(&self) -> PathMapping {
        let base = self.base();
        let mut aliases = Vec::new();
        if let Some(paths) = &self.paths {
            let folder = base.as_ref().unwrap_or(&paths.folder);
            for (key, targets) in &paths.value {
                let targets = strings(Some(targets)).filter_map(|target| self.place(folder, target));
                aliases.push((Starred::new(key), targets.map(|target| Starred::new(target.as_str())).collect()));
            }
            aliases.sort_by_key(|(key, _)| std::cmp::Reverse(key.specificity()));
        }
        if let Some(target) = base.and_then(|base| base.join("*")) {
            aliases.push((Starred::new("*"), vec![Starred::new(target.as_str())]));
        }
        let is_node = |resolution: &String| ["node16", "node18", "node20", "nodenext"].contains(&resolution.as_str());
        PathMapping { aliases, emitted_endings: self.resolution.as_ref().is_some_and(is_node) }
    }

    /// Whether `folder` lies in what the configuration includes; its wildcards are not taken to the letter.
    fn covers(&self, folder: &RelPath) -> bool {
        let Some(covers) = &self.covers else { return true };
        covers.value.iter().any(|pattern| {
            let fixed: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '?'])).collect();
            self.place(&covers.folder, &fixed.join("/")).is_some_and(|included| folder.is_within(&included))
        })
    }
}

struct Loader<'a> {
    sources: &'a Sources,
    report: &'a mut dyn FnMut(Problem),
}

impl Loader<'_> {
    /// The configuration at `path`; if that only refers to others (as Vite's does), the one of them that has `folder`.
    fn for_folder(&mut self, path: &RelPath, folder: &RelPath, depth: usize) -> Option<Config> {
        let config = self.load(path, depth)?;
        if config.says_where() || depth == 0 {
            return Some(config);
        }
        let referred: Vec<Config> =
            config.references.iter().filter_map(|path| self.for_folder(path, folder, depth - 1)).collect();
        let usable = || referred.iter().filter(|config| config.says_where());
        let best = usable().find(|config| config.covers(folder)).or_else(|| usable().next());
        Some(best.cloned().unwrap_or(config))
    }

    /// The configuration at `path` over those that it extends. `leaf` is the one that all this is read for.
    fn load(&mut self, path: &RelPath, depth: usize) -> Option<Config> {
        let text = self.sources.read(path).map_err(|error| error.to_string());
        let value = text.and_then(|text| parse(&text)).map_err(|message| {
            (self.report)(Problem { path: Some(path.clone()), message });
        });
        let Value::Object(root) = value.ok()? else { return None };
        let folder = path.parent()?;

        let mut config = Config {
            folder: folder.clone(),
            base_url: None,
            paths: None,
            resolution: None,
            covers: None,
            references: Vec::new(),
        };
        for base in strings(root.get("extends")) {
            let inherited = if depth == 0 { None } else { self.extended(&folder, base) };
            // A later one overrides an earlier one, key by key; references are not inherited.
            if let Some(inherited) = inherited.and_then(|base| self.load(&base, depth - 1)) {
                config.base_url = inherited.base_url.or(config.base_url);
                config.paths = inherited.paths.or(config.paths);
                config.resolution = inherited.resolution.or(config.resolution);
                config.covers = inherited.covers.or(config.covers);
            }
        }

        let options = root.get("compilerOptions").and_then(Value::as_object);
        if let Some(base_url) = options.and_then(|options| options.get("baseUrl")).and_then(Value::as_str) {
            config.base_url = Some(Located { folder: folder.clone(), value: base_url.to_owned() });
        }
        if let Some(paths) = options.and_then(|options| options.get("paths")).and_then(Value::as_object) {
            config.paths = Some(Located { folder: folder.clone(), value: paths.clone() });
        }
        let stated = |key: &str| options.and_then(|options| options.get(key)).and_then(Value::as_str);
        if let Some(resolution) = stated("moduleResolution").or_else(|| stated("module")) {
            config.resolution = Some(resolution.to_lowercase());
        }
        if root.contains_key("include") || root.contains_key("files") {
            let listed = strings(root.get("include")).chain(strings(root.get("files"))).map(str::to_owned).collect();
            config.covers = Some(Located { folder: folder.clone(), value: listed });
        }
        let references = root.get("references").and_then(Value::as_array).into_iter().flatten();
        config.references = references
            .filter_map(|reference| folder.join(reference.get("path")?.as_str()?))
            .filter_map(|path| self.config_at(&path))
            .collect();
        Some(config)
    }

    /// The file that `extends` names: relative, or below a `node_modules` upwards.
    fn extended(&self, folder: &RelPath, base: &str) -> Option<RelPath> {
        if base.starts_with('.') {
            return self.config_at(&folder.join(base)?);
        }
        std::iter::successors(Some(folder.clone()), RelPath::parent)
            .filter_map(|folder| folder.join("node_modules")?.join(base))
            .find_map(|path| self.config_at(&path))
    }

    /// The configuration at `path`, which may lack `.json` or name a folder.
    fn config_at(&self, path: &RelPath) -> Option<RelPath> {
        [path.to_string(), format!("{path}.json"), format!("{path}/tsconfig.json")]
            .iter()
            .filter_map(|candidate| RelPath::new(candidate))
            .find(|candidate| self.sources.exists(candidate))
    }
}

/// JSON as TypeScript and Deno read it: with comments and trailing commas.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default())
        .map_err(|error| format!("is not valid JSON, so the aliases in it are unknown: {error}"))
}

/// The strings of a value that may be one or a list of them.
fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    value.into_iter().chain(list).filter_map(Value::as_str)
}
