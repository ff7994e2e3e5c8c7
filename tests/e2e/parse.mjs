// Parses files with a parser that isn't ours. Input: JSON, texts by path; output: JSON, the errors by path.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { parseSync } = createRequire(`${process.argv[2]}/x.js`)('oxc-parser');
const wrong = {};
for (const [path, text] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const { errors } = parseSync(path, text);
  if (errors.length > 0) wrong[path] = errors.map((error) => error.message).join('; ');
}
console.log(JSON.stringify(wrong));
