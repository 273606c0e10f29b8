//! What is played, where, for how much, and how well it sells.

use domain::rules::LoneSeats;

/// A show of the demo.
pub struct DemoShow {
    /// The plan's document.
    pub plan: &'static str,
    /// What is played.
    pub title: &'static str,
    /// In how many days.
    pub in_days: i64,
    /// At which hour and minute, in UTC.
    pub at: (u32, u32),
    /// How long it takes, in minutes.
    pub minutes: i64,
    /// Each category's price, in cents.
    pub prices: &'static [(&'static str, i64)],
    /// Which share of the best row is sold, and of the worst.
    pub sold: (f64, f64),
    /// Which share of each zone is sold.
    pub sold_of_zones: f64,
    /// Whether single seats may be left over.
    pub lone_seats: LoneSeats,
    /// Whether one can wait for places that are not free.
    pub has_waitlist: bool,
    /// Whether whoever wants places waits in a line.
    pub has_line: bool,
    /// Rows of which nothing is sold, as their seats' names begin: documents and tests take seats there by name.
    pub kept_free: &'static [&'static str],
    /// Seats that the organiser keeps for guests.
    pub blocked: &'static [&'static str],
    /// What who sits where is made up from: the same in every demo.
    pub seed: u64,
}

/// The shows, in the order in which they are listed.
pub const SHOWS: [DemoShow; 3] = [
    DemoShow {
        plan: include_str!("../../plans/arena.json"),
        title: "The Lanterns: Northern Lights Tour",
        in_days: 23,
        at: (19, 0),
        minutes: 165,
        prices: &[
            ("Front", 9_500),
            ("Side", 7_500),
            ("Upper", 4_900),
            ("Floor", 6_500),
        ],
        sold: (0.76, 0.16),
        sold_of_zones: 0.38,
        lone_seats: LoneSeats::Off,
        has_waitlist: true,
        has_line: false,
        kept_free: &["A-1-", "A-2-"],
        blocked: &[
            "M-1-1", "M-1-2", "M-1-3", "M-1-4", "M-2-1", "M-2-2", "M-2-3", "M-2-4", "G-5-6", "G-5-7",
        ],
        seed: 7,
    },
    DemoShow {
        plan: include_str!("../../plans/theatre.json"),
        title: "Anton Chekhov: The Cherry Orchard",
        in_days: 12,
        at: (18, 30),
        minutes: 150,
        prices: &[
            ("Premium", 5_800),
            ("Stalls", 4_600),
            ("Circle", 3_900),
            ("Balcony", 2_400),
            ("Boxes", 6_400),
        ],
        sold: (0.80, 0.12),
        sold_of_zones: 0.0,
        lone_seats: LoneSeats::Lenient,
        has_waitlist: true,
        has_line: false,
        kept_free: &[],
        blocked: &[
            "Boxes-1-1",
            "Boxes-1-2",
            "Boxes-1-3",
            "Boxes-1-4",
            "Stalls-C-10",
            "Stalls-C-11",
        ],
        seed: 11,
    },
    DemoShow {
        plan: include_str!("../../plans/cellar.json"),
        title: "Late Set: Ada Lindqvist Quartet",
        in_days: 6,
        at: (20, 0),
        minutes: 120,
        prices: &[
            ("Front tables", 3_400),
            ("Tables", 2_800),
            ("Bar", 2_200),
            ("Floor", 1_600),
        ],
        sold: (0.7, 0.3),
        sold_of_zones: 0.4,
        lone_seats: LoneSeats::Off,
        has_waitlist: false,
        has_line: true,
        kept_free: &[],
        blocked: &["Bar-1-13"],
        seed: 23,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::parties::parties;
    use crate::http::plans::read_document;

    /// Otherwise a map would look empty, or like the end of a sale.
    #[test]
    fn each_show_has_sold_a_third_or_so() {
        let mut sold = Vec::new();
        for show in &SHOWS {
            let plan = read_document(show.plan).expect("a plan");
            let parties = parties(&plan, show);
            let seats: usize = parties.iter().map(|party| party.places.seats.len()).sum();
            sold.push(seats * 100 / plan.seats().len());
            let names = show.blocked.iter().chain(show.kept_free);
            for name in names {
                let is_there = plan.seats().iter().any(|seat| seat.name.starts_with(name));
                assert!(is_there, "{}: {name}", show.title);
            }
            assert_eq!(show.prices.len(), plan.categories().len(), "{}", show.title);
        }
        assert!(sold.iter().all(|sold| (30..=42).contains(sold)), "{sold:?}");
    }
}
