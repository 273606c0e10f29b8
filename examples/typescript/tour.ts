// A tour of a ticket office: make a show, sell seats, let people in, give a ticket back, and watch all of it live.
import { isDeepStrictEqual } from "node:util";
import { anyone, as, check, done, makeHall, newKey, organiser } from "./client.js";
import { frames, View } from "./feed.js";
import { Receiver } from "./hook.js";
import type { paths } from "./schema.js";

console.log("# The organiser makes a show");
const plan = await makeHall(6, [{ name: "Floor", category: "Stalls", capacity: 50 }]);
const { id: show } = done(
    await organiser.POST("/v1/shows", {
        params: { header: newKey() },
        body: {
            plan,
            title: "An evening in TypeScript",
            starts_at: new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString(),
            prices: { Stalls: { amount: 2500, currency: "EUR" } },
            returns: "buyer",
        },
    }),
);

console.log("# A program of the organiser's is told what happens");
const receiver = new Receiver();
const endpoint = done(
    await organiser.POST("/v1/webhook-endpoints", {
        params: { header: newKey() },
        body: { url: await receiver.listen(), event_types: ["paid", "returned"] },
    }),
);
receiver.trust(endpoint.secret ?? "");
const tried = done(
    await organiser.POST("/v1/webhook-endpoints/{endpoint}/test", {
        params: { path: { endpoint: endpoint.id }, header: newKey() },
    }),
);
check("the test is taken", [tried.status, receiver.messages.map((message) => message.type)], [204, ["test"]]);

console.log("# Anyone finds it, page by page, and looks at its map");
let found = false;
let after: string | undefined;
do {
    const page = done(
        await anyone.GET("/v1/shows", { params: { query: { limit: 2, ...(after === undefined ? {} : { after }) } } }),
    );
    found ||= page.shows.some((listed) => listed.id === show);
    after = page.next_after ?? undefined;
} while (after !== undefined);
check("the list has the show", found, true);
const path = { show };
const map = done(await anyone.GET("/v1/shows/{show}/seat-map", { params: { path } }));
check("its first seat", map.seats["A-1-1"], "free");

console.log("# A viewer follows it, from a snapshot on");
const view = new View();
let feed = frames(anyone, show);
await view.follow(feed);
check("the viewer has the same map", isDeepStrictEqual(view.seats, map.seats), true);

console.log("# A buyer holds two seats and two places on the floor");
const buyer = as(done(await anyone.POST("/v1/sessions")).token);
const wanted = {
    params: { path, header: newKey() },
    body: { seats: ["A-1-1", "A-1-2"], zones: [{ zone: "Floor", count: 2 }] },
};
const order = done(await buyer.POST("/v1/shows/{show}/orders", wanted));
check("the order is", [order.state, order.total.amount], ["held", 10_000]);
const again = done(await buyer.POST("/v1/shows/{show}/orders", wanted));
check("the same key gets the same answer", isDeepStrictEqual(again, order), true);

console.log("# Another buyer comes too late for one of them, and takes what is best side by side");
const other = as(done(await anyone.POST("/v1/sessions")).token);
const late = await other.POST("/v1/shows/{show}/orders", {
    params: { path, header: newKey() },
    body: { seats: ["A-1-2", "A-1-3"] },
});
if (late.error?.code !== "seats_taken") {
    throw new Error(`not refused: ${JSON.stringify(late)}`);
}
check("taken", late.error.seats, ["A-1-2"]);
const pair = done(
    await other.POST("/v1/shows/{show}/orders", {
        params: { path, header: newKey() },
        body: { together: { count: 2, category: "Stalls" } },
    }),
);
check("side by side", pair.seats.length, 2);
const seen = pair.journal_offset;
await view.follow(feed, seen);
check("the viewer sees", view.seats["A-1-1"], "held");
await feed.return(undefined);
console.log("the viewer's connection is cut");

console.log("# The other one gives a place up, then all; the buyer's first card is declined, the second isn't");
const pairOrder = { path: { order: pair.id } };
check(
    "one is left",
    done(
        await other.POST("/v1/orders/{order}/drop", {
            params: { ...pairOrder, header: newKey() },
            body: { seats: pair.seats.slice(1) },
        }),
    ).seats,
    pair.seats.slice(0, 1),
);
check(
    "given up",
    done(await other.DELETE("/v1/orders/{order}", { params: { ...pairOrder, header: newKey() } })).state,
    "canceled",
);
const pay = (payment_method: string) =>
    buyer.POST("/v1/orders/{order}/payments", {
        params: { path: { order: order.id }, header: newKey() },
        body: { provider: "sandbox", payment_method },
    });
const declined = await pay("card_declined");
if (declined.error?.code !== "payment_declined") {
    throw new Error(`not declined: ${JSON.stringify(declined)}`);
}
check("declined", declined.error.decline_code, "card_declined");
const paid = done(await pay("card_ok"));
check("paid", [paid.state, paid.tickets?.length], ["succeeded", 4]);
const looked = done(
    await buyer.GET("/v1/orders/{order}/payments/{payment}", {
        params: { path: { order: order.id, payment: paid.id } },
    }),
);
check("the payment has", looked.amount, order.total);
const { tickets } = done(
    await buyer.GET("/v1/orders/{order}/tickets", { params: { path: { order: order.id } } }),
);
check("tickets", tickets.map((ticket) => ticket.seat ?? ticket.zone).sort(), ["A-1-1", "A-1-2", "Floor", "Floor"]);

console.log("# The organiser gives the door a key of its own");
const gate = done(
    await organiser.POST("/v1/keys", { params: { header: newKey() }, body: { name: "Gate", role: "door" } }),
);
const door = as(gate.key);
check("which does nothing else", (await door.GET("/v1/keys")).error?.code, "forbidden");

console.log("# At the door a ticket is good once");
const [used, unused] = ["A-1-1", "A-1-2"].map((seat) => tickets.find((ticket) => ticket.seat === seat)?.code ?? "");
const checkIn = () =>
    door.POST("/v1/tickets/{code}/check-in", {
        params: { path: { code: used ?? "" }, header: newKey() },
        body: { show },
    });
check("let in", done(await checkIn()).seat, "A-1-1");
check("and not again", (await checkIn()).error?.code, "already_checked_in");

console.log("# The buyer passes a ticket on: its old code lets nobody in");
const old = tickets.find((ticket) => ticket.zone === "Floor")?.code ?? "";
const passedOn = done(
    await buyer.POST("/v1/tickets/{code}/transfer", {
        params: { path: { code: old }, header: newKey() },
        body: { attendee: "Grace Hopper" },
    }),
);
const shown = (code: string) =>
    door.POST("/v1/tickets/{code}/check-in", { params: { path: { code }, header: newKey() }, body: { show } });
check("the old code", (await shown(old)).error?.code, "ticket_transferred");
check("the new one", done(await shown(passedOn.code)).zone, "Floor");

console.log("# The buyer gives the other seat's ticket back");
const left = done(
    await buyer.POST("/v1/orders/{order}/refund", {
        params: { path: { order: order.id }, header: newKey() },
        body: { tickets: [unused ?? ""] },
    }),
);
check("the order is", [left.state, left.seats, left.refunded?.amount], ["paid", ["A-1-1"], 2500]);

const returned = await receiver.wait((message) => message.type === "returned");
const told_of = receiver.messages.slice(1).map((message) => ("offset" in message.data ? message.data.seats : []));
check("the program has been told of", told_of, [["A-1-1", "A-1-2"], ["A-1-2"]]);
check("by", "show" in returned.data && returned.data.show, show);
receiver.close();
const deleted = await organiser.DELETE("/v1/webhook-endpoints/{endpoint}", {
    params: { path: { endpoint: endpoint.id }, header: newKey() },
});
check("the endpoint is deleted", deleted.response.status, 204);

console.log("# The viewer comes back where it was, and has missed nothing");
feed = frames(anyone, show, view.offset);
await view.follow(feed, left.journal_offset);
await feed.return(undefined);
const now = done(await anyone.GET("/v1/shows/{show}/seat-map", { params: { path } }));
check("the viewer has", [view.offset, view.seats], [now.offset, now.seats]);
const journal = [];
let next: number | undefined = 0;
while (next !== undefined) {
    const query: { after: number; limit: number } = { after: next, limit: 2 };
    const page: paths["/v1/shows/{show}/events"]["get"]["responses"][200]["content"]["application/json"] = done(
        await anyone.GET("/v1/shows/{show}/events", { params: { path, query } }),
    );
    journal.push(...page.events);
    next = page.next_after ?? undefined;
}
const told = ({ offset, type }: { offset: number; type: string }) => `${offset} ${type}`;
check("and every event once", view.events.map(told), journal.slice(map.offset).map(told));
