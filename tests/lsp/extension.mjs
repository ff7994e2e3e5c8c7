// Loads the extension with a VS Code and a client of its own, and prints how it starts and stops the server.
// Arguments: the extension's folder, a workspace folder, and the setting `phase2.path`.
import { createRequire } from 'node:module';
import Module from 'node:module';
import path from 'node:path';

const [, , extension, folder, stated] = process.argv;
const settings = { path: stated ?? '', arguments: ['--threads', '2'] };
const said = [];
const commands = {};
const vscode = {
  workspace: {
    workspaceFolders: [{ uri: { scheme: 'file', fsPath: folder } }],
    getConfiguration: () => ({ get: (key, fallback) => settings[key] ?? fallback }),
  },
  commands: {
    registerCommand(name, run) {
      commands[name] = run;
      return { dispose() {} };
    },
  },
};
class LanguageClient {
  constructor(id, name, server, client) {
    said.push({ command: server.command, args: server.args, documents: client.documentSelector });
  }
  async start() {
    said.push('start');
  }
  async stop() {
    said.push('stop');
  }
}
const load = Module._load;
Module._load = (name, ...rest) => {
  if (name === 'vscode') return vscode;
  if (name === 'vscode-languageclient/node') return { LanguageClient };
  return load(name, ...rest);
};
const require = createRequire(import.meta.url);
const { main, contributes } = require(path.join(extension, 'package.json'));
const { activate, deactivate } = require(path.join(extension, main));
const context = { subscriptions: [] };
await activate(context);
for (const { command } of contributes.commands) await commands[command]();
await deactivate();
console.log(JSON.stringify({ said, subscriptions: context.subscriptions.length }));
