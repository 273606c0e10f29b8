/**
 * The language: the browser's, unless the buyer has chosen another on this device. Each language is a file of its own, so that
 * nobody loads what they don't read.
 */
import { batch, computed, signal } from "@preact/signals";
import { keep, readKept } from "../api/kept";
import type { Problem } from "../api/problem";
import { makeFormat } from "./format";
import type { MoreText, Words } from "./words";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const files: Record<Language, () => Promise<{ words: Words }>> = {
  en: () => import("./en"),
  de: () => import("./de"),
};
/** What the parts of the page say that are loaded later. */
const moreFiles: Record<Language, () => Promise<{ more: MoreText }>> = {
  en: () => import("./later/en"),
  de: () => import("./later/de"),
};

function isLanguage(word: string | undefined): word is Language {
  return word !== undefined && word in LANGUAGES;
}

function preferred(): Language {
  const kept = readKept<string>("language");
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

export const language = signal<Language>(preferred());
const loaded = signal<Words | undefined>();
const moreLoaded = signal<MoreText | undefined>();

/** There once the language has been read, before which nothing is shown. */
export const words = computed(() => there(loaded.value));
/** There once a part that is loaded later is. */
export const more = computed(() => there(moreLoaded.value));

function there<T>(read: T | undefined): T {
  if (!read) throw new Error("no language has been read yet");
  return read;
}

export const format = computed(() =>
  makeFormat(navigator.languages.find((tag) => tag.startsWith(language.value)) ?? language.value),
);

export async function readLanguage(next: Language = language.peek()): Promise<void> {
  const file = await files[next]();
  const rest = moreLoaded.peek() && (await moreFiles[next]());
  batch(() => {
    language.value = next;
    loaded.value = file.words;
    if (rest) moreLoaded.value = rest.more;
  });
}

export async function readMoreWords(): Promise<void> {
  if (!moreLoaded.peek()) moreLoaded.value = (await moreFiles[language.peek()]()).more;
}

export async function choose(next: Language): Promise<void> {
  await readLanguage(next);
  keep("language", next);
}

export function problemText(problem: Problem): string {
  const { problems, declines, stillHeld } = words.value;
  if (problem.code === "payment_declined") {
    return `${declines[problem.decline_code ?? "refused"] ?? problems.payment_declined} ${stillHeld}`;
  }
  // The office may have learnt a new word since this page was made: then its own sentence is the best there is.
  const text = problems[problem.code as keyof typeof problems] ?? problem.title ?? problems.internal;
  return typeof text === "string" ? text : text(problem, format.value);
}
