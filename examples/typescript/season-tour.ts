// An organiser's season: shows from one template, prices for adults and children, a presale by code, a price that changes while seats
// are sold, the box office's own orders, and what all of it came to.
import { anyone, as, check, done, makeHall, newKey, organiser } from "./client.js";

const euro = (amount: number) => ({ amount, currency: "EUR" });

console.log("# Two evenings from one template");
const plan = await makeHall(6);
const days = (number: number) => new Date(Date.now() + number * 24 * 3600 * 1000).toISOString();
const { shows } = done(
    await organiser.POST("/v1/shows/series", {
        params: { header: newKey() },
        body: {
            template: {
                plan,
                title: "A season in TypeScript",
                starts_at: days(7),
                prices: {},
                ticket_types: [
                    { id: "adult", name: "Adult", prices: { Stalls: euro(3000) } },
                    { id: "child", name: "Child", prices: { Stalls: euro(1000) }, only_with: ["adult"] },
                ],
                fees: { per_order: euro(200) },
                tax: { name: "VAT", rate_basis_points: 1000 },
                returns: "buyer",
            },
            starts_at: [days(7), days(8)],
        },
    }),
);
check("evenings", shows.length, 2);
const show = shows[0]?.id ?? "";
const path = { show };

console.log("# A block is kept for whoever has the code");
done(
    await organiser.POST("/v1/shows/{show}/blocks", {
        params: { path, header: newKey() },
        body: { seats: ["A-1-1", "A-1-2"], label: "presale" },
    }),
);
const { codes } = done(
    await organiser.POST("/v1/shows/{show}/codes", {
        params: { path, header: newKey() },
        body: { codes: ["friends"], label: "presale", uses_max: 1 },
    }),
);
check("the code", codes[0]?.code, "FRIENDS");

console.log("# A family: an adult and a child, by the code alone");
const buyer = as(done(await anyone.POST("/v1/sessions")).token);
const family = {
    seats: ["A-1-1", "A-1-2"],
    ticket_types: [{ ticket_type: "child", seats: ["A-1-2"] }],
    buyer: { name: "Ada Lovelace", email: "ada@example.org", locale: "en" },
    attendees: ["Ada Lovelace", "Byron King"],
};
const without = await buyer.POST("/v1/shows/{show}/orders", { params: { path, header: newKey() }, body: family });
check("without the code", without.error?.code, "seats_taken");
const held = done(
    await buyer.POST("/v1/shows/{show}/orders", { params: { path, header: newKey() }, body: { ...family, code: "friends" } }),
);
check("an adult, a child and the fee", held.total, euro(4200));
check("the tax in it", held.tax?.amount, euro(382));
const alone = await buyer.POST("/v1/shows/{show}/orders", {
    params: { path, header: newKey() },
    body: { seats: ["A-1-3"], ticket_types: [{ ticket_type: "child", seats: ["A-1-3"] }] },
});
check("a child alone", alone.error?.code, "ticket_type_only_with");

console.log("# The price rises; what is held keeps its own");
const told = await organiser.GET("/v1/shows/{show}", { params: { path } });
const dearer = done(
    await organiser.PATCH("/v1/shows/{show}", {
        params: { path, header: { ...newKey(), "If-Match": told.response.headers.get("ETag") ?? "" } },
        body: {
            ticket_types: [
                { id: "adult", name: "Adult", prices: { Stalls: euro(3500) } },
                { id: "child", name: "Child", prices: { Stalls: euro(1000) }, only_with: ["adult"] },
            ],
        },
    }),
);
check("the terms' revision", dearer.revision, 2);
const { order } = { order: held.id };
done(
    await buyer.PATCH("/v1/orders/{order}", {
        params: { path: { order }, header: newKey() },
        body: { buyer: { phone: "+43 1 234567" } },
    }),
);
done(
    await buyer.POST("/v1/orders/{order}/payments", {
        params: { path: { order }, header: newKey() },
        body: { provider: "sandbox", payment_method: "card_ok" },
    }),
);
const own = done(await buyer.GET("/v1/orders", { params: { query: { show, state: "paid" } } }));
check("paid at the old price", own.orders[0]?.total, euro(4200));

console.log("# The box office gives one away, and sells one for cash");
const sell = (paid_with: "comp" | "cash", seat: string) =>
    organiser.POST("/v1/shows/{show}/box-office/orders", { params: { path, header: newKey() }, body: { paid_with, seats: [seat] } });
check("for nothing", done(await sell("comp", "A-1-3")).total, euro(0));
check("at the new price", done(await sell("cash", "A-1-4")).total, euro(3700));

console.log("# What it came to");
const sales = done(await organiser.GET("/v1/shows/{show}/sales", { params: { path } }));
check(
    "sold by type",
    sales.ticket_types.map((one) => [one.ticket_type, one.sold.places, one.sold.total.amount]),
    [
        ["adult", 3, 6500],
        ["child", 1, 1000],
    ],
);
check("by the code", sales.codes[0]?.sold.places, 2);
const found = done(
    await organiser.GET("/v1/shows/{show}/orders", { params: { path, query: { email: "ADA@example.org", code: "friends" } } }),
);
check("the family's phone", found.orders[0]?.buyer?.phone, "+43 1 234567");
const table = await organiser.GET("/v1/shows/{show}/exports/tickets", { params: { path }, parseAs: "text" });
check("lines of the table of tickets", done(table).trim().split("\r\n").length, 5);

console.log("# Mails say it in the organiser's words");
const template = { params: { path: { kind: "paid" as const, language: "en" as const } } };
const preview = done(
    await organiser.POST("/v1/mail-templates/{kind}/{language}/preview", {
        ...template,
        body: { subject: "{{show}}: your tickets", text: "{{greeting}}\n\n{{tickets}}" },
    }),
);
check("a mail", preview.subject, "A Midsummer Night's Dream: your tickets");

console.log("# The person goes, places and money stay");
await organiser.DELETE("/v1/orders/{order}/buyer", { params: { path: { order }, header: newKey() } });
const erased = done(await organiser.GET("/v1/orders/{order}", { params: { path: { order } } }));
check("nobody is named", [erased.buyer, erased.state, erased.total], [undefined, "paid", euro(4200)]);
