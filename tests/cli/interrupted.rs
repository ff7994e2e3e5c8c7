//! What a run finds that comes after one that was killed while it wrote.

use serde_json::{Value, json};

use crate::sandbox::{FIXABLE, Sandbox};

const JOURNAL: &str = ".phase2-journal.json";
const FIXED: &str = "import { logger } from './lib/logger';\n\nexport function greet(name: string) {\n  logger.info('hello', { name });\n}\n";
const LOGGER: &str = "\
const say = (message: string, fields?: object) => {};
export const logger = { debug: say, info: say, warn: say, error: say };
";

/// A journal's word for a content: its length and its FNV-1a hash.
fn fingerprint(text: &str) -> Value {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    json!({"length": text.len(), "hash": hash})
}

/// A run was killed when `done` of its two files had been renamed.
fn interrupted(done: usize) -> Sandbox {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", FIXABLE), ("src/lib/logger.ts", LOGGER)]);
    let entries = ["a", "b"].iter().enumerate().map(|(at, name)| {
        let (target, temp) = (format!("src/{name}.ts"), format!("src/.phase2-7-{at}.tmp"));
        sandbox.write(if at < done { &target } else { &temp }, FIXED);
        json!({"target": target, "temp": temp, "before": fingerprint(FIXABLE), "after": fingerprint(FIXED)})
    });
    let entries: Vec<Value> = entries.collect();
    sandbox.write(JOURNAL, json!({"version": 1, "entries": entries, "folders": []}).to_string());
    sandbox
}

fn is_tidy(sandbox: &Sandbox) -> bool {
    sandbox.files().keys().all(|path| !path.to_string_lossy().contains(".phase2-"))
}

#[test]
fn fix_finishes_what_had_begun() {
    let sandbox = interrupted(1);
    let run = sandbox.run(&["fix"]).expect(0).says(&["note: an earlier run was interrupted", "now written"]);
    run.says(&["Nothing to fix: no violations"]);
    assert_eq!((sandbox.read("src/a.ts"), sandbox.read("src/b.ts")), (FIXED.to_owned(), FIXED.to_owned()));
    assert!(is_tidy(&sandbox));
}

#[test]
fn fix_undoes_what_had_not_begun_and_goes_on() {
    let sandbox = interrupted(0);
    sandbox.run(&["fix", "-q"]).expect(0).says(&["note: an earlier run was interrupted before it changed a file"]);
    assert_eq!((sandbox.read("src/a.ts"), sandbox.read("src/b.ts")), (FIXED.to_owned(), FIXED.to_owned()));
    assert!(is_tidy(&sandbox));
}

#[test]
fn a_file_that_was_changed_since_is_left_and_told() {
    let sandbox = interrupted(1);
    sandbox.write("src/b.ts", "export const b = 1;\n");
    let run = sandbox.run(&["fix", "-o", "json"]).expect(2).says(&["error: src/b.ts: not written by the run before"]);
    assert_eq!(run.json()["errors"][0]["path"], "src/b.ts");
    assert_eq!(sandbox.read("src/b.ts"), "export const b = 1;\n");
    assert!(is_tidy(&sandbox));
    sandbox.commit();
    sandbox.run(&["fix"]).expect(0);
}

#[test]
fn a_new_file_of_the_run_before_is_seen() {
    let sandbox = interrupted(1);
    std::fs::remove_file(sandbox.path("src/b.ts")).unwrap();
    let mut journal: Value = serde_json::from_str(&sandbox.read(JOURNAL)).unwrap();
    journal["entries"][1]["before"] = Value::Null;
    let text = "console.group([]);\n";
    journal["entries"][1]["after"] = fingerprint(text);
    sandbox.write("src/.phase2-7-1.tmp", text);
    sandbox.write(JOURNAL, journal.to_string());
    assert_eq!(sandbox.run(&["fix", "-o", "json"]).expect(1).paths(), ["src/b.ts"]);
}

#[test]
fn what_writes_nothing_leaves_it_alone_and_says_so() {
    for (args, status) in [(&["check"][..], 1), (&["fix", "--diff"], 0), (&["check", "--diff"], 1)] {
        let sandbox = interrupted(1);
        let before = sandbox.files();
        sandbox.run(args).expect(status).says(&["note: an earlier `phase2 fix` was interrupted"]);
        assert!(sandbox.files() == before, "{args:?}");
    }
    let report = interrupted(1).run(&["check", "-o", "json"]).expect(1).json();
    assert!(report["notes"][0]["message"].as_str().unwrap().contains("interrupted"), "{report}");
}

#[test]
fn a_journal_that_makes_no_sense_stops_fix() {
    let sandbox = interrupted(1);
    sandbox.write(JOURNAL, "{}");
    let before = sandbox.files();
    sandbox.run(&["fix"]).expect(2).says(&["error: ", JOURNAL, "delete the journal"]);
    assert!(sandbox.files() == before);
}
