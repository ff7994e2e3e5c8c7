//! From a snapshot to files: migrations that partition the table, a script that compares before and after, and scripts
//! that lead back.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Error, Value, context};
use serde::Serialize;

use super::options::{FunctionName, History, Month, Options, Retention};
use super::snapshot::{Constraint, ForeignKey, Index, Policy, Snapshot};
use super::template::{Templates, ident, kept_name, literal, shortened, widened};

/// How long a lock of the table is waited for, in milliseconds: that is how long writers queue up behind.
const LOCK_TIMEOUT: u32 = 100;
/// How often it is tried, about once a second.
const ATTEMPTS: u32 = 90;
/// How many rows are copied at once.
const BATCH: u32 = 10_000;
/// The digits of a migration's version.
const VERSION_LENGTH: usize = 14;
/// Kinds of properties that lie outside of the table, as rows of a fingerprint name them.
const BOUND_KINDS: [&str; 8] = [
    "publication",
    "view",
    "materialized view",
    "function",
    "policy of another table",
    "inbound foreign key",
    "sequence",
    "statistics",
];

/// The files that partition a table.
#[derive(Debug)]
pub struct Plan {
    /// Migrations, in their order: what follows the version in their names, and their text.
    pub migrations: Vec<(String, String)>,
    /// Scripts beside them: their names and their text.
    pub scripts: Vec<(String, String)>,
}

/// An index as the twin has it.
#[derive(Debug, Clone, Serialize)]
struct TwinIndex {
    name: String,
    is_unique: bool,
    is_replica_identity: bool,
    constraint: Option<String>,
    constraint_comment: Option<String>,
    comment: Option<String>,
    /// From `USING` on: today, and with the key.
    before: String,
    after: String,
    is_widened: bool,
    /// The index that is made beside, if it is widened.
    draft: String,
    /// `primary key` or `unique`, if it is widened.
    kind: &'static str,
    deferrable: String,
}

/// A constraint as the twin has it.
#[derive(Debug, Clone, Serialize)]
struct TwinConstraint {
    name: String,
    after: String,
    comment: Option<String>,
}

/// A row of the comparison. `after` counts where there is a `reason`.
#[derive(Debug, Clone, Serialize)]
struct Expected {
    kind: String,
    name: String,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Bound<'s> {
    kind: &'s str,
    name: &'s str,
    digest: &'s str,
}

#[derive(Debug, Serialize)]
struct Named {
    kind: &'static str,
    name: String,
}

/// A function that is to be called once a day.
#[derive(Debug, Serialize)]
struct Job {
    /// Its name without the schema, and that of the schedule.
    name: String,
    /// Its name as SQL has it.
    function: String,
    /// The function of all tables that it calls.
    call: String,
    /// As cron has it.
    schedule: &'static str,
}

/// What keeps the copy like the table, if it is split: names as SQL has them.
#[derive(Debug, Serialize)]
struct Sync {
    changes: String,
    progress: String,
    note: String,
    catch_up: String,
    catch_up_back: String,
    copy: String,
    backfill: String,
}

/// What the files are filled in with.
#[derive(Debug, Serialize)]
struct Context<'s> {
    snapshot: &'s Snapshot,
    schema: &'s str,
    table_name: &'s str,
    home: &'s str,
    app: String,
    /// What is to be called once a day; the first makes the partitions to come.
    jobs: Vec<Job>,
    has_default_partition: bool,
    retires: bool,
    /// The table, its twin before the cutover, and what is kept of the table behind it: the partition of the past, or the
    /// table that was set aside. As SQL has them.
    old: String,
    twin: String,
    kept: String,
    kept_name: String,
    key: &'s str,
    key_is_not_null: bool,
    ahead: u8,
    /// Where the months begin, as a value of the key, and as a day.
    boundary: String,
    boundary_day: String,
    boundary_check: String,
    constraints: Vec<TwinConstraint>,
    indexes: Vec<TwinIndex>,
    widened: Vec<TwinIndex>,
    own_policies: Vec<&'s Policy>,
    everybody: BTreeSet<String>,
    /// The columns that hold values of their own.
    stored: Vec<&'s str>,
    expected: Vec<Expected>,
    bound: Vec<Bound<'s>>,
    bound_kinds: String,
    /// What differs between the table and its twin before the cutover.
    accepted_now: Vec<Named>,
    publish_via_root: bool,
    /// Whether the rows are copied to partitions of their months.
    split: bool,
    sync: Sync,
    batch: u32,
    primary_key: Vec<&'s str>,
    /// The primary key and the key: where a row is.
    located: Vec<&'s str>,
    /// The partition of what is older than the first month, if the rest is split.
    earlier: String,
    lock_timeout: u32,
    attempts_at_most: u32,
}

/// The files for a snapshot that nothing speaks against. `versions` gives the migrations their versions, one after the other.
///
/// # Errors
/// If the program's own SQL can't be filled in, which is a defect.
pub fn of(snapshot: &Snapshot, options: &Options, versions: &mut dyn Iterator<Item = String>) -> Result<Plan, Error> {
    let templates = Templates::of(&snapshot.table.name, options.history);
    let context = Context::of(snapshot, options);
    let table = &snapshot.table.name;
    let mut steps = vec![("twin.sql", "twin", None)];
    match options.history {
        History::Attach => {
            steps.extend(context.widened.iter().map(|index| ("attach/index.sql", "index", Some(index))));
            steps.extend([("attach/check.sql", "check", None), ("attach/validate.sql", "validate", None)]);
        }
        History::Split => steps.extend([
            ("split/sync.sql", "sync", None),
            ("split/backfill.sql", "backfill", None),
            ("split/compare.sql", "compare", None),
        ]),
    }
    steps.push(("cutover.sql", "cutover", None));
    if snapshot.views.iter().any(|view| view.kind == 'm') {
        steps.push(("materialized_views.sql", "materialized_views", None));
    }
    steps.push(("after.sql", "after", None));
    let whole = Value::from(Serde(&context));
    let mut migrations = Vec::new();
    for ((template, step, index), (version, number)) in steps.into_iter().zip(versions.zip(1_u32..)) {
        let file = format!("{version}_partition_{table}_{number}_{step}.sql");
        let own = context! { index => Value::from(Serde(index)), file => file.as_str(), version, ..whole.clone() };
        migrations.push((file, templates.fill(template, &own)?));
    }
    let mut scripts = vec![("verify.sql".to_owned(), templates.fill("verify.sql", &whole)?)];
    let indexes: &[TwinIndex] = if context.split { &[] } else { &context.widened };
    for (index, number) in indexes.iter().zip(1_u32..) {
        let file = format!("rollback_{number}_index.sql");
        let own = context! { index => Value::from(Serde(index)), file => file.as_str(), ..whole.clone() };
        scripts.push((file, templates.fill("rollback/index.sql", &own)?));
    }
    let file = format!("rollback_{}_swap.sql", indexes.len() + 1);
    scripts.push((file, templates.fill("rollback/swap.sql", &whole)?));
    if context.split {
        scripts.push(("finish.sql".to_owned(), templates.fill("split/finish.sql", &whole)?));
    }
    Ok(Plan { migrations, scripts })
}

impl<'s> Context<'s> {
    fn of(snapshot: &'s Snapshot, options: &'s Options) -> Context<'s> {
        let table = &snapshot.table;
        let kept = kept_name(options.history, &table.name, &table.name);
        let key_is_not_null = snapshot.column(&options.key).is_some_and(|column| column.not_null);
        let indexes: Vec<TwinIndex> = snapshot
            .indexes
            .iter()
            .filter(|index| index.is_valid)
            .map(|index| twin_index(snapshot, index, &options.key))
            .collect();
        let widened: Vec<TwinIndex> = indexes.iter().filter(|index| index.is_widened).cloned().collect();
        let old = format!("{}.{}", ident(&table.schema), ident(&table.name));
        let month = boundary(snapshot, options);
        let is_zoned = snapshot.column(&options.key).is_some_and(|column| column.data_type.ends_with("with time zone"));
        let accepted_now = widened.iter().flat_map(|index| {
            [("index", ident(&index.name)), ("index", ident(&index.draft)), ("constraint", index.name.clone())]
        });
        let mut accepted_now: Vec<Named> = accepted_now.map(|(kind, name)| Named { kind, name }).collect();
        if !key_is_not_null {
            accepted_now.push(Named { kind: "column", name: options.key.clone() });
            accepted_now.push(Named { kind: "not null", name: not_null_name(snapshot, &options.key) });
        }
        let split = options.history == History::Split;
        if split && table.force_row_security {
            // The copy would be refused by the policies.
            accepted_now.push(Named { kind: "table", name: "row level security".to_owned() });
        }
        // The copy must not fire triggers: the twin gets them in the moment of the cutover.
        let is_bound = |kind: &str| BOUND_KINDS.contains(&kind) || (split && kind == "trigger");
        let bound_kinds: Vec<String> =
            BOUND_KINDS.into_iter().chain(split.then_some("trigger")).map(|kind| format!("'{kind}'")).collect();
        let primary_key = primary_key(snapshot);
        let mut located = primary_key.clone();
        located.extend(Some(options.key.as_str()).filter(|key| !primary_key.contains(key)));
        let own = |suffix: &str| {
            format!("{}.{}", ident(&options.home), ident(&shortened(&format!("{}_{suffix}", table.name))))
        };
        Context {
            snapshot,
            split,
            sync: Sync {
                changes: own("phase2_changes"),
                progress: own("phase2_progress"),
                note: own("phase2_note"),
                catch_up: own("phase2_catch_up"),
                catch_up_back: own("phase2_catch_up_back"),
                copy: own("phase2_copy"),
                backfill: own("phase2_backfill"),
            },
            batch: BATCH,
            primary_key,
            located,
            earlier: own("earlier"),
            schema: &table.schema,
            table_name: &table.name,
            home: &options.home,
            jobs: jobs(snapshot, options),
            has_default_partition: options.has_default_partition,
            retires: options.retention.is_some(),
            app: function_name(snapshot, options).schema,
            twin: format!("{}.{}", ident(&options.home), ident(&table.name)),
            kept: format!("{}.{}", ident(&options.home), ident(&kept)),
            kept_name: kept,
            key: &options.key,
            key_is_not_null,
            ahead: options.ahead,
            boundary: if is_zoned { format!("{} 00:00:00+00", month) } else { month.clone() },
            boundary_day: month,
            boundary_check: shortened(&format!("{}_phase2_boundary", table.name)),
            constraints: twin_constraints(snapshot, &indexes, &options.key),
            own_policies: snapshot.policies.iter().filter(|policy| mentions(policy, &old)).collect(),
            everybody: everybody(snapshot),
            stored: snapshot
                .columns
                .iter()
                .filter(|column| column.generated.is_none())
                .map(|column| column.name.as_str())
                .collect(),
            expected: expected(snapshot, &widened, &options.key),
            bound: snapshot
                .fingerprint
                .iter()
                .filter(|property| is_bound(&property.kind))
                .map(|property| Bound { kind: &property.kind, name: &property.name, digest: &property.digest })
                .collect(),
            bound_kinds: bound_kinds.join(", "),
            accepted_now,
            publish_via_root: options.publish_via_root,
            lock_timeout: LOCK_TIMEOUT,
            attempts_at_most: ATTEMPTS,
            old,
            indexes,
            widened,
        }
    }
}

/// The first day that has a partition of its month.
pub fn boundary(snapshot: &Snapshot, options: &Options) -> String {
    let first = match options.history {
        History::Attach => None,
        History::Split => Some(first_month(snapshot)),
    };
    let month = options.boundary.or(first.flatten());
    month.map_or_else(|| format!("{}-01", snapshot.coming_month), Month::first_day)
}

/// The month of the oldest row, or the present one if there is none.
fn first_month(snapshot: &Snapshot) -> Option<Month> {
    let oldest = snapshot.key.as_ref().and_then(|key| key.first_month.as_deref()).and_then(Month::parse);
    oldest.or_else(|| present_month(snapshot))
}

/// The month in which the snapshot was taken.
pub fn present_month(snapshot: &Snapshot) -> Option<Month> {
    snapshot.taken_at.get(..7).and_then(Month::parse)
}

/// The columns of the primary key.
pub fn primary_key(snapshot: &Snapshot) -> Vec<&str> {
    let key = snapshot.constraints.iter().find(|own| own.kind == 'p');
    key.and_then(|key| key.columns.as_ref()).into_iter().flatten().map(String::as_str).collect()
}

/// What the table's functions are named after.
fn stem(snapshot: &Snapshot) -> &str {
    let table = &snapshot.table.name;
    table.strip_suffix("_events").filter(|stem| !stem.is_empty()).unwrap_or(table)
}

/// The function that makes the partitions to come.
fn function_name(snapshot: &Snapshot, options: &Options) -> FunctionName {
    let usual = || FunctionName {
        schema: "app".to_owned(),
        name: shortened(&format!("ensure_next_{}_partition", stem(snapshot))),
    };
    options.function.clone().unwrap_or_else(usual)
}

/// What is to be called once a day, not all at once.
fn jobs(snapshot: &Snapshot, options: &Options) -> Vec<Job> {
    let table = format!("{}.{}", ident(&snapshot.table.schema), ident(&snapshot.table.name));
    let table = literal(&table);
    let FunctionName { schema, name } = function_name(snapshot, options);
    let job = |name: String, call: String, schedule: &'static str| Job {
        function: format!("{}.{}", ident(&schema), ident(&name)),
        name,
        call,
        schedule,
    };
    let ensure = job(name, format!("ensure_partitions({table}::regclass, {})", options.ahead), "17 3 * * *");
    let retire = options.retention.map(|Retention { keep, drops }| {
        let name = shortened(&format!("retire_{}_partitions", stem(snapshot)));
        job(name, format!("retire_partitions({table}::regclass, {keep}, {drops})"), "37 3 * * *")
    });
    [ensure].into_iter().chain(retire).collect()
}

/// What the server calls the constraint that a column is not null, from version 18 on.
fn not_null_name(snapshot: &Snapshot, column: &str) -> String {
    format!("{}_{column}_not_null", snapshot.table.name)
}

fn twin_index(snapshot: &Snapshot, index: &Index, key: &str) -> TwinIndex {
    let lacks_key = |columns: &Vec<String>| !columns.iter().any(|column| column == key);
    let after = Some(&index.body).filter(|_| index.is_unique && index.columns.as_ref().is_none_or(lacks_key));
    let after = after.and_then(|body| widened(body, key));
    let constraint =
        index.constraint.as_ref().and_then(|name| snapshot.constraints.iter().find(|own| own.name == *name));
    let deferrable =
        constraint.and_then(|own| own.definition.find(" DEFERRABLE").map(|at| own.definition[at..].to_owned()));
    TwinIndex {
        name: index.name.clone(),
        is_unique: index.is_unique,
        is_replica_identity: index.is_replica_identity,
        constraint: index.constraint.clone(),
        constraint_comment: constraint.and_then(|own| own.comment.clone()),
        comment: index.comment.clone(),
        before: index.body.clone(),
        is_widened: after.is_some(),
        after: after.unwrap_or_else(|| index.body.clone()),
        draft: shortened(&format!("{}_with_{key}", index.name)),
        kind: if constraint.is_some_and(|own| own.kind == 'p') { "primary key" } else { "unique" },
        deferrable: deferrable.unwrap_or_default(),
    }
}

/// The constraints of the twin. Foreign keys within the table count as inbound, and are not among them.
fn twin_constraints(snapshot: &Snapshot, indexes: &[TwinIndex], key: &str) -> Vec<TwinConstraint> {
    let carried = snapshot.constraints.iter().filter(|own| own.references_self != Some(true));
    let twin = carried.map(|own: &Constraint| {
        let is_widened = indexes.iter().any(|index| index.is_widened && index.constraint.as_ref() == Some(&own.name));
        let after = if is_widened { widened(&own.definition, key) } else { None };
        TwinConstraint {
            name: own.name.clone(),
            after: after.unwrap_or_else(|| own.definition.clone()),
            comment: own.comment.clone(),
        }
    });
    twin.collect()
}

/// Whether a policy looks into the table of that name.
fn mentions(policy: &Policy, table: &str) -> bool {
    [&policy.using, &policy.check].into_iter().flatten().any(|text| text.contains(table))
}

/// Everybody who has a grant somewhere, as SQL has them.
fn everybody(snapshot: &Snapshot) -> BTreeSet<String> {
    let of_columns = snapshot.columns.iter().flat_map(|column| &column.grants);
    let of_sequences = snapshot.columns.iter().filter_map(|column| column.sequence.as_ref());
    let of_sequences = of_sequences.chain(&snapshot.sequences).flat_map(|sequence| &sequence.grants);
    let of_views = snapshot.views.iter().flat_map(|view| view.grants.iter().chain(&view.column_grants));
    let of_functions = snapshot.functions.iter().flat_map(|function| &function.grants);
    let all = snapshot.table.grants.iter().chain(of_columns).chain(of_sequences).chain(of_views).chain(of_functions);
    all.map(|grant| grant.grantee.clone()).chain(["public".to_owned()]).collect()
}

/// What the comparison expects: the fingerprint, with what changes by being partitioned.
fn expected(snapshot: &Snapshot, widened_indexes: &[TwinIndex], key: &str) -> Vec<Expected> {
    let inbound: Vec<String> =
        snapshot.inbound.iter().map(|ForeignKey { name, table, .. }| format!("{table} {name}")).collect();
    let schema = ident(&snapshot.table.schema);
    let is_nullable = snapshot.column(key).is_some_and(|column| !column.not_null);
    let row = |property: &super::snapshot::Property| {
        let of_widened = widened_indexes.iter().any(|index| match property.kind.as_str() {
            "index" => property.name == format!("{schema}.{}", ident(&index.name)),
            "constraint" => index.constraint.as_ref() == Some(&property.name),
            _ => false,
        });
        let (after, reason) = if of_widened {
            (widened(&property.value, key), Some("unique together with the key only"))
        } else if property.kind == "inbound foreign key" && inbound.contains(&property.name) {
            (None, Some("foreign keys to it are dropped"))
        } else if is_nullable && property.kind == "column" && property.name == key {
            let data_type = snapshot.column(key).map_or("", |column| column.data_type.as_str());
            (Some(property.value.replacen(data_type, &format!("{data_type} not null"), 1)), Some("the key is not null"))
        } else {
            (Some(property.value.clone()), None)
        };
        Expected {
            kind: property.kind.clone(),
            name: property.name.clone(),
            before: Some(property.value.clone()),
            after,
            reason: reason.map(str::to_owned),
        }
    };
    snapshot.fingerprint.iter().map(row).collect()
}

/// Whether months can be taken from a column of that type.
pub fn is_key_type(data_type: &str) -> bool {
    data_type == "date" || data_type.starts_with("timestamp")
}

/// Versions for migrations: from the time of the snapshot on, and behind those that are there. `existing` are names of files.
pub fn versions(snapshot: &Snapshot, existing: &[String]) -> impl Iterator<Item = String> + use<> {
    let digits: String = snapshot.taken_at.chars().filter(char::is_ascii_digit).collect();
    let taken: u64 = digits.parse().unwrap_or_default();
    let version = |name: &String| -> Option<u64> {
        let (digits, _) = name.split_once('_')?;
        digits.parse().ok().filter(|_| digits.len() == VERSION_LENGTH)
    };
    let last = existing.iter().filter_map(version).max().unwrap_or_default();
    (taken.max(last + 1)..).map(|version| format!("{version:014}"))
}

/// What the user has to know beside the files.
pub fn remarks(snapshot: &Snapshot, options: &Options) -> Vec<String> {
    let boundary = boundary(snapshot, options);
    let mut remarks = vec![match options.history {
        History::Attach => format!(
            "rows from {boundary} on are refused between the files `check` and `cutover`: apply them in one go, well before that day"
        ),
        History::Split => "behind the cutover the table stays as it was, beside the partitions, and each write leaves a note, until `finish.sql` is run"
            .to_owned(),
    }];
    if let Some(Retention { keep, drops }) = options.retention {
        let fate = if drops { "dropped" } else { "detached" };
        remarks
            .push(format!("partitions that end {keep} months before the present one or earlier are {fate} once a day"));
        if options.history == History::Attach {
            remarks.push(format!(
                "the past before {boundary} is one partition, and goes as a whole when its last month is that old"
            ));
        }
    }
    remarks.push(
        "partitions make single queries no faster: they are for retention, vacuum and bounded indexes; an index on the key serves queries"
            .to_owned(),
    );
    remarks
}
