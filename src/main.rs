//! The `phase2` command.

fn main() {}
