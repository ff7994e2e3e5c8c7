//! How the new argument list is laid out: what stands between two arguments, and the edits that make it of the old one.

use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use crate::syntax::children;

/// How long a line may become before its fields get lines of their own, in bytes.
pub const MAX_LINE: usize = 100;

/// Byte ranges of a file and their new texts.
pub type TextEdits = Vec<(Range<usize>, String)>;

/// The new text of a stretch of a file, written from its start to its end: what is kept of it, and what is new between.
#[derive(Debug)]
pub struct Script<'a> {
    text: &'a str,
    done: usize,
    new: String,
    edits: TextEdits,
}

impl<'a> Script<'a> {
    /// A script that starts at a byte offset of `text`.
    pub fn new(text: &'a str, start: usize) -> Script<'a> {
        Script { text, done: start, new: String::new(), edits: Vec::new() }
    }

    /// Keeps a byte range, which must lie behind all that was kept before.
    pub fn keep(&mut self, range: Range<usize>) {
        self.skip_to(range.start);
        self.done = range.end;
    }

    /// Puts something new behind what is there so far.
    pub fn put(&mut self, text: &str) {
        self.new.push_str(text);
    }

    /// The edits up to the byte offset `end`, sorted: ranges and their new texts.
    pub fn finish(mut self, end: usize) -> TextEdits {
        self.skip_to(end);
        self.edits
    }

    fn skip_to(&mut self, offset: usize) {
        let new = std::mem::take(&mut self.new);
        if self.text.get(self.done..offset) != Some(new.as_str()) {
            self.edits.push((self.done..offset, new));
        }
    }
}

/// An argument list, and what of it will not be there any more.
pub struct List<'a, 'b> {
    cx: &'a FileContext<'b>,
    /// The offsets behind the opening and before the closing parenthesis.
    inside: Range<usize>,
    arguments: &'a [Node<'a>],
    commas: Vec<Range<usize>>,
    dropped: Vec<Range<usize>>,
}

impl<'a, 'b> List<'a, 'b> {
    /// The list that `node` is, of these arguments.
    pub fn new(cx: &'a FileContext<'b>, node: Node<'a>, arguments: &'a [Node<'a>]) -> List<'a, 'b> {
        let inside = node.start_byte() + 1..node.end_byte() - 1;
        List {
            cx,
            inside,
            arguments,
            commas: commas(node).map(|comma| comma.byte_range()).collect(),
            dropped: Vec::new(),
        }
    }

    /// Takes an argument out.
    pub fn drop_argument(&mut self, argument: Node<'_>) {
        self.dropped.push(argument.byte_range());
    }

    /// Takes away what stands around `inner` in `argument`, so that only that is left of it.
    pub fn unwrap_argument(&mut self, argument: Node<'_>, inner: Node<'_>) {
        self.dropped.push(argument.start_byte()..inner.start_byte());
        self.dropped.push(inner.end_byte()..argument.end_byte());
    }

    /// Takes the braces of an object argument away, and the comma behind its last entry.
    pub fn open_object(&mut self, object: Node<'_>) {
        self.dropped.push(object.start_byte()..object.start_byte() + 1);
        self.dropped.push(object.end_byte() - 1..object.end_byte());
        let last = entries(object).last().map_or(object.start_byte(), |entry| entry.end_byte());
        self.commas.extend(commas(object).filter(|comma| comma.start_byte() >= last).map(|comma| comma.byte_range()));
    }

    /// What parts the first argument from what goes in before it: a comma, and a line break where it has a line of its own.
    pub fn behind_opening(&self) -> String {
        let lead = &self.cx.file.text[self.inside.start..self.arguments[0].start_byte()];
        if lead.contains('\n') && lead.trim().is_empty() { format!(",{lead}") } else { ", ".to_owned() }
    }

    /// What stands before `argument`: a comma, and blanks as they are there.
    pub fn before(&self, argument: Node<'_>) -> String {
        let index = self.arguments.iter().position(|known| known.end_byte() >= argument.end_byte()).unwrap_or(0);
        let Some(previous) = index.checked_sub(1).map(|index| self.arguments[index]) else {
            return self.behind_opening();
        };
        // `argument` may be what is left of one: `x` of `JSON.stringify(x)`.
        let start = self.arguments.get(index).map_or(argument.start_byte(), Node::start_byte);
        let gap = &self.cx.file.text[previous.end_byte()..start];
        if is_plain(gap) { gap.to_owned() } else { ", ".to_owned() }
    }

    /// What parts two things that stand on both sides of `range`: `usual`, or the comments that are there with one comma.
    pub fn separator(&self, range: Range<usize>, usual: &str) -> String {
        let has_comma = self.first_comma(&range).is_some();
        let Some(mut comments) = self.comments(range) else { return usual.to_owned() };
        if !has_comma {
            comments.insert(0, ',');
        }
        if !comments.ends_with(char::is_whitespace) {
            comments.push(' ');
        }
        comments
    }

    /// The comments in `range`, with the blanks around them and the first comma; `None` if there are none.
    pub fn comments(&self, range: Range<usize>) -> Option<String> {
        let first_comma = self.first_comma(&range);
        Some(self.rest(range, first_comma)).filter(|rest| !is_plain(rest))
    }

    fn first_comma(&self, range: &Range<usize>) -> Option<&Range<usize>> {
        self.commas.iter().filter(|comma| is_within(comma, range)).min_by_key(|comma| comma.start)
    }

    /// What stands between the last thing that is kept, which ends at `offset`, and the closing parenthesis.
    pub fn closing(&self, offset: usize) -> String {
        let last = self.arguments.last().map_or(offset, |last| last.end_byte());
        let gap = &self.cx.file.text[last..self.inside.end];
        if offset == last || is_plain(&self.rest(offset..self.inside.end, None)) {
            return gap.to_owned();
        }
        self.rest(offset..self.inside.end, None)
    }

    /// The offset of the closing parenthesis.
    pub fn end(&self) -> usize {
        self.inside.end
    }

    /// The text of `range` without what is dropped, and without commas but `comma`.
    fn rest(&self, range: Range<usize>, comma: Option<&Range<usize>>) -> String {
        let commas = self.commas.iter().filter(|known| Some(*known) != comma);
        let mut cuts: Vec<&Range<usize>> =
            self.dropped.iter().chain(commas).filter(|cut| is_within(cut, &range)).collect();
        cuts.sort_by_key(|cut| cut.start);
        let (mut rest, mut from) = (String::new(), range.start);
        for cut in cuts {
            push_tidily(&mut rest, &self.cx.file.text[from..cut.start.max(from)]);
            from = cut.end.max(from);
        }
        push_tidily(&mut rest, &self.cx.file.text[from..range.end]);
        without_blank_lines(&rest)
    }
}

/// How the fields stand in their object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Braces {
    /// Behind `{`.
    pub open: String,
    /// Between two fields.
    pub between: String,
    /// Before `}`, with a trailing comma if there is to be one.
    pub close: String,
}

impl Braces {
    /// All on one line.
    pub fn inline() -> Braces {
        Braces { open: " ".into(), between: ", ".into(), close: " ".into() }
    }

    /// On lines of their own, a level deeper than the line that a byte offset is on.
    pub fn hanging(cx: &FileContext<'_>, offset: usize) -> Braces {
        let indent = cx.file.indent_at(offset);
        let newline = cx.file.style().newline;
        let open = format!("{newline}{indent}{}", cx.file.style().indent);
        Braces { between: format!(",{open}"), open, close: format!(",{newline}{indent}") }
    }

    /// Braces for `nodes`, of which `objects` lose theirs. An object that has its entries on lines of their own says how
    /// all fields stand. Without one they stand on one line, unless they had lines of their own and one is too short.
    pub fn around(cx: &FileContext<'_>, nodes: &[Node<'_>], objects: &[Node<'_>], length: usize) -> Braces {
        let text = &cx.file.text;
        if let Some(hanging) = objects.iter().find_map(|object| hanging(text, *object)) {
            return hanging;
        }
        let Some(first) = nodes.first() else { return Braces::inline() };
        let has_lines = nodes.windows(2).any(|pair| text[pair[0].end_byte()..pair[1].start_byte()].contains('\n'));
        let is_single = nodes.iter().all(|node| !text[node.byte_range()].contains('\n'));
        let line_start = cx.file.line_start(first.start_byte());
        if !has_lines || !is_single || first.start_byte() - line_start + length <= MAX_LINE {
            return Braces::inline();
        }
        Braces::hanging(cx, first.start_byte())
    }
}

/// The braces of an object that has its first entry on a line of its own.
fn hanging(text: &str, object: Node<'_>) -> Option<Braces> {
    let all = entries(object);
    let (first, last) = (all.first()?, all.last()?);
    let lead = &text[object.start_byte() + 1..first.start_byte()];
    let tail = &text[last.end_byte()..object.end_byte() - 1];
    let last_line = tail.rfind('\n').map(|at| &tail[at..])?;
    // A comment behind the last entry is kept by what writes the list.
    let close = if is_plain(tail) { tail } else { last_line };
    let is_hanging = lead.contains('\n') && lead.trim().is_empty() && is_plain(close);
    is_hanging.then(|| Braces { open: lead.to_owned(), between: format!(",{lead}"), close: close.to_owned() })
}

/// The entries of an object literal, without the comments between them.
pub fn entries(object: Node<'_>) -> Vec<Node<'_>> {
    children(object)
}

fn commas(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).filter(|child| child.kind() == ",").collect::<Vec<_>>().into_iter()
}

fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Adds `more` to `rest`, without blanks that only what was cut out between them had needed.
fn push_tidily(rest: &mut String, more: &str) {
    if more.starts_with([' ', ',', '\r', '\n']) {
        rest.truncate(rest.trim_end_matches(' ').len());
    }
    rest.push_str(more);
}

/// `rest` without the lines of which nothing is left. What stands before its first line end and behind its last one stays.
fn without_blank_lines(rest: &str) -> String {
    let lines: Vec<&str> = rest.split_inclusive('\n').collect();
    let is_kept = |(index, line): &(usize, &&str)| *index == 0 || *index + 1 == lines.len() || !line.trim().is_empty();
    lines.iter().enumerate().filter(is_kept).map(|(_, line)| *line).collect()
}

/// Whether there is nothing but blanks and commas.
fn is_plain(gap: &str) -> bool {
    gap.trim_matches(|part: char| part == ',' || part.is_whitespace()).is_empty()
}
