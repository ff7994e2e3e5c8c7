//! Compiles the queries of `rules/<rule>/*.scm` and turns each into a typed struct.
//!
//! A query that its grammars don't take fails the build with the query's own file and line. What is generated is one
//! module a query, `<rule>::<query>`, with a struct that has a field for each capture: `Node` for a capture that every
//! match has, `Option<Node>` or `Vec<Node>` otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use tree_sitter::{CaptureQuantifier, Language, Query, QueryError};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=build.rs");
    match generate(Path::new("rules")) {
        Ok(code) => {
            let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("queries.rs");
            fs::write(&out, code).expect("OUT_DIR is writable");
            ExitCode::SUCCESS
        }
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

/// The module tree of all queries, as source text.
fn generate(rules: &Path) -> Result<String, String> {
    let mut modules = Vec::new();
    for folder in sorted(rules)?.into_iter().filter(|path| path.is_dir()) {
        let queries: Vec<TokenStream> = sorted(&folder)?
            .iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
            .map(|path| query_module(path))
            .collect::<Result<_, _>>()?;
        if queries.is_empty() {
            continue;
        }
        let (name, doc) = (identifier(&folder)?, format!("The queries of `{}`.", folder.display()));
        modules.push(quote! { #[doc = #doc] pub mod #name { #(#queries)* } });
    }
    let file: syn::File = syn::parse2(quote! { #(#modules)* }).map_err(|error| format!("generated code: {error}"))?;
    Ok(prettyplease::unparse(&file))
}

/// The entries of a folder, sorted, so that the output doesn't depend on the file system.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

/// The Rust identifier for a rule's folder or a query's file: its stem with `-` as `_`.
fn identifier(path: &Path) -> Result<syn::Ident, String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
    syn::parse_str(&stem).map_err(|_| format!("{}: `{stem}` can't be a Rust module's name", path.display()))
}

/// One query's module: its text, its match struct, and how it is run.
fn query_module(path: &Path) -> Result<TokenStream, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut queries = Vec::new();
    for grammar in grammars(path, &text)? {
        let query = Query::new(&grammar, &text).map_err(|error| located(path, &error))?;
        queries.push(query);
    }
    let query = queries.first().ok_or_else(|| format!("{}:1: names no grammar", path.display()))?;

    let mut fields = Vec::new();
    for (index, name) in query.capture_names().iter().enumerate() {
        let field: syn::Ident = syn::parse_str(name)
            .map_err(|_| format!("{}: capture `@{name}` can't be a Rust field's name", path.display()))?;
        let quantifiers: Vec<CaptureQuantifier> =
            (0..query.pattern_count()).map(|pattern| query.capture_quantifiers(pattern)[index]).collect();
        let index = u32::try_from(index).map_err(|_| format!("{}: too many captures", path.display()))?;
        let doc = format!("`@{name}`");
        fields.push(if quantifiers.iter().all(|quantifier| *quantifier == CaptureQuantifier::One) {
            let missing = format!("every match of {} has @{name}", path.display());
            (quote! { #[doc = #doc] pub #field: Node<'t> }, quote! { #field: nodes(#index).next().expect(#missing) })
        } else if quantifiers.iter().any(|q| matches!(q, CaptureQuantifier::ZeroOrMore | CaptureQuantifier::OneOrMore))
        {
            (quote! { #[doc = #doc] pub #field: Vec<Node<'t>> }, quote! { #field: nodes(#index).collect() })
        } else {
            (quote! { #[doc = #doc] pub #field: Option<Node<'t>> }, quote! { #field: nodes(#index).next() })
        });
    }
    let (declarations, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let module = identifier(path)?;
    let doc = format!("`{}`", path.display());
    let source = format_ident!("SOURCE");
    Ok(quote! {
        #[doc = #doc]
        pub mod #module {
            use tree_sitter::{Node, QueryMatch};

            use crate::syntax::query::{Compiled, Matches};

            /// The query's text.
            pub const #source: &str = #text;

            static QUERY: Compiled = Compiled::new(#source);

            /// What one match captured.
            #[derive(Debug, Clone)]
            pub struct Match<'t> { #(#declarations,)* }

            impl<'t> Matches<'t> for Match<'t> {
                fn query() -> &'static Compiled {
                    &QUERY
                }

                fn from_match(found: &QueryMatch<'_, 't>) -> Self {
                    let nodes = |index: u32| {
                        found.captures().iter().filter(move |capture| capture.index == index).map(|capture| capture.node)
                    };
                    Match { #(#values,)* }
                }
            }
        }
    })
}

/// The grammars that the header of a query names: `; grammars: typescript tsx`.
fn grammars(path: &Path, text: &str) -> Result<Vec<Language>, String> {
    let header = text.lines().next().and_then(|line| line.strip_prefix("; grammars:"));
    let header = header.ok_or_else(|| format!("{}:1: the first line is not `; grammars: …`", path.display()))?;
    header
        .split_whitespace()
        .map(|name| match name {
            "typescript" => Ok(tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()),
            "tsx" => Ok(tree_sitter_typescript::LANGUAGE_TSX.into()),
            other => Err(format!("{}:1: unknown grammar `{other}` (typescript, tsx)", path.display())),
        })
        .collect()
}

/// A query error at its place: `rules/console/calls.scm:7:3: …`. Rows and columns count from 1.
fn located(path: &Path, error: &QueryError) -> String {
    format!("{}:{}:{}: {:?}: {}", path.display(), error.row + 1, error.column + 1, error.kind, error.message)
}
