//! Functions that aren't given a request: what all their callers know, and what lets these pass it on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tree_sitter::Node;

use super::caller::{self, Caller, NOBODY};
use super::client::Rights;
use super::read::is_tenant;
use super::values::{is_constant, value_of};
use crate::edit::{Edit, Fix, NewFile, Wanted};
use crate::excludes::Excludes;
use crate::project::RelPath;
use crate::rules::edge::calls::{self, Call, Refusal};
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::{arguments, core};
use crate::rules::edge::place::{self, Around, Function};
use crate::rules::edge::request::free_name;
use crate::rules::edge::signature;
use crate::syntax::source::SourceFile;

/// Names for the verified tenant and user, of which the first free one is taken. The rule `tenants` gives its parameter none
/// of these: both rules may give one to the same function.
const TENANT: [&str; 2] = ["verifiedTenant", "verifiedTenantId"];
const USER: [&str; 2] = ["verifiedUser", "verifiedUserId"];

/// What has to be written elsewhere, so that a value is known where it is needed.
#[derive(Debug, Clone, Default)]
pub struct Passing {
    /// The edits, in any files.
    pub edits: Vec<Edit>,
    /// The imports that they rely on.
    pub imports: Vec<(RelPath, Wanted)>,
    /// The modules that are imported, as far as they don't exist yet.
    pub new_files: Vec<NewFile>,
}

impl Passing {
    /// Adds it to `fix`, as far as that hasn't it already.
    pub fn add_to(&self, fix: &mut Fix) {
        add_new(&mut fix.edits, &self.edits);
        add_new(&mut fix.imports, &self.imports);
        add_new(&mut fix.new_files, &self.new_files);
    }

    fn add(&mut self, other: &Passing) {
        add_new(&mut self.edits, &other.edits);
        add_new(&mut self.imports, &other.imports);
        add_new(&mut self.new_files, &other.new_files);
    }
}

fn add_new<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}

/// A function without a request, and all its calls.
#[derive(Debug)]
pub struct Called {
    /// The function.
    pub function: Function,
    /// Its calls, each with who calls there.
    pub calls: Vec<(Call, Caller)>,
}

impl Called {
    /// The calls that lead to it, those of the functions that call it among them.
    pub fn all_calls(&self) -> Vec<&Call> {
        let (mut all, mut seen, mut waiting) = (Vec::new(), BTreeSet::new(), vec![self]);
        while let Some(called) = waiting.pop() {
            if seen.insert(&called.function) {
                all.extend(called.calls.iter().map(|(call, _)| call));
                waiting.extend(called.calls.iter().filter_map(|(_, caller)| caller.called.as_deref()));
            }
        }
        all
    }
}

/// Who calls, at any place of the project.
pub struct Callers<'a> {
    /// The project's files.
    pub files: &'a Files<'a>,
    /// Patterns of the files that are left alone.
    left: &'a Excludes,
    /// What was found out; nothing yet of those that are being looked at.
    known: RefCell<BTreeMap<Function, Option<Found>>>,
    /// The rights of clients that are given to functions, by the place of the argument.
    rights: RefCell<BTreeMap<(Function, usize), Result<Rights, String>>>,
}

/// How many functions may stand between a request and a read: more are no code that somebody wrote.
const DEEPEST: usize = 20;

type Found = Result<Rc<Called>, String>;

impl<'a> Callers<'a> {
    /// Nothing is known yet. The files that `left` matches are left alone.
    pub fn of(files: &'a Files<'a>, left: &'a Excludes) -> Callers<'a> {
        Callers { files, left, known: RefCell::default(), rights: RefCell::default() }
    }

    /// Whether a file is left alone.
    pub fn leaves(&self, path: &RelPath) -> bool {
        self.left.excludes_file(path.as_str())
    }

    /// The verified caller at the byte `range` of `file`.
    ///
    /// # Errors
    /// Why none is known there, as a clause.
    pub fn at(&self, file: &SourceFile, range: &std::ops::Range<usize>) -> Result<Caller, String> {
        match place::around(self.files, file, range) {
            Around::Request(place) => caller::of_request(self.files, file, &place, range),
            Around::Function(function) => self.through(file, self.called(file, &function)?, range.start),
            Around::Nothing(reason) => Err(format!("{NOBODY}: {reason}")),
        }
    }

    /// All calls of a function, if somebody verified stands behind each.
    fn called(&self, file: &SourceFile, function: &Function) -> Found {
        if let Some(known) = self.known.borrow().get(function) {
            return known.clone().unwrap_or_else(|| Err(format!("{NOBODY}: `{}` calls itself", function.called)));
        }
        if self.known.borrow().values().filter(|known| known.is_none()).count() > DEEPEST {
            return Err(format!("{NOBODY}: too many functions call each other"));
        }
        self.known.borrow_mut().insert(function.clone(), None);
        let found = self.find(file, function);
        self.known.borrow_mut().insert(function.clone(), Some(found.clone()));
        found
    }

    fn find(&self, file: &SourceFile, function: &Function) -> Found {
        let nobody = |refusal: Refusal| format!("{NOBODY}: {}", refusal.reason);
        signature::node_of(file, function).map_err(nobody)?;
        let calls = calls::of(self.files, function).map_err(|refusal| {
            format!("{NOBODY}, and not all calls of `{}` can be seen: {}", function.called, refusal.reason)
        })?;
        if calls.is_empty() {
            return Err(format!("{NOBODY}: nothing calls `{}`", function.called));
        }
        let mut with_callers = Vec::new();
        for call in calls {
            let file = self.files.get(&call.path).ok_or_else(|| format!("{} can't be read", call.path))?;
            let chained = |reason: &str| calls::chained(NOBODY, &file, function, &call, reason);
            signature::given(&file, &call).map_err(|refusal| chained(&refusal.reason))?;
            let caller = self.at(&file, &(call.start..call.end)).map_err(|reason| chained(&reason))?;
            with_callers.push((call, caller));
        }
        Ok(Rc::new(Called { function: function.clone(), calls: with_callers }))
    }

    /// The caller in a function, as its parameters tell, those among them that it is still to be given; seen from the byte
    /// `offset` in it.
    fn through(&self, file: &SourceFile, called: Rc<Called>, offset: usize) -> Result<Caller, String> {
        let own_names = self.held(file, &called, offset, &|file, given, caller| {
            let text = file.text_of(core(given));
            text == caller.tenant || caller.own_names.iter().any(|name| name == text)
        });
        let tenant_names = self.held(file, &called, offset, &|file, given, caller| is_tenant(file, given, caller));
        let users = self.held(file, &called, offset, &|file, given, caller| {
            let given = core(given);
            let value = if given.kind() == "identifier" { value_of(file, given) } else { None };
            let is_user = |node: Node<'_>| caller.user.as_deref() == Some(file.text_of(core(node)));
            is_user(given) || value.is_some_and(is_user)
        });
        let (tenant, for_tenant) = match own_names.first() {
            Some(name) => (name.clone(), Passing::default()),
            None => self.passed(file, &called, &TENANT, "string | null | undefined", &|caller| {
                Some((caller.tenant.clone(), caller.for_tenant.clone()))
            })?,
        };
        let has_user = called.calls.iter().all(|(_, caller)| caller.user.is_some());
        let (user, for_user) = match users.first() {
            Some(name) => (Some(name.clone()), Passing::default()),
            None if has_user => {
                let of = |caller: &Caller| Some((caller.user.clone()?, caller.for_user.clone()));
                let passed = self.passed(file, &called, &USER, "string", &of);
                passed.map_or_else(|_| Default::default(), |(name, passing)| (Some(name), passing))
            }
            None => Default::default(),
        };
        Ok(Caller { request: None, tenant, own_names, tenant_names, user, for_tenant, for_user, called: Some(called) })
    }

    /// The parameters of a function, seen from `offset`, for which all its calls give what `is_it` says.
    fn held(
        &self,
        file: &SourceFile,
        called: &Called,
        offset: usize,
        is_it: &dyn Fn(&SourceFile, Node<'_>, &Caller) -> bool,
    ) -> Vec<String> {
        let Ok(node) = signature::node_of(file, &called.function) else { return Vec::new() };
        let parameters = parameters(file, node).into_iter().filter(|(_, name)| {
            let found = file.name(file.text_of(*name));
            let is_seen = found.resolve(offset).is_some_and(|known| known.range == name.byte_range());
            is_seen && is_constant(file, *name)
        });
        let holds = |(index, _): &(usize, Node<'_>)| {
            called.calls.iter().all(|(call, caller)| {
                let Some(file) = self.files.get(&call.path) else { return false };
                let given = signature::given(&file, call).ok().and_then(|(_, given)| given.get(*index).copied());
                given.is_some_and(|given| is_it(&file, given, caller))
            })
        };
        parameters.filter(holds).map(|(_, name)| file.text_of(name).to_owned()).collect()
    }

    /// The name of a new parameter, for which all calls of a function give what `value` tells of their caller, and what has to
    /// be written for it.
    fn passed(
        &self,
        file: &SourceFile,
        called: &Called,
        names: &[&str],
        typed: &str,
        value: &dyn Fn(&Caller) -> Option<(String, Passing)>,
    ) -> Result<(String, Passing), String> {
        let function = &called.function;
        let nobody = |refusal: Refusal| format!("{NOBODY}: {}", refusal.reason);
        let node = signature::node_of(file, function).map_err(nobody)?;
        let refuse = |reason: &str| nobody(signature::refused(file, function, reason));
        let list = node.child_by_field_name("parameters").ok_or_else(|| refuse("has no list of parameters"))?;
        let all = arguments(list);
        if all.is_empty() {
            return Err(refuse("has no parameters"));
        }
        signature::takes_more(file, function, &all).map_err(nobody)?;
        let name = free_name(file, node, names).ok_or_else(|| refuse("has all names for its caller taken"))?;
        let declared = signature::appended(file, list, &all, &format!("{name}: {typed}"));
        let mut passing = Passing { edits: vec![declared], ..Passing::default() };
        let count = all.len() - usize::from(signature::takes_this(file, &all));
        for (call, caller) in &called.calls {
            let file = self.files.get(&call.path).ok_or_else(|| format!("{} can't be read", call.path))?;
            let chained = |reason: &str| calls::chained(NOBODY, &file, function, call, reason);
            let (list, given) = signature::given(&file, call).map_err(|refusal| chained(&refusal.reason))?;
            if given.len() != count {
                return Err(chained("the call passes more or less than there are parameters"));
            }
            // What may be written at its end must not come behind what is passed.
            let last = given.last().map(|last| file.text_of(*last)).unwrap_or_default();
            if last.contains(".from(") {
                return Err(chained("its last argument is a query"));
            }
            let (text, more) = value(caller).ok_or_else(|| chained("it isn't known"))?;
            passing.edits.push(signature::appended(&file, list, &given, &text));
            passing.add(&more);
        }
        Ok((name, passing))
    }

    /// The rights that all calls of a function give with the argument at `index`: `find` tells them, once.
    pub fn rights(
        &self,
        called: &Called,
        index: usize,
        find: impl FnOnce() -> Result<Rights, String>,
    ) -> Result<Rights, String> {
        let key = (called.function.clone(), index);
        if let Some(known) = self.rights.borrow().get(&key) {
            return known.clone();
        }
        let found = find();
        self.rights.borrow_mut().insert(key, found.clone());
        found
    }

    /// Which argument of its calls the parameter is that `name` means, in the function that `caller` is given to.
    pub fn argument_of(&self, file: &SourceFile, caller: &Caller, name: Node<'_>) -> Option<(Rc<Called>, usize)> {
        let called = caller.called.as_ref()?;
        let declared = file.name(file.text_of(name)).resolve(name.start_byte())?.range.clone();
        let node = signature::node_of(file, &called.function).ok()?;
        let found = parameters(file, node).into_iter().find(|(_, parameter)| parameter.byte_range() == declared)?;
        is_constant(file, name).then(|| (Rc::clone(called), found.0))
    }
}

/// The names of the plain parameters of a function, each with its place among what calls pass.
fn parameters<'t>(file: &SourceFile, function: Node<'t>) -> Vec<(usize, Node<'t>)> {
    let Some(list) = function.child_by_field_name("parameters") else { return Vec::new() };
    let all = arguments(list);
    let first = usize::from(signature::takes_this(file, &all));
    let named = all.into_iter().skip(first).enumerate().filter_map(|(index, parameter)| {
        let name = parameter.child_by_field_name("pattern").filter(|pattern| pattern.kind() == "identifier")?;
        parameter.child_by_field_name("value").is_none().then_some((index, name))
    });
    named.collect()
}
