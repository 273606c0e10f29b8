//! Forms of ids and other names, which are the same wherever they stand, and how long texts and lists may be.

use serde_json::{Value, json};

use super::parts::{Document, reference};
use domain::plan::{NAME_CHARS_MAX, PLAN_CATEGORIES_MAX, PLAN_ZONES_MAX};
use domain::show::ORDER_PLACES_MAX;
use domain::tariff::SEAT_PRICES_MAX;

/// What has a schema of its own, so that generators make one type of it wherever it stands: its name, what it is, its form.
fn named() -> [(&'static str, &'static str, Value); 15] {
    [
        ("ShowId", "A show's id.", pattern("^[0-9]{1,19}$")),
        ("PlanId", "A plan's id.", uuid()),
        ("PaymentId", "A payment's id.", uuid()),
        (
            "OrderReference",
            "An order's reference.",
            pattern("^[A-Z]{5}-[A-Z]{5}$"),
        ),
        (
            "TicketCode",
            "A ticket's code.",
            pattern("^[A-Z]{5}-[A-Z]{5}-[A-Z]{5}$"),
        ),
        (
            "CheckInListId",
            "A check-in list's id.",
            pattern("^[1-9][0-9]{0,4}$"),
        ),
        ("CodeId", "The id of a code.", pattern("^[1-9][0-9]{0,18}$")),
        (
            "CheckInId",
            "The id of a scan at the door.",
            pattern("^[1-9][0-9]{0,18}$"),
        ),
        (
            "EntryId",
            "The id of an entry of a waitlist.",
            pattern("^wle_[0-9a-f]{32}$"),
        ),
        ("LinePlaceId", "A place in a line.", pattern("^bol_[0-9a-f]{64}$")),
        ("SessionId", "A session's id.", pattern("^[0-9a-f]{32}$")),
        (
            "KeyId",
            "The id of an organiser's key.",
            pattern("^key_[0-9a-f]{32}$"),
        ),
        ("OrganiserId", "An organiser's id.", pattern("^org_[0-9a-f]{32}$")),
        (
            "EndpointId",
            "The id of an endpoint of webhooks.",
            pattern("^whe_[0-9a-f]{32}$"),
        ),
        (
            "TaskId",
            "The id of something that a provider is to be told.",
            pattern(r"^[0-9]{1,19}\.[0-9a-f]{1,32}\.[0-9a-f]{1,32}$"),
        ),
    ]
}

/// Longest name of a provider, in characters.
const PROVIDER_CHARS_MAX: usize = 50;

/// Adds them to schemas and to parameters of paths.
pub fn add(document: &mut Document) {
    for (name, schema) in &mut document.components.schemas {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, schema) in properties.into_iter().flatten() {
            limit(schema, form_of(name, property));
        }
    }
    for mut operation in document.operations() {
        for parameter in operation.parameters().into_iter().flatten() {
            if parameter["in"] != "path" {
                continue;
            }
            let (form, example) = parameter["name"].as_str().map(form_of_path).unwrap_or_default();
            if let Some(parameter) = parameter.as_object_mut() {
                if let Some(schema) = parameter.get_mut("schema") {
                    limit(schema, form);
                }
                parameter.insert("example".into(), json!(example));
            }
        }
    }
    for (name, what, form) in named() {
        let mut schema = json!({"type": "string", "description": what});
        limit(&mut schema, form);
        document.components.schemas.insert(name.to_owned(), schema);
    }
}

/// Adds a form to a schema of its own; one that refers to another has its form there. A name stands for a whole schema, and
/// where null may stand as well, its form does.
fn limit(schema: &mut Value, form: Value) {
    let Some(schema) = schema
        .as_object_mut()
        .filter(|schema| !schema.contains_key("$ref"))
    else {
        return;
    };
    match form {
        Value::String(name) if schema.get("type") == Some(&json!("string")) => {
            schema.retain(|member, _| member == "description");
            schema.insert("$ref".into(), json!(format!("#/components/schemas/{name}")));
        }
        Value::String(name) => {
            let form = named().into_iter().find(|(known, ..)| *known == name);
            schema.extend(
                form.and_then(|(_, _, form)| form.as_object().cloned())
                    .unwrap_or_default(),
            );
        }
        Value::Object(form) => schema.extend(form),
        _ => {}
    }
}

/// The form of a parameter of a path, or its name, and an example.
fn form_of_path(name: &str) -> (Value, &'static str) {
    match name {
        "show" => (json!("ShowId"), "1024"),
        "plan" => (json!("PlanId"), "1d6aac5b-c97d-4294-9700-0ada8e69e5a2"),
        "order" => (json!("OrderReference"), "NNGGU-FSEDS"),
        "payment" => (json!("PaymentId"), "00000000-0000-0c00-ba5d-c2412dd4fb18"),
        "code" => (json!("TicketCode"), "SAZJZ-WBYHS-TKHUE"),
        "key" => (json!("KeyId"), "key_2ae067454de34125becfd442e6362225"),
        "organiser" => (json!("OrganiserId"), "org_00000000000000000000000000000001"),
        "endpoint" => (json!("EndpointId"), "whe_5b8c1f0a6d2e4c7f9a3b1d5e7f9a0c2b"),
        "place" => (
            json!("LinePlaceId"),
            "bol_00000000000004000000000000000011c1d6aac5bc97d42949700ada8e69e5a2",
        ),
        "entry" => (json!("EntryId"), "wle_6f1d0a9be27c4d35a80c9e1f3b57d264"),
        "task" => (
            json!("TaskId"),
            "3072.0000000000000c00ba5dc2412dd4fb18.00000000000000000000000000000000",
        ),
        "list" => (json!("CheckInListId"), "1"),
        "code_id" => (json!("CodeId"), "1"),
        "check_in" => (json!("CheckInId"), "17"),
        "kind" => (pattern("^[a-z]{1,20}$"), "paid"),
        "language" => (pattern("^[a-z]{2}$"), "en"),
        "offset" => (pattern("^(latest|[0-9]{1,19})$"), "latest"),
        "provider" => (pattern("^[a-z][a-z0-9_-]{0,49}$"), "stripe"),
        _ => (Value::Null, ""),
    }
}

/// The form of a member of a schema, or its name.
fn form_of(schema: &str, property: &str) -> Value {
    match (schema, property) {
        ("Show", "id") | (_, "show") => json!("ShowId"),
        ("Order" | "ListedOrder", "id") | (_, "order" | "exchanged_for") | ("Together", "near") => {
            json!("OrderReference")
        }
        ("Plan", "id") | (_, "plan") => json!("PlanId"),
        ("Payment", "id") | (_, "payment") => json!("PaymentId"),
        ("Key" | "MadeKey", "id") | ("AuditEntry", "key") => json!("KeyId"),
        ("Organiser", "id") | (_, "organiser") => json!("OrganiserId"),
        ("DeadTask", "id") => json!("TaskId"),
        ("WebhookEndpoint", "id") | (_, "endpoint") => json!("EndpointId"),
        ("Ticket" | "PrintableTicket" | "CheckIn", "code") => json!("TicketCode"),
        ("CheckInList" | "BundledList", "id") | (_, "list") => json!("CheckInListId"),
        ("Code", "id") => json!("CodeId"),
        ("Entry", "id") | ("Notice", "entry") => json!("EntryId"),
        ("LinePlace", "place") => json!("LinePlaceId"),
        ("TakenScan" | "LoggedScan", "id") => json!("CheckInId"),
        ("PrintableTicket", "qr_text") => pattern(r"^BO1(\.[A-Z0-9]+){6}$"),
        (_, "session") => json!("SessionId"),
        (_, "zone" | "section" | "category" | "floor") => {
            json!({"minLength": 1, "maxLength": NAME_CHARS_MAX})
        }
        ("Return" | "Exchange" | "OrderExchange", "tickets") => {
            json!({"items": reference("schemas", "TicketCode")})
        }
        ("NewOrder" | "NewBoxOfficeOrder" | "Exchange" | "TypedPlaces" | "Block", "seats") => {
            json!({"items": place_name()})
        }
        ("NewOrder" | "NewBoxOfficeOrder" | "Exchange" | "TypedPlaces" | "NewShow" | "Block", "zones") => {
            json!({"maxItems": PLAN_ZONES_MAX})
        }
        ("Together", "groups") => {
            json!({"items": {"type": "integer", "format": "int64", "minimum": 1, "maximum": ORDER_PLACES_MAX}})
        }
        ("NewShow" | "TicketType", "prices") => json!({"maxProperties": PLAN_CATEGORIES_MAX}),
        (_, "seat_prices") => json!({"maxProperties": SEAT_PRICES_MAX}),
        ("NewPayment", "provider") => json!({"maxLength": PROVIDER_CHARS_MAX}),
        _ => Value::Null,
    }
}

fn pattern(pattern: &str) -> Value {
    json!({"pattern": pattern})
}

fn uuid() -> Value {
    json!({"format": "uuid"})
}

/// A seat's name: made of those of its section, its row and its own.
fn place_name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 3 * NAME_CHARS_MAX + 2})
}
