//! What a project has of rate limits, for the phase2.toml that `phase2 init` writes.

use super::helper::{Helper, Style};
use super::{RateLimitPass, Standing, replace};
use crate::config::Tier;
use crate::project::{Problem, Project, RelPath};
use crate::rules::edge::callers;
use crate::syntax::source::SourceFile;

/// What was found.
#[derive(Debug)]
pub struct Survey {
    /// The helper of each functions folder, be it there or not.
    pub helpers: Vec<Found>,
    /// The edge functions, by name.
    pub functions: Vec<Function>,
}

/// A helper module.
#[derive(Debug)]
pub struct Found {
    /// The functions folder.
    pub base: RelPath,
    /// The module, from the functions folder.
    pub module: String,
    /// How it is called.
    pub state: State,
    /// The tiers that it has and phase2.toml doesn't, as far as their numbers can be read.
    pub tiers: Vec<(String, Tier)>,
}

/// What can be said of a helper module.
#[derive(Debug)]
pub enum State {
    /// There is none yet.
    Missing,
    /// `guard` or `wrapper`.
    Callable(&'static str),
    /// It can't be called, for this reason.
    Unusable(Problem),
}

/// An edge function.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The tier that it should have, or has; `None` where nothing is to be said of it: it has limits of its own.
    pub tier: Option<String>,
    /// Why this tier, or why none.
    pub reason: String,
    /// Whether a service or a schedule calls it.
    pub is_called_by_services: bool,
    /// The bucket that it counts in, if that isn't its own.
    pub bucket: Option<String>,
}

/// Looks at all edge functions of the project.
pub fn of(project: &Project) -> Survey {
    let pass = RateLimitPass::of(project);
    let helpers: Vec<Found> = pass.helpers.keys().map(|base| found(project, base)).collect();
    let mut functions: Vec<Function> = Vec::new();
    for (path, served) in &pass.functions {
        let Some(file) = project.parse(path) else { continue };
        let facts = pass.look(served, &file);
        let bucket = facts.bucket.filter(|bucket| bucket != served.name);
        let service = callers::risk(project, served.name, &file);
        let (tier, reason) = match facts.standing {
            Standing::Tier(key) => {
                let own = helpers.iter().flat_map(|found| &found.tiers).map(|(name, _)| name);
                let mut known = project.config.rate_limit.tiers.keys().chain(own);
                let known = known.find(|tier| tier.eq_ignore_ascii_case(&key));
                let reason = if known.is_some() { "it has this limit" } else { "it has a limit of another name" };
                (known.cloned(), reason.to_owned())
            }
            Standing::Own => (None, "it has limits of its own".to_owned()),
            Standing::Otherwise(how) => (None, format!("it is limited by {how}")),
            Standing::Exempt | Standing::Unlimited => {
                let (tier, reason) = proposal(project, served.name, &file, service);
                (Some(tier.to_owned()), reason.to_owned())
            }
        };
        let name = served.name.to_owned();
        functions.push(Function { name, tier, reason, is_called_by_services: service.is_some(), bucket });
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions.dedup_by(|a, b| a.name == b.name);
    Survey { helpers, functions }
}

/// The helper of a functions folder: where phase2.toml has it, else the only other module that can be one.
fn found(project: &Project, base: &RelPath) -> Found {
    let state = |helper: Result<Helper, Problem>| match helper {
        Ok(helper) if helper.new_file.is_some() => State::Missing,
        Ok(helper) => State::Callable(if helper.style == Style::Guard { "guard" } else { "wrapper" }),
        Err(problem) => State::Unusable(problem),
    };
    let module = project.config.rate_limit.module.get_ref().clone();
    let usual = Helper::of(project, base);
    let own = usual.as_ref().map_or_else(|_| Vec::new(), |helper| own_tiers(project, helper));
    let usual = state(usual);
    if !matches!(usual, State::Missing) {
        return Found { base: base.clone(), module, state: usual, tiers: own };
    }
    let shared = project.files.iter().map(|file| &file.path).filter(|path| {
        let below = path.as_str().strip_prefix(base.as_str()).unwrap_or_default();
        path.is_within(base) && below.starts_with("/_") && path.as_str().ends_with(".ts")
    });
    let has_both = |path: &&RelPath| {
        let text = project.sources.read(path);
        text.is_ok_and(|text| text.contains("withRateLimit") && text.contains("RateLimits"))
    };
    let mut others = shared.filter(has_both).filter_map(|path| Helper::at(project, path.clone()).ok());
    match (others.next(), others.next()) {
        (Some(helper), None) => {
            let module = helper.path.as_str()[base.as_str().len()..].trim_start_matches('/').to_owned();
            let tiers = own_tiers(project, &helper);
            Found { base: base.clone(), module, state: state(Ok(helper)), tiers }
        }
        _ => Found { base: base.clone(), module, state: State::Missing, tiers: Vec::new() },
    }
}

/// The tiers of a helper that phase2.toml doesn't know.
fn own_tiers(project: &Project, helper: &Helper) -> Vec<(String, Tier)> {
    let Some(file) = project.parse(&helper.path) else { return Vec::new() };
    let is_known = |name: &str| project.config.rate_limit.tiers.keys().any(|tier| tier.eq_ignore_ascii_case(name));
    let names = helper.tier_names().into_iter().filter(|name| !is_known(name));
    names.filter_map(|name| Some((name.to_owned(), replace::tier_of(&file, name)?))).collect()
}

/// Words in the code of functions whose requests are dear: models of language, speech and pictures.
const MODELS: [&str; 16] = [
    "api.openai.com",
    "openai",
    "anthropic",
    "generativelanguage.googleapis",
    "aiplatform.googleapis",
    "ai.gateway",
    "api.mistral",
    "api.groq",
    "api.cohere",
    "api.perplexity",
    "openrouter.ai",
    "replicate.com",
    "huggingface",
    "elevenlabs",
    "deepgram",
    "supabase.ai.session",
];

/// The tier that a function without a limit should have, and why.
fn proposal<'p>(
    project: &'p Project,
    name: &str,
    file: &SourceFile,
    service: Option<&'static str>,
) -> (&'p str, &'static str) {
    let options = &project.config.rate_limit;
    let tier = |wanted: &str| {
        options.tiers.get_key_value(wanted).map_or(options.default.get_ref().as_str(), |(known, _)| known.as_str())
    };
    if let Some(tier) = options.functions.get(name) {
        return (tier.get_ref(), "its name says so");
    }
    let text = file.text.to_ascii_lowercase();
    let lower = name.to_ascii_lowercase();
    let is_called = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let parts: Vec<&str> = lower.split(['-', '_']).collect();
    let has_part = |words: &[&str]| words.iter().any(|word| parts.contains(word));
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if is_called(&["health", "liveness", "readiness"]) || has_part(&["ping", "heartbeat"]) => {
            (tier("high"), "a health check")
        }
        () if says(&["auth.admin.deleteuser"]) => (tier("auth"), "it deletes an account"),
        () if service.is_some_and(|reason| reason.contains("signature")) => (tier("high"), "a webhook"),
        () if is_called(&["webhook", "hook"]) => (tier("high"), "a webhook"),
        () if service.is_some() => (tier("admin"), "a schedule or the database calls it"),
        () if has_part(&["admin"]) => (tier("admin"), "for administrators"),
        () if says(&MODELS) => (tier("expensive"), "it asks a model"),
        () if says(&[".upload(", "createsigneduploadurl"]) => (tier("expensive"), "it uploads files"),
        () if has_part(&["login", "signin", "signup", "otp", "password", "invite", "verify"]) => {
            (tier("auth"), "it is about signing in")
        }
        () => (options.default.get_ref(), "the default"),
    }
}
