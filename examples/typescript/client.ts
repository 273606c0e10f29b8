// How the tours ask an office: typed by its document, with a key for each write.
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const baseUrl = process.env["OFFICE"] ?? "http://127.0.0.1:8080";
export const as = (token: string) => createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
export const anyone = createClient<paths>({ baseUrl });
export const organiser = as(process.env["ORGANISER_KEY"] ?? "");
// Every write has a key of its own; whoever repeats the request with it gets the same answer.
export const newKey = () => ({ "Idempotency-Key": randomUUID() });

// A hall with this many seats, `A-1-1` and so on, and a floor where people stand, if it has one; tells its plan's id.
export async function makeHall(seats: number, zones: { name: string; category: string; capacity: number }[] = []): Promise<string> {
    const numbers = Array.from({ length: seats }, (_, index) => ({ number: `${index + 1}`, x: index, y: 0 }));
    const plan = done(
        await organiser.POST("/v1/plans", {
            params: { header: newKey() },
            body: {
                name: "Small hall",
                categories: [{ name: "Stalls" }],
                sections: [{ name: "A", rows: [{ name: "1", category: "Stalls", seats: numbers }] }],
                zones,
            },
        }),
    );
    return plan.id;
}

// The body of an answer that must be a success.
export function done<Body>(answer: { data?: Body; error?: unknown; response: Response }): Body {
    if (answer.data === undefined) {
        throw new Error(`${answer.response.url} answers ${answer.response.status}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
}

// Says what was found, and ends the tour if it is something else.
export function check<Value>(what: string, found: Value, expected: Value): void {
    if (!isDeepStrictEqual(found, expected)) {
        throw new Error(`${what}: ${JSON.stringify(found)}, but expected ${JSON.stringify(expected)}`);
    }
    console.log(`${what}: ${JSON.stringify(found)}`);
}
