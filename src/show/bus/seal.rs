//! Proof that a message comes from a node of this office: Redis is not believed, and other offices may share it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use domain::reference::OrderNumber;

/// Begins a message that this version can read. Nodes of another version pass over what begins with another byte.
const FORMAT: u8 = 3;
/// Length of the proof: the first half of an HMAC-SHA-256 (RFC 2104).
const PROOF_BYTES: usize = 16;

/// The office's key for messages between its nodes.
#[derive(Clone)]
pub struct Seal(Hmac<Sha256>);

/// Why a message is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// A node of another version wrote it.
    OtherFormat,
    /// None of this office did, or not for this channel.
    Forged,
}

impl Seal {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Self(mac)
    }

    /// A message for a channel.
    pub fn close(&self, channel: &str, text: &[u8]) -> Vec<u8> {
        let proof = self.with(channel.as_bytes(), text).finalize().into_bytes();
        let proof = proof.get(..PROOF_BYTES).unwrap_or_default();
        [&[FORMAT], proof, text].concat()
    }

    /// What a message from a channel says.
    pub fn open<'a>(&self, channel: &[u8], message: &'a [u8]) -> Result<&'a [u8], Unread> {
        let Some((&FORMAT, rest)) = message.split_first() else {
            return Err(Unread::OtherFormat);
        };
        let (proof, text) = rest.split_at_checked(PROOF_BYTES).ok_or(Unread::Forged)?;
        let mac = self.with(channel, text);
        mac.verify_truncated_left(proof)
            .map_err(|_another| Unread::Forged)?;
        Ok(text)
    }

    /// What hides whose an order is: whoever reads along can't tell which orders are one session's.
    pub fn veil(&self, order: OrderNumber) -> u128 {
        let mut mac = self.0.clone();
        mac.update(b"session");
        mac.update(&order.0.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        hash.first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
    }

    fn with(&self, channel: &[u8], text: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        // The length of the channel's name is said, so that no text can move into it; it begins no veil.
        mac.update(&(channel.len() as u64).to_be_bytes());
        mac.update(channel);
        mac.update(text);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_veil_is_its_orders_and_its_offices() {
        let seal = Seal::new(&[1; 32]);
        assert_eq!(seal.veil(OrderNumber(7)), seal.veil(OrderNumber(7)));
        assert_ne!(seal.veil(OrderNumber(7)), seal.veil(OrderNumber(8)));
        assert_ne!(
            seal.veil(OrderNumber(7)),
            Seal::new(&[2; 32]).veil(OrderNumber(7))
        );
    }

    #[test]
    fn a_message_is_read_as_it_was_written_and_where() {
        let seal = Seal::new(&[1; 32]);
        let message = seal.close("office:show:1", b"text");
        assert_eq!(seal.open(b"office:show:1", &message), Ok(&b"text"[..]));
        assert_eq!(seal.open(b"office:show:2", &message), Err(Unread::Forged));
        assert_eq!(
            Seal::new(&[2; 32]).open(b"office:show:1", &message),
            Err(Unread::Forged)
        );
        for at in 1..message.len() {
            let mut changed = message.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open(b"office:show:1", &changed), Err(Unread::Forged), "{at}");
        }
        assert_eq!(seal.open(b"office:show:1", &message[..10]), Err(Unread::Forged));
        assert_eq!(seal.open(b"office:show:1", b"\x02[]"), Err(Unread::OtherFormat));
        assert_eq!(seal.open(b"office:show:1", b""), Err(Unread::OtherFormat));
    }
}
