/** A page of others: all that it has of the map is the element. */
const told: { type: string; detail: unknown }[] = [];
Object.assign(window, { told });
// Before the element is defined, as where a page's own script is the first.
Object.assign(document.querySelector("boxoffice-map") ?? {}, { own: ["1-4-1"] });
await import("../../map/embed");
const query = new URLSearchParams(location.search);
const element = document.querySelector("boxoffice-map");
for (const type of ["seat-toggle", "connection", "change"]) {
  element?.addEventListener(type, (event) => told.push({ type, detail: (event as CustomEvent).detail }));
}
for (const name of ["office", "show", "lang"]) {
  const value = query.get(name);
  if (value !== null) {
    element?.setAttribute(name, value);
  }
}
export {};
