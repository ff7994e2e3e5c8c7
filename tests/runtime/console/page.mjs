// The frontend logger in a page with a real DOM, built for development and for production as bundlers do it: the words
// `process.env.NODE_ENV` become a text, or stay, where there is no `process`.
//
// Input: the module's TypeScript. Output: JSON, what the console was told in each build.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const require = createRequire(`${process.argv[2]}/x.js`);
const ts = require('typescript');
const { Window } = await import(require.resolve('happy-dom'));

const source = readFileSync(0, 'utf8');
const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
const built = ts.transpileModule(source, { compilerOptions }).outputText;

function told(code) {
  const window = new Window({ url: 'https://app.example/' });
  const said = [];
  const console = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (...args) => said.push({ level, args })]),
  );
  const button = window.document.createElement('button');
  const page = vm.createContext({ window, document: window.document, console, exports: {}, button });
  vm.runInContext(code, page);
  vm.runInContext(
    `const { logger } = exports;
     logger.debug('d');
     logger.info('Order {id} opened', { id: 7 });
     button.addEventListener('click', (event) => logger.warn('Clicked {type}', { type: event.type, target: event.target }));
     logger.error('Not saved', { error: new Error('no'), token: 'secret-of-the-user' });`,
    page,
  );
  button.click();
  const isLive = said.some(({ args }) => args.some((arg) => arg?.target === button));
  return { levels: said.map(({ level }) => level), messages: said.map(({ args }) => args[0]), isLive, text: JSON.stringify(said.at(1)) };
}

process.stdout.write(JSON.stringify({
  plain: told(built),
  development: told(built.replaceAll('process.env.NODE_ENV', '"development"')),
  production: told(built.replaceAll('process.env.NODE_ENV', '"production"')),
}));
