//! phase2 beside its peers: the same trees, the same machine, one run. `cargo bench --bench compare` prints the table of
//! docs/speed.md.
//!
//! The peers are pinned in `benches/node` and installed below the target folder; ripgrep is built from its crate, once. Each
//! figure is the median of pairs that were measured in turns, as a ratio to phase2: above 1 the peer takes longer.

#![allow(clippy::unwrap_used)]

mod project;
mod ripgrep;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const THREADS: &str = "2";
const ID: &str = "00000000-0000-0000-0000-000000000000";

/// What one command took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    time: Duration,
    /// The most memory that it held, in kilobytes; 0 where the system doesn't say.
    memory: u64,
}

/// A job for phase2, and the peers that do the like.
struct Job<'a> {
    name: &'a str,
    root: &'a Path,
    own: Vec<&'a str>,
    peers: Vec<(&'a str, Vec<Vec<String>>, usize)>,
}

fn main() {
    let home = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    let [dense, clean] = ["dense", "clean"].map(|name| home.path().join(name));
    project::write(&dense, true);
    project::write(&clean, false);
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

fn median(mut ratios: Vec<f64>) -> Option<f64> {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

/// Runs a command to its end, whatever its status: linters fail where they find something.
fn cost(command: &[String]) -> Cost {
    let start = Instant::now();
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut memory = 0;
    loop {
        // The kernel keeps the peak; what is read last, shortly before the end, is near it.
        if let Ok(text) = fs::read_to_string(&status) {
            let peak =
                text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
            memory = peak.unwrap_or(memory).max(memory);
        }
        match child.try_wait().unwrap() {
            Some(ended) => {
                assert!(ended.code().is_some(), "{command:?} was killed");
                return Cost { time: start.elapsed(), memory };
            }
            None => std::thread::sleep(Duration::from_micros(500)),
        }
    }
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
