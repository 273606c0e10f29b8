// Builds what the office serves into `dist/`, which is committed, so that who builds the office needs no Node.
//
//   node build.mjs            writes dist/
//   node build.mjs --check    builds, and fails unless dist/ is the same
//   node build.mjs --tests    bundles the tests into built-tests/
//
// The same sources make the same bytes on every machine: no times, no paths of this one, and hashes of what is in a file.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minify } from "terser";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");

/** All that a buyer's page loads, script and style, compressed. */
const PAGE_GZIP_BYTES_MAX = 45 * 1024;

const shared = {
  absWorkingDir: web,
  bundle: true,
  write: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

async function bundle(entry, options = {}) {
  const result = await build({ ...shared, entryPoints: [entry], minify: true, format: "esm", ...options });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Esbuild's own is quicker, and a kilobyte more. */
async function bundleScript(entry) {
  const whole = await bundle(entry, { minify: false, define: { "process.env.NODE_ENV": '"production"' } });
  const { code } = await minify(whole.toString(), { module: true, ecma: 2020, compress: { passes: 3 } });
  return Buffer.from(code);
}

function hashed(name, contents) {
  const [stem, extension] = name.split(".");
  return `assets/${stem}-${createHash("sha256").update(contents).digest("hex").slice(0, 10)}.${extension}`;
}

/** Those whose work is in the bundles want their names kept with it. */
function licences() {
  return ["preact", "@preact/signals", "@preact/signals-core", "openapi-fetch"]
    .map((name) => `${name}\n\n${readFileSync(join(web, "node_modules", name, "LICENSE"), "utf8").trim()}\n`)
    .join("\n");
}

async function buildFiles() {
  const script = await bundleScript("buyer/main.tsx");
  const style = await bundle("style/page.css");
  const names = { script: hashed("page.js", script), style: hashed("page.css", style) };
  const page = readFileSync(join(web, "buyer/index.html"), "utf8")
    .replace("{script}", `/${names.script}`)
    .replace("{style}", `/${names.style}`);
  const files = new Map([
    [names.script, script],
    [names.style, style],
    ["index.html", Buffer.from(page)],
    ["licences.txt", Buffer.from(licences())],
  ]);
  // Other people's pages name it, so that its name stays.
  if (existsSync(join(web, "map/embed.ts"))) files.set("embed/map.js", await bundleScript("map/embed.ts"));
  return { files, page: [script, style] };
}

function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));
}

function write(files) {
  rmSync(dist, { recursive: true, force: true });
  for (const [name, contents] of files) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, name), contents);
  }
}

function compare(files) {
  const faults = listFiles(dist).filter((name) => !files.has(name)).map((name) => `${name} is left over`);
  for (const [name, contents] of files) {
    const path = join(dist, name);
    if (!existsSync(path)) faults.push(`${name} is missing`);
    else if (!readFileSync(path).equals(contents)) faults.push(`${name} differs`);
  }
  if (faults.length === 0) return;
  console.error(`web/dist is not what its sources make (run \`node build.mjs\` and commit):\n  ${faults.join("\n  ")}`);
  process.exitCode = 1;
}

function weigh(parts, files) {
  for (const [name, contents] of files) console.log(`${name.padEnd(32)} ${gzipSync(contents).length} bytes compressed`);
  const sum = parts.reduce((bytes, part) => bytes + gzipSync(part, { level: 9 }).length, 0);
  console.log(`the buyers' page in all: ${sum} of ${PAGE_GZIP_BYTES_MAX} bytes`);
  if (sum > PAGE_GZIP_BYTES_MAX) {
    console.error("the buyers' page is too big");
    process.exitCode = 1;
  }
}

async function buildTests() {
  const out = join(web, "built-tests");
  rmSync(out, { recursive: true, force: true });
  const entryPoints = listFiles(join(web, "tests")).filter((name) => /\.test\.tsx?$/.test(name)).map((name) => `tests/${name}`);
  await build({
    ...shared,
    write: true,
    entryPoints,
    outbase: join(web, "tests"),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    packages: "external",
    sourcemap: "inline",
  });
}

if (process.argv.includes("--tests")) {
  await buildTests();
} else {
  const { files, page } = await buildFiles();
  if (process.argv.includes("--check")) compare(files);
  else write(files);
  weigh(page, files);
}
