//! What a project has of tenants, for the phase2.toml that `phase2 init` writes.

use std::collections::BTreeSet;

use super::{claims, literal};
use crate::config::ClaimSource;
use crate::project::Project;
use crate::rules::edge::files::Files;

/// What was found.
#[derive(Debug)]
pub struct Survey {
    /// By what tokens come to name a tenant, and where that was seen.
    pub source: Option<(ClaimSource, String)>,
    /// Where SQL takes the user for the tenant, if there is none.
    pub user_instead: Option<String>,
    /// Names that hold one of the ids and read like a tenant, and that phase2.toml doesn't know.
    pub keys: BTreeSet<String>,
}

/// Looks at the project; `None` if none of the ids stands in its code.
pub fn of(project: &Project) -> Option<Survey> {
    let files = Files::of(project);
    let options = &project.config.tenants;
    let ids: Vec<&str> = options.ids.iter().map(|id| id.get_ref().as_str()).collect();
    let holding = ids.iter().flat_map(|id| files.with(id)).collect::<Vec<_>>();
    if holding.is_empty() {
        return None;
    }
    let mut keys = BTreeSet::new();
    for file in &holding {
        for node in literal::at(file, &ids, &literal::hits(&file.text, &ids)) {
            let path = file.path_to(node.byte_range());
            let holder = path.iter().rev().nth(1);
            let name = holder
                .and_then(|holder| holder.child_by_field_name("key").or_else(|| holder.child_by_field_name("name")));
            let name = name.map(|name| file.text_of(name).trim_matches(['\'', '"']).to_owned()).unwrap_or_default();
            let lower = name.to_ascii_lowercase();
            let reads_so = ["tenant", "workspace", "organization", "org_"].iter().any(|word| lower.contains(word));
            // A constant of the platform is none of a caller's.
            let is_constant = name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
            if reads_so && !is_constant && !options.keys.contains(&name) {
                keys.insert(name);
            }
        }
    }
    let user_instead = project.deployment().sql.iter().find_map(|(path, text)| {
        let squeezed: String = text.to_ascii_lowercase().split_whitespace().collect();
        let coalesces = squeezed.match_indices("coalesce(").any(|(at, _)| {
            let inner = squeezed[at..].split(';').next().unwrap_or_default();
            inner.contains("tenant") && inner.contains("auth.uid()")
        });
        coalesces.then(|| path.to_string())
    });
    Some(Survey { source: claims::source(&files), user_instead, keys })
}
