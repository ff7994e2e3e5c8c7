//! Whether the project's tokens name a tenant, and by what.

use crate::config::ClaimSource;
use crate::rules::edge::files::Files;

/// By what tokens come to name a tenant, and where that was seen.
pub fn source(files: &Files<'_>) -> Option<(ClaimSource, String)> {
    let options = &files.project.config.tenants;
    if let Some(stated) = options.claim_source {
        return (stated != ClaimSource::None).then(|| (stated, "phase2.toml".to_owned()));
    }
    let claim = options.claim.get_ref().rsplit('.').next().unwrap_or_default();
    hook(files, claim).or_else(|| metadata(files, claim))
}

/// A hook that makes the access tokens.
fn hook(files: &Files<'_>, claim: &str) -> Option<(ClaimSource, String)> {
    let configured = files.project.supabase.iter().find_map(|folder| {
        let path = folder.base.join("config.toml")?;
        let config: toml::Table = files.project.sources.read(&path).ok()?.parse().ok()?;
        let hook = config.get("auth")?.get("hook")?.get("custom_access_token")?;
        hook.get("enabled")?.as_bool()?.then(|| path.to_string())
    });
    let in_sql = files.project.deployment().sql.iter().find_map(|(path, text)| {
        let makes = text.contains("access_token_hook") || text.contains("{claims");
        (makes && text.contains(claim) && text.contains("claims")).then(|| path.to_string())
    });
    configured.or(in_sql).map(|place| (ClaimSource::Hook, place))
}

/// Something that writes the tenant into the metadata of users, which tokens carry.
fn metadata(files: &Files<'_>, claim: &str) -> Option<(ClaimSource, String)> {
    let in_sql = files.project.deployment().sql.iter().find_map(|(path, text)| {
        let lower = text.to_ascii_lowercase();
        let writes = lower.match_indices("raw_app_meta_data").any(|(at, _)| {
            let rest = lower[at + "raw_app_meta_data".len()..].trim_start();
            // `set raw_app_meta_data = …`, but not `raw_app_meta_data->>'tenant_id' = …`
            rest.starts_with('=') && rest.split(';').next().is_some_and(|statement| statement.contains(claim))
        });
        writes.then(|| path.to_string())
    });
    let in_code = || {
        files.with("app_metadata").into_iter().find_map(|file| {
            let squeezed: String = file.text.split_whitespace().collect();
            let writes = squeezed
                .match_indices("app_metadata:{")
                .any(|(at, _)| squeezed[at..].split('}').next().is_some_and(|object| object.contains(claim)));
            writes.then(|| file.path.to_string())
        })
    };
    in_sql.or_else(in_code).map(|place| (ClaimSource::AppMetadata, place))
}
