//! Where the logger's module is, and what else in a project is or hands on a logger.

use crate::harness::{Fixed, fix};

const LOGGER: &str = "type Fields = Record<string, unknown>;\n\
                      export const logger = {\n\
                      \x20 info(message: string, fields?: Fields): void {},\n\
                      \x20 warn(message: string, fields?: Fields): void {},\n\
                      \x20 error(message: string, fields?: Fields): void {},\n\
                      };\n";
const CALL: &str = "console.log('a', x);\n";
const FRONTEND_NOTE: &str = "looks like a logger: name it as `module` under [console.frontend] in phase2.toml to use it instead of a new src/lib/logger.ts";

/// What became of `src/app.ts`, the only file that may have changed.
fn app(fixed: &Fixed) -> &str {
    assert!(fixed.errors.is_empty() && fixed.texts.len() == 1, "{fixed:#?}");
    &fixed.texts["src/app.ts"]
}

#[test]
fn a_logger_that_is_a_folder_or_ends_otherwise() {
    for (path, specifier) in [
        ("src/lib/logger.tsx", "./lib/logger"),
        ("src/lib/logger.mts", "./lib/logger.mjs"),
        ("src/lib/logger/index.ts", "./lib/logger"),
        ("src/lib/logger/index.tsx", "./lib/logger"),
    ] {
        let fixed = fix("", &[(path, LOGGER), ("src/app.ts", CALL)]);
        let expected = format!("import {{ logger }} from '{specifier}';\n\nlogger.info('a', {{ x }});\n");
        assert_eq!(app(&fixed), expected, "{path}");
    }
    let log = "export function log(level: string, message: string, fields?: object) {}\n";
    let function = "supabase/functions/pay/index.ts";
    let fixed = fix("", &[("supabase/functions/_shared/logger/index.ts", log), (function, CALL)]);
    let expected = "import { log } from '../_shared/logger/index.ts';\n\nlog('info', 'a', { x });\n";
    assert_eq!(fixed.texts.len(), 1, "{fixed:#?}");
    assert_eq!(fixed.texts[function], expected);
}

#[test]
fn the_module_that_an_import_means_comes_first() {
    let other = "export const nothing = 1;\n";
    let both = [("src/lib/logger.ts", LOGGER), ("src/lib/logger/index.ts", other), ("src/app.ts", CALL)];
    assert!(app(&fix("", &both)).contains("from './lib/logger';"));
    let both = [("src/lib/logger.tsx", LOGGER), ("src/lib/logger/index.ts", other), ("src/app.ts", CALL)];
    assert!(app(&fix("", &both)).contains("from './lib/logger';"));
}

#[test]
fn a_logger_in_javascript_is_an_error() {
    for path in ["src/lib/logger.js", "src/lib/logger.jsx", "src/lib/logger/index.js", "src/lib/logger.d.ts"] {
        let fixed = fix("", &[(path, "export const logger = console;\n"), ("src/app.ts", CALL)]);
        assert!(fixed.texts.is_empty(), "{fixed:#?}");
        assert!(
            matches!(&fixed.errors[..], [error] if error.starts_with(path) && error.contains("is not TypeScript")),
            "{fixed:#?}"
        );
    }
}

#[test]
fn another_logger_of_the_project_keeps_its_console() {
    let methods =
        "info(m: string, f?: object) { console.info(m, f); }, error(m: string, f?: object) { console.error(m, f); }";
    for module in [
        format!("export const audit = {{ {methods} }};\n"),
        "export function log(level: 'info' | 'error', m: string) { console[level](m); }\n".to_owned(),
        format!("export const createLogger = (name: string) => ({{ {methods} }});\nconsole.log('loaded');\n"),
        "export class Logger { static info(m: string) { console.log(m); } static error(m: string) { console.error(m); } }\n"
            .to_owned(),
    ] {
        let fixed = fix("", &[("src/utils/logger.ts", &module), ("src/lib/logger.ts", LOGGER), ("src/app.ts", CALL)]);
        assert!(app(&fixed).contains("logger.info('a', { x });"));
        let is_own = |help: &String| help.starts_with("no fix: it is a logger's own: this file exports `");
        assert!(!fixed.left.is_empty() && fixed.left.iter().all(is_own), "{fixed:#?}");
        assert!(fixed.notes.is_empty(), "{fixed:#?}");

        let fixed = fix("", &[("src/utils/logger.ts", &module), ("src/app.ts", CALL)]);
        assert_eq!(fixed.notes, [format!("src/utils/logger.ts: {FRONTEND_NOTE}")], "{fixed:#?}");
        assert!(fixed.texts.contains_key("src/lib/logger.ts"));
        // Nothing is brought along for the sake of the logger itself.
        let fixed = fix("", &[("src/utils/logger.ts", &module)]);
        assert!(fixed.notes.is_empty() && fixed.texts.is_empty(), "{fixed:#?}");
    }
}

#[test]
fn methods_that_are_named_as_levels_keep_their_console() {
    for code in [
        "const sink = { debug: () => {}, info: console.info, error(m) { console.error('a', m); } };",
        "class Sink { warn(m) { console.warn('a', m); } error = (m) => {}; fatal() {} }",
        "save({ log: console.log.bind(console), warn: function () {}, 'error': (m) => { send(() => { console.error('a'); }); } });",
    ] {
        let fixed = fix("", &[("src/lib/logger.ts", LOGGER), ("src/app.ts", code)]);
        let is_own =
            |help: &String| help == "no fix: it is a logger's own: it stands among methods that are named as levels";
        assert!(fixed.texts.is_empty() && !fixed.left.is_empty(), "{fixed:#?}");
        assert!(fixed.left.iter().all(is_own), "{fixed:#?}");
    }
    for code in [
        "const sink = { info() {}, error(m) { console.error('a', m); } };\n",
        "const all = { log: 1, warn: 2, error: send(() => { console.error('a'); }) };\n",
        "export function nextLevel(level: string, player: string) { console.error('a', player); }\n",
    ] {
        let fixed = fix("", &[("src/lib/logger.ts", LOGGER), ("src/app.ts", code)]);
        assert!(app(&fixed).contains("logger.error('a'"), "{fixed:#?}");
    }
}

#[test]
fn a_logger_that_another_module_hands_on_is_used() {
    let barrel = |text: &str, app: &str| {
        let app = format!("{app}\n\n{CALL}");
        let files = [
            ("src/lib/logger.ts", LOGGER),
            ("src/lib/index.ts", text),
            ("src/lib/all.ts", "export * from '.';\n"),
            ("src/app.ts", &app),
        ];
        fix("", &files).texts.remove("src/app.ts").unwrap()
    };
    for text in [
        "export * from './logger';\n",
        "export { logger } from './logger';\n",
        "import { logger } from './logger';\nexport { logger };\n",
    ] {
        for (import, name) in [
            ("import { logger } from './lib';", "logger"),
            ("import { logger as say } from './lib/index';", "say"),
            ("import { a, logger } from './lib/all';", "logger"),
        ] {
            assert_eq!(barrel(text, import), format!("{import}\n\n{name}.info('a', {{ x }});\n"), "{text}");
        }
    }
    let other = "export const logger = load();\nexport { warn } from './logger';\n";
    let import = "import { logger } from './lib';";
    let expected =
        format!("{import}\nimport {{ logger as appLogger }} from './lib/logger';\n\nappLogger.info('a', {{ x }});\n");
    assert_eq!(barrel(other, import), expected);
}

#[test]
fn an_alias_that_nobody_uses_is_left_alone() {
    let config = r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#;
    let imports: String = (0..12).map(|n| format!("import {{ a{n} }} from './a{n}';\n")).collect();
    let fixed = |other: &str| {
        let files =
            [("tsconfig.json", config), ("src/other.ts", other), ("src/app.ts", CALL), ("src/lib/logger.ts", LOGGER)];
        fix("", &files).texts["src/app.ts"].clone()
    };
    assert!(fixed(&imports).starts_with("import { logger } from './lib/logger';"));
    assert!(
        fixed(&format!("{imports}import {{ x }} from '@/x';\n")).starts_with("import { logger } from '@/lib/logger';")
    );
    assert!(fixed("").starts_with("import { logger } from '@/lib/logger';"));
}

#[test]
fn an_app_without_src_has_its_logger_in_lib() {
    let config = "roots = ['apps/web']\n";
    let package = ("apps/web/package.json", "{}");
    let page = ("apps/web/pages/index.ts", CALL);
    let fixed = fix(config, &[package, page]);
    assert!(fixed.texts.contains_key("apps/web/lib/logger.ts"), "{fixed:#?}");
    let fixed = fix(config, &[package, page, ("apps/web/lib/logger.ts", LOGGER)]);
    assert!(
        fixed.texts["apps/web/pages/index.ts"].starts_with("import { logger } from '../lib/logger';"),
        "{fixed:#?}"
    );
}
