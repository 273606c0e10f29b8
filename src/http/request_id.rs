//! The id of a request: each answer carries it, and so do the lines of the log.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that a client may give, in characters.
const CHARS_MAX: usize = 64;

/// A request's id.
#[derive(Debug, Clone)]
pub struct RequestId {
    /// As the answer and the log have it: the client's own, if that is plain.
    text: HeaderValue,
    /// As the audit has it.
    id: Uuid,
}

impl RequestId {
    /// The one that a request has by its headers, or a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let named = headers.get(X_REQUEST_ID).filter(|name| is_plain(name.as_bytes()));
        match named {
            Some(text) => {
                let id = Uuid::try_parse_ascii(text.as_bytes());
                Self {
                    text: text.clone(),
                    id: id.unwrap_or_else(|_other| Uuid::now_v7()),
                }
            }
            None => Self::new(),
        }
    }

    fn new() -> Self {
        let id = Uuid::now_v7();
        let mut buffer = Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut buffer);
        // The digits of an id are always a header's value.
        let text = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none"));
        Self { text, id }
    }

    /// As the answer has it.
    pub fn text(&self) -> &HeaderValue {
        &self.text
    }

    /// As the log has it.
    pub fn name(&self) -> &str {
        self.text.to_str().unwrap_or_default()
    }

    /// As the audit has it.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The audit's, where the log has a client's own.
    pub fn id_of_audit(&self) -> Option<Uuid> {
        let is_same = Uuid::try_parse_ascii(self.text.as_bytes()).is_ok();
        (!is_same).then_some(self.id)
    }
}

/// Whether it can stand in a log, and in any other program's.
fn is_plain(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/+=".contains(byte);
    (1..=CHARS_MAX).contains(&name.len()) && name.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, taken: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(given).expect("a value"));
        let request = RequestId::of(&headers);
        assert_eq!(request.name() == given, taken, "{given:?}");
        if !taken {
            assert_eq!(request.name(), request.id().to_string());
        }
    }

    #[test]
    fn a_plain_id_of_the_clients_is_taken() {
        check("7", true);
        check("trace/00-4bf92f3577b34da6a3ce929d0e0e4736", true);
        check(&"a".repeat(64), true);
    }

    #[test]
    fn any_other_is_replaced() {
        check("", false);
        check("a b", false);
        check("a\"b", false);
        check("{}", false);
        check(&"a".repeat(65), false);
    }

    #[test]
    fn an_id_of_the_office_is_the_audits() {
        let request = RequestId::of(&HeaderMap::new());
        assert_eq!(request.id_of_audit(), None);
        assert_eq!(request.id().get_version_num(), 7);
    }
}
