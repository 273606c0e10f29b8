//! Which places a node gave out, so that a session that asks again without showing its place gets the same one. It is no promise: a node
//! that starts anew, or another one, gives a later number, which gains nobody anything.

use crate::turnstile::Recent;
use domain::id::SessionId;

/// Sessions of a generation: with the one before it there are twice as many at most, of 24 bytes each.
const SESSIONS_MAX: usize = 250_000;

/// The places of the last sessions: the number of each; none where it drew.
#[derive(Debug)]
pub struct Remembered(Recent<u64, Option<u64>>);

impl Default for Remembered {
    fn default() -> Self {
        Self(Recent::new(SESSIONS_MAX))
    }
}

impl Remembered {
    /// The place of a session, if it is remembered: a number, or none where it drew.
    pub fn find(&self, session: SessionId) -> Option<Option<u64>> {
        self.0.get(&short(session)).copied()
    }

    /// Remembers a place.
    pub fn note(&mut self, session: SessionId, number: Option<u64>) {
        self.0.put(short(session), number);
    }

    /// Remembers a number, unless the session has a place that is still good. Says which one it has now.
    pub fn note_first(
        &mut self,
        session: SessionId,
        number: u64,
        is_good: impl Fn(Option<u64>) -> bool,
    ) -> Option<u64> {
        if let Some(before) = self.find(session).filter(|before| is_good(*before)) {
            return before;
        }
        self.note(session, Some(number));
        Some(number)
    }
}

/// The random half of a session's id: two of an office that have the same one are not met.
fn short(session: SessionId) -> u64 {
    (session.0 & u128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_good_place_stays() {
        let (mut remembered, session) = (Remembered::default(), SessionId(7));
        assert_eq!(remembered.find(session), None);
        assert_eq!(remembered.note_first(session, 5, |_| true), Some(5));
        assert_eq!(remembered.note_first(session, 6, |_| true), Some(5));
        assert_eq!(remembered.note_first(session, 7, |_| false), Some(7));
        remembered.note(SessionId(8), None);
        assert_eq!(remembered.find(SessionId(8)), Some(None));
    }

    #[test]
    fn the_last_sessions_are_remembered() {
        let mut remembered = Remembered::default();
        for number in 0..=2 * SESSIONS_MAX as u64 {
            remembered.note(SessionId(number.into()), Some(number));
        }
        assert_eq!(remembered.find(SessionId(0)), None);
        assert_eq!(
            remembered.find(SessionId(SESSIONS_MAX as u128)),
            Some(Some(SESSIONS_MAX as u64))
        );
        assert!(remembered.0.count() <= 2 * SESSIONS_MAX);
    }
}
