//! The lines of a file that a graphical report shows: cut to the terminal's width, safe to print, with true numbers.
//!
//! miette prints lines whole, as they are. An excerpt holds only the lines around the marked places; a line that is
//! too long is cut around its first mark, line breaks are all `\n`, the byte order mark is gone, and characters that
//! would steer the terminal are replaced. It remembers which line and column each of its bytes came from.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthChar;

use crate::report::position::{LineIndex, floor_boundary, utf16_len};

/// A marked place over more lines than this is marked on its first line only.
const MOST_LINES: usize = 8;
/// miette's width of a tab.
const TAB_WIDTH: usize = 4;

/// Lines of one file, in order; see the module.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// Its number in the file, from 1.
    number: usize,
    /// Where it stands in the excerpt, without its line break.
    shown: Range<usize>,
    /// Where the part that is shown stands in the file.
    source: Range<usize>,
    /// Bytes of the mark that stands for what was cut off at the start.
    lead: usize,
    /// UTF-16 code units of the file's line that were cut off at the start.
    cut: usize,
}

impl Excerpt {
    /// Takes the lines of `ranges` (byte offsets into the file) with one line before and after each. A line that is
    /// wider than `room` columns is cut, with `ellipsis` in place of what is left out.
    ///
    /// Returns the excerpt, and where each range stands in it.
    pub(super) fn new(
        name: String,
        index: &LineIndex<'_>,
        ranges: &[Range<usize>],
        room: usize,
        ellipsis: &str,
    ) -> (Excerpt, Vec<Range<usize>>) {
        let ranges: Vec<Range<usize>> = ranges.iter().map(|range| shortened(index, range)).collect();
        let last = last_line(index);
        let mut numbers = BTreeSet::new();
        for range in &ranges {
            let (first, end) = lines_of(index, range);
            numbers.extend(first.saturating_sub(1).max(1)..=(end + 1).min(last.max(end)));
        }
        let mut excerpt = Excerpt { name, text: String::new(), lines: Vec::new() };
        for number in numbers {
            excerpt.push(index, number, &ranges, room, ellipsis);
        }
        let shown = ranges.iter().map(|range| excerpt.shown(index, range)).collect();
        (excerpt, shown)
    }

    fn push(&mut self, index: &LineIndex<'_>, number: usize, ranges: &[Range<usize>], room: usize, ellipsis: &str) {
        let whole = index.line_range(number);
        let mark = ranges
            .iter()
            .map(|range| range.start)
            .find(|&start| whole.start <= start && start <= whole.end)
            .unwrap_or(whole.start);
        let source = cut(index.text(), &whole, mark, room);
        let start = self.text.len();
        let lead = if source.start > whole.start { ellipsis } else { "" };
        self.text.push_str(lead);
        self.text.push_str(&printable(&index.text()[source.clone()]));
        self.text.push_str(if source.end < whole.end { ellipsis } else { "" });
        self.lines.push(Line {
            number,
            shown: start..self.text.len(),
            cut: utf16_len(&index.text()[whole.start..source.start]),
            source,
            lead: lead.len(),
        });
        self.text.push('\n');
    }

    /// Where a range of the file stands in the excerpt. What was cut off is taken to be where the cut is.
    fn shown(&self, index: &LineIndex<'_>, range: &Range<usize>) -> Range<usize> {
        let at = |offset: usize| {
            let number = index.position(offset).line;
            let Some(line) = self.lines.iter().find(|line| line.number == number) else { return 0 };
            let end = offset.clamp(line.source.start, line.source.end);
            line.shown.start + line.lead + printable(&index.text()[line.source.start..end]).len()
        };
        let (start, end) = (at(range.start), at(range.end));
        start..end.max(start)
    }

    /// The line of the excerpt that holds one of its bytes.
    fn line_at(&self, offset: usize) -> Option<usize> {
        self.lines.partition_point(|line| line.shown.start <= offset).checked_sub(1)
    }

    /// The column in the file of a byte of the excerpt, from 0, in UTF-16 code units.
    fn column(&self, line: &Line, offset: usize) -> usize {
        line.cut + self.text.get(line.shown.start + line.lead..offset).map_or(0, utf16_len)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len().saturating_sub(1));
        let (Some(mut first), Some(mut last)) = (self.line_at(start), self.line_at(end)) else {
            return Err(MietteError::OutOfBounds);
        };
        let column = if before == 0 { self.column(&self.lines[first], start) } else { 0 };
        let follows = |line: usize| line > 0 && self.lines[line].number == self.lines[line - 1].number + 1;
        for _ in 0..before {
            first -= usize::from(follows(first));
        }
        for _ in 0..after {
            last += usize::from(last + 1 < self.lines.len() && follows(last + 1));
        }
        let bytes = self.lines[first].shown.start..self.lines[last].shown.end + 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[bytes.clone()],
            (bytes.start, bytes.len()).into(),
            self.lines[first].number - 1,
            column,
            last - first + 1,
        )))
    }
}

/// The last line worth showing: an empty one behind the final line break is not.
fn last_line(index: &LineIndex<'_>) -> usize {
    let count = index.line_count();
    if index.line_range(count).is_empty() { count.saturating_sub(1).max(1) } else { count }
}

/// The first and the last line that a range has a part of.
fn lines_of(index: &LineIndex<'_>, range: &Range<usize>) -> (usize, usize) {
    let last = range.end.saturating_sub(1).max(range.start);
    (index.position(range.start).line, index.position(last).line)
}

/// A range as it is marked: between characters, and over many lines only up to the end of the first.
fn shortened(index: &LineIndex<'_>, range: &Range<usize>) -> Range<usize> {
    let [start, end] = [range.start, range.end].map(|offset| floor_boundary(index.text(), offset));
    let (first, last) = lines_of(index, &(start..end));
    // A range that takes its last line break along ends with the line, not on the next one.
    let line = if last - first < MOST_LINES { last } else { first };
    start..end.min(index.line_range(line).end).max(start)
}

/// The part of the line `whole` that fits into `room` columns and has `mark`, a byte offset in it, near its start.
fn cut(text: &str, whole: &Range<usize>, mark: usize, room: usize) -> Range<usize> {
    let fitting = fits(text[whole.clone()].chars(), room);
    if fitting == whole.len() {
        return whole.clone();
    }
    // Some of what comes before the mark tells the reader where it is.
    let before = fits(text[whole.start..mark].chars().rev(), room / 3);
    let start = if mark < whole.start + fitting / 2 { whole.start } else { mark - before };
    start..start + fits(text[start..whole.end].chars(), room)
}

/// How many bytes the first characters take, as many as fit into `room` columns.
fn fits(chars: impl Iterator<Item = char>, room: usize) -> usize {
    let (mut width, mut bytes) = (0, 0);
    for c in chars {
        width += if c == '\t' { TAB_WIDTH } else { c.width().unwrap_or(1) };
        if width > room {
            break;
        }
        bytes += c.len_utf8();
    }
    bytes
}

/// `text` without anything that steers a terminal or turns the direction of writing. Each character that is replaced
/// and its replacement take one UTF-16 code unit.
fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    if text.contains(steers) { Cow::Owned(text.replace(steers, "\u{fffd}")) } else { Cow::Borrowed(text) }
}
