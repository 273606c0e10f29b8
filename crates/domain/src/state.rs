//! The state of a show: its places with their live orders. It is the fold of the journal.
//!
//! Beyond the public [`SeatMap`] it knows whose each live place is and when each hold lapses. Its offset, compared under the
//! show's lock, proves that it equals the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashMap;

use super::code::CodeId;
use super::derived::Derived;
use super::event::{Event, EventKind, HoldTerms, Places};
use super::free_by_category::FreeByCategory;
use super::id::{Offset, SessionId};
use super::label::Label;
use super::labeled::{Labeled, fold_labels};
use super::plan::CategoryIndex;
use super::reference::{OrderNumber, TicketIndex};
use super::seat_map::{FoldError, SeatMap, SeatState};
use super::show::Show;
use super::together::Filter;
use super::together::index::Index;
use super::together::line::Line;
use super::waitlist::Waitlist;

/// What a live order takes in memory, in bytes, with its places and what finds it: measured with two seats an order.
const ORDER_BYTES: usize = 480;

/// Where a live order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for payment.
    Held,
    /// Paid for.
    Paid,
}

/// An order that has places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOrder {
    /// Held or paid.
    pub phase: Phase,
    /// The offset at which it was first booked.
    pub booked: Offset,
    /// Whose it is and until when.
    pub terms: HoldTerms,
    /// Its places, as they were booked.
    pub places: Places,
    /// The tickets that were given back.
    pub returned: BTreeSet<TicketIndex>,
    /// Whom its places were kept for: when it gives them up, they are again.
    pub label: Option<Label>,
}

impl LiveOrder {
    /// The places that are still its own.
    pub fn live_places(&self) -> Places {
        if self.returned.is_empty() {
            return self.places.clone();
        }
        self.places.of_tickets(|ticket| !self.returned.contains(&ticket))
    }

    /// How many places are still its own.
    fn live_count(&self) -> u32 {
        let returned = u32::try_from(self.returned.len()).unwrap_or(u32::MAX);
        self.places.count().saturating_sub(returned)
    }
}

/// All places and live orders of a show at one offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowState {
    /// The public part.
    map: SeatMap,
    orders: HashMap<OrderNumber, LiveOrder>,
    /// Held orders by the end of their hold.
    lapses: BTreeSet<(DateTime<Utc>, OrderNumber)>,
    /// Held orders by the offset at which they were first booked.
    holds: BTreeMap<Offset, OrderNumber>,
    /// Live places of each session, for the limit.
    session_places: HashMap<SessionId, u32>,
    /// Live orders of each code, for its limit.
    code_uses: HashMap<CodeId, u32>,
    /// Blocked places that have a label.
    labeled: Labeled,
    /// The free seats as those look for them who want some together, once there are such.
    together: Derived<Index>,
    /// Who waits for places.
    waitlist: Waitlist,
    /// The free seats that they may get, once somebody has looked for them.
    free: Derived<FreeByCategory>,
}

impl ShowState {
    /// The inventory of a show before its first event.
    pub fn before_all(show: &Show) -> Self {
        Self::from_parts(show.map_before_all(), Labeled::default(), [])
    }

    /// An inventory read from the tables: the map, labels of blocked places, and its live orders.
    pub fn from_parts(
        map: SeatMap,
        labeled: Labeled,
        orders: impl IntoIterator<Item = (OrderNumber, LiveOrder)>,
    ) -> Self {
        let mut inventory = Self {
            map,
            orders: HashMap::default(),
            lapses: BTreeSet::new(),
            holds: BTreeMap::new(),
            session_places: HashMap::default(),
            code_uses: HashMap::default(),
            labeled,
            together: Derived::default(),
            waitlist: Waitlist::default(),
            free: Derived::default(),
        };
        for (number, order) in orders {
            inventory.insert(number, order);
        }
        inventory
    }

    /// The same with those who wait, and these held orders on offer to those who have waited.
    pub fn with_waitlist(mut self, mut waitlist: Waitlist, offers: &[OrderNumber]) -> Self {
        for order in offers {
            let live = self.orders.get(order).filter(|live| live.phase == Phase::Held);
            waitlist.note_offer(*order, live.map_or(0, LiveOrder::live_count));
        }
        self.waitlist = waitlist;
        self
    }

    /// The public part.
    pub fn map(&self) -> &SeatMap {
        &self.map
    }

    /// The last event folded in.
    pub fn offset(&self) -> Offset {
        self.map.offset
    }

    /// A live order.
    pub fn order(&self, number: OrderNumber) -> Option<&LiveOrder> {
        self.orders.get(&number)
    }

    /// All live orders, in no order.
    pub fn orders(&self) -> impl Iterator<Item = (&OrderNumber, &LiveOrder)> {
        self.orders.iter()
    }

    /// Live places of a session.
    pub fn session_places(&self, session: SessionId) -> u32 {
        self.session_places.get(&session).copied().unwrap_or(0)
    }

    /// Live orders that were made with a code.
    pub fn code_uses(&self, code: CodeId) -> u32 {
        self.code_uses.get(&code).copied().unwrap_or(0)
    }

    /// Blocked places that have a label.
    pub fn labeled(&self) -> &Labeled {
        &self.labeled
    }

    /// The free seats as those look for them who want some together.
    pub fn together(&self) -> &Derived<Index> {
        &self.together
    }

    /// The free seats that such a wish is about, at the terms that the state names. They are kept from then on.
    pub fn line_of(&self, show: &Show, filter: &Filter) -> Arc<Line> {
        let mut kept = self.together.lock();
        let index = kept.get_or_insert_with(|| Index::new(show));
        if let Some(line) = index.line(filter) {
            return line.clone();
        }
        let is_free = |seat| filter.is_free(self.map.seat(seat), &self.labeled, seat);
        let line = Arc::new(index.make(show, filter, is_free));
        index.keep(filter.clone(), line.clone());
        line
    }

    /// Who waits for places.
    pub fn waitlist(&self) -> &Waitlist {
        &self.waitlist
    }

    /// The free seats of these categories, at the terms that the state names. They are kept from then on.
    pub fn free_by_category(&self, show: &Show, categories: &BTreeSet<CategoryIndex>) -> FreeByCategory {
        let mut kept = self.free.lock();
        let free = kept.get_or_insert_with(|| FreeByCategory::of_plan(show.plan.clone()));
        free.read(categories, &self.map.seats);
        free.clone()
    }

    /// The held orders that were first booked after this offset, in the order of that.
    pub fn holds_after(&self, after: Offset) -> impl Iterator<Item = &LiveOrder> {
        let later = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        self.holds
            .range(later)
            .filter_map(|(_, order)| self.orders.get(order))
    }

    /// When the next hold lapses.
    pub fn next_lapse(&self) -> Option<DateTime<Utc>> {
        self.lapses.first().map(|(at, _)| *at)
    }

    /// When the next hold lapses after `now`, at which those that are due have lapsed already.
    pub fn next_lapse_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = (now, OrderNumber(i64::MAX));
        let mut later = self
            .lapses
            .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded));
        later.next().map(|(at, _)| *at)
    }

    /// The holds that have lapsed by `now`, the oldest first.
    pub fn lapsed(&self, now: DateTime<Utc>) -> impl Iterator<Item = OrderNumber> {
        let due = self.lapses.iter().take_while(move |(at, _)| *at <= now);
        due.map(|(_, order)| *order)
    }

    /// How much memory the state takes, in bytes, about.
    pub fn bytes(&self) -> usize {
        Self::bytes_of(self.map.seats.len())
            + self.orders.len() * ORDER_BYTES
            + self.together.lock().as_ref().map_or(0, Index::bytes)
            + self.waitlist.bytes()
            + self.free.lock().as_ref().map_or(0, FreeByCategory::bytes)
    }

    /// Approximate size in memory of a state of this many seats without its orders, in bytes.
    pub const fn bytes_of(seats: usize) -> usize {
        seats
    }

    /// Folds the next event in. After any error but a gap the inventory must be read anew.
    pub fn fold(&mut self, event: &Event) -> Result<(), FoldError> {
        self.map.fold(event)?;
        let labels = fold_labels(&mut self.labeled, event);
        labels.ok_or(FoldError::Contradiction(event.offset))?;
        let waitlist = fold_waitlist(&mut self.waitlist, event);
        waitlist.ok_or(FoldError::Contradiction(event.offset))?;
        self.fold_derived(event);
        let Some(number) = event.order else { return Ok(()) };
        match event.kind {
            EventKind::Booked => {
                let terms = event.terms.ok_or(FoldError::Contradiction(event.offset))?;
                self.insert(
                    number,
                    LiveOrder {
                        phase: Phase::Held,
                        booked: event.hold.unwrap_or(event.offset),
                        terms,
                        places: event.places.clone(),
                        returned: BTreeSet::new(),
                        label: event.label.clone(),
                    },
                );
            }
            EventKind::Paid => self.pay(number).ok_or(FoldError::Contradiction(event.offset))?,
            EventKind::Extended => {
                let terms = event.terms.ok_or(FoldError::Contradiction(event.offset))?;
                self.extend(number, terms.kept_until)
                    .ok_or(FoldError::Contradiction(event.offset))?;
            }
            EventKind::Returned => self
                .give_back(number, &event.tickets)
                .ok_or(FoldError::Contradiction(event.offset))?,
            EventKind::Canceled if event.leaves_a_hold() => {
                self.cut(number, event)
                    .ok_or(FoldError::Contradiction(event.offset))?;
            }
            EventKind::Canceled | EventKind::TimedOut => {
                self.remove(number)
                    .ok_or(FoldError::Contradiction(event.offset))?;
            }
            EventKind::Blocked
            | EventKind::Unblocked
            | EventKind::Opened
            | EventKind::Closed
            | EventKind::Changed
            | EventKind::Transferred
            | EventKind::Joined
            | EventKind::Left
            | EventKind::Offered => {}
        }
        Ok(())
    }

    /// Keeps right what is kept of the seats.
    fn fold_derived(&mut self, event: &Event) {
        if event.kind == EventKind::Changed {
            self.together = Derived::default();
            self.free = Derived::default();
            return;
        }
        let (map, labeled) = (&self.map, &self.labeled);
        if let Some(index) = self.together.get_mut() {
            index.update(&event.places.seats, |filter, seat| {
                filter.is_free(map.seat(seat), labeled, seat)
            });
        }
        if let Some(free) = self.free.get_mut() {
            for seat in &event.places.seats {
                free.note(*seat, map.seat(*seat) == Some(SeatState::Free));
            }
        }
    }

    fn insert(&mut self, number: OrderNumber, order: LiveOrder) {
        if order.phase == Phase::Held {
            self.lapses.insert((order.terms.kept_until, number));
            self.holds.insert(order.booked, number);
        }
        if let Some(code) = order.terms.code {
            *self.code_uses.entry(code).or_default() += 1;
        }
        let count = order.live_count();
        if count > 0 {
            *self.session_places.entry(order.terms.session).or_default() += count;
        }
        self.orders.insert(number, order);
    }

    fn pay(&mut self, number: OrderNumber) -> Option<()> {
        let order = self.orders.get_mut(&number)?;
        order.phase = Phase::Paid;
        self.lapses.remove(&(order.terms.kept_until, number));
        self.holds.remove(&order.booked);
        Some(())
    }

    fn extend(&mut self, number: OrderNumber, kept_until: DateTime<Utc>) -> Option<()> {
        let order = self
            .orders
            .get_mut(&number)
            .filter(|order| order.phase == Phase::Held)?;
        self.lapses.remove(&(order.terms.kept_until, number));
        order.terms.kept_until = kept_until;
        self.lapses.insert((kept_until, number));
        Some(())
    }

    /// Takes some tickets of an order back, or all of them.
    fn give_back(&mut self, number: OrderNumber, tickets: &[TicketIndex]) -> Option<()> {
        let order = self.orders.get_mut(&number)?;
        let HoldTerms { session, code, .. } = order.terms;
        let before = order.live_count();
        let fresh = tickets.iter().all(|ticket| order.returned.insert(*ticket));
        let after = order.live_count();
        if tickets.is_empty() || after == 0 {
            self.orders.remove(&number);
            self.leave(session, before);
            self.give_use_back(code);
        } else {
            self.leave(session, before - after);
        }
        fresh.then_some(())
    }

    /// Takes some places from a held order, whose tickets are numbered anew.
    fn cut(&mut self, number: OrderNumber, event: &Event) -> Option<()> {
        let order = self.orders.get_mut(&number)?;
        let (dropped, left) = order.places.part(&event.tickets);
        if order.phase != Phase::Held || dropped != event.places || left.count() == 0 {
            return None;
        }
        order.places = left;
        order.terms.total = event.terms?.total;
        let session = order.terms.session;
        self.leave(session, dropped.count());
        Some(())
    }

    fn remove(&mut self, number: OrderNumber) -> Option<()> {
        let order = self.orders.remove(&number)?;
        self.lapses.remove(&(order.terms.kept_until, number));
        self.holds.remove(&order.booked);
        self.leave(order.terms.session, order.live_count());
        self.give_use_back(order.terms.code);
        Some(())
    }

    fn give_use_back(&mut self, code: Option<CodeId>) {
        if let Some(code) = code
            && let Some(uses) = self.code_uses.get_mut(&code)
        {
            *uses = uses.saturating_sub(1);
            if *uses == 0 {
                self.code_uses.remove(&code);
            }
        }
    }

    /// Subtracts from a session's live places.
    fn leave(&mut self, session: SessionId, count: u32) {
        if let Some(places) = self.session_places.get_mut(&session) {
            *places = places.saturating_sub(count);
            if *places == 0 {
                self.session_places.remove(&session);
            }
        }
    }
}

/// Folds an event into who waits. `None` if it contradicts them.
pub fn fold_waitlist(waitlist: &mut Waitlist, event: &Event) -> Option<()> {
    match (event.kind, &event.entry) {
        (EventKind::Joined, Some(step)) => waitlist.join(step),
        (EventKind::Left, Some(step)) => waitlist.leave(step.entry, step.place),
        (EventKind::Offered, Some(step)) => {
            let places = waitlist.at(step.place)?.want.count;
            waitlist.leave(step.entry, step.place)?;
            waitlist.note_offer(event.order?, places);
            Some(())
        }
        (EventKind::Joined | EventKind::Left | EventKind::Offered, None) => None,
        (EventKind::Canceled, _) if event.leaves_a_hold() => {
            let order = event.order.filter(|order| waitlist.has_offer(*order));
            if let Some(order) = order {
                waitlist.drop_offered(order, event.places.count());
            }
            Some(())
        }
        (EventKind::Canceled | EventKind::TimedOut | EventKind::Paid, _) => {
            let order = event.order.filter(|order| waitlist.has_offer(*order));
            if let Some(order) = order {
                waitlist.note_offer(order, 0);
            }
            Some(())
        }
        _ => Some(()),
    }
}
