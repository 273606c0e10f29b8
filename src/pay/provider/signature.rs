//! Proves that a notice comes from the provider: a header `t=1700000000,<field>=<hex>` with the time of sending and an
//! HMAC-SHA-256 (RFC 2104) of `<t>.<body>` under a secret that both sides have. Stripe made the scheme up; its field is
//! `v1`, and while a secret is being replaced there are several.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::gateway::{Delivery, NoticeError};

/// How far the time of sending may be from now, either way, in seconds: a notice that somebody has listened in on can't
/// be sent again later.
const TOLERANCE_SECONDS: u64 = 300;
/// Longest header that is looked at.
const HEADER_BYTES_MAX: usize = 2_048;
/// Most signatures in one header that are compared.
const SIGNATURES_MAX: usize = 8;

/// Fails unless the delivery has a signature under this secret in a field of this name.
pub fn prove(secret: Option<&SecretString>, field: &str, delivery: &Delivery<'_>) -> Result<(), NoticeError> {
    // Everybody knows the empty one.
    let secret = secret
        .filter(|secret| !secret.expose_secret().is_empty())
        .ok_or(NoticeError::Signature("no secret is configured"))?;
    let header = delivery
        .signature
        .ok_or(NoticeError::Signature("the header is missing"))?;
    if header.len() > HEADER_BYTES_MAX {
        return Err(NoticeError::Signature("the header is too long"));
    }
    let (sent, sent_at) = values(header, "t")
        .find_map(|text| text.parse::<i64>().ok().map(|time| (text, time)))
        .ok_or(NoticeError::Signature("the time is missing"))?;
    let Ok(expected) = sign(secret, sent, delivery.body) else {
        return Err(NoticeError::Signature("no secret is configured"));
    };
    let is_valid = values(header, field)
        .take(SIGNATURES_MAX)
        .any(|signature| bool::from(signature.as_bytes().ct_eq(expected.as_bytes())));
    if !is_valid {
        return Err(NoticeError::Signature("no signature fits"));
    }
    // Only now: a caller that can't sign must not learn this clock's time.
    if delivery.now.abs_diff(sent_at) > TOLERANCE_SECONDS {
        return Err(NoticeError::Signature("the time is too far from now"));
    }
    Ok(())
}

/// The values of a field, in order.
fn values<'a>(header: &'a str, field: &str) -> impl Iterator<Item = &'a str> {
    header.split(',').filter_map(move |part| {
        let (name, value) = part.trim().split_once('=')?;
        (name == field).then_some(value)
    })
}

/// The signature of a body sent at that time, in small hexadecimal digits.
fn sign(secret: &SecretString, sent: &str, body: &[u8]) -> Result<String, hmac::digest::InvalidLength> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())?;
    mac.update(sent.as_bytes());
    mac.update(b".");
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A header as a provider would send it.
#[cfg(test)]
pub fn header(secret: &str, field: &str, sent: i64, body: &[u8]) -> String {
    let signature = sign(&secret.into(), &sent.to_string(), body).expect("a key of any length");
    format!("t={sent},{field}={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn check(header: Option<&str>) -> Result<(), &'static str> {
        let delivery = Delivery {
            signature: header,
            body: BODY,
            now: NOW,
        };
        let proof = prove(Some(&"whsec_right".into()), "v1", &delivery);
        proof.map_err(|error| match error {
            NoticeError::Signature(why) => why,
            NoticeError::Unreadable(why) => panic!("{why}"),
        })
    }

    fn right(sent: i64) -> String {
        header("whsec_right", "v1", sent, BODY)
    }

    #[test]
    fn is_the_scheme_that_others_implement() {
        // By `printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_right`.
        let known = "t=1700000000,v1=47c7cc501bae9f7b49f7f7cb6dcbed446aae63c36f0d989899a1937e94c92fbd";
        assert_eq!(right(NOW), known);
    }

    #[test]
    fn a_signature_under_the_secret_is_believed() {
        assert_eq!(check(Some(&right(NOW))), Ok(()));
        assert_eq!(check(Some(&right(NOW).replace(',', ", "))), Ok(()));
    }

    #[test]
    fn one_of_several_is_enough() {
        let (time, signature) = right(NOW)
            .split_once(',')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("two");
        let wrong = "v1=".to_owned() + &"0".repeat(64);
        assert_eq!(check(Some(&format!("{time},{wrong},{signature},v0=x"))), Ok(()));
        assert_eq!(check(Some(&format!("{signature},{time}"))), Ok(()));
        let many = vec![wrong; SIGNATURES_MAX].join(",");
        assert_eq!(
            check(Some(&format!("{time},{many},{signature}"))),
            Err("no signature fits")
        );
    }

    #[test]
    fn others_are_not() {
        let no_fit = Err("no signature fits");
        assert_eq!(check(Some(&header("whsec_wrong", "v1", NOW, BODY))), no_fit);
        assert_eq!(check(Some(&header("whsec_right", "v0", NOW, BODY))), no_fit);
        assert_eq!(check(Some(&header("whsec_right", "v1", NOW, b"{}"))), no_fit);
        assert_eq!(
            check(Some(&right(NOW).replace("t=1700000000", "t=1700000001"))),
            no_fit
        );
        assert_eq!(check(Some(&right(NOW).replace("v1=", "v1=0"))), no_fit);
        assert_eq!(check(Some("t=1700000000")), no_fit);
        assert_eq!(check(Some("t=1700000000,v1=")), no_fit);
    }

    #[test]
    fn broken_headers_are_refused() {
        assert_eq!(check(None), Err("the header is missing"));
        for broken in ["", "v1=00", "t=,v1=00", "t=soon,v1=00", ",,=,"] {
            assert_eq!(check(Some(broken)), Err("the time is missing"), "{broken}");
        }
        let long = right(NOW) + &",v0=0".repeat(HEADER_BYTES_MAX);
        assert_eq!(check(Some(&long)), Err("the header is too long"));
    }

    #[test]
    fn old_ones_and_future_ones_are_refused() {
        for near in [-300, -1, 1, 300] {
            assert_eq!(check(Some(&right(NOW + near))), Ok(()), "{near}");
        }
        for far in [NOW - 301, NOW + 301, i64::MIN, i64::MAX] {
            assert_eq!(
                check(Some(&right(far))),
                Err("the time is too far from now"),
                "{far}"
            );
        }
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        let header = header("", "v1", NOW, BODY);
        let empty = SecretString::default();
        let delivery = Delivery {
            signature: Some(&header),
            body: BODY,
            now: NOW,
        };
        for secret in [None, Some(&empty)] {
            let proof = prove(secret, "v1", &delivery);
            assert_eq!(proof, Err(NoticeError::Signature("no secret is configured")));
        }
    }
}
