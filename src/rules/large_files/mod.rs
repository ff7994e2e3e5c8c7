//! The rule `large-files`: files that grew too large, and what is worth taking out. See rules/large-files/rule.md.

mod extract;
mod grouping;
mod importers;
mod importing;
mod leave;
mod module;
mod naming;
pub mod order;
mod outline;
mod plan;
mod pure;
mod report;
mod stays;

use std::collections::BTreeSet;

use rayon::prelude::*;
use tree_sitter::Node;

use self::importers::Importers;
use self::naming::Names;
use self::order::Order;
use self::outline::Outline;
use super::kept::{self, Texts};
use super::{Facts, Meta, Note, Pass, Resolution, Rule, Subject, Subjects, Violation, is_helper_module};
use crate::config::LargeFiles;
use crate::project::{Project, ProjectFile, RelPath, lines_of};
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "large-files",
    summary: "files stay below a number of lines; what is worth taking out of those that don't is ranked",
    page: include_str!("../../../rules/large-files/rule.md"),
    on_by_default: false,
    // How long a file is, no word tells.
    triggers: &[],
    subjects: Some(Subjects { name: "long files", group: "limit" }),
};

/// The rule; with an order, the split of one file that somebody asked for.
#[derive(Debug, Default)]
pub struct LargeFilesRule {
    order: Option<Order>,
}

impl LargeFilesRule {
    /// The rule for one file only, which is split as `order` says however long it is.
    pub fn ordered(order: Order) -> LargeFilesRule {
        LargeFilesRule { order: Some(order) }
    }
}

impl Rule for LargeFilesRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        Box::new(LargeFilesPass { project, order: self.order.clone() })
    }
}

struct LargeFilesPass<'p> {
    project: &'p Project,
    order: Option<Order>,
}

/// A file that is looked at, and how many lines it has.
struct Size(usize);

/// What there is to say of one file.
enum Verdict {
    Allowed(Note, Subject),
    Violation(Violation, Subject),
    Ordered(Violation),
}

impl LargeFilesPass<'_> {
    fn options(&self) -> &LargeFiles {
        &self.project.config.large_files
    }

    /// How many lines a file has that is too long, or that an order is about.
    fn size(&self, path: &RelPath, text: &str) -> Option<usize> {
        if self.order.as_ref().is_some_and(|order| order.path != *path) {
            return None;
        }
        let lines = lines_of(text);
        let is_too_large = || {
            lines > *self.options().max_lines.get_ref()
                && !self.options().is_excluded(path.as_str())
                && !is_helper_module(text)
        };
        (self.order.is_some() || is_too_large()).then_some(lines)
    }

    fn verdict(&self, path: &RelPath, lines: usize, importers: &Importers) -> Verdict {
        let max_lines = *self.options().max_lines.get_ref();
        let subject = |is_done: bool, detail: Option<String>| Subject {
            rule: META.name,
            name: format!("{path} ({lines} lines)"),
            path: path.clone(),
            is_done,
            group: if is_done { "allowed".to_owned() } else { format!("more than {max_lines} lines") },
            detail,
            caveat: None,
        };
        if self.order.is_none()
            && let Some(reason) = self.options().reason(path.as_str())
        {
            let message = format!("{lines} lines, allowed: {reason}");
            return Verdict::Allowed(Note { rule: None, path: Some(path.clone()), message }, subject(true, None));
        }
        let bare = |help: String| Violation {
            rule: META.name,
            path: path.clone(),
            range: 0..0,
            message: format!("the file has {lines} lines, {} more than {max_lines}", lines.saturating_sub(max_lines)),
            help: Some(help),
            related: Vec::new(),
            fix: None,
        };
        let Some(file) = self.project.parse(path) else {
            return Verdict::Violation(bare("no fix: it can't be read".to_owned()), subject(false, None));
        };
        if let Some(reason) = too_much(&file) {
            return Verdict::Violation(bare(format!("no fix: {reason}")), subject(false, None));
        }
        let names = Names::beside(self.project, path);
        let main = main_names(self.project, &file);
        let outline = Outline::of(&file, &|name| main.contains(name) || naming::is_named_after(path, name));
        let large = plan::LargeFile {
            project: self.project,
            path,
            outline: &outline,
            importers,
            names: &names,
            max_lines,
            min_lines: *self.options().min_lines.get_ref(),
        };
        let worked = match refusal(&file) {
            Some(reason) => Err(reason),
            None => match &self.order {
                Some(order) => order.work(&large),
                None => report::best(&large),
            },
        };
        let (help, fix) = match worked {
            Ok((help, split)) => (help, Some(split.fix(path))),
            Err(reason) => (format!("no fix: {reason}"), None),
        };
        let violation = Violation { related: report::candidates(&large), fix, ..bare(help) };
        if self.order.is_some() {
            return Verdict::Ordered(violation);
        }
        let detail = violation.help.clone();
        Verdict::Violation(violation, subject(false, detail))
    }
}

impl Pass for LargeFilesPass<'_> {
    fn wants(&self, entry: &ProjectFile, text: &str) -> bool {
        self.size(&entry.path, text).is_some()
    }

    fn judges_files_alone(&self) -> bool {
        false
    }

    fn collect(&self, entry: &ProjectFile, file: &SourceFile, _hits: &[usize]) -> Option<Facts> {
        self.size(&entry.path, &file.text).map(|lines| Box::new(Size(lines)) as Facts)
    }

    fn keep(&self, facts: &Facts, _texts: &Texts) -> Option<Vec<u8>> {
        kept::bytes(&facts.downcast_ref::<Size>()?.0)
    }

    fn recall(&self, _entry: &ProjectFile, kept: &[u8], _texts: &Texts) -> Option<Facts> {
        Some(Box::new(Size(kept::value(kept)?)))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        let sizes: Vec<(&RelPath, usize)> =
            facts.iter().filter_map(|(path, facts)| Some((*path, facts.downcast_ref::<Size>()?.0))).collect();
        if sizes.is_empty() {
            return Resolution::default();
        }
        let importers = importers::of(self.project, &sizes.iter().map(|(path, _)| *path).collect::<Vec<_>>());
        let nobody = Importers::default();
        let verdicts: Vec<Verdict> = sizes
            .par_iter()
            .map(|(path, lines)| self.verdict(path, *lines, importers.get(path).unwrap_or(&nobody)))
            .collect();
        let mut resolution = Resolution::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Allowed(note, subject) => {
                    resolution.notes.push(note);
                    resolution.subjects.push(subject);
                }
                Verdict::Violation(violation, subject) => {
                    resolution.violations.push(violation);
                    resolution.subjects.push(subject);
                }
                Verdict::Ordered(violation) => resolution.violations.push(violation),
            }
        }
        resolution
    }
}

/// The most statements that a module may have, and the most levels of its tree: more are no code that somebody wrote.
const MOST_STATEMENTS: usize = 500;
const MOST_LEVELS: usize = 1_000;

/// Why it would take too long to look into a file.
fn too_much(file: &SourceFile) -> Option<String> {
    if file.root().named_child_count() > MOST_STATEMENTS {
        return Some(format!("it has more than {MOST_STATEMENTS} declarations and statements"));
    }
    let mut cursor = file.root().walk();
    loop {
        if cursor.depth() as usize > MOST_LEVELS {
            return Some("its code is nested too deep".to_owned());
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return None;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// Why nothing at all is taken out of a file.
fn refusal(file: &SourceFile) -> Option<String> {
    if !file.errors().is_empty() {
        return Some("it has a syntax error: mend that first".to_owned());
    }
    let root = file.root();
    let mut cursor = root.walk();
    let mut directives = root.named_children(&mut cursor).filter(|node| outline::is_string_statement(*node));
    let is_server = directives.any(|node| file.text_of(node).trim_matches([';', '\'', '"']) == "use server");
    is_server.then(|| "each export of a `'use server'` file is an endpoint".to_owned())
}

/// Exports that frameworks read from the file that they know, and nowhere else.
const OF_FRAMEWORKS: [&str; 24] = [
    "metadata",
    "viewport",
    "dynamic",
    "dynamicParams",
    "revalidate",
    "runtime",
    "fetchCache",
    "preferredRegion",
    "maxDuration",
    "generateMetadata",
    "generateStaticParams",
    "generateViewport",
    "getServerSideProps",
    "getStaticProps",
    "getStaticPaths",
    "loader",
    "action",
    "clientLoader",
    "clientAction",
    "meta",
    "links",
    "Route",
    "middleware",
    "config",
];

/// The names that a file is about: what its default export is made of, what its edge function is served by, and what
/// frameworks look for.
fn main_names(project: &Project, file: &SourceFile) -> BTreeSet<String> {
    let is_entry = project
        .supabase_of(&file.path)
        .is_some_and(|folder| folder.functions.values().any(|function| function.entry == file.path));
    let mut names = BTreeSet::new();
    let root = file.root();
    let mut cursor = root.walk();
    for node in root.named_children(&mut cursor) {
        let made_of = match node.kind() {
            "export_statement" => {
                let declared = node.child_by_field_name("declaration");
                let exported = declared.filter(|_| node.child_by_field_name("value").is_none());
                names.extend(
                    exported
                        .into_iter()
                        .flat_map(|node| names_below(file, node, 2))
                        .filter(|name| OF_FRAMEWORKS.contains(&name.as_str())),
                );
                node.child_by_field_name("value")
            }
            "expression_statement" if is_entry => Some(node),
            _ => None,
        };
        names.extend(made_of.into_iter().flat_map(|node| names_below(file, node, usize::MAX)));
    }
    names
}

/// The identifiers below a node that stand in no function, at most so many levels down.
fn names_below(file: &SourceFile, node: Node<'_>, levels: usize) -> Vec<String> {
    if node.kind() == "identifier" {
        return vec![file.text_of(node).to_owned()];
    }
    let is_function = matches!(node.kind(), "arrow_function" | "function_expression" | "statement_block");
    if is_function || levels == 0 {
        return Vec::new();
    }
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    children.into_iter().flat_map(|child| names_below(file, child, levels - 1)).collect()
}
