// A door that works without a network: it checks tickets by their signatures and by what it has taken along, lets people in, writes
// down whom, and tells the office later.
import { webcrypto } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Ticket = components["schemas"]["BundledTicket"];
type List = components["schemas"]["BundledList"];
type Scan = components["schemas"]["Scan"];
type Taken = components["schemas"]["TakenScan"];

/** Whether somebody may go in; if not, why: in the office's words. */
export type Verdict = { admitted: true } | { admitted: false; reason: string };

const refused = (reason: string): Verdict => ({ admitted: false, reason });

/** As many scans as the office takes in a call. */
const SCANS_MAX = 500;

export class Door {
    private keys = new Map<string, webcrypto.CryptoKey>();
    private tickets = new Map<string, Ticket>();
    private disputed = new Set<string>();
    private lists: List[] = [];
    private offset = 0;
    private overAt = new Date(0);
    /** Who is in, as far as this door knows. */
    private inside = new Set<string>();
    /** How many scans this device has ever made: its names for them. */
    private count = 0;
    private waiting: Scan[] = [];

    /** Scans are written to a file before anybody is let in, so that a crash loses none. */
    constructor(
        private readonly office: Client<paths>,
        private readonly show: string,
        private readonly device: string,
        private readonly list: string | undefined,
        private readonly only: "revocations" | undefined,
        private readonly file: string,
    ) {
        if (!existsSync(file)) return;
        // What was uploaded before is uploaded again, and gets the same answers.
        for (const line of readFileSync(file, "utf8").split("\n")) {
            if (line !== "") this.waiting.push(JSON.parse(line) as Scan);
        }
        this.count = this.waiting.length;
    }

    /** Takes along what is needed: once, while there is a network. */
    async load(): Promise<void> {
        await this.loadKeys();
        let page: number | undefined;
        let first: number | undefined;
        do {
            const query = {
                ...(this.only === undefined ? {} : { only: this.only }),
                ...(page === undefined ? {} : { page }),
            };
            const { data } = await this.office.GET("/v1/shows/{show}/door-bundle", {
                params: { path: { show: this.show }, query },
            });
            if (data === undefined) throw new Error("the office gives nothing to take along");
            first ??= data.journal_offset;
            this.take(data.tickets);
            this.lists = data.lists;
            this.overAt = new Date(data.over_at);
            page = data.next_page ?? undefined;
        } while (page !== undefined);
        this.offset = first ?? 0;
        await this.refresh();
    }

    /** Takes along what has changed: whenever there is a network. */
    async refresh(): Promise<void> {
        await this.loadKeys();
        let more = true;
        while (more) {
            const { data } = await this.office.GET("/v1/shows/{show}/door-bundle", {
                params: { path: { show: this.show }, query: { after: this.offset } },
            });
            if (data === undefined) throw new Error("the office doesn't tell what has changed");
            this.take(data.tickets);
            this.disputed = new Set(data.disputed ?? []);
            this.lists = data.lists;
            this.overAt = new Date(data.over_at);
            this.offset = data.journal_offset;
            more = data.more;
        }
    }

    private async loadKeys(): Promise<void> {
        const { data } = await this.office.GET("/v1/ticket-keys");
        for (const key of data?.ticket_keys ?? []) {
            if (key.algorithm !== "Ed25519") continue;
            const bytes = Buffer.from(key.public_key, "base64url");
            const read = await webcrypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
            this.keys.set(key.id, read);
        }
    }

    private take(tickets: Ticket[]): void {
        for (const ticket of tickets) {
            // Of those that let somebody in, a door that has only revocations needs to know nothing.
            if (this.only !== undefined && ticket.state === "valid") this.tickets.delete(ticket.ticket);
            else this.tickets.set(ticket.ticket, ticket);
        }
    }

    /** Somebody shows a code. Needs no network. */
    async scan(text: string, at = new Date()): Promise<Verdict> {
        const verdict = await this.judge(text, at);
        if (verdict.admitted) {
            this.count += 1;
            const scan: Scan = {
                code: text,
                device: this.device,
                nonce: String(this.count),
                at: at.toISOString(),
                ...(this.list === undefined ? {} : { list: this.list }),
            };
            appendFileSync(this.file, `${JSON.stringify(scan)}\n`, { flush: true });
            this.waiting.push(scan);
        }
        return verdict;
    }

    private async judge(text: string, at: Date): Promise<Verdict> {
        const end = text.lastIndexOf(".");
        const [prefix, keyId, show, name, category, area] = text.slice(0, Math.max(end, 0)).split(".");
        const key = this.keys.get(keyId ?? "");
        if (prefix !== "BO1" || key === undefined || name === undefined || area === undefined) {
            return refused("unknown_ticket");
        }
        const signed = new TextEncoder().encode(text.slice(0, end));
        const signature = fromBase32(text.slice(end + 1));
        if (!(await webcrypto.subtle.verify({ name: "Ed25519" }, key, signature, signed))) return refused("unknown_ticket");
        if (show !== this.show) return refused("wrong_show");
        const known = this.tickets.get(name);
        if (known === undefined && this.only === undefined) return refused("unknown_ticket");
        if (known !== undefined && known.state === "given_back") return refused("given_back");
        if (known?.state === "disputed" || this.disputed.has(name)) return refused("payment_disputed");
        if (at >= this.overAt) return refused("show_over");
        if (this.list !== undefined) {
            const list = this.lists.find(({ id }) => id === this.list);
            if (list === undefined) return refused("list_deleted");
            const admits = (wanted: readonly unknown[] | null, own: unknown) => wanted === null || wanted.includes(own);
            if (!admits(list.categories, Number(category)) || !admits(list.areas, area)) return refused("not_on_list");
            if (list.from !== null && at < new Date(list.from)) return refused("too_early");
            if (list.until !== null && at >= new Date(list.until)) return refused("too_late");
        }
        if (this.inside.has(name) || known?.is_used === true) return refused("already_in");
        this.inside.add(name);
        return { admitted: true };
    }

    /** Tells the office of everybody who was let in; says what became of each. Until there is an answer, it may be called again. */
    async upload(): Promise<Taken[]> {
        const all: Taken[] = [];
        while (this.waiting.length > 0) {
            const check_ins = this.waiting.slice(0, SCANS_MAX);
            const { data } = await this.office.POST("/v1/shows/{show}/check-ins", {
                params: { path: { show: this.show } },
                body: { check_ins },
            });
            if (data === undefined) throw new Error("the office didn't take the scans in");
            all.push(...data.check_ins);
            this.waiting.splice(0, check_ins.length);
        }
        return all;
    }
}

/** Base 32 (RFC 4648) without padding. */
function fromBase32(text: string): Uint8Array<ArrayBuffer> {
    const bytes: number[] = [];
    let [bits, kept] = [0, 0];
    for (const letter of text) {
        const digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter);
        if (digit < 0) return new Uint8Array();
        kept = ((kept << 5) | digit) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes.push((kept >> bits) & 0xff);
        }
    }
    return new Uint8Array(bytes);
}
