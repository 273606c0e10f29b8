import { german } from "./map/de";
import { page } from "./page/de";
import { declines, problems } from "./problems/de";
import type { Words } from "./words";

export const de: Words = { ...page, map: german, problems, declines };
