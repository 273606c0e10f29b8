// A receiver of webhooks: proves each message with the library of Standard Webhooks, and keeps every event once, in order.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import type { components } from "./schema.js";

export type Message = components["schemas"]["WebhookMessage"];

export class Receiver {
    // What has been taken, each message once.
    messages: Message[] = [];
    #seen = new Set<string>();
    #secret: string | undefined;
    #server: Server;
    #waiting: (() => void)[] = [];

    constructor() {
        this.#server = createServer((request, response) => {
            this.#take(request).then(
                (status) => response.writeHead(status).end(),
                () => response.writeHead(400).end(),
            );
        });
    }

    // Listens on a free port of this machine, and tells its address.
    async listen(): Promise<string> {
        await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
        const address = this.#server.address();
        if (address === null || typeof address === "string") {
            throw new Error("no port");
        }
        return `http://127.0.0.1:${address.port}/`;
    }

    // The secret is told when the endpoint is made.
    trust(secret: string): void {
        this.#secret = secret;
    }

    // Waits until a message is such a one.
    async wait(isIt: (message: Message) => boolean): Promise<Message> {
        for (;;) {
            const found = this.messages.find(isIt);
            if (found) {
                return found;
            }
            await new Promise<void>((done) => this.#waiting.push(done));
        }
    }

    close(): void {
        this.#server.closeAllConnections();
        this.#server.close();
    }

    async #take(request: IncomingMessage): Promise<number> {
        let body = "";
        for await (const piece of request.setEncoding("utf8")) {
            body += piece;
        }
        if (this.#secret === undefined) {
            return 503; // It is sent again.
        }
        const headers = request.headers as Record<string, string>;
        const message = new Webhook(this.#secret).verify(body, headers) as Message;
        const id = headers["webhook-id"];
        if (id !== undefined && !this.#seen.has(id)) {
            this.#seen.add(id);
            this.messages.push(message);
            this.#waiting.splice(0).forEach((done) => done());
        }
        return 204;
    }
}
