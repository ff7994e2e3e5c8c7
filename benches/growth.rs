//! Whether the time goes up with the size of the project, and no faster.
//!
//! `cargo bench --bench growth` runs `phase2 fix --diff` on projects of 10, 100 and 1,000 MB, as whole processes with two
//! threads, and prints for each the time for a megabyte beside that of the first, how many cores were busy over the whole
//! run, and how much memory was held for a megabyte. It needs 1.2 GB of disk.

#![allow(clippy::unwrap_used)]

mod process;
mod project;

use process::cost;
use project::Density;

/// The sizes in megabytes, and how often each is measured.
const SIZES: [(usize, usize); 3] = [(10, 9), (100, 3), (1000, 1)];
const THREADS: &str = "2";

fn main() {
    println!(
        "| Size | Time for a MB / that at {} MB | Cores busy of {THREADS} | Memory for a MB |\n|---|---|---|---|",
        SIZES[0].0
    );
    let mut first = None;
    for (megabytes, rounds) in SIZES {
        let folder = tempfile::Builder::new().prefix("phase2-bench-").tempdir().unwrap();
        project::write(folder.path(), Density::Dense, megabytes);
        let command =
            [env!("CARGO_BIN_EXE_phase2"), "fix", "--diff", "-q", "--rule", "console", "-j", THREADS, "--root"];
        let command: Vec<String> =
            command.iter().map(|word| (*word).to_owned()).chain([folder.path().display().to_string()]).collect();
        // The first turn warms the caches up.
        cost(&command);
        let mut costs: Vec<_> = (0..rounds).map(|_| cost(&command)).collect();
        costs.sort_by_key(|cost| cost.time);
        let median = costs[costs.len() / 2];
        #[allow(clippy::cast_precision_loss)]
        let (size, memory) = (megabytes as f64, median.memory as f64 / 1024.0);
        let each = median.time.as_secs_f64() / size;
        let growth = each / *first.get_or_insert(each);
        println!("| {megabytes} MB | {growth:.2} | {:.2} | {:.1} MB |", median.cores, memory / size);
    }
}
