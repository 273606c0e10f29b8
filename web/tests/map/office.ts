/** A real office for a test: on a private PostgreSQL and a port of its own, stopped when the test is done. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export const ORGANISER = "boo_0123456789abcdef0123";
const START_MS_MAX = 60_000;

export interface TestOffice {
  readonly origin: string;
  stop(): Promise<void>;
}

/** The program is `BOXOFFICE_PROGRAM`, or the one that was built last. */
export async function startOffice(allowedOrigins: readonly string[] = []): Promise<TestOffice> {
  const folder = await mkdtemp(path.join(tmpdir(), "boxoffice-web-"));
  await chmod(folder, 0o755);
  const program = process.env["BOXOFFICE_PROGRAM"] ?? path.resolve("../target/debug/boxoffice");
  const office = spawn(program, ["serve", "--data-dir", path.join(folder, "data"), "--listen", "127.0.0.1:0"], {
    env: {
      PATH: process.env["PATH"],
      BOXOFFICE_ORGANISER_KEY: ORGANISER,
      BOXOFFICE_LIMITS: "off",
      BOXOFFICE_SANDBOX: "true",
      BOXOFFICE_ALLOWED_ORIGINS: allowedOrigins.join(","),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (): Promise<void> => {
    const stopped = office.exitCode === null ? once(office, "exit") : undefined;
    office.kill("SIGTERM");
    await stopped;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { origin: await listening(office), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the line of the log that says where it listens. */
async function listening(office: ChildProcess): Promise<string> {
  const log: string[] = [];
  return new Promise((found, failed) => {
    const fail = (): void => failed(new Error(`no office: ${log.join("\n")}`));
    const timer = setTimeout(fail, START_MS_MAX);
    office.once("exit", fail);
    for (const stream of [office.stdout, office.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        log.push(text);
        const origin = /listening on (http:\/\/[\d.:]+)/.exec(log.join(""))?.[1];
        if (origin !== undefined) {
          clearTimeout(timer);
          found(origin);
        }
      });
    }
  });
}
