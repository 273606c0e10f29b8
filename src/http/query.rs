//! What stands behind the `?` of an address. A parameter that an operation doesn't have, or that comes twice, or is not as it
//! must be, is refused by its name: whoever mistypes a filter would else be shown everything.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::problem::Problem;

/// Longest name of a parameter that is told, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The parameters of an operation.
pub struct Query<T>(T);

impl<T> Query<T> {
    /// The parameters themselves.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(Self))
    }
}

/// Reads them.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = decode(name).ok_or_else(|| refuse(name, BADLY_CODED))?;
        let value = decode(value).ok_or_else(|| refuse(&name, BADLY_CODED))?;
        if parameters.iter().any(|(known, _)| *known == name) {
            return Err(refuse(&name, "is there more than once"));
        }
        parameters.push((name, value));
    }
    let read = T::deserialize(MapAccessDeserializer::new(Parameters {
        left: parameters.into_iter(),
        next: None,
    }));
    read.map_err(|fault| refuse(&fault.name, fault.detail))
}

const BADLY_CODED: &str = "is not UTF-8, coded as in an address";

fn refuse(name: &str, detail: impl Into<String>) -> Problem {
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    Problem::bad_parameter(&name, detail)
}

/// The text that is coded so (percent signs, and `+` for a space).
fn decode(coded: &str) -> Option<String> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = coded.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        if !is_digit(bytes.get(at + 1)) || !is_digit(bytes.get(at + 2)) {
            return None;
        }
    }
    let spaced = coded.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.ok().map(Cow::into_owned)
}

/// The parameters that are still to be read.
struct Parameters {
    left: std::vec::IntoIter<(String, String)>,
    /// The one whose value is next.
    next: Option<(String, String)>,
}

impl<'de> MapAccess<'de> for Parameters {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.next = self.left.next();
        let Some((name, _)) = &self.next else {
            return Ok(None);
        };
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    // Whatever is wrong with a value is wrong with the parameter of that name.
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.next.take().unwrap_or_default();
        seed.deserialize(Text(value))
            .map_err(|fault| Fault { name, ..fault })
    }
}

/// A parameter's value.
struct Text(String);

impl<'de> Deserializer<'de> for Text {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.parse() {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => Err(Fault::custom("must be a whole number of 64 bits at most")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.as_str() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Fault::custom("must be true or false")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _enum: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(self.0))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// What is wrong with which parameter.
#[derive(Debug)]
struct Fault {
    name: String,
    detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.detail)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Self {
            name: String::new(),
            detail: detail.to_string(),
        }
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self {
            name: name.to_owned(),
            detail: format!("is no parameter of this: there are {}", expected.join(", ")),
        }
    }

    fn missing_field(name: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            detail: "is missing".to_owned(),
        }
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("must be one of {}", expected.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;
    use actix_web::body::MessageBody as _;
    use chrono::{DateTime, Utc};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Held,
        Paid,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        limit: Option<i64>,
        state: Option<State>,
        name: Option<String>,
        #[serde(default, deserialize_with = "crate::http::bodies::time::read_optional")]
        since: Option<DateTime<Utc>>,
    }

    #[track_caller]
    fn check(text: &str, limit: Option<i64>, state: Option<State>, name: Option<&str>) {
        let name = name.map(str::to_owned);
        let read: Wanted = read(text).expect("parameters");
        let expected = Wanted {
            limit,
            state,
            name,
            since: None,
        };
        assert_eq!(read, expected, "{text}");
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let problem = read::<Wanted>(text).expect_err(text);
        let body = problem.error_response().into_body().try_into_bytes().ok();
        let body: serde_json::Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        let told = ["field", "detail"].map(|name| body[name].as_str().expect("a text"));
        assert_eq!(told.join(": "), expected, "{text}");
    }

    #[test]
    fn parameters_are_read() {
        check("", None, None, None);
        check("limit=7&state=paid", Some(7), Some(State::Paid), None);
        check("&name=a%20b+c&", None, None, Some("a b c"));
        check("n%61me=%C3%A4", None, None, Some("ä"));
    }

    #[test]
    fn what_is_not_as_it_must_be_is_named() {
        check_refused(
            "limti=7",
            "limti: is no parameter of this: there are limit, state, name, since",
        );
        check_refused("limit=7&limit=8", "limit: is there more than once");
        check_refused("limit=x", "limit: must be a whole number of 64 bits at most");
        check_refused("limit", "limit: must be a whole number of 64 bits at most");
        check_refused(
            "limit=9223372036854775808",
            "limit: must be a whole number of 64 bits at most",
        );
        check_refused("state=gone", "state: must be one of held, paid");
        check_refused(
            "since=0243-03-19T13:55:06Z",
            "since: must be in the years 1970 to 9999",
        );
        check_refused(
            "since=today",
            "since: must be a time with its offset from UTC, as in 2030-01-01T20:00:00Z",
        );
        check_refused("name=%ff", "name: is not UTF-8, coded as in an address");
        check_refused("name=%4", "name: is not UTF-8, coded as in an address");
    }
}
