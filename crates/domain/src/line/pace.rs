//! How fast the line moves: as fast as those who are let in can still expect places, and as the turnstile can serve them.
//!
//! Nobody knows who of those inside will still book. What the journal tells is who has: so the pace keeps a count of those who are likely
//! to, from which each booking takes one, and which loses half every so often, as whoever has not booked by then mostly never does. Others
//! are let in as long as the places that are free, and the held ones that are likely to lapse, are enough for those.

use serde::{Deserialize, Serialize};

/// Admissions a second at which a line begins.
const RATE_FIRST: f64 = 20.0;
/// The least and the most at which it is kept.
const RATES: std::ops::RangeInclusive<f64> = 1.0..=50_000.0;
/// How much faster it may become in a second.
const FASTER: f64 = 1.25;
/// What it falls to in a second in which the turnstile's queue is too long.
const SLOWER: f64 = 0.5;
/// A queue in which commands wait for longer is too long, in seconds.
const QUEUE_SECONDS_MAX: f64 = 0.25;
/// The part of what the turnstile can carry out in a second that may be let in: each of them asks more than once.
const CAPACITY_PART: f64 = 0.5;
/// Steps count for no longer than this, in seconds: after a pause nobody is let in for the time of the pause.
const STEP_SECONDS_MAX: f64 = 2.0;
/// Before anything is known, each admitted place wants this many places …
const PLACES_EACH_FIRST: f64 = 2.0;
/// … as if so many had been let in.
const PEOPLE_FIRST: f64 = 20.0;
/// However few of them have booked, each counts for this many places.
const PLACES_EACH_MIN: f64 = 0.05;
/// While no more than this are likely to book still, there is room for one more.
const LIKELY_LEFT: f64 = 0.5;
/// Before anything is known, so many of as many holds have lapsed.
const LAPSED_FIRST: (f64, f64) = (1.0, 5.0);
/// After this part of the time for which a place is admitted, half of those who have not booked will not …
const HALF_PART: f64 = 0.4;
/// … but not before this, nor after this, in seconds. With a quarter of it, a line of a million let in a third more than found anything.
const HALF_SECONDS: (f64, f64) = (5.0, 240.0);
/// In this time the rate that is told goes half the way to the present one, in seconds.
const TOLD_HALF_SECONDS: f64 = 5.0;

/// What the pace goes by. It is kept with the line, so that any node can go on with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Most admissions a second, by what the turnstile can take.
    most: f64,
    /// The part of an admission that the last steps have left over.
    left: f64,
    /// How many of those inside are likely to book still.
    likely: f64,
    /// All who were let in.
    people: f64,
    /// What happened since the opening.
    flow: Flow,
    /// Admissions a second of late, as is told.
    rate: f64,
}

/// What happened on a show while its line was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flow {
    /// Orders that were held.
    pub orders: u64,
    /// Places that were held.
    pub places: u64,
    /// Orders that were paid.
    pub paid: u64,
    /// Orders that lapsed or were given up.
    pub lapsed: u64,
}

/// What there is when the pace is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Since the last step, in seconds.
    pub seconds: f64,
    /// Places in the line that are not admitted.
    pub waiting: u64,
    /// Free places of the show.
    pub free: u64,
    /// Held ones.
    pub held: u64,
    /// How long a command would wait in the turnstile, in seconds.
    pub queue_seconds: f64,
    /// How many commands the turnstile can carry out in a second, if that is known.
    pub capacity: Option<f64>,
    /// The show's own limit, in admissions a second.
    pub rate_max: Option<u32>,
    /// After this long, half of those who have not booked will not.
    pub half_seconds: f64,
}

/// How long until half of those who have not booked will not, where a place is admitted for so many seconds.
pub fn half_seconds(admitted_seconds: u32) -> f64 {
    (f64::from(admitted_seconds) * HALF_PART).clamp(HALF_SECONDS.0, HALF_SECONDS.1)
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            most: RATE_FIRST,
            left: 0.0,
            likely: 0.0,
            people: 0.0,
            flow: Flow::default(),
            rate: 0.0,
        }
    }
}

impl Pace {
    /// Admissions a second of late.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// How many more are admitted now, with what has happened since the last step.
    pub fn step(&mut self, scene: &Scene, flow: Flow) -> u64 {
        let seconds = scene.seconds.clamp(0.0, STEP_SECONDS_MAX);
        self.note(scene, flow);
        self.set_rate(scene, seconds);
        let rate = scene.rate_max.map_or(self.most, |max| self.most.min(max.into()));
        let by_rate = self.left + rate * seconds;
        let admitted = by_rate
            .min(self.room(scene))
            .min(scene.waiting as f64)
            .max(0.0)
            .floor();
        self.left = (by_rate - admitted).clamp(0.0, 1.0);
        self.likely += admitted;
        self.people += admitted;
        if seconds > 0.0 {
            let now = admitted / seconds;
            self.rate += (now - self.rate) * (1.0 - 0.5_f64.powf(seconds / TOLD_HALF_SECONDS));
        }
        admitted as u64
    }

    /// Takes in what has happened.
    fn note(&mut self, scene: &Scene, flow: Flow) {
        self.flow.orders += flow.orders;
        self.flow.places += flow.places;
        self.flow.paid += flow.paid;
        self.flow.lapsed += flow.lapsed;
        self.likely = (self.likely - flow.orders as f64).max(0.0);
        // All of the time counts, as people think on however long a step takes.
        self.likely *= 0.5_f64.powf(scene.seconds.max(0.0) / scene.half_seconds.max(1.0));
    }

    /// Faster while the turnstile keeps up, slower at once when it does not.
    fn set_rate(&mut self, scene: &Scene, seconds: f64) {
        let factor: f64 = if scene.queue_seconds > QUEUE_SECONDS_MAX {
            SLOWER
        } else {
            FASTER
        };
        let most = scene
            .capacity
            .map_or(*RATES.end(), |capacity| capacity * CAPACITY_PART);
        let rate = (self.most * factor.powf(seconds)).min(most);
        self.most = rate.clamp(*RATES.start(), *RATES.end());
    }

    /// For how many more there are places.
    fn room(&self, scene: &Scene) -> f64 {
        if scene.free == 0 {
            return 0.0;
        }
        let coming = scene.free as f64 + scene.held as f64 * self.lapsing();
        let room = coming / self.places_each() - self.likely;
        // The last places are for one after the other.
        if self.likely <= LIKELY_LEFT {
            room.max(1.0)
        } else {
            room
        }
    }

    /// The part of the held places that will be free again.
    fn lapsing(&self) -> f64 {
        let lapsed = LAPSED_FIRST.0 + self.flow.lapsed as f64;
        lapsed / (LAPSED_FIRST.1 + self.flow.lapsed as f64 + self.flow.paid as f64)
    }

    /// How many places each of those who are inside wants: fewer, the more of those before have not come at all.
    fn places_each(&self) -> f64 {
        let before = (self.people - self.likely).max(0.0);
        let places = PLACES_EACH_FIRST * PEOPLE_FIRST + self.flow.places as f64;
        (places / (PEOPLE_FIRST + before)).max(PLACES_EACH_MIN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCENE: Scene = Scene {
        seconds: 1.0,
        waiting: 1_000_000,
        free: 100_000,
        held: 0,
        queue_seconds: 0.0,
        capacity: None,
        rate_max: None,
        half_seconds: 60.0,
    };

    /// What each of so many seconds admits in a scene in which nothing happens.
    fn run(seconds: usize, scene: impl Fn(usize) -> Scene) -> Vec<u64> {
        let mut pace = Pace::default();
        (0..seconds)
            .map(|second| pace.step(&scene(second), Flow::default()))
            .collect()
    }

    #[test]
    fn nobody_is_admitted_while_nothing_is_free() {
        let held = Scene {
            free: 0,
            held: 500,
            ..SCENE
        };
        assert_eq!(run(60, |_| held), [0; 60]);
    }

    #[test]
    fn no_more_are_admitted_than_can_expect_places() {
        let admitted: u64 = run(10, |_| Scene { free: 100, ..SCENE }).iter().sum();
        // Two places each, and some of the first have given up.
        assert!((50..75).contains(&admitted), "{admitted}");
    }

    #[test]
    fn whoever_books_makes_no_room_and_whoever_gives_up_does() {
        let after = |flow, free, held| {
            let mut pace = Pace::default();
            while pace.step(
                &Scene {
                    seconds: 0.1,
                    free: 100,
                    ..SCENE
                },
                Flow::default(),
            ) > 0
            {}
            let next = Scene {
                seconds: 2.0,
                free,
                held,
                ..SCENE
            };
            pace.step(&next, flow)
        };
        let booked = Flow {
            orders: 25,
            places: 50,
            ..Flow::default()
        };
        assert!(after(booked, 50, 50) < 15);
        let left = Flow {
            orders: 25,
            places: 50,
            lapsed: 25,
            ..Flow::default()
        };
        assert!(after(left, 100, 0) > 20);
    }

    #[test]
    fn holds_that_mostly_lapse_let_more_in() {
        let after = |flow| {
            Pace {
                flow,
                ..Pace::default()
            }
            .step(
                &Scene {
                    free: 2,
                    held: 40,
                    ..SCENE
                },
                Flow::default(),
            )
        };
        let paid = Flow {
            paid: 1_000,
            ..Flow::default()
        };
        let lapsed = Flow {
            lapsed: 1_000,
            ..Flow::default()
        };
        assert_eq!(after(paid), 1);
        assert!(after(lapsed) >= 19);
    }

    #[test]
    fn the_line_slows_down_while_the_turnstile_is_behind() {
        let admitted = run(60, |second| Scene {
            queue_seconds: if second < 30 { 0.0 } else { 1.0 },
            ..SCENE
        });
        assert!(admitted[29] > 500, "{admitted:?}");
        assert!(
            admitted[31] < admitted[29] / 2 && admitted[45] <= 1,
            "{admitted:?}"
        );
    }

    #[test]
    fn half_of_what_the_turnstile_can_do_is_let_in() {
        let admitted = run(60, |_| Scene {
            capacity: Some(600.0),
            ..SCENE
        });
        assert_eq!(admitted[59], 300);
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let mut pace = Pace::default();
        assert!(
            pace.step(
                &Scene {
                    seconds: 3_600.0,
                    rate_max: Some(10),
                    ..SCENE
                },
                Flow::default()
            ) <= 20
        );
    }

    /// A turnstile that can do `capacity` a second, each admitted asking once, settles at an even rate.
    #[test]
    fn the_rate_swings_within_bounds() {
        let (capacity, mut queue, mut pace) = (400.0, 0.0_f64, Pace::default());
        let mut admitted = Vec::new();
        for _ in 0..300 {
            let scene = Scene {
                queue_seconds: queue / capacity,
                capacity: None,
                half_seconds: 10.0,
                ..SCENE
            };
            let now = pace.step(&scene, Flow::default());
            queue = (queue + now as f64 - capacity).max(0.0);
            admitted.push(now);
        }
        let late = &admitted[200..];
        let mean = late.iter().sum::<u64>() as f64 / late.len() as f64;
        assert!((0.5 * capacity..1.05 * capacity).contains(&mean), "{mean}");
        assert!(late.iter().all(|now| (*now as f64) < 2.0 * capacity), "{late:?}");
        assert!(late.iter().all(|now| (*now as f64) > 0.1 * capacity), "{late:?}");
    }

    fn scenes() -> impl Strategy<Value = Vec<(Scene, Flow)>> {
        let one = (
            0.0..3.0_f64,
            0..5_000_u64,
            0..3_000_u64,
            0..500_u64,
            0.0..1.0_f64,
            0..50_u64,
        );
        let scene = one.prop_map(|(seconds, waiting, free, held, queue_seconds, orders)| {
            let scene = Scene {
                seconds,
                waiting,
                free,
                held,
                queue_seconds,
                rate_max: Some(30),
                ..SCENE
            };
            let flow = Flow {
                orders,
                places: 2 * orders,
                paid: orders / 2,
                lapsed: orders / 3,
            };
            (scene, flow)
        });
        prop::collection::vec(scene, 1..100)
    }

    proptest! {
        #[test]
        fn the_shows_own_limit_holds_over_any_time(scenes in scenes()) {
            let mut pace = Pace::default();
            let (mut seconds, mut admitted) = (0.0, 0);
            for (scene, flow) in scenes {
                let now = pace.step(&scene, flow);
                prop_assert!(now <= scene.waiting);
                prop_assert!(scene.free > 0 || now == 0);
                seconds += scene.seconds;
                admitted += now;
                prop_assert!(admitted as f64 <= 30.0 * seconds + 1.0 + 1e-6);
            }
        }

        /// However many were let in before and stay away: as long as something is free, somebody is let in again.
        #[test]
        fn the_line_never_stands_still_while_places_are_free(scenes in scenes(), free in 1..100_u64) {
            let mut pace = Pace::default();
            for (scene, flow) in scenes {
                pace.step(&scene, flow);
            }
            let halvings = (pace.likely + 1.0).log2().ceil() + 1.0;
            let seconds = (halvings * SCENE.half_seconds) as usize + 1;
            let scene = Scene { free, ..SCENE };
            prop_assert!((0..seconds).any(|_| pace.step(&scene, Flow::default()) > 0));
        }
    }
}
