//! Who may call what.

use serde_json::{Value, json};

use super::parts::Document;
use super::surface::{Who, line_of};

/// The two kinds of tokens. On the wire both are `Authorization: Bearer …`.
const SCHEMES: [(&str, &str); 2] = [
    (
        "buyer",
        "A buyer's token, from `POST /v1/sessions`. It is the session: whoever has it owns the session's orders.",
    ),
    (
        "organiser",
        "An organiser's key, from `POST /v1/keys`. It does nothing with another organiser's things. Its role says what it may do: \
         `owner` everything; `sales` reads everything, sells and gives back; `door` checks tickets in; `reader` reads everything. \
         The operator's key, of the role `operator`, makes organisers and keys of any of them.",
    ),
];

/// Says of every operation which tokens it takes.
pub fn tell(document: &mut Document) {
    let schemes = &mut document.components.security_schemes;
    for (name, description) in SCHEMES {
        let scheme = json!({"type": "http", "scheme": "bearer", "description": description});
        schemes.insert(name.into(), scheme);
    }
    for operation in document.operations() {
        if let Some(line) = line_of(&operation.id) {
            operation.object.insert("security".into(), security(line.who));
        }
    }
}

fn security(who: Who) -> Value {
    match who {
        // An empty list; `[{}]` would be taken for a scheme without a name.
        Who::Anyone => json!([]),
        Who::Buyer => json!([{"buyer": []}]),
        Who::Organiser => json!([{"organiser": []}]),
        Who::Either => json!([{"buyer": []}, {"organiser": []}]),
        Who::Local => json!([{}, {"organiser": []}]),
    }
}
