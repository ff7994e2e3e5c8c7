//! The language server: what the engine finds in the documents of an editor, while they are typed.
//!
//! It speaks the language server protocol over stdio. One thread does all: it takes what the client has sent so far, and only
//! then looks at the projects, so that of several keystrokes the last one counts. The engine uses all threads for one look.

mod actions;
mod client;
mod diagnostics;
mod documents;
mod edits;
mod served;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use gen_lsp_types::{self as lsp, Request as _, Uri};
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId};
use serde::de::DeserializeOwned;

use self::actions::Asked;
use self::client::Client;
use self::documents::{Documents, path_of};
use self::served::Served;
use self::text::Text;
use crate::project::find_root;

/// What is watched on disk: what a project is made of and run by.
const WATCHED: [&str; 3] = [
    "**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,json,jsonc,toml,sql,yml,yaml,sh,lock}",
    "**/.{gitignore,ignore}",
    "**/{Makefile,justfile}",
];

const DEFECT: &str = "phase2 came upon a defect of its own; please report it with the lines in its log";

/// What the command line says, which holds for all projects.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The only project root, an absolute path without symbolic links; found for each document if not given.
    pub root: Option<PathBuf>,
    /// The configuration, an absolute path; phase2.toml in each root if not given.
    pub config: Option<PathBuf>,
    /// Whether no configuration counts.
    pub is_isolated: bool,
}

/// Serves the client at the other end of stdin and stdout until it leaves, on the threads of the rayon pool that it is called
/// in. Whether the client asked for the end before it came, as the protocol wants it.
///
/// # Errors
/// If the client doesn't keep to the protocol where nothing can go on.
pub fn serve(settings: Settings) -> Result<bool, ProtocolError> {
    let (connection, _threads) = Connection::stdio();
    let (id, params) = connection.initialize_start()?;
    let params: lsp::InitializeParams = match serde_json::from_value(params) {
        Ok(params) => params,
        Err(error) => {
            let refusal = lsp_server::Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string());
            // Who asked so may be gone by now.
            let _ = connection.sender.send(refusal.into());
            return Ok(false);
        }
    };
    let mut client = Client::new(&connection, &params.capabilities);
    client.set_folders(folders(&params));
    let result = lsp::InitializeResult {
        capabilities: capabilities(&client),
        server_info: Some(lsp::ServerInfo {
            name: diagnostics::SOURCE.to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    connection.initialize_finish(id, serde_json::to_value(result).unwrap_or_default())?;
    client.watch(&WATCHED);
    let server = Server {
        client,
        settings,
        documents: Documents::default(),
        projects: BTreeMap::new(),
        complained: BTreeSet::new(),
        is_leaving: false,
    };
    Ok(server.run(&inbox(connection)))
}

/// What the client sends, as far as it has sent it: the connection itself lets one message in at a time.
fn inbox(connection: Connection) -> Receiver<Message> {
    let (sender, inbox) = mpsc::channel();
    thread::spawn(move || connection.receiver.iter().try_for_each(|message| sender.send(message)));
    inbox
}

fn capabilities(client: &Client) -> lsp::ServerCapabilities {
    let kinds = [lsp::CodeActionKind::QuickFix, lsp::CodeActionKind::Custom(actions::FIX_ALL.into())];
    lsp::ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::Incremental),
            save: Some(lsp::Save::Bool(true)),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        code_action_provider: Some(lsp::CodeActionProvider::CodeActionOptions(lsp::CodeActionOptions {
            code_action_kinds: Some(kinds.into()),
            ..lsp::CodeActionOptions::default()
        })),
        workspace: Some(lsp::WorkspaceOptions {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(lsp::ChangeNotifications::Bool(true)),
            }),
            ..lsp::WorkspaceOptions::default()
        }),
        ..lsp::ServerCapabilities::default()
    }
}

fn folders(params: &lsp::InitializeParams) -> Vec<Uri> {
    match &params.workspace_folders_initialize_params.workspace_folders {
        Some(lsp::WorkspaceFolders::WorkspaceFolderList(folders)) => {
            folders.iter().map(|folder| folder.uri.clone()).collect()
        }
        #[expect(deprecated, reason = "clients that know no workspace folders have nothing else")]
        Some(lsp::WorkspaceFolders::Null) | None => params.root_uri.iter().cloned().collect(),
    }
}

struct Server {
    client: Client,
    settings: Settings,
    documents: Documents,
    /// The projects that documents are open of, by their roots.
    projects: BTreeMap<PathBuf, Served>,
    /// The files beside the documents that something was said about.
    complained: BTreeSet<PathBuf>,
    /// Whether the client has asked for the end.
    is_leaving: bool,
}

impl Server {
    /// Whether the client asked for the end before it came.
    fn run(mut self, inbox: &Receiver<Message>) -> bool {
        while let Ok(first) = inbox.recv() {
            let batch: Vec<Message> = std::iter::once(first).chain(inbox.try_iter()).collect();
            let cancelled: Vec<RequestId> = batch.iter().filter_map(cancelled).collect();
            for message in batch {
                match message {
                    Message::Notification(told) if is::<lsp::ExitNotification>(&told) => return self.is_leaving,
                    Message::Notification(told) => self.hear(told),
                    Message::Request(request) if cancelled.contains(&request.id) => {
                        self.client.refuse(request.id, ErrorCode::RequestCanceled, "it was cancelled");
                    }
                    Message::Request(request) => self.answer(request),
                    // The only request of the server is to be told of files, and a client that doesn't tell is heard all the same.
                    Message::Response(_) => {}
                }
            }
            if !self.is_leaving {
                self.diagnose();
            }
        }
        false
    }

    fn answer(&mut self, request: Request) {
        let Request { id, method, params } = request;
        if self.is_leaving {
            self.client.refuse(id, ErrorCode::InvalidRequest, "the server was asked to shut down");
        } else if method == lsp::ShutdownRequest::METHOD.as_str() {
            self.is_leaving = true;
            self.client.answer(id, ());
        } else if method == lsp::CodeActionRequest::METHOD.as_str() {
            match serde_json::from_value(params) {
                Ok(params) => {
                    let actions = self.actions(&params);
                    self.client.answer(id, actions);
                }
                Err(error) => self.client.refuse(id, ErrorCode::InvalidParams, &error.to_string()),
            }
        } else {
            self.client.refuse(id, ErrorCode::MethodNotFound, &format!("`{method}` is not known here"));
        }
    }

    fn hear(&mut self, told: Notification) {
        if let Some(params) = params_of::<lsp::DidOpenTextDocumentNotification>(&told) {
            let settings = &self.settings;
            let path = self.documents.open(params.text_document, |path| root_of(settings, path));
            path.into_iter().for_each(|path| self.document_changed(&path, false));
        } else if let Some(params) = params_of::<lsp::DidChangeTextDocumentNotification>(&told) {
            let document = params.text_document;
            let uri = &document.text_document_identifier.uri;
            let path = self.documents.change(uri, document.version, params.content_changes, self.client.encoding);
            path.into_iter().for_each(|path| self.document_changed(&path, false));
        } else if let Some(params) = params_of::<lsp::DidCloseTextDocumentNotification>(&told) {
            if let Some((path, document)) = self.documents.close(&params.text_document.uri) {
                self.client.publish(document.uri, None, Vec::new());
                self.complained.remove(&path);
                self.document_changed(&path, true);
                let documents = &self.documents;
                self.projects.retain(|root, _| documents.of_project(root).next().is_some());
            }
        } else if let Some(params) = params_of::<lsp::DidSaveTextDocumentNotification>(&told) {
            // A client that watches tells what changed; of another this is the moment to look.
            if let Some(path) = path_of(&params.text_document.uri).filter(|_| !self.client.can_watch) {
                self.projects.values_mut().filter(|served| served.path(&path).is_some()).for_each(Served::reopen);
                self.find_roots();
            }
        } else if let Some(params) = params_of::<lsp::DidChangeWatchedFilesNotification>(&told) {
            for event in params.changes {
                let Some(path) = path_of(&event.uri) else { continue };
                let is_there = event.kind == lsp::FileChangeType::Changed;
                self.projects.values_mut().for_each(|served| served.file_changed(&path, is_there));
            }
            self.find_roots();
        } else if let Some(params) = params_of::<lsp::DidChangeWorkspaceFoldersNotification>(&told) {
            let removed: Vec<Uri> = params.event.removed.into_iter().map(|folder| folder.uri).collect();
            let kept: Vec<Uri> = self.client.folders().filter(|uri| !removed.contains(uri)).cloned().collect();
            let added = params.event.added.into_iter().map(|folder| folder.uri);
            self.client.set_folders(kept.into_iter().chain(added));
        }
    }

    /// Takes notice of a document that was opened, changed or closed.
    fn document_changed(&mut self, path: &Path, is_closed: bool) {
        let root = self.documents.get(path).and_then(|document| document.root.clone());
        if let Some(root) = root {
            self.projects.entry(root.clone()).or_insert_with(|| Served::at(root));
        }
        for served in self.projects.values_mut() {
            if self.settings.config.as_deref() == Some(path) {
                served.reopen();
            } else if served.path(path).is_some() {
                served.document_changed(path, is_closed);
            }
        }
    }

    /// Finds the projects of all documents anew: files that make a folder a root may have come or gone.
    fn find_roots(&mut self) {
        let settings = &self.settings;
        self.documents.find_roots(|path| root_of(settings, path));
        let roots: BTreeSet<PathBuf> =
            self.documents.iter().filter_map(|(_, document)| document.root.clone()).collect();
        self.projects.retain(|root, _| roots.contains(root));
        for root in roots {
            self.projects.entry(root.clone()).or_insert_with(|| Served::at(root));
        }
        for (_, homeless) in self.documents.iter().filter(|(_, document)| document.root.is_none()) {
            self.client.publish(homeless.uri.clone(), Some(homeless.version), Vec::new());
        }
    }

    /// Tells the client what is found in its documents, of each project in which something changed.
    fn diagnose(&mut self) {
        let mut complaints: BTreeMap<PathBuf, Vec<lsp::Diagnostic>> = BTreeMap::new();
        for (root, served) in &mut self.projects {
            let is_news = served.has_news();
            let report = match served.report(&self.settings, &self.documents) {
                Ok(report) => report,
                Err(_) => {
                    self.client.show(lsp::MessageType::Error, DEFECT);
                    None
                }
            };
            for complaint in &served.complaints {
                match &complaint.path {
                    Some(path) => complaints
                        .entry(path.clone())
                        .or_default()
                        .push(diagnostics::of_complaint(&self.client, complaint)),
                    None if complaint.is_loud => self.client.show(lsp::MessageType::Error, &complaint.message),
                    None => self.client.log(&complaint.message),
                }
            }
            if !is_news {
                continue;
            }
            for (path, document) in self.documents.of_project(root) {
                let found = report.as_ref().zip(served.path(path)).map(|(report, path)| {
                    diagnostics::of_file(&self.client, &self.documents, root, report, &path, &document.text)
                });
                if !complaints.contains_key(path) {
                    self.client.publish(document.uri.clone(), Some(document.version), found.unwrap_or_default());
                }
            }
            let open: Vec<_> = self.documents.of_project(root).filter_map(|(path, _)| served.path(path)).collect();
            let others = report.iter().flat_map(|report| &report.errors);
            for problem in others.filter(|problem| problem.path.as_ref().is_none_or(|path| !open.contains(path))) {
                let place = problem.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
                self.client.log(&format!("{place}{}", problem.message));
            }
        }
        for path in self.complained.iter().filter(|path| !complaints.contains_key(*path)) {
            if let Some(uri) = self.client.uri_of(&self.documents, path) {
                self.client.publish(uri, self.documents.get(path).map(|document| document.version), Vec::new());
            }
        }
        self.complained = complaints.keys().cloned().collect();
        for (path, found) in complaints {
            if let Some(uri) = self.client.uri_of(&self.documents, &path) {
                self.client.publish(uri, self.documents.get(&path).map(|document| document.version), found);
            }
        }
    }

    /// What can be done about a range of a document.
    fn actions(&mut self, params: &lsp::CodeActionParams) -> Vec<lsp::CodeAction> {
        let Some(path) = path_of(&params.text_document.uri) else { return Vec::new() };
        let Some(document) = self.documents.get(&path) else { return Vec::new() };
        let root = document.root.clone();
        let Some((root, served)) = root.and_then(|root| Some((root.clone(), self.projects.get_mut(&root)?))) else {
            return Vec::new();
        };
        let range = Text::new(&document.text, self.client.encoding).offsets(params.range);
        let found = served.report(&self.settings, &self.documents);
        let found = found.and_then(|report| {
            let (Some(report), Some(path)) = (report, served.path(&path)) else { return Ok(Vec::new()) };
            let Some(opened) = served.opened(&self.settings, &self.documents) else { return Ok(Vec::new()) };
            let asked = Asked {
                client: &self.client,
                documents: &self.documents,
                root: &root,
                path: &path,
                report: &report,
                range,
                only: params.context.only.as_deref(),
            };
            asked.actions(opened)
        });
        found.unwrap_or_else(|_| {
            self.client.show(lsp::MessageType::Error, DEFECT);
            Vec::new()
        })
    }
}

/// The root of the project that a file belongs to, found as for a command that is started in its folder.
fn root_of(settings: &Settings, path: &Path) -> Option<PathBuf> {
    match &settings.root {
        Some(root) => path.starts_with(root).then(|| root.clone()),
        None => find_root(path.parent()?).ok(),
    }
}

fn is<N: lsp::Notification>(told: &Notification) -> bool {
    told.method == N::METHOD.as_str()
}

/// What a notification says, if it is an `N`. One that can't be read says nothing.
fn params_of<N: lsp::Notification>(told: &Notification) -> Option<N::Params>
where
    N::Params: DeserializeOwned,
{
    is::<N>(told).then(|| serde_json::from_value(told.params.clone()).ok()).flatten()
}

/// The request that a message takes back.
fn cancelled(message: &Message) -> Option<RequestId> {
    let Message::Notification(told) = message else { return None };
    match params_of::<lsp::CancelNotification>(told)?.id {
        lsp::Id::Int(id) => Some(id.into()),
        lsp::Id::String(id) => Some(id.into()),
    }
}
