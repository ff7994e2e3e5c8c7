// The rate limit helper with a real Redis behind a REST front, and without any.
import assert from 'node:assert/strict';
import { startFront, startRedis } from './rest.ts';

type Helper = typeof import('./rate-limit-wrapper.ts');

const KEY = 'a-service-role-key-of-the-project';
Deno.env.set('SUPABASE_SERVICE_ROLE_KEY', KEY);

let loaded = 0;

/** The helper as a new isolate has it. */
async function isolate(env: { url: string; token: string } | null): Promise<Helper> {
  for (const [name, value] of [['URL', env?.url], ['TOKEN', env?.token]] as const) {
    if (value === undefined) Deno.env.delete(`UPSTASH_REDIS_REST_${name}`);
    else Deno.env.set(`UPSTASH_REDIS_REST_${name}`, value);
  }
  loaded += 1;
  return (await import(`./rate-limit-wrapper.ts?${loaded}`)) as Helper;
}

const answer = (_req: Request) => new Response('ok', { headers: { 'Access-Control-Allow-Origin': 'https://app.example' } });

function request(headers: Record<string, string> = {}, method = 'POST'): Request {
  return new Request('http://localhost/f', { method, headers: { 'cf-connecting-ip': '203.0.113.7', ...headers } });
}

/** A token that nobody signed: what the gateway lets through is signed. */
function token(claims: Record<string, unknown>): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_');
  return `Bearer ${part({ alg: 'HS256' })}.${part(claims)}.signature`;
}

async function statuses(handler: (req: Request) => Promise<Response>, requests: Request[]): Promise<number[]> {
  const all: number[] = [];
  for (const one of requests) all.push((await handler(one)).status);
  return all;
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const slow = { burst: 3, perMinute: 1 };

/** Runs `test` with a Redis of its own. */
function withRedis(name: string, test: (env: { url: string; token: string }, redis: Awaited<ReturnType<typeof startRedis>>) => Promise<void>) {
  Deno.test({
    name,
    sanitizeOps: false, // What is given up on after a timeout may still be under way.
    sanitizeResources: false,
    async fn() {
      const redis = await startRedis();
      const front = startFront(redis.port, 'secret');
      try {
        await test({ url: front.url, token: 'secret' }, redis);
      } finally {
        await redis.stop();
        await front.stop();
      }
    },
  });
}

withRedis('the burst is admitted, then 429 with headers; preflights are never counted', async (env) => {
  const { withRateLimit } = await isolate(env);
  const handler = withRateLimit('orders', slow, answer);
  assert.deepEqual(await statuses(handler, times(5, () => request({}, 'OPTIONS'))), [200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses(handler, times(4, request)), [200, 200, 200, 429]);
  assert.equal((await handler(request({}, 'OPTIONS'))).status, 200);
  const refused = await handler(request());
  const { headers } = refused;
  assert.equal(headers.get('RateLimit-Limit'), '3');
  assert.equal(headers.get('RateLimit-Remaining'), '0');
  const seconds = Number(headers.get('Retry-After'));
  assert.ok(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`);
  assert.equal(headers.get('RateLimit-Reset'), String(seconds));
  assert.equal(headers.get('Access-Control-Allow-Origin'), 'https://app.example');
  assert.match(headers.get('Access-Control-Expose-Headers') ?? '', /Retry-After/);
  assert.deepEqual(await refused.json(), { error: 'rate_limited', message: 'Too many requests', retryAfter: seconds });
});

withRedis('a bucket refills evenly', async (env) => {
  const { withRateLimit } = await isolate(env);
  const handler = withRateLimit('orders', { burst: 2, perMinute: 120 }, answer); // One in 500 ms.
  assert.deepEqual(await statuses(handler, times(3, request)), [200, 200, 429]);
  await new Promise((resolve) => setTimeout(resolve, 620));
  assert.deepEqual(await statuses(handler, times(2, request)), [200, 429]);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assert.deepEqual(await statuses(handler, times(3, request)), [200, 200, 429]);
});

withRedis('functions, tenants and users have buckets of their own', async (env) => {
  const { perUser, withRateLimit } = await isolate(env);
  const [orders, pay] = ['orders', 'pay'].map((name) => withRateLimit(name, perUser(slow), answer));
  const as = (sub: string, tenant: string) => () => request({ authorization: token({ sub, tenant_id: `00000000-0000-4000-8000-${tenant.padStart(12, '0')}` }) });
  assert.deepEqual(await statuses(orders!, times(4, as('u1', '1'))), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(pay!, times(4, as('u1', '1'))), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(orders!, times(4, as('u1', '2'))), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(orders!, times(4, as('u2', '1'))), [200, 200, 200, 429]);
  // An anon key has no subject: its callers are told apart by their addresses.
  const anonymous = (address: string) => () => request({ authorization: token({ role: 'anon' }), 'cf-connecting-ip': address });
  assert.deepEqual(await statuses(orders!, times(4, anonymous('198.51.100.1'))), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(orders!, times(1, anonymous('198.51.100.2'))), [200]);
});

withRedis('what a client writes itself borrows nothing', async (env) => {
  const { rateLimitOptions, withRateLimit } = await isolate(env);
  const handler = withRateLimit('orders', slow, answer);
  let user = 0;
  const forged = () => request({ authorization: token({ sub: `forged-${user++}` }), 'x-forwarded-for': `10.0.0.${user}` });
  assert.deepEqual(await statuses(handler, times(4, forged)), [200, 200, 200, 429]);
  rateLimitOptions.addressHeader = 'x-not-there';
  const hop = () => request({ 'x-forwarded-for': `10.9.9.${user++}, 192.0.2.44` });
  assert.deepEqual(await statuses(handler, times(4, hop)), [200, 200, 200, 429]);
});

withRedis('200 requests at once are admitted exactly as often as there is room', async (env) => {
  const { withRateLimit } = await isolate(env);
  const handler = withRateLimit('orders', { burst: 20, perMinute: 1 }, answer);
  const all = await Promise.all(times(200, () => handler(request())));
  assert.equal(all.filter(({ status }) => status === 200).length, 20);
});

withRedis("the project's own key passes uncounted, unless that is turned off", async (env) => {
  const { rateLimitOptions, withRateLimit } = await isolate(env);
  const handler = withRateLimit('orders', slow, answer);
  const service = [() => request({ authorization: `Bearer ${KEY}` }), () => request({ apikey: KEY })];
  for (const make of service) assert.deepEqual(await statuses(handler, times(5, make)), [200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses(handler, times(4, () => request({ apikey: `${KEY}x` }))), [200, 200, 200, 429]);
  rateLimitOptions.serviceRole = 'count';
  assert.deepEqual(await statuses(handler, times(1, service[0]!)), [429]);
});

for (const [how, stop] of [
  ['stopped', async (redis: Awaited<ReturnType<typeof startRedis>>) => await redis.stop()],
  ['hanging', (redis: Awaited<ReturnType<typeof startRedis>>) => redis.pause()],
] as const) {
  withRedis(`a Redis that is ${how} holds nobody up`, async (env, redis) => {
    const { withRateLimit } = await isolate(env);
    const lenient = withRateLimit('orders', slow, answer);
    const strict = withRateLimit('pay', { ...slow, onError: 'deny' }, answer);
    assert.equal((await lenient(request())).status, 200);
    await stop(redis);
    const said: string[] = [];
    const { error } = console;
    console.error = (line: string) => said.push(line);
    try {
      for (const [handler, status] of [[lenient, 200], [strict, 429], [lenient, 200]] as const) {
        const start = performance.now();
        assert.equal((await handler(request())).status, status);
        const elapsed = performance.now() - start;
        assert.ok(elapsed < 400, `${elapsed} ms`);
      }
    } finally {
      console.error = error;
    }
    assert.equal(said.length, 1, 'it is said once a minute');
    assert.match(said[0]!, /let through/);
  });
}

Deno.test('without a Redis an isolate counts for itself, and says so once', async () => {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (line: string) => said.push(line);
  try {
    const { withRateLimit } = await isolate(null);
    const handler = withRateLimit('orders', { burst: 2, perMinute: 300 }, answer); // One in 200 ms.
    assert.deepEqual(await statuses(handler, times(3, request)), [200, 200, 429]);
    await new Promise((resolve) => setTimeout(resolve, 260));
    assert.deepEqual(await statuses(handler, times(2, request)), [200, 429]);
    assert.equal(said.length, 1);
  } finally {
    console.warn = warn;
  }
});

Deno.test('upgrades and streams pass as they are, and more arguments with them', async () => {
  const { withRateLimit } = await isolate(null);
  const stream = new ReadableStream();
  const response = new Response(stream);
  const handler = withRateLimit('stream', slow, (_req: Request, info: { port: number }) => (info.port === 7 ? response : answer(_req)));
  assert.equal(await handler(request(), { port: 7 }), response);
});
