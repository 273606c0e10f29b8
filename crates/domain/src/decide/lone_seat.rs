//! The show's rule about lone seats, where a batch takes seats.

use super::Draft;
use crate::command::Wish;
use crate::lone_seat::{self, LoneSeat, Pick};
use crate::outcome::Refusal;
use crate::plan::SeatIndex;
use crate::seat_map::SeatState;

impl Draft<'_> {
    /// Whether these seats may be taken while those are given up.
    pub(super) fn check_lone_seats(&self, seats: &[SeatIndex], given: &[SeatIndex]) -> Result<(), Refusal> {
        match self.find_lone_seat(seats, given) {
            None => Ok(()),
            Some(LoneSeat { seat, choices, .. }) => Err(Refusal::LoneSeat { seat, choices }),
        }
    }

    /// Whether the seats of a wish may be taken while those are given up. Seats that the office itself has found are moved to the
    /// nearest ones that may.
    pub(super) fn heed_lone_seats(
        &self,
        wish: &Wish,
        seats: &mut Vec<SeatIndex>,
        given: &[SeatIndex],
    ) -> Result<(), Refusal> {
        if wish.together.is_some() {
            self.spare_lone_seats(seats, given);
        }
        self.check_lone_seats(seats, given)
    }

    fn spare_lone_seats(&self, seats: &mut Vec<SeatIndex>, given: &[SeatIndex]) {
        // Each step puts one run of them right.
        for _ in 0..seats.len() {
            let Some(lone) = self.find_lone_seat(seats, given) else {
                return;
            };
            seats.retain(|seat| !lone.picked.contains(seat));
            seats.extend(lone.choices.into_iter().next().unwrap_or_default());
            seats.sort_unstable();
        }
    }

    fn find_lone_seat(&self, seats: &[SeatIndex], given: &[SeatIndex]) -> Option<LoneSeat> {
        let rule = self.show.lone_seats();
        let is_free = |seat| self.overlay.seat(seat) == Some(SeatState::Free);
        lone_seat::find(&self.show.plan, rule, Pick { seats, given }, is_free)
    }
}
