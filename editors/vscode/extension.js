// @ts-check
// Starts `phase2 lsp` and lets VS Code talk to it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

/** @type {LanguageClient | undefined} */
let client;

/** The files that the server is shown: what it looks at, and the configurations that it reads unsaved. */
const DOCUMENTS = [
  { scheme: 'file', language: 'typescript' },
  { scheme: 'file', language: 'typescriptreact' },
  { scheme: 'file', pattern: '**/phase2.toml' },
  { scheme: 'file', pattern: '**/phase2-baseline.json' },
  { scheme: 'file', pattern: '**/supabase/config.toml' },
  { scheme: 'file', pattern: '**/{tsconfig,deno,import_map}*.{json,jsonc}' },
];

/** The program that the settings name, or that a folder has installed; else the one on the PATH. */
function program() {
  const stated = vscode.workspace.getConfiguration('phase2').get('path', '');
  if (stated !== '') return stated;
  const name = process.platform === 'win32' ? 'phase2.cmd' : 'phase2';
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
  const installed = folders.map((folder) => path.join(folder.uri.fsPath, 'node_modules', '.bin', name));
  return installed.find((candidate) => fs.existsSync(candidate)) ?? 'phase2';
}

async function start() {
  const command = program();
  /** @type {string[]} */
  const more = vscode.workspace.getConfiguration('phase2').get('arguments', []);
  // Only a shell can run the scripts that npm makes on Windows.
  const shell = command.endsWith('.cmd');
  client = new LanguageClient(
    'phase2',
    'phase2',
    { command: shell ? `"${command}"` : command, args: ['lsp', ...more], options: { shell } },
    { documentSelector: DOCUMENTS },
  );
  await client.start();
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('phase2.restart', async () => {
      await stop();
      await start();
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
