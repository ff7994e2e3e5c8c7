//! `phase2 partition`: from what a database says of a table to migrations that partition it by month.
//!
//! [`read`] makes a [`snapshot`] of the table and of all that is bound to it, [`check`] says what can't be carried over, and
//! [`plan`] fills in the SQL of the folder `partition/`; [`explain`] says what it would change for queries. Nothing here changes a database.

pub mod check;
pub mod explain;
mod keywords;
pub mod options;
pub mod overview;
pub mod plan;
pub mod read;
pub mod snapshot;
pub mod template;
pub mod uses;
