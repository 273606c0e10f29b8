/**
 * A real office in a process of its own, with one that stands in for Stripe and for a provider with a page of its own. `start.ts` opens one for all tests, which
 * find it by `OFFICE`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const KEY = "boo_0123456789abcdef0123";
export const root = resolve(import.meta.dirname, "../../..");
const STARTING_MS_MAX = 60_000;

export interface Office {
  readonly origin: string;
  close(): Promise<void>;
}

/** Waits for the line in which a program tells where it listens. */
function listening(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((found, failed) => {
    let log = "";
    const timer = setTimeout(() => failed(new Error(`it does not listen:\n${log}`)), STARTING_MS_MAX);
    const hear = (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
      const [, address] = pattern.exec(log) ?? [];
      if (!address) return;
      clearTimeout(timer);
      found(address);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("exit", (code) => failed(new Error(`it ended with ${code}:\n${log}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((ended) => {
    child.on("exit", () => ended());
    child.kill("SIGTERM");
  });
}

/** The provider has to know where the office will be, before that is there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

export async function openOffice(): Promise<Office> {
  const program = process.env.BOXOFFICE_PROGRAM ?? resolve(root, "target/debug/boxoffice");
  const folder = mkdtempSync(join(tmpdir(), "boxoffice-page-"));
  // As root, the office becomes another user, who must get there.
  chmodSync(folder, 0o755);
  const env = { ...process.env };
  delete env.DATABASE_URL;
  delete env.REDIS_URL;
  const address = `127.0.0.1:${await freePort()}`;
  const notices = `http://${address}/v1/webhooks`;
  const provider = spawn(
    program,
    ["sandbox-payments", "--listen", "127.0.0.1:0", "--webhook-url", `${notices}/stripe`, "--hosted-webhook-url", `${notices}/hosted`],
    { env },
  );
  const payments = await listening(provider, /(http:\/\/127\.0\.0\.1:\d+)/);
  const office = spawn(program, ["serve", "--data-dir", join(folder, "data"), "--listen", address], {
    env: {
      ...env,
      BOXOFFICE_ORGANISER_KEY: KEY,
      BOXOFFICE_LIMITS: "off",
      BOXOFFICE_SANDBOX: "true",
      // What stands in for an organiser's own server is on this machine too.
      BOXOFFICE_WEBHOOKS_ALLOW_PRIVATE: "true",
      BOXOFFICE_STRIPE_URL: payments,
      BOXOFFICE_STRIPE_KEY: "sk_test_boxoffice",
      BOXOFFICE_STRIPE_WEBHOOK_SECRET: "whsec_boxoffice",
      BOXOFFICE_STRIPE_PUBLISHABLE_KEY: "pk_test_boxoffice",
      BOXOFFICE_HOSTED_URL: payments,
      BOXOFFICE_HOSTED_KEY: "sk_test_boxoffice",
      BOXOFFICE_HOSTED_WEBHOOK_SECRET: "hosted_boxoffice",
    },
  });
  return {
    origin: await listening(office, /listening on (http:[^,\s]*),/),
    async close() {
      await end(office);
      await end(provider);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
