//! The imports of a file, and the edits that add one.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use super::source::SourceFile;
use super::style::Style;
use crate::edit::Wanted;

/// The imports of one file, and how a new one is written into it. Owns all that it says: it outlives the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// The import statements, in order.
    pub statements: Vec<Import>,
    place: Place,
    style: Style,
}

/// One import statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// What stands between the quotes.
    pub specifier: String,
    /// The statement's byte range.
    pub range: Range<usize>,
    /// `import type …`
    pub type_only: bool,
    /// What it brings in.
    pub bindings: Vec<Binding>,
    addition: Option<Addition>,
    /// Whether another statement may stand right above it: it starts its line, and no comment above is about it.
    has_room_above: bool,
}

/// A name that an import brings in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The name that the module exports; `default` and `*` for the default export and the whole module.
    pub imported: String,
    /// The name in this file.
    pub local: String,
    /// Whether it is only a type: `import type { X }`, `import { type X }`.
    pub type_only: bool,
}

/// How a named import is added to a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Addition {
    /// Where a comma is wanted first, if that is somewhere else.
    comma: Option<usize>,
    offset: usize,
    before: String,
    between: String,
    after: String,
    /// The names that are there and where they start, if they are sorted and on one line: a new one goes among them.
    sorted: Vec<(String, usize)>,
}

/// Where a new import statement goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    offset: usize,
    before: String,
    after: String,
    /// Whether it stands on a line with code behind it, so that a semicolon must end it.
    beside_code: bool,
    /// Whether the code behind it would run on from a statement without a semicolon: it starts with `(`, `[` …
    before_bracket: bool,
}

impl Imports {
    /// Reads the imports of `file`.
    pub fn of(file: &SourceFile) -> Imports {
        let root = file.root();
        let mut cursor = root.walk();
        let children: Vec<Node<'_>> = root.children(&mut cursor).collect();
        let statements = children.iter().filter_map(|node| Import::of(file, *node)).collect();
        Imports { statements, place: Place::of(file, &children), style: file.style().clone() }
    }

    /// The import that brings in the name `local`, and what it is there.
    pub fn of_local(&self, local: &str) -> Option<(&Import, &Binding)> {
        self.statements.iter().find_map(|import| {
            let binding = import.bindings.iter().find(|binding| binding.local == local)?;
            Some((import, binding))
        })
    }

    /// The name under which `imported` of a module is known, if the file imports it as a value.
    pub fn local_name(&self, imported: &str, is_module: impl Fn(&str) -> bool) -> Option<&str> {
        self.statements.iter().find_map(|import| {
            let binding = import.bindings.iter().find(|binding| binding.imported == imported && !binding.type_only)?;
            is_module(&import.specifier).then_some(binding.local.as_str())
        })
    }

    /// The insertions (offset, text) that bring in everything that is `wanted`, sorted by offset. Names of one module share
    /// a statement: one that is there if `same_module(its specifier, the wanted one)` says so, else a new one.
    /// `declarations` are statements that go behind the imports, a blank line between.
    pub fn additions(
        &self,
        wanted: &[Wanted],
        declarations: &[String],
        same_module: impl Fn(&str, &str) -> bool,
    ) -> Vec<(usize, String)> {
        let mut modules: Vec<(&str, Vec<&Wanted>)> = Vec::new();
        for want in wanted {
            let present = self.statements.iter().filter(|import| same_module(&import.specifier, &want.specifier));
            let known = |binding: &Binding| {
                binding.imported == want.imported && binding.local == want.local && !binding.type_only
            };
            if present.flat_map(|import| &import.bindings).any(known) {
                continue;
            }
            match modules.iter_mut().find(|(specifier, _)| *specifier == want.specifier) {
                Some((_, wants)) if wants.contains(&want) => {}
                Some((_, wants)) => wants.push(want),
                None => modules.push((&want.specifier, vec![want])),
            }
        }
        modules.sort_by_key(|(specifier, _)| *specifier);

        let (mut insertions, mut lines) = (Vec::new(), Vec::new());
        for (specifier, mut wants) in modules {
            wants.sort_by_key(|want| (&want.imported, &want.local));
            let addition = self
                .statements
                .iter()
                .filter(|import| same_module(&import.specifier, specifier))
                .find_map(|import| import.addition.as_ref());
            let (whole, named): (Vec<&Wanted>, Vec<&Wanted>) =
                wants.into_iter().partition(|want| matches!(want.imported.as_str(), "default" | "*"));
            match addition {
                Some(Addition { sorted, offset, before, .. }) if !named.is_empty() && !sorted.is_empty() => {
                    for want in named {
                        let next = sorted.iter().find(|(name, _)| *name > want.imported);
                        insertions.push(match next {
                            Some((_, start)) => (*start, format!("{}, ", clause(want))),
                            None => (*offset, format!("{before}{}", clause(want))),
                        });
                    }
                }
                Some(Addition { comma, offset, before, between, after, .. }) if !named.is_empty() => {
                    insertions.extend(comma.map(|at| (at, ",".to_owned())));
                    let names: Vec<String> = named.iter().map(|want| clause(want)).collect();
                    insertions.push((*offset, format!("{before}{}{after}", names.join(between))));
                }
                _ if !named.is_empty() => {
                    let names: Vec<String> = named.iter().map(|want| clause(want)).collect();
                    let line = self.statement(&format!("{{ {} }}", names.join(", ")), specifier);
                    match self.next_of(specifier) {
                        Some(next) => insertions.push((next.range.start, format!("{line}{}", self.style.newline))),
                        None => lines.push(line),
                    }
                }
                _ => {}
            }
            lines.extend(whole.iter().map(|want| self.statement(&clause(want), specifier)));
        }
        let newline = if self.place.beside_code { " " } else { self.style.newline };
        if !declarations.is_empty() {
            let has_import = !lines.is_empty() || !self.place.before.is_empty();
            let gap = if has_import { newline } else { "" };
            let joined = declarations.join(newline);
            let must_end = (self.place.beside_code || self.place.before_bracket) && !joined.ends_with(';');
            let end = if must_end { ";" } else { "" };
            lines.push(format!("{gap}{joined}{end}"));
        }
        if !lines.is_empty() {
            let Place { offset, before, after, .. } = &self.place;
            insertions.push((*offset, format!("{before}{}{after}", lines.join(newline))));
        }
        insertions.sort();
        insertions
    }

    /// Where whole statements are inserted behind the imports, and the text with its line breaks; `None` where the imports
    /// share their line with code.
    pub fn insertion(&self, statements: &[String]) -> Option<(usize, String)> {
        let Place { offset, before, after, .. } = &self.place;
        let lines = statements.join(self.style.newline);
        (!self.place.beside_code).then(|| (*offset, format!("{before}{lines}{after}")))
    }

    /// The import that a new one of `specifier` goes before: among those of the same folder that the file's imports end
    /// with, if these are sorted.
    fn next_of(&self, specifier: &str) -> Option<&Import> {
        let folder = |specifier: &str| specifier.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let own = folder(specifier)?;
        let leading = self.statements.iter().filter(|import| import.range.start < self.place.offset);
        let mut run: Vec<&Import> = leading.collect();
        let start = run.iter().rposition(|import| folder(&import.specifier).as_deref() != Some(own.as_str()));
        run.drain(..start.map_or(0, |start| start + 1));
        let is_sorted = run.windows(2).all(|pair| pair[0].specifier <= pair[1].specifier);
        let next = run.into_iter().find(|import| import.specifier.as_str() > specifier)?;
        (is_sorted && next.has_room_above && !self.place.beside_code).then_some(next)
    }

    /// `import <clause> from '<specifier>';` in the file's style.
    fn statement(&self, clause: &str, specifier: &str) -> String {
        let end = if self.style.semicolons || self.place.beside_code { ";" } else { "" };
        format!("import {clause} from {}{end}", self.style.quoted(specifier))
    }
}

/// `log`, or `log as appLog`, or `* as log`; of a default export its name here.
fn clause(want: &Wanted) -> String {
    if want.imported == "default" || want.imported == want.local {
        want.local.clone()
    } else {
        format!("{} as {}", want.imported, want.local)
    }
}

impl Import {
    fn of(file: &SourceFile, node: Node<'_>) -> Option<Import> {
        if node.kind() != "import_statement" {
            return None;
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        let type_only = children.iter().any(|child| child.kind() == "type");
        let clause = children.iter().find(|child| child.kind() == "import_clause");
        let required = children.iter().find(|child| child.kind() == "import_require_clause");
        let source = node.child_by_field_name("source").or_else(|| required?.child_by_field_name("source"))?;
        let specifier = file.text_of(source).trim_matches(['\'', '"']).to_owned();

        let before = &file.text[file.line_start(node.start_byte())..node.start_byte()];
        let is_about = |comment: Node<'_>| {
            comment.kind() == "comment" && comment.end_position().row + 1 >= node.start_position().row
        };
        let mut import = Import {
            specifier,
            range: node.byte_range(),
            type_only,
            bindings: Vec::new(),
            addition: None,
            has_room_above: before.is_empty() && !node.prev_sibling().is_some_and(is_about),
        };
        let bind = |imported: &str, local: Node<'_>, type_only: bool| Binding {
            imported: imported.to_owned(),
            local: file.text_of(local).to_owned(),
            type_only,
        };
        if let Some(name) = required.and_then(|clause| clause.named_child(0)) {
            import.bindings.push(bind("*", name, type_only));
        }
        let Some(clause) = clause else { return Some(import) };
        let mut cursor = clause.walk();
        for part in clause.named_children(&mut cursor) {
            match part.kind() {
                "identifier" => {
                    import.bindings.push(bind("default", part, type_only));
                    import.addition = Some(Addition {
                        comma: None,
                        offset: part.end_byte(),
                        before: ", { ".into(),
                        between: ", ".into(),
                        after: " }".into(),
                        sorted: Vec::new(),
                    });
                }
                "namespace_import" => {
                    import.bindings.extend(part.named_child(0).map(|name| bind("*", name, type_only)));
                    import.addition = None;
                }
                "named_imports" => {
                    let mut cursor = part.walk();
                    let names = part.named_children(&mut cursor).filter(|child| child.kind() == "import_specifier");
                    let names: Vec<Node<'_>> = names.collect();
                    import.bindings.extend(names.iter().filter_map(|specifier| {
                        let name = specifier.child_by_field_name("name")?;
                        let local = specifier.child_by_field_name("alias").unwrap_or(name);
                        let own_type = specifier.child(0).is_some_and(|child| child.kind() == "type");
                        Some(bind(file.text_of(name), local, type_only || own_type))
                    }));
                    import.addition = Some(Addition::to_names(file, part, &names));
                }
                _ => {}
            }
        }
        if type_only {
            import.addition = None;
        }
        Some(import)
    }
}

impl Addition {
    /// Behind the last name between the braces, on a line of its own if that has one.
    fn to_names(file: &SourceFile, braces: Node<'_>, names: &[Node<'_>]) -> Addition {
        let Some(last) = names.last() else {
            let offset = braces.start_byte() + 1;
            let after = if file.text[offset..].starts_with([' ', '\t', '\r', '\n']) { "" } else { " " };
            let (before, between) = (" ".into(), ", ".into());
            return Addition { comma: None, offset, before, between, after: after.into(), sorted: Vec::new() };
        };
        let line_start = file.text[..last.start_byte()].rfind('\n').map_or(0, |at| at + 1);
        let lead = &file.text[line_start..last.start_byte()];
        if line_start <= braces.start_byte() || !lead.trim().is_empty() {
            let between = String::from(", ");
            let known = names.iter().filter_map(|specifier| {
                let name = file.text_of(specifier.child_by_field_name("name")?).to_owned();
                Some((name, specifier.start_byte()))
            });
            let known: Vec<(String, usize)> = known.collect();
            let is_sorted = known.windows(2).all(|pair| pair[0].0 <= pair[1].0);
            let is_on_one_line = !file.text_of(braces).contains('\n');
            return Addition {
                comma: None,
                offset: last.end_byte(),
                before: between.clone(),
                between,
                after: String::new(),
                sorted: if is_sorted && is_on_one_line { known } else { Vec::new() },
            };
        }
        let line = format!("{}{lead}", file.style().newline);
        // A comment behind the last name stays with it.
        let trailing = last.next_sibling().filter(|next| next.kind() == ",");
        let end = trailing.unwrap_or(*last);
        let is_beside =
            |node: &Node<'_>| node.kind() == "comment" && node.start_position().row == end.end_position().row;
        let (comma, offset, after) = match (end.next_sibling().filter(is_beside), trailing) {
            (Some(comment), Some(_)) => (None, comment.end_byte(), ","),
            (Some(comment), None) => (Some(last.end_byte()), comment.end_byte(), ""),
            (None, _) => {
                let before = format!(",{line}");
                return Addition {
                    comma: None,
                    offset: last.end_byte(),
                    between: before.clone(),
                    before,
                    after: String::new(),
                    sorted: Vec::new(),
                };
            }
        };
        let between = format!(",{line}");
        Addition { comma, offset, between, before: line, after: after.into(), sorted: Vec::new() }
    }
}

impl Place {
    /// After the last import of the leading block; without one, below what must stay at the top of a file.
    fn of(file: &SourceFile, children: &[Node<'_>]) -> Place {
        let is_top = |node: &&Node<'_>| {
            matches!(node.kind(), "hash_bang_line" | "comment" | "import_statement") || is_directive(**node)
        };
        let top: Vec<Node<'_>> = children.iter().take_while(is_top).copied().collect();
        let place = match top.iter().rposition(|node| node.kind() == "import_statement") {
            Some(last) => Place::after_import(file, top[last]),
            None => Place::at_top(file, &top),
        };
        let code = children.iter().find(|node| node.kind() != "comment" && node.start_byte() >= place.offset);
        let before_bracket =
            code.is_some_and(|node| file.text_of(*node).starts_with(['(', '[', '`', '/', '+', '-', '<']));
        Place { before_bracket, ..place }
    }

    /// On the next line; where code follows on the import's own line, beside it.
    fn after_import(file: &SourceFile, import: Node<'_>) -> Place {
        let (text, newline) = (&file.text, file.style().newline);
        let blanks_end = |at: usize| at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
        // Comments that start on the import's line are about the import, even if they end further down.
        let mut end = import.end_byte();
        let mut next = import.next_sibling();
        while let Some(comment) = next.filter(|node| node.kind() == "comment" && node.start_byte() == blanks_end(end)) {
            end = comment.end_byte();
            next = comment.next_sibling();
        }
        let is_line_end = text[blanks_end(end)..].is_empty() || text[blanks_end(end)..].starts_with(['\r', '\n']);
        if is_line_end {
            Place {
                offset: blanks_end(end),
                before: newline.into(),
                after: String::new(),
                beside_code: false,
                before_bracket: false,
            }
        } else {
            Place {
                offset: import.end_byte(),
                before: " ".into(),
                after: String::new(),
                beside_code: true,
                before_bracket: false,
            }
        }
    }

    /// Below a shebang, a licence, `/// <reference`, other pragmas and directives; above a comment that belongs to the
    /// first declaration.
    fn at_top(file: &SourceFile, top: &[Node<'_>]) -> Place {
        let (text, newline) = (&file.text, file.style().newline);
        let mut keep = 0;
        for (index, node) in top.iter().enumerate() {
            let last = top.get(index + 1).is_none();
            let blank_below = text[node.end_byte()..].trim_start_matches([' ', '\t', ';']).trim_start_matches('\r');
            let blank_below = blank_below.strip_prefix('\n').is_some_and(|rest| {
                rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n') || rest.trim().is_empty()
            });
            let fixed = node.kind() != "comment" || is_pragma(file.text_of(*node));
            // A comment stays above only if nothing but more of the top follows, or a blank line parts it from the code.
            if fixed || blank_below || (!last && keep_with_next(file, *node, top[index + 1])) {
                keep = index + 1;
            }
        }
        let Some(last) = keep.checked_sub(1).map(|index| top[index]) else {
            let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let gap = if text[start..].starts_with(['\n', '\r']) || text.len() == start { "" } else { newline };
            return Place {
                offset: start,
                before: String::new(),
                after: format!("{newline}{gap}"),
                beside_code: false,
                before_bracket: false,
            };
        };
        // The shebang's node may include its line end.
        let end = last.start_byte() + file.text_of(last).trim_end().len();
        let line_end = memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |at| end + at);
        let line_end = if text[..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        if !text[end..line_end].trim_matches([' ', '\t', ';']).is_empty() {
            // Code follows on the same line.
            return Place {
                offset: end,
                before: " ".into(),
                after: String::new(),
                beside_code: true,
                before_bracket: false,
            };
        }
        let gap = if last.kind() == "hash_bang_line" { newline.to_owned() } else { format!("{newline}{newline}") };
        let code_follows = text[line_end..].lines().nth(1).is_some_and(|line| !line.trim().is_empty());
        let after = if code_follows { newline.to_owned() } else { String::new() };
        Place { offset: line_end, before: gap, after, beside_code: false, before_bracket: false }
    }
}

/// `'use client';` and its like.
fn is_directive(node: Node<'_>) -> bool {
    node.kind() == "expression_statement"
        && node.named_child_count() == 1
        && node.named_child(0).is_some_and(|child| child.kind() == "string")
}

/// A comment that is about the whole file: a tool reads it at the top, or lawyers do.
fn is_pragma(comment: &str) -> bool {
    const MARKS: [&str; 15] = [
        "/// <",
        "/*!",
        "@ts-nocheck",
        "@ts-check",
        "@license",
        "@jsx",
        "@file",
        "@module",
        "@packageDocumentation",
        "eslint-",
        "deno-lint-ignore-file",
        "deno-fmt-ignore-file",
        "phase2-ignore-file",
        "opyright",
        "SPDX-",
    ];
    MARKS.iter().any(|mark| comment.contains(mark)) && !comment.contains("-next-line")
}

/// Whether a comment at the top runs on into a node that stays at the top as well.
fn keep_with_next(file: &SourceFile, comment: Node<'_>, next: Node<'_>) -> bool {
    let gap = &file.text[comment.end_byte().min(next.start_byte())..next.start_byte()];
    let pragma = next.kind() != "comment" || is_pragma(file.text_of(next));
    pragma && gap.matches('\n').count() <= 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::syntax::source::tests::file;

    fn want(imported: &str, local: &str) -> Wanted {
        Wanted { specifier: "./log".into(), imported: imported.into(), local: local.into() }
    }

    /// `text` after `log` was imported from `./log`.
    fn with(text: &str, wanted: &[Wanted]) -> String {
        let file = file(text);
        let mut result = text.to_owned();
        for (offset, insertion) in file.imports().additions(wanted, &[], |a, b| a == b).into_iter().rev() {
            result.insert_str(offset, &insertion);
        }
        result
    }

    fn check(before: &str, after: &str) {
        assert_eq!(with(before, &[want("log", "log")]), after);
    }

    #[test]
    fn after_the_last_import_of_the_leading_block() {
        check(
            "import a from 'a';\nx();\nimport b from 'b';\n",
            "import a from 'a';\nimport { log } from './log';\nx();\nimport b from 'b';\n",
        );
        check(
            "import {\n  a,\n} from \"a\"; // why\nx();\n",
            "import {\n  a,\n} from \"a\"; // why\nimport { log } from \"./log\";\nx();\n",
        );
        check("import 'a'\n", "import 'a'\nimport { log } from './log'\n");
        check("import a from 'a'; x();\n", "import a from 'a'; import { log } from './log'; x();\n");
        check("import a from 'a';\r\nx();\r\n", "import a from 'a';\r\nimport { log } from './log';\r\nx();\r\n");
        check(
            "import a from 'a'; /* b\nc */\nx();\n",
            "import a from 'a'; /* b\nc */\nimport { log } from './log';\nx();\n",
        );
        check("import a from 'a'", "import a from 'a'\nimport { log } from './log'");
    }

    #[test]
    fn joins_the_import_that_is_there() {
        check("import { a } from './log';\n", "import { a, log } from './log';\n");
        check("import {\n  a,\n  b,\n} from './log';\n", "import {\n  a,\n  b,\n  log,\n} from './log';\n");
        check(
            "import {\n  a,\n  b, // why\n} from './log';\n",
            "import {\n  a,\n  b, // why\n  log,\n} from './log';\n",
        );
        check("import {\n  a // why\n} from './log';\n", "import {\n  a, // why\n  log\n} from './log';\n");
        check("import x from './log';\n", "import x, { log } from './log';\n");
        check("import x, { a } from './log';\n", "import x, { a, log } from './log';\n");
        check("import { } from './log';\n", "import { log } from './log';\n");
        check("import {} from './log';\n", "import { log } from './log';\n");
        check("import { log } from './log';\n", "import { log } from './log';\n");
        assert_eq!(
            with("import { log } from './log';\n", &[want("log", "appLog")]),
            "import { log, log as appLog } from './log';\n"
        );
    }

    #[test]
    fn types_and_namespaces_take_no_value() {
        check("import type { A } from './log';\n", "import type { A } from './log';\nimport { log } from './log';\n");
        check("import * as L from './log';\n", "import * as L from './log';\nimport { log } from './log';\n");
        check("import { type log as T } from './log';\n", "import { type log as T, log } from './log';\n");
    }

    #[test]
    fn without_imports_below_what_stays_on_top() {
        check("x();\n", "import { log } from './log';\n\nx();\n");
        check("\u{feff}x();\n", "\u{feff}import { log } from './log';\n\nx();\n");
        check("#!/usr/bin/env deno\nx();\n", "#!/usr/bin/env deno\nimport { log } from './log';\n\nx();\n");
        check("'use client';\n\nx();\n", "'use client';\n\nimport { log } from './log';\n\nx();\n");
        check("'use client'; x()\n", "'use client'; import { log } from './log'; x()\n");
        check(
            "// eslint-disable-next-line a\nx();\n",
            "import { log } from './log';\n\n// eslint-disable-next-line a\nx();\n",
        );
        check("// @ts-nocheck\nx();\n", "// @ts-nocheck\n\nimport { log } from './log';\n\nx();\n");
        check(
            "/** Licence. */\n\n/** Doc. */\nfunction f() {}\n",
            "/** Licence. */\n\nimport { log } from './log';\n\n/** Doc. */\nfunction f() {}\n",
        );
        check("/** Doc. */\nfunction f() {}\n", "import { log } from './log';\n\n/** Doc. */\nfunction f() {}\n");
        check(
            "/// <reference types=\"x\" />\nx();\n",
            "/// <reference types=\"x\" />\n\nimport { log } from './log';\n\nx();\n",
        );
        check("", "import { log } from './log';\n");
    }

    #[test]
    fn a_declaration_does_not_run_on_into_the_code() {
        let file = file("import a from 'a'\n\n// b\n(c())\n");
        let declarations = ["const log = createLogger()".to_owned()];
        let additions = file.imports().additions(&[], &declarations, |a, b| a == b);
        assert_eq!(additions, [(17, "\n\nconst log = createLogger();".to_owned())]);
    }

    #[test]
    fn a_default_export_gets_a_statement_of_its_own() {
        assert_eq!(with("x();\n", &[want("default", "logger")]), "import logger from './log';\n\nx();\n");
    }

    #[test]
    fn a_whole_module_gets_a_statement_of_its_own() {
        let all = want("*", "logger");
        assert_eq!(with("x();\n", std::slice::from_ref(&all)), "import * as logger from './log';\n\nx();\n");
        let before = "import { a } from './log';\n";
        assert_eq!(with(before, std::slice::from_ref(&all)), format!("{before}import * as logger from './log';\n"));
        let present = "import * as logger from './log';\n";
        assert_eq!(with(present, std::slice::from_ref(&all)), present);
    }
}
