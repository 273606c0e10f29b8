//! Orders and tickets on the wire.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::buyer::BuyerBody;
use super::line::{OrderLineBody, OrderTaxBody};
use super::money::MoneyBody;
use super::payment::PaymentBody;
use super::place::{SeatPlaceBody, seat_names, seat_places};
use super::ticket::TicketBody;
use super::together::{OrderTogetherBody, TogetherBody};
use crate::identity::Caller;
use crate::pay::provider::accounts::Till;
use crate::store::order::{OrderRecord, OrderState};
use domain::details::Details;
use domain::event::{Place, Places, ZonePlaces};
use domain::exchange::ExchangeTerms;
use domain::id::{Offset, ShowId};
use domain::money::Money;
use domain::outcome::Held;
use domain::reference::{OrderNumber, OrderReference, ReferenceKey, TicketIndex};
use domain::show::Show;
use domain::tariff::Bill;
use domain::together::FallBack;
use domain::transfers::Transfers;

/// Some places in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZonePlacesBody {
    /// The zone's name.
    pub zone: String,
    /// How many places.
    #[schema(minimum = 1, maximum = 500)]
    pub count: i64,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStateBody {
    /// Waiting for payment.
    Held,
    /// Paid for.
    Paid,
    /// Given up by the buyer.
    Canceled,
    /// Lapsed.
    TimedOut,
    /// Given back, with its money.
    Refunded,
}

impl From<OrderStateBody> for OrderState {
    fn from(state: OrderStateBody) -> Self {
        match state {
            OrderStateBody::Held => Self::Held,
            OrderStateBody::Paid => Self::Paid,
            OrderStateBody::Canceled => Self::Canceled,
            OrderStateBody::TimedOut => Self::TimedOut,
            OrderStateBody::Refunded => Self::Refunded,
        }
    }
}

impl From<OrderState> for OrderStateBody {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Held => Self::Held,
            OrderState::Paid => Self::Paid,
            OrderState::Canceled => Self::Canceled,
            OrderState::TimedOut => Self::TimedOut,
            OrderState::Refunded => Self::Refunded,
        }
    }
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody<'a> {
    /// Its reference, as in `HRVEN-UTABR`.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub id: OrderReference,
    /// Its show.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub show: ShowId,
    /// Where it stands.
    pub state: OrderStateBody,
    /// Its seats.
    pub seats: Vec<&'a str>,
    /// Where they are, in the same order.
    pub places: Vec<SeatPlaceBody<'a>>,
    /// Its places in zones.
    pub zones: Vec<ZonePlacesBody>,
    /// What each place costs: as they were booked, a seat each and then a place of each zone.
    pub lines: Vec<OrderLineBody<'a>>,
    /// The code that it was made with, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// What the code has taken off: the prices are told without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    /// All fees together, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fees: Option<MoneyBody>,
    /// The tax in the total, if that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<OrderTaxBody<'a>>,
    /// Who buys it, where that is told: when the order is made, changed or read by whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<BuyerBody>,
    /// Who comes, where that is told: first by the seats, then by the zones' places, as they are listed; null for nobody in
    /// particular, as for those that are missing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 500)]
    pub attendees: Option<Vec<Option<&'a str>>>,
    /// What is noted of it, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// What it costs: all lines and fees.
    pub total: MoneyBody,
    /// What was given back of it or is about to be, once some was; also what was given back at the provider. Of an order whose tickets
    /// were exchanged, only where it is read alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<MoneyBody>,
    /// Its last payment, where the order is read and one has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_payment: Option<Box<PaymentBody<'a>>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the hold ends, for the buyer.
    pub expires_at: DateTime<Utc>,
    /// The tickets of a paid order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Vec<TicketBody<'a>>>,
    /// What it is in exchange for, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<OrderExchangeBody>,
    /// What its payment takes, of an order that is in exchange for tickets: what it costs more than they are worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<MoneyBody>,
    /// The reference of the last order that was paid in exchange for tickets of it, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchanged_for: Option<String>,
    /// How its seats differ from those that were wanted together, if they do: where the order is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub together: Option<OrderTogetherBody>,
    /// The journal's offset once this was so.
    #[schema(minimum = 0)]
    pub journal_offset: i64,
    /// True in an office for trial, whose payments take nobody's money.
    pub test: bool,
}

/// The tickets for which an order is in exchange.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderExchangeBody {
    /// The reference of the order that they are of.
    pub order: String,
    /// Their codes. They are given back once the new order is paid.
    #[schema(max_items = 500)]
    pub tickets: Vec<String>,
    /// What they were worth when the exchange was asked for.
    pub credit: MoneyBody,
}

/// The places that a buyer wants: seats by name or side by side, and places in zones.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderBody {
    /// Seats by name.
    #[serde(default, deserialize_with = "read_list")]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Seats side by side.
    #[serde(default)]
    pub together: Option<TogetherBody>,
    /// Places in zones.
    #[serde(default, deserialize_with = "read_list")]
    pub zones: Option<Vec<ZonePlacesBody>>,
    /// What some of these places are to be sold as; the others are the first ticket type of their category.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 50)]
    pub ticket_types: Option<Vec<TypedPlacesBody>>,
    /// A code for a discount, in capital letters or small ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub code: Option<String>,
    /// Who buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<BuyerBody>,
    /// Who comes with each ticket: first those of the seats, then those of the zones' places, in the order in which they are asked
    /// for; null for nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 500)]
    pub attendees: Option<Vec<Option<String>>>,
    /// What the caller notes of it: up to 50 texts of 500 characters, under names of 40. Nothing secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// Some of an order's places, and what they are to be sold as.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedPlacesBody {
    /// The ticket type's id.
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub ticket_type: String,
    /// Some of the order's `seats`.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Some of the order's places in `zones`.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub zones: Option<Vec<ZonePlacesBody>>,
    /// So many of those that `together` finds, from the first on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub count: Option<i64>,
}

/// Writes a value as it is shown, without a text in between.
fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// An empty list asks for nothing, as a missing one does; so both are the same request under an idempotency key.
pub fn read_list<'de, D, T>(list: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Option::<Vec<T>>::deserialize(list)?;
    Ok(list.filter(|list| !list.is_empty()))
}

/// Which tickets of an order are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldTickets {
    /// Those that are the buyer's, who has not passed them on.
    Buyers,
    /// All of them.
    All,
}

/// What an order's body is made of.
pub struct OrderView<'a> {
    /// The show.
    pub show: &'a Show,
    /// The key of references.
    pub references: &'a ReferenceKey,
    /// The order.
    pub number: OrderNumber,
    /// Where it stands.
    pub state: OrderState,
    /// Its places, as they were booked.
    pub places: &'a Places,
    /// What they cost then, in minor units.
    pub total: i64,
    /// The price of each ticket, by their numbers, in minor units. None: what the terms say that the show was made with.
    pub prices: Option<&'a [i64]>,
    /// What there is besides, if there is anything.
    pub bill: Option<&'a Bill>,
    /// Who buys and who comes, if the caller is to know.
    pub details: Option<&'a Details>,
    /// Its tickets that were given back.
    pub returned: Cow<'a, BTreeSet<TicketIndex>>,
    /// Its tickets that were transferred, whose codes it tells to organisers alone.
    pub transferred: &'a Transfers,
    /// Which of its tickets are told.
    pub told_tickets: ToldTickets,
    /// What has gone back of its money, in minor units, if that is known; else the price of those tickets.
    pub given_back: Option<i64>,
    /// What it is in exchange for.
    pub exchange: Option<&'a ExchangeTerms>,
    /// The order that is in exchange for tickets of it.
    pub exchanged_for: Option<OrderNumber>,
    /// What was done where so many could not sit together, if the order is made now and anything was.
    pub fall_back: Option<FallBack>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the hold ends, for the buyer.
    pub expires_at: DateTime<Utc>,
    /// The journal's offset.
    pub offset: Offset,
}

impl<'a> OrderView<'a> {
    /// An order as its row has it.
    pub fn of(show: &'a Show, references: &'a ReferenceKey, record: &'a OrderRecord) -> Self {
        Self {
            show,
            references,
            number: record.number,
            state: record.state,
            places: &record.places,
            total: record.total_minor_units,
            prices: record.prices.as_deref(),
            bill: record.bill.as_ref(),
            details: None,
            returned: Cow::Borrowed(&record.returned),
            transferred: &record.transferred,
            told_tickets: ToldTickets::Buyers,
            given_back: None,
            exchange: record.exchange.as_ref(),
            exchanged_for: record.exchanged_for,
            fall_back: None,
            created_at: record.created_at,
            expires_at: record.expires_at,
            offset: record.head,
        }
    }

    /// A new order, at no offset yet.
    pub fn of_held(show: &'a Show, references: &'a ReferenceKey, held: &'a Held) -> Self {
        Self {
            show,
            references,
            number: held.order,
            state: OrderState::Held,
            places: &held.places,
            total: held.total(show),
            prices: held.prices.as_deref(),
            bill: held.bill.as_deref(),
            details: None,
            returned: Cow::default(),
            transferred: const { &Transfers::NONE },
            told_tickets: ToldTickets::Buyers,
            given_back: None,
            exchange: None,
            exchanged_for: None,
            fall_back: held.fall_back,
            created_at: held.created_at,
            expires_at: held.expires_at,
            offset: Offset(0),
        }
    }

    /// The same order in this state at this offset: what an earlier answer said.
    pub fn at(self, state: OrderState, offset: Offset) -> Self {
        Self {
            state,
            offset,
            ..self
        }
    }

    /// The same order with these tickets given back, and so much of its money in minor units, if that is known.
    pub fn without(self, returned: BTreeSet<TicketIndex>, given_back: Option<i64>) -> Self {
        Self {
            returned: Cow::Owned(returned),
            given_back,
            ..self
        }
    }

    /// The same order, with who buys it and who comes.
    pub fn told(self, details: Option<&'a Details>) -> Self {
        Self { details, ..self }
    }

    /// The same order with the tickets that this caller may know.
    pub fn seen_by(self, caller: &Caller) -> Self {
        match caller {
            Caller::Buyer(_) => self,
            Caller::Organiser(_) => self.with_all_tickets(),
        }
    }

    /// The same order with its transferred tickets, too.
    pub fn with_all_tickets(self) -> Self {
        Self {
            told_tickets: ToldTickets::All,
            ..self
        }
    }

    fn is_returned(&self, ticket: TicketIndex) -> bool {
        self.returned.contains(&ticket)
    }

    /// What was given back: of an order that has ended so, all.
    fn refunded(&self) -> Option<MoneyBody> {
        let amount = match self.state {
            // Some of its money has become another order's, and its tickets don't tell how much.
            OrderState::Refunded | OrderState::Paid if self.exchanged_for.is_some() => self.given_back?,
            OrderState::Refunded => self.total,
            OrderState::Paid => self.given_back.unwrap_or_else(|| self.price_of_returned()),
            _ => return None,
        };
        let is_told = self.state == OrderState::Refunded || amount > 0 || !self.returned.is_empty();
        is_told.then(|| self.money(amount))
    }

    fn money(&self, amount: i64) -> MoneyBody {
        let currency = self.show.currency;
        Money { amount, currency }.into()
    }

    fn price_of_returned(&self) -> i64 {
        let is_returned = |ticket| self.is_returned(ticket);
        self.show
            .tickets_cost(self.prices, self.places, self.bill, is_returned)
    }

    fn ticket_prices(&self) -> Cow<'a, [i64]> {
        self.show.order_prices(self.prices, self.places)
    }

    /// What a ticket was sold as.
    fn ticket_type(&self, ticket: TicketIndex) -> Option<String> {
        self.bill?.ticket_type(ticket).map(ToString::to_string)
    }

    /// The places that are its own; of an order that has ended, those that were.
    fn own_places(&self) -> Cow<'a, Places> {
        if self.state != OrderState::Paid || self.returned.is_empty() {
            return Cow::Borrowed(self.places);
        }
        Cow::Owned(self.places.of_tickets(|ticket| !self.is_returned(ticket)))
    }

    /// Its body.
    pub fn body(&self, till: Till) -> OrderBody<'a> {
        let show = self.show;
        let own = self.own_places();
        let prices = self.ticket_prices();
        let fees = self.bill.map_or(0, |bill| bill.fees(&prices));
        let tax = self.bill.and_then(|bill| bill.tax.as_ref());
        let discount = self.bill.and_then(|bill| bill.discount.as_ref());
        OrderBody {
            id: self.references.order_reference(self.number),
            show: show.id,
            state: self.state.into(),
            seats: seat_names(show, &own.seats),
            places: seat_places(show, &own.seats),
            zones: zone_places(show, &own.zones),
            lines: OrderLineBody::of_order(show, self.places, &prices, self.bill, |ticket| {
                self.state == OrderState::Refunded || self.is_returned(ticket)
            }),
            code: discount.map(|discount| discount.code.as_str()),
            discount: discount.map(|discount| self.money(discount.amount)),
            fees: (fees > 0).then(|| self.money(fees)),
            tax: tax.map(|tax| OrderTaxBody {
                name: &tax.name,
                rate_basis_points: tax.basis_points.into(),
                amount: self.money(tax.within(self.total)),
            }),
            buyer: self.details.and_then(|details| BuyerBody::of(&details.buyer)),
            attendees: self.details.and_then(|details| self.attendees(details)),
            metadata: self
                .details
                .map(|details| &details.metadata)
                .filter(|metadata| !metadata.is_empty()),
            total: self.money(self.total),
            refunded: self.refunded(),
            last_payment: None,
            created_at: self.created_at,
            expires_at: self.expires_at,
            tickets: (self.state == OrderState::Paid)
                .then(|| self.tickets().map(|(_, ticket)| ticket).collect()),
            exchange: self.exchange.map(|exchange| self.exchange_body(exchange)),
            due: self.exchange.map(|exchange| self.money(exchange.due(self.total))),
            exchanged_for: self
                .exchanged_for
                .map(|order| self.references.order_reference(order).to_string()),
            together: self.fall_back.map(|fall_back| OrderTogetherBody {
                fall_back: fall_back.into(),
            }),
            journal_offset: self.offset.0,
            test: till == Till::Test,
        }
    }

    fn exchange_body(&self, exchange: &ExchangeTerms) -> OrderExchangeBody {
        let code = |ticket: &_| self.references.ticket_code(exchange.order, *ticket).to_string();
        OrderExchangeBody {
            order: self.references.order_reference(exchange.order).to_string(),
            tickets: exchange.tickets.iter().map(code).collect(),
            credit: self.money(exchange.credit),
        }
    }

    /// Who comes with the tickets that are its own, if anybody is named.
    fn attendees(&self, details: &'a Details) -> Option<Vec<Option<&'a str>>> {
        let named = (0..).map(TicketIndex).zip(&details.attendees);
        let is_own = |ticket: TicketIndex| self.state != OrderState::Paid || !self.is_returned(ticket);
        let own = named.filter(|(ticket, _)| is_own(*ticket));
        let own: Vec<_> = own.map(|(_, name)| name.as_deref()).collect();
        own.iter().any(Option::is_some).then_some(own)
    }

    /// The tickets that are its own, with their numbers: one a seat, then one a place of each zone.
    pub fn tickets(&self) -> impl Iterator<Item = (TicketIndex, TicketBody<'a>)> {
        let plan = &self.show.plan;
        let own = self
            .places
            .tickets()
            .filter(|(ticket, _)| !self.is_returned(*ticket))
            .filter(|(ticket, _)| {
                self.told_tickets == ToldTickets::All || self.transferred.count(*ticket) == 0
            });
        own.map(move |(ticket, place)| {
            let (place, zone) = match place {
                Place::Seat(seat) => (SeatPlaceBody::of(plan, seat), None),
                Place::Zone(zone) => (None, plan.zone(zone).map(|zone| zone.name.as_str())),
            };
            let body = TicketBody {
                code: self
                    .references
                    .ticket_code(self.number, self.transferred.in_code(ticket))
                    .to_string(),
                seat: place.as_ref().map(|place| place.seat.clone()),
                zone,
                place,
                ticket_type: self.ticket_type(ticket),
            };
            (ticket, body)
        })
    }
}

/// Places in zones, with the zones' names.
pub fn zone_places(show: &Show, parts: &[ZonePlaces]) -> Vec<ZonePlacesBody> {
    let body = |part: &ZonePlaces| {
        Some(ZonePlacesBody {
            zone: show.plan.zone(part.zone)?.name.clone(),
            count: part.count.into(),
        })
    };
    parts.iter().filter_map(body).collect()
}
