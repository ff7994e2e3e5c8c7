// What a project says when it runs: for `render`, the HTML of its `App`; for `serve`, what its edge function answers.
// Modules come as texts, and are translated by TypeScript.
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const require = createRequire(path.join(process.argv[2], 'x.js'));
const ts = require('typescript');
const { files, entry, requests } = JSON.parse(await text(process.stdin));

const modules = new Map();
let handler;
globalThis.Deno = { env: { get: () => 'key' }, serve: (given) => (handler = given) };

function load(name) {
  if (modules.has(name)) return modules.get(name).exports;
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.ReactJSX };
  const { outputText } = ts.transpileModule(files[name], { compilerOptions: options, fileName: name });
  const module = { exports: {} };
  modules.set(name, module);
  const find = (specifier) => {
    if (!specifier.startsWith('.')) return require(specifier);
    const target = path.posix.join(path.posix.dirname(name), specifier);
    const found = ['', '.ts', '.tsx'].map((end) => target + end).find((file) => file in files);
    if (!found) throw new Error(`${name} imports ${specifier}, which isn't there`);
    return load(found);
  };
  new Function('require', 'module', 'exports', outputText)(find, module, module.exports);
  return module.exports;
}

const exports = load(entry);
const said = [];
if (requests) {
  for (const body of requests) {
    const answer = await handler(new Request('http://localhost/', { method: 'POST', body: JSON.stringify(body) }));
    said.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
  }
} else {
  const { createElement } = require('react');
  const { renderToStaticMarkup } = require('react-dom/server');
  said.push(renderToStaticMarkup(createElement(exports.App)));
}
process.stdout.write(JSON.stringify(said));
