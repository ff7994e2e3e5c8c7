//! Names that need care: of the project's folder, and of its files.

use crate::sandbox::{FIXABLE, Run, Sandbox, isolated, phase2};

const NAMES: [&str; 6] = ["with space.ts", "qu\"ote's.ts", "ünï😀.ts", "[id].ts", "-dash.ts", "back\\slash.ts"];

fn project() -> Sandbox {
    let files: Vec<String> = NAMES.iter().map(|name| format!("src/{name}")).collect();
    Sandbox::committed(&files.iter().map(|path| (path.as_str(), FIXABLE)).collect::<Vec<_>>())
}

#[test]
fn files_of_any_name_are_in_the_patch_and_in_the_reports() {
    let fixed = project();
    fixed.run(&["fix"]).expect(0);
    let expected: Vec<_> = fixed.files().into_values().collect();
    for (program, args) in [("git", ["apply", "x.patch"]), ("patch", ["-p1", "--input=x.patch"])] {
        let sandbox = project();
        sandbox.write("x.patch", sandbox.run(&["fix", "--diff"]).expect(0).out);
        let output = isolated(program, &sandbox.path("")).args(args).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
        std::fs::remove_file(sandbox.path("x.patch")).unwrap();
        assert!(sandbox.files().into_values().collect::<Vec<_>>() == expected, "{program}");
    }
    let mut paths: Vec<String> = NAMES.iter().map(|name| format!("src/{name}")).collect();
    paths.sort();
    assert_eq!(project().run(&["check", "-o", "json"]).expect(1).paths(), paths);
    let concise = project().run(&["check", "-o", "concise"]).expect(1).out;
    assert!(concise.lines().zip(&paths).all(|(line, path)| line.starts_with(&format!("{path}:2:3 "))), "{concise}");
    project().run(&["check", "-o", "json", "--", "src/-dash.ts", "src/[id].ts"]).expect(1);
}

#[test]
fn a_dirty_file_of_any_name_is_found() {
    let sandbox = project();
    NAMES.iter().for_each(|name| sandbox.write(&format!("src/{name}"), format!("{FIXABLE}// changed\n")));
    let err = sandbox.run(&["fix"]).expect(2).err;
    assert!(NAMES.iter().all(|name| err.contains(&format!("\n  src/{name}\n"))), "{err}");
}

#[test]
fn a_project_folder_of_any_name() {
    for folder in ["with space", "qu\"o'te", "ünï😀", "$HOME", "{a,b}", "[x]*"] {
        let sandbox = Sandbox::new(&[(&format!("{folder}/p/src/a.ts"), FIXABLE)]);
        sandbox.write(&format!("{folder}/p/.gitignore"), "ignored.ts\n");
        sandbox.write(&format!("{folder}/p/src/ignored.ts"), FIXABLE);
        sandbox.git(&["init", "-q"]);
        sandbox.commit();
        let root = sandbox.path(&format!("{folder}/p"));
        let check = Run::of(phase2(&root).args(["check", "-o", "json", "--root", ".", "src"])).expect(1);
        assert_eq!(check.paths(), ["src/a.ts"], "{folder}");
        Run::of(phase2(&sandbox.path("")).arg("fix").arg("--root").arg(&root)).expect(0);
        assert!(sandbox.read(&format!("{folder}/p/src/a.ts")).contains("logger.info"), "{folder}");
    }
}
