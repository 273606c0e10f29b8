//! The audit of a node: what is asked for with an organiser's key is written down before it is done.
//!
//! Entries that come while others are being written go into the next statement together, so that doors at a hundred tickets
//! a second cost few commits. What can't be written is not done.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::closing::until_closing;
use crate::store::audit::{NewEntry, write_entries};
use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;

/// Entries that wait; who brings more is turned away.
const WAITING_MAX: usize = 1_024;
/// Entries in one statement.
const BATCH_MAX: usize = 256;
/// How long an entry waits for its commit before whoever brought it is turned away.
const WAIT_MAX: Duration = Duration::from_secs(2);

struct Waiting {
    entry: NewEntry,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// Where entries are brought.
pub struct Audit {
    waiting: mpsc::Sender<Waiting>,
}

/// Entries on their way to [`write_down`].
pub struct Brought(mpsc::Receiver<Waiting>);

impl Audit {
    /// An empty queue.
    pub fn new() -> (Self, Brought) {
        let (waiting, brought) = mpsc::channel(WAITING_MAX);
        (Self { waiting }, Brought(brought))
    }

    /// Writes an entry down; it is committed when this returns. After an error it may be written all the same: whoever asked
    /// is told that nothing was done, and asks again.
    pub async fn record(&self, entry: NewEntry) -> Result<(), StoreError> {
        let (reply, written) = oneshot::channel();
        let waiting = Waiting { entry, reply };
        self.waiting.try_send(waiting).map_err(|_full| StoreError::Busy)?;
        match tokio::time::timeout(WAIT_MAX, written).await {
            Ok(Ok(written)) => written,
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable),
        }
    }
}

/// Writes entries until the node stops.
pub async fn write_down(mut brought: Brought, database: Database, mut closing: watch::Receiver<bool>) {
    let mut batch: Vec<Waiting> = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            () = until_closing(&mut closing) => return,
            _ = brought.0.recv_many(&mut batch, BATCH_MAX) => {}
        }
        let (entries, replies): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|waiting| (waiting.entry, waiting.reply))
            .unzip();
        if entries.is_empty() {
            // Nobody brings any more.
            return;
        }
        let write = move |connection: &mut _| Ok(write_entries(connection, entries)?);
        let written = database.write(WriteKind::Audit, write).await;
        for reply in replies {
            let _gone = reply.send(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::store::audit::COMMAND_LINE;

    #[test]
    fn a_full_queue_turns_away() {
        let (audit, _brought) = Audit::new();
        let entry = || NewEntry {
            key: None,
            organiser: None,
            operation: "create_key".to_owned(),
            subject: None,
            came_from: COMMAND_LINE.to_owned(),
            request: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.expect("a runtime");
        let _entered = runtime.enter();
        for _ in 0..WAITING_MAX {
            assert_eq!(audit.record(entry()).now_or_never(), None);
        }
        assert_eq!(audit.record(entry()).now_or_never(), Some(Err(StoreError::Busy)));
    }
}
