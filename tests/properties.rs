//! What holds for any text: nothing panics, what could be parsed still can, fixing twice is fixing once, and the patch does
//! what the fix does.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "properties/cache.rs"]
mod cache;
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use phase2::config::{Config, ConfigFile};
use phase2::edit::FileChange;
use phase2::engine::{self, Cache, FixMode, Outcome, Request};
use phase2::project::{Project, RelPath, Selection};
use phase2::report::patch::Patch;
use phase2::rules;
use phase2::syntax::Dialect;
use phase2::syntax::source::SourceFile;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config as Cases, TestRunner};

type Tree = BTreeMap<String, String>;

/// Small projects to start from: those of the fixtures.
fn seeds() -> &'static [Tree] {
    static SEEDS: OnceLock<Vec<Tree>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let befores = walkdir::WalkDir::new(home).min_depth(3).max_depth(3).sort_by_file_name().into_iter();
        let befores = befores.map(Result::unwrap).filter(|entry| entry.file_name() == "before");
        let tree = |root: &Path| {
            let files =
                walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|it| it.file_type().is_file());
            let read = files.filter_map(|it| {
                let name = it.path().strip_prefix(root).unwrap().to_str()?.to_owned();
                Some((name, std::fs::read_to_string(it.path()).ok()?))
            });
            read.filter(|(name, _)| name != "phase2.toml").collect::<Tree>()
        };
        let seeds: Vec<Tree> = befores.map(|entry| tree(entry.path())).filter(|tree| !tree.is_empty()).collect();
        assert!(seeds.len() > 400, "{} seeds", seeds.len());
        seeds
    })
}

/// Something that happens to a text.
#[derive(Debug, Clone)]
enum Mutation {
    Insert(Index, &'static str),
    Delete(Index, usize),
    Repeat(Index, usize),
    Crlf,
    Mark,
    NoFinalNewline,
    Quotes,
}

const PIECES: [&str; 45] = [
    "`",
    "${",
    "}",
    "{",
    ")",
    "(",
    "\"",
    "'",
    "//",
    "/*",
    "*/",
    "\n",
    "\r",
    "😀",
    "𝒳",
    "é",
    "\u{2028}",
    "\\uD800",
    "...",
    "=>",
    ",",
    ";",
    "<p>",
    "&",
    "await ",
    "async ",
    "function f(){",
    "if (x) ",
    "'00000000-0000-0000-0000-000000000000'",
    "tenant_id: ",
    "console.log(",
    "console",
    "// phase2-ignore console: x\n",
    "import x from 'y';\n",
    "export default ",
    "Deno.serve(",
    "#!x\n",
    "\0",
    "[",
    "]",
    "await db.from('listings').select('*').eq('id', id).single()",
    "CacheKeys.listing(",
    "readThroughRow(",
    "getTenantFromJWT(req)",
    "listing(id, ",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        6 => (any::<Index>(), prop::sample::select(PIECES.to_vec())).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        4 => (any::<Index>(), 1usize..20).prop_map(|(at, length)| Mutation::Delete(at, length)),
        2 => (any::<Index>(), 1usize..60).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        1 => Just(Mutation::Crlf),
        1 => Just(Mutation::Mark),
        1 => Just(Mutation::NoFinalNewline),
        1 => Just(Mutation::Quotes),
    ]
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap()
}

fn mutated(text: &str, mutations: &[Mutation]) -> String {
    let mut text = text.to_owned();
    for mutation in mutations {
        let place = |index: &Index| boundary(&text, index.index(text.len() + 1));
        text = match mutation {
            Mutation::Insert(at, piece) => {
                let at = place(at);
                format!("{}{piece}{}", &text[..at], &text[at..])
            }
            Mutation::Delete(at, length) => {
                let at = place(at);
                let end = boundary(&text, at + length);
                format!("{}{}", &text[..at], &text[end.max(at)..])
            }
            Mutation::Repeat(at, length) => {
                let at = place(at);
                let end = boundary(&text, at + length).max(at);
                format!("{}{}{}", &text[..end], &text[at..end], &text[end..])
            }
            Mutation::Crlf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Mutation::Mark => format!("\u{feff}{}", text.trim_start_matches('\u{feff}')),
            Mutation::NoFinalNewline => text.trim_end().to_owned(),
            Mutation::Quotes => text.replace('\'', "\""),
        };
    }
    text
}

fn run(tree: &Tree, names: &[&str], mode: FixMode) -> Outcome {
    let folder = support::project(tree.iter());
    run_at(folder.path(), names, mode, None).unwrap()
}

/// A run over the project in `root`, with a cache if there is one, which then says how many files it knew.
fn run_at(
    root: &Path,
    names: &[&str],
    mode: FixMode,
    cache: Option<(&Cache, &AtomicUsize)>,
) -> Result<Outcome, String> {
    // Without a table the rule has nothing to do, nor has that for long files where all are short.
    let options = |name: &&str| match *name {
        "read-through" => {
            "[tenants]\nclaim-source = 'hook'\n[read-through]\nproxy = 'read-cache'\n[read-through.tables.listings]\nkey = 'listing'\nttl = 60\n"
        }
        "large-files" => "[large-files]\nmax-lines = 12\nmin-lines = 3\n",
        _ => "",
    };
    let text: String = names.iter().map(options).collect();
    let config = Config::parse(&ConfigFile::new("phase2.toml", &text), &rules::names()).unwrap();
    let project = Project::open(root, config).map_err(|error| error.to_string())?;
    let rules: Vec<_> = rules::all().into_iter().filter(|rule| names.contains(&rule.meta().name)).collect();
    let selection = Selection::everything();
    let request =
        Request { rules: &rules, suppression: true, selection: &selection, fix: mode, chosen: None, progress: &|| {} };
    Ok(match cache {
        Some((cache, known)) => {
            let cached = cache.run(&project, &request);
            known.fetch_add(cached.recalled, Ordering::Relaxed);
            cached.outcome
        }
        None => engine::run(&project, &request),
    })
}

/// `tree` after the patch of `changes`, as git applies it.
fn patched(tree: &Tree, changes: &[FileChange]) -> Tree {
    let folder = support::project(tree.iter());
    let mut patch = Vec::new();
    Patch::of(changes).write(&mut patch, false).unwrap();
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(&patch).unwrap();
    assert!(git.wait().unwrap().success(), "git refuses the patch:\n{}", String::from_utf8_lossy(&patch));
    let touched = changes.iter().map(|change| change.path.to_string());
    let read = |path: String| (path.clone(), std::fs::read_to_string(folder.path().join(&path)).unwrap_or_default());
    tree.clone().into_iter().chain(touched.map(read)).collect()
}

fn errors(path: &str, text: &str) -> usize {
    let path = RelPath::new(path).unwrap();
    let Some(dialect) = Dialect::of(&path) else { return 0 };
    SourceFile::parse(path, Arc::from(text), dialect).errors().len()
}

fn holds(tree: &Tree, names: &[&str], mode: FixMode) -> Result<(), TestCaseError> {
    let outcome = run(tree, names, mode);
    for problem in outcome.found.errors.iter().chain(&outcome.remaining.errors) {
        prop_assert!(!problem.message.contains("internal error"), "{}", problem.message);
    }
    let mut after = tree.clone();
    for change in &outcome.changes {
        let path = change.path.to_string();
        let before = tree.get(&path).map_or("", String::as_str);
        prop_assert_eq!(change.before.as_deref().unwrap_or_default(), before);
        let is_worse = errors(&path, before) == 0 && errors(&path, &change.after) > 0;
        prop_assert!(!is_worse, "{} parses no more:\n{}", path, change.after);
        after.insert(path, change.after.clone());
    }
    if !outcome.changes.is_empty() {
        prop_assert_eq!(&patched(tree, &outcome.changes), &after);
    }
    // Each single fix changes its own ranges, and the whole is what they make of it.
    for finding in &outcome.found.findings {
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            let Some(text) = tree.get(edit.path.as_str()) else { continue };
            prop_assert!(text.is_char_boundary(edit.range.start) && text.is_char_boundary(edit.range.end));
        }
    }
    let again = run(&after, names, mode);
    prop_assert!(again.changes.is_empty(), "a second fix changes {:?}", again.changes);
    Ok(())
}

#[test]
fn any_project_is_survived() {
    let all = vec!["rate-limit", "tenants", "read-through", "console", "large-files"];
    let names = prop::sample::subsequence(all, 1..=5);
    let mode = prop_oneof![Just(FixMode::Safe), Just(FixMode::Unsafe)];
    let trees = prop::collection::vec((any::<Index>(), prop::collection::vec(mutation(), 0..5)), 1..4);
    let mut runner = TestRunner::new(Cases { cases: 300, failure_persistence: None, ..Cases::default() });
    let result = runner.run(&(trees, names, mode), |(trees, names, mode)| {
        // Some seeds have other roots.
        let mut tree = Tree::from([("src/none.ts".to_owned(), "export {};\n".to_owned())]);
        for (seed, mutations) in &trees {
            for (path, text) in &seeds()[seed.index(seeds().len())] {
                let is_code = [".ts", ".tsx"].iter().any(|end| path.ends_with(end));
                tree.insert(path.clone(), if is_code { mutated(text, mutations) } else { text.clone() });
            }
        }
        holds(&tree, &names, mode)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The byte ranges of all comments.
fn comments(file: &SourceFile) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut waiting = vec![file.root()];
    while let Some(node) = waiting.pop() {
        if node.kind() == "comment" {
            found.push(node.byte_range());
        }
        let mut cursor = node.walk();
        waiting.extend(node.children(&mut cursor));
    }
    found.sort_by_key(|range| range.start);
    found
}

#[test]
fn an_incremental_parse_finds_what_a_whole_one_does() {
    let mut runner = TestRunner::new(Cases { cases: 300, failure_persistence: None, ..Cases::default() });
    let strategy = (any::<Index>(), any::<Index>(), any::<Index>(), 0usize..9, prop::sample::select(PIECES.to_vec()));
    let result = runner.run(&strategy, |(seed, file, at, length, piece)| {
        let tree = &seeds()[seed.index(seeds().len())];
        let code: Vec<(&String, &String)> = tree.iter().filter(|(path, _)| path.ends_with(".ts")).collect();
        prop_assume!(!code.is_empty());
        let (path, text) = code[file.index(code.len())];
        let start = boundary(text, at.index(text.len() + 1));
        let end = boundary(text, start + length).max(start);
        let rel = RelPath::new(path).unwrap();
        let edit = phase2::edit::Edit { path: rel.clone(), range: start..end, text: piece.to_owned() };
        let after = format!("{}{piece}{}", &text[..start], &text[end..]);
        let before = SourceFile::parse(rel.clone(), Arc::from(text.as_str()), Dialect::TypeScript);
        let incremental = before.edited(Arc::from(after.as_str()), &[edit]);
        let whole = SourceFile::parse(rel, Arc::from(after.as_str()), Dialect::TypeScript);
        prop_assert_eq!(incremental.errors(), whole.errors());
        // Not all nodes: `await db<p>.from()` can be read in two ways, and which one comes out depends on what was there.
        prop_assert_eq!(comments(&incremental), comments(&whole));
        // Of what is typed, all: the rules look at it.
        let retyped = before.retyped(Arc::from(after.as_str()));
        prop_assert_eq!(retyped.errors(), whole.errors());
        prop_assert_eq!(retyped.root().to_sexp(), whole.root().to_sexp());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn texts_that_nobody_writes_are_survived() {
    let deep = 10_000;
    let call = "console.log('x');\n";
    let nested = |open: &str, close: &str| format!("{}{call}{}\n", open.repeat(deep), close.repeat(deep));
    let texts = [
        ("deep-blocks.ts", nested("{\n", "}\n")),
        ("deep-calls.ts", format!("console.log({}1{});\n", "f(\n".repeat(deep), ")\n".repeat(deep))),
        ("deep-arrays.ts", format!("console.log({}{});\n", "[\n".repeat(deep), "]\n".repeat(deep))),
        ("deep-templates.ts", format!("console.log({}1{});\n", "`${\n".repeat(deep), "\n}`".repeat(deep))),
        ("deep-types.ts", format!("type A = {}1{};\n{call}", "Array<\n".repeat(deep), "\n>".repeat(deep))),
        (
            "deep-elements.tsx",
            format!("export const a = {}{{x}}{};\n{call}", "<a>\n".repeat(deep), "</a>\n".repeat(deep)),
        ),
        ("unclosed.ts", format!("{call}{}", "(\n".repeat(deep))),
        ("else-if.ts", format!("{call}{}c;\n", "if (a) b;\nelse ".repeat(deep))),
        ("choices.ts", format!("{call}x = {}c;\n", "a ? b :\n".repeat(deep))),
        ("sum.ts", format!("console.log({}1);\n", "a +\n".repeat(deep))),
        ("chain.ts", format!("{call}a{};\n", "\n.b()".repeat(deep))),
        ("ampersands.tsx", format!("export const a = <p>{}</p>;\n{call}", "\n& ".repeat(deep))),
        ("nul.ts", format!("{call}const a = '\0';\n")),
        ("surrogates.ts", format!("{call}const a = '\\uD800';\n")),
        ("astral.ts", "const 𝒳 = '😀'; console.log('😀', 𝒳); // 😀\n".to_owned()),
    ];
    // Behind each other, and in each other, are reads and functions that only others call.
    let read = "await db.from('listings').select('*').eq('id', id).single()";
    let called = |at: usize| format!("async function f{at}(id: string) {{\n  return await f{}(id);\n}}\n", at + 1);
    let chain = format!(
        "{}async function f{deep}(id: string) {{ return {read}; }}\n",
        (0..deep).map(called).collect::<String>()
    );
    let filters = read.replace(".single", &"\n.eq('id', id)".repeat(deep)) + ".single();\n";
    let edge =
        [("chain", chain), ("filters", filters), ("nested", nested("f(async () => {\n", "})\n").replace(call, read))];
    let edge = edge.map(|(name, text)| {
        let serve = "Deno.serve(async (req) => new Response(await f0(await req.text())));\n";
        (format!("supabase/functions/{name}/index.ts"), format!("{text}{serve}"))
    });
    let tree: Tree = texts.into_iter().map(|(name, text)| (format!("src/{name}"), text)).chain(edge).collect();
    let all = ["rate-limit", "tenants", "read-through", "console", "large-files"];
    if let Err(error) = holds(&tree, &all, FixMode::Unsafe) {
        panic!("{error}");
    }
}
