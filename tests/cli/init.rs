//! `phase2 init`

use crate::sandbox::{FIXABLE, Sandbox};

const OPEN: &str = "Deno.serve(async (req) => new Response(req.url));\n";
const HOOK: &str = "Deno.serve(async (req) => new Response(req.headers.get('stripe-signature')));\n";
const OWN: &str = "supabase/functions/_shared/rate-limit-wrapper.ts";
/// A helper in guard style, with exports that ours doesn't have.
const GUARD: &str = "\
import { parse } from './parse.ts';

export interface Limits {
  perMin: number;
  scope?: string;
}

export const RateLimits = { standard: { perMin: 60, burst: 6 }, bulk: { perMin: 5, burst: 5 } };

const counts = new Map<string, number>();

const zone = () => 'eu';

/** Where it runs. */
export function region(): string {
  return parse(zone());
}

export async function withRateLimit(req: Request, name: string, limit: Limits): Promise<Response | null> {
  counts.set(name, (counts.get(name) ?? 0) + 1);
  return (counts.get(name) ?? 0) > limit.perMin ? new Response('no', { status: 429 }) : null;
}
";
const GUARDED: &str = "import { RateLimits, withRateLimit } from '../_shared/rate-limit-wrapper.ts';\n\n\
                       Deno.serve(async (req) => {\n  const limited = await withRateLimit(req, 'shop', RateLimits.bulk);\n  \
                       if (limited) return limited;\n  return new Response('ok');\n});\n";

fn function(name: &str) -> String {
    format!("supabase/functions/{name}/index.ts")
}

fn sandbox() -> Sandbox {
    Sandbox::committed(&[
        (&function("health"), OPEN),
        (&function("orders"), OPEN),
        (&function("stripe"), HOOK),
        (&function("ask"), "const url = 'https://api.openai.com/v1';\nDeno.serve(async (req) => fetch(url, req));\n"),
        (&function("leave"), "Deno.serve(async (req) => db.auth.admin.deleteUser(await req.text()));\n"),
        ("apps/web/src/a.ts", FIXABLE),
        (
            "apps/web/src/telemetry/logger.ts",
            "export const logger = { info(m: string) {}, warn(m: string) {}, error(m: string) {} };\n",
        ),
    ])
}

#[test]
fn it_writes_what_it_found_with_the_reasons() {
    let sandbox = sandbox();
    sandbox.run(&["init"]).expect(0).says(&["written: phase2.toml", "there is no rate limit helper"]);
    let config = sandbox.read("phase2.toml");
    for part in [
        "roots = [\"supabase/functions\", \"apps/*/src\"]",
        "[console.frontend]\nmodule = \"src/telemetry/logger.ts\"",
        "# There is no helper yet",
        "health = \"high\"      # a health check\n",
        "orders = \"standard\"  # the default\n",
        "ask    = \"expensive\" # it asks a model\n",
        "leave  = \"auth\"      # it deletes an account\n",
        "stripe = \"high\"      # a webhook\n",
    ] {
        assert!(config.contains(part), "no {part:?} in\n{config}");
    }
    assert!(config.find("Look twice") < config.find("stripe ="), "{config}");
    // What it writes can be read, and makes the webhook's fix a safe one.
    let run = sandbox.run(&["check", "--rule", "rate-limit", "-o", "concise"]).expect(1);
    assert_eq!(run.out.matches("[safe]").count(), 5, "{}", run.out);
}

#[test]
fn what_a_team_has_is_adopted() {
    let sandbox = sandbox();
    sandbox.write(OWN, GUARD);
    sandbox.write(&function("orders"), GUARDED);
    sandbox.write(&function("health"), GUARDED.replace("'shop', RateLimits.bulk", "'health', { perMin: 3 }"));
    sandbox.write("phase2.toml", "# ours\n");
    let config = sandbox.run(&["init", "--diff"]).expect(0).out;
    for part in [
        "is called in guard style",
        "+[rate-limit.buckets]\n+orders = \"shop\"",
        "+# health: it has limits of its own",
        "+orders = \"bulk\"      # it has this limit",
        "+[rate-limit.tiers]\n+bulk = { burst = 5, per-minute = 5 }",
    ] {
        assert!(config.contains(part), "no {part:?} in\n{config}");
    }
    sandbox.run(&["init"]).expect(2).says(&["phase2.toml is there already", "--force"]);
    sandbox.run(&["init", "--force"]).expect(0);
    assert!(sandbox.read("phase2.toml").contains("Written by `phase2 init`"));
    let run = sandbox.run(&["check", "--rule", "rate-limit", "-o", "concise"]);
    assert!(!run.out.contains("orders/index.ts"), "{}", run.out);
}

#[test]
fn a_helper_is_replaced_by_one_with_its_exports() {
    let sandbox = sandbox();
    sandbox.write(OWN, GUARD);
    sandbox.write("supabase/functions/_shared/parse.ts", "export const parse = (text: string) => text.trim();\n");
    sandbox.run(&["init", "--replace-helper"]).expect(2).says(&["have uncommitted changes", OWN]);
    sandbox.commit();
    sandbox.run(&["init", "--replace-helper"]).expect(0).says(&["written: phase2.toml", OWN]);
    let helper = sandbox.read(OWN);
    for part in [
        "phase2 added this file",
        "  standard: { burst: 6, perMin: 60 },\n  bulk: { burst: 5, perMin: 5 },\n",
        "withRateLimit(req: Request, name: string, limit: RateLimit & Limits): Promise<Response | null> {",
        "import { parse } from './parse.ts';\n",
        "const zone = () => 'eu';\n",
        "/** Where it runs. */\nexport function region(): string {",
        "export interface Limits {",
    ] {
        assert!(helper.contains(part), "no {part:?} in\n{helper}");
    }
    assert!(!helper.contains("counts.set"), "{helper}");
    // With a phase2.toml there, only the helper is written.
    sandbox.commit();
    let before = sandbox.read("phase2.toml");
    sandbox.run(&["init", "--replace-helper"]).expect(0);
    assert_eq!(sandbox.read("phase2.toml"), before);
}

#[test]
fn a_helper_that_can_not_be_replaced_stays() {
    for (more, why) in [
        ("const say = 1;\nexport { say };\n", "how it exports can't be followed"),
        ("const redis = 1;\nexport const port = redis;\n", "it has a `redis` that its other exports need"),
    ] {
        let sandbox = sandbox();
        sandbox.write(OWN, format!("{GUARD}{more}"));
        sandbox.commit();
        sandbox.run(&["init", "--replace-helper"]).expect(2).says(&[OWN, why, "nothing was written"]);
        assert!(!sandbox.path("phase2.toml").exists());
    }
}

#[test]
fn tables_that_are_read_often_are_proposed() {
    let read = |table: &str| format!("await db.from('{table}').select('*').eq('id', id).single();\n");
    let sandbox = Sandbox::committed(&[
        (&function("a"), &format!("{}{}", read("marketplace_listings"), read("orders"))),
        (
            &function("b"),
            &format!("{}await db.from('marketplace_listings').delete().eq('id', id);\n", read("marketplace_listings")),
        ),
        (&function("c"), &format!("{0}{0}await db.from('orders').update({{}}).eq('id', id);\n", read("orders"))),
        (
            &function("d"),
            "await db.from('orders').upsert({ id });\nawait db.from('tags').select('*').eq('slug', x).single();\n",
        ),
        ("src/page.ts", &read("marketplace_listings")),
    ]);
    sandbox.run(&["init"]).expect(0);
    let config = sandbox.read("phase2.toml");
    let proposal = "\
# Read in 2 places of the edge functions, and in 1 of the browser, which stay; changed in 1 place:
# [read-through.tables.marketplace_listings]
# key = \"listing\"
# ttl = 60
";
    assert!(config.contains(proposal), "{config}");
    // One is changed too often, the other isn't read by its id.
    assert!(!config.contains("read-through.tables.orders") && !config.contains("tables.tags"), "{config}");
    let uncommented: String = config
        .lines()
        .map(|line| {
            format!("{}\n", line.strip_prefix("# [read-").map_or(line.to_owned(), |rest| format!("[read-{rest}")))
        })
        .collect();
    let uncommented = uncommented.replace("# key =", "key =").replace("# ttl =", "ttl =");
    sandbox.write("phase2.toml", uncommented);
    let run = sandbox.run(&["check", "-o", "concise"]).expect(1);
    assert!(run.out.contains("read-through a row of `marketplace_listings` is read past the cache"), "{}", run.out);
}
