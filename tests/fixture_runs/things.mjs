// Values for everything that a program names and nobody defined: each has a token by which it is found again in what is
// logged, and each use of it is noted.

/** What happens in one run of a program. `decide` says for a key whether it holds, always the same in one run. */
export class World {
  constructor(decide) {
    this.decide = decide;
    this.trace = [];
    this.records = [];
    this.sites = new Set();
    this.pending = []; // What will be called.
    this.idle = []; // What is called if nobody else does.
    this.known = new WeakMap();
    this.silent = 0;
    this.errors = 0;
  }

  /** Notes that something was evaluated, unless the console or a logger is looking. */
  note(event) {
    if (this.silent === 0) this.trace.push(event);
  }

  /** Runs `look` without noting what it evaluates. */
  silently(look) {
    this.silent += 1;
    try {
      return look();
    } finally {
      this.silent -= 1;
    }
  }

  /** An error as a program would meet it, with details of its own. */
  error(path) {
    const error = new Error(`⟦${path}.message⟧`);
    return Object.assign(error, { code: `⟦${path}.code⟧`, hint: `⟦${path}.hint⟧` });
  }

  /** The thing called `path`. What a call gives back may be waited for; what waiting gives may not. */
  thing(path, awaitable = false) {
    const world = this;
    const members = new Map();
    const member = (key, make) => {
      if (!members.has(key)) members.set(key, make());
      return members.get(key);
    };
    const promise = {
      then: (use, fail) => {
        if (use) world.later(() => use(world.thing(`${path}.value`)));
        if (fail) world.later(() => fail(world.error(`${path}.error`)));
        return world.thing(`${path}.then`, true);
      },
      catch: (fail) => promise.then(undefined, fail),
      finally: (use) => promise.then(use && (() => use())),
    };
    const list = (use) => {
      world.later(() => use(world.thing(`${path}.item`), world.thing(`${path}.index`)));
      return world.thing(`${path}.list`);
    };
    const target = function () {};
    const proxy = new Proxy(target, {
      get(_, key) {
        if (key === Symbol.toPrimitive) return () => `⟦${path}⟧`;
        if (key === Symbol.iterator) return () => [world.thing(`${path}.item`)][Symbol.iterator]();
        if (key === Symbol.asyncIterator) {
          return async function* () {
            yield world.thing(`${path}.item`);
          };
        }
        if (typeof key === 'symbol') return undefined;
        if (key === 'toString' || key === 'toLocaleString') return () => `⟦${path}⟧`;
        if (key === 'name' && world.silent > 0) return `⟦${path}⟧`;
        if (key === 'prototype') return target.prototype; // A proxy must tell it as it is.
        if (key === 'toJSON' || key === '__esModule') return undefined;
        if (key === 'then' && !awaitable) return undefined;
        if (awaitable && Object.hasOwn(promise, key)) return promise[key];
        if (key === 'catch' || key === 'finally') return promise[key];
        if (key === 'forEach' || key === 'map') return list;
        world.note(`get ${path}.${key}`);
        return member(key, () => world.thing(`${path}.${key}`));
      },
      set: (_, key) => {
        world.note(`set ${path}.${String(key)}`);
        return true;
      },
      has: () => true,
      deleteProperty: () => true,
      ownKeys: () => ['prototype'],
      apply(_, self, args) {
        world.note(`call ${path}`);
        world.hand(args, path);
        return world.thing(`${path}()`, true);
      },
      construct(_, args) {
        world.note(`new ${path}`);
        world.hand(args, path);
        return world.thing(`new ${path}`);
      },
    });
    this.known.set(proxy, path);
    return proxy;
  }

  /** Calls back, later, each function among `args` and in the objects among them. */
  hand(args, path) {
    for (const [index, arg] of args.entries()) this.visit(arg, `${path}.${index}`);
  }

  visit(value, path, depth = 0) {
    if (this.known.has(Object(value)) || depth > 4) return;
    if (typeof value === 'function') {
      this.later(() => value(this.thing(`${path}.a`), this.thing(`${path}.b`)));
    } else if (Array.isArray(value) || Object.getPrototypeOf(Object(value)) === Object.prototype) {
      for (const [key, member] of Object.entries(Object(value))) this.visit(member, `${path}.${key}`, depth + 1);
    }
  }

  later(act) {
    this.pending.push(act);
  }

  /** Everything of a value that a reader of the log would see. */
  show(value, seen = new Set()) {
    return this.silently(() => {
      if (this.known.has(Object(value))) return `⟦${this.known.get(value)}⟧`;
      if (typeof value === 'symbol') return String(value);
      if (typeof value !== 'object' || value === null) return String(value);
      if (seen.has(value)) return '';
      seen.add(value);
      const inner = (part) => this.show(part, seen);
      if (value instanceof Map) return [...value].flat().map(inner).join(' ');
      if (value instanceof Set || Array.isArray(value)) return [...value].map(inner).join(' ');
      const own = Object.entries(value).map(([key, member]) => `${key} ${inner(member)}`);
      if (value instanceof Error) return [value.name, value.message, inner(value.cause ?? ''), ...own].join(' ');
      return own.length > 0 ? own.join(' ') : inner(typeof value.toString === 'function' ? String(value) : '');
    });
  }
}
