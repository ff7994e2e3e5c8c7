//! What `fix` would do, as one unified diff that `git apply` and `patch -p1` take from the project root.
//!
//! There are no `diff --git` lines: for git they make the names start at the top of the repository, so that a patch of a
//! project in a subfolder of it would pass all its files over, silently.
//!
//! Applied, it gives byte for byte what `fix` writes. The hunks are written here and not by the diff library: for git
//! and patch a line ends with `\n` and nothing else, so that a carriage return is content.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use rayon::prelude::*;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::edit::FileChange;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;
const DEV_NULL: &str = "/dev/null";
const NO_NEWLINE: &str = "\n\\ No newline at end of file\n";

/// What some changes look like line by line.
#[derive(Debug)]
pub struct Patch<'c> {
    files: Vec<FilePatch<'c>>,
}

/// The hunks of one file.
#[derive(Debug)]
struct FilePatch<'c> {
    change: &'c FileChange,
    hunks: Vec<Vec<DiffOp>>,
}

impl<'c> Patch<'c> {
    /// The patch of `changes`, in their order. A file that doesn't change is left out, and so is a new one that is empty:
    /// without lines it has no place in a patch. Works on the threads of the rayon pool that it is called in.
    pub fn of(changes: &'c [FileChange]) -> Patch<'c> {
        let changed = changes.par_iter().filter(|it| it.before.as_deref().unwrap_or_default() != it.after);
        Patch { files: changed.map(FilePatch::of).collect() }
    }

    /// How many hunks there are.
    pub fn hunks(&self) -> usize {
        self.files.iter().map(|file| file.hunks.len()).sum()
    }

    /// Prints it. With `color` it is coloured as git does it, for terminals; only without is it a patch that can be applied.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn write(&self, out: &mut dyn Write, color: bool) -> io::Result<()> {
        self.files.iter().try_for_each(|file| file.write(out, Pen { color }))
    }
}

impl FilePatch<'_> {
    fn of(change: &FileChange) -> FilePatch<'_> {
        let (old, new) = sides(change);
        FilePatch { change, hunks: group_diff_ops(capture_diff_slices(Algorithm::Histogram, &old, &new), CONTEXT) }
    }

    fn write(&self, out: &mut dyn Write, pen: Pen) -> io::Result<()> {
        let path = self.change.path.as_str();
        let (a, b) = (quoted("a/", path), quoted("b/", path));
        // git and patch take the first blank for the end of the name, unless a tab ends it.
        let tab = if path.contains(' ') { "\t" } else { "" };
        let from = if self.change.before.is_some() { format!("{a}{tab}") } else { DEV_NULL.to_owned() };
        pen.line(out, Pen::BOLD, &format!("--- {from}\n"))?;
        pen.line(out, Pen::BOLD, &format!("+++ {b}{tab}\n"))?;
        let (old, new) = sides(self.change);
        self.hunks.iter().try_for_each(|ops| hunk(out, pen, ops, &old, &new))
    }
}

/// The lines before and after.
fn sides(change: &FileChange) -> (Vec<&str>, Vec<&str>) {
    let before = change.before.as_deref().unwrap_or_default();
    (before.split_inclusive('\n').collect(), change.after.split_inclusive('\n').collect())
}

fn hunk(out: &mut dyn Write, pen: Pen, ops: &[DiffOp], old: &[&str], new: &[&str]) -> io::Result<()> {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return Ok(()) };
    let removed = span(first.old_range().start..last.old_range().end);
    let added = span(first.new_range().start..last.new_range().end);
    pen.line(out, Pen::CYAN, &format!("@@ -{removed} +{added} @@\n"))?;
    for op in ops {
        if op.tag() == DiffTag::Equal {
            lines(out, pen, Pen::PLAIN, ' ', &old[op.old_range()])?;
        } else {
            lines(out, pen, Pen::RED, '-', &old[op.old_range()])?;
            lines(out, pen, Pen::GREEN, '+', &new[op.new_range()])?;
        }
    }
    Ok(())
}

fn lines(out: &mut dyn Write, pen: Pen, color: &str, sign: char, lines: &[&str]) -> io::Result<()> {
    lines.iter().try_for_each(|line| {
        let end = if line.ends_with('\n') { "" } else { NO_NEWLINE };
        pen.line(out, color, &format!("{sign}{line}{end}"))
    })
}

/// Lines of a hunk as its header names them: the first, from 1, and how many. No line at all is named by the line
/// that it comes after.
fn span(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// A path with its prefix, in the quotes of C where git puts it in quotes.
fn quoted(prefix: &str, path: &str) -> String {
    if path.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        return format!("{prefix}{path}");
    }
    let mut text = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte as char]),
            0x07 => text.push_str("\\a"),
            0x08 => text.push_str("\\b"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            0x0b => text.push_str("\\v"),
            0x0c => text.push_str("\\f"),
            b'\r' => text.push_str("\\r"),
            b' '..=b'~' => text.push(byte as char),
            // Writing to a string can't fail.
            _ => drop(write!(text, "\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// Writes lines, in colours or without.
#[derive(Clone, Copy)]
struct Pen {
    color: bool,
}

impl Pen {
    const PLAIN: &str = "";
    const BOLD: &str = "1";
    const RED: &str = "31";
    const GREEN: &str = "32";
    const CYAN: &str = "36";

    /// Writes `line`, which ends with a line break; the colour ends before it.
    fn line(self, out: &mut dyn Write, color: &str, line: &str) -> io::Result<()> {
        match line.strip_suffix('\n') {
            Some(content) if self.color && !color.is_empty() => writeln!(out, "\x1b[{color}m{content}\x1b[0m"),
            _ => out.write_all(line.as_bytes()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
