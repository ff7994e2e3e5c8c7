// What jscodeshift is measured with: console calls become logger calls, without imports.
module.exports = (file, { jscodeshift: j }) => {
  const root = j(file.source);
  const calls = root.find(j.CallExpression, { callee: { type: 'MemberExpression', object: { type: 'Identifier', name: 'console' } } });
  if (calls.length === 0) return undefined;
  calls.forEach(({ node }) => { node.callee.object.name = 'logger'; });
  return root.toSource();
};
