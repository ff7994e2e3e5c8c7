//! The editor: what it can do, and what it is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gen_lsp_types::{self as lsp, ClientCapabilities, Notification as _, Request as _, Uri};
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde::Serialize;

use super::documents::Documents;
use super::text::Encoding;

/// The number of the only request that the server makes.
const REGISTRATION: i32 = 1;

/// The client of this server.
pub struct Client {
    sender: Box<dyn Fn(Message)>,
    /// What positions count.
    pub encoding: Encoding,
    /// Whether edits may name the version that they are for, and files to create.
    pub can_version_edits: bool,
    /// Whether edits may create files.
    pub can_create_files: bool,
    /// Whether diagnostics may name other places.
    pub can_relate: bool,
    /// Whether it tells of files that change on disk.
    pub can_watch: bool,
    /// The folders that are open: as the client calls them, and their real paths.
    folders: Vec<(Uri, PathBuf)>,
    /// The messages that were shown, and those in the log.
    shown: BTreeSet<String>,
    logged: BTreeSet<String>,
}

impl Client {
    /// The client at the other end of a connection, as it describes itself.
    pub fn new(connection: &Connection, capabilities: &ClientCapabilities) -> Client {
        let sender = connection.sender.clone();
        let workspace = capabilities.workspace.as_ref();
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        let can_version_edits = edits.and_then(|it| it.document_changes) == Some(true);
        let operations = edits.and_then(|it| it.resource_operations.as_deref()).unwrap_or_default();
        let encodings = capabilities.general.as_ref().and_then(|it| it.position_encodings.as_deref());
        let diagnostics = capabilities.text_document.as_ref().and_then(|it| it.publish_diagnostics.as_ref());
        let watching = workspace.and_then(|it| it.did_change_watched_files.as_ref());
        Client {
            // A client that is gone hears nothing: the end of its messages ends the server.
            sender: Box::new(move |message| drop(sender.send(message))),
            encoding: Encoding::chosen(encodings.unwrap_or_default()),
            can_version_edits,
            can_create_files: can_version_edits && operations.contains(&lsp::ResourceOperationKind::Create),
            can_relate: diagnostics.and_then(|it| it.diagnostics_capabilities.related_information).unwrap_or_default(),
            can_watch: watching.and_then(|it| it.dynamic_registration) == Some(true),
            folders: Vec::new(),
            shown: BTreeSet::new(),
            logged: BTreeSet::new(),
        }
    }

    /// Takes the folders that are open now.
    pub fn set_folders(&mut self, folders: impl IntoIterator<Item = Uri>) {
        let known = folders.into_iter().filter_map(|uri| {
            let path = uri.to_file_path().ok()?.canonicalize().ok()?;
            Some((uri, path))
        });
        self.folders = known.collect();
    }

    /// The folders that are open, as the client calls them.
    pub fn folders(&self) -> impl Iterator<Item = &Uri> {
        self.folders.iter().map(|(uri, _)| uri)
    }

    /// What the client calls a file: as it does already, if it is open; else as it calls the folder around it.
    pub fn uri_of(&self, documents: &Documents, path: &Path) -> Option<Uri> {
        if let Some(document) = documents.get(path) {
            return Some(document.uri.clone());
        }
        let below = self.folders.iter().find_map(|(uri, real)| {
            let given = uri.to_file_path().ok()?;
            Some(given.join(path.strip_prefix(real).ok()?))
        });
        Uri::from_file_path(below.as_deref().unwrap_or(path)).ok()
    }

    /// Asks to be told of files that change on disk.
    pub fn watch(&self, globs: &[&str]) {
        if !self.can_watch {
            return;
        }
        let watchers = globs.iter().map(|glob| lsp::FileSystemWatcher {
            glob_pattern: lsp::GlobPattern::Pattern((*glob).to_owned()),
            kind: None,
        });
        let options = lsp::DidChangeWatchedFilesRegistrationOptions { watchers: watchers.collect() };
        let registration = lsp::Registration {
            id: "watched-files".to_owned(),
            method: lsp::DidChangeWatchedFilesNotification::METHOD.to_string(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = lsp::RegistrationParams { registrations: vec![registration] };
        let method = lsp::RegistrationRequest::METHOD.to_string();
        (self.sender)(Request::new(RequestId::from(REGISTRATION), method, params).into());
    }

    /// Says what is wrong with a document, or that nothing is.
    pub fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp::Diagnostic>) {
        self.notify::<lsp::PublishDiagnosticsNotification>(lsp::PublishDiagnosticsParams { uri, version, diagnostics });
    }

    /// Shows a message, if it wasn't shown before.
    pub fn show(&mut self, kind: lsp::MessageType, message: &str) {
        if self.shown.insert(message.to_owned()) {
            let message = message.to_owned();
            self.notify::<lsp::ShowMessageNotification>(lsp::ShowMessageParams { kind, message });
        }
    }

    /// Puts a message into the log, if it isn't there yet.
    pub fn log(&mut self, message: &str) {
        if self.logged.insert(message.to_owned()) {
            let (kind, message) = (lsp::MessageType::Warning, message.to_owned());
            self.notify::<lsp::LogMessageNotification>(lsp::LogMessageParams { kind, message });
        }
    }

    /// Answers a request.
    pub fn answer(&self, id: RequestId, result: impl Serialize) {
        (self.sender)(Response::new_ok(id, result).into());
    }

    /// Answers a request by an error.
    pub fn refuse(&self, id: RequestId, code: lsp_server::ErrorCode, message: &str) {
        (self.sender)(Response::new_err(id, code as i32, message.to_owned()).into());
    }

    fn notify<N: lsp::Notification>(&self, params: N::Params) {
        (self.sender)(Notification::new(N::METHOD.to_string(), params).into());
    }
}
