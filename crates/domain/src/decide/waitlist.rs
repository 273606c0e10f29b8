//! The waitlist in a batch: who joins and leaves, and that freed places go to the first whom they fit, before anybody else can ask for them.

mod line;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::booking::Chosen;
use super::changes::EntryChange;
use super::places::Kept;
use super::prices::price;
use super::queue::{BATCH_LEAVES_MAX, BATCH_OFFERS_MAX};
use super::wanted::accepts;
use super::{Change, Draft, OutOfNumbers};
use crate::command::{Booking, Command, TypedPlaces, Wish};
use crate::details::Details;
use crate::event::{EventKind, Place, Places, ZonePlaces};
use crate::id::{Offset, SessionId};
use crate::outcome::{Joined, Outcome, Refusal};
use crate::plan::{CategoryIndex, SeatIndex, ZoneIndex};
use crate::reference::OrderNumber;
use crate::together::search::FreeSeats;
use crate::waitlist::{
    EntryNumber, EntryState, EntryStep, EntryTerms, WAITLIST_ENTRIES_MAX, WAITLIST_WANTS_MAX, Waiting,
    WaitlistRules, Want,
};
use line::Walked;

impl Draft<'_> {
    /// Gives those who wait what became free since, with time or with lapsed holds.
    pub(super) fn begin_queue(&mut self, commands: &[&Command]) -> Result<(), OutOfNumbers> {
        self.queue.numbers_needed = commands.iter().filter(|command| command.needs_number()).count();
        self.queue.has_moved = true;
        self.serve_queue(None)
    }

    /// Gives those who wait what has become free, after a command.
    pub(super) fn serve_queue(&mut self, after: Option<&Command>) -> Result<(), OutOfNumbers> {
        if after.is_some_and(Command::needs_number) {
            self.queue.numbers_needed -= 1;
        }
        if !std::mem::take(&mut self.queue.has_moved) {
            return Ok(());
        }
        if self.overlay.waitlist().is_empty() && self.queue.kept.is_empty() {
            return Ok(());
        }
        self.vain_wishes.clear();
        self.queue.kept = Kept::default();
        if self.overlay.waitlist().is_empty() {
            return Ok(());
        }
        match self.show.waitlist().copied() {
            Some(rules) if self.check_sale().is_ok() => self.make_offers(&rules)?,
            _ => self.end_entries(),
        }
        self.queue.has_moved = false;
        Ok(())
    }

    fn make_offers(&mut self, rules: &WaitlistRules) -> Result<(), OutOfNumbers> {
        loop {
            let (place, places) = match self.walk_line(rules) {
                Walked::Fits(place, places) => (place, places),
                Walked::Settled(kept) => {
                    self.queue.kept = kept;
                    return Ok(());
                }
            };
            if self.queue.offers >= BATCH_OFFERS_MAX || self.numbers.left() <= self.queue.numbers_needed {
                self.queue.kept.is_all = true;
                self.changes.is_more_due = true;
                return Ok(());
            }
            let Some(waiting) = self.overlay.waitlist().at(place).cloned() else {
                return Ok(());
            };
            if self.offer(rules, place, &waiting, places)?.is_err() {
                // Its session has all that it may have by now, or the show sells nothing of the kind.
                self.end_entry(place, &waiting);
            }
            self.queue.offers += 1;
        }
    }

    /// Puts places into an order for an entry, or says why it can't have them.
    fn offer(
        &mut self,
        rules: &WaitlistRules,
        place: Offset,
        waiting: &Waiting,
        places: Places,
    ) -> Result<Result<OrderNumber, Refusal>, OutOfNumbers> {
        let wish = wish_for(&waiting.want, &places);
        let priced = self
            .check_limits(waiting.session, &wish, 0)
            .and_then(|()| price(&self.show, &places, &wish, None));
        let priced = match priced {
            Ok(priced) => priced,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let expires_at = rules.offer_ends_at(self.now, self.show.times.sale_ends_at());
        let chosen = Chosen::new(priced, places);
        let order = self
            .book_until(waiting.session, chosen, expires_at, None, None)?
            .order;
        let booked = self.overlay.offset();
        self.emit(Change {
            entry: Some(self.step(waiting.entry, place, -1, None)),
            ..Change::new(EventKind::Offered, Some(order), Places::default())
        });
        let change = self.entry_change(place, waiting);
        change.state = EntryState::Offered;
        change.order = Some((order, booked));
        Ok(Ok(order))
    }

    /// Ends entries of a show that doesn't sell.
    fn end_entries(&mut self) {
        let left = BATCH_LEAVES_MAX.saturating_sub(self.queue.ended);
        let ended: Vec<_> = { self.overlay.waitlist().iter() }
            .take(left)
            .map(|(place, waiting)| (place, waiting.clone()))
            .collect();
        self.queue.ended += ended.len();
        for (place, waiting) in ended {
            self.end_entry(place, &waiting);
        }
        self.changes.is_more_due |= !self.overlay.waitlist().is_empty();
    }

    fn end_entry(&mut self, place: Offset, waiting: &Waiting) {
        self.emit(Change {
            entry: Some(self.step(waiting.entry, place, -1, None)),
            ..Change::new(EventKind::Left, None, Places::default())
        });
        self.entry_change(place, waiting).state = EntryState::Left;
    }

    fn step(
        &self,
        entry: EntryNumber,
        place: Offset,
        more: i32,
        terms: Option<EntryTerms>,
    ) -> Box<EntryStep> {
        let entries = u32::try_from(self.overlay.waitlist().len()).unwrap_or(u32::MAX);
        Box::new(EntryStep {
            entry,
            place,
            entries: entries.saturating_add_signed(more),
            terms,
        })
    }

    /// The row of an entry that changes.
    fn entry_change(&mut self, place: Offset, waiting: &Waiting) -> &mut EntryChange {
        let change = self.queue.changes.entry(waiting.entry);
        let change = change.or_insert_with(|| EntryChange {
            entry: waiting.entry,
            from: Some(place),
            place,
            session: waiting.session,
            want: None,
            state: EntryState::Waiting,
            order: None,
            details: None,
        });
        change.place = place;
        change
    }

    pub(super) fn join(&mut self, session: SessionId, want: &Want, details: Option<Arc<Details>>) -> Outcome {
        if let Err(refusal) = self.check_join(session, want, details.as_deref()) {
            return Outcome::Refused(refusal);
        }
        self.count_email(want.count, details.as_deref());
        let place = self.overlay.offset().next();
        let entry = EntryNumber(place.0);
        let waiting = Waiting {
            entry,
            session,
            want: Arc::new(want.clone()),
        };
        // What others are offered and what is kept stays, but somebody new may collect.
        let is_new = !self.overlay.waitlist().is_wanted(want);
        self.put_in_line(place, &waiting, 1);
        let change = self.entry_change(place, &waiting);
        change.from = None;
        change.want = Some(want.clone());
        change.details = details;
        self.queue.has_moved |= is_new;
        Outcome::Joined(Joined {
            entry,
            place,
            at: self.now,
            want: want.clone(),
            standing: Some(self.overlay.waitlist().standing(place, want)),
        })
    }

    fn put_in_line(&mut self, place: Offset, waiting: &Waiting, more: i32) {
        let terms = EntryTerms {
            session: waiting.session,
            want: Want::clone(&waiting.want),
        };
        self.emit(Change {
            entry: Some(self.step(waiting.entry, place, more, Some(terms))),
            ..Change::new(EventKind::Joined, None, Places::default())
        });
    }

    fn check_join(
        &mut self,
        session: SessionId,
        want: &Want,
        details: Option<&Details>,
    ) -> Result<(), Refusal> {
        self.check_booking(Booking::Public)?;
        let waitlist = self.overlay.waitlist();
        if let Some(entry) = waitlist.of_session(session) {
            return Err(Refusal::WaitsAlready(entry));
        }
        if waitlist.len() >= WAITLIST_ENTRIES_MAX {
            return Err(Refusal::WaitlistFull(limit(WAITLIST_ENTRIES_MAX)));
        }
        self.check_want(session, want)?;
        self.check_email(want.count, details, Booking::Public, 0)?;
        // Whoever wants the same has been waiting for it.
        if self.overlay.waitlist().is_wanted(want) {
            return Ok(());
        }
        self.read_free_seats_for(want);
        match self.find_wanted(want, &self.queue.kept) {
            Some(_) if !self.queue.kept.is_all => Err(Refusal::PlacesFree),
            _ => Ok(()),
        }
    }

    /// Whether the show could ever have what an entry wants.
    fn check_want(&self, session: SessionId, want: &Want) -> Result<(), Refusal> {
        let rules = self.show.waitlist().ok_or(Refusal::NoWaitlist)?;
        let places_max = rules.entry_places_max.min(self.show.order_places_max);
        if want.count > places_max {
            return Err(Refusal::OrderLimit(places_max));
        }
        let others = self.overlay.session_places(session);
        if others.saturating_add(want.count) > self.show.session_places_max {
            return Err(Refusal::SessionLimit(self.show.session_places_max));
        }
        let waitlist = self.overlay.waitlist();
        if waitlist.is_wanted(want) {
            return Ok(());
        }
        if waitlist.wants_count() >= WAITLIST_WANTS_MAX {
            return Err(Refusal::WaitlistTooVaried(limit(WAITLIST_WANTS_MAX)));
        }
        let count = want.count as usize;
        let seats = self.show.plan.order().iter();
        let seats = seats.filter(|seat| accepts(&self.show, want, Place::Seat(**seat)));
        let zones = (0..).map(ZoneIndex).take(self.show.plan.zones().len());
        let mut zones = zones.filter(|zone| accepts(&self.show, want, Place::Zone(*zone)));
        let has_enough =
            seats.take(count).count() == count || zones.any(|zone| self.overlay.capacity(zone) >= want.count);
        let is_in_quota = rules.places_max.is_none_or(|max| want.count <= max);
        match has_enough && is_in_quota {
            true => Ok(()),
            false => Err(Refusal::NoSuchPlaces),
        }
    }

    pub(super) fn change_want(&mut self, entry: EntryNumber, want: &Want) -> Result<Outcome, OutOfNumbers> {
        let Some((place, waiting)) = self.waiting(entry) else {
            return Ok(Outcome::Refused(Refusal::EntryNotWaiting));
        };
        let checked = self.check_booking(Booking::Public);
        if let Err(refusal) = checked.and_then(|()| self.check_want(waiting.session, want)) {
            return Ok(Outcome::Refused(refusal));
        }
        if *waiting.want != *want {
            let changed = Waiting {
                want: Arc::new(want.clone()),
                ..waiting.clone()
            };
            if want.is_more_than(&waiting.want) {
                self.end_entry(place, &waiting);
                let place = self.overlay.offset().next();
                self.put_in_line(place, &changed, 1);
                self.entry_change(place, &changed).state = EntryState::Waiting;
            } else {
                self.put_in_line(place, &changed, 0);
            }
            let place = self
                .overlay
                .waitlist()
                .entry(entry)
                .map_or(place, |(place, _)| place);
            self.entry_change(place, &changed).want = Some(want.clone());
            self.queue.has_moved = true;
            self.serve_queue(None)?;
        }
        let waitlist = self.overlay.waitlist();
        let now = waitlist.entry(entry).map(|(place, _)| place);
        Ok(Outcome::Joined(Joined {
            entry,
            place: now.unwrap_or(place),
            at: self.now,
            want: want.clone(),
            standing: now.map(|place| waitlist.standing(place, want)),
        }))
    }

    pub(super) fn leave_waitlist(&mut self, entry: EntryNumber) -> Outcome {
        match self.waiting(entry) {
            Some((place, waiting)) => {
                self.end_entry(place, &waiting);
                Outcome::Left(entry)
            }
            None => Outcome::Refused(Refusal::EntryNotWaiting),
        }
    }

    pub(super) fn offer_out_of_turn(&mut self, entry: EntryNumber) -> Result<Outcome, OutOfNumbers> {
        let Some((place, waiting)) = self.waiting(entry) else {
            return Ok(Outcome::Refused(Refusal::EntryNotWaiting));
        };
        let Some(rules) = self.show.waitlist().copied() else {
            return Ok(Outcome::Refused(Refusal::NoWaitlist));
        };
        if let Err(refusal) = self.check_sale() {
            return Ok(Outcome::Refused(refusal));
        }
        self.read_free_seats();
        let Some(places) = self.find_wanted(&waiting.want, &Kept::default()) else {
            return Ok(Outcome::Refused(Refusal::NothingFits));
        };
        Ok(match self.offer(&rules, place, &waiting, places)? {
            Ok(order) => Outcome::Offered { entry, order },
            Err(refusal) => Outcome::Refused(refusal),
        })
    }

    fn waiting(&self, entry: EntryNumber) -> Option<(Offset, Waiting)> {
        let (place, waiting) = self.overlay.waitlist().entry(entry)?;
        Some((place, waiting.clone()))
    }

    /// Reads the free seats of all categories that somebody waits for, unless they are known.
    fn read_free_seats(&mut self) {
        self.read_free_seats_of(self.waited_for());
    }

    fn read_free_seats_for(&mut self, want: &Want) {
        self.read_free_seats_of(self.seat_categories(want).collect());
    }

    /// The categories of seats that somebody waits for.
    fn waited_for(&self) -> BTreeSet<CategoryIndex> {
        let wants = self.overlay.waitlist().wants();
        wants.flat_map(|(_, want)| self.seat_categories(want)).collect()
    }

    fn seat_categories(&self, want: &Want) -> impl Iterator<Item = CategoryIndex> + use<> {
        let is_of_seats = want.zone.is_none();
        self.wanted_categories(want).filter(move |_| is_of_seats)
    }

    fn read_free_seats_of(&mut self, mut wanted: BTreeSet<CategoryIndex>) {
        if self.queue.free.as_ref().is_some_and(|known| known.has(&wanted)) {
            return;
        }
        wanted.extend(self.waited_for());
        self.queue.free = Some(self.overlay.free_by_category(&self.show, &wanted));
    }

    /// Whether anything is kept from the public.
    pub(super) fn has_kept(&self) -> bool {
        !self.queue.kept.is_empty()
    }

    /// Refuses places that are kept for those who wait.
    pub(super) fn check_not_kept(&self, places: &Places) -> Result<(), Refusal> {
        if self.queue.kept.is_empty() {
            return Ok(());
        }
        let seats: Vec<SeatIndex> = { places.seats.iter().copied() }
            .filter(|seat| self.is_kept(*seat))
            .collect();
        let zones = places.zones.iter().filter_map(|part| {
            let zone = part.zone;
            let free = self.overlay.zone(zone).free(self.overlay.capacity(zone));
            let count = match self.queue.kept.is_all && self.is_waited_for(Place::Zone(zone)) {
                true => 0,
                false => free.saturating_sub(self.queue.kept.of_zone(zone)),
            };
            (part.count > count).then_some(ZonePlaces { zone, count })
        });
        let zones: Vec<ZonePlaces> = zones.collect();
        match seats.is_empty() && zones.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Waitlisted { seats, zones }),
        }
    }

    pub(super) fn is_kept(&self, seat: SeatIndex) -> bool {
        let kept = &self.queue.kept;
        kept.seats.contains(&seat) || kept.is_all && self.is_waited_for(Place::Seat(seat))
    }

    fn is_waited_for(&self, place: Place) -> bool {
        let mut wants = self.overlay.waitlist().wants();
        wants.any(|(_, want)| accepts(&self.show, want, place))
    }

    /// Free seats without those that are kept.
    pub(super) fn beside_kept<'a>(&self, free: FreeSeats<'a>) -> FreeSeats<'a> {
        match self.queue.kept.is_all {
            true => {
                let all = self.show.plan.order().iter().copied();
                free.without(all.filter(|seat| self.is_kept(*seat)))
            }
            false => free.without(self.queue.kept.seats.iter().copied()),
        }
    }
}

/// What an order is asked to be, of places that fit what somebody wants.
fn wish_for(want: &Want, places: &Places) -> Wish {
    let typed = want.ticket_types.iter().map(|typed| {
        let zones = places.zones.iter().map(|part| ZonePlaces {
            zone: part.zone,
            count: typed.count,
        });
        TypedPlaces {
            ticket_type: typed.ticket_type.clone(),
            places: Places {
                seats: Vec::new(),
                zones: zones.collect(),
            },
            together: if places.zones.is_empty() { typed.count } else { 0 },
        }
    });
    Wish {
        places: places.clone(),
        ticket_types: typed.collect(),
        ..Wish::default()
    }
}

fn limit(max: usize) -> u32 {
    u32::try_from(max).unwrap_or(u32::MAX)
}
