//! A show's terms: what it is, what it costs, how long a hold lasts.
//!
//! A revision of them never changes: another one stands for it from a `changed` event on. So a node may keep it for as long as
//! it likes, and decides only on the one that the state names at that offset ([`crate::seat_map::SeatMap::revision`]). Whether
//! the show is open is journaled state.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::event::{Place, Places};
use super::id::{OrganiserId, Revision, ShowId};
use super::line::LineRules;
use super::money::Currency;
use super::plan::{CategoryIndex, Plan};
use super::reference::TicketIndex;
use super::rules::{LoneSeats, Rules};
use super::seat_map::SeatMap;
use super::tariff::{Bill, Tariff, TicketType, TicketTypeId};
use super::times::Times;
use super::waitlist::WaitlistRules;

/// Longest hold a show may grant, in seconds.
pub const HOLD_SECONDS_MAX: u32 = 86_400;
/// Hold granted unless the show says otherwise, in seconds: the ten minutes that buyers are shown.
pub const HOLD_SECONDS_DEFAULT: u32 = 600;
/// Grace kept behind the shown end of a hold unless the show says otherwise: a twentieth (10 min are kept for 10.5).
pub const HOLD_GRACE_DIVISOR: u32 = 20;
/// The time zone of a show that says nothing of it.
pub const TIME_ZONE_DEFAULT: &str = "UTC";
/// Most places that one order may hold.
pub const ORDER_PLACES_MAX: u32 = 500;
/// Places that one order may hold unless the show says otherwise.
pub const ORDER_PLACES_DEFAULT: u32 = 20;
/// Most live places that one session may have on a show.
pub const SESSION_PLACES_MAX: u32 = 5_000;
/// Live places that one session may have on a show unless the show says otherwise.
pub const SESSION_PLACES_DEFAULT: u32 = 100;

/// Who may give paid tickets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// The organiser alone.
    Organiser,
    /// The buyer too.
    Buyer,
}

/// Longest time for which starting to pay may keep a hold, in seconds.
pub const PAYMENT_WINDOW_SECONDS_MAX: u32 = 600;

/// What becomes of money that is set aside after its hold has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatePayment {
    /// It goes back.
    Refund,
    /// The same places are taken again if they are all free; else it goes back.
    HonourIfFree,
}

/// One performance of one event in one venue, at one revision of its terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Show {
    /// Its id, which carries its shard.
    pub id: ShowId,
    /// Whose it is.
    pub organiser: OrganiserId,
    /// Which terms these are.
    pub revision: Revision,
    /// The terms that it was made with, once it has others: what they say holds for orders that say nothing of their own.
    pub first: Option<Arc<Self>>,
    /// Not to be seen by anyone but its organiser.
    pub is_draft: bool,
    /// The id of its plan.
    pub plan_id: u128,
    /// The ids of the plans that it has had before, in their order, none twice.
    pub former_plans: Vec<u128>,
    /// Its seating plan, with the numbers that it gives to its places ([`super::plan::numbering`]).
    pub plan: Arc<Plan>,
    /// What it is called.
    pub title: String,
    /// When it sells, takes place and is over.
    pub times: Times,
    /// The zone in which people read these times, by its name in the IANA's list.
    pub time_zone: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// Price of each category of the plan, in minor units, by [`CategoryIndex`]: that of the ticket type that its places are sold as
    /// unless an order says otherwise, where there is one.
    pub prices: Vec<i64>,
    /// What it asks for besides, if there is anything.
    pub tariff: Option<Arc<Tariff>>,
    /// What it asks of orders besides, if there is anything.
    pub rules: Option<Arc<Rules>>,
    /// Capacity of each zone of the plan, by [`super::plan::ZoneIndex`].
    pub zone_capacities: Vec<u32>,
    /// The length of a hold as it is shown to buyers.
    pub hold: Duration,
    /// How much longer it is really kept.
    pub hold_grace: Duration,
    /// Most places in one order.
    pub order_places_max: u32,
    /// Most live places of one session.
    pub session_places_max: u32,
    /// Most live places of the orders whose buyers have the same e-mail address; then each has to have one. None: any number.
    pub places_per_email_max: Option<u32>,
    /// Who may return paid tickets.
    pub returns: Returns,
    /// Buyers may return them until then, if set.
    pub returns_until: Option<DateTime<Utc>>,
    /// What becomes of a payment that comes too late.
    pub late_payment: LatePayment,
    /// A hold is kept at least this long after its payment has begun; once.
    pub payment_window: Duration,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Show {
    /// A show with the usual terms: everything free of charge in this currency, its zones as the plan has them, and a beginning
    /// that never comes.
    pub fn with_usual_terms(id: ShowId, plan: Arc<Plan>, currency: Currency) -> Self {
        let hold = Duration::from_secs(HOLD_SECONDS_DEFAULT.into());
        Self {
            id,
            organiser: OrganiserId::FIRST,
            revision: Revision::FIRST,
            first: None,
            is_draft: false,
            plan_id: 0,
            former_plans: Vec::new(),
            title: plan.name().to_owned(),
            times: Times::starting_at(DateTime::<Utc>::MAX_UTC),
            time_zone: TIME_ZONE_DEFAULT.to_owned(),
            currency,
            prices: vec![0; plan.categories().len()],
            tariff: None,
            rules: None,
            zone_capacities: plan.zones().iter().map(|zone| zone.capacity).collect(),
            hold,
            hold_grace: hold / HOLD_GRACE_DIVISOR,
            order_places_max: ORDER_PLACES_DEFAULT,
            session_places_max: SESSION_PLACES_DEFAULT,
            places_per_email_max: None,
            returns: Returns::Organiser,
            returns_until: None,
            late_payment: LatePayment::Refund,
            payment_window: Duration::ZERO,
            created_at: DateTime::UNIX_EPOCH,
            plan,
        }
    }

    /// Changes what it asks of orders besides.
    pub fn change_rules(&mut self, change: impl FnOnce(&mut Rules)) {
        let mut rules = self.rules.as_deref().cloned().unwrap_or_default();
        change(&mut rules);
        self.rules = (rules != Rules::default()).then(|| Arc::new(rules));
    }

    /// The rules of its waitlist, if it has one.
    pub fn waitlist(&self) -> Option<&WaitlistRules> {
        self.rules.as_ref()?.waitlist.as_ref()
    }

    /// The rules of its line, if it has one.
    pub fn line(&self) -> Option<&LineRules> {
        self.rules.as_ref()?.line.as_ref()
    }

    /// The plans that the show has had, in their order; the last is the present one. The numbers of its places follow from them.
    pub fn plans(&self) -> Vec<u128> {
        let former = self.former_plans.iter().copied();
        former.chain(std::iter::once(self.plan_id)).collect()
    }

    /// The terms that the show was made with.
    pub fn first_terms(&self) -> &Self {
        self.first.as_deref().unwrap_or(self)
    }

    /// Its map before the first event, at the terms that it was made with.
    pub fn map_before_all(&self) -> SeatMap {
        let first = self.first_terms();
        SeatMap::new(first.plan.seats().len(), first.zone_capacities.clone())
    }

    /// The next terms, as these but for what is changed of them afterwards.
    pub fn next_terms(self: &Arc<Self>) -> Self {
        Self {
            revision: self.revision.next(),
            first: Some(self.first.clone().unwrap_or_else(|| self.clone())),
            ..Self::clone(self)
        }
    }

    /// The price of each ticket for these places, by their numbers, as they are sold unless an order says otherwise, in minor units.
    pub fn ticket_prices(&self, places: &Places) -> Vec<i64> {
        places
            .tickets()
            .map(|(_, place)| self.place_price(place))
            .collect()
    }

    /// The price of each of an order's tickets, by their numbers, in minor units: as it was `told` when the order was made, or else as
    /// the terms say that the show was made with.
    pub fn order_prices<'a>(&self, told: Option<&'a [i64]>, places: &Places) -> Cow<'a, [i64]> {
        let of_first_terms = || Cow::Owned(self.first_terms().ticket_prices(places));
        told.map_or_else(of_first_terms, Cow::Borrowed)
    }

    /// What some of an order's tickets cost, each with its fee, in minor units.
    pub fn tickets_cost(
        &self,
        told: Option<&[i64]>,
        places: &Places,
        bill: Option<&Bill>,
        is_chosen: impl Fn(TicketIndex) -> bool,
    ) -> i64 {
        let prices = self.order_prices(told, places);
        let fee = |price| bill.map_or(0, |bill| bill.ticket_fee(price));
        let prices = (0..).map(TicketIndex).zip(prices.iter());
        let chosen = prices.filter(|(ticket, _)| is_chosen(*ticket));
        chosen.map(|(_, price)| price + fee(*price)).sum()
    }

    /// The price of all `places` together, likewise. Can't overflow: places and prices are limited.
    pub fn total(&self, places: &Places) -> i64 {
        places.tickets().map(|(_, place)| self.place_price(place)).sum()
    }

    /// Its rule about lone seats.
    pub fn lone_seats(&self) -> LoneSeats {
        self.rules
            .as_ref()
            .map_or(LoneSeats::Off, |rules| rules.lone_seats)
    }

    /// Whether its orders say what they cost, as that is not simply what the terms say that it was made with.
    pub fn tells_prices(&self) -> bool {
        self.first.is_some() || self.tariff.is_some()
    }

    /// The price of one place as it is sold unless an order says otherwise, in minor units.
    pub fn place_price(&self, place: Place) -> i64 {
        let of_its_own = match (place, &self.tariff) {
            (Place::Seat(seat), Some(tariff)) => tariff.seat_prices.get(&seat).copied(),
            _ => None,
        };
        of_its_own.unwrap_or_else(|| self.category_price(place))
    }

    /// The price of one place as it is sold as this type, in minor units; `None` if it isn't.
    pub fn price_as(&self, ticket_type: &TicketType, place: Place) -> Option<i64> {
        let category = place.category_in(&self.plan)?;
        let price = ticket_type
            .prices
            .get(usize::from(category.0))
            .copied()
            .flatten()?;
        let more = price - self.category_price(place);
        Some((self.place_price(place) + more).max(0))
    }

    /// What places of this category are sold as unless an order says otherwise.
    pub fn default_type(&self, category: CategoryIndex) -> Option<&TicketType> {
        let category = usize::from(category.0);
        let mut types = self.tariff.iter().flat_map(|tariff| &tariff.ticket_types);
        types.find(|known| known.prices.get(category).is_some_and(Option::is_some))
    }

    /// The ticket type of that id.
    pub fn ticket_type(&self, id: &TicketTypeId) -> Option<&TicketType> {
        self.tariff.as_ref()?.ticket_type(id)
    }

    /// What a place may cost, as each type that it is sold as, in minor units.
    pub fn prices_of(&self, place: Place) -> impl Iterator<Item = i64> {
        let types = self.tariff.iter().flat_map(|tariff| &tariff.ticket_types);
        let as_types = types.filter_map(move |known| self.price_as(known, place));
        as_types.chain([self.place_price(place)])
    }

    /// Every price that a single place may have, in minor units.
    pub fn all_prices(&self) -> impl Iterator<Item = i64> {
        let types = self.tariff.iter().flat_map(|tariff| &tariff.ticket_types);
        let of_types = types.flat_map(|known| known.prices.iter().copied().flatten());
        let seats = self.tariff.iter().flat_map(|tariff| tariff.seat_prices.keys());
        let of_seats = seats.flat_map(|seat| self.prices_of(Place::Seat(*seat)));
        self.prices.iter().copied().chain(of_types).chain(of_seats)
    }

    fn category_price(&self, place: Place) -> i64 {
        let category = place.category_in(&self.plan);
        let price = category.and_then(|category| self.prices.get(usize::from(category.0)));
        price.copied().unwrap_or(0)
    }
}
