// Makes the bundle.js of a folder beside this file, as the page loads it: `node src/bundle.mjs charts`, or `editor`.
//
// Needs Node and npm. Run it only after a change to the folder or to this file: the result is committed. The packages are
// installed into a folder of their own outside the project, by the lock file. The folder's package.json names the entry.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const folders = ["charts", "editor"];
const [name] = process.argv.slice(2);
if (!folders.includes(name)) {
  console.error(`expected the name of a folder: ${folders.join(" or ")}`);
  process.exit(2);
}
const here = join(import.meta.dirname, name);
const result = join(here, "bundle.js");

/// What the bundle is made of. tests/bundles.rs works out the same.
const sources = readdirSync(here).filter((file) => /\.(js|json)$/.test(file) && file !== "bundle.js").sort();
const hash = createHash("sha256");
for (const path of [...sources.map((file) => join(here, file)), import.meta.filename]) {
  const content = readFileSync(path);
  hash.update(`${basename(path)} ${content.length}\n`).update(content);
}

const work = mkdtempSync(join(tmpdir(), `sockscope-${name}-`));
try {
  for (const file of sources) cpSync(join(here, file), join(work, file));
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: work, stdio: "inherit" });
  const { buildSync } = createRequire(join(work, "package.json"))("esbuild");
  const { main } = JSON.parse(readFileSync(join(work, "package.json"), "utf8"));
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: work,
    entryPoints: [main],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const head = `// Made of the files beside it by src/bundle.mjs; licences in LICENSES.txt.\n// sha256 ${hash.digest("hex")}\n`;
  const text = head + outputFiles[0].text;
  writeFileSync(result, text);
  writeFileSync(join(here, "LICENSES.txt"), licences(metafile));
  console.log(`bundle.js: ${text.length} B, ${brotliCompressSync(text).length} B with Brotli`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/// The licences of the packages of which something is in the bundle.
function licences(metafile) {
  const packages = new Set();
  for (const [input, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
    if (name && bytesInOutput > 0) packages.add(name[1]);
  }
  const parts = [...packages].sort().map((name) => {
    const folder = join(work, "node_modules", name);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
  });
  return `bundle.js contains these packages.\n\n${parts.join("\n----\n\n")}`;
}
