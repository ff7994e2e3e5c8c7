//! What becomes of the message.

use crate::harness::{FUNCTION, OBJECT, WITH_ERROR, fix};

#[test]
fn a_label_loses_its_colon_and_its_blanks() {
    OBJECT.check(&[
        ("console.log('Done');", "logger.info('Done');"),
        ("console.log('Done:');", "logger.info('Done:');"),
        ("console.log('Failed:', x);", "logger.info('Failed', { x });"),
        ("console.log('Failed: ', x);", "logger.info('Failed', { x });"),
        ("console.log('Failed :', x);", "logger.info('Failed', { x });"),
        ("console.log('Failed:\\n', x);", "logger.info('Failed', { x });"),
        ("console.log('Failed\\t\\n', x);", "logger.info('Failed', { x });"),
        ("console.log(\"Failed:\", x)", "logger.info(\"Failed\", { x })"),
        ("console.log(`Failed:`, x)", "logger.info(`Failed`, { x })"),
        ("console.log(`Failed:\n`, x)", "logger.info(`Failed`, { x })"),
        ("console.log('it\\'s:', x);", "logger.info('it\\'s', { x });"),
        ("console.log('a\\\\:', x);", "logger.info('a\\\\', { x });"),
        ("console.log('a\\\\n', x);", "logger.info('a\\\\n', { x });"),
        ("console.log('a::', x);", "logger.info('a', { x });"),
        ("console.log('a =', x);", "logger.info('a', { x });"),
        ("console.log('a ->', x);", "logger.info('a', { x });"),
        ("console.log('a =>', x);", "logger.info('a', { x });"),
        ("console.log('a →', x);", "logger.info('a', { x });"),
        ("console.log('a |', x);", "logger.info('a', { x });"),
        ("console.log('a (', x, ')');", "logger.info('a', { x });"),
        ("console.log('a,', x);", "logger.info('a', { x });"),
        ("console.log('a -', x);", "logger.info('a', { x });"),
        ("console.log('a-', x);", "logger.info('a-', { x });"),
        ("console.log('a\\:', x);", "logger.info('a\\:', { x });"),
        ("console.log('=== a ===', x);", "logger.info('=== a ===', { x });"),
        ("console.log('a ---', x);", "logger.info('a ---', { x });"),
        ("console.log('a =');", "logger.info('a =');"),
        ("console.log(`a ${b} -> `, x);", "logger.info(`a ${b}`, { x });"),
        ("console.log('Wait…', x);", "logger.info('Wait…', { x });"),
        ("console.log('🚀', x);", "logger.info('🚀', { x });"),
        ("console.log('[tag] 🚀 Go:', x);", "logger.info('[tag] 🚀 Go', { x });"),
        ("console.log(('Failed:'), x);", "logger.info(('Failed'), { x });"),
    ]);
}

#[test]
fn every_method_has_its_level() {
    FUNCTION.check(&[
        ("console.log('a')", "log('info', 'a')"),
        ("console.info('a')", "log('info', 'a')"),
        ("console.debug('a')", "log('debug', 'a')"),
        ("console.trace('a')", "log('debug', 'a')"),
        ("console.warn('a')", "log('warn', 'a')"),
        ("console.error(\"a\")", "log(\"error\", \"a\")"),
        ("console?.log('a')", "log('info', 'a')"),
        ("console.log?.('a')", "log('info', 'a')"),
        ("console['warn']('a')", "log('warn', 'a')"),
        ("globalThis.console.log('a')", "log('info', 'a')"),
        ("window.console?.error('a')", "log('error', 'a')"),
        ("globalThis['console'].log('a')", "log('info', 'a')"),
        ("(globalThis as any).console.log('a')", "log('info', 'a')"),
        ("globalThis.window.console.log('a')", "log('info', 'a')"),
        ("globalThis['console']['warn']('a')", "log('warn', 'a')"),
        ("(console).log('a')", "log('info', 'a')"),
        ("console!.log('a')", "log('info', 'a')"),
        ("(console as any).log('a')", "log('info', 'a')"),
        (";(window.console as unknown as Console).error('a')", ";log('error', 'a')"),
        ("if (x) console.log('a'); else console.warn('b');", "if (x) log('info', 'a'); else log('warn', 'b');"),
    ]);
}

#[test]
fn templates_stay() {
    OBJECT.check(&[
        ("console.log(`a ${b}`);", "logger.info(`a ${b}`);"),
        ("console.log(`a ${b}: `);", "logger.info(`a ${b}: `);"),
        ("console.log(`a ${b}: `, c);", "logger.info(`a ${b}`, { c });"),
        ("console.log(`a ${b}`, c);", "logger.info(`a ${b}`, { c });"),
        ("console.log(`${b}`, c);", "logger.info(`${b}`, { c });"),
        ("console.log(`${b}:`, c);", "logger.info(`${b}`, { c });"),
        ("console.log(`{ ${b} }`, c);", "logger.info(`{ ${b} }`, { c });"),
        ("console.log(`a ${b ? `c: ${d}` : ''}:`, e);", "logger.info(`a ${b ? `c: ${d}` : ''}`, { e });"),
        ("console.log(`${n % s}`, c);", "logger.info(`${n % s}`, { c });"),
    ]);
}

#[test]
fn sums_stay() {
    OBJECT.check(&[
        ("console.log('a ' + b);", "logger.info('a ' + b);"),
        ("console.log('a ' + b + ':', c);", "logger.info('a ' + b, { c });"),
        ("console.log('a ' + b + ' is:', c);", "logger.info('a ' + b + ' is', { c });"),
        ("console.log(b + ':', c);", "logger.info(b + ':', { c });"),
        ("console.log('a ' + (b + ' c:'), d);", "logger.info('a ' + (b + ' c'), { d });"),
        ("console.log(('a ' + b + ' c:'), d);", "logger.info(('a ' + b + ' c'), { d });"),
        ("console.log(1 + 2 + 'x', c);", "logger.info(1 + 2 + 'x', { c });"),
        ("console.log(1 + 2, c);", "logger.info('orders: value', { value: 1 + 2, c });"),
        ("console.log('a ' + `b ${c}: `, d);", "logger.info('a ' + `b ${c}`, { d });"),
        ("console.log('a: ' + b, 'done');", "logger.info('a: ' + b + ' done');"),
        ("console.log(a + ' ' + `${c}:`, 'd:');", "logger.info(a + ' ' + `${c} d`);"),
        ("console.log('a ' + ': ' + ': ', b);", "logger.info('a ' + ': ', { b });"),
        ("console.log('' + a, b);", "logger.info('' + a, { b });"),
        ("console.log('\\n' + '='.repeat(50));", "logger.info('\\n' + '='.repeat(50));"),
    ]);
}

#[test]
fn what_is_a_text_anyhow_is_the_message() {
    OBJECT.check(&[
        ("console.log(ok ? 'Yes' : 'No', x);", "logger.info(ok ? 'Yes' : 'No', { x });"),
        ("console.log(ok ? 'Yes' : 'No', 'x');", "logger.info((ok ? 'Yes' : 'No') + ' x');"),
        ("console.log((ok ? 'Yes' : 'No'), 'x');", "logger.info((ok ? 'Yes' : 'No') + ' x');"),
        ("console.log('='.repeat(50));", "logger.info('='.repeat(50));"),
        ("console.log(ok ? 'Yes' : no);", "logger.info('orders: no', { no: ok ? 'Yes' : no });"),
    ]);
}

#[test]
fn literals_join_the_message() {
    OBJECT.check(&[
        ("console.log('a', 'b');", "logger.info('a b');"),
        ("console.log('a:', 'b');", "logger.info('a b');"),
        ("console.log('a:', x, 'of', y);", "logger.info('a … of …', { x, y });"),
        ("console.log('a:', x, 'b:', y);", "logger.info('a, b', { x, y });"),
        ("console.log('Took', ms, 'ms');", "logger.info('Took … ms', { ms });"),
        ("console.log('a', \"it's\");", "logger.info('a it\\'s');"),
        ("console.log('a', \"b \\\nc\");", "logger.info('a b c');"),
        ("console.log(\"a\", 'say \"b\"');", "logger.info(\"a say \\\"b\\\"\");"),
        ("console.log('a', `b ${'`'}`);", "logger.info('a', { text: `b ${'`'}` });"),
        ("console.log(`a`, '`${b}`');", "logger.info(`a \\`\\${b}\\``);"),
        ("console.log('a', `b\nc`);", "logger.info('a b\\nc');"),
        ("console.log('a', 1, -2, null, true, undefined);", "logger.info('a 1 -2 null true undefined');"),
        ("console.log('a', '', x);", "logger.info('a', { x });"),
        ("console.log('a', {}, x);", "logger.info('a', { x });"),
        ("console.log(`a ${b}`, 'done');", "logger.info(`a ${b} done`);"),
        ("console.log(`a ${b}:`, 'done');", "logger.info(`a ${b} done`);"),
        ("console.log(`a ${b} is`, 'done');", "logger.info(`a ${b} is done`);"),
        ("console.log('', 'b', x);", "logger.info('b', { x });"),
        ("console.log('a', x, '->', y, '|', 'b', '---');", "logger.info('a … b', { x, y });"),
        ("console.log('a', '=', x);", "logger.info('a', { x });"),
        ("console.log(x, 'then text');", "logger.info('then text', { x });"),
        ("console.log(x, 'of', y, 'done:');", "logger.info('of … done', { x, y });"),
        ("console.log(x, '=', y);", "logger.info('orders: x', { x, y });"),
    ]);
}

#[test]
fn a_call_without_words_gets_some() {
    OBJECT.check(&[
        ("console.log(x);", "logger.info('orders: x', { x });"),
        ("console.log('', x);", "logger.info('orders: x', { x });"),
        ("console.log(':', x);", "logger.info('orders: x', { x });"),
        ("console.log(user.id);", "logger.info('orders: user.id', { userId: user.id });"),
        ("console.log({ a, b: 1 });", "logger.info('orders: a, b', { a, b: 1 });"),
        ("console.log(load(1));", "logger.info('orders: load(1)', { load: load(1) });"),
        ("console.log(load());", "logger.info('orders: load()', { load: load() });"),
        ("console.log(x, 'done');", "logger.info('done', { x });"),
        ("console.log(42);", "logger.info('orders: 42');"),
        ("console.log(null, x);", "logger.info('orders: null', { x });"),
        ("console.log({});", "logger.info('orders: details');"),
        ("console.log(\"\", x);", "logger.info(\"orders: x\", { x });"),
        ("console.log(JSON.stringify(x));", "logger.info('orders: x', { x });"),
        ("console.log(await load());", "logger.info('orders: load', { load: await load() });"),
    ]);
}

#[test]
fn those_words_name_the_function() {
    let call = "console.log(x);";
    let record = |name: &str| format!("logger.info('{name}: x', {{ x }});");
    let around = [
        ("function save() { CALL }", "save"),
        ("export default async function save() { CALL }", "save"),
        ("export default function () { CALL }", "orders"),
        ("function* save() { CALL }", "save"),
        ("const save = () => { CALL };", "save"),
        ("const save = async function () { CALL };", "save"),
        ("const save = function inner() { CALL };", "inner"),
        ("class A { save() { CALL } }", "save"),
        ("class A { #save() { CALL } }", "save"),
        ("class A { save = () => { CALL }; }", "save"),
        ("class A { static async save() { CALL } }", "save"),
        ("const o = { save() { CALL } };", "save"),
        ("const o = { save: () => { CALL } };", "save"),
        ("const o = { 'save': function () { CALL } };", "save"),
        ("const o = { 'on save': function () { CALL } };", "orders"),
        ("module.save = () => { CALL };", "save"),
        ("function save() { items.forEach((i) => { CALL }); }", "save"),
        ("items.forEach((i) => { CALL });", "orders"),
        ("const save = useCallback(async () => { CALL }, []);", "save"),
        ("const save = React.useCallback(() => { CALL }, []);", "save"),
        ("const all = items.map((i) => { CALL });", "orders"),
        ("useEffect(() => { CALL }, []);", "orders"),
        ("try { CALL } catch {}", "orders"),
    ];
    let table: Vec<(String, String)> =
        around.iter().map(|(code, name)| (code.replace("CALL", call), code.replace("CALL", &record(name)))).collect();
    OBJECT.check(&table.iter().map(|(before, after)| (before.as_str(), after.as_str())).collect::<Vec<_>>());
}

#[test]
fn a_percent_sign_is_no_format_by_itself() {
    OBJECT.check(&[
        ("console.log('100% done');", "logger.info('100% done');"),
        ("console.log('100%s');", "logger.info('100%s');"),
        ("console.log('100% done', x);", "logger.info('100% done', { x });"),
        ("console.log('a', '%s', x);", "logger.info('a %s', { x });"),
    ]);
    OBJECT.refuses(&[("console.log(ok ? 'a %s' : 'b', x);", "format string")]);
}

#[test]
fn what_a_format_stands_for_becomes_a_field() {
    OBJECT.check(&[
        ("console.log('a %s', x);", "logger.info('a', { x });"),
        ("console.log('a %s of %d b', x, y);", "logger.info('a … of … b', { x, y });"),
        ("console.log('%cStyled', 'color: red');", "logger.info('Styled');"),
        ("console.log('%cA%cB', 'color: red', `b`);", "logger.info('AB');"),
        ("console.log('%cA', style);", "logger.info('A', { style });"),
        ("console.log(`a ${b} %d`, x);", "logger.info(`a ${b}`, { x });"),
        ("console.log(`a ${b} %d c`, x);", "logger.info(`a ${b} … c`, { x });"),
        ("console.log('a ' + b + ' %o', x);", "logger.info(`a ${b}`, { x });"),
        ("console.log('100%% of', x);", "logger.info('100% of', { x });"),
        ("console.log('%s', x);", "logger.info('orders: x', { x });"),
        ("console.log('%s: %o', x, y);", "logger.info('orders: x, y', { x, y });"),
        ("console.log('a %s', 'b', x);", "logger.info('a b', { x });"),
        ("console.log('a %s b %s', x);", "logger.info('a … b %s', { x });"),
        ("console.log('a %j:', { b: 1 });", "logger.info('a', { b: 1 });"),
        ("console.log('it\\'s %s `b`', x);", "logger.info(\"it's … `b`\", { x });"),
    ]);
}

#[test]
fn what_stays() {
    WITH_ERROR.refuses(&[
        ("console.log();", "empty line"),
        ("console.log('');", "empty line"),
        ("console.log(' \\n');", "empty line"),
        ("console.log('', ' ');", "empty line"),
        ("console.log(`\n`);", "empty line"),
        ("console.log(...args);", "spread"),
        ("console.log('a', ...args);", "spread"),
        ("console /* a */ .log('a');", "a comment stands between"),
        ("console.table(x, ['id']);", "no counterpart"),
        ("console.group('a');", "no counterpart"),
        ("console.groupEnd();", "no counterpart"),
        ("console.time('a');", "no counterpart"),
        ("console.count('a');", "no counterpart"),
        ("console.dir(x);", "no counterpart"),
        ("console[level]('a');", "only known at run time"),
        ("if (import.meta.main) { console.log(sql); }", "what a command prints"),
        ("const report = console.error;", "handed on as a function"),
        ("const report = console.error.bind(console);", "handed on as a function"),
        ("const sink = quiet ? noop : console.log;", "handed on as a function"),
        ("run({ log: console.log });", "handed on as the method of a logger"),
        ("target.removeEventListener('error', console.error);", "may be removed again"),
        ("target.on('a', console.log); target.off('a', other);", "may be removed again"),
        ("vi.spyOn(console, 'error');", "a test spies on it"),
        ("vi.spyOn(console, 'error').mockImplementation(() => {});", "a test spies on it"),
        ("console.log('a')!.x;", "something is done with its value"),
        ("console.log('a').x;", "something is done with its value"),
        ("console.assert();", "it asserts nothing"),
        ("if (x) console.assert(y);", "an assertion becomes an `if`"),
        ("x && console.assert(y);", "an assertion becomes an `if`"),
        ("console.assert(x, load());", "only be evaluated where the assertion fails"),
        ("console.assert(/* a */ x, 'b');", "a comment stands beside its condition"),
        ("console.assert(x, 'a %s', y);", "format string"),
        ("console.log = noop;", "assigned to"),
        ("keep(console);", "handed on"),
        ("keep(console as any);", "handed on"),
        ("(console as any).table(x, y);", "no counterpart"),
        ("(console as any)[level]('a');", "only known at run time"),
        ("(console /* a */).log('a');", "a comment stands between"),
    ]);
}

#[test]
fn what_a_command_logs_is_no_output() {
    OBJECT.check(&[
        ("if (import.meta.main) { console.error('a'); }", "if (import.meta.main) { logger.error('a'); }"),
        (
            "if (import.meta.main) serve(async () => { console.log('a'); });",
            "if (import.meta.main) serve(async () => { logger.info('a'); });",
        ),
    ]);
}

#[test]
fn a_question_about_the_console_is_no_use_of_it() {
    let file = "src/orders.ts";
    for text in [
        "if (typeof console !== 'undefined') save();\n",
        "if (typeof globalThis.console === 'undefined') save();\n",
        "export type Sink = typeof console;\n",
        "export type Log = typeof console.log;\n",
        "export let sink: typeof console | undefined;\n",
        "export const sink = load() as typeof globalThis.console;\n",
        "export const names = ['console'];\n",
        "export const has = 'console' in globalThis;\n",
        "export const log = names['console'];\n",
    ] {
        let fixed = fix("", &[(file, text)]);
        assert!(fixed.texts.is_empty() && fixed.left.is_empty(), "{text}\n{fixed:#?}");
    }
}
