//! Text to tree, mending what the grammar can't read.
//!
//! Some valid TypeScript is beyond the grammar. Where a parse has errors, the places nearby that are known to trip it
//! are masked (see `mask.rs`): other bytes of the same length are put in their place, for the parser only. A mask
//! stays if it makes the errors shrink and the tree then reads the place as what it is. Offsets stay true.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use tree_sitter::{InputEdit, Node, ParseOptions, ParseState, Parser, Point, Tree};

use super::Dialect;
use super::mask::{self, Mask, Shape};
use super::patience::Patience;
use crate::edit::Edit;

/// How many parses the masks of one file may take, each of them incremental.
const MAX_PARSES: usize = 64;
/// How many bytes these parses may read altogether, so that a huge broken file gets fewer of them.
const MAX_PARSED_BYTES: usize = 4 << 20;
/// The parses that even the largest file gets.
const MIN_PARSES: usize = 4;
/// How many masks one file may get; one that would need more is left as it is.
const MAX_MASKS: usize = 4096;
/// How long a thread may work at the parses of one file altogether. Files that people write take milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many bytes before and after an error are searched for something to mask.
const NEAR: usize = 256;
/// How many bytes before and after an edit or an error of the old tree are read again in any case.
const READ_AGAIN: usize = 64;
/// How often an incremental parse may be tried, each time with more that is read again.
const MAX_ATTEMPTS: usize = 3;
/// How many skipped tokens are worth it.
const MAX_SKIPPED: usize = 512;

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
    let patience = Patience::of(PATIENCE);
    let tree = run(&mut parser(dialect), text.as_bytes(), None, patience);
    let parsed = tree.and_then(|tree| mended(text, tree, dialect, patience));
    parsed.unwrap_or_else(|| Parsed::given_up(text, dialect))
}

impl Parsed {
    /// What is known of a text that took too long to read.
    fn given_up(text: &str, dialect: Dialect) -> Parsed {
        let nothing = parser(dialect).parse("", None).expect("an empty text is read at once");
        Parsed { tree: nothing, masks: Vec::new(), dialect, given_up: Some(text.len()) }
    }

    /// Parses `after`, which is what `edits` make of `before`, the text of this tree.
    ///
    /// `edits` are sorted, don't overlap and have byte offsets into `before`. Where both texts can be read without errors,
    /// this takes a fraction of the time of [`parse`]. The errors and the comments are those of a parse from scratch; where the
    /// grammar can read a statement that is edited in two ways, as `await a<b>()`, the other one may come out.
    pub fn reparse(&self, before: &str, after: &str, edits: &[Edit]) -> Parsed {
        let again = self.reparse_incrementally(before, after, edits, Care::Edits);
        again.unwrap_or_else(|| parse(after, self.dialect))
    }

    /// The same, with a little more work, for edits that somebody types: the tree is that of a parse from scratch.
    pub fn retype(&self, before: &str, after: &str, edits: &[Edit]) -> Parsed {
        let again = self.reparse_incrementally(before, after, edits, Care::Statements);
        again.unwrap_or_else(|| parse(after, self.dialect))
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

    /// `None` if what comes out might differ from a parse from scratch.
    fn reparse_incrementally(&self, before: &str, after: &str, edits: &[Edit], care: Care) -> Option<Parsed> {
        if self.is_given_up() {
            return None;
        }
        let patience = Patience::of(PATIENCE);
        // A proof goes by no guess at what the parser makes of broken code.
        let is_usable = |tree: &Tree| care == Care::Statements || !tree.root_node().has_error();
        if self.masks.is_empty() {
            if !is_usable(&self.tree) {
                return None;
            }
            let tree = self.reread(before.as_bytes(), after.as_bytes(), edits, care, patience)?;
            return if is_usable(&tree) { mended(after, tree, self.dialect, patience) } else { None };
        }
        // What the text would be without masks isn't known; a mask that isn't needed any more has to go.
        if self.tree.root_node().has_error() || !self.masks.iter().all(|mask| mask.shape.keeps_readable_tree()) {
            return None;
        }
        let masks = moved(&self.masks, edits)?;
        let tree = self.reread(&painted(before, &self.masks), &painted(after, &masks), edits, care, patience)?;
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

    /// The tree of `after`, from this one, which is that of `before`. `None` if it isn't found soon.
    ///
    /// What the parser takes over from an old tree it would read again as it stands, for it compares the states in which
    /// both start. That isn't so while it skips what it can't read, where it reads tokens in another way, and while it
    /// follows two readings of a statement at once. So what is skipped must be read again, which is tried first around
    /// what the old tree skipped; and so must the statements around edits if there is such `care`.
    fn reread(&self, before: &[u8], after: &[u8], edits: &[Edit], care: Care, patience: Patience) -> Option<Tree> {
        let old = edited(&self.tree, before, &replacements(edits));
        let mut again = skipped(&old, after)?;
        let typed = match care {
            Care::Edits if again.is_empty() => Vec::new(),
            Care::Edits | Care::Statements => widened(after.len(), &written(edits), READ_AGAIN),
        };
        again.extend_from_slice(&typed);
        let in_statements = |tree: &Tree| -> Vec<Range<usize>> {
            let typed = typed.iter().filter(|_| care == Care::Statements);
            typed.map(|range| statements(tree, range)).collect()
        };
        again.extend(in_statements(&old));
        let mut parser = parser(self.dialect);
        for _ in 0..MAX_ATTEMPTS {
            again = widened(after.len(), &again, READ_AGAIN);
            let same: Vec<_> = again.iter().map(|range| (range.clone(), &after[range.clone()])).collect();
            let tree = run(&mut parser, after, Some(&edited(&old, after, &same)), patience)?;
            let is_unread =
                |it: &Range<usize>| !again.iter().any(|range| range.start <= it.start && it.end <= range.end);
            let mut unread = skipped(&tree, after)?;
            unread.extend(in_statements(&tree));
            unread.retain(is_unread);
            if unread.is_empty() {
                return Some(tree);
            }
            again.extend(unread);
        }
        None
    }
}

/// What is read again beside edits and what can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Nothing.
    Edits,
    /// The statements that edits are in, or near.
    Statements,
}

/// The tree of `text` with the masks that it needs; `None` if finding them takes too long.
fn mended(text: &str, tree: Tree, dialect: Dialect, patience: Patience) -> Option<Parsed> {
    if !tree.root_node().has_error() {
        return Some(Parsed { tree, masks: Vec::new(), dialect, given_up: None });
    }
    let parses_left = (MAX_PARSED_BYTES / text.len().max(1)).clamp(MIN_PARSES, MAX_PARSES);
    let mender = Mender { text, dialect, parser: parser(dialect), parses_left, patience };
    let State { tree, masks, .. } = mender.mend(State::new(tree, Vec::new()));
    (!patience.is_over()).then_some(Parsed { tree, masks, dialect, given_up: None })
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
    patience: Patience,
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
        match run(&mut self.parser, &after, Some(&tree), self.patience) {
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

/// `None` if it isn't done before the patience is over.
fn run(parser: &mut Parser, bytes: &[u8], old: Option<&Tree>, patience: Patience) -> Option<Tree> {
    let mut look = |_: &ParseState| match patience.is_over() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
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

/// Edits as the parser's: what is replaced by which bytes.
fn replacements(edits: &[Edit]) -> Vec<(Range<usize>, &[u8])> {
    edits.iter().map(|edit| (edit.range.clone(), edit.text.as_bytes())).collect()
}

/// Where the texts of `edits` stand once all are made.
fn written(edits: &[Edit]) -> Vec<Range<usize>> {
    let (mut added, mut removed) = (0, 0);
    let place = |edit: &Edit| {
        let start = edit.range.start + added - removed;
        added += edit.text.len();
        removed += edit.range.len();
        start..start + edit.text.len()
    };
    edits.iter().map(place).collect()
}

/// Where the parser skipped tokens or assumed one, each with the token behind it, at which it went on. `None` if there are
/// more than [`MAX_SKIPPED`].
fn skipped(tree: &Tree, text: &[u8]) -> Option<Vec<Range<usize>>> {
    let root = tree.root_node();
    let with_next = |range: Range<usize>| {
        let behind = text.get(range.end..).unwrap_or_default();
        let blanks = behind.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let next = range.end + blanks;
        let end = root.descendant_for_byte_range(next, next + 1).filter(|node| node.child_count() == 0);
        range.start..end.map_or(next, |token| token.end_byte().max(next))
    };
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    let mut inside = vec![false];
    loop {
        let node = cursor.node();
        let is_token = node.child_count() == 0;
        if node.is_missing() || (is_token && (node.is_error() || inside.last() == Some(&true))) {
            found.push(with_next(node.byte_range()));
            if found.len() > MAX_SKIPPED {
                return None;
            }
        }
        if node.has_error() && cursor.goto_first_child() {
            inside.push(node.is_error());
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(found);
            }
            inside.pop();
        }
    }
}

/// The innermost statements, or members of a class, that a range touches.
fn statements(tree: &Tree, range: &Range<usize>) -> Range<usize> {
    let is_list = |node: &Node<'_>| {
        matches!(node.kind(), "program" | "statement_block" | "class_body" | "switch_case" | "switch_default" | "ERROR")
    };
    let root = tree.root_node();
    let smallest = root.descendant_for_byte_range(range.start, range.end).unwrap_or(root);
    let around = std::iter::successors(Some(smallest), Node::parent);
    let list = around.into_iter().find(is_list).unwrap_or(root);
    let mut cursor = list.walk();
    let touched = list.children(&mut cursor).map(|child| child.byte_range());
    let touched = touched.filter(|child| child.start <= range.end && range.start <= child.end);
    touched.fold(range.clone(), |all, child| all.start.min(child.start)..all.end.max(child.end))
}

/// The same ranges, sorted, those that touch as one.
fn united(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut united: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match united.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
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

/// `ranges`, widened by [`NEAR`] and united.
fn near(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    widened(text.len(), ranges, NEAR)
}

/// `ranges` of a text of that length, widened by so many bytes and united.
fn widened(length: usize, ranges: &[Range<usize>], by: usize) -> Vec<Range<usize>> {
    let widened = |range: &Range<usize>| range.start.saturating_sub(by)..(range.end + by).min(length);
    united(ranges.iter().map(widened).collect())
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
