//! `phase2 status`

use serde_json::{Value, json};

use crate::sandbox::{FIXABLE, Sandbox};

const OPEN: &str = "Deno.serve(async (req) => new Response(req.url));\n";
const LIMITED: &str = "import { createAPIHandler } from '../_shared/api.ts';\n\n\
                       Deno.serve(createAPIHandler({ rateLimit: { limit: 3 } }));\n";

fn sandbox() -> Sandbox {
    Sandbox::new(&[
        ("supabase/functions/kb-search/index.ts", OPEN),
        ("supabase/functions/orders/index.ts", LIMITED),
        ("supabase/functions/empty/index.ts", ""),
        ("src/app.ts", FIXABLE),
    ])
}

const RULES: [&str; 4] = ["--rule", "rate-limit", "--rule", "console"];

#[test]
fn it_shows_how_far_the_project_is_and_changes_nothing() {
    let sandbox = sandbox();
    let run = sandbox.run(&[&["status"], &RULES[..]].concat()).expect(0);
    for part in
        ["rate-limit: 1 of 3 done (33 %)", "high", "other means", "`phase2 fix` does it", "no fix: the file is empty"]
    {
        assert!(run.out.contains(part), "no {part:?} in {}", run.out);
    }
    assert_eq!(sandbox.read("supabase/functions/kb-search/index.ts"), OPEN);
}

#[test]
fn it_is_there_for_programs_and_for_pages() {
    let sandbox = sandbox();
    let run = sandbox.run(&[&["status", "-o", "json"], &RULES[..]].concat()).expect(0);
    let status: Value = serde_json::from_str(&run.out).unwrap();
    let progress = &status["progress"]["rate-limit"];
    assert_eq!((&progress["done"], &progress["all"]), (&json!(1), &json!(3)));
    assert_eq!(progress["groups"]["high"], json!({ "done": 0, "all": 1 }));
    assert_eq!(status["rules"]["console"], json!({ "violations": 1, "safe": 1, "unsafe": 0, "unfixable": 0 }));
    let markdown = sandbox.run(&[&["status", "-o", "markdown"], &RULES[..]].concat()).expect(0).out;
    assert!(markdown.starts_with("## rate-limit: 1 of 3 done") && markdown.contains("|------|"), "{markdown}");
    sandbox.run(&["check", "-o", "markdown"]).expect(2).says(&["`phase2 status` only"]);
}

#[test]
fn exemptions_and_functions_that_are_not_there_are_told() {
    let sandbox = sandbox();
    let config = "[rate-limit.exempt]\nkb-search = \"behind a gateway\"\n[rate-limit.functions]\nordres = \"high\"\n";
    sandbox.write("phase2.toml", config);
    let run = sandbox.run(&["check", "--rule", "rate-limit", "-o", "concise"]).expect(1);
    let run = run.says(&[
        "`kb-search` is exempt from rate limits: behind a gateway",
        "phase2.toml names the function `ordres`, which doesn't exist",
        "`orders` is limited by the option `rateLimit` of `createAPIHandler`",
    ]);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
}
