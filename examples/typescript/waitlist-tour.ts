// A sold-out evening: two buyers wait, one gives up what is kept, and the other is next. A buyer who waits is told in the inbox, or asks.
import { anyone, as, check, done, makeHall, newKey, organiser } from "./client.js";
import { notices } from "./inbox.js";

console.log("# A show with two seats and a waitlist");
const show = done(
    await organiser.POST("/v1/shows", {
        params: { header: newKey() },
        body: {
            plan: await makeHall(2),
            title: "A sold-out evening in TypeScript",
            starts_at: new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString(),
            prices: { Stalls: { amount: 3000, currency: "EUR" } },
            waitlist: { offer_seconds: 900 },
        },
    }),
);
const path = { show: show.id };
const newBuyer = async () => as(done(await anyone.POST("/v1/sessions")).token);

console.log("# Somebody has both seats; whoever comes later waits");
const owner = await newBuyer();
const held = done(
    await owner.POST("/v1/shows/{show}/orders", { params: { path, header: newKey() }, body: { seats: ["A-1-1", "A-1-2"] } }),
);
const join = async (buyer: typeof owner, name: string) =>
    done(
        await buyer.POST("/v1/shows/{show}/waitlist", {
            params: { path, header: newKey() },
            body: { wish: { count: 2, together: true }, buyer: { name } },
        }),
    );
const [ada, bob] = [await newBuyer(), await newBuyer()];
const told = notices(bob);
const hear = async () => (await told.next()).value;
// The inbox is opened by its first read; what happens from then on waits in it.
done(await bob.GET("/v1/inbox"));
const [first, second] = [await join(ada, "Ada"), await join(bob, "Bob")];
check("Ada's position", first.position, 1);
check("Bob's position", second.position, 2);
check("Bob is told so", (await hear())?.position, 2);

console.log("# What is given up is Ada's at once, and nobody else's");
done(await owner.DELETE("/v1/orders/{order}", { params: { path: { order: held.id }, header: newKey() } }));
const again = await owner.POST("/v1/shows/{show}/orders", { params: { path, header: newKey() }, body: { seats: ["A-1-1"] } });
check("somebody else", again.error?.code, "seats_taken");
const entry = async (buyer: typeof owner, id: string) =>
    done(await buyer.GET("/v1/waitlist/{entry}", { params: { path: { entry: id } } }));
const offered = await entry(ada, first.id);
check("Ada's entry", offered.state, "offered");

console.log("# She doesn't want it any more: it goes to the next");
done(await ada.DELETE("/v1/orders/{order}", { params: { path: { order: offered.order ?? "" }, header: newKey() } }));
const next = await entry(bob, second.id);
check("Bob's entry", next.state, "offered");
let notice = await hear();
// Meanwhile he may have been the first of those who wait.
while (notice?.kind === "position") notice = await hear();
check("Bob is told of it", notice?.kind, "offer");
check("Bob is told which", notice?.order, next.order);
const payment = done(
    await bob.POST("/v1/orders/{order}/payments", {
        params: { path: { order: next.order ?? "" }, header: newKey() },
        body: { provider: "sandbox", payment_method: "card_ok" },
    }),
);
check("Bob's tickets", payment.tickets?.length, 2);
notice = await hear();
check("Bob is told that it is paid", notice?.payment_state, "succeeded");
await told.return(undefined);
done(await bob.POST("/v1/inbox/acknowledgement", { params: { header: newKey() }, body: { through: notice?.number ?? 0 } }));
check("Bob has all of it", done(await bob.GET("/v1/inbox")).notices.length, 0);
