// The demo after its fix, called with tokens of two tenants, with none, and with garbage.
import assert from 'node:assert/strict';
import { calls, rows } from './database.ts';

const NIL = '00000000-0000-0000-0000-000000000000';
const A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const B = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const denies = Deno.env.get('FALLBACK') === 'deny';

type Handler = (req: Request) => Promise<Response>;

const handlers = new Map<string, Handler>();

/** The handler that a function serves. */
async function handlerOf(name: string): Promise<Handler> {
  let handler = handlers.get(name);
  if (handler) return handler;
  Object.defineProperty(Deno, 'serve', { value: (served: Handler) => (handler = served), configurable: true });
  await import(new URL(`./supabase/functions/${name}/index.ts`, import.meta.url).href);
  assert.ok(handler, `${name} serves`);
  handlers.set(name, handler);
  return handler;
}

function encoded(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function token(claims: Record<string, unknown>): string {
  return `Bearer ${encoded('{"alg":"HS256"}')}.${encoded(JSON.stringify(claims))}.signature`;
}

function request(authorization: string | null): Request {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cf-connecting-ip': '203.0.113.7' };
  if (authorization !== null) headers.authorization = authorization;
  return new Request('http://localhost/f', { method: 'POST', headers, body: JSON.stringify({ customerId: 'c', items: [] }) });
}

const callers: [string, string | null, string | null][] = [
  ['of A', token({ sub: 'u1', tenant_id: A }), A],
  ['of B in app_metadata', token({ sub: 'u2', app_metadata: { tenant_id: B } }), B],
  ['with a name beyond ASCII', token({ sub: 'u3', name: 'Zoë ÿÿÿ ☃', tenant_id: A }), A],
  ['of a tenant that the user wrote', token({ sub: 'u4', user_metadata: { tenant_id: A } }), null],
  ['with something else than an id', token({ sub: 'u5', tenant_id: "x' or 1=1" }), null],
  ['that is none', null, null],
  ['that is garbage', 'Bearer ...', null],
  ['that is half of one', `Bearer ${encoded('{}')}`, null],
];

const quiet = { log: console.log, error: console.error, warn: console.warn, info: console.info };

for (const [whose, authorization, tenant] of callers) {
  Deno.test(`what reaches the database with a token ${whose}`, async () => {
    Object.assign(console, { log() {}, error() {}, warn() {}, info() {} });
    try {
      const handler = await handlerOf('create-order');
      calls.length = 0;
      const response = await handler(request(authorization));
      if (tenant === null && denies) {
        assert.equal(response.status, 401);
        assert.deepEqual(calls, [], 'nothing is written');
        return;
      }
      assert.equal(response.status, 201);
      const reached = tenant ?? NIL;
      assert.deepEqual(calls.map(({ name, body }) => [name, body.p_tenant_id ?? body.tenant_id]), [
        ['create_order', reached],
        ['audit_log', reached],
      ]);
    } finally {
      Object.assign(console, quiet);
    }
  });
}

Deno.test('rows that were stored under the id are found by nobody who has a tenant', async () => {
  Object.assign(console, { log() {}, error() {}, warn() {}, info() {} });
  try {
    rows.orders = [{ id: 'old', tenant_id: NIL }, { id: 'new', tenant_id: A }];
    const handler = await handlerOf('list-orders');
    const ids = async (authorization: string | null) => {
      const response = await handler(request(authorization));
      return response.status === 401 ? 401 : ((await response.json()) as { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await ids(token({ sub: 'u1', tenant_id: A })), ['new']);
    assert.deepEqual(await ids(token({ sub: 'u2', tenant_id: B })), []);
    assert.deepEqual(await ids(null), denies ? 401 : ['old']);
  } finally {
    Object.assign(console, quiet);
  }
});
