//! What the project's own code asks of the table.

/// What the project's own code asks of the table.
#[derive(Debug, Default)]
pub struct Uses {
    /// The columns that its queries filter or order by, each with the first place.
    pub columns: std::collections::BTreeMap<String, String>,
    /// The columns of each `onConflict`, with their places.
    pub conflicts: Vec<(Vec<String>, String)>,
}
