//! The rule `suppression`: comments that excuse a violation, and what is wrong with them. See rules/suppression/rule.md.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use super::{Meta, Violation};
use crate::config::nearest;
use crate::edit::{Edit, Fix};
use crate::project::RelPath;
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "suppression",
    summary: "`phase2-ignore` comments give a reason, name rules that exist, and are needed",
    page: include_str!("../../rules/suppression/rule.md"),
    on_by_default: true,
    triggers: &[],
    subjects: None,
};

/// The word without which there is no directive.
pub const TRIGGER: &str = "phase2-ignore";

/// A comment that excuses violations.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Directive {
    /// The comment's byte range.
    range: Range<usize>,
    /// The bytes that go with the comment: its whole line if it has one to itself.
    removal: Range<usize>,
    /// The rules that it names.
    rules: Vec<Named>,
    /// Whether it says why.
    has_reason: bool,
    scope: Scope,
}

/// A rule that a directive names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Named {
    name: String,
    range: Range<usize>,
}

/// Which violations a directive is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Scope {
    /// Those that start in a byte range: a line.
    Line(Range<usize>),
    /// Those that start or end in a byte range: a line that the directive stands behind.
    EndOfLine(Range<usize>),
    /// All of the file.
    File,
    /// None: it speaks for the file, but not at its top.
    Misplaced,
    /// None: it is called something like `phase2-ignore-next-line`, as other tools' directives are.
    Misnamed(String),
}

/// The directives of a file. `hits` are the byte offsets of [`TRIGGER`].
pub fn directives(file: &SourceFile, hits: &[usize]) -> Vec<Directive> {
    hits.iter().filter_map(|hit| directive(file, *hit)).collect()
}

/// Whether a comment in `file` excuses violations of `rule` at a byte range.
pub fn is_excused(file: &SourceFile, rule: &'static str, range: Range<usize>) -> bool {
    let hits: Vec<usize> = file.text.match_indices(TRIGGER).map(|(at, _)| at).collect();
    let violation = Violation {
        rule,
        path: file.path.clone(),
        range,
        message: String::new(),
        help: None,
        related: Vec::new(),
        fix: None,
    };
    directives(file, &hits)
        .iter()
        .any(|directive| directive.covers(&violation) && directive.rules.iter().any(|named| named.name == rule))
}

/// Takes out of `violations` what is excused, and returns what is wrong with the directives themselves. `ran` are the
/// rules that had a chance to use one.
pub fn apply<'a>(
    files: impl Iterator<Item = (&'a RelPath, &'a [Directive])>,
    violations: &mut Vec<Violation>,
    ran: &[&str],
) -> Vec<Violation> {
    let files: HashMap<&RelPath, &[Directive]> = files.filter(|(_, directives)| !directives.is_empty()).collect();
    // The names that were of use: by file, directive and place in its list.
    let mut used: HashSet<(&RelPath, usize, usize)> = HashSet::new();
    violations.retain_mut(|violation| {
        let Some((path, directives)) = files.get_key_value(&violation.path) else { return true };
        let mut excused = false;
        for (index, directive) in directives.iter().enumerate().filter(|(_, directive)| directive.covers(violation)) {
            for (place, _) in directive.rules.iter().enumerate().filter(|(_, rule)| rule.name == violation.rule) {
                used.insert((path, index, place));
                excused = true;
            }
        }
        // Whoever wrote a directive meant to keep the line: it isn't rewritten for a slip in that.
        if !excused && directives.iter().any(|directive| directive.fails(violation)) && violation.fix.take().is_some() {
            violation.help =
                Some("fix withheld: there is a suppression on it, which can't be used as it stands".into());
        }
        !excused
    });
    let mut paths: Vec<(&RelPath, &[Directive])> =
        files.iter().map(|(path, directives)| (*path, *directives)).collect();
    paths.sort_by_key(|(path, _)| *path);
    let mut left = Vec::new();
    for (path, directives) in paths {
        for (index, directive) in directives.iter().enumerate() {
            let is_used = |place: usize| used.contains(&(path, index, place));
            left.extend(directive.violations(path, ran, is_used));
        }
    }
    left
}

impl Directive {
    fn covers(&self, violation: &Violation) -> bool {
        self.has_reason && self.is_about(violation)
    }

    /// Whether it stands where it would cover a violation, and can't, since it gives no reason or names no rule that is.
    fn fails(&self, violation: &Violation) -> bool {
        let known = super::names();
        let is_known = |rule: &Named| known.contains(&rule.name.as_str());
        self.is_about(violation) && (!self.has_reason || !self.rules.iter().all(is_known))
    }

    fn is_about(&self, violation: &Violation) -> bool {
        match &self.scope {
            Scope::Line(line) => line.contains(&violation.range.start),
            Scope::EndOfLine(line) => line.contains(&violation.range.start) || line.contains(&violation.range.end),
            Scope::File => true,
            Scope::Misplaced | Scope::Misnamed(_) => false,
        }
    }

    /// What is wrong with it.
    fn violations(&self, path: &RelPath, ran: &[&str], is_used: impl Fn(usize) -> bool) -> Vec<Violation> {
        let violation = |range: &Range<usize>, message: String, help: &str, fix| Violation {
            rule: META.name,
            path: path.clone(),
            range: range.clone(),
            message,
            help: Some(help.to_owned()),
            related: Vec::new(),
            fix,
        };
        if self.scope == Scope::Misplaced {
            let message = "`phase2-ignore-file` stands below code".to_owned();
            return vec![violation(
                &self.range,
                message,
                "no fix: move it above the first statement of the file",
                None,
            )];
        }
        if let Scope::Misnamed(name) = &self.scope {
            let help = "no fix: write `phase2-ignore` above the line or at its end, `phase2-ignore-file` at the top";
            return vec![violation(&self.range, format!("there is no directive `{name}`"), help, None)];
        }
        if self.rules.is_empty() {
            let help = "no fix: name the rules, as in `phase2-ignore console: why`";
            return vec![violation(&self.range, "this suppression names no rule".to_owned(), help, None)];
        }
        if !self.has_reason {
            let help =
                "no fix: say why behind a colon, as in `phase2-ignore console: why`; until then it excuses nothing";
            return vec![violation(&self.range, "this suppression gives no reason".to_owned(), help, None)];
        }
        let known = super::names();
        let (mut found, mut unused) = (Vec::new(), Vec::new());
        for (place, rule) in self.rules.iter().enumerate() {
            if !known.contains(&rule.name.as_str()) {
                let near = nearest(&rule.name, &known).map(|near| format!("did you mean `{near}`?"));
                let help = format!("no fix: {}", near.unwrap_or_else(|| format!("the rules are {}", known.join(", "))));
                found.push(violation(&rule.range, format!("there is no rule `{}`", rule.name), &help, None));
            } else if rule.name == META.name || ran.contains(&rule.name.as_str()) && !is_used(place) {
                // What is wrong with a suppression can't be suppressed in turn.
                unused.push(rule);
            }
        }
        if !unused.is_empty() {
            let names: Vec<String> = unused.iter().map(|rule| format!("`{}`", rule.name)).collect();
            let message = format!("nothing here needs this suppression of {}", names.join(", "));
            found.push(violation(&self.range, message, "remove it", Some(self.without(path, &unused))));
        }
        found
    }

    /// The fix that removes the names that are of no use, or the whole comment if none is left.
    fn without(&self, path: &RelPath, unused: &[&Named]) -> Fix {
        let edit = |range: Range<usize>| Edit { path: path.clone(), range, text: String::new() };
        let removed_comments = vec![(path.clone(), self.range.clone())];
        if unused.len() == self.rules.len() {
            return Fix { removed_comments, ..Fix::safe(vec![edit(self.removal.clone())]) };
        }
        let is_unused = |rule: &Named| unused.iter().any(|unused| unused.range == rule.range);
        let kept_before = |index: usize| self.rules[..index].iter().any(|rule| !is_unused(rule));
        let edits = self.rules.iter().enumerate().filter(|(_, rule)| is_unused(rule)).map(|(index, rule)| {
            // With the comma before it, or, in front of the first that stays, the one behind it.
            if kept_before(index) {
                edit(self.rules[index - 1].range.end..rule.range.end)
            } else {
                edit(rule.range.start..self.rules[index + 1].range.start)
            }
        });
        Fix { removed_comments, ..Fix::safe(edits.collect()) }
    }
}

/// The directive at `hit`, if the comment there starts with it.
fn directive(file: &SourceFile, hit: usize) -> Option<Directive> {
    let path = file.path_to(hit..hit + TRIGGER.len());
    let (comment, above) = path.split_last().filter(|(node, _)| node.kind() == "comment")?;
    let text = file.text_of(*comment);
    let body = text.strip_prefix("//").or_else(|| text.strip_prefix("/*"))?;
    let body = body.trim_start_matches('*').trim_start();
    let start = comment.end_byte() - body.len();
    let body = body.strip_suffix("*/").unwrap_or(body).trim_end();
    if start != hit {
        return None;
    }
    let rest = &body[TRIGGER.len()..];
    let name_end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(rest.len());
    let (suffix, rest) = rest.split_at(name_end);
    if !(suffix.is_empty() || suffix.starts_with('-'))
        || !(rest.is_empty() || rest.starts_with([' ', '\t', ':', '\n', '\r']))
    {
        return None;
    }
    let (list, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let list_start = hit + body.len() - rest.len();
    let mut rules = Vec::new();
    let mut at = list_start;
    for part in list.split(',') {
        let name = part.trim();
        let name_start = at + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            rules.push(Named { name: name.to_owned(), range: name_start..name_start + name.len() });
        }
        at += part.len() + 1;
    }
    Some(Directive {
        range: comment.byte_range(),
        removal: removal(file, *comment, above),
        rules,
        has_reason: !reason.trim().is_empty(),
        scope: match suffix {
            "" => line_scope(file, *comment, above),
            "-file" => file_scope(file, *comment, above),
            _ => Scope::Misnamed(format!("{TRIGGER}{suffix}")),
        },
    })
}

/// What holds a comment in JSX: the braces of `{/* … */}`.
fn holder<'t>(comment: Node<'t>, above: &[Node<'t>]) -> Node<'t> {
    match above.last() {
        Some(parent) if parent.kind() == "jsx_expression" && parent.named_child_count() == 1 => *parent,
        _ => comment,
    }
}

/// The line that a directive is about: its own if there is code on it, else the next that isn't a mere comment.
fn line_scope(file: &SourceFile, comment: Node<'_>, above: &[Node<'_>]) -> Scope {
    let text = &*file.text;
    let holder = holder(comment, above);
    let start = text[..holder.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    let has_code = !text[start..holder.start_byte()].trim_matches(['\u{feff}', ' ', '\t']).is_empty();
    let behind = &text[holder.end_byte()..line_end(text, holder.end_byte())];
    if !behind.trim().is_empty() && !is_comment_line(behind) {
        return Scope::Line(start..holder.end_byte() + behind.len());
    }
    if has_code {
        return Scope::EndOfLine(start..holder.end_byte());
    }
    let mut next = line_end(text, holder.end_byte());
    loop {
        let end = line_end(text, next);
        if end == text.len() || !is_comment_line(&text[next..end]) {
            return Scope::Line(next..end);
        }
        next = end;
    }
}

/// Whether a line holds one whole comment and nothing else. Such a line may be about the same code: another directive, a
/// linter's, or prose.
fn is_comment_line(line: &str) -> bool {
    let line = line.trim();
    let block =
        |start: &str, end: &str| line.starts_with(start) && line.find("*/") == line.len().checked_sub(end.len());
    line.starts_with("//") || block("/*", "*/") || block("{/*", "*/}")
}

/// Where the line of `offset` ends, its line break included.
fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1)
}

/// A directive for the file stands at its top: nothing but comments, a shebang and directives such as `'use client'` above.
fn file_scope(file: &SourceFile, comment: Node<'_>, above: &[Node<'_>]) -> Scope {
    let root = file.root();
    let mut cursor = root.walk();
    let is_top = |node: Node<'_>| {
        matches!(node.kind(), "comment" | "hash_bang_line")
            || (node.kind() == "expression_statement"
                && node.named_child(0).is_some_and(|child| child.kind() == "string"))
    };
    let before = root.children(&mut cursor).take_while(|node| node.start_byte() < comment.start_byte()).all(is_top);
    if before && above.len() == 1 { Scope::File } else { Scope::Misplaced }
}

/// What goes with a comment: its line if it stands alone there, with one of the blank lines that would meet; else the
/// blanks before it.
fn removal(file: &SourceFile, comment: Node<'_>, above: &[Node<'_>]) -> Range<usize> {
    let text = &*file.text;
    let range = holder(comment, above).byte_range();
    let mut start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    if start == 0 && text.starts_with('\u{feff}') {
        start = '\u{feff}'.len_utf8();
    }
    let end = line_end(text, range.end);
    let is_alone = text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty();
    if !is_alone {
        let blanks = text[..range.start].len() - text[..range.start].trim_end_matches([' ', '\t']).len();
        return range.start - blanks..range.end;
    }
    let is_first = text[..start].trim_start_matches('\u{feff}').is_empty();
    let is_gap = |line: &str| line.trim().is_empty() || line.trim_end().ends_with('{');
    let blank_above = is_first || text[..start].lines().next_back().is_some_and(is_gap);
    let next_end = line_end(text, end);
    let blank_below = text[end..next_end].trim().is_empty();
    start..if blank_above && blank_below { next_end } else { end }
}
