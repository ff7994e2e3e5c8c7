//! Opens the page of `phase2 status -o html` in a browser: light and dark, wide and narrow, by keyboard and on paper.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use support::node::{browser_modules, run_script_with};
use tempfile::TempDir;

/// What is wrong with each of the pages.
fn findings(pages: &[PathBuf]) -> Vec<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let output = run_script_with(&browser_modules(), &script, &serde_json::to_vec(pages).unwrap());
    serde_json::from_slice(&output).unwrap()
}

/// The page of a project.
fn page(root: &Path, more: &[&str], page: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phase2"));
    command.args(["status", "-q", "--root"]).arg(root).arg(format!("-ohtml={}", page.display())).args(more);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A project whose names and texts would like to be more than that.
fn hostile(root: &Path) {
    const OPEN: &str = "Deno.serve(async (req) => new Response(req.url));\n";
    let long = format!("{}/{}.ts", "w".repeat(120), "x".repeat(90));
    let files = [
        ("supabase/functions/<img src=x onerror=alert(1)>/index.ts", OPEN.to_owned()),
        ("supabase/functions/export-\u{1b}[31m\u{202e}/index.ts", OPEN.to_owned()),
        ("supabase/functions/reads/index.ts", OPEN.to_owned()),
        ("src/\"quoted' & <b>bold.ts", "console.log('a');\n".repeat(260)),
        (&format!("src/{long}"), "console.log(...arguments_of_nobody);\n".repeat(20)),
        ("src/`.ts", "// phase2-ignore <script>alert(2)</script>\nconsole.log(1);\n".to_owned()),
        (
            "phase2.toml",
            "[large-files]\n[rate-limit.exempt]\nreads = \"</style><script>alert(3)</script>`\"\n".to_owned(),
        ),
    ];
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A project that had fewer violations each week, and once none of the folders that are looked into.
fn with_past(root: &Path) {
    fs::create_dir_all(root).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let git = |weeks: u64, args: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(root).env("GIT_COMMITTER_DATE", format!("{} +0000", now - weeks * 7 * 24 * 60 * 60));
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args);
        assert!(git.status().unwrap().success(), "git {args:?}");
    };
    git(0, &["init", "-q"]);
    for weeks in [7, 6, 5, 3, 2, 1, 0] {
        let _ = fs::remove_dir_all(root.join("src"));
        let folder = root.join(if weeks == 5 { "lib" } else { "src" });
        fs::create_dir_all(&folder).unwrap();
        let text = "console.log('a');\n".repeat(usize::try_from(weeks * 3).unwrap());
        fs::write(folder.join("a.ts"), text + &"console.group();\n".repeat(2)).unwrap();
        git(weeks, &["add", "-A"]);
        git(weeks, &["commit", "-qm", "state"]);
    }
}

#[test]
fn it_can_be_read_by_anybody_and_asks_no_network() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("<b>shop & \"co\"");
    hostile(&root);
    let pages = ["demo.html", "hostile.html", "empty.html", "history.html"].map(|name| folder.path().join(name));
    page(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo"), &[], &pages[0]);
    page(&root, &[], &pages[1]);
    fs::create_dir_all(folder.path().join("empty/src")).unwrap();
    page(&folder.path().join("empty"), &["--isolated"], &pages[2]);
    let history = folder.path().join("history");
    with_past(&history);
    page(&history, &["--history", "9w"], &pages[3]);
    for (page, found) in pages.iter().zip(findings(&pages)) {
        assert!(found.is_empty(), "{}:\n{}", page.display(), found.join("\n"));
    }
    let text = fs::read_to_string(&pages[1]).unwrap();
    for part in [
        "&lt;img src=x onerror=alert(1)&gt;",
        "&quot;quoted&#x27; &amp; &lt;b&gt;bold.ts",
        "export-\u{fffd}[31m\u{fffd}",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_page_that_is_wrong_is_noticed() {
    let folder = TempDir::new().unwrap();
    let wrong = folder.path().join("wrong.html");
    let text = "<html><body style='background:#fff'><p style='color:#eee;width:1200px'>pale</p><img src='http://127.0.0.1:9/a.png'>\
                <a href='#x' tabindex='2'>second</a><a href='#y' tabindex='1' style='outline:none'>first</a>\
                <details><summary>more</summary><ul><li>hidden</li></ul></details><script>console.error('no')</script>";
    fs::write(&wrong, text).unwrap();
    let found = findings(&[wrong]).remove(0).join("\n");
    let expected = [
        "light, 960 px: it is 1",
        "axe: color-contrast",
        "axe: html-has-lang",
        "it requests http://127.0.0.1:9/a.png",
        "it writes to the console: error",
        "elements that do something",
        "light and dark look the same",
        "the keyboard reaches",
        "the focus on A first can't be seen",
        "paper doesn't show hidden",
    ];
    for part in expected {
        assert!(found.contains(part), "no {part:?} in {found}");
    }
}
