//! Whose rights a client has: what row level security lets it see.

use tree_sitter::Node;

use super::at;
use super::caller::{Caller, reads_header, squeezed};
use super::passing::{Called, Callers};
use super::values::value_of;
use crate::rules::edge::handler::{arguments, core};
use crate::rules::edge::signature;
use crate::syntax::source::SourceFile;

/// Whose rights a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Those of the project's service: it sees all rows, whoever calls.
    Service,
    /// Those of the project's public key: it sees what everybody may see.
    Anonymous,
    /// Those of the request's user.
    Caller,
}

impl Rights {
    /// Whose they are, for a sentence.
    fn whose(self) -> &'static str {
        match self {
            Rights::Service => "the service role's",
            Rights::Anonymous => "nobody's",
            Rights::Caller => "the user's",
        }
    }
}

/// The rights of `client`, in a function that `caller` calls.
///
/// # Errors
/// Why they can't be seen, as a clause.
pub fn rights(callers: &Callers<'_>, file: &SourceFile, client: Node<'_>, caller: &Caller) -> Result<Rights, String> {
    let client = core(client);
    let shown = file.text_of(client);
    let unseen = |why: &str| Err(format!("it isn't seen whose rights `{shown}` has: {why}"));
    if client.kind() != "identifier" {
        return unseen("give the client a name");
    }
    let Some(value) = value_of(file, client) else {
        if let Some((called, index)) = callers.argument_of(file, caller, client) {
            return if signs_in(file, shown) {
                unseen("somebody signs in with it")
            } else {
                callers.rights(&called, index, || rights_of_argument(callers, &called, index, shown))
            };
        }
        return unseen("it isn't a constant that is made in this file");
    };
    let made = if value.kind() == "await_expression" { value.named_child(0).unwrap_or(value) } else { value };
    let made = core(made);
    let callee = made.child_by_field_name("function").filter(|_| made.kind() == "call_expression");
    let Some(callee) = callee else { return unseen("it isn't made by a call") };
    let given = made.child_by_field_name("arguments").map(arguments).unwrap_or_default();
    if !is_create_client(file, callee) {
        // `clientOf(req)`: what it makes of the request can be the caller's rights at most.
        let takes_request = given.iter().any(|argument| Some(file.text_of(*argument)) == caller.request.as_deref());
        return if takes_request { Ok(Rights::Caller) } else { unseen("it isn't made by `createClient`") };
    }
    if signs_in(file, shown) {
        return unseen("somebody signs in with it");
    }
    if let Some(options) = given.get(2) {
        let options = core(*options);
        let text = squeezed(file.text_of(options));
        if options.kind() != "object" || text.contains("...") || text.contains("accesstoken") || text.contains("fetch")
        {
            return unseen("its options aren't written there");
        }
        if text.contains("headers") {
            return if reads_header(file, options) {
                Ok(Rights::Caller)
            } else {
                unseen("it sends headers, and none is seen to be the request's own Authorization")
            };
        }
    }
    match given.get(1).and_then(|key| key_rights(file, *key)) {
        Some(rights) => Ok(rights),
        None => unseen("it isn't seen which key it has"),
    }
}

/// Whether somebody signs in with a client, or sets a session: it is somebody else's from then on.
fn signs_in(file: &SourceFile, client: &str) -> bool {
    let squeezed: String = file.text.split_whitespace().collect();
    let changes = ["signIn", "setSession", "verifyOtp", "exchangeCode", "refreshSession", "signUp", "setAuth"];
    changes.iter().any(|method| squeezed.contains(&format!("{client}.auth.{method}")))
}

/// The rights that all calls of a function give with the argument at `index`, its parameter `name`.
fn rights_of_argument(callers: &Callers<'_>, called: &Called, index: usize, name: &str) -> Result<Rights, String> {
    let mut first: Option<(Rights, String)> = None;
    for (call, caller) in &called.calls {
        let file = callers.files.get(&call.path).ok_or_else(|| format!("{} can't be read", call.path))?;
        let place = at(&file, call.start);
        let given = signature::given(&file, call).ok().and_then(|(_, given)| given.get(index).copied());
        let given = given.ok_or_else(|| format!("it isn't seen whose rights `{name}` has: {place} passes none"))?;
        let rights = rights(callers, &file, given, caller)
            .map_err(|reason| format!("`{}` is called at {place}, where {reason}", called.function.called))?;
        match &first {
            Some((other, elsewhere)) if *other != rights => {
                return Err(format!(
                    "`{name}` has {} rights at {elsewhere}, and {} at {place}",
                    other.whose(),
                    rights.whose()
                ));
            }
            Some(_) => {}
            None => first = Some((rights, place)),
        }
    }
    first.map(|(rights, _)| rights).ok_or_else(|| format!("it isn't seen whose rights `{name}` has"))
}

/// Whether a call makes a client of supabase-js.
fn is_create_client(file: &SourceFile, callee: Node<'_>) -> bool {
    let import = file.imports().of_local(file.text_of(callee));
    import
        .is_some_and(|(import, binding)| binding.imported == "createClient" && import.specifier.contains("supabase-js"))
}

/// The rights of a key that is read from the environment, as one of the project's own, and can be nothing else: a user's token
/// in its place would give the user's rights.
fn key_rights(file: &SourceFile, key: Node<'_>) -> Option<Rights> {
    let key = core(key);
    match key.kind() {
        "call_expression" => {
            let text: String = file.text_of(key).split_whitespace().collect();
            let name = text.strip_prefix("Deno.env.get(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
            let has = |known: [&str; 2]| known.iter().any(|known| name.contains(known));
            match name.starts_with(['\'', '"']) {
                true if has(["SERVICE_ROLE", "SECRET_KEY"]) => Some(Rights::Service),
                true if has(["ANON_KEY", "PUBLISHABLE_KEY"]) => Some(Rights::Anonymous),
                _ => None,
            }
        }
        "binary_expression" => {
            let sides = [key.child_by_field_name("left"), key.child_by_field_name("right")].into_iter().flatten();
            let mut sides =
                sides.filter(|side| !matches!(file.text_of(*side), "''" | "\"\"")).map(|side| key_rights(file, side));
            let first = sides.next()??;
            // One in the other's place would see other rows.
            sides.all(|other| other == Some(first)).then_some(first)
        }
        "identifier" => value_of(file, key).and_then(|value| key_rights(file, value)),
        _ => None,
    }
}
