//! From the command line to the project.

use std::env;
use std::path::{Path, PathBuf};

use super::Common;
use super::terminal::Failure;
use crate::config::{Config, FILE_NAME, nearest};
use crate::project::{Project, find_root};
use crate::rules::{self, Rule};

/// The project that the command line means.
///
/// # Errors
/// If there is none, or its configuration can't be used.
pub fn project(common: &Common) -> Result<Project, Failure> {
    let cwd = env::current_dir()?;
    let root = match &common.root {
        Some(root) => cwd.join(root),
        None => find_root(&cwd)?,
    };
    let config = config(common, &cwd, &root)?;
    Ok(Project::open(&root, config)?)
}

fn config(common: &Common, cwd: &Path, root: &Path) -> Result<Config, Failure> {
    if common.isolated {
        return Ok(Config::built_in());
    }
    let path = match &common.config {
        Some(path) => cwd.join(path),
        None => {
            let usual = root.join(FILE_NAME);
            if !usual.exists() {
                return Ok(Config::built_in());
            }
            usual
        }
    };
    let shown: PathBuf = path.strip_prefix(cwd).map_or_else(|_| path.clone(), Path::to_owned);
    Ok(Config::read(&path, &shown, &rules::names())?)
}

/// The rules that are to run, and whether `suppression` is among them: those that `named` asks for, else those of the
/// configuration, else those that are on by default.
///
/// # Errors
/// If there is no rule of a name.
pub fn chosen(named: &[String], config: &Config) -> Result<(Vec<Box<dyn Rule>>, bool), Failure> {
    let known = rules::names();
    for name in named {
        if !known.contains(&name.as_str()) {
            return Err(unknown(name, &known));
        }
    }
    let configured: Vec<&str> = config.rules.iter().flatten().map(|name| name.get_ref().as_str()).collect();
    let is_wanted = |meta: &rules::Meta| match (named.is_empty(), &config.rules) {
        (false, _) => named.iter().any(|name| name == meta.name),
        (true, Some(_)) => configured.contains(&meta.name),
        (true, None) => meta.on_by_default,
    };
    let rules = rules::all().into_iter().filter(|rule| is_wanted(rule.meta())).collect();
    Ok((rules, is_wanted(&rules::suppression::META)))
}

/// The error for a rule that isn't.
pub fn unknown(name: &str, known: &[&str]) -> Failure {
    let near = nearest(name, known).map(|near| format!("did you mean `{near}`? "));
    Failure::Plain(format!("there is no rule `{name}`: {}the rules are {}", near.unwrap_or_default(), known.join(", ")))
}
