//! The organisers' keys that a node accepts. A key is random; nobody but its holder has more of it than its SHA-256.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::bytes::{hex, keyed_hash};
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};

const PREFIX: &str = "boo_";
/// How much of a key is told in lists, in characters.
const PREFIX_CHARS: usize = 12;
/// Shortest key, prefix included.
const KEY_CHARS_MIN: usize = 20;
/// What stood in the `docker-compose.yml` of all the world.
const SAMPLE_KEY: &str = "boo_choose-a-key-of-your-own";

/// Why a text is no organiser's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// It is not written as one.
    #[error("an organiser's key must be boo_ and 16 characters or more")]
    Form,
    /// Everybody knows it.
    #[error("this organiser's key is the sample that everybody can read: choose one of your own")]
    Sample,
}

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganiserKey {
    /// Its id.
    pub id: KeyId,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// What it is for.
    pub role: Role,
    /// Whose it is; `None` for the operator's, which is for all organisers.
    pub organiser: Option<OrganiserId>,
}

/// A key that is accepted.
struct Held {
    key: OrganiserKey,
    ends: Option<Instant>,
    /// Since it was last asked.
    used: AtomicBool,
}

/// The keys that are accepted.
#[derive(Default)]
pub struct Keyring(RwLock<Vec<Held>>);

impl Keyring {
    /// Accepts these keys from now on, each until its end.
    pub fn set(&self, keys: Vec<(OrganiserKey, Option<Instant>)>) {
        let held = keys.into_iter().map(|(key, ends)| Held {
            key,
            ends,
            used: AtomicBool::new(false),
        });
        let held = held.collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// The key that this text is, if it is accepted.
    pub fn find(&self, text: &str) -> Option<OrganiserKey> {
        let digest = organiser_key_digest(text).ok()?;
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // All of them are compared, so that the time tells nothing.
        let found = held.iter().fold(None, |found, held| {
            match bool::from(held.key.digest.ct_eq(&digest)) {
                true => Some(held),
                false => found,
            }
        });
        let found = found.filter(|held| held.ends.is_none_or(|ends| Instant::now() < ends))?;
        found.used.store(true, Ordering::Relaxed);
        Some(found.key)
    }

    /// The keys that were used since this was asked for the last time.
    pub fn take_used(&self) -> Vec<KeyId> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let used = held
            .iter()
            .filter(|held| held.used.swap(false, Ordering::Relaxed));
        used.map(|held| held.key.id).collect()
    }
}

/// The hash under which an organiser's key is kept.
pub fn organiser_key_digest(key: &str) -> Result<[u8; 32], NotAKey> {
    if key == SAMPLE_KEY {
        return Err(NotAKey::Sample);
    }
    if !key.starts_with(PREFIX) || key.len() < KEY_CHARS_MIN {
        return Err(NotAKey::Form);
    }
    Ok(Sha256::digest(key).into())
}

/// How a key begins that was made up here: enough to recognise it by, and little of what makes it hard to guess.
pub fn prefix_of(key: &str) -> String {
    key.chars().take(PREFIX_CHARS).collect()
}

/// A new organiser's key.
pub fn new_organiser_key() -> String {
    format!("{PREFIX}{}", hex(&rand::random::<[u8; 32]>()))
}

/// The organiser's key of this id that is made with the key `maker`: the same whenever it is asked for, so that a repeated
/// request can be answered again though nobody keeps the new key. Neither who has the office's secret can work it out, nor
/// who has `maker`: only both together.
pub fn made_organiser_key(secret: &[u8; 32], maker: &str, id: KeyId) -> String {
    let of_maker = keyed_hash(secret, maker.as_bytes());
    format!("{PREFIX}{}", hex(&keyed_hash(&of_maker, &id.0.to_be_bytes())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(text: &str, id: u128) -> OrganiserKey {
        OrganiserKey {
            id: KeyId(id),
            digest: organiser_key_digest(text).expect("a key"),
            role: Role::Door,
            organiser: Some(OrganiserId::FIRST),
        }
    }

    #[test]
    fn a_key_is_known_by_its_hash_until_it_ends() {
        let (keyring, text, ended) = (Keyring::default(), new_organiser_key(), new_organiser_key());
        assert_eq!(keyring.find(&text), None);
        let now = Instant::now();
        let later = now + Duration::from_secs(600);
        keyring.set(vec![
            (key(&text, 1), Some(later)),
            (key(&ended, 2), Some(now)),
            (key(&new_organiser_key(), 3), None),
        ]);
        assert_eq!(keyring.find(&text), Some(key(&text, 1)));
        assert_eq!(keyring.find(&ended), None);
        assert_eq!(keyring.take_used(), [KeyId(1)]);
        assert_eq!(keyring.take_used(), []);
        keyring.set(Vec::new());
        assert_eq!(keyring.find(&text), None);
    }

    #[test]
    fn what_everybody_knows_is_no_key() {
        assert_eq!(organiser_key_digest("boo_short"), Err(NotAKey::Form));
        assert_eq!(
            organiser_key_digest("bos_0123456789abcdef0123456789"),
            Err(NotAKey::Form)
        );
        assert_eq!(organiser_key_digest(SAMPLE_KEY), Err(NotAKey::Sample));
    }

    #[test]
    fn a_made_key_is_its_makers_and_its_offices() {
        let made = |secret, maker, id| made_organiser_key(&[secret; 32], maker, KeyId(id));
        let usual = made(1, "boo_maker", 1);
        assert!(organiser_key_digest(&usual).is_ok());
        assert_eq!(made(1, "boo_maker", 1), usual);
        for other in [
            made(2, "boo_maker", 1),
            made(1, "boo_other", 1),
            made(1, "boo_maker", 2),
        ] {
            assert_ne!(other, usual);
        }
    }
}
