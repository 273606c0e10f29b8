/** Server-Sent Events that need a session's token, which a browser's own `EventSource` can't send. */

/** The office beats more often than this. */
const SILENCE_MS_MAX = 60_000;
/** One event is far smaller. */
const EVENT_CHARS_MAX = 64 * 1024;

export interface StreamEvent {
  /** Its type; `message` if it names none. */
  readonly type: string;
  readonly data: string;
}

/** Reads a stream to its end, which whoever reads may bring about. Ends by an error where the stream does. */
export async function readEvents(response: Response, stop: AbortController, take: (event: StreamEvent) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let silence: ReturnType<typeof setTimeout> | undefined;
  try {
    while (reader) {
      silence = setTimeout(() => stop.abort(), SILENCE_MS_MAX);
      const { done, value } = await reader.read();
      clearTimeout(silence);
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      parts.forEach((part) => takePart(part, take));
      if (rest.length > EVENT_CHARS_MAX) throw new Error("an event is too long");
    }
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}

function takePart(part: string, take: (event: StreamEvent) => void): void {
  const of = (name: string): string[] => part.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? line.slice(name.length + 2) : []));
  const data = of("data");
  if (data.length > 0) take({ type: of("event")[0] ?? "message", data: data.join("\n") });
}
