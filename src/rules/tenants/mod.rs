//! The rule `tenants`: hardcoded tenant ids become the caller's tenant. See rules/tenants/rule.md.

pub(in crate::rules) mod claims;
mod cohort;
mod edits;
mod flow;
pub(in crate::rules) mod helper;
mod literal;
mod plan;
mod session;
mod site;
mod sql;
pub mod survey;
mod thread;

use std::collections::{BTreeMap, BTreeSet};

use self::cohort::{Cohort, Judge};
use self::edits::Work;
use self::flow::{Operation, Target};
use self::helper::Helper;
use self::plan::{Key, Plan};
use self::site::{Site, Standing, Survey};
use super::edge::calls::Refusal;
use super::edge::files::Files;
use super::edge::handler::is_function;
use super::edge::place::{self, Around};
use super::edge::verified::{self, Verified};
use super::kept::Texts;
use super::{Facts, Meta, Note, Pass, Resolution, Rule, Subject, Subjects, Violation};
use crate::config::Config;
use crate::edit::Fix;
use crate::project::{Project, ProjectFile, RelPath};
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "tenants",
    summary: "hardcoded tenant ids become the caller's tenant",
    page: include_str!("../../../rules/tenants/rule.md"),
    on_by_default: true,
    // The ids of phase2.toml.
    triggers: &[],
    subjects: Some(Subjects { name: "tenant literals", group: "cohort" }),
};

/// The rule.
#[derive(Debug)]
pub struct TenantsRule;

impl Rule for TenantsRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn triggers(&self, config: &Config) -> Vec<String> {
        config.tenants.ids.iter().map(|id| id.get_ref().clone()).collect()
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        Box::new(TenantsPass { project })
    }
}

struct TenantsPass<'p> {
    project: &'p Project,
}

/// A file that holds one of the ids. What it is there, only all files together tell.
struct HoldsId;

impl Pass for TenantsPass<'_> {
    fn judges_files_alone(&self) -> bool {
        false
    }

    fn collect(&self, _entry: &ProjectFile, file: &SourceFile, hits: &[usize]) -> Option<Facts> {
        let ids: Vec<&str> = self.project.config.tenants.ids.iter().map(|id| id.get_ref().as_str()).collect();
        (!literal::at(file, &ids, hits).is_empty()).then(|| Box::new(HoldsId) as Facts)
    }

    fn keep(&self, facts: &Facts, _texts: &Texts) -> Option<Vec<u8>> {
        facts.downcast_ref::<HoldsId>().map(|HoldsId| Vec::new())
    }

    fn recall(&self, _entry: &ProjectFile, _kept: &[u8], _texts: &Texts) -> Option<Facts> {
        Some(Box::new(HoldsId))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        if facts.is_empty() {
            return Resolution::default();
        }
        let files = Files::of(self.project);
        let ids: Vec<&str> = self.project.config.tenants.ids.iter().map(|id| id.get_ref().as_str()).collect();
        let sql = sql::places(self.project, &ids);
        let is_platform_row = |table: &str| {
            let is_seeded =
                sql.iter().any(|place| place.kind == sql::Kind::Seed && place.names.iter().any(|name| name == table));
            is_seeded && !is_written(&files, table)
        };
        let survey = Survey::of(&files, &is_platform_row);
        let sites: Vec<Site> = facts.iter().flat_map(|(path, _)| survey.sites(path)).collect();
        let worked = Worked::out(&files, &sites);
        let source = claims::source(&files);
        let judge = Judge { files: &files, sites: &sites, worked: &worked, sql: &sql, source: source.as_ref() };
        let cohorts = judge.cohorts();
        self.tell(&files, &sites, &worked, &judge, &cohorts)
    }
}

/// What can be done for each literal.
pub struct Worked {
    plan: Plan,
    /// By the places of the literals: the functions that one has to do with, or why nothing can be done.
    sites: Vec<Result<BTreeSet<Key>, Refusal>>,
    /// By function.
    works: BTreeMap<Key, Work>,
    /// By function that has the request.
    verified: BTreeMap<Key, Verified>,
    /// By functions folder.
    helpers: BTreeMap<RelPath, Result<Helper, String>>,
}

impl Worked {
    fn out(files: &Files<'_>, sites: &[Site]) -> Worked {
        let mut plan = Plan::default();
        let planned: Vec<Result<BTreeSet<Key>, Refusal>> = sites
            .iter()
            .map(|site| match site.standing {
                Standing::Hardcoded => plan.add(files, site),
                _ => Ok(BTreeSet::new()),
            })
            .collect();
        let mut worked = Worked {
            plan,
            sites: Vec::new(),
            works: BTreeMap::new(),
            verified: BTreeMap::new(),
            helpers: BTreeMap::new(),
        };
        let mut failures: BTreeMap<Key, Refusal> = BTreeMap::new();
        for ((path, start), request) in &worked.plan.requests {
            let key = Key::Request(path.clone(), *start);
            let Some(file) = files.get(path) else { continue };
            let verified = verified::of(files, &file, &request.place, &edits::uses(request));
            let base = files.project.supabase_of(path).and_then(|folder| folder.base.join("functions"));
            let base = base.unwrap_or_else(RelPath::root);
            let function = files.project.config.tenants.function.get_ref();
            let helper = worked.helpers.entry(base.clone()).or_insert_with(|| helper::of(files, &base, function));
            let checks = helper.as_ref().is_ok_and(|helper| helper::verifies(files, helper));
            let verified = if checks { Verified::ByHelper } else { verified };
            let work = match helper {
                Ok(helper) => edits::of_request(files, &worked.plan, request, helper, verified),
                Err(reason) => Err(Refusal { reason: reason.clone(), related: Vec::new() }),
            };
            worked.verified.insert(key.clone(), verified);
            match work {
                Ok(work) => worked.works.insert(key, work).map_or((), drop),
                Err(refusal) => failures.insert(key, refusal).map_or((), drop),
            }
        }
        for (function, thread) in &worked.plan.threads {
            let key = Key::Thread(function.clone());
            match edits::of_thread(files, &worked.plan, function, thread) {
                Ok(work) => worked.works.insert(key, work).map_or((), drop),
                Err(refusal) => failures.insert(key, refusal).map_or((), drop),
            }
        }
        for ((path, start), session) in &worked.plan.sessions {
            let key = Key::Session(path.clone(), *start);
            match session::work(files, path, session) {
                Ok(work) => worked.works.insert(key, work).map_or((), drop),
                Err(refusal) => failures.insert(key, refusal).map_or((), drop),
            }
        }
        worked.sites = planned
            .into_iter()
            .map(|planned| {
                let keys: BTreeSet<Key> = planned?.iter().flat_map(|key| worked.plan.connected(key)).collect();
                match keys.iter().find_map(|key| failures.get(key)) {
                    Some(refusal) => Err(refusal.clone()),
                    None => Ok(keys),
                }
            })
            .collect();
        worked
    }

    /// The fix of some literals: all that has to be done in the functions that they have to do with.
    fn fix(&self, sites: &[Site], members: &[usize]) -> Fix {
        let keys: BTreeSet<&Key> =
            members.iter().filter_map(|index| self.sites[*index].as_ref().ok()).flatten().collect();
        let mut fix = Fix::safe(Vec::new());
        for work in keys.iter().filter_map(|key| self.works.get(key)) {
            fix.edits.extend(work.edits.iter().cloned());
            fix.imports.extend(work.imports.iter().cloned());
        }
        for site in members.iter().map(|index| &sites[*index]) {
            let stays = site.stays.iter().map(|range| crate::edit::Edit {
                path: site.path.clone(),
                range: range.clone(),
                text: site.text.clone(),
            });
            fix.edits.extend(stays);
        }
        let is_used = |base: &RelPath| fix.imports.iter().any(|(importer, _)| importer.is_within(base));
        let helpers = self.helpers.iter().filter(|(base, _)| is_used(base));
        fix.new_files = helpers.filter_map(|(_, helper)| helper.as_ref().ok()?.new_file.clone()).collect();
        fix.edits.sort_by(|a, b| (&a.path, a.range.start, a.range.end).cmp(&(&b.path, b.range.start, b.range.end)));
        fix
    }
}

impl TenantsPass<'_> {
    fn tell(
        &self,
        files: &Files<'_>,
        sites: &[Site],
        worked: &Worked,
        judge: &Judge<'_, '_>,
        cohorts: &[Cohort],
    ) -> Resolution {
        let mut resolution = Resolution::default();
        let has_any = sites.iter().any(|site| matches!(site.standing, Standing::Hardcoded | Standing::Fallback));
        if has_any {
            resolution.notes.push(Note { rule: Some(META.name), path: None, message: judge.claims() });
        }
        for (index, site) in sites.iter().enumerate() {
            let cohort = cohorts.iter().find(|cohort| cohort.members.contains(&index));
            let line = files.get(&site.path).map_or(0, |file| file.text[..site.range.start].matches('\n').count() + 1);
            let mut subject = Subject {
                rule: META.name,
                name: format!("{}:{line}", site.path),
                path: site.path.clone(),
                is_done: site.standing == Standing::Fallback,
                group: cohort.map_or_else(|| cohort::name(&site.targets), |cohort| cohort::name(&cohort.targets)),
                detail: None,
                caveat: None,
            };
            match &site.standing {
                Standing::Allowed(reason) => {
                    let message = format!("line {line}: allowed: {reason}");
                    resolution.notes.push(Note { rule: None, path: Some(site.path.clone()), message });
                    continue;
                }
                Standing::Fallback => {
                    let unknown = judge.source.is_none().then(|| "claim source unknown".to_owned());
                    subject.caveat = unverified(files, site).or(unknown);
                }
                Standing::Excused => resolution.violations.push(violation(site, None, Vec::new(), None)),
                Standing::Hardcoded => match (&worked.sites[index], cohort) {
                    (Err(refusal), _) => {
                        let help = format!("no fix: {}", refusal.reason);
                        subject.detail = Some(help.clone());
                        resolution.violations.push(violation(site, Some(help), refusal.related.clone(), None));
                    }
                    (Ok(_), Some(cohort)) => {
                        let fix = Fix { applicability: cohort.applicability(), ..worked.fix(sites, &cohort.members) };
                        let help = judge.help(site, index, cohort);
                        subject.detail = (!cohort.unsafe_reasons.is_empty()).then(|| help.clone());
                        let related = judge.related(site);
                        resolution.violations.push(violation(site, Some(help), related, Some(fix)));
                    }
                    (Ok(_), None) => {}
                },
            }
            resolution.subjects.push(subject);
        }
        resolution.notes.extend(
            cohorts.iter().filter_map(|cohort| {
                Some(Note { rule: Some(META.name), path: None, message: judge.describe(cohort)? })
            }),
        );
        for helper in worked.helpers.values().flatten().filter(|helper| helper.new_file.is_none()) {
            let Some(file) = files.get(&helper.path) else { continue };
            let defects = helper::defects(&file, &helper.function);
            resolution.notes.extend(defects.into_iter().map(|defect| Note {
                rule: None,
                path: Some(helper.path.clone()),
                message: format!("the tenant helper is defective: {defect}"),
            }));
        }
        resolution
    }
}

/// What is wrong with a literal that counts only where the token names no tenant, if nobody has verified the token.
fn unverified(files: &Files<'_>, site: &Site) -> Option<String> {
    if files.project.config.tenants.function.get_ref() == helper::VERIFYING {
        return None;
    }
    let file = files.get(&site.path)?;
    let Around::Request(place) = place::around(files, &file, &site.range) else { return None };
    let verified = verified::of(files, &file, &place, std::slice::from_ref(&site.range));
    (verified == Verified::No).then(|| "unverified claims: callers may name any tenant".to_owned())
}

fn violation(site: &Site, help: Option<String>, related: Vec<super::Related>, fix: Option<Fix>) -> Violation {
    Violation {
        rule: META.name,
        path: site.path.clone(),
        range: site.range.clone(),
        message: match cohort::name(&site.targets).as_str() {
            cohort::NOWHERE => "a tenant is hardcoded: it is the same for every caller".to_owned(),
            name => format!("a tenant is hardcoded: it is the same for every caller ({name})"),
        },
        help,
        related,
        fix,
    }
}

/// Whether code of the project writes a table.
fn is_written(files: &Files<'_>, table: &str) -> bool {
    files.with(table).into_iter().any(|file| {
        let squeezed: String = file.text.split_whitespace().collect();
        ['\'', '"', '`'].iter().any(|quote| {
            let from = format!("from({quote}{table}{quote})");
            squeezed.match_indices(&from).any(|(at, _)| {
                let rest = &squeezed[at + from.len()..];
                [".insert(", ".upsert(", ".update(", ".delete("].iter().any(|method| rest.starts_with(method))
            })
        })
    })
}

/// Whether something that was stored before is looked for or changed.
fn is_about_stored(target: &(Target, Operation)) -> bool {
    target.1 != Operation::Insert
}
