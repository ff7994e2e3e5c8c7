//! phase2 beside its peers: the same trees, the same machine, one run. `cargo bench --bench compare` prints the table of
//! docs/speed.md.
//!
//! The peers are pinned in `benches/node` and installed below the target folder; ripgrep is built from its crate, once. Each
//! figure is the median of pairs that were measured in turns, as a ratio to phase2: above 1 the peer takes longer.

#![allow(clippy::unwrap_used)]

mod process;
mod project;
mod ripgrep;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mimalloc::MiMalloc;
use phase2::config::Config;
use phase2::project::Project;
use phase2::syntax::Dialect;
use process::{Cost, cost, median};
use project::Density;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tree_sitter::Parser;

// That of the program: the floor has the same one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The argument by which this program parses the entry files of a project, and does nothing else.
const BARE_PARSE: &str = "--bare-parse-of-entry-files";

const THREADS: &str = "2";
const ID: &str = "00000000-0000-0000-0000-000000000000";

/// A job for phase2, and the peers that do the like.
struct Job<'a> {
    name: &'a str,
    root: &'a Path,
    own: Vec<&'a str>,
    peers: Vec<(&'a str, Vec<Vec<String>>, usize)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == BARE_PARSE) {
        return bare_parse(Path::new(&arguments[at + 1]));
    }
    let home = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    let [dense, clean] = ["dense", "clean"].map(|name| home.path().join(name));
    project::write(&dense, Density::Dense, project::USUAL_MEGABYTES);
    project::write(&clean, Density::Clean, project::USUAL_MEGABYTES);
    let modules = peers();
    let bin = |name: &str| modules.join(".bin").join(name).display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let [dense_path, clean_path] = [&dense, &clean].map(|path| path.display().to_string());
    let rg = ripgrep::program().display().to_string();
    let ast_grep = |language: &str| {
        let mut command = words(&["run", "--pattern", "console.$M($$$A)", "--rewrite", "logger.$M($$$A)"]);
        command.insert(0, bin("ast-grep"));
        command.extend(words(&["--lang", language, "--threads", THREADS, &dense_path]));
        command
    };
    let transform = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/node/console.js").display().to_string();
    let codeshift = [
        bin("jscodeshift"),
        "--dry".into(),
        "--silent".into(),
        "--parser=tsx".into(),
        "--extensions=ts,tsx".into(),
        format!("--cpus={THREADS}"),
        format!("--transform={transform}"),
        dense_path.clone(),
    ];
    let threads = format!("--threads={THREADS}");
    let own = env!("CARGO_BIN_EXE_phase2");
    let check =
        words(&[own, "check", "-q", "--rule", "console", "--rule", "tenants", "-j", THREADS, "--root", &clean_path]);
    let this = std::env::current_exe().unwrap().display().to_string();
    let jobs = [
        Job {
            name: "console, dense: `fix --diff` with imports and proof",
            root: &dense,
            own: vec!["fix", "--diff", "-q", "--rule", "console"],
            peers: vec![
                ("ast-grep, plain rewrite over .ts and .tsx", vec![ast_grep("ts"), ast_grep("tsx")], 5),
                ("jscodeshift, plain rewrite", vec![codeshift.to_vec()], 1),
            ],
        },
        Job {
            name: "console and tenants, clean: `check`",
            root: &clean,
            own: vec!["check", "-q", "--rule", "console", "--rule", "tenants"],
            peers: vec![
                (
                    "rg -l for the same words",
                    vec![words(&[&rg, "-l", "-j", THREADS, "-e", "console", "-e", ID, &clean_path])],
                    9,
                ),
                (
                    "oxlint, no-console alone",
                    vec![
                        [words(&[&bin("oxlint"), "-A", "all", "-D", "no-console"]), vec![threads, clean_path.clone()]]
                            .concat(),
                    ],
                    5,
                ),
                (
                    "Biome, noConsole alone",
                    vec![words(&[
                        &bin("biome"),
                        "lint",
                        "--only=suspicious/noConsole",
                        "--max-diagnostics=1",
                        "--files-max-size=9000000",
                        &clean_path,
                    ])],
                    3,
                ),
            ],
        },
        Job {
            name: "all default rules, clean: `check`",
            root: &clean,
            own: vec!["check", "-q"],
            peers: vec![(
                "the row above, and a bare parse of the entry files",
                vec![check, words(&[&this, BARE_PARSE, &clean_path])],
                9,
            )],
        },
    ];
    println!("| Job | Beside | Time of it / time of phase2 | Memory of it / memory of phase2 |\n|---|---|---|---|");
    for job in &jobs {
        for (peer, commands, rounds) in &job.peers {
            let (time, memory) = beside(job, commands, *rounds);
            println!("| {} | {peer} | {time:.2} | {memory} |", job.name);
        }
    }
}

/// The median ratios of time and of memory between a peer and phase2.
fn beside(job: &Job<'_>, commands: &[Vec<String>], rounds: usize) -> (f64, String) {
    let own: Vec<String> = [
        vec![env!("CARGO_BIN_EXE_phase2").to_owned()],
        job.own.iter().map(|word| (*word).to_owned()).collect(),
        vec!["-j".to_owned(), THREADS.to_owned(), "--root".to_owned(), job.root.display().to_string()],
    ]
    .concat();
    let (mut times, mut memories) = (Vec::new(), Vec::new());
    // The first turn warms the caches up.
    for round in 0..=rounds {
        let ours = cost(&own);
        let theirs: Vec<Cost> = commands.iter().map(|command| cost(command)).collect();
        if round > 0 || rounds == 1 {
            let time: Duration = theirs.iter().map(|cost| cost.time).sum();
            times.push(time.as_secs_f64() / ours.time.as_secs_f64());
            let memory = theirs.iter().map(|cost| cost.memory).max().unwrap_or_default();
            if ours.memory > 0 {
                #[allow(clippy::cast_precision_loss)]
                memories.push(memory as f64 / ours.memory as f64);
            }
        }
    }
    let memory = median(memories).map_or_else(|| "?".to_owned(), |ratio| format!("{ratio:.2}"));
    (median(times).unwrap_or_default(), memory)
}

/// Reads and parses the entry files of the edge functions.
fn bare_parse(root: &Path) {
    let pool = ThreadPoolBuilder::new().num_threads(THREADS.parse().unwrap()).build().unwrap();
    pool.install(|| {
        let project = Project::open(root, Config::built_in()).unwrap();
        let is_entry = |path: &str| path.starts_with("supabase/functions/job-");
        project.files.par_iter().with_max_len(1).filter(|file| is_entry(file.path.as_str())).for_each(|file| {
            let text = project.sources.read(&file.path).unwrap();
            let mut parser = Parser::new();
            parser.set_language(&Dialect::of(&file.path).unwrap().language()).unwrap();
            black_box(parser.parse(text.as_bytes(), None).unwrap());
        });
    });
}

/// The `node_modules` with the pinned peers, installed if it isn't there.
fn peers() -> PathBuf {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/node");
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-peers");
    fs::create_dir_all(&home).unwrap();
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(pinned.join(file), home.join(file)).unwrap();
    }
    if !home.join("node_modules/.bin/oxlint").exists() {
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        let installed = npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&home).status().unwrap();
        assert!(installed.success(), "the peers can't be installed: this needs Node.js with npm");
    }
    home.join("node_modules")
}
