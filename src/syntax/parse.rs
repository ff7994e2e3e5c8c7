//! Text to tree, mending what the grammar can't read.
//!
//! Some valid TypeScript is beyond the grammar. Where a parse has errors, the places nearby that are known to trip it
//! are masked (see `mask.rs`): other bytes of the same length are put in their place, for the parser only. A mask
//! stays if it makes the errors shrink and the tree then reads the place as what it is. Offsets stay true.

use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, ParseOptions, ParseState, Parser, Point, Tree};

use super::Dialect;
use super::mask::{self, Mask, Shape};
use crate::edit::Edit;

/// How many parses the masks of one file may take, each of them incremental.
const MAX_PARSES: usize = 64;
/// How many bytes these parses may read altogether, so that a huge broken file gets fewer of them.
const MAX_PARSED_BYTES: usize = 4 << 20;
/// The parses that even the largest file gets.
const MIN_PARSES: usize = 4;
/// How many masks one file may get; one that would need more is left as it is.
const MAX_MASKS: usize = 4096;
/// How long the parses of one file may take altogether. Files that people write take milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many bytes before and after an error are searched for something to mask.
const NEAR: usize = 256;

/// A tree, and the places that had to be masked so that the grammar could read the text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree. Its byte offsets are those of the original text. Its rows are not where a line break was masked: take
    /// lines and columns from the text.
    pub tree: Tree,
    /// What was masked, sorted by offset, without overlaps. Empty for nearly all files.
    pub masks: Vec<Mask>,
    dialect: Dialect,
    /// The length of a text that took too long to read; its tree is empty.
    given_up: Option<usize>,
}

/// Parses `text`, a byte order mark included if it has one.
///
/// Never fails: what can't be read, masked or not, is in [`Parsed::errors`].
pub fn parse(text: &str, dialect: Dialect) -> Parsed {
    let mut parser = parser(dialect);
    let deadline = Instant::now() + PATIENCE;
    let Some(tree) = run(&mut parser, text.as_bytes(), None, deadline) else { return Parsed::given_up(text, dialect) };
    if !tree.root_node().has_error() {
        return Parsed { tree, masks: Vec::new(), dialect, given_up: None };
    }
    let parses_left = (MAX_PARSED_BYTES / text.len().max(1)).clamp(MIN_PARSES, MAX_PARSES);
    let mended = Mender { text, dialect, parser, parses_left, deadline }.mend(State::new(tree, Vec::new()));
    if Instant::now() > deadline {
        return Parsed::given_up(text, dialect);
    }
    Parsed { tree: mended.tree, masks: mended.masks, dialect, given_up: None }
}

impl Parsed {
    /// What is known of a text that took too long to read.
    fn given_up(text: &str, dialect: Dialect) -> Parsed {
        let nothing = parser(dialect).parse("", None).expect("an empty text is read at once");
        Parsed { tree: nothing, masks: Vec::new(), dialect, given_up: Some(text.len()) }
    }

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
        self.given_up.map_or_else(|| errors(&self.tree), |length| std::iter::once(0..length).collect())
    }

    /// Whether the text took too long to read.
    pub fn is_given_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// `None` if what comes out might differ from a parse from scratch: recovery from errors depends on the old tree,
    /// and a mask that isn't needed any more has to go.
    fn reparse_incrementally(&self, before: &str, after: &str, edits: &[Edit]) -> Option<Parsed> {
        if self.is_given_up()
            || self.tree.root_node().has_error()
            || !self.masks.iter().all(|mask| mask.shape.keeps_readable_tree())
        {
            return None;
        }
        let masks = moved(&self.masks, edits)?;
        let replacements: Vec<_> = edits.iter().map(|edit| (edit.range.clone(), edit.text.as_bytes())).collect();
        let old = edited(&self.tree, &painted(before, &self.masks), &replacements);
        let tree = run(&mut parser(self.dialect), &painted(after, &masks), Some(&old), Instant::now() + PATIENCE)?;
        if tree.root_node().has_error() {
            return None;
        }
        let still_proposed = |mask: &Mask| {
            let around = near(after, std::slice::from_ref(&mask.range));
            mask::propose(after, &tree, self.dialect, &around).contains(mask)
        };
        let unchanged = masks.iter().all(|mask| mask.holds(&tree) && still_proposed(mask));
        unchanged.then_some(Parsed { tree, masks, dialect: self.dialect, given_up: None })
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
    deadline: Instant,
}

impl Mender<'_> {
    /// Masks as long as the errors shrink.
    fn mend(mut self, mut best: State) -> State {
        while let Some(better) = self.improve(&best) {
            best = better;
        }
        best
    }

    /// One more step. Candidates are tried together first, because several places in one ERROR can only be mended
    /// together: those near errors, then those between errors as well (JSX text that is read as code can look right in
    /// the middle). If that doesn't help, something else is wrong there, and they are tried by shape, then alone.
    fn improve(&mut self, best: &State) -> Option<State> {
        let first = best.errors.first()?.start;
        let last = best.errors.iter().map(|error| error.end).max()?;
        let nearby = self.candidates(best, &near(self.text, &best.errors));
        let between = self.candidates(best, &near(self.text, std::slice::from_ref(&(first..last))));
        let mut shapes: Vec<Shape> = nearby.iter().map(|mask| mask.shape).collect();
        shapes.sort_unstable();
        shapes.dedup();
        let of_one_shape = |&shape: &Shape| nearby.iter().filter(|mask| mask.shape == shape).cloned().collect();
        let groups = [nearby.clone(), between]
            .into_iter()
            .chain(shapes.iter().map(of_one_shape))
            .chain(nearby.iter().map(|mask| vec![mask.clone()]));
        let mut tried: Vec<Vec<Mask>> = Vec::new();
        for group in groups {
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

    /// The masks to try in `ranges` beside those of `best`; none if they are too many.
    fn candidates(&self, best: &State, ranges: &[Range<usize>]) -> Vec<Mask> {
        let mut masks = mask::propose(self.text, &best.tree, self.dialect, ranges);
        masks.retain(|mask| !best.masks.iter().any(|kept| kept.overlaps(mask)));
        if masks.len() + best.masks.len() > MAX_MASKS {
            masks.clear();
        }
        masks
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
        match run(&mut self.parser, &after, Some(&tree), self.deadline) {
            Some(tree) => tree,
            // What is there is as good as it gets.
            None => {
                self.parses_left = 0;
                old.tree.clone()
            }
        }
    }
}

fn parser(dialect: Dialect) -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&dialect.language()).expect("the grammar's version is checked at build time");
    parser
}

/// `None` if it isn't done by the deadline.
fn run(parser: &mut Parser, bytes: &[u8], old: Option<&Tree>, deadline: Instant) -> Option<Tree> {
    let mut look = |_: &ParseState| match Instant::now() < deadline {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut look);
    let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), old, Some(options));
    if tree.is_none() {
        // Else it would go on where it stopped, with whatever text comes next.
        parser.reset();
    }
    tree
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

/// `ranges` (sorted by their start), widened by [`NEAR`] and united.
fn near(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut widened: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let start = range.start.saturating_sub(NEAR);
        let end = (range.end + NEAR).min(text.len());
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

#[cfg(test)]
mod tests;
