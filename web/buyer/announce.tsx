/** What those hear who don't see the page change. */
import { signal } from "@preact/signals";

const said = signal("");

export function announce(text: string): void {
  // Emptied first: the same sentence twice would be no change, and not be heard.
  said.value = "";
  setTimeout(() => {
    said.value = text;
  }, 50);
}

export function LiveRegion() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
