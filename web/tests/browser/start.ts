/**
 * Runs the tests in a browser, all of them in one and before one office: each show, and each buyer's device, is a world of its own.
 * Words name the files to run; without any, all are.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM } from "../chromium";
import { openOffice } from "./office";

const office = await openOffice();
const browser = await chromium.launchServer(CHROMIUM);
try {
  const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.mjs"));
  const asked = process.argv.slice(2);
  const files = tests.filter((name) => asked.length === 0 || asked.some((word) => name.startsWith(word)));
  const run = spawn(
    process.execPath,
    ["--test", "--test-concurrency=2", "--test-timeout=180000", ...files.map((name) => join(import.meta.dirname, name))],
    { stdio: "inherit", env: { ...process.env, OFFICE: office.origin, BROWSER: browser.wsEndpoint() } },
  );
  process.exitCode = await new Promise<number>((ended) => run.on("exit", (code) => ended(code ?? 1)));
} finally {
  await browser.close();
  await office.close();
}
