//! The office's secret, as a node has it. Tokens are signed under its newest version, and tickets when that is a day old; all else
//! is made from the first one for ever, since order references, ticket codes and issued sessions must stay as they were given out.
//!
//! Where the nodes are started with a part of the secret, the database has salts instead of secrets, and a backup of it alone
//! makes no token and no ticket code.

use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

use super::bytes::{keyed_hash, unhex};

/// What is wrong with the part of the secret that a node is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is not written as one.
    #[error("BOXOFFICE_OFFICE_SECRET must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    Form,
    /// The office needs one.
    #[error(
        "this office was opened with BOXOFFICE_OFFICE_SECRET, which is not set here: without it no ticket would be known"
    )]
    Missing,
    /// It is another office's.
    #[error("BOXOFFICE_OFFICE_SECRET is not the one that this office was opened with")]
    Other,
    /// The office was there before.
    #[error(
        "this office was opened without BOXOFFICE_OFFICE_SECRET, and its secret is in the database: leave the setting out, only a new office takes it"
    )]
    Unused,
}

/// The part of the office's secret that nodes are started with.
#[derive(Clone)]
pub struct SecretPart([u8; 32]);

impl SecretPart {
    /// Reads it from the settings.
    pub fn read(text: &str) -> Result<Self, SecretError> {
        let mut room = [0; 32];
        let bytes = unhex(text, &mut room).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(SecretError::Form)
    }

    /// What proves it, to be kept beside the first version's salt. It tells nothing of the secret.
    pub fn check_value(&self, salt: &[u8; 32]) -> [u8; 32] {
        keyed_hash(&self.secret(salt), b"check of the office's secret")
    }

    fn secret(&self, salt: &[u8; 32]) -> [u8; 32] {
        keyed_hash(&self.0, salt)
    }
}

/// A version of the secret as it is kept.
#[derive(Clone)]
pub struct SecretVersion {
    /// From 1.
    pub version: u8,
    /// The secret, or its salt.
    pub stored: [u8; 32],
    /// How long it has been there, if that is known.
    pub age: Option<Duration>,
    /// When its tokens end.
    pub ends: Option<Instant>,
}

/// All of the secret as it is kept, and the clock of those who keep it.
#[derive(Clone)]
pub struct Secrets {
    /// The first version.
    pub first: SecretVersion,
    /// Later ones, from old to new.
    pub later: Vec<SecretVersion>,
    /// Whether nodes are up that read no tokens but those of a session's id and a signature.
    pub old_nodes_are_up: bool,
    /// The clock.
    pub clock: KeptClock,
}

/// The database's clock, carried on while it is away.
#[derive(Debug, Clone, Copy)]
pub struct KeptClock {
    /// When it was read.
    pub read_at: Instant,
    /// What it said, in seconds since 1970.
    pub unix_seconds: f64,
}

impl KeptClock {
    /// Days since 1970, of which a token has 16 bits: enough until 2149.
    pub fn day(&self) -> u16 {
        let seconds = self.unix_seconds + self.read_at.elapsed().as_secs_f64();
        (seconds / 86_400.0) as u16
    }
}

/// How the secret is made from what is kept.
pub enum Making {
    /// It is what is kept.
    Kept,
    /// What is kept is its salt.
    Salted(SecretPart),
}

impl Making {
    /// Sees to it that the settings and the office belong together.
    pub fn check(
        part: Option<SecretPart>,
        salt: &[u8; 32],
        check_value: Option<&[u8]>,
    ) -> Result<Self, SecretError> {
        match (part, check_value) {
            (None, None) => Ok(Self::Kept),
            (None, Some(_)) => Err(SecretError::Missing),
            (Some(_), None) => Err(SecretError::Unused),
            (Some(part), Some(kept)) => match bool::from(part.check_value(salt).ct_eq(kept)) {
                true => Ok(Self::Salted(part)),
                false => Err(SecretError::Other),
            },
        }
    }

    /// The secret.
    pub fn secret(&self, stored: &[u8; 32]) -> [u8; 32] {
        match self {
            Self::Kept => *stored,
            Self::Salted(part) => part.secret(stored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: Option<&str>, check_value: Option<[u8; 32]>, expected: Option<SecretError>) {
        let part = part.map(|part| SecretPart::read(part).expect("a part"));
        let check_value = check_value.as_ref().map(<[u8; 32]>::as_slice);
        assert_eq!(Making::check(part, &[3; 32], check_value).err(), expected);
    }

    #[test]
    fn a_part_of_the_secret_belongs_to_one_office() {
        let (own, other) = ("07".repeat(32), "08".repeat(32));
        let kept = SecretPart::read(&own).expect("a part").check_value(&[3; 32]);
        check(None, None, None);
        check(Some(&own), Some(kept), None);
        check(Some(&other), Some(kept), Some(SecretError::Other));
        check(None, Some(kept), Some(SecretError::Missing));
        check(Some(&own), None, Some(SecretError::Unused));
        for bad in ["", "07", "x7", &"07".repeat(31), &"0g".repeat(32)] {
            assert_eq!(SecretPart::read(bad).err(), Some(SecretError::Form));
        }
    }

    #[test]
    fn neither_the_salt_nor_the_part_alone_is_the_secret() {
        let part = |byte| Making::Salted(SecretPart([byte; 32]));
        let secret = part(7).secret(&[3; 32]);
        assert_eq!(part(7).secret(&[3; 32]), secret);
        for other in [
            [3; 32],
            [7; 32],
            part(8).secret(&[3; 32]),
            part(7).secret(&[4; 32]),
            SecretPart([7; 32]).check_value(&[3; 32]),
        ] {
            assert_ne!(other, secret);
        }
    }
}
