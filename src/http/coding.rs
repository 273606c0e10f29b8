//! Which form of an answer a client wants (RFC 9110, 12.5.3), and whether it has it already (13.1.2). Each coding has an
//! entity tag of its own.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::pieces::shared;
use super::problem::Problem;
use crate::live::compressed::Text;
use crate::office::Office;

/// For how long what never changes may be kept.
pub const FOREVER: &str = "public, max-age=31536000, immutable";
/// What the tag of a compressed answer ends with.
const GZIP_MARK: &str = "-gzip";

/// How an answer's bytes are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Plain,
    /// By gzip.
    Gzip,
}

impl Coding {
    /// The one that a client likes best. Who refuses both gets the plain one.
    pub fn wanted(headers: &HeaderMap) -> Self {
        let (mut gzip, mut any, mut plain) = (None, None, None);
        for part in parts(headers, ACCEPT_ENCODING) {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            let Some(weight) = read_weight(weight) else {
                continue;
            };
            let name = name.trim();
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                gzip = Some(weight);
            } else if name.eq_ignore_ascii_case("identity") {
                plain = Some(weight);
            } else if name == "*" {
                any = Some(weight);
            }
        }
        let gzip = gzip.or(any).unwrap_or(0.0);
        if gzip > 0.0 && gzip >= plain.unwrap_or(0.0) {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    /// The entity tag of what has this name.
    pub fn tag(self, name: impl std::fmt::Display) -> String {
        match self {
            Self::Plain => format!("\"{name}\""),
            Self::Gzip => format!("\"{name}{GZIP_MARK}\""),
        }
    }

    /// Says how the body is coded.
    pub fn mark(self, response: &mut HttpResponseBuilder) {
        if self == Self::Gzip {
            response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        }
    }
}

/// A weight as in `q=0.5`: from 0, never, to 1.
fn read_weight(parameter: &str) -> Option<f32> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1.0);
    }
    let (name, weight) = parameter.split_once('=')?;
    let weight: f32 = weight.trim().parse().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&weight)).then_some(weight)
}

/// The parts of a list that may stand in several fields.
fn parts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let fields = headers.get_all(name).filter_map(|value| value.to_str().ok());
    let parts = fields.flat_map(|field| field.split(',')).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

/// The entity tags that the client has, compared weakly: without their marks.
pub fn known_tags(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    parts(headers, IF_NONE_MATCH).map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
}

/// What a tag is of, in whichever coding.
pub fn name_of(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix('"')?.strip_suffix('"')?;
    Some(name.strip_suffix(GZIP_MARK).unwrap_or(name))
}

/// An answer that is begun: only its body may be missing.
pub enum Begun {
    /// The client has it.
    Known(HttpResponse),
    /// It needs a body of this coding.
    Needs(HttpResponseBuilder, Coding),
}

/// What is said of an answer's bytes.
pub struct About<'a> {
    /// What they are called: the same name is never given to others.
    pub name: &'a str,
    /// For how long they may be kept.
    pub cache: &'static str,
    /// What they are.
    pub content_type: &'static str,
}

/// Begins the answer for JSON of this name.
pub fn begin(headers: &HeaderMap, name: &str, cache: &'static str) -> Begun {
    let about = About {
        name,
        cache,
        content_type: "application/json",
    };
    begin_as(headers, Coding::wanted(headers), &about)
}

/// Begins an answer in this coding.
pub fn begin_as(headers: &HeaderMap, coding: Coding, about: &About<'_>) -> Begun {
    let name = about.name;
    let known = known_tags(headers).find(|tag| *tag == "*" || name_of(tag) == Some(name));
    let mut response = match known {
        Some(_) => HttpResponse::NotModified(),
        None => HttpResponse::Ok(),
    };
    let tag = match known {
        // Whatever coding the client has.
        Some(tag) if tag != "*" => tag.to_owned(),
        _ => coding.tag(name),
    };
    response
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(about.cache)))
        .insert_header((VARY, HeaderValue::from_static("Accept-Encoding")))
        .insert_header((ETAG, tag));
    if known.is_some() {
        return Begun::Known(response.finish());
    }
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(about.content_type)));
    coding.mark(&mut response);
    Begun::Needs(response, coding)
}

/// A name for bytes, made from them.
pub fn name_of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The answer for a text that many read and that never changes under its name.
pub async fn answer_text(
    office: &Office,
    headers: &HeaderMap,
    name: &str,
    cache: &'static str,
    text: (Text, Bytes),
) -> Result<HttpResponse, Problem> {
    let (which, text) = text;
    match begin(headers, name, cache) {
        Begun::Known(response) => Ok(response),
        Begun::Needs(mut response, Coding::Plain) => Ok(response.body(shared(text))),
        Begun::Needs(mut response, Coding::Gzip) => {
            let compressed = office.live.compressed().get(which, text).await?;
            Ok(response.body(shared(compressed)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, fields: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(name.clone(), HeaderValue::from_str(field).expect("a value"));
        }
        headers
    }

    #[track_caller]
    fn check(fields: &[&str], expected: Coding) {
        let wanted = Coding::wanted(&headers(ACCEPT_ENCODING, fields));
        assert_eq!(wanted, expected, "{fields:?}");
    }

    #[test]
    fn clients_get_the_coding_that_they_like_best() {
        check(&[], Coding::Plain);
        check(&[""], Coding::Plain);
        check(&["br"], Coding::Plain);
        check(&["gzip"], Coding::Gzip);
        check(&["GZip;Q=0.1"], Coding::Gzip);
        check(&["x-gzip"], Coding::Gzip);
        check(&["br, gzip;q=0.5"], Coding::Gzip);
        check(&["br", "gzip"], Coding::Gzip);
        check(&["*"], Coding::Gzip);
        check(&["identity;q=0"], Coding::Plain);
        check(&["gzip;q=0"], Coding::Plain);
        check(&["gzip ; q=0.000"], Coding::Plain);
        check(&["*, gzip;q=0"], Coding::Plain);
        check(&["*;q=0"], Coding::Plain);
        check(&["identity, gzip;q=0.5"], Coding::Plain);
        check(&["gzip;q=much"], Coding::Plain);
        check(&["notgzip"], Coding::Plain);
    }

    #[track_caller]
    fn check_known(fields: &[&str], expected: bool) {
        let begun = begin(&headers(IF_NONE_MATCH, fields), "7", FOREVER);
        assert_eq!(matches!(begun, Begun::Known(_)), expected, "{fields:?}");
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        check_known(&[], false);
        check_known(&["\"7\""], true);
        check_known(&["W/\"7-gzip\""], true);
        check_known(&["\"6\" , \"7\""], true);
        check_known(&["\"6\"", "\"7\""], true);
        check_known(&["*"], true);
        check_known(&["7"], false);
        check_known(&["\"77\""], false);
        check_known(&["w/\"7\""], false);
    }
}
