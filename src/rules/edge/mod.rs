//! What the rules know of edge functions: where one serves, its handler, its request and its preflight, who calls it, and
//! whether somebody has verified that.

pub mod callers;
pub mod calls;
pub mod entry;
pub mod files;
pub mod handler;
pub mod place;
pub mod preflight;
pub mod request;
pub mod signature;
pub mod user;
pub mod verified;
