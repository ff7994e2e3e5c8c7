// Reads XML from stdin with the parser of a DOM, and prints how many elements there are of each name.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { Window } = await import(pathToFileURL(`${process.argv[2]}/happy-dom/lib/index.js`).href);
const text = readFileSync(0, 'utf8');
const tree = new (new Window().DOMParser)().parseFromString(text, 'application/xml');
if (tree.querySelector('parsererror')) throw new Error(tree.querySelector('parsererror').textContent);
const counts = {};
for (const element of tree.querySelectorAll('*')) counts[element.localName] = (counts[element.localName] ?? 0) + 1;
console.log(JSON.stringify(counts));
process.exit(0);
