//! Where a plan's seats stand, the best row first: numbers of places instead of rows of seats, so that a search is arithmetic.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::grounds::Grounds;
use super::nearby::Nearby;
use crate::plan::best_first::GoodRow;
use crate::plan::{Plan, QUALITY_USUAL, SeatIndex};

/// The place of a seat that no row has.
const NOWHERE: u32 = u32::MAX;

/// The places of [`crate::plan::best_first::BestFirst`], by the seats that they have.
#[derive(Debug)]
pub struct Layout {
    /// By seat.
    places: Vec<u32>,
    /// By place.
    seats: Vec<SeatIndex>,
    /// Whether a place is a neighbour of the one before it, a bit each.
    joins: Vec<u64>,
    /// Rows of which some seats are better than others, a mark each in the order of merit.
    varied: Vec<bool>,
    /// Rows that have places for wheelchairs, in that order, and these places.
    accessible: Vec<(usize, Vec<u32>)>,
    /// The rows by where they are.
    nearby: Arc<Nearby>,
    /// How far things are from each other, once somebody wants to sit near something.
    grounds: OnceLock<Grounds>,
}

impl Layout {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Self {
        let rows = plan.best_first().rows();
        let count = rows.last().map_or(0, |row| row.places.end);
        let mut layout = Self {
            places: vec![NOWHERE; plan.seats().len()],
            seats: Vec::with_capacity(count as usize),
            joins: vec![0; (count as usize).div_ceil(u64::BITS as usize)],
            varied: rows.iter().map(|row| is_varied(plan, row)).collect(),
            accessible: (0..)
                .zip(rows)
                .map(|(at, row)| (at, accessible_places(plan, row)))
                .filter(|(_, places)| !places.is_empty())
                .collect(),
            nearby: Arc::new(Nearby::of(plan)),
            grounds: OnceLock::new(),
        };
        for (at, place) in rows.iter().flat_map(|row| plan.best_first().places(row)) {
            if let Some(known) = layout.places.get_mut(place.seat.0 as usize) {
                *known = at;
            }
            layout.seats.push(place.seat);
            if let Some(word) = layout.joins.get_mut((at / u64::BITS) as usize) {
                *word |= u64::from(place.joins_previous) << (at % u64::BITS);
            }
        }
        layout
    }

    /// Where a seat stands.
    pub fn place(&self, seat: SeatIndex) -> Option<u32> {
        let place = self.places.get(seat.0 as usize).copied();
        place.filter(|place| *place != NOWHERE)
    }

    /// Whether a place is a neighbour of the one before it. Where a row begins, or behind the last one, none is.
    pub fn joins(&self, place: u32) -> bool {
        let word = self.joins.get((place / u64::BITS) as usize);
        word.is_some_and(|word| word >> (place % u64::BITS) & 1 == 1)
    }

    /// The seat at a place.
    pub fn seat(&self, place: u32) -> Option<SeatIndex> {
        self.seats.get(place as usize).copied()
    }

    /// The seats at these places, in the plan's order.
    pub fn seats(&self, places: Range<u32>) -> Vec<SeatIndex> {
        let seats = self.seats.get(places.start as usize..places.end as usize);
        let mut seats = seats.unwrap_or_default().to_vec();
        seats.sort_unstable();
        seats
    }

    /// Whether some seats of a row are better than others.
    pub fn is_varied(&self, row: usize) -> bool {
        self.varied.get(row).copied().unwrap_or_default()
    }

    /// The rows that have places for wheelchairs, and these places.
    pub fn accessible(&self) -> &[(usize, Vec<u32>)] {
        &self.accessible
    }

    /// The rows by where they are.
    pub fn nearby(&self) -> &Arc<Nearby> {
        &self.nearby
    }

    /// How many places there are.
    pub const fn count(&self) -> usize {
        self.seats.len()
    }

    /// How far things are from each other.
    pub fn grounds(&self, plan: &Plan) -> &Grounds {
        self.grounds.get_or_init(|| Grounds::of(plan))
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let grounds = self.grounds.get().map_or(0, Grounds::bytes);
        (self.places.len() + self.seats.len()) * size_of::<u32>()
            + self.joins.len() * size_of::<u64>()
            + self.varied.len()
            + self.accessible.len() * (size_of::<(usize, Vec<u32>)>() + size_of::<u32>())
            + self.nearby.bytes()
            + grounds
    }
}

fn is_varied(plan: &Plan, row: &GoodRow) -> bool {
    let mut qualities = plan
        .best_first()
        .places(row)
        .map(|(_, place)| quality_of(place.quality));
    let first = qualities.next();
    qualities.any(|quality| Some(quality) != first)
}

/// How good a seat is of which this is said.
pub fn quality_of(said: Option<u16>) -> u32 {
    said.unwrap_or(QUALITY_USUAL).into()
}

fn accessible_places(plan: &Plan, row: &GoodRow) -> Vec<u32> {
    let places = plan.best_first().places(row);
    let accessible = places.filter(|(_, place)| {
        plan.seat(place.seat)
            .is_some_and(|seat| seat.attributes.accessible)
    });
    accessible.map(|(at, _)| at).collect()
}
