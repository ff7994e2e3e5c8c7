//! The rule `rate-limit`: every edge function answers behind its tier. See rules/rate-limit/rule.md.

mod defects;
mod edits;
mod guard;
pub mod helper;
mod limited;
pub mod replace;
pub mod runtime;
pub mod survey;
pub(in crate::rules) mod tiers;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use self::helper::{Helper, Style};
use self::limited::Limited;
use self::tiers::Tiers;
use super::edge::callers;
use super::edge::entry::{self, Entry, Serve};
use super::kept::{self, KeptViolation, Texts};
use super::{Facts, Meta, Note, Pass, Related, Resolution, Rule, Subject, Subjects, Violation};
use crate::edit::{Applicability, Fix};
use crate::project::{EdgeFunction, Problem, Project, ProjectFile, RelPath};
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "rate-limit",
    summary: "every edge function's handler is limited by its tier",
    page: include_str!("../../../rules/rate-limit/rule.md"),
    on_by_default: true,
    // Entry files are looked at by their path, even empty ones.
    triggers: &[],
    subjects: Some(Subjects { name: "edge functions", group: "tier" }),
};

/// The rule.
#[derive(Debug)]
pub struct RateLimitRule;

impl Rule for RateLimitRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        Box::new(RateLimitPass::of(project))
    }
}

/// An edge function of the project.
struct Served<'p> {
    name: &'p str,
    function: &'p EdgeFunction,
    /// The functions folder.
    helper_base: Option<RelPath>,
}

struct RateLimitPass<'p> {
    project: &'p Project,
    /// By their entry files.
    functions: BTreeMap<RelPath, Served<'p>>,
    /// By functions folder.
    helpers: BTreeMap<RelPath, Result<Helper, Problem>>,
    tiers: Tiers<'p>,
}

impl<'p> RateLimitPass<'p> {
    fn of(project: &'p Project) -> RateLimitPass<'p> {
        let folders = project.supabase.iter();
        let functions = folders.flat_map(|folder| {
            folder.functions.iter().map(|(name, function)| Served {
                name,
                function,
                helper_base: folder.base.join("functions"),
            })
        });
        let functions: Vec<Served<'p>> = functions.collect();
        let bases: BTreeSet<&RelPath> = functions.iter().filter_map(|served| served.helper_base.as_ref()).collect();
        let helpers = bases.into_iter().map(|base| (base.clone(), Helper::of(project, base))).collect();
        let functions = functions.into_iter().map(|served| (served.function.entry.clone(), served)).collect();
        RateLimitPass { project, functions, helpers, tiers: Tiers::of(&project.config.rate_limit) }
    }
}

/// By what a function is limited.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Standing {
    /// By nothing.
    #[default]
    Unlimited,
    /// It needs no limit.
    Exempt,
    /// By a tier of the helper's `RateLimits`: its key there.
    Tier(String),
    /// By the helper, with limits of its own.
    Own,
    /// By something else, in words.
    Otherwise(String),
}

/// What there is to say of one entry file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct EntryFacts {
    /// Kept apart from the rest, since many bring the same module along.
    #[serde(skip)]
    violation: Option<Violation>,
    /// What there is to note of it.
    note: Option<String>,
    problem: Option<Problem>,
    standing: Standing,
    /// The bucket that it counts in, if that is written there.
    bucket: Option<String>,
    /// The helper that limits it.
    helper: Option<RelPath>,
    /// Whether it tells users apart by tokens that nobody verifies.
    is_unverified: bool,
}

impl Pass for RateLimitPass<'_> {
    fn wants(&self, entry: &ProjectFile, _text: &str) -> bool {
        self.functions.contains_key(&entry.path)
    }

    fn collect(&self, entry: &ProjectFile, file: &SourceFile, _hits: &[usize]) -> Option<Facts> {
        let served = self.functions.get(&entry.path)?;
        Some(Box::new(self.look(served, file)))
    }

    fn keep(&self, facts: &Facts, texts: &Texts) -> Option<Vec<u8>> {
        let facts: &EntryFacts = facts.downcast_ref()?;
        let violation = facts.violation.as_ref().map(|violation| KeptViolation::of(violation, texts));
        kept::bytes(&(violation, facts))
    }

    fn recall(&self, _entry: &ProjectFile, kept: &[u8], texts: &Texts) -> Option<Facts> {
        let (violation, facts): (Option<KeptViolation>, EntryFacts) = kept::value(kept)?;
        let violation = match violation {
            Some(violation) => Some(violation.of_rule(META.name, texts)?),
            None => None,
        };
        Some(Box::new(EntryFacts { violation, ..facts }))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        let mut resolution = Resolution::default();
        let own = self.helpers.values().flatten().filter(|helper| helper.new_file.is_none() && !helper.has_per_user);
        let defective: BTreeMap<&RelPath, Vec<&str>> = own
            .map(|helper| (&helper.path, defects::of(self.project, &helper.path)))
            .filter(|(_, defects)| !defects.is_empty())
            .collect();
        for (path, facts) in facts {
            let Some(facts) = facts.downcast_ref::<EntryFacts>() else { continue };
            let found = facts.violation.as_ref().filter(|found| !is_safely_fixed(found));
            let is_done = facts.standing != Standing::Unlimited;
            resolution.subjects.extend(self.functions.get(path).map(|served| Subject {
                rule: META.name,
                name: served.name.to_owned(),
                path: (*path).clone(),
                is_done,
                group: match &facts.standing {
                    Standing::Unlimited => self.tiers.of_function(served.name).to_owned(),
                    Standing::Exempt => "exempt".to_owned(),
                    Standing::Tier(tier) => tier.clone(),
                    Standing::Own => "limits of its own".to_owned(),
                    Standing::Otherwise(_) => "other means".to_owned(),
                },
                detail: found.filter(|_| !is_done).and_then(|found| found.help.clone()),
                caveat: self.caveat(facts, &defective),
            }));
            resolution.violations.extend(facts.violation.clone());
            resolution.notes.extend(facts.note.iter().map(|message| Note {
                rule: None,
                path: Some((*path).clone()),
                message: message.clone(),
            }));
            if let Some(problem) = facts.problem.clone().filter(|problem| !resolution.problems.contains(problem)) {
                resolution.problems.push(problem);
            }
        }
        for (path, defects) in &defective {
            resolution.notes.extend(defects.iter().map(|defect| Note {
                rule: None,
                path: Some((*path).clone()),
                message: format!("the rate limit helper is defective: {defect}"),
            }));
        }
        let known: BTreeSet<&str> = self.functions.values().map(|served| served.name).collect();
        resolution.notes.extend(self.tiers.unknown_functions(&known).map(|message| Note {
            rule: None,
            path: None,
            message,
        }));
        resolution
    }
}

impl RateLimitPass<'_> {
    /// What is wrong with a function that is limited.
    fn caveat(&self, facts: &EntryFacts, defective: &BTreeMap<&RelPath, Vec<&str>>) -> Option<String> {
        let is_defective = facts.helper.as_ref().is_some_and(|helper| defective.contains_key(helper));
        let found = facts
            .violation
            .as_ref()
            .filter(|_| facts.standing != Standing::Unlimited)
            .map(|found| found.message.clone());
        let defect = is_defective.then(|| "wired, helper defective".to_owned());
        let unverified = facts.is_unverified.then(|| "unverified claims: its callers write them themselves".to_owned());
        found.or(defect).or(unverified)
    }

    /// Whether the platform checks the callers' tokens of a function before it runs.
    fn is_verified(&self, served: &Served<'_>) -> bool {
        served.function.verify_jwt != Some(false) && !self.project.deployment().skips_verification
    }

    fn look(&self, served: &Served<'_>, file: &SourceFile) -> EntryFacts {
        if let Some(reason) = self.tiers.exemption(served.name) {
            let message = format!("`{}` is exempt from rate limits: {reason}", served.name);
            return EntryFacts { note: Some(message), standing: Standing::Exempt, ..EntryFacts::default() };
        }
        let helper = served.helper_base.as_ref().and_then(|base| self.helpers.get(base)).map(Result::as_ref);
        let (helper, unusable) = (helper.and_then(Result::ok), helper.and_then(Result::err).cloned());
        let unclear = |range: Range<usize>, reason: String, related: Vec<Related>| EntryFacts {
            violation: Some(Violation {
                related,
                ..violation(
                    file,
                    range,
                    format!("nobody can tell whether `{}` is limited", served.name),
                    format!("no fix: {reason}"),
                )
            }),
            ..EntryFacts::default()
        };
        let serve = match entry::of(self.project, file) {
            Entry::Serve(serve) => serve,
            Entry::Unclear { range, reason, related } => return unclear(range, reason, related),
        };
        let range = serve.range.clone();
        if file.errors().iter().any(|error| error.start <= serve.slot.end_byte() && range.start <= error.end) {
            return unclear(range, "the code around it can't be parsed".to_owned(), Vec::new());
        }
        let cx = limited::Context { project: self.project, file, helper, options: &self.project.config.rate_limit };
        match limited::of(&cx, &serve) {
            Some(found) => self.judge(served, &cx, found, unusable),
            None => self.unlimited(served, &cx, &serve, unusable),
        }
    }

    /// A function that is limited: by the right tier, in the right place?
    fn judge(
        &self,
        served: &Served<'_>,
        cx: &limited::Context<'_>,
        found: Limited<'_>,
        problem: Option<Problem>,
    ) -> EntryFacts {
        let file = cx.file;
        let Limited::ByHelper { call, tier, name, guard } = found else {
            let Limited::Otherwise(how) = found else { return EntryFacts::default() };
            let message = format!("`{}` is limited by {how}", served.name);
            return EntryFacts { note: Some(message), standing: Standing::Otherwise(how), ..EntryFacts::default() };
        };
        let key = tier.map(|tier| file.text_of(tier)).and_then(|text| text.rsplit_once('.')).map(|(_, key)| key);
        let key = key.filter(|key| key.chars().all(char::is_alphanumeric));
        let misplaced = guard.as_ref().and_then(|guard| guard::misplaced(file, guard));
        let violation = misplaced.or_else(|| self.another_tier(served, cx, call, tier)).or_else(|| {
            let bucket = self.tiers.bucket(served.name);
            let name = name.filter(|name| file.text_of(*name).trim_matches(['\'', '"']) != bucket)?;
            Some(another_bucket(file, served.name, bucket, name))
        });
        let tells_users = file.text_of(call).contains(&format!("{}(", helper::PER_USER));
        EntryFacts {
            violation,
            problem,
            standing: key.map_or(Standing::Own, |key| Standing::Tier(key.to_owned())),
            bucket: name.map(|name| file.text_of(name).trim_matches(['\'', '"']).to_owned()),
            helper: cx.helper.map(|helper| helper.path.clone()),
            is_unverified: tells_users && !self.is_verified(served),
            note: None,
        }
    }

    /// The violation of a function that another tier limits than phase2.toml names for it.
    fn another_tier(
        &self,
        served: &Served<'_>,
        cx: &limited::Context<'_>,
        call: Node<'_>,
        tier: Option<Node<'_>>,
    ) -> Option<Violation> {
        let file = cx.file;
        let wanted = self.tiers.stated(served.name)?;
        if tier.is_some_and(|tier| file.text_of(tier).ends_with(&format!(".{wanted}"))) {
            return None;
        }
        let message = format!("`{}` is limited by another tier than phase2.toml names for it", served.name);
        let key = cx.helper.and_then(|helper| helper.tier(wanted));
        let limits = tier.and_then(|tier| file.text_of(tier).rsplit_once('.')).map(|(limits, _)| limits);
        let (Some(tier), Some(key), Some(limits)) = (tier, key, limits) else {
            let help = format!("no fix: its limit isn't written as a tier; phase2.toml names `{wanted}`");
            return Some(violation(file, call.byte_range(), message, help));
        };
        let fix = Some(Fix::safe(vec![edits::edit(file, tier.byte_range(), format!("{limits}.{key}"))]));
        let help = format!("limit it with `{limits}.{key}`");
        Some(Violation { fix, ..violation(file, call.byte_range(), message, help) })
    }

    /// A function that isn't limited, with the fix.
    fn unlimited(
        &self,
        served: &Served<'_>,
        cx: &limited::Context<'_>,
        serve: &Serve<'_>,
        problem: Option<Problem>,
    ) -> EntryFacts {
        let message = format!("`{}` answers without a rate limit", served.name);
        let plain = |help: String| violation(cx.file, serve.range.clone(), message.clone(), help);
        let Some(helper) = cx.helper else {
            let why =
                problem.as_ref().map_or("there is no functions folder".to_owned(), |problem| problem.message.clone());
            return EntryFacts { violation: Some(plain(format!("no fix: {why}"))), problem, ..EntryFacts::default() };
        };
        let tier = self.tiers.of_function(served.name);
        let Some(key) = helper.tier(tier) else {
            let known = helper.tier_names().join(", ");
            let message = format!("has no tier `{tier}`, which `{}` is to have; it has {known}", served.name);
            let problem = Problem { path: Some(helper.path.clone()), message: message.clone() };
            let violation = Some(plain(format!("no fix: {} {message}", helper.path)));
            return EntryFacts { violation, problem: Some(problem), ..EntryFacts::default() };
        };
        let bindings = edits::Bindings::of(self.project, cx.file, helper, serve.range.start);
        let limits = format!("{}.{key}", bindings.limits);
        let is_per_user = helper.has_per_user && self.is_verified(served);
        let limits = if is_per_user { format!("{}({limits})", bindings.per_user) } else { limits };
        let call = edits::Call { name: self.tiers.bucket(served.name), limits: &limits, function: &bindings.function };
        let drafted = match helper.style {
            Style::Wrapper => Ok(edits::wrap(cx.file, serve, helper, &call)),
            Style::Guard => guard::insert(self.project, cx.file, serve, helper, &call),
        };
        let edits = match drafted {
            Ok(edits) => edits,
            Err(reason) => {
                return EntryFacts { violation: Some(plain(format!("no fix: {reason}"))), ..EntryFacts::default() };
            }
        };
        let mut fix = Fix::safe(edits);
        fix.imports = bindings.wanted(&cx.file.path, is_per_user);
        fix.new_files.extend(helper.new_file.clone());
        let mut help = format!("limit it with `{limits}` from {}", helper.path);
        if let Some(reason) =
            callers::risk(self.project, served.name, cx.file).filter(|_| self.tiers.stated(served.name).is_none())
        {
            fix.applicability = Applicability::Unsafe;
            help = format!("{help}; unsafe, as {reason}: name its tier under [rate-limit.functions], or exempt it");
        }
        if let Some((wrapper, module)) = limited::seemingly(cx, serve) {
            fix.applicability = Applicability::Unsafe;
            help = format!(
                "limit it with `{limits}` from {}; unsafe, as `{wrapper}` of {module} answers 429 by itself: if that is \
                 its limit, add `{wrapper}` to `limiters` under [rate-limit]",
                helper.path
            );
            let message = format!("nobody can tell whether `{}` is limited", served.name);
            return EntryFacts {
                violation: Some(Violation { fix: Some(fix), message, ..plain(help) }),
                ..EntryFacts::default()
            };
        }
        EntryFacts { violation: Some(Violation { fix: Some(fix), ..plain(help) }), ..EntryFacts::default() }
    }
}

/// A function that counts in a bucket that isn't its own. Whether that is meant nobody can see, so the fix is only shown.
fn another_bucket(file: &SourceFile, function: &str, bucket: &str, name: Node<'_>) -> Violation {
    let message = format!("`{function}` counts in the bucket {}", file.text_of(name));
    let help = format!(
        "name the bucket `{bucket}`, or keep it with `{function} = {}` under [rate-limit.buckets]",
        file.text_of(name).replace('\'', "\"")
    );
    let edit = edits::edit(file, name.byte_range(), file.style().quoted(bucket));
    let fix = Fix { applicability: Applicability::DisplayOnly, ..Fix::safe(vec![edit]) };
    Violation { fix: Some(fix), ..violation(file, name.byte_range(), message, help) }
}

fn is_safely_fixed(violation: &Violation) -> bool {
    violation.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
}

fn violation(file: &SourceFile, range: Range<usize>, message: String, help: String) -> Violation {
    Violation {
        rule: META.name,
        path: file.path.clone(),
        range,
        message,
        help: Some(help),
        related: Vec::new(),
        fix: None,
    }
}
