//! Configuration, baseline and other files change: in the editor, or on disk.

use std::fs;
use std::process::Command;

use gen_lsp_types as lsp;
use serde_json::json;

use crate::client::{Editor, able, uri};
use crate::diagnostics::{messages, rules};
use crate::protocol::LOGGER;
use crate::support::project;

const CALL: &str = "console.log('a');\n";

#[test]
fn an_unsaved_configuration_counts_and_a_broken_one_is_told_of() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", CALL)]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(rules(&editor.diagnostics(&a)), ["console"]);

    let toml = editor.open_file(&root.path().join("phase2.toml"));
    assert_eq!(editor.diagnostics(&toml), []);
    editor.change(&toml, "[console]\nexclude = ['a.ts']\n");
    assert_eq!(editor.diagnostics(&toml), []);
    editor.settle();
    assert_eq!(editor.published[&a].diagnostics, []);

    editor.change(&toml, "# é\n[console]\nexclud = ['a.ts']\n");
    let wrong = editor.diagnostics(&toml);
    assert_eq!(messages(&wrong), ["unknown key `exclud`\ndid you mean `exclude`?"]);
    let place = |line, character| lsp::Position { line, character };
    assert_eq!(wrong[0].range, lsp::Range { start: place(2, 0), end: place(2, 6) });
    assert_eq!(wrong[0].severity, Some(lsp::DiagnosticSeverity::Error));
    // What counted before counts on.
    editor.change(&a, "console.log('b');\n");
    assert_eq!(editor.diagnostics(&a), []);

    editor.change(&toml, "");
    assert_eq!(editor.diagnostics(&toml), []);
    editor.settle();
    assert_eq!(rules(&editor.published[&a].diagnostics), ["console"]);
    // Closed, the one on disk counts.
    editor.change(&toml, "rules = ['tenants']\n");
    editor.close(&toml);
    editor.settle();
    assert_eq!(rules(&editor.published[&a].diagnostics), ["console"]);
    assert_eq!(editor.leave().code(), Some(0));
}

#[test]
fn a_configuration_that_changes_on_disk_is_read_again() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", CALL)]);
    let path = root.path().join("phase2.toml");
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(rules(&editor.diagnostics(&a)), ["console"]);
    for (text, found, wrong) in [
        ("[rate-limit]\n", 1, None),
        ("rules = ['tenants']\n", 0, None),
        ("roots = ['source']\n", 0, Some("`source` in `roots` matches no folder")),
        ("roots = \n", 0, Some("")),
        ("", 1, None),
    ] {
        fs::write(&path, text).unwrap();
        editor.changed_on_disk(&[(&path, 2)]);
        editor.settle();
        let said = editor.published.get(&uri(&path)).map(|params| params.diagnostics.clone()).unwrap_or_default();
        match wrong {
            None => assert_eq!(said, [], "{text}"),
            Some(wrong) => assert!(messages(&said)[0].contains(wrong), "{text}: {said:?}"),
        }
        assert_eq!(editor.published[&a].diagnostics.len(), found, "{text}");
    }
}

#[test]
fn accepted_violations_are_not_shown_and_suppressed_ones_neither() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", CALL)]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(editor.diagnostics(&a).len(), 1);
    let accepted =
        Command::new(env!("CARGO_BIN_EXE_phase2")).args(["baseline", "-q", "--root"]).arg(root.path()).status();
    assert!(accepted.unwrap().success());
    let path = root.path().join("phase2-baseline.json");
    editor.changed_on_disk(&[(&path, 1)]);
    editor.settle();
    assert_eq!(editor.published[&a].diagnostics, []);

    // It may move, and another is not accepted with it.
    editor.change(&a, &format!("export {{}};\n{CALL}console.log('new');\n"));
    let found = editor.diagnostics(&a);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].range.start.line, 2);
    editor.change(&a, &format!("{CALL}// phase2-ignore console: it is a test\nconsole.log('new');\n"));
    assert_eq!(editor.diagnostics(&a), []);
    editor.change(&a, &format!("{CALL}console.log('new'); // phase2-ignore console\n"));
    assert_eq!(rules(&editor.diagnostics(&a)), ["console", "suppression"]);

    // As it is in the editor, be it broken.
    let baseline = editor.open_text(&path, "{\"version\":1,\"violations\":[\n<<<<<<< ours\n");
    let wrong = editor.diagnostics(&baseline);
    assert!(messages(&wrong)[0].contains("merge"), "{wrong:?}");
    assert_eq!(wrong[0].range.start.line, 1);
    editor.settle();
    assert_eq!(editor.published[&a].diagnostics.len(), 3);
}

#[test]
fn an_unsaved_import_target_counts() {
    let root = project([
        ("phase2.toml", ""),
        ("src/lib/logger.ts", LOGGER),
        ("src/a.ts", CALL),
        ("src/b.ts", "export const b = 1;\n"),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    let logger = editor.open_file(&root.path().join("src/lib/logger.ts"));
    assert!(messages(&editor.diagnostics(&a))[0].contains("`logger.info`"));
    editor.change(&logger, &LOGGER.replace("const logger", "const appLogger"));
    editor.diagnostics(&logger);
    editor.settle();
    assert!(messages(&editor.published[&a].diagnostics)[0].contains("`appLogger.info`"), "{:?}", editor.published[&a]);
    let actions = editor.actions(&a, "console", Some(&["source.fixAll"]));
    let edit = serde_json::to_string(&actions[0].edit).unwrap();
    assert!(edit.contains("import { appLogger }"), "{edit}");

    editor.close(&logger);
    editor.settle();
    assert!(messages(&editor.published[&a].diagnostics)[0].contains("`logger.info`"));
}

#[test]
fn files_that_change_come_and_go_on_disk_are_read_again() {
    let root = project([("phase2.toml", ""), ("src/a.ts", CALL), ("src/b.ts", CALL)]);
    let logger = root.path().join("src/lib/logger.ts");
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    let before = messages(&editor.diagnostics(&a));
    let mut after = |text: Option<&str>, kind: u32| {
        match text {
            Some(text) => {
                fs::create_dir_all(logger.parent().unwrap()).unwrap();
                fs::write(&logger, text).unwrap();
            }
            None => fs::remove_file(&logger).unwrap(),
        }
        editor.changed_on_disk(&[(&logger, kind)]);
        editor.settle();
        messages(&editor.published[&a].diagnostics)
    };
    assert!(after(Some(LOGGER), 1)[0].contains("`logger.info` from src/lib/logger.ts"));
    assert!(after(Some(&LOGGER.replace("const logger", "const appLogger")), 2)[0].contains("`appLogger.info`"));
    assert_eq!(after(None, 3), before);
}

#[test]
fn what_supabase_is_told_counts_unsaved() {
    let root = project([
        ("supabase/config.toml", ""),
        ("supabase/functions/a/index.ts", "Deno.serve(async (req) => new Response('a'));\n"),
    ]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("supabase/functions/a/index.ts"));
    let config = editor.open_file(&root.path().join("supabase/config.toml"));
    editor.diagnostics(&config);
    let title =
        |editor: &mut Editor| serde_json::to_string(&editor.actions(&a, "Deno", Some(&["quickfix"]))[0].edit).unwrap();
    assert!(title(&mut editor).contains("'a', perUser("));
    editor.change(&config, "[functions.a]\nverify_jwt = false\n");
    assert!(!title(&mut editor).contains("'a', perUser("), "nobody verifies the token");
    editor.change(&config, "[functions.a\n");
    editor.settle();
    assert!(editor.shown.iter().any(|message| message.contains("supabase/config.toml:1:")), "{:?}", editor.shown);
    editor.change(&config, "");
    assert!(title(&mut editor).contains("'a', perUser("));
}

#[test]
fn a_client_that_watches_nothing_is_served_at_each_save() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", CALL)]);
    let mut capabilities = able();
    capabilities["workspace"]["didChangeWatchedFiles"] = json!({ "dynamicRegistration": false });
    let mut editor = Editor::with(&[root.path()], &[], capabilities);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    assert_eq!(editor.diagnostics(&a).len(), 1);
    assert!(editor.asked.is_empty());
    fs::write(root.path().join("phase2.toml"), "rules = ['tenants']\n").unwrap();
    editor.save(&a);
    editor.settle();
    assert_eq!(editor.published[&a].diagnostics, []);
}

#[test]
fn a_folder_becomes_a_project_and_another_one_is_opened() {
    let root = project([("src/lib/logger.ts", LOGGER), ("src/a.ts", CALL)]);
    let path = root.path().join("phase2.toml");
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    editor.settle();
    assert!(!editor.published.contains_key(&a));
    fs::write(&path, "").unwrap();
    editor.changed_on_disk(&[(&path, 1)]);
    assert_eq!(rules(&editor.diagnostics(&a)), ["console"]);
    fs::remove_file(&path).unwrap();
    editor.changed_on_disk(&[(&path, 3)]);
    editor.settle();
    assert_eq!(editor.published[&a].diagnostics, []);
}

#[test]
fn the_command_line_may_name_the_configuration_or_none() {
    let root = project([
        ("phase2.toml", "rules = ['tenants']\n"),
        ("other.toml", "rules = ['suppression']\n"),
        ("src/lib/logger.ts", LOGGER),
        ("src/a.ts", CALL),
    ]);
    let count = |arguments: &[&str]| {
        let mut editor = Editor::with(&[root.path()], arguments, able());
        let a = editor.open_file(&root.path().join("src/a.ts"));
        editor.diagnostics(&a).len()
    };
    assert_eq!(count(&["--isolated"]), 1);
    let other = root.path().join("other.toml");
    assert_eq!(count(&["--config", other.to_str().unwrap()]), 0);
}

#[test]
fn of_many_keystrokes_the_last_one_counts() {
    let root = project([("phase2.toml", ""), ("src/lib/logger.ts", LOGGER), ("src/a.ts", "")]);
    let mut editor = Editor::open(&[root.path()]);
    let a = editor.open_file(&root.path().join("src/a.ts"));
    for count in 1..=200 {
        editor.change(&a, &CALL.repeat(count % 7));
    }
    let params = json!({
        "textDocument": { "uri": a },
        "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } },
        "context": { "diagnostics": [] },
    });
    let asked = editor.ask("textDocument/codeAction", params);
    let cancel = lsp_server::Notification { method: "$/cancelRequest".to_owned(), params: json!({ "id": asked }) };
    editor.send(cancel.into());
    // It may have been answered by then.
    if let Err(error) = editor.answer(asked) {
        assert_eq!(error.code, -32800);
    }
    assert_eq!(editor.diagnostics(&a).len(), 200 % 7);
}

#[cfg(unix)]
#[test]
fn files_are_called_as_the_client_calls_their_folder() {
    let root = project([("real/supabase/functions/a/index.ts", "Deno.serve(async (req) => new Response('a'));\n")]);
    let link = root.path().join("link");
    std::os::unix::fs::symlink(root.path().join("real"), &link).unwrap();
    let mut editor = Editor::open(&[&link]);
    let a = editor.open_file(&link.join("supabase/functions/a/index.ts"));
    assert_eq!(rules(&editor.diagnostics(&a)), ["rate-limit"]);
    let actions = editor.actions(&a, "Deno", Some(&["source.fixAll"]));
    let edit = serde_json::to_value(&actions[0].edit).unwrap();
    let created = edit["documentChanges"].as_array().unwrap().iter().find(|change| change["kind"] == "create").unwrap();
    let helper = uri(&link.join("supabase/functions/_shared/rate-limit-wrapper.ts"));
    assert_eq!(created["uri"], helper.as_str());
}
