//! Between byte offsets and the positions of the protocol.

use std::ops::Range;

use gen_lsp_types::{self as lsp, PositionEncodingKind};

use crate::report::position::LineIndex;

/// What a position counts in its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every client knows.
    Utf16,
}

impl Encoding {
    /// The best of those that a client `offers`: bytes need no counting.
    pub fn chosen(offers: &[PositionEncodingKind]) -> Encoding {
        if offers.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn len(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }
}

/// A text with its lines.
#[derive(Debug)]
pub struct Text<'t> {
    lines: LineIndex<'t>,
    encoding: Encoding,
}

impl<'t> Text<'t> {
    /// Reads `text` once.
    pub fn new(text: &'t str, encoding: Encoding) -> Text<'t> {
        Text { lines: LineIndex::new(text), encoding }
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: usize) -> lsp::Position {
        let line = self.lines.position(offset).line;
        let start = self.lines.line_range(line).start;
        let before = self.lines.text().get(start..offset).unwrap_or_default();
        // What stands behind the last of 2³² lines or columns has no position.
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        lsp::Position { line: number(line - 1), character: number(self.encoding.len(before)) }
    }

    /// The range of a byte range.
    pub fn range(&self, range: &Range<usize>) -> lsp::Range {
        lsp::Range { start: self.position(range.start), end: self.position(range.end) }
    }

    /// The byte offset of a position. One behind the end of its line is that end, one behind the last line that of the text.
    pub fn offset(&self, position: lsp::Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX).saturating_add(1);
        let range = self.lines.line_range(line);
        let mut left = usize::try_from(position.character).unwrap_or(usize::MAX);
        let text = self.lines.text().get(range.clone()).unwrap_or_default();
        for (at, letter) in text.char_indices() {
            let length = self.encoding.len(letter.encode_utf8(&mut [0; 4]));
            if left < length {
                return range.start + at;
            }
            left -= length;
        }
        range.end
    }

    /// The byte range of a range; empty where its end is before its start.
    pub fn offsets(&self, range: lsp::Range) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    /// The byte range of the line that an offset is in, without its line break.
    pub fn line_around(&self, offset: usize) -> Range<usize> {
        self.lines.line_range(self.lines.position(offset).line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\r\né😀x\rlast\n";

    fn there_and_back(encoding: Encoding) -> Vec<(u32, u32)> {
        let text = Text::new(TEXT, encoding);
        let places = TEXT.char_indices().map(|(offset, _)| offset).filter(|offset| *offset != 2);
        places
            .map(|offset| {
                let position = text.position(offset);
                assert_eq!(text.offset(position), offset, "{encoding:?} {position:?}");
                (position.line, position.character)
            })
            .collect()
    }

    #[test]
    fn every_offset_has_a_position_in_each_encoding() {
        let columns = |encoding| there_and_back(encoding).into_iter().filter(|(line, _)| *line == 1).map(|it| it.1);
        assert_eq!(columns(Encoding::Utf8).collect::<Vec<_>>(), [0, 2, 6, 7]);
        assert_eq!(columns(Encoding::Utf16).collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    #[test]
    fn positions_that_are_not_there_are_the_nearest_before() {
        let text = Text::new(TEXT, Encoding::Utf16);
        let offset = |line, character| text.offset(lsp::Position { line, character });
        assert_eq!(offset(0, 9), 1);
        assert_eq!(offset(1, 2), TEXT.find('😀').unwrap_or_default(), "inside of a character");
        assert_eq!(offset(3, 0), TEXT.len());
        assert_eq!(offset(u32::MAX, u32::MAX), TEXT.len());
        let backwards =
            lsp::Range { start: lsp::Position { line: 2, character: 1 }, end: lsp::Position { line: 0, character: 0 } };
        assert!(text.offsets(backwards).is_empty());
    }
}
