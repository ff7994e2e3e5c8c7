//! Whose rights a client has: what row level security lets it see.

use tree_sitter::Node;

use super::caller::{reads_header, squeezed};
use super::values::value_of;
use crate::rules::edge::handler::{arguments, core};
use crate::syntax::source::SourceFile;

/// Whose rights a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Those of one of the project's own keys: it sees the same, whoever calls.
    Project,
    /// Those of the request's user.
    Caller,
}

/// The rights of `client`, in a function whose request is the expression `request`.
///
/// # Errors
/// Why they can't be seen, as a clause.
pub fn rights(file: &SourceFile, client: Node<'_>, request: &str) -> Result<Rights, String> {
    let client = core(client);
    let shown = file.text_of(client);
    let unseen = |why: &str| Err(format!("it isn't seen whose rights `{shown}` has: {why}"));
    if client.kind() != "identifier" {
        return unseen("give the client a name");
    }
    let Some(value) = value_of(file, client) else {
        return unseen("it isn't a constant that is made in this file");
    };
    let made = if value.kind() == "await_expression" { value.named_child(0).unwrap_or(value) } else { value };
    let made = core(made);
    let callee = made.child_by_field_name("function").filter(|_| made.kind() == "call_expression");
    let Some(callee) = callee else { return unseen("it isn't made by a call") };
    let given = made.child_by_field_name("arguments").map(arguments).unwrap_or_default();
    if !is_create_client(file, callee) {
        // `clientOf(req)`: what it makes of the request can be the caller's rights at most.
        let takes_request = given.iter().any(|argument| file.text_of(*argument) == request);
        return if takes_request { Ok(Rights::Caller) } else { unseen("it isn't made by `createClient`") };
    }
    // Who signs in, or sets a session, is somebody else from then on.
    let squeezed_file: String = file.text.split_whitespace().collect();
    let changes = ["signIn", "setSession", "verifyOtp", "exchangeCode", "refreshSession", "signUp", "setAuth"];
    if changes.iter().any(|method| squeezed_file.contains(&format!("{shown}.auth.{method}"))) {
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
    match given.get(1) {
        Some(key) if is_own_key(file, *key) => Ok(Rights::Project),
        _ => unseen("it isn't seen which key it has"),
    }
}

/// Whether a call makes a client of supabase-js.
fn is_create_client(file: &SourceFile, callee: Node<'_>) -> bool {
    let import = file.imports().of_local(file.text_of(callee));
    import
        .is_some_and(|(import, binding)| binding.imported == "createClient" && import.specifier.contains("supabase-js"))
}

/// Whether a key is read from the environment, as one of the project's own, and can be nothing else: a user's token in its
/// place would give the user's rights.
fn is_own_key(file: &SourceFile, key: Node<'_>) -> bool {
    let key = core(key);
    match key.kind() {
        "call_expression" => {
            let text: String = file.text_of(key).split_whitespace().collect();
            let name = text.strip_prefix("Deno.env.get(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
            let known = ["SERVICE_ROLE", "SECRET_KEY", "ANON_KEY", "PUBLISHABLE_KEY"];
            name.starts_with(['\'', '"']) && known.iter().any(|known| name.contains(known))
        }
        "binary_expression" => {
            let sides = [key.child_by_field_name("left"), key.child_by_field_name("right")];
            let mut sides = sides.into_iter().flatten();
            sides.all(|side| is_own_key(file, side) || matches!(file.text_of(side), "''" | "\"\""))
        }
        "identifier" => value_of(file, key).is_some_and(|value| is_own_key(file, value)),
        _ => false,
    }
}
