/** Headless Chromium, and a page of another origin than the office's that has the map in it. */
import { build } from "esbuild";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";
import { CHROMIUM } from "../chromium";

export const WAIT_MS_MAX = 20_000;

export interface Pages {
  readonly origin: string;
  stop(): Promise<void>;
}

export function launch(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
}

/** As strict as the office's own pages are. */
const POLICY = "default-src 'self'; connect-src *";

/** Serves pages under `/`, each with one bundled script; `pages` has a page's body and its script's source by name. */
export async function servePages(
  pages: Readonly<Record<string, { readonly body: string; readonly script: string }>>,
  port = 0,
): Promise<Pages> {
  const built = await build({
    entryPoints: Object.fromEntries(Object.entries(pages).map(([name, { script }]) => [name, path.resolve(script)])),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "/",
    write: false,
  });
  const scripts = new Map(built.outputFiles.map((file) => [file.path, file.text]));
  const style = "html,body{margin:0;height:100%}#map{height:100vh}";
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const page = pages[pathname.slice(1)];
    response.setHeader("Content-Security-Policy", POLICY);
    if (page !== undefined) {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(
        `<!doctype html><html lang="en"><title>Map</title><meta name="viewport" content="width=device-width">` +
          `<link rel="stylesheet" href="/page.css"><body><main>${page.body}</main><script type="module" src="${pathname}.js"></script>`,
      );
    } else if (pathname === "/page.css") {
      response.setHeader("Content-Type", "text/css");
      response.end(style);
    } else {
      response.setHeader("Content-Type", "text/javascript");
      response.statusCode = scripts.has(pathname) ? 200 : 404;
      response.end(scripts.get(pathname) ?? "");
    }
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const { port: taken } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${taken}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export const MAP_PAGE = { map: { body: `<div id="map"></div>`, script: "tests/map/harness.ts" } };
