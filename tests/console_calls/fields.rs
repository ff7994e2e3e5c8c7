//! What becomes of everything behind the message.

use crate::harness::{OBJECT, WITH_ERROR, fix};

#[test]
fn a_value_is_named_by_what_it_is() {
    OBJECT.check(&[
        ("console.log('a', x);", "logger.info('a', { x });"),
        ("console.log('a', user.id);", "logger.info('a', { userId: user.id });"),
        ("console.log('a', res?.status);", "logger.info('a', { resStatus: res?.status });"),
        ("console.log('a', a.b.c);", "logger.info('a', { bC: a.b.c });"),
        ("console.log('a', row['m²']);", "logger.info('a', { rowM: row['m²'] });"),
        ("console.log('a', größe.länge);", "logger.info('a', { größeLänge: größe.länge });"),
        (
            "console.log('a', Math.round(ms), Array.from(ids));",
            "logger.info('a', { ms: Math.round(ms), ids: Array.from(ids) });",
        ),
        ("console.log('a', user!.id!);", "logger.info('a', { userId: user!.id! });"),
        ("console.log('a', this.x);", "logger.info('a', { x: this.x });"),
        ("console.log('a', this.#x);", "logger.info('a', { x: this.#x });"),
        ("console.log('a', this.user.id);", "logger.info('a', { userId: this.user.id });"),
        ("console.log('a', row['created_at']);", "logger.info('a', { rowCreatedAt: row['created_at'] });"),
        ("console.log('a', rows[0]);", "logger.info('a', { rows: rows[0] });"),
        ("console.log('a', rows[0].id);", "logger.info('a', { rowsId: rows[0].id });"),
        ("console.log('a', snake_case);", "logger.info('a', { snake_case });"),
        ("console.log('a', Deno.env.get('X'));", "logger.info('a', { get: Deno.env.get('X') });"),
        ("console.log('a', load());", "logger.info('a', { load: load() });"),
        ("console.log('a', await res.text());", "logger.info('a', { text: await res.text() });"),
        ("console.log('a', (await load()).data);", "logger.info('a', { loadData: (await load()).data });"),
        ("console.log('a', JSON.stringify(body, null, 2));", "logger.info('a', { body });"),
        ("console.log('a', String(user.id));", "logger.info('a', { userId: String(user.id) });"),
        ("console.log('a', new Date());", "logger.info('a', { date: new Date() });"),
        ("console.log('a', new Error('b'));", "logger.info('a', { error: new Error('b') });"),
        ("console.log('a', x ?? y);", "logger.info('a', { x: x ?? y });"),
        ("console.log('a', x || 'none');", "logger.info('a', { x: x || 'none' });"),
        ("console.log('a', ok && user.id);", "logger.info('a', { userId: ok && user.id });"),
        ("console.log('a', ok ? x : y);", "logger.info('a', { x: ok ? x : y });"),
        ("console.log('a', x > 1);", "logger.info('a', { value: x > 1 });"),
        ("console.log('a', !!x);", "logger.info('a', { x: !!x });"),
        ("console.log('a', typeof x);", "logger.info('a', { x: typeof x });"),
        ("console.log('a', Date.now() - start);", "logger.info('a', { elapsed: Date.now() - start });"),
        (
            "console.log('a', Math.round(performance.now() - start) / 1e3);",
            "logger.info('a', { elapsed: Math.round(performance.now() - start) / 1e3 });",
        ),
        ("console.log('a', `b ${x}`);", "logger.info('a', { x: `b ${x}` });"),
        ("console.log('a', () => x);", "logger.info('a', { value: () => x });"),
        ("console.log('a', [x, y]);", "logger.info('a', { values: [x, y] });"),
        ("console.log('a', /b/g);", "logger.info('a', { value: /b/g });"),
        ("console.log('a', x as Row);", "logger.info('a', { x: x as Row });"),
        ("console.log('a', x satisfies Row);", "logger.info('a', { x: x satisfies Row });"),
        ("console.log('a', (x, y));", "logger.info('a', { value: (x, y) });"),
        ("console.log('a', x = 1);", "logger.info('a', { x: x = 1 });"),
        ("console.log('a', x++);", "logger.info('a', { value: x++ });"),
        ("console.log('a', this);", "logger.info('a', { value: this });"),
        ("console.log('a', import.meta.url);", "logger.info('a', { url: import.meta.url });"),
        ("function* f() { console.log('a', yield x); }", "function* f() { logger.info('a', { value: yield x }); }"),
        ("console.log('a', x.slice(0, 8));", "logger.info('a', { x: x.slice(0, 8) });"),
        ("console.log('a', user.id?.substring(1));", "logger.info('a', { userId: user.id?.substring(1) });"),
        ("console.log('a', xs.filter(f).map(g).join());", "logger.info('a', { xs: xs.filter(f).map(g).join() });"),
        ("console.log('a', xs.filter(f).length);", "logger.info('a', { xsLength: xs.filter(f).length });"),
        ("console.log('a', date.toISOString());", "logger.info('a', { date: date.toISOString() });"),
        ("console.log('a', JSON.stringify(x).slice(9));", "logger.info('a', { x: JSON.stringify(x).slice(9) });"),
        ("console.log('a', token.split('.')[0]);", "logger.info('a', { token: token.split('.')[0] });"),
        ("console.log('a', this.toString());", "logger.info('a', { toString: this.toString() });"),
        ("console.log('a', getUser(x));", "logger.info('a', { getUser: getUser(x) });"),
        ("console.log('a', Object.keys(o));", "logger.info('a', { keys: Object.keys(o) });"),
        ("console.log('a', Object.keys(o).sort());", "logger.info('a', { keys: Object.keys(o).sort() });"),
        (
            "console.log('a', Object.keys(o), Object.keys(p.q));",
            "logger.info('a', { oKeys: Object.keys(o), pQKeys: Object.keys(p.q) });",
        ),
        ("console.log('a', x + 1);", "logger.info('a', { x: x + 1 });"),
        ("console.log('a', user.id + '…');", "logger.info('a', { userId: user.id + '…' });"),
        ("console.log('a', (x * 2).toFixed(2) + 'ms');", "logger.info('a', { x: (x * 2).toFixed(2) + 'ms' });"),
        ("console.log('a', x + y);", "logger.info('a', { value: x + y });"),
        ("console.log('a', x === 'b' ? 'yes' : 'no');", "logger.info('a', { x: x === 'b' ? 'yes' : 'no' });"),
        ("console.log('a', x ? 'set' : 'missing');", "logger.info('a', { x: x ? 'set' : 'missing' });"),
        ("console.log('a', x ? 'set' : y);", "logger.info('a', { y: x ? 'set' : y });"),
        ("console.log('a', flag.flag_reason);", "logger.info('a', { flagReason: flag.flag_reason });"),
        ("console.log('a', order.orderId);", "logger.info('a', { orderId: order.orderId });"),
        ("console.log('a', user.username);", "logger.info('a', { userUsername: user.username });"),
        ("console.log('a', a.data.data);", "logger.info('a', { aData: a.data.data });"),
        ("console.log('a', tag`b`);", "logger.info('a', { tag: tag`b` });"),
        (
            "console.log('a', items.length, 'of', all.length);",
            "logger.info('a … of …', { itemsLength: items.length, allLength: all.length });",
        ),
    ]);
}

#[test]
fn an_error_is_called_error() {
    OBJECT.check(&[
        ("try {} catch (e) { console.error('a', e); }", "try {} catch (e) { logger.error('a', { error: e }); }"),
        (
            "try {} catch (error) { console.error('a', error); }",
            "try {} catch (error) { logger.error('a', { error }); }",
        ),
        (
            "try {} catch (err: any) { console.error(err); }",
            "try {} catch (err: any) { logger.error('orders failed', { error: err }); }",
        ),
        (
            "try {} catch (e) { console.error('a', e.message); }",
            "try {} catch (e) { logger.error('a', { errorMessage: e.message }); }",
        ),
        (
            "try {} catch (e) { console.error('a', (e as Error).message); }",
            "try {} catch (e) { logger.error('a', { errorMessage: (e as Error).message }); }",
        ),
        (
            "try {} catch (e) { console.error('a', e as Error); }",
            "try {} catch (e) { logger.error('a', { error: e as Error }); }",
        ),
        ("p.catch((e) => { console.error('a', e); });", "p.catch((e) => { logger.error('a', { error: e }); });"),
        ("p.then(f, (e) => { console.error('a', e); });", "p.then(f, (e) => { logger.error('a', { error: e }); });"),
        (
            "const { error: insertError } = r; console.error('a', insertError);",
            "const { error: insertError } = r; logger.error('a', { error: insertError });",
        ),
        (
            "const { error: a } = r, { error: b } = s; console.error('x', a, b);",
            "const { error: a } = r, { error: b } = s; logger.error('x', { a, b });",
        ),
        (
            "try {} catch (e) { console.error('a', e, e.message, e.stack); }",
            "try {} catch (e) { logger.error('a', { error: e, errorMessage: e.message, errorStack: e.stack }); }",
        ),
    ]);
}

#[test]
fn an_object_gives_its_entries() {
    OBJECT.check(&[
        ("console.log('a', { b });", "logger.info('a', { b });"),
        ("console.log('a', {b});", "logger.info('a', {b});"),
        ("console.log('a', { b }, c);", "logger.info('a', { b, c });"),
        ("console.log('a', c, { b });", "logger.info('a', { c, b });"),
        ("console.log('a', c, { b: 1, }, d);", "logger.info('a', { c, b: 1, d });"),
        ("console.log('a', { b }, { c });", "logger.info('a', { b, c });"),
        ("console.log('a', { b: { c: 1 } }, d);", "logger.info('a', { b: { c: 1 }, d });"),
        ("console.log('a', { 'b-c': 1, 2: x }, d);", "logger.info('a', { 'b-c': 1, 2: x, d });"),
        ("console.log('a', { /* b */ c /* d */ }, e);", "logger.info('a', { /* b */ c /* d */, e });"),
        ("console.log('a', {}, {});", "logger.info('a');"),
        ("console.log('a', { /* b */ }, c);", "logger.info('a', { details: { /* b */ }, c });"),
    ]);
}

#[test]
fn an_object_whose_keys_are_not_known_is_a_field_itself() {
    OBJECT.check(&[
        ("console.log('a', { ...b }, c);", "logger.info('a', { details: { ...b }, c });"),
        ("console.log('a', { [b]: c });", "logger.info('a', { details: { [b]: c } });"),
        ("console.log('a', { b() {} });", "logger.info('a', { details: { b() {} } });"),
        ("console.log('a', { get b() { return 1; } });", "logger.info('a', { details: { get b() { return 1; } } });"),
        ("console.log('a', { __proto__: b });", "logger.info('a', { details: { __proto__: b } });"),
        ("console.log('a', { b: 1, b: 2 });", "logger.info('a', { details: { b: 1, b: 2 } });"),
        ("console.log('a', { b: 1 }, { b: 2 });", "logger.info('a', { b: 1, details: { b: 2 } });"),
        ("console.log('a', { ...b }, { ...c });", "logger.info('a', { details: { ...b }, details2: { ...c } });"),
    ]);
}

#[test]
fn an_object_that_is_alone_may_spread_others() {
    OBJECT.check(&[
        ("console.log('a', { ...b });", "logger.info('a', { ...b });"),
        ("console.log('a', { ...b, c: 1 }, 'd');", "logger.info('a … d', { ...b, c: 1 });"),
        ("console.log('a', {\n  ...b,\n  c,\n});", "logger.info('a', {\n  ...b,\n  c,\n});"),
        ("console.log('a', { ...b, message: 1 });", "logger.info('a', { ...b, messageValue: 1 });"),
        ("console.log('a', { ...b, c: 1, c: 2 });", "logger.info('a', { details: { ...b, c: 1, c: 2 } });"),
        ("console.log('a', { ...b, [c]: 1 });", "logger.info('a', { details: { ...b, [c]: 1 } });"),
    ]);
    WITH_ERROR.check(&[(
        "try {} catch (e) { console.error('a', e, { ...b }); }",
        "try {} catch (e) { logger.error('a', e, { ...b }); }",
    )]);
}

#[test]
fn the_logger_that_fixes_bring_along_guards_its_names() {
    let runtime = include_str!("../../rules/console/runtime/browser.ts");
    for (before, after) in [
        ("console.log('a', { ...b, [c]: 1 });", "logger.info('a', { ...b, [c]: 1 });"),
        ("console.log('a', { get b() { return 1; } });", "logger.info('a', { get b() { return 1; } });"),
        ("console.log('a', { __proto__: b });", "logger.info('a', { details: { __proto__: b } });"),
        ("console.log('a', { ...b }, c);", "logger.info('a', { details: { ...b }, c });"),
    ] {
        for files in [&[("src/a.ts", before)][..], &[("src/a.ts", before), ("src/lib/logger.ts", runtime)]] {
            let fixed = fix("", files);
            assert!(fixed.texts["src/a.ts"].ends_with(after), "{fixed:#?}");
        }
    }
}

#[test]
fn no_two_fields_share_a_name() {
    OBJECT.check(&[
        ("console.log('a', x, x);", "logger.info('a', { x, x2: x });"),
        ("console.log('a', { x: 1 }, x);", "logger.info('a', { x: 1, x2: x });"),
        ("console.log('a', x, { x: 1, x2: 2 });", "logger.info('a', { x3: x, x: 1, x2: 2 });"),
        ("console.log('a', a.user.id, b.user.id);", "logger.info('a', { aUserId: a.user.id, bUserId: b.user.id });"),
        ("console.log('a', userId, user.id);", "logger.info('a', { userId, userId2: user.id });"),
        ("console.log('a', userId, x.user.id);", "logger.info('a', { userId, xUserId: x.user.id });"),
        ("console.log('a', f(), g.f());", "logger.info('a', { f: f(), gF: g.f() });"),
        ("console.log('a', x > 1, y > 1);", "logger.info('a', { value: x > 1, value2: y > 1 });"),
    ]);
}

#[test]
fn no_field_has_a_name_of_the_record() {
    OBJECT.check(&[
        ("console.log('a', message);", "logger.info('a', { messageValue: message });"),
        ("console.log('a', level, time);", "logger.info('a', { levelValue: level, timeValue: time });"),
        ("console.log('a', { message });", "logger.info('a', { messageValue: message });"),
        ("console.log('a', { message: 1 });", "logger.info('a', { messageValue: 1 });"),
        ("console.log('a', { 'message': 1, b });", "logger.info('a', { 'messageValue': 1, b });"),
        ("console.log('a', { timestamp: 1 }, b);", "logger.info('a', { timestampValue: 1, b });"),
        (
            "console.log('a', { message, messageValue: 1 });",
            "logger.info('a', { details: { message, messageValue: 1 } });",
        ),
        (
            "console.log('a', { message }, message);",
            "logger.info('a', { messageValue: message, messageValue2: message });",
        ),
    ]);
}

#[test]
fn a_parameter_for_the_error_gets_it() {
    WITH_ERROR.check(&[
        ("console.error('a');", "logger.error('a');"),
        ("console.error('a', x);", "logger.error('a', undefined, { x });"),
        ("console.error('a', { x });", "logger.error('a', undefined, { x });"),
        ("console.warn('a', x);", "logger.warn('a', { x });"),
        ("try {} catch (e) { console.error('a:', e); }", "try {} catch (e) { logger.error('a', e); }"),
        ("try {} catch (e) { console.error(e); }", "try {} catch (e) { logger.error('orders failed', e); }"),
        ("try {} catch (e) { console.error(e, x); }", "try {} catch (e) { logger.error('orders failed', e, { x }); }"),
        ("try {} catch (e) { console.warn('a', e); }", "try {} catch (e) { logger.warn('a', { error: e }); }"),
        ("try {} catch (e) { console.error('a', e, x); }", "try {} catch (e) { logger.error('a', e, { x }); }"),
        ("try {} catch (e) { console.error('a', x, e); }", "try {} catch (e) { logger.error('a', e, { x }); }"),
        ("try {} catch (e) { console.error('a', { x }, e); }", "try {} catch (e) { logger.error('a', e, { x }); }"),
        ("try {} catch (e) { console.error('a', f(), e); }", "try {} catch (e) { logger.error('a', e, { f: f() }); }"),
        ("try {} catch (e) { console.error('a', 'b', e); }", "try {} catch (e) { logger.error('a b', e); }"),
        ("try {} catch (e) { console.error('a', e, 'b'); }", "try {} catch (e) { logger.error('a … b', e); }"),
        ("try {} catch (e) { console.error(x, e); }", "try {} catch (e) { logger.error('orders failed', e, { x }); }"),
        (
            "try {} catch (e) { console.error('a', e as Error, x); }",
            "try {} catch (e) { logger.error('a', e as Error, { x }); }",
        ),
        ("try {} catch (e) { console.error('a', e, e); }", "try {} catch (e) { logger.error('a', e, { error: e }); }"),
        (
            "try {} catch (e) {\n  console.error(\n    'a',\n    x,\n    e,\n  );\n}",
            "try {} catch (e) {\n  logger.error(\n    'a',\n    e,\n    { x },\n  );\n}",
        ),
        (
            "try {} catch (e) { console.error('a', x /* b */, e /* c */); }",
            "try {} catch (e) { logger.error('a', e, { x } /* b */ /* c */); }",
        ),
    ]);
    WITH_ERROR
        .refuses(&[("let { error } = await f(); console.error('a', g(), error);", "the error might be another one")]);
}
