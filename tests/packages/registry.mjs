// A registry of npm packages, for tests: `node registry.mjs FOLDER` serves the packages that `npm/build.mjs` made there, packed
// or not. It prints its address, and ends when its standard input does.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const folder = process.argv[2];
const packages = new Map();
for (const entry of readdirSync(folder)) {
  const path = join(folder, entry, "package.json");
  if (!existsSync(path)) continue;
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  packages.set(manifest.name, manifest);
}

/** What the registry says of a package. One that isn't packed can be chosen, but not installed. */
function metadata(manifest, address) {
  const file = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
  const packed = join(folder, file);
  const content = existsSync(packed) ? readFileSync(packed) : Buffer.alloc(0);
  const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
  const dist = { tarball: `${address}/files/${file}`, integrity };
  return {
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url).slice(1);
  const file = path.startsWith("files/") && join(folder, path.slice("files/".length));
  if (packages.has(path)) {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(metadata(packages.get(path), address())));
  } else if (file && existsSync(file)) {
    response.end(readFileSync(file));
  } else {
    response.writeHead(404).end();
  }
});
const address = () => `http://127.0.0.1:${server.address().port}`;
server.listen(0, "127.0.0.1", () => console.log(address()));
process.stdin.resume().on("end", () => process.exit());
