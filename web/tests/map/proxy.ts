/** Stands between a page and an office, and takes the network away. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

export interface Proxy {
  readonly origin: string;
  /** Ends all connections, and takes no others. */
  cut(): void;
  /** Keeps all connections, but nothing passes any more, for those either. */
  stall(): void;
  heal(): void;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** As some proxies do: no WebSocket passes. */
  readonly refusesWebSockets: boolean;
}

export async function startProxy(origin: string, options: ProxyOptions = { refusesWebSockets: false }): Promise<Proxy> {
  const { port, hostname } = new URL(origin);
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const office = connect(Number(port), hostname);
    for (const [from, to] of [[client, office], [office, client]] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
    client.on("data", (data) => {
      if (options.refusesWebSockets && /^upgrade: websocket/im.test(data.toString("latin1"))) {
        client.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      } else {
        office.write(data);
      }
    });
    office.on("data", (data) => client.write(data));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const cutAll = (): void => open.forEach((socket) => socket.destroy());
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      cutAll();
    },
    stall: () => open.forEach((socket) => socket.pause()),
    heal: () => {
      isCut = false;
      open.forEach((socket) => socket.resume());
    },
    stop: async () => {
      cutAll();
      await new Promise((done) => server.close(done));
    },
  };
}
