//! What a new module is called, and whether it may lie where it would.

use std::collections::BTreeSet;

use crate::path::RelPath;
use crate::project::Project;

/// How the modules beside one file are called.
pub struct Names<'p> {
    project: &'p Project,
    folder: RelPath,
    stem: String,
    extension: String,
    /// The stems of what is there, in small letters, since some file systems don't tell them apart.
    taken: BTreeSet<String>,
    is_kebab: bool,
}

/// Packages that make a page or an endpoint of each file in some folders: the package, and the folders.
const ROUTERS: [(&str, &[&str]); 9] = [
    ("\"next\"", &["pages"]),
    ("\"astro\"", &["pages"]),
    ("\"expo-router\"", &["app"]),
    ("\"@remix-run/", &["routes"]),
    ("\"@react-router/fs-routes\"", &["routes"]),
    ("\"@tanstack/router-plugin\"", &["routes"]),
    ("\"@tanstack/react-start\"", &["routes"]),
    ("\"vite-plugin-pages\"", &["pages"]),
    ("\"@generouted/", &["pages"]),
];

impl<'p> Names<'p> {
    /// What there is beside the file at `path`.
    pub fn beside(project: &'p Project, path: &RelPath) -> Names<'p> {
        let folder = path.parent().unwrap_or_else(RelPath::root);
        let (stem, extension) = path.file_name().rsplit_once('.').unwrap_or((path.file_name(), "ts"));
        let inside = project.files.iter().map(|file| &file.path).filter(|file| file.is_within(&folder));
        let parts = inside.filter_map(|file| {
            let rest = file.as_str().get(folder.as_str().len()..)?.trim_start_matches('/');
            let first = rest.split('/').next()?.to_owned();
            let is_file = first.len() == rest.len();
            Some(if is_file {
                first.rsplit_once('.').map_or(first.clone(), |(stem, _)| stem.to_owned())
            } else {
                first
            })
        });
        let stems: BTreeSet<String> = parts.collect();
        let is_mixed = |stem: &String| stem.contains(char::is_uppercase);
        let has_dash = |stem: &String| stem.contains('-');
        let own = stem.to_owned();
        let is_kebab = has_dash(&own) || !is_mixed(&own) && stems.iter().any(has_dash) && !stems.iter().any(is_mixed);
        Names {
            project,
            folder,
            stem: own,
            extension: extension.to_owned(),
            taken: stems.iter().map(|stem| stem.to_lowercase()).collect(),
            is_kebab,
        }
    }

    /// Why no module can lie beside the file at all.
    pub fn refusal(&self) -> Option<String> {
        let folders: Vec<RelPath> = std::iter::successors(Some(self.folder.clone()), RelPath::parent).collect();
        let manifests = folders.iter().filter_map(|folder| folder.join("package.json"));
        let manifest = manifests.into_iter().find_map(|path| self.project.sources.read(&path).ok())?;
        let parts: Vec<&str> = self.folder.parts().collect();
        ROUTERS.iter().find_map(|(package, routes)| {
            let route = parts.iter().find(|part| routes.contains(part))?;
            manifest.contains(package).then(|| format!("each file below `{route}` is a route of its own"))
        })
    }

    /// The stem of the module that is named after the declaration `name`.
    pub fn of_declaration(&self, name: &str) -> String {
        let words = words(name);
        if self.is_kebab {
            return words.join("-");
        }
        let is_constant = !name.contains(char::is_lowercase) && name.contains(char::is_uppercase);
        if !is_constant || words.len() == 1 && name.len() == 1 {
            return name.to_owned();
        }
        let mut words = words.into_iter();
        let first = words.next().unwrap_or_default();
        first + &words.map(|word| capitalized(&word)).collect::<String>()
    }

    /// The stem of the module for what several modules share, such as `types`.
    pub fn of_shared(&self, what: &str) -> String {
        if self.stem == "index" { what.to_owned() } else { format!("{}.{what}", self.stem) }
    }

    /// The path of a module.
    ///
    /// # Errors
    /// Why there can't be one, as a clause.
    pub fn path(&self, stem: &str, has_jsx: bool) -> Result<RelPath, String> {
        let extension = match self.extension.as_str() {
            "tsx" if !has_jsx => "ts",
            own => own,
        };
        let name = format!("{stem}.{extension}");
        let path = self.folder.join(&name).ok_or_else(|| format!("`{name}` can't be a file"))?;
        let others = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "json", "d.ts", "mts", "cts"];
        let there = others.iter().filter_map(|other| self.folder.join(&format!("{stem}.{other}")));
        let is_taken = self.taken.contains(&stem.to_lowercase())
            || there.into_iter().any(|other| self.project.sources.exists(&other));
        if is_taken { Err(format!("there is something called `{stem}` in its folder already")) } else { Ok(path) }
    }
}

/// Whether a file is about the declaration `name`: it is called the same, but for case and dashes.
pub fn is_named_after(path: &RelPath, name: &str) -> bool {
    let stem = path.file_name().split('.').next().unwrap_or_default();
    let folder = path.parent().filter(|_| stem == "index");
    let stem = folder.as_ref().map_or(stem, |folder| folder.file_name());
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    plain(stem) == plain(name)
}

/// The words of a name, in small letters: `useChatHTTP2` is `use`, `chat`, `http2`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let next_is_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts = before.is_some_and(|before| {
            letter.is_uppercase() && (!before.is_uppercase() || next_is_small) || matches!(before, '_' | '$' | '-')
        });
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !matches!(letter, '_' | '$' | '-')) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn names_have_words() {
        assert_eq!(words("useChatHTTPClient2"), ["use", "chat", "http", "client2"]);
        assert_eq!(words("TOOL_DEFINITIONS"), ["tool", "definitions"]);
        assert_eq!(words("_x"), ["x"]);
    }

    #[test]
    fn a_file_is_about_what_it_is_called() {
        let is_about = |path: &str, name| is_named_after(&RelPath::new(path).unwrap(), name);
        assert!(is_about("src/chat-panel.tsx", "ChatPanel") && is_about("src/chat/index.ts", "chat"));
        assert!(!is_about("src/chat.test.ts", "chatTest"));
    }
}
