import { english } from "./map/en";
import { page } from "./page/en";
import { declines, problems } from "./problems/en";
import type { Words } from "./words";

export const words: Words = { ...page, map: english, problems, declines };
