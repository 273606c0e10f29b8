/** A word that takes something off, or that is the way to places which are kept for somebody. */
import { announce, more, useEffect, useRef, useSignal } from "../first";
import type { ShowVisit } from "../show-visit";

const CODE_CHARS_MAX = 40;

export function CodeField({ visit }: { visit: ShowVisit }) {
  const m = more.value;
  const field = useRef<HTMLInputElement>(null);
  const code = visit.code.value;
  const typed = useSignal(code ?? "");
  const isRefused = visit.refusal.value?.code.startsWith("code_") ?? false;
  useEffect(() => {
    // Shown because the buyer asked for it, or because they have taken their code back; a refused one is to be mended.
    if (!code || isRefused) field.current?.focus();
  }, [code, isRefused]);

  const take = (next: string | undefined) => {
    visit.code.value = next;
    typed.value = next ?? "";
    visit.dismissConflict();
    announce(next ? m.codeTaken(next) : m.codeDropped);
  };
  if (code && !isRefused) {
    return (
      <div class="card">
        <h2>{m.yourCode(code)}</h2>
        <p class="hint">{m.codeHint}</p>
        <button type="button" onClick={() => take(undefined)}>
          {m.dropCode}
        </button>
      </div>
    );
  }
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        const next = typed.value.trim().toUpperCase();
        // An empty one takes back what was refused.
        if (next || code) take(next || undefined);
      }}
    >
      <label class="field">
        {m.code}
        <input
          ref={field}
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={CODE_CHARS_MAX}
          aria-invalid={isRefused}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit">{m.useCode}</button>
    </form>
  );
}
