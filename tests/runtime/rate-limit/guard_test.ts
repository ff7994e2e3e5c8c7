// The rate limit helper in guard style, as it takes the place of a project's own, with a real Redis.
import assert from 'node:assert/strict';
import { startFront, startRedis } from './rest.ts';

const KEY = 'a-service-role-key-of-the-project';

Deno.test({
  name: 'a guard lets through what there is room for, preflights, and the project itself',
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const redis = await startRedis();
    const front = startFront(redis.port, 'secret');
    Deno.env.set('SUPABASE_SERVICE_ROLE_KEY', KEY);
    Deno.env.set('UPSTASH_REDIS_REST_URL', front.url);
    Deno.env.set('UPSTASH_REDIS_REST_TOKEN', 'secret');
    try {
      const { RateLimits, withRateLimit } = await import('./rate-limit-guard.ts');
      assert.deepEqual(RateLimits, { standard: { burst: 2, perMinute: 1 } });
      const ask = async (method: string, headers: Record<string, string> = {}) => {
        const request = new Request('http://localhost/f', { method, headers: { 'cf-connecting-ip': '203.0.113.7', ...headers } });
        return (await withRateLimit(RateLimits.standard, request, 'orders'))?.status ?? null;
      };
      assert.equal(await ask('OPTIONS'), null);
      const all = [await ask('POST'), await ask('POST'), await ask('POST')];
      assert.deepEqual(all, [null, null, 429]);
      assert.equal(await ask('POST', { apikey: KEY }), null);
      assert.equal(await ask('OPTIONS'), null);
    } finally {
      await redis.stop();
      await front.stop();
    }
  },
});
