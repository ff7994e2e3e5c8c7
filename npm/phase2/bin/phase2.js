#!/usr/bin/env node
// Runs the binary of this machine's platform package: arguments, streams, signals and the exit status pass through.
"use strict";

const { spawn } = require("node:child_process");
const { dirname, join } = require("node:path");
const { binaryOf, ofThisMachine, packageOf, platforms } = require("../platforms.js");

/** phase2's own exit status for anything but violations. */
const TROUBLE = 2;

function fail(...lines) {
  console.error(`phase2: ${lines.join("\n  ")}`);
  process.exit(TROUBLE);
}

/** The path of the binary; ends the process if there is none. */
function binary() {
  const usable = ofThisMachine();
  if (usable.length === 0) {
    fail(
      `there is no package for ${process.platform} on ${process.arch}`,
      `there are: ${platforms.map((one) => one.name).join(", ")}`,
      "anywhere else it can be built from its source with Rust: cargo install --path .",
    );
  }
  for (const platform of usable) {
    try {
      return join(dirname(require.resolve(`${packageOf(platform)}/package.json`)), binaryOf(platform));
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return fail(
    `the package ${packageOf(usable[0])}, which holds the binary for this machine, is not installed`,
    "it is an optional dependency: install again without `--omit=optional` or `--no-optional`",
    "if node_modules was made on another system, remove it and install again here",
  );
}

const program = binary();
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const forward = (signal) => child.kill(signal);
// Before there is a child, so that no signal comes in between; they are handled after this script has run.
for (const signal of signals) process.on(signal, forward);

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`${program} can't be run: ${error.message}`));
child.on("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  // Ends as the binary did, so that a shell sees the same.
  for (const one of signals) process.off(one, forward);
  process.kill(process.pid, signal);
});
