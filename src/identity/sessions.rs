//! Buyers' tokens: a session's id, the version of the secret that signs it, the day of issue, and the signature.
//!
//! The id of an ordinary session has version and day in itself, as a UUIDv8 (RFC 9562): eight bits, sixteen bits, and the rest
//! random. The id of an issued session must stay the same, so both stand beside it in its token. Tokens of offices that knew no
//! versions have neither: they count as the first version's, and last as long as that.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

use super::bytes::{hex, keyed_hash, unhex};
use super::secret::{KeptClock, Making, SecretVersion, Secrets};
use domain::id::SessionId;

const ID_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 16;
/// More than a token has.
const TOKEN_BYTES_MAX: usize = 64;
const FIRST_VERSION: u8 = 1;
/// How old a version must be before a node signs with it: by then all nodes accept it.
const SIGNS_AFTER: Duration = Duration::from_secs(2);

/// When and under which version a token was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Issue {
    version: u8,
    /// Days since 1970.
    day: Option<u16>,
}

/// The key under which a version signs.
struct SigningKey {
    version: u8,
    key: [u8; 32],
    ends: Option<Instant>,
}

impl SigningKey {
    fn new(version: &SecretVersion, making: &Making) -> Self {
        Self {
            version: version.version,
            key: keyed_hash(&making.secret(&version.stored), b"sessions"),
            ends: version.ends,
        }
    }

    fn is_over(&self) -> bool {
        self.ends.is_some_and(|end| end <= Instant::now())
    }

    fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(keyed_hash(&self.key, message).split_at(SIGNATURE_BYTES).0);
        signature
    }
}

/// What the database said last.
struct Known {
    /// The one that new tokens are signed with.
    signing: SigningKey,
    /// All of them.
    keys: Vec<SigningKey>,
    old_nodes_are_up: bool,
    clock: KeptClock,
}

impl Known {
    fn new(secrets: &Secrets, making: &Making) -> Self {
        let all = || std::iter::once(&secrets.first).chain(&secrets.later);
        // No node is without the first one. Where all that are old enough are over, the newest has to sign at once.
        let fit = |version: &&SecretVersion| {
            (version.version == FIRST_VERSION || version.age.is_none_or(|age| age >= SIGNS_AFTER))
                && version.ends.is_none_or(|end| end > Instant::now())
        };
        let newest = secrets.later.last().unwrap_or(&secrets.first);
        Self {
            signing: SigningKey::new(all().rfind(fit).unwrap_or(newest), making),
            keys: all().map(|version| SigningKey::new(version, making)).collect(),
            old_nodes_are_up: secrets.old_nodes_are_up,
            clock: secrets.clock,
        }
    }
}

/// What makes and reads tokens.
pub struct Sessions {
    known: RwLock<Known>,
    /// How long a token lasts after its day of issue.
    days: u16,
}

impl Sessions {
    /// For these versions of the secret.
    pub fn new(secrets: &Secrets, making: &Making, days: u16) -> Self {
        Self {
            known: RwLock::new(Known::new(secrets, making)),
            days,
        }
    }

    /// Goes by these versions and this clock from now on.
    pub fn set(&self, secrets: &Secrets, making: &Making) {
        let known = Known::new(secrets, making);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// An ordinary session of these random bits, and its token.
    pub fn make(&self, random: u128) -> (SessionId, String) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let session = ordinary(known.signing.version, known.clock.day(), random);
        let id = session.0.to_be_bytes();
        (session, token(&id, &known.signing))
    }

    /// A token of an issued session.
    pub fn token_of_issued(&self, session: SessionId) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut signed = session.0.to_be_bytes().to_vec();
        // While an office is upgraded: it is not rotated then.
        if known.old_nodes_are_up && known.signing.version == FIRST_VERSION {
            return token(&signed, &known.signing);
        }
        signed.push(known.signing.version);
        signed.extend_from_slice(&known.clock.day().to_be_bytes());
        token(&signed, &known.signing)
    }

    /// The session of a token, written without its prefix.
    pub fn find(&self, token: &str) -> Option<SessionId> {
        let mut room = [0; TOKEN_BYTES_MAX];
        let bytes = unhex(token, &mut room)?;
        let (signed, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE_BYTES)?)?;
        let (id, beside) = signed.split_at_checked(ID_BYTES)?;
        let session = SessionId(u128::from_be_bytes(id.try_into().ok()?));
        let issue = read_issue(session, beside)?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let key = known.keys.iter().find(|key| key.version == issue.version)?;
        let genuine: bool = key.sign(signed).ct_eq(signature).into();
        // A token lasts to the end of its last day: it is not known at what hour it was given out.
        let today = known.clock.day();
        let is_late = issue.day.is_some_and(|day| today > day.saturating_add(self.days));
        (genuine && !is_late && !key.is_over()).then_some(session)
    }
}

/// Whether an operator's front has given this session out: the last bit of its id says so.
pub const fn is_issued(session: SessionId) -> bool {
    session.0 & 1 == 1
}

fn token(signed: &[u8], key: &SigningKey) -> String {
    format!("{}{}", hex(signed), hex(&key.sign(signed)))
}

/// The id of an ordinary session: version and day, the 8 of a UUIDv8, and random bits, the last of which is 0.
fn ordinary(version: u8, day: u16, random: u128) -> SessionId {
    let head = u128::from(version) << 120 | u128::from(day) << 104;
    let fixed = 0xf_u128 << 76 | 0b11_u128 << 62 | 1;
    SessionId(head | (random >> 24) & !fixed | 8_u128 << 76 | 0b10_u128 << 62)
}

/// When and under which version a token says that it was given out: by its session's id, or by what stands beside it.
fn read_issue(session: SessionId, beside: &[u8]) -> Option<Issue> {
    let unversioned = Issue {
        version: FIRST_VERSION,
        day: None,
    };
    let uuid_version = session.0 >> 76 & 0xf;
    match (is_issued(session), beside, uuid_version) {
        (true, &[version, high, low], _) => Some(Issue {
            version,
            day: Some(u16::from_be_bytes([high, low])),
        }),
        (true, [], _) | (false, [], 4) => Some(unversioned),
        (false, [], 8) => {
            let [version, high, low, ..] = session.0.to_be_bytes();
            Some(Issue {
                version,
                day: Some(u16::from_be_bytes([high, low])),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: u16 = 30;
    const TODAY: u16 = 20_000;

    fn version(version: u8, ends: Option<Instant>) -> SecretVersion {
        SecretVersion {
            version,
            stored: [version; 32],
            age: None,
            ends,
        }
    }

    fn secrets(first: SecretVersion, later: Vec<SecretVersion>, day: u16) -> Secrets {
        let clock = KeptClock {
            read_at: Instant::now(),
            unix_seconds: f64::from(day) * 86_400.0 + 3_600.0,
        };
        Secrets {
            first,
            later,
            old_nodes_are_up: false,
            clock,
        }
    }

    fn sessions(secrets: &Secrets) -> Sessions {
        Sessions::new(secrets, &Making::Kept, DAYS)
    }

    fn usual() -> Sessions {
        sessions(&secrets(version(1, None), Vec::new(), TODAY))
    }

    const ISSUED: SessionId = SessionId(0x1234 << 64 | 1);

    /// A token as nodes of the version before made it.
    fn old_token(session: SessionId) -> String {
        let key = SigningKey::new(&version(1, None), &Making::Kept);
        token(&session.0.to_be_bytes(), &key)
    }

    #[test]
    fn an_ordinary_session_tells_its_version_and_its_day() {
        for random in [0, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let session = ordinary(200, TODAY, random);
            assert!(!is_issued(session));
            let id = uuid::Uuid::from_u128(session.0);
            assert_eq!(
                (id.get_version_num(), id.get_variant()),
                (8, uuid::Variant::RFC4122)
            );
            let issue = Issue {
                version: 200,
                day: Some(TODAY),
            };
            assert_eq!(read_issue(session, &[]), Some(issue));
        }
        assert_ne!(usual().make(rand::random()).0, usual().make(rand::random()).0);
        assert_eq!(usual().make(rand::random()).1.len(), 64);
    }

    #[test]
    fn a_token_lasts_for_days() {
        let sessions = usual();
        let tokens = [sessions.make(rand::random()).1, sessions.token_of_issued(ISSUED)];
        let old = old_token(SessionId(uuid::Uuid::new_v4().as_u128() & !1));
        for (day, is_accepted) in [
            (TODAY - 1, true),
            (TODAY, true),
            (TODAY + DAYS, true),
            (TODAY + DAYS + 1, false),
            (u16::MAX, false),
        ] {
            sessions.set(&secrets(version(1, None), Vec::new(), day), &Making::Kept);
            for token in &tokens {
                assert_eq!(sessions.find(token).is_some(), is_accepted, "day {day}");
            }
            // It knows of no day.
            assert!(sessions.find(&old).is_some(), "day {day}");
        }
    }

    #[test]
    fn an_issued_session_gets_a_token_that_all_nodes_read() {
        let sessions = usual();
        let upgrading = |later| Secrets {
            old_nodes_are_up: true,
            ..secrets(version(1, None), later, TODAY)
        };
        sessions.set(&upgrading(Vec::new()), &Making::Kept);
        assert_eq!(sessions.token_of_issued(ISSUED), old_token(ISSUED));
        sessions.set(&upgrading(vec![version(2, None)]), &Making::Kept);
        assert_eq!(sessions.token_of_issued(ISSUED).len(), 70);
    }

    #[test]
    fn the_day_goes_on_while_nobody_tells_it() {
        let clock = KeptClock {
            read_at: Instant::now()
                .checked_sub(Duration::from_secs(2))
                .expect("a while ago"),
            unix_seconds: 86_400.0 - 1.0,
        };
        assert_eq!(clock.day(), 1);
    }

    #[test]
    fn a_version_is_signed_with_once_all_know_it_and_read_until_it_ends() {
        let sessions = usual();
        let (ordinary, issued) = (sessions.make(rand::random()).1, sessions.token_of_issued(ISSUED));
        let old = [
            old_token(ISSUED),
            old_token(SessionId(uuid::Uuid::new_v4().as_u128() & !1)),
        ];
        let version_of = |sessions: &Sessions| sessions.make(rand::random()).0.0.to_be_bytes()[0];
        let aged = |millis| SecretVersion {
            age: Some(Duration::from_millis(millis)),
            ..version(2, None)
        };
        let later = Instant::now() + Duration::from_secs(600);
        let rotate = |ends, second| {
            sessions.set(
                &secrets(version(1, Some(ends)), vec![second], TODAY),
                &Making::Kept,
            );
        };
        let second = {
            rotate(later, aged(5_000));
            sessions.make(rand::random()).1
        };
        rotate(later, aged(1_999));
        assert_eq!(version_of(&sessions), 1);
        assert!(sessions.find(&second).is_some());
        rotate(later, aged(2_000));
        assert_eq!(version_of(&sessions), 2);
        for token in old.iter().chain([&ordinary, &issued, &second]) {
            assert!(sessions.find(token).is_some());
        }
        // Also in an office that is as new itself.
        let young = SecretVersion {
            age: Some(Duration::ZERO),
            ..version(1, Some(later))
        };
        sessions.set(&secrets(young, vec![aged(500)], TODAY), &Making::Kept);
        assert_eq!(version_of(&sessions), 1);
        // With nothing else left, a new version signs at once.
        rotate(Instant::now(), aged(0));
        assert_eq!(version_of(&sessions), 2);
        for token in old.iter().chain([&ordinary, &issued]) {
            assert_eq!(sessions.find(token), None);
        }
        assert!(sessions.find(&second).is_some());
        assert_eq!(sessions.find(&sessions.token_of_issued(ISSUED)), Some(ISSUED));
    }

    #[test]
    fn nothing_of_a_token_can_be_changed() {
        let sessions = sessions(&secrets(version(1, None), vec![version(2, None)], TODAY));
        let (ordinary, issued) = (sessions.make(rand::random()).1, sessions.token_of_issued(ISSUED));
        for genuine in [&ordinary, &issued, &old_token(ISSUED)] {
            assert!(sessions.find(genuine).is_some());
            for at in 0..genuine.len() {
                for digit in b"0123456789abcdef" {
                    let mut forged = genuine.clone().into_bytes();
                    if forged[at] == *digit {
                        continue;
                    }
                    forged[at] = *digit;
                    let forged = String::from_utf8(forged).expect("text");
                    assert_eq!(sessions.find(&forged), None, "{genuine} as {forged}");
                }
            }
        }
        // What stands beside an id can't be left out either, nor brought in.
        let (id, rest) = issued.split_at(2 * ID_BYTES);
        assert_eq!(sessions.find(&format!("{id}{}", &rest[6..])), None);
        assert_eq!(sessions.find(&format!("{id}01{}", &rest[2..])), None);
        let (id, rest) = ordinary.split_at(2 * ID_BYTES);
        assert_eq!(sessions.find(&format!("{id}024e20{rest}")), None);
        for text in ["", "0", "00", &"0".repeat(64), &"0".repeat(70)] {
            assert_eq!(sessions.find(text), None);
        }
    }
}
