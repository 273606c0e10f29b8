//! The seats that some wishes are about, those of a category say, in one line: the best row first.

use std::ops::Range;
use std::sync::Arc;

use super::layout::Layout;
use super::longest::Longest;
use super::runs::Runs;
use super::tables::{Tables, is_table};
use crate::plan::SeatIndex;
use crate::plan::best_first::GoodRow;

/// Some of a plan's places, one after the other, with what is free of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    stretches: Arc<[Stretch]>,
    count: u32,
    /// Rows, by positions in the line.
    pub runs: Runs,
    /// Tables, which are not in it.
    pub tables: Tables,
    /// The longest run of each row, or of what is free round a table.
    pub longest: Longest,
}

/// Places of the layout that follow each other in the line too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    /// The first of them in the layout.
    place: u32,
    /// And in the line.
    position: u32,
}

impl Line {
    /// The places of these rows, told by their merits, whose seats are `wanted`, and which of them are free.
    pub fn new<'a>(
        layout: &Layout,
        rows: impl Iterator<Item = (usize, &'a GoodRow)> + Clone,
        mut wanted: impl FnMut(SeatIndex) -> bool,
        mut is_free: impl FnMut(SeatIndex) -> bool,
    ) -> Self {
        let tables = Tables::new(layout, rows.clone(), &mut wanted, &mut is_free);
        let seats = rows.filter(|(_, row)| !is_table(row));
        let seats = seats.flat_map(|(_, row)| row.places.clone());
        let seats = seats.filter_map(|place| Some((place, layout.seat(place)?)));
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut places = Vec::new();
        let mut next = None;
        for (place, seat) in seats {
            if !wanted(seat) {
                continue;
            }
            let follows = next == Some(place);
            if !follows {
                let position = u32::try_from(places.len()).unwrap_or(u32::MAX);
                stretches.push(Stretch { place, position });
            }
            places.push((follows && layout.joins(place), is_free(seat)));
            next = Some(place + 1);
        }
        let nearby = layout.nearby();
        let mut line = Self {
            stretches: stretches.into(),
            count: u32::try_from(places.len()).unwrap_or(u32::MAX),
            runs: Runs::new(places),
            tables,
            longest: Longest::new(nearby.clone()),
        };
        (0..nearby.rows()).for_each(|row| line.note_longest(row));
        line
    }

    /// How many places it has, with those at tables.
    pub fn count(&self) -> usize {
        self.count as usize + self.tables.seats()
    }

    /// Whether the seat at a place of the layout is another one's than is said here.
    pub fn differs(&self, place: u32, is_free: bool) -> bool {
        match self.position(place) {
            Some(position) => self.runs.is_free(position) != is_free,
            None => self.tables.differs(place, is_free),
        }
    }

    /// The seat at a place of the layout is free from now on, or taken.
    pub fn set(&mut self, place: u32, is_free: bool) {
        match self.position(place) {
            Some(position) => self.runs.set(position, is_free),
            None => self.tables.set(place, is_free),
        }
        self.note_longest(self.longest.nearby().row_of(place));
    }

    /// Whether the seat at a place of the layout is in it, and free.
    pub fn is_free(&self, place: u32) -> bool {
        self.position(place)
            .is_some_and(|position| self.runs.is_free(position))
    }

    /// Counts anew how many are free side by side in a row.
    fn note_longest(&mut self, row: usize) {
        let longest = match self.tables.of_row(row) {
            Some(table) => self.tables.longest_of(table),
            None => {
                let positions = self.positions(&self.longest.nearby().places(row));
                self.runs.longest_within(positions)
            }
        };
        self.longest.set(row, longest);
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.stretches.len() * size_of::<Stretch>()
            + self.runs.bytes()
            + self.tables.bytes()
            + self.longest.bytes()
    }

    /// Where a place of the layout is in it, if it is.
    pub fn position(&self, place: u32) -> Option<u32> {
        let position = self.position_from(place);
        (position < self.count && self.place(position) == place).then_some(position)
    }

    /// Where the first of its places is that is not before this one of the layout.
    pub fn position_from(&self, place: u32) -> u32 {
        let next = self.stretches.partition_point(|stretch| stretch.place <= place);
        let end = { self.stretches.get(next) }.map_or(self.count, |stretch| stretch.position);
        let Some(stretch) = next.checked_sub(1).and_then(|at| self.stretches.get(at)) else {
            return 0;
        };
        (stretch.position + (place - stretch.place)).min(end)
    }

    /// The positions of those of its places that are among these of the layout.
    pub fn positions(&self, places: &Range<u32>) -> Range<u32> {
        self.position_from(places.start)..self.position_from(places.end)
    }

    /// The place of the layout at a position.
    pub fn place(&self, position: u32) -> u32 {
        let next = self
            .stretches
            .partition_point(|stretch| stretch.position <= position);
        let stretch = next.checked_sub(1).and_then(|at| self.stretches.get(at));
        stretch.map_or(0, |stretch| stretch.place + (position - stretch.position))
    }

    /// The places of the layout at positions that follow each other there.
    pub fn places(&self, run: &Range<u32>) -> Range<u32> {
        let begin = self.place(run.start);
        begin..begin + (run.end - run.start)
    }
}
