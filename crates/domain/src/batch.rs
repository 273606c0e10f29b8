//! The batch decision: given a show's inventory and the instant, what becomes of each waiting command.
//!
//! Pure and sequential: each command sees what the ones before it did. The result is a set of row changes that state
//! what they expect, so that the database refuses whatever this code got wrong.

mod changes;
mod money;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::command::{Command, Wish};
use super::event::{Event, EventKind, HoldTerms, Places, ZonePlaces};
use super::id::SessionId;
use super::outcome::{Decision, Held, Outcome, Refusal};
use super::plan::{SeatIndex, ZoneIndex};
use super::reference::{OrderNumber, TicketIndex};
use super::seat_map::{FoldError, Sale, SeatState, ZoneCount};
use super::show::Show;
use super::state::{LiveOrder, Phase, ShowState};
use super::together;

pub use changes::{
    NewOrder, NewPayment, OrderChange, OrderNumbers, OrderStep, PaymentBegin, PaymentChange, PaymentStep,
    Return, SeatCell, SeatChange, ZoneChange,
};

/// Most holds that one batch lets lapse; when more are due, the commands wait for a further batch.
pub const BATCH_LAPSES_MAX: usize = 2_000;

/// Everything that a batch does.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// One for each command, in order. Empty when so many holds lapsed that the commands have to wait.
    pub decisions: Vec<Decision>,
    /// New journal entries.
    pub events: Vec<Event>,
    /// Seats that change, each once.
    pub seats: Vec<SeatChange>,
    /// Zones that change, each once.
    pub zones: Vec<ZoneChange>,
    /// New orders.
    pub new_orders: Vec<NewOrder>,
    /// Orders that change, each once.
    pub orders: Vec<OrderChange>,
    /// New payments.
    pub new_payments: Vec<NewPayment>,
    /// Payments that leave their first state, each once.
    pub payments: Vec<PaymentChange>,
    /// Money that goes back, once an order.
    pub returns: Vec<Return>,
    /// Whether the show opens or closes.
    pub sale: Option<Sale>,
}

/// Why a batch could not be decided; nothing may be written then and the inventory must be read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchError {
    /// The inventory contradicts itself.
    Fold(FoldError),
    /// Fewer order numbers were set aside than there are holds.
    OrderNumbers,
}

impl From<FoldError> for BatchError {
    fn from(error: FoldError) -> Self {
        Self::Fold(error)
    }
}

/// Lets due holds lapse and then carries the `commands` out in order, at the instant `now` of the database's clock.
///
/// `inventory` moves on as if the batch were committed; if it isn't, it must be thrown away.
pub fn decide<'a>(
    show: &Show,
    inventory: &mut ShowState,
    numbers: &mut OrderNumbers,
    now: DateTime<Utc>,
    commands: impl IntoIterator<Item = &'a Command>,
) -> Result<Batch, BatchError> {
    let mut draft = Draft {
        show,
        inventory,
        numbers,
        now,
        seats: BTreeMap::new(),
        zones: BTreeMap::new(),
        batch: Batch::default(),
    };
    if draft.let_holds_lapse()? == Lapses::AllDone {
        for (position, command) in commands.into_iter().enumerate() {
            let outcome = draft.carry_out(position, command)?;
            draft.batch.decisions.push(Decision {
                outcome,
                offset: draft.inventory.offset(),
            });
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
    show: &'a Show,
    inventory: &'a mut ShowState,
    numbers: &'a mut OrderNumbers,
    now: DateTime<Utc>,
    seats: BTreeMap<SeatIndex, (SeatCell, SeatCell)>,
    zones: BTreeMap<ZoneIndex, ZoneCount>,
    batch: Batch,
}

impl Draft<'_> {
    fn let_holds_lapse(&mut self) -> Result<Lapses, BatchError> {
        for _ in 0..BATCH_LAPSES_MAX {
            let Some(order) = self.inventory.lapsed(self.now) else {
                return Ok(Lapses::AllDone);
            };
            self.release(order, EventKind::TimedOut, OrderStep::TimeOut)?;
        }
        Ok(if self.inventory.lapsed(self.now).is_some() {
            Lapses::MoreDue
        } else {
            Lapses::AllDone
        })
    }

    fn carry_out(&mut self, position: usize, command: &Command) -> Result<Outcome, BatchError> {
        let outcome = match command {
            Command::Hold { session, wish } => return self.hold(*session, wish),
            Command::Abort { order } => match self.phase(*order) {
                Some(Phase::Held) => {
                    self.release(*order, EventKind::Canceled, OrderStep::Cancel)?;
                    Outcome::Canceled(*order)
                }
                Some(Phase::Paid) => Outcome::Refused(Refusal::OrderPaid),
                None => Outcome::Refused(Refusal::OrderNotLive),
            },
            Command::Pay {
                session,
                order,
                tender,
            } => return self.pay(position, *session, *order, tender),
            Command::BeginPayment { order, tender } => {
                return self.begin_payment(position, *order, tender);
            }
            Command::ConfirmPayment {
                order,
                payment,
                reference,
                late,
            } => {
                return self.confirm_payment(*order, *payment, reference.clone(), late.as_deref());
            }
            Command::RejectPayment { payment, reason, .. } => {
                let change = PaymentChange {
                    payment: *payment,
                    step: PaymentStep::Reject,
                    reason: Some(reason.clone()),
                    reference: None,
                    is_authorised: false,
                };
                self.batch.payments.push(change);
                Outcome::PaymentRejected {
                    payment: *payment,
                    reason: reason.clone(),
                }
            }
            Command::GiveUpPayment { payment, .. } => {
                let change = PaymentChange {
                    payment: *payment,
                    step: PaymentStep::Void,
                    reason: None,
                    reference: None,
                    is_authorised: false,
                };
                self.batch.payments.push(change);
                Outcome::PaymentGivenUp(*payment)
            }
            Command::Return {
                order,
                tickets,
                by,
                refund,
            } => return self.give_back(*order, tickets, *by, *refund),
            Command::Block { seats } => match self.seats_not(seats, SeatState::Free) {
                wrong if wrong.is_empty() => {
                    self.emit(Change::new(EventKind::Blocked, None, seats_only(seats)))?;
                    Outcome::Blocked(seats.clone())
                }
                wrong => Outcome::Refused(Refusal::SeatsNotFree(wrong)),
            },
            Command::Unblock { seats } => match self.seats_not(seats, SeatState::Blocked) {
                wrong if wrong.is_empty() => {
                    self.emit(Change::new(EventKind::Unblocked, None, seats_only(seats)))?;
                    Outcome::Unblocked(seats.clone())
                }
                wrong => Outcome::Refused(Refusal::SeatsNotBlocked(wrong)),
            },
            Command::Open => {
                self.turn(Sale::Open, EventKind::Opened)?;
                Outcome::Opened
            }
            Command::Close => {
                self.turn(Sale::Closed, EventKind::Closed)?;
                Outcome::Closed
            }
        };
        Ok(outcome)
    }

    fn hold(&mut self, session: SessionId, wish: &Wish) -> Result<Outcome, BatchError> {
        let places = match self.choose_places(session, wish) {
            Ok(places) => places,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        let order = self.numbers.take().ok_or(BatchError::OrderNumbers)?;
        let expires_at = self.now + time_delta(self.show.hold);
        let kept_until = expires_at + time_delta(self.show.hold_grace);
        let terms = HoldTerms {
            session,
            expires_at,
            kept_until,
        };
        self.book(order, places.clone(), terms)?;
        let total_minor_units = self.show.total(&places).amount;
        self.batch.new_orders.push(NewOrder {
            order,
            terms,
            places: places.clone(),
            total_minor_units,
        });
        Ok(Outcome::Held(Held {
            order,
            places,
            created_at: self.now,
            expires_at,
        }))
    }

    fn choose_places(&self, session: SessionId, wish: &Wish) -> Result<Places, Refusal> {
        self.check_sale()?;
        let mut places = wish.places.clone();
        let wanted = places
            .count()
            .saturating_add(wish.together.as_ref().map_or(0, |together| together.count));
        if wanted > self.show.order_places_max {
            return Err(Refusal::OrderLimit(self.show.order_places_max));
        }
        if self.inventory.session_places(session).saturating_add(wanted) > self.show.session_places_max {
            return Err(Refusal::SessionLimit(self.show.session_places_max));
        }
        let seats = self.seats_not(&places.seats, SeatState::Free);
        let zones: Vec<ZonePlaces> = places
            .zones
            .iter()
            .filter_map(|part| self.shortage(part))
            .collect();
        if !seats.is_empty() || !zones.is_empty() {
            return Err(Refusal::PlacesTaken { seats, zones });
        }
        if let Some(together) = &wish.together {
            let is_free = |seat| self.inventory.map().seat(seat) == Some(SeatState::Free);
            places.seats = together::find(&self.show.plan, is_free, together).ok_or(Refusal::NotTogether)?;
        }
        Ok(places)
    }

    fn check_sale(&self) -> Result<(), Refusal> {
        if self.inventory.map().sale == Sale::Closed {
            return Err(Refusal::ShowClosed);
        }
        match (self.show.on_sale_at, self.show.closes_at) {
            (Some(begin), _) if self.now < begin => Err(Refusal::NotOnSaleYet(begin)),
            (_, Some(end)) if self.now >= end => Err(Refusal::SaleEnded(end)),
            _ => Ok(()),
        }
    }

    fn shortage(&self, wanted: &ZonePlaces) -> Option<ZonePlaces> {
        let index = usize::from(wanted.zone.0);
        let capacity = self.show.zone_capacities.get(index).copied().unwrap_or(0);
        let count = self.inventory.map().zones.get(index).copied().unwrap_or_default();
        let free = capacity.saturating_sub(count.held + count.sold);
        (wanted.count > free).then_some(ZonePlaces {
            zone: wanted.zone,
            count: free,
        })
    }

    fn turn(&mut self, sale: Sale, kind: EventKind) -> Result<(), BatchError> {
        if self.inventory.map().sale != sale {
            self.emit(Change::new(kind, None, Places::default()))?;
            self.batch.sale = Some(sale);
        }
        Ok(())
    }

    fn release(&mut self, order: OrderNumber, kind: EventKind, step: OrderStep) -> Result<(), BatchError> {
        let places = self.places_of(order);
        self.emit(Change::new(kind, Some(order), places))?;
        self.batch.orders.push(OrderChange::new(order, step));
        Ok(())
    }

    fn book(&mut self, order: OrderNumber, places: Places, terms: HoldTerms) -> Result<(), BatchError> {
        self.emit(Change {
            terms: Some(terms),
            ..Change::new(EventKind::Booked, Some(order), places)
        })
    }

    fn phase(&self, order: OrderNumber) -> Option<Phase> {
        self.inventory.order(order).map(|order| order.phase)
    }

    fn places_of(&self, order: OrderNumber) -> Places {
        self.inventory
            .order(order)
            .map(LiveOrder::live_places)
            .unwrap_or_default()
    }

    fn seats_not(&self, seats: &[SeatIndex], expected: SeatState) -> Vec<SeatIndex> {
        seats
            .iter()
            .copied()
            .filter(|seat| self.inventory.map().seat(*seat) != Some(expected))
            .collect()
    }

    /// Journals an event, folds it in, and keeps the rows that it changes.
    fn emit(&mut self, change: Change) -> Result<(), BatchError> {
        let Change {
            kind,
            order,
            places,
            terms,
            tickets,
        } = change;
        if let Some((from, to)) = seat_step(kind, order) {
            for seat in &places.seats {
                self.seats.entry(*seat).or_insert((from, from)).1 = to;
            }
        }
        for part in &places.zones {
            let before = self
                .inventory
                .map()
                .zones
                .get(usize::from(part.zone.0))
                .copied()
                .unwrap_or_default();
            self.zones.entry(part.zone).or_insert(before);
        }
        let event = Event {
            offset: self.inventory.offset().next(),
            at: self.now,
            kind,
            order,
            places,
            terms,
            tickets,
        };
        self.inventory.fold(&event)?;
        self.batch.events.push(event);
        Ok(())
    }

    fn finish(mut self) -> Batch {
        let seats = self.seats.into_iter().filter(|(_, (from, to))| from != to);
        self.batch.seats = seats
            .map(|(seat, (from, to))| SeatChange { seat, from, to })
            .collect();
        let counts = &self.inventory.map().zones;
        let zones = self.zones.into_iter().map(|(zone, from)| {
            let to = counts.get(usize::from(zone.0)).copied().unwrap_or_default();
            ZoneChange { zone, from, to }
        });
        self.batch.zones = zones.filter(|change| change.from != change.to).collect();
        self.batch
    }
}

/// An event to be journaled at the next offset.
struct Change {
    kind: EventKind,
    order: Option<OrderNumber>,
    places: Places,
    terms: Option<HoldTerms>,
    tickets: Vec<TicketIndex>,
}

impl Change {
    const fn new(kind: EventKind, order: Option<OrderNumber>, places: Places) -> Self {
        Self {
            kind,
            order,
            places,
            terms: None,
            tickets: Vec::new(),
        }
    }
}

/// What an event expects of a seat's row and what it makes of it.
fn seat_step(kind: EventKind, order: Option<OrderNumber>) -> Option<(SeatCell, SeatCell)> {
    let free = SeatCell {
        state: SeatState::Free,
        order: None,
    };
    let held = SeatCell {
        state: SeatState::Held,
        order,
    };
    let sold = SeatCell {
        state: SeatState::Sold,
        order,
    };
    let blocked = SeatCell {
        state: SeatState::Blocked,
        order: None,
    };
    match kind {
        EventKind::Booked => Some((free, held)),
        EventKind::Canceled | EventKind::TimedOut => Some((held, free)),
        EventKind::Paid => Some((held, sold)),
        EventKind::Returned => Some((sold, free)),
        EventKind::Blocked => Some((free, blocked)),
        EventKind::Unblocked => Some((blocked, free)),
        EventKind::Opened | EventKind::Closed | EventKind::Extended => None,
    }
}

fn seats_only(seats: &[SeatIndex]) -> Places {
    Places {
        seats: seats.to_vec(),
        zones: Vec::new(),
    }
}

fn time_delta(duration: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
