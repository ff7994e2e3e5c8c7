// Limits how often an edge function is called: a token bucket for each caller, kept in Redis. And tells callers' tenants.
// phase2 added this file; it is yours now, to read and to change.
//
//   Deno.serve(withRateLimit('kb-search', RateLimits.high, async (req) => { … }));
//   Deno.serve(withRateLimit('profile', perUser(RateLimits.standard), async (req) => { … }));
//
// UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN name the Redis; without them each isolate counts for itself. When
// Redis doesn't answer in time, requests pass, unless the tier says `onError: 'deny'`.
import { Ratelimit } from 'npm:@upstash/ratelimit@2.0.8';
import { Redis } from 'npm:@upstash/redis@1.35.8';

/** What a caller may do: `burst` requests at once, refilled evenly to `perMinute`. */
export interface RateLimit {
  burst: number;
  perMinute: number;
  /** What becomes of requests when Redis can't be asked; `allow` if unset. */
  onError?: 'allow' | 'deny';
  /** Whether callers are told apart by their JWT, which somebody has verified before; by their address if unset. */
  perUser?: boolean;
}

/** The tiers. */
export const RateLimits = {
  standard: { burst: 10, perMinute: 100 },
  auth: { burst: 3, perMinute: 10 },
  admin: { burst: 50, perMinute: 500 },
  high: { burst: 20, perMinute: 200 },
  expensive: { burst: 5, perMinute: 30 },
} satisfies Record<string, RateLimit>;

/** What `rateLimitOptions` may set. */
export interface RateLimitOptions {
  /** The header that the platform writes the client's address to. */
  addressHeader: string;
  /** How many proxies of your own write to x-forwarded-for, if `addressHeader` isn't there: counted from the right. */
  trustedHops: number;
  /** Whether a service-role or secret key passes uncounted: cron jobs and other functions share addresses. */
  serviceRole: 'pass' | 'count';
}

/** Change these where your platform differs. */
export const rateLimitOptions: RateLimitOptions = {
  addressHeader: 'cf-connecting-ip',
  trustedHops: 1,
  serviceRole: 'pass',
};

type Handler<Rest extends unknown[]> = (req: Request, ...rest: Rest) => Response | Promise<Response>;

interface Verdict {
  success: boolean;
  /** How many requests are left. */
  remaining: number;
  /** When the next one is admitted, in milliseconds since the epoch. */
  reset: number;
}

const TIMEOUT = 300; // Milliseconds that a request may wait for Redis.
const PAUSE = 5_000; // Milliseconds for which Redis isn't asked after it failed.

/** The same limit for each user of a verified JWT, within its tenant; for a caller without one, by address. */
export function perUser(limit: RateLimit): RateLimit {
  return { ...limit, perUser: true };
}

/** A handler that answers 429 when a caller has used up its `limit` of the function `name`. */
export function withRateLimit<Rest extends unknown[]>(
  name: string,
  limit: RateLimit,
  handler: Handler<Rest>,
): (req: Request, ...rest: Rest) => Promise<Response> {
  let cors: [string, string][] = [['Access-Control-Allow-Origin', '*']];
  return async (req, ...rest) => {
    if (req.method !== 'OPTIONS' && !isService(req)) {
      const verdict = await ask(name, limit, caller(req, limit.perUser === true));
      if (!verdict.success) return tooMany(limit, verdict, cors);
    }
    const response = await handler(req, ...rest);
    const own = [...response.headers].filter(([key]) => key.startsWith('access-control-'));
    if (own.length > 0) cors = own; // A refusal has the CORS headers that the handler's answers have.
    return response;
  };
}

/** Whom a request is counted for. */
function caller(req: Request, perUser: boolean): string {
  const claims = perUser ? claimsOf(req) : undefined;
  if (typeof claims?.sub === 'string' && claims.sub !== '') {
    return `user:${tenantOf(claims) ?? '-'}:${claims.sub}`;
  }
  return `address:${addressOf(req)}`; // An anon key has no subject: nobody shares a bucket of all users.
}

function addressOf(req: Request): string {
  const stated = req.headers.get(rateLimitOptions.addressHeader)?.trim();
  if (stated) return stated;
  // The client itself may write the first ones: only what trusted proxies added from the right counts.
  const hops = (req.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim()).filter((hop) => hop !== '');
  return hops.at(-rateLimitOptions.trustedHops) ?? 'unknown';
}

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

/** Whether a request has one of the project's own keys. */
function isService(req: Request): boolean {
  if (rateLimitOptions.serviceRole === 'count') return false;
  const given = [bearerOf(req), req.headers.get('apikey') ?? ''].filter((key) => key !== '');
  return serviceKeys().some((key) => given.some((candidate) => isSame(candidate, key)));
}

function serviceKeys(): string[] {
  const keys = [env('SUPABASE_SERVICE_ROLE_KEY'), env('SUPABASE_SECRET_KEY')];
  try {
    keys.push(...Object.values(JSON.parse(env('SUPABASE_SECRET_KEYS') ?? '{}') as Record<string, string>));
  } catch {
    // Not set as the platform sets it.
  }
  return keys.filter((key): key is string => typeof key === 'string' && key.length >= 20);
}

/** Compares in a time that doesn't tell where the texts differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [new TextEncoder().encode(one), new TextEncoder().encode(other)];
  let difference = a.length ^ b.length;
  for (let index = 0; index < b.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}

// Not the imported names: they are values only, where a type checker doesn't load npm packages.
type Bucket = InstanceType<typeof Ratelimit>;
type Connection = InstanceType<typeof Redis>;

const buckets = new Map<string, Bucket>();
let redis: Connection | null | undefined;
let askAgainAt = 0;

async function ask(name: string, limit: RateLimit, who: string): Promise<Verdict> {
  if (redis === undefined) redis = connect();
  if (redis === null) return takeLocally(`${name}:${who}`, limit);
  if (Date.now() < askAgainAt) return unknown(limit);
  const admits = `${limit.burst}/${limit.perMinute}`;
  let bucket = buckets.get(admits);
  if (!bucket) {
    bucket = new Ratelimit({
      redis,
      limiter: Ratelimit.tokenBucket(1, `${Math.round(60_000 / limit.perMinute)} ms`, limit.burst),
      prefix: 'rate-limit',
      timeout: TIMEOUT,
      ephemeralCache: false,
      analytics: false,
    });
    buckets.set(admits, bucket);
  }
  try {
    const { success, remaining, reset, reason } = await bucket.limit(`${name}:${who}`);
    if (reason !== 'timeout') return { success, remaining, reset };
    return failed(limit, 'it did not answer in time');
  } catch (error) {
    return failed(limit, error);
  }
}

function connect(): Connection | null {
  const [url, token] = [env('UPSTASH_REDIS_REST_URL'), env('UPSTASH_REDIS_REST_TOKEN')];
  if (!url || !token) {
    say('warn', 'rate limits are counted by each isolate for itself: UPSTASH_REDIS_REST_URL and _TOKEN are not set');
    return null;
  }
  return new Redis({ url, token, retry: false, enableTelemetry: false, signal: () => AbortSignal.timeout(TIMEOUT) });
}

let saidAt = 0;

function failed(limit: RateLimit, problem: unknown): Verdict {
  askAgainAt = Date.now() + PAUSE;
  if (Date.now() - saidAt > 60_000) {
    saidAt = Date.now();
    const then = limit.onError === 'deny' ? 'refused' : 'let through';
    say('error', `rate limits can't be asked for, requests are ${then}: ${problem instanceof Error ? problem.message : problem}`);
  }
  return unknown(limit);
}

function unknown(limit: RateLimit): Verdict {
  return { success: limit.onError !== 'deny', remaining: 0, reset: Math.max(askAgainAt, Date.now() + 1_000) };
}

function say(level: 'warn' | 'error', message: string): void {
  // phase2-ignore console: it reports troubles of its own, and needs no logger for that
  console[level](JSON.stringify({ level, message, time: new Date().toISOString() }));
}

const local = new Map<string, { tokens: number; at: number }>();

/** The bucket of one isolate, for development and for projects without Redis. */
function takeLocally(key: string, limit: RateLimit): Verdict {
  const now = Date.now();
  const perToken = 60_000 / limit.perMinute;
  if (local.size > 10_000) {
    for (const [other, { at }] of local) if (now - at > 60_000) local.delete(other);
  }
  const known = local.get(key) ?? { tokens: limit.burst, at: now };
  const tokens = Math.min(limit.burst, known.tokens + (now - known.at) / perToken);
  const success = tokens >= 1;
  const left = success ? tokens - 1 : tokens;
  local.set(key, { tokens: left, at: now });
  return { success, remaining: Math.floor(left), reset: Math.ceil(now + Math.max(0, 1 - left) * perToken) };
}

function tooMany(limit: RateLimit, { reset }: Verdict, cors: readonly [string, string][]): Response {
  const seconds = Math.max(1, Math.ceil((reset - Date.now()) / 1_000));
  const headers = new Headers({ 'Content-Type': 'application/json' });
  for (const [key, value] of cors) headers.set(key, value);
  headers.set('Access-Control-Expose-Headers', 'Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset');
  headers.set('Retry-After', String(seconds));
  headers.set('RateLimit-Limit', String(limit.burst));
  headers.set('RateLimit-Remaining', '0');
  headers.set('RateLimit-Reset', String(seconds));
  const body = { error: 'rate_limited', message: 'Too many requests', retryAfter: seconds };
  return new Response(JSON.stringify(body), { status: 429, headers });
}

function env(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // No permission to read the environment.
  }
}
