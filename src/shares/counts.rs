//! What each node counts of the shares of all.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::kind::{Kind, Of, Quota};
use super::origin::Origin;
use super::table::{Table, Taken};
use super::told::{Spent, Told};
use domain::id::{OrganiserId, SessionId};
use domain::reference::{OrderNumber, siphash};

/// Whether addresses have shares, and with them the sessions that anybody gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginShares {
    /// Each has, so many times as large as usual.
    On {
        /// More than 1 where many buyers share an address.
        factor: u32,
    },
    /// Addresses say nothing of who asks.
    Off,
}

/// Whether nodes tell each other what they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbours {
    /// They do.
    Hear,
    /// They can't.
    Silent,
}

/// Whose share it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Everybody's at one origin.
    Origin(Origin),
    /// A buyer's.
    Session(SessionId),
    /// An order's.
    Order(OrderNumber),
    /// A key's, by its hash.
    Key([u8; 32]),
    /// An organiser's.
    Organiser(OrganiserId),
}

/// Those whose shares one request uses.
pub type Holders = [Option<(Kind, Subject)>; 2];

/// A share that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// What there is no more of.
    pub kind: Kind,
    /// How much there is usually.
    pub quota: Quota,
    /// When there will be enough again.
    pub after: Duration,
}

/// The shares of all, as one node counts them.
pub struct Shares {
    table: Table,
    /// So that nobody chooses with whom to share a place in the table, and so that nodes tell each other nothing personal.
    key: [u8; 16],
    origins: OriginShares,
    began: Instant,
    /// Among how many nodes each share is divided.
    parts: AtomicU32,
    told: Mutex<Told>,
    viewers: Arc<Crowd>,
}

impl Shares {
    /// Nothing is used yet. The key is the same on all nodes; of one origin `viewers_max` viewers may watch at a time.
    pub fn new(key: [u8; 16], origins: OriginShares, viewers_max: usize) -> Arc<Self> {
        let viewers_max = (origins != OriginShares::Off).then_some(viewers_max);
        Arc::new(Self {
            table: Table::new(),
            key,
            origins,
            began: Instant::now(),
            parts: AtomicU32::new(1),
            told: Mutex::default(),
            viewers: Crowd::new(viewers_max),
        })
    }

    /// Takes one part of a share.
    pub fn take(&self, kind: Kind, subject: Subject) -> Result<(), UsedUp> {
        self.take_many(kind, subject, 1)
    }

    /// Takes one part of each holder's share.
    pub fn take_each(&self, holders: &Holders) -> Result<(), UsedUp> {
        let mut holders = holders.iter().flatten();
        holders.try_for_each(|(kind, subject)| self.take(*kind, *subject))
    }

    /// Looks whether there is a part of each, and takes none.
    pub fn look_each(&self, holders: &Holders) -> Result<(), UsedUp> {
        let mut holders = holders.iter().flatten();
        holders.try_for_each(|(kind, subject)| self.look(*kind, *subject))
    }

    /// Takes one part of each, though what it is for has happened already.
    pub fn spend_each(&self, holders: &Holders) {
        for (kind, subject) in holders.iter().flatten() {
            self.spend(*kind, *subject);
        }
    }

    /// Looks whether there is a part of a share, and takes none.
    pub fn look(&self, kind: Kind, subject: Subject) -> Result<(), UsedUp> {
        self.take_many(kind, subject, 1)?;
        self.give_back(kind, subject, 1);
        Ok(())
    }

    /// Takes several parts, or none.
    pub fn take_many(&self, kind: Kind, subject: Subject, count: u32) -> Result<(), UsedUp> {
        let Some(quota) = self.quota(kind) else {
            return Ok(());
        };
        let hash = self.hash(kind, subject);
        let cost = count.saturating_mul(self.parts.load(Ordering::Relaxed));
        match self.table.take(hash, cost, quota, self.began.elapsed()) {
            Taken::Yes => {
                self.lock().note(kind, hash, i64::from(count));
                Ok(())
            }
            Taken::After(after) => {
                metrics::counter!("boxoffice_shares_used_up_total", "share" => kind.name()).increment(1);
                Err(UsedUp { kind, quota, after })
            }
        }
    }

    /// Puts back what was taken.
    pub fn give_back(&self, kind: Kind, subject: Subject, count: u32) {
        if let Some(quota) = self.quota(kind) {
            let hash = self.hash(kind, subject);
            let cost = count.saturating_mul(self.parts.load(Ordering::Relaxed));
            self.table.give_back(hash, cost, quota);
            self.lock().note(kind, hash, -i64::from(count));
        }
    }

    /// Takes what can't be refused any more, whether it is there or not.
    pub fn spend(&self, kind: Kind, subject: Subject) {
        if let Some(quota) = self.quota(kind) {
            let hash = self.hash(kind, subject);
            let cost = self.parts.load(Ordering::Relaxed);
            self.table.spend(hash, cost, quota, self.began.elapsed());
            self.lock().note(kind, hash, 1);
        }
    }

    /// Viewers by their origins.
    pub fn viewers(&self) -> &Arc<Crowd> {
        &self.viewers
    }

    /// Whether addresses have shares.
    pub fn has_origins(&self) -> bool {
        self.origins != OriginShares::Off
    }

    /// How many nodes there are, and whether they tell each other what they count. If they don't, each share is divided among
    /// them.
    pub fn divide(&self, nodes: usize, neighbours: Neighbours) {
        let parts = match neighbours {
            Neighbours::Hear => 1,
            Neighbours::Silent => u32::try_from(nodes).unwrap_or(u32::MAX).max(1),
        };
        self.parts.store(parts, Ordering::Relaxed);
        // Also by a node that knows of no other yet.
        self.lock().is_wanted = neighbours == Neighbours::Hear;
    }

    /// What has been counted here since this was last asked.
    pub fn take_told(&self) -> Vec<Spent> {
        self.lock().take()
    }

    /// Counts what another node has counted.
    pub fn hear(&self, spent: &[Spent]) {
        let now = self.began.elapsed();
        for spent in spent {
            let quota = Kind::from_number(spent.kind).and_then(|kind| self.quota(kind));
            let (Some(quota), Ok(cost)) = (quota, u32::try_from(spent.count.unsigned_abs())) else {
                continue;
            };
            if spent.count > 0 {
                self.table.spend(spent.hash, cost, quota, now);
            } else {
                self.table.give_back(spent.hash, cost, quota);
            }
        }
    }

    /// `None` where there is no such share.
    fn quota(&self, kind: Kind) -> Option<Quota> {
        match (kind.of(), self.origins) {
            (Of::Origin | Of::Session, OriginShares::Off) => None,
            (_, OriginShares::On { factor }) => Some(kind.quota(factor)),
            (_, OriginShares::Off) => Some(kind.quota(1)),
        }
    }

    fn hash(&self, kind: Kind, subject: Subject) -> u64 {
        let mut message = [0; 33];
        let (first, rest) = message.split_at_mut(1);
        first.fill(kind as u8);
        let mut write = |bytes: &[u8]| {
            if let Some(place) = rest.get_mut(..bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        match subject {
            Subject::Origin(Origin::V4(bits)) => write(&bits.to_be_bytes()),
            Subject::Origin(Origin::V6(bits)) => write(&[&bits.to_be_bytes()[..], &[6]].concat()),
            Subject::Session(session) => write(&session.0.to_be_bytes()),
            Subject::Order(order) => write(&order.0.to_be_bytes()),
            Subject::Key(digest) => write(&digest),
            Subject::Organiser(organiser) => write(&organiser.0.to_be_bytes()),
        }
        siphash(&self.key, &message)
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
