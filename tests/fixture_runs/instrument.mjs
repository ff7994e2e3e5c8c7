// Makes of a TypeScript file a function body that can be driven: decisions and errors follow the run, every function is
// known, and each place that the fix rewrites says when it is reached.

/** `sites` are UTF-16 offsets of the uses of the console that the fix rewrites. */
export function instrument(ts, text, path, sites) {
  const { outputText } = ts.transpileModule(text, {
    fileName: path.replace(/\.m(tsx?)$/, '.$1'),
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      jsx: ts.JsxEmit.React,
      jsxFactory: '__jsx',
      jsxFragmentFactory: '__fragment',
      experimentalDecorators: true,
      esModuleInterop: true,
    },
    transformers: { before: [(context) => (file) => transformed(ts, context, file, sites)] },
  });
  return outputText.replace(/^#!.*/, '').replace(/^\s*["']use strict["'];?/, '').replace(/\bimport\.meta\b/g, '__meta');
}

function transformed(ts, context, file, sites) {
  const { factory } = context;
  const call = (name, ...args) => factory.createCallExpression(factory.createIdentifier(name), undefined, args);
  const textLiteral = (value) => factory.createStringLiteral(value);
  const number = (value) => factory.createNumericLiteral(value);
  let tries = 0;
  let switches = 0;

  /** A condition without what negates it, so that the opposite of a condition is decided the other way round. */
  const decision = (node) => {
    let [inner, negated] = [node, false];
    for (;;) {
      if (ts.isParenthesizedExpression(inner)) inner = inner.expression;
      else if (ts.isPrefixUnaryExpression(inner) && inner.operator === ts.SyntaxKind.ExclamationToken) {
        [inner, negated] = [inner.operand, !negated];
      } else break;
    }
    const words = inner.getText(file).replace(/\s+/g, ' ');
    const key = /\b(console|log|logger)\b/i.test(words) ? 'what was logged' : words;
    return (value) => call('__decide', textLiteral(key), negated ? factory.createTrue() : factory.createFalse(), value);
  };
  const visit = (node) => {
    const position = node.pos >= 0 ? node.getStart(file) : -1;
    const site = sites.indexOf(position);
    const isUse = ts.isCallExpression(node) || ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
    if (site >= 0 && isUse && !done.has(position)) {
      done.add(position);
      return factory.createParenthesizedExpression(factory.createComma(call('__site', number(site)), changed(node)));
    }
    return changed(node);
  };
  const done = new Set();
  const each = (node) => ts.visitEachChild(node, visit, context);
  const isAssertion = (node) => ts.isCallExpression(node) && /(^|\.)console\.assert$/.test(node.expression.getText(file));

  const changed = (node) => {
    if (ts.isIfStatement(node)) {
      const decided = decision(node.expression)(visit(node.expression));
      const other = node.elseStatement && visit(node.elseStatement);
      return factory.updateIfStatement(node, decided, visit(node.thenStatement), other);
    }
    if (ts.isConditionalExpression(node)) {
      const decided = decision(node.condition)(visit(node.condition));
      const [whenTrue, whenFalse] = [visit(node.whenTrue), visit(node.whenFalse)];
      return factory.updateConditionalExpression(node, decided, node.questionToken, whenTrue, node.colonToken, whenFalse);
    }
    if (ts.isWhileStatement(node)) {
      return factory.updateWhileStatement(node, call('__once', number(node.pos), visit(node.expression)), visit(node.statement));
    }
    if (ts.isForStatement(node) && node.condition) {
      const condition = call('__once', number(node.pos), visit(node.condition));
      const initializer = node.initializer && visit(node.initializer);
      const incrementor = node.incrementor && visit(node.incrementor);
      return factory.updateForStatement(node, initializer, condition, incrementor, visit(node.statement));
    }
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.kind;
      if (operator === ts.SyntaxKind.AmpersandAmpersandToken || operator === ts.SyntaxKind.BarBarToken) {
        const left = decision(node.left)(visit(node.left));
        return factory.updateBinaryExpression(node, left, node.operatorToken, visit(node.right));
      }
    }
    if (isAssertion(node) && node.arguments.length > 0) {
      const [condition, ...rest] = node.arguments;
      const args = [decision(condition)(visit(condition)), ...rest.map(visit)];
      return factory.updateCallExpression(node, visit(node.expression), node.typeArguments, args);
    }
    if (ts.isTryStatement(node)) {
      const index = tries++;
      const block = each(node.tryBlock);
      const first = factory.createExpressionStatement(call('__fail', number(index)));
      const body = factory.updateBlock(node.tryBlock, [first, ...block.statements]);
      const clause = node.catchClause && visit(node.catchClause);
      return factory.updateTryStatement(node, body, clause, node.finallyBlock && visit(node.finallyBlock));
    }
    if (ts.isSwitchStatement(node)) {
      const [key, count] = [switches++, node.caseBlock.clauses.length];
      const picked = call('__pick', number(key), number(count), visit(node.expression));
      const clauses = node.caseBlock.clauses.map((clause, index) => {
        const statements = clause.statements.map(visit);
        return ts.isDefaultClause(clause)
          ? factory.updateDefaultClause(clause, statements)
          : factory.updateCaseClause(clause, number(index), statements);
      });
      return factory.updateSwitchStatement(node, picked, factory.updateCaseBlock(node.caseBlock, clauses));
    }
    if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return call('__fn', each(node));
    if (ts.isClassExpression(node)) return call('__class', each(node));
    if (ts.isObjectLiteralExpression(node) && node.properties.some(ts.isMethodDeclaration)) return call('__object', each(node));
    if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node)) return withFunctions(node, each(node));
    return each(node);
  };
  /** Tells of the functions and classes that a block declares: the former at its start, as they are hoisted. */
  const withFunctions = (block, result) => {
    const tell = (name, node) => factory.createExpressionStatement(call(name, factory.createIdentifier(node.name.text)));
    const isReal = (node) => ts.isFunctionDeclaration(node) && node.body && node.name;
    const start = block.statements.filter(isReal).map((node) => tell('__fn', node));
    const end = block.statements.filter((node) => ts.isClassDeclaration(node) && node.name).map((node) => tell('__class', node));
    const last = result.statements.at(-1);
    const leaves = last && (ts.isReturnStatement(last) || ts.isThrowStatement(last) || ts.isBreakStatement(last));
    const statements = leaves
      ? [...start, ...result.statements.slice(0, -1), ...end, last]
      : [...start, ...result.statements, ...end];
    if (ts.isSourceFile(result)) {
      // As modules do, and CommonJS doesn't: imports go first, wherever they stand.
      const imports = statements.filter(ts.isImportDeclaration);
      const others = statements.filter((statement) => !ts.isImportDeclaration(statement));
      return factory.updateSourceFile(result, [...imports, ...others]);
    }
    return ts.isModuleBlock(result) ? factory.updateModuleBlock(result, statements) : factory.updateBlock(result, statements);
  };
  return visit(file);
}
