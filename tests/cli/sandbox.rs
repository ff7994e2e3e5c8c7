//! A project in a temporary folder, and runs of the binary in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use walkdir::WalkDir;

/// A file with one violation that has a safe fix.
pub const FIXABLE: &str = "export function greet(name: string) {\n  console.log('hello', name);\n}\n";
/// A file with one violation that has none.
pub const UNFIXABLE: &str = "export function show(rows: unknown[]) {\n  console.group(rows);\n}\n";
/// A file without violations.
pub const CLEAN: &str = "export const answer = 42;\n";

/// A folder of its own.
pub struct Sandbox {
    dir: TempDir,
}

/// What a run of the binary came to.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Sandbox {
    /// A folder with these files, outside of git.
    pub fn new(files: &[(&str, &str)]) -> Sandbox {
        let sandbox = Sandbox { dir: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(path, text)| sandbox.write(path, text));
        sandbox
    }

    /// A repository with these files committed.
    pub fn committed(files: &[(&str, &str)]) -> Sandbox {
        let sandbox = Sandbox::new(files);
        sandbox.git(&["init", "-q"]);
        sandbox.commit();
        sandbox
    }

    pub fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "state"]);
    }

    /// The real path of the folder, or of something in it.
    pub fn path(&self, path: &str) -> PathBuf {
        let root = self.dir.path().canonicalize().unwrap();
        if path.is_empty() { root } else { root.join(path) }
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// All files but git's own, with what they hold.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let walk = WalkDir::new(self.path("")).into_iter().filter_entry(|entry| entry.file_name() != ".git");
        let files = walk.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        files.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).unwrap())).collect()
    }

    /// Runs `phase2` in the folder.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_in("", args)
    }

    /// Runs `phase2` in a folder below.
    pub fn run_in(&self, folder: &str, args: &[&str]) -> Run {
        Run::of(phase2(&self.path(folder)).args(args))
    }

    pub fn git(&self, args: &[&str]) -> String {
        let mut git = isolated("git", &self.path(""));
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]);
        let output = git.args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The output of a shell command that finds the binary as `$PHASE2`.
    pub fn shell(&self, script: &str) -> Output {
        let mut shell = isolated("bash", &self.path(""));
        shell.env("PHASE2", env!("CARGO_BIN_EXE_phase2")).args(["-c", script]).output().unwrap()
    }
}

impl Run {
    pub fn of(command: &mut Command) -> Run {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Run {
            status: output.status.code().expect("no signal ends phase2"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Panics with all that was said unless the exit status is this one.
    #[track_caller]
    pub fn expect(self, status: i32) -> Run {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Panics unless stderr has all of `parts`.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Run {
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in stderr:\n{}", self.err);
        }
        self
    }

    /// The report on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {}", self.out))
    }

    /// The paths of the violations on stdout, which has to be in JSON.
    #[track_caller]
    pub fn paths(&self) -> Vec<String> {
        let report = self.json();
        let violations = report["violations"].as_array().unwrap();
        violations.iter().map(|violation| violation["path"].as_str().unwrap().to_owned()).collect()
    }
}

/// The binary, to be run in `folder`.
pub fn phase2(folder: &Path) -> Command {
    isolated(env!("CARGO_BIN_EXE_phase2"), folder)
}

/// A command that neither the user's settings nor the terminal have a say in.
pub fn isolated(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR").env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE");
    command
}
