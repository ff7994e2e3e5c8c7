// The logger of the edge functions: one line of JSON per record, written through console.<level>.
// phase2 added this file; it is yours now, to read and to change. It needs no dependencies.
//
//   log('info', 'Order {orderId} paid', { orderId, amount });
//   {"level":"info","message":"Order 7 paid","time":"…","template":"Order {orderId} paid","orderId":7,"amount":12}
//
// A record keeps whatever it is given (errors with stack and cause, Maps, dates, circular objects), hides
// secrets, and never throws. LOG_LEVEL sets the lowest level that is written; without it all are.

/** How serious a record is, in rising order. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a record carries beside its message. */
export type LogFields = Record<string, unknown>;

/** A logger that puts its name, and the fields it was bound to, in each record. */
export type Logger = Record<LogLevel, (message: string, fields?: LogFields) => void> & {
  /** The same logger with `fields` in each of its records. */
  child(fields: LogFields): Logger;
};

/** Values under a key that ends like one of these are redacted, in any case, with or without `_` and `-`. */
export const sensitiveKeys: readonly string[] = [
  'password', 'passwd', 'pwd', 'passphrase', 'password_hash', 'password_confirmation', 'secret', 'secret_key',
  'token', 'token_hash', 'jwt', 'authorization', 'cookie', 'credential', 'api_key', 'access_key', 'private_key',
  'service_key', 'service_role_key', 'signing_key', 'encryption_key', 'otp', 'cvv', 'cvc', 'ssn', 'card_number',
];

type Json = null | boolean | number | string | Json[] | JsonObject;
type JsonObject = { [key: string]: Json };
type Entry = [key: string, value: Json];

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const RESERVED = ['level', 'message', 'time', 'template', 'truncated'];
const REDACTED = '[redacted]';
const MAX_LINE = 9_000; // The platform cuts a line at 10,000 characters, which would leave broken JSON.
const MAX_COPY = 20_000; // Characters of one field that are looked at; far more than a line can hold.
const MAX_FIELDS = 2_000; // More can't fit in a line.
const MAX_DEPTH = 20;
const MAX_SHARE = 200; // Characters of a value that are told again inside of another: the field has all of it.

/** What to show of objects that keep their state out of enumerable properties. */
const SHOWN = new Map([
  ['Request', ['method', 'url', 'headers']],
  ['Response', ['status', 'statusText', 'url', 'headers']],
  ['Blob', ['type', 'size']],
  ['File', ['name', 'type', 'size']],
  ['Event', ['type']],
  ['MessageEvent', ['type', 'data']],
  ['ErrorEvent', ['type', 'message', 'error']],
  ['CloseEvent', ['type', 'code', 'reason']],
]);

let sensitive = sensitiveKeys.map(bare);
let threshold: LogLevel | undefined;

/** Redacts more keys, beside `sensitiveKeys`, or sets the lowest level that is written. */
export function configureLogger(options: { redact?: readonly string[]; level?: LogLevel }): void {
  if (options.redact) sensitive = [...sensitiveKeys, ...options.redact].map(bare).filter((word) => word !== '');
  if (options.level) threshold = options.level;
}

/** Writes one record. `{name}` in the message is replaced by the field of that name. Never throws. */
export function log(level: LogLevel, message: string, fields?: LogFields): void {
  write(level, message, [fields]);
}

/** A logger whose records say `name`: that of the function, as a rule. */
export function createLogger(name: string): Logger {
  return bind(name, []);
}

function bind(name: string, bound: LogFields[]): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) =>
    write(level, message, [...bound, fields], name);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => bind(name, [...bound, fields]),
  };
}

function write(level: LogLevel, message: unknown, given: unknown[], name?: string): void {
  try {
    threshold ??= levelFromEnvironment();
    const known = LEVELS.includes(level) ? level : 'info';
    if (LEVELS.indexOf(known) < LEVELS.indexOf(threshold)) return;
    console[known](record(known, message, given, name));
  } catch {
    // A log call must never break the function that makes it.
  }
}

function levelFromEnvironment(): LogLevel {
  try {
    const { Deno } = globalThis as unknown as { Deno?: { env: { get(name: string): string | undefined } } };
    const wanted = Deno?.env.get('LOG_LEVEL')?.trim().toLowerCase();
    return LEVELS.find((level) => level === wanted) ?? 'debug';
  } catch {
    return 'debug'; // No permission to read the environment.
  }
}

function record(level: LogLevel, message: unknown, given: unknown[], name: string | undefined): string {
  const copier = new Copier();
  const fields = new Map<string, Json>();
  const wanted = (typeof message === 'string' ? given : [message, ...given]).flatMap(entriesOf);
  for (const [key, value] of wanted.slice(0, MAX_FIELDS)) fields.set(key, copier.field(key, value));

  const template = textOf(copier.field('', message));
  const text = template.replace(/\{([^{}]+)\}/g, (hole, key: string) => {
    const value = fields.get(key);
    return value === undefined ? hole : cut(textOf(value), MAX_SHARE);
  });
  const entries: Entry[] = [['level', level], ['message', text], ['time', new Date().toISOString()]];
  if (text !== template) entries.push(['template', template]);
  if (name !== undefined) entries.push(['name', name]);

  const taken = new Set([...RESERVED, ...entries.map(([key]) => key)]);
  for (const [key, value] of fields) {
    let free = key; // A field never hides what the record itself says: it gets a longer name.
    while (taken.has(free) || (free !== key && fields.has(free))) free += '_';
    taken.add(free);
    entries.push([free, value]);
  }
  const line = JSON.stringify(Object.fromEntries(entries));
  return line.length <= MAX_LINE && !copier.truncated ? line : shortened(entries);
}

/** The fields in one argument. Callers without types may pass an error or a bare value. */
function entriesOf(given: unknown): [string, unknown][] {
  if (given === undefined || given === null) return [];
  try {
    if (given instanceof Error) return [['error', given]];
    if (typeof given !== 'object' || Array.isArray(given)) return [['value', given]];
    return Object.keys(given).map((key) => [key, read(given, key)]);
  } catch {
    return [['value', given]];
  }
}

/** Makes JSON-safe, redacted copies. Each getter is read once, and none of what it meets makes it throw. */
class Copier {
  /** Characters that may still be copied. */
  room = MAX_COPY;
  /** Whether anything was left out for want of room. */
  truncated = false;
  private readonly above: object[] = [];

  /** Copies one field, with room of its own: a large one takes nothing from the next. */
  field(key: string, value: unknown): Json {
    this.room = MAX_COPY;
    return this.member(key, value);
  }

  private member(key: string, value: unknown): Json {
    this.room -= key.length;
    return isSensitive(key, value) ? REDACTED : this.copy(value);
  }

  private copy(value: unknown): Json {
    this.room -= 2;
    if (typeof value === 'string') {
      const text = redactText(value.slice(0, MAX_COPY));
      this.truncated ||= value.length > MAX_COPY;
      this.room -= text.length;
      return text;
    }
    if (value === null) return null;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    try {
      if (typeof value === 'function') return `[Function ${value.name || 'anonymous'}]`;
      if (typeof value !== 'object') return String(value); // undefined, NaN, BigInt, symbol
      if (this.above.includes(value)) return '[circular]';
      if (this.above.length === MAX_DEPTH || this.room <= 0) {
        this.truncated = true;
        return '…';
      }
      this.above.push(value);
      try {
        return this.object(value);
      } finally {
        this.above.pop();
      }
    } catch (problem) {
      return `[unreadable: ${cut(String(read(Object(problem), 'message')), MAX_SHARE)}]`;
    }
  }

  private object(value: object): Json {
    if (value instanceof Error) {
      const keys = new Set(['name', 'message', 'stack', ...Object.keys(value), 'cause', 'errors']);
      const error = this.pick(value, [...keys].filter((key) => key in value));
      const { message, stack } = error; // The stack starts with the message: a long one would hide its lines.
      if (typeof message !== 'string' || typeof stack !== 'string') return error;
      return { ...error, stack: stack.replace(message, () => cut(message, MAX_SHARE)) };
    }
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const shown = SHOWN.get(tag);
    if (shown) return this.pick(value, shown);
    if (['Map', 'Headers', 'FormData', 'URLSearchParams'].includes(tag)) {
      return this.pairs([...(value as Iterable<[unknown, unknown]>)]);
    }
    const items = ArrayBuffer.isView(value) && tag !== 'DataView';
    if (Array.isArray(value) || tag === 'Set' || items) return this.list(value as Iterable<unknown>);
    if (tag === 'URL' || (value instanceof Date && Number.isNaN(value.getTime()))) return this.copy(String(value));
    const toJSON = read(value, 'toJSON');
    if (typeof toJSON === 'function') {
      try {
        return this.copy(toJSON.call(value));
      } catch {
        // Its own properties have to do.
      }
    }
    const keys = Object.keys(value);
    const prototype = Object.getPrototypeOf(value);
    const opaque = keys.length === 0 && prototype !== null && prototype !== Object.prototype;
    return opaque ? this.copy(String(value)) : this.pick(value, keys);
  }

  private pick(value: object, keys: readonly string[]): JsonObject {
    const entries: Entry[] = [];
    for (const key of keys) {
      if (!this.hasRoom()) break;
      entries.push([key, this.member(key, read(value, key))]);
    }
    return Object.fromEntries(entries);
  }

  private list(items: Iterable<unknown>): Json {
    const copies: Json[] = [];
    for (const item of items) {
      if (!this.hasRoom()) break;
      copies.push(this.copy(item));
    }
    return copies;
  }

  /** An object where the keys allow it, else a list of pairs, so that none is lost. */
  private pairs(pairs: [unknown, unknown][]): Json {
    const names = new Set(pairs.map(([key]) => (typeof key === 'string' ? key : '')));
    const named = names.size === pairs.length && pairs.every(([key]) => typeof key === 'string');
    if (named) return this.pick(Object.fromEntries(pairs), [...names]);
    return this.list(pairs.map(([key, value]) => [key, isSensitive(String(key), value) ? REDACTED : value]));
  }

  private hasRoom(): boolean {
    this.truncated ||= this.room <= 0;
    return this.room > 0;
  }
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}

/** Whether a value must not be shown under this key. Flags, empty values and counts (`tokens: 12`) may. */
function isSensitive(key: string, value: unknown): boolean {
  if (value === undefined || value === null || value === '' || typeof value === 'boolean') return false;
  const name = bare(key);
  return sensitive.some((word) => name.endsWith(word) || (typeof value !== 'number' && name.endsWith(`${word}s`)));
}

function bare(key: string): string {
  return key.toLowerCase().replace(/[\s_-]/g, '');
}

// What looks like a secret wherever it stands in a text.
const SECRET = new RegExp(
  `(^|[^\\w-])(?:${[
    String.raw`eyJ[\w-]{10,}(?:\.[\w-]*){2,4}`, // JSON Web Tokens
    String.raw`(?:sk|rk|whsec)[-_](?=[\w-]*\d)[\w-]{16,}`, // Stripe, OpenAI and others
    String.raw`(?:sbp|sb_secret)_\w{16,}`, // Supabase
    String.raw`(?:gh[oprsu]|github_pat|glpat|xox[abprs])[-_](?=[\w-]*\d)[\w-]{16,}`, // GitHub, GitLab, Slack
    String.raw`re_[A-Za-z\d]{6,}_[A-Za-z\d]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}`, // Resend, SendGrid
    String.raw`AKIA[A-Z\d]{16}|AIza[\w-]{30,}`, // AWS, Google
  ].join('|')})`,
  'g',
);
const SCHEME = /\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{8,}/gi;
const URL_PASSWORD = /(:\/\/[^\s:/?#@]*:)[^\s/?#@]+@/g;
const PARAMETER = /([?&#]([\w.-]+)=)([^&#\s"'<>]+)/g;
const JSON_MEMBER = /("([\w-]+)"\s*:\s*)"((?:[^"\\]|\\.)*)"/g;

/** Hides secrets inside of a text. */
function redactText(text: string): string {
  return text
    .replace(SECRET, `$1${REDACTED}`)
    .replace(SCHEME, `$1 ${REDACTED}`)
    .replace(URL_PASSWORD, `$1${REDACTED}@`)
    .replace(PARAMETER, (all, head: string, key: string, value: string) =>
      isSensitive(key, value) ? head + REDACTED : all)
    .replace(JSON_MEMBER, (all, head: string, key: string, value: string) =>
      isSensitive(key, value) ? `${head}"${REDACTED}"` : all);
}

/** A copied value as part of a sentence. */
function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (!isErrorLike(value)) return JSON.stringify(value);
  const { name, message } = value;
  return typeof name === 'string' ? `${name}: ${message}` : message;
}

function isErrorLike(value: Json): value is JsonObject & { message: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { message } = value;
  return typeof message === 'string';
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, Math.max(0, length - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The record in at most MAX_LINE characters: the longest values are cut first, the message and errors last. */
function shortened(entries: Entry[]): string {
  entries.splice(3, 0, ['truncated', true]);
  const parts = entries.slice(0, 400).map(([key, value]) => {
    const least = key === 'message' || isErrorLike(value) ? 1_000 : 16;
    return { key: cut(key, 100), value, least, size: sizeOf(value) };
  });
  const total = (most: number) =>
    parts.reduce((sum, { key, size, least }) => sum + key.length + 4 + Math.min(size, Math.max(most, least)), 2);
  let most = MAX_LINE;
  while (most > 16 && total(most) > MAX_LINE) most = Math.floor(most * 0.9);
  const short = parts.map(({ key, value, least }): Entry => [key, shrink(value, Math.max(most, least))]);
  while (sizeOf(Object.fromEntries(short)) > MAX_LINE) short.pop();
  return JSON.stringify(Object.fromEntries(short));
}

/** A value in about `size` characters of JSON. Each member may take half of what is left: the first tell most. */
function shrink(value: Json, size: number): Json {
  if (sizeOf(value) <= size) return value;
  if (typeof value === 'string') {
    let length = size - 2;
    while (length > 1 && sizeOf(cut(value, length)) > size) length = Math.floor(length * 0.9);
    return cut(value, length);
  }
  if (typeof value !== 'object' || value === null) return value;
  const members: Entry[] = [];
  let left = size - 12;
  for (const [key, member] of Object.entries(value)) {
    const half = Math.floor((left - Math.min(key.length, 100)) / 2);
    if (half < 16) break;
    const short: Entry = [cut(key, 100), shrink(member, half)];
    left -= sizeOf(short);
    members.push(short);
  }
  if (members.length < Object.keys(value).length) members.push(['…', '…']);
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

function sizeOf(value: Json): number {
  return JSON.stringify(value).length;
}
