/** What was said to the console while a test ran: the method and its arguments, in order. */
export type Said = { method: string; args: unknown[] };

/** Runs `act` with a recording console and gives back what was said to it. */
export function capture(act: () => void): Said[] {
  const said: Said[] = [];
  const real = globalThis.console;
  const spy = (method: string) => (...args: unknown[]) => void said.push({ method, args });
  const methods = ['debug', 'info', 'log', 'warn', 'error'];
  globalThis.console = { ...real, ...Object.fromEntries(methods.map((method) => [method, spy(method)])) };
  try {
    act();
  } finally {
    globalThis.console = real;
  }
  return said;
}
