// The edge logger under real Deno. No network, no imports but the module itself and node:assert.
import assert from 'node:assert/strict';
import { capture } from './capture.ts';
import {
  configureLogger,
  createLogger,
  log,
  type LogFields,
  type LogLevel,
} from '../../../rules/console/runtime/edge.ts';

// deno-lint-ignore no-explicit-any
type Row = Record<string, any>;

const JWT = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P';

/** The one line that `act` wrote, parsed. Every line must be JSON and short enough for the platform. */
function only(act: () => void): Row {
  const said = capture(act);
  assert.equal(said.length, 1);
  const line = said[0]?.args[0];
  assert.equal(said[0]?.args.length, 1);
  assert.ok(typeof line === 'string' && !line.includes('\n'), 'one line of text');
  assert.ok(line.length <= 9_000, `${line.length} characters`);
  return JSON.parse(line) as Row;
}

const info = (fields: LogFields, message = 'm'): Row => only(() => log('info', message, fields));

/** The module as a fresh isolate sees it. */
function fresh(tag: string): Promise<typeof import('../../../rules/console/runtime/edge.ts')> {
  return import(new URL(`../../../rules/console/runtime/edge.ts?${tag}`, import.meta.url).href);
}

Deno.test('a record is one line on the console method of its level', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    const said = capture(() => log(level, 'hello', { a: 1 }));
    assert.deepEqual(said.map(({ method }) => method), [level]);
    const row = JSON.parse(String(said[0]?.args[0])) as Row;
    assert.deepEqual(Object.keys(row), ['level', 'message', 'time', 'a']);
    assert.equal(row.level, level);
    assert.equal(row.time, new Date(row.time).toISOString());
  }
});

Deno.test('a level that the types would refuse is still written', () => {
  const row = only(() => log('fatal' as LogLevel, 'm'));
  assert.equal(row.level, 'info');
});

Deno.test('holes are filled from the redacted fields and the constant is kept', () => {
  const row = info(
    { userId: 7n, token: 'abc', err: new TypeError('bad'), none: undefined, list: [1, 2] },
    'User {userId} has {token}: {err}, {none}, {list}, {nobody} {}',
  );
  assert.equal(row.message, 'User 7 has [redacted]: TypeError: bad, undefined, [1,2], {nobody} {}');
  assert.equal(row.template, 'User {userId} has {token}: {err}, {none}, {list}, {nobody} {}');
  assert.equal(row.userId, '7');
});

Deno.test('a message without holes has no template, and what a value holds is no hole', () => {
  assert.ok(!('template' in info({ a: 1 }, 'json {"a": {b}}')));
  assert.equal(info({ a: '{b}', b: 'secret plan' }, '{a}').message, '{b}');
});

Deno.test('a long value is told in short in the message and in full in its field', () => {
  const row = info({ text: 'x'.repeat(4_000) }, 'Got {text}');
  assert.ok(row.message.length < 300);
  assert.equal(row.text.length, 4_000);
  assert.ok(!('truncated' in row));
});

Deno.test('an error has name, message, stack, cause and its own properties', () => {
  const cause = Object.assign(new RangeError('inner'), { code: '23505', details: 'Key exists', hint: null });
  const { error } = info({ error: new Error('outer', { cause }) });
  assert.equal(error.name, 'Error');
  assert.equal(error.message, 'outer');
  assert.match(error.stack, /^Error: outer\n\s+at .*edge_test\.ts/);
  assert.equal(error.cause.name, 'RangeError');
  assert.match(error.cause.stack, /edge_test/);
  assert.deepEqual([error.cause.code, error.cause.details, error.cause.hint], ['23505', 'Key exists', null]);
});

Deno.test('an AggregateError has its errors; a toJSON of an error hides nothing', () => {
  class DbError extends Error {
    toJSON() {
      return {};
    }
  }
  const { error } = info({ error: new AggregateError([new DbError('one'), 'two'], 'both') });
  assert.equal(error.errors[0].message, 'one');
  assert.match(error.errors[0].stack, /one/);
  assert.equal(error.errors[1], 'two');
});

Deno.test('a supabase-js error that is a plain object keeps every part', () => {
  const error = { message: 'duplicate', code: '23505', details: 'd', hint: 'h' };
  const row = info({ error }, 'Insert failed: {error}');
  assert.deepEqual(row.error, error);
  assert.equal(row.message, 'Insert failed: duplicate');
});

Deno.test('values that JSON has no word for survive', () => {
  class Point {
    x = 1;
    #hidden = 2;
    sum = () => this.x + this.#hidden;
  }
  const row = info({
    big: 12345678901234567890n,
    none: undefined,
    nan: NaN,
    symbol: Symbol('s'),
    fn: function pay() {},
    nil: null,
    map: new Map<string, unknown>([['a', 1], ['token', 'abc']]),
    keyed: new Map([[{ id: 1 }, 'v']]),
    set: new Set([1, 'b']),
    date: new Date(0),
    never: new Date(NaN),
    url: new URL('https://a.test/p?q=1'),
    re: /a+/g,
    bytes: new Uint8Array([1, 255]),
    point: new Point(),
    bare: Object.assign(Object.create(null), { a: 1 }),
    promise: Promise.resolve(1),
    holes: [1, , 3],
  });
  assert.equal(row.big, '12345678901234567890');
  assert.deepEqual([row.none, row.nan, row.symbol, row.fn, row.nil], [
    'undefined',
    'NaN',
    'Symbol(s)',
    '[Function pay]',
    null,
  ]);
  assert.deepEqual(row.map, { a: 1, token: '[redacted]' });
  assert.deepEqual(row.keyed, [[{ id: 1 }, 'v']]);
  assert.deepEqual(row.set, [1, 'b']);
  assert.deepEqual([row.date, row.never], ['1970-01-01T00:00:00.000Z', 'Invalid Date']);
  assert.deepEqual([row.url, row.re, row.bytes], ['https://a.test/p?q=1', '/a+/g', [1, 255]]);
  assert.deepEqual([row.point.x, row.bare, row.promise], [1, { a: 1 }, '[object Promise]']);
  assert.deepEqual(row.holes, [1, 'undefined', 3]);
});

Deno.test('requests, responses, headers, forms and files are told', () => {
  const form = new FormData();
  form.append('tag', 'a');
  form.append('tag', 'b');
  form.append('password', 'hunter2');
  const row = info({
    req: new Request('https://a.test/f', {
      method: 'POST',
      headers: { Authorization: 'Basic Zm9vOmJhcg==', 'x-id': '1' },
    }),
    res: new Response('no', { status: 404, statusText: 'Not Found' }),
    form,
    file: new File(['abc'], 'a.txt', { type: 'text/plain' }),
    query: new URLSearchParams('a=1&b=2'),
    event: new ErrorEvent('error', { message: 'socket broke' }),
    open: new Event('open'),
  });
  assert.deepEqual([row.req.method, row.req.url], ['POST', 'https://a.test/f']);
  assert.deepEqual(row.req.headers, { authorization: '[redacted]', 'x-id': '1' });
  assert.deepEqual([row.res.status, row.res.statusText], [404, 'Not Found']);
  assert.deepEqual(row.form, [['tag', 'a'], ['tag', 'b'], ['password', '[redacted]']]);
  assert.deepEqual(row.file, { name: 'a.txt', type: 'text/plain', size: 3 });
  assert.deepEqual(row.query, { a: '1', b: '2' });
  assert.equal(row.event.message, 'socket broke');
  assert.deepEqual(row.open, { type: 'open' });
});

Deno.test('circles are cut, what is merely shared is told each time', () => {
  const shared = { a: 1 };
  const loop: Row = { shared, again: shared };
  loop.self = loop;
  const error = new Error('e');
  error.cause = error;
  const row = info({ loop, error });
  assert.deepEqual(row.loop, { shared, again: shared, self: '[circular]' });
  assert.equal(row.error.cause, '[circular]');
});

Deno.test('sensitive keys are redacted at any depth and in any spelling', () => {
  const row = info({
    password: 'p',
    apiKey: 'k',
    a: [{ 'X-Api-Key': 'k', refresh_token: 't', SUPABASE_SERVICE_ROLE_KEY: 'k' }],
    session: { user: { id: 1 }, accessToken: 't' },
    cookies: { a: 'b' },
    pin: 1234,
    otp: 123456,
  });
  const hidden = '[redacted]';
  assert.deepEqual([row.password, row.apiKey, row.cookies, row.otp, row.pin], [hidden, hidden, hidden, hidden, 1234]);
  assert.deepEqual(row.a, [{ 'X-Api-Key': hidden, refresh_token: hidden, SUPABASE_SERVICE_ROLE_KEY: hidden }]);
  assert.deepEqual(row.session, { user: { id: 1 }, accessToken: hidden });
});

Deno.test('what only sounds sensitive is kept', () => {
  const fields = {
    hasToken: true,
    token: null,
    usage: { prompt_tokens: 12, total_tokens: 30 },
    tokenCount: 3,
    secretary: 'Ann',
    passwordLength: 8,
    keyboard: 'qwerty',
    authorizationUrl: 'https://a.test',
    password: '',
  };
  const { level: _level, message: _message, time: _time, ...rest } = info(fields);
  assert.deepEqual(rest, fields);
});

Deno.test('values that look like secrets are hidden wherever they stand in a text', () => {
  const key = `sk_live_${'a1B2'.repeat(6)}`;
  const row = info({
    jwt1: JWT,
    note: `got ${JWT}.`,
    key,
    header: 'Authorization: Bearer abc123def456',
    db: 'postgres://app:pa55@db.test/x',
    link: 'https://a.test/cb?access_token=abc&page=2#refresh_token=def',
    body: '{"email":"a@b.c","password":"a \\" b"}',
    prose: 'Bearer authentication is required; skip re_engagement_campaign_sent_at',
    list: [JWT],
  }, `Signed in with ${JWT} by {note}`);
  assert.ok(!JSON.stringify(row).includes('eyJ'));
  assert.equal(row.message, 'Signed in with [redacted] by got [redacted]');
  assert.equal(row.key, '[redacted]');
  assert.equal(row.header, 'Authorization: Bearer [redacted]');
  assert.equal(row.db, 'postgres://app:[redacted]@db.test/x');
  assert.equal(row.link, 'https://a.test/cb?access_token=[redacted]&page=2#refresh_token=[redacted]');
  assert.equal(row.body, '{"email":"a@b.c","password":"[redacted]"}');
  assert.equal(row.prose, 'Bearer authentication is required; skip re_engagement_campaign_sent_at');
  assert.deepEqual(row.list, ['[redacted]']);
});

Deno.test('keys with a well-known prefix are hidden', () => {
  const tail = 'a1B2c3D4e5F6g7H8i9J0';
  const keys = [
    `sk-${tail}`,
    `sk-proj-${tail}`,
    `rk_live_${tail}`,
    `whsec_${tail}`,
    `sbp_${tail}`,
    `sb_secret_${tail}`,
    `ghp_${tail}`,
    `github_pat_${tail}`,
    `glpat-${tail}`,
    `xoxb-1234-${tail}`,
    `re_AbCdEf12_${tail}`,
    `SG.${tail}.${tail}`,
    'AKIAABCDEFGHIJKLMNOP',
    `AIza${tail}${tail}`,
  ];
  for (const key of keys) {
    assert.equal(info({ text: `with "${key}", it failed` }).text, 'with "[redacted]", it failed');
  }
  const harmless = [
    'sk-SK',
    'sk_something_rather_long_here',
    '3f2a9c1e-0000-4000-8000-000000000000',
    'eyJust.a.word',
    'task-a1b2c3d4e5f6g7h8i9',
  ];
  for (const text of harmless) assert.equal(info({ text }).text, text);
});

Deno.test('secrets in the message and stack of an error are hidden', () => {
  const { error } = info({ error: new Error(`bad jwt ${JWT}`) });
  assert.equal(error.message, 'bad jwt [redacted]');
  assert.ok(!error.stack.includes('eyJ'));
});

Deno.test('fields never overwrite what the record says, and none is lost', () => {
  const fields = { level: 'L', message: 'M', time: 'T', template: 'P', truncated: false, message_: 'N', name: 'Bob' };
  const row = info(fields, 'hello {name}');
  assert.deepEqual([row.level, row.message, row.template], ['info', 'hello Bob', 'hello {name}']);
  assert.deepEqual([row.level_, row.message_, row.message__, row.time_, row.template_, row.truncated_, row.name], [
    'L',
    'N',
    'M',
    'T',
    'P',
    false,
    'Bob',
  ]);
  assert.ok(!('truncated' in row));
});

Deno.test('an own key named __proto__ is a field like any other', () => {
  const row = info(JSON.parse('{"a":{"__proto__":{"x":1}}}') as LogFields);
  assert.deepEqual(Object.entries(row.a), [['__proto__', { x: 1 }]]);
});

Deno.test('nothing makes it throw, and each getter is read once', () => {
  let reads = 0;
  const counted = {
    get value() {
      return ++reads;
    },
  };
  const hostile = {
    getter: {
      get x(): never {
        throw new Error('x');
      },
      ok: 1,
    },
    toJSON: {
      toJSON(): never {
        throw new Error('x');
      },
      ok: 2,
    },
    text: {
      toString(): never {
        throw new Error('x');
      },
    },
    proxy: new Proxy({}, {
      ownKeys() {
        throw new Error('no keys');
      },
    }),
    trap: new Proxy({}, {
      get() {
        throw new Error('no');
      },
      getPrototypeOf() {
        throw new Error('no');
      },
    }),
    endless: {
      toJSON() {
        return { again: this };
      },
    },
    counted,
  };
  const row = only(() => log('error', 'm', hostile));
  assert.deepEqual([row.getter, row.toJSON.ok], [{ x: '[unreadable]', ok: 1 }, 2]);
  assert.match(row.proxy, /^\[unreadable: no keys\]$/);
  assert.equal(row.counted.value, 1);
  assert.equal(reads, 1);
  const broken = new Proxy({}, {
    ownKeys() {
      throw new Error('no');
    },
  });
  assert.equal(info(broken).value, '[unreadable: no]');
  const real = globalThis.console;
  globalThis.console = undefined as unknown as Console;
  try {
    assert.doesNotThrow(() => log('info', 'm'));
  } finally {
    globalThis.console = real;
  }
});

Deno.test('callers without types lose nothing either', () => {
  const untyped = log as (level: string, message: unknown, fields?: unknown) => void;
  assert.equal(only(() => untyped('error', 'm', new Error('e'))).error.message, 'e');
  assert.equal(only(() => untyped('error', 'm', 'text')).value, 'text');
  assert.deepEqual(only(() => untyped('error', 'm', [1])).value, [1]);
  const row = only(() => untyped('error', new Error('thrown')));
  assert.equal(row.message, 'Error: thrown');
  assert.match(row.error.stack, /edge_test/);
  assert.equal(only(() => untyped('info', 'm', null)).message, 'm');
});

Deno.test('a long record stays valid, says so and keeps message, error and small fields', () => {
  const deep: Row = { a: Array.from({ length: 500 }, (_, id) => ({ id, title: `row ${id}`, tags: ['x', 'y'] })) };
  const row = info(
    { text: '"\n'.repeat(50_000), deep, error: new Error('boom '.repeat(2_000)), orderId: 7 },
    'Import failed',
  );
  assert.equal(row.truncated, true);
  assert.equal(row.message, 'Import failed');
  assert.equal(row.orderId, 7);
  assert.equal(row.error.name, 'Error');
  assert.match(row.error.message, /^boom boom/);
  assert.match(row.error.stack, /edge_test/);
  assert.deepEqual(row.deep.a[0], { id: 0, title: 'row 0', tags: ['x', 'y'] });
  assert.ok(row.text.length > 500);
});

Deno.test('an error outlives large neighbours', () => {
  const others = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`field${i}`, 'z'.repeat(500)]));
  const row = info({ ...others, error: new Error('boom') }, 'm');
  assert.equal(row.error.message, 'boom');
  assert.match(row.error.stack, /edge_test/);
});

Deno.test('everything that fits is kept whole', () => {
  for (
    const fields of [
      { text: 'x'.repeat(8_800) },
      { list: Array.from({ length: 4_300 }, () => 1) },
      Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`k${i}`, i])),
    ]
  ) {
    const { level: _level, message: _message, time: _time, ...rest } = info(fields);
    assert.deepEqual(rest, fields);
  }
});

Deno.test('any size of input gives one valid line', () => {
  let nested: Row = {};
  for (let i = 0; i < 5_000; i++) nested = { nested };
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, `value ${i}`]));
  const cases: LogFields[] = [
    { nested },
    wide,
    { wide },
    { [`k${'e'.repeat(50_000)}y`]: 1 },
    { emoji: '😀'.repeat(20_000) },
    { control: '\u0001'.repeat(9_000) },
    { map: new Map(Object.entries(wide)) },
    { bytes: new Uint8Array(1_000_000) },
    { list: Array(1_000_000).fill('x') },
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`e${i}`, new Error('y'.repeat(3_000))])),
  ];
  for (const fields of cases) {
    const started = performance.now();
    assert.equal(info(fields, 'm').truncated, true);
    assert.ok(performance.now() - started < 2_000, 'in reasonable time');
  }
  const long = only(() => log('info', 'm'.repeat(30_000)));
  assert.ok(long.truncated && long.message.length > 5_000);
});

Deno.test('hostile texts are searched for secrets in linear time', () => {
  const units = ['eyJ-', 'eyJaaaaaaaaaaa.', '?a', '"a":"', '//:', 'Bearer ', 'sk-', '"\\'];
  for (const unit of units) {
    const started = performance.now();
    info({ text: unit.repeat(20_000) });
    assert.ok(performance.now() - started < 1_000, unit);
  }
});

Deno.test('a named logger and its children put name and fields in each record', () => {
  const logger = createLogger('billing');
  const child = logger.child({ requestId: 'r1', step: 1 }).child({ step: 2 });
  assert.equal(only(() => logger.warn('m')).name, 'billing');
  const row = only(() => child.error('step {step}', { name: 'Bob', requestId: 'r2' }));
  assert.deepEqual([row.level, row.name, row.name_, row.requestId, row.step, row.message], [
    'error',
    'billing',
    'Bob',
    'r2',
    2,
    'step 2',
  ]);
});

Deno.test('more keys can be redacted, beside those that always are', async () => {
  const own = await fresh('redact');
  own.configureLogger({ redact: ['IBAN', 'birth-date', ''] });
  const row = only(() => own.log('info', 'm', { customerIban: 'x', birthDate: 'y', token: 'z', city: 'w' }));
  assert.deepEqual([row.customerIban, row.birthDate, row.token, row.city], [
    '[redacted]',
    '[redacted]',
    '[redacted]',
    'w',
  ]);
});

Deno.test('LOG_LEVEL is the threshold, read with the first record; configureLogger wins', async () => {
  const before = Deno.env.get('LOG_LEVEL');
  try {
    const own = await fresh('level');
    Deno.env.set('LOG_LEVEL', 'WARN');
    const said = capture(() => (['debug', 'info', 'warn', 'error'] as const).forEach((level) => own.log(level, 'm')));
    assert.deepEqual(said.map(({ method }) => method), ['warn', 'error']);
    Deno.env.set('LOG_LEVEL', 'debug');
    assert.equal(capture(() => own.log('info', 'm')).length, 0);
    own.configureLogger({ level: 'info' });
    assert.equal(capture(() => own.log('info', 'm')).length, 1);
    Deno.env.set('LOG_LEVEL', 'loud');
    const odd = await fresh('odd');
    assert.equal(capture(() => odd.log('debug', 'm')).length, 1);
  } finally {
    if (before === undefined) Deno.env.delete('LOG_LEVEL');
    else Deno.env.set('LOG_LEVEL', before);
  }
});

Deno.test({
  name: 'without permission to read the environment everything is written',
  permissions: { env: false, read: true },
  fn: async () => {
    const own = await fresh('denied');
    assert.equal(only(() => own.log('debug', 'm')).level, 'debug');
  },
});

Deno.test('it works where there is no Deno', async () => {
  const real = Object.getOwnPropertyDescriptor(globalThis, 'Deno');
  const own = await fresh('elsewhere');
  Object.defineProperty(globalThis, 'Deno', { value: undefined, configurable: true, writable: true });
  try {
    assert.equal(only(() => own.log('debug', 'm')).level, 'debug');
  } finally {
    if (real) Object.defineProperty(globalThis, 'Deno', real);
  }
});

Deno.test('configureLogger takes nothing for granted', () => {
  configureLogger({});
  assert.equal(info({ token: 'x' }).token, '[redacted]');
});
