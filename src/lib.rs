//! phase2 reads the TypeScript of a Supabase project, finds what stops it from serving many tenants safely, and
//! rewrites it: a reviewable patch, or files in place.
//!
//! The library is what the command line, the tests and the benches share; it is not a stable interface.
//!
//! Data takes one way: [`project`] lists the files, [`engine`] scans them, lets each rule of [`rules`] collect facts
//! and resolve them to violations, plans their fixes and proves the result; [`report`] prints it and [`mod@write`] puts it
//! on disk.

pub mod baseline;
pub mod cli;
pub mod config;
pub mod edit;
pub mod engine;
pub mod excludes;
pub mod history;
pub mod init;
pub mod lsp;
pub mod partition;
pub mod path;
pub mod program;
pub mod project;
pub mod report;
pub mod rules;
pub mod syntax;
pub mod vcs;
pub mod write;
