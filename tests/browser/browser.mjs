// A headless Chromium out of an npm package, spoken to through its own pipe: no driver, no port.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unpacked } from './unpack.mjs';

/** How long the browser may take for one answer, in milliseconds. */
const PATIENCE = 60_000;

/** Starts the browser with one empty page; `command(method, params)` speaks the DevTools protocol with that page. */
export async function start(modules) {
  const home = await unpacked(modules);
  const profile = mkdtempSync(join(tmpdir(), 'phase2-browser-'));
  const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-zygote', '--single-process',
    '--hide-scrollbars', '--disable-background-networking', '--disable-component-update', '--no-first-run',
    '--force-color-profile=srgb', `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank',
  ];
  const libraries = [join(home, 'lib'), home, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const env = { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(home, 'fonts'), HOME: profile };
  const child = spawn(join(home, 'chromium'), flags, { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => (said = (said + data).slice(-4000)));
  const waiting = new Map();
  const listeners = [];
  let last = 0;
  let rest = Buffer.alloc(0);
  child.stdio[4].on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const message = JSON.parse(rest.subarray(0, end).toString());
      rest = rest.subarray(end + 1);
      if (message.id) waiting.get(message.id)?.(message);
      else listeners.forEach((listener) => listener(message));
    }
  });
  const gone = new Promise((_, failed) => {
    child.on('error', failed);
    child.on('exit', (code, signal) => failed(new Error(`the browser ended (${code ?? signal}):\n${said}`)));
  });
  gone.catch(() => {});
  child.stdio[3].on('error', () => {});
  const send = (method, params, sessionId) => {
    const id = ++last;
    const answer = new Promise((done, failed) => {
      const late = setTimeout(() => failed(new Error(`no answer to ${method}:\n${said}`)), PATIENCE);
      waiting.set(id, (message) => {
        clearTimeout(late);
        waiting.delete(id);
        if (message.error) failed(new Error(`${method}: ${message.error.message}`));
        else done(message.result);
      });
    });
    child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return Promise.race([answer, gone]);
  };
  const { targetInfos } = await send('Target.getTargets', {});
  const page = targetInfos.find((target) => target.type === 'page');
  const { sessionId } = await send('Target.attachToTarget', { targetId: page.targetId, flatten: true });
  const command = (method, params = {}) => send(method, params, sessionId);
  /** Calls `listener(method, params)` for each event. */
  const listen = (listener) => listeners.push((message) => listener(message.method, message.params));
  /** The value of an expression in the page. */
  const evaluate = async (expression) => {
    const answer = await command('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? 'it throws');
    return answer.result.value;
  };
  /** Opens a file, to the end of loading. */
  const open = async (file) => {
    const loaded = new Promise((done) => listen((method) => method === 'Page.loadEventFired' && done()));
    await command('Page.enable');
    await command('Page.navigate', { url: pathToFileURL(file).href });
    await Promise.race([loaded, gone]);
  };
  const stop = () => {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { command, listen, evaluate, open, stop };
}

/** What the page is shown as: a width in pixels, and `light` or `dark`. */
export async function show(browser, width, scheme) {
  await browser.command('Emulation.setDeviceMetricsOverride', {
    width, height: 900, deviceScaleFactor: 1, mobile: false,
  });
  await browser.command('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  });
}
