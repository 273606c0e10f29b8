//! Who sits where in a demo: parties of friends side by side, the better the row the more of them, with a few seats between
//! them. Made up by rule, from the show's seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::programme::DemoShow;
use domain::event::{Places, ZonePlaces};
use domain::plan::best_first::GoodRow;
use domain::plan::{Plan, Seat, SeatIndex, Table, ZoneIndex};

/// How many come together, each as often as it stands here.
const SIZES: [u32; 20] = [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6];
/// How many they are on average.
const SIZE_MEAN: f64 = 2.65;
/// Some sections are liked less than others as good: from this much of what is usual to the next.
const LIKED: std::ops::Range<f64> = 0.7..1.3;
/// A row of so few seats is a table or a box, where strangers don't sit.
const TABLE_SEATS_MAX: usize = 6;
/// One party in so many hasn't paid yet, at the end.
const UNPAID_OF: usize = 40;

/// People who go together.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Their places.
    pub places: Places,
    /// Whether they have paid; else they are about to.
    pub has_paid: bool,
}

/// The parties of a show, the first who came before the others.
pub fn parties(plan: &Plan, show: &DemoShow) -> Vec<Party> {
    let mut random = StdRng::seed_from_u64(show.seed);
    let liked: Vec<f64> = plan
        .sections()
        .iter()
        .map(|_| random.random_range(LIKED))
        .collect();
    let rows = plan.best_first().rows();
    let mut places: Vec<Places> = Vec::new();
    for (rank, row) in rows.iter().enumerate() {
        let liked = liked.get(usize::from(row.section.0)).copied().unwrap_or(1.0);
        let share = (share_at(rank, rows.len(), show.sold) * liked).clamp(0.02, 0.92);
        let seated = match row.places.len() {
            ..=TABLE_SEATS_MAX => Vec::from_iter(seat_table(plan, row, show, share, &mut random)),
            _ => seat_row(plan, row, show, share, &mut random),
        };
        places.extend(seated.into_iter().map(|seats| Places {
            seats,
            zones: Vec::new(),
        }));
    }
    for zone in 0..plan.zones().len() {
        places.extend(fill_zone(plan, zone, show.sold_of_zones, &mut random));
    }
    let paid = places.len() - places.len() / UNPAID_OF;
    let party = |(at, places)| Party {
        places,
        has_paid: at < paid,
    };
    // Those who haven't paid came last, and are all over the hall.
    let first_unpaid: Vec<_> = (paid..places.len()).collect();
    for at in first_unpaid {
        let with = random.random_range(0..places.len());
        places.swap(at, with);
    }
    places.into_iter().enumerate().map(party).collect()
}

/// What is sold of the row of this rank, between what is sold of the first one and of the last.
fn share_at(rank: usize, rows: usize, (best, worst): (f64, f64)) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a plan has few rows")]
    let part = rank as f64 / rows.saturating_sub(1).max(1) as f64;
    best + (worst - best) * part
}

/// One party at a table, where this share of them is taken.
fn seat_table(
    plan: &Plan,
    row: &GoodRow,
    show: &DemoShow,
    share: f64,
    random: &mut StdRng,
) -> Option<Vec<SeatIndex>> {
    let some = size_of_party(random).max(2) as usize;
    let size = match row.table {
        Some(Table { whole: true }) => row.places.len(),
        _ => some,
    };
    let is_taken = random.random_bool(share);
    let seats = plan.best_first().places(row).map(|(_, place)| place.seat);
    let seats = seats.filter(|seat| plan.seat(*seat).is_some_and(|seat| is_sold(show, seat)));
    let seats: Vec<_> = seats.take(size).collect();
    (is_taken && !seats.is_empty()).then_some(seats)
}

/// Parties along a row, with gaps such that this share of it is taken.
fn seat_row(
    plan: &Plan,
    row: &GoodRow,
    show: &DemoShow,
    share: f64,
    random: &mut StdRng,
) -> Vec<Vec<SeatIndex>> {
    // Of the seats between two parties there are on average so many that the share comes out.
    let gap_max = 2.0 * SIZE_MEAN * (1.0 - share) / share;
    let mut left_free = gap(gap_max, random);
    let mut parties = Vec::new();
    let (mut party, mut size) = (Vec::new(), 0);
    for (_, place) in plan.best_first().places(row) {
        let is_sold = plan.seat(place.seat).is_some_and(|seat| is_sold(show, seat));
        if !place.joins_previous || !is_sold {
            parties.extend((!party.is_empty()).then(|| std::mem::take(&mut party)));
        }
        if !is_sold {
            continue;
        }
        if left_free >= 1.0 && party.is_empty() {
            left_free -= 1.0;
            continue;
        }
        if party.is_empty() {
            size = size_of_party(random);
        }
        party.push(place.seat);
        if party.len() >= size as usize {
            parties.push(std::mem::take(&mut party));
            left_free = gap(gap_max, random);
        }
    }
    parties.extend((!party.is_empty()).then_some(party));
    parties
}

fn gap(max: f64, random: &mut StdRng) -> f64 {
    random.random_range(0.0..=max).round()
}

/// Those for guests in wheelchairs and their company wait for them.
fn is_sold(show: &DemoShow, seat: &Seat) -> bool {
    let name = seat.name.as_str();
    seat.attributes.is_for_all()
        && !show.blocked.contains(&name)
        && !show.kept_free.iter().any(|begin| name.starts_with(begin))
}

fn size_of_party(random: &mut StdRng) -> u32 {
    let at = random.random_range(0..SIZES.len());
    SIZES.get(at).copied().unwrap_or(2)
}

/// Parties in a zone until this share of it is taken.
fn fill_zone(plan: &Plan, zone: usize, share: f64, random: &mut StdRng) -> Vec<Places> {
    let capacity = plan.zones().get(zone).map_or(0, |zone| zone.capacity);
    let mut left = f64::from(capacity) * share;
    let zone = ZoneIndex(u16::try_from(zone).unwrap_or(u16::MAX));
    let mut parties = Vec::new();
    while left >= 1.0 {
        let count = size_of_party(random);
        left -= f64::from(count);
        parties.push(Places {
            seats: Vec::new(),
            zones: vec![ZonePlaces { zone, count }],
        });
    }
    parties
}
