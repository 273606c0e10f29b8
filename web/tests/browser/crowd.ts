/** Many buyers without a browser, each with a session and a connection of their own to a show's feed. */
import { call, office } from "./organiser";

export interface LinePlace {
  readonly place: string;
  readonly state: string;
  readonly number?: number;
}

export interface Guest {
  readonly token: string;
  readonly place: LinePlace;
  /** What the feed has said of the line, as it came. */
  readonly heard: { admitted: number }[];
  close(): void;
}

/** Follows a show by Server-Sent Events, as the page does where no WebSocket gets through. */
async function listen(show: string, heard: Guest["heard"]): Promise<() => void> {
  const stop = new AbortController();
  const response = await fetch(`${office}/v1/shows/${show}/live`, { headers: { Accept: "text/event-stream" }, signal: stop.signal });
  if (!response.ok || !response.body) throw new Error(`the feed is not told: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<void> => {
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts.filter((event) => event.includes("event: line"))) {
        heard.push(JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? "{}") as { admitted: number });
      }
    }
  };
  read().catch(() => undefined);
  return () => stop.abort();
}

async function arrive(show: string): Promise<Guest> {
  const { token } = await call<{ token: string }>("POST", "/v1/sessions");
  const heard: Guest["heard"] = [];
  const close = await listen(show, heard);
  const place = await call<LinePlace>("POST", `/v1/shows/${show}/line`, undefined, token);
  return { token, place, heard, close };
}

/** So many, some at a time. */
export async function gather(show: string, count: number): Promise<Guest[]> {
  const guests: Guest[] = [];
  for (let left = count; left > 0; left -= 20) {
    guests.push(...(await Promise.all(Array.from({ length: Math.min(20, left) }, () => arrive(show)))));
  }
  return guests;
}
