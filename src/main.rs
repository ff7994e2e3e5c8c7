//! The `phase2` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    phase2::cli::run()
}
