/** The little of a browser that pure modules of the page ask for. Import it first. */
const kept = new Map<string, string>();

Object.defineProperty(globalThis, "localStorage", {
  value: {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  },
});
Object.defineProperty(globalThis, "location", { value: { pathname: "/", origin: "http://office" } });
