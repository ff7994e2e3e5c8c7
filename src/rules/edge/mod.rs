//! What the rules know of edge functions: where one serves, its handler, its request and its preflight, and who calls it.

pub mod callers;
pub mod entry;
pub mod handler;
pub mod preflight;
pub mod request;
