//! Writes down the snapshots that the turnstile takes.

use tokio::sync::{mpsc, watch};

use crate::closing::until_closing;
use crate::store::database::{Database, WriteKind};
use crate::store::snapshot::{Snapshot, write_snapshot};
use domain::id::ShowId;

/// Writes snapshots as they come, until the node stops. One that fails is left out: the next is not far.
pub async fn keep_snapshots(
    database: Database,
    mut taken: mpsc::Receiver<(ShowId, Snapshot)>,
    mut closing: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            () = until_closing(&mut closing) => return,
            next = taken.recv() => next,
        };
        let Some((show, snapshot)) = next else { return };
        let write = move |connection: &mut _| Ok(write_snapshot(connection, show, &snapshot)?);
        if let Err(error) = database.write(WriteKind::Housekeeping, write).await {
            tracing::warn!(show.id = %show, error = %error, "a snapshot could not be written");
        }
    }
}
