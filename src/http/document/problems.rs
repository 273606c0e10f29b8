//! The schema of problems: their codes, and every member that some of them have.

use serde_json::{Value, json};

use super::parts::{Document, Object, object_in, reference};
use crate::http::problem::Code;

/// Adds what the type of a problem's body can't say: its members differ with its code.
pub fn describe(document: &mut Document) {
    let schemas = &mut document.components.schemas;
    let words: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    schemas.insert(
        "ProblemCode".into(),
        json!({
            "type": "string",
            "description": "What went wrong, in a word. A word never changes its meaning; there may be more of them one day, \
                which are to be taken as their status is.",
            "enum": words,
        }),
    );
    schemas.insert(
        "PlacesLeft".into(),
        json!({
            "type": "object",
            "description": "How many places of a zone were as they had to be.",
            "required": ["zone"],
            "properties": {
                "zone": {"type": "string", "description": "The zone."},
                "free": count("How many were free."),
                "blocked": count("How many were blocked."),
                "taken": count("How many were held, sold or blocked: the zone can't have fewer."),
            },
        }),
    );
    let properties = object_in(schemas, "Problem").and_then(|problem| object_in(problem, "properties"));
    if let Some(properties) = properties {
        properties.insert("code".into(), reference("schemas", "ProblemCode"));
        properties.extend(members());
    }
}

fn members() -> Object {
    let all = [
        (
            "zones",
            list(
                "The zones that have too few such places.",
                reference("schemas", "PlacesLeft"),
            ),
        ),
        ("seat", text("The seat that would be left alone.")),
        (
            "choices",
            list(
                "Seats that would do in place of those beside it, up to three choices, the nearest first.",
                list("The seats of one choice.", json!({"type": "string"})),
            ),
        ),
        (
            "tickets",
            list("The tickets that can't be given back.", json!({"type": "string"})),
        ),
        (
            "journal_offset",
            count("The journal's offset at which it was so."),
        ),
        ("on_sale_at", time("When the sale begins.")),
        ("drawing_from", time("From when on the line takes somebody.")),
        ("place", reference("schemas", "LinePlaceId")),
        (
            "state",
            text("Where the place stands: `drawn`, `waiting`, or `over`."),
        ),
        ("number", count("The number of the place.")),
        ("ahead", count("How many numbers are before it.")),
        (
            "estimate_seconds",
            count("In how many seconds it is admitted, as things go."),
        ),
        ("opens_at", time("When the line opens.")),
        ("closes_at", time("When the sale ended.")),
        ("starts_at", time("When the show of the ticket begins.")),
        ("returns_until", time("Until when tickets could be returned.")),
        ("checked_in_at", time("When the ticket was used.")),
        ("order_places_max", count("Most places in one order.")),
        (
            "places_per_email_max",
            count("Most places of one e-mail address on this show."),
        ),
        (
            "largest_group",
            count("How many seats side by side there are, of those that were asked for."),
        ),
        ("places_left", count("How many more the e-mail address may have.")),
        (
            "session_places_max",
            count("Most places of one session on this show."),
        ),
        ("ticket_type", text("The ticket type that it is about.")),
        ("valid_from", time("When the code becomes valid.")),
        ("valid_until", time("Until when the code was valid.")),
        ("entry", reference("schemas", "EntryId")),
        (
            "codes",
            list("The codes that the show has already.", json!({"type": "string"})),
        ),
        ("places_min", count("Fewest tickets of this type in an order.")),
        ("places_max", count("Most tickets of this type in an order.")),
        (
            "only_with",
            list(
                "The types of which one must be in the order too.",
                json!({"type": "string"}),
            ),
        ),
        ("show", text("The show that the ticket, or the place, is for.")),
        ("share", text("The share that is used up.")),
        (
            "revision",
            count("The revision of the show's terms that is in force."),
        ),
        (
            "payment",
            json!({"type": "string", "format": "uuid", "description": "The payment that was declined."}),
        ),
        ("decline_code", reference("schemas", "DeclineCode")),
    ];
    all.into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn time(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

fn count(description: &str) -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0, "description": description})
}

fn list(description: &str, items: Value) -> Value {
    json!({"type": "array", "items": items, "description": description})
}
