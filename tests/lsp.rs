//! The language server, driven over stdio as an editor does it.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "lsp/actions.rs"]
mod actions;
#[path = "lsp/client.rs"]
mod client;
#[path = "lsp/diagnostics.rs"]
mod diagnostics;
#[path = "lsp/editors.rs"]
mod editors;
#[cfg(target_os = "linux")]
#[path = "lsp/neovim.rs"]
mod neovim;
#[path = "lsp/protocol.rs"]
mod protocol;
#[path = "lsp/random.rs"]
mod random;
#[path = "lsp/reloading.rs"]
mod reloading;
mod support;
