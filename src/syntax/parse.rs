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
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::RelPath;

    const CLEAN: [Range<usize>; 0] = [];

    /// Every node: its kind and its range.
    fn nodes(tree: &Tree) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        let mut cursor = tree.walk();
        loop {
            found.push((cursor.node().kind(), cursor.node().byte_range()));
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }

    fn ranges_of<'t>(parsed: &Parsed, text: &'t str, kind: &str) -> Vec<&'t str> {
        nodes(&parsed.tree).into_iter().filter(|node| node.0 == kind).map(|node| &text[node.1]).collect()
    }

    fn edit(range: Range<usize>, text: &str) -> Edit {
        Edit { path: RelPath::new("a.tsx").unwrap(), range, text: text.to_owned() }
    }

    fn apply(text: &str, edits: &[Edit]) -> String {
        let mut after = String::new();
        let mut end = 0;
        for edit in edits {
            after.push_str(&text[end..edit.range.start]);
            after.push_str(&edit.text);
            end = edit.range.end;
        }
        after + &text[end..]
    }

    /// Asserts that a reparse gives the tree of a parse, and returns it with the text. (Masks that the grammar could
    /// do without may differ.)
    #[track_caller]
    fn reparse(before: &str, dialect: Dialect, edits: &[Edit]) -> (Parsed, String) {
        let after = apply(before, edits);
        let (again, fresh) = (parse(before, dialect).reparse(before, &after, edits), parse(&after, dialect));
        assert_eq!(nodes(&again.tree), nodes(&fresh.tree), "{before:?}\n{after:?}");
        (again, after)
    }

    /// Replaces the first `from` by `to`.
    #[track_caller]
    fn replace(before: &str, from: &str, to: &str) -> (Parsed, String) {
        let at = before.find(from).unwrap();
        reparse(before, Dialect::Tsx, &[edit(at..at + from.len(), to)])
    }

    #[test]
    fn a_clean_file_has_no_masks_and_no_errors() {
        let text = "const a = <p>A &amp; B {x & y}</p>;\nconsole.log('a & b')\n";
        let parsed = parse(text, Dialect::Tsx);
        assert_eq!((parsed.masks.as_slice(), parsed.errors()), ([].as_slice(), vec![]));
    }

    #[test]
    fn a_hundred_places_are_mended_at_once() {
        let text = "const a = <p>A & B</p>;\nconsole.log(1);\n".repeat(100);
        let parsed = parse(&text, Dialect::Tsx);
        assert_eq!(parsed.errors(), CLEAN);
        assert_eq!(parsed.masks.len(), 100);
        assert_eq!(ranges_of(&parsed, &text, "call_expression"), ["console.log(1)"; 100]);
    }

    #[test]
    fn a_long_text_is_mended_far_from_its_ends() {
        let text = format!("const a = <p>{}</p>;\n", "A & B\n".repeat(300));
        let parsed = parse(&text, Dialect::Tsx);
        assert_eq!((parsed.errors(), parsed.masks.len()), (vec![], 300));
    }

    #[test]
    fn a_real_error_stays_and_masks_nothing() {
        let text = "f(a & );\nconst b = c & d;\nconst e = <p>{f & g}</p>;\nconsole.log(1);\n";
        let parsed = parse(text, Dialect::Tsx);
        assert_eq!(parsed.masks, []);
        assert!(!parsed.errors().is_empty());
        assert!(parsed.errors().iter().all(|range| range.end <= text.find('\n').unwrap()), "{:?}", parsed.errors());
        assert_eq!(ranges_of(&parsed, text, "call_expression").last(), Some(&"console.log(1)"));
    }

    #[test]
    fn a_real_error_does_not_keep_others_from_being_mended() {
        let text = "f(a & );\nconst e = <p>A & B</p>;\nconst t = 'a & b';\n";
        let parsed = parse(text, Dialect::Tsx);
        let ampersand = text.find("& B").unwrap();
        assert_eq!(parsed.masks, [Mask { range: ampersand..ampersand + 1, shape: Shape::Ampersand }]);
        assert!(!parsed.errors().is_empty());
        assert!(parsed.errors().iter().all(|range| range.end <= text.find('\n').unwrap()), "{:?}", parsed.errors());
    }

    #[test]
    fn a_missing_token_is_an_empty_range() {
        assert_eq!(parse("f(1;\n", Dialect::TypeScript).errors().first(), Some(&(3..3)));
    }

    #[test]
    fn byte_order_mark_shebang_and_carriage_returns_keep_offsets_true() {
        for start in ["", "\u{feff}", "#!/usr/bin/env -S deno run\n", "\u{feff}#!/usr/bin/env -S deno run\r\n"] {
            for body in ["console.log(1)", "console.log(1)\r\nfoo()\r\n", "// a\u{2028}console.log(1)\n"] {
                let text = format!("{start}{body}");
                let parsed = parse(&text, Dialect::TypeScript);
                assert_eq!(parsed.errors(), CLEAN, "{text:?}");
                assert_eq!(ranges_of(&parsed, &text, "call_expression")[0], "console.log(1)", "{text:?}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let depth = 20_000;
        let text = format!("x = {}<p>A & B</p>{};\nconsole.log(1);\n", "(".repeat(depth), ")".repeat(depth));
        let parsed = parse(&text, Dialect::Tsx);
        assert_eq!((parsed.errors(), parsed.masks.len()), (vec![], 1));
        let broken = parse(&text.replace(");\n", "\n"), Dialect::Tsx);
        assert!(!broken.errors().is_empty());
    }

    #[test]
    fn too_many_places_are_left_alone() {
        let parsed = parse(&"a = <p>A & B</p>;\n".repeat(MAX_MASKS + 1), Dialect::Tsx);
        assert_eq!(parsed.masks, []);
        assert!(!parsed.errors().is_empty());
    }

    #[test]
    fn rows_follow_edits_across_lines() {
        let before = "a();\nb();\nc();\n";
        let edits = [edit(0..0, "x();\ny();\n"), edit(4..9, "")];
        let after = apply(before, &edits);
        let parsed = parse(before, Dialect::TypeScript).reparse(before, &after, &edits);
        let last = parsed.tree.root_node().child(3).unwrap();
        assert_eq!((&after[last.byte_range()], last.start_position()), ("c();", Point::new(3, 0)));
    }

    #[test]
    fn masks_move_with_edits() {
        let before = "console.log(1);\nconst a = <p>A & B</p>;\nconst b = <p>C & D</p>;\n";
        let (parsed, after) = replace(before, "console.log(1);", "import { log } from './log';\nlog('info', 'é');");
        let masked: Vec<usize> = parsed.masks.iter().map(|mask| mask.range.start).collect();
        assert_eq!(masked, after.match_indices('&').map(|(at, _)| at).collect::<Vec<_>>());
        assert_eq!(replace(before, "A &", "AA &").0.masks.len(), 2);
        assert_eq!(replace(before, "& B", "&B").0.masks.len(), 2);
    }

    #[test]
    fn masks_go_where_edits_take_what_was_masked() {
        let before = "const a = <p>A & B</p>;\nconst b = <p>C & D</p>;\n";
        assert_eq!(replace(before, "A & B", "A and B").0.masks.len(), 1);
        assert_eq!(replace(before, "& B", "&amp; B").0.masks.len(), 1);
        assert_eq!(replace(before, "<p>A & B</p>", "A & B").0.masks.len(), 1);
        assert_eq!(replace(before, "<p>A & B</p>", "{/* A & B */}").0.masks.len(), 1);
        assert_eq!(replace(before, "const b", "const b = <p>E & F</p>, c").0.masks.len(), 3);
    }

    #[test]
    fn a_mask_goes_when_an_edit_beside_it_makes_the_text_readable() {
        let before = "const a = <p>A & B</p>;\n";
        assert_eq!(reparse(before, Dialect::Tsx, &[edit(16..16, "amp;")]).0.masks, []);
        let before = "let a: import('x').T[];\nlet b: import('y').U;\n";
        assert_eq!(reparse(before, Dialect::TypeScript, &[edit(20..22, "")]).0.masks, []);
        let before = "foo()\nin_x()\n";
        assert_eq!(reparse(before, Dialect::TypeScript, &[edit(5..5, ";")]).0.masks, []);
        assert_eq!(reparse(before, Dialect::TypeScript, &[edit(5..5, " // a")]).0.masks.len(), 1);
    }

    #[test]
    fn edits_that_break_and_mend() {
        let before = "const a = <p>A & B</p>;\nconsole.log(1);\n";
        let (broken, _) = replace(before, "console.log(1);", "console.log(;");
        assert!(!broken.errors().is_empty());
        let (mended, _) = replace("const a = <p>A & B</p>;\nconsole.log(;\n", "log(;", "log();");
        assert_eq!(mended.errors(), CLEAN);
    }

    /// A small generator of numbers (xorshift), so that a failing seed can be run again.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % limit as u64).unwrap()
        }
    }

    #[test]
    fn any_reparse_is_a_parse() {
        const TSX: &str = "\u{feff}import a from 'b'\nfunction A() {\n  console.log('é', a & b)\n  // A & B\n  return (\n    <div title=\"x & y\">\n      <p>A & B &amp; C && D</p>\n      {a && <b>Q&A</b>}\n      <a href=\"?a=1&b=2\">x</a>\n    </div>\n  )\n}\n";
        const TS: &str = "export type * from './a'\r\ninterface A<in T> {\n  abstract: string\n  in_stock: boolean\n  (x: T): void\n  <U>(y: U): void\n}\r\nfoo() // a\nin_x = `& ${x}`\nusing y: T = z()\nclass B { abstract = 1; accessor() { console.log(1) } }\n";
        const ROUNDS: usize = 100;
        const PIECES: [&str; 16] = [
            "&",
            " & ",
            "amp;",
            "x",
            " ",
            "\n",
            ";",
            "\"",
            "}",
            "<b>A & B</b>",
            "</b>",
            "// c\n",
            "in_x()\n",
            "console.log(1);\n",
            "let y: import('x').T<U>;\n",
            "é",
        ];
        for (text, dialect) in [(TSX, Dialect::Tsx), (TS, Dialect::TypeScript)] {
            assert_eq!(parse(text, dialect).errors(), CLEAN);
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (mut random, mut incremental) = (Random(0x2545_f491_4f6c_dd1d), 0);
            for _ in 0..ROUNDS {
                let mut cuts: Vec<usize> = (0..1 + random.below(3)).map(|_| random.below(places.len())).collect();
                cuts.sort_unstable();
                cuts.dedup();
                let mut edits: Vec<Edit> = Vec::new();
                for (n, &cut) in cuts.iter().enumerate() {
                    let limit = cuts.get(n + 1).copied().unwrap_or(places.len() - 1);
                    let end = limit.min(cut + [0, 0, 1, 2, 8][random.below(5)]);
                    edits.push(edit(
                        places[cut]..places[end],
                        ["", PIECES[random.below(PIECES.len())]][random.below(2)],
                    ));
                }
                let (_, after) = reparse(text, dialect, &edits);
                incremental += usize::from(parse(text, dialect).reparse_incrementally(text, &after, &edits).is_some());
            }
            assert!(incremental > ROUNDS / 10, "{incremental}");
        }
    }
}
