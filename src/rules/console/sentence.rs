//! Messages that are put together anew: constant words with places for the values between them.

use tree_sitter::Node;

use super::context::FileContext;
use super::message::{Message, is_literal, is_sum, is_text, substitutions, unparenthesised};
use super::text::{Joining, escaped, trim_label, trim_start, unescaped_quotes, words};

/// How deep sums and templates inside of each other are taken apart.
const MAX_DEPTH: usize = 20;

/// A message that is put together anew.
#[derive(Debug, Default)]
pub struct Sentence<'t> {
    /// Its words and values, in their order.
    pub pieces: Vec<Piece<'t>>,
    /// Arguments of which nothing is left to tell: their words are in it, or they only were about colours.
    pub told: Vec<Node<'t>>,
    /// Whether its values are fields, which the logger puts into their places; else it is a template.
    pub has_places: bool,
}

/// A part of a sentence.
#[derive(Debug, Clone)]
pub enum Piece<'t> {
    /// Words as [`super::text`] keeps them.
    Text(String),
    /// A value: an argument, or a part of the first one.
    Value(Node<'t>),
}

impl<'t> Sentence<'t> {
    /// The sentence of a call whose logger renders places in its messages. `None` if the message can stay as it is, since
    /// no value stands among its words.
    pub fn of(cx: &FileContext<'_>, arguments: &[Node<'t>], message: Option<Message<'t>>) -> Option<Sentence<'t>> {
        let mut sentence = Sentence { has_places: true, ..Sentence::default() };
        if message.is_some() {
            sentence.pieces = pieces(cx, *arguments.first()?)?;
        }
        let rest = if message.is_some() { &arguments[1..] } else { arguments };
        sentence.go_on(cx, rest);
        let has_values = sentence.values().next().is_some();
        has_values.then_some(sentence)
    }

    /// The sentence of a message as it is, without what stands behind it. `None` if it can't be taken apart.
    pub fn plain(cx: &FileContext<'_>, first: Node<'t>, has_places: bool) -> Option<Sentence<'t>> {
        Some(Sentence { pieces: pieces(cx, first)?, has_places, ..Sentence::default() })
    }

    /// The sentence of an assertion: `lead`, then what it says.
    ///
    /// # Errors
    /// The reason why its message can't be taken apart.
    pub fn led_by(
        lead: &str,
        cx: &FileContext<'_>,
        arguments: &[Node<'t>],
        renders_places: bool,
    ) -> Result<Sentence<'t>, String> {
        let first = arguments.first().and_then(|first| pieces(cx, *first));
        let first = first.ok_or("its message isn't written out in one piece")?;
        let mut sentence = Sentence { has_places: renders_places, ..Sentence::default() };
        sentence.pieces.push(Piece::Text(lead.to_owned()));
        sentence.pieces.extend(first);
        if renders_places {
            sentence.go_on(cx, &arguments[1..]);
        }
        Ok(sentence)
    }

    /// The sentence of a call whose message is a format string: what the console would make of it.
    ///
    /// # Errors
    /// The reason why the format can't be followed.
    pub fn of_format(
        cx: &FileContext<'_>,
        arguments: &[Node<'t>],
        renders_places: bool,
    ) -> Result<Sentence<'t>, String> {
        let first = arguments.first().and_then(|first| pieces(cx, *first));
        let first = first.ok_or("its format string (`%s`, `%d`, `%o`, `%c` …) isn't written out in one piece")?;
        let mut sentence = Sentence { has_places: renders_places, ..Sentence::default() };
        let mut rest = &arguments[1..];
        for piece in first {
            match piece {
                Piece::Text(text) => sentence.expand(cx, &text, &mut rest),
                Piece::Value(_) => sentence.pieces.push(piece),
            }
        }
        if renders_places {
            sentence.go_on(cx, rest);
        }
        // Where values follow, nothing needs to stand for the last of them.
        if let Some(Piece::Text(last)) = sentence.pieces.last_mut() {
            while let Some(short) = trim_label(last).strip_suffix('…').filter(|_| !renders_places) {
                *last = short.to_owned();
            }
        }
        Ok(sentence)
    }

    /// Takes the `tag` of `[tag] …` out of it. `None` if it doesn't start so, or has no other words.
    pub fn take_tag(&mut self) -> Option<String> {
        let index = self.pieces.iter().position(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()))?;
        let Piece::Text(first) = &self.pieces[index] else { return None };
        let (tag, rest) = trim_start(first).strip_prefix('[')?.split_once(']')?;
        let is_plain = tag.chars().all(|letter| letter.is_alphanumeric() || " _-.:/#".contains(letter));
        let (tag, rest) = (tag.to_owned(), trim_start(rest.trim_start_matches(':')).to_owned());
        let whole = std::mem::replace(&mut self.pieces[index], Piece::Text(rest));
        if is_plain && tag.contains(char::is_alphanumeric) && self.has_words() {
            return Some(tag);
        }
        self.pieces[index] = whole;
        None
    }

    /// Its values, in the order of their places.
    pub fn values(&self) -> impl Iterator<Item = Node<'t>> {
        self.pieces.iter().filter_map(|piece| if let Piece::Value(node) = piece { Some(*node) } else { None })
    }

    /// Whether it is more than places for values and punctuation.
    pub fn has_words(&self) -> bool {
        let says =
            |text: &str| text.chars().any(|letter| letter.is_alphanumeric() || !letter.is_ascii() && letter != '…');
        self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if says(text)))
    }

    /// Those of its values that are fields, too.
    pub fn fields(&self) -> impl Iterator<Item = Node<'t>> {
        self.values().filter(|_| self.has_places)
    }

    /// What it says from its first word on, with `{name}` in the places of its values; of a template the inside.
    pub fn text(&self, cx: &FileContext<'_>, name: impl Fn(Node<'t>) -> String) -> String {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) if self.is_template() => escaped(text, '`'),
                Piece::Text(text) => text.clone(),
                Piece::Value(value) if self.has_places => format!("{{{}}}", name(*value)),
                Piece::Value(value) => format!("${{{}}}", cx.file.text_of(*value)),
            })
            .collect();
        trim_start(&text).to_owned()
    }

    /// Whether it is written as a template with its values in it.
    pub fn is_template(&self) -> bool {
        !self.has_places && self.values().next().is_some()
    }

    /// Whether its words have `{name}` in them already, where a field of that name would be shown.
    pub fn has_place_for(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        self.has_places && self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(&place)))
    }

    /// Takes in the words behind the message. If values stand between them, these get their places, too, and so does what
    /// follows.
    fn go_on(&mut self, cx: &FileContext<'_>, rest: &[Node<'t>]) {
        let says =
            |argument: &Node<'_>| is_literal(cx, *argument) && words(cx, *argument).contains(char::is_alphabetic);
        let Some(first_value) = rest.iter().position(|argument| !is_literal(cx, *argument)) else { return };
        if !rest[first_value..].iter().any(says) {
            return;
        }
        for argument in rest {
            if is_literal(cx, *argument) {
                self.told.push(*argument);
                self.push_word(&words(cx, *argument));
            } else if !matches!(argument.kind(), "object" | "array") {
                self.push_word("");
                self.pieces.push(Piece::Value(*argument));
            }
        }
    }

    /// Adds a word, behind a blank.
    fn push_word(&mut self, word: &str) {
        if let Some(Piece::Text(text)) = self.pieces.last_mut() {
            text.truncate(text.trim_end().len());
        }
        let is_first = self.pieces.is_empty();
        self.pieces.push(Piece::Text(if is_first { word.to_owned() } else { format!(" {word}") }));
    }

    /// Adds the words of a format string, with the arguments that its directives stand for, as the Console Standard's
    /// formatter and Node have them: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, `%c`.
    fn expand(&mut self, cx: &FileContext<'_>, format: &str, rest: &mut &[Node<'t>]) {
        let mut text = String::new();
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            let directive = letters.peek().copied().filter(|_| letter == '%');
            let Some(directive) = directive.filter(|directive| "%sdifjoOc".contains(*directive)) else {
                text.push(letter);
                continue;
            };
            let argument = rest.first().filter(|_| directive != '%').copied();
            match (directive, argument) {
                ('%', _) => text.push('%'),
                (_, None) => {
                    text.push(letter);
                    continue;
                }
                ('c', Some(argument)) => {
                    if is_literal(cx, argument) {
                        self.told.push(argument);
                    }
                }
                (_, Some(argument)) if is_literal(cx, argument) => {
                    self.told.push(argument);
                    text.push_str(&literal(cx, argument));
                }
                // In a template it would become a text, and objects would be lost.
                (_, Some(_)) if !self.has_places => text.push('…'),
                (_, Some(argument)) => {
                    self.pieces.push(Piece::Text(std::mem::take(&mut text)));
                    self.pieces.push(Piece::Value(argument));
                }
            }
            letters.next();
            if argument.is_some() {
                *rest = &rest[1..];
            }
        }
        self.pieces.push(Piece::Text(text));
    }

    /// The literals among `arguments` that stand behind it, and whether a value follows the last of them.
    pub fn later<'a>(
        cx: &'a FileContext<'_>,
        arguments: &'a [Node<'t>],
        is_told: impl Fn(Node<'t>) -> bool + 'a,
    ) -> (Vec<Joining>, bool) {
        let (mut later, mut follows_value) = (Vec::new(), false);
        for argument in arguments.iter().filter(|argument| !is_told(**argument)) {
            let words = if is_literal(cx, *argument) { words(cx, *argument) } else { String::new() };
            if is_literal(cx, *argument) && !words.is_empty() {
                later.push(Joining { words, follows_value });
                follows_value = false;
            } else if !is_literal(cx, *argument) {
                follows_value = true;
            }
        }
        (later, follows_value)
    }
}

/// The words and values of a text: a string, a template, a sum. `None` if comments stand between them, or it is neither.
fn pieces<'t>(cx: &FileContext<'_>, text: Node<'t>) -> Option<Vec<Piece<'t>>> {
    let mut pieces = Vec::new();
    take_apart(cx, text, 0, &mut pieces).then_some(pieces)
}

/// Adds the pieces of a text; `false` if it can't be taken apart.
fn take_apart<'t>(cx: &FileContext<'_>, text: Node<'t>, depth: usize, pieces: &mut Vec<Piece<'t>>) -> bool {
    let node = unparenthesised(text);
    let around = [text.start_byte()..node.start_byte(), node.end_byte()..text.end_byte()];
    if depth > MAX_DEPTH || around.into_iter().any(|gap| cx.has_comment(gap)) {
        return false;
    }
    match node.kind() {
        "string" => pieces.push(Piece::Text(literal(cx, node))),
        "template_string" => return template(cx, node, pieces),
        "binary_expression" if is_sum(node) => return sum(cx, node, depth, pieces),
        _ => return false,
    }
    true
}

fn template<'t>(cx: &FileContext<'_>, template: Node<'t>, pieces: &mut Vec<Piece<'t>>) -> bool {
    let mut done = template.start_byte() + 1;
    for substitution in substitutions(template) {
        let Some(value) = substitution.named_child(0) else { return false };
        let around = [substitution.start_byte()..value.start_byte(), value.end_byte()..substitution.end_byte()];
        if value.kind() == "sequence_expression" || around.into_iter().any(|gap| cx.has_comment(gap)) {
            return false;
        }
        pieces.push(Piece::Text(unescaped_quotes(&cx.file.text[done..substitution.start_byte()])));
        push_value(cx, value, pieces);
        done = substitution.end_byte();
    }
    pieces.push(Piece::Text(unescaped_quotes(&cx.file.text[done..template.end_byte() - 1])));
    true
}

fn sum<'t>(cx: &FileContext<'_>, whole: Node<'t>, depth: usize, pieces: &mut Vec<Piece<'t>>) -> bool {
    // From the last operand to the first, as a sum may have thousands of them.
    let (mut operands, mut node) = (Vec::new(), whole);
    while is_sum(node) {
        let sides = node.child_by_field_name("left").zip(node.child_by_field_name("right"));
        let Some((left, right)) = sides else { return false };
        operands.push(right);
        node = unparenthesised(left);
        // Numbers are added as long as no text is among them.
        if !is_sum(node) || !is_text(cx, node) {
            operands.push(node);
            break;
        }
    }
    operands.reverse();
    let ends = std::iter::once(whole.start_byte()).chain(operands.iter().map(Node::end_byte));
    let starts = operands.iter().map(Node::start_byte).chain(std::iter::once(whole.end_byte()));
    if ends.zip(starts).any(|(end, start)| cx.has_comment(end..start)) {
        return false;
    }
    for operand in operands {
        if !is_text(cx, operand) || !take_apart(cx, operand, depth + 1, pieces) {
            push_value(cx, operand, pieces);
        }
    }
    true
}

fn push_value<'t>(cx: &FileContext<'_>, value: Node<'t>, pieces: &mut Vec<Piece<'t>>) {
    let inner = unparenthesised(value);
    let is_same = inner.kind() != "sequence_expression"
        && !cx.has_comment(value.start_byte()..inner.start_byte())
        && !cx.has_comment(inner.end_byte()..value.end_byte());
    let value = if is_same { inner } else { value };
    let is_decimal = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    match value.kind() {
        "string" => pieces.push(Piece::Text(literal(cx, value))),
        "number" if is_decimal(cx.file.text_of(value)) => pieces.push(Piece::Text(cx.file.text_of(value).to_owned())),
        _ => pieces.push(Piece::Value(value)),
    }
}

/// What a literal says, blanks included.
fn literal(cx: &FileContext<'_>, node: Node<'_>) -> String {
    let text = cx.file.text_of(node);
    if text.starts_with(['\'', '"', '`']) { unescaped_quotes(&text[1..text.len() - 1]) } else { text.to_owned() }
}
