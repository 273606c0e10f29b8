//! Who asks: buyers' tokens and organisers' keys; and the references that hide order numbers.
//!
//! A buyer's token is its session's id with a keyed hash: nothing is stored, and nothing can be made up.

mod bytes;
mod grant;
mod keyring;
mod line_keys;
mod secret;
mod sessions;
mod tickets;

use std::time::Instant;

use sha2::{Digest, Sha256};

use bytes::keyed_hash;
use domain::id::{OrganiserId, SessionId, ShowId};
use domain::key::KeyId;
use domain::reference::{OrderNumber, ReferenceKey, TicketIndex};
use keyring::{Keyring, made_organiser_key};
use sessions::Sessions;
use tickets::Tickets;

pub use grant::{GrantError, read_grant};
pub use keyring::{NotAKey, OrganiserKey, new_organiser_key, organiser_key_digest, prefix_of};
pub use line_keys::{LineKeys, PLACE_CHARS, show_of_place};
pub use secret::{KeptClock, Making, SecretError, SecretPart, SecretVersion, Secrets};
pub use sessions::is_issued;
pub use tickets::{SignedTicket, TicketKey};

const SESSION_PREFIX: &str = "bos_";
/// Longest bearer token that is looked at.
const TOKEN_CHARS_MAX: usize = 200;

/// Who a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A buyer.
    Buyer(SessionId),
    /// Somebody with an organiser's key, for whatever the key is good.
    Organiser(OrganiserKey),
}

impl Caller {
    /// Whether what a session has made of an organiser's shows is the caller's: the buyer's own, or one of the organiser's sales.
    pub fn is_owner(&self, session: SessionId, organiser: OrganiserId) -> bool {
        match self {
            Self::Buyer(own) => *own == session,
            Self::Organiser(key) => key.organiser == Some(organiser),
        }
    }

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
    making: Making,
    sessions: Sessions,
    issued_key: [u8; 32],
    session_keys: [u8; 32],
    shares_key: [u8; 16],
    bus_key: [u8; 32],
    references: ReferenceKey,
    tickets: Tickets,
    made_keys: [u8; 32],
    webhook_secrets: [u8; 32],
    lines: [u8; 32],
    keyring: Keyring,
}

impl Identity {
    /// Derives every key from the office's secret. A token lasts for so many days after the one on which it is given out.
    pub fn new(secrets: &Secrets, making: Making, session_days: u16) -> Self {
        let secret = &making.secret(&secrets.first.stored);
        Self {
            sessions: Sessions::new(secrets, &making, session_days),
            issued_key: keyed_hash(secret, b"issued sessions"),
            session_keys: keyed_hash(secret, b"sessions made under an idempotency key"),
            shares_key: half(keyed_hash(secret, b"shares")),
            bus_key: keyed_hash(secret, b"messages between nodes"),
            references: ReferenceKey::new(half(keyed_hash(secret, b"order references and ticket codes"))),
            tickets: Tickets::new(
                ReferenceKey::new(half(keyed_hash(secret, b"names of tickets at doors"))),
                secrets,
                &making,
            ),
            made_keys: keyed_hash(secret, b"organisers' keys made under an idempotency key"),
            webhook_secrets: keyed_hash(secret, b"secrets of webhooks"),
            lines: keyed_hash(secret, b"lines of shows"),
            keyring: Keyring::default(),
            making,
        }
    }

    /// The key of order references and ticket codes.
    pub fn references(&self) -> &ReferenceKey {
        &self.references
    }

    /// The text of a ticket's QR code.
    pub fn ticket_text(&self, ticket: &SignedTicket) -> String {
        self.tickets.text(ticket)
    }

    /// How doors call a ticket.
    pub fn ticket_name(&self, order: OrderNumber, ticket: TicketIndex) -> String {
        self.tickets.name(order, ticket)
    }

    /// The ticket that has this code, or whose QR code says this.
    pub fn find_ticket(&self, text: &str) -> Option<(OrderNumber, TicketIndex)> {
        match Tickets::is_text(text) {
            true => self.tickets.read(text),
            false => self.references.parse_ticket(text).ok(),
        }
    }

    /// The keys with which texts of QR codes are checked.
    pub fn ticket_keys(&self) -> Vec<TicketKey> {
        self.tickets.published()
    }

    /// Accepts these organisers' keys from now on, each until its end.
    pub fn set_organisers(&self, keys: Vec<(OrganiserKey, Option<Instant>)>) {
        self.keyring.set(keys);
    }

    /// Goes by these versions of the secret from now on, and by this clock.
    pub fn set_secrets(&self, secrets: &Secrets) {
        self.sessions.set(secrets, &self.making);
        self.tickets.set(secrets, &self.making);
    }

    /// The organisers' keys that were used since this was asked for the last time.
    pub fn take_used(&self) -> Vec<KeyId> {
        self.keyring.take_used()
    }

    /// The organiser's key of this id that is made with the key `maker`: the same whenever it is asked for.
    pub fn made_organiser_key(&self, maker: &str, id: KeyId) -> String {
        made_organiser_key(&self.made_keys, maker, id)
    }

    /// What signs webhooks: neither the salt, which is random and kept, nor the office's secret alone makes it.
    pub fn webhook_secret(&self, salt: &[u8]) -> [u8; 32] {
        keyed_hash(&self.webhook_secrets, salt)
    }

    /// The keys of a show's line that has this salt, which is random and kept.
    pub fn line_keys(&self, show: ShowId, salt: &[u8]) -> LineKeys {
        LineKeys::new(&self.lines, show, salt)
    }

    /// A new buyer and its token.
    pub fn new_session(&self) -> (SessionId, String) {
        let (session, token) = self.sessions.make(rand::random());
        (session, format!("{SESSION_PREFIX}{token}"))
    }

    /// The buyer who asked to become one under this idempotency key, and its token: the same all day.
    pub fn keyed_session(&self, key: &str) -> (SessionId, String) {
        let random = half(keyed_hash(&self.session_keys, key.as_bytes()));
        let (session, token) = self.sessions.make(u128::from_be_bytes(random));
        (session, format!("{SESSION_PREFIX}{token}"))
    }

    /// The session that an operator's front has given out under this name, always the same, and a token of it.
    pub fn issued_session(&self, name: &str) -> (SessionId, String) {
        let id = keyed_hash(&self.issued_key, name.as_bytes());
        let id = id.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        let session = SessionId(id | 1);
        let token = self.sessions.token_of_issued(session);
        (session, format!("{SESSION_PREFIX}{token}"))
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
            Some(token) => self.sessions.find(token).map(Caller::Buyer),
            None => self.keyring.find(token).map(Caller::Organiser),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reference::{OrderNumber, TicketIndex};

    fn version(version: u8, stored: u8) -> SecretVersion {
        SecretVersion {
            version,
            stored: [stored; 32],
            age: None,
            ends: None,
        }
    }

    fn secrets(first: u8, later: Vec<SecretVersion>) -> Secrets {
        Secrets {
            first: version(1, first),
            later,
            old_nodes_are_up: false,
            clock: KeptClock {
                read_at: Instant::now(),
                unix_seconds: 1.8e9,
            },
        }
    }

    fn identity(first: u8) -> Identity {
        Identity::new(&secrets(first, Vec::new()), Making::Kept, 30)
    }

    #[test]
    fn a_session_token_is_its_sessions_and_no_other() {
        let own = identity(7);
        for (session, token) in [own.new_session(), own.issued_session("buyer 7")] {
            assert_eq!(own.caller(&token), Some(Caller::Buyer(session)));
            for at in SESSION_PREFIX.len()..token.len() {
                let mut forged = token.clone().into_bytes();
                forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
                assert_eq!(own.caller(&String::from_utf8(forged).expect("ascii")), None);
            }
            assert_eq!(identity(8).caller(&token), None);
        }
    }

    #[test]
    fn only_tokens_go_by_the_newest_version() {
        let made = |identity: &Identity| {
            (
                identity.issued_session("buyer 7").0,
                identity.shares_key(),
                identity.bus_key(),
                identity
                    .references()
                    .order_reference(OrderNumber(4_711))
                    .to_string(),
                identity
                    .references()
                    .ticket_code(OrderNumber(4_711), TicketIndex(2))
                    .to_string(),
                identity.made_organiser_key("boo_maker", KeyId(3)),
            )
        };
        let (identity, other) = (identity(7), identity(7));
        let (before, tokens) = (
            made(&identity),
            [identity.new_session().1, identity.issued_session("buyer 7").1],
        );
        let rotated = secrets(7, vec![version(2, 9)]);
        identity.set_secrets(&rotated);
        assert_eq!(made(&identity), before);
        assert_eq!(made(&Identity::new(&rotated, Making::Kept, 30)), before);
        for token in tokens {
            assert!(identity.caller(&token).is_some());
        }
        for (session, token) in [identity.new_session(), identity.issued_session("buyer 7")] {
            assert_eq!(other.caller(&token), None);
            assert_eq!(identity.caller(&token), Some(Caller::Buyer(session)));
        }
    }

    #[test]
    fn a_secret_of_two_parts_needs_both_in_every_version() {
        let part = || SecretPart::read(&"05".repeat(32)).expect("a part");
        let rotated = secrets(7, vec![version(2, 9)]);
        let salted = Identity::new(&rotated, Making::Salted(part()), 30);
        let kept = Identity::new(&rotated, Making::Kept, 30);
        assert_eq!(kept.caller(&salted.new_session().1), None);
        assert_ne!(kept.issued_session("a").0, salted.issued_session("a").0);
        assert_ne!(kept.bus_key(), salted.bus_key());
    }
}
