// Two doors without a network: they take a show along, let people in, and tell the office afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { as, check, done, makeHall, newKey, organiser } from "./client.js";
import { Door } from "./door.js";

console.log("# A show with a gate for its stalls, and seven tickets");
const plan = await makeHall(7, [{ name: "Floor", category: "Stalls", capacity: 50 }]);
const { id: show } = done(
    await organiser.POST("/v1/shows", {
        params: { header: newKey() },
        body: {
            plan,
            title: "An evening at the door",
            starts_at: new Date(Date.now() + 3600 * 1000).toISOString(),
            prices: { Stalls: { amount: 2500, currency: "EUR" } },
        },
    }),
);
const path = { show };
const gate = done(
    await organiser.POST("/v1/shows/{show}/check-in-lists", {
        params: { path, header: newKey() },
        body: { name: "Stalls", sections: ["A"] },
    }),
);
const buyer = as(done(await organiser.POST("/v1/sessions")).token);
async function buy(seats: string[], floor: number): Promise<{ order: string; tickets: { code: string; qr_text?: string }[] }> {
    const zones = floor === 0 ? [] : [{ zone: "Floor", count: floor }];
    const order = done(
        await buyer.POST("/v1/shows/{show}/orders", { params: { path, header: newKey() }, body: { seats, zones } }),
    );
    const params = { path: { order: order.id }, header: newKey() };
    const body = { provider: "sandbox", payment_method: "card_ok" };
    done(await buyer.POST("/v1/orders/{order}/payments", { params, body }));
    const { tickets } = done(
        await buyer.GET("/v1/orders/{order}/tickets", { params: { path: { order: order.id }, query: { signed: true } } }),
    );
    return { order: order.id, tickets };
}
const [first, second] = [await buy(["A-1-1", "A-1-2", "A-1-3"], 1), await buy(["A-1-4", "A-1-5"], 0)];
const text = (bought: { tickets: { qr_text?: string }[] }, at: number) => bought.tickets[at]?.qr_text ?? "";
const giveBack = async (order: string) =>
    done(
        await organiser.POST("/v1/orders/{order}/refund", {
            params: { path: { order }, header: newKey() },
        }),
    );

const folder = mkdtempSync(join(tmpdir(), "boxoffice-door-"));
const key = done(
    await organiser.POST("/v1/keys", { params: { header: newKey() }, body: { name: "Doors", role: "door" } }),
);
const office = as(key.key);
try {
    console.log("# Two doors take it along: one all tickets, the other only those that were revoked");
    const full = new Door(office, show, "Gate 1", gate.id, undefined, join(folder, "gate-1"));
    const light = new Door(office, show, "Gate 2", gate.id, "revocations", join(folder, "gate-2"));
    await full.load();
    await light.load();
    await giveBack(second.order);
    const third = await buy(["A-1-6"], 0);
    check("a ticket that was sold since", await full.scan(text(third, 0)), { admitted: false, reason: "unknown_ticket" });
    await full.refresh();
    await light.refresh();

    console.log("# Then there is no network");
    for (const door of [full, light]) {
        const forged = text(first, 0).replace(".S0.", ".Z0.");
        check("forged", await door.scan(forged), { admitted: false, reason: "unknown_ticket" });
        check("given back", await door.scan(text(second, 0)), { admitted: false, reason: "given_back" });
        check("of the floor", await door.scan(text(first, 3)), { admitted: false, reason: "not_on_list" });
    }
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    check("let in", await full.scan(text(first, 0), minutesAgo(20)), { admitted: true });
    check("and not again", await full.scan(text(first, 0)), { admitted: false, reason: "already_in" });
    check("the other door can't know", await light.scan(text(first, 0), minutesAgo(10)), { admitted: true });
    check("sold since", await light.scan(text(third, 0), minutesAgo(9)), { admitted: true });
    check("let in", await full.scan(text(first, 1), minutesAgo(8)), { admitted: true });

    console.log("# They tell of it: the later one first, and one after a crash");
    const told = ({ nonce, result, reason }: { nonce: string; result: string; reason?: string }) => [nonce, result, reason ?? null];
    check("gate 2", (await light.upload()).map(told), [
        ["1", "admitted", null],
        ["2", "admitted", null],
    ]);
    const restarted = new Door(office, show, "Gate 1", gate.id, undefined, join(folder, "gate-1"));
    const once = (await restarted.upload()).map(told);
    check("gate 1", once, [
        ["1", "admitted", null],
        ["2", "admitted", null],
    ]);
    check("and once more", (await full.upload()).map(told), once);

    console.log("# The office knows who was in first");
    const door = done(await organiser.GET("/v1/shows/{show}/door", { params: { path } }));
    check("admitted, and in conflict", [door.visitors.admitted, door.conflicts], [3, 1]);
    const conflicts = done(
        await organiser.GET("/v1/shows/{show}/check-ins", { params: { path, query: { conflicts: true } } }),
    );
    check(
        "who came in with a copy",
        conflicts.check_ins.map(({ device, seat, conflict }) => [device, seat, conflict]),
        [["Gate 2", "A-1-1", "already_in"]],
    );
} finally {
    rmSync(folder, { recursive: true });
}
