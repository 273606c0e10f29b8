//! The show's rule about lone seats, where a batch takes seats.

use super::Draft;
use crate::command::Wish;
use crate::lone_seat::{self, LoneSeat, Pick};
use crate::outcome::Refusal;
use crate::plan::SeatIndex;
use crate::seat_map::SeatState;
use crate::together::{Filter, Wish as Together};

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
        seats: &mut [SeatIndex],
        given: &[SeatIndex],
    ) -> Result<(), Refusal> {
        if let Some(together) = &wish.together {
            self.spare_lone_seats(together, seats, given);
        }
        self.check_lone_seats(seats, given)
    }

    fn spare_lone_seats(&self, wish: &Together, seats: &mut [SeatIndex], given: &[SeatIndex]) {
        let filter = Filter {
            has_accessible: wish.accessible > 0,
            ..wish.filter.clone()
        };
        let is_meant = |seat: &SeatIndex| {
            let section = self.show.plan.good_row(*seat).map(|row| row.section);
            section.is_some_and(|section| filter.has_section(&self.show.plan, section))
                && filter.has_seat(&self.show, *seat)
                && !self.is_kept(*seat)
        };
        // Each step puts one run of them right.
        for _ in 0..seats.len() {
            let Some(LoneSeat { choices, picked, .. }) = self.find_lone_seat(seats, given) else {
                return;
            };
            let choice = choices.iter().find(|choice| choice.iter().all(is_meant));
            let Some(choice) = choice.filter(|choice| choice.len() == picked.len()) else {
                return;
            };
            // In their places, so that groups stay in their order.
            let moved = seats.iter_mut().filter(|seat| picked.contains(seat));
            moved.zip(choice).for_each(|(seat, choice)| *seat = *choice);
        }
    }

    fn find_lone_seat(&self, seats: &[SeatIndex], given: &[SeatIndex]) -> Option<LoneSeat> {
        let rule = self.show.lone_seats();
        let is_free = |seat| self.overlay.seat(seat) == Some(SeatState::Free);
        lone_seat::find(&self.show.plan, rule, Pick { seats, given }, is_free)
    }
}
