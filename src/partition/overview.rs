//! How far partitioned tables are: for `phase2 status`.

use super::read::{self, ReadError};
use super::snapshot::{Partition, Snapshot};
use super::template::ident;
use crate::report::status::PartitionedTable;

const OVERVIEW: &str = include_str!("../../partition/overview.sql");

/// The tables of the database at `url` that are partitioned by time. Rows of default partitions are counted.
///
/// # Errors
/// If the database can't be read; see [`ReadError`].
pub fn of_database(url: &str) -> Result<Vec<PartitionedTable>, ReadError> {
    let mut client = read::connect(url)?;
    let mut transaction = client.build_transaction().read_only(true).start()?;
    transaction.batch_execute(
        "set local search_path = ''; set local timezone = 'UTC'; set local datestyle = 'ISO'; set local statement_timeout = '60s'",
    )?;
    let mut tables = Vec::new();
    for row in transaction.query(OVERVIEW, &[])? {
        let (name, month, partitions): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let partitions: Vec<Partition> =
            serde_json::from_str(&partitions).map_err(|error| ReadError::Catalog(error.to_string()))?;
        let mut table = table(name, &month, &partitions);
        if let Some(default) = partitions.iter().find(|partition| is_default(partition)) {
            let count = transaction.query_one(&format!("select count(*) from only {}", default.name), &[])?;
            table.rows_in_default = Some(count.try_get(0)?);
        }
        tables.push(table);
    }
    Ok(tables)
}

/// The table of a snapshot, if it is partitioned. Rows are as the server estimated them.
pub fn of_snapshot(snapshot: &Snapshot) -> Option<PartitionedTable> {
    let name = format!("{}.{}", ident(&snapshot.table.schema), ident(&snapshot.table.name));
    (snapshot.table.kind == 'p').then(|| table(name, &snapshot.taken_at, &snapshot.partitions))
}

/// `now` begins with a month: `2026-11`.
fn table(name: String, now: &str, partitions: &[Partition]) -> PartitionedTable {
    let ends = partitions.iter().filter_map(|partition| end(&partition.bounds));
    let default = partitions.iter().find(|partition| is_default(partition));
    PartitionedTable {
        name,
        partitions: partitions.len(),
        // The last one ends where the month after it begins.
        months_ahead: ends.max().zip(month(now)).map(|(end, now)| end - now - 1),
        rows_in_default: default.map(|partition| partition.rows),
    }
}

fn is_default(partition: &Partition) -> bool {
    partition.bounds == "DEFAULT"
}

/// The month, counted from the year 0, in which a partition ends, if it does.
fn end(bounds: &str) -> Option<i64> {
    let (_, upper) = bounds.split_once(" TO (")?;
    month(upper.trim_start_matches('\''))
}

/// The month that a text begins with, counted from the year 0.
fn month(text: &str) -> Option<i64> {
    let year: i64 = text.get(..4)?.parse().ok()?;
    let month: i64 = text.get(4..)?.strip_prefix('-')?.get(..2)?.parse().ok()?;
    Some(year * 12 + month - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_ahead_are_counted_across_years() {
        let partition = |bounds: &str, rows: i64| Partition { name: "p".to_owned(), bounds: bounds.to_owned(), rows };
        let partitions = [
            partition("FOR VALUES FROM (MINVALUE) TO ('2026-12-01 00:00:00+00')", 9),
            partition("FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')", 0),
            partition("FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')", 0),
            partition("DEFAULT", 4),
        ];
        let found = table("public.t".to_owned(), "2026-11-28T01:02:03Z", &partitions);
        assert_eq!((found.months_ahead, found.rows_in_default, found.partitions), (Some(2), Some(4), 4));
        let late = table("public.t".to_owned(), "2027-03", &partitions[..3]);
        assert_eq!((late.months_ahead, late.rows_in_default), (Some(-2), None));
        assert_eq!(table("public.t".to_owned(), "2026-11", &[]).months_ahead, None);
    }
}
