//! Which file a path without its last word means.

use crate::project::{RelPath, Sources};

/// Extensions that an import may leave out, in the order that they are tried.
const OMITTED: [&str; 5] = [".ts", ".tsx", ".d.ts", ".mts", ".cts"];

/// Extensions of TypeScript files, each with that of the JavaScript that is made of it. A longer one comes before
/// those that it ends with.
const TYPESCRIPT: [(&str, &str); 7] = [
    (".d.ts", ".js"),
    (".d.mts", ".mjs"),
    (".d.cts", ".cjs"),
    (".ts", ".js"),
    (".tsx", ".js"),
    (".mts", ".mjs"),
    (".cts", ".cjs"),
];

/// The module at `path`, which may lack its extension, name a folder with an `index`, or end as the JavaScript would.
pub(super) fn module(sources: &Sources, path: &RelPath) -> Option<RelPath> {
    let is_file = |candidate: String| RelPath::new(&candidate).filter(|candidate| sources.exists(candidate));
    from_emitted(path.as_str())
        .chain([path.to_string()])
        .chain(OMITTED.iter().map(|extension| format!("{path}{extension}")))
        .chain(OMITTED.iter().map(|extension| format!("{path}/index{extension}")))
        .find_map(is_file)
}

/// The TypeScript files that `path` may be the JavaScript of.
fn from_emitted(path: &str) -> impl Iterator<Item = String> + '_ {
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
    let sources: &[&str] = match extension {
        "js" => &[".ts", ".tsx", ".d.ts"],
        "jsx" => &[".tsx"],
        "mjs" => &[".mts", ".d.mts"],
        "cjs" => &[".cts", ".d.cts"],
        _ => &[],
    };
    sources.iter().map(move |source| format!("{stem}{source}"))
}

/// `path` without its TypeScript extension, and that extension; `None` if it has none.
pub(super) fn split_typescript(path: &str) -> Option<(&str, &str)> {
    TYPESCRIPT.iter().find_map(|(extension, _)| path.strip_suffix(extension).map(|stem| (stem, *extension)))
}

/// The extension of the JavaScript that is made of a file with the TypeScript extension `extension`.
pub(super) fn emitted(extension: &str) -> &'static str {
    TYPESCRIPT.iter().find(|(of, _)| *of == extension).map_or(".js", |(_, emitted)| emitted)
}

/// Whether `path` is a module of code, not a style or a picture.
pub(super) fn is_script(path: &RelPath) -> bool {
    let extension = path.file_name().rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs")
}
