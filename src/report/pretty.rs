//! Graphical reports for people: the source line, what is wrong with it, and what to do.
//!
//! Up to [`MOST_REPORTS`] violations have a report each. More of them are grouped: one report for each file and rule,
//! that shows the first place and lists the lines of the others.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, SourceCode};

use crate::report::excerpt::Excerpt;
use crate::report::position::Positions;
use crate::report::{Finding, Look, Report, one_line};

/// Beyond this number violations are grouped.
pub const MOST_REPORTS: usize = 50;
/// How many lines of further places a group lists.
const MOST_LINES: usize = 30;
/// Columns that a snippet needs for line numbers and its frame.
const FRAME: usize = 12;
/// The narrowest cut of a long line that can still be read.
const NARROWEST: usize = 40;

/// Prints a report for each violation or, if there are many, for each file and rule.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, look: Look) -> io::Result<()> {
    let positions = Positions::new(report);
    let handler = handler(look);
    for group in groups(&report.findings) {
        let Some((first, others)) = group.split_first() else { continue };
        let shown = Shown::new(first, others, &positions, look);
        let mut text = String::new();
        handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    }
    Ok(())
}

fn handler(look: Look) -> GraphicalReportHandler {
    GraphicalReportHandler::new_themed(look.theme()).with_width(look.width).without_syntax_highlighting()
}

/// The findings that share a report. They are sorted by path, not by rule, so a file's rules may alternate.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let grouped = findings.len() > MOST_REPORTS;
    let mut file = 0;
    for finding in findings {
        if groups.get(file).is_some_and(|group| group[0].path != finding.path) {
            file = groups.len();
        }
        match groups[file..].iter_mut().find(|group| group[0].rule == finding.rule) {
            Some(group) if grouped => group.push(finding),
            _ => groups.push(vec![finding]),
        }
    }
    groups
}

/// What miette is given of one report.
#[derive(Debug)]
struct Shown {
    rule: &'static str,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn new(first: &Finding, others: &[&Finding], positions: &Positions<'_>, look: Look) -> Shown {
        let (here, elsewhere): (Vec<_>, Vec<_>) = first.related.iter().partition(|related| related.path == first.path);
        let mut help: Vec<String> = first.help.iter().cloned().collect();
        for related in elsewhere {
            let start = positions.at(&related.path, related.range.start);
            help.push(format!("see {}:{}:{}: {}", related.path, start.line, start.column, related.message));
        }
        help.extend(more(first, others, positions));
        let mut shown = Shown {
            rule: first.rule,
            message: first.message.clone(),
            help: (!help.is_empty()).then(|| help.join("\n")),
            excerpt: None,
            labels: Vec::new(),
        };
        let Some(index) = positions.file(&first.path) else {
            // Without a snippet the path would be missing.
            shown.message = format!("{}: {}", first.path, first.message);
            return shown;
        };
        let ranges: Vec<_> =
            std::iter::once(&first.range).chain(here.iter().map(|related| &related.range)).cloned().collect();
        let room = look.width.saturating_sub(FRAME).max(NARROWEST);
        let ellipsis = if look.unicode { "…" } else { "..." };
        let (excerpt, places) = Excerpt::new(one_line(first.path.as_str()), index, &ranges, room, ellipsis);
        let mut labels = places.into_iter().map(|place| (place.start, place.len()));
        shown
            .labels
            .extend(labels.next().map(|place| LabeledSpan::new_primary_with_span(Some(fix_label(first)), place)));
        for (related, place) in here.iter().zip(labels) {
            shown.labels.push(LabeledSpan::new_with_span(Some(one_line(&related.message)), place));
        }
        shown.excerpt = Some(excerpt);
        shown
    }
}

fn fix_label(finding: &Finding) -> String {
    if finding.fix.is_some() { format!("{} fix", finding.fix_word()) } else { finding.fix_word().to_owned() }
}

/// The lines of the further violations of a group: a sentence for each message, those like the first one's first.
fn more(first: &Finding, others: &[&Finding], positions: &Positions<'_>) -> Vec<String> {
    let mut kinds: Vec<(&str, &'static str, Vec<usize>)> = vec![(&first.message, first.fix_word(), Vec::new())];
    for other in others {
        let line = positions.at(&other.path, other.range.start).line;
        let word = other.fix_word();
        match kinds.iter_mut().find(|(message, fix, _)| *message == other.message && *fix == word) {
            Some((_, _, lines)) => lines.push(line),
            None => kinds.push((&other.message, word, vec![line])),
        }
    }
    let sentences = kinds.iter().enumerate().filter(|(_, (_, _, lines))| !lines.is_empty());
    sentences
        .map(|(at, (message, word, lines))| {
            let (count, lines) = (lines.len(), line_list(lines));
            if at == 0 {
                format!("{count} more like this at {lines}")
            } else {
                format!("{count} more at {lines}: {message} [{word}]")
            }
        })
        .collect()
}

/// `line 3`, or `lines 3, 5 and 9`; a line with several violations is named once.
fn line_list(lines: &[usize]) -> String {
    let mut lines = lines.to_vec();
    lines.dedup();
    let (listed, rest) = lines.split_at(lines.len().min(MOST_LINES));
    let mut names: Vec<String> = listed.iter().map(usize::to_string).collect();
    if !rest.is_empty() {
        names.push(format!("{} others", rest.len()));
    }
    match names.as_slice() {
        [one] => format!("line {one}"),
        [some @ .., last] => format!("lines {} and {last}", some.join(", ")),
        [] => String::new(),
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.rule))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
