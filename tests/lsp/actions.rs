//! Fixes as code actions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use gen_lsp_types::{self as lsp, Uri};
use serde_json::{Value, json};

use crate::client::{Editor, able, uri};
use crate::diagnostics::rules;
use crate::protocol::LOGGER;
use crate::support::project;

fn titles(actions: &[lsp::CodeAction]) -> Vec<&str> {
    actions.iter().map(|action| action.title.as_str()).collect()
}

fn kind(action: &lsp::CodeAction) -> &str {
    action.kind.as_ref().unwrap().as_str()
}

/// What the documents of an edit are afterwards; that of one that isn't open is read from disk. Versions are checked.
fn applied(editor: &Editor, action: &lsp::CodeAction) -> BTreeMap<Uri, String> {
    let mut texts = BTreeMap::new();
    for change in action.edit.as_ref().unwrap().document_changes.as_ref().expect("the client can do that") {
        match change {
            lsp::DocumentChange::CreateFile(file) => {
                assert!(!file.uri.to_file_path().unwrap().exists(), "{}", file.uri);
                texts.insert(file.uri.clone(), String::new());
            }
            lsp::DocumentChange::TextDocumentEdit(edit) => {
                let uri = edit.text_document.text_document_identifier.uri.clone();
                let text = texts.entry(uri.clone()).or_insert_with(|| match edit.text_document.version {
                    Some(version) => {
                        assert_eq!(version, editor.version(&uri));
                        editor.text(&uri).to_owned()
                    }
                    None => fs::read_to_string(uri.to_file_path().unwrap()).unwrap(),
                });
                // From the last to the first, as they are positions of the text before.
                let mut edits: Vec<&lsp::TextEdit> = edit
                    .edits
                    .iter()
                    .map(|edit| match edit {
                        lsp::Edit::TextEdit(edit) => edit,
                        other => panic!("{other:?}"),
                    })
                    .collect();
                edits.sort_by_key(|edit| edit.range.start);
                for edit in edits.into_iter().rev() {
                    let range = offset(text, edit.range.start)..offset(text, edit.range.end);
                    text.replace_range(range, &edit.new_text);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    texts
}

fn offset(text: &str, position: lsp::Position) -> usize {
    let start: usize = text.split_inclusive('\n').take(position.line as usize).map(str::len).sum();
    let mut units = 0;
    for (at, letter) in text[start..].char_indices() {
        if units >= position.character {
            return start + at;
        }
        units += letter.len_utf16() as u32;
    }
    text.len()
}

const TWO_CALLS: &str = "export const é = '😀';\r\nconsole.log('one');\r\nif (é) console.warn('two:', é);\r\n";

#[test]
fn a_fix_a_rule_and_all_in_their_order() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", TWO_CALLS)]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    let actions = editor.actions(&a, "log('one", None);
    assert_eq!(
        titles(&actions),
        [
            "log it with `logger.info` from src/lib/logger.ts (console)",
            "Fix all of rule console in this file",
            "Suppress console on this line",
            "Fix all that phase2 can fix safely",
        ]
    );
    assert_eq!(
        actions.iter().map(kind).collect::<Vec<_>>(),
        ["quickfix", "quickfix", "quickfix", "source.fixAll.phase2"]
    );
    assert_eq!(actions[0].is_preferred, Some(true));
    assert_eq!(rules(actions[0].diagnostics.as_ref().unwrap()), ["console"]);

    let import = "import { logger } from './lib/logger';\r\n\r\n";
    let one = &applied(&editor, &actions[0])[&a];
    assert_eq!(*one, format!("{import}{}", TWO_CALLS.replace("console.log", "logger.info")));
    let all = one.replace("console.warn('two:', é)", "logger.warn('two', { é })");
    assert_eq!(applied(&editor, &actions[1])[&a], all);
    assert_eq!(applied(&editor, &actions[3])[&a], all);
    assert_eq!(
        applied(&editor, &actions[2])[&a],
        TWO_CALLS.replace("console.log", "// phase2-ignore console: REASON\r\nconsole.log")
    );

    // Nothing but the rewritten parts is replaced.
    let edits = serde_json::to_value(&actions[0]).unwrap();
    let edits = edits["edit"]["documentChanges"][0]["edits"].as_array().unwrap().clone();
    assert_eq!(edits.len(), 2, "{edits:?}");

    editor.change(&a, &all);
    assert_eq!(editor.diagnostics(&a), []);
    assert_eq!(editor.actions(&a, "logger.info", None), []);
}

#[test]
fn only_what_is_asked_for_is_offered() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", TWO_CALLS)]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    let mut kinds = |only: &[&str]| -> Vec<String> {
        let actions = editor.actions(&a, "console.log", Some(only));
        actions.iter().map(|action| kind(action).to_owned()).collect()
    };
    assert_eq!(kinds(&["source.fixAll.phase2"]), ["source.fixAll.phase2"]);
    assert_eq!(kinds(&["source.fixAll"]), ["source.fixAll.phase2"]);
    assert_eq!(kinds(&["source"]), ["source.fixAll.phase2"]);
    assert_eq!(kinds(&["quickfix"]), ["quickfix"; 3]);
    assert_eq!(kinds(&[""]).len(), 4);
    assert!(kinds(&["source.fix", "refactor", "source.fixAll.phase2.x"]).is_empty());
}

const FUNCTION: &str = "Deno.serve(async (req) => {\n  return new Response('a');\n});\n";

#[test]
fn a_fix_that_brings_a_file_along_creates_it() {
    let root = project([("supabase/functions/a/index.ts", FUNCTION)]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("supabase/functions/a/index.ts"));
    let actions = editor.actions(&a, "Deno.serve", Some(&["source.fixAll.phase2"]));
    let texts = applied(&editor, &actions[0]);
    let helper = uri(&root.path().canonicalize().unwrap().join("supabase/functions/_shared/rate-limit-wrapper.ts"));
    assert!(texts[&a].contains("withRateLimit('a'"), "{}", texts[&a]);
    assert!(texts[&helper].contains("export function withRateLimit"), "{texts:?}");
    let order = serde_json::to_value(&actions[0]).unwrap();
    let order: Vec<Value> = order["edit"]["documentChanges"].as_array().unwrap().clone();
    let of = |change: &Value| change["uri"].as_str().or(change["textDocument"]["uri"].as_str()).unwrap().to_owned();
    let created = order.iter().position(|change| change["kind"] == "create").unwrap();
    assert_eq!(of(&order[created]), helper.as_str());
    assert_eq!(of(&order[created + 1]), helper.as_str(), "it is filled once it is there");

    // The same as the program writes.
    let fixed = Command::new(env!("CARGO_BIN_EXE_phase2"))
        .args(["fix", "--allow-no-vcs", "-q", "--root"])
        .arg(root.path())
        .status()
        .unwrap();
    assert_eq!(fixed.code(), Some(0));
    for (uri, text) in texts {
        assert_eq!(fs::read_to_string(uri.to_file_path().unwrap()).unwrap(), text, "{uri}");
    }
}

#[test]
fn a_client_that_creates_no_files_is_offered_none_of_these() {
    let root = project([("supabase/functions/a/index.ts", FUNCTION)]);
    let mut capabilities = able();
    capabilities["workspace"]["workspaceEdit"] = json!({ "documentChanges": true });
    let mut editor = Editor::with(&[root.path()], &[], capabilities);
    let a = editor.open_file(&root.path().join("supabase/functions/a/index.ts"));
    assert_eq!(rules(&editor.diagnostics(&a)), ["rate-limit"]);
    assert_eq!(titles(&editor.actions(&a, "Deno.serve", None)), ["Suppress rate-limit on this line"]);
}

#[test]
fn a_client_that_knows_no_versions_gets_plain_changes() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", TWO_CALLS)]);
    let mut editor = Editor::with(&[root.path()], &[], json!({}));
    let a = editor.open_file(&root.path().join("src/a.ts"));
    let actions = editor.actions(&a, "console.log", Some(&["quickfix"]));
    let edit = actions[0].edit.as_ref().unwrap();
    assert!(edit.document_changes.is_none());
    assert_eq!(edit.changes.as_ref().unwrap()[&a].len(), 2);
    assert_eq!(editor.diagnostics(&a)[0].related_information, None);
}

const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[test]
fn a_fix_reaches_other_files_open_or_not() {
    let load = format!("export async function load(x: number) {{\n  return {{ tenant_id: '{NIL}', x }};\n}}\n");
    let entry =
        "import { load } from '../_shared/load.ts';\nDeno.serve(async (req) => Response.json(await load(1)));\n";
    let root = project([
        ("phase2.toml", "rules = ['tenants']\n"),
        ("supabase/functions/_shared/load.ts", &load),
        ("supabase/functions/a/index.ts", entry),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let load = editor.open_file(&root.path().join("supabase/functions/_shared/load.ts"));
    assert_eq!(rules(&editor.diagnostics(&load)), ["tenants"]);
    let entry_path = root.path().canonicalize().unwrap().join("supabase/functions/a/index.ts");
    let actions = editor.actions(&load, NIL, Some(&["quickfix"]));
    assert!(actions[0].title.ends_with("(tenants)"), "{:?}", titles(&actions));
    let texts = applied(&editor, &actions[0]);
    assert!(texts[&load].contains("load(x: number, tenantId: string)"), "{}", texts[&load]);
    let called = &texts[&uri(&entry_path)];
    assert!(called.contains("load(1, getTenantFromJWT(req) ||"), "{called}");

    // The caller is open by now, and has another text that was never saved.
    let entry = editor.open_file(&root.path().join("supabase/functions/a/index.ts"));
    let changed = editor.text(&entry).replace("load(1)", "load(2)");
    editor.change(&entry, &changed);
    let actions = editor.actions(&load, NIL, Some(&["quickfix"]));
    let called = &applied(&editor, &actions[0])[&entry];
    assert!(called.contains("load(2, getTenantFromJWT(req) ||"), "{called}");
}

#[test]
fn unsafe_fixes_are_called_so_and_left_out_of_the_rest() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    let mut editor = Editor::open(&[&demo]);
    let webhook = editor.open_file(&demo.join("supabase/functions/payment-webhook/index.ts"));
    let actions = editor.actions(&webhook, "serve(", None);
    let titles = titles(&actions);
    assert!(titles[0].starts_with("Unsafe, may change what the program means: "), "{titles:?}");
    assert_eq!(actions[0].is_preferred, None);
    assert!(applied(&editor, &actions[0])[&webhook].contains("withRateLimit"));
    assert!(!titles.contains(&"Fix all of rule rate-limit in this file"), "{titles:?}");
    let all = actions.iter().find(|action| kind(action) == "source.fixAll.phase2").unwrap();
    assert!(!applied(&editor, all)[&webhook].contains("withRateLimit"));
}
