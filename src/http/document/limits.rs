//! Forms of ids and other names, which are the same wherever they stand, and how long texts and lists may be.

use serde_json::{Value, json};

use super::parts::Document;
use domain::plan::{NAME_CHARS_MAX, PLAN_CATEGORIES_MAX, PLAN_ZONES_MAX};

const SHOW: &str = "^[0-9]{1,19}$";
const ORDER: &str = "^[A-Z]{5}-[A-Z]{5}$";
const TICKET: &str = "^[A-Z]{5}-[A-Z]{5}-[A-Z]{5}$";
const KEY: &str = "^key_[0-9a-f]{32}$";
const SESSION: &str = "^[0-9a-f]{32}$";
const TASK: &str = r"^[0-9]{1,19}\.[0-9a-f]{1,32}\.[0-9a-f]{1,32}$";

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
}

/// Adds a form to a schema of its own; one that refers to another has its form there.
fn limit(schema: &mut Value, form: Value) {
    if let (Some(schema), Value::Object(form)) = (schema.as_object_mut(), form)
        && !schema.contains_key("$ref")
    {
        schema.extend(form);
    }
}

/// The form of a parameter of a path, and an example.
fn form_of_path(name: &str) -> (Value, &'static str) {
    match name {
        "show" => (pattern(SHOW), "1024"),
        "plan" => (uuid(), "1d6aac5b-c97d-4294-9700-0ada8e69e5a2"),
        "order" => (pattern(ORDER), "NNGGU-FSEDS"),
        "payment" => (uuid(), "00000000-0000-0c00-ba5d-c2412dd4fb18"),
        "code" => (pattern(TICKET), "SAZJZ-WBYHS-TKHUE"),
        "key" => (pattern(KEY), "key_2ae067454de34125becfd442e6362225"),
        "task" => (
            pattern(TASK),
            "3072.0000000000000c00ba5dc2412dd4fb18.00000000000000000000000000000000",
        ),
        "offset" => (pattern("^(latest|[0-9]{1,19})$"), "latest"),
        "provider" => (pattern("^[a-z][a-z0-9_-]{0,49}$"), "stripe"),
        _ => (Value::Null, ""),
    }
}

/// The form of a member of a schema.
fn form_of(schema: &str, property: &str) -> Value {
    match (schema, property) {
        ("Show", "id") | (_, "show") => pattern(SHOW),
        ("Order" | "ListedOrder", "id") | (_, "order") => pattern(ORDER),
        ("Plan" | "Payment", "id") | (_, "plan" | "payment") => uuid(),
        ("Key" | "MadeKey", "id") | ("AuditEntry", "key") => pattern(KEY),
        ("DeadTask", "id") => pattern(TASK),
        ("Ticket" | "PrintableTicket" | "CheckIn", "code") => pattern(TICKET),
        (_, "session") => pattern(SESSION),
        (_, "zone" | "section" | "category") => json!({"minLength": 1, "maxLength": NAME_CHARS_MAX}),
        ("NewOrder" | "Block", "seats") => json!({"items": place_name()}),
        ("NewOrder" | "NewShow" | "Block", "zones") => json!({"maxItems": PLAN_ZONES_MAX}),
        ("NewShow", "prices") => json!({"maxProperties": PLAN_CATEGORIES_MAX}),
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
