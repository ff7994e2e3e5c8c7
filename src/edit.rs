//! What a fix is made of: plain text edits, wanted imports and new files.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::path::RelPath;

/// A replacement of a range of one file.
///
/// An empty range is an insertion, an empty text a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edit {
    /// The file that is edited.
    pub path: RelPath,
    /// Byte offsets into the file as it is on disk, a byte order mark included; the end is exclusive.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// A file that a fix brings along.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewFile {
    /// Where it goes.
    pub path: RelPath,
    /// Its whole text, which all fixes that want it share.
    pub text: Arc<str>,
}

/// How far a fix may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Applicability {
    /// Keeps what the program means; `phase2 fix` applies it.
    Safe,
    /// May change what the program means; applied with `--unsafe-fixes`.
    Unsafe,
    /// Shown, never applied.
    DisplayOnly,
}

impl Applicability {
    /// The name that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::DisplayOnly => "display-only",
        }
    }
}

/// A binding that a fix wants: `import { imported as local } from 'specifier'`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// How a new statement names the module.
    pub specifier: String,
    /// The exported name, or `default`; `*` for the whole module.
    pub imported: String,
    /// The name in this file.
    pub local: String,
}

/// The repair of one violation. It is complete alone, its imports included; combining fixes is the plan's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// Its edits, in any files.
    pub edits: Vec<Edit>,
    /// The bindings that its edits rely on, by the file that needs them.
    pub imports: Vec<(RelPath, Wanted)>,
    /// Statements that must stand behind the imports of a file, without a line end: `const log = createLogger('a');`
    pub declarations: Vec<(RelPath, String)>,
    /// Files that it brings along.
    pub new_files: Vec<NewFile>,
    /// Comments whose removal is what the fix is for: byte ranges. All others must survive.
    pub removed_comments: Vec<(RelPath, Range<usize>)>,
}

impl Fix {
    /// A safe fix of `edits` alone.
    pub fn safe(edits: Vec<Edit>) -> Fix {
        Fix {
            applicability: Applicability::Safe,
            edits,
            imports: Vec::new(),
            declarations: Vec::new(),
            new_files: Vec::new(),
            removed_comments: Vec::new(),
        }
    }

    /// The files that it changes, those that it brings along excepted. Sorted, each once.
    pub fn paths(&self) -> Vec<&RelPath> {
        let imports = self.imports.iter().map(|(path, _)| path);
        let declarations = self.declarations.iter().map(|(path, _)| path);
        let mut paths: Vec<&RelPath> =
            self.edits.iter().map(|edit| &edit.path).chain(imports).chain(declarations).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// What becomes of one file: the result of all fixes that were taken and proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: RelPath,
    /// Its text as it was read; `None` if the file is new.
    pub before: Option<Arc<str>>,
    /// Its text afterwards.
    pub after: String,
}
