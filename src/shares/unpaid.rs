//! Places that are held and not paid. They come back to the shares of those who hold them when they are paid or given up;
//! when the hold lapses they don't, so that who holds again and again without paying holds less and less.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foldhash::HashMap;

use super::counts::{Holders, Shares, UsedUp};
use domain::event::{Event, EventKind};
use domain::reference::OrderNumber;

/// Most orders that are remembered; further ones come back by and by, as if they lapsed.
const ORDERS_MAX: usize = 200_000;
/// How much longer than it is held an order is remembered: its end may be known a little later.
const LONGER: Duration = Duration::from_secs(60);

/// Orders that this node has held and that are not known to have ended.
pub struct UnpaidPlaces {
    shares: Arc<Shares>,
    orders: Mutex<HashMap<OrderNumber, Unpaid>>,
}

struct Unpaid {
    holders: Holders,
    places: u32,
    forget_at: Instant,
}

/// Places taken from the shares for an order that is not made yet. Dropped, they go back.
pub struct Reserved {
    unpaid: Arc<UnpaidPlaces>,
    holders: Holders,
    places: u32,
}

impl UnpaidPlaces {
    /// No orders yet. Their places are parts of these shares.
    pub fn new(shares: Arc<Shares>) -> Arc<Self> {
        Arc::new(Self {
            shares,
            orders: Mutex::default(),
        })
    }

    /// The shares of all.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// How many orders are remembered.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes places for a hold, from the share of each holder.
    pub fn reserve(self: &Arc<Self>, holders: Holders, places: u32) -> Result<Reserved, UsedUp> {
        let mut reserved = Reserved {
            unpaid: self.clone(),
            holders: [None, None],
            places,
        };
        for (place, holder) in reserved.holders.iter_mut().zip(holders) {
            if let Some((kind, subject)) = holder {
                self.shares.take_many(kind, subject, places)?;
                *place = holder;
            }
        }
        Ok(reserved)
    }

    /// Takes note of events: places that are paid or given up come back.
    pub fn note_events(&self, events: &[Event]) {
        for event in events {
            let Some(order) = event.order else { continue };
            if event.leaves_a_hold() {
                self.note_dropped(order, event.places.count());
                continue;
            }
            let comes_back = match event.kind {
                EventKind::Paid | EventKind::Canceled => true,
                EventKind::TimedOut => false,
                _ => continue,
            };
            if let Some(unpaid) = self.lock().remove(&order)
                && comes_back
            {
                self.return_places(&unpaid.holders, unpaid.places);
            }
        }
    }

    /// Some places of an order come back.
    fn note_dropped(&self, order: OrderNumber, places: u32) {
        let mut orders = self.lock();
        let Some(unpaid) = orders.get_mut(&order) else {
            return;
        };
        unpaid.places = unpaid.places.saturating_sub(places);
        let holders = unpaid.holders;
        drop(orders);
        self.return_places(&holders, places);
    }

    /// Forgets orders whose end this node has not heard of.
    pub fn forget_lapsed(&self) {
        let now = Instant::now();
        self.lock().retain(|_, unpaid| unpaid.forget_at > now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrderNumber, Unpaid>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn return_places(&self, holders: &Holders, places: u32) {
        for (kind, subject) in holders.iter().flatten() {
            self.shares.give_back(*kind, *subject, places);
        }
    }
}

impl Reserved {
    /// The order is made, and held for so long. An order that was made before, and told of once more, is counted once.
    pub fn keep(mut self, order: OrderNumber, held_for: Duration) {
        let mut orders = self.unpaid.lock();
        if orders.contains_key(&order) || held_for.is_zero() {
            return;
        }
        let holders = std::mem::take(&mut self.holders);
        if orders.len() < ORDERS_MAX {
            let unpaid = Unpaid {
                holders,
                places: self.places,
                forget_at: Instant::now() + held_for + LONGER,
            };
            orders.insert(order, unpaid);
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.unpaid.return_places(&self.holders, self.places);
    }
}
