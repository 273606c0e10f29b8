/** A real office in a process of its own, with a plan and shows to try things on. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const KEY = "boo_0123456789abcdef0123";
const root = resolve(import.meta.dirname, "../../..");
const STARTING_MS_MAX = 60_000;

export interface Office {
  readonly origin: string;
  readonly hosted: string;
  /** Makes a show of the small plan; the rest is as the API has it. */
  makeShow(terms?: object): Promise<string>;
  /** As another buyer, without a browser. */
  hold(show: string, seats: string[]): Promise<{ id: string; token: string }>;
  call(method: string, path: string, body?: object, token?: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Waits for a line of the program's that tells where it listens. */
function origin(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((found, failed) => {
    let log = "";
    const timer = setTimeout(() => failed(new Error(`it does not listen:\n${log}`)), STARTING_MS_MAX);
    const hear = (chunk: Buffer) => {
      log += chunk.toString();
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

export async function openOffice(): Promise<Office> {
  const program = process.env.BOXOFFICE ?? resolve(root, "target/debug/boxoffice");
  const folder = mkdtempSync(join(tmpdir(), "boxoffice-page-"));
  // As root, the office becomes another user, who must get there.
  chmodSync(folder, 0o755);
  const environment = { ...process.env };
  delete environment.DATABASE_URL;
  delete environment.REDIS_URL;

  const sandbox = spawn(program, ["sandbox-payments", "--listen", "127.0.0.1:0"], { env: environment });
  const hosted = await origin(sandbox, /(http:\/\/127\.0\.0\.1:\d+)/);
  const office = spawn(program, ["serve", "--data-dir", join(folder, "data"), "--listen", "127.0.0.1:0"], {
    env: {
      ...environment,
      BOXOFFICE_ORGANISER_KEY: KEY,
      BOXOFFICE_LIMITS: "off",
      BOXOFFICE_SANDBOX: "true",
      BOXOFFICE_HOSTED_URL: hosted,
      BOXOFFICE_HOSTED_KEY: "sk_test_boxoffice",
      BOXOFFICE_HOSTED_WEBHOOK_SECRET: "hosted_boxoffice",
    },
  });
  const at = await origin(office, /listening on (http:[^,\s]*),/);

  const call = async (method: string, path: string, body?: object, token = KEY): Promise<unknown> => {
    const answer = await fetch(at + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const said: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(said)}`);
    return said;
  };
  const document: unknown = JSON.parse(readFileSync(join(root, "web/tests/browser/small-hall.json"), "utf8"));
  const plan = (await call("POST", "/v1/plans", document as object)) as { id: string };

  return {
    origin: at,
    hosted,
    call,
    async makeShow(terms = {}) {
      const show = await call("POST", "/v1/shows", {
        plan: plan.id,
        title: "The Tempest",
        starts_at: new Date(Date.now() + 20 * 24 * 3600 * 1000).toISOString(),
        prices: {
          Stalls: { amount: 4500, currency: "EUR" },
          Balcony: { amount: 2800, currency: "EUR" },
          Standing: { amount: 1500, currency: "EUR" },
        },
        returns: "buyer",
        ...terms,
      });
      return (show as { id: string }).id;
    },
    async hold(show, seats) {
      const session = (await call("POST", "/v1/sessions")) as { token: string };
      const order = await call("POST", `/v1/shows/${show}/orders`, { seats }, session.token);
      return { id: (order as { id: string }).id, token: session.token };
    },
    async close() {
      await end(office);
      await end(sandbox);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
