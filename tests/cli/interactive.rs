//! `phase2 fix --interactive`, in a real terminal.

use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::{OsSession, Session};
use expectrl::{ControlCode, Eof, Expect};

use crate::sandbox::{FIXABLE, Sandbox, phase2};

const PROMPT: &str = "[y,n,a,d,q,?]? ";

fn files() -> Sandbox {
    let two = format!("{FIXABLE}export const more = () => console.warn('more');\n");
    let logger = "export const logger = { info(m: string, f?: object) {}, warn(m: string) {}, error(m: string) {} };\n";
    Sandbox::committed(&[("src/lib/logger.ts", logger), ("src/a.ts", &two), ("src/b.ts", &two)])
}

fn ask(sandbox: &Sandbox, args: &[&str]) -> OsSession {
    let mut command = phase2(&sandbox.path(""));
    command.args(["fix", "--interactive", "--color", "never"]).args(args);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

/// Gives the answers, each at a prompt, and waits for the end; the exit status.
fn answer(sandbox: &Sandbox, answers: &[&str], args: &[&str]) -> i32 {
    let mut session = ask(sandbox, args);
    for answer in answers {
        session.expect(PROMPT).unwrap();
        session.send_line(answer).unwrap();
    }
    session.expect(Eof).unwrap();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, status) => status,
        other => panic!("{other:?}"),
    }
}

/// How many violations each file has left.
fn left(sandbox: &Sandbox) -> [usize; 2] {
    ["src/a.ts", "src/b.ts"].map(|path| sandbox.read(path).matches("console.").count())
}

#[test]
fn every_answer_does_what_it_says() {
    for (answers, expected, status) in [
        (&["y", "n", "y", "n"][..], [1, 1], 1),
        (&["a", "y", "y"], [0, 0], 0),
        (&["d", "a"], [2, 0], 1),
        (&["y", "q"], [1, 2], 1),
        (&["q"], [2, 2], 1),
        (&["?", "x", "y", "y", "d"], [0, 2], 1),
    ] {
        let sandbox = files();
        assert_eq!(answer(&sandbox, answers, &[]), status, "{answers:?}");
        assert_eq!(left(&sandbox), expected, "{answers:?}");
    }
}

#[test]
fn each_question_shows_the_violation_and_the_patch() {
    let sandbox = files();
    let mut session = ask(&sandbox, &[]);
    session.expect("writes past the structured logger").unwrap();
    session.expect("+import { logger } from './lib/logger';").unwrap();
    session.expect("(1/4) Apply this fix ").unwrap();
    session.send_line("?").unwrap();
    session.expect("a - apply this fix and all later ones in this file").unwrap();
    session.expect(PROMPT).unwrap();
    session.send_line("q").unwrap();
    session.expect(Eof).unwrap();
}

#[test]
fn an_interrupt_leaves_all_files_as_they_were() {
    let sandbox = files();
    let before = sandbox.files();
    let mut session = ask(&sandbox, &[]);
    session.expect(PROMPT).unwrap();
    session.send_line("y").unwrap();
    session.expect(PROMPT).unwrap();
    session.send(ControlCode::EndOfText).unwrap();
    session.expect(Eof).unwrap();
    assert!(!matches!(session.get_process().wait().unwrap(), WaitStatus::Exited(_, 0)));
    assert_eq!(sandbox.files(), before);
}

#[test]
fn a_fix_over_several_files_is_one_question() {
    let sandbox = Sandbox::committed(&[
        (
            "supabase/functions/a/index.ts",
            "import { save } from './save.ts';\n\nDeno.serve(async (req) => {\n  await save(await req.text());\n  \
             return new Response('ok');\n});\n",
        ),
        (
            "supabase/functions/a/save.ts",
            "export async function save(id: string) {\n  \
             await db.from('a').insert({ id, tenant_id: '00000000-0000-0000-0000-000000000000' });\n}\n",
        ),
    ]);
    assert_eq!(answer(&sandbox, &["y"], &["--rule", "tenants"]), 0);
    assert!(sandbox.read("supabase/functions/a/save.ts").contains("tenantId: string"));
    assert!(sandbox.read("supabase/functions/a/index.ts").contains("getTenantFromJWT(req) || "));
}

#[test]
fn answers_may_come_from_a_pipe_and_their_end_is_a_no() {
    let sandbox = files();
    let output = sandbox.shell("printf 'y\\n' | $PHASE2 fix -i");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(left(&sandbox), [1, 2]);
}
