// A hot sale: nobody holds seats before their turn in the line, and whoever has been let in does.
import { anyone, as, check, done, makeHall, newKey, organiser } from "./client.js";

console.log("# A show with a line, in which buyers have a minute each");
const show = done(
    await organiser.POST("/v1/shows", {
        params: { header: newKey() },
        body: {
            plan: await makeHall(4),
            title: "A hot evening in TypeScript",
            starts_at: new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString(),
            prices: { Stalls: { amount: 3000, currency: "EUR" } },
            line: { admitted_seconds: 60 },
        },
    }),
);
const path = { show: show.id };
const buyer = as(done(await anyone.POST("/v1/sessions")).token);
const hold = async (place?: string) =>
    buyer.POST("/v1/shows/{show}/orders", {
        params: { path, header: { ...newKey(), ...(place ? { "Line-Place": place } : {}) } },
        body: { seats: ["A-1-1", "A-1-2"] },
    });

console.log("# Whoever has no place is told to get one");
const refused = await hold();
check("without a place", refused.error?.code, "wait_in_line");
let place = done(await buyer.POST("/v1/shows/{show}/line", { params: { path, header: newKey() } }));
check("the first number", place.number, 1);

console.log("# The live feed tells who is admitted; here we ask until it is our turn");
for (let looks = 0; place.state === "waiting" && looks < 100; looks += 1) {
    await new Promise((later) => setTimeout(later, 100));
    place = done(await buyer.GET("/v1/line/{place}", { params: { path: { place: place.place } } }));
}
check("the place", place.state, "admitted");
const order = done(await hold(place.place));
check("what is held", order.state, "held");

console.log("# Everybody can see how the line stands");
const line = done(await anyone.GET("/v1/shows/{show}/line", { params: { path } }));
check("the line", line.state, "open");
// Numbers are let in before somebody has them, where there is room.
check("it is among the admitted", line.admitted >= (place.number ?? 0), true);
