//! How long an editor waits for the language server at a file of 2,000 lines.
//!
//! `cargo bench --bench lsp` starts `phase2 lsp` with two threads as an editor does, opens the file in the demo and in
//! generated projects, types into it, and prints the time from each message to the diagnostics of that version: for the
//! first document, while the project is read; for the file once it is; and for keystrokes. The last column is for keystrokes
//! in the module that all other files log with, after which all are looked at again.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/lsp/client.rs"]
mod client;
mod project;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use client::{Editor, able};
use gen_lsp_types::Uri;
use project::Density;
use serde_json::json;

/// How many keystrokes are measured.
const KEYSTROKES: usize = 200;
/// The same in the logger.
const CONSULTED: usize = 20;
const LINES: usize = 2000;
/// The sizes of the generated projects in megabytes.
const SIZES: [usize; 2] = [5, 30];

fn main() {
    println!(
        "| Project | Files | First document | Opened | Keystroke: median | 95% | longest | In the logger: median |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    copy(&demo, folder.path());
    measure("the demo", folder.path());
    for megabytes in SIZES {
        let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
        project::write(folder.path(), Density::Dense, megabytes);
        fs::create_dir_all(folder.path().join("src/lib")).unwrap();
        fs::copy(demo.join("src/lib/logger.ts"), folder.path().join("src/lib/logger.ts")).unwrap();
        measure(&format!("{megabytes} MB"), folder.path());
    }
}

fn measure(name: &str, root: &Path) {
    let text = project::long_module(LINES);
    let long = root.join("src/lib/long-module.ts");
    fs::write(&long, &text).unwrap();
    let logger = root.join("src/lib/logger.ts");

    let mut editor = Editor::with(&[root], &["-j", "2"], able());
    let (first, logger) = timed(&mut editor, |editor| editor.open_file(&logger));
    let (opened, uri) = timed(&mut editor, |editor| editor.open_file(&long));
    let found = editor.diagnostics(&uri).len();
    assert!(found > 20, "{found}");
    let times = keystrokes(&mut editor, &uri, LINES, KEYSTROKES);
    let consulted = keystrokes(&mut editor, &logger, 3, CONSULTED);
    assert!(editor.leave().success());

    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let part = |of: usize| shown(times[(times.len() - 1) * of / 100]);
    println!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} |",
        count(root),
        shown(first),
        shown(opened),
        part(50),
        part(95),
        part(100),
        shown(consulted[consulted.len() / 2])
    );
}

/// Types one letter after the other, at places all over the first `lines` of a document; the times in their order.
fn keystrokes(editor: &mut Editor, uri: &Uri, lines: usize, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for number in 0..count {
        let line = number * 7919 % lines;
        let place = json!({ "line": line, "character": 0 });
        // A call, letter by letter, and away with it.
        let text = ["//", " a", "\n", "console.log('typed');\n"][number % 4];
        let (time, _) = timed(editor, |editor| {
            editor.edit(uri, json!([{ "range": { "start": place, "end": place }, "text": text }]));
            uri.clone()
        });
        times.push(time);
    }
    times.sort();
    times
}

/// How long it takes until something is said of the version that `send` brings up.
fn timed(editor: &mut Editor, send: impl FnOnce(&mut Editor) -> Uri) -> (Duration, Uri) {
    let start = Instant::now();
    let uri = send(editor);
    editor.diagnostics(&uri);
    (start.elapsed(), uri)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}
