//! What has to be done for each literal: in which functions the request is, and which have to be given the tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::session::{self, Session};
use super::site::{Need, Site};
use super::thread::{self, Signature};
use crate::project::{RelPath, Surface};
use crate::rules::edge::callers;
use crate::rules::edge::calls::{self, Call, Refusal};
use crate::rules::edge::files::Files;
use crate::rules::edge::place::{self, Around, Function, Place};
use crate::rules::edge::signature::passed;
use crate::syntax::source::SourceFile;

/// Functions that have the request or are given the tenant, and what they need it for.
#[derive(Debug, Default)]
pub struct Plan {
    /// By file and byte offset of the function.
    pub requests: BTreeMap<(RelPath, usize), Request>,
    /// By function.
    pub threads: BTreeMap<Function, Thread>,
    /// Functions that run in the browser, by file and byte offset.
    pub sessions: BTreeMap<(RelPath, usize), Session>,
}

/// A function that has the request.
#[derive(Debug)]
pub struct Request {
    pub place: Place,
    /// The expressions that are to become the tenant.
    pub needs: Vec<Need>,
    /// The calls that pass it.
    pub calls: Vec<(Function, Call)>,
}

/// A function that is given the tenant.
#[derive(Debug, Default)]
pub struct Thread {
    pub needs: Vec<Need>,
    /// The calls in it that pass the tenant on.
    pub calls: Vec<(Function, Call)>,
    /// What makes it take the tenant; known when all its needs are.
    pub signature: Option<Signature>,
    /// What the functions that call it are.
    pub keys: BTreeSet<Key>,
    /// The place of a parameter that has the literal for its default: calls that pass it need nothing.
    default: Option<usize>,
}

/// A function of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// One that has the request.
    Request(RelPath, usize),
    /// One that is given the tenant.
    Thread(Function),
    /// One that runs in the browser.
    Session(RelPath, usize),
}

impl Plan {
    /// Adds what `site` needs; the functions that it has to do with.
    ///
    /// # Errors
    /// Why the caller's tenant can't get there; then nothing is added.
    pub fn add(&mut self, files: &Files<'_>, site: &Site) -> Result<BTreeSet<Key>, Refusal> {
        let mut draft =
            Draft { files, plan: self, new_threads: Vec::new(), new_needs: Vec::new(), new_calls: Vec::new() };
        match draft.site(site) {
            Ok(keys) => Ok(keys),
            Err(refusal) => {
                draft.undo();
                Err(refusal)
            }
        }
    }

    /// The ids that a function is given the tenant instead of, those of the functions that it passes it to among them.
    pub fn ids_of(&self, function: &Function) -> BTreeSet<String> {
        let (mut ids, mut seen, mut waiting) = (BTreeSet::new(), BTreeSet::new(), vec![function]);
        while let Some(function) = waiting.pop() {
            if let Some(thread) = self.threads.get(function).filter(|_| seen.insert(function)) {
                ids.extend(thread.needs.iter().map(|need| need.id.clone()));
                waiting.extend(thread.calls.iter().map(|(called, _)| called));
            }
        }
        ids
    }

    /// The ids that a function with the request wants the tenant instead of.
    pub fn ids_of_request(&self, request: &Request) -> BTreeSet<String> {
        let own = request.needs.iter().map(|need| need.id.clone());
        own.chain(request.calls.iter().flat_map(|(called, _)| self.ids_of(called))).collect()
    }

    /// All functions that one is connected with: those that call it, and so on.
    pub fn connected(&self, key: &Key) -> BTreeSet<Key> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![key.clone()];
        while let Some(key) = waiting.pop() {
            if seen.insert(key.clone())
                && let Key::Thread(function) = &key
                && let Some(thread) = self.threads.get(function)
            {
                waiting.extend(thread.keys.iter().cloned());
            }
        }
        seen
    }
}

struct Draft<'d, 'p> {
    files: &'d Files<'p>,
    plan: &'d mut Plan,
    new_threads: Vec<Function>,
    new_needs: Vec<(Key, Need)>,
    new_calls: Vec<(Key, (Function, Call))>,
}

impl Draft<'_, '_> {
    fn site(&mut self, site: &Site) -> Result<BTreeSet<Key>, Refusal> {
        let mut keys = BTreeSet::new();
        for need in &site.needs {
            let file = self.file(&need.path)?;
            let key = match Surface::of(&need.path) {
                Surface::Edge => self.function_at(&file, &need.range, need.is_default)?,
                Surface::Frontend => {
                    let (start, session) = session::around(self.files, &file, need)?;
                    self.plan.sessions.entry((need.path.clone(), start)).or_insert(session);
                    Key::Session(need.path.clone(), start)
                }
            };
            self.new_needs.push((key.clone(), need.clone()));
            match &key {
                Key::Request(path, start) => {
                    if let Some(request) = self.plan.requests.get_mut(&(path.clone(), *start)) {
                        request.needs.push(need.clone());
                    }
                }
                Key::Thread(function) => {
                    if let Some(thread) = self.plan.threads.get_mut(function) {
                        thread.needs.push(need.clone());
                    }
                }
                Key::Session(path, start) => {
                    if let Some(session) = self.plan.sessions.get_mut(&(path.clone(), *start)) {
                        session.needs.push(need.clone());
                    }
                }
            }
            keys.insert(key);
        }
        // Whether a function can take the tenant depends on all that it needs it for.
        let functions: Vec<Function> = self
            .new_needs
            .iter()
            .map(|(key, _)| key)
            .chain(self.new_calls.iter().map(|(key, _)| key))
            .filter_map(|key| match key {
                Key::Thread(function) => Some(function.clone()),
                Key::Request(..) | Key::Session(..) => None,
            })
            .chain(self.new_threads.iter().cloned())
            .collect();
        for function in functions {
            self.sign(&function)?;
        }
        Ok(keys)
    }

    fn file(&self, path: &RelPath) -> Result<std::sync::Arc<SourceFile>, Refusal> {
        self.files.get(path).ok_or_else(|| Refusal { reason: format!("{path} can't be read"), related: Vec::new() })
    }

    /// The function around a place that has the tenant, or will be given it.
    fn function_at(&mut self, file: &SourceFile, range: &Range<usize>, is_default: bool) -> Result<Key, Refusal> {
        match place::around(self.files, file, range) {
            Around::Request(place) => {
                if let Some(reason) = no_tenant(self.files, file) {
                    return Err(Refusal::at(file, range.clone(), reason));
                }
                let key = (place.path.clone(), place.function.start);
                let request = Request { place, needs: Vec::new(), calls: Vec::new() };
                self.plan.requests.entry(key.clone()).or_insert(request);
                Ok(Key::Request(key.0, key.1))
            }
            Around::Function(function) => {
                let default =
                    if is_default { Some(thread::signature(file, &function, &[], Some(range))?.index) } else { None };
                self.thread(&function, default)?;
                Ok(Key::Thread(function))
            }
            Around::Nothing(reason) => Err(Refusal::at(file, range.clone(), reason)),
        }
    }

    /// Lets all that call `function` pass the tenant.
    fn thread(&mut self, function: &Function, default: Option<usize>) -> Result<(), Refusal> {
        if let Some(known) = self.plan.threads.get(function) {
            if known.default == default {
                return Ok(());
            }
            let file = self.file(&function.path)?;
            let reason = format!("`{}` wants the tenant twice, once as a parameter's default", function.called);
            return Err(Refusal::at(&file, function.name.0..function.name.1, reason));
        }
        let file = self.file(&function.path)?;
        if default.is_none() {
            thread::signature(&file, function, &[], None)?;
        }
        self.plan.threads.insert(function.clone(), Thread { default, ..Thread::default() });
        self.new_threads.push(function.clone());
        let calls = calls::of(self.files, function).map_err(|refusal| not_all_found(function, refusal))?;
        if calls.is_empty() {
            let reason = format!("no request is in scope, and nothing calls `{}`", function.called);
            return Err(Refusal::at(&file, function.name.0..function.name.1, reason));
        }
        for call in calls {
            let file = self.file(&call.path)?;
            if let Some(index) = default
                && passed(&file, &call, index, false, "").is_ok_and(|edit| edit.is_none())
            {
                continue;
            }
            let key = self
                .function_at(&file, &(call.start..call.end), false)
                .map_err(|refusal| in_chain(&file, function, &call, refusal))?;
            let passing = (function.clone(), call);
            self.new_calls.push((key.clone(), passing.clone()));
            match &key {
                Key::Request(path, start) => {
                    if let Some(request) = self.plan.requests.get_mut(&(path.clone(), *start)) {
                        request.calls.push(passing);
                    }
                }
                Key::Thread(caller) => {
                    if let Some(thread) = self.plan.threads.get_mut(caller) {
                        thread.calls.push(passing);
                    }
                }
                Key::Session(..) => {}
            }
            if let Some(thread) = self.plan.threads.get_mut(function) {
                thread.keys.insert(key);
            }
        }
        Ok(())
    }

    /// Works out how a function takes the tenant, and whether all its calls can pass it.
    fn sign(&mut self, function: &Function) -> Result<(), Refusal> {
        let file = self.file(&function.path)?;
        let Some(thread) = self.plan.threads.get_mut(function) else { return Ok(()) };
        let needs: Vec<Range<usize>> = thread.needs.iter().map(|need| need.range.clone()).collect();
        let default = thread.needs.iter().find(|need| need.is_default).map(|need| need.range.clone());
        let signature = thread::signature(&file, function, &needs, default.as_ref())?;
        let (index, is_new) = (signature.index, default.is_none());
        thread.signature = Some(signature);
        let of_requests = self.plan.requests.values().flat_map(|request| &request.calls);
        let of_threads = self.plan.threads.values().flat_map(|thread| &thread.calls);
        for (called, call) in of_requests.chain(of_threads).filter(|(called, _)| called == function) {
            let file = self.file(&call.path)?;
            passed(&file, call, index, is_new, "").map_err(|refusal| in_chain(&file, called, call, refusal))?;
        }
        Ok(())
    }

    fn undo(&mut self) {
        for (key, need) in self.new_needs.drain(..) {
            let needs = match &key {
                Key::Request(path, start) => {
                    self.plan.requests.get_mut(&(path.clone(), *start)).map(|it| &mut it.needs)
                }
                Key::Thread(function) => self.plan.threads.get_mut(function).map(|it| &mut it.needs),
                Key::Session(path, start) => {
                    self.plan.sessions.get_mut(&(path.clone(), *start)).map(|it| &mut it.needs)
                }
            };
            if let Some(needs) = needs {
                needs.retain(|known| *known != need);
            }
        }
        for (key, call) in self.new_calls.drain(..) {
            let calls = match &key {
                Key::Request(path, start) => {
                    self.plan.requests.get_mut(&(path.clone(), *start)).map(|it| &mut it.calls)
                }
                Key::Thread(function) => self.plan.threads.get_mut(function).map(|it| &mut it.calls),
                Key::Session(..) => None,
            };
            if let Some(calls) = calls {
                calls.retain(|known| *known != call);
            }
        }
        for function in self.new_threads.drain(..) {
            self.plan.threads.remove(&function);
        }
        self.plan.sessions.retain(|_, session| !session.needs.is_empty());
        self.plan.requests.retain(|_, request| !request.needs.is_empty() || !request.calls.is_empty());
        // One that needs less may take it in another way.
        let functions: Vec<Function> = self.plan.threads.keys().cloned().collect();
        functions.iter().for_each(|function| {
            let _ = self.sign(function); // It could before.
        });
    }
}

fn not_all_found(function: &Function, refusal: Refusal) -> Refusal {
    Refusal {
        reason: format!(
            "no request is in scope, and not all calls of `{}` can be given the tenant: {}",
            function.called, refusal.reason
        ),
        ..refusal
    }
}

/// A reason for a caller's refusal, with the call in the chain.
fn in_chain(file: &SourceFile, function: &Function, call: &Call, refusal: Refusal) -> Refusal {
    let mut related = vec![crate::rules::Related {
        path: file.path.clone(),
        range: call.start..call.end,
        message: format!("`{}` is called here", function.called),
    }];
    related.extend(refusal.related);
    let reason = calls::chained("no request is in scope", file, function, call, &refusal.reason);
    Refusal { reason, related }
}

/// Why the callers of the edge function that a file belongs to have no tenant.
fn no_tenant(files: &Files<'_>, file: &SourceFile) -> Option<String> {
    let folder = files.project.supabase_of(&file.path)?;
    let name = folder.function_of(&file.path)?;
    let function = folder.functions.get(name)?;
    let entry = files.get(&function.entry)?;
    if let Some(reason) = callers::risk(files.project, name, &entry) {
        return Some(format!("`{name}` has no callers with a tenant: {reason}"));
    }
    let is_open = function.verify_jwt == Some(false) || files.project.deployment().skips_verification;
    let text = entry.text.as_ref();
    let lower = text.to_ascii_lowercase();
    let has_user = ["authorization", "auth.getuser", "getclaims", "jwtverify"].iter().any(|word| {
        // The list of headers that CORS allows says nothing of who calls.
        lower
            .match_indices(word)
            .any(|(at, _)| !lower[..at].rsplit('\n').next().unwrap_or_default().contains("access-control"))
    });
    let is_service = text.contains("SERVICE_ROLE") && !has_user;
    (is_open && is_service).then(|| {
        format!(
            "`{name}` works with the service role alone, for no user: nobody's token is looked at (verify_jwt = false)"
        )
    })
}
