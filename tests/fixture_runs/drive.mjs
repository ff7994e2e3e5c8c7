// Runs an instrumented program with things for all that it doesn't define, until every function in it was called.

import { World } from './things.mjs';

const AsyncFunction = (async () => {}).constructor;
const LEVELS = ['debug', 'info', 'warn', 'error'];
const OF_METHOD = { log: 'info', info: 'info', debug: 'debug', trace: 'debug', warn: 'warn', error: 'error', table: 'info' };
const REAL = ['Object', 'Array', 'Math', 'Promise', 'Error', 'TypeError', 'Map', 'Set', 'WeakMap', 'String', 'Number',
  'Boolean', 'Symbol', 'BigInt', 'Proxy', 'Reflect', 'RegExp', 'NaN', 'Infinity', 'undefined', 'parseInt', 'parseFloat'];

/** A number below one that depends on the seed and the words, and on nothing else. */
function chance(seed, words) {
  let state = seed + 1;
  for (const letter of words) state = Math.imul(state ^ letter.codePointAt(0), 0x01000193) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0;
  return (state >>> 8) / 2 ** 24;
}

/** A recording console. */
function recordingConsole(world) {
  const methods = Object.entries(OF_METHOD).map(([method, level]) => [
    method,
    (...args) => void world.records.push({ level, shown: args.map((arg) => world.show(arg)), args: stripped(args) }),
  ]);
  const assert = (holds, ...args) => {
    if (!holds) world.records.push({ level: 'error', shown: args.map((arg) => world.show(arg)), args: stripped(args) });
  };
  return new Proxy({ ...Object.fromEntries(methods), assert }, {
    get: (own, key) => own[key] ?? (typeof key === 'string' ? () => world.thing(`console.${key}`) : undefined),
  });
}

/** The first text of a call, whose directives the comparison wants to know. */
function stripped(args) {
  return typeof args[0] === 'string' ? args[0] : '';
}

/** A logger of a project: whatever is called on it, at any depth, is a record. */
function recordingLogger(world) {
  const at = (method, isExport) =>
    new Proxy(function () {}, {
      get: (_, key) => (typeof key === 'string' && key !== 'then' ? at(key, false) : undefined),
      apply(_, __, args) {
        const isLevel = isExport && !LEVELS.includes(method) && LEVELS.includes(args[0]);
        const level = isLevel ? args[0] : OF_METHOD[method];
        if (level === undefined) return at(method, false); // A factory, a child.
        world.records.push({ level, shown: (isLevel ? args.slice(1) : args).map((arg) => world.show(arg)), args: '' });
        return undefined;
      },
    });
  return new Proxy({ __esModule: true }, { get: (own, key) => own[key] ?? at(String(key), true), has: () => true });
}

/** The module that a fix brings along, as it really is: what it writes to its console is the record. */
function realLogger(world, code) {
  const exports = {};
  const write = (level) => (...args) => {
    const shown = args.map((arg) => (typeof arg === 'string' ? arg : world.show(arg)));
    world.records.push({ level, shown: [shown.join(' ')], args: '' });
  };
  const console = Object.fromEntries(LEVELS.map((level) => [level, write(level)]));
  new Function('exports', 'console', code)(exports, console);
  const quiet = (value) => {
    if (typeof value !== 'function') {
      const isLogger = typeof value === 'object' && value !== null && 'info' in value;
      return isLogger ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, quiet(inner)])) : value;
    }
    return (...args) => quiet(world.silently(() => value(...args)));
  };
  return Object.fromEntries(Object.entries(exports).map(([key, value]) => [key, quiet(value)]));
}

/** The records and the trace of `code`. `logger` says which import is the logger, and what it is. */
export async function drive(code, seed, logger) {
  const world = new World((key) => chance(seed, key) < 0.5);
  const console = recordingConsole(world);
  const called = new WeakSet();
  const loops = new Map();
  let failure = null;
  const register = (value, drive) => {
    if (world.known.has(Object(value))) return value;
    world.idle.push(() => called.has(value) || drive());
    return value;
  };
  const own = {
    __decide: (key, negated, value) => {
      if (key.endsWith(' instanceof Error')) return Boolean(value) !== negated;
      world.note(`asked ${key}`);
      return world.decide(key) !== negated;
    },
    __once: (key) => {
      loops.set(key, (loops.get(key) ?? 0) + 1);
      return loops.get(key) === 1;
    },
    __fail: (index) => {
      if (world.decide(`error ${index}`)) throw world.error(`thrown${index}`);
    },
    __pick: (key, count) => Math.floor(chance(seed, `switch ${key}`) * count),
    __site: (index) => world.sites.add(index),
    __fn: (act) => {
      if (typeof act !== 'function' || world.known.has(act)) return act;
      const wrapper = function (...args) {
        called.add(wrapper);
        return new.target ? Reflect.construct(act, args) : act.apply(this, args);
      };
      Object.defineProperty(wrapper, 'length', { value: act.length });
      return register(wrapper, () => wrapper.call(world.thing('this'), world.thing('a'), world.thing('b'), world.thing('c')));
    },
    __class: (type) => register(type, () => visitClass(world, type)),
    __object: (object) => {
      world.visit(object, 'object');
      return object;
    },
    __jsx: (type, props, ...children) => {
      world.visit([props, ...children], `<${typeof type === 'string' ? type : world.show(type)}>`);
      return world.thing('element');
    },
    JSON: { parse: JSON.parse, stringify: (value) => world.show(value) },
    __fragment: 'fragment',
    __meta: world.thing('meta'),
    console,
    globalThis: withConsole(world.thing('globalThis'), console),
    exports: {},
    module: {},
  };
  own.window = own.self = own.global = own.globalThis;
  own.require = (specifier) => {
    if (!logger?.isIt(specifier)) return moduleThing(world, specifier);
    return logger.code === null ? recordingLogger(world) : realLogger(world, logger.code);
  };
  const things = new Map();
  const scope = new Proxy(own, {
    has: (_, key) => typeof key === 'string' && !REAL.includes(key),
    get(_, key) {
      if (key === Symbol.unscopables) return undefined;
      if (Object.hasOwn(own, key)) return own[key];
      if (!things.has(key)) things.set(key, world.thing(key));
      return things.get(key);
    },
    set: (_, key, value) => things.set(key, value) !== undefined,
  });
  const attempt = async (act) => {
    try {
      await act();
    } catch (error) {
      world.note(`threw ${error?.message}`);
      if (error instanceof SyntaxError || /\b__\w+ is/.test(error?.message ?? '')) failure = error;
    }
  };
  const program = new AsyncFunction('__scope', `with (__scope) {\n${code}\n}`);
  world.later(() => program(scope));
  for (let turn = 0; world.pending.length + world.idle.length > 0 && turn < 500; turn += 1) {
    attempt(world.pending.shift() ?? world.idle.shift());
    // What waits for something that is still pending must not hold it up.
    for (let tick = 0; tick < 20; tick += 1) await null;
  }
  if (failure) throw failure;
  return world;
}

/** The exports of a module that nobody has: `default` among them, and the module itself where a name is asked for. */
function moduleThing(world, specifier) {
  const name = specifier.replace(/\.\w+$/, '').split('/').at(-1);
  const exports = new Map();
  return new Proxy({}, {
    get: (_, key) => {
      if (key === '__esModule') return true;
      if (typeof key !== 'string' || key === 'then') return undefined;
      if (!exports.has(key)) exports.set(key, world.thing(key === 'default' ? name : key));
      return exports.get(key);
    },
    has: () => true,
  });
}

/** The global object: its console is the recording one. */
function withConsole(thing, console) {
  return new Proxy(thing, {
    get: (target, key) => (key === 'console' ? console : /^(globalThis|window|self)$/.test(String(key)) ? withConsole(thing, console) : target[key]),
  });
}

/** Makes an instance of a class and calls its methods, the static ones, too. */
function visitClass(world, type) {
  const call = (object, holder) => {
    for (const [key, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (key === 'constructor' || key === 'prototype') continue;
      if (typeof value === 'function') world.later(() => value.call(object, world.thing('a'), world.thing('b')));
      else if (get) world.later(() => get.call(object));
    }
  };
  call(type, type);
  const instance = new type(world.thing('a'), world.thing('b'), world.thing('c'));
  call(instance, type.prototype);
  call(instance, instance);
}
