//! After any edit the server says what `phase2 check` says of the same texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gen_lsp_types as lsp;
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Editor;
use crate::diagnostics::{messages, rules};
use crate::support::project;

/// Edits per seed.
const EDITS: usize = 12;

/// What is typed into files, whole or in part.
const SNIPPETS: [&str; 16] = [
    "console.log('typed:', one);\n",
    "console.error('é😀', { a: 1 });\n",
    "const tenantId = '00000000-0000-0000-0000-000000000000';\n",
    "await supabase.from('orders').select().eq('tenant_id', '00000000-0000-0000-0000-000000000000');\n",
    "// phase2-ignore console: it is typed\n",
    "// phase2-ignore-file tenants: it is typed\n",
    "import { audit } from '../_shared/audit.ts';\n",
    "import { log } from '../_shared/logger.ts';\n",
    "import { logger } from '@/lib/logger';\n",
    "await audit(supabase, 'x');\n",
    "export function log(level: string, message: string) {}\n",
    "export const logger = { warn(text: string) {} };\n",
    "Deno.serve(async (req) => {\n",
    "});\n",
    "}\n",
    "`${",
];

/// The files that are edited: entries, what they import, and the loggers.
const FILES: [&str; 7] = [
    "supabase/functions/create-order/index.ts",
    "supabase/functions/daily-digest/index.ts",
    "supabase/functions/list-orders/index.ts",
    "supabase/functions/_shared/audit.ts",
    "supabase/functions/_shared/logger.ts",
    "src/lib/logger.ts",
    "src/pages/Orders.tsx",
];

/// Numbers that are the same in each run.
pub struct Dice(pub u64);

impl Dice {
    /// One below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// A copy of the demo.
pub fn demo() -> TempDir {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    let mut folders = vec![demo.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(&demo).unwrap().to_owned(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    project(files)
}

fn edited(text: &str, dice: &mut Dice) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    let at = dice.roll(lines.len() + 1);
    match dice.roll(6) {
        0 if at < lines.len() => drop(lines.remove(at)),
        1 if at < lines.len() => {
            let line = lines[at].clone();
            let other = dice.roll(lines.len());
            lines.insert(other, line);
        }
        2 if at < lines.len() => {
            let letters: Vec<char> = lines[at].chars().collect();
            let cut = dice.roll(letters.len());
            lines[at] =
                letters.iter().enumerate().filter(|(index, _)| *index != cut).map(|(_, letter)| letter).collect();
        }
        _ => lines.insert(at, SNIPPETS[dice.roll(SNIPPETS.len())].to_owned()),
    }
    lines.concat()
}

/// Rule, range and words of each violation.
type Said = Vec<(String, [u64; 4], String)>;

fn by_server(found: &[lsp::Diagnostic]) -> Said {
    let range = |range: lsp::Range| {
        [range.start.line, range.start.character, range.end.line, range.end.character].map(u64::from)
    };
    let said = found.iter().zip(rules(found)).zip(messages(found));
    said.map(|((diagnostic, rule), message)| (rule, range(diagnostic.range), message)).collect()
}

fn by_check(report: &Value, path: &str) -> Said {
    let violations = report["violations"].as_array().unwrap().iter().filter(|violation| violation["path"] == path);
    let said = violations.map(|violation| {
        let number = |place: &str, part: &str| violation[place][part].as_u64().unwrap() - 1;
        let range =
            [number("start", "line"), number("start", "column"), number("end", "line"), number("end", "column")];
        let help = violation["help"].as_str().map(|help| format!("\n{help}")).unwrap_or_default();
        let text = |key: &str| violation[key].as_str().unwrap().to_owned();
        (text("rule"), range, format!("{}{help}", text("message")))
    });
    said.collect()
}

fn compare(seed: u64) {
    let (root, mirror) = (demo(), demo());
    let mut dice = Dice(seed);
    let mut editor = Editor::open(&[root.path()]);
    let uris: Vec<_> = FILES.iter().map(|path| editor.open_file(&root.path().join(path))).collect();
    for step in 0..EDITS {
        let index = dice.roll(FILES.len());
        let text = edited(editor.text(&uris[index]), &mut dice);
        fs::write(mirror.path().join(FILES[index]), &text).unwrap();
        editor.change(&uris[index], &text);
        let checked = Command::new(env!("CARGO_BIN_EXE_phase2"))
            .args(["check", "-o", "json", "-q", "--root"])
            .arg(mirror.path())
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
        editor.diagnostics(&uris[index]);
        editor.settle();
        for (path, uri) in FILES.iter().zip(&uris) {
            let said = by_server(&editor.published[uri].diagnostics);
            // What has no rule is an error about the file.
            let said: Said = said.into_iter().filter(|(rule, _, _)| !rule.is_empty()).collect();
            assert_eq!(
                said,
                by_check(&report, path),
                "seed {seed}, step {step}, edit of {}, seen in {path}",
                FILES[index]
            );
        }
    }
    assert!(editor.shown.is_empty(), "{:?}", editor.shown);
    assert_eq!(editor.leave().code(), Some(0));
}

#[test]
fn the_server_says_what_check_says() {
    compare(0x9E37_79B9_7F4A_7C15);
}

#[test]
fn the_server_says_what_check_says_elsewhere() {
    compare(0x94D0_49BB_1331_11EB);
}
