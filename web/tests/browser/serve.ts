/**
 * Serves `dist/` as the office does, in front of an office that may not do so yet, and lets tests cut the way between them.
 * Everything below `/v1` goes on to the office, WebSockets too.
 */
import { createReadStream, existsSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** As strict as the office's own: what it would refuse, fails here, too. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' https://js.stripe.com",
  "style-src 'self'",
  "connect-src 'self' ws: wss: https://api.stripe.com",
  "img-src 'self' data:",
  "frame-src https://js.stripe.com https://hooks.stripe.com",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export interface Served {
  readonly origin: string;
  /** Nothing gets through any more; what is open ends. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function serve(office: string, dist: string): Promise<Served> {
  const { hostname, port } = new URL(office);
  const sockets = new Set<Socket>();
  let isCut = false;

  const answer = (asked: IncomingMessage, response: ServerResponse): void => {
    if (isCut) {
      asked.socket.destroy();
      return;
    }
    const path = new URL(asked.url ?? "/", office).pathname;
    if (path.startsWith("/v1/")) forward(asked, response);
    else sendFile(path, response);
  };

  const forward = (asked: IncomingMessage, response: ServerResponse): void => {
    const options = { hostname, port, method: asked.method, path: asked.url, headers: asked.headers };
    const passed = request(options, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    asked.pipe(passed);
  };

  const sendFile = (path: string, response: ServerResponse): void => {
    const name = path.startsWith("/assets/") || path.startsWith("/embed/") ? join(dist, path) : join(dist, "index.html");
    if (!existsSync(name)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    createReadStream(name).pipe(response);
  };

  const server = createServer(answer);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (asked, socket, head) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const there = connect(Number(port), hostname, () => {
      const headers = asked.rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [`${name}: ${all[at + 1]}`]));
      there.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    const end = () => {
      there.destroy();
      socket.destroy();
    };
    there.on("error", end).on("close", end);
    socket.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
