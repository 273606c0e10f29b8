//! Keeps the keys that a node accepts those of the database, organisers' keys and the versions of the office's secret: what is
//! added, revoked or replaced anywhere is so on every node within a second. While the database is away, the last known ones go
//! on, each until its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};
use tokio::time::MissedTickBehavior;

use crate::closing::until_closing;
use crate::identity::{Identity, OrganiserKey};
use crate::secret::of_stored;
use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;
use crate::store::keys::{note_use, read_keys};
use crate::store::office::read_secrets;
use domain::key::KeyId;

/// How often keys are read.
const READ_INTERVAL: Duration = Duration::from_millis(500);
/// How often the use of one key is noted, at most.
const USE_NOTED_INTERVAL: Duration = Duration::from_secs(60);

/// What keeps a node's keys right.
pub struct Keys {
    database: Database,
    identity: Arc<Identity>,
    /// When the use of each key was noted. Locked while keys are read, so that what was read last is accepted last.
    noted: Mutex<HashMap<KeyId, Instant>>,
}

impl Keys {
    /// For the keys of `identity`.
    pub fn new(database: Database, identity: Arc<Identity>) -> Self {
        Self {
            database,
            identity,
            noted: Mutex::default(),
        }
    }

    /// Reads the keys in force, and accepts them and no others. Notes which have been used.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut noted = self.noted.lock().await;
        noted.retain(|_, at| at.elapsed() < USE_NOTED_INTERVAL);
        let mut used = self.identity.take_used();
        used.retain(|key| !noted.contains_key(key));
        noted.extend(used.iter().map(|key| (*key, Instant::now())));
        let read = move |connection: &mut _| {
            if !used.is_empty() {
                note_use(connection, &used)?;
            }
            Ok((read_keys(connection)?, read_secrets(connection)?))
        };
        let (keys, secrets) = self.database.write(WriteKind::Keys, read).await?;
        let keys = keys.into_iter().map(|key| {
            let accepted = OrganiserKey {
                id: key.id,
                digest: key.digest,
                role: key.role,
                organiser: key.organiser,
            };
            (accepted, key.ends)
        });
        self.identity.set_organisers(keys.collect());
        self.identity.set_secrets(&of_stored(&secrets));
        Ok(())
    }

    /// Does so until the node stops.
    pub async fn run(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(READ_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = interval.tick() => {}
            }
            if let Err(error) = self.refresh().await {
                tracing::debug!(error = %error, "the keys could not be read; the last known ones go on");
            }
        }
    }
}
