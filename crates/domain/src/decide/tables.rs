//! Tables that are sold whole: whoever gets any of their seats gets them all.

use super::Draft;
use crate::outcome::Refusal;
use crate::plan::SeatIndex;

impl Draft<'_> {
    /// Whether these seats have all of each such table that they have any of.
    pub(super) fn check_tables(&self, seats: &[SeatIndex]) -> Result<(), Refusal> {
        let is_missing = |seat: &SeatIndex| !seats.contains(seat);
        let mut tables = { seats.iter() }.filter_map(|seat| self.show.plan.whole_table(*seat));
        match tables.find(|table| table.iter().any(is_missing)) {
            Some(table) => Err(Refusal::TableWhole(table.to_vec())),
            None => Ok(()),
        }
    }

    /// Whether no such table has some of an order's seats that are given up and some that are kept. It may have had only some of
    /// the table's, from when that was sold by the seat.
    pub(super) fn check_tables_parted(&self, given: &[SeatIndex], kept: &[SeatIndex]) -> Result<(), Refusal> {
        let mut tables = { given.iter() }.filter_map(|seat| self.show.plan.whole_table(*seat));
        match tables.find(|table| table.iter().any(|seat| kept.contains(seat))) {
            Some(table) => Err(Refusal::TableWhole(table.to_vec())),
            None => Ok(()),
        }
    }
}
