#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::project::testing::{Tree, rel};

/// A project with `files`, which are empty but for configurations.
struct Imports {
    _tree: Tree,
    resolver: Resolver,
}

impl Imports {
    fn new(configurations: &[(&str, &str)], files: &[&str]) -> Imports {
        Imports::with_maps(configurations, files, Vec::new())
    }

    fn with_maps(configurations: &[(&str, &str)], files: &[&str], maps: Vec<(RelPath, RelPath)>) -> Imports {
        let empty = files.iter().map(|path| (*path, ""));
        let tree = Tree::new(&configurations.iter().copied().chain(empty).collect::<Vec<_>>());
        let resolver = Resolver::new(&Sources::new(&tree.path("")), maps);
        Imports { _tree: tree, resolver }
    }

    fn resolve(&self, from: &str, specifier: &str) -> Option<String> {
        self.resolver.resolve(&rel(from), specifier).map(|path| path.to_string())
    }

    fn specifier(&self, from: &str, to: &str, siblings: &[&str]) -> String {
        self.resolver.specifier(&rel(from), &rel(to), siblings)
    }
}

const AT: &str = r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#;

#[test]
fn relative_specifiers() {
    let imports = Imports::new(
        &[],
        &[
            "src/a.ts",
            "src/b.tsx",
            "src/c/index.ts",
            "src/d.d.ts",
            "src/e.server.ts",
            "src/f.mts",
            "src/g.json",
            "x.ts",
        ],
    );
    let resolve = |specifier: &str| imports.resolve("src/c/from.ts", specifier);
    assert_eq!(resolve("../a").as_deref(), Some("src/a.ts"));
    assert_eq!(resolve("../a.ts").as_deref(), Some("src/a.ts"));
    assert_eq!(resolve("../a.js").as_deref(), Some("src/a.ts"));
    assert_eq!(resolve("../b.js").as_deref(), Some("src/b.tsx"));
    assert_eq!(resolve("../b.jsx").as_deref(), Some("src/b.tsx"));
    assert_eq!(resolve("../d").as_deref(), Some("src/d.d.ts"));
    assert_eq!(resolve("../e.server").as_deref(), Some("src/e.server.ts"));
    assert_eq!(resolve("../f.mjs").as_deref(), Some("src/f.mts"));
    assert_eq!(resolve("../g.json").as_deref(), Some("src/g.json"));
    assert_eq!(resolve("../c").as_deref(), Some("src/c/index.ts"));
    assert_eq!(resolve(".").as_deref(), Some("src/c/index.ts"));
    assert_eq!(resolve("../../x").as_deref(), Some("x.ts"));
    assert_eq!(resolve("../../../x"), None);
    assert_eq!(resolve("../gone"), None);
}

#[test]
fn packages_and_urls_are_not_files() {
    let imports = Imports::new(
        &[(
            "tsconfig.json",
            r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./node_modules/*", "./types/*"] } } }"#,
        )],
        &["node_modules/react/index.d.ts", "types/own.ts", "supabase/functions/f/index.ts"],
    );
    for specifier in ["react", "npm:react@18", "jsr:@std/path", "https://deno.land/std/http/server.ts", "node:fs"] {
        assert_eq!(imports.resolve("src/a.ts", specifier), None, "{specifier}");
        assert_eq!(imports.resolve("supabase/functions/f/index.ts", specifier), None, "{specifier}");
    }
    assert_eq!(imports.resolve("src/a.ts", "own").as_deref(), Some("types/own.ts"));
}

#[test]
fn paths_with_comments_and_trailing_commas() {
    let config =
        "\u{feff}// base\n{ \"compilerOptions\": { /* the alias */ \"paths\": { \"@/*\": [\"./src/*\",], }, }, }";
    let imports = Imports::new(&[("tsconfig.json", config)], &["src/lib/logger.ts"]);
    assert_eq!(imports.resolve("src/a.ts", "@/lib/logger").as_deref(), Some("src/lib/logger.ts"));
    assert_eq!(imports.specifier("src/a.ts", "src/lib/logger.ts", &[]), "@/lib/logger");
    assert_eq!(imports.resolver.problems(), []);
}

#[test]
fn a_configuration_that_only_refers_to_others() {
    let imports = Imports::new(
        &[
            (
                "tsconfig.json",
                r#"{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }] }"#,
            ),
            (
                "tsconfig.node.json",
                r#"{ "include": ["vite.config.ts"], "compilerOptions": { "paths": { "@/*": ["./config/*"] } } }"#,
            ),
            (
                "tsconfig.app.json",
                r#"{ "include": ["src"], "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } } }"#,
            ),
        ],
        &["src/lib/logger.ts"],
    );
    assert_eq!(imports.resolve("src/pages/a.ts", "@/lib/logger").as_deref(), Some("src/lib/logger.ts"));
    assert_eq!(imports.specifier("src/pages/a.ts", "src/lib/logger.ts", &["react"]), "@/lib/logger");
}

#[test]
fn inherited_paths_are_relative_to_where_they_stand() {
    let imports = Imports::new(
        &[
            ("apps/web/tsconfig.json", r#"{ "extends": ["../../config/base", "@repo/tsconfig/react.json"] }"#),
            (
                "config/base.json",
                r#"{ "extends": "./root.json", "compilerOptions": { "paths": { "@lib/*": ["../lib/*"] } } }"#,
            ),
            ("config/root.json", r#"{ "compilerOptions": { "paths": { "never/*": ["./*"] } } }"#),
            ("node_modules/@repo/tsconfig/react.json", r#"{ "compilerOptions": { "jsx": "preserve" } }"#),
        ],
        &["lib/x.ts", "config/y.ts"],
    );
    assert_eq!(imports.resolve("apps/web/src/a.ts", "@lib/x").as_deref(), Some("lib/x.ts"));
    assert_eq!(imports.resolve("apps/web/src/a.ts", "never/y"), None);
}

#[test]
fn the_folder_of_the_inheriting_configuration_can_be_named() {
    let imports = Imports::new(
        &[
            ("apps/web/tsconfig.json", r#"{ "extends": "../../base.json" }"#),
            ("base.json", r#"{ "compilerOptions": { "paths": { "@/*": ["${configDir}/src/*"] } } }"#),
        ],
        &["apps/web/src/x.ts"],
    );
    assert_eq!(imports.resolve("apps/web/src/a.ts", "@/x").as_deref(), Some("apps/web/src/x.ts"));
}

#[test]
fn circles_of_configurations_end() {
    let imports = Imports::new(
        &[
            ("tsconfig.json", r#"{ "extends": "./a.json", "references": [{ "path": "." }] }"#),
            ("a.json", r#"{ "extends": "./tsconfig.json" }"#),
            ("supabase/functions/deno.json", r#"{ "importMap": "./other.json" }"#),
            ("supabase/functions/other.json", r#"{ "importMap": "./deno.json" }"#),
        ],
        &[],
    );
    assert_eq!(imports.resolve("src/a.ts", "@/x"), None);
    assert_eq!(imports.resolve("supabase/functions/f/index.ts", "@/x"), None);
}

#[test]
fn the_nearest_configuration_counts_alone() {
    let imports = Imports::new(
        &[
            ("tsconfig.json", AT),
            ("apps/web/jsconfig.json", r#"{ "compilerOptions": { "paths": { "~/*": ["./app/*"] } } }"#),
        ],
        &["apps/web/app/x.ts", "src/x.ts"],
    );
    assert_eq!(imports.resolve("apps/web/app/a.ts", "~/x").as_deref(), Some("apps/web/app/x.ts"));
    assert_eq!(imports.resolve("apps/web/app/a.ts", "@/x"), None);
    assert_eq!(imports.specifier("apps/web/app/b/a.ts", "apps/web/app/x.ts", &[]), "~/x");
}

#[test]
fn a_broken_configuration_is_a_problem() {
    let imports = Imports::new(
        &[("tsconfig.json", "{ nonsense"), ("supabase/functions/deno.json", "{ nonsense")],
        &["src/lib/logger.ts"],
    );
    assert_eq!(imports.specifier("src/a.ts", "src/lib/logger.ts", &[]), "./lib/logger");
    assert_eq!(imports.resolve("supabase/functions/f/index.ts", "x"), None);
    let problems = imports.resolver.problems();
    let paths: Vec<String> =
        problems.iter().filter_map(|problem| problem.path.as_ref()).map(ToString::to_string).collect();
    assert_eq!(paths, ["supabase/functions/deno.json", "tsconfig.json"]);
}

#[test]
fn the_most_specific_alias_wins() {
    let config = r#"{ "compilerOptions": { "baseUrl": ".", "paths": {
        "*": ["./src/*"], "@/*": ["src/*"], "~/*": ["src/*"], "@lib/*": ["src/lib/*"], "@log": ["src/lib/log.ts"] } } }"#;
    let imports = Imports::new(&[("tsconfig.json", config)], &["src/lib/log.ts", "src/lib/x.ts", "src/ui/button.tsx"]);
    let to = |to: &str, siblings: &[&str]| imports.specifier("src/pages/a.ts", to, siblings);
    assert_eq!(to("src/lib/log.ts", &[]), "@log");
    assert_eq!(to("src/lib/x.ts", &[]), "@lib/x");
    assert_eq!(to("src/lib/not-yet.ts", &[]), "@lib/not-yet");
    assert_eq!(to("src/ui/card.tsx", &["~/ui/button"]), "~/ui/card");
    assert_eq!(to("src/ui/card.tsx", &["@/ui/button"]), "@/ui/card");
    assert_eq!(to("other/x.ts", &[]), "../../other/x");
    assert_eq!(imports.resolve("src/a.ts", "@log").as_deref(), Some("src/lib/log.ts"));
    assert_eq!(imports.resolve("src/a.ts", "@lib/x").as_deref(), Some("src/lib/x.ts"));
}

#[test]
fn a_base_url_is_used_by_those_who_use_it() {
    let imports = Imports::new(
        &[("tsconfig.json", r#"{ "compilerOptions": { "baseUrl": "src" } }"#)],
        &["src/lib/x.ts", "src/ui/button.tsx"],
    );
    assert_eq!(imports.resolve("src/pages/a.ts", "lib/x").as_deref(), Some("src/lib/x.ts"));
    assert_eq!(imports.specifier("src/pages/a.ts", "src/lib/logger.ts", &["react"]), "../lib/logger");
    assert_eq!(imports.specifier("src/pages/a.ts", "src/lib/logger.ts", &["ui/button"]), "lib/logger");
}

#[test]
fn a_file_that_imports_relatively_goes_on_so() {
    let imports = Imports::new(
        &[("tsconfig.json", AT)],
        &["src/lib/x.ts", "src/pages/b.ts", "src/pages/style.css", "src/ui/button.tsx"],
    );
    let siblings = |siblings: &[&str]| imports.specifier("src/pages/a.ts", "src/lib/logger.ts", siblings);
    assert_eq!(siblings(&["react", "../lib/x"]), "../lib/logger");
    assert_eq!(siblings(&["./b", "@/ui/button"]), "@/lib/logger");
    assert_eq!(siblings(&["react", "./style.css"]), "@/lib/logger");
    let far = |siblings: &[&str]| imports.specifier("src/pages/x/y/a.ts", "src/lib/logger.ts", siblings);
    assert_eq!(far(&["../../b"]), "@/lib/logger");
    assert_eq!(far(&["../../b", "../../../lib/x"]), "../../../lib/logger");
    let beside = |siblings: &[&str]| imports.specifier("src/pages/a.ts", "src/pages/logger.ts", siblings);
    assert_eq!(beside(&["./b", "@/ui/button"]), "./logger");
    assert_eq!(beside(&["@/ui/button"]), "@/pages/logger");
}

#[test]
fn endings_are_those_of_the_siblings() {
    let imports = Imports::new(&[], &["src/b.ts", "src/c.tsx", "src/d.ts", "src/data.js"]);
    let siblings = |siblings: &[&str]| imports.specifier("src/a.ts", "src/lib/logger.ts", siblings);
    assert_eq!(siblings(&["./b.ts"]), "./lib/logger.ts");
    assert_eq!(siblings(&["./b.js", "./c.js"]), "./lib/logger.js");
    assert_eq!(siblings(&["./b.ts", "./d"]), "./lib/logger");
    assert_eq!(siblings(&["./data.js"]), "./lib/logger");
    assert_eq!(imports.specifier("src/a.ts", "src/logger.mts", &[]), "./logger.mjs");
    assert_eq!(imports.specifier("src/a.ts", "src/logger.mts", &["./b.ts"]), "./logger.mts");
}

#[test]
fn an_index_is_left_out_where_that_means_the_same() {
    let imports =
        Imports::new(&[("tsconfig.json", AT)], &["src/lib/index.ts", "src/ui.tsx", "src/ui/index.ts", "src/lib/x.ts"]);
    assert_eq!(imports.specifier("src/a.ts", "src/lib/index.ts", &[]), "@/lib");
    assert_eq!(imports.specifier("src/a.ts", "src/ui/index.ts", &[]), "@/ui/index");
    assert_eq!(imports.specifier("src/lib/a.ts", "src/lib/index.ts", &["./x"]), "./index");
}

#[test]
fn edge_files_import_with_the_extension() {
    let imports = Imports::new(&[("tsconfig.json", AT)], &["supabase/functions/_shared/cors.ts"]);
    let shared = "supabase/functions/_shared/logger.ts";
    assert_eq!(imports.specifier("supabase/functions/f/index.ts", shared, &[]), "../_shared/logger.ts");
    assert_eq!(
        imports.specifier("supabase/functions/f/deep/x.ts", shared, &["../../_shared/cors"]),
        "../../_shared/logger.ts"
    );
    assert_eq!(imports.specifier("supabase/functions/_shared/x.ts", shared, &[]), "./logger.ts");
}

#[test]
fn import_maps_of_edge_functions() {
    let imports = Imports::with_maps(
        &[
            (
                "supabase/functions/f/deno.json",
                r#"{ "imports": { "@std/": "jsr:@std/", "f/": "./lib/", "x": "./x.ts", } }"#,
            ),
            (
                "supabase/functions/import_map.json",
                r#"{ "imports": { "@shared/": "./_shared/", "@db/": "./_shared/db/" } }"#,
            ),
            ("supabase/functions/g/deno.jsonc", "// g\n{ \"importMap\": \"map.json\" }"),
            ("supabase/functions/g/map.json", r#"{ "imports": { "g/": "./lib/" } }"#),
            ("supabase/maps/h.json", r#"{ "imports": { "h/": "../functions/h/lib/" } }"#),
        ],
        &[
            "supabase/functions/_shared/cors.ts",
            "supabase/functions/_shared/db/rows.ts",
            "supabase/functions/f/x.ts",
            "supabase/functions/f/lib/a.ts",
            "supabase/functions/g/lib/a.ts",
            "supabase/functions/h/lib/a.ts",
        ],
        vec![(rel("supabase/functions/h"), rel("supabase/maps/h.json"))],
    );
    let resolve = |function: &str, specifier: &str| {
        imports.resolve(&format!("supabase/functions/{function}/index.ts"), specifier)
    };
    assert_eq!(resolve("f", "@shared/cors.ts").as_deref(), Some("supabase/functions/_shared/cors.ts"));
    assert_eq!(resolve("f", "f/a.ts").as_deref(), Some("supabase/functions/f/lib/a.ts"));
    assert_eq!(resolve("f", "x").as_deref(), Some("supabase/functions/f/x.ts"));
    assert_eq!(resolve("f", "x/y"), None);
    assert_eq!(resolve("f", "@std/path"), None);
    assert_eq!(resolve("g", "f/a.ts"), None);
    assert_eq!(resolve("g", "g/a.ts").as_deref(), Some("supabase/functions/g/lib/a.ts"));
    assert_eq!(resolve("h", "h/a.ts").as_deref(), Some("supabase/functions/h/lib/a.ts"));

    let specifier = |to: &str, siblings: &[&str]| imports.specifier("supabase/functions/f/index.ts", to, siblings);
    let logger = "supabase/functions/_shared/logger.ts";
    assert_eq!(specifier(logger, &["@shared/cors.ts"]), "@shared/logger.ts");
    assert_eq!(specifier(logger, &["@std/path", "@db/rows.ts"]), "../_shared/logger.ts");
    let rows = "supabase/functions/_shared/db/rows2.ts";
    assert_eq!(specifier(rows, &["@shared/cors.ts", "@db/rows.ts"]), "@db/rows2.ts");
}

#[test]
fn where_the_configuration_wants_endings_they_are_those_of_the_emitted_files() {
    for (options, expected) in [
        (r#"{ "module": "NodeNext" }"#, "./lib/logger.js"),
        (r#"{ "moduleResolution": "node16" }"#, "./lib/logger.js"),
        (r#"{ "module": "nodenext", "moduleResolution": "bundler" }"#, "./lib/logger"),
        (r#"{ "module": "esnext" }"#, "./lib/logger"),
    ] {
        let config = format!(r#"{{ "compilerOptions": {options} }}"#);
        let imports = Imports::new(&[("tsconfig.json", &config)], &["src/a.ts", "src/lib/logger.ts"]);
        assert_eq!(imports.specifier("src/a.ts", "src/lib/logger.ts", &["react"]), expected, "{options}");
    }
    let extending = [
        ("tsconfig.json", r#"{ "extends": "./base.json" }"#),
        ("base.json", r#"{ "compilerOptions": { "module": "node20" } }"#),
    ];
    let imports = Imports::new(&extending, &["src/a.ts", "src/b.ts", "src/lib/logger.ts"]);
    assert_eq!(imports.specifier("src/a.ts", "src/lib/logger.ts", &[]), "./lib/logger.js");
    // What the file does itself goes first.
    assert_eq!(imports.specifier("src/a.ts", "src/lib/logger.ts", &["./b"]), "./lib/logger");
}
