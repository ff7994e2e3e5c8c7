// The same functions before and after the fix, called by users of two tenants, with a real Redis.
import assert from 'node:assert/strict';
import { A, B, reads, reset, tables } from './database.ts';
import { type Server, startFront, startRedis } from './rest.ts';

type Handler = (req: Request) => Promise<Response>;
type Call = (user: string, name: string, body: Record<string, string>) => Promise<string>;

Deno.env.set('SUPABASE_URL', 'http://localhost');
Deno.env.set('SUPABASE_ANON_KEY', 'anon');
Deno.env.set('SUPABASE_SERVICE_ROLE_KEY', 'service');

/** The tenant that the tokens of a user name. `u3` is a member of both. */
const TENANTS: Record<string, string | undefined> = { u1: A, u2: A, u3: A, u4: B };

function request(user: string, body: unknown): Request {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '');
  const token = `${part({ alg: 'HS256' })}.${part({ sub: user, tenant_id: TENANTS[user] })}.signature`;
  return new Request('http://localhost/f', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
}

const handlers = new Map<string, Handler>();

function caller(version: 'before' | 'after'): Call {
  return async (user, name, body) => {
    const path = `./${version}/supabase/functions/${name}/index.ts`;
    if (!handlers.has(path)) {
      Object.defineProperty(Deno, 'serve', { value: (served: Handler) => handlers.set(path, served), configurable: true });
      await import(new URL(path, import.meta.url).href);
    }
    const response = await handlers.get(path)!(request(user, body));
    return `${response.status} ${await response.text()}`;
  };
}
const [before, after] = [caller('before'), caller('after')];

let redis: Server;
let front: { url: string; stop(): Promise<void> };

/** With a Redis of its own, which is the same server emptied: the functions are loaded once. */
function test(name: string, run: () => Promise<void>) {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      if (!redis) {
        redis = await startRedis();
        front = startFront(redis.port, 'secret');
        Deno.env.set('UPSTASH_REDIS_REST_URL', front.url);
        Deno.env.set('UPSTASH_REDIS_REST_TOKEN', 'secret');
        const { readThroughOptions } = await import('./after/supabase/functions/_shared/read-through.ts');
        readThroughOptions.timeout = 5_000; // The machine may be busy.
      }
      reset();
      await redis.command('FLUSHALL');
      await run();
    },
  });
}

/** How many reads of the database some calls take. */
async function counted(calls: () => Promise<unknown>): Promise<number> {
  const start = reads.count;
  await calls();
  return reads.count - start;
}

test('every caller gets what he got before, whoever asked before him, in any order', async () => {
  const users = ['u1', 'u2', 'u3', 'u4', 'nobody'];
  const asked: [string, Record<string, string>][] = [
    ['get-listing', { id: 'la' }],
    ['get-listing', { id: 'lb' }],
    ['get-listing', { id: 'none' }],
    ['admin-listing', { id: 'la' }],
    ['admin-listing', { id: 'lb' }],
    ['get-profile', { id: 'p1' }],
    ['get-profile', { id: 'p2' }],
    ['card', { id: 'p1', listing: 'la' }],
    ['card', { id: 'p2', listing: 'lb' }],
    ['card', { listing: 'lb' }],
  ];
  const all = users.flatMap((user) => asked.map(([name, body]) => [user, name, body] as const));
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647);
  const order = Array.from({ length: 400 }, () => all[random() % all.length]!);
  const expected: string[] = [];
  const plain = await counted(async () => {
    for (const [user, name, body] of order) expected.push(await before(user, name, body));
  });
  const cached = await counted(async () => {
    for (const [index, [user, name, body]] of order.entries()) {
      assert.equal(await after(user, name, body), expected[index], `${index}: ${user} ${name} ${JSON.stringify(body)}`);
    }
  });
  assert.ok(cached < plain * 0.75, `${cached} reads instead of ${plain}`);
  // All at once as well.
  const answers = await Promise.all(order.map(([user, name, body]) => after(user, name, body)));
  assert.deepEqual(answers, expected);
  const keys = (await redis.command('KEYS', '*')) as string[];
  assert.ok(keys.length >= 4 && keys.every((key) => key.startsWith(`${A}:`) || key.startsWith(`${B}:`)), String(keys));
});

test('users of one tenant share a row of it', async () => {
  const count = await counted(async () => {
    for (const user of ['u1', 'u2', 'u3', 'u1']) assert.equal(await after(user, 'get-listing', { id: 'la' }), '200 {"title":"Of A"}');
  });
  assert.equal(count, 1);
});

test("a tenant's row reaches nobody of another, be it read before by who may, or by the service role", async () => {
  assert.equal(await after('u4', 'get-listing', { id: 'lb' }), '200 {"title":"Of B"}');
  assert.equal(await after('u1', 'admin-listing', { id: 'lb' }), '200 {"title":"Of B"}');
  // A member of both whose token names A.
  assert.equal(await after('u3', 'get-listing', { id: 'lb' }), '200 {"title":"Of B"}');
  for (const user of ['u1', 'u2', 'nobody']) assert.equal(await after(user, 'get-listing', { id: 'lb' }), '404 {"code":"PGRST116"}');
  const together = await Promise.all(['u3', 'u1', 'u3', 'u2'].map((user) => after(user, 'get-listing', { id: 'lb' })));
  assert.deepEqual(together.map((answer) => answer.slice(0, 3)), ['200', '404', '200', '404']);
});

test('what one user may see reaches no other of the same tenant', async () => {
  for (let round = 0; round < 2; round += 1) {
    assert.match(await after('u1', 'get-profile', { id: 'p1' }), /"name":"One"/);
    assert.match(await after('u2', 'get-profile', { id: 'p1' }), /"name":null/);
  }
  const count = await counted(() => after('u1', 'get-profile', { id: 'p1' }));
  assert.equal(count, 1, 'the list is read, and the profile is not');
});

test('what a function is given of its caller tells users and tenants apart', async () => {
  for (let round = 0; round < 2; round += 1) {
    assert.equal(await after('u1', 'card', { id: 'p1', listing: 'la' }), '200 "One: Of A"');
    assert.equal(await after('u2', 'card', { id: 'p1', listing: 'la' }), '200 "nobody: Of A"');
    assert.equal(await after('u4', 'card', { id: 'p1', listing: 'la' }), '200 "nobody: PGRST116"');
  }
  const count = await counted(() => after('u1', 'card', { id: 'p1', listing: 'la' }));
  assert.equal(count, 0, 'both rows are kept');
});

test('without a tenant nothing is kept', async () => {
  const count = await counted(async () => {
    for (let time = 0; time < 3; time += 1) await after('nobody', 'admin-listing', { id: 'la' });
  });
  assert.equal(count, 3);
  assert.deepEqual(await redis.command('KEYS', '*'), []);
});

test('a change is seen at once, by all', async () => {
  for (const user of ['u1', 'u2']) await after(user, 'get-listing', { id: 'la' });
  await after('u1', 'admin-listing', { id: 'la' });
  assert.equal(await after('u2', 'rename-listing', { id: 'la', title: 'New' }), '200 {"error":null}');
  for (const user of ['u1', 'u2']) assert.equal(await after(user, 'get-listing', { id: 'la' }), '200 {"title":"New"}');
  assert.equal(await after('u1', 'admin-listing', { id: 'la' }), '200 {"title":"New"}');
  assert.equal(tables.marketplace_listings![0]!.title, 'New');
});

test('without Redis all get what they got before', async () => {
  const { error } = console;
  console.error = () => {};
  await redis.stop();
  try {
    for (const user of ['u1', 'u4', 'nobody']) {
      for (const id of ['la', 'lb']) assert.equal(await after(user, 'get-listing', { id }), await before(user, 'get-listing', { id }));
    }
    assert.equal(await after('u2', 'rename-listing', { id: 'la', title: 'New' }), '200 {"error":null}');
    assert.equal(await after('u1', 'get-listing', { id: 'la' }), '200 {"title":"New"}');
  } finally {
    console.error = error;
    await front.stop();
  }
});
