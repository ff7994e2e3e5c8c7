//! Messages with places for their values, which the logger fills from the fields.

use crate::harness::{OBJECT, PLACES, fix};

#[test]
fn a_template_becomes_a_constant_message() {
    PLACES.check(&[
        (
            "console.log(`User ${user.id} did ${action}`);",
            "log('info', 'User {userId} did {action}', { userId: user.id, action });",
        ),
        ("console.log(`a ${b}: `, c);", "log('info', 'a {b}', { b, c });"),
        ("console.log(`a ${b}: `);", "log('info', 'a {b}:', { b });"),
        ("console.log(`\\n  a ${b}\\n`);", "log('info', 'a {b}', { b });"),
        ("console.log(`a\n  ${b} c`);", "log('info', 'a\\n  {b} c', { b });"),
        ("console.log(`[tag] 🚀 ${b} →`, c);", "log('info', '[tag] 🚀 {b}', { b, c });"),
        ("console.log(`a ${b}`, { c });", "log('info', 'a {b}', { b, c });"),
        ("console.log(`a ${b}`, { ...c });", "log('info', 'a {b}', { b, details: { ...c } });"),
        ("console.log(`a ${b.c.d} ${e?.f}`);", "log('info', 'a {cD} {eF}', { cD: b.c.d, eF: e?.f });"),
        ("console.log(`a ${f(x)} ${await g()}`);", "log('info', 'a {f} {g}', { f: f(x), g: await g() });"),
        ("console.log(`a ${(b ?? c)}`);", "log('info', 'a {b}', { b: b ?? c });"),
        ("console.log(`a ${1} ${'b'} ${c}`);", "log('info', 'a 1 b {c}', { c });"),
        ("console.log(`a ${JSON.stringify(b)}`);", "log('info', 'a {b}', { b });"),
        ("console.log(`a ${JSON.stringify(b, hide)}`);", "log('info', 'a {b}', { b: JSON.stringify(b, hide) });"),
        ("console.log(`a ${x ? `b ${c}` : ''}`);", "log('info', 'a {c}', { c: x ? `b ${c}` : '' });"),
        (
            "console.log(`${n} item${n === 1 ? '' : 's'}`);",
            "log('info', '{n} item{ending}', { n, ending: n === 1 ? '' : 's' });",
        ),
        ("console.log(`a ${{ b: 1 }}`);", "log('info', 'a {details}', { details: { b: 1 } });"),
        (
            "try {} catch (e) { console.error(`a ${e}`); }",
            "try {} catch (e) { log('error', 'a {error}', { error: e }); }",
        ),
        (
            "try {} catch (e) { console.error(`a ${b}:`, e); }",
            "try {} catch (e) { log('error', 'a {b}', { b, error: e }); }",
        ),
    ]);
}

#[test]
fn a_sum_becomes_a_constant_message() {
    PLACES.check(&[
        ("console.log('a ' + b);", "log('info', 'a {b}', { b });"),
        ("console.log('a ' + b + ':', c);", "log('info', 'a {b}', { b, c });"),
        ("console.log(b + ' a');", "log('info', '{b} a', { b });"),
        ("console.log(1 + b + ' a');", "log('info', '{b} a', { b: 1 + b });"),
        ("console.log('a ' + (b + ' c ') + `d ${e}`);", "log('info', 'a {b} c d {e}', { b, e });"),
        ("console.log('a ' + (x ? 'b' : 'c'));", "log('info', 'a {x}', { x: x ? 'b' : 'c' });"),
        ("console.log('a ' +\n  'b ' +\n  c);", "log('info', 'a b {c}', { c });"),
        ("console.log('a ' + 'b');", "log('info', 'a ' + 'b');"),
        ("console.log('a ' + /* why */ b);", "log('info', 'a ' + /* why */ b);"),
    ]);
}

#[test]
fn a_value_is_told_once() {
    PLACES.check(&[
        ("console.log(`a ${b} c ${b}`);", "log('info', 'a {b} c {b}', { b });"),
        ("console.log(`a ${b.c} d ${b.c}`);", "log('info', 'a {bC} d {bC}', { bC: b.c });"),
        ("console.log(`a ${b}`, b);", "log('info', 'a {b}', { b });"),
        ("console.log(`a ${b}`, { b, c });", "log('info', 'a {b}', { b, c });"),
        ("console.log(`a ${b.c}`, { d: b.c });", "log('info', 'a {d}', { d: b.c });"),
        ("console.log(`a ${b.c}`, { message: b.c });", "log('info', 'a {messageValue}', { messageValue: b.c });"),
        ("console.log(`a ${b}`, { b: 1 });", "log('info', 'a {b2}', { b2: b, b: 1 });"),
        ("console.log(`a ${b()} c ${b()}`);", "log('info', 'a {b} c {b2}', { b: b(), b2: b() });"),
        ("console.log(`a ${message}`);", "log('info', 'a {messageValue}', { messageValue: message });"),
    ]);
}

#[test]
fn values_between_texts_get_their_places() {
    PLACES.check(&[
        (
            "console.log('a:', x.length, 'of', y.length);",
            "log('info', 'a: {xLength} of {yLength}', { xLength: x.length, yLength: y.length });",
        ),
        ("console.log('Query:', q, 'User:', u);", "log('info', 'Query: {q} User: {u}', { q, u });"),
        ("console.log('Took', ms, 'ms');", "log('info', 'Took {ms} ms', { ms });"),
        ("console.log(x, 'is', y);", "log('info', '{x} is {y}', { x, y });"),
        ("console.log('a', { b }, 'c', d);", "log('info', 'a c {d}', { b, d });"),
        ("console.log('a', x, '---');", "log('info', 'a', { x });"),
        ("console.log('a', 'b', x);", "log('info', 'a b', { x });"),
        ("console.log('a:', x);", "log('info', 'a', { x });"),
    ]);
}

#[test]
fn a_format_is_filled_in() {
    PLACES.check(&[
        ("console.log('%s has %d b', x, y.z);", "log('info', '{x} has {yZ} b', { x, yZ: y.z });"),
        ("console.log('%c[a] %s', 'color: red', x);", "log('info', '[a] {x}', { x });"),
        ("console.log('a %o', { b: 1 }, c);", "log('info', 'a {details}', { details: { b: 1 }, c });"),
        ("console.log('a %s %s', x);", "log('info', 'a {x} %s', { x });"),
        ("console.log('a %j', JSON.stringify(x));", "log('info', 'a {x}', { x });"),
        ("console.log('%i%% of %s', x, 'b');", "log('info', '{x}% of b', { x });"),
    ]);
}

#[test]
fn places_alone_are_no_message() {
    PLACES.check(&[
        ("console.log(`${a}`);", "log('info', 'orders: a', { a });"),
        ("function f() { console.log(`${a}: ${b.c}`); }", "function f() { log('info', 'f: a, b.c', { a, bC: b.c }); }"),
        ("console.log(`--- ${a} ---`);", "log('info', 'orders: a', { a });"),
        ("console.log('%s', a);", "log('info', 'orders: a', { a });"),
        ("console.log(`🚀 ${a}`);", "log('info', '🚀 {a}', { a });"),
    ]);
}

#[test]
fn quotes_are_those_that_need_the_fewest_escapes() {
    PLACES.check(&[
        ("console.log(`it's ${a}`);", "log('info', \"it's {a}\", { a });"),
        ("console.log(`\"${a}\"`);", "log('info', 'orders: a', { a });"),
        ("console.log(`the \"${a}\"`);", "log('info', 'the \"{a}\"', { a });"),
        ("console.log(`it\\`s \\${b} \\\\n ${a}`);", "log('info', 'it`s ${b} \\\\n {a}', { a });"),
        ("console.log(\"a \" + b);", "log(\"info\", \"a {b}\", { b });"),
    ]);
}

#[test]
fn braces_in_a_text_stay_as_they_are() {
    PLACES.check(&[
        ("console.log(`{a} is ${a}`);", "log('info', `{a} is ${a}`);"),
        ("console.log(`{ ${a}, b }`);", "log('info', '{ {a}, b }', { a });"),
        ("console.log(`/x/{id} ${a}`);", "log('info', '/x/{id} {a}', { a });"),
    ]);
}

#[test]
fn long_lines_are_broken() {
    let name = "aNameThatIsQuiteLongByItself";
    PLACES.check(&[(
        &format!("  console.log(`The first is ${{{name}}} and the second ${{other.{name}}}`);"),
        &format!(
            "  log('info', 'The first is {{{name}}} and the second {{otherANameThatIsQuiteLongByItself}}', {{\n    {name},\n    \
             otherANameThatIsQuiteLongByItself: other.{name},\n  }});"
        ),
    )]);
}

/// A project with a logger of its own, of which phase2.toml says what is `stated`.
fn with_own_logger(stated: &str, text: &str) -> String {
    let file = "src/orders.ts";
    let text = format!("import {{ logger }} from './lib/logger';\n\n{text}\n");
    let mut fixed = fix(stated, &[(OBJECT.path, OBJECT.module), (file, &text)]);
    assert_eq!(fixed.errors, [""; 0]);
    let after = fixed.texts.remove(file).unwrap_or(text);
    after.trim_start_matches("import { logger } from './lib/logger';").trim().to_owned()
}

#[test]
fn phase2_toml_says_whether_a_logger_fills_places() {
    let text = "console.log(`Order ${id} paid`);";
    assert_eq!(with_own_logger("", text), "logger.info(`Order ${id} paid`);");
    assert_eq!(with_own_logger("[console.frontend]\ntemplates = 'keep'\n", text), "logger.info(`Order ${id} paid`);");
    let places = "[console.frontend]\ntemplates = 'places'\n";
    assert_eq!(with_own_logger(places, text), "logger.info('Order {id} paid', { id });");
    let own = "src/lib/logger.ts";
    let module = format!("// phase2 added this file\n{}", OBJECT.module);
    let fixed = fix("[console.frontend]\ntemplates = 'keep'\n", &[(own, &module), ("src/a.ts", text)]);
    assert!(fixed.texts["src/a.ts"].ends_with("logger.info(`Order ${id} paid`);"), "{fixed:?}");
}

#[test]
fn a_tag_becomes_a_field_where_phase2_toml_says_so() {
    let tagged = |text: &str| with_own_logger("[console]\ntags = 'field'\n", text);
    assert_eq!(tagged("console.log('[pay] Done');"), "logger.info('Done', { tag: 'pay' });");
    assert_eq!(tagged("console.log('[pay] Done:', id);"), "logger.info('Done', { tag: 'pay', id });");
    assert_eq!(tagged("console.log('[pay]: Done', { id });"), "logger.info('Done', { tag: 'pay', id });");
    assert_eq!(tagged("console.log(`[pay] ${id} done`);"), "logger.info(`${id} done`, { tag: 'pay' });");
    assert_eq!(tagged("console.log('[pay] a ' + b, c);"), "logger.info(`a ${b}`, { tag: 'pay', c });");
    assert_eq!(tagged("console.log('[pay] a', { ...b });"), "logger.info('a', { tag: 'pay', details: { ...b } });");
    assert_eq!(tagged("console.log('[pay] a', { tag: 1 });"), "logger.info('[pay] a', { tag: 1 });");
    for same in ["'[pay]'", "`[${pay}] a`", "'a [pay]'", "'[] a'"] {
        assert_eq!(tagged(&format!("console.log({same});")), format!("logger.info({same});"));
    }
    let places = "[console]\ntags = 'field'\n[console.frontend]\ntemplates = 'places'\n";
    assert_eq!(
        with_own_logger(places, "console.log(`[pay] ${id} done`);"),
        "logger.info('{id} done', { tag: 'pay', id });"
    );
}
