//! The packages of a monorepo that nobody looks into.

use walkdir::WalkDir;

use super::walk::is_typescript;
use super::{Project, RelPath};

/// Where monorepos have their packages.
const GROUPS: [&str; 2] = ["apps", "packages"];

/// How deep in a package its TypeScript is looked for: `app/(shop)/page.tsx`.
const DEPTH: usize = 3;

impl Project {
    /// The packages in `apps` and `packages` that have TypeScript of which nothing is in the roots, sorted.
    pub fn packages_outside(&self) -> Vec<RelPath> {
        let groups = GROUPS.into_iter().filter_map(RelPath::new);
        let folders = groups.flat_map(|group| self.folders_in(&group));
        let is_outside = |package: &RelPath| {
            self.roots.iter().all(|root| !root.is_within(package) && !package.is_within(root))
                && self.is_package(package)
        };
        let mut outside: Vec<RelPath> = folders.filter(is_outside).collect();
        outside.sort();
        outside
    }

    fn folders_in(&self, group: &RelPath) -> Vec<RelPath> {
        let entries = std::fs::read_dir(group.to_absolute(&self.root)).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.filter_map(|folder| group.join(folder.file_name().to_str()?)).collect()
    }

    /// Whether a folder has a package.json, and TypeScript not far below.
    fn is_package(&self, folder: &RelPath) -> bool {
        let on_disk = folder.to_absolute(&self.root);
        let is_left_out = |name: &str| name.starts_with('.') || matches!(name, "node_modules" | "dist" | "build");
        let walk = WalkDir::new(&on_disk).min_depth(1).max_depth(DEPTH).into_iter();
        let walk = walk.filter_entry(|entry| !entry.file_name().to_str().is_none_or(is_left_out));
        let is_source = |name: &str| is_typescript(name) && !name.ends_with(".d.ts") && !name.contains(".config.");
        let mut files = walk.flatten().filter(|entry| entry.file_type().is_file());
        on_disk.join("package.json").is_file() && files.any(|file| file.file_name().to_str().is_some_and(is_source))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::{Config, ConfigFile};
    use crate::project::testing::{Tree, rel};

    #[test]
    fn packages_with_typescript_of_which_no_root_has_anything() {
        let tree = Tree::new(&[
            ("src/a.ts", ""),
            ("apps/api/package.json", "{}"),
            ("apps/api/src/a.ts", ""),
            ("apps/web/package.json", "{}"),
            ("apps/web/app/(shop)/page.tsx", ""),
            ("apps/docs/package.json", "{}"),
            ("apps/docs/vite.config.ts", ""),
            ("apps/docs/types.d.ts", ""),
            ("apps/docs/node_modules/x/a.ts", ""),
            ("apps/loose/a.ts", ""),
            ("packages/ui/package.json", "{}"),
            ("packages/ui/index.ts", ""),
            ("other/x/package.json", "{}"),
            ("other/x/a.ts", ""),
        ]);
        let outside = |text: &str| {
            let config = Config::parse(&ConfigFile::new("phase2.toml", text), &[]).unwrap();
            Project::open(&tree.path(""), config).unwrap().packages_outside()
        };
        assert_eq!(outside(""), ["apps/api", "apps/web", "packages/ui"].map(rel));
        assert_eq!(outside("roots = ['src', 'apps/*/src']"), ["apps/web", "packages/ui"].map(rel));
        assert_eq!(outside("roots = ['src', 'apps', 'packages/ui']"), [] as [RelPath; 0]);
        assert_eq!(outside("roots = ['.']"), [] as [RelPath; 0]);
    }
}
