//! The options of the rule `tenants`.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::identifier::is_identifier;
use super::{ConfigError, ConfigFile};

/// The options of the rule `tenants`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tenants {
    /// The ids that stand for a tenant where they are written into the code.
    #[schemars(with = "Vec<String>")]
    pub ids: Vec<Spanned<String>>,
    /// Names of properties, columns, parameters and variables that hold a tenant.
    pub keys: Vec<String>,
    /// Exported constants that are meant for the whole platform: patterns of their names.
    #[schemars(with = "Vec<String>")]
    pub allow: Vec<Spanned<String>>,
    /// Patterns of files whose ids are left alone.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// The helper module, from the functions folder; unset: that of the rule `rate-limit`, or one beside it.
    #[schemars(with = "String")]
    pub module: Option<Spanned<String>>,
    /// Its function that tells the tenant of a request.
    #[schemars(with = "String")]
    pub function: Spanned<String>,
    /// Where the token names the tenant.
    #[schemars(with = "String")]
    pub claim: Spanned<String>,
    /// What counts where a token names none.
    pub fallback: Fallback,
    /// The function that `fallback = "resolve"` asks: a module from the functions folder, `#` and its export.
    #[schemars(with = "String")]
    pub resolver: Option<Spanned<String>>,
    /// Whether tokens name a tenant, and by what; unset: looked for.
    pub claim_source: Option<ClaimSource>,
    /// Tables and RPCs whose rows under the id have been moved.
    pub backfilled: Vec<String>,
    /// Where code in the browser takes the tenant from.
    pub frontend: Frontend,
}

/// Where code in the browser takes the tenant from; nothing is fixed there as long as no module is named.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Frontend {
    /// The module, from the folder that holds `src`.
    #[schemars(with = "String")]
    pub module: Option<Spanned<String>>,
    /// Its function that promises the tenant, for async functions.
    #[schemars(with = "String")]
    pub export: Option<Spanned<String>>,
    /// Its hook, for components and hooks.
    #[schemars(with = "String")]
    pub hook: Option<Spanned<String>>,
}

/// What counts where a token names no tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// The id that stands in the code.
    Literal,
    /// The id of the user.
    User,
    /// What the resolver answers.
    Resolve,
    /// Nobody: 401.
    Deny,
}

/// By what tokens come to name a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimSource {
    /// They name none.
    None,
    /// A hook that makes the access tokens.
    Hook,
    /// What is written into a user's `app_metadata`.
    AppMetadata,
}

impl Tenants {
    /// The module and the export of the resolver.
    pub fn resolver_parts(&self) -> Option<(&str, &str)> {
        self.resolver.as_ref()?.get_ref().split_once('#')
    }

    /// What the types can't say.
    pub(super) fn validate(&self, file: &ConfigFile) -> Result<(), ConfigError> {
        let reject = |message: String, value: &Spanned<String>, help: &str| {
            Err(file.reject(&message, Some(value.span()), Some(help)))
        };
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if let Some(id) = self.ids.iter().find(|id| id.get_ref().len() < 4 || !id.get_ref().chars().all(is_plain)) {
            let help = "name whole ids: at least four letters, digits, `-` and `_`";
            return reject(format!("`{}` is no id of a tenant", id.get_ref()), id, help);
        }
        file.check_patterns(self.allow.iter().chain(&self.exclude))?;
        if !is_identifier(self.function.get_ref()) {
            let help = "name the function that the helper exports, such as `getTenantFromJWT`";
            return reject(format!("`{}` is not a JavaScript name", self.function.get_ref()), &self.function, help);
        }
        let is_part = |part: &str| !part.is_empty() && !part.contains(['\'', '\\', '`', '\n']);
        if !self.claim.get_ref().split('.').all(is_part) {
            let help = "name the claim, such as `tenant_id`, or its path, such as `org.id`";
            return reject(format!("`{}` is no claim", self.claim.get_ref()), &self.claim, help);
        }
        if let Some(resolver) = &self.resolver {
            let parts = self.resolver_parts().filter(|(module, export)| is_module(module) && is_identifier(export));
            if parts.is_none() {
                let help =
                    "name the module, from the functions folder, and its export: `_shared/tenancy.ts#resolveTenant`";
                return reject(format!("`{}` names no function of a module", resolver.get_ref()), resolver, help);
            }
        } else if self.fallback == Fallback::Resolve {
            let help = "name it as `resolver = \"_shared/tenancy.ts#resolveTenant\"`";
            return Err(file.reject("`fallback = \"resolve\"` needs a resolver", None, Some(help)));
        }
        for name in self.frontend.export.iter().chain(&self.frontend.hook) {
            if !is_identifier(name.get_ref()) {
                let help = "name what the module exports, such as `currentTenant`";
                return reject(format!("`{}` is not a JavaScript name", name.get_ref()), name, help);
            }
        }
        if let Some(module) = self.frontend.module.as_ref().filter(|module| {
            let path = module.get_ref();
            !is_module(path) && !is_module(&path.replace(".tsx", ".ts"))
        }) {
            let help = "name a TypeScript file, from the folder that holds `src`, such as `src/lib/tenancy.ts`";
            return reject(format!("the module `{}` is not a plain path", module.get_ref()), module, help);
        }
        match &self.module {
            Some(module) if !is_module(module.get_ref()) => {
                let help = "name a TypeScript file, from the functions folder, such as `_shared/tenant.ts`";
                reject(format!("the helper module `{}` is not a plain path", module.get_ref()), module, help)
            }
            _ => Ok(()),
        }
    }
}

/// Whether a text is the plain path of a TypeScript file.
pub(super) fn is_module(path: &str) -> bool {
    path.ends_with(".ts") && !path.starts_with(['/', '.']) && !path.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_can_not_be_is_an_error_with_a_way_out() {
        for (text, said) in [
            ("ids = ['x']", "is no id of a tenant"),
            ("ids = [\"a'b' || 1\"]", "is no id of a tenant"),
            ("allow = ['a[']", "a["),
            ("function = 'a b'", "is not a JavaScript name"),
            ("claim = 'a..b'", "is no claim"),
            ("claim = \"it's\"", "is no claim"),
            ("fallback = 'resolve'", "needs a resolver"),
            ("resolver = '_shared/a.ts'", "names no function of a module"),
            ("resolver = '../a.ts#b'", "names no function of a module"),
            ("module = '/etc/a.ts'", "is not a plain path"),
            ("frontend.module = '../a.ts'", "is not a plain path"),
            ("frontend.hook = 'a b'", "is not a JavaScript name"),
        ] {
            let file = ConfigFile::new("phase2.toml", &format!("[tenants]\n{text}\n"));
            match Config::parse(&file, &["tenants"]) {
                Err(ConfigError::Invalid { message, help, .. }) => {
                    assert!(message.contains(said) && help.is_some(), "{text}: {message}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        let file = ConfigFile::new("phase2.toml", "[tenants]\nresolver = '_shared/a.ts#b'\nfallback = 'resolve'\n");
        assert_eq!(Config::parse(&file, &["tenants"]).unwrap().tenants.resolver_parts(), Some(("_shared/a.ts", "b")));
    }
}
