//! The options of the rule `read-through`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::identifier::{TAKEN_WORDS, is_identifier};
use super::{ConfigError, ConfigFile, tenants};

/// The options of the rule `read-through`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadThrough {
    /// The helper module of the edge functions, from the functions folder.
    #[schemars(with = "String")]
    pub module: Spanned<String>,
    /// The helper module of the browser's code, from the folder that holds `src`.
    #[schemars(with = "String")]
    pub browser_module: Spanned<String>,
    /// The edge function that reads rows for the browser; without one nothing is cached there.
    #[serde(default)]
    #[schemars(with = "String")]
    pub proxy: Option<Spanned<String>>,
    /// Patterns of files whose reads and writes are left alone.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// The tables whose rows are cached, by name.
    pub tables: BTreeMap<String, CachedTable>,
}

/// How the rows of a table are cached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CachedTable {
    /// The name in `CacheKeys`.
    #[schemars(with = "String")]
    pub key: Spanned<String>,
    /// Seconds for which a row may be stale.
    #[schemars(with = "u32")]
    pub ttl: Spanned<u32>,
    /// The column that names a row.
    #[serde(default = "id")]
    pub id: String,
    /// Who shares a cached row.
    #[serde(default)]
    pub scope: Scope,
    /// The column that names a row's tenant.
    #[serde(default = "tenant_id")]
    #[schemars(with = "String")]
    pub tenant_column: Spanned<String>,
    /// Whether the team knows of writes that can't invalidate, and takes it that they are seen late.
    #[serde(default)]
    pub accept_stale: bool,
}

/// Who shares what was read under a user's own token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Nobody: each user has rows of its own.
    #[default]
    User,
    /// All users of the row's tenant.
    Tenant,
}

/// The longest time to live, in seconds: a day. What lives longer is no cache.
const MAX_TTL: u32 = 86_400;

impl ReadThrough {
    /// What the types can't say.
    pub(super) fn validate(&self, file: &ConfigFile) -> Result<(), ConfigError> {
        let module = self.module.get_ref();
        if !tenants::is_module(module) {
            let help = "name a TypeScript file, from the functions folder, such as `_shared/read-through.ts`";
            let message = format!("the helper module `{module}` is not a plain path");
            return Err(file.reject(&message, Some(self.module.span()), Some(help)));
        }
        let module = self.browser_module.get_ref();
        if !tenants::is_module(module) {
            let help =
                "name a TypeScript file, from the folder that holds `src`, such as `src/lib/cache/readThrough.ts`";
            let message = format!("the helper module `{module}` is not a plain path");
            return Err(file.reject(&message, Some(self.browser_module.span()), Some(help)));
        }
        if let Some(proxy) = &self.proxy {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            let name = proxy.get_ref();
            if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.chars().all(is_plain) {
                let message = format!("`{name}` is no name of an edge function");
                let help = "name a folder of supabase/functions, such as `read-cache`; it need not exist yet";
                return Err(file.reject(&message, Some(proxy.span()), Some(help)));
            }
        }
        file.check_patterns(&self.exclude)?;
        let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, table) in &self.tables {
            let key = &table.key;
            if !is_identifier(key.get_ref()) || TAKEN_WORDS.contains(&key.get_ref().as_str()) {
                let help = "name what a row is, such as `listing`: it becomes a function of `CacheKeys`";
                let message = format!("`{}` is not a JavaScript name", key.get_ref());
                return Err(file.reject(&message, Some(key.span()), Some(help)));
            }
            if let Some(other) = keys.insert(key.get_ref(), name) {
                let message =
                    format!("`{other}` and `{name}` have the same key: rows of one would be taken for the other's");
                return Err(file.reject(&message, Some(key.span()), Some("give each table a key of its own")));
            }
            if !(1..=MAX_TTL).contains(table.ttl.get_ref()) {
                let message = format!("{} seconds are no time that a row can be cached for", table.ttl.get_ref());
                let help = format!("name seconds, from 1 to {MAX_TTL}");
                return Err(file.reject(&message, Some(table.ttl.span()), Some(&help)));
            }
            if !is_identifier(table.tenant_column.get_ref()) {
                let message = format!("`{}` is no plain name of a column", table.tenant_column.get_ref());
                let help = "name the column that holds a row's tenant, such as `tenant_id`";
                return Err(file.reject(&message, Some(table.tenant_column.span()), Some(help)));
            }
        }
        Ok(())
    }
}

fn id() -> String {
    "id".to_owned()
}

fn tenant_id() -> Spanned<String> {
    Spanned::new(0..0, "tenant_id".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_can_not_be_is_an_error_with_a_way_out() {
        for (text, said) in [
            ("module = '../a.ts'", "is not a plain path"),
            ("browser-module = '../a.ts'", "is not a plain path"),
            ("proxy = '_shared'", "is no name of an edge function"),
            ("proxy = 'a/b'", "is no name of an edge function"),
            ("exclude = ['a[']", "a["),
            ("tables.a = { key = 'a b', ttl = 1 }", "is not a JavaScript name"),
            ("tables.a = { key = 'delete', ttl = 1 }", "is not a JavaScript name"),
            ("tables.a = { key = 'a', ttl = 0 }", "are no time"),
            ("tables.a = { key = 'a', ttl = 86401 }", "are no time"),
            ("tables.a = { key = 'a', ttl = 1, tenant-column = \"a'b\" }", "is no plain name of a column"),
            ("tables = { a = { key = 'x', ttl = 1 }, b = { key = 'x', ttl = 1 } }", "have the same key"),
        ] {
            let file = ConfigFile::new("phase2.toml", &format!("[read-through]\n{text}\n"));
            match Config::parse(&file, &["read-through"]) {
                Err(ConfigError::Invalid { message, help, place, .. }) => {
                    assert!(message.contains(said) && help.is_some() && place.is_some(), "{text}: {message}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_table_needs_its_key_and_its_ttl() {
        let text = "[read-through.tables.marketplace_listings]\nkey = 'listing'\nttl = 60\n";
        let config = Config::parse(&ConfigFile::new("phase2.toml", text), &["read-through"]).unwrap();
        let table = &config.read_through.tables["marketplace_listings"];
        assert_eq!((table.id.as_str(), table.scope, table.accept_stale), ("id", Scope::User, false));
        let text = "[read-through.tables.marketplace_listings]\nkey = 'listing'\n";
        assert!(Config::parse(&ConfigFile::new("phase2.toml", text), &["read-through"]).is_err());
    }
}
