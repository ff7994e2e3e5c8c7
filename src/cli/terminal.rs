//! What the standard streams can show, and how errors look on them.

use std::io::{self, IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::{Color, Common};
use crate::report::Look;

/// The standard streams.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// What stdout can show.
    pub stdout: Look,
    /// What stderr can show.
    pub stderr: Look,
    /// Whether somebody watches stderr.
    pub is_watched: bool,
}

/// The columns of an output that isn't a terminal.
const DEFAULT_WIDTH: usize = 100;

impl Terminal {
    /// Asks the streams and the environment (NO_COLOR, TERM) what they can.
    pub fn of(common: &Common) -> Terminal {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let refuses = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let look = |is_terminal: bool, unicode: bool| Look {
            color: match common.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !refuses,
            },
            unicode,
            width: match terminal_size::terminal_size() {
                Some((terminal_size::Width(width), _)) if is_terminal => usize::from(width).max(40),
                _ => DEFAULT_WIDTH,
            },
        };
        let unicode = supports_unicode::on(supports_unicode::Stream::Stdout);
        let unicode_err = supports_unicode::on(supports_unicode::Stream::Stderr);
        Terminal { stdout: look(out, unicode), stderr: look(err, unicode_err), is_watched: err && !common.quiet }
    }

    /// Prints an error, with its source line if it has one.
    pub fn print_error(&self, error: &Failure) {
        let theme = match (self.stderr.unicode, self.stderr.color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(self.stderr.width);
        let mut text = String::new();
        let shown = match error {
            Failure::Diagnostic(diagnostic) => handler.render_report(&mut text, diagnostic.as_ref()).is_ok(),
            Failure::Plain(_) => false,
        };
        let mut stderr = io::stderr().lock();
        // Where stderr is gone there is nobody left to tell.
        let _ = if shown { write!(stderr, "error: {}", text.trim_start()) } else { writeln!(stderr, "error: {error}") };
    }
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// With a place to point at.
    Diagnostic(Box<dyn Diagnostic + Send + Sync>),
    /// In words alone.
    Plain(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Diagnostic(error) => write!(f, "{error}"),
            Failure::Plain(message) => f.write_str(message),
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Failure {
        Failure::Diagnostic(Box::new(error))
    }
}

/// For errors whose words say it all.
macro_rules! plain {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                Failure::Plain(error.to_string())
            }
        })*
    };
}

plain!(
    io::Error,
    rayon::ThreadPoolBuildError,
    crate::project::NoRoot,
    crate::project::ProjectError,
    crate::project::SelectionError,
    crate::vcs::VcsError,
    crate::write::WriteError
);
