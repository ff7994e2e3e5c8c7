//! Calls that are no statements, methods that are handed on, assertions and tables.

use crate::harness::{ERROR_ONLY, FUNCTION, Logger, OBJECT, WITH_ERROR};

/// `logger.info(message, fields)`, which gives something back.
const GIVES_BACK: Logger = Logger {
    module: "type Fields = Record<string, unknown>;\n\
             const write = async (message: string, fields?: Fields) => 1;\n\
             export const logger = {\n\
             \x20 debug: async (message: string, fields?: Fields) => {},\n\
             \x20 info(message: string, fields?: Fields): number { return 1; },\n\
             \x20 warn: (message: string, fields?: Fields) => write(message, fields),\n\
             \x20 error(message: string, fields?: Fields) { return write(message, fields); },\n\
             };\n",
    ..OBJECT
};

/// `logger.info(message, fields)`, of which the types don't say that it gives nothing back.
const UNTYPED: Logger = Logger {
    module: "type Fields = Record<string, unknown>;\n\
             function write(message: string, fields?: Fields) { if (message) return; [1].map((n) => { return n; }); }\n\
             export const logger = {\n\
             \x20 debug: (message: string, fields?: Fields) => console.debug(message, fields),\n\
             \x20 info(message: string, fields?: Fields) { console.info(message, fields); },\n\
             \x20 warn: console.warn,\n\
             \x20 error: (message: string, fields?: Fields) => write(message, fields),\n\
             };\n",
    ..OBJECT
};

#[test]
fn a_value_that_is_used_stays_undefined() {
    let positions = [
        "const f = () => CALL;",
        "const f = async () => CALL;",
        "const f = (a) => (CALL);",
        "function f() { return CALL; }",
        "const x = a && CALL;",
        "const x = a ?? CALL;",
        "const x = a ? CALL : CALL;",
        "const x = (a, CALL);",
        "const x = `${CALL}`;",
        "const x = [CALL, CALL];",
        "const f = async () => { await CALL; };",
        "if (CALL) a();",
        "const x = CALL || a;",
        "const x = (CALL) as unknown;",
        "function f(a = CALL) {}",
        "class A { x = CALL; }",
        "const x = <b onClick={() => CALL}>{CALL}</b>;",
    ];
    let dropped = [
        "void CALL;",
        "a && CALL;",
        "a || b && CALL;",
        "a ? CALL : CALL;",
        "CALL, a();",
        "a(), CALL;",
        "for (let i = 0; i < 9; i++, CALL) a();",
        "if (a) CALL; else CALL;",
        "while (a) CALL;",
        "label: CALL;",
        "switch (a) { case 1: CALL; }",
        "(CALL);",
        "const x = (CALL, a);",
    ];
    let with = |snippets: &[&str], call: &str| -> Vec<String> {
        snippets.iter().map(|snippet| snippet.replace("CALL", call)).collect()
    };
    for method in ["debug", "info", "warn", "error"] {
        let call = format!("console.{method}('a')");
        for (logger, used) in [(&OBJECT, ""), (&UNTYPED, ""), (&GIVES_BACK, "void ")] {
            let check = |snippets: &[&str], prefix: &str| {
                let befores = with(snippets, &call);
                let afters = with(snippets, &format!("{prefix}logger.{method}('a')"));
                let table: Vec<(&str, &str)> =
                    befores.iter().map(String::as_str).zip(afters.iter().map(String::as_str)).collect();
                logger.check_tsx(&table);
            };
            check(&positions, used);
            check(&dropped, "");
        }
    }
}

#[test]
fn a_method_that_is_handed_on_becomes_an_arrow_function() {
    FUNCTION.check(&[
        (
            "fetch('/ping').catch(console.error);",
            "fetch('/ping').catch((error: unknown) => log('error', 'fetch failed', { error }));",
        ),
        (
            "api.users.load(1).then(save).finally(done).catch(console.warn);",
            "api.users.load(1).then(save).finally(done).catch((error: unknown) => log('warn', 'api.users.load failed', { error }));",
        ),
        ("load().then(console.log);", "load().then((result: unknown) => log('info', 'load result', { result }));"),
        ("load().then(use, console.log);", "load().then(use, (error: unknown) => log('info', 'load failed', { error }));"),
        (
            "async function main() {}\nmain().catch(console.error)",
            "async function main() {}\nmain().catch((error: unknown) => log('error', 'main failed', { error }))",
        ),
        (
            "function boot() { (async () => {})().catch(console.error); }",
            "function boot() { (async () => {})().catch((error: unknown) => log('error', 'boot failed', { error })); }",
        ),
        (
            "supabase.from('a').insert(b).then(c).catch(console.error);",
            "supabase.from('a').insert(b).then(c).catch((error: unknown) => log('error', 'supabase.from.insert failed', { error }));",
        ),
        (
            "items.forEach(console.log);",
            "items.forEach((item: unknown, index: unknown) => log('info', 'items: item', { item, index }));",
        ),
        (
            "worker.on('error', console.error);",
            "worker.on('error', (...args: unknown[]) => log('error', 'worker.on: error', { args }));",
        ),
        (
            "useQuery({ load, onError: console.error });",
            "useQuery({ load, onError: (...args: unknown[]) => log('error', 'useQuery onError', { args }) });",
        ),
        ("setTimeout(console.log, 9);", "setTimeout((...args: unknown[]) => log('info', 'setTimeout', { args }), 9);"),
        (
            "fetch('/ping').catch(globalThis.console.error);",
            "fetch('/ping').catch((error: unknown) => log('error', 'fetch failed', { error }));",
        ),
    ]);
    WITH_ERROR.check(&[
        ("load().catch(console.error);", "load().catch((error: unknown) => logger.error('load failed', error));"),
        ("load().catch(console.warn);", "load().catch((error: unknown) => logger.warn('load failed', { error }));"),
    ]);
    ERROR_ONLY.check(&[(
        "load().catch(console.error);",
        "load().catch((error: unknown) => logger.error('load failed', error instanceof Error ? error : undefined, { error }));",
    )]);
    GIVES_BACK.check(&[(
        "load().catch(console.error);",
        "load().catch((error: unknown) => void logger.error('load failed', { error }));",
    )]);
    OBJECT.check_tsx(&[(
        "const x = <Image onError={console.error} />;",
        "const x = <Image onError={(...args: unknown[]) => logger.error('Image onError', { args })} />;",
    )]);
}

#[test]
fn an_assertion_logs_where_it_fails() {
    FUNCTION.check(&[
        ("console.assert(ok, 'a');", "if (!ok) log('error', 'Assertion failed: a');"),
        ("console.assert(!a, 'b', c);", "if (a) log('error', 'Assertion failed: b', { c });"),
        ("console.assert(a === b, { c });", "if (!(a === b)) log('error', 'Assertion failed: a === b', { c });"),
        (
            "console.assert(a, 'b', { c: d.e, f: `${g}` }, [h]);",
            "if (!a) log('error', 'Assertion failed: b', { c: d.e, f: `${g}`, values: [h] });",
        ),
        ("console.assert(a > 'b');", "if (!(a > 'b')) log('error', 'Assertion failed: value');"),
        ("console.assert(a.b)", "if (!a.b) log('error', 'Assertion failed: a.b')"),
        ("console.assert(f(a), `b ${c}`);", "if (!f(a)) log('error', `Assertion failed: b ${c}`);"),
        ("{ console.assert(\n  a,\n  'b',\n); }", "{ if (!a) log(\n  'error',\n  'Assertion failed: b',\n); }"),
    ]);
}

#[test]
fn a_table_is_logged_as_its_data() {
    FUNCTION.check(&[
        ("console.table(rows);", "log('info', 'orders: rows', { rows });"),
        ("const f = () => console.table(a.rows)", "const f = () => log('info', 'f: a.rows', { aRows: a.rows })"),
    ]);
}
