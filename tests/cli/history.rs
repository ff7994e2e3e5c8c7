//! `phase2 status --history`: the numbers of a week are those of `phase2 check` on its last commit.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::sandbox::{CLEAN, FIXABLE, Sandbox, UNFIXABLE, phase2};

const OPEN: &str = "Deno.serve(async (req) => new Response(req.url));\n";
const WEEK: u64 = 7 * 24 * 60 * 60;

/// Commits what is there, as if it were so many weeks ago.
fn commit(sandbox: &Sandbox, weeks: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let script = format!(
        "git add -A && GIT_COMMITTER_DATE='{} +0000' git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m x",
        now - weeks * WEEK
    );
    let output = sandbox.shell(&script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A project that had many shapes, in a folder of its repository.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("app/src/a.ts", FIXABLE),
        ("app/src/deep/b.ts", UNFIXABLE),
        ("app/src/ignored.ts", FIXABLE),
        ("app/logo.png", "\u{fffd}"),
        (".gitignore", "ignored.ts\n"),
    ]);
    sandbox.git(&["init", "-q"]);
    sandbox.git(&["add", "-f", "app/src/ignored.ts"]);
    commit(&sandbox, 8);
    sandbox.write("app/supabase/functions/orders/index.ts", OPEN);
    sandbox.write("app/phase2.toml", "rules = ['rate-limit']\n");
    commit(&sandbox, 6);
    // A file takes the place of a folder, and a link that of a file.
    fs::remove_dir_all(sandbox.path("app/src/deep")).unwrap();
    sandbox.write("app/src/deep.ts", format!("{FIXABLE}{UNFIXABLE}"));
    sandbox.write("app/src/deep", "text");
    fs::remove_file(sandbox.path("app/src/a.ts")).unwrap();
    std::os::unix::fs::symlink("deep.ts", sandbox.path("app/src/a.ts")).unwrap();
    commit(&sandbox, 4);
    // Another branch has its own numbers, and is merged a week later.
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.write("app/src/side.ts", FIXABLE.repeat(9));
    commit(&sandbox, 3);
    sandbox.git(&["checkout", "-q", "-"]);
    fs::remove_file(sandbox.path("app/src/a.ts")).unwrap();
    sandbox.write("app/src/a.ts/index.ts", FIXABLE);
    commit(&sandbox, 2);
    fs::remove_dir_all(sandbox.path("app/src")).unwrap();
    fs::remove_dir_all(sandbox.path("app/supabase")).unwrap();
    commit(&sandbox, 1);
    sandbox.write("app/src/a.ts", CLEAN);
    sandbox.write("app/supabase/functions/orders/index.ts", OPEN);
    sandbox.write("app/phase2.toml", "[console]\n");
    commit(&sandbox, 0);
    sandbox
}

fn history(sandbox: &Sandbox, folder: &str, weeks: &str) -> Value {
    sandbox.run_in(folder, &["status", "-o", "json", "--history", weeks]).expect(0).json()["history"].clone()
}

#[test]
fn the_numbers_are_those_of_check_on_real_checkouts() {
    let sandbox = sandbox();
    let (files, index) = (sandbox.files(), sandbox.git(&["status", "--porcelain", "--ignored"]));
    let found = history(&sandbox, "app", "12w");
    let weeks = found["weeks"].as_array().unwrap();
    assert_eq!(weeks.len(), 9, "{found}");
    assert!(found["remarks"][0].as_str().unwrap().contains("nothing to show of the 3 weeks before"), "{found}");
    let side = sandbox.git(&["rev-parse", "side"]);
    let config = sandbox.path("app/phase2.toml");
    let mut seen = Vec::new();
    for week in weeks {
        let commit = week["commit"].as_str().unwrap();
        assert_ne!(commit, side.trim());
        let checkout = tempfile::tempdir().unwrap();
        let folder = checkout.path().join("work");
        sandbox.git(&["clone", "-q", ".", folder.to_str().unwrap()]);
        let at = folder.to_str().unwrap();
        sandbox.git(&["-C", at, "checkout", "-q", commit]);
        let mut check = phase2(&folder.join("app"));
        check.args(["check", "--no-baseline", "-o", "json", "--root", ".", "--config"]).arg(&config);
        let output = check.output().unwrap();
        let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
            assert_eq!(output.status.code(), Some(2));
            let error = week["error"].as_str().unwrap();
            assert!(error.contains("the commit has none of the folders"), "{error}");
            seen.push(None);
            continue;
        };
        assert_eq!(week["error"], Value::Null, "{week}");
        let violations = report["violations"].as_array().unwrap();
        let count = |rule: &str| violations.iter().filter(|violation| violation["rule"] == rule).count();
        for rule in ["console", "rate-limit", "tenants", "suppression"] {
            let told = week["rules"][rule]["violations"].as_u64().unwrap_or(0);
            assert_eq!(told, count(rule) as u64, "{rule} in {week}");
        }
        let safe = violations.iter().filter(|violation| violation["fix"]["applicability"] == "safe").count();
        assert_eq!(week["all"]["safe"], json!(safe), "{week}");
        seen.push(Some(violations.len()));
    }
    // Every state is there, as long as nothing came after it.
    let expected = [2, 2, 3, 3, 3, 3, 4].map(Some);
    assert_eq!(seen[..7], expected, "{found}");
    assert_eq!(seen[7..], [None, Some(1)], "{found}");
    // Nothing of the user's was touched.
    assert_eq!((sandbox.files(), sandbox.git(&["status", "--porcelain", "--ignored"])), (files, index));
    // A second run says the same, out of what was kept; also where that is broken.
    let kept = sandbox.path(".git/phase2/history");
    let count = || fs::read_dir(&kept).unwrap().count();
    assert_eq!(count(), 6);
    assert_eq!(history(&sandbox, "app", "12w"), found);
    for file in fs::read_dir(&kept).unwrap() {
        fs::write(file.unwrap().path(), "{\"rules\": 1").unwrap();
    }
    assert_eq!(history(&sandbox, "app", "12w"), found);
    assert_eq!(count(), 6);
    // Other settings have other numbers.
    sandbox.write("app/phase2.toml", "rules = ['rate-limit']\n");
    let only = history(&sandbox, "app", "9w");
    assert_eq!(only["weeks"][0]["all"]["violations"], 0);
    assert_eq!(only["weeks"][8]["all"]["violations"], 1);
}

#[test]
fn what_is_not_there_is_told() {
    let sandbox = Sandbox::new(&[("src/a.ts", FIXABLE)]);
    sandbox.run(&["status", "--root", ".", "--history", "2w"]).expect(2).says(&["in no git repository"]);
    sandbox.git(&["init", "-q"]);
    let run = sandbox.run(&["status", "--history", "2w"]).expect(0);
    assert!(run.out.contains("the repository has no commit"), "{}", run.out);
    commit(&sandbox, 3);
    sandbox.write("src/a.ts", CLEAN);
    commit(&sandbox, 1);
    let page = sandbox.run(&["status", "--history", "3w", "-o", "html"]).expect(0).out;
    assert!(page.contains("d=\"M0.00 50.00h0L50.00 100.00L100.00 100.00\""), "{page}");
    let shallow = sandbox.path("shallow");
    let from = format!("file://{}", sandbox.path("").display());
    sandbox.git(&["clone", "-q", "--depth", "1", &from, shallow.to_str().unwrap()]);
    let found = history(&sandbox, "shallow", "4w");
    assert_eq!(found["weeks"].as_array().unwrap().len(), 2, "{found}");
    assert!(found["remarks"][0].as_str().unwrap().contains("this clone is shallow and begins on"), "{found}");
    // A week that could not be looked at as a whole says so, and isn't kept.
    sandbox.write("src/latin.ts", b"// caf\xe9\n");
    commit(&sandbox, 0);
    fs::remove_file(sandbox.path("src/latin.ts")).unwrap();
    for _ in 0..2 {
        let run = sandbox.run(&["status", "-o", "markdown", "--history", "1w"]).expect(0);
        assert!(run.out.contains(" (incomplete) "), "{}", run.out);
    }
    for wrong in ["26", "0w", "521w", "-1w", "w", "1d"] {
        sandbox.run(&["status", &format!("--history={wrong}")]).expect(2).says(&["such as 26w"]);
    }
}
