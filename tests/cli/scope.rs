//! What is looked at: what git says has changed, what is staged, what comes on stdin.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::sandbox::{CLEAN, FIXABLE, Sandbox};

fn found(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let run = sandbox.run(&[&["check", "-o", "concise"], args].concat());
    assert!(run.status < 2, "{run:?}");
    run.out.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

fn branched() -> (Sandbox, String) {
    let sandbox = Sandbox::committed(&[("src/old.ts", FIXABLE), ("src/kept.ts", CLEAN), ("src/gone.ts", FIXABLE)]);
    let main = sandbox.git(&["branch", "--show-current"]).trim().to_owned();
    sandbox.git(&["checkout", "-q", "-b", "feature"]);
    sandbox.write("src/branch.ts", FIXABLE);
    sandbox.git(&["rm", "-q", "src/gone.ts"]);
    sandbox.commit();
    sandbox.write("src/kept.ts", FIXABLE);
    sandbox.write("src/new.ts", FIXABLE);
    (sandbox, main)
}

#[test]
fn what_has_changed() {
    let (sandbox, main) = branched();
    assert_eq!(found(&sandbox, &[]), ["src/branch.ts", "src/kept.ts", "src/new.ts", "src/old.ts"]);
    assert_eq!(found(&sandbox, &["--changed"]), ["src/kept.ts", "src/new.ts"]);
    assert_eq!(found(&sandbox, &["--since", &main]), ["src/branch.ts", "src/kept.ts", "src/new.ts"]);
    assert_eq!(found(&sandbox, &["--since", &main, "src/new.ts"]), ["src/new.ts"]);
    sandbox.run(&["check", "--since", "nowhere"]).expect(2).says(&["nowhere"]);
    sandbox.run(&["check", "--since", &main, "--staged"]).expect(2);
}

#[test]
fn nothing_to_look_at_is_fine() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE)]);
    sandbox.write("README.md", "changed");
    for args in
        [&["check", "--changed"][..], &["check", "--staged"], &["fix", "--changed"], &["fix", "--diff", "--changed"]]
    {
        let run = sandbox.run(args).expect(0).says(&["Nothing to look at"]);
        assert_eq!(run.out, "");
    }
    let run = sandbox.run(&["check", "--changed", "-o", "json"]).expect(0);
    assert!(run.out.starts_with("{\"version\":1,\"violations\":[]"), "{}", run.out);
    let plain = Sandbox::new(&[("src/a.ts", FIXABLE), ("phase2.toml", "")]);
    plain.run(&["check", "--changed"]).expect(2).says(&["in no git repository"]);
}

#[test]
fn what_is_staged_is_judged_as_it_is_staged() {
    let sandbox = Sandbox::committed(&[("src/a.ts", CLEAN), ("src/b.ts", CLEAN)]);
    sandbox.write("src/a.ts", FIXABLE);
    sandbox.write("src/b.ts", FIXABLE);
    sandbox.git(&["add", "src/a.ts"]);
    sandbox.write("src/a.ts", CLEAN);
    sandbox.write("src/untracked.ts", FIXABLE);
    assert_eq!(found(&sandbox, &["--staged"]), ["src/a.ts"], "the index has the violation, the work tree doesn't");
    sandbox.run(&["fix", "--staged"]).expect(2).says(&["only a part of these files is staged", "src/a.ts"]);
    sandbox.write("src/a.ts", FIXABLE);
    sandbox.run(&["fix", "--staged"]).expect(0);
    assert!(sandbox.read("src/a.ts").contains("logger"));
    assert_eq!(sandbox.read("src/b.ts"), FIXABLE);
    // The other way round: the work tree has it, the index doesn't.
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "-m", "all"]);
    sandbox.write("src/b.ts", CLEAN);
    sandbox.git(&["add", "src/b.ts"]);
    sandbox.write("src/b.ts", FIXABLE);
    assert_eq!(found(&sandbox, &["--staged"]), [""; 0]);
}

#[test]
fn paths_that_name_nothing() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE), ("docs/x.md", ""), ("src/b.gen.ts", FIXABLE)]);
    sandbox.run(&["check", "gone.ts"]).expect(2);
    sandbox.run(&["check", "src/b.gen.ts"]).expect(2);
    sandbox.run(&["check", "--no-error-on-unmatched-pattern", "gone.ts"]).expect(0);
    sandbox.run(&["check", "--force-exclude", "gone.ts"]).expect(2);
    sandbox.run(&["check", "--force-exclude", "src/b.gen.ts", "docs/x.md"]).expect(0).says(&["Nothing to look at"]);
    assert_eq!(found(&sandbox, &["--force-exclude", "src/b.gen.ts", "src/a.ts"]), ["src/a.ts"]);
}

fn piped(sandbox: &Sandbox, args: &[&str], text: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phase2"));
    command.args(args).current_dir(sandbox.path("")).env("NO_COLOR", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out, err)
}

#[test]
fn a_text_comes_on_stdin() {
    let logger = "export const logger = { info(m: string, f?: object) {}, warn(m: string) {}, error(m: string) {} };\n";
    let sandbox = Sandbox::committed(&[("src/lib/logger.ts", logger), ("src/a.ts", CLEAN)]);
    let before = sandbox.files();
    let (status, out, err) = piped(&sandbox, &["fix", "-", "--stdin-filename", "src/new.ts"], FIXABLE);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("logger.info('hello', { name });") && out.starts_with("import { logger }"), "{out}");
    let (status, out, _) = piped(&sandbox, &["check", "-o", "concise", "-", "--stdin-filename", "src/a.ts"], FIXABLE);
    assert_eq!(
        (status, out.as_str()),
        (1, "src/a.ts:2:3 console `console.log` writes past the structured logger [safe]\n")
    );
    assert_eq!(sandbox.files(), before);
    let (status, _, err) = piped(&sandbox, &["fix", "-"], FIXABLE);
    assert!(status == 2 && err.contains("--stdin-filename"), "{err}");
    let (status, _, err) = piped(&sandbox, &["fix", "-", "--stdin-filename", "../x.ts"], FIXABLE);
    assert!(status == 2 && err.contains("lies in no folder of the project"), "{err}");
}

#[test]
fn a_fix_that_brings_a_file_along_is_withheld_on_stdin() {
    let sandbox = Sandbox::committed(&[("src/a.ts", CLEAN)]);
    let (status, out, err) = piped(&sandbox, &["fix", "-", "--stdin-filename", "src/a.ts"], FIXABLE);
    assert_eq!((status, out.as_str()), (1, FIXABLE), "{err}");
    assert!(err.contains("fix withheld: it brings src/lib/logger.ts along"), "{err}");
}

#[test]
fn patches_of_each_rule_apply_one_after_the_other() {
    let function = "Deno.serve(async (req) => {\n  console.log('got', req.url);\n  \
                    await db.from('a').insert({ tenant_id: '00000000-0000-0000-0000-000000000000' });\n  \
                    return new Response('ok');\n});\n";
    for what in ["rule", "function"] {
        let files = [
            ("supabase/functions/a/index.ts", function),
            ("supabase/functions/b/index.ts", function),
            ("src/x.ts", FIXABLE),
        ];
        let [whole, parts] = [(); 2].map(|()| Sandbox::committed(&files));
        whole.run(&["fix"]).expect(0);
        let run = parts.run(&["fix", "--diff", "--split-by", what, ".git/patches"]).expect(0);
        assert_eq!(run.out, "");
        let mut patches: Vec<_> =
            std::fs::read_dir(parts.path(".git/patches")).unwrap().map(|it| it.unwrap().path()).collect();
        patches.sort();
        assert!(patches.len() >= 3, "{patches:?}");
        for patch in patches {
            parts.git(&["apply", patch.to_str().unwrap()]);
        }
        let texts = |sandbox: &Sandbox| sandbox.files().into_values().collect::<Vec<_>>();
        assert!(texts(&whole) == texts(&parts), "{what}");
    }
    let sandbox = Sandbox::committed(&[("src/x.ts", FIXABLE)]);
    sandbox.run(&["fix", "--diff", "--split-by", "file", "x"]).expect(2).says(&["not by `file`"]);
    sandbox.run(&["fix", "--split-by", "rule", "x"]).expect(2);
}
