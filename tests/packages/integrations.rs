//! What runs phase2 over many repositories: the script for real, the engines' files by schema, linter or parser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::support::npm::VERSION;
use super::support::python::python_program;
use super::{fits_schema, git, repository, run, supabase_project, yaml};

fn integration(name: &str) -> PathBuf {
    repository().join("integrations").join(name)
}

/// Runs the script as the engines do: in a clone, with phase2 on the PATH.
fn fix(project: &Path) -> Output {
    let program = assert_cmd::cargo::cargo_bin("phase2");
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::iter::once(program.parent().unwrap().to_path_buf()).chain(std::env::split_paths(&path));
    let mut script = Command::new("sh");
    script.arg(integration("fix.sh")).current_dir(project).env("PATH", std::env::join_paths(folders).unwrap());
    script.output().unwrap()
}

#[test]
fn the_script_fixes_and_fails_only_where_phase2_has_trouble() {
    let project = supabase_project();
    let unfixable = "export const report = console;\n";
    fs::write(project.path().join("supabase/functions/hello/report.ts"), unfixable).unwrap();
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "a"]] {
        git(project.path(), arguments);
    }
    let fixed = fix(project.path());
    assert!(fixed.status.success(), "{fixed:?}");
    // One is left, which it tells: the engine makes its pull request for the others.
    assert!(String::from_utf8_lossy(&fixed.stdout).contains("hello/report.ts"), "{fixed:?}");
    let changed = git(project.path(), &["status", "--porcelain"]);
    assert!(changed.contains(" M supabase/functions/hello/index.ts"), "{changed}");

    git(project.path(), &["add", "-A"]);
    git(project.path(), &["commit", "-qm", "b"]);
    fs::write(project.path().join("phase2.toml"), "rulez = 1\n").unwrap();
    let trouble = fix(project.path());
    assert_eq!(trouble.status.code(), Some(2), "{trouble:?}");
}

#[test]
fn the_container_file_is_clean_and_does_not_run_as_root() {
    let path = integration("Containerfile");
    run(python_program("hadolint").arg(&path));
    let text = fs::read_to_string(path).unwrap();
    let last = text.lines().rfind(|line| line.starts_with("USER ")).unwrap();
    assert!(!["USER root", "USER 0"].contains(&last));
    assert!(text.contains(&format!("phase2:{VERSION}")));
}

#[test]
fn the_specs_can_be_read_and_name_what_is_there() {
    fits_schema("vendor.github-workflows", &integration("matrix.yml"));
    let matrix = fs::read_to_string(integration("matrix.yml")).unwrap();
    assert!(matrix.contains(&format!("phase2@{VERSION}\n")));

    let batch = yaml(&fs::read_to_string(integration("batch-changes.yaml")).unwrap());
    assert_eq!(batch["version"], 2);
    assert_eq!(batch["changesetTemplate"]["published"], "draft");
    let step = &batch["steps"][0];
    assert_eq!(step["container"], format!("phase2:{VERSION}"));
    assert_eq!(step["run"], format!("sh {}", step["mount"][0]["mountpoint"].as_str().unwrap()));
    assert!(integration(step["mount"][0]["path"].as_str().unwrap()).is_file());

    let gitter = yaml(&fs::read_to_string(integration("multi-gitter.yaml")).unwrap());
    assert_eq!(gitter["draft"], true);
    assert_eq!(gitter["branch"], batch["changesetTemplate"]["branch"]);
}
