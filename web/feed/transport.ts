/** One connection to a show's feed: a WebSocket, or Server-Sent Events where a proxy lets no WebSocket through. */
import type { components } from "../api/schema";
import type { PackedSnapshot } from "./fold";

export type Frame = components["schemas"]["Frame"] | PackedSnapshot;
export type TransportKind = "websocket" | "events";

export interface TransportListener {
  frame(frame: Frame): void;
  /** It has ended, once, for whatever reason; never after `close`. */
  ended(): void;
}

export interface Transport {
  close(): void;
}

/** Where the feed is; `from` is the offset that the viewer has. */
function feedAddress(kind: TransportKind, office: string, show: string, from: number | undefined): URL {
  const address = new URL(`/v1/shows/${encodeURIComponent(show)}/live`, office || location.href);
  // Not by both ways: a node of an older version, beside newer ones for a while, knows of no such thing.
  if (kind === "websocket") {
    address.searchParams.set("seats", "packed");
  }
  if (from !== undefined) {
    address.searchParams.set("from", String(from));
  }
  return address;
}

export function openTransport(
  kind: TransportKind,
  office: string,
  show: string,
  from: number | undefined,
  listener: TransportListener,
): Transport {
  const address = feedAddress(kind, office, show, from);
  return kind === "websocket" ? openWebSocket(address, listener) : openEventSource(address, listener);
}

function openWebSocket(address: URL, listener: TransportListener): Transport {
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  const listening = new AbortController();
  const options = { signal: listening.signal };
  socket.addEventListener("message", (message) => listener.frame(JSON.parse(message.data) as Frame), options);
  socket.addEventListener("close", () => listener.ended(), options);
  return {
    close: () => {
      listening.abort();
      socket.close();
    },
  };
}

function openEventSource(address: URL, listener: TransportListener): Transport {
  const source = new EventSource(address);
  const take = (message: MessageEvent<string>): void => listener.frame(JSON.parse(message.data) as Frame);
  for (const type of ["snapshot", "events", "resync", "line"]) {
    source.addEventListener(type, take);
  }
  const close = (): void => source.close();
  // An EventSource would come back by itself, with the offset of its address: we come back with the one we have.
  source.addEventListener("error", () => {
    close();
    listener.ended();
  });
  return { close };
}
