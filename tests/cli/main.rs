//! The program from outside: the real binary, real folders and real git.

// The shell, the file names and the modes that the tests use are those of Unix.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod cache;
mod config;
mod formats;
mod gate;
mod history;
mod init;
mod interactive;
mod interrupted;
mod modes;
mod names;
mod overview;
mod print;
mod root;
mod sandbox;
mod scope;
mod shard;
mod split;
mod status;
mod surface;
mod tenants;
mod uncommitted;
