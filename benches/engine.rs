//! How much a whole run costs beside the parse that no tool can do without.
//!
//! `cargo bench --bench engine` writes a project of some megabytes into a temporary folder, then takes turns: a bare parse of
//! the files that hold a trigger, and a run of the engine as `phase2 fix --diff` does it. What it prints is their ratio,
//! in the same run on the same machine; the times themselves say little.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use phase2::config::Config;
use phase2::engine::{FixMode, Request, run};
use phase2::project::{Project, Selection};
use phase2::rules::{self, Rule};
use phase2::syntax::Dialect;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tree_sitter::Parser;

/// The bytes of source that are written.
const PROJECT_BYTES: usize = 8 << 20;
/// Of this many files, three have no trigger at all.
const CYCLE: usize = 5;
/// How often each of the two is measured.
const ROUNDS: usize = 7;
const THREADS: usize = 2;

fn main() {
    let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    write_project(folder.path());
    let project = Project::open(folder.path(), Config::built_in()).unwrap();
    let rules = rules::all();

    let mut turns = Vec::new();
    for _ in 0..=ROUNDS {
        let (parse, bytes) = timed(|| bare_parse(&project));
        let (engine, changes) = timed(|| fix(&project, &rules));
        turns.push((parse, engine, bytes, changes));
    }
    // The first turn warms the caches up.
    turns.remove(0);
    let (_, _, bytes, changes) = turns[0];
    println!("{} files, {:.1} MB of them with a trigger, {changes} changed", project.files.len(), megabytes(bytes));
    for (parse, engine, ..) in &turns {
        println!("parse {parse:>7.1?}  engine {engine:>7.1?}  ratio {:.2}", ratio(*engine, *parse));
    }
    let mut ratios: Vec<f64> = turns.iter().map(|(parse, engine, ..)| ratio(*engine, *parse)).collect();
    ratios.sort_by(f64::total_cmp);
    println!("median ratio: {:.2}", ratios[ratios.len() / 2]);
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn ratio(engine: Duration, parse: Duration) -> f64 {
    engine.as_secs_f64() / parse.as_secs_f64()
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Reads and parses the files with a trigger; how many bytes they have.
fn bare_parse(project: &Project) -> usize {
    let pool = ThreadPoolBuilder::new().num_threads(THREADS).build().unwrap();
    let parse = |path: &phase2::project::RelPath| {
        let text = project.sources.read(path).unwrap();
        if !text.contains("console") {
            return 0;
        }
        let mut parser = Parser::new();
        parser.set_language(&Dialect::of(path).unwrap().language()).unwrap();
        black_box(parser.parse(text.as_bytes(), None).unwrap());
        text.len()
    };
    pool.install(|| project.files.par_iter().with_max_len(1).map(|file| parse(&file.path)).sum())
}

/// What `phase2 fix --diff` does between the list of the files and the patch; how many files change.
fn fix(project: &Project, rules: &[Box<dyn Rule>]) -> usize {
    let selection = Selection::everything();
    let request = Request {
        rules,
        suppression: true,
        selection: &selection,
        fix: FixMode::Safe,
        threads: THREADS,
        progress: &|| {},
    };
    let outcome = run(project, &request).unwrap();
    assert!(outcome.remaining.errors.is_empty(), "{:#?}", outcome.remaining);
    black_box(outcome).changes.len()
}

/// Edge functions and pages of a frontend, 3 to 30 kB each; always the same ones. A file with a trigger has a few
/// calls of the console, as in real projects.
fn write_project(root: &Path) {
    let (mut random, mut written) = (Random(0x9e37_79b9_7f4a_7c15), 0);
    for number in 0.. {
        if written >= PROJECT_BYTES {
            return;
        }
        let has_trigger = number % CYCLE < 2;
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
