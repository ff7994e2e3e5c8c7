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
    assert_eq!(progress["groups"]["high"], json!({ "done": 0, "fixable": 1, "all": 1 }));
    assert_eq!(status["rules"]["console"], json!({ "violations": 1, "safe": 1, "unsafe": 0, "unfixable": 0 }));
    let markdown = sandbox.run(&[&["status", "-o", "markdown"], &RULES[..]].concat()).expect(0).out;
    assert!(markdown.starts_with("## rate-limit: 1 of 3 done") && markdown.contains("|------|"), "{markdown}");
    sandbox.run(&["check", "-o", "markdown"]).expect(2).says(&["`-o markdown` is of `phase2 status` only"]);
    sandbox.run(&["check", "-o", "html"]).expect(2).says(&["`-o html` is of `phase2 status` only"]);
    let outputs = ["status", "-o", "html=status.html", "-o", "json"];
    let run = sandbox.run(&[&outputs, &RULES[..]].concat()).expect(0).says(&["the status is in status.html"]);
    let status: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(status["largest_files"][0]["lines"], 3);
    let page = sandbox.read("status.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<td class=\"number\">1</td>"), "{page}");
    sandbox.run(&["status", "-o", "html", "-o", "json"]).expect(2).says(&["can't share stdout"]);
    sandbox.run(&["status", "-o", "html=nosuch/status.html"]).expect(2).says(&["nosuch/status.html can't be written"]);
    sandbox.run(&["status", "-o", "sarif"]).expect(2).says(&["pretty, json, markdown or html"]);
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

#[test]
fn what_is_wired_to_something_that_does_not_work_is_told() {
    let sandbox = sandbox();
    let helper = "export const RateLimits = { standard: { perMinute: 1 }, high: { perMinute: 2 } };\n\
                  export async function withRateLimit(req: Request, name: string, limits: { perMinute: number }): \
                  Promise<Response | null> {\n  const key = name + req.headers.get('x-forwarded-for');\n  \
                  return limits.perMinute > key.length ? null : new Response('', { status: 429 });\n}\n";
    sandbox.write("supabase/functions/_shared/rate-limit-wrapper.ts", helper);
    let guarded = "import { RateLimits, withRateLimit } from '../_shared/rate-limit-wrapper.ts';\n\n\
                   Deno.serve(async (req) => {\n  const limited = await withRateLimit(req, 'orders', RateLimits.standard);\n  \
                   if (limited) return limited;\n  return new Response('ok');\n});\n";
    sandbox.write("supabase/functions/orders/index.ts", guarded);
    let run = sandbox.run(&["status", "--rule", "rate-limit"]).expect(0);
    for part in
        ["rate-limit: 1 of 3 done", "done, but", "wired, helper defective", "what they write into x-forwarded-for"]
    {
        assert!(run.out.contains(part), "no {part:?} in {}", run.out);
    }
    sandbox.write("supabase/config.toml", "[functions.orders]\nverify_jwt = false\n");
    sandbox.write("supabase/functions/_shared/rate-limit-wrapper.ts", RUNTIME);
    sandbox.write("supabase/functions/orders/index.ts", guarded_per_user());
    let run = sandbox.run(&["status", "--rule", "rate-limit"]).expect(0);
    assert!(run.out.contains("unverified claims"), "{}", run.out);
}

const RUNTIME: &str = include_str!("../../rules/rate-limit/runtime/rate-limit-wrapper.ts");

fn guarded_per_user() -> &'static str {
    "import { RateLimits, perUser, withRateLimit } from '../_shared/rate-limit-wrapper.ts';\n\n\
     Deno.serve(withRateLimit('orders', perUser(RateLimits.standard), async () => new Response('ok')));\n"
}
