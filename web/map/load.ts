/** A show and its plan, for a map that knows nothing but the show's id. */
import createClient from "openapi-fetch";
import type { components, paths } from "../api/schema";
import { backoff } from "../feed/backoff";
import { readPlan, type PlanModel } from "./plan";

export type Show = components["schemas"]["Show"];

/** Most attempts at what fails for a while. */
const ATTEMPTS_MAX = 8;

/** Undefined if there is no such show, or it can't be had. */
export async function loadShow(
  office: string,
  show: string,
  signal: AbortSignal,
): Promise<{ show: Show; plan: PlanModel } | undefined> {
  const client = createClient<paths>({ baseUrl: office || location.origin });
  const found = await persist(signal, () => client.GET("/v1/shows/{show}", { params: { path: { show } }, signal }));
  if (found === undefined) {
    return undefined;
  }
  const plan = await persist(signal, () =>
    client.GET("/v1/plans/{plan}", { params: { path: { plan: found.plan } }, signal }),
  );
  return plan && { show: found, plan: readPlan(plan) };
}

interface Answer<T> {
  readonly data?: T | undefined;
  readonly response: Response;
}

/** Asks again where the network or the office is away; a refusal is an answer. */
async function persist<T>(signal: AbortSignal, ask: () => Promise<Answer<T>>): Promise<T | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) {
      await new Promise((done) => setTimeout(done, backoff(attempt - 1)));
    }
    if (signal.aborted) {
      return undefined;
    }
    try {
      const { data, response } = await ask();
      if (data !== undefined || (response.status < 500 && response.status !== 429)) {
        return data;
      }
    } catch {
      // No answer: the next attempt may get one.
    }
  }
  return undefined;
}
