//! The standard streams: what they can show, how things get onto them, and how errors look there.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler};

use super::{Color, Common};
use crate::report::Look;

/// The columns of an output that isn't a terminal.
const DEFAULT_WIDTH: usize = 100;
/// Narrower than this nothing can be shown.
const LEAST_WIDTH: usize = 40;

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

/// One of the streams that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// What was asked for: a patch, a report.
    Out,
    /// What is said about it.
    Err,
}

impl Terminal {
    /// Asks the streams and the environment (NO_COLOR, TERM) what they can.
    pub fn of(common: &Common) -> Terminal {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let refuses = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let look = |is_terminal: bool, stream: supports_unicode::Stream| Look {
            color: match common.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !refuses,
            },
            unicode: supports_unicode::on(stream),
            width: match terminal_size::terminal_size() {
                Some((terminal_size::Width(width), _)) if is_terminal => usize::from(width).max(LEAST_WIDTH),
                _ => DEFAULT_WIDTH,
            },
        };
        Terminal {
            stdout: look(out, supports_unicode::Stream::Stdout),
            stderr: look(err, supports_unicode::Stream::Stderr),
            is_watched: err && !common.quiet,
        }
    }

    /// Lets `write` print to a stream, to the last byte. A reader that goes away before has seen enough, which is no
    /// error.
    ///
    /// # Errors
    /// If the stream can't be written.
    pub fn print(
        &self,
        stream: Stream,
        write: impl FnOnce(&mut dyn Write, Look) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let (name, look, inner): (_, _, Box<dyn Write>) = match stream {
            Stream::Out => ("stdout", self.stdout, Box::new(io::stdout().lock())),
            Stream::Err => ("stderr", self.stderr, Box::new(io::stderr().lock())),
        };
        let mut out = BufWriter::new(inner);
        match write(&mut out, look).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Plain(format!("{name} can't be written: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Prints an error, with its source line if it has one.
    pub fn print_error(&self, error: &Failure) {
        let mut theme = self.stderr.theme();
        theme.characters.error = "error:".to_owned();
        let handler = GraphicalReportHandler::new_themed(theme).with_width(self.stderr.width);
        let mut text = String::new();
        let shown = match error {
            Failure::Diagnostic(diagnostic) => handler.render_report(&mut text, diagnostic.as_ref()).is_ok(),
            Failure::Plain(_) => false,
        };
        // Where stderr is gone there is nobody left to tell.
        let _ = self.print(Stream::Err, |err, look| match shown {
            true => err.write_all(text.trim_start().as_bytes()),
            false => writeln!(err, "{} {error}", look.paint("31", "error:")),
        });
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
    rayon::ThreadPoolBuildError,
    crate::baseline::BaselineError,
    crate::history::HistoryError,
    crate::partition::read::ReadError,
    crate::project::NoRoot,
    crate::project::ProjectError,
    crate::project::SelectionError,
    crate::vcs::VcsError,
    crate::write::WriteError
);
