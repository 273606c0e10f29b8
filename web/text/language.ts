/** The language: the browser's, unless the buyer has chosen another on this device. */
import { computed, signal } from "@preact/signals";
import { keep, readKept } from "../api/kept";
import type { Problem, ProblemCode } from "../api/problem";
import { de } from "./de";
import { en } from "./en";
import { makeFormat } from "./format";
import type { Words } from "./words";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const all: Record<Language, Words> = { en, de };

function isLanguage(word: string | undefined): word is Language {
  return word !== undefined && word in LANGUAGES;
}

function chosen(): Language {
  const kept = readKept<string>("language");
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

export const language = signal<Language>(chosen());
export const words = computed(() => all[language.value]);
export const format = computed(() =>
  makeFormat(navigator.languages.find((tag) => tag.startsWith(language.value)) ?? language.value),
);

export function choose(next: Language): void {
  language.value = next;
  keep("language", next);
}

export function problemText(problem: Problem): string {
  const { problems, declines, stillHeld } = words.value;
  if (problem.code === "payment_declined") {
    return `${declines[problem.decline_code ?? "refused"] ?? problems.payment_declined} ${stillHeld}`;
  }
  // The office may have learnt a new word since this page was made: then its own sentence is the best there is.
  const text = problems[problem.code as ProblemCode] ?? problem.title ?? problems.internal;
  return typeof text === "string" ? text : text(problem, format.value);
}
