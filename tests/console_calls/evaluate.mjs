// Runs each call before and after the fix, and says what differs: what was evaluated, and in which order; whether each
// value and each word that was logged is in the record.
//
// Input: JSON, an array of { before, after }. Output: JSON, an array of complaints, null for a case that is well.

import { inspect } from 'node:util';
import { readFileSync } from 'node:fs';

const AsyncFunction = (async () => {}).constructor;
const LEVELS = { log: 'info', info: 'info', debug: 'debug', trace: 'debug', warn: 'warn', error: 'error' };

async function run(code) {
  const trace = [];
  const records = [];
  class Value {
    constructor(token) { this.token = token; }
    get id() { trace.push(`${this.token}.id`); return this; }
    get profile() { trace.push(`${this.token}.profile`); return this; }
    get key() { trace.push(`${this.token}.key`); return this; }
    load(...args) { trace.push(`${this.token}.load`); return Promise.resolve(this); }
    toString() { trace.push(`text of ${this.token}`); return this.token; }
    toJSON() { trace.push(`JSON of ${this.token}`); return this.token; }
  }
  const v = (token) => { trace.push(`v(${token})`); return new Value(`⟦${token}⟧`); };
  const keep = (level) => (...args) => {
    const length = trace.length;
    records.push({ level, text: inspect(args, { depth: 20, maxStringLength: null }) });
    trace.length = length;
  };
  const logger = Object.fromEntries(Object.values(LEVELS).map((level) => [level, keep(level)]));
  const log = (level, ...args) => keep(level)(...args);
  const recorder = Object.fromEntries(Object.entries(LEVELS).map(([method, level]) => [method, keep(level)]));
  await new AsyncFunction('v', 'console', 'log', 'logger', code)(v, recorder, log, logger);
  return { trace, records };
}

// A text or JSON that the console made the logger may make, and what a message and the fields tell twice is read once.
function evaluated(trace) {
  const isRead = (event) => /^⟦\w+⟧\.(id|profile|key)$/u.test(event);
  const own = trace.filter((event) => !/^(text|JSON) of /.test(event));
  return own.filter((event, index) => !isRead(event) || own.indexOf(event) === index).join(' ');
}

function complaint(before, after) {
  if (evaluated(before.trace) !== evaluated(after.trace)) {
    return `evaluated ${evaluated(after.trace)} instead of ${evaluated(before.trace)}`;
  }
  if (before.records.length !== after.records.length) return `${after.records.length} records`;
  for (const [index, { level, text }] of before.records.entries()) {
    const record = after.records[index];
    if (record.level !== level) return `level ${record.level} instead of ${level}`;
    const lost = (text.match(/⟦\w+⟧|\bw\d+\b/gu) ?? []).filter((token) => !record.text.includes(token));
    if (lost.length > 0) return `lost ${lost.join(', ')} from ${text}: ${record.text}`;
  }
  return null;
}

const complaints = [];
for (const { before, after } of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    complaints.push(complaint(await run(before), await run(after)));
  } catch (error) {
    complaints.push(`throws ${error}`);
  }
}
process.stdout.write(JSON.stringify(complaints));
