// Builds what the office serves into `dist/`, which is committed, so that who builds the office needs no Node.
//
//   node build.mjs            writes dist/
//   node build.mjs --check    builds, and fails unless dist/ is the same
//   node build.mjs --tests    bundles the tests into built-tests/
//
// The same sources make the same bytes on every machine: no times, no paths of this one, and hashes of what is in a file.
import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minify } from "terser";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");

/** All that a buyer's page loads, scripts and style, compressed. */
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

/** Name and contents of each file that an entry becomes; each language is one besides the page's. */
async function bundle(entryPoints, names) {
  const result = await build({
    ...shared,
    entryPoints,
    minify: true,
    format: "esm",
    splitting: true,
    outdir: dist,
    entryNames: names,
    chunkNames: "assets/[name]-[hash]",
  });
  return Promise.all(result.outputFiles.map(async (file) => [relative(dist, file.path), await shrink(file)]));
}

/** Terser takes a kilobyte more off than esbuild does. */
async function shrink({ path, contents, text }) {
  if (!path.endsWith(".js")) return Buffer.from(contents);
  const { code } = await minify(text, { module: true, ecma: 2020, compress: { passes: 3 } });
  return Buffer.from(code);
}

/** Those whose work is in the bundles want their names kept with it. */
function licences() {
  return ["preact", "@preact/signals", "@preact/signals-core", "openapi-fetch"]
    .map((name) => `${name}\n\n${readFileSync(join(web, "node_modules", name, "LICENSE"), "utf8").trim()}\n`)
    .join("\n");
}

async function buildFiles() {
  const page = await bundle([{ in: "buyer/main.tsx", out: "page" }, { in: "style/page.css", out: "page" }], "assets/[name]-[hash]");
  const nameOf = (pattern) => page.find(([name]) => pattern.test(name))[0];
  const document = readFileSync(join(web, "buyer/index.html"), "utf8")
    .replace("{script}", `/${nameOf(/page-.*\.js$/)}`)
    .replace("{style}", `/${nameOf(/page-.*\.css$/)}`);
  // Other people's pages name the map's file, so that its name stays.
  const embedded = await bundle([{ in: "map/embed.ts", out: "map" }], "embed/[name]");
  return new Map([...page, ["index.html", Buffer.from(document)], ["licences.txt", Buffer.from(licences())], ...embedded]);
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

/** What one buyer loads at most: all of the page, in the language that has the most to say. */
function weigh(files) {
  const weights = [...files].map(([name, contents]) => [name, gzipSync(contents, { level: 9 }).length]);
  for (const [name, bytes] of weights) console.log(`${name.padEnd(32)} ${bytes} bytes compressed`);
  const assets = weights.filter(([name]) => name.startsWith("assets/"));
  const language = /^assets\/[a-z]{2}-/;
  const most = Math.max(...assets.filter(([name]) => language.test(name)).map(([, bytes]) => bytes));
  const sum = assets.filter(([name]) => !language.test(name)).reduce((all, [, bytes]) => all + bytes, most);
  console.log(`the buyers' page in all: ${sum} of ${PAGE_GZIP_BYTES_MAX} bytes`);
  if (sum > PAGE_GZIP_BYTES_MAX) {
    console.error("the buyers' page is too big");
    process.exitCode = 1;
  }
}

async function buildTests() {
  const out = join(web, "built-tests");
  rmSync(out, { recursive: true, force: true });
  const entryPoints = listFiles(join(web, "tests"))
    .filter((name) => /\.test\.ts$/.test(name) || name === "browser/start.ts")
    .map((name) => `tests/${name}`);
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
  const files = await buildFiles();
  if (process.argv.includes("--check")) compare(files);
  else write(files);
  weigh(files);
}
