//! Bytes: as text, and hashed with a key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA-256 (RFC 2104).
pub fn keyed_hash(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Bytes from hexadecimal digits, in a part of `room`; `None` if there are other characters, half a byte, or too many.
pub fn unhex<'room>(text: &str, room: &'room mut [u8]) -> Option<&'room [u8]> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes = room.get_mut(..text.len() / 2)?;
    let mut digits = text.bytes().map(|digit| char::from(digit).to_digit(16));
    for byte in bytes.iter_mut() {
        *byte = u8::try_from(digits.next()?? << 4 | digits.next()??).ok()?;
    }
    Some(bytes)
}

/// The alphabet of RFC 4648's base 32.
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bytes in base 32 without padding (RFC 4648, 6): all of it is of the characters that a QR code has a short form for.
pub fn base_32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let number = (0..5).fold(0_u64, |number, at| {
            number << 8 | u64::from(group.get(at).copied().unwrap_or_default())
        });
        for place in 0..(group.len() * 8).div_ceil(5) {
            let digit = (number >> (35 - 5 * place)) as usize % BASE_32.len();
            text.push(BASE_32.get(digit).copied().map_or('A', char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_in_digits_is_read_again() {
        let bytes = [0x00, 0x7f, 0xA5, 0xff];
        let mut room = [0; 4];
        assert_eq!(unhex(&hex(&bytes), &mut room), Some(&bytes[..]));
        assert_eq!(unhex("A5", &mut room), Some(&[0xA5][..]));
        assert_eq!(unhex("", &mut room), Some(&[][..]));
        for wrong in ["a", "0g", "+1", "é", "0011223344"] {
            assert_eq!(unhex(wrong, &mut room), None, "{wrong}");
        }
    }

    #[test]
    fn base_32_is_that_of_the_standard() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(base_32(bytes.as_bytes()), text);
        }
        assert_eq!(base_32(&[0xff; 64]).len(), 103);
    }
}
