//! How a session begins and ends.

use gen_lsp_types as lsp;
use serde_json::{Value, json};

use crate::client::{Editor, able};
use crate::support::project;

#[test]
fn a_session_begins_and_ends_as_the_protocol_wants_it() {
    let root = project([("src/a.ts", "")]);
    let mut editor = Editor::open(&[root.path()]);
    assert_eq!(editor.capabilities.position_encoding, Some(lsp::PositionEncodingKind::UTF16));
    let kinds = match editor.capabilities.code_action_provider.clone().unwrap() {
        lsp::CodeActionProvider::CodeActionOptions(options) => options.code_action_kinds.unwrap(),
        lsp::CodeActionProvider::Bool(_) => panic!("it says which kinds"),
    };
    assert_eq!(kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(), ["quickfix", "source.fixAll.phase2"]);
    editor.settle();
    assert_eq!(editor.asked.len(), 1, "it asks to be told of files: {:?}", editor.asked);
    assert_eq!(editor.asked[0].method, "client/registerCapability");
    assert_eq!(editor.leave().code(), Some(0));
}

#[test]
fn whoever_leaves_without_asking_leaves_a_failure_behind() {
    let root = project([("src/a.ts", "")]);
    assert_eq!(Editor::open(&[root.path()]).vanish(true).code(), Some(1));
    assert_eq!(Editor::open(&[root.path()]).vanish(false).code(), Some(1));
    let silent = Editor::start(&[]).vanish(false).code();
    assert_eq!(silent, Some(2), "there was no session");
}

#[test]
fn requests_out_of_turn_are_refused() {
    let root = project([("src/a.ts", "")]);
    let mut editor = Editor::start(&[]);
    assert_eq!(editor.request("textDocument/codeAction", json!({})).unwrap_err().code, -32002, "not initialized");
    drop(editor);
    let mut editor = Editor::open(&[root.path()]);
    assert_eq!(editor.request("textDocument/hover", json!({})).unwrap_err().code, -32601, "unknown");
    assert_eq!(editor.request("textDocument/codeAction", json!({ "range": 1 })).unwrap_err().code, -32602, "misread");
    assert_eq!(editor.request("shutdown", Value::Null).unwrap(), Value::Null);
    assert_eq!(editor.request("textDocument/codeAction", json!({})).unwrap_err().code, -32600, "too late");
    assert_eq!(editor.vanish(true).code(), Some(0));
}

#[test]
fn positions_count_bytes_if_the_client_offers_that() {
    let root = project([
        ("phase2.toml", ""),
        ("src/lib/logger.ts", LOGGER),
        ("src/a.ts", "const é = '😀'; console.log('x');\n"),
    ]);
    let column = |encodings: Option<Value>| {
        let mut capabilities = able();
        if let Some(encodings) = encodings {
            capabilities["general"] = json!({ "positionEncodings": encodings });
        }
        let mut editor = Editor::with(&[root.path()], &[], capabilities);
        let uri = editor.open_file(&root.path().join("src/a.ts"));
        let found = editor.diagnostics(&uri);
        assert_eq!(found.len(), 1, "{found:?}");
        let encoding = editor.capabilities.position_encoding.clone().unwrap();
        (encoding, found[0].range.start.character)
    };
    assert_eq!(column(None), (lsp::PositionEncodingKind::UTF16, 16));
    assert_eq!(column(Some(json!(["utf-16", "utf-8"]))), (lsp::PositionEncodingKind::UTF8, 19));
    assert_eq!(column(Some(json!(["utf-32", "utf-16"]))), (lsp::PositionEncodingKind::UTF16, 16));
}

pub const LOGGER: &str = "export const logger = {\n  info(message: string, fields?: Record<string, unknown>) {},\n  \
                          debug(message: string, fields?: Record<string, unknown>) {},\n  \
                          warn(message: string, fields?: Record<string, unknown>) {},\n  \
                          error(message: string, fields?: Record<string, unknown>) {},\n};\n";
