// Says what the TypeScript compiler thinks of names.
//
// usage: node oracle.mjs <node_modules>
// stdin:  [{ path, text, names: [name] }]
// stdout: [{ calls: [offset], names: { name: { declarations: [offset],
//            references: { offset: target }, typeReferences: { offset: target },
//            calls: [[target, whether an import that this call sees may be added]] } } }]
// A target is a list of the offsets of the declarations, or null.
// All offsets are bytes. `null` is a name that the file doesn't declare: a global.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ts = createRequire(join(process.argv[2], 'x'))('typescript');
const { SymbolFlags, SyntaxKind } = ts;

const VALUE = SymbolFlags.Value | SymbolFlags.ExportValue;
// Types and namespaces are one world here: what is asked is whether a name is taken.
const TYPE = SymbolFlags.Type | SymbolFlags.Namespace;
const OPTIONS = {
  // Without its libraries the compiler knows no globals, so that a global is what it can't resolve.
  noLib: true,
  noResolve: true,
  alwaysStrict: true,
  experimentalDecorators: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  jsx: ts.JsxEmit.Preserve,
};

const DECLARATIONS = new Set([
  SyntaxKind.VariableDeclaration,
  SyntaxKind.BindingElement,
  SyntaxKind.Parameter,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ClassDeclaration,
  SyntaxKind.ClassExpression,
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
  SyntaxKind.TypeParameter,
  SyntaxKind.EnumDeclaration,
  SyntaxKind.EnumMember,
  SyntaxKind.ModuleDeclaration,
  SyntaxKind.ImportClause,
  SyntaxKind.NamespaceImport,
  SyntaxKind.ImportSpecifier,
  SyntaxKind.ImportEqualsDeclaration,
]);

function compile(path, text) {
  const file = ts.createSourceFile(path, text, { languageVersion: ts.ScriptTarget.ESNext }, true);
  const host = {
    getSourceFile: (name) => (name === path ? file : undefined),
    getDefaultLibFileName: () => 'lib.d.ts',
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === path,
    readFile: () => undefined,
    writeFile: () => {},
  };
  const program = ts.createProgram([path], OPTIONS, host);
  return { file, checker: program.getTypeChecker(), errors: program.getSyntacticDiagnostics(file) };
}

/** The node that holds the whole of `a.b.c`, of which `node` is the first name; `node` if there is no dot. */
function dotted(node) {
  let whole = node;
  for (;;) {
    const { parent } = whole;
    const first = ts.isQualifiedName(parent) ? parent.left : ts.isPropertyAccessExpression(parent) ? parent.expression : null;
    if (first !== whole) return whole;
    whole = parent;
  }
}

/** 'declaration', the meaning to look a reference up with and whether it is of a type, or null for anything else. */
function classify(node) {
  const { parent } = node;
  // The string of `declare module 'x'` is no name.
  if (parent.name === node && DECLARATIONS.has(parent.kind) && !ts.isAmbientModule(parent)) return 'declaration';
  if (!ts.isIdentifier(node)) return null;
  if (ts.isQualifiedName(parent) && parent.right === node) return null;

  const whole = dotted(node);
  const holder = whole.parent;
  if (ts.isTypeReferenceNode(holder) && holder.typeName === whole) return { meaning: TYPE, type: true };
  if (ts.isExpressionWithTypeArguments(holder)) {
    const isValue = holder.parent.token === SyntaxKind.ExtendsKeyword && ts.isClassLike(holder.parent.parent);
    return isValue ? { meaning: VALUE } : { meaning: TYPE, type: true };
  }
  if (ts.isTypeQueryNode(holder) && holder.exprName === whole) return { meaning: VALUE };
  if (ts.isImportEqualsDeclaration(holder)) return { meaning: VALUE | TYPE };

  if (ts.isExportSpecifier(parent)) {
    if ((parent.propertyName ?? parent.name) !== node || parent.parent.parent.moduleSpecifier) return null;
    return parent.isTypeOnly || parent.parent.parent.isTypeOnly
      ? { meaning: TYPE, type: true }
      : { meaning: VALUE };
  }
  if (ts.isTypePredicateNode(parent) && parent.parameterName === node) return { meaning: VALUE };
  if (ts.isShorthandPropertyAssignment(parent)) return { meaning: VALUE };
  if (ts.isExportAssignment(parent)) return { meaning: VALUE };
  if ((ts.isPropertyAccessExpression(parent) || ts.isMetaProperty(parent)) && parent.name === node) return null;
  if (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent)) {
    return ts.isIntrinsicJsxName(node.text) ? null : { meaning: VALUE };
  }
  return ts.isExpressionNode(node) ? { meaning: VALUE } : null;
}

function visit(file, each) {
  const open = [file];
  while (open.length > 0) {
    const node = open.pop();
    each(node);
    const children = [];
    ts.forEachChild(node, (child) => void children.push(child));
    open.push(...children.reverse());
  }
}

/** Where the name of a declaration begins; a string's name begins after the quote. */
function startOfName(declaration, file) {
  const name = ts.getNameOfDeclaration(declaration);
  return name && name.getStart(file) + (ts.isStringLiteral(name) ? 1 : 0);
}

/** Whether `declaration` belongs to the global scope by `declare global`. */
function isGlobalAugmentation(declaration) {
  for (let node = declaration.parent; node; node = node.parent) {
    if (ts.isModuleBlock(node)) return ts.isGlobalScopeAugmentation(node.parent);
    if (ts.isFunctionLike(node)) return false;
  }
  return false;
}

/** The starts of the declarations that `name` means at `node`; null if it means none of this file. */
function resolve({ checker, file }, name, node, meaning) {
  const symbol = checker.resolveName(name, node, meaning, /* excludeGlobals */ false);
  const starts = (symbol?.declarations ?? [])
    .filter((declaration) => declaration.getSourceFile() === file && !isGlobalAugmentation(declaration))
    .map((declaration) => startOfName(declaration, file));
  return starts.length > 0 ? starts : null;
}

/** A call whose callee is a name or a chain of names: no scope begins between its start and itself. */
function isPlainCall(node) {
  if (!ts.isCallExpression(node)) return false;
  let callee = node.expression;
  while (ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) || callee.kind === SyntaxKind.ThisKeyword;
}

function answer({ path, text, names }) {
  const program = compile(path, text);
  if (program.errors.length > 0) {
    return { error: ts.flattenDiagnosticMessageText(program.errors[0].messageText, ' ') + ' at ' + program.errors[0].start };
  }
  // What an import would do is found out by adding it. At the end, so that no offset changes.
  const imported = compile(path, `${text}\nimport { ${names.join(', ')} } from 'm';`);
  const specifiers = new Map(
    imported.file.statements.at(-1).importClause.namedBindings.elements.map((element) => [element.name.text, element]),
  );

  const bytes = (offset) => Buffer.byteLength(text.slice(0, offset));
  const bytesOf = (starts) => starts && starts.map(bytes);
  const found = new Map(names.map((name) => [name, { declarations: [], references: {}, typeReferences: {}, calls: [] }]));
  const calls = [];

  visit(program.file, (node) => {
    if (isPlainCall(node)) calls.push(node);
    const of = (ts.isIdentifier(node) || ts.isStringLiteral(node)) && found.get(node.text);
    const use = of && classify(node);
    if (!use) return;
    const start = node.getStart(program.file);
    if (use === 'declaration') {
      of.declarations.push(bytes(start + (ts.isStringLiteral(node) ? 1 : 0)));
    } else {
      const target = resolve(program, node.text, node, use.meaning);
      of[use.type ? 'typeReferences' : 'references'][bytes(start)] = bytesOf(target);
    }
  });

  const captured = new Set();
  const sites = new Map();
  visit(imported.file, (node) => {
    if (isPlainCall(node)) sites.set(node.getStart(imported.file), node);
    const specifier = ts.isIdentifier(node) && specifiers.get(node.text);
    const use = specifier && classify(node);
    if (!use || use === 'declaration') return;
    const target = resolve(imported, node.text, node, use.meaning);
    if (target?.includes(specifier.name.getStart(imported.file))) captured.add(node.text);
  });
  for (const [name, of] of found) {
    const specifier = specifiers.get(name);
    const declarations = imported.file.locals.get(name)?.declarations ?? [];
    const isAlone = declarations.length === 1 && declarations[0] === specifier;
    for (const call of calls) {
      const start = call.getStart(program.file);
      const target = resolve(imported, name, sites.get(start), VALUE);
      const seesIt = target?.includes(specifier.name.getStart(imported.file)) ?? false;
      of.calls.push([bytesOf(resolve(program, name, call, VALUE)), isAlone && seesIt && !captured.has(name)]);
    }
  }
  return { calls: calls.map((call) => bytes(call.getStart(program.file))), names: Object.fromEntries(found) };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer)));
