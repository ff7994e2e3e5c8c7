//! How long `phase2 check` takes where there is nothing to find, beside a search that only looks for the word.
//!
//! `cargo bench --bench clean` writes a project without a console, then takes turns: `phase2 check`, and `rg -l console` of a
//! pinned ripgrep, each as a whole process with as many threads. What it prints is their ratio, in the same run on the same
//! machine. The first run builds ripgrep from its crate, below the target folder.

#![allow(clippy::unwrap_used)]

mod project;
mod ripgrep;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use project::Density;

/// How often each of the two is measured.
const ROUNDS: usize = 15;
const THREADS: &str = "2";

fn main() {
    let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
    project::write(folder.path(), Density::Clean, project::USUAL_MEGABYTES);
    let ripgrep = ripgrep::program();
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let check = Command::new(env!("CARGO_BIN_EXE_phase2"))
            .args(["check", "-q", "-j", THREADS, "--rule", "console", "--root"])
            .arg(folder.path())
            .timed(0);
        let search = Command::new(&ripgrep).args(["-l", "-j", THREADS, "console"]).arg(folder.path()).timed(1);
        let ratio = check.as_secs_f64() / search.as_secs_f64();
        // The first turn warms the caches up.
        if round > 0 {
            println!("phase2 check {check:>7.1?}  rg -l {search:>7.1?}  ratio {ratio:.2}");
            ratios.push(ratio);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio: {:.2}", ratios[ratios.len() / 2]);
}

/// Runs a command that ends with the status it is timed for.
trait Timed {
    fn timed(&mut self, status: i32) -> Duration;
}

impl Timed for Command {
    fn timed(&mut self, status: i32) -> Duration {
        let start = Instant::now();
        let ended = self.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let time = start.elapsed();
        assert_eq!(ended.code(), Some(status), "{self:?}");
        time
    }
}
