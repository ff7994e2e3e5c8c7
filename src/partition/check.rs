//! What speaks against partitioning a table, and which flag accepts it.

use super::options::{History, Loss, Month, Options};
use super::plan;
use super::snapshot::Snapshot;
use super::template::{ident, kept_name};
use super::uses::Uses;

/// The oldest server whose partitioned tables can do what is needed.
const OLDEST_SERVER: u32 = 150_000;

/// How many months at most get a partition of their own when the past is split.
const MONTHS_AT_MOST: u16 = 120;
/// Types of primary keys whose order is the same however it is asked for.
const ORDERED_TYPES: [&str; 9] =
    ["smallint", "integer", "bigint", "uuid", "text", "character varying", "date", "numeric", "timestamp"];

/// Something that can't be carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it is: a sentence without a full stop.
    pub reason: String,
    /// What to do: a flag that accepts it, or what has to change first.
    pub way_out: String,
}

impl Refusal {
    fn new(reason: impl Into<String>, way_out: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into(), way_out: way_out.into() }
    }
}

/// Everything that speaks against it and isn't accepted.
pub fn refusals(snapshot: &Snapshot, options: &Options, uses: &Uses) -> Vec<Refusal> {
    let mut found = shape(snapshot);
    if found.is_empty() {
        found.extend(key(snapshot, options));
        if options.history == History::Split {
            found.extend(copied(snapshot, options));
        }
        found.extend(parts(snapshot, options));
        found.extend(names(snapshot, options));
        found.extend(losses(snapshot, options, uses));
    }
    found
}

/// What the table as a whole is.
fn shape(snapshot: &Snapshot) -> Vec<Refusal> {
    let table = &snapshot.table;
    let mut found = Vec::new();
    let mut refuse = |applies: bool, reason: String, way_out: &str| {
        if applies {
            found.push(Refusal::new(reason, way_out));
        }
    };
    let name = format!("{}.{}", table.schema, table.name);
    refuse(table.kind == 'p', format!("{name} is partitioned already"), "there is nothing to do");
    refuse(!matches!(table.kind, 'r' | 'p'), format!("{name} is no table"), "name a table");
    refuse(table.persistence != 'p', format!("{name} is unlogged or temporary"), "make it a logged table first");
    refuse(table.typed, format!("{name} is of a composite type"), "ALTER TABLE … NOT OF first");
    refuse(table.inherits && table.kind != 'p', format!("{name} inherits or is inherited from"), "undo that first");
    refuse(
        !table.rules.is_empty(),
        format!("{name} has rules, which partitions don't: {}", table.rules.join(", ")),
        "make triggers of them first",
    );
    refuse(
        !table.reader_owns,
        format!("{name} belongs to {}, and nobody else can partition it", table.owner),
        "connect as its owner",
    );
    refuse(
        snapshot.server < OLDEST_SERVER,
        format!("the server has version {}", snapshot.server / 10_000),
        "upgrade it to 15 or later first",
    );
    found
}

/// The column that the months are taken from.
fn key(snapshot: &Snapshot, options: &Options) -> Vec<Refusal> {
    let Some(column) = snapshot.column(&options.key) else {
        let times = snapshot.columns.iter().filter(|column| plan::is_key_type(&column.data_type));
        let times: Vec<&str> = times.map(|column| column.name.as_str()).collect();
        let way_out = match times.is_empty() {
            true => "the table has no column of a date or timestamp type".to_owned(),
            false => format!("--by takes one of: {}", times.join(", ")),
        };
        return vec![Refusal::new(format!("there is no column {}", options.key), way_out)];
    };
    if !plan::is_key_type(&column.data_type) {
        let reason = format!("{} is of the type {}, which has no months", options.key, column.data_type);
        return vec![Refusal::new(reason, "take a column of a date or timestamp type")];
    }
    if column.generated.is_some() {
        let reason = format!("{} is generated, and partitions can't go by a generated column", options.key);
        return vec![Refusal::new(reason, "take the column that it is generated from")];
    }
    let Some(key) = snapshot.key.as_ref().filter(|key| key.column == options.key) else {
        let reason = format!("the snapshot doesn't know the values of {}", options.key);
        return vec![Refusal::new(reason, "make one with the same --by")];
    };
    let mut found = Vec::new();
    if key.nulls > 0 {
        found.push(Refusal::new(
            format!("{} rows have no {}, and so no month", key.nulls, options.key),
            "give them one first",
        ));
    }
    if options.history == History::Split {
        return found;
    }
    let first = plan::boundary(snapshot, options);
    let last = key.last_month.as_deref().and_then(Month::parse);
    if let Some(last) = last.filter(|last| last.first_day() >= first) {
        let after = key.month_after.as_deref().unwrap_or("YYYY-MM");
        found.push(Refusal::new(
            format!("there are rows beyond the boundary, {first}: the last is of {last}"),
            format!(
                "--boundary {after} puts it behind them; until the cutover rows beyond it are refused by a constraint"
            ),
        ));
    }
    if options.boundary.is_some_and(|month| month.to_string() < snapshot.coming_month) {
        found.push(Refusal::new(
            format!("the boundary, {first}, is less than a week away: after it the table would refuse new rows until the cutover"),
            format!("--boundary {} or later", snapshot.coming_month),
        ));
    }
    found
}

/// What a copy to partitions of the months needs.
fn copied(snapshot: &Snapshot, options: &Options) -> Vec<Refusal> {
    let mut found = Vec::new();
    let attach = "--history attach leaves the past as one partition";
    let primary_key = plan::primary_key(snapshot);
    let key = snapshot.constraints.iter().find(|own| own.kind == 'p');
    if primary_key.is_empty() {
        found.push(Refusal::new("without a primary key no row can be told from another while they are copied", attach));
    }
    if let Some(key) = key.filter(|key| key.definition.contains(" DEFERRABLE")) {
        found.push(Refusal::new(format!("{} is deferrable, so that a row may be there twice", key.name), attach));
    }
    for column in primary_key.iter().filter_map(|name| snapshot.column(name)) {
        if !ORDERED_TYPES.iter().any(|known| column.data_type.starts_with(known)) {
            let reason = format!("{} of the primary key is of the type {}", column.name, column.data_type);
            found.push(Refusal::new(format!("{reason}, whose order isn't known"), attach));
        }
    }
    for publication in snapshot.publications.iter().filter(|publication| !publication.is_listed) {
        let reason =
            format!("{} has tables that it doesn't name: subscribers would be sent the copy", publication.name);
        found.push(Refusal::new(reason, attach));
    }
    let (Some(present), Some(values)) = (plan::present_month(snapshot), &snapshot.key) else { return found };
    let last_partition = present.plus(u16::from(options.ahead));
    if let Some(last) = values.last_month.as_deref().and_then(Month::parse).filter(|last| *last > last_partition) {
        found.push(Refusal::new(
            format!("there are rows of {last}, and the last partition would be that of {last_partition}"),
            "a larger --ahead, up to 120",
        ));
    }
    let first = plan::boundary(snapshot, options);
    if first.get(..7).and_then(Month::parse).is_some_and(|first| first.plus(MONTHS_AT_MOST) < present) {
        found.push(Refusal::new(
            format!("the oldest rows are of {first}: that would be more than {MONTHS_AT_MOST} partitions"),
            "--boundary MONTH: what is older stays in one partition",
        ));
    }
    found
}

/// What is of the table or bound to it, and has no equal on a partitioned one.
fn parts(snapshot: &Snapshot, options: &Options) -> Vec<Refusal> {
    let mut found = Vec::new();
    for constraint in &snapshot.constraints {
        let name = &constraint.name;
        if constraint.kind == 'x' {
            let reason = format!("{name} excludes across all rows, which a partitioned table doesn't");
            found.push(Refusal::new(reason, "drop it first"));
        } else if !constraint.is_validated {
            let reason = format!("{name} was never validated, and such a constraint keeps a table from being attached");
            found.push(Refusal::new(reason, format!("ALTER TABLE … VALIDATE CONSTRAINT {} first", ident(name))));
        } else if constraint.definition.ends_with("NO INHERIT") {
            let reason = format!("{name} says NO INHERIT, which a partitioned table can't");
            found.push(Refusal::new(reason, "make it anew without"));
        }
    }
    for index in snapshot.indexes.iter().filter(|index| !index.is_valid) {
        let reason = format!("the index {} is invalid: what is left of a CREATE INDEX CONCURRENTLY", index.name);
        found.push(Refusal::new(reason, "drop it, or REINDEX it, first"));
    }
    for trigger in snapshot.triggers.iter().filter(|trigger| trigger.is_row && trigger.has_transition_table) {
        let reason = format!("the row trigger {} has a transition table, which partitions can't", trigger.name);
        found.push(Refusal::new(reason, "make a statement trigger of it first"));
    }
    for view in &snapshot.views {
        let name = format!("{}.{}", view.schema, view.name);
        if !view.is_owned {
            let reason = format!("the view {name} belongs to {}, and has to be made anew", view.owner);
            found.push(Refusal::new(reason, "connect as somebody who may act as its owner as well"));
        }
        if view.needs_constraint {
            let reason =
                format!("the view {name} groups by the primary key alone, which the partitioned table doesn't have");
            found.push(Refusal::new(reason, "name all columns in its GROUP BY first"));
        }
    }
    for function in snapshot.functions.iter().filter(|function| !function.is_owned) {
        let reason = format!("{} belongs to {}, and has to be made anew", function.signature, function.owner);
        found.push(Refusal::new(reason, "connect as somebody who may act as its owner as well"));
    }
    for other in &snapshot.others {
        found.push(Refusal::new(
            format!("{other} is bound to the table in a way that can't be moved"),
            "undo that first",
        ));
    }
    for publication in snapshot.publications.iter().filter(|publication| !publication.is_owned && publication.is_listed)
    {
        let reason = format!("the publication {} is somebody else's, and has to be changed", publication.name);
        found.push(Refusal::new(reason, "connect as somebody who may act as its owner as well"));
    }
    if options.publish_via_root && snapshot.publications.iter().any(|own| !own.via_root && !own.is_owned) {
        found.push(Refusal::new(
            "a publication is somebody else's, and can't be set to publish via the root",
            "leave --publish-via-root out",
        ));
    }
    found
}

/// Names that have to be free.
fn names(snapshot: &Snapshot, options: &Options) -> Vec<Refusal> {
    let mut found = Vec::new();
    let table = &snapshot.table.name;
    if options.home == snapshot.table.schema {
        let reason = format!("the partitions would be in {}, where the API shows them", options.home);
        found.push(Refusal::new(reason, "--partition-schema with another schema"));
    } else {
        let kept = kept_name(options.history, table, table);
        let month = |name: &String| name.strip_prefix(table.as_str()).is_some_and(is_month_suffix);
        for name in snapshot.taken.iter().filter(|name| *name == table || **name == kept || month(name)) {
            let reason = format!("{}.{name} is there already", options.home);
            found.push(Refusal::new(
                reason,
                "drop it if an earlier attempt left it, or take another --partition-schema",
            ));
        }
    }
    found
}

/// Whether this is `_2026_11`.
fn is_month_suffix(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 8
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 0 | 5) { *byte == b'_' } else { byte.is_ascii_digit() })
}

/// What gets lost, unless it is accepted.
fn losses(snapshot: &Snapshot, options: &Options, uses: &Uses) -> Vec<Refusal> {
    let unaccepted = Loss::ALL.into_iter().filter(|loss| !options.accepted.contains(loss));
    let refusal = |loss: Loss| -> Option<Refusal> {
        let mut way_out = format!("--accept {}", loss.name());
        if loss == Loss::SilentPublication {
            way_out = format!(
                "--publish-via-root sets publish_via_partition_root, for all tables of the publication; {way_out} leaves it"
            );
        }
        Some(Refusal { reason: lost(loss, snapshot, options, uses)?, way_out })
    };
    unaccepted.filter_map(refusal).collect()
}

/// What a loss would be here; `None` if there is nothing to lose.
fn lost(loss: Loss, snapshot: &Snapshot, options: &Options, uses: &Uses) -> Option<String> {
    let key = options.key.as_str();
    let listed = |names: Vec<String>| (!names.is_empty()).then(|| names.join(", "));
    match loss {
        Loss::InboundForeignKeys => {
            let keys = snapshot.inbound.iter().map(|own| format!("{} of {}", own.name, own.table)).collect();
            let keys = listed(keys)?;
            Some(format!(
                "foreign keys refer to it, and need a unique constraint that it won't have: {keys}; they would be dropped"
            ))
        }
        Loss::UniqueConstraints => {
            let lacks = |columns: &Option<Vec<String>>| !columns.iter().flatten().any(|column| column == key);
            let unique = snapshot.indexes.iter().filter(|index| index.is_unique && lacks(&index.columns));
            let named: Vec<String> = unique
                .clone()
                .map(|index| format!("{} ({})", index.name, index.columns.as_deref().unwrap_or_default().join(", ")))
                .collect();
            let named = listed(named)?;
            let mut reason =
                format!("unique without {key}, and would be so only together with it, within a month: {named}");
            let columns: Vec<Vec<String>> =
                unique.map(|index| sorted(index.columns.clone().unwrap_or_default())).collect();
            let lose = uses.conflicts.iter().filter(|(target, _)| columns.contains(&sorted(target.clone())));
            let lose: Vec<String> =
                lose.map(|(target, place)| format!("\n  {place}: on conflict ({})", target.join(", "))).collect();
            if !lose.is_empty() {
                reason = format!("{reason}; these lose their target:{}", lose.concat());
            }
            Some(reason)
        }
        Loss::NullableKey => {
            let column = snapshot.column(key)?;
            (!column.not_null).then(|| format!("{key} may be null, and would become NOT NULL"))
        }
        Loss::UnusedKey => {
            let leads = |columns: &Option<Vec<String>>| columns.iter().flatten().any(|column| column == key);
            if snapshot.indexes.iter().any(|index| leads(&index.columns)) || uses.columns.contains_key(key) {
                return None;
            }
            let times =
                snapshot.columns.iter().filter(|column| plan::is_key_type(&column.data_type) && column.name != key);
            let used = times.filter_map(|column| match uses.columns.get(&column.name) {
                Some(place) => Some(format!("{} ({place})", column.name)),
                None if snapshot
                    .indexes
                    .iter()
                    .any(|index| index.columns.iter().flatten().any(|own| *own == column.name)) =>
                {
                    Some(format!("{} (an index)", column.name))
                }
                None => None,
            });
            let used: Vec<String> = used.collect();
            let instead = if used.is_empty() { String::new() } else { format!("; used are: {}", used.join(", ")) };
            Some(format!(
                "no index and no query of the project uses {key}, so that every query would read all partitions{instead}"
            ))
        }
        Loss::ExistingTwin => {
            let twins = snapshot.partitioned_twins.iter();
            let named = twins
                .map(|twin| format!("{}{}", twin.name, if twin.same_columns { "" } else { ", with other columns" }));
            let named = listed(named.collect())?;
            Some(format!("there is a partitioned table of such a name, which would stay as it is: {named}"))
        }
        Loss::SilentPublication => {
            let silent = snapshot.publications.iter().filter(|own| !own.via_root && !options.publish_via_root);
            let named = listed(silent.map(|own| own.name.clone()).collect())?;
            Some(format!(
                "published without publish_via_partition_root, so that subscribers to the table (Realtime) would hear nothing: {named}"
            ))
        }
        Loss::TriggerTableName => {
            let asks = |source: &str| {
                let source = source.to_ascii_lowercase();
                ["tg_table_name", "tg_relname", "tg_relid", "tg_table_schema"].iter().any(|word| source.contains(word))
            };
            let asking = snapshot.triggers.iter().filter(|trigger| trigger.is_row && asks(&trigger.source));
            let named = listed(asking.map(|trigger| trigger.name.clone()).collect())?;
            Some(format!("row triggers ask for their table, and would be told a partition: {named}"))
        }
        Loss::KeySetByTrigger => {
            let sets = |source: &str| {
                let source: String = source.to_ascii_lowercase().split_whitespace().collect();
                let name = format!("new.{}", key.to_ascii_lowercase());
                source.match_indices(&name).any(|(at, found)| {
                    let rest = &source[at + found.len()..];
                    rest.starts_with(":=") || (rest.starts_with('=') && !rest.starts_with("=="))
                })
            };
            let setting = snapshot.triggers.iter().filter(|own| own.is_row && own.is_before && sets(&own.source));
            let named = listed(setting.map(|trigger| trigger.name.clone()).collect())?;
            Some(format!("triggers set {key}, but the partition is chosen before they run: {named}"))
        }
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
