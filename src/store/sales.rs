//! What a show has sold, summed up at an offset of its journal.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};

use super::row::corrupt;
use super::statement::{self, statement};
use domain::event::Place;
use domain::id::Offset;
use domain::plan::{CategoryIndex, SeatIndex, ZoneIndex};
use domain::show::Show;

/// Most events that a past offset may lie behind the last one.
pub const EVENTS_BACK_MAX: i64 = 100_000;

/// The statement joins much with much, unlike those that read rows by key, and may take longer than they.
const SETTINGS: &str =
    "SET LOCAL enable_hashjoin = on; SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = '5s'";

statement! {
    struct Sum("sales/sum.sql") {
        show: BigInt = i64,
        at: Nullable<BigInt> = Option<i64>,
        events_max: BigInt = i64,
        seat_categories: Array<SmallInt> = Vec<i16>,
        zone_categories: Array<SmallInt> = Vec<i16>,
        first_seat_prices: Array<BigInt> = Vec<i64>,
        first_zone_prices: Array<BigInt> = Vec<i64>,
    } -> (
        BigInt, BigInt, Nullable<BigInt>, Bool, BigInt, Nullable<Integer>, Nullable<SmallInt>, Nullable<Timestamptz>,
        Nullable<Text>, Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>,
    )
}

/// Some places and their money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// How many.
    pub places: i64,
    /// What they cost when they were put into their orders, in minor units.
    pub amount: i64,
}

/// What became of some places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// In orders that are to be paid.
    pub held: Part,
    /// Paid, and not given back.
    pub sold: Part,
    /// Paid and given back.
    pub returned: Part,
}

/// A show's sales.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sales {
    /// The journal's offset at which this was so.
    pub at: Offset,
    /// What has gone back of payments or is about to, in minor units, in the same look; not known of a past offset.
    pub refunded: Option<i64>,
    /// By category, those that have any.
    pub categories: BTreeMap<CategoryIndex, Parts>,
    /// By the hour in which orders were made, those that have any.
    pub hours: BTreeMap<DateTime<Utc>, Parts>,
    /// By the ticket type that places were sold as, by its id; those that have any.
    pub ticket_types: BTreeMap<String, Parts>,
    /// By the code that orders were made with, those that have any.
    pub codes: BTreeMap<String, Parts>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Summed {
    /// The sales.
    Sales(Sales),
    /// The journal has no such offset yet.
    NotYet,
    /// The offset lies too far back.
    TooFarBack,
    /// What has happened since is not kept any more.
    Forgotten,
}

type Row = (
    i64,
    i64,
    Option<i64>,
    bool,
    i64,
    Option<i32>,
    Option<i16>,
    Option<DateTime<Utc>>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

/// Sums a show's sales up, at this offset or the last one.
pub fn sum_sales(connection: &mut PgConnection, show: &Show, at: Option<Offset>) -> QueryResult<Summed> {
    let category = |category: CategoryIndex| category.0.cast_signed();
    // What orders cost that say nothing of it, whatever plan the show has by now.
    let first = show.first_terms();
    let sum = Sum {
        show: show.id.0,
        at: at.map(|at| at.0),
        events_max: EVENTS_BACK_MAX,
        seat_categories: show
            .plan
            .seats()
            .iter()
            .map(|seat| category(seat.category))
            .collect(),
        zone_categories: show
            .plan
            .zones()
            .iter()
            .map(|zone| category(zone.category))
            .collect(),
        first_seat_prices: { (0..).map(SeatIndex).take(first.plan.seats().len()) }
            .map(|seat| first.place_price(Place::Seat(seat)))
            .collect(),
        first_zone_prices: { (0..).map(ZoneIndex).take(first.plan.zones().len()) }
            .map(|zone| first.place_price(Place::Zone(zone)))
            .collect(),
    };
    let rows: Vec<Row> = connection.transaction(|connection| {
        connection.batch_execute(SETTINGS)?;
        statement::load(connection, sum)
    })?;
    let Some((head, at, first, lacks_orders, refunded)) =
        rows.first().map(|row| (row.0, row.1, row.2, row.3, row.4))
    else {
        return Err(diesel::result::Error::NotFound);
    };
    if at > head {
        return Ok(Summed::NotYet);
    }
    if head - at > EVENTS_BACK_MAX {
        return Ok(Summed::TooFarBack);
    }
    let is_kept = at == head || first.is_some_and(|first| first <= at + 1);
    if !is_kept || lacks_orders {
        return Ok(Summed::Forgotten);
    }
    let mut sales = Sales {
        at: Offset(at),
        refunded: (at == head).then_some(refunded),
        ..Sales::default()
    };
    for row in rows {
        sales.add(row)?;
    }
    Ok(Summed::Sales(sales))
}

impl Sales {
    /// Adds a row: of a category, an hour, a ticket type or a code.
    fn add(&mut self, row: Row) -> QueryResult<()> {
        let (.., part, category, hour, ticket_type, code, places, amount) = row;
        let (Some(part), Some(places), Some(amount)) = (part, places, amount) else {
            return Ok(());
        };
        let parts = match (category, hour, ticket_type, code) {
            (Some(category), ..) => self
                .categories
                .entry(CategoryIndex(category.cast_unsigned()))
                .or_default(),
            (None, Some(hour), ..) => self.hours.entry(hour).or_default(),
            (None, None, Some(ticket_type), _) => self.ticket_types.entry(ticket_type).or_default(),
            (None, None, None, Some(code)) => self.codes.entry(code).or_default(),
            (None, None, None, None) => return Err(corrupt("a sum of sales")),
        };
        let summed = Part { places, amount };
        match part {
            1 => parts.held = summed,
            2 => parts.sold = summed,
            3 => parts.returned = summed,
            _ => return Err(corrupt("a part of sales")),
        }
        Ok(())
    }

    /// All of it.
    pub fn total(&self) -> Parts {
        let mut total = Parts::default();
        for parts in self.categories.values() {
            total.held.add(parts.held);
            total.sold.add(parts.sold);
            total.returned.add(parts.returned);
        }
        total
    }
}

impl Parts {
    /// How many places, whatever became of them.
    pub fn places(&self) -> i64 {
        self.held.places + self.sold.places + self.returned.places
    }
}

impl Part {
    fn add(&mut self, other: Self) {
        self.places += other.places;
        self.amount += other.amount;
    }
}
