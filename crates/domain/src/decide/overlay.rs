//! A show as the commands before have left it: the state in memory, which is not touched, and what this batch changes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::changes::{SeatCell, SeatChange, ZoneChange};
use crate::code::CodeId;
use crate::event::{Event, EventKind, Places, TermsChange, ZonePlaces};
use crate::free_by_category::FreeByCategory;
use crate::id::{Offset, SessionId};
use crate::labeled::{LabelChange, Labeled, fold_labels, label_changes};
use crate::plan::{CategoryIndex, SeatIndex, ZoneIndex};
use crate::reference::{OrderNumber, TicketIndex};
use crate::seat_map::{Sale, SeatState, ZoneCount};
use crate::show::Show;
use crate::state::{LiveOrder, ShowState, fold_waitlist};
use crate::together::Filter;
use crate::together::index::Index;
use crate::together::layout::Layout;
use crate::together::line::Line;
use crate::together::search::FreeSeats;
use crate::waitlist::Waitlist;

/// The base and what is laid over it.
pub struct Overlay<'a> {
    base: &'a ShowState,
    /// The last event decided on.
    offset: Offset,
    sale: Sale,
    seats: BTreeMap<SeatIndex, SeatChange>,
    /// The free seats as those look for them who want some together, once there are such.
    together: Option<Index>,
    zones: BTreeMap<ZoneIndex, ZoneChange>,
    /// How many seats have a number.
    seat_count: usize,
    /// Zones whose capacity has become another one.
    capacities: BTreeMap<ZoneIndex, u32>,
    /// Orders of the base that have ended in this batch.
    ended: HashSet<OrderNumber>,
    /// All tickets that were given back by now of orders of which some were in this batch.
    returned: HashMap<OrderNumber, BTreeSet<TicketIndex>>,
    /// Live places of sessions that gained or lost some.
    session_places: HashMap<SessionId, u32>,
    /// Live orders of codes that gained or lost some.
    code_uses: HashMap<CodeId, u32>,
    /// Labels of blocked places, once some have changed.
    labeled: Option<Labeled>,
    /// Who waits, once that has changed.
    waitlist: Option<Waitlist>,
}

impl<'a> Overlay<'a> {
    /// Nothing is changed yet.
    pub fn new(base: &'a ShowState) -> Self {
        Self {
            base,
            offset: base.offset(),
            sale: base.map().sale,
            seats: BTreeMap::new(),
            together: None,
            seat_count: base.map().seats.len(),
            zones: BTreeMap::new(),
            capacities: BTreeMap::new(),
            ended: HashSet::default(),
            returned: HashMap::default(),
            session_places: HashMap::default(),
            code_uses: HashMap::default(),
            labeled: None,
            waitlist: None,
        }
    }

    /// The last event decided on.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Whether the show sells.
    pub fn sale(&self) -> Sale {
        self.sale
    }

    /// The state of one seat; `None` for a seat that the show has no number for.
    pub fn seat(&self, seat: SeatIndex) -> Option<SeatState> {
        let known = match self.seats.get(&seat) {
            Some(change) => Some(change.to.state),
            None => self.base.map().seat(seat),
        };
        // What has come with another plan in this batch is free.
        known.or_else(|| ((seat.0 as usize) < self.seat_count).then_some(SeatState::Free))
    }

    /// The free seats of these categories.
    pub fn free_by_category(&self, show: &Show, categories: &BTreeSet<CategoryIndex>) -> FreeByCategory {
        if self.base.map().revision != show.revision {
            let mut free = FreeByCategory::of_plan(show.plan.clone());
            free.read(categories, &self.all_seats());
            return free;
        }
        let mut free = self.base.free_by_category(show, categories);
        for (seat, change) in &self.seats {
            free.note(*seat, change.to.state == SeatState::Free);
        }
        free
    }

    fn all_seats(&self) -> Vec<SeatState> {
        let mut states = self.base.map().seats.clone();
        states.resize(self.seat_count, SeatState::Free);
        for (seat, change) in &self.seats {
            if let Some(state) = states.get_mut(seat.0 as usize) {
                *state = change.to.state;
            }
        }
        states
    }

    /// The free seats that a wish is about.
    pub fn free_seats<'s>(&mut self, show: &'s Show, filter: &Filter) -> FreeSeats<'s> {
        let filter = filter.plain(show);
        let has_accessible = filter.has_accessible;
        let index = self.together.take().filter(|index| index.is_of(show));
        let mut index = index.unwrap_or_else(|| self.new_index(show));
        let line = match index.line(&filter) {
            Some(line) => line.clone(),
            None => {
                let line = self.make_line(show, &index, &filter);
                index.keep(filter, line.clone());
                line
            }
        };
        let layout = index.layout().clone();
        self.together = Some(index);
        FreeSeats {
            plan: &show.plan,
            layout,
            line,
            has_accessible,
        }
    }

    /// Where the seats of the plan stand.
    pub fn layout(&self, show: &Show) -> Arc<Layout> {
        match &self.together {
            Some(index) if index.is_of(show) => index.layout().clone(),
            _ => self.new_index(show).layout().clone(),
        }
    }

    fn new_index(&self, show: &Show) -> Index {
        if self.base.map().revision != show.revision {
            return Index::new(show);
        }
        let mut kept = self.base.together().lock();
        let kept = kept.get_or_insert_with(|| Index::new(show));
        Index::with_layout(show, kept.layout().clone())
    }

    /// The state keeps what it is asked for, for other batches; this one's changes are made to a copy.
    fn make_line(&self, show: &Show, index: &Index, filter: &Filter) -> Arc<Line> {
        let is_free = |seat| self.is_free(filter, seat);
        if self.base.map().revision != show.revision {
            return Arc::new(index.make(show, filter, is_free));
        }
        let mut line = self.base.line_of(show, filter);
        for seat in self.seats.keys() {
            let (place, is_free) = (index.layout().place(*seat), is_free(*seat));
            if let Some(place) = place.filter(|place| line.differs(*place, is_free)) {
                Arc::make_mut(&mut line).set(place, is_free);
            }
        }
        line
    }

    fn is_free(&self, filter: &Filter, seat: SeatIndex) -> bool {
        filter.is_free(self.seat(seat), self.labeled(), seat)
    }

    /// The places of one zone that are not for sale.
    pub fn zone(&self, zone: ZoneIndex) -> ZoneCount {
        match self.zones.get(&zone) {
            Some(change) => change.to,
            None => self.base_zone(zone),
        }
    }

    /// How many places a zone has.
    pub fn capacity(&self, zone: ZoneIndex) -> u32 {
        let changed = self.capacities.get(&zone).copied();
        changed.unwrap_or_else(|| self.base.map().capacity(zone))
    }

    /// An order of the base that is still live. Orders made in this batch are known to nobody yet.
    pub fn order(&self, number: OrderNumber) -> Option<&'a LiveOrder> {
        self.base.order(number).filter(|_| !self.ended.contains(&number))
    }

    /// The tickets of an order of the base that were given back by now.
    pub fn returned(&self, number: OrderNumber) -> Cow<'_, BTreeSet<TicketIndex>> {
        let of_base = || self.base.order(number).map(|order| &order.returned);
        let returned = self.returned.get(&number).or_else(of_base);
        returned.map_or_else(Cow::default, Cow::Borrowed)
    }

    /// The offset at which an order of the base was first booked.
    pub fn booked(&self, number: OrderNumber) -> Option<Offset> {
        self.base.order(number).map(|order| order.booked)
    }

    /// Whether an order of the base has ended in this batch.
    pub fn has_ended(&self, number: OrderNumber) -> bool {
        self.ended.contains(&number)
    }

    /// Live places of a session.
    pub fn session_places(&self, session: SessionId) -> u32 {
        match self.session_places.get(&session) {
            Some(places) => *places,
            None => self.base.session_places(session),
        }
    }

    /// Live orders that were made with a code.
    pub fn code_uses(&self, code: CodeId) -> u32 {
        let changed = self.code_uses.get(&code).copied();
        changed.unwrap_or_else(|| self.base.code_uses(code))
    }

    /// Counts one more live order of a code, or one less.
    fn count_use(&mut self, kind: EventKind, code: CodeId) {
        let before = self.code_uses(code);
        let after = match kind {
            EventKind::Booked => before.saturating_add(1),
            EventKind::Canceled | EventKind::TimedOut | EventKind::Returned => before.saturating_sub(1),
            _ => return,
        };
        self.code_uses.insert(code, after);
    }

    /// Lays one more event over the base. `session` is whose order it is about, and `code` the one that it was made with, if all of it
    /// begins or ends.
    pub fn lay(&mut self, event: &Event, session: Option<SessionId>, code: Option<CodeId>) {
        self.offset = event.offset;
        match event.kind {
            EventKind::Opened => self.sale = Sale::Open,
            EventKind::Closed => self.sale = Sale::Closed,
            _ => {}
        }
        if let Some((from, to)) = seat_step(event.kind, event.order) {
            for seat in &event.places.seats {
                let change = SeatChange {
                    seat: *seat,
                    from,
                    to,
                };
                self.seats.entry(*seat).or_insert(change).to = to;
            }
        }
        for part in &event.places.zones {
            self.lay_zone(event.kind, part);
        }
        if let Some(change) = &event.change {
            self.lay_change(change);
        }
        if let Some(order) = event.order {
            self.lay_end(event, order);
        }
        let changes_labels = event.label.is_some() || !self.labeled().seats.is_empty();
        if changes_labels && matches!(event.kind, EventKind::Blocked | EventKind::Unblocked) {
            let labeled = self.labeled.get_or_insert_with(|| self.base.labeled().clone());
            // What a decision takes from a label has been looked at before.
            let _enough = fold_labels(labeled, event);
        }
        if let Some(mut index) = self.together.take() {
            index.update(&event.places.seats, |filter, seat| self.is_free(filter, seat));
            self.together = Some(index);
        }
        if event.entry.is_some() || event.order.is_some_and(|order| self.waitlist().has_offer(order)) {
            let waitlist = self.waitlist.get_or_insert_with(|| self.base.waitlist().clone());
            // What a decision says of an entry has been looked at before.
            let _known = fold_waitlist(waitlist, event);
        }
        if let Some(session) = session {
            self.count_places(event.kind, session, &event.places);
        }
        if let Some(code) = code {
            self.count_use(event.kind, code);
        }
    }

    fn lay_end(&mut self, event: &Event, order: OrderNumber) {
        let is_over = match event.kind {
            EventKind::Canceled | EventKind::TimedOut => true,
            EventKind::Returned => {
                let mut returned = self.returned(order).into_owned();
                returned.extend(&event.tickets);
                let tickets = self
                    .base
                    .order(order)
                    .map_or(0, |live| live.places.count() as usize);
                let is_over = returned.len() >= tickets;
                self.returned.insert(order, returned);
                is_over
            }
            _ => false,
        };
        if is_over {
            self.ended.insert(order);
        }
    }

    /// Blocked places that have a label.
    pub fn labeled(&self) -> &Labeled {
        self.labeled.as_ref().unwrap_or_else(|| self.base.labeled())
    }

    /// Who waits.
    pub fn waitlist(&self) -> &Waitlist {
        self.waitlist.as_ref().unwrap_or_else(|| self.base.waitlist())
    }

    /// The labels that differ from those of the base.
    pub fn label_changes(&self) -> Vec<LabelChange> {
        let changed = self.labeled.as_ref();
        changed.map_or_else(Vec::new, |after| label_changes(self.base.labeled(), after))
    }

    /// The rows that differ from the base.
    pub fn into_changes(mut self) -> (Vec<SeatChange>, Vec<ZoneChange>) {
        for (zone, capacity) in std::mem::take(&mut self.capacities) {
            let is_new = capacity != self.base.map().capacity(zone);
            self.zone_change(zone).capacity = is_new.then_some(capacity);
        }
        let seats = self.seats.into_values().filter(|change| change.from != change.to);
        let differs = |change: &ZoneChange| change.from != change.to || change.capacity.is_some();
        let zones = self.zones.into_values().filter(differs);
        (seats.collect(), zones.collect())
    }

    fn zone_change(&mut self, zone: ZoneIndex) -> &mut ZoneChange {
        let from = self.base_zone(zone);
        self.zones.entry(zone).or_insert(ZoneChange {
            zone,
            from,
            to: from,
            capacity: None,
        })
    }

    fn lay_change(&mut self, change: &TermsChange) {
        for part in &change.capacities {
            self.capacities.insert(part.zone, part.capacity);
        }
        let last = change.seats.added.last();
        self.seat_count = self.seat_count.max(last.map_or(0, |seat| seat.0 as usize + 1));
    }

    fn lay_zone(&mut self, kind: EventKind, part: &ZonePlaces) {
        let ZoneCount { held, sold, blocked } = &mut self.zone_change(part.zone).to;
        match kind {
            EventKind::Booked => *held = held.saturating_add(part.count),
            EventKind::Canceled | EventKind::TimedOut => *held = held.saturating_sub(part.count),
            EventKind::Paid => {
                *held = held.saturating_sub(part.count);
                *sold = sold.saturating_add(part.count);
            }
            EventKind::Returned => *sold = sold.saturating_sub(part.count),
            EventKind::Blocked => *blocked = blocked.saturating_add(part.count),
            EventKind::Unblocked => *blocked = blocked.saturating_sub(part.count),
            EventKind::Opened
            | EventKind::Closed
            | EventKind::Extended
            | EventKind::Changed
            | EventKind::Transferred
            | EventKind::Joined
            | EventKind::Left
            | EventKind::Offered => {}
        }
    }

    fn count_places(&mut self, kind: EventKind, session: SessionId, places: &Places) {
        let before = self.session_places(session);
        let after = match kind {
            EventKind::Booked => before.saturating_add(places.count()),
            EventKind::Canceled | EventKind::TimedOut | EventKind::Returned => {
                before.saturating_sub(places.count())
            }
            _ => return,
        };
        self.session_places.insert(session, after);
    }

    fn base_zone(&self, zone: ZoneIndex) -> ZoneCount {
        let zones = &self.base.map().zones;
        zones.get(usize::from(zone.0)).copied().unwrap_or_default()
    }
}

/// What an event expects of a seat's row and what it makes of it.
fn seat_step(kind: EventKind, order: Option<OrderNumber>) -> Option<(SeatCell, SeatCell)> {
    let cell = |state, order| SeatCell { state, order };
    let free = cell(SeatState::Free, None);
    let held = cell(SeatState::Held, order);
    let sold = cell(SeatState::Sold, order);
    let blocked = cell(SeatState::Blocked, None);
    match kind {
        EventKind::Booked => Some((free, held)),
        EventKind::Canceled | EventKind::TimedOut => Some((held, free)),
        EventKind::Paid => Some((held, sold)),
        EventKind::Returned => Some((sold, free)),
        EventKind::Blocked => Some((free, blocked)),
        EventKind::Unblocked => Some((blocked, free)),
        EventKind::Opened
        | EventKind::Closed
        | EventKind::Extended
        | EventKind::Changed
        | EventKind::Transferred
        | EventKind::Joined
        | EventKind::Left
        | EventKind::Offered => None,
    }
}
