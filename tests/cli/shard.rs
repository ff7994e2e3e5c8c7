//! `--shard I/N`: parts that are a whole together.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::sandbox::{FIXABLE, Sandbox};

/// The demo, and a large tree: files with calls, a file without, and tenants that are passed through several files.
fn projects() -> Vec<Sandbox> {
    let demo = Sandbox::new(&[]);
    for entry in walkdir::WalkDir::new("fixtures/demo").into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix("fixtures/demo").unwrap().to_str().unwrap().to_owned();
            demo.write(&path, std::fs::read(entry.path()).unwrap());
        }
    }
    let large = Sandbox::new(&[("supabase/config.toml", "")]);
    for number in 0..24 {
        large.write(&format!("src/pages/page{number}.ts"), format!("export {{}};\nconsole.log('page {number}');\n"));
        let mut shared = String::new();
        let _ = write!(
            shared,
            "export async function audit{number}(db: any) {{\n  await db.from('audit{number}').insert({{ tenant_id: '00000000-0000-0000-0000-000000000000' }});\n}}\n"
        );
        large.write(&format!("supabase/functions/_shared/audit{number}.ts"), shared);
        large.write(
            &format!("supabase/functions/f{number}/index.ts"),
            format!(
                "import {{ audit{number} }} from '../_shared/audit{number}.ts';\nDeno.serve(async (req) => {{\n  await audit{number}(req);\n  return new Response('ok');\n}});\n"
            ),
        );
    }
    for project in [&demo, &large] {
        project.git(&["init", "-q"]);
        project.commit();
    }
    vec![demo, large]
}

fn violations(json: &Value) -> Vec<String> {
    json["violations"].as_array().unwrap().iter().map(Value::to_string).collect()
}

#[test]
fn the_shards_of_a_check_are_the_whole() {
    for project in projects() {
        let whole = violations(&project.run(&["check", "-o", "json"]).json());
        assert!(whole.len() > 25);
        let mut parts = Vec::new();
        for index in 1..=3 {
            let shard = format!("{index}/3");
            let run = project.run(&["check", "-o", "json", "--shard", &shard]);
            let part = violations(&run.json());
            assert!(!part.is_empty() && run.status == 1, "{shard}");
            // The same every time.
            assert_eq!(part, violations(&project.run(&["check", "-o", "json", "--shard", &shard, "-j", "1"]).json()));
            parts.extend(part);
        }
        assert_eq!(parts.len(), whole.len());
        assert_eq!(parts.iter().collect::<BTreeSet<_>>(), whole.iter().collect::<BTreeSet<_>>());
    }
}

#[test]
fn the_patches_of_shards_apply_in_any_order_and_do_what_one_does() {
    for project in projects() {
        let patches: Vec<String> = (1..=3)
            .map(|index| {
                project.run(&["fix", "--diff", "--unsafe-fixes", "--shard", &format!("{index}/3")]).expect(0).out
            })
            .collect();
        let files = |patch: &String| -> BTreeSet<String> {
            patch.lines().filter_map(|line| line.strip_prefix("+++ b/")).map(str::to_owned).collect()
        };
        let named: usize = patches.iter().map(|patch| files(patch).len()).sum();
        let all: BTreeSet<String> = patches.iter().flat_map(files).collect();
        assert_eq!(named, all.len(), "a file is in two of them");
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            for index in order {
                project.write("x.patch", &patches[index]);
                project.git(&["apply", "x.patch"]);
            }
            std::fs::remove_file(project.path("x.patch")).unwrap();
            let sharded = project.files();
            project.git(&["checkout", "-q", "."]);
            project.git(&["clean", "-fdq"]);
            project.run(&["fix", "--unsafe-fixes"]);
            assert!(sharded == project.files(), "{order:?}");
            project.git(&["checkout", "-q", "."]);
            project.git(&["clean", "-fdq"]);
        }
    }
}

#[test]
fn a_shard_has_whole_fixes_and_writes_its_own_files_only() {
    let [_, project] = &projects()[..] else { panic!() };
    // What one fix changes is in one shard.
    let patches =
        (1..=3).map(|index| project.run(&["fix", "--diff", "--unsafe-fixes", "--shard", &format!("{index}/3")]).out);
    let threaded: Vec<String> =
        patches.filter(|patch| patch.contains("+export async function audit7(db: any, tenantId: string)")).collect();
    assert!(threaded.len() == 1 && threaded[0].contains("+++ b/supabase/functions/f7/index.ts"), "{threaded:?}");

    let patch = project.run(&["fix", "--diff", "--shard", "2/3"]).expect(0).out;
    project.run(&["fix", "--shard", "2/3"]);
    let changed = project.git(&["status", "--porcelain"]);
    let changed: BTreeSet<&str> = changed.lines().map(|line| line[3..].trim()).collect();
    let named: BTreeSet<&str> = patch.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect();
    // The patch leaves new files to the first; what is written is whole, and goes with the first as well.
    assert!(!patch.contains("--- /dev/null"), "new files are in the first");
    assert!(named.is_subset(&changed));
    let new: Vec<&&str> = changed.difference(&named).collect();
    assert_eq!(new, [&"src/lib/", &"supabase/functions/_shared/rate-limit-wrapper.ts"]);
    let helper = project.read("src/lib/logger.ts");
    for index in [1, 3] {
        let run = project.run(&["fix", "--allow-dirty", "--shard", &format!("{index}/3")]);
        assert!(run.status < 2, "{run:?}");
    }
    assert_eq!(project.read("src/lib/logger.ts"), helper);
}

#[test]
fn what_is_gone_is_told_by_one_shard() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", FIXABLE), ("src/c.ts", FIXABLE)]);
    sandbox.run(&["baseline"]).expect(0);
    sandbox.commit();
    std::fs::remove_file(sandbox.path("src/b.ts")).unwrap();
    sandbox.run(&["check", "--ratchet"]).expect(1);
    for command in [&["check", "--ratchet"][..], &["fix", "--check", "--ratchet"]] {
        let runs = (1..=4).map(|index| sandbox.run(&[command, &["--shard", &format!("{index}/4")]].concat()));
        let told = runs.filter(|run| run.err.contains("1 of the 3 entries of phase2-baseline.json match nothing"));
        let statuses: Vec<i32> = told.map(|run| run.status).collect();
        assert_eq!(statuses, [1], "{command:?}");
    }
}

#[test]
fn a_shard_that_can_not_be_is_refused() {
    let sandbox = Sandbox::committed(&[("src/a.ts", "")]);
    for wrong in ["0/3", "4/3", "1", "x"] {
        sandbox.run(&["check", "--shard", wrong]).expect(2).says(&["--shard <I/N>", "a shard is written 2/5"]);
    }
    sandbox.run(&["fix", "-i", "--shard", "1/2"]).expect(2).says(&["--interactive", "--shard"]);
}
