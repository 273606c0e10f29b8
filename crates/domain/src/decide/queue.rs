//! What a batch knows of the waitlist: what is free of what is wanted, what is kept of it, and which entries change.

use std::collections::BTreeMap;

use super::changes::EntryChange;
use super::places::Kept;
use crate::event::{EventKind, Places};
use crate::waitlist::{EntryNumber, FreeByCategory};

/// Most offers that one batch makes; a further one goes on. Until then, nobody else gets what is wanted.
pub const BATCH_OFFERS_MAX: usize = 256;
/// Most entries that one batch ends when a sale is over.
pub const BATCH_LEAVES_MAX: usize = 2_000;

/// What a batch knows of the waitlist.
#[derive(Default)]
pub struct Queue {
    /// Free seats of the categories that are wanted, once somebody has looked.
    pub free: Option<FreeByCategory>,
    /// What is kept from the public.
    pub kept: Kept,
    /// Whether something has happened by which somebody might get something.
    pub has_moved: bool,
    /// Offers that were made.
    pub offers: usize,
    /// Entries that were ended.
    pub ended: usize,
    /// Order numbers that the commands still need.
    pub numbers_needed: usize,
    /// Rows that change.
    pub changes: BTreeMap<EntryNumber, EntryChange>,
}

impl Queue {
    /// Something happens to places, or to an order that `is_offered`.
    pub fn note(&mut self, kind: EventKind, places: &Places, is_offered: bool) {
        self.has_moved |= match kind {
            // What is paid is on offer no longer: others may be.
            EventKind::Paid => is_offered,
            EventKind::Extended | EventKind::Transferred | EventKind::Joined => false,
            // What is kept was not among them, unless the organiser has taken it.
            EventKind::Booked => {
                self.kept.is_halted
                    || places.seats.iter().any(|seat| self.kept.seats.contains(seat))
                    || places.zones.iter().any(|part| self.kept.of_zone(part.zone) > 0)
            }
            _ => true,
        };
        if kind == EventKind::Changed {
            self.free = None;
        }
        if let Some(free) = &mut self.free {
            let takes = matches!(kind, EventKind::Booked | EventKind::Blocked);
            if takes || kind.frees_seats() {
                for seat in &places.seats {
                    free.note(*seat, !takes);
                }
            }
        }
    }

    /// The rows that change.
    pub fn into_changes(self) -> Vec<EntryChange> {
        self.changes.into_values().collect()
    }
}
