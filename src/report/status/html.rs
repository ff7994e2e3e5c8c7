//! The status as one page that needs no network: `status/page.html`, filled in.

use std::collections::BTreeMap;
use std::io::{self, Write};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, escape_formatter};
use serde::Serialize;

use super::history::Chart;
use super::{Known, Status};
use crate::edit::Applicability;
use crate::project::RelPath;
use crate::report::{Report, Tally};
use crate::rules::Meta;

const PAGE: &str = include_str!("../../../status/page.html");
const STYLE: &str = include_str!("../../../status/page.css");

/// A rule's bar.
#[derive(Debug, Serialize)]
struct Bar {
    rule: &'static str,
    summary: &'static str,
    /// What is counted, in the plural.
    unit: &'static str,
    /// What the units are grouped by, if the rule has subjects.
    group: Option<&'static str>,
    done: usize,
    /// What safe fixes do.
    fixable: usize,
    /// What they don't.
    open: usize,
    all: usize,
    tally: Tally,
}

impl Bar {
    /// By the rule's subjects; if it has none, by files.
    fn of(meta: &'static Meta, status: &Status<'_>, report: &Report) -> Bar {
        let tally = status.rules.get(meta.name).copied().unwrap_or_default();
        let (unit, group) = meta.subjects.map_or(("files", None), |subjects| (subjects.name, Some(subjects.group)));
        let (done, fixable, all) = match (group, status.progress.get(meta.name)) {
            (None, _) => by_file(meta.name, report),
            (Some(_), Some(progress)) => (progress.done, progress.fixable, progress.all),
            (Some(_), None) => (0, 0, 0),
        };
        let open = all.saturating_sub(done + fixable);
        Bar { rule: meta.name, summary: meta.summary, unit, group, done, fixable, open, all, tally }
    }
}

/// How many files have no violation of a rule, how many only such that safe fixes mend, and how many there are.
fn by_file(rule: &str, report: &Report) -> (usize, usize, usize) {
    let mut files: BTreeMap<&RelPath, bool> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.rule == rule) {
        let is_safe = finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe);
        let is_fixable = files.entry(&finding.path).or_insert(true);
        *is_fixable &= is_safe;
    }
    let fixable = files.values().filter(|is_fixable| **is_fixable).count();
    (report.stats.files_seen.saturating_sub(files.len()), fixable, report.stats.files_seen.max(files.len()))
}

/// Prints one page of HTML.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, known: &Known<'_>) -> io::Result<()> {
    let status = Status::of(report, known);
    let bars: Vec<Bar> = known.ran.iter().map(|meta| Bar::of(meta, &status, report)).collect();
    let context = context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        program => env!("CARGO_PKG_VERSION"),
        project => known.project,
        day => known.day,
        max_lines => known.max_lines,
        tally => Serde(report.tally()),
        bars => Serde(bars),
        chart => Serde(known.history.filter(|history| !history.weeks.is_empty()).map(Chart::of)),
        status => Serde(status),
    };
    let page =
        environment().get_template("page.html").and_then(|page| page.render(context)).map_err(io::Error::other)?;
    out.write_all(page.as_bytes())
}

/// What fills the page in: all that is said in it is escaped.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, state, value| match value.as_str().filter(|_| !value.is_safe()) {
        Some(text) => escape_formatter(out, state, &Value::from(visible(text))),
        None => escape_formatter(out, state, value),
    });
    environment.add_template("page.html", PAGE).expect("the program's own page is tested");
    environment
}

/// `text` without what steers terminals, or turns the direction of what follows: names come from anywhere.
fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hostile_is_shown_and_does_nothing() {
        let mut environment = environment();
        environment.add_template("t.html", "<p title=\"{{ text }}\">{{ text }}</p>").unwrap();
        let text = "<script>alert('1')</script>\"&\u{1b}[31m\u{202e}\u{9b}2J";
        let filled = environment.get_template("t.html").unwrap().render(context! { text }).unwrap();
        let safe = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;&#x2f;script&gt;&quot;&amp;\u{fffd}[31m\u{fffd}\u{fffd}2J";
        assert_eq!(filled, format!("<p title=\"{safe}\">{safe}</p>"));
    }
}
