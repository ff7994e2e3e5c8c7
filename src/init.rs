//! The phase2.toml that `phase2 init` writes: what was found in a project, with the reasons, for its team to look through.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::config::{ClaimSource, Config, ConfigFile, FILE_NAME};
use crate::project::{Project, ProjectError, RelPath};
use crate::rules::rate_limit::survey::{self, Found, Function, State, Survey};
use crate::rules::{self, console};

/// Folders that are looked for, as globs from the project root.
const ROOTS: [&str; 6] = [
    "supabase/functions",
    "src",
    "apps/*/src",
    "packages/*/src",
    "apps/*/supabase/functions",
    "packages/*/supabase/functions",
];

/// Where the npm package has the schema of phase2.toml, and the line that tells editors of it.
const INSTALLED_SCHEMA: &str = "node_modules/phase2/schema.json";
const INSTALLED_SCHEMA_LINE: &str = "#:schema ./node_modules/phase2/schema.json\n";

/// The project at `root`, looked at without any phase2.toml.
///
/// # Errors
/// If it can't be opened.
pub fn open(root: &Path) -> Result<Project, ProjectError> {
    let mut roots: Vec<String> =
        ROOTS.into_iter().filter(|pattern| has_match(root, pattern)).map(str::to_owned).collect();
    let project = open_with(root, &roots);
    // Packages without a `src` have their code right in them. Where there is no root at all, the error of the default ones
    // says what to do.
    let outside = project.as_ref().map(Project::packages_outside).unwrap_or_default();
    if outside.is_empty() {
        return project;
    }
    roots.extend(outside.iter().map(RelPath::to_string));
    open_with(root, &roots)
}

fn open_with(root: &Path, roots: &[String]) -> Result<Project, ProjectError> {
    let roots: Vec<String> = roots.iter().map(|root| quoted(root)).collect();
    let stated = if roots.is_empty() { String::new() } else { format!("roots = [{}]\n", roots.join(", ")) };
    let config = Config::parse(&ConfigFile::new(FILE_NAME, &stated), &rules::names());
    Project::open(root, config.unwrap_or_else(|_| Config::built_in()))
}

/// Whether a pattern, in which one part may be `*`, matches a folder.
fn has_match(root: &Path, pattern: &str) -> bool {
    match pattern.split_once("/*/") {
        None => root.join(pattern).is_dir(),
        Some((before, after)) => {
            let entries = std::fs::read_dir(root.join(before)).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).any(|path| !path.is_symlink() && path.join(after).is_dir())
        }
    }
}

/// The text of a phase2.toml for `project`.
pub fn configuration(project: &Project) -> String {
    let survey = survey::of(project);
    let mut text = String::from(match project.root.join(INSTALLED_SCHEMA).exists() {
        true => INSTALLED_SCHEMA_LINE,
        false => {
            "# To complete keys in an editor: `phase2 schema > phase2.schema.json`, and `#:schema ./phase2.schema.json` in place of this.\n"
        }
    });
    text.push_str(
        "# Written by `phase2 init` from what it found in this project. Look it through: it decides what `phase2 fix` changes.\n\n",
    );
    let roots = project.config.roots.iter().flatten().map(|root| quoted(root.get_ref()));
    let roots: Vec<String> = roots.collect();
    if !roots.is_empty() {
        let _ = writeln!(text, "# Folders to look into.\nroots = [{}]\n", roots.join(", "));
    }
    loggers(&mut text, project);
    rate_limits(&mut text, &survey);
    tenants(&mut text, project);
    read_through(&mut text, project);
    text
}

/// Tables that are worth caching: proposed, since only their team knows how stale a row may be.
fn read_through(text: &mut String, project: &Project) {
    let hot = rules::read_through::survey::of(project);
    if hot.is_empty() {
        return;
    }
    text.push_str(
        "\n# Tables whose rows are read by their ids in many places and changed in few. Each that stands here goes through Redis,\n\
         # and may be up to `ttl` seconds stale; see `phase2 explain read-through`, also for when not to.\n",
    );
    for table in &hot {
        let browser = match table.reads_in_browser {
            0 => String::new(),
            count => format!(", and in {count} of the browser, which stay"),
        };
        let _ = writeln!(
            text,
            "# Read in {} of the edge functions{browser}; changed in {}:\n# [read-through.tables.{}]\n# key = {}\n# ttl = 60",
            places(table.reads),
            places(table.changes),
            key(&table.table),
            quoted(&table.key)
        );
    }
}

/// A number of places, in words.
fn places(count: usize) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

/// Where hardcoded ids stand: who writes tenants into tokens, and what holds one.
fn tenants(text: &mut String, project: &Project) {
    let Some(survey) = rules::tenants::survey::of(project) else { return };
    text.push_str("\n[tenants]\n");
    let _ = match &survey.source {
        Some((ClaimSource::Hook, place)) => {
            writeln!(text, "# A hook writes the tenant into tokens: {place}\nclaim-source = \"hook\"")
        }
        Some((_, place)) => {
            writeln!(text, "# The tenant is written into app_metadata: {place}\nclaim-source = \"app-metadata\"")
        }
        None => writeln!(text, "# Nothing was seen that writes a tenant into tokens.\n# claim-source = \"hook\""),
    };
    if let Some(place) = &survey.user_instead {
        let _ = writeln!(text, "# SQL takes the user where there is no tenant: {place}\n# fallback = \"user\"");
    }
    if !survey.keys.is_empty() {
        let known = project.config.tenants.keys.iter().chain(&survey.keys);
        let known: Vec<String> = known.map(|name| quoted(name)).collect();
        let _ = writeln!(
            text,
            "# The usual names of what holds a tenant, and those that were seen.\nkeys = [{}]",
            known.join(", ")
        );
    }
}

/// Modules that log, where they aren't in their usual place.
fn loggers(text: &mut String, project: &Project) {
    let found = console::survey::of(project);
    for logger in &found {
        let _ = writeln!(text, "# {}", logger.reason);
        let _ = writeln!(text, "[console.{}]\nmodule = {}\n", logger.table, quoted(&logger.module));
    }
}

fn rate_limits(text: &mut String, survey: &Survey) {
    if survey.helpers.is_empty() {
        return;
    }
    text.push_str("[rate-limit]\n");
    helpers(text, &survey.helpers);
    let (services, callers): (Vec<&Function>, Vec<&Function>) =
        survey.functions.iter().partition(|function| function.is_called_by_services && function.tier.is_some());
    text.push_str("# The tier of each edge function.\n[rate-limit.functions]\n");
    let width = survey.functions.iter().map(|function| key(&function.name).len()).max().unwrap_or_default();
    callers.iter().for_each(|function| line(text, function, width));
    if !services.is_empty() {
        text.push_str(
            "# Called by other services or on a schedule: they share addresses and may not try again. Look twice at these tiers,\n\
             # or move a function to [rate-limit.exempt] with the reason.\n",
        );
        services.iter().for_each(|function| line(text, function, width));
    }
    let shared = survey.functions.iter().filter_map(|function| Some((function, function.bucket.as_ref()?)));
    let shared: String =
        shared.map(|(function, bucket)| format!("{} = {}\n", key(&function.name), quoted(bucket))).collect();
    if !shared.is_empty() {
        let _ = write!(
            text,
            "\n# Functions that count in a bucket of another name, as they do today.\n[rate-limit.buckets]\n{shared}"
        );
    }
    let tiers: BTreeSet<String> = survey
        .helpers
        .iter()
        .flat_map(|found| &found.tiers)
        .map(|(name, tier)| format!("{} = {{ burst = {}, per-minute = {} }}\n", key(name), tier.burst, tier.per_minute))
        .collect();
    if !tiers.is_empty() {
        let tiers: String = tiers.into_iter().collect();
        let _ = write!(text, "\n# Tiers that the helper has beside the usual ones.\n[rate-limit.tiers]\n{tiers}");
    }
    text.push_str("\n# Functions that need no limit, each with the reason: health = \"the load balancer asks it every second\"\n[rate-limit.exempt]\n");
}

/// One function of the table; a comment where there is no tier to name.
fn line(text: &mut String, function: &Function, width: usize) {
    let name = key(&function.name);
    let _ = match &function.tier {
        Some(tier) => writeln!(text, "{name:width$} = {:11} # {}", quoted(tier), function.reason),
        None => writeln!(text, "# {name}: {}", function.reason),
    };
}

fn helpers(text: &mut String, helpers: &[Found]) {
    let modules: BTreeSet<&str> = helpers.iter().map(|found| found.module.as_str()).collect();
    for found in helpers {
        let at = |module: &str| found.base.join(module).unwrap_or_else(RelPath::root);
        let _ = match &found.state {
            State::Missing => {
                writeln!(text, "# There is no helper yet: the first fix brings {} along.", at(&found.module))
            }
            State::Callable(style) => writeln!(text, "# The helper {} is called in {style} style.", at(&found.module)),
            State::Unusable(problem) => writeln!(text, "# {} {}", at(&found.module), problem.message),
        };
    }
    for module in modules {
        let _ = writeln!(text, "module = {}\n", quoted(module));
    }
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let is_bare = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    if is_bare && !name.is_empty() { name.to_owned() } else { quoted(name) }
}

/// A text in TOML's quotes.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
