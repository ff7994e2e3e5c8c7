//! What `--cache` saves, and what it costs.
//!
//! `cargo bench --bench cache` writes projects in git repositories, one in which much is to be done and one in which nothing is,
//! and takes turns: `phase2 check` by the default rules without a cache, with an empty one, with that of the run before, and
//! with that after a file was changed. What it prints are the ratios of the others to the first, in the same run on the same
//! machine, and the size of what is kept.

#![allow(clippy::unwrap_used)]

mod project;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use project::Density;

/// How often each is measured.
const ROUNDS: usize = 9;
const THREADS: &str = "2";

fn main() {
    println!("| Project | Empty / without | Known / without | One file changed / without | Size / sources |");
    println!("|---|---|---|---|---|");
    for (name, density) in [("dense", Density::Dense), ("clean", Density::Clean)] {
        let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
        project::write(folder.path(), density, project::USUAL_MEGABYTES);
        let git = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status().unwrap();
        assert!(git.success());
        measure(name, folder.path());
    }
}

fn measure(name: &str, root: &Path) {
    let kept = root.join(".git/phase2/cache");
    let changed = root.join("src/lib/changed-now-and-then.ts");
    let mut ratios: [Vec<f64>; 3] = Default::default();
    let mut size = 0;
    for round in 0..=ROUNDS {
        fs::write(&changed, "console.log('before');\n").unwrap();
        let without = check(root, &[]);
        let _ = fs::remove_dir_all(&kept);
        let empty = check(root, &["--cache"]);
        let known = check(root, &["--cache"]);
        fs::write(&changed, "console.log('after');\n").unwrap();
        let other = check(root, &["--cache"]);
        size = bytes(&kept);
        // The first turn warms the caches of the system up.
        if round > 0 {
            let times = [empty, known, other];
            for (ratios, time) in ratios.iter_mut().zip(times) {
                ratios.push(time.as_secs_f64() / without.as_secs_f64());
            }
        }
    }
    let median = |ratios: &mut Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        format!("{:.2}", ratios[ratios.len() / 2])
    };
    let [empty, known, other] = ratios.each_mut().map(median);
    let sources = project::USUAL_MEGABYTES as f64 * 1e6;
    println!("| {name} | {empty} | {known} | {other} | {:.2} |", size as f64 / sources);
}

fn check(root: &Path, options: &[&str]) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phase2"));
    command.args(["check", "-q", "-j", THREADS, "--root"]).arg(root).args(options).env_remove("CI");
    let start = Instant::now();
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let time = start.elapsed();
    assert_eq!(ended.code(), Some(1), "one violation at least is there");
    time
}

fn bytes(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
