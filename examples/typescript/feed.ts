// The live feed by Server-Sent Events, and the fold that makes a map of it.
import type { Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Event = components["schemas"]["Event"];
type Frame = components["schemas"]["Frame"];
type SeatState = components["schemas"]["SeatState"];

// What an event makes of the seats that it names; others change no seat.
const BECOMES: Partial<Record<Event["type"], SeatState>> = {
    booked: "held",
    canceled: "free",
    timed_out: "free",
    returned: "free",
    unblocked: "free",
    paid: "sold",
    blocked: "blocked",
};

// The frames of a show, from a snapshot on or from the event after `last`, until the caller has had enough.
export async function* frames(office: Client<paths>, show: string, last?: number): AsyncGenerator<Frame> {
    const connection = new AbortController();
    const { data: stream, response } = await office.GET("/v1/shows/{show}/live", {
        params: { path: { show }, ...(last === undefined ? {} : { header: { "Last-Event-ID": last } }) },
        headers: { Accept: "text/event-stream" },
        parseAs: "stream",
        signal: connection.signal,
    });
    if (!stream) {
        throw new Error(`the feed answers ${response.status}`);
    }
    try {
        let text = "";
        for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
            // An empty line ends an event.
            const complete = (text + piece).split("\n\n");
            text = complete.pop() ?? "";
            for (const line of complete.flatMap((event) => event.split("\n"))) {
                if (line.startsWith("data: ")) {
                    yield JSON.parse(line.slice("data: ".length)) as Frame;
                }
            }
        }
    } finally {
        connection.abort();
    }
}

// A show as its viewer sees it.
export class View {
    seats: Record<string, SeatState> = {};
    // The last event that is in it.
    offset = 0;
    // The events that came one by one.
    events: Event[] = [];

    // Takes a frame at least, and more until the event of this number is in.
    async follow(feed: AsyncGenerator<Frame>, until = 0): Promise<void> {
        do {
            const { value: frame, done } = await feed.next();
            if (done) {
                throw new Error("the feed has ended");
            }
            this.take(frame);
        } while (this.offset < until);
    }

    private take(frame: Frame): void {
        switch (frame.type) {
            case "snapshot":
                this.seats = { ...frame.seats };
                this.offset = frame.offset;
                break;
            case "events":
                frame.events.forEach((event) => this.fold(event));
                break;
            case "resync":
                // A snapshot follows, and stands for all that was before.
                break;
        }
    }

    private fold(event: Event): void {
        if (event.offset !== this.offset + 1) {
            throw new Error(`event ${event.offset} came after ${this.offset}`);
        }
        const state = BECOMES[event.type];
        if (state !== undefined) {
            event.seats.forEach((seat) => (this.seats[seat] = state));
        }
        this.offset = event.offset;
        this.events.push(event);
    }
}
