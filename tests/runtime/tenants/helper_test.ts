// The tenant helper: what it believes, and what it doesn't.
import assert from 'node:assert/strict';
import { SignJWT, exportJWK, generateKeyPair } from 'npm:jose@6.1.0';
import { getTenantFromJWT, getVerifiedTenant, requireTenant } from './tenant.ts';

const A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const secret = new TextEncoder().encode('a-secret-of-the-project-that-is-long-enough');

function request(token: string): Request {
  return new Request('http://localhost/f', { headers: { authorization: `Bearer ${token}` } });
}

const signed = (claims: Record<string, unknown>, key: Uint8Array, expires = '1h') =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires).sign(key);

Deno.test('a token is read without a look at its signature', async () => {
  const forged = await signed({ tenant_id: A }, new TextEncoder().encode('another-secret-that-is-long-enough-too'));
  assert.equal(getTenantFromJWT(request(forged)), A);
  assert.equal(requireTenant(request(forged)), A);
  const refused = requireTenant(request('nothing'));
  assert.ok(refused instanceof Response);
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
});

Deno.test('a verified tenant needs the secret of the project', async () => {
  Deno.env.set('SUPABASE_JWT_SECRET', new TextDecoder().decode(secret));
  assert.equal(await getVerifiedTenant(request(await signed({ tenant_id: A }, secret))), A);
  const forged = await signed({ tenant_id: A }, new TextEncoder().encode('another-secret-that-is-long-enough-too'));
  assert.equal(await getVerifiedTenant(request(forged)), undefined);
  assert.equal(await getVerifiedTenant(request(await signed({ tenant_id: A }, secret, '-1h'))), undefined);
  assert.equal(await getVerifiedTenant(request('nothing')), undefined);
  const none = `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${btoa(JSON.stringify({ tenant_id: A })).replace(/=+$/, '')}.`;
  assert.equal(await getVerifiedTenant(request(none)), undefined);
  Deno.env.delete('SUPABASE_JWT_SECRET');
});

Deno.test('or its public keys', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const other = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const server = Deno.serve({ port: 0, onListen() {} }, () => Response.json({ keys: [jwk] }));
  Deno.env.set('SUPABASE_URL', `http://localhost:${server.addr.port}`);
  const sign = (key: CryptoKey) =>
    new SignJWT({ app_metadata: { tenant_id: A } }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setExpirationTime('1h').sign(key);
  try {
    assert.equal(await getVerifiedTenant(request(await sign(privateKey as CryptoKey))), A);
    assert.equal(await getVerifiedTenant(request(await sign(other.privateKey as CryptoKey))), undefined);
  } finally {
    await server.shutdown();
  }
});
