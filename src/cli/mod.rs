//! The command line: one file per subcommand, which turns arguments into calls.

mod explain;
mod fix;
mod load;
mod rules;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::terminal::Terminal;

/// Exit status 0: nothing is left to do.
const CLEAN: u8 = 0;
/// Exit status 1: there are violations.
const VIOLATIONS: u8 = 1;
/// Exit status 2: usage, configuration, I/O or internal error, or a file that had to be skipped.
const TROUBLE: u8 = 2;

/// Finds what stops a Supabase project from serving many tenants, and rewrites it.
#[derive(Debug, Parser)]
#[command(name = "phase2", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rewrite files in place, or print the patch
    Fix(FixArgs),
    /// Report violations and change nothing; the same as `fix --check`
    Check(CheckArgs),
    /// List the rules
    Rules,
    /// Print a rule's page
    Explain {
        /// The rule's name
        rule: String,
    },
}

/// What every subcommand takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
struct Common {
    /// The project root, instead of the nearest folder upwards that looks like one
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The configuration file, instead of phase2.toml in the project root
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Use the built-in configuration only
    #[arg(long, global = true)]
    isolated: bool,
    /// How violations are printed
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Pretty)]
    output_format: Format,
    /// How many threads; one a core if not given
    #[arg(short = 'j', long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    /// Print no summary and no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print what was changed and what was left out
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Source lines with reasons and help
    Pretty,
    /// One line per violation
    Concise,
    /// One JSON object
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What is looked at.
#[derive(Debug, Args)]
struct Scope {
    /// Files and folders to report and change; the whole project is known in any case
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run this rule only; may be given more than once
    #[arg(long = "rule", value_name = "NAME")]
    rules: Vec<String>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    scope: Scope,
    /// Print the patch as well; the report goes to stderr then
    #[arg(long)]
    diff: bool,
    /// Count unsafe fixes in the patch
    #[arg(long)]
    unsafe_fixes: bool,
}

#[derive(Debug, Args)]
struct FixArgs {
    #[command(flatten)]
    scope: Scope,
    /// Write nothing; print one patch that `git apply` and `patch -p1` take from the project root
    #[arg(long)]
    diff: bool,
    /// Write nothing; report the violations and fail if there are any
    #[arg(long)]
    check: bool,
    /// Apply unsafe fixes as well
    #[arg(long)]
    unsafe_fixes: bool,
    /// Change files even if they have uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Change files even outside of a git repository
    #[arg(long)]
    allow_no_vcs: bool,
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are no errors, and go to stdout. A closed pipe is nobody's loss.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { TROUBLE } else { CLEAN });
        }
    };
    let terminal = Terminal::of(&cli.common);
    let result = match cli.command {
        Command::Fix(args) => fix::run(&terminal, &cli.common, &args),
        Command::Check(args) => fix::run(&terminal, &cli.common, &args.into()),
        Command::Rules => rules::run(&terminal),
        Command::Explain { rule } => explain::run(&terminal, &rule),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            terminal.print_error(&error);
            ExitCode::from(TROUBLE)
        }
    }
}

impl From<CheckArgs> for FixArgs {
    fn from(CheckArgs { scope, diff, unsafe_fixes }: CheckArgs) -> FixArgs {
        FixArgs { scope, diff, check: true, unsafe_fixes, allow_dirty: false, allow_no_vcs: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
