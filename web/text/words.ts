/** What each language has to say: a key that is missing in one doesn't compile. */
import type { OrganisersCode, Problem, ProblemCode } from "../api/problem";
import type { MapText } from "../map/text";
import type { Format } from "./format";
import type { declines } from "./problems/en";
import type { more } from "./later/en";
import type { page } from "./page/en";

/** A sentence, or what makes it of the problem's own figures and times. */
export type ProblemText = string | ((problem: Problem, format: Format) => string);
export type ProblemTexts = Readonly<Record<Exclude<ProblemCode, OrganisersCode>, ProblemText>>;

export type PageText = typeof page;
/** What the parts of the page say that are loaded later. */
export type MoreText = typeof more;

export interface Words extends PageText {
  readonly map: MapText;
  readonly problems: ProblemTexts;
  readonly declines: typeof declines;
}
