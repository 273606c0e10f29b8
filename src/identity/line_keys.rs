//! The keys of a show's line: the one that puts those who drew in order, which is told after the opening, and the one that signs places.
//!
//! A place is a text that proves itself: show, number (0 for one that was drawn) and a signature over both and over the session whose it
//! is. Both keys are made of the office's secret and of a salt in the line's row, so that neither alone makes places.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::bytes::{hex, keyed_hash, unhex};
use domain::id::{SessionId, ShowId};
use domain::line::Turn;

const PLACE_PREFIX: &str = "bol_";
const SIGNATURE_BYTES: usize = 16;
const PLACE_BYTES: usize = 8 + 8 + SIGNATURE_BYTES;
/// A place in text, in characters.
pub const PLACE_CHARS: usize = PLACE_PREFIX.len() + 2 * PLACE_BYTES;

/// The keys of one line.
#[derive(Clone)]
pub struct LineKeys {
    show: ShowId,
    draw: [u8; 32],
    places: [u8; 32],
    sketch: [u8; 32],
}

impl LineKeys {
    /// The keys of a show's line that has this salt.
    pub(super) fn new(secret: &[u8; 32], show: ShowId, salt: &[u8]) -> Self {
        let key = |what: &[u8]| keyed_hash(secret, &[what, &show.0.to_be_bytes(), salt].concat());
        Self {
            show,
            draw: key(b"draw"),
            places: key(b"places"),
            sketch: key(b"sketch"),
        }
    }

    /// The key of the draw, in hexadecimal digits. Whoever knows it before the opening can choose sessions that are in front.
    pub fn draw_key(&self) -> String {
        hex(&self.draw)
    }

    /// The hash of the key of the draw, which says nothing of it and holds the office to it.
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::digest(self.draw).into()
    }

    /// What a session draws.
    pub fn draw(&self, session: SessionId) -> u64 {
        let hash = keyed_hash(&self.draw, format!("{} {session}", self.show).as_bytes());
        leading(&hash)
    }

    /// By what a session is counted: another hash than the one that it draws, so that the count tells nothing of the order.
    pub fn counted(&self, session: SessionId) -> u64 {
        leading(&keyed_hash(&self.sketch, &session.0.to_be_bytes()))
    }

    /// The place of a session that drew, or has this number.
    pub fn place(&self, session: SessionId, number: Option<u64>) -> String {
        let number = number.unwrap_or(0);
        let head = [self.show.0.to_be_bytes(), number.to_be_bytes()].concat();
        let signature = self.sign(session, number);
        format!("{PLACE_PREFIX}{}{}", hex(&head), hex(&signature))
    }

    /// What a place is, if it is one of this line and this session.
    pub fn read_place(&self, session: SessionId, place: &str) -> Option<Turn> {
        let bytes = place_bytes(place)?;
        let (head, signature) = bytes.split_at_checked(16)?;
        let (show, number) = head.split_at_checked(8)?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        let is_own: bool = self.sign(session, number).ct_eq(signature).into();
        if !is_own || show != self.show.0.to_be_bytes() {
            return None;
        }
        Some(match number {
            0 => Turn::Drawn(self.draw(session)),
            number => Turn::Number(number),
        })
    }

    fn sign(&self, session: SessionId, number: u64) -> [u8; SIGNATURE_BYTES] {
        let message = [&session.0.to_be_bytes()[..], &number.to_be_bytes()].concat();
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(keyed_hash(&self.places, &message).split_at(SIGNATURE_BYTES).0);
        signature
    }
}

/// The show of whose line a place says that it is one. Nothing is proved by that.
pub fn show_of_place(place: &str) -> Option<ShowId> {
    let bytes = place_bytes(place)?;
    let show = bytes.first_chunk()?;
    Some(ShowId(i64::from_be_bytes(*show)))
}

fn place_bytes(place: &str) -> Option<[u8; PLACE_BYTES]> {
    let mut room = [0; PLACE_BYTES];
    let bytes = unhex(place.strip_prefix(PLACE_PREFIX)?, &mut room)?;
    bytes.try_into().ok()
}

fn leading(hash: &[u8; 32]) -> u64 {
    hash.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::line::draw::number_of;

    const SHOW: ShowId = ShowId(1_024);

    fn keys(salt: u8) -> LineKeys {
        LineKeys::new(&[7; 32], SHOW, &[salt; 16])
    }

    #[test]
    fn a_place_is_its_sessions_and_no_other() {
        let (own, session) = (keys(1), SessionId(4_711));
        let drawn = own.place(session, None);
        assert_eq!(drawn.len(), PLACE_CHARS);
        assert_eq!(
            own.read_place(session, &drawn),
            Some(Turn::Drawn(own.draw(session)))
        );
        let place = own.place(session, Some(12));
        assert_eq!(own.read_place(session, &place), Some(Turn::Number(12)));
        assert_eq!(show_of_place(&place), Some(SHOW));
        assert_eq!(own.read_place(SessionId(4_712), &place), None);
        assert_eq!(keys(2).read_place(session, &place), None);
        for at in PLACE_PREFIX.len()..place.len() {
            let mut forged = place.clone().into_bytes();
            forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).expect("ascii");
            assert_eq!(own.read_place(session, &forged), None);
        }
    }

    /// Chi-square over a hundred parts of the line: of a hundred thousand sessions as many come to stand in each as chance makes it.
    #[test]
    fn the_draw_is_even() {
        const SESSIONS: u64 = 100_000;
        const PARTS: usize = 100;
        let (own, mut found) = (keys(3), [0_u32; PARTS]);
        for session in 0..SESSIONS {
            // Sessions as they are given out: the same day and version, and else at random.
            let number = number_of(own.draw(SessionId(u128::from(session) << 8)), SESSIONS) - 1;
            found[(number * PARTS as u64 / SESSIONS) as usize] += 1;
        }
        let expected = SESSIONS as f64 / PARTS as f64;
        let chi_square: f64 = found
            .iter()
            .map(|count| (f64::from(*count) - expected).powi(2) / expected)
            .sum();
        // 99 degrees of freedom: nine of ten are in between, and this one always is the same.
        assert!((77.0..123.2).contains(&chi_square), "{chi_square}");
    }

    #[test]
    fn what_is_no_place_is_none() {
        for text in [
            "",
            "bol_",
            "bol_zz",
            &"0".repeat(PLACE_CHARS),
            &format!("bol_{}", "é".repeat(32)),
        ] {
            assert_eq!(keys(1).read_place(SessionId(1), text), None);
            assert_eq!(show_of_place(text), None);
        }
    }
}
