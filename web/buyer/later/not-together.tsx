/** Not so many side by side: what would do instead is for the buyer to say, never for the office to do silently. */
import { more } from "../first";
import type { ShowVisit } from "../show-visit";
import { FALL_BACKS } from "./wishes";

export function NotTogether({ visit }: { visit: ShowVisit }) {
  const m = more.value;
  const { together } = visit;
  const tried = together.fall_back ?? [];
  const others = FALL_BACKS.filter((fallBack) => !tried.includes(fallBack));
  if (others.length === 0) return null;
  return (
    <>
      <p>{m.orThis}</p>
      <p class="actions">
        {others.map((fallBack) => (
          <button
            type="button"
            key={fallBack}
            disabled={visit.busy.value}
            onClick={() => void visit.holdTogether({ ...together, fall_back: FALL_BACKS.filter((other) => other === fallBack || tried.includes(other)) })}
          >
            {m.fallBacks[fallBack]}
          </button>
        ))}
      </p>
    </>
  );
}
