//! What a buyer wishes for, having looked at the map.

use domain::plan::{Plan, SeatIndex};
use domain::seat_map::SeatState;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::super::visitor::seen::Seen;

/// How many go together, each as often as it stands here.
const SIZES: [u32; 10] = [1, 2, 2, 2, 2, 2, 3, 4, 4, 5];
/// Of ten buyers so many leave it to the office where they sit …
const TOGETHER_OF_TEN: u32 = 4;
/// … and so many stand.
const STANDING_OF_TEN: u32 = 1;

/// A buyer's wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// As it is sent.
    pub body: Value,
    /// How many places it is.
    pub places: u32,
}

/// A wish for what seems to be free; none if nothing does.
pub fn wish(plan: &Plan, seen: &Seen, order_places_max: u32, random: &mut StdRng) -> Option<Wish> {
    let size = SIZES
        .get(random.random_range(0..SIZES.len()))
        .copied()
        .unwrap_or(2);
    let places = size.min(order_places_max).max(1);
    let die = random.random_range(0..10);
    let stands = || standing(plan, seen, places);
    if die < STANDING_OF_TEN
        && let Some(wish) = stands()
    {
        return Some(wish);
    }
    let start = random.random_range(0..plan.seats().len().max(1));
    let Some(seats) = free_seats(plan, seen, start, places) else {
        return stands();
    };
    if die >= 10 - TOGETHER_OF_TEN {
        let body = json!({"together": {"count": places}});
        return Some(Wish { body, places });
    }
    Some(Wish {
        places: u32::try_from(seats.len()).unwrap_or(places),
        body: json!({"seats": seats}),
    })
}

/// Free seats of one row, the first ones from a seat on: so many at most.
fn free_seats<'a>(plan: &'a Plan, seen: &Seen, start: usize, count: u32) -> Option<Vec<&'a str>> {
    let is_free = |at: usize| seen.map.seats.get(at) == Some(&SeatState::Free);
    let first = (start..plan.seats().len())
        .chain(0..start)
        .find(|at| is_free(*at))?;
    let first = SeatIndex(u32::try_from(first).ok()?);
    let (_, row) = plan.section_and_row(first)?;
    let seats = plan.row_seats(row).skip_while(|(seat, _)| *seat < first);
    let free = seats.take_while(|(seat, _)| is_free(seat.0 as usize));
    Some(
        free.take(count as usize)
            .map(|(_, seat)| seat.name.as_str())
            .collect(),
    )
}

/// Places in the zone that has most.
fn standing(plan: &Plan, seen: &Seen, places: u32) -> Option<Wish> {
    let counts = seen.map.zones.iter().zip(&seen.map.capacities);
    let free = counts.map(|(count, capacity)| count.free(*capacity));
    let (zone, free) = plan.zones().iter().zip(free).max_by_key(|(_, free)| *free)?;
    let places = places.min(free);
    (places > 0).then(|| Wish {
        body: json!({"zones": [{"zone": zone.name, "count": places}]}),
        places,
    })
}

#[cfg(test)]
mod tests {
    use domain::plan::generate::{Spec, generate};
    use domain::seat_map::SeatMap;
    use rand::SeedableRng;

    use super::*;

    fn seen(plan: &Plan) -> Seen {
        Seen {
            map: SeatMap::new(plan.seats().len(), vec![500]),
        }
    }

    #[test]
    fn nobody_wishes_for_what_is_taken() {
        let spec = Spec {
            sections: 1,
            rows: 2,
            seats: 5,
            zones: 1,
        };
        let plan = generate(&spec).expect("a plan");
        let mut seen = seen(&plan);
        for seat in [0, 1, 2, 4, 5, 6, 7, 8] {
            seen.map.seats[seat] = SeatState::Sold;
        }
        assert_eq!(free_seats(&plan, &seen, 0, 3), Some(vec!["A-1-4"]));
        assert_eq!(free_seats(&plan, &seen, 4, 3), Some(vec!["A-2-5"]));
        seen.map.seats.fill(SeatState::Sold);
        let mut random = StdRng::seed_from_u64(1);
        let standing = wish(&plan, &seen, 20, &mut random).expect("a place to stand");
        assert_eq!(standing.body["zones"][0]["zone"], "Floor 1");
        seen.map.zones[0].sold = 500;
        assert_eq!(wish(&plan, &seen, 20, &mut random), None);
    }
}
