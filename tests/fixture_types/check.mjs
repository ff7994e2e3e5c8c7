// Type-checks each project of the fixtures before and after the fix, under `strict`. Input: JSON, an array of { before,
// after }, each an object of texts by path; output: JSON, for each case the diagnostics that are new.
//
// Modules that nobody has are `any`, but for React's where package.json names its types; what Deno declares is taken from
// the pinned Deno.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const modules = process.argv[2];
const ts = createRequire(`${modules}/x.js`)('typescript');
const { denoTypes, cases } = JSON.parse(readFileSync(0, 'utf8'));

const ROOT = '/project/';
const OPTIONS = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  jsx: ts.JsxEmit.Preserve,
  experimentalDecorators: true,
  lib: ['lib.esnext.d.ts'],
  types: [],
  baseUrl: ROOT,
  paths: { '@/*': ['src/*'] },
};
const AMBIENT = new Map([
  [`${ROOT}deno.d.ts`, denoTypes.replace(/^\/\/\/ <reference.*$/gm, '')],
  [
    `${ROOT}ambient.d.ts`,
    "declare module '*';\ndeclare namespace JSX { interface IntrinsicElements { [name: string]: any }\n" +
      'interface IntrinsicAttributes { key?: string | number | bigint | null } }\n' +
      'declare const document: any;\ndeclare const process: any;\n' +
      // The browser's, as Deno's own types have them elsewhere.
      'declare function setTimeout(run: () => void, milliseconds?: number): number;\n' +
      'declare function clearTimeout(timer?: number): void;\n',
  ],
]);
const parsed = new Map();
const libraries = ts.createCompilerHost(OPTIONS);

/** A file, parsed once for each text. */
function source(path, text) {
  const key = `${path}\n${text}`;
  if (!parsed.has(key)) parsed.set(key, ts.createSourceFile(path, text, OPTIONS.target, true));
  return parsed.get(key);
}

function diagnostics(texts) {
  const files = new Map([...AMBIENT, ...Object.entries(texts).map(([path, text]) => [ROOT + path, text])]);
  const hasReact = texts['package.json']?.includes('@types/react') ?? false;
  const installed = (path) =>
    hasReact && path.startsWith(`${ROOT}node_modules/`) ? path.replace(`${ROOT}node_modules`, modules) : undefined;
  const host = {
    ...libraries,
    getSourceFile: (path) => {
      const library = installed(path) ?? (path.includes('/typescript/lib/') ? path : undefined);
      const text = files.get(path) ?? (library === undefined ? undefined : libraries.readFile(library));
      return text === undefined ? undefined : source(path, text);
    },
    fileExists: (path) => files.has(path) || (installed(path) !== undefined && libraries.fileExists(installed(path))),
    readFile: (path) => files.get(path) ?? (installed(path) === undefined ? undefined : libraries.readFile(installed(path))),
    directoryExists: (path) =>
      [...files.keys()].some((file) => file.startsWith(`${path.replace(/\/$/, '')}/`)) ||
      (hasReact && `${path}/`.startsWith(`${ROOT}node_modules/`)),
    getDirectories: () => [],
    getCurrentDirectory: () => ROOT,
    realpath: undefined,
  };
  const roots = [...files.keys()].filter((path) => /\.[mc]?tsx?$/.test(path));
  const program = ts.createProgram(roots, OPTIONS, host);
  const said = ({ file, code, messageText }) => {
    const words = ts.flattenDiagnosticMessageText(messageText, ' ');
    // A name that nobody declares is the same trouble in `{ name }` as it is elsewhere.
    const unknown = /^(?:No value exists in scope for the shorthand property|Cannot find name) '([^']+)'/.exec(words);
    const place = file?.fileName.slice(ROOT.length);
    return unknown ? `${place}: nobody declares ${unknown[1]}` : `${place}: TS${code}: ${words}`;
  };
  return new Set(ts.getPreEmitDiagnostics(program).map(said));
}

const found = cases.map(({ before, after }) => {
  const known = diagnostics(before);
  // What moves to a new file takes its diagnostics with it.
  const words = (diagnostic) => diagnostic.slice(diagnostic.indexOf(': '));
  const anywhere = new Set([...known].map(words));
  const isOfNewFile = (diagnostic) => !(diagnostic.slice(0, diagnostic.indexOf(': ')) in before);
  const isKnown = (diagnostic) => known.has(diagnostic) || (isOfNewFile(diagnostic) && anywhere.has(words(diagnostic)));
  return [...diagnostics(after)].filter((diagnostic) => !isKnown(diagnostic));
});
process.stdout.write(JSON.stringify(found));
