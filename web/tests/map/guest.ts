/** A page of others: all that it has of the map is the element. */
import "../../map/embed";

const told: { type: string; detail: unknown }[] = [];
Object.assign(window, { told });
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
