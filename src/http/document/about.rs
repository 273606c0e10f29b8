//! What the document says of the office as a whole.

use serde_json::{Value, json};

use super::parts::Document;

const DESCRIPTION: &str = "\
An ACID ticket office: buyers look at a live seat map, hold seats, pay within minutes and get tickets. No seat is ever sold twice.

**Tokens.** `Authorization: Bearer …`, with a buyer's token (`POST /v1/sessions`) or an organiser's key (`POST /v1/keys`).

**Repeating.** Send every write with an `Idempotency-Key`, and repeat it with the same key until there is an answer: it has its effect \
once. 503 `outcome_unknown`, or no answer, means that it may have happened; `busy` and `unavailable` that it has not.

**Errors.** `application/problem+json` (RFC 9457) with a stable `code`. `field` is a JSON pointer into the body, or a parameter's name.

**Times** are UTC (RFC 3339), **money** is in minor units of an ISO 4217 currency, **lists** come in pages: go on with `after` = \
`next_after` until that is null.

**Compatibility.** At any time there may be new operations, new optional parameters and members of requests, new members of answers, and \
new words where an answer has one of several (`code`, `type` of an event, `state`): pass over what you don't know. Nothing is renamed \
or taken away within `v1` before it has been deprecated for a year: marked so here, and by the headers `Deprecation` and `Sunset`.";

/// The groups of operations.
const TAGS: [(&str, &str); 15] = [
    (
        "shows",
        "Shows and their terms, and how they sell: maps, journals, the live feed. Organisers make them and block seats.",
    ),
    (
        "plans",
        "Seating plans, from which shows are made. A plan never changes.",
    ),
    ("sessions", "Who buys: an anonymous session, known by its token."),
    ("orders", "Orders hold places, are paid, and may be given back."),
    (
        "line",
        "The virtual waiting room of a show: places in it are drawn before the sale, and admitted in order.",
    ),
    (
        "waitlist",
        "Who waits for places that are not free. What is freed goes to the first whom it fits.",
    ),
    (
        "codes",
        "Codes that buyers enter for a discount. Organisers make them; how often each is used is counted with its orders.",
    ),
    (
        "tickets",
        "Tickets of paid orders, and the doors that they open: lists, scans, counts, and what a door needs without a network.",
    ),
    (
        "selections",
        "Places that a buyer shows to others. Nothing is held by them.",
    ),
    (
        "inbox",
        "What a session should know, in order, for as long as it has not said that it has it.",
    ),
    (
        "keys",
        "Organisers' keys, and the audit of what was asked for with them.",
    ),
    (
        "webhooks",
        "Where organisers' programs are told of what happens on their shows.",
    ),
    (
        "mail",
        "Mail to buyers: what became of it, an organiser's own words, and as whom it writes.",
    ),
    (
        "providers",
        "Payment providers: their notices, and what they could not be told.",
    ),
    ("status", "How a node is, for whoever looks after it."),
];

/// Says it.
pub fn tell(document: &mut Document) {
    let info = &mut document.info;
    info.insert("title".into(), json!("boxoffice"));
    info.insert("description".into(), json!(DESCRIPTION));
    info.insert(
        "license".into(),
        json!({"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}),
    );
    info.insert("contact".into(), json!({"name": "Whoever runs this office"}));
    document.external_docs = json!({
        "url": "https://www.rfc-editor.org/rfc/rfc9457",
        "description": "Problem Details for HTTP APIs: the form of every error.",
    });
    document.servers = vec![json!({"url": "/", "description": "The office that this document is from."})];
    document.tags = TAGS
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect::<Vec<Value>>();
}
