/** The buyer: an anonymous session's token, made when it is first needed and kept on this device. */
import { signal } from "@preact/signals";
import { office } from "./client";
import { keep, readKept } from "./kept";
import { type Answer, Refused, read } from "./problem";

const TOKEN = "token";

/** True once the office has not known the kept token any more, so that what it held is out of reach. */
export const sessionEnded = signal(false);

/** Whether this device has one: only then is there anything that it could be told. */
export const hasSession = signal(heldToken() !== undefined);

export function heldToken(): string | undefined {
  return readKept<string>(TOKEN);
}

/** Runs for one tab at a time: two that made a session each would lose the orders of one. */
async function alone<T>(run: () => Promise<T>): Promise<T> {
  return navigator.locks ? await navigator.locks.request("boxoffice.token", run) : run();
}

/** The token; another than `refused`, which the office has not taken. */
async function token(refused?: string): Promise<string> {
  const kept = heldToken();
  if (kept !== undefined && kept !== refused) return kept;
  return alone(async () => {
    const meanwhile = heldToken();
    if (meanwhile !== undefined && meanwhile !== refused) return meanwhile;
    const made = await read(office.POST("/v1/sessions"));
    keep(TOKEN, made.token);
    hasSession.value = true;
    if (refused !== undefined) sessionEnded.value = true;
    return made.token;
  });
}

export type Bearer = { readonly Authorization: string };

/** Calls as the buyer; once more as a new one, if the office doesn't know the session any more. */
export async function asBuyer<T>(call: (headers: Bearer) => Promise<Answer<T>>): Promise<T> {
  const used = await token();
  try {
    return await read(call({ Authorization: `Bearer ${used}` }));
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "unauthorized") throw error;
    return read(call({ Authorization: `Bearer ${await token(used)}` }));
  }
}
