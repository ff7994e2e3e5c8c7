//! Where reports go, and in which formats: `-o pretty -o sarif=out.sarif`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::terminal::{Failure, Stream, Terminal};
use super::{Common, Format};
use crate::report::{
    Look, Report, checkstyle, concise, github, gitlab, json, junit, pretty, rdjson, sarif, statistics,
};
use crate::rules::Meta;
use crate::vcs;

/// A format, and the file that it goes to; stdout if none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file.
    pub file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        if file == Some("") {
            return Err(format!("`{text}` names no file behind `=`"));
        }
        let known = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let format = Format::from_str(name, false).map_err(|_| {
            let names: Vec<String> = known().map(|value| value.get_name().to_owned()).collect();
            format!("there is no format `{name}`; these are {}", names.join(", "))
        })?;
        Ok(Output { format, file: file.map(PathBuf::from) })
    }
}

/// Sees to it that what goes to stdout is one thing.
///
/// # Errors
/// If two formats would share it.
pub fn one_on_stdout(outputs: &[Output]) -> Result<(), Failure> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(Failure::Plain(
            "two formats can't share stdout: name a file for all but one, as in `-o pretty -o sarif=out.sarif`"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Lets `write` fill the file at `path`.
///
/// # Errors
/// If it can't be written.
pub fn print_into(
    terminal: &Terminal,
    path: &Path,
    write: impl FnOnce(&mut dyn Write, Look) -> io::Result<()>,
) -> Result<(), Failure> {
    let look = Look { color: false, ..terminal.stdout };
    let written = File::create(path).map(BufWriter::new).and_then(|mut out| {
        write(&mut out, look)?;
        out.flush()
    });
    written.map_err(|error| Failure::Plain(format!("{} can't be written: {error}", path.display())))
}

/// All outputs of a run.
#[derive(Debug)]
pub struct Outputs<'a> {
    outputs: &'a [Output],
    /// Whether numbers are printed instead of the violations.
    is_statistics: bool,
}

impl<'a> Outputs<'a> {
    /// Those that the command line names.
    ///
    /// # Errors
    /// If two of them would share stdout, or one isn't for violations.
    pub fn of(common: &'a Common, is_statistics: bool) -> Result<Outputs<'a>, Failure> {
        let outputs = &common.output_format;
        let of_status = [(Format::Markdown, "markdown"), (Format::Html, "html")];
        if let Some((_, name)) = of_status.iter().find(|(of, _)| outputs.iter().any(|output| output.format == *of)) {
            return Err(Failure::Plain(format!(
                "`-o {name}` is of `phase2 status` only: use pretty, concise, json or one for code hosts"
            )));
        }
        one_on_stdout(outputs)?;
        Ok(Outputs { outputs, is_statistics })
    }

    /// Whether a format says what violations are known by.
    pub fn needs_fingerprints(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output.format, Format::Sarif | Format::Gitlab))
    }

    /// Whether what goes to the stream must stay alone there to be read.
    pub fn is_for_programs(&self) -> bool {
        let on_stream = self.outputs.iter().filter(|output| output.file.is_none());
        on_stream.into_iter().any(|output| !matches!(output.format, Format::Pretty | Format::Concise | Format::Github))
    }

    /// Prints the violations of `report`, of the project at `root`; what goes to no file goes to `stream`. `rules` are those
    /// that ran.
    ///
    /// # Errors
    /// If something can't be written.
    pub fn print(
        &self,
        terminal: &Terminal,
        stream: Stream,
        root: &Path,
        report: &Report,
        rules: &[&Meta],
    ) -> Result<(), Failure> {
        // Code hosts count from the top of the repository, which the project may be a folder of.
        let is_for_host = |format: Format| !matches!(format, Format::Pretty | Format::Concise | Format::Json);
        let is_wanted = self.outputs.iter().any(|output| is_for_host(output.format));
        let folder = if is_wanted { vcs::folder_in_repository(root) } else { String::new() };
        let above = (!folder.is_empty()).then(|| report.seen_from_above(&folder));
        for Output { format, file } in self.outputs {
            let report = above.as_ref().filter(|_| is_for_host(*format)).unwrap_or(report);
            let Some(path) = file else {
                terminal.print(stream, |out, look| self.write(out, *format, report, rules, look))?;
                continue;
            };
            print_into(terminal, path, |out, look| self.write(out, *format, report, rules, look))?;
        }
        Ok(())
    }

    fn write(
        &self,
        out: &mut dyn Write,
        format: Format,
        report: &Report,
        rules: &[&Meta],
        look: Look,
    ) -> io::Result<()> {
        match format {
            Format::Pretty | Format::Concise if self.is_statistics => statistics::write(out, report, look),
            Format::Pretty => pretty::write(out, report, look),
            Format::Concise => concise::write(out, report),
            Format::Json => json::write(out, report),
            Format::Github => github::write(out, report),
            Format::Gitlab => gitlab::write(out, report),
            Format::Sarif => sarif::write(out, report, rules),
            Format::Junit => junit::write(out, report),
            Format::Checkstyle => checkstyle::write(out, report),
            Format::Rdjson => rdjson::write(out, report),
            Format::Markdown | Format::Html => Ok(()),
        }
    }
}
