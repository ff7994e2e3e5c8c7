//! What the editor has open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{TextDocumentContentChangeEvent as Change, TextDocumentItem, Uri};

use super::text::{Encoding, Text};

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the client calls it.
    pub uri: Uri,
    /// Its version, as the client counts.
    pub version: i32,
    /// Its text.
    pub text: Arc<str>,
    /// The root of its project, if it is in one.
    pub root: Option<PathBuf>,
}

/// The open documents that are files, by their paths.
#[derive(Debug, Default)]
pub struct Documents {
    open: BTreeMap<PathBuf, Document>,
}

impl Documents {
    /// Takes a document that was opened. Its path, if it is a file's.
    pub fn open(&mut self, item: TextDocumentItem, root: impl FnOnce(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
        let path = path_of(&item.uri)?;
        let root = root(&path);
        let document = Document { uri: item.uri, version: item.version, text: item.text.into(), root };
        self.open.insert(path.clone(), document);
        Some(path)
    }

    /// Applies changes, one after the other. The document's path, if it is open.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<Change>, encoding: Encoding) -> Option<PathBuf> {
        let path = path_of(uri)?;
        let document = self.open.get_mut(&path)?;
        for change in changes {
            document.text = match change {
                Change::TextDocumentContentChangeWholeDocument(whole) => whole.text.into(),
                Change::TextDocumentContentChangePartial(part) => {
                    let range = Text::new(&document.text, encoding).offsets(part.range);
                    let mut text = document.text.to_string();
                    text.replace_range(range, &part.text);
                    text.into()
                }
            };
        }
        document.version = version;
        Some(path)
    }

    /// Lets go of a document.
    pub fn close(&mut self, uri: &Uri) -> Option<(PathBuf, Document)> {
        self.open.remove_entry(&path_of(uri)?)
    }

    /// The document of a file.
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    /// All of them, by their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.open.iter()
    }

    /// Those of the project at `root`.
    pub fn of_project(&self, root: &Path) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.open.iter().filter(move |(_, document)| document.root.as_deref() == Some(root))
    }

    /// Finds the roots of all documents anew.
    pub fn find_roots(&mut self, root: impl Fn(&Path) -> Option<PathBuf>) {
        for (path, document) in &mut self.open {
            document.root = root(path);
        }
    }
}

/// The file that a client means, its folder without symbolic links: files are known by their real path.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    let path = if uri.scheme() == "file" { uri.to_file_path().ok()? } else { return None };
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    Some(folder.zip(path.file_name()).map_or_else(|| path.clone(), |(folder, name)| folder.join(name)))
}
