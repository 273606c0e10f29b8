/** What the office says when it doesn't do what it was asked for, with `code` as the word that the page decides on. */
import type { components } from "./schema";

export type OfficeCode = components["schemas"]["ProblemCode"];
/** `no_answer`: the office could not be reached, or what came back could not be read. */
export type ProblemCode = OfficeCode | "no_answer";
/**
 * What only organisers, doors and programs are told, or who asks for what this page doesn't: of these the office's own sentence is enough. Those of
 * waitlists have their words with the part of the page that asks for them.
 */
export type OrganisersCode =
  | "plan_invalid"
  | "notice_invalid"
  | "seats_not_free"
  | "seats_not_blocked"
  | "wrong_show"
  | "last_key"
  | "too_many_keys"
  | "key_ended"
  | "key_from_settings"
  | "too_many_organisers"
  | "too_many_endpoints"
  | "too_many_lists"
  | "revision_conflict"
  | "precondition_required"
  | "places_in_use"
  | "currency_fixed"
  | "code_taken"
  | "too_many_codes"
  | "exchange_not_payable"
  | "no_waitlist"
  | "already_waiting"
  | "waitlist_full"
  | "places_free"
  | "no_such_places"
  | "entry_ended"
  | "nothing_fits";
type Said = Omit<components["schemas"]["Problem"], "code">;

export interface Problem extends Partial<Said> {
  readonly code: ProblemCode;
}

export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    /** How long the office asks to be left alone. */
    readonly retryAfterMs = 0,
  ) {
    super(problem.title ?? problem.code);
  }
}

export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's data; anything else is thrown as `Refused`. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  let answered: Answer<T>;
  try {
    answered = await answer;
  } catch {
    throw new Refused({ code: "no_answer" });
  }
  const { data, error, response } = answered;
  if (response.ok && data !== undefined) return data;
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  throw new Refused(readProblem(error, response.status), Number.isFinite(seconds) ? seconds * 1000 : 0);
}

function readProblem(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    return error as Problem;
  }
  // Not the office's own words: a proxy in between, or a page of a sign-in.
  return { code: status === 429 ? "too_many_requests" : "no_answer", status };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return error.problem;
  throw error;
}
