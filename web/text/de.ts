import { german } from "./map/de";
import { page } from "./page/de";
import { declines, problems } from "./problems/de";
import type { Words } from "./words";

export const words: Words = { ...page, map: german, problems, declines };
