// Keeps rows that are read often in Redis for a short time, each tenant's apart from all others'.
// phase2 added this file; it is yours now, to read and to change.
//
//   const { data, error } = await readThroughRow(CacheKeys.listing(tenantId, id), 60, () =>
//     supabase.from('marketplace_listings').select('*').eq('id', id).single());
//   await invalidate(CacheKeys.listing(tenantId, id)); // behind each write
//
// A hit asks nobody whether the caller may see the row. So tenants and users must come from a token that somebody has
// verified, and what is read under one key must be the same for all who share the key.
//
// UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN name the Redis. Without them, without a tenant, and when Redis doesn't
// answer within 50 ms, reads go through to the database.
import { Redis } from 'npm:@upstash/redis@1.35.8';

/** Change these where your platform differs. */
export const readThroughOptions = {
  timeout: 50, // Milliseconds that a read may wait for Redis.
  pause: 2_000, // Milliseconds for which reads don't ask Redis after it failed.
  maxSize: 100_000, // Bytes of the largest value that is kept.
  maxVariants: 1_000, // How many users' and selections' values one key holds.
};

// Milliseconds that an invalidation may take, and for which it keeps its key empty: a read that began before the write may
// still be under way with the old row.
const PATIENCE = 1_000;
const GRACE = 10_000;

/** What a value is kept under. Only `CacheKeys` make one, so that none lacks its tenant. */
export interface CacheKey {
  readonly tenant: string;
  readonly name: string;
  readonly variant: string;
  readonly tenantColumn?: string;
}

export interface KeyOptions {
  /** The verified user, where what is read depends on who reads it. */
  user?: unknown;
  /** Tells reads apart that select other columns or filter by other values. */
  variant?: string;
  /** The row's column that must name the tenant: a row of another tenant isn't kept. */
  tenantColumn?: string;
}

type MakeKey = (tenant: unknown, id: unknown, options?: KeyOptions) => CacheKey | null;

/** The keys, by what they are for. Null, under which nothing is kept, without a tenant, a plain id, or a user that is asked for. */
export const CacheKeys = {
  listing: keyOf('listing'),
  listings: keyOf('listings'),
  profile: keyOf('profile'),
  event: keyOf('event'),
  horse: keyOf('horse'),
} satisfies Record<string, MakeKey>;

function keyOf(kind: string): MakeKey {
  return (tenant, id, options = {}) => {
    const [owner, row] = [idOf(tenant), idOf(id)];
    const user = 'user' in options ? idOf(options.user) : '';
    if (typeof tenant !== 'string' || owner === null || row === null || user === null) return null;
    return {
      tenant,
      name: `${owner}:cache:${kind}:${row}`,
      variant: `${user}:${options.variant ?? ''}`,
      ...(options.tenantColumn === undefined ? {} : { tenantColumn: options.tenantColumn }),
    };
  };
}

/** An id as a part of a key. Null for what the database may take for an id that is written in another way. */
function idOf(value: unknown): string | null {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  if (typeof value !== 'string' || value === '' || value.length > 200 || value !== value.trim()) return null;
  const isNumber = /^[+-]?[\d_.]+(?:e[+-]?\d+)?$/i.test(value);
  if (isNumber && !/^(?:0|-?[1-9]\d*)$/.test(value)) return null;
  const isUuid = /^[0-9a-f]{32}$/i.test(value.replace(/[{}-]/g, ''));
  if (isUuid && !/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value)) return null;
  try {
    return encodeURIComponent(value);
  } catch {
    return null; // It isn't text.
  }
}

interface Landed<T> {
  value: T;
  /** The value as JSON, if it may be kept, and shared with others that read it meanwhile. */
  text: string | undefined;
}

// What is being read, by key.
const flights = new Map<string, Map<string, Promise<Landed<unknown>>>>();

/**
 * What `fetcher` gives, or gave within the last `ttlSeconds` to whoever asked with the same key.
 *
 * Nothing is kept of a fetcher that throws, or that gives null, undefined, an empty list, or what JSON can't carry.
 */
export async function readThrough<T>(
  key: CacheKey | null,
  ttlSeconds: number,
  fetcher: () => T | PromiseLike<T>,
): Promise<T> {
  if (key === null || !(ttlSeconds > 0)) return await fetcher();
  const under = flights.get(key.name)?.get(key.variant);
  if (under) {
    const landed = await under.catch(() => undefined);
    // A copy of its own for each caller. Errors and what isn't kept are for the one who asked.
    return landed?.text === undefined ? await fetcher() : (JSON.parse(landed.text) as T);
  }
  let own: Promise<Landed<T>> | undefined;
  const isCurrent = () => flights.get(key.name)?.get(key.variant) === own;
  own = fly(key, ttlSeconds, fetcher, isCurrent);
  const siblings = flights.get(key.name) ?? new Map<string, Promise<Landed<unknown>>>();
  flights.set(key.name, siblings.set(key.variant, own));
  try {
    return (await own).value;
  } finally {
    if (siblings.get(key.variant) === own) siblings.delete(key.variant);
    if (siblings.size === 0 && flights.get(key.name) === siblings) flights.delete(key.name);
  }
}

async function fly<T>(
  key: CacheKey,
  ttlSeconds: number,
  fetcher: () => T | PromiseLike<T>,
  isCurrent: () => boolean,
): Promise<Landed<T>> {
  const kept = await take(key);
  if (kept !== undefined) return { value: JSON.parse(kept) as T, text: kept };
  const value = await fetcher();
  const text = mayBeKept(key, value) ? JSON.stringify(value) : undefined;
  // An invalidation may have come meanwhile.
  if (text !== undefined && isCurrent()) await keep(key, text, ttlSeconds);
  return { value, text };
}

interface Answer {
  data: unknown;
  error: unknown;
}

class Failed extends Error {
  constructor(readonly answer: Answer) {
    super('the query failed');
  }
}

/** The data that a query of supabase-js answers with; an error that it answers with is thrown. */
export async function dataOf<Query extends PromiseLike<Answer>>(query: Query): Promise<Awaited<Query>['data']> {
  const answer: Answer = await query;
  if (answer.error) throw new Failed(answer);
  return answer.data;
}

/** `readThrough` for a query of supabase-js: `{ data, error }`, as the query answers. An error is never kept. */
export async function readThroughRow<Query extends PromiseLike<Answer>>(
  key: CacheKey | null,
  ttlSeconds: number,
  query: () => Query,
): Promise<Awaited<Query>> {
  try {
    const data = await readThrough(key, ttlSeconds, () => dataOf(query()));
    return { data, error: null, count: null, status: 200, statusText: 'OK' } as unknown as Awaited<Query>;
  } catch (thrown) {
    if (thrown instanceof Failed) return thrown.answer as Awaited<Query>;
    throw thrown;
  }
}

/** Forgets all that is kept under a key, for all users: to be awaited behind each write. It never throws. */
export async function invalidate(key: CacheKey | null): Promise<void> {
  if (key === null) return;
  flights.delete(key.name); // Who asks from now on doesn't get what was read before.
  const redis = connected();
  if (redis === null) return;
  try {
    await within(PATIENCE, redis.patient.eval(FORGET, [key.name], [String(GRACE)]));
    flights.delete(key.name);
  } catch (problem) {
    say('error', `a cached value can't be invalidated, it stays until it expires: ${messageOf(problem)}`);
  }
}

// A key is a hash of its variants, which expire together. Its field `~` says that it was invalidated a short time ago.
const KEEP = `
if redis.call('HEXISTS', KEYS[1], '~') == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
local left = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if left < 0 or left > tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`;
const FORGET = `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], '~', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

async function take(key: CacheKey): Promise<string | undefined> {
  const redis = connected();
  if (redis === null || Date.now() < askAgainAt) return undefined;
  try {
    const text: unknown = await within(readThroughOptions.timeout, redis.quick.hget(key.name, key.variant));
    if (typeof text !== 'string') return undefined;
    return mayBeKept(key, JSON.parse(text)) ? text : undefined;
  } catch (problem) {
    failed(problem);
    return undefined;
  }
}

async function keep(key: CacheKey, text: string, ttlSeconds: number): Promise<void> {
  const redis = connected();
  if (redis === null || Date.now() < askAgainAt) return;
  // Never longer than was asked for, and not all at once.
  const ttl = Math.max(1, Math.round(ttlSeconds * 1_000 * (0.85 + 0.15 * Math.random())));
  try {
    const values = [key.variant, text, String(ttl), String(readThroughOptions.maxVariants)];
    await within(readThroughOptions.timeout, redis.quick.eval(KEEP, [key.name], values));
  } catch (problem) {
    failed(problem);
  }
}

function mayBeKept(key: CacheKey, value: unknown): boolean {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return false;
  if (key.tenantColumn !== undefined) {
    const rows: unknown[] = Array.isArray(value) ? value : [value];
    const tenantOf = (row: unknown) => (row as Record<string, unknown> | null)?.[key.tenantColumn ?? ''];
    if (!rows.every((row) => tenantOf(row) === key.tenant)) return false;
  }
  return isJson(value, 0) && new TextEncoder().encode(JSON.stringify(value)).length <= readThroughOptions.maxSize;
}

/** Whether a value comes back from JSON as it was. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > 50 || 'toJSON' in value) return false;
  if (Array.isArray(value)) {
    return Object.keys(value).length === value.length && value.every((item) => isJson(item, depth + 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  return isPlain && Reflect.ownKeys(value).every((name) => {
    const property = Object.getOwnPropertyDescriptor(value, name);
    return typeof name === 'string' && property?.enumerable === true && isJson(property.value, depth + 1);
  });
}

// Not the imported name: it is a value only, where a type checker doesn't load npm packages.
type Connection = InstanceType<typeof Redis>;

let connection: { quick: Connection; patient: Connection } | null | undefined;
let askAgainAt = 0;
let saidAt = 0;

function connected(): { quick: Connection; patient: Connection } | null {
  if (connection !== undefined) return connection;
  const [url, token] = [env('UPSTASH_REDIS_REST_URL'), env('UPSTASH_REDIS_REST_TOKEN')];
  if (!url || !token) {
    say('warn', 'nothing is cached: UPSTASH_REDIS_REST_URL and _TOKEN are not set');
    connection = null;
    return connection;
  }
  const to = (timeout: () => number) =>
    new Redis({
      url,
      token,
      retry: false,
      enableTelemetry: false,
      automaticDeserialization: false,
      signal: () => AbortSignal.timeout(timeout()),
    });
  connection = { quick: to(() => readThroughOptions.timeout), patient: to(() => PATIENCE) };
  return connection;
}

/** The same, or an error when the time is up: whatever the client waits for. */
function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const problem = new Error(`Redis didn't answer within ${milliseconds} ms`);
    AbortSignal.timeout(milliseconds).addEventListener('abort', () => reject(problem), { once: true });
  });
  return Promise.race([promise, late]);
}

function failed(problem: unknown): void {
  askAgainAt = Date.now() + readThroughOptions.pause;
  if (Date.now() - saidAt < 60_000) return;
  saidAt = Date.now();
  say('error', `the cache can't be asked, reads go through: ${messageOf(problem)}`);
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

function say(level: 'warn' | 'error', message: string): void {
  // phase2-ignore console: it reports troubles of its own, and needs no logger for that
  console[level](JSON.stringify({ level, message, time: new Date().toISOString() }));
}

function env(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // No permission to read the environment.
  }
}
