//! The GitHub Action: the steps that action.yml has, run by bash as a runner does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::support::npm::{Registry, VERSION, use_registry};
use super::{fits_schema, readme_block, repository, supabase_project, yaml};

fn action() -> Value {
    yaml(&fs::read_to_string(repository().join("action.yml")).unwrap())
}

/// What a runner keeps apart from the project.
struct Runner {
    temp: TempDir,
    registry: Registry,
}

impl Runner {
    fn outputs(&self) -> PathBuf {
        self.temp.path().join("outputs")
    }

    /// Runs the steps with `run`, up to the first that fails, with these inputs and the others' defaults.
    fn run(&self, project: &Path, inputs: &[(&str, &str)]) -> Output {
        let action = action();
        let declared = action["inputs"].as_object().unwrap();
        let defaults = declared.iter().map(|(name, input)| (name.as_str(), input["default"].as_str().unwrap()));
        let mut values: BTreeMap<&str, &str> = defaults.collect();
        for (name, value) in inputs {
            assert!(values.insert(name, value).is_some(), "no input {name}");
        }
        fs::write(self.outputs(), "").unwrap();
        let mut last = None;
        for step in action["runs"]["steps"].as_array().unwrap() {
            let Some(script) = step["run"].as_str() else { continue };
            assert!(!script.contains("${{"), "an expression inside of a script: {script}");
            assert_eq!(step["shell"], "bash");
            let mut bash = Command::new("bash");
            bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(project);
            bash.env("RUNNER_TEMP", self.temp.path()).env("GITHUB_OUTPUT", self.outputs());
            use_registry(&mut bash, &self.registry.address, &self.temp.path().join("npm"));
            for (name, value) in step["env"].as_object().unwrap() {
                let expression = value.as_str().unwrap().strip_prefix("${{ inputs.").unwrap();
                bash.env(name, values[expression.strip_suffix(" }}").unwrap()]);
            }
            let output = bash.output().unwrap();
            let failed = !output.status.success();
            last = Some(output);
            if failed {
                break;
            }
        }
        last.unwrap()
    }
}

#[test]
fn the_action_annotates_and_writes_sarif() {
    let runner = Runner { temp: TempDir::new().unwrap(), registry: Registry::start() };
    let project = supabase_project();
    let check = runner.run(project.path(), &[]);
    let said = String::from_utf8_lossy(&check.stdout);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(said.contains("::error ") && said.contains("file=supabase/functions/hello/index.ts,line=2"), "{said}");
    let sarif = runner.temp.path().join("phase2/phase2.sarif");
    let outputs = fs::read_to_string(runner.outputs()).unwrap();
    assert_eq!(outputs, format!("status=1\nsarif-file={}\n", sarif.display()));
    let report: Value = serde_json::from_slice(&fs::read(&sarif).unwrap()).unwrap();
    assert!(!report["runs"][0]["results"].as_array().unwrap().is_empty());

    // Arguments are taken line by line, the root as it is.
    let root = project.path().to_str().unwrap();
    let check = runner.run(project.path(), &[("args", "--rule=tenants\n--quiet\n"), ("root", root)]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");

    // No report of an earlier run is taken for that of one that failed before it had any.
    let trouble = runner.run(project.path(), &[("args", "--rule=consle")]);
    assert_eq!(trouble.status.code(), Some(2), "{trouble:?}");
    assert_eq!(fs::read_to_string(runner.outputs()).unwrap(), "status=2\n");
}

#[test]
fn no_input_of_the_action_is_run() {
    let runner = Runner { temp: TempDir::new().unwrap(), registry: Registry::start() };
    let project = supabase_project();
    let value = "$(touch pwned)`touch pwned`\"; touch pwned; \"'; touch pwned; '\ntouch pwned";
    for name in ["version", "root", "args"] {
        let output = runner.run(project.path(), &[(name, value)]);
        assert!(!output.status.success(), "{name}: {output:?}");
        for folder in [project.path(), runner.temp.path(), &runner.temp.path().join("phase2")] {
            assert!(!folder.join("pwned").exists(), "{name}");
        }
    }
}

#[test]
fn the_action_is_valid_and_of_this_version() {
    fits_schema("vendor.github-actions", &repository().join("action.yml"));
    let action = action();
    assert_eq!(action["inputs"]["version"]["default"], VERSION);

    let shown = readme_block("yaml", "upload-sarif");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("workflow.yml");
    fs::write(&file, &shown).unwrap();
    fits_schema("vendor.github-workflows", &file);
    let workflow = yaml(&shown);
    let step = &workflow["jobs"]["phase2"]["steps"][1];
    assert_eq!(step["uses"], format!("OWNER/phase2@v{VERSION}"));
    for input in step["with"].as_object().unwrap().keys() {
        assert!(action["inputs"].get(input).is_some(), "{input}");
    }
}
