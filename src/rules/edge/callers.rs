//! Who calls an edge function, as far as that can be seen.

use crate::project::Project;
use crate::syntax::source::SourceFile;

/// Headers and calls by which a webhook checks who calls it, in lower case. Many services name theirs `x-…-signature`:
/// the closing quote tells such a header from a word like `e-signature` in prose.
const SIGNATURES: [&str; 13] = [
    "-signature'",
    "-signature\"",
    "stripe-signature",
    "x-hub-signature",
    "svix-signature",
    "x-signature",
    "webhook-signature",
    "x-twilio-signature",
    "x-shopify-hmac",
    "constructevent",
    "x-telegram-bot-api-secret-token",
    "x-goog-channel-token",
    "x-webhook-secret",
];

/// Parts of the names of functions that no browser calls.
const NAMES: [&str; 6] = ["webhook", "-hook", "_hook", "cron", "schedule", "-ipn"];

/// Why a limit on the function `name` might refuse callers that share an address and don't try again; `file` is its entry
/// file.
pub fn risk(project: &Project, name: &str, file: &SourceFile) -> Option<&'static str> {
    let text = file.text.to_ascii_lowercase();
    if SIGNATURES.iter().any(|signature| text.contains(signature)) {
        return Some("it is a webhook that checks a signature or a token");
    }
    let lower = name.to_ascii_lowercase();
    if NAMES.iter().any(|part| lower.contains(part)) {
        return Some("its name says that another service or a schedule calls it");
    }
    let folder = project.supabase_of(&file.path);
    if folder.and_then(|folder| folder.functions.get(name)).is_some_and(|function| function.is_scheduled) {
        return Some("config.toml has a schedule for it");
    }
    let is_called = project.deployment().called_by_database.contains(name);
    is_called.then_some("the database calls it, on a schedule or as a webhook")
}
