//! Calls of the console, as often as they look like this in real projects. The weights are counts over ten public
//! Supabase projects with 15,892 calls.

use super::random::Random;

const METHODS: &[(usize, &str)] =
    &[(7680, "error"), (6709, "log"), (1365, "warn"), (62, "debug"), (31, "info"), (10, "assert"), (6, "table")];

/// How many arguments there are.
const ARGUMENTS: &[(usize, usize)] = &[(5094, 1), (10_273, 2), (356, 3), (155, 5), (14, 0)];

const FIRST: &[(usize, &str)] = &[
    (7500, "'Could not load the rows:'"),
    (2600, "'[jobs] Loaded the rows:'"),
    (1851, "'🚀 Started'"),
    (3344, "`Row ${row.id} of ${rows.length}`"),
    (220, "`Rows`"),
    (180, "'Row ' + row.id"),
    (93, "row"),
    (30, "describe(row)"),
    (28, "JSON.stringify(row)"),
    (15, "...rows"),
];

const OTHERS: &[(usize, &str)] = &[
    (5008, "error"),
    (3715, "rows"),
    (1193, "row.id"),
    (797, "{ id: row.id, total: rows.length }"),
    (254, "'done'"),
    (215, "JSON.stringify(row)"),
    (120, "describe(row)"),
    (130, "row.id ? 'known' : 'new'"),
    (33, "await describe(row)"),
];

/// Where a call stands.
const PLACES: &[(usize, Place)] = &[(15_803, Place::Statement), (88, Place::Arrow), (30, Place::Reference)];

#[derive(Clone, Copy)]
enum Place {
    Statement,
    Arrow,
    Reference,
}

/// A statement at `indent` with a call, in an async function that has `row`, `rows` and `error`.
pub fn statement(random: &mut Random, indent: &str) -> String {
    match random.pick(PLACES) {
        Place::Arrow => format!("{indent}rows.forEach((row) => {});\n", call(random, indent)),
        Place::Reference => format!("{indent}await describe(row).catch(console.error);\n"),
        Place::Statement => {
            let lead = if random.happens(153, 15_803) { "if (row.id) " } else { "" };
            let end = if random.happens(548, 15_803) { "" } else { ";" };
            format!("{indent}{lead}{}{end}\n", call(random, indent))
        }
    }
}

fn call(random: &mut Random, indent: &str) -> String {
    let method = random.pick(METHODS);
    let count = random.pick(ARGUMENTS);
    let mut arguments: Vec<&str> = (1..count).map(|_| random.pick(OTHERS)).collect();
    if count > 0 {
        arguments.insert(0, random.pick(FIRST));
    }
    if count > 1 && random.happens(914, 15_892) {
        let lines: String = arguments.iter().map(|argument| format!("\n{indent}  {argument},")).collect();
        return format!("console.{method}({lines}\n{indent})");
    }
    format!("console.{method}({})", arguments.join(", "))
}
