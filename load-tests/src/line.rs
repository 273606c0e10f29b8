//! A line of a million, simulated: the same draw, the same pace, no office. Who gets in, and how the line moves.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta};
use domain::line::draw::number_of;
use domain::line::pace::half_seconds;
use domain::line::{Flow, History, Pace, Scene, Sketch};
use domain::reference::siphash;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Sessions that want in.
const SESSIONS: u32 = 1_000_000;
/// The part of them that bots have.
const OF_BOTS: f64 = 0.1;
/// Sessions of each bot.
const SESSIONS_OF_BOT: u32 = 100;
/// The part of all that comes before the opening; the others come in the time after it.
const EARLY: f64 = 0.6;
/// How long the others come, in seconds.
const LATE_SECONDS: u32 = 900;
/// Places that are sold.
const PLACES: u64 = 20_000;
/// What a person wants, and a bot, in places.
const WANTED: (u64, u64) = (2, 4);
/// The part of people who book at all, once they are in.
const BOOKS: f64 = 0.8;
/// How long they choose, in seconds.
const CHOOSES: std::ops::Range<usize> = 15..180;
/// The part of holds that lapse, and after how long, in seconds; the others are paid after a minute.
const LAPSES: (f64, usize) = (0.1, 630);
const PAYS_AFTER: usize = 60;
/// What the turnstile does in a second.
const CAPACITY: f64 = 600.0;
/// How long a place is admitted, in seconds.
const ADMITTED_SECONDS: u32 = 600;
/// The end of it all, in seconds.
const SECONDS_MAX: usize = 3 * 3_600;

/// What happens in one second.
#[derive(Default)]
struct Second {
    /// Sessions that try to hold: whether each is a bot's.
    tries: Vec<bool>,
    /// Places of holds that are paid, an order each.
    paid: Vec<u64>,
    /// Places of holds that lapse.
    lapsed: Vec<u64>,
}

/// People's, and bots'.
#[derive(Clone, Copy, Default)]
struct Parts {
    people: u64,
    bots: u64,
}

impl Parts {
    fn add(&mut self, is_bot: bool, count: u64) {
        match is_bot {
            true => self.bots += count,
            false => self.people += count,
        }
    }

    /// The bots' part, in percent.
    fn of_bots(self) -> f64 {
        100.0 * self.bots as f64 / (self.people + self.bots).max(1) as f64
    }
}

#[derive(Default)]
struct Told {
    admitted: Parts,
    got: Parts,
    in_vain: u64,
    sold: u64,
}

/// Runs it, always with the same outcome.
pub fn simulate() -> String {
    let mut random = StdRng::seed_from_u64(17);
    let (line, drawn, early) = arrive(&mut random);
    let mut text = String::new();
    let _written = writeln!(
        text,
        "{SESSIONS} sessions, {:.0} % of bots with {SESSIONS_OF_BOT} each; {early} drew, counted as {drawn} by the sketch\n",
        OF_BOTS * 100.0
    );
    let told = admit(&line, &mut random, &mut text);
    conclude(&told, &mut text);
    text
}

/// The line: who has which number, a bot or not, and from which second on; as sorted as numbers are.
fn arrive(random: &mut StdRng) -> (Vec<(u64, usize, bool)>, u64, usize) {
    let key: [u8; 16] = random.random();
    let (mut sketch, mut hashes, mut late) = (Sketch::default(), Vec::new(), Vec::new());
    for session in 0..SESSIONS {
        let is_bot = random.random_bool(OF_BOTS);
        if random.random_bool(EARLY) {
            let hash = siphash(&key, &session.to_be_bytes());
            sketch.count(siphash(&[7; 16], &session.to_be_bytes()));
            hashes.push((hash, is_bot));
        } else {
            late.push((random.random_range(0..LATE_SECONDS) as usize, is_bot));
        }
    }
    let drawn = sketch.estimate();
    let early = hashes.len();
    let mut line: Vec<_> = hashes
        .into_iter()
        .map(|(hash, is_bot)| (number_of(hash, drawn), 0, is_bot))
        .collect();
    line.sort_unstable();
    late.sort_unstable();
    let behind = (drawn + 1..).zip(late);
    line.extend(behind.map(|(number, (second, is_bot))| (number, second, is_bot)));
    (line, drawn, early)
}

/// Admits them second by second.
fn admit(line: &[(u64, usize, bool)], random: &mut StdRng, text: &mut String) -> Told {
    let (mut pace, mut history, mut told) = (Pace::default(), History::default(), Told::default());
    let mut seconds: HashMap<usize, Second> = HashMap::new();
    let (mut free, mut held, mut queue, mut admitted, mut next) = (PLACES, 0, 0.0_f64, 0, 0);
    for second in 0..SECONDS_MAX {
        let mut flow = Flow::default();
        let now = seconds.remove(&second).unwrap_or_default();
        queue = (queue + now.tries.len() as f64 - CAPACITY).max(0.0);
        for places in now.paid {
            (held, told.sold) = (held - places, told.sold + places);
            flow.paid += 1;
        }
        for places in now.lapsed {
            (held, free) = (held - places, free + places);
            flow.lapsed += 1;
        }
        for is_bot in now.tries {
            let places = if is_bot { WANTED.1 } else { WANTED.0 };
            if places > free {
                told.in_vain += 1;
                continue;
            }
            (free, held) = (free - places, held + places);
            (flow.orders, flow.places) = (flow.orders + 1, flow.places + places);
            told.got.add(is_bot, places);
            match !is_bot && random.random_bool(LAPSES.0) {
                true => seconds.entry(second + LAPSES.1).or_default().lapsed.push(places),
                false => seconds.entry(second + PAYS_AFTER).or_default().paid.push(places),
            }
        }
        let arrived = line.partition_point(|(_, since, _)| *since <= second);
        let last = arrived.checked_sub(1).and_then(|at| line.get(at));
        let last = last.map_or(0, |(number, ..)| *number);
        let scene = Scene {
            seconds: 1.0,
            waiting: last - admitted,
            free,
            held,
            queue_seconds: queue / CAPACITY,
            capacity: Some(CAPACITY),
            rate_max: None,
            half_seconds: half_seconds(ADMITTED_SECONDS),
        };
        admitted += pace.step(&scene, flow);
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(second as i64);
        history.admit(admitted, at, ADMITTED_SECONDS);
        while let Some((number, _, is_bot)) = line.get(next).filter(|(number, ..)| *number <= admitted) {
            assert!(
                history.admitted_at(*number).is_some(),
                "who is let in has its time"
            );
            told.admitted.add(*is_bot, 1);
            next += 1;
            match is_bot {
                true => seconds.entry(second + 1).or_default().tries.push(true),
                false if random.random_bool(BOOKS) => {
                    let second = second + random.random_range(CHOOSES);
                    seconds.entry(second).or_default().tries.push(false);
                }
                false => {}
            }
        }
        if second.is_multiple_of(60) || told.sold == PLACES {
            let _written = writeln!(
                text,
                "{:>4} min  admitted {admitted:>7}  {:>6.1}/s  free {free:>6}  held {held:>6}  sold {:>6}",
                second / 60,
                pace.rate(),
                told.sold
            );
        }
        if told.sold == PLACES {
            break;
        }
    }
    told
}

fn conclude(told: &Told, text: &mut String) {
    let Parts { people, bots } = told.admitted;
    let bots_all = f64::from(SESSIONS) * OF_BOTS / f64::from(SESSIONS_OF_BOT);
    let _written = write!(
        text,
        "\nadmitted: {people} people, {bots} sessions of bots ({:.1} %): as many as they have sessions, {:.2} a bot\n\
         held:     {} places by people, {} by bots ({:.1} %)\n\
         in vain:  {} who were admitted found nothing free\n\
         sold:     {} of {PLACES}\n",
        told.admitted.of_bots(),
        bots as f64 / bots_all,
        told.got.people,
        told.got.bots,
        told.got.of_bots(),
        told.in_vain,
        told.sold,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_million_sells_the_hall_and_gives_bots_no_more_than_their_part() {
        let mut random = StdRng::seed_from_u64(17);
        let (line, drawn, early) = arrive(&mut random);
        assert!(drawn.abs_diff(early as u64) < early as u64 / 20);
        let told = admit(&line, &mut random, &mut String::new());
        assert_eq!(told.sold, PLACES);
        let Parts { people, bots } = told.admitted;
        let part = told.admitted.of_bots();
        assert!((8.0..12.0).contains(&part), "{part}");
        assert!(told.in_vain * 20 < people + bots, "{} in vain", told.in_vain);
    }
}
