//! Who asks: buyers' tokens and organisers' keys; and the references that hide order numbers.
//!
//! A buyer's token is its session's id with a keyed hash: nothing is stored, and nothing can be made up.

mod bytes;
mod grant;
mod keyring;

use std::time::Instant;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use bytes::{hex, keyed_hash, unhex};
use domain::id::SessionId;
use domain::key::KeyId;
use domain::reference::ReferenceKey;
use keyring::{Keyring, made_organiser_key};

pub use grant::{GrantError, read_grant};
pub use keyring::{NotAKey, OrganiserKey, new_organiser_key, organiser_key_digest};

const SESSION_PREFIX: &str = "bos_";
/// Longest bearer token that is looked at.
const TOKEN_CHARS_MAX: usize = 200;
const SESSION_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 16;

/// Who a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A buyer.
    Buyer(SessionId),
    /// Somebody with an organiser's key, for whatever the key is good.
    Organiser(OrganiserKey),
}

impl Caller {
    /// The scope of the caller's idempotency keys.
    pub fn scope(&self) -> u128 {
        match self {
            Self::Buyer(session) => session.0,
            Self::Organiser(key) => {
                let (head, _) = key.digest.split_at(16);
                head.iter().fold(0, |scope, byte| scope << 8 | u128::from(*byte))
            }
        }
    }
}

/// The office's keys.
pub struct Identity {
    session_key: [u8; 32],
    issued_key: [u8; 32],
    shares_key: [u8; 16],
    bus_key: [u8; 32],
    references: ReferenceKey,
    made_keys: [u8; 32],
    keyring: Keyring,
}

impl Identity {
    /// Derives every key from the office's secret.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            session_key: derive(secret, b"sessions"),
            issued_key: derive(secret, b"issued sessions"),
            shares_key: half(derive(secret, b"shares")),
            bus_key: derive(secret, b"messages between nodes"),
            references: ReferenceKey::new(half(derive(secret, b"order references and ticket codes"))),
            made_keys: derive(secret, b"organisers' keys made under an idempotency key"),
            keyring: Keyring::default(),
        }
    }

    /// The key of order references and ticket codes.
    pub fn references(&self) -> &ReferenceKey {
        &self.references
    }

    /// Accepts these organisers' keys from now on, each until its end.
    pub fn set_organisers(&self, keys: Vec<(OrganiserKey, Option<Instant>)>) {
        self.keyring.set(keys);
    }

    /// The organisers' keys that were used since this was asked for the last time.
    pub fn take_used(&self) -> Vec<KeyId> {
        self.keyring.take_used()
    }

    /// The organiser's key of this id that is made with the key `maker`: the same whenever it is asked for.
    pub fn made_organiser_key(&self, maker: &str, id: KeyId) -> String {
        made_organiser_key(&self.made_keys, maker, id)
    }

    /// A new buyer and its token.
    pub fn new_session(&self) -> (SessionId, String) {
        self.give_out(SessionId(uuid::Uuid::new_v4().as_u128() & !1))
    }

    /// The session that an operator's front has given out under this name, and its token: always the same.
    pub fn issued_session(&self, name: &str) -> (SessionId, String) {
        let id = keyed_hash(&self.issued_key, name.as_bytes());
        let id = id.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        self.give_out(SessionId(id | 1))
    }

    fn give_out(&self, session: SessionId) -> (SessionId, String) {
        let mut bytes = session.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.sign(&bytes));
        (session, format!("{SESSION_PREFIX}{}", hex(&bytes)))
    }

    /// The key under which shares are counted, the same on all nodes.
    pub fn shares_key(&self) -> [u8; 16] {
        self.shares_key
    }

    /// The key that proves messages between nodes.
    pub fn bus_key(&self) -> [u8; 32] {
        self.bus_key
    }

    /// Whose token this is.
    pub fn caller(&self, token: &str) -> Option<Caller> {
        if token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        match token.strip_prefix(SESSION_PREFIX) {
            Some(token) => self.buyer(token),
            None => self.keyring.find(token).map(Caller::Organiser),
        }
    }

    fn buyer(&self, token: &str) -> Option<Caller> {
        let bytes = unhex(token).filter(|bytes| bytes.len() == SESSION_BYTES + SIGNATURE_BYTES)?;
        let (id, signature) = bytes.split_at_checked(SESSION_BYTES)?;
        let genuine: bool = self.sign(id).ct_eq(signature).into();
        let id = id.try_into().ok().filter(|_| genuine)?;
        Some(Caller::Buyer(SessionId(u128::from_be_bytes(id))))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = keyed_hash(&self.session_key, message).to_vec();
        signature.truncate(SIGNATURE_BYTES);
        signature
    }
}

/// Whether an operator's front has given this session out: the last bit of its id says so.
pub const fn is_issued(session: SessionId) -> bool {
    session.0 & 1 == 1
}

/// The digest of a request, so that an idempotency key that comes again with another one is noticed.
pub fn request_digest(operation: &str, subject: &str, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [operation.as_bytes(), subject.as_bytes(), body] {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn half(key: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(key.split_at(16).0);
    half
}

fn derive(secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    keyed_hash(secret, purpose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_is_its_sessions_and_no_other() {
        let identity = Identity::new(&[7; 32]);
        let (session, token) = identity.new_session();
        assert_eq!(identity.caller(&token), Some(Caller::Buyer(session)));
        for at in SESSION_PREFIX.len()..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(identity.caller(&String::from_utf8(forged).expect("ascii")), None);
        }
        assert_eq!(Identity::new(&[8; 32]).caller(&token), None);
    }
}
