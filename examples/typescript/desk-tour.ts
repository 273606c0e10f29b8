// An organiser's desk: keys that are replaced and end, gates and what is undone at them, seats that somebody shares, codes, webhooks
// that are sent again, and who mails come from.
import { anyone, as, check, done, makeHall, newKey, organiser } from "./client.js";
import { Receiver } from "./hook.js";

console.log("# A show");
const plan = await makeHall(4);
const { id: show } = done(
    await organiser.POST("/v1/shows", {
        params: { header: newKey() },
        body: {
            plan,
            title: "An evening at the desk",
            starts_at: new Date(Date.now() + 3600 * 1000).toISOString(),
            prices: { Stalls: { amount: 2500, currency: "EUR" } },
        },
    }),
);
const path = { show };

console.log("# A key of the box office is replaced, and ended");
const key = done(
    await organiser.POST("/v1/keys", { params: { header: newKey() }, body: { name: "Box office", role: "sales" } }),
);
const next = done(
    await organiser.POST("/v1/keys/{key}/rotation", {
        params: { path: { key: key.id }, header: newKey() },
        body: { overlap_seconds: 3600 },
    }),
);
const former = await as(key.key).GET("/v1/shows/{show}/revisions", { params: { path } });
check("the former one is good for another hour", former.response.status, 200);
await organiser.DELETE("/v1/keys/{key}", { params: { path: { key: next.id }, header: newKey() } });
const { keys } = done(await organiser.GET("/v1/keys"));
check("the next one is gone", keys.some((one) => one.id === next.id && one.revoked_at === null), false);

console.log("# Somebody shares what they would like");
const buyer = as(done(await anyone.POST("/v1/sessions")).token);
const selection = done(
    await buyer.POST("/v1/selections", { params: { header: newKey() }, body: { show, seats: ["A-1-1", "A-1-2"] } }),
);
const shared = { path: { selection: selection.id } };
check("whoever has the link sees it", done(await anyone.GET("/v1/selections/{selection}", { params: shared })).seats, ["A-1-1", "A-1-2"]);
check("one's own", done(await buyer.GET("/v1/selections")).selections.length, 1);
await buyer.DELETE("/v1/selections/{selection}", { params: { ...shared, header: newKey() } });
check("it is gone for good", (await anyone.GET("/v1/selections/{selection}", { params: shared })).response.status, 410);

console.log("# Two codes; one is changed, one is ended");
const { codes } = done(
    await organiser.POST("/v1/shows/{show}/codes", {
        params: { path, header: newKey() },
        body: { count: 2, percent: 20, uses_max: 1 },
    }),
);
const [first, second] = codes.map((code) => ({ show, code_id: code.id }));
const changed = done(
    await organiser.PATCH("/v1/shows/{show}/codes/{code_id}", {
        params: { path: first ?? { show, code_id: "" }, header: newKey() },
        body: { uses_max: 5 },
    }),
);
check("uses of the first", changed.uses_max, 5);
await organiser.DELETE("/v1/shows/{show}/codes/{code_id}", {
    params: { path: second ?? { show, code_id: "" }, header: newKey() },
});
check("codes that are good", done(await organiser.GET("/v1/shows/{show}/codes", { params: { path } })).codes.filter((code) => code.ended_at === undefined).length, 1);

console.log("# Seats are kept, and put back on sale");
const kept = { params: { path, header: newKey() }, body: { seats: ["A-1-4"], label: "house" } };
done(await organiser.POST("/v1/shows/{show}/blocks", kept));
check("kept", done(await organiser.GET("/v1/shows/{show}/blocks", { params: { path } })).blocks[0]?.label, "house");
done(
    await organiser.POST("/v1/shows/{show}/blocks/release", {
        params: { path, header: newKey() },
        body: { seats: ["A-1-4"], label: "house" },
    }),
);

console.log("# At a gate somebody is let in by mistake");
const gate = done(
    await organiser.POST("/v1/shows/{show}/check-in-lists", {
        params: { path, header: newKey() },
        body: { name: "Gate", categories: ["Stalls"] },
    }),
);
const list = { show, list: gate.id };
const wider = done(
    await organiser.PATCH("/v1/shows/{show}/check-in-lists/{list}", {
        params: { path: list, header: newKey() },
        body: { allows_reentry: true },
    }),
);
check("who has left may come in again", wider.allows_reentry, true);
const sold = done(
    await organiser.POST("/v1/shows/{show}/box-office/orders", {
        params: { path, header: newKey() },
        body: { paid_with: "cash", seats: ["A-1-1"], buyer: { email: "ada@example.org" } },
    }),
);
const code = sold.tickets?.[0]?.code ?? "";
const { check_ins } = done(
    await organiser.POST("/v1/shows/{show}/check-ins", {
        params: { path },
        body: { check_ins: [{ code, device: "Gate", nonce: "1", list: gate.id }] },
    }),
);
check("the scan", check_ins[0]?.result, "admitted");
const undone = done(
    await organiser.POST("/v1/shows/{show}/check-ins/{check_in}/undo", {
        params: { path: { show, check_in: check_ins[0]?.id ?? "" }, header: newKey() },
    }),
);
check("counts no more", undone.counts, false);
await organiser.DELETE("/v1/shows/{show}/check-in-lists/{list}", { params: { path: list, header: newKey() } });
check("gates", done(await organiser.GET("/v1/shows/{show}/check-in-lists", { params: { path } })).check_in_lists.length, 0);

console.log("# A program that was not there is told again");
const receiver = new Receiver();
const made = done(
    await organiser.POST("/v1/webhook-endpoints", {
        params: { header: newKey() },
        body: { url: await receiver.listen(), event_types: ["paid"] },
    }),
);
receiver.trust(made.secret ?? "");
const endpoint = { endpoint: made.id };
const replay = { params: { path: endpoint, header: newKey() }, body: { show, after: 0 } };
done(await organiser.POST("/v1/webhook-endpoints/{endpoint}/replay", replay));
await receiver.wait((message) => message.type === "paid" && message.data.show === show);
const { deliveries } = done(
    await organiser.GET("/v1/webhook-endpoints/{endpoint}/deliveries", { params: { path: endpoint } }),
);
check("the log has it", deliveries.every((one) => one.type === "paid"), true);
done(await organiser.POST("/v1/webhook-endpoints/{endpoint}/secret", { params: { path: endpoint, header: newKey() } }));
await organiser.DELETE("/v1/webhook-endpoints/{endpoint}", { params: { path: endpoint, header: newKey() } });
receiver.close();

console.log("# Mails come from somebody, in the organiser's words");
const sender = { name: "Small hall", reply_to: "desk@example.org", language: "en" as const };
check("from", done(await organiser.PUT("/v1/mail-sender", { params: { header: newKey() }, body: sender })).name, "Small hall");
const template = { kind: "canceled" as const, language: "en" as const };
const words = { subject: "{{show}} does not take place", text: "{{greeting}}\n\nyour money goes back." };
done(
    await organiser.PUT("/v1/mail-templates/{kind}/{language}", {
        params: { path: template, header: newKey() },
        body: words,
    }),
);
await organiser.DELETE("/v1/mail-templates/{kind}/{language}", { params: { path: template, header: newKey() } });
const told = done(await organiser.GET("/v1/mail-templates/{kind}/{language}", { params: { path: template } }));
check("the office's words again", told.own, false);

console.log("# The show does not take place");
done(await organiser.POST("/v1/shows/{show}/cancellation", { params: { path, header: newKey() } }));
const { revisions } = done(await organiser.GET("/v1/shows/{show}/revisions", { params: { path } }));
check("its terms never changed", revisions.length, 1);
