//! Loggers of every shape: how they are called is read from their modules.

use std::fmt::Write;

use crate::harness::{Fixed, fix};

const CALLS: &str = "console.warn('a', x);\ntry {} catch (e) { console.error('b', e); }\n";

fn fix_with(module: &str, others: &[(&str, &str)], config: &str) -> Fixed {
    let mut files = vec![("src/lib/logger.ts", module), ("src/orders.ts", CALLS)];
    files.extend(others);
    fix(config, &files)
}

/// Checks what becomes of [`CALLS`] with each module as the logger: its import and its calls.
fn check(table: &[(&str, &str, &str)]) {
    let mut wrong = String::new();
    for (module, import, calls) in table {
        let fixed = fix_with(module, &[], "");
        let expected = format!("{import}\n\n{calls}");
        if !fixed.errors.is_empty() || fixed.texts.get("src/orders.ts").map(|text| text.trim_end()) != Some(&expected) {
            writeln!(wrong, "\n{module}\n--- expected\n{expected}\n--- found\n{fixed:#?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Checks that a module can't be used, for a reason that has these words in it.
fn refuses(table: &[(&str, &str)]) {
    for (module, reason) in table {
        let fixed = fix_with(module, &[], "");
        assert!(fixed.texts.is_empty() && fixed.left.len() == 2, "{module}\n{fixed:#?}");
        assert!(matches!(&fixed.errors[..], [error] if error.contains(reason)), "{module}\n{fixed:#?}");
    }
}

const LOG: &str = "log('warn', 'a', { x });\ntry {} catch (e) { log('error', 'b', { error: e }); }";
const LOGGER: &str = "logger.warn('a', { x });\ntry {} catch (e) { logger.error('b', { error: e }); }";

#[test]
fn a_function_in_every_form() {
    let import = "import { log } from './lib/logger';";
    check(&[
        (
            "export function log(level: 'warn' | 'error', message: string, fields?: Record<string, unknown>) {}",
            import,
            LOG,
        ),
        ("export const log = (level: string, message: string, fields = {}) => {};", import, LOG),
        ("const log = function (level: string, message: string, data?: object) {};\nexport { log };", import, LOG),
        ("function write(level: string, message: string, data?: unknown) {}\nexport { write as log };", import, LOG),
        ("export function log(level, message, ...rest) {}", import, LOG),
        (
            "type LogLevel = 'warn' | 'error';\nexport function log(level: LogLevel, msg: string, meta?: any) {}",
            import,
            LOG,
        ),
        (
            "type Log = (level: 'warn' | 'error', message: string, fields?: Record<string, any>) => void;\nexport const log: Log = (l, m, f) => {};",
            import,
            LOG,
        ),
        (
            "const LEVELS = { warn: 1, error: 2 } as const;\nexport function log(level: keyof typeof LEVELS, message: string, fields?: {}) {}",
            import,
            LOG,
        ),
        (
            "const LEVELS = ['warn', 'error'] as const;\nexport function log(level: (typeof LEVELS)[number], message: string, fields?: {}) {}",
            import,
            LOG,
        ),
        (
            "export function log(level: 'WARN' | 'ERROR', message: string, fields?: Record<string, unknown>) {}",
            import,
            "log('WARN', 'a', { x });\ntry {} catch (e) { log('ERROR', 'b', { error: e }); }",
        ),
        (
            "export function log(level: string, message: string, fields: Record<string, unknown>): void;\n\
             export function log(level: string, message: string): void;\n\
             export function log(level: string, message: string, fields?: any, hidden?: number): void {}",
            import,
            LOG,
        ),
        (
            "export default function log(level: string, message: string, fields?: object) {}",
            "import logger from './lib/logger';",
            &LOG.replace("log(", "logger("),
        ),
        (
            "export default (level: string, message: string, fields?: object) => {};",
            "import logger from './lib/logger';",
            &LOG.replace("log(", "logger("),
        ),
    ]);
}

#[test]
fn an_object_in_every_form() {
    let import = "import { logger } from './lib/logger';";
    let methods = "warn(m: string, f?: Record<string, unknown>) {}, error(m: string, f?: Record<string, unknown>) {}";
    let arrows = "warn: (m: string, f?: object) => {}, error: (...args: unknown[]) => {}";
    let class = "{ warn(m: string, f?: object) {} error(m: string, f?: object) {} }";
    let signatures = "{ warn(m: string, f?: object): void; error: (m: string, ...f: any[]) => void }";
    check(&[
        (&format!("export const logger = {{ {methods} }};"), import, LOGGER),
        (&format!("export const logger = {{ {arrows} }} as const;"), import, LOGGER),
        (&format!("const logger = {{ {methods} }};\nexport {{ logger }};"), import, LOGGER),
        (&format!("export const logger = Object.freeze({{ {methods} }});"), import, LOGGER),
        (
            "function warn(m: string, f?: object) {}\nconst error = (m: string, f?: object) => {};\nexport const logger = { warn, error };",
            import,
            LOGGER,
        ),
        ("export const logger = { warn: console.warn, error: console.error.bind(console) };", import, LOGGER),
        ("export const logger = { ...console };", import, LOGGER),
        (&format!("interface L {signatures}\nexport const logger: L = make();"), import, LOGGER),
        (&format!("type L = {signatures};\nexport const logger = make() as L;"), import, LOGGER),
        (
            &format!(
                "interface L {signatures}\nexport const logger = {{ warn(m, f) {{}}, error(m, f) {{}} }} satisfies L;"
            ),
            import,
            LOGGER,
        ),
        (
            "interface W { warn(m: string, f?: object): void }\ninterface L extends W { error(m: string, f?: object): void }\nexport const logger: L = make();",
            import,
            LOGGER,
        ),
        (&format!("class L {class}\nexport const logger = new L();"), import, LOGGER),
        (&format!("class B {class}\nclass L extends B {{}}\nexport const logger = new L();"), import, LOGGER),
        (
            "class L { warn = (m: string, f?: object) => {}; error = (m: string, f?: object) => {}; }\nexport const logger = new L();",
            import,
            LOGGER,
        ),
        (
            &format!(
                "class L {}\nexport const logger = L.getInstance();",
                class.replacen('{', "{ static getInstance() { return new L(); }", 1)
            ),
            import,
            LOGGER,
        ),
        (
            &format!("class L {class}\nfunction make() {{ return new L(); }}\nexport const logger = make();"),
            import,
            LOGGER,
        ),
        ("import winston from 'npm:winston@3';\nexport const logger = winston.createLogger({});", import, LOGGER),
        ("import { createLogger } from 'winston';\nexport const logger = createLogger({});", import, LOGGER),
        (
            "export class Logger { static warn(m: string, f?: object) {} static error(m: string, f?: object) {} }",
            "import { Logger } from './lib/logger';",
            &LOGGER.replace("logger.", "Logger."),
        ),
        (&format!("const log = {{ {methods} }};\nexport default log;"), "import logger from './lib/logger';", LOGGER),
        (
            &format!("export const log = {{ {methods} }};\nexport const name = 1;"),
            "import { log } from './lib/logger';",
            &LOGGER.replace("logger.", "log."),
        ),
        (
            "export const logger = { warning(m: string, f?: object) {}, error(m: string, f?: object) {} };",
            import,
            &LOGGER.replace("warn", "warning"),
        ),
    ]);
}

#[test]
fn a_factory_in_every_form() {
    let import = "import { createLogger } from './lib/logger';";
    let methods = "warn(m: string, f?: object) {}, error(m: string, f?: object) {}";
    let made = |argument: &str| format!("const logger = createLogger({argument});\n\n{LOGGER}");
    check(&[
        (
            &format!("export function createLogger(name: string) {{ return {{ {methods} }}; }}"),
            import,
            &made("'orders'"),
        ),
        (&format!("export const createLogger = (name: string) => ({{ {methods} }});"), import, &made("'orders'")),
        (
            &format!("export function createLogger(name: string, o = {{}}) {{ const l = {{ {methods} }}; return l; }}"),
            import,
            &made("'orders'"),
        ),
        (&format!("export function createLogger() {{ return {{ {methods} }}; }}"), import, &made("")),
        (
            "class L { constructor(n: string) {} warn(m: string, f?: object) {} error(m: string, f?: object) {} }\nexport const createLogger = (name: string): L => new L(name);",
            import,
            &made("'orders'"),
        ),
        (
            "interface L { warn(...args: unknown[]): void; error(...args: unknown[]): void }\nexport function createLogger(context: { function: string; requestId?: string }): L { return make(); }",
            import,
            &made("{ function: 'orders' }"),
        ),
        (
            &format!(
                "interface C {{ service?: string }}\nexport function createLogger(context: C) {{ return {{ {methods} }}; }}"
            ),
            import,
            &made("{ service: 'orders' }"),
        ),
    ]);
}

#[test]
fn a_module_of_level_functions() {
    let functions =
        "export function warn(m: string, f?: object) {}\nexport const error = (m: string, f?: object) => {};\n";
    let import = "import * as logger from './lib/logger';";
    check(&[
        (functions, import, LOGGER),
        ("const warn = console.warn, error = console.error;\nexport { warn, error };", import, LOGGER),
        // An object goes first.
        (
            &format!("{functions}export const log = {{ warn, error }};\n"),
            "import { log } from './lib/logger';",
            &LOGGER.replace("logger.", "log."),
        ),
    ]);
    let present = format!("import * as say from './lib/logger';\n\n{CALLS}");
    let fixed = fix("", &[("src/lib/logger.ts", functions), ("src/orders.ts", &present)]);
    let expected = format!("import * as say from './lib/logger';\n\n{}\n", LOGGER.replace("logger.", "say."));
    assert_eq!(fixed.texts["src/orders.ts"], expected);
}

#[test]
fn parameters_for_errors_and_fields() {
    let import = "import { logger } from './lib/logger';";
    let object =
        |error: &str| format!("export const logger = {{ warn(m: string, f?: object) {{}}, error({error}) {{}} }};");
    let with = |error: &str| format!("logger.warn('a', {{ x }});\ntry {{}} catch (e) {{ logger.error({error}); }}");
    for (parameters, arguments) in [
        ("m: string, f?: Record<string, unknown>", "'b', { error: e }"),
        ("m: string, e?: unknown, f?: object", "'b', e"),
        ("m: string, error?: any", "'b', e"),
        ("m: string, error: unknown, f: object", "'b', e, {}"),
        ("m: string, e?: Error, f?: object", "'b', e instanceof Error ? e : undefined, { error: e }"),
        ("m: string, e: Error | undefined, f?: object", "'b', e instanceof Error ? e : undefined, { error: e }"),
        ("m: string, e: Error | null, f?: object", "'b', e instanceof Error ? e : null, { error: e }"),
        ("m: string, e: Error, f?: object", "'b', e instanceof Error ? e : new Error(String(e)), { error: e }"),
        ("m: string, e: Error | Fields, f: object", "'b', e instanceof Error ? e : new Error(String(e)), { error: e }"),
        ("m: string, e: Record<string, unknown>, f?: object", "'b', { error: e }"),
        ("m: string, e?: Error | string, f?: object", "'b', e instanceof Error ? e : undefined, { error: e }"),
        ("m: string, errorOrData?: Error | Record<string, unknown>", "'b', { error: e }"),
        (
            "m: string, error?: Error | Record<string, unknown>, f?: object",
            "'b', e instanceof Error ? e : undefined, { error: e }",
        ),
        ("m: string, f: Record<string, any>", "'b', { error: e }"),
        ("m: string, f: { [key: string]: unknown }", "'b', { error: e }"),
        ("m: string, f: { error?: string; [key: string]: unknown }", "'b', { e }"),
        ("m: string, f?: { error?: unknown } & Record<string, unknown>", "'b', { error: e }"),
        ("m: string, f?: Readonly<Record<string, unknown>>", "'b', { error: e }"),
        ("...args: any[]", "'b', { error: e }"),
        ("m: string, ...args: ReadonlyArray<unknown>", "'b', { error: e }"),
        ("m: unknown, f?: {}", "'b', { error: e }"),
    ] {
        check(&[(&object(parameters), import, &with(arguments))]);
    }
}

#[test]
fn what_a_method_does_not_take_stays() {
    let object =
        |error: &str| format!("export const logger = {{ warn(m: string, f?: object) {{}}, error({error}) {{}} }};");
    for (parameters, reason) in [
        ("m: string", "no parameter that takes any fields"),
        ("m: string, f?: Record<string, string>", "no parameter that takes any fields"),
        ("m: string, f?: { requestId?: string }", "no parameter that takes any fields"),
        ("m: string, f?: { [key: string]: string }", "no parameter that takes any fields"),
        ("m: string, f?: Record<string, unknown> & { [key: string]: string }", "no parameter that takes any fields"),
        ("m: string, f?: { id: string; [key: string]: unknown }", "no parameter that takes any fields"),
        ("m: string, f?: Context", "no parameter that takes any fields"),
        ("m: string, code?: number", "no parameter that takes any fields"),
        ("m: string, e: Error", "takes nothing but an Error"),
        ("m: string, e?: Error", "takes nothing but an Error"),
    ] {
        let fixed = fix_with(&object(parameters), &[], "");
        let left = &fixed.left;
        assert!(matches!(&left[..], [help] if help.contains(reason)), "{parameters}\n{fixed:#?}");
    }
    let module = object("m: string, e: Error, f?: object");
    let fixed = fix("", &[("src/lib/logger.ts", &module), ("src/orders.ts", "console.error('b', x);\n")]);
    assert!(matches!(&fixed.left[..], [help] if help.contains("requires an Error")), "{fixed:#?}");
}

#[test]
fn a_level_without_a_method_stays() {
    let module = "export const logger = { info(m: string, f?: object) {}, error(m: string, f?: object) {} };";
    let fixed = fix_with(module, &[], "");
    assert!(matches!(&fixed.left[..], [help] if help.contains("no method for the level `warn`")), "{fixed:#?}");
    assert!(fixed.errors.is_empty() && fixed.texts.len() == 1);
}

#[test]
fn a_method_that_cannot_be_read_is_not_passed_over_for_another() {
    let module = "const off = () => {};\n\
                  export const logger = { info: dev ? console.info : off, log: off, warn(m: string, f?: object) {}, error(m: string, f?: object) {} };";
    let fixed = fix("", &[("src/lib/logger.ts", module), ("src/orders.ts", "console.log('a');\n")]);
    assert!(matches!(&fixed.left[..], [help] if help.contains("no method for the level `info`")), "{fixed:#?}");
}

#[test]
fn a_form_is_stated_of_a_module_that_is_brought_along_too() {
    let orders = |form: &str| {
        let config = format!("[console.frontend]\nform = '{form}'\n");
        fix(&config, &[("src/orders.ts", "console.log('a');\n")])
    };
    assert!(orders("factory").texts["src/orders.ts"].contains("createLogger('orders')"));
    assert!(orders("object").texts["src/orders.ts"].contains("logger.info('a')"));
    assert!(matches!(&orders("function").errors[..], [error] if error.contains("a logger object `logger`")));
}

#[test]
fn a_module_without_a_logger_is_an_error_that_lists_its_exports() {
    refuses(&[
        ("export const a = 1;\nexport interface B {}\n", "it exports a, B"),
        ("const logger = {};\n", "it exports nothing"),
        ("export function info(m: string) {}\nexport function warn(m: string) {}\n", "it exports info, warn"),
        ("import pino from 'npm:pino';\nexport const logger = pino();\n", "it exports logger"),
        ("enum L { Warn = 'warn', Error = 'error' }\nexport function log(level: L, m: string) {}\n", "it exports log"),
        ("export function log(level: 'warn' | 'error', m: string, x: number) {}\n", "it exports log"),
        ("export function log(m: string, level: 'warn' | 'error') {}\n", "it exports log"),
        ("export class Logger { warn(m: string) {} error(m: string) {} }\n", "it exports Logger"),
        (
            "class L { private warn(m: string) {} private error(m: string) {} }\nexport const logger = new L();\n",
            "it exports logger",
        ),
        ("export * from 'elsewhere';\n", "it exports *"),
        (
            "export const useLogger = (name: string) => ({ warn(m: string) {}, error(m: string) {} });\n",
            "it exports useLogger",
        ),
    ]);
}

#[test]
fn what_is_exported_again_is_followed() {
    let logger = "import type { Fields, Level } from './types';\n\
                  export function log(level: Level, message: string, fields?: Fields) {}\n";
    let types = "export type Level = 'info' | 'warn' | 'error';\nexport interface Fields { [key: string]: unknown }\n";
    let others = [
        ("src/lib/log/types.ts", types),
        ("src/lib/log/index.ts", "export * from './write';\n"),
        ("src/lib/log/write.ts", logger),
    ];
    for (module, import, call) in [
        ("export * from './log';\n", "{ log }", "log"),
        ("export { log } from './log';\n", "{ log }", "log"),
        ("export { log as write } from './log/write';\n", "{ write }", "write"),
        ("export { log as default } from './log';\n", "logger", "logger"),
        ("import { log } from './log';\nexport { log };\n", "{ log }", "log"),
        ("import { log } from './log';\nexport default log;\n", "logger", "logger"),
    ] {
        let fixed = fix_with(module, &others, "");
        let expected = format!("import {import} from './lib/logger';\n\n{}", LOG.replace("log(", &format!("{call}(")));
        assert_eq!(fixed.texts.get("src/orders.ts").map(|text| text.trim_end()), Some(expected.as_str()), "{module}");
    }
}

#[test]
fn what_the_logger_is_made_of_stays() {
    let write = "export function log(level: string, message: string, fields?: object) { console.log(message); }\n";
    for module in ["export * from './write';\n", "import { log } from './write';\nexport { log };\n"] {
        let fixed = fix_with(module, &[("src/lib/write.ts", write)], "");
        assert!(matches!(&fixed.left[..], [help] if help.contains("imports this file")), "{fixed:#?}");
        assert_eq!(fixed.texts.keys().collect::<Vec<_>>(), ["src/orders.ts"]);
    }
    let module =
        "import type { Fields } from './write';\nexport function log(level: string, m: string, f?: Fields) {}\n";
    let types = "export type Fields = Record<string, unknown>;\nconsole.log('a');\n";
    let fixed = fix_with(module, &[("src/lib/write.ts", types)], "");
    assert!(fixed.texts["src/lib/write.ts"].contains("log('info', 'a');"), "{fixed:#?}");
}

#[test]
fn what_is_stated_goes_before_what_is_read() {
    let module = "export function log(level: string, m: string, f?: object) {}\n\
                  export const audit = { warn(m: string, f?: object) {}, error(m: string, e?: unknown, f?: object) {} };\n\
                  export const far = make();\n";
    let calls = |config: &str| {
        let fixed = fix_with(module, &[], config);
        assert!(fixed.errors.is_empty(), "{fixed:#?}");
        fixed.texts["src/orders.ts"].clone()
    };
    assert!(calls("").contains("log('warn', 'a', { x });"));
    assert!(calls("[console.frontend]\nexport = 'audit'\n").contains("audit.error('b', e);"));
    assert!(calls("[console.frontend]\nform = 'object'\n").contains("audit.error('b', e);"));
    assert!(calls("[console.frontend]\nexport = 'audit'\nform = 'object'\n").contains("audit.error('b', e);"));
    assert!(calls("[console.frontend]\nexport = 'far'\nform = 'object'\n").contains("far.error('b', { error: e });"));
    let fixed = fix_with(module, &[], "[console.frontend]\nexport = 'gone'\n");
    assert!(matches!(&fixed.errors[..], [error] if error.contains("doesn't export `gone`")), "{fixed:#?}");
    let fixed = fix_with(module, &[], "[console.frontend]\nexport = 'far'\n");
    assert!(matches!(&fixed.errors[..], [error] if error.contains("`far` is neither")), "{fixed:#?}");
}

#[test]
fn a_logger_that_is_made_already_is_used() {
    let module = "export function createLogger(name: string) { return { warn(m: string, f?: object) {}, error(m: string, f?: object) {} }; }\n";
    let import = "import { createLogger } from './lib/logger';\n\n";
    let after = |code: &str| {
        let text = format!("{import}{code}");
        let mut fixed = fix("", &[("src/lib/logger.ts", module), ("src/orders.ts", &text)]);
        assert!(fixed.errors.is_empty() && fixed.left.is_empty(), "{fixed:#?}");
        fixed.texts.remove("src/orders.ts").unwrap().replacen(import, "", 1)
    };
    assert_eq!(
        after("const log = createLogger('o');\nconsole.warn('a');\n"),
        "const log = createLogger('o');\nlog.warn('a');\n"
    );
    assert_eq!(
        after("function f() { console.warn('a'); }\nexport const log = createLogger('o');\n"),
        "function f() { log.warn('a'); }\nexport const log = createLogger('o');\n"
    );
    // What runs before it is made needs another one.
    let early = after("console.warn('a');\nconst log = createLogger('o');\n");
    assert!(early.contains("const logger = createLogger('orders');") && early.contains("logger.warn('a');"), "{early}");
}

#[test]
fn an_optional_method_is_no_method() {
    let module = "interface L { warn?(m: string, f?: object): void; info(m: string): void; error(m: string, f?: object): void }\n\
                  export const logger: L = make();\n";
    let fixed = fix_with(module, &[], "");
    assert!(matches!(&fixed.left[..], [help] if help.contains("no method for the level `warn`")), "{fixed:#?}");
}
