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

/** All that a buyer's page loads first, scripts and style, compressed. */
const PAGE_GZIP_BYTES_MAX = 45 * 1024;
/** All parts that are loaded later, when they are first needed. */
const LATER_GZIP_BYTES_MAX = 32 * 1024;

const shared = {
  absWorkingDir: web,
  bundle: true,
  write: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

/** The files that entries become, by name: their contents, and those that are loaded with them. */
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
    metafile: true,
  });
  const nameOf = (path) => relative(dist, join(web, path));
  const outputs = Object.entries(result.metafile.outputs).map(([path, { entryPoint, imports }]) => ({
    name: nameOf(path),
    source: entryPoint,
    imports: imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => nameOf(path)),
  }));
  const files = await Promise.all(result.outputFiles.map(async (file) => [relative(dist, file.path), await shrink(file)]));
  return { files, outputs };
}

/** A file and all that is loaded with it. */
function closureOf(name, outputs, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const other of outputs.find((output) => output.name === name)?.imports ?? []) closureOf(other, outputs, seen);
  return seen;
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
  const { outputs } = page;
  const nameOf = (source) => outputs.find((output) => output.source === source).name;
  const [script, style] = [nameOf("buyer/main.tsx"), nameOf("style/page.css")];
  const withScript = [...closureOf(script, outputs)].slice(1);
  const document = readFileSync(join(web, "buyer/index.html"), "utf8")
    .replace("{script}", `/${script}`)
    .replace("{style}", `/${style}`)
    // What the script imports is loaded beside it, not after it.
    .replace("{with}", withScript.map((name) => `<link rel="modulepreload" href="/${name}">`).join("\n"));
  // Other people's pages name the map's file, so that its name stays.
  const embedded = await bundle([{ in: "map/embed.ts", out: "map" }], "embed/[name]");
  const files = new Map([
    ...page.files,
    ["index.html", Buffer.from(document)],
    ["licences.txt", Buffer.from(licences())],
    ...embedded.files,
  ]);
  const languages = (folder) => outputs.filter(({ source }) => source && dirname(source) === folder).map(({ name }) => name);
  return { files, first: new Set([script, style, ...withScript]), languages: languages("text"), laterLanguages: languages("text/later") };
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

/** What one buyer loads at most, first and later: in the language that has the most to say. */
function weigh({ files, first, languages, laterLanguages }) {
  const weights = new Map([...files].map(([name, contents]) => [name, gzipSync(contents, { level: 9 }).length]));
  for (const [name, bytes] of weights) console.log(`${name.padEnd(36)} ${bytes} bytes compressed`);
  const sum = (names) => names.reduce((all, name) => all + weights.get(name), 0);
  const most = (names) => Math.max(...names.map((name) => weights.get(name)));
  const later = [...files.keys()].filter(
    (name) => name.startsWith("assets/") && ![...first, ...languages, ...laterLanguages].includes(name),
  );
  limit("what the buyers' page loads first", sum([...first]) + most(languages), PAGE_GZIP_BYTES_MAX);
  limit("what it loads later", sum(later) + most(laterLanguages), LATER_GZIP_BYTES_MAX);
}

function limit(what, bytes, bytesMax) {
  console.log(`${what}: ${bytes} of ${bytesMax} bytes`);
  if (bytes <= bytesMax) return;
  console.error(`${what} is too big`);
  process.exitCode = 1;
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
  const built = await buildFiles();
  if (process.argv.includes("--check")) compare(built.files);
  else write(built.files);
  weigh(built);
}
