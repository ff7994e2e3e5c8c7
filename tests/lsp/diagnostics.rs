//! Violations as diagnostics.

use std::fs;

use gen_lsp_types as lsp;
use serde_json::json;

use crate::client::{Editor, uri};
use crate::protocol::LOGGER;
use crate::support::project;

pub fn messages(found: &[lsp::Diagnostic]) -> Vec<String> {
    let message = |it: &lsp::Diagnostic| match &it.message {
        lsp::Message::String(text) => text.clone(),
        lsp::Message::MarkupContent(text) => text.value.clone(),
    };
    found.iter().map(message).collect()
}

pub fn rules(found: &[lsp::Diagnostic]) -> Vec<String> {
    let rule = |it: &lsp::Diagnostic| match &it.code {
        Some(lsp::Code::String(rule)) => rule.clone(),
        _ => String::new(),
    };
    found.iter().map(rule).collect()
}

#[test]
fn violations_come_and_go_with_what_is_typed() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", "export const a = 1;\n")]);
    let mut editor = Editor::open(&[root.path()]);
    let uri = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(editor.diagnostics(&uri), []);

    let place = |line: u32, character: u32| json!({ "line": line, "character": character });
    editor.edit(
        &uri,
        json!([
            { "range": { "start": place(1, 0), "end": place(1, 0) }, "text": "// ü😀\n" },
            { "range": { "start": place(1, 5), "end": place(1, 6) }, "text": "!\nconsole.log('a');\n" },
        ]),
    );
    let found = editor.diagnostics(&uri);
    assert_eq!(rules(&found), ["console"]);
    assert_eq!(
        found[0].range,
        lsp::Range { start: lsp::Position { line: 2, character: 0 }, end: lsp::Position { line: 2, character: 16 } }
    );
    assert_eq!(found[0].severity, Some(lsp::DiagnosticSeverity::Warning));
    assert_eq!(found[0].source.as_deref(), Some("phase2"));
    assert_eq!(
        messages(&found),
        ["`console.log` writes past the structured logger\nlog it with `logger.info` from src/lib/logger.ts"]
    );

    editor.change(&uri, "export const a = 2;\n");
    assert_eq!(editor.diagnostics(&uri), []);

    // What the file on disk holds counts again once the document is closed, and is opened as it is.
    editor.change(&uri, "console.log('a');\n");
    assert_eq!(editor.diagnostics(&uri).len(), 1);
    editor.close(&uri);
    assert_eq!(editor.published_when(&uri, &|params| params.version.is_none()), []);
    let uri = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(editor.diagnostics(&uri), []);
    assert_eq!(editor.leave().code(), Some(0));
}

#[test]
fn broken_syntax_hides_nothing() {
    let root = project([
        ("phase2.toml", ""),
        ("src/lib/logger.ts", LOGGER),
        ("src/a.ts", "console.log('a');\nfunction f( {\n  return [;\n"),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let uri = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(rules(&editor.diagnostics(&uri)), ["console"]);
}

#[test]
fn only_the_files_of_a_project_are_looked_at() {
    let root = project([
        ("p/supabase/functions/a/index.ts", "Deno.serve(() => new Response('a'));\n"),
        ("p/supabase/functions/a/x.d.ts", ""),
        ("p/tool.ts", "console.log('a');\n"),
        ("elsewhere/b.ts", "console.log('b');\n"),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let function = editor.open_file(&root.path().join("p/supabase/functions/a/index.ts"));
    assert_eq!(rules(&editor.diagnostics(&function)), ["rate-limit"]);
    for path in ["p/supabase/functions/a/x.d.ts", "p/tool.ts"] {
        let uri = editor.open_file(&root.path().join(path));
        assert_eq!(editor.diagnostics(&uri), [], "{path}");
        editor.change(&uri, "console.log('c');\n");
        assert_eq!(editor.diagnostics(&uri), [], "{path}");
    }
    let homeless = editor.open_file(&root.path().join("elsewhere/b.ts"));
    editor.settle();
    assert!(editor.published.get(&homeless).is_none_or(|params| params.diagnostics.is_empty()));
    assert!(editor.shown.is_empty(), "{:?}", editor.shown);
}

#[test]
fn a_repository_that_is_none_of_phase2s_is_left_in_peace() {
    let root = project([(".git/HEAD", "ref: refs/heads/main\n"), ("lib/a.ts", "console.log('a');\n")]);
    let mut editor = Editor::open(&[root.path()]);
    let uri = editor.open_file(&root.path().join("lib/a.ts"));
    assert_eq!(editor.diagnostics(&uri), []);
    assert_eq!(editor.actions(&uri, "console", None), []);
    assert!(editor.shown.is_empty(), "{:?}", editor.shown);
    // Where somebody has set it up, it says what is amiss.
    fs::write(root.path().join("phase2.toml"), "").unwrap();
    editor.changed_on_disk(&[(&root.path().join("phase2.toml"), 1)]);
    editor.settle();
    assert!(editor.shown[0].contains("has none of the folders"), "{:?}", editor.shown);
}

#[test]
fn a_file_that_was_never_saved_is_looked_at() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", "")]);
    let mut editor = Editor::open(&[root.path()]);
    let path = root.path().join("src/new.ts");
    let uri = editor.open_text(&path, "console.log('new');\n");
    assert_eq!(rules(&editor.diagnostics(&uri)), ["console"]);
    editor.change(&uri, "console.log('new');\nconsole.log('more');\n");
    assert_eq!(editor.diagnostics(&uri).len(), 2);
    fs::write(&path, "export {}\n").unwrap();
    editor.close(&uri);
    editor.changed_on_disk(&[(&path, 1)]);
    let uri = editor.open_file(&path);
    assert_eq!(editor.diagnostics(&uri), []);
}

#[test]
fn each_document_belongs_to_the_project_around_it() {
    let first = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", "console.log('a');\n")]);
    let second = project([
        ("phase2.toml", "rules = ['tenants']\n"),
        ("src/a.ts", "console.log('a');\n"),
        ("nested/phase2.toml", ""),
        ("nested/src/a.ts", "console.log('a');\n"),
    ]);
    let mut editor = Editor::open(&[first.path(), second.path()]);
    let count = |editor: &mut Editor, path: std::path::PathBuf| {
        let uri = editor.open_file(&path);
        editor.diagnostics(&uri).len()
    };
    assert_eq!(count(&mut editor, first.path().join("src/a.ts")), 1);
    assert_eq!(count(&mut editor, second.path().join("src/a.ts")), 0);
    assert_eq!(count(&mut editor, second.path().join("nested/src/a.ts")), 1);
    assert_eq!(editor.published[&uri(&first.path().join("src/a.ts"))].diagnostics.len(), 1);

    let mut fixed = Editor::with(&[second.path()], &["--root", second.path().to_str().unwrap()], crate::client::able());
    assert_eq!(count(&mut fixed, second.path().join("src/a.ts")), 0);
    let outside = fixed.open_file(&first.path().join("src/a.ts"));
    fixed.settle();
    assert!(!fixed.published.contains_key(&outside), "it is outside of the only project");
}

#[test]
fn other_places_are_named_if_the_client_can_show_them() {
    let root = project([
        (
            "supabase/functions/a/index.ts",
            "import { load } from '../_shared/load.ts';\nDeno.serve(async (req) => Response.json(await load(1)));\n",
        ),
        (
            "supabase/functions/_shared/load.ts",
            "export async function load(x: number, ...rest: unknown[]) {\n  return { tenant_id: '00000000-0000-0000-0000-000000000000', x, rest };\n}\n",
        ),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let uri = editor.open_file(&root.path().join("supabase/functions/_shared/load.ts"));
    let found = editor.diagnostics(&uri);
    assert_eq!(rules(&found), ["tenants"]);
    assert!(found[0].related_information.is_some());
}
