// A session's inbox by Server-Sent Events: what it should know, in order.
import type { Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Notice = components["schemas"]["Notice"];

// The notices after one, or after those that are acknowledged, until the caller has had enough.
export async function* notices(office: Client<paths>, after?: number): AsyncGenerator<Notice> {
    const connection = new AbortController();
    const { data: stream, response } = await office.GET("/v1/inbox", {
        params: after === undefined ? {} : { query: { after } },
        headers: { Accept: "text/event-stream" },
        parseAs: "stream",
        signal: connection.signal,
    });
    if (!stream) {
        throw new Error(`the inbox answers ${response.status}`);
    }
    try {
        let text = "";
        for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
            // An empty line ends an event. A notice has no name; `gap`, which has one, says that some are not kept any more.
            const complete = (text + piece).split("\n\n");
            text = complete.pop() ?? "";
            for (const event of complete.filter((event) => !event.includes("event: "))) {
                for (const line of event.split("\n").filter((line) => line.startsWith("data: "))) {
                    yield JSON.parse(line.slice("data: ".length)) as Notice;
                }
            }
        }
    } finally {
        connection.abort();
    }
}
