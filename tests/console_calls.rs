//! What the rule `console` makes of calls: small snippets, each fixed in a project of its own kind of logger.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "console_calls/contracts.rs"]
mod contracts;
#[path = "console_calls/errors.rs"]
mod errors;
#[path = "console_calls/fields.rs"]
mod fields;
#[path = "console_calls/generated.rs"]
mod generated;
#[path = "console_calls/harness.rs"]
mod harness;
#[path = "console_calls/layout.rs"]
mod layout;
#[path = "console_calls/messages.rs"]
mod messages;
#[path = "console_calls/modules.rs"]
mod modules;
#[path = "console_calls/places.rs"]
mod places;
#[path = "console_calls/positions.rs"]
mod positions;
#[path = "console_calls/types.rs"]
mod types;

mod support;
