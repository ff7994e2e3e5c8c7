// Runs the files of all fixtures before and after the fix. Input: JSON, an array of cases; output: JSON, one complaint or
// null for each. A case has the `path`, `before` and `after` of a file, the `sites` that the fix rewrites (lines and
// columns from 1, in UTF-16 units), the `module` of the logger, and the `code` of that module if it is one of our own.

import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { complaint } from './compare.mjs';
import { drive } from './drive.mjs';
import { instrument } from './instrument.mjs';

const SEEDS = 24;
const [modules, input, output] = process.argv.slice(2);
const ts = createRequire(`${modules}/x.js`)('typescript');

/** The name of a module as far as imports of any form share it. */
function stem(specifier) {
  return specifier.replace(/^[@~#]?\/?(\.{1,2}\/)*/, '').replace(/\.(d\.)?[mc]?[jt]sx?$/, '').replace(/\/index$/, '');
}

function plainCode(text, fileName) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(text, { fileName, compilerOptions }).outputText;
}

async function check({ path, sites, module, handedOn, code, ...texts }) {
  // Columns count from behind a byte order mark.
  const [before, after] = [texts.before, texts.after].map((text) => text.replace(/^\uFEFF/, ''));
  const file = ts.createSourceFile(path, before, ts.ScriptTarget.ES2022, true);
  const offsets = sites.map(({ line, column }) => file.getPositionOfLineAndCharacter(line - 1, column - 1));
  const codes = [instrument(ts, before, path, offsets), instrument(ts, after, path, [])];
  const isIt = (specifier) => [module, ...handedOn].some((name) => name === specifier || stem(name).endsWith(stem(specifier)));
  const logger = { isIt, code: code === null ? null : plainCode(code, module) };
  const reached = new Set();
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const had = await drive(codes[0], seed, logger);
    const has = await drive(codes[1], seed, logger);
    const wrong = complaint(had, has);
    if (wrong !== null) return `seed ${seed}: ${wrong}`;
    had.sites.forEach((site) => reached.add(site));
  }
  const missed = sites.filter((_, index) => !reached.has(index));
  return missed.length === 0 ? null : `never reached: ${missed.map(({ line, column }) => `${line}:${column}`).join(', ')}`;
}

const complaints = [];
for (const one of JSON.parse(readFileSync(input, 'utf8'))) {
  try {
    complaints.push(await check(one));
  } catch (error) {
    complaints.push(`can't be run: ${error?.stack ?? error}`);
  }
}
writeFileSync(output, JSON.stringify(complaints));
