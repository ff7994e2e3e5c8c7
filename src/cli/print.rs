//! `phase2 schema`, `phase2 completions` and `phase2 man`: what other programs are to know of this one.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Cli};
use crate::config::{schema, suggestion};
use crate::rules;

/// Prints the JSON schema of phase2.toml.
///
/// # Errors
/// If stdout can't be written.
pub fn schema(terminal: &Terminal) -> Result<u8, Failure> {
    let schema = schema::schema(&rules::names());
    terminal.print(Stream::Out, |out, _| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        writeln!(out)
    })?;
    Ok(CLEAN)
}

/// Prints the script that completes commands and options in `shell`.
///
/// # Errors
/// If stdout can't be written.
pub fn completions(terminal: &Terminal, shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "phase2", &mut script);
    terminal.print(Stream::Out, |out, _| out.write_all(&script))?;
    Ok(CLEAN)
}

/// Prints the manual page of the program, or that of one subcommand.
///
/// # Errors
/// If there is no such subcommand, or stdout can't be written.
pub fn manual(terminal: &Terminal, subcommand: Option<&str>) -> Result<u8, Failure> {
    let mut program = Cli::command();
    // So that a subcommand knows the options of all.
    program.build();
    let command = match subcommand {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                let help = suggestion(name, &known);
                return Err(Failure::Plain(format!("there is no subcommand `{name}`: {help}")));
            }
        },
    };
    // Of itself a subcommand's page would be that of a program called `fix`.
    let page = clap_mangen::Man::new(command).source(concat!("phase2 ", env!("CARGO_PKG_VERSION")));
    terminal.print(Stream::Out, |out, _| page.render(out))?;
    Ok(CLEAN)
}
