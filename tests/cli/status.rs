//! The exit status of every mode in every state.

use std::fs::OpenOptions;

use crate::sandbox::{CLEAN, FIXABLE, Run, Sandbox, UNFIXABLE, phase2};

const MODES: [&[&str]; 5] = [&["check"], &["fix", "--check"], &["check", "--diff"], &["fix", "--diff"], &["fix"]];

/// Runs each mode on its own copy of the project.
#[track_caller]
fn statuses(expected: [i32; 5], make: impl Fn() -> Sandbox) -> Vec<Run> {
    let runs: Vec<Run> = MODES.iter().map(|mode| make().run(mode)).collect();
    let found: Vec<i32> = runs.iter().map(|run| run.status).collect();
    assert_eq!(found, expected, "of {MODES:?}: {runs:#?}");
    assert!(runs.iter().all(|run| !run.err.contains("panicked")), "{runs:#?}");
    runs
}

#[test]
fn violations() {
    statuses([0, 0, 0, 0, 0], || Sandbox::committed(&[("src/a.ts", CLEAN)]));
    statuses([1, 1, 1, 0, 0], || Sandbox::committed(&[("src/a.ts", FIXABLE)]));
    statuses([1, 1, 1, 0, 1], || Sandbox::committed(&[("src/a.ts", UNFIXABLE)]));
    statuses([1, 1, 1, 0, 1], || Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/b.ts", UNFIXABLE)]));
}

#[test]
fn a_file_that_is_not_utf_8_is_skipped_and_the_others_go_on() {
    let latin1 = b"console.log('caf\xe9');\n".as_slice();
    let utf16: Vec<u8> = "\u{feff}console.log('a');\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, said) in [(latin1, "not UTF-8 (from byte 16 on)"), (&utf16, "UTF-16")] {
        let make = |text: &str| {
            let sandbox = Sandbox::new(&[("src/good.ts", text)]);
            sandbox.write("src/bad.ts", bytes);
            sandbox.git(&["init", "-q"]);
            sandbox.commit();
            sandbox
        };
        statuses([2; 5], || make(CLEAN));
        for run in statuses([2; 5], || make(FIXABLE)) {
            run.says(&["error: src/bad.ts: skipped", said]);
        }
        let sandbox = make(FIXABLE);
        sandbox.run(&["fix"]).expect(2);
        assert!(sandbox.read("src/good.ts").contains("logger.info"));
        assert_eq!(std::fs::read(sandbox.path("src/bad.ts")).unwrap(), bytes);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_skipped() {
    use std::os::unix::fs::PermissionsExt as _;
    let make = || {
        let sandbox = Sandbox::committed(&[("src/good.ts", CLEAN), ("src/bad.ts", FIXABLE)]);
        std::fs::set_permissions(sandbox.path("src/bad.ts"), std::fs::Permissions::from_mode(0o000)).unwrap();
        sandbox
    };
    if std::fs::read(make().path("src/bad.ts")).is_ok() {
        return; // The superuser may read everything.
    }
    for run in statuses([2; 5], make) {
        run.says(&["src/bad.ts: skipped", "can't be read"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_unicode_is_skipped() {
    use std::os::unix::ffi::OsStrExt as _;
    for run in statuses([2; 5], || {
        let sandbox = Sandbox::committed(&[("src/good.ts", CLEAN)]);
        let name = std::ffi::OsStr::from_bytes(b"src/caf\xe9.ts");
        std::fs::write(sandbox.path("").join(name), FIXABLE).unwrap();
        sandbox
    }) {
        run.says(&["error: ", "not valid Unicode", "rename it"]);
    }
}

#[test]
fn a_logger_that_can_not_be_used() {
    let make = || Sandbox::committed(&[("src/a.ts", FIXABLE), ("src/lib/logger.ts", "export const answer = 42;\n")]);
    for run in statuses([2; 5], make) {
        run.says(&["error: src/lib/logger.ts: can't be used as the logger", "answer"]);
    }
}

#[test]
fn usage_and_configuration() {
    let configured =
        |text: &'static str| move || Sandbox::new(&[("phase2.toml", text), ("src/a.ts", CLEAN), ("b.ts", CLEAN)]);
    for text in
        ["roots = [", "rots = []", "roots = 'src'", "roots = ['lib']", "roots = []", "rules = []", "rules = ['x']"]
    {
        for run in statuses([2; 5], configured(text)) {
            let run = run.says(&["error: ", "phase2.toml:1:"]);
            assert_eq!(run.out, "");
        }
    }
    let sandbox = configured("")();
    for wrong in ["--rule=nosuch", "--config=nosuch", "--root=nosuch", "--nosuch", "nosuch.ts", "-j0", "-oxml", "b.ts"]
    {
        for mode in MODES {
            let run = sandbox.run(&[mode, &[wrong]].concat()).expect(2);
            assert!(run.out.is_empty() && run.err.starts_with("error: "), "{wrong}: {run:?}");
        }
    }
    for args in [&["check", "--config", "phase2.toml", "--isolated"][..], &["nosuch"], &["explain"], &["explain", "x"]]
    {
        sandbox.run(args).expect(2).says(&["error: "]);
    }
    sandbox.write("supabase/functions/a/index.ts", CLEAN);
    sandbox.write("supabase/config.toml", "[functions\n");
    sandbox.run(&["check"]).expect(2).says(&["error: ", "supabase/config.toml"]);
}

/// All that prints to stdout.
const PRINTING: [&[&str]; 8] = [
    &["check"],
    &["check", "-o", "concise"],
    &["check", "-o", "json"],
    &["fix", "--diff"],
    &["check", "--diff"],
    &["rules"],
    &["explain", "console"],
    &["--help"],
];

/// More output than a pipe or a buffer holds.
fn large() -> Sandbox {
    Sandbox::committed(&[("src/a.ts", &FIXABLE.repeat(800))])
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = large();
    for args in PRINTING {
        let script = format!("$PHASE2 {} | head -n 1; exit ${{PIPESTATUS[0]}}", args.join(" "));
        let output = sandbox.shell(&script);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(args[0] == "check")), "{args:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("roken pipe"), "{args:?}: {err}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_can_not_be_written_is_an_error() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE)]);
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for args in PRINTING {
        let output = phase2(&sandbox.path("")).args(args).stdout(full()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(args == ["--help"] || err.contains("error: stdout can't be written: No space left"), "{args:?}: {err}");
    }
    let output = phase2(&sandbox.path("")).arg("check").stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn closed_streams_are_survived() {
    let sandbox = Sandbox::committed(&[("src/a.ts", FIXABLE)]);
    for closing in [">&-", "2>&-", "<&-", ">&- 2>&- <&-"] {
        let output = sandbox.shell(&format!("$PHASE2 check {closing}"));
        assert_eq!(output.status.code(), Some(1), "{closing}");
    }
}
