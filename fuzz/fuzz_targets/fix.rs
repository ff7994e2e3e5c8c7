//! Any text as an edge function and as a page, through the whole engine: parse, collect, resolve, plan, prove. A panic in it
//! is reported as an error of the run, which fails here, as does a second fix that changes something.
#![no_main]

use std::fs;
use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use phase2::config::Config;
use phase2::engine::{self, FixMode, Outcome, Request};
use phase2::project::{Project, RelPath, Selection};
use phase2::rules;
use tempfile::TempDir;

const PATHS: [&str; 2] = ["supabase/functions/f/index.ts", "src/a.tsx"];

/// A project on disk, whose texts lie over it.
fn project() -> &'static Project {
    static PROJECT: OnceLock<(TempDir, Project)> = OnceLock::new();
    let (_, project) = PROJECT.get_or_init(|| {
        let folder = tempfile::Builder::new().prefix("phase2-fuzz-").tempdir().unwrap();
        for path in PATHS {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let project = Project::open(folder.path(), Config::built_in()).unwrap();
        (folder, project)
    });
    project
}

fn fix(project: &Project) -> Outcome {
    let request = Request {
        rules: &rules::all(),
        suppression: true,
        selection: &Selection::everything(),
        fix: FixMode::Unsafe,
        chosen: None,
        progress: &|| {},
    };
    engine::run(project, &request)
}

fuzz_target!(|text: &str| {
    let texts = PATHS.map(|path| (RelPath::new(path).unwrap(), Arc::from(text)));
    let project = project().with_overlay(texts);
    let outcome = fix(&project);
    let errors = || outcome.found.errors.iter().chain(&outcome.remaining.errors);
    assert!(!errors().any(|problem| problem.message.contains("internal error")), "{:?}", errors().collect::<Vec<_>>());
    if errors().next().is_some() {
        return;
    }
    let fixed = project.with_overlay(outcome.changes.iter().map(|change| (change.path.clone(), Arc::from(change.after.as_str()))));
    let again = fix(&fixed);
    assert!(again.changes.is_empty(), "a second fix changes {:?}", again.changes);
});
