// The frontend logger, in a browser-like and in a server-like runtime, in development and in production.
import assert from 'node:assert/strict';
import { capture, type Said } from './capture.ts';
import { createLogger, type LogFields, logger, type LogLevel } from '../../../rules/console/runtime/browser.ts';

const JWT = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P';
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function only(act: () => void): unknown[] {
  const said: Said[] = capture(act);
  assert.equal(said.length, 1);
  return said[0]?.args ?? [];
}

/** The module as a page or server loads it, with these globals; `undefined` stands for none. */
async function loaded(tag: string, globals: Record<string, unknown>) {
  const real = Object.keys(globals).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)] as const);
  for (const [key, value] of Object.entries(globals)) {
    delete (globalThis as Record<string, unknown>)[key];
    if (value !== undefined) Object.defineProperty(globalThis, key, { value, configurable: true });
  }
  try {
    const url = new URL(`../../../rules/console/runtime/browser.ts?${tag}`, import.meta.url);
    return (await import(url.href)) as typeof import('../../../rules/console/runtime/browser.ts');
  } finally {
    for (const [key, descriptor] of real) {
      delete (globalThis as Record<string, unknown>)[key];
      if (descriptor) Object.defineProperty(globalThis, key, descriptor);
    }
  }
}

const env = (NODE_ENV: string) => ({ env: { NODE_ENV } });
const spoken = (own: { logger: typeof logger }) =>
  capture(() => LEVELS.forEach((level) => own.logger[level]('m'))).map(({ method }) => method);

Deno.test('production pages say nothing below warn', async () => {
  assert.deepEqual(spoken(await loaded('page', { document: {}, process: env('production') })), ['warn', 'error']);
});

Deno.test('development pages, pages without a bundler and servers say everything', async () => {
  assert.deepEqual(spoken(await loaded('dev', { document: {}, process: env('development') })), [...LEVELS]);
  assert.deepEqual(spoken(await loaded('plain', { document: {}, process: undefined })), [...LEVELS]);
  assert.deepEqual(spoken(await loaded('ssr', { document: undefined, process: env('production') })), [...LEVELS]);
});

Deno.test('configureLogger sets the level and more keys to hide', async () => {
  const own = await loaded('own', { document: {}, process: env('production') });
  own.configureLogger({ level: 'info', redact: ['iban'] });
  assert.deepEqual(spoken(own), ['info', 'warn', 'error']);
  assert.deepEqual(only(() => own.logger.info('m', { userIban: 'x', token: 'y' })), ['m', {
    userIban: '[redacted]',
    token: '[redacted]',
  }]);
});

Deno.test('message and live objects go to the method of the level', () => {
  const user = { id: 1, nested: { a: [1] } };
  const map = new Map([['a', user]]);
  for (const level of LEVELS) {
    const said = capture(() => logger[level]('hello', { user, map, big: 1n, none: undefined }));
    assert.deepEqual(said.map(({ method }) => method), [level]);
    const [message, fields] = said[0]?.args as [string, LogFields];
    assert.equal(message, 'hello');
    assert.ok(fields.user === user && fields.map === map && fields.big === 1n && 'none' in fields);
  }
  assert.deepEqual(only(() => logger.info('alone')), ['alone']);
  assert.deepEqual(only(() => logger.info('alone', {})), ['alone']);
});

Deno.test('a message never acts as a format', () => {
  assert.deepEqual(only(() => logger.info('100% sure, %s and %d', { a: 1 })), ['100% sure, %%s and %%d', { a: 1 }]);
  assert.deepEqual(only(() => logger.info('%s %c')), ['%s %c']);
});

Deno.test('an error is an argument of its own', () => {
  const error = new TypeError('bad');
  const [message, live, rest] = only(() => logger.error('Failed', { error, id: 7 }));
  assert.equal(message, 'Failed');
  assert.equal(live, error);
  assert.deepEqual(rest, { id: 7 });
  assert.equal(only(() => logger.error('Failed', { error })).length, 2);
  const cause = { message: 'duplicate', code: '23505', details: null, hint: null };
  assert.deepEqual(only(() => logger.error('Failed', { error: cause })), ['Failed', { error: cause }]);
});

Deno.test('holes are filled from the fields, without their secrets', () => {
  const fields = {
    id: 7,
    token: 'abc',
    user: { login: { otp: 123456 } },
    err: new Error('bad'),
    loop: {} as LogFields,
  };
  fields.loop.self = fields.loop;
  const [message] = only(() => logger.info('{id} {token} {user} {err} {loop} {none} {toString}', fields));
  assert.equal(
    message,
    '7 [redacted] {"login":{"otp":"[redacted]"}} Error: bad [object Object] {none} {toString}',
  );
  assert.ok(String(only(() => logger.info('{text}', { text: 'x'.repeat(5_000) }))[0]).length < 300);
});

Deno.test('secrets are masked in a copy; the objects themselves stay as they are', () => {
  const session = { user: 'Ann', access_token: 'abc', expires: 1 };
  const list = [session];
  const args = only(() =>
    logger.info(`jwt ${JWT}`, { session, list, header: `x ${JWT}`, password: 'p', hasToken: true })
  );
  assert.deepEqual(args, ['jwt [redacted]', {
    session: { user: 'Ann', access_token: '[redacted]', expires: 1 },
    list,
    header: 'x [redacted]',
    password: '[redacted]',
    hasToken: true,
  }]);
  assert.equal(session.access_token, 'abc');
  assert.equal((args[1] as LogFields).list, list);
});

Deno.test('names and children', () => {
  const child = createLogger('cart').child({ step: 1 }).child({ step: 2 });
  assert.deepEqual(only(() => child.warn('step {step}', { id: 1 })), ['[cart] step 2', { step: 2, id: 1 }]);
  assert.deepEqual(only(() => logger.child({ a: 1 }).debug('m')), ['m', { a: 1 }]);
});

Deno.test('methods work when they are taken off the logger', () => {
  const { info } = logger;
  assert.deepEqual(only(() => info('m')), ['m']);
});

Deno.test('nothing makes it throw', () => {
  const hostile = {
    get getter(): never {
      throw new Error('x');
    },
    proxy: new Proxy({}, {
      ownKeys() {
        throw new Error('x');
      },
      getPrototypeOf() {
        throw new Error('x');
      },
    }),
    inner: {
      get password(): never {
        throw new Error('x');
      },
    },
  };
  const [message] = only(() => logger.error('m {proxy} {getter}', hostile));
  assert.equal(message, 'm [object Object] [unreadable]');
  const broken = new Proxy({}, {
    ownKeys() {
      throw new Error('x');
    },
  });
  assert.equal(only(() => logger.info('m', broken)).length, 2);
  const real = globalThis.console;
  globalThis.console = undefined as unknown as Console;
  try {
    assert.doesNotThrow(() => logger.info('m'));
  } finally {
    globalThis.console = real;
  }
});

Deno.test('callers without types lose nothing', () => {
  const untyped = logger.error as (message: unknown, fields?: unknown) => void;
  const error = new Error('bad');
  assert.deepEqual(only(() => untyped('m', error)), ['m', error]);
  assert.deepEqual(only(() => untyped('m', 'text')), ['m', { value: 'text' }]);
  assert.deepEqual(only(() => untyped(error)), ['Error: bad', error]);
  assert.equal(capture(() => (logger as unknown as Record<LogLevel, typeof untyped>).info('m', null)).length, 1);
});

Deno.test('a value that throws whatever is asked of it loses no record', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const [message, fields] = only(() => logger.info('Got {value} of {total}', { value: proxy, total: 3 }));
  assert.equal(message, 'Got [unreadable] of 3');
  assert.equal((fields as LogFields).total, 3);
});
