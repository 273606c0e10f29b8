//! What the audit says of a request: which key, which operation, on what, from where. Nothing that is secret: a ticket's code
//! admits its bearer, so its order stands for it; and what is not an id is left out.

use actix_web::{HttpMessage, HttpRequest};

use super::client_address::client_address;
use super::request_id::RequestId;
use crate::identity::OrganiserKey;
use crate::office::Office;
use crate::store::audit::NewEntry;
use domain::id::{OrganiserId, ShowId};
use domain::key::KeyId;
use domain::webhook::EndpointId;

/// Longest id that is written down, in characters.
const ID_CHARS_MAX: usize = 120;

/// The entry of a request with this key.
pub fn entry(request: &HttpRequest, office: &Office, key: &OrganiserKey) -> NewEntry {
    let ids = request.match_info().iter();
    let ids = ids.filter_map(|(name, id)| subject(office, name, id));
    let subject = ids.collect::<Vec<_>>().join(" ");
    NewEntry {
        key: Some(key.id),
        organiser: key.organiser,
        // Routes are named after their handlers, as operations are in the document.
        operation: request.match_name().unwrap_or("unknown").to_owned(),
        subject: Some(subject).filter(|subject| !subject.is_empty()),
        came_from: client_address(request).to_string(),
        request: request.extensions().get::<RequestId>().map(RequestId::id),
    }
}

/// What an id in a path stands for, as in `show/1024`.
fn subject(office: &Office, name: &str, id: &str) -> Option<String> {
    let references = office.identity.references();
    let id = match name {
        "code" => {
            let (order, ticket) = office.identity.find_ticket(id)?;
            return Some(format!(
                "order/{} ticket/{}",
                references.order_reference(order),
                ticket.0
            ));
        }
        "order" => references
            .order_reference(references.parse_order(id).ok()?)
            .to_string(),
        "show" => id.parse::<ShowId>().ok()?.to_string(),
        "key" => id.parse::<KeyId>().ok()?.to_string(),
        "endpoint" => id.parse::<EndpointId>().ok()?.to_string(),
        "organiser" => id.parse::<OrganiserId>().ok()?.to_string(),
        _ => is_plain(id).then(|| id.to_owned())?,
    };
    Some(format!("{name}/{id}"))
}

fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !id.is_empty() && id.len() <= ID_CHARS_MAX && id.bytes().all(plain)
}
