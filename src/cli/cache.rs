//! `--cache`: results of former runs, kept in git's folder.

use clap::Args;

use super::Common;
use super::terminal::{Stream, Terminal};
use crate::engine::{self, Cache, Cached, Outcome, Request};
use crate::project::Project;
use crate::report::Note;
use crate::report::summary;
use crate::vcs::past::git_folder;

/// The option of the cache.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Keep results in git's folder, and parse only what changed since; without effect where the variable CI is set
    #[arg(long)]
    cache: bool,
}

/// What runs the rules, with a cache or without one.
#[derive(Debug)]
pub struct Runner {
    cache: Option<Cache>,
    terminal: Terminal,
    is_verbose: bool,
}

impl Runner {
    /// One without a cache.
    pub fn plain(terminal: &Terminal) -> Runner {
        Runner { cache: None, terminal: *terminal, is_verbose: false }
    }

    /// The one that `args` ask for. It is said on stderr why there is no cache where there should be one.
    pub fn of(terminal: &Terminal, common: &Common, args: &CacheArgs, project: &Project) -> Runner {
        let mut runner = Runner { is_verbose: common.verbose, ..Runner::plain(terminal) };
        if !args.cache {
            return runner;
        }
        if is_ci() {
            runner.tell("the cache is off: CI is set");
            return runner;
        }
        let folder = git_folder(&project.root).ok();
        runner.cache = folder.and_then(|folder| Cache::in_folder(folder.join("phase2/cache")));
        if runner.cache.is_none() && !common.quiet {
            let message = "--cache has no effect: results are kept in git's folder, and this is no git repository";
            let note = Note { rule: None, path: None, message: message.to_owned() };
            // Where stderr is gone there is nobody left to tell.
            let _ = terminal.print(Stream::Err, |err, look| summary::write_note(err, &note, look));
        }
        runner
    }

    /// Runs `request` over `project`.
    pub fn run(&self, project: &Project, request: &Request<'_>) -> Outcome {
        let Some(cache) = &self.cache else { return engine::run(project, request) };
        let Cached { outcome, recalled, unkept } = cache.run(project, request);
        let parsed = outcome.found.stats.files_parsed;
        self.tell(&format!("the cache knew {recalled} of {parsed} files that would be parsed"));
        if let Some(error) = unkept {
            self.tell(&format!("the cache can't be written: {error}"));
        }
        outcome
    }

    fn tell(&self, what: &str) {
        if self.is_verbose {
            let _ = self.terminal.print(Stream::Err, |err, _| writeln!(err, "{what}"));
        }
    }
}

/// Whether this is a machine that checks for others: there is nobody whose time a cache would save, and a check starts from
/// nothing.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
