// Makes the folders of the npm packages, for `npm pack`. Nothing is downloaded or compiled here.
//
//   node npm/build.mjs launcher OUT                     the package `phase2`
//   node npm/build.mjs platform OUT BINARY [PLATFORM]   the package with a binary; of this machine, if PLATFORM is missing
//
// Both print the path of the folder. The version is that of Cargo.toml. Where GITHUB_REPOSITORY is set, as in the release
// workflow, the packages name it as their source, which npm compares with the provenance.

import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { binaryOf, ofThisMachine, packageOf, platforms } = createRequire(import.meta.url)("./phase2/platforms.js");
const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];

function fail(message) {
  console.error(`npm/build.mjs: ${message}`);
  process.exit(2);
}

/** The string value of a key of Cargo.toml's `[package]`. */
function cargo(key) {
  const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
  const table = manifest.split(/^\[/m).find((part) => part.startsWith("package]"));
  const found = table?.match(new RegExp(`^${key} = "([^"]+)"$`, "m"));
  return found ? found[1] : fail(`Cargo.toml has no package.${key}`);
}

/** What all packages have in common. */
function manifest(name, description) {
  const source = process.env.GITHUB_REPOSITORY;
  return {
    name,
    version: cargo("version"),
    description,
    license: cargo("license"),
    ...(source && { repository: { type: "git", url: `git+https://github.com/${source}.git` } }),
    publishConfig: { access: "public", provenance: true },
  };
}

/** An empty folder with the manifest and the licences. */
function folder(path, manifest) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of LICENCES) cpSync(join(root, name), join(path, name));
  return path;
}

function launcher(out) {
  const common = manifest("phase2", cargo("description"));
  const made = folder(join(out, "phase2"), {
    ...common,
    bin: { phase2: "bin/phase2.js" },
    files: ["bin/", "platforms.js", "platforms.json", "schema.json", "LICENSE-*"],
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(platforms.map((one) => [packageOf(one), common.version])),
  });
  cpSync(join(here, "phase2"), made, { recursive: true });
  return made;
}

function platform(out, binary, name) {
  const found = name ? platforms.find((one) => one.name === name) : ofThisMachine()[0];
  if (!found) fail(`no platform ${name ?? "for this machine"}; there are: ${platforms.map((one) => one.name).join(", ")}`);
  if (!statSync(binary, { throwIfNoEntry: false })?.isFile()) fail(`${binary} is no file`);
  const made = folder(join(out, found.name), {
    ...manifest(packageOf(found), `The binary of phase2 for ${found.name}. Install the package phase2 instead.`),
    files: ["bin/", "LICENSE-*"],
    os: [found.os],
    cpu: [found.cpu],
    ...(found.libc && { libc: [found.libc] }),
    preferUnplugged: true, // A binary can't be run from inside of an archive.
  });
  const target = join(made, binaryOf(found));
  mkdirSync(dirname(target));
  cpSync(binary, target);
  chmodSync(target, 0o755);
  return made;
}

const [what, out, ...rest] = process.argv.slice(2);
if (what === "launcher" && out && rest.length === 0) console.log(launcher(out));
else if (what === "platform" && out && (rest.length === 1 || rest.length === 2)) console.log(platform(out, ...rest));
else fail("usage: launcher OUT | platform OUT BINARY [PLATFORM]");
