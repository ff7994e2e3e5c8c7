// Takes pictures of a page: `node screenshot.mjs NODE_MODULES PAGE.html OUT.png light|dark [WIDTH] [HEIGHT]`.

import { writeFileSync } from 'node:fs';
import { show, start } from './browser.mjs';

const [modules, page, out, scheme, width = '960', height] = process.argv.slice(2);
const browser = await start(modules);
try {
  await show(browser, Number(width), scheme);
  await browser.open(page);
  const all = await browser.evaluate('document.documentElement.scrollHeight');
  const clip = { x: 0, y: 0, width: Number(width), height: Number(height ?? all), scale: 1 };
  const { data } = await browser.command('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true });
  writeFileSync(out, Buffer.from(data, 'base64'));
} finally {
  browser.stop();
}
