// Unpacks the browser that comes in an npm package: `node unpack.mjs NODE_MODULES`.

import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/** Unpacks the package's browser, its libraries and its fonts beside it, once; gives back the folder. */
export async function unpacked(modules) {
  const home = join(modules, '..', 'chromium');
  if (existsSync(home)) return home;
  const packed = join(modules, '@sparticuz', 'chromium', 'bin');
  const draft = mkdtempSync(join(modules, '..', 'chromium-'));
  const read = (name) => brotliDecompressSync(readFileSync(join(packed, name)));
  writeFileSync(join(draft, 'chromium'), read('chromium.br'));
  chmodSync(join(draft, 'chromium'), 0o755);
  const tar = createRequire(resolve(modules, 'x.js'))('tar-fs');
  for (const name of ['al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br']) {
    await new Promise((done, failed) => {
      tar.extract(draft).on('finish', done).on('error', failed).end(read(name));
    });
  }
  try {
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
    rmSync(draft, { recursive: true });
  }
  return home;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await unpacked(process.argv[2]);
