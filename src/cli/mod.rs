//! The command line: one file per subcommand, which turns arguments into calls.

mod ask;
mod baseline;
mod cache;
mod explain;
mod fix;
mod gate;
mod groups;
mod init;
mod load;
mod lsp;
mod output;
mod partition;
mod print;
mod progress;
mod rules;
mod scope;
mod shard;
mod split;
mod split_by;
mod status;
mod terminal;
mod unsaved;

use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::panic::{self, UnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use rayon::ThreadPoolBuilder;

use self::cache::CacheArgs;
use self::gate::GateArgs;
use self::output::Output;
use self::scope::Scope;
use self::shard::Shard;
use self::terminal::{Failure, Terminal};

/// The stack of each thread: as much as a main thread usually has.
const STACK_BYTES: usize = 8 << 20;
/// Exit status 0: nothing is left to do.
const CLEAN: u8 = 0;
/// Exit status 1: there are violations.
const VIOLATIONS: u8 = 1;
/// Exit status 2: usage, configuration, I/O or internal error, or a file that had to be skipped.
const TROUBLE: u8 = 2;

const EXIT_STATUS: &str = "\
Exit status:
  0  Nothing is left to do, or `fix --diff` printed its patch
  1  Violations: `check` found some, or `fix` left some
  2  Trouble: wrong usage or configuration, an error, or a file that had to be skipped";

const SPLIT_STATUS: &str = "\
Exit status:
  0  It was done, or `--diff` printed its patch
  2  It can't be done, or something went wrong: nothing was written";

const LSP_STATUS: &str = "\
It is for editors to start. The project root and its phase2.toml are found for each document, unless --root or --config
names one.

Exit status:
  0  The editor asked for the end
  1  The editor was gone before it asked
  2  Trouble: wrong usage, or an editor that doesn't speak the protocol";

const FIRST_STEPS: &str = "\
First steps:
  phase2 status                                        See how far the project is
  phase2 init                                          Write phase2.toml, to look through
  phase2 check                                         Report violations
  phase2 fix --diff > x.patch && git apply x.patch     Look at a patch, then apply it
  phase2 fix                                           Rewrite the files in place
  phase2 explain console                               Read what a rule does and why";

/// Finds what stops a Supabase project from serving many tenants safely, and rewrites it.
#[derive(Debug, Parser)]
#[command(name = "phase2", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = format!("{FIRST_STEPS}\n\n{EXIT_STATUS}"))]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rewrite files in place, or print the patch
    #[command(after_help = EXIT_STATUS)]
    Fix(FixArgs),
    /// Report violations and change nothing; the same as `fix --check`
    #[command(after_help = EXIT_STATUS)]
    Check(FixArgs),
    /// Accept the violations that there are, so that `check` fails on others only
    Baseline(BaselineArgs),
    /// Write phase2.toml from what is found in the project
    Init(InitArgs),
    /// Show how far the project is, and change nothing
    Status(StatusArgs),
    /// Take declarations out of one file, into modules of their own beside it
    #[command(after_help = SPLIT_STATUS)]
    Split(SplitArgs),
    /// Write migrations that partition a table by month
    Partition(PartitionArgs),
    /// Serve an editor over stdin and stdout, as a language server
    #[command(after_help = LSP_STATUS)]
    Lsp,
    /// List the rules
    Rules,
    /// Print a rule's page
    Explain {
        /// The rule's name
        rule: String,
    },
    /// Print the JSON schema of phase2.toml, for editors
    Schema,
    /// Print what completes commands and options in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in the format of man
    Man {
        /// The subcommand that it is about
        subcommand: Option<String>,
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
    /// How violations are printed, and into which file; may be given more than once [formats: pretty, concise, json,
    /// github, gitlab, sarif, junit, checkstyle, rdjson; of `status` pretty, json, markdown, html]
    #[arg(short, long, global = true, value_name = "FORMAT[=FILE]", default_value = "pretty")]
    output_format: Vec<Output>,
    /// How many threads; as many as there are cores if not given
    #[arg(short = 'j', long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    /// Print no summary and no progress; errors are printed all the same
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print which files were written and which were left out
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
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML
    Junit,
    /// Checkstyle's XML
    Checkstyle,
    /// Reviewdog's diagnostics
    Rdjson,
    /// Tables in Markdown; of `status` only
    Markdown,
    /// A page to look at; of `status` only
    Html,
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

#[derive(Debug, Args)]
struct FixArgs {
    #[command(flatten)]
    scope: Scope,
    /// Write nothing; print a patch that `git apply` and `patch -p1` take in the project root
    #[arg(long)]
    diff: bool,
    /// Write nothing; report the violations, to stderr if --diff prints the patch as well
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
    /// Ask about each fix, as `git add -p` does
    #[arg(short, long, conflicts_with_all = ["diff", "check"])]
    interactive: bool,
    /// With --diff: write a patch for each `rule` or each edge `function` into DIR, instead of one to stdout
    #[arg(long, num_args = 2, value_names = ["WHAT", "DIR"], requires = "diff")]
    split_by: Option<Vec<String>>,
    /// Report and change only one of N parts, the same ones every time; a fix is in one of them as a whole
    #[arg(long, value_name = "I/N", conflicts_with_all = ["interactive", "split_by"])]
    shard: Option<Shard>,
    /// Print how many violations there are of each kind instead of the violations
    #[arg(long)]
    statistics: bool,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    gate: GateArgs,
}

#[derive(Debug, Args)]
struct SplitArgs {
    /// The file
    file: PathBuf,
    /// Take this declaration out; may be given more than once [default: the best, until the file is below `max-lines`]
    #[arg(long, value_name = "NAME")]
    take: Vec<String>,
    /// Make a component of the JSX on these lines, such as 120-180
    #[arg(long, value_name = "LINES", requires = "name", conflicts_with = "take", value_parser = split::lines)]
    extract: Option<RangeInclusive<usize>>,
    /// What the component is called
    #[arg(long = "as", value_name = "NAME", requires = "extract", id = "name")]
    name: Option<String>,
    /// Write nothing; print the patch
    #[arg(long)]
    diff: bool,
    /// Change the file even if it has uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Change the file even outside of a git repository
    #[arg(long)]
    allow_no_vcs: bool,
}

#[derive(Debug, Args)]
struct BaselineArgs {
    /// The file, instead of phase2-baseline.json in the project root
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Accept nothing new; remove the entries that match nothing any more
    #[arg(long)]
    prune: bool,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Write nothing; print the patch
    #[arg(long)]
    diff: bool,
    /// Overwrite a phase2.toml that is there
    #[arg(long)]
    force: bool,
    /// Put phase2's rate limit module in place of the project's own helper, with the same exports, called in the same style
    #[arg(long)]
    replace_helper: bool,
    /// Replace the helper even if it has uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Replace the helper even outside of a git repository
    #[arg(long)]
    allow_no_vcs: bool,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Look at this rule only; may be given more than once
    #[arg(long = "rule", value_name = "NAME")]
    rules: Vec<String>,
    #[command(flatten)]
    cache: CacheArgs,
    /// Also show the numbers of so many past weeks, such as 26w, out of the git history
    #[arg(long, value_name = "WEEKS", value_parser = status::weeks)]
    history: Option<u16>,
    /// Also show the partitioned tables of this database
    #[arg(long, value_name = "URL", conflicts_with = "from_snapshot")]
    database_url: Option<String>,
    /// Also show the table of a snapshot that `phase2 partition --snapshot` wrote
    #[arg(long, value_name = "FILE")]
    from_snapshot: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PartitionArgs {
    /// The table; in the schema `public` unless it names another
    table: String,
    /// The column that says which month a row belongs to
    #[arg(long, value_name = "COLUMN")]
    by: String,
    /// How long a partition is
    #[arg(long, value_enum, default_value_t = Every::Month)]
    every: Every,
    /// What becomes of the rows that are there
    #[arg(long, value_enum, default_value_t = Past::Attach)]
    history: Past,
    /// How many months after the present one have a partition
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=120))]
    ahead: u8,
    /// The first month with a partition of its own, as 2026-11; the next that begins in more than a week, or to split the month of the
    /// oldest row, if not given
    #[arg(long, value_name = "MONTH")]
    boundary: Option<String>,
    /// The schema of the partitions; the API must not expose it
    #[arg(long, value_name = "SCHEMA", default_value = "partitions")]
    partition_schema: String,
    /// The function that makes the partitions to come; `app.ensure_next_…_partition` if not given
    #[arg(long, value_name = "SCHEMA.NAME")]
    function: Option<String>,
    /// Give rows of months without a partition a place
    #[arg(long)]
    default_partition: bool,
    /// How many months before the present one stay; older partitions go. All stay if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1200))]
    keep: Option<u16>,
    /// What becomes of the partitions that --keep lets go
    #[arg(long, value_enum, default_value_t = Then::Detach, requires = "keep")]
    then: Then,
    /// Go on although this gets lost; may be given more than once
    #[arg(long, value_name = "LOSS")]
    accept: Vec<String>,
    /// Set publish_via_partition_root of the table's publications, for all of their tables
    #[arg(long)]
    publish_via_root: bool,
    /// The database; the variable DATABASE_URL if not given
    #[arg(long, value_name = "URL", conflicts_with = "from_snapshot")]
    database_url: Option<String>,
    /// Also write what was read of the database
    #[arg(long, value_name = "FILE", conflicts_with = "from_snapshot")]
    snapshot: Option<PathBuf>,
    /// Read what was written by --snapshot, and no database
    #[arg(long, value_name = "FILE")]
    from_snapshot: Option<PathBuf>,
    /// Also say what partitions would change for the queries in this file; the server plans them and runs none
    #[arg(long, value_name = "FILE.sql", conflicts_with = "from_snapshot")]
    explain: Option<PathBuf>,
    /// The folder that gets the folders `migrations` and `partition`
    #[arg(long, value_name = "DIR", default_value = "supabase")]
    into: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Every {
    /// A calendar month in UTC
    Month,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Then {
    /// They become tables of their own, which nobody but the owner can read
    Detach,
    /// They are dropped with their rows
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Past {
    /// The table becomes one partition: nothing is copied
    Attach,
    /// They are copied to partitions of their months
    Split,
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are no errors, and go to stdout. A closed pipe is nobody's loss.
            let unprinted = error.print().is_err_and(|error| error.kind() != ErrorKind::BrokenPipe);
            return ExitCode::from(if error.use_stderr() || unprinted { TROUBLE } else { CLEAN });
        }
    };
    let terminal = Terminal::of(&cli.common);
    let common = &cli.common;
    let result = guarded(|| match cli.command {
        Command::Fix(args) => on_threads(common, || fix::run(&terminal, common, &args)),
        Command::Check(args) => on_threads(common, || fix::run(&terminal, common, &FixArgs { check: true, ..args })),
        Command::Baseline(args) => on_threads(common, || baseline::run(&terminal, common, &args)),
        Command::Init(args) => on_threads(common, || init::run(&terminal, common, &args)),
        Command::Status(args) => on_threads(common, || status::run(&terminal, common, &args)),
        Command::Split(args) => on_threads(common, || split::run(&terminal, common, &args)),
        Command::Partition(args) => on_threads(common, || partition::run(&terminal, common, &args)),
        Command::Lsp => on_threads(common, || lsp::run(common)),
        Command::Rules => rules::run(&terminal),
        Command::Explain { rule } => explain::run(&terminal, &rule),
        Command::Schema => print::schema(&terminal),
        Command::Completions { shell } => print::completions(&terminal, shell),
        Command::Man { subcommand } => print::manual(&terminal, subcommand.as_deref()),
    });
    ExitCode::from(result.unwrap_or_else(|error| {
        terminal.print_error(&error);
        TROUBLE
    }))
}

/// Runs a command on as many threads as are wanted: what it does in parallel, it does on these.
fn on_threads(common: &Common, run: impl FnOnce() -> Result<u8, Failure> + Send) -> Result<u8, Failure> {
    let threads = common.threads.map_or(0, usize::from);
    ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?.install(run)
}

/// Makes a failure of a panic, which has told where it was by then, so that it has the exit status of one.
fn guarded(run: impl FnOnce() -> Result<u8, Failure> + UnwindSafe) -> Result<u8, Failure> {
    panic::catch_unwind(run).unwrap_or_else(|_| {
        Err(Failure::Plain("phase2 came upon a defect of its own; please report it with the lines above".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    #[allow(clippy::panic)]
    fn a_panic_is_a_failure() {
        let failure = guarded(|| panic!("this panic belongs to a test"));
        assert!(failure.is_err_and(|error| error.to_string().contains("defect")));
        assert!(guarded(|| Ok(VIOLATIONS)).is_ok_and(|status| status == VIOLATIONS));
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
