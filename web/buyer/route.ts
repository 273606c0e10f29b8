/** Which page the address means. The office serves the same document for all of them. */
import { computed, signal } from "@preact/signals";

export type Route =
  | { readonly page: "shows" }
  | { readonly page: "show"; readonly show: string }
  | { readonly page: "order"; readonly show: string; readonly order: string }
  | { readonly page: "orders" }
  | { readonly page: "nowhere" };

export function readRoute(path: string): Route {
  if (path === "/") return { page: "shows" };
  if (path === "/orders") return { page: "orders" };
  const [, show, order] = /^\/shows\/([0-9]{1,19})(?:\/orders\/([A-Z]{5}-[A-Z]{5}))?$/.exec(path) ?? [];
  if (show === undefined) return { page: "nowhere" };
  return order === undefined ? { page: "show", show } : { page: "order", show, order };
}

export const showPath = (show: string): string => `/shows/${show}`;
export const orderPath = (show: string, order: string): string => `/shows/${show}/orders/${order}`;

const path = signal(location.pathname);
export const route = computed(() => readRoute(path.value));
/** True once the buyer has gone from one page to another: only then does the focus follow. */
export const hasMoved = signal(false);

function arrive(): void {
  hasMoved.value = true;
  path.value = location.pathname;
}

export function go(to: string): void {
  history.pushState(null, "", to);
  arrive();
  scrollTo(0, 0);
}

/** Links stay ordinary links: with a modifier, or to elsewhere, the browser follows them itself. */
export function followLinks(): void {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.hash || readRoute(link.pathname).page === "nowhere") return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
