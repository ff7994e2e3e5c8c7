// The browser's reads before and after the fix, by users of two tenants, through the edge function, with a real Redis.
import assert from 'node:assert/strict';
import * as direct from './browser-before/src/reads.ts';
import * as cached from './browser-after/src/reads.ts';
import { CacheKeys, invalidate, readThroughOptions } from './browser-after/src/lib/cache/readThrough.ts';
import { A, B, createClient, reads, reset } from './database.ts';
import { type Server, startFront, startRedis } from './rest.ts';

type Handler = (req: Request) => Promise<Response>;

Deno.env.set('SUPABASE_URL', 'http://localhost');
Deno.env.set('SUPABASE_ANON_KEY', 'anon');
Deno.env.set('SUPABASE_SERVICE_ROLE_KEY', 'service');

/** The tenant that the tokens of a user name. `u3` is a member of both; `nobody`'s token names none. */
const TENANTS: Record<string, string | undefined> = { u1: A, u2: A, u3: A, u4: B };

function tokenOf(user: string): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '');
  return `${part({ alg: 'HS256' })}.${part({ sub: user, tenant_id: TENANTS[user] })}.signature`;
}

const handlers = new Map<string, Handler>();
const asked = { count: 0, fails: false, sleeps: 0 };

async function invoke(user: string, name: string, body: unknown): Promise<Response> {
  const path = `./browser-after/supabase/functions/${name}/index.ts`;
  if (!handlers.has(path)) {
    Object.defineProperty(Deno, 'serve', { value: (served: Handler) => handlers.set(path, served), configurable: true });
    await import(new URL(path, import.meta.url).href);
  }
  const headers: HeadersInit = user === '' ? {} : { Authorization: `Bearer ${tokenOf(user)}` };
  return await handlers.get(path)!(new Request('http://localhost/f', { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** A client as the browser of a user has it. */
function clientOf(user: string) {
  const client = createClient('', 'anon', { global: { headers: { Authorization: `Bearer ${tokenOf(user)}` } } });
  const functions = {
    async invoke(name: string, { body }: { body: unknown }) {
      asked.count += 1;
      await new Promise((resolve) => setTimeout(resolve, asked.sleeps));
      if (asked.fails) return { data: null, error: new Error('503') };
      const response = await invoke(user, name, body);
      return response.ok ? { data: await response.json(), error: null } : { data: null, error: new Error(String(response.status)) };
    },
  };
  return { ...client, functions };
}

async function settled(read: Promise<unknown>): Promise<string> {
  return await read.then((value) => JSON.stringify(value), (error) => `error ${error.message}`);
}
const before = (user: string, kind: 'listing' | 'profile', id: string) => settled(direct.readsOf(clientOf(user))[kind](id));
const after = (user: string, kind: 'listing' | 'profile', id: string) => settled(cached.readsOf(clientOf(user))[kind](id));

let redis: Server;
let front: { url: string; stop(): Promise<void> };

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
        const helper = await import('./browser-after/supabase/functions/_shared/read-through.ts');
        helper.readThroughOptions.timeout = 5_000; // The machine may be busy.
        readThroughOptions.timeout = 20_000;
      }
      reset();
      Object.assign(asked, { count: 0, fails: false, sleeps: 0 });
      await invalidate(CacheKeys.listing(clientOf('nobody'), 'none')); // No pause is left over.
      asked.count = 0;
      await redis.command('FLUSHALL');
      await run();
    },
  });
}

async function counted(calls: () => Promise<unknown>): Promise<number> {
  const start = reads.count;
  await calls();
  return reads.count - start;
}

test('every user gets what he got before, whoever asked before him, in any order', async () => {
  const users = ['u1', 'u2', 'u3', 'u4', 'nobody'];
  const wanted = [['listing', 'la'], ['listing', 'lb'], ['listing', 'none'], ['profile', 'p1'], ['profile', 'p2']] as const;
  const all = users.flatMap((user) => wanted.map(([kind, id]) => [user, kind, id] as const));
  let seed = 11;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647);
  const order = Array.from({ length: 300 }, () => all[random() % all.length]!);
  const expected: string[] = [];
  for (const [user, kind, id] of order) expected.push(await before(user, kind, id));
  for (const [index, [user, kind, id]] of order.entries()) {
    assert.equal(await after(user, kind, id), expected[index], `${index}: ${user} ${kind} ${id}`);
  }
  assert.deepEqual(await Promise.all(order.map(([user, kind, id]) => after(user, kind, id))), expected);
  const keys = (await redis.command('KEYS', '*')) as string[];
  const rows = keys.filter((key) => !key.startsWith('rate-limit:'));
  assert.ok(rows.length >= 3 && rows.every((key) => key.startsWith(`${A}:`) || key.startsWith(`${B}:`)), String(keys));
});

test('a row is read once for the users of its tenant, and once for each user where rows are of users', async () => {
  assert.equal(await counted(async () => {
    for (const user of ['u1', 'u2', 'u3', 'u1']) assert.equal(await after(user, 'listing', 'la'), '"Of A"');
  }), 1);
  assert.equal(await counted(async () => {
    for (let round = 0; round < 3; round += 1) assert.equal(await after('u1', 'profile', 'p1'), '"One"');
  }), 1);
  for (const user of ['u2', 'u3', 'u4', 'nobody']) assert.equal(await after(user, 'profile', 'p1'), 'null', user);
});

test("a tenant's row reaches nobody of another", async () => {
  assert.equal(await after('u4', 'listing', 'lb'), '"Of B"');
  assert.equal(await after('u3', 'listing', 'lb'), '"Of B"', 'a member of both');
  for (const user of ['u1', 'u2', 'nobody']) assert.equal(await after(user, 'listing', 'lb'), 'error PGRST116', user);
});

test('the function answers for listed keys and selections, and for users alone', async () => {
  const ask = async (user: string, body: unknown) => {
    const response = await invoke(user, 'read-cache', body);
    return `${response.status} ${await response.text()}`;
  };
  assert.match(await ask('u1', { kind: 'listing', id: 'la', select: '*', ttl: 60 }), /^200 .*"title":"Of A"/);
  for (const body of [
    { kind: 'listing', id: 'la', select: 'title' },
    { kind: 'listing', id: 'la' },
    { kind: 'listing', id: { a: 1 }, select: '*' },
    { kind: 'horse', id: 'la', select: '*' },
    { kind: 'toString', id: 'la', select: '*' },
    { kind: '__proto__', id: 'la', select: '*' },
    null,
    7,
    [],
  ]) {
    assert.equal(await ask('u1', body), '200 {"row":null}', JSON.stringify(body));
  }
  assert.equal(await ask('', { kind: 'listing', id: 'la', select: '*' }), '401 {"error":"unauthorized"}');
  const other = await counted(() => ask('u1', { kind: 'listing', id: 'la', select: '*', ttl: 1e9 }));
  assert.equal(other, 0);
});

test('a change by a function, and one that the browser tells of, is seen at once by all', async () => {
  for (const user of ['u1', 'u2']) await after(user, 'listing', 'la');
  await invoke('u1', 'rename-listing', { id: 'la', title: 'New' });
  for (const user of ['u1', 'u2']) assert.equal(await after(user, 'listing', 'la'), '"New"');
  const admin = createClient('', 'service');
  await redis.command('FLUSHALL'); // What was forgotten just now isn't kept for a while.
  await after('u1', 'listing', 'la');
  await admin.from('marketplace_listings').update({ title: 'Newer' }).eq('id', 'la');
  assert.equal(await after('u2', 'listing', 'la'), '"New"', 'nobody told of it');
  await invalidate(CacheKeys.listing(clientOf('u4'), 'la'));
  assert.equal(await after('u2', 'listing', 'la'), '"New"', "another tenant's user forgets nothing");
  await invalidate(CacheKeys.listing(clientOf('u1'), 'la'));
  assert.equal(await after('u2', 'listing', 'la'), '"Newer"');
});

test('where the function fails or is slow, the query runs, and the function is left alone for a while', async () => {
  asked.fails = true;
  for (let round = 0; round < 3; round += 1) assert.equal(await after('u1', 'listing', 'la'), '"Of A"');
  assert.equal(asked.count, 1);
  await invalidate(null);
  Object.assign(asked, { count: 0, fails: false, sleeps: 400 });
  readThroughOptions.timeout = 30;
  try {
    for (let round = 0; round < 3; round += 1) assert.equal(await after('u1', 'profile', 'p1'), '"One"');
    assert.equal(asked.count, 1);
  } finally {
    readThroughOptions.timeout = 20_000;
  }
});

test('without Redis all get what they got before', async () => {
  const { error } = console;
  console.error = () => {};
  await redis.stop();
  try {
    for (const user of ['u1', 'u4', 'nobody']) {
      for (const id of ['la', 'lb']) assert.equal(await after(user, 'listing', id), await before(user, 'listing', id));
    }
  } finally {
    console.error = error;
    await front.stop();
  }
});

Deno.test('no credential is in what the browser loads', async () => {
  const helper = await Deno.readTextFile(new URL('./browser-after/src/lib/cache/readThrough.ts', import.meta.url));
  for (const word of ['UPSTASH', 'env', 'secret', 'npm:', 'import ']) assert.ok(!helper.includes(word), word);
});
