//! The hooks, run by pre-commit itself in a scratch repository.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use super::support::npm::{Registry, VERSION, use_registry};
use super::support::python::python_program;
use super::{git, readme_block, repository, run, supabase_project, yaml};

/// This repository as pre-commit clones it: its two files for pre-commit, with the release's tag.
fn hooks() -> TempDir {
    let hooks = TempDir::new().unwrap();
    for name in [".pre-commit-hooks.yaml", "package.json"] {
        fs::copy(repository().join(name), hooks.path().join(name)).unwrap();
    }
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "a"], &["tag", &format!("v{VERSION}")]] {
        git(hooks.path(), arguments);
    }
    hooks
}

fn pre_commit(project: &Path, registry: &Registry, home: &Path) -> Output {
    let mut command = python_program("pre-commit");
    command.args(["run", "--color", "never"]).current_dir(project).env("PRE_COMMIT_HOME", home.join("pre-commit"));
    use_registry(&mut command, &registry.address, &home.join("npm"));
    command.output().unwrap()
}

#[test]
fn the_hooks_check_and_fix_what_is_staged() {
    let (hooks, registry, home, project) = (hooks(), Registry::start(), TempDir::new().unwrap(), supabase_project());
    let shown = readme_block("yaml", "phase2-check");
    let config = shown.replace("https://github.com/OWNER/phase2", hooks.path().to_str().unwrap());
    assert_ne!(config, shown);
    fs::write(project.path().join(".pre-commit-config.yaml"), &config).unwrap();
    git(project.path(), &["init", "-q"]);
    git(project.path(), &["add", "-A"]);

    let check = pre_commit(project.path(), &registry, home.path());
    let said = String::from_utf8_lossy(&check.stdout);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(said.contains("exit code: 1") && said.contains("supabase/functions/hello/index.ts:2:3"), "{said}");
    assert_eq!(git(project.path(), &["diff", "--name-only"]), "");

    fs::write(project.path().join(".pre-commit-config.yaml"), config.replace("phase2-check", "phase2-fix")).unwrap();
    git(project.path(), &["add", "-A"]);
    let fix = pre_commit(project.path(), &registry, home.path());
    let said = String::from_utf8_lossy(&fix.stdout);
    assert_eq!(fix.status.code(), Some(1), "{fix:?}");
    assert!(said.contains("files were modified by this hook"), "{said}");
    assert_eq!(git(project.path(), &["diff", "--name-only"]), "supabase/functions/hello/index.ts\n");

    // What it wrote is staged, and then both have nothing more to say.
    git(project.path(), &["add", "-A"]);
    for config in [config.replace("phase2-check", "phase2-fix"), config] {
        fs::write(project.path().join(".pre-commit-config.yaml"), config).unwrap();
        git(project.path(), &["add", "-A"]);
        let again = pre_commit(project.path(), &registry, home.path());
        assert_eq!(again.status.code(), Some(0), "{again:?}");
        assert!(String::from_utf8_lossy(&again.stdout).contains("Passed"), "{again:?}");
    }
}

#[test]
fn the_hooks_are_valid_and_of_this_version() {
    let path = repository().join(".pre-commit-hooks.yaml");
    run(python_program("pre-commit").arg("validate-manifest").arg(&path));
    let hooks = yaml(&fs::read_to_string(path).unwrap());
    for hook in hooks.as_array().unwrap() {
        assert_eq!(hook["additional_dependencies"][0], format!("phase2@{VERSION}"));
    }
    assert_eq!(yaml(&readme_block("yaml", "phase2-check"))["repos"][0]["rev"], format!("v{VERSION}"));
}
