//! How much a whole run costs beside the parse that no tool can do without.
//!
//! `cargo bench --bench engine` writes a project of some megabytes into a temporary folder, then takes turns: a bare parse of
//! the files that hold a trigger, and a run of the engine as `phase2 fix --diff` does it. What it prints is their ratio,
//! in the same run on the same machine; the times themselves say little.

#![allow(clippy::unwrap_used)]

mod project;

use std::hint::black_box;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use phase2::config::Config;
use phase2::engine::{FixMode, Request, run};
use phase2::project::{Project, Selection};
use phase2::rules::{self, Rule};
use phase2::syntax::Dialect;
use project::Density;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tree_sitter::Parser;

// That of the program: the floor has the same one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How often each of the two is measured.
const ROUNDS: usize = 7;
const THREADS: usize = 2;

fn main() {
    let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    project::write(folder.path(), Density::Dense, project::USUAL_MEGABYTES);
    let project = Project::open(folder.path(), Config::built_in()).unwrap();
    let rules: Vec<Box<dyn Rule>> = rules::all().into_iter().filter(|rule| rule.meta().name == "console").collect();

    let pool = ThreadPoolBuilder::new().num_threads(THREADS).build().unwrap();
    let mut turns = Vec::new();
    for _ in 0..=ROUNDS {
        let (parse, bytes) = timed(|| pool.install(|| bare_parse(&project)));
        let (engine, changes) = timed(|| pool.install(|| fix(&project, &rules)));
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
    project.files.par_iter().with_max_len(1).map(|file| parse(&file.path)).sum()
}

/// What `phase2 fix --diff` does between the list of the files and the patch; how many files change.
fn fix(project: &Project, rules: &[Box<dyn Rule>]) -> usize {
    let selection = Selection::everything();
    let request =
        Request { rules, suppression: true, selection: &selection, fix: FixMode::Safe, chosen: None, progress: &|| {} };
    let outcome = run(project, &request);
    assert!(outcome.remaining.errors.is_empty(), "{:#?}", outcome.remaining);
    black_box(outcome).changes.len()
}
