// What the launcher and the build script know of platforms. `platforms.json` is the one list of them.
"use strict";

const platforms = require("./platforms.json");

/** The name of the package that holds a platform's binary. */
const packageOf = (platform) => `@phase2/cli-${platform.name}`;

/** The path of the binary inside of its package. */
const binaryOf = (platform) => `bin/phase2${platform.os === "win32" ? ".exe" : ""}`;

/** Whether this machine has glibc. Only Node's own report knows; without the network part it takes a few milliseconds. */
function hasGlibc() {
  process.report.excludeNetwork = true;
  return Boolean(process.report.getReport().header.glibcVersionRuntime);
}

/** The platforms whose binaries run on this machine, the best first. A musl binary is static, so it runs with glibc too. */
function ofThisMachine() {
  const found = platforms.filter((one) => one.os === process.platform && one.cpu === process.arch);
  if (process.platform !== "linux") return found;
  return hasGlibc() ? found : found.filter((one) => one.libc === "musl");
}

module.exports = { platforms, packageOf, binaryOf, ofThisMachine };
