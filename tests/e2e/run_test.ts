// The demo before and after its fix, side by side: the same requests get the same answers, what was logged is in records,
// and whoever asks too often is refused.
import assert from 'node:assert/strict';
import { calls } from './database.ts';
import { startFront, startRedis } from './rest.ts';

type Handler = (req: Request) => Response | Promise<Response>;

const A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const NIL = '00000000-0000-0000-0000-000000000000';
const KEY = 'a-service-role-key-of-the-project';
Deno.env.set('SUPABASE_SERVICE_ROLE_KEY', KEY);
Deno.env.set('SUPABASE_URL', 'http://localhost');
Deno.env.set('SUPABASE_ANON_KEY', 'anon');

const handlers = new Map<string, Handler>();

/** What a function serves, before or after the fix. */
async function handlerOf(version: 'before' | 'after', name: string): Promise<Handler> {
  const path = `./${version}/supabase/functions/${name}/index.ts`;
  const known = handlers.get(path);
  if (known) return known;
  let served: Handler | undefined;
  Object.defineProperty(Deno, 'serve', { value: (handler: Handler) => (served = handler), configurable: true });
  const module = await import(new URL(path, import.meta.url).href);
  const handler = served ?? module.default?.fetch?.bind(module.default) ?? module.default;
  assert.equal(typeof handler, 'function', path);
  handlers.set(path, handler);
  return handler;
}

function encoded(value: unknown): string {
  return btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

let user = 0;

function request(body: unknown, method = 'POST', claims: Record<string, unknown> = {}): Request {
  const authorization = `Bearer ${encoded({ alg: 'HS256' })}.${encoded({ sub: `u${user++}`, ...claims })}.x`;
  const headers = { authorization, 'content-type': 'application/json', 'cf-connecting-ip': `203.0.113.${user % 250}` };
  return new Request('http://localhost/f', { method, headers, ...(method === 'OPTIONS' ? {} : { body: JSON.stringify(body) }) });
}

type Line = { method: string; args: unknown[] };

/** Lets `work` run, and gives back what it wrote to the console. */
async function listening<T>(work: () => Promise<T>): Promise<[T, Line[]]> {
  const lines: Line[] = [];
  const names = ['log', 'info', 'warn', 'error', 'debug', 'table', 'time', 'timeEnd'] as const;
  const own = Object.fromEntries(names.map((name) => [name, console[name]]));
  for (const name of names) console[name] = (...args: unknown[]) => void lines.push({ method: name, args });
  try {
    return [await work(), lines];
  } finally {
    Object.assign(console, own);
  }
}

const answer = async (response: Response) => [response.status, await response.text(), response.headers.get('content-type')];

const redis = await startRedis();
const front = startFront(redis.port, 'secret');
Deno.env.set('UPSTASH_REDIS_REST_URL', front.url);
Deno.env.set('UPSTASH_REDIS_REST_TOKEN', 'secret');

function test(name: string, work: () => Promise<void>) {
  Deno.test({ name, fn: work, sanitizeOps: false, sanitizeResources: false });
}

for (const [name, body] of [
  ['create-order', { customerId: 'c', items: [1, 2] }],
  ['list-orders', {}],
  ['forward-invoice', { a: 1 }],
  ['orders-api', {}],
  ['export-orders', { format: 'xlsx' }],
] as const) {
  test(`${name} answers as before, and logs what it logged`, async () => {
    for (const method of ['POST', 'OPTIONS']) {
      if (method === 'OPTIONS' && ['forward-invoice', 'export-orders'].includes(name)) continue;
      const [before, after] = [await handlerOf('before', name), await handlerOf('after', name)];
      const [was, said] = await listening(async () => await answer(await before(request(body, method))));
      const [is, records] = await listening(async () => await answer(await after(request(body, method))));
      assert.deepEqual(is, was);
      assert.equal(records.length, said.length, 'a record for each line');
      records.forEach(({ args }, index) => {
        const record = JSON.parse(String(args[0]));
        assert.equal(typeof record.message, 'string');
        assert.ok(['debug', 'info', 'warn', 'error'].includes(record.level));
        // What stood in the line is somewhere in the record.
        const whole = JSON.stringify(record);
        for (const argument of said[index]!.args.slice(1)) {
          if (typeof argument !== 'object') assert.ok(whole.includes(String(argument)), `${argument} in ${whole}`);
        }
      });
    }
  });
}

test('the tenant of the token reaches the database, before it was the same for all', async () => {
  for (const [version, expected] of [['before', NIL], ['after', A]] as const) {
    calls.length = 0;
    const handler = await handlerOf(version, 'create-order');
    await listening(async () => await handler(request({ customerId: 'c', items: [] }, 'POST', { tenant_id: A })));
    assert.deepEqual(calls.map(({ body }) => body.p_tenant_id ?? body.tenant_id), [expected, expected]);
  }
});

test('who asks too often is refused, others are not', async () => {
  const handler = await handlerOf('after', 'orders-api');
  const same = () => handler(request({}, 'POST', { sub: 'greedy' }));
  const statuses: number[] = [];
  for (let index = 0; index < 11; index += 1) statuses.push((await same()).status);
  assert.deepEqual(statuses, [...Array(10).fill(200), 429]);
  assert.equal((await handler(request({}, 'POST', { sub: 'modest' }))).status, 200);
  await redis.stop();
  await front.stop();
});
