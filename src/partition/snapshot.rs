//! What is read of a table: everything that its twin has to have. `partition/catalog.sql` has the meaning of the fields; a
//! snapshot file holds them as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the snapshot files that this program reads and writes.
pub const VERSION: u32 = 1;

/// What was read of a table and its surroundings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`VERSION`].
    pub version: u32,
    /// When, as `2026-11-28T01:02:03Z`: the time of the transaction that read it.
    pub taken_at: String,
    /// The server's version as it numbers it: 170010.
    pub server: u32,
    /// The table itself.
    pub table: Table,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// The sequences of its serial columns.
    pub sequences: Vec<Sequence>,
    /// Its constraints, the primary key first.
    pub constraints: Vec<Constraint>,
    /// Foreign keys that refer to it.
    pub inbound: Vec<ForeignKey>,
    /// Its indexes, those of constraints among them.
    pub indexes: Vec<Index>,
    /// Its extended statistics.
    pub statistics: Vec<Statistic>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// Policies of other tables that look into it.
    pub foreign_policies: Vec<ForeignPolicy>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// The publications that have it.
    pub publications: Vec<Publication>,
    /// Views and materialized views that are bound to it, and those over such materialized views; those that others need first.
    pub views: Vec<View>,
    /// Functions that are bound to it or to its row type, and those that name it.
    pub functions: Vec<Function>,
    /// What else is bound to it, in the server's words.
    pub others: Vec<String>,
    /// Partitioned tables whose names start with its own.
    pub partitioned_twins: Vec<Twin>,
    /// Its partitions, if it has any already.
    pub partitions: Vec<Partition>,
    /// `2026-12`: the first month that begins more than a week after the snapshot.
    pub coming_month: String,
    /// The values of the key column.
    #[serde(default)]
    pub key: Option<Key>,
    /// Everything that is compared before and after.
    #[serde(default)]
    pub fingerprint: Vec<Property>,
    /// Names in the schema of the partitions that are taken.
    #[serde(default)]
    pub taken: Vec<String>,
}

/// The table itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it; partition/catalog.sql has the rest")]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub kind: char,
    pub owner: String,
    pub reader_owns: bool,
    pub persistence: char,
    pub typed: bool,
    pub inherits: bool,
    pub row_security: bool,
    pub force_row_security: bool,
    pub options: Vec<String>,
    pub replica_identity: char,
    pub comment: Option<String>,
    pub grants: Vec<Grant>,
    /// The server's estimate.
    pub rows: i64,
    pub bytes: i64,
    pub rules: Vec<String>,
}

/// What a role may do. `grantee` is quoted where that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Grant {
    #[serde(default)]
    pub column: Option<String>,
    pub grantee: String,
    pub privilege: String,
    pub grantable: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub collation: Option<String>,
    pub not_null: bool,
    pub not_null_name: Option<String>,
    pub default: Option<String>,
    pub generated: Option<String>,
    pub expression: Option<String>,
    pub identity: Option<String>,
    pub sequence: Option<Sequence>,
    pub storage: Option<String>,
    pub compression: Option<String>,
    pub statistics: Option<i32>,
    pub options: Vec<String>,
    pub comment: Option<String>,
    pub grants: Vec<Grant>,
}

/// A sequence that belongs to a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Sequence {
    pub schema: String,
    pub name: String,
    pub column: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
    pub comment: Option<String>,
    pub grants: Vec<Grant>,
}

/// A constraint; `kind` is `p`rimary key, `u`nique, `c`heck, `f`oreign key or e`x`clusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Constraint {
    pub name: String,
    pub kind: char,
    pub definition: String,
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    pub is_validated: bool,
    #[serde(default)]
    pub references_self: Option<bool>,
    pub comment: Option<String>,
}

/// A foreign key of another table. `table` is quoted where that is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ForeignKey {
    pub name: String,
    pub table: String,
    pub definition: String,
    pub comment: Option<String>,
}

/// An index. `body` is its definition from `USING` on; `columns` are those of its key that aren't expressions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Index {
    pub name: String,
    pub body: String,
    pub is_unique: bool,
    pub is_valid: bool,
    pub constraint: Option<String>,
    pub columns: Option<Vec<String>>,
    pub is_replica_identity: bool,
    pub comment: Option<String>,
}

/// Extended statistics. `columns` is SQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Statistic {
    pub schema: String,
    pub name: String,
    pub kinds: Option<Vec<String>>,
    pub columns: String,
    pub target: Option<i32>,
    pub comment: Option<String>,
}

/// A policy of the table. `roles` are quoted where that is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Policy {
    pub name: String,
    pub is_permissive: bool,
    pub command: String,
    pub roles: Vec<String>,
    pub using: Option<String>,
    pub check: Option<String>,
    pub comment: Option<String>,
}

/// A policy of another table, which is quoted where that is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ForeignPolicy {
    pub name: String,
    pub table: String,
    pub using: Option<String>,
    pub check: Option<String>,
}

/// A trigger; `source` is the text of its function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Trigger {
    pub name: String,
    pub definition: String,
    pub enabled: char,
    pub is_row: bool,
    pub is_before: bool,
    pub has_transition_table: bool,
    pub source: String,
    pub comment: Option<String>,
}

/// A publication that has the table: `is_listed` by its name, else by its schema or because it has all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Publication {
    pub name: String,
    pub via_root: bool,
    pub is_owned: bool,
    pub is_listed: bool,
    pub columns: Option<Vec<String>>,
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// A view (`v`) or a materialized view (`m`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct View {
    pub schema: String,
    pub name: String,
    pub kind: char,
    pub depth: u32,
    pub is_direct: bool,
    pub definition: String,
    pub options: Vec<String>,
    pub owner: String,
    pub is_owned: bool,
    pub comment: Option<String>,
    pub column_comments: Vec<ColumnComment>,
    pub column_grants: Vec<Grant>,
    pub grants: Vec<Grant>,
    pub is_populated: bool,
    pub indexes: Vec<ViewIndex>,
    /// Whether it groups by a primary key and selects more, which binds it to that key.
    pub needs_constraint: bool,
}

/// The comment on a column of a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ColumnComment {
    pub name: String,
    pub comment: String,
}

/// An index of a materialized view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ViewIndex {
    pub name: String,
    pub definition: String,
    pub comment: Option<String>,
}

/// A function or procedure; the signature is SQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Function {
    pub signature: String,
    pub kind: String,
    pub definition: String,
    pub has_row_type: bool,
    pub owner: String,
    pub is_owned: bool,
    pub comment: Option<String>,
    pub grants: Vec<Grant>,
}

/// A partitioned table that may be an earlier attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Twin {
    pub name: String,
    pub same_columns: bool,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Partition {
    pub name: String,
    pub bounds: String,
    /// The server's estimate.
    pub rows: i64,
}

/// The values of the key column. Months are written `2026-11`, in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Key {
    pub column: String,
    pub nulls: i64,
    /// The month of the least value; `None` in an empty table.
    #[serde(default)]
    pub first_month: Option<String>,
    /// The month of the greatest value; `None` in an empty table.
    pub last_month: Option<String>,
    pub month_after: Option<String>,
}

/// One row of a fingerprint, and the MD5 of its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Property {
    pub kind: String,
    pub name: String,
    pub value: String,
    pub digest: String,
}

impl Snapshot {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What a snapshot file holds.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("no map in it has keys that aren't strings") + "\n"
    }

    /// Reads a snapshot file.
    ///
    /// # Errors
    /// If it isn't one, or one of another version; the error has its line and column.
    pub fn parse(text: &str) -> Result<Snapshot, String> {
        let head: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|error| format!("it is no snapshot: {error}"))?;
        if head.get("version").and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
            return Err(format!("it is no snapshot of version {VERSION}: make one anew with --snapshot"));
        }
        serde_json::from_str(text).map_err(|error| format!("it is no whole snapshot: {error}"))
    }
}
