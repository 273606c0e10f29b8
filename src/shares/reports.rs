//! What reads much at a time: how much of it a node does at once, so that it takes nothing from those who buy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::OrganiserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sums over whole shows at a time.
const SUMS_MAX: usize = 2;
/// How long one waits for its turn.
const SUM_WAIT_MAX: Duration = Duration::from_secs(2);
/// Exports under way at a time.
const EXPORTS_MAX: usize = 8;
/// Exports of one organiser among them.
const EXPORTS_OF_ORGANISER_MAX: usize = 2;

/// The turns of a node.
#[derive(Debug)]
pub struct Reports {
    sums: Arc<Semaphore>,
    exports: Arc<Mutex<HashMap<OrganiserId, usize>>>,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            sums: Arc::new(Semaphore::new(SUMS_MAX)),
            exports: Arc::default(),
        }
    }
}

/// An export under way, until it is dropped.
#[derive(Debug)]
pub struct Export {
    organiser: OrganiserId,
    all: Arc<Mutex<HashMap<OrganiserId, usize>>>,
}

impl Reports {
    /// A turn to sum up; none, if there is none for as long as one waits.
    pub async fn sum(&self) -> Option<OwnedSemaphorePermit> {
        let turn = self.sums.clone().acquire_owned();
        tokio::time::timeout(SUM_WAIT_MAX, turn).await.ok()?.ok()
    }

    /// A turn to export for this organiser; none, if as many do as may.
    pub fn export(&self, organiser: OrganiserId) -> Option<Export> {
        let mut all = self.exports.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.get(&organiser).copied().unwrap_or_default();
        if all.values().sum::<usize>() >= EXPORTS_MAX || own >= EXPORTS_OF_ORGANISER_MAX {
            return None;
        }
        all.insert(organiser, own + 1);
        Some(Export {
            organiser,
            all: self.exports.clone(),
        })
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get(&self.organiser).map_or(0, |own| own.saturating_sub(1));
        match left {
            0 => all.remove(&self.organiser),
            left => all.insert(self.organiser, left),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_organiser_takes_all_turns_and_each_comes_back() {
        let reports = Reports::default();
        let mut turns = Vec::new();
        for organiser in 0..4 {
            let organiser = OrganiserId(organiser);
            turns.push(reports.export(organiser).expect("a first turn"));
            turns.push(reports.export(organiser).expect("a second turn"));
            assert!(reports.export(organiser).is_none());
        }
        assert!(reports.export(OrganiserId(9)).is_none());
        drop(turns.pop());
        let turn = reports.export(OrganiserId(9)).expect("a turn that came back");
        assert!(reports.export(OrganiserId(9)).is_none());
        drop((turn, turns));
        assert!(reports.exports.lock().expect("no panic").is_empty());
    }
}
