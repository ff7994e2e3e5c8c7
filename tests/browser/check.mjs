// Opens pages as a reader would, and tells what is wrong with them: `node check.mjs NODE_MODULES`, a JSON list of the
// pages' paths on its standard input; a JSON list of findings for each of them on its standard output.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { show, start } from './browser.mjs';

const modules = process.argv[2];
const axe = readFileSync(join(modules, 'axe-core', 'axe.min.js'), 'utf8');
const ACTIVE = 'script, iframe, object, embed, form, base, img, svg script, [onerror], [onload], [onclick], [srcdoc]';

/** What can be reached by the keyboard, in the order of the document, as texts. */
const REACHABLE = `[...document.querySelectorAll('a[href], summary, button, input, [tabindex="0"]')]
  .filter((element) => element.checkVisibility())
  .map((element) => element.tagName + ' ' + element.textContent.trim())`;

const FOCUSED = `(() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const seen = box.width > 0 && box.right > 0 && box.bottom > 0 && getComputedStyle(element).outlineStyle !== 'none';
  return element === document.body ? null : { text: element.tagName + ' ' + element.textContent.trim(), seen };
})()`;

async function press(browser, key, code) {
  const event = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: code, text: key === 'Enter' ? '\r' : undefined };
  await browser.command('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
  await browser.command('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
}

/** What is wrong for somebody who has a keyboard only. */
async function byKeyboard(browser) {
  const found = [];
  const expected = await browser.evaluate(REACHABLE);
  const reached = [];
  for (let step = 0; step <= expected.length; step += 1) {
    await press(browser, 'Tab', 9);
    const focused = await browser.evaluate(FOCUSED);
    if (focused === null) break;
    if (step === 0) {
      await press(browser, 'Enter', 13);
      const target = await browser.evaluate('document.activeElement.tagName');
      if (target !== 'MAIN') found.push(`the first stop skips to ${target}`);
      await browser.evaluate(`document.querySelector('a[href]').focus()`);
    }
    reached.push(focused.text);
    if (!focused.seen) found.push(`the focus on ${focused.text} can't be seen`);
  }
  if (JSON.stringify(reached) !== JSON.stringify(expected)) {
    found.push(`the keyboard reaches ${JSON.stringify(reached)}, not ${JSON.stringify(expected)}`);
  }
  const isOpen = `document.querySelector('details').open`;
  if (await browser.evaluate(`document.querySelector('summary')?.focus() ?? !!document.querySelector('summary')`)) {
    const before = await browser.evaluate(isOpen);
    await press(browser, 'Enter', 13);
    if ((await browser.evaluate(isOpen)) === before) found.push('Enter opens and closes no details');
  }
  return found;
}

/** What is wrong on paper. */
async function onPaper(browser) {
  const found = [];
  await browser.evaluate(`document.querySelectorAll('details').forEach((details) => (details.open = false))`);
  await browser.command('Emulation.setEmulatedMedia', { media: 'print' });
  const hidden = await browser.evaluate(`[...document.querySelectorAll('details li, tbody tr')]
    .filter((item) => !item.checkVisibility({ contentVisibilityAuto: true }) || item.getBoundingClientRect().height === 0)
    .map((item) => item.textContent.trim())`);
  if (hidden.length > 0) found.push(`paper doesn't show ${hidden.join(', ')}`);
  const { data } = await browser.command('Page.printToPDF', { printBackground: false });
  const pdf = Buffer.from(data, 'base64');
  if (!pdf.subarray(0, 5).equals(Buffer.from('%PDF-')) || pdf.length < 10_000) found.push('the PDF is empty');
  return found;
}

async function check(browser, events, page) {
  const found = [];
  const backgrounds = new Set();
  for (const [scheme, width] of [['light', 960], ['dark', 960], ['dark', 360], ['light', 360]]) {
    events.length = 0;
    await show(browser, width, scheme);
    await browser.open(page);
    const say = (problem) => found.push(`${scheme}, ${width} px: ${problem}`);
    backgrounds.add(await browser.evaluate(`getComputedStyle(document.documentElement).backgroundColor`));
    const wide = await browser.evaluate('document.documentElement.scrollWidth');
    if (wide > width) say(`it is ${wide} px wide`);
    const active = await browser.evaluate(`document.querySelectorAll('${ACTIVE}').length`);
    if (active > 0) say(`it has ${active} elements that do something`);
    const requested = await browser.evaluate(`performance.getEntriesByType('resource').map((entry) => entry.name)`);
    requested.filter((name) => !name.startsWith('data:')).forEach((name) => say(`it requests ${name}`));
    events.forEach(say);
    await browser.evaluate(`${axe}; 0`);
    const violations = await browser.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((result) =>
      result.violations.map((violation) => violation.id + ': ' + violation.nodes.map((node) => node.html).join(' ')))`);
    violations.forEach((violation) => say(`axe: ${violation}`));
  }
  if (backgrounds.size !== 2) found.push('light and dark look the same');
  await show(browser, 960, 'light');
  await browser.open(page);
  found.push(...(await byKeyboard(browser)), ...(await onPaper(browser)));
  return found;
}

const browser = await start(modules);
try {
  const events = [];
  browser.listen((method, params) => {
    if (method === 'Network.requestWillBeSent' && !/^(data|file):/.test(params.request.url)) {
      events.push(`it requests ${params.request.url}`);
    }
    if (method === 'Runtime.exceptionThrown') events.push(`it throws: ${params.exceptionDetails.text}`);
    if (method === 'Runtime.consoleAPICalled') events.push(`it writes to the console: ${params.type}`);
    if (method === 'Log.entryAdded') events.push(`the browser says: ${params.entry.text}`);
  });
  for (const domain of ['Network', 'Runtime', 'Log', 'Page']) await browser.command(`${domain}.enable`);
  await browser.command('Emulation.setFocusEmulationEnabled', { enabled: true });
  const results = [];
  for (const page of JSON.parse(await text(process.stdin))) results.push(await check(browser, events, page));
  process.stdout.write(JSON.stringify(results));
} finally {
  browser.stop();
}
