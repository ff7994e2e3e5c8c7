//! From byte offsets to lines and columns.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::project::RelPath;
use crate::report::Report;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A place as people and editors count: both from 1, the column in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in UTF-16 code units; a byte order mark has no column.
    pub column: usize,
}

/// Where the lines of a text start. Lines end with `\n`, `\r\n` or a lone `\r`, as in the language server protocol.
#[derive(Debug, Clone)]
pub struct LineIndex<'t> {
    text: &'t str,
    /// Byte offset of each line's first character; that of the first line is behind the byte order mark.
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    /// Reads `text` once.
    pub fn new(text: &'t str) -> LineIndex<'t> {
        let bytes = text.as_bytes();
        let first = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let breaks = memchr::memchr2_iter(b'\n', b'\r', bytes)
            // The `\n` behind a `\r` is what ends the line.
            .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| at + 1);
        LineIndex { text, starts: std::iter::once(first).chain(breaks).collect() }
    }

    /// The text that this is the index of.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// How many lines there are. A text that ends with a line break has an empty last line.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The place of a byte offset. One that is inside of a character, or behind the end of the text, counts as the
    /// last character boundary before it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = floor_boundary(self.text, offset);
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let column = self.text.get(self.starts[line - 1]..offset).map_or(0, utf16_len);
        Position { line, column: column + 1 }
    }

    /// The byte range of `line`, counted from 1, without its line break and the byte order mark; empty and at the
    /// end of the text for a line that isn't there.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let Some(&start) = line.checked_sub(1).and_then(|line| self.starts.get(line)) else {
            return self.text.len()..self.text.len();
        };
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}

/// The line indexes of all files of a report.
#[derive(Debug)]
pub struct Positions<'r> {
    files: BTreeMap<&'r RelPath, LineIndex<'r>>,
}

impl<'r> Positions<'r> {
    /// Reads each text of the report once.
    pub fn new(report: &'r Report) -> Positions<'r> {
        Positions { files: report.texts.iter().map(|(path, text)| (path, LineIndex::new(text))).collect() }
    }

    /// The line index of a file, if the report holds its text.
    pub fn file(&self, path: &RelPath) -> Option<&LineIndex<'r>> {
        self.files.get(path)
    }

    /// The place of a byte offset in a file; the start of the file if the report doesn't hold its text.
    pub fn at(&self, path: &RelPath, offset: usize) -> Position {
        self.files.get(path).map_or(Position { line: 1, column: 1 }, |index| index.position(offset))
    }
}

/// How many UTF-16 code units `text` takes.
pub(super) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The last character boundary of `text` that isn't behind `offset`.
pub(super) fn floor_boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let Position { line, column } = LineIndex::new(text).position(offset);
        (line, column)
    }

    #[test]
    fn every_kind_of_line_break_ends_a_line() {
        let text = "a\nb\r\nc\rd";
        let found: Vec<_> = ["a", "b", "c", "d"].iter().map(|c| at(text, text.find(c).unwrap_or(0))).collect();
        assert_eq!(found, [(1, 1), (2, 1), (3, 1), (4, 1)]);
        assert_eq!(at(text, text.len()), (4, 2));
    }

    #[test]
    fn the_line_break_belongs_to_its_line() {
        assert_eq!(at("ab\r\ncd", 2), (1, 3));
        assert_eq!(at("ab\r\ncd", 3), (1, 4));
        assert_eq!(at("ab\n", 3), (2, 1));
    }

    #[test]
    fn columns_are_utf16_code_units() {
        // é is 2 bytes and 1 unit, 😀 is 4 bytes and 2 units.
        assert_eq!(at("é😀x", 2), (1, 2));
        assert_eq!(at("é😀x", 6), (1, 4));
        assert_eq!(at("é😀x", 4), (1, 2), "inside of a character");
    }

    #[test]
    fn a_byte_order_mark_has_bytes_but_no_column() {
        assert_eq!(at("\u{feff}ab", 3), (1, 1));
        assert_eq!(at("\u{feff}ab", 4), (1, 2));
        assert_eq!(at("\u{feff}ab", 0), (1, 1));
        assert_eq!(at("\u{feff}\nb", 4), (2, 1));
    }

    #[test]
    fn offsets_behind_the_end_are_the_end() {
        assert_eq!(at("", 7), (1, 1));
        assert_eq!(at("ab", 7), (1, 3));
    }

    #[test]
    fn line_ranges_leave_breaks_and_the_mark_out() {
        let index = LineIndex::new("\u{feff}ab\r\n\rc");
        let lines: Vec<_> = (1..=index.line_count()).map(|line| &index.text()[index.line_range(line)]).collect();
        assert_eq!(lines, ["ab", "", "c"]);
        assert_eq!(index.line_range(9), 9..9);
        assert_eq!(index.line_range(0), 9..9);
    }

    #[test]
    fn agrees_with_counting_by_hand() {
        let text = "\u{feff}let é = '😀';\r\n\tx\ry\n\n";
        for (offset, _) in text.char_indices() {
            let before = text[..offset].trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
            // Between `\r` and `\n` the line isn't over yet.
            if text[..offset].ends_with('\r') && text[offset..].starts_with('\n') {
                continue;
            }
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() + 1;
            assert_eq!(at(text, offset), (line, column), "at {offset}");
        }
    }
}
