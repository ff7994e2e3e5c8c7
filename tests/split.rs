//! Files that grew too large, from one end to the other: what they are split into type-checks, renders the same HTML and
//! answers the same.
// The packages are lent by a symbolic link.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::node::{deno, node_modules, run, run_script, tsc};

/// A text with what stands between `@repeat N` and `@end` as often as that, numbered.
fn grown(text: &str) -> String {
    let mut grown = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((_, count)) = line.split_once("@repeat ") else {
            grown += &format!("{line}\n");
            continue;
        };
        let count: usize = count.split_whitespace().next().unwrap().parse().unwrap();
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.contains("@end")).collect();
        for number in 1..=count {
            grown += &block.iter().map(|line| line.replace('@', &number.to_string()) + "\n").collect::<String>();
        }
    }
    grown
}

/// A page of 255 lines that nobody would take apart.
fn page() -> String {
    let rows: String = (1..=245).map(|row| format!("      <tr><td>{row}</td></tr>\n")).collect();
    format!(
        "export function Page() {{\n  return (\n    <table>\n      <tbody>\n{rows}      </tbody>\n    </table>\n  );\n}}\n\nexport const rows = 245;\n"
    )
}

fn files() -> BTreeMap<&'static str, String> {
    let app = "import { Chat, type Message } from './Chat';\nimport { Page, rows } from './Page';\n\n\
               const initial: Message[] = [\n  { id: 'a', author: 'user', text: 'Hello 1 & 2', at: 61 },\n\
               \x20 { id: 'b', author: 'assistant', text: 'Hi 3', at: 62 },\n];\n\n\
               export const App = () => (\n  <main title={String(rows)}>\n    <Chat initial={initial} />\n    <Page />\n  </main>\n);\n";
    let shared =
        "export const reply = (body: unknown, headers: HeadersInit): Response => Response.json(body, { headers });\n";
    let tsconfig = "{ \"compilerOptions\": { \"strict\": true, \"noUnusedLocals\": true, \"isolatedModules\": true, \"noEmit\": true,\n\
                    \"jsx\": \"react-jsx\", \"module\": \"esnext\", \"moduleResolution\": \"bundler\", \"target\": \"es2022\", \"types\": [] },\n\
                    \"include\": [\"src\"] }\n";
    BTreeMap::from([
        ("src/Chat.tsx", grown(include_str!("split/Chat.tsx"))),
        ("src/Icon.tsx", "export const Icon = ({ name }: { name: string }) => <svg aria-label={name} />;\n".to_owned()),
        ("src/Page.tsx", page()),
        ("src/App.tsx", app.to_owned()),
        ("supabase/functions/rocker/index.ts", grown(include_str!("split/index.ts"))),
        ("supabase/functions/_shared/reply.ts", shared.to_owned()),
        ("tsconfig.json", tsconfig.to_owned()),
        ("package.json", "{ \"dependencies\": { \"@types/react\": \"19.2.2\" } }\n".to_owned()),
        (
            "phase2.toml",
            "[large-files.allow]\n\"src/Page.tsx\" = \"one table, easier to read in one piece\"\n".to_owned(),
        ),
    ])
}

/// The TypeScript below a folder.
fn texts(root: &Path) -> BTreeMap<String, String> {
    let walk = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != "node_modules");
    let paths = walk.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    let all = paths.map(|path| (name(&path), fs::read_to_string(path).unwrap()));
    all.filter(|(name, _)| name.ends_with(".ts") || name.ends_with(".tsx")).collect()
}

fn phase2(root: &TempDir, args: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("phase2").unwrap();
    let output = command.current_dir(root.path()).env("NO_COLOR", "1").args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// What the project says when it runs.
fn behaviour(root: &Path) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/split/run.mjs");
    let files = texts(root);
    let requests = json!([{ "question": "1 2 3 44", "limit": 3 }, { "question": "7", "limit": -5 }, { "question": 1 }]);
    let inputs = [
        json!({ "files": files, "entry": "src/App.tsx" }),
        json!({ "files": files, "entry": "supabase/functions/rocker/index.ts", "requests": requests }),
    ];
    let said = inputs.map(|input| run_script(&script, &serde_json::to_vec(&input).unwrap()));
    said.iter().map(|said| serde_json::from_slice(said).unwrap()).collect()
}

fn type_checks(root: &Path) {
    run(tsc().arg("-p").arg(root));
    let files = texts(root);
    let functions = files.keys().filter(|path| path.starts_with("supabase/"));
    run(deno().arg("check").args(functions).current_dir(root));
}

/// The lines of a text between the first that has `first` and the next that is `last`, counted from 1.
fn lines(text: &str, first: &str, last: &str) -> String {
    let start = text.lines().position(|line| line.contains(first)).unwrap();
    let end = text.lines().skip(start).position(|line| line == last).unwrap() + start;
    format!("{}-{}", start + 1, end + 1)
}

#[test]
fn what_is_split_means_the_same() {
    let root = support::project(files());
    std::os::unix::fs::symlink(node_modules(), root.path().join("node_modules")).unwrap();
    let count = |path: &str| fs::read_to_string(root.path().join(path)).unwrap().lines().count();
    let (chat, function) = ("src/Chat.tsx", "supabase/functions/rocker/index.ts");
    assert_eq!([count(chat), count(function), count("src/Page.tsx")], [490, 357, 255]);
    type_checks(root.path());
    let before = behaviour(root.path());
    assert!(before[0].to_string().contains("Say 45") && before[1].to_string().contains("Tool 3"), "{before:?}");

    let (status, said) = phase2(&root, &["check", "--rule", "large-files", "-o", "concise"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("one table, easier to read in one piece") && !said.contains("Page.tsx:1:"), "{said}");

    let text = fs::read_to_string(root.path().join(chat)).unwrap();
    let voice = lines(&text, "className=\"voice\"", "      </div>");
    let split = ["split", chat, "--allow-no-vcs"];
    let (status, said) = phase2(&root, &[&split[..], &["--extract", &voice, "--as", "VoiceControls"]].concat());
    assert_eq!(status, 0, "{said}");
    let text = fs::read_to_string(root.path().join(chat)).unwrap();
    let row = lines(&text, "<div key={message.id}", "          </div>");
    let (status, said) = phase2(&root, &[&split[..], &["--extract", &row, "--as", "MessageRow"]].concat());
    assert_eq!(status, 0, "{said}");
    let text = fs::read_to_string(root.path().join(chat)).unwrap();
    assert!(text.contains("          <MessageRow\n            key={message.id}\n"), "{text}");
    let aside = lines(&text, "<aside>", "        </aside>");
    let (status, said) = phase2(&root, &[&split[..], &["--extract", &aside, "--as", "Details"]].concat());
    assert_eq!(status, 0, "{said}");
    type_checks(root.path());
    assert_eq!(behaviour(root.path()), before);

    let (status, said) = phase2(&root, &["fix", "--rule", "large-files", "--unsafe-fixes", "--allow-no-vcs"]);
    assert_eq!(status, 0, "{said}");
    let too_long: Vec<(String, usize)> = texts(root.path())
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > 200 && path != "src/Page.tsx")
        .collect();
    assert!(too_long.is_empty(), "{too_long:?}");
    type_checks(root.path());
    assert_eq!(behaviour(root.path()), before);

    let after = texts(root.path());
    let (status, said) = phase2(&root, &["fix", "--rule", "large-files", "--unsafe-fixes", "--allow-no-vcs"]);
    assert_eq!(status, 0, "{said}");
    assert_eq!(texts(root.path()), after, "a second run changed something");
}
