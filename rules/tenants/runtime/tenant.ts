// Tells which tenant a request is for, by its JWT.
// phase2 added this file; it is yours now, to read and to change.
//
//   const tenantId = getTenantFromJWT(req);         // where the platform, or the handler, has verified the JWT
//   const tenantId = await getVerifiedTenant(req);  // where nobody has
//
// getVerifiedTenant checks the signature: with SUPABASE_JWT_SECRET if that is set, else with the public keys of SUPABASE_URL.
import { createRemoteJWKSet, jwtVerify } from 'npm:jose@6.1.0';

type Claims = Record<string, unknown>;

function bearerOf(req: Request): string {
  return /^Bearer\s+(\S+)$/i.exec(req.headers.get('authorization') ?? '')?.[1] ?? '';
}

function claimsOf(req: Request): Claims | undefined {
  try {
    const payload = bearerOf(req).split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
}

// Where a JWT names the tenant, at the top or in app_metadata, and what an id looks like.
const TENANT_CLAIM = ['tenant_id'];
const TENANT_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function tenantOf(claims: Claims): string | undefined {
  const at = (path: string[]) => path.reduce<unknown>((value, key) => (value as Claims | null | undefined)?.[key], claims);
  // Never user_metadata, which users write themselves.
  const tenant = at(TENANT_CLAIM) ?? at(['app_metadata', ...TENANT_CLAIM]);
  return typeof tenant === 'string' && TENANT_ID.test(tenant) ? tenant : undefined;
}

/** The tenant that a request's JWT names, if it names one: the caller's own word, unless the JWT was verified before. */
export function getTenantFromJWT(req: Request): string | undefined {
  return tenantOf(claimsOf(req) ?? {});
}

/** The same; the answer 401 if there is none. */
export function requireTenant(req: Request): string | Response {
  const headers = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' };
  const body = JSON.stringify({ error: 'no_tenant', message: 'The token names no tenant' });
  return getTenantFromJWT(req) ?? new Response(body, { status: 401, headers });
}

let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

/** The tenant that a request's JWT names, if the JWT is one of this project's: signed by it, and not expired. */
export async function getVerifiedTenant(req: Request): Promise<string | undefined> {
  const [secret, url] = [Deno.env.get('SUPABASE_JWT_SECRET'), Deno.env.get('SUPABASE_URL')];
  try {
    if (secret) {
      const { payload } = await jwtVerify(bearerOf(req), new TextEncoder().encode(secret), { algorithms: ['HS256'] });
      return tenantOf(payload);
    }
    keys ??= createRemoteJWKSet(new URL(`${url}/auth/v1/.well-known/jwks.json`));
    const { payload } = await jwtVerify(bearerOf(req), keys, { algorithms: ['ES256', 'RS256'] });
    return tenantOf(payload);
  } catch {
    return undefined; // Forged, expired, for another project; or nobody could be asked.
  }
}
