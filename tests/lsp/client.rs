//! An editor, as far as a server can tell: it starts the program, and speaks the protocol over its stdin and stdout.

// Each program that compiles this module uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use gen_lsp_types::{self as lsp, Notification as _, Request as _, Uri};
use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    inbox: Receiver<Message>,
    requests: i32,
    versions: BTreeMap<Uri, i32>,
    texts: BTreeMap<Uri, String>,
    /// What the server said of each document last, and of which version.
    pub published: BTreeMap<Uri, lsp::PublishDiagnosticsParams>,
    /// The messages that it showed.
    pub shown: Vec<String>,
    /// What it asked for.
    pub asked: Vec<Request>,
    /// What it can do.
    pub capabilities: lsp::ServerCapabilities,
}

/// What an editor can do that can do all.
pub fn able() -> Value {
    json!({
        "workspace": {
            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create", "rename", "delete"] },
            "didChangeWatchedFiles": { "dynamicRegistration": true },
            "workspaceFolders": true,
        },
        "textDocument": { "publishDiagnostics": { "relatedInformation": true, "versionSupport": true } },
    })
}

impl Editor {
    /// Starts the server for some folders.
    pub fn open(folders: &[&Path]) -> Editor {
        Editor::with(folders, &[], able())
    }

    pub fn with(folders: &[&Path], arguments: &[&str], capabilities: Value) -> Editor {
        let mut editor = Editor::start(arguments);
        let folders: Vec<Value> =
            folders.iter().map(|path| json!({ "uri": uri(path), "name": path.display().to_string() })).collect();
        let params =
            json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders });
        let result = editor.request(lsp::InitializeRequest::METHOD.as_str(), params).expect("it starts");
        let result: lsp::InitializeResult = serde_json::from_value(result).expect("the protocol's own shape");
        editor.capabilities = result.capabilities;
        editor.tell::<lsp::InitializedNotification>(lsp::InitializedParams {});
        editor
    }

    /// Starts the server, and says nothing yet.
    pub fn start(arguments: &[&str]) -> Editor {
        let mut server = Command::new(env!("CARGO_BIN_EXE_phase2"))
            .arg("lsp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is built");
        let (sender, inbox) = mpsc::channel();
        let mut output = BufReader::new(server.stdout.take().expect("it is piped"));
        thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Editor {
            input: server.stdin.take(),
            server,
            inbox,
            requests: 0,
            versions: BTreeMap::new(),
            texts: BTreeMap::new(),
            published: BTreeMap::new(),
            shown: Vec::new(),
            asked: Vec::new(),
            capabilities: lsp::ServerCapabilities::default(),
        }
    }

    /// Sends a request, and waits for its answer.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, lsp_server::ResponseError> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// Sends a request.
    pub fn ask(&mut self, method: &str, params: Value) -> RequestId {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Request::new(id.clone(), method.to_owned(), params).into());
        id
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: RequestId) -> Result<Value, lsp_server::ResponseError> {
        loop {
            if let Message::Response(Response { id: known, response_result }) = self.receive()
                && known == id
            {
                return response_result;
            }
        }
    }

    pub fn tell<N: lsp::Notification>(&mut self, params: N::Params) {
        self.send(Notification::new(N::METHOD.as_str().to_owned(), params).into());
    }

    pub fn send(&mut self, message: Message) {
        message.write(self.input.as_mut().expect("it is still open")).expect("the server reads");
    }

    /// The next message of the server, which is taken notice of.
    fn receive(&mut self) -> Message {
        let message = self.inbox.recv_timeout(PATIENCE).expect("the server says something");
        match &message {
            Message::Notification(told) if told.method == lsp::PublishDiagnosticsNotification::METHOD.as_str() => {
                let params: lsp::PublishDiagnosticsParams =
                    serde_json::from_value(told.params.clone()).expect("the protocol's own shape");
                self.published.insert(params.uri.clone(), params);
            }
            Message::Notification(told) if told.method == lsp::ShowMessageNotification::METHOD.as_str() => {
                self.shown.push(told.params["message"].as_str().unwrap_or_default().to_owned());
            }
            Message::Request(request) => {
                self.asked.push(request.clone());
                self.send(Response::new_ok(request.id.clone(), ()).into());
            }
            _ => {}
        }
        message
    }

    /// Opens a file as it is on disk.
    pub fn open_file(&mut self, path: &Path) -> Uri {
        let text = fs::read_to_string(path).expect("the file is there");
        self.open_text(path, &text)
    }

    /// Opens a file with a text of its own.
    pub fn open_text(&mut self, path: &Path, text: &str) -> Uri {
        let uri = uri(path);
        let item = lsp::TextDocumentItem::new(uri.clone(), lsp::LanguageKind::TypeScript, 1, text.to_owned());
        self.versions.insert(uri.clone(), 1);
        self.texts.insert(uri.clone(), text.to_owned());
        self.published.remove(&uri);
        self.tell::<lsp::DidOpenTextDocumentNotification>(lsp::DidOpenTextDocumentParams { text_document: item });
        uri
    }

    /// Gives a document another text, at once.
    pub fn change(&mut self, uri: &Uri, text: &str) {
        self.texts.insert(uri.clone(), text.to_owned());
        self.edit(uri, json!([{ "text": text }]));
    }

    /// Sends changes as they are. What the text is afterwards is known to the server only.
    pub fn edit(&mut self, uri: &Uri, changes: Value) {
        let version = self.versions.get_mut(uri).expect("it is open");
        *version += 1;
        let params = json!({ "textDocument": { "uri": uri, "version": *version }, "contentChanges": changes });
        let method = lsp::DidChangeTextDocumentNotification::METHOD.as_str().to_owned();
        self.send(Notification { method, params }.into());
    }

    pub fn close(&mut self, uri: &Uri) {
        self.versions.remove(uri);
        let text_document = lsp::TextDocumentIdentifier { uri: uri.clone() };
        self.tell::<lsp::DidCloseTextDocumentNotification>(lsp::DidCloseTextDocumentParams { text_document });
    }

    pub fn save(&mut self, uri: &Uri) {
        let text_document = lsp::TextDocumentIdentifier { uri: uri.clone() };
        self.tell::<lsp::DidSaveTextDocumentNotification>(lsp::DidSaveTextDocumentParams { text_document, text: None });
    }

    /// Says that files changed on disk: `1` made, `2` changed, `3` gone.
    pub fn changed_on_disk(&mut self, files: &[(&Path, u32)]) {
        let changes: Vec<Value> = files.iter().map(|(path, kind)| json!({ "uri": uri(path), "type": kind })).collect();
        let method = lsp::DidChangeWatchedFilesNotification::METHOD.as_str().to_owned();
        self.send(Notification { method, params: json!({ "changes": changes }) }.into());
    }

    pub fn version(&self, uri: &Uri) -> i32 {
        self.versions[uri]
    }

    pub fn text(&self, uri: &Uri) -> &str {
        &self.texts[uri]
    }

    /// What is said of the present version of a document.
    pub fn diagnostics(&mut self, uri: &Uri) -> Vec<lsp::Diagnostic> {
        let version = self.versions[uri];
        self.published_when(uri, &|params| params.version == Some(version))
    }

    /// What is said of a document once that `holds`.
    pub fn published_when(
        &mut self,
        uri: &Uri,
        holds: &dyn Fn(&lsp::PublishDiagnosticsParams) -> bool,
    ) -> Vec<lsp::Diagnostic> {
        let started = Instant::now();
        loop {
            if let Some(known) = self.published.get(uri).filter(|known| holds(known)) {
                return known.diagnostics.clone();
            }
            assert!(started.elapsed() < PATIENCE, "of {uri} was said: {:?}", self.published.get(uri));
            self.receive();
        }
    }

    /// Waits until the server has nothing more to say of what it was told before.
    pub fn settle(&mut self) {
        let _ = self.request("phase2/unknown", Value::Null);
        // What comes of a batch is said behind its answers.
        let _ = self.request("phase2/unknown", Value::Null);
    }

    /// What can be done at a place: the range of `needle` in the document.
    pub fn actions(&mut self, uri: &Uri, needle: &str, only: Option<&[&str]>) -> Vec<lsp::CodeAction> {
        let text = &self.texts[uri];
        let at = text.find(needle).expect("the needle is there");
        let place = |offset: usize| {
            let line = text[..offset].matches('\n').count();
            let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
            json!({ "line": line, "character": text[start..offset].encode_utf16().count() })
        };
        let range = json!({ "start": place(at), "end": place(at + needle.len()) });
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!(only);
        }
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        let found = self.request(lsp::CodeActionRequest::METHOD.as_str(), params).expect("it answers");
        serde_json::from_value(found).expect("the protocol's own shape")
    }

    /// Asks the server to leave, and waits until it has.
    pub fn leave(mut self) -> ExitStatus {
        assert_eq!(self.request(lsp::ShutdownRequest::METHOD.as_str(), Value::Null).expect("it answers"), Value::Null);
        self.send(Notification { method: "exit".to_owned(), params: Value::Null }.into());
        self.server.wait().expect("it ends")
    }

    /// Goes away without a word, or with `exit` alone.
    pub fn vanish(mut self, says_exit: bool) -> ExitStatus {
        if says_exit {
            self.send(Notification { method: "exit".to_owned(), params: Value::Null }.into());
        }
        drop(self.input.take());
        self.server.wait().expect("it ends")
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that failed left it running; one that is done has waited for it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub fn uri(path: &Path) -> Uri {
    Uri::from_file_path(path).expect("an absolute path")
}
