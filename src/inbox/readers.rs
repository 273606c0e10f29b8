//! Who reads an inbox on this node, and how they are woken.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch::{Receiver, Sender, channel};

use domain::id::SessionId;

/// Readers of a session on one node.
pub const SESSION_READERS_MAX: usize = 8;

/// The readers of a node.
#[derive(Default)]
pub struct Readers {
    sessions: Mutex<HashMap<SessionId, Read>>,
}

/// An inbox that is read.
struct Read {
    readers: usize,
    /// The number of its last notice, as far as is known.
    last: Sender<i64>,
}

/// One reader, until it is dropped.
pub struct Reading {
    readers: Arc<Readers>,
    session: SessionId,
    last: Receiver<i64>,
}

impl Readers {
    /// One more; `None` if the session has as many as it may.
    pub fn enter(self: &Arc<Self>, session: SessionId) -> Option<Reading> {
        let mut sessions = self.lock();
        let read = sessions.entry(session).or_insert_with(|| Read {
            readers: 0,
            last: channel(0).0,
        });
        if read.readers >= SESSION_READERS_MAX {
            return None;
        }
        read.readers += 1;
        Some(Reading {
            readers: self.clone(),
            session,
            last: read.last.subscribe(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().values().map(|read| read.readers).sum()
    }

    /// Whose inboxes are read.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.lock().keys().copied().collect()
    }

    /// Wakes those whose inboxes have notices that they may not have seen.
    pub fn wake(&self, heads: &[(SessionId, i64)]) {
        let sessions = self.lock();
        for (session, last) in heads {
            if let Some(read) = sessions.get(session) {
                read.last.send_if_modified(|known| {
                    let is_other = known != last;
                    *known = *last;
                    is_other
                });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Read>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// Takes note of what is known, before the inbox is read.
    pub fn look(&mut self) {
        self.last.borrow_and_update();
    }

    /// Waits until there is more than was known.
    pub async fn changed(&mut self) {
        // The other end lives for as long as this one.
        let _gone = self.last.changed().await.is_err();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Entry::Occupied(mut read) = self.readers.lock().entry(self.session) {
            read.get_mut().readers -= 1;
            if read.get().readers == 0 {
                read.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_session_has_so_many_readers_and_leaves_nothing_behind() {
        let readers = Arc::<Readers>::default();
        let mut all: Vec<_> = (0..SESSION_READERS_MAX)
            .map(|_| readers.enter(SessionId(1)).expect("a place"))
            .collect();
        assert!(readers.enter(SessionId(1)).is_none());
        assert!(readers.enter(SessionId(2)).is_some());
        all.pop();
        assert!(readers.enter(SessionId(1)).is_some());
        all.clear();
        assert!(readers.lock().is_empty());
    }

    #[test]
    fn who_reads_is_woken_by_what_is_new() {
        let readers = Arc::<Readers>::default();
        let mut reading = readers.enter(SessionId(1)).expect("a place");
        readers.wake(&[(SessionId(2), 1)]);
        assert!(reading.changed().now_or_never().is_none());
        readers.wake(&[(SessionId(1), 1)]);
        assert!(reading.changed().now_or_never().is_some());
        readers.wake(&[(SessionId(1), 1)]);
        assert!(reading.changed().now_or_never().is_none());
    }
}
