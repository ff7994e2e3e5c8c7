//! Text to tree, mending what the grammar can't read.
//!
//! Some valid TypeScript is beyond the grammar. Where a parse has errors, the places nearby that are known to trip it
//! are masked (see [`super::mask`]): other bytes of the same length are put in their place, for the parser only. A mask
//! stays if it makes the errors shrink and the tree then reads the place as what it is. Offsets stay true.

use std::ops::Range;

use tree_sitter::{InputEdit, Parser, Point, Tree};

use super::Dialect;
use super::mask::{self, Mask};
use crate::edit::Edit;

/// How many parses the masks of one file may take, each of them incremental.
const MAX_PARSES: usize = 64;
/// How many bytes these parses may read altogether, so that a huge broken file gets fewer of them.
const MAX_PARSED_BYTES: usize = 16 << 20;
/// The parses that even the largest file gets.
const MIN_PARSES: usize = 4;
/// How far around an error, in bytes, the lines around it are searched for something to mask.
const NEAR: usize = 512;

/// A tree, and the places that had to be masked so that the grammar could read the text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree. Its byte offsets are those of the original text. Its rows are not where a line break was masked: take
    /// lines and columns from the text.
    pub tree: Tree,
    /// What was masked, sorted by offset, without overlaps. Empty for nearly all files.
    pub masks: Vec<Mask>,
    dialect: Dialect,
}

/// Parses `text`, a byte order mark included if it has one.
///
/// Never fails: what can't be read, masked or not, is in [`Parsed::errors`].
pub fn parse(text: &str, dialect: Dialect) -> Parsed {
    let mut parser = parser(dialect);
    let tree = run(&mut parser, text.as_bytes(), None);
    if !tree.root_node().has_error() {
        return Parsed { tree, masks: Vec::new(), dialect };
    }
    let parses_left = (MAX_PARSED_BYTES / text.len().max(1)).clamp(MIN_PARSES, MAX_PARSES);
    let mended = Mender { text, dialect, parser, parses_left }.mend(State::new(tree, Vec::new()));
    Parsed { tree: mended.tree, masks: mended.masks, dialect }
}

impl Parsed {
    /// Parses `after`, which is what `edits` make of `before`, the text of this tree.
    ///
    /// `edits` are sorted, don't overlap and have byte offsets into `before`. Where both texts can be read without
    /// errors this takes a fraction of the time of [`parse`]; the result is the same.
    pub fn reparse(&self, before: &str, after: &str, edits: &[Edit]) -> Parsed {
        self.reparse_incrementally(before, after, edits).unwrap_or_else(|| parse(after, self.dialect))
    }

    /// The ranges of the ERROR and MISSING nodes, nested ones included, sorted by their start; those of MISSING nodes
    /// are empty. Takes no time for a tree without errors.
    pub fn errors(&self) -> Vec<Range<usize>> {
        errors(&self.tree)
    }

    /// `None` if what comes out might differ from a parse from scratch: recovery from errors depends on the old tree,
    /// and a mask that isn't needed any more has to go.
    fn reparse_incrementally(&self, before: &str, after: &str, edits: &[Edit]) -> Option<Parsed> {
        if self.tree.root_node().has_error() || !self.masks.iter().all(|mask| mask.shape.is_needed_wherever_it_holds())
        {
            return None;
        }
        let masks = moved(&self.masks, edits)?;
        let replacements: Vec<_> = edits.iter().map(|edit| (edit.range.clone(), edit.text.as_bytes())).collect();
        let old = edited(&self.tree, &painted(before, &self.masks), &replacements);
        let tree = run(&mut parser(self.dialect), &painted(after, &masks), Some(&old));
        if tree.root_node().has_error() {
            return None;
        }
        let still_right = |mask: &Mask| {
            mask.holds(&tree)
                && mask::propose(after, &tree, self.dialect, &near(after, std::slice::from_ref(&mask.range)))
                    .contains(mask)
        };
        masks.iter().all(still_right).then(|| Parsed { tree: tree.clone(), masks, dialect: self.dialect })
    }
}

/// A tree, its masks and its errors.
struct State {
    tree: Tree,
    masks: Vec<Mask>,
    errors: Vec<Range<usize>>,
}

impl State {
    fn new(tree: Tree, masks: Vec<Mask>) -> State {
        let errors = errors(&tree);
        State { tree, masks, errors }
    }

    /// How bad the errors are, to be compared: the bytes that they cover, then their number.
    fn badness(&self) -> (usize, usize) {
        let mut covered = 0;
        let mut end = 0;
        for error in &self.errors {
            covered += error.end.saturating_sub(error.start.max(end));
            end = end.max(error.end);
        }
        (covered, self.errors.len())
    }
}

/// Looks for the masks of one file.
struct Mender<'t> {
    text: &'t str,
    dialect: Dialect,
    parser: Parser,
    parses_left: usize,
}

impl Mender<'_> {
    /// Masks as long as the errors shrink.
    fn mend(mut self, mut best: State) -> State {
        while let Some(better) = self.improve(&best) {
            best = better;
        }
        best
    }

    /// One more step: all candidates together (several places in one ERROR can only be mended together), then those
    /// of each shape, then each alone.
    fn improve(&mut self, best: &State) -> Option<State> {
        if best.errors.is_empty() {
            return None;
        }
        let mut candidates = mask::propose(self.text, &best.tree, self.dialect, &near(self.text, &best.errors));
        candidates.retain(|mask| !best.masks.iter().any(|kept| kept.overlaps(mask)));
        let mut shapes: Vec<_> = candidates.iter().map(|mask| mask.shape).collect();
        shapes.sort_unstable();
        shapes.dedup();
        let all = std::iter::once(candidates.clone());
        let by_shape =
            shapes.iter().map(|&shape| candidates.iter().filter(|mask| mask.shape == shape).cloned().collect());
        let alone = candidates.iter().map(|mask| vec![mask.clone()]);
        let mut tried: Vec<Vec<Mask>> = vec![Vec::new()];
        for group in all.chain(by_shape).chain(alone) {
            if self.parses_left == 0 {
                return None;
            }
            if tried.contains(&group) {
                continue;
            }
            if let Some(better) = self.with(best, &group) {
                return Some(better);
            }
            tried.push(group);
        }
        None
    }

    /// `best` with more masks, less those that the tree then reads as something else. `None` if that is no better.
    fn with(&mut self, best: &State, more: &[Mask]) -> Option<State> {
        let mut masks = best.masks.clone();
        masks.extend_from_slice(more);
        masks.sort_unstable_by_key(|mask| mask.range.start);
        while self.parses_left > 0 {
            if masks == best.masks {
                return None;
            }
            self.parses_left -= 1;
            let tree = self.repaint(best, &masks);
            let wanted = masks.len();
            let held: Vec<Mask> = masks.into_iter().filter(|mask| mask.holds(&tree)).collect();
            if held.len() == wanted {
                let state = State::new(tree, held);
                return (state.badness() < best.badness()).then_some(state);
            }
            masks = held;
        }
        None
    }

    /// The tree with `masks` instead of those of `old`.
    fn repaint(&mut self, old: &State, masks: &[Mask]) -> Tree {
        let (before, after) = (painted(self.text, &old.masks), painted(self.text, masks));
        let mut changed: Vec<Range<usize>> =
            old.masks.iter().filter(|mask| !masks.contains(mask)).map(|mask| mask.range.clone()).collect();
        changed.extend(masks.iter().filter(|mask| !old.masks.contains(mask)).map(|mask| mask.range.clone()));
        changed.sort_unstable_by_key(|range| range.start);
        let replacements: Vec<_> = changed.into_iter().map(|range| (range.clone(), &after[range])).collect();
        let tree = edited(&old.tree, &before, &replacements);
        run(&mut self.parser, &after, Some(&tree))
    }
}

fn parser(dialect: Dialect) -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&dialect.language()).expect("the grammar's version is checked at build time");
    parser
}

fn run(parser: &mut Parser, bytes: &[u8], old: Option<&Tree>) -> Tree {
    parser.parse(bytes, old).expect("no timeout, no cancellation")
}

/// What the parser gets to see.
fn painted(text: &str, masks: &[Mask]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for mask in masks {
        mask.paint(&mut bytes);
    }
    bytes
}

/// `tree`, the tree of `bytes`, made ready for an incremental parse after `replacements` (sorted, not overlapping).
fn edited(tree: &Tree, bytes: &[u8], replacements: &[(Range<usize>, &[u8])]) -> Tree {
    let lines: Vec<usize> = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1)).collect();
    let point = |offset: usize| {
        let row = lines.partition_point(|&start| start <= offset) - 1;
        Point::new(row, offset - lines[row])
    };
    let mut tree = tree.clone();
    // From the last one to the first, so that the offsets of the rest stay those of `bytes`.
    for (range, replacement) in replacements.iter().rev() {
        let start_position = point(range.start);
        let new_end_position = match memchr::memrchr(b'\n', replacement) {
            None => Point::new(start_position.row, start_position.column + replacement.len()),
            Some(last) => {
                let breaks = memchr::memchr_iter(b'\n', replacement).count();
                Point::new(start_position.row + breaks, replacement.len() - last - 1)
            }
        };
        tree.edit(&InputEdit {
            start_byte: range.start,
            old_end_byte: range.end,
            new_end_byte: range.start + replacement.len(),
            start_position,
            old_end_position: point(range.end),
            new_end_position,
        });
    }
    tree
}

/// Where `masks` are after `edits`; those that an edit replaces are gone. `None` if an edit cuts into one.
fn moved(masks: &[Mask], edits: &[Edit]) -> Option<Vec<Mask>> {
    let mut kept = Vec::with_capacity(masks.len());
    for mask in masks {
        let (mut added, mut removed) = (0, 0);
        let mut replaced = false;
        for edit in edits.iter().take_while(|edit| edit.range.start < mask.range.end) {
            if edit.range.end <= mask.range.start {
                added += edit.text.len();
                removed += edit.range.len();
            } else if edit.range.start <= mask.range.start && mask.range.end <= edit.range.end {
                replaced = true;
            } else {
                return None;
            }
        }
        if !replaced {
            let start = mask.range.start + added - removed;
            kept.push(Mask { range: start..start + mask.range.len(), shape: mask.shape });
        }
    }
    Some(kept)
}

/// The lines that `ranges` (sorted) touch and those next to them, but not more than [`NEAR`] bytes on each side.
fn near(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut widened: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let lowest = range.start.saturating_sub(NEAR);
        let highest = (range.end + NEAR).min(bytes.len());
        let start =
            memchr::memrchr_iter(b'\n', &bytes[lowest..range.start]).nth(1).map_or(lowest, |at| lowest + at + 1);
        let end = memchr::memchr_iter(b'\n', &bytes[range.end..highest]).nth(1).map_or(highest, |at| range.end + at);
        match widened.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => widened.push(start..end),
        }
    }
    widened
}

fn errors(tree: &Tree) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.push(node.byte_range());
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}
