//! The decision about a batch: given a show's state and the instant, what becomes of each waiting command.
//!
//! Pure and sequential: each command sees what the ones before it did, laid over a state that is not touched. The
//! result is a set of row changes that state what they expect, so that the database refuses whatever this code got
//! wrong. Their events are folded into the state after the commit, by the same fold as other nodes' events.

mod booking;
mod changes;
mod drop;
mod emails;
mod exchange;
mod known;
mod lone_seat;
mod money;
mod overlay;
mod places;
mod prices;
mod purse;
mod queue;
mod tables;
mod terms;
mod together;
mod transfer;
mod waitlist;
mod wanted;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::code::{CodeId, KnownCode};
use super::command::{Booking, Command, Wish};
use super::event::{Event, EventKind, HoldTerms, Places, TermsChange, ZonePlaces};
use super::id::{Offset, SessionId};
use super::label::Label;
use super::outcome::{Decision, Outcome, Refusal};
use super::plan::{SeatIndex, ZoneIndex};
use super::reference::{OrderNumber, TicketIndex};
use super::seat_map::{Sale, SeatState};
use super::show::{ORDER_PLACES_MAX, Show};
use super::state::{LiveOrder, Phase, ShowState};
use super::together::{FallBack, Wish as TogetherWish};
use super::waitlist::EntryStep;
use overlay::Overlay;
use purse::Purse;
use queue::Queue;

pub use queue::BATCH_OFFERS_MAX;

pub use changes::{
    Changes, CreditChange, EntryChange, NewOrder, NewPayment, OrderChange, OrderCut, OrderNumbers, OrderStep,
    PaymentBegin, PaymentChange, PaymentStep, Return, ReturnEnd, SeatCell, SeatChange, TicketTransfer,
    ZoneChange,
};
pub use known::{KnownCredit, KnownOrder, KnownPayment, KnownRows, OrderState};

/// Most holds that one batch lets lapse; when more are due, the commands wait for a further batch.
pub const BATCH_LAPSES_MAX: usize = 2_000;

/// Fewer order numbers were set aside than there are holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfNumbers;

/// Lets due holds lapse and then carries the `commands` out in order, at the instant `now` of the database's clock. `show` is the
/// revision of its terms that the state names.
pub fn decide<'a>(
    show: &Arc<Show>,
    state: &ShowState,
    known: &KnownRows,
    numbers: &mut OrderNumbers,
    now: DateTime<Utc>,
    commands: impl IntoIterator<Item = &'a Command>,
) -> Result<Changes, OutOfNumbers> {
    let commands: Vec<&Command> = commands.into_iter().collect();
    let mut draft = Draft {
        show: show.clone(),
        known,
        overlay: Overlay::new(state),
        numbers,
        now,
        changes: Changes::default(),
        vain_wishes: Vec::new(),
        largest_group: None,
        purse: Purse::new(known),
        email_places: HashMap::new(),
        queue: Queue::default(),
    };
    let lapses = draft.let_holds_lapse(state);
    draft.begin_queue(&commands)?;
    if lapses == Lapses::AllDone {
        for command in commands {
            let decision = draft.carry_out(command)?;
            draft.changes.decisions.push(decision);
            draft.serve_queue(Some(command))?;
        }
    }
    Ok(draft.finish())
}

#[derive(PartialEq, Eq)]
enum Lapses {
    AllDone,
    MoreDue,
}

struct Draft<'a> {
    /// At the terms that are in force at this command.
    show: Arc<Show>,
    known: &'a KnownRows,
    overlay: Overlay<'a>,
    numbers: &'a mut OrderNumbers,
    now: DateTime<Utc>,
    changes: Changes,
    /// Wishes for seats together, with all that is searched long, that found none since seats last became free.
    vain_wishes: Vec<TogetherWish>,
    /// How many could sit side by side, if the command at hand wants more.
    largest_group: Option<u32>,
    purse: Purse<'a>,
    /// Places that buyers of these addresses have got in this batch.
    email_places: HashMap<String, u32>,
    /// What this batch knows of the waitlist.
    queue: Queue,
}

impl<'a> Draft<'a> {
    fn let_holds_lapse(&mut self, state: &ShowState) -> Lapses {
        let mut due = state.lapsed(self.now);
        for order in due.by_ref().take(BATCH_LAPSES_MAX) {
            self.release(order, EventKind::TimedOut, OrderStep::TimeOut);
        }
        match due.next() {
            None => Lapses::AllDone,
            Some(_) => Lapses::MoreDue,
        }
    }

    fn carry_out(&mut self, command: &Command) -> Result<Decision, OutOfNumbers> {
        let outcome = match command {
            Command::Hold {
                session,
                wish,
                details,
                booking,
            } => self.hold(*session, wish, details.clone(), *booking)?,
            Command::Join {
                session,
                want,
                details,
            } => self.join(*session, want, details.clone()),
            Command::ChangeWant { entry, want } => self.change_want(*entry, want)?,
            Command::Leave { entry } => self.leave_waitlist(*entry),
            Command::Offer { entry } => self.offer_out_of_turn(*entry)?,
            Command::Abort { order } => self.abort(*order),
            Command::Drop { order, places } => self.drop_places(*order, places),
            Command::Exchange(exchange) => self.exchange(exchange)?,
            Command::Pay {
                session,
                order,
                tender,
            } => self.pay(*session, *order, tender),
            Command::BeginPayment { order, tender } => self.begin_payment(*order, tender),
            Command::ConfirmPayment {
                order,
                payment,
                reference,
            } => return Ok(self.confirm_payment(*order, *payment, reference.clone())),
            Command::RejectPayment {
                order,
                payment,
                decline,
            } => return Ok(self.reject_payment(*order, *payment, decline)),
            Command::GiveUpPayment { order, payment } => return Ok(self.give_up_payment(*order, *payment)),
            Command::WithdrawPayment { order, payment } => {
                return Ok(self.withdraw_payment(*order, *payment));
            }
            Command::Return {
                order,
                tickets,
                by,
                refund,
            } => self.give_back(*order, tickets, *by, *refund),
            Command::Transfer {
                order,
                ticket,
                transfers,
                by,
                attendee,
            } => self.transfer(*order, (*ticket, *transfers), *by, attendee.clone()),
            Command::Block { places, label } => match self.check_block(places) {
                Ok(()) => {
                    self.block(places.clone(), label.as_ref());
                    Outcome::Blocked(places.clone())
                }
                Err(refusal) => Outcome::Refused(refusal),
            },
            Command::Unblock { places, label } => match self.places_not_blocked(places, label.as_ref()) {
                None => {
                    self.unblock(places.clone(), label.as_ref());
                    Outcome::Unblocked(places.clone())
                }
                Some(wrong) => Outcome::Refused(Refusal::SeatsNotBlocked(wrong)),
            },
            Command::Open if self.known.is_canceled => Outcome::Refused(Refusal::ShowCanceled),
            Command::Open => {
                self.publish();
                self.turn(Sale::Open);
                Outcome::Opened
            }
            Command::Close => {
                self.turn(Sale::Closed);
                Outcome::Closed
            }
            Command::Change { base, terms, sale } => self.change_terms(*base, terms.as_ref(), *sale),
        };
        Ok(Decision {
            largest_group: self.largest_group.take(),
            ..self.decision(outcome)
        })
    }

    /// An outcome with the offset that the journal has now.
    fn decision(&self, outcome: Outcome) -> Decision {
        Decision {
            outcome,
            offset: self.overlay.offset(),
            largest_group: None,
        }
    }

    /// Whether anything can be booked so.
    fn check_booking(&self, booking: Booking) -> Result<(), Refusal> {
        match booking {
            Booking::Public => self.check_sale(),
            Booking::House | Booking::Free if self.known.is_canceled => Err(Refusal::ShowCanceled),
            Booking::House | Booking::Free if self.show.is_draft => Err(Refusal::ShowClosed),
            Booking::House | Booking::Free => Ok(()),
        }
    }

    /// The places that a wish comes to, of somebody who may book: free ones, or those that are kept under a label.
    fn choose_places(
        &mut self,
        session: SessionId,
        wish: &Wish,
        booking: Booking,
        label: Option<&Label>,
        spared: u32,
    ) -> Result<(Places, Option<FallBack>), Refusal> {
        match booking {
            Booking::Public => self.check_limits(session, wish, spared)?,
            Booking::House | Booking::Free if wish.count() > ORDER_PLACES_MAX => {
                return Err(Refusal::OrderLimit(ORDER_PLACES_MAX));
            }
            Booking::House | Booking::Free => {}
        }
        match label {
            Some(label) => self.check_labeled(&wish.places, label)?,
            None => {
                if let Some(Places { seats, zones }) = self.places_not_free(&wish.places) {
                    return Err(Refusal::PlacesTaken { seats, zones });
                }
                if booking == Booking::Public {
                    self.check_not_kept(&wish.places)?;
                }
            }
        }
        let mut places = wish.places.clone();
        let mut fall_back = None;
        if let Some(together) = &wish.together {
            let owner = (booking == Booking::Public).then_some(session);
            let found = self.find_together(together, label, owner)?;
            (places.seats, fall_back) = (found.seats, found.fall_back);
        }
        Ok((places, fall_back))
    }

    fn check_block(&self, places: &Places) -> Result<(), Refusal> {
        match self.places_not_free(places) {
            None => self.check_lone_seats(&places.seats, &[]),
            Some(wrong) => Err(Refusal::SeatsNotFree(wrong)),
        }
    }

    fn check_limits(&self, session: SessionId, wish: &Wish, spared: u32) -> Result<(), Refusal> {
        let wanted = wish.count();
        if wanted > self.show.order_places_max {
            return Err(Refusal::OrderLimit(self.show.order_places_max));
        }
        let others = self.overlay.session_places(session).saturating_sub(spared);
        if others.saturating_add(wanted) > self.show.session_places_max {
            return Err(Refusal::SessionLimit(self.show.session_places_max));
        }
        Ok(())
    }

    /// Refuses places that are not all kept under a label. Others may be free for anybody, but not by this way.
    fn check_labeled(&self, places: &Places, label: &Label) -> Result<(), Refusal> {
        let Some(Places { seats, zones }) = self.overlay.labeled().without(places, label) else {
            return Ok(());
        };
        let is_free = |seat: &SeatIndex| self.overlay.seat(*seat) == Some(SeatState::Free);
        Err(match seats.iter().any(is_free) {
            true => Refusal::CodeNotForThese,
            false => Refusal::PlacesTaken { seats, zones },
        })
    }

    fn block(&mut self, places: Places, label: Option<&Label>) {
        self.emit(Change {
            label: label.cloned(),
            ..Change::new(EventKind::Blocked, None, places)
        });
    }

    fn unblock(&mut self, places: Places, label: Option<&Label>) {
        self.emit(Change {
            label: label.cloned(),
            ..Change::new(EventKind::Unblocked, None, places)
        });
    }

    /// Keeps places again for whom they were kept before an order had them.
    fn keep_again(&mut self, places: &Places, label: Option<&Label>) {
        if label.is_some() {
            self.block(places.clone(), label);
        }
    }

    /// The code that the buyer has entered, if it is good now.
    fn find_code(&self, wish: &Wish) -> Result<Option<&'a KnownCode>, Refusal> {
        let Some(word) = &wish.code else { return Ok(None) };
        let known: &'a KnownRows = self.known;
        let code = known.code(word).ok_or(Refusal::CodeUnknown)?;
        let ends = [code.ended_at, code.valid_until];
        if let Some(end) = ends.into_iter().flatten().find(|end| self.now >= *end) {
            return Err(Refusal::CodeEnded(end));
        }
        match code.valid_from {
            Some(begin) if self.now < begin => Err(Refusal::CodeNotValidYet(begin)),
            _ if self.is_used_up(code) => Err(Refusal::CodeUsedUp),
            _ => Ok(Some(code)),
        }
    }

    /// Whether as many orders have a code as may.
    fn is_used_up(&self, code: &KnownCode) -> bool {
        let uses = self.overlay.code_uses(code.id);
        code.uses_max.is_some_and(|max| uses >= max)
    }

    fn check_sale(&self) -> Result<(), Refusal> {
        if self.overlay.sale() == Sale::Closed || self.show.is_draft {
            return Err(Refusal::ShowClosed);
        }
        let (begin, end) = (self.show.times.on_sale_at, self.show.times.sale_ends_at());
        match begin {
            Some(begin) if self.now < begin => Err(Refusal::NotOnSaleYet(begin)),
            _ if self.now >= end => Err(Refusal::SaleEnded(end)),
            _ => Ok(()),
        }
    }

    /// The seats among these that are not free, and the zones with fewer free places than these, with the count of those.
    fn places_not_free(&self, places: &Places) -> Option<Places> {
        let free = |zone: ZoneIndex| self.overlay.zone(zone).free(self.overlay.capacity(zone));
        self.places_not(places, SeatState::Free, free)
    }

    /// The seats among these that are not blocked, or not under this label, and the zones with fewer such places, with the count of
    /// those. Without a label, places in zones are meant that have none.
    fn places_not_blocked(&self, places: &Places, label: Option<&Label>) -> Option<Places> {
        let labeled = self.overlay.labeled();
        if let Some(label) = label {
            return labeled.without(places, label);
        }
        let blocked = |zone: ZoneIndex| {
            self.overlay
                .zone(zone)
                .blocked
                .saturating_sub(labeled.of_zone(zone))
        };
        self.places_not(places, SeatState::Blocked, blocked)
    }

    fn places_not(
        &self,
        places: &Places,
        expected: SeatState,
        count: impl Fn(ZoneIndex) -> u32,
    ) -> Option<Places> {
        let zones = places.zones.iter().filter_map(|wanted| {
            let count = count(wanted.zone);
            let zone = wanted.zone;
            (wanted.count > count).then_some(ZonePlaces { zone, count })
        });
        let wrong = Places {
            seats: self.seats_not(&places.seats, expected),
            zones: zones.collect(),
        };
        (wrong != Places::default()).then_some(wrong)
    }

    fn turn(&mut self, sale: Sale) {
        let kind = match sale {
            Sale::Open => EventKind::Opened,
            Sale::Closed => EventKind::Closed,
        };
        if self.overlay.sale() != sale {
            self.emit(Change::new(kind, None, Places::default()));
            self.changes.sale = Some(sale);
        }
    }

    fn abort(&mut self, order: OrderNumber) -> Outcome {
        match self.overlay.order(order).map(|order| order.phase) {
            Some(Phase::Held) => {
                self.release(order, EventKind::Canceled, OrderStep::Cancel);
                Outcome::Canceled(order)
            }
            Some(Phase::Paid) => Outcome::Refused(Refusal::OrderPaid),
            None => Outcome::Refused(Refusal::OrderNotLive),
        }
    }

    fn release(&mut self, order: OrderNumber, kind: EventKind, step: OrderStep) {
        let live = self.overlay.order(order);
        let places = live.map(LiveOrder::live_places).unwrap_or_default();
        self.emit(Change::new(kind, Some(order), places.clone()).of(live));
        self.keep_again(&places, live.and_then(|live| live.label.as_ref()));
        self.changes.orders.push(OrderChange::new(order, step));
    }

    fn book(&mut self, order: OrderNumber, places: Places, terms: HoldTerms, label: Option<&Label>) {
        self.emit(Change {
            terms: Some(terms),
            session: Some(terms.session),
            code: terms.code,
            label: label.cloned(),
            ..Change::new(EventKind::Booked, Some(order), places)
        });
    }

    fn seats_not(&self, seats: &[SeatIndex], expected: SeatState) -> Vec<SeatIndex> {
        // Whoever asked may not have known that a seat is gone.
        let is_it = |seat| self.show.plan.is_there(seat) && self.overlay.seat(seat) == Some(expected);
        { seats.iter().copied() }.filter(|seat| !is_it(*seat)).collect()
    }

    /// Journals an event and lays it over the state.
    fn emit(&mut self, change: Change) {
        if change.kind.frees_seats() || change.terms_change.is_some() {
            self.vain_wishes.clear();
        }
        let offset = self.overlay.offset().next();
        let is_offered = change
            .order
            .is_some_and(|order| self.overlay.waitlist().has_offer(order));
        self.queue.note(change.kind, &change.places, is_offered);
        let event = Event {
            offset,
            at: self.now,
            kind: change.kind,
            order: change.order,
            // An order that nobody knows of is booked by this event.
            hold: change.order.map(|order| self.booked(order).unwrap_or(offset)),
            places: change.places,
            terms: change.terms,
            tickets: change.tickets,
            change: change.terms_change,
            label: change.label,
            entry: change.entry,
        };
        self.overlay.lay(&event, change.session, change.code);
        self.changes.events.push(event);
    }

    /// The offset at which an order was first booked.
    fn booked(&self, order: OrderNumber) -> Option<Offset> {
        let known = self.known.orders.get(&order).map(|known| known.booked);
        let of_batch = || {
            let mut new = self.changes.new_orders.iter().rev();
            Some(new.find(|new| new.order == order)?.booked)
        };
        known.or_else(|| self.overlay.booked(order)).or_else(of_batch)
    }

    fn finish(self) -> Changes {
        let labels = self.overlay.label_changes();
        let (seats, zones) = self.overlay.into_changes();
        Changes {
            seats,
            zones,
            labels,
            entries: self.queue.into_changes(),
            ..self.changes
        }
    }
}

/// An event to be journaled at the next offset.
struct Change {
    kind: EventKind,
    order: Option<OrderNumber>,
    places: Places,
    terms: Option<HoldTerms>,
    tickets: Vec<TicketIndex>,
    /// Whose live places it changes.
    session: Option<SessionId>,
    /// The code whose use it begins or ends.
    code: Option<CodeId>,
    terms_change: Option<Box<TermsChange>>,
    /// Whom the places are kept for.
    label: Option<Label>,
    /// The step of an entry of the waitlist.
    entry: Option<Box<EntryStep>>,
}

impl Change {
    const fn new(kind: EventKind, order: Option<OrderNumber>, places: Places) -> Self {
        Self {
            kind,
            order,
            places,
            terms: None,
            tickets: Vec::new(),
            session: None,
            code: None,
            terms_change: None,
            label: None,
            entry: None,
        }
    }

    /// Of this order's session; if the order ends with it, so does its use of a code.
    fn of(self, order: Option<&LiveOrder>) -> Self {
        Self {
            session: order.map(|order| order.terms.session),
            code: order.and_then(|order| order.terms.code),
            ..self
        }
    }
}

fn time_delta(duration: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
