//! What is said of tenants beside the violations: claims, cohorts, what stays behind.

use crate::sandbox::Sandbox;

const ID: &str = "00000000-0000-0000-0000-000000000000";

fn function(name: &str, code: &str) -> (String, String) {
    let code = code.replace("NIL", &format!("'{ID}'"));
    (
        format!("supabase/functions/{name}/index.ts"),
        format!("Deno.serve(async (req) => {{\n  {code};\n  return new Response(req.url);\n}});\n"),
    )
}

fn sandbox(files: &[(String, String)]) -> Sandbox {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Sandbox::committed(&files)
}

fn project() -> Sandbox {
    sandbox(&[
        function("save", "await db.from('posts').insert({ tenant_id: NIL })"),
        function("list", "await db.from('posts').select().eq('tenant_id', NIL)"),
        function("sweep-cron", "await db.from('posts').insert({ tenant_id: NIL })"),
        ("supabase/functions/_shared/ids.ts".to_owned(), format!("export const SYSTEM_TENANT = '{ID}';\n")),
        (
            "supabase/migrations/1_posts.sql".to_owned(),
            format!("create table posts (\n  tenant_id uuid default '{ID}'\n);\n"),
        ),
    ])
}

const RULE: [&str; 2] = ["--rule", "tenants"];

#[test]
fn the_summary_goes_by_cohort() {
    let sandbox = project();
    let run = sandbox.run(&[&["fix", "--diff"], &RULE[..]].concat()).expect(0);
    run.says(&[
        "claim source unknown: nothing here writes `tenant_id` into tokens",
        "cohort posts: 2 literals (safe)",
        "stays behind: supabase/functions/sweep-cron/index.ts:2, supabase/migrations/1_posts.sql:2 (a column's default)",
        "before tokens name a tenant, move the stored rows: update posts set tenant_id = <tenant of the row>",
        "supabase/functions/_shared/ids.ts: line 1: allowed: `SYSTEM_TENANT` is exported for the whole platform",
    ]);
}

#[test]
fn a_cohort_moves_in_all_files_or_in_none() {
    let sandbox = project();
    let before = sandbox.files();
    let narrow = [&["fix", "supabase/functions/save"], &RULE[..]].concat();
    sandbox.run(&narrow).expect(1);
    assert_eq!(sandbox.files(), before, "the other file is outside of the path");
    sandbox.run(&[&["fix"], &RULE[..]].concat()).expect(1);
    for name in ["save", "list"] {
        assert!(sandbox.read(&format!("supabase/functions/{name}/index.ts")).contains("getTenantFromJWT(req) || "));
    }
}

#[test]
fn tokens_that_name_a_tenant_make_it_unsafe() {
    let sandbox = project();
    sandbox.write("supabase/config.toml", "[auth.hook.custom_access_token]\nenabled = true\n");
    let run = sandbox.run(&[&["check", "-o", "concise"], &RULE[..]].concat()).expect(1);
    assert_eq!(run.out.matches("[unsafe]").count(), 2, "{}", run.out);
    let run = run.says(&[
        "tokens name a tenant: a hook writes `tenant_id` into them (supabase/config.toml)",
        "cohort posts: 2 literals (unsafe)",
    ]);
    assert!(run.err.contains("; move the stored rows: update posts"), "{}", run.err);
}

#[test]
fn status_tells_how_far_it_is() {
    let sandbox = project();
    sandbox.run(&[&["fix"], &RULE[..]].concat()).expect(1);
    let run = sandbox.run(&[&["status"], &RULE[..]].concat()).expect(0);
    for part in ["tenants: 2 of 3 done (66 %)", "posts", "claim source unknown", "has no callers with a tenant"] {
        assert!(run.out.contains(part), "no {part:?} in {}", run.out);
    }
}

#[test]
fn status_tells_whose_tokens_nobody_verifies() {
    let sandbox = project();
    sandbox.write("supabase/config.toml", "[functions.save]\nverify_jwt = false\n");
    sandbox.run(&[&["fix", "--unsafe-fixes"], &RULE[..]].concat()).expect(1);
    let run = sandbox.run(&[&["status"], &RULE[..]].concat()).expect(0);
    let of = |path: &str| run.out.lines().find(|line| line.contains(path)).unwrap().to_owned();
    assert!(of("functions/save/").contains("unverified claims"), "{}", run.out);
    assert!(of("functions/list/").contains("claim source unknown"), "{}", run.out);
}

#[test]
fn a_helper_that_reads_tokens_wrongly_is_told() {
    let sandbox = project();
    let helper = "export function getTenantFromJWT(req: Request): string | undefined {\n  \
                  const claims = JSON.parse(atob(req.url.split('.')[1]));\n  return claims.user_metadata.tenant_id;\n}\n";
    sandbox.write("supabase/functions/_shared/rate-limit-wrapper.ts", helper);
    sandbox.run(&[&["check"], &RULE[..]].concat()).expect(1).says(&[
        "the tenant helper is defective: it reads tokens with plain `atob`",
        "the tenant helper is defective: it reads `user_metadata`, which users write themselves",
    ]);
}

#[test]
fn init_tells_what_it_saw() {
    let sandbox = project();
    sandbox.write("supabase/migrations/2_fn.sql", "select coalesce(auth.jwt() ->> 'tenant_id', auth.uid()::text);\n");
    sandbox.write("supabase/functions/x/y.ts", format!("export const row = {{ workspace_tenant: '{ID}' }};\n"));
    let config = sandbox.run(&["init", "--diff"]).expect(0).out;
    for part in [
        "+[tenants]\n+# Nothing was seen that writes a tenant into tokens.",
        "+# SQL takes the user where there is no tenant: supabase/migrations/2_fn.sql\n+# fallback = \"user\"",
        "\"workspace_tenant\"]",
    ] {
        assert!(config.contains(part), "no {part:?} in\n{config}");
    }
}
