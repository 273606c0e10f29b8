//! What a ticket's QR code says: a text that a door can check without asking, as it is signed (Ed25519, RFC 8032).
//!
//! `BO1.KEY.SHOW.TICKET.CATEGORY.AREA.SIGNATURE`: the version of the office's secret that it is signed under, the show, the
//! ticket's name at doors, the number of its category in the plan and of its section (`S3`) or zone (`Z1`), and the signature of
//! all before the last point, in base 32. Points, digits and capitals alone, for which QR codes have a short form. The same ticket
//! has the same text, until another version signs.
//!
//! A ticket's name at doors is not its code, and neither tells the other: who finds a scanner that has a show's names can make no
//! ticket of them.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use ed25519_dalek::{Signer, SigningKey};
use subtle::ConstantTimeEq;

use super::bytes::{base_32, keyed_hash};
use super::secret::{Making, SecretVersion, Secrets};
use domain::door::Area;
use domain::id::ShowId;
use domain::plan::CategoryIndex;
use domain::reference::{OrderNumber, ReferenceKey, TicketIndex};

/// What every such text begins with.
const PREFIX: &str = "BO1.";
/// Longest text that is looked at.
const TEXT_BYTES_MAX: usize = 200;
/// How old a version must be before tickets are signed under it: by then doors that work without a network have its public key.
const SIGNS_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// A key with which texts of tickets are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketKey {
    /// The version of the office's secret that it is of.
    pub version: u8,
    /// The public key.
    pub public: [u8; 32],
    /// When it was made, in seconds since 1970, if that is known.
    pub made_at: Option<i64>,
    /// Whether tickets are signed with it now.
    pub signs: bool,
}

/// A ticket to be signed.
#[derive(Debug, Clone, Copy)]
pub struct SignedTicket {
    /// Its show.
    pub show: ShowId,
    /// Its order.
    pub order: OrderNumber,
    /// Which of the order's.
    pub ticket: TicketIndex,
    /// The category of its place.
    pub category: CategoryIndex,
    /// The part of the venue.
    pub area: Area,
}

/// The key of a version.
struct VersionKey {
    version: u8,
    signing: SigningKey,
    age: Option<Duration>,
    made_at: Option<i64>,
}

impl VersionKey {
    fn new(version: &SecretVersion, making: &Making, unix_seconds: f64) -> Self {
        let seed = keyed_hash(&making.secret(&version.stored), b"signatures of tickets");
        let made_at = |age: Duration| (unix_seconds - age.as_secs_f64()).round() as i64;
        Self {
            version: version.version,
            signing: SigningKey::from_bytes(&seed),
            age: version.age,
            made_at: version.age.map(made_at),
        }
    }

    fn sign(&self, message: &str) -> String {
        base_32(&self.signing.sign(message.as_bytes()).to_bytes())
    }
}

/// The keys of all versions, and the names of tickets at doors.
pub struct Tickets {
    names: ReferenceKey,
    keys: RwLock<Vec<VersionKey>>,
}

impl Tickets {
    /// For these versions of the secret.
    pub fn new(names: ReferenceKey, secrets: &Secrets, making: &Making) -> Self {
        Self {
            names,
            keys: RwLock::new(keys_of(secrets, making)),
        }
    }

    /// Goes by these versions from now on.
    pub fn set(&self, secrets: &Secrets, making: &Making) {
        let keys = keys_of(secrets, making);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// How doors call a ticket.
    pub fn name(&self, order: OrderNumber, ticket: TicketIndex) -> String {
        self.names.ticket_code(order, ticket).to_string().replace('-', "")
    }

    /// The text of a ticket's QR code.
    pub fn text(&self, ticket: &SignedTicket) -> String {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = signing_key(&keys) else {
            return String::new();
        };
        let SignedTicket {
            show, category, area, ..
        } = ticket;
        let name = self.name(ticket.order, ticket.ticket);
        let signed = format!("{PREFIX}{}.{show}.{name}.{}.{area}", key.version, category.0);
        let signature = key.sign(&signed);
        format!("{signed}.{signature}")
    }

    /// Whether a text is meant to be one of these, and not a ticket's code.
    pub fn is_text(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The ticket whose text this is, under whichever version it was signed.
    pub fn read(&self, text: &str) -> Option<(OrderNumber, TicketIndex)> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let mut parts = signed.strip_prefix(PREFIX)?.split('.');
        let (version, _show, name) = (parts.next()?, parts.next()?, parts.next()?);
        let version: u8 = version.parse().ok()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.version == version)?;
        // A signature is always the same (RFC 8032, 5.1.6).
        let genuine: bool = key.sign(signed).as_bytes().ct_eq(signature.as_bytes()).into();
        let read = self.names.parse_ticket(name);
        read.ok().filter(|_| genuine)
    }

    /// The keys with which texts are checked, from old to new. They are good for as long as anybody may have such a ticket.
    pub fn published(&self) -> Vec<TicketKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let signing = signing_key(&keys).map(|key| key.version);
        let published = keys.iter().map(|key| TicketKey {
            version: key.version,
            public: key.signing.verifying_key().to_bytes(),
            made_at: key.made_at,
            signs: Some(key.version) == signing,
        });
        published.collect()
    }
}

fn keys_of(secrets: &Secrets, making: &Making) -> Vec<VersionKey> {
    let all = std::iter::once(&secrets.first).chain(&secrets.later);
    all.map(|version| VersionKey::new(version, making, secrets.clock.unix_seconds))
        .collect()
}

/// The newest that is old enough; the first one, if none is.
fn signing_key(keys: &[VersionKey]) -> Option<&VersionKey> {
    let is_old = |key: &&VersionKey| key.age.is_none_or(|age| age >= SIGNS_AFTER);
    keys.iter().rfind(is_old).or(keys.first())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::secret::KeptClock;
    use super::*;
    use domain::plan::{SectionIndex, ZoneIndex};

    fn version(version: u8, hours: Option<u64>) -> SecretVersion {
        SecretVersion {
            version,
            stored: [version; 32],
            age: hours.map(|hours| Duration::from_secs(hours * 3_600)),
            ends: None,
        }
    }

    fn secrets(later: Vec<SecretVersion>) -> Secrets {
        Secrets {
            first: version(1, None),
            later,
            old_nodes_are_up: false,
            clock: KeptClock {
                read_at: Instant::now(),
                unix_seconds: 1.8e9,
            },
        }
    }

    fn tickets(later: Vec<SecretVersion>) -> Tickets {
        Tickets::new(ReferenceKey::new([9; 16]), &secrets(later), &Making::Kept)
    }

    const TICKET: SignedTicket = SignedTicket {
        show: ShowId(i64::MAX),
        order: OrderNumber(4_711),
        ticket: TicketIndex(2),
        category: CategoryIndex(99),
        area: Area::Section(SectionIndex(999)),
    };

    #[test]
    fn a_text_is_its_tickets_and_nothing_of_it_can_be_changed() {
        let tickets = tickets(Vec::new());
        let text = tickets.text(&TICKET);
        assert_eq!(text, tickets.text(&TICKET));
        assert!(text.len() <= TEXT_BYTES_MAX, "{text}");
        assert!(
            text.bytes()
                .all(|byte| byte == b'.' || byte.is_ascii_digit() || byte.is_ascii_uppercase()),
            "{text}"
        );
        assert_eq!(tickets.read(&text), Some((TICKET.order, TICKET.ticket)));
        for at in 0..text.len() {
            for byte in [b'A', b'B', b'1', b'2', b'.'] {
                let mut forged = text.clone().into_bytes();
                if forged[at] != byte {
                    forged[at] = byte;
                    let forged = String::from_utf8(forged).expect("ascii");
                    assert_eq!(tickets.read(&forged), None, "{forged}");
                }
            }
        }
        for other in [
            "",
            "BO1.",
            "BO1.1.1.1.1.1.1",
            &text.to_lowercase(),
            &format!("{text}A"),
            &"BO1.".repeat(99),
        ] {
            assert_eq!(tickets.read(other), None, "{other}");
        }
        let zone = SignedTicket {
            area: Area::Zone(ZoneIndex(0)),
            ..TICKET
        };
        assert_ne!(tickets.text(&zone), text);
    }

    #[test]
    fn a_new_version_signs_when_doors_had_a_day_to_hear_of_it() {
        let first = tickets(Vec::new());
        let old = first.text(&TICKET);
        let signs = |tickets: &Tickets| {
            let signs = tickets.published().into_iter().filter(|key| key.signs);
            signs.map(|key| (key.version, key.made_at)).collect::<Vec<_>>()
        };
        assert_eq!(signs(&first), [(1, None)]);
        let young = tickets(vec![version(2, Some(23))]);
        assert_eq!(signs(&young), [(1, None)]);
        assert_eq!(young.text(&TICKET), old);
        assert_eq!(young.published().len(), 2);
        first.set(&secrets(vec![version(2, Some(24))]), &Making::Kept);
        assert_eq!(signs(&first), [(2, Some(1_800_000_000 - 24 * 3_600))]);
        let new = first.text(&TICKET);
        assert_ne!(new, old);
        // What was printed before stays good.
        for text in [&old, &new] {
            assert_eq!(first.read(text), Some((TICKET.order, TICKET.ticket)));
        }
        assert_eq!(tickets(Vec::new()).read(&new), None);
        assert_eq!(
            first.name(TICKET.order, TICKET.ticket),
            young.name(TICKET.order, TICKET.ticket)
        );
    }

    #[test]
    fn anybody_can_check_a_text_with_the_published_key() {
        use ed25519_dalek::{Signature, Verifier, VerifyingKey};
        let tickets = tickets(Vec::new());
        let text = tickets.text(&TICKET);
        let (signed, signature) = text.rsplit_once('.').expect("a signature");
        let bits = signature.bytes().flat_map(|letter| {
            let digit = match letter {
                b'A'..=b'Z' => letter - b'A',
                digit => digit - b'2' + 26,
            };
            (0..5).rev().map(move |bit| digit >> bit & 1)
        });
        let bits: Vec<u8> = bits.collect();
        let bytes: Vec<u8> = bits
            .chunks_exact(8)
            .map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit))
            .collect();
        let signature = Signature::from_slice(&bytes).expect("64 bytes");
        let key = VerifyingKey::from_bytes(&tickets.published()[0].public).expect("a key");
        assert!(key.verify(signed.as_bytes(), &signature).is_ok());
        assert!(key.verify(b"BO1.1.1.x", &signature).is_err());
    }
}
