//! Putting places into a new order, at what they cost now.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::changes::NewOrder;
use super::prices::{Priced, price};
use super::{Draft, OutOfNumbers, time_delta};
use crate::code::KnownCode;
use crate::command::{Booking, Wish};
use crate::details::Details;
use crate::event::{HoldTerms, Places};
use crate::exchange::ExchangeTerms;
use crate::id::SessionId;
use crate::outcome::{Held, Outcome, Refusal};
use crate::together::FallBack;

/// Places that can be booked now, and what they cost.
pub(super) struct Chosen<'a> {
    priced: Priced,
    code: Option<&'a KnownCode>,
    places: Places,
    fall_back: Option<FallBack>,
}

impl Chosen<'_> {
    /// Free places at what they cost now, without a code.
    pub(super) const fn new(priced: Priced, places: Places) -> Self {
        Self {
            priced,
            code: None,
            places,
            fall_back: None,
        }
    }

    /// What they cost, in minor units.
    pub(super) const fn total(&self) -> i64 {
        self.priced.total
    }
}

impl<'a> Draft<'a> {
    pub(super) fn hold(
        &mut self,
        session: SessionId,
        wish: &Wish,
        details: Option<Arc<Details>>,
        booking: Booking,
    ) -> Result<Outcome, OutOfNumbers> {
        match self.choose(session, wish, booking, details.as_deref(), &Places::default()) {
            Ok(chosen) => Ok(Outcome::Held(self.book_chosen(session, chosen, details, None)?)),
            Err(refusal) => Ok(Outcome::Refused(refusal)),
        }
    }

    /// The places that a wish comes to. Of the live places of the session and of its address these are about to be given back.
    pub(super) fn choose(
        &mut self,
        session: SessionId,
        wish: &Wish,
        booking: Booking,
        details: Option<&Details>,
        given: &Places,
    ) -> Result<Chosen<'a>, Refusal> {
        self.check_booking(booking)?;
        self.check_email(wish.count(), details, booking, given.count())?;
        let code = self.find_code(wish)?;
        let label = code.and_then(|code| code.terms.way_in());
        let (mut places, fall_back) = self.choose_places(session, wish, booking, label, given.count())?;
        self.check_tables(&places.seats)?;
        // Places that are kept under a label stand between none that are free.
        if label.is_none() {
            self.heed_lone_seats(wish, &mut places.seats, &given.seats)?;
        }
        let mut priced = price(&self.show, &places, wish, code)?;
        if booking == Booking::Free {
            priced = priced.free(&places);
        }
        Ok(Chosen {
            priced,
            code,
            places,
            fall_back,
        })
    }

    pub(super) fn book_chosen(
        &mut self,
        session: SessionId,
        chosen: Chosen<'_>,
        details: Option<Arc<Details>>,
        exchange: Option<ExchangeTerms>,
    ) -> Result<Held, OutOfNumbers> {
        let expires_at = self.now + time_delta(self.show.hold);
        self.book_until(session, chosen, expires_at, details, exchange)
    }

    /// Books places until then.
    pub(super) fn book_until(
        &mut self,
        session: SessionId,
        chosen: Chosen<'_>,
        expires_at: DateTime<Utc>,
        details: Option<Arc<Details>>,
        exchange: Option<ExchangeTerms>,
    ) -> Result<Held, OutOfNumbers> {
        let Chosen {
            priced: Priced { total, prices, bill },
            code,
            places,
            fall_back,
        } = chosen;
        let order = self.numbers.take().ok_or(OutOfNumbers)?;
        self.count_email(places.count(), details.as_deref());
        let kept_until = expires_at + time_delta(self.show.hold_grace);
        let terms = HoldTerms {
            session,
            expires_at,
            kept_until,
            created_at: self.now,
            total,
            code: code.map(|code| code.id),
        };
        let label = code.and_then(|code| code.terms.way_in());
        if label.is_some() {
            self.unblock(places.clone(), label);
        }
        self.book(order, places.clone(), terms, label);
        self.changes.new_orders.push(NewOrder {
            order,
            terms,
            places: places.clone(),
            booked: self.overlay.offset(),
            prices: prices.clone(),
            bill: bill.clone(),
            details,
            label: label.cloned(),
            exchange,
        });
        Ok(Held {
            order,
            places,
            created_at: self.now,
            expires_at,
            total: prices.is_some().then_some(total),
            prices,
            bill,
            fall_back,
        })
    }
}
