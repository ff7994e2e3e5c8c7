// The helper of the rule read-through, with a real Redis behind a REST front.
import assert from 'node:assert/strict';
import { type Server, startFront, startRedis } from './rest.ts';

type Helper = typeof import('./read-through.ts');
interface World {
  redis: Server;
  /** The helper as a new isolate has it, with that Redis. */
  isolate(): Promise<Helper>;
}

const [TENANT, OTHER] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const ID = 'aaaaaaaa-0000-4000-8000-000000000001';
let loaded = 0;

async function load(url: string | undefined): Promise<Helper> {
  if (url === undefined) Deno.env.delete('UPSTASH_REDIS_REST_URL');
  else Deno.env.set('UPSTASH_REDIS_REST_URL', url);
  Deno.env.set('UPSTASH_REDIS_REST_TOKEN', 'secret');
  loaded += 1;
  const helper = (await import(`./read-through.ts?${loaded}`)) as Helper;
  assert.equal(helper.readThroughOptions.timeout, 50);
  helper.readThroughOptions.timeout = 5_000; // The machine may be busy: only the test of time itself goes by the clock.
  return helper;
}

function withRedis(name: string, test: (world: World) => Promise<void>) {
  Deno.test({
    name,
    sanitizeOps: false, // What is given up on after a timeout may still be under way.
    sanitizeResources: false,
    async fn() {
      const redis = await startRedis();
      const front = startFront(redis.port, 'secret');
      try {
        await test({ redis, isolate: () => load(front.url) });
      } finally {
        await redis.stop();
        await front.stop();
      }
    },
  });
}

/** Something to read that counts how often it is read. */
function source<T>(value: T) {
  const read = Object.assign(
    async () => {
      read.count += 1;
      await sleep(1);
      return read.value;
    },
    { count: 0, value },
  );
  return read;
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function quiet(work: () => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const { error, warn } = console;
  console.error = console.warn = (line: string) => void said.push(line);
  try {
    await work();
  } finally {
    Object.assign(console, { error, warn });
  }
  return said;
}

withRedis('a miss reads, a hit does not, in other isolates either', async ({ isolate }) => {
  const [one, two] = [await isolate(), await isolate()];
  const read = source({ id: ID, title: 'Größe ✓', tags: ['a'], price: null });
  const key = one.CacheKeys.listing(TENANT, ID);
  assert.deepEqual(await one.readThrough(key, 60, read), read.value);
  assert.deepEqual(await one.readThrough(key, 60, read), read.value);
  assert.deepEqual(await two.readThrough(two.CacheKeys.listing(TENANT, ID), 60, read), read.value);
  assert.equal(read.count, 1);
});

withRedis('what is kept expires, never later than asked for', async ({ isolate }) => {
  const helper = await isolate();
  const read = source('one');
  const key = helper.CacheKeys.listing(TENANT, ID);
  await helper.readThrough(key, 1, read);
  read.value = 'two';
  assert.equal(await helper.readThrough(key, 1, read), 'one');
  await sleep(1_020);
  assert.equal(await helper.readThrough(key, 1, read), 'two');
});

withRedis('values do not expire all at once', async ({ isolate, redis }) => {
  const helper = await isolate();
  const ids = Array.from({ length: 30 }, (_, index) => index + 1);
  for (const id of ids) await helper.readThrough(helper.CacheKeys.horse(TENANT, id), 1_000, source(id));
  const left = await Promise.all(ids.map((id) => redis.command('PTTL', `${TENANT}:cache:horse:${id}`)));
  const times = left.map(Number);
  assert.ok(times.every((time) => time > 840_000 && time <= 1_000_000), String(times));
  assert.ok(Math.max(...times) - Math.min(...times) > 10_000, String(times));
});

withRedis('a stampede of 100 reads once, and each gets a copy of its own', async ({ isolate }) => {
  const helper = await isolate();
  const read = source({ tags: ['a'] });
  const key = () => helper.CacheKeys.listing(TENANT, ID);
  const all = await Promise.all(Array.from({ length: 100 }, () => helper.readThrough(key(), 60, read)));
  assert.equal(read.count, 1);
  all[0]!.tags.push('mine');
  assert.deepEqual(all[1], { tags: ['a'] });
  assert.deepEqual(await helper.readThrough(key(), 60, read), { tags: ['a'] });
});

withRedis('tenants, users and variants are kept apart', async ({ isolate }) => {
  const { readThrough, CacheKeys } = await isolate();
  const keys = [
    CacheKeys.listing(TENANT, ID),
    CacheKeys.listing(OTHER, ID),
    CacheKeys.profile(TENANT, ID),
    CacheKeys.listing(TENANT, ID, { user: 'u1' }),
    CacheKeys.listing(TENANT, ID, { user: 'u2' }),
    CacheKeys.listing(TENANT, ID, { variant: 'u1' }),
    CacheKeys.listing(TENANT, ID, { user: 'u1', variant: 'v' }),
    CacheKeys.listing('a:cache:listing:b', 'c'),
    CacheKeys.listing('a', 'b:cache:listing:c'),
    CacheKeys.listing('a', 'b', { user: 'c:d' }),
    CacheKeys.listing('a', 'b', { user: 'c', variant: 'd' }),
  ];
  for (const round of ['miss', 'hit']) {
    for (const [index, key] of keys.entries()) {
      const read = source(index);
      assert.equal(await readThrough(key, 60, read), index);
      assert.equal(read.count, round === 'miss' ? 1 : 0);
    }
  }
});

withRedis('nothing is kept without a tenant, a user that is asked for, or a plain id', async ({ isolate }) => {
  const { CacheKeys, readThrough, invalidate } = await isolate();
  const uuid = ID.toUpperCase();
  for (const tenant of [undefined, null, '', 7, new Response(), {}]) assert.equal(CacheKeys.listing(tenant, ID), null);
  const other = ['', ' 7', '07', '+7', '7.0', '1e3', uuid, ID.replaceAll('-', ''), `{${ID}}`, '\ud800', 'a'.repeat(201), NaN, 1.5, null, undefined, {}];
  for (const id of other) assert.equal(CacheKeys.listing(TENANT, id), null, String(id));
  for (const user of [undefined, null, '']) assert.equal(CacheKeys.listing(TENANT, ID, { user }), null);
  for (const id of [ID, 7, 7n, '7', 'golden-horse', 'Ünï']) assert.notEqual(CacheKeys.listing(TENANT, id), null, String(id));
  const read = source('x');
  for (let time = 0; time < 3; time += 1) await readThrough(null, 60, read);
  await Promise.all([1, 2].map(() => readThrough(null, 60, read)));
  assert.equal(read.count, 5);
  await invalidate(null);
});

withRedis('errors are never kept, nor shared', async ({ isolate }) => {
  const helper = await isolate();
  const key = helper.CacheKeys.listing(TENANT, ID);
  let count = 0;
  const failing = async () => {
    count += 1;
    await sleep(1);
    throw new Error(`failure ${count}`);
  };
  await assert.rejects(helper.readThrough(key, 60, failing), /failure 1/);
  await assert.rejects(helper.readThrough(key, 60, failing), /failure 2/);
  const answers = await Promise.allSettled([1, 2, 3].map(() => helper.readThrough(key, 60, failing)));
  assert.ok(answers.every((answer) => answer.status === 'rejected'));
  assert.equal(count, 5);
  assert.equal(await helper.readThrough(key, 60, source('well')), 'well');
});

withRedis('a query answers as supabase-js does, and its errors are never kept', async ({ isolate }) => {
  const helper = await isolate();
  const key = helper.CacheKeys.listing(TENANT, ID);
  const error = { code: 'PGRST116', message: 'no rows' };
  const broken = source({ data: null, error, count: null, status: 406, statusText: 'Not Acceptable' });
  for (let time = 0; time < 2; time += 1) assert.deepEqual(await helper.readThroughRow(key, 60, broken), broken.value);
  assert.equal(broken.count, 2);
  const row = source({ data: { id: ID }, error: null, count: null, status: 200, statusText: 'OK' });
  for (let time = 0; time < 3; time += 1) assert.deepEqual(await helper.readThroughRow(key, 60, row), row.value);
  assert.equal(row.count, 1);
  const thrown = () => Promise.reject(new TypeError('network'));
  await assert.rejects(helper.readThroughRow(helper.CacheKeys.listing(OTHER, ID), 60, thrown), TypeError);
  const none = source({ data: null, error: null, count: null, status: 200, statusText: 'OK' });
  for (let time = 0; time < 2; time += 1) await helper.readThroughRow(helper.CacheKeys.event(TENANT, ID), 60, none);
  assert.equal(none.count, 2);
});

withRedis('what is not there is not kept', async ({ isolate }) => {
  const helper = await isolate();
  for (const value of [null, undefined, []]) {
    const read = source<unknown>(value);
    const key = helper.CacheKeys.listing(TENANT, ID);
    for (let time = 0; time < 2; time += 1) assert.deepEqual(await helper.readThrough(key, 60, read), value);
    assert.equal(read.count, 2);
  }
});

withRedis('values that JSON loses are not kept, and come back whole', async ({ isolate }) => {
  const helper = await isolate();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  class Point {
    x = 1;
  }
  const lost = [new Date(0), 1n, NaN, -0, { a: undefined }, new Map([[1, 2]]), [, 1], new Point(), { toJSON: () => 1 }, circle, () => 1];
  for (const [index, value] of lost.entries()) {
    const read = source<unknown>(value);
    const key = helper.CacheKeys.event(TENANT, index + 1);
    const all = await Promise.all([1, 2, 3].map(() => helper.readThrough(key, 60, read)));
    assert.ok(all.every((one) => Object.is(one, value)), String(index));
    assert.equal(read.count, 3);
  }
  const kept = [0, false, '', 'ü\u2028\ud800', [[1], { a: null }], JSON.parse('{"__proto__":{"a":1}}'), 1e21];
  for (const [index, value] of kept.entries()) {
    const read = source<unknown>(value);
    const key = helper.CacheKeys.horse(TENANT, index + 1);
    for (let time = 0; time < 2; time += 1) assert.deepEqual(await helper.readThrough(key, 60, read), value);
    assert.equal(read.count, 1, String(index));
  }
});

withRedis('large values are not kept', async ({ isolate }) => {
  const helper = await isolate();
  for (const [length, count] of [[99_000, 1], [100_001, 2]] as const) {
    const read = source('a'.repeat(length));
    const key = helper.CacheKeys.listing(TENANT, length);
    for (let time = 0; time < 2; time += 1) assert.equal((await helper.readThrough(key, 60, read)).length, length);
    assert.equal(read.count, count);
  }
});

withRedis("a row of another tenant is neither kept under the caller's, nor shared", async ({ isolate }) => {
  const helper = await isolate();
  const key = () => helper.CacheKeys.listing(TENANT, ID, { tenantColumn: 'tenant_id' });
  const foreign = source({ id: ID, tenant_id: OTHER });
  await Promise.all([1, 2].map(() => helper.readThrough(key(), 60, foreign)));
  await helper.readThrough(key(), 60, foreign);
  assert.equal(foreign.count, 3);
  const own = source({ id: ID, tenant_id: TENANT });
  for (let time = 0; time < 2; time += 1) await helper.readThrough(key(), 60, own);
  assert.equal(own.count, 1);
});

withRedis('an invalidation empties a key for all users, and keeps out reads that began before it', async ({ isolate }) => {
  const [helper, other] = [await isolate(), await isolate()];
  const read = source('old');
  const keys = ({ CacheKeys }: Helper) => ['u1', 'u2'].map((user) => CacheKeys.listing(TENANT, ID, { user }));
  for (const key of keys(helper)) await helper.readThrough(key, 60, read);
  const stays = source('stays');
  await helper.readThrough(helper.CacheKeys.listing(TENANT, 7), 60, stays);
  // A slow read in each isolate that sees the row as it was.
  let go = () => {};
  const wait = new Promise<void>((resolve) => (go = resolve));
  const slowly = async () => {
    await wait;
    return 'old';
  };
  const late = helper.CacheKeys.listing(TENANT, ID, { user: 'u3' });
  const under = [helper, other].map((one) => one.readThrough(late, 60, slowly));
  await sleep(20);
  await helper.invalidate(helper.CacheKeys.listing(TENANT, ID));
  read.value = 'new';
  assert.equal(await helper.readThrough(late, 60, read), 'new');
  go();
  assert.deepEqual(await Promise.all(under), ['old', 'old']);
  for (const one of [helper, other]) {
    for (const key of [...keys(one), late]) assert.equal(await one.readThrough(key, 60, read), 'new');
  }
  assert.equal(await helper.readThrough(helper.CacheKeys.listing(TENANT, 7), 60, stays), 'stays');
  assert.equal(stays.count, 1);
});

withRedis('a Redis that is killed in the middle, or hangs, lets reads go through', async ({ isolate, redis }) => {
  const helper = await isolate();
  const read = source('row');
  const key = helper.CacheKeys.listing(TENANT, ID);
  await helper.readThrough(key, 60, read);
  helper.readThroughOptions.timeout = 50;
  const said = await quiet(async () => {
    redis.pause();
    const started = Date.now();
    assert.equal(await helper.readThrough(key, 60, read), 'row');
    const took = Date.now() - started;
    assert.ok(took < 400, `${took} ms`);
    assert.equal(read.count, 2);
    // It isn't asked again for a while.
    const again = Date.now();
    await helper.readThrough(key, 60, read);
    assert.ok(Date.now() - again < 45, `${Date.now() - again} ms`);
    redis.resume();
    await sleep(2_100);
    await helper.readThrough(key, 60, read);
    assert.equal(read.count, 3, 'it is asked again');
    const all = Array.from({ length: 50 }, (_, id) => helper.readThrough(helper.CacheKeys.event(TENANT, id + 1), 60, read));
    await redis.stop();
    assert.deepEqual(new Set(await Promise.all(all)), new Set(['row']));
    assert.equal(await helper.readThrough(key, 60, source('row')), 'row');
    await helper.invalidate(key); // Nor does this throw.
  });
  assert.ok(said.some((line) => line.includes("the cache can't be asked, reads go through")), String(said));
  assert.ok(said.some((line) => line.includes("can't be invalidated")), String(said));
});

withRedis('what somebody else wrote under a key counts as nothing', async ({ isolate, redis }) => {
  const helper = await isolate();
  await redis.command('HSET', `${TENANT}:cache:listing:7`, ':', '{"broken');
  await quiet(async () => {
    assert.equal(await helper.readThrough(helper.CacheKeys.listing(TENANT, 7), 60, source('row')), 'row');
  });
});

Deno.test('without a Redis, reads go through', async () => {
  const helper = await load(undefined);
  const read = source('row');
  const said = await quiet(async () => {
    for (let time = 0; time < 3; time += 1) await helper.readThrough(helper.CacheKeys.listing(TENANT, ID), 60, read);
    await helper.invalidate(helper.CacheKeys.listing(TENANT, ID));
  });
  assert.equal(read.count, 3);
  assert.equal(said.length, 1);
});
