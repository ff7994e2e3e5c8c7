//! The `phase2` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// A parser allocates each node of its trees. This allocator also stands in for the one of C, which the parser uses.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    phase2::cli::run()
}
