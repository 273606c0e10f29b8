/**
 * What this device keeps between visits. Where a browser keeps nothing (private windows, a full disk), the page works on
 * with what it has in memory.
 */
const memory = new Map<string, unknown>();

export function readKept<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(`boxoffice.${name}`);
    if (text !== null) return JSON.parse(text) as T;
  } catch {
    // Not readable: as if it had never been kept.
  }
  return memory.get(name) as T | undefined;
}

export function keep(name: string, value: unknown): void {
  memory.set(name, value);
  try {
    localStorage.setItem(`boxoffice.${name}`, JSON.stringify(value));
  } catch {
    // It is in memory, for as long as the page is open.
  }
}
