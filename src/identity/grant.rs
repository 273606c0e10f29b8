//! Sessions that an operator's own front gives out: it signs a grant, and the buyer exchanges it for a session. The front
//! knows its buyers, by an account, a captcha or a queue, and gives out as many as it likes; addresses say nothing then.
//!
//! A grant is a JSON Web Token (RFC 7519) under HMAC-SHA-256 (`HS256`), which any language can write. Other algorithms are not
//! read, whatever the token says.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// Longest grant, in bytes.
const GRANT_BYTES_MAX: usize = 2_000;
/// Longest name of a session, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Why a grant is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not in three parts, no JSON, another algorithm, or no name.
    #[error("is no JSON Web Token of algorithm HS256 with `jti` and `exp`")]
    Malformed,
    /// Signed under another key.
    #[error("is not signed by the front's key")]
    Forged,
    /// Its time is over.
    #[error("has expired")]
    Expired,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood: none is.
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    exp: i64,
}

/// The name of the session that a grant gives out, at this second since 1970.
pub fn read_grant(key: &[u8], grant: &str, now: i64) -> Result<String, GrantError> {
    let malformed = GrantError::Malformed;
    if grant.len() > GRANT_BYTES_MAX {
        return Err(malformed);
    }
    let (signed, signature) = grant.rsplit_once('.').ok_or(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(malformed)?;
    let header: Header = read_part(header)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(malformed);
    }
    let signature = decode(signature)?;
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature)
        .map_err(|_another| GrantError::Forged)?;
    let claims: Claims = read_part(claims)?;
    if !(1..=NAME_BYTES_MAX).contains(&claims.jti.len()) {
        return Err(malformed);
    }
    if claims.exp <= now {
        return Err(GrantError::Expired);
    }
    Ok(claims.jti)
}

fn read_part<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, GrantError> {
    serde_json::from_slice(&decode(part)?).map_err(|_other| GrantError::Malformed)
}

fn decode(text: &str) -> Result<Vec<u8>, GrantError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_other| GrantError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of the front, of 32 bytes!";

    fn token(header: &str, claims: &str) -> String {
        let signed = [header, claims]
            .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part))
            .join(".");
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("a key");
        mac.update(signed.as_bytes());
        format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        )
    }

    #[track_caller]
    fn check(header: &str, claims: &str, expected: Result<&str, GrantError>) {
        let read = read_grant(KEY, &token(header, claims), 1_000);
        assert_eq!(read, expected.map(str::to_owned));
    }

    #[test]
    fn a_grant_names_a_session_for_a_while() {
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        check(header, r#"{"jti":"buyer 7","exp":1001}"#, Ok("buyer 7"));
        check(
            header,
            r#"{"jti":"buyer 7","exp":1000}"#,
            Err(GrantError::Expired),
        );
        check(header, r#"{"jti":"","exp":1001}"#, Err(GrantError::Malformed));
        check(header, r#"{"jti":"buyer 7"}"#, Err(GrantError::Malformed));
        check(header, r#"{"exp":1001}"#, Err(GrantError::Malformed));
        check(header, "x", Err(GrantError::Malformed));
        check(
            r#"{"alg":"none"}"#,
            r#"{"jti":"a","exp":1001}"#,
            Err(GrantError::Malformed),
        );
        check(
            r#"{"alg":"HS256","crit":["x"]}"#,
            r#"{"jti":"a","exp":1001}"#,
            Err(GrantError::Malformed),
        );
    }

    #[test]
    fn a_grant_that_is_changed_is_none() {
        let good = token(r#"{"alg":"HS256"}"#, r#"{"jti":"buyer 7","exp":1001}"#);
        for at in 0..good.len() {
            let mut changed = good.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert!(read_grant(KEY, &changed, 1_000).is_err(), "{at}");
        }
        assert_eq!(read_grant(b"another key", &good, 1_000), Err(GrantError::Forged));
        for text in ["", ".", "..", "a.b", "a.b.c", &"a".repeat(GRANT_BYTES_MAX + 1)] {
            assert_eq!(read_grant(KEY, text, 1_000), Err(GrantError::Malformed), "{text}");
        }
    }
}
