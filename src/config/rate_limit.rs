//! The options of the rule `rate-limit`.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::identifier::is_identifier;
use super::{ConfigError, ConfigFile, suggestion};
use crate::excludes::Excludes;

/// The options of the rule `rate-limit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RateLimit {
    /// The helper module, from the functions folder.
    #[schemars(with = "String")]
    pub module: Spanned<String>,
    /// How it is called; unset: read from its signature.
    pub style: Option<LimiterStyle>,
    /// The tier of functions that nothing else names.
    #[schemars(with = "String")]
    pub default: Spanned<String>,
    /// The tier of each function; the keys may be patterns.
    #[schemars(with = "BTreeMap<String, String>")]
    pub functions: BTreeMap<String, Spanned<String>>,
    /// Functions that need no limit, each with the reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub exempt: BTreeMap<String, Spanned<String>>,
    /// What each tier admits.
    pub tiers: BTreeMap<String, Tier>,
    /// Functions of other modules that limit as well.
    pub limiters: Vec<String>,
    /// Options by which a wrapper around the handler limits.
    pub options: Vec<String>,
    /// The bucket of each function that shares one with others.
    pub buckets: BTreeMap<String, String>,
    /// The header that the platform writes a client's address to.
    #[schemars(with = "String")]
    pub address_header: Spanned<String>,
    /// How many proxies write to x-forwarded-for behind the client, counted from the right.
    pub trusted_hops: NonZeroU32,
    /// What becomes of requests that have one of the project's own keys.
    pub service_role: ServiceRole,
    /// The keys of `functions` that phase2.toml itself has.
    #[serde(skip)]
    pub stated: BTreeSet<String>,
}

/// How a rate limit helper is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LimiterStyle {
    /// It is asked at the start of the handler.
    Guard,
    /// It is wrapped around the handler.
    Wrapper,
}

/// What becomes of requests that have one of the project's own keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceRole {
    /// They pass uncounted.
    Pass,
    /// They are counted like all others.
    Count,
}

/// What becomes of requests while nobody can tell how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// They pass.
    Allow,
    /// They are refused.
    Deny,
}

/// What a tier admits: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Its capacity, in requests.
    pub burst: NonZeroU32,
    /// How many are refilled in a minute, evenly.
    pub per_minute: NonZeroU32,
    /// What becomes of requests when Redis doesn't answer; unset: they pass.
    pub on_error: Option<OnError>,
}

impl RateLimit {
    /// What the types can't say.
    pub(super) fn validate(&self, file: &ConfigFile) -> Result<(), ConfigError> {
        let known: Vec<&str> = self.tiers.keys().map(String::as_str).collect();
        for tier in std::iter::once(&self.default).chain(self.functions.values()) {
            if !self.tiers.contains_key(tier.get_ref()) {
                let message = format!("there is no tier `{}`", tier.get_ref());
                return Err(file.reject(&message, Some(tier.span()), Some(&suggestion(tier.get_ref(), &known))));
            }
        }
        if let Some(name) = self.tiers.keys().find(|name| !is_identifier(name)) {
            let help = "it becomes a key of `RateLimits`: use letters, digits, `_` and `$`";
            return Err(file.reject(&format!("the tier `{name}` has no JavaScript name"), None, Some(help)));
        }
        if let Some(name) = self.functions.keys().find(|name| Excludes::new(&[name]).is_err()) {
            let help = "`*`, `?`, `[…]` and `{a,b}` are known";
            return Err(file.reject(
                &format!("`{name}` is no pattern"),
                self.functions.get(name).map(Spanned::span),
                Some(help),
            ));
        }
        if let Some((name, reason)) = self.exempt.iter().find(|(_, reason)| reason.get_ref().trim().is_empty()) {
            let help = "say why the function needs no limit";
            return Err(file.reject(
                &format!("the exemption of `{name}` has no reason"),
                Some(reason.span()),
                Some(help),
            ));
        }
        let is_token = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let header = self.address_header.get_ref();
        if header.is_empty() || !header.chars().all(is_token) {
            let help = "name one header, such as `cf-connecting-ip`";
            return Err(file.reject(&format!("`{header}` is no header"), Some(self.address_header.span()), Some(help)));
        }
        let module = self.module.get_ref();
        let is_plain =
            module.ends_with(".ts") && !module.starts_with(['/', '.']) && !module.split('/').any(|part| part == "..");
        if !is_plain {
            let help = "name a TypeScript file, from the functions folder, such as `_shared/rate-limit-wrapper.ts`";
            return Err(file.reject(
                &format!("the helper module `{module}` is not a plain path"),
                Some(self.module.span()),
                Some(help),
            ));
        }
        Ok(())
    }
}

/// The functions that `[rate-limit.functions]` of a phase2.toml names itself.
pub(super) fn stated_functions(own: &DeTable<'_>) -> BTreeSet<String> {
    let functions = inner(own, "rate-limit").and_then(|options| inner(options, "functions"));
    functions.into_iter().flat_map(|functions| functions.keys().map(|key| key.get_ref().to_string())).collect()
}

/// The table that a table has under `key`.
fn inner<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::Table(inner)) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::config::Config;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(&ConfigFile::new("phase2.toml", text), &["rate-limit"])
    }

    /// The message and the help of an error.
    fn error(text: &str) -> (String, String) {
        match parse(text) {
            Err(ConfigError::Invalid { message, help, .. }) => (message, help.unwrap_or_default()),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn functions_and_tiers_join_the_built_in_ones() {
        let config =
            parse("[rate-limit.functions]\norders = 'bulk'\n[rate-limit.tiers.bulk]\nburst = 1\nper-minute = 2\n");
        let options = config.unwrap().rate_limit;
        assert_eq!(options.functions["orders"].get_ref(), "bulk");
        assert_eq!(options.functions["kb-search"].get_ref(), "high");
        assert_eq!(options.tiers["high"].per_minute.get(), 200);
        assert_eq!(options.stated, BTreeSet::from(["orders".to_owned()]));
    }

    #[test]
    fn what_can_not_be_is_an_error_with_a_way_out() {
        let (message, help) = error("[rate-limit.functions]\norders = 'hgih'\n");
        assert_eq!((message.as_str(), help.as_str()), ("there is no tier `hgih`", "did you mean `high`?"));
        assert!(error("[rate-limit]\ndefault = 'zzz'\n").1.contains("admin, auth, expensive, high, standard"));
        assert!(error("[rate-limit.exempt]\nhealth = ' '\n").0.contains("has no reason"));
        assert!(error("[rate-limit.functions]\n'a[' = 'high'\n").0.contains("is no pattern"));
        assert!(error("[rate-limit]\nmodule = '../limits.ts'\n").0.contains("is not a plain path"));
        assert!(error("[rate-limit.tiers.a-b]\nburst = 1\nper-minute = 1\n").0.contains("no JavaScript name"));
        assert!(error("[rate-limit.tiers.high]\nburst = 0\n").0.contains("0"));
        assert!(error("[rate-limit.tiers.high]\non-error = 'no'\n").0.contains("no"));
        assert!(error("[rate-limit]\naddress-header = \"it's\"\n").0.contains("is no header"));
    }
}
