//! Edge functions. The weights are counts over the 1,221 of ten public Supabase projects.

use std::fmt::Write as _;

use super::console;
use super::random::Random;

/// How a function starts to serve: what stands before its handler's body, and behind it.
#[derive(Clone, Copy)]
struct Entry {
    imports: &'static str,
    opening: &'static str,
    closing: &'static str,
}

const NONE: &str = "";
const STD: &str = "import { serve } from \"https://deno.land/std@0.168.0/http/server.ts\";\n";
const SENTRY: &str = "import { withSentry } from \"../_shared/sentry.ts\";\n";

const ENTRIES: &[(usize, Entry)] = &[
    (558, Entry { imports: NONE, opening: "Deno.serve(async (req) => {\n", closing: "});\n" }),
    (501, Entry { imports: STD, opening: "serve(async (req) => {\n", closing: "});\n" }),
    (
        43,
        Entry {
            imports: STD,
            opening: "const handler = async (req: Request) => {\n",
            closing: "};\n\nserve(handler);\n",
        },
    ),
    (
        26,
        Entry {
            imports: NONE,
            opening: "async function handler(req: Request): Promise<Response> {\n",
            closing: "}\n\nDeno.serve(handler);\n",
        },
    ),
    (13, Entry { imports: SENTRY, opening: "Deno.serve(withSentry(\"job\", async (req) => {\n", closing: "}));\n" }),
    (
        24,
        Entry {
            imports: STD,
            opening: "export const handler = async (req: Request) => {\n",
            closing: "};\n\nif (import.meta.main) serve(handler);\nexport default handler;\n",
        },
    ),
];

/// The same for functions that are limited: the wrapper around the handler.
const LIMITED: &[(usize, Entry)] = &[
    (
        558,
        Entry {
            imports: WRAPPER,
            opening: "Deno.serve(withRateLimit('job', RateLimits.standard, async (req) => {\n",
            closing: "}));\n",
        },
    ),
    (
        501,
        Entry {
            imports: WRAPPER_OF_STD,
            opening: "serve(withRateLimit('job', RateLimits.high, async (req) => {\n",
            closing: "}));\n",
        },
    ),
];

const WRAPPER: &str = "import { RateLimits, withRateLimit } from \"../_shared/rate-limit-wrapper.ts\";\n";
const WRAPPER_OF_STD: &str = "import { serve } from \"https://deno.land/std@0.168.0/http/server.ts\";\n\
                              import { RateLimits, withRateLimit } from \"../_shared/rate-limit-wrapper.ts\";\n";

const PREFLIGHTS: &[(usize, &str)] = &[
    (500, "  if (req.method === \"OPTIONS\") return new Response(null, { headers: corsHeaders });\n"),
    (479, "  if (req.method === 'OPTIONS') {\n    return new Response(null, { headers: corsHeaders });\n  }\n"),
    (
        41,
        "  const origin = req.headers.get(\"origin\") ?? \"*\";\n  if (req.method === \"OPTIONS\") {\n    \
         return new Response(\"ok\", { headers: { ...corsHeaders, Vary: origin } });\n  }\n",
    ),
    (81, ""),
];

/// The helper module that limited functions import.
pub const HELPER: &str = "export const RateLimits = { standard: { perMinute: 100 }, high: { perMinute: 200 } };\n\n\
    export function withRateLimit(\n  name: string,\n  tier: { perMinute: number },\n  handler: (req: Request) => Promise<Response>,\n): \
    (req: Request) => Promise<Response> {\n  return async (req) => (await allow(name, tier, req)) ? handler(req) : new Response(null, { status: 429 });\n}\n";

/// The entry file of a function: about `steps` declarations, and a handler that uses them.
pub fn entry_file(random: &mut Random, steps: usize, has_triggers: bool) -> String {
    let entry = random.pick(if has_triggers { ENTRIES } else { LIMITED });
    let mut text = String::from(entry.imports);
    text.push_str(
        "import { createClient, type SupabaseClient } from \"npm:@supabase/supabase-js@2\";\n\n\
         const corsHeaders = {\n  \"Access-Control-Allow-Origin\": \"*\",\n  \"Access-Control-Allow-Headers\": \"authorization, content-type\",\n};\n\n",
    );
    for step in 0..steps {
        declaration(&mut text, random, step, has_triggers);
    }
    text.push_str(entry.opening);
    text.push_str(random.pick(PREFLIGHTS));
    text.push_str(
        "  try {\n    const client = createClient(Deno.env.get(\"SUPABASE_URL\")!, Deno.env.get(\"SUPABASE_ANON_KEY\")!, {\n      \
         global: { headers: { Authorization: req.headers.get(\"Authorization\") ?? \"\" } },\n    });\n    \
         const { rows } = await req.json();\n    const row = rows[0];\n    const error = null;\n",
    );
    if has_triggers {
        text.push_str(&console::statement(random, "    "));
    }
    text.push_str(
        "    const result = await step0(client, rows);\n    \
         return new Response(JSON.stringify({ result, row, error }), { headers: corsHeaders });\n  } catch (error) {\n",
    );
    if has_triggers {
        text.push_str("    console.error(\"Job failed:\", error);\n");
    }
    text.push_str(
        "    return new Response(JSON.stringify({ error: String(error) }), { status: 500, headers: corsHeaders });\n  }\n",
    );
    text.push_str(entry.closing);
    text
}

/// A function of an edge function's own, or of a shared module.
pub fn declaration(text: &mut String, random: &mut Random, step: usize, has_triggers: bool) {
    let limit = random.below(100);
    let _ = write!(
        text,
        "// Step {step} of the job: what came in is checked, then written.\n\
         export async function step{step}(client: SupabaseClient, rows: Row[]): Promise<Result | null> {{\n  \
           const known = new Map<string, Row>(rows.map((row) => [row.id, row]));\n  \
           for (const [id, row] of known) {{\n    \
             if (row.count > {limit} && row.state !== \"done\") {{\n      \
               const {{ data, error }} = await client\n        .from(\"jobs\")\n        .update({{ state: \"done\", count: row.count + 1 }})\n        .eq(\"id\", id);\n"
    );
    if has_triggers && (step == 0 || random.happens(1, 6)) {
        text.push_str(&console::statement(random, "      "));
    }
    text.push_str(
        "      if (error) throw new Error(`Step failed: ${error.message}`);\n      \
         if (data?.length === 0) return { id, ok: false, at: `${row.year}-${row.month}` };\n    }\n  }\n  return null;\n}\n\n",
    );
}
