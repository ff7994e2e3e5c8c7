//! How a project's edge functions are deployed and called, as far as its scripts and its SQL say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{RelPath, SupabaseFolder};

/// What scripts, workflows and SQL say of the edge functions.
#[derive(Debug, Default, Hash)]
pub struct Deployment {
    /// Functions that the database calls, on a schedule or as a webhook, by name.
    pub called_by_database: BTreeSet<String>,
    /// The project's SQL: migrations, seeds and what else lies in its supabase folders.
    pub sql: Vec<(RelPath, Arc<str>)>,
    /// Whether something deploys functions with `--no-verify-jwt`, so that config.toml isn't the last word.
    pub skips_verification: bool,
}

/// The largest script or migration that is read, in bytes: larger ones are dumps.
const MAX_SIZE: u64 = 2 << 20;

impl Deployment {
    /// Reads what the project at `root` has of it. What can't be read says nothing.
    pub fn of(root: &Path, folders: &[SupabaseFolder]) -> Deployment {
        let mut deployment = Deployment::default();
        for folder in folders {
            let base = folder.base.to_absolute(root);
            for path in files(&base.join("migrations"), &["sql"])
                .chain(files(&base.join("seeds"), &["sql"]))
                .chain(files(&base, &["sql"]))
            {
                let sql = text(&path);
                deployment.read_sql(&sql);
                deployment.sql.extend(RelPath::from_absolute(root, &path).map(|path| (path, sql.into())));
            }
        }
        let workflows = files(&root.join(".github/workflows"), &["yml", "yaml"]);
        let scripts = files(&root.join("scripts"), &["sh", "js", "mjs", "ts"]);
        let others =
            ["package.json", "Makefile", "justfile", "deno.json", ".gitlab-ci.yml"].map(|name| root.join(name));
        let mut scripts = workflows.chain(scripts).chain(others);
        deployment.skips_verification = scripts.any(|path| text(&path).contains("--no-verify-jwt"));
        deployment
    }

    /// Takes the functions whose URL stands in a statement that calls it.
    fn read_sql(&mut self, sql: &str) {
        const URL: &str = "/functions/v1/";
        if !["http_post", "http_get", "http_request", "cron.schedule"].iter().any(|call| sql.contains(call)) {
            return;
        }
        for (at, _) in sql.match_indices(URL) {
            let rest = &sql[at + URL.len()..];
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_'));
            let name = &rest[..end.unwrap_or(rest.len())];
            if !name.is_empty() {
                self.called_by_database.insert(name.to_owned());
            }
        }
    }
}

/// The files right in a folder that end like one of `extensions`, sorted.
fn files(folder: &Path, extensions: &[&str]) -> std::vec::IntoIter<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_wanted =
        |path: &PathBuf| path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known));
    let mut paths: Vec<PathBuf> = entries.filter(is_wanted).collect();
    paths.sort();
    paths.into_iter()
}

fn text(path: &Path) -> String {
    let is_small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= MAX_SIZE);
    if is_small { fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_sql_calls_are_known() {
        let mut deployment = Deployment::default();
        deployment.read_sql("select cron.schedule('x', '0 * * * *', $$ select net.http_post(url := 'https://a.supabase.co/functions/v1/daily-digest') $$);");
        deployment.read_sql("-- see /functions/v1/mentioned");
        assert_eq!(deployment.called_by_database, BTreeSet::from(["daily-digest".to_owned()]));
    }
}
