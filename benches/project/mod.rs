//! A project of some megabytes, always the same one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The bytes of source that are written.
const PROJECT_BYTES: usize = 30 << 20;
/// Of this many files, three have no trigger at all.
const CYCLE: usize = 5;

/// Edge functions and pages of a frontend, 3 to 30 kB each; always the same ones. A file with a trigger has a few
/// calls of the console, as in real projects; without `has_triggers` there is none. One file more has 2 MB of generated types.
pub fn write(root: &Path, has_triggers: bool) {
    let (mut random, mut written) = (Random(0x9e37_79b9_7f4a_7c15), 0);
    fs::create_dir_all(root.join("src/integrations")).unwrap();
    fs::write(root.join("src/integrations/types.ts"), types()).unwrap();
    for number in 0.. {
        if written >= PROJECT_BYTES {
            return;
        }
        let has_trigger = has_triggers && number % CYCLE < 2;
        let (path, text) = if number % 2 == 0 {
            (format!("supabase/functions/job-{number}/index.ts"), edge_function(&mut random, has_trigger))
        } else {
            (format!("src/pages/Page{number}.tsx"), page(&mut random, number, has_trigger))
        };
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &text).unwrap();
        written += text.len();
    }
}

/// Types of a database, as they are generated.
fn types() -> String {
    let mut text =
        String::from("export type Json = string | number | boolean | null;\n\nexport interface Database {\n");
    for table in 0.. {
        if text.len() > 2 << 20 {
            break;
        }
        let _ = write!(
            text,
            "  table_{table}: {{\n    Row: {{ id: string; created_at: string; total: number | null; data: Json }};\n    Insert: {{ id?: string; created_at?: string }};\n  }};\n"
        );
    }
    text + "}\n"
}

fn edge_function(random: &mut Random, has_trigger: bool) -> String {
    let mut text = String::from(
        "import { serve } from \"https://deno.land/std@0.168.0/http/server.ts\";\n\
         import { createClient } from \"npm:@supabase/supabase-js@2\";\n\n\
         const corsHeaders = { \"Access-Control-Allow-Origin\": \"*\" };\n\n",
    );
    for step in 0..4 + random.below(30) {
        let limit = random.below(100);
        let _ = write!(
            text,
            "// Step {step} of the job: what came in is checked, then written.\n\
             async function step{step}(client: SupabaseClient, rows: Row[]): Promise<Result | null> {{\n  \
               const known = new Map<string, Row>(rows.map((row) => [row.id, row]));\n  \
               for (const [id, row] of known) {{\n    \
                 if (row.count > {limit} && row.state !== \"done\") {{\n      \
                   const {{ data, error }} = await client.from(\"jobs\").update({{ state: \"done\", count: row.count + 1 }}).eq(\"id\", id);\n"
        );
        if has_trigger && random.below(12) == 0 {
            let _ =
                writeln!(text, "      if (error) console.error('Step {step} failed:', error, row.id); // keep going");
        }
        text.push_str(
            "      if (data?.length === 0) return { id, ok: false, at: `${row.year}-${row.month}` };\n    }\n  }\n",
        );
        if has_trigger && random.below(24) == 0 {
            text.push_str("  console.log(`[jobs] ${known.size} rows`, { limit: rows.length });\n");
        }
        text.push_str("  return null;\n}\n\n");
    }
    let seen = if has_trigger { "  console.log('request', req.method);\n" } else { "" };
    let _ = write!(
        text,
        "serve(async (req) => {{\n  if (req.method === \"OPTIONS\") return new Response(null, {{ headers: corsHeaders }});\n{seen}  \
         return new Response(JSON.stringify(await step0(createClient(url, key), [])), {{ headers: corsHeaders }});\n}});\n"
    );
    text
}

fn page(random: &mut Random, number: usize, has_trigger: bool) -> String {
    let mut text = String::from(
        "import { useEffect, useState } from 'react';\nimport { Card, CardTitle } from '@/components/ui/card';\n\n",
    );
    for part in 0..3 + random.below(25) {
        let _ = write!(
            text,
            "/** Part {part} of page {number}. */\nexport function Part{part}({{ items, onPick }}: Props) {{\n  \
               const [open, setOpen] = useState<boolean>(false);\n  useEffect(() => {{\n    \
               load(items.length, {part}).then((found) => setOpen(found.length > {limit}))",
            limit = random.below(50)
        );
        if has_trigger && random.below(8) == 0 {
            text.push_str(".catch((error) => {\n      console.error('Could not load the items:', error);\n    })");
        }
        text.push_str(
            ";\n  }, [items]);\n  return (\n    <Card className=\"p-4 flex items-center\" onClick={() => onPick(items[0]?.id ?? '')}>\n      \
             {items.map((item) => (\n        <CardTitle key={item.id} className={open ? 'font-bold' : 'text-muted'}>\n          \
             {item.name} ({item.count})\n        </CardTitle>\n      ))}\n    </Card>\n  );\n}\n\n",
        );
    }
    if has_trigger {
        text.push_str("export const report = (what: string) => {\n  console.warn(what);\n};\n");
    }
    text
}

/// A small generator of numbers (xorshift): the same ones every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }
}
