//! Which part of a monorepo a file belongs to.

use super::{RelPath, Sources};

/// Where a file's code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// In Supabase's edge runtime: what lies in a `supabase/functions`.
    Edge,
    /// Anywhere else: in a browser, mostly.
    Frontend,
}

impl Surface {
    /// The surface of `path`.
    pub fn of(path: &RelPath) -> Surface {
        if functions_folder(path).is_some() { Surface::Edge } else { Surface::Frontend }
    }
}

/// A part of the project that has its own helper modules: a `supabase/functions`, or one frontend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// Where its code runs.
    pub surface: Surface,
    /// The folder that its helper modules' paths start from. Edge: the `supabase/functions` folder. Frontend: the
    /// folder that has `src` in it, or the nearest with a `package.json`, or the project root.
    pub base: RelPath,
}

impl Unit {
    /// The unit of `path`, which was found in the root folder `root`.
    pub(super) fn of(path: &RelPath, root: &RelPath, sources: &Sources) -> Unit {
        match functions_folder(path) {
            Some(base) => Unit { surface: Surface::Edge, base },
            None => Unit { surface: Surface::Frontend, base: frontend_base(path, root, sources) },
        }
    }
}

/// The `supabase/functions` folder that `path` lies in.
pub(super) fn functions_folder(path: &RelPath) -> Option<RelPath> {
    let mut folder = path.parent()?;
    let mut found = None;
    loop {
        let Some(parent) = folder.parent() else { return found };
        if folder.file_name() == "functions" && parent.file_name() == "supabase" {
            found = Some(folder); // the outermost one is the project's own
        }
        folder = parent;
    }
}

/// The folder above the `src` that the root is in, or else above the outermost one below the root, however `roots` is
/// spelt; else the nearest package.
fn frontend_base(path: &RelPath, root: &RelPath, sources: &Sources) -> RelPath {
    let above = |path: &RelPath| std::iter::successors(path.parent(), RelPath::parent);
    let is_src = |folder: &RelPath| folder.file_name() == "src";
    let of_root = std::iter::successors(Some(root.clone()), RelPath::parent).find(is_src);
    let below = || above(path).take_while(|folder| folder.is_within(root)).filter(is_src).last();
    if let Some(src) = of_root.or_else(below) {
        return src.parent().unwrap_or_else(RelPath::root);
    }
    above(path)
        .find(|folder| folder.join("package.json").is_some_and(|file| sources.exists(&file)))
        .unwrap_or_else(RelPath::root)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::{Tree, rel};

    #[test]
    fn edge_units_are_functions_folders() {
        let folder = |path: &str| functions_folder(&rel(path)).map(|folder| folder.to_string());
        assert_eq!(folder("supabase/functions/a/index.ts").as_deref(), Some("supabase/functions"));
        assert_eq!(folder("apps/web/supabase/functions/x.ts").as_deref(), Some("apps/web/supabase/functions"));
        assert_eq!(folder("supabase/functions").as_deref(), None);
        assert_eq!(folder("supabase/functions.ts"), None);
        assert_eq!(folder("src/functions/supabase/a.ts"), None);
        assert_eq!(folder("src/supabase/a/functions/b.ts"), None);
    }

    #[test]
    fn frontend_units_start_above_src_or_at_a_package() {
        let tree = Tree::new(&[("packages/ui/package.json", "{}"), ("package.json", "{}")]);
        let sources = Sources::new(&tree.path(""));
        let base = |path: &str, root: &str| frontend_base(&rel(path), &rel(root), &sources).to_string();
        assert_eq!(base("src/a.ts", "src"), "");
        assert_eq!(base("app/a.ts", "app"), "");
        assert_eq!(base("a.ts", ""), "");
        for root in ["apps/web/src", "apps/web/src/pages", "apps/web", "apps", ""] {
            assert_eq!(base("apps/web/src/pages/src/a.ts", root), "apps/web", "{root}");
        }
        for root in ["packages/ui/lib", "packages/ui", "packages", ""] {
            assert_eq!(base("packages/ui/lib/a.ts", root), "packages/ui", "{root}");
        }
    }
}
