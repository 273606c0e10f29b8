//! Tables: what is free round each of them, where the last seat is beside the first, and of those that are sold as a whole.

use std::ops::Range;
use std::sync::Arc;

use super::layout::Layout;
use crate::plan::SeatIndex;
use crate::plan::best_first::GoodRow;

/// The tables of a line, the best first. Those that stand open, with an aisle between their ends, are rows like others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    tables: Arc<[OneTable]>,
    /// Which of their seats are in the line, table by table.
    wanted: Arc<[bool]>,
    free: Vec<bool>,
    /// How many seats side by side may be taken of each at most.
    longest: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OneTable {
    /// Which row it is in the order of merit.
    row: usize,
    places: Range<u32>,
    /// Where its seats begin in `free`.
    begin: usize,
    is_whole: bool,
    /// Whether each seat is a neighbour of the one before it; the first of the last.
    joins: Box<[bool]>,
}

/// Seats side by side at a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// Which of the line's tables.
    pub table: usize,
    /// The first of them, counted from the table's first seat.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Whether a single seat is left over beside one that is taken.
    pub leaves_single: bool,
}

/// Whether a row is searched as a table.
pub fn is_table(row: &GoodRow) -> bool {
    row.ends_join || row.table.is_some_and(|table| table.whole)
}

impl Tables {
    /// Those of these rows that are tables.
    pub fn new<'a>(
        layout: &Layout,
        rows: impl IntoIterator<Item = (usize, &'a GoodRow)>,
        mut is_wanted: impl FnMut(SeatIndex) -> bool,
        mut is_free: impl FnMut(SeatIndex) -> bool,
    ) -> Self {
        let (mut tables, mut wanted, mut free) = (Vec::new(), Vec::new(), Vec::new());
        for (at, row) in rows.into_iter().filter(|(_, row)| is_table(row)) {
            let begin = wanted.len();
            for place in row.places.clone() {
                let seat = layout.seat(place).filter(|seat| is_wanted(*seat));
                wanted.push(seat.is_some());
                free.push(seat.is_some_and(&mut is_free));
            }
            let mut joins: Box<[bool]> = row.places.clone().map(|place| layout.joins(place)).collect();
            if let Some(first) = joins.first_mut() {
                *first = row.ends_join;
            }
            tables.push(OneTable {
                row: at,
                places: row.places.clone(),
                begin,
                is_whole: row.table.is_some_and(|table| table.whole),
                joins,
            });
        }
        let mut all = Self {
            longest: vec![0; tables.len()],
            tables: tables.into(),
            wanted: wanted.into(),
            free,
        };
        (0..all.tables.len()).for_each(|table| all.count(table));
        all
    }

    /// How many seats they have.
    pub fn seats(&self) -> usize {
        self.free.len()
    }

    /// The most seats side by side that may be taken.
    pub fn longest(&self) -> u32 {
        self.longest.iter().copied().max().unwrap_or(0)
    }

    /// And of one of them.
    pub fn longest_of(&self, table: usize) -> u32 {
        self.longest.get(table).copied().unwrap_or(0)
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.tables.len() * (size_of::<OneTable>() + size_of::<u32>()) + 3 * self.free.len()
    }

    /// The first table that has room for so many, and which row it is.
    pub fn first(&self, count: u32) -> Option<(usize, usize)> {
        let at = self.longest.iter().position(|longest| *longest >= count);
        let mut tables = (at?..self.tables.len()).filter_map(|at| Some((at, self.tables.get(at)?)));
        let (at, table) = tables.find(|(at, _)| self.holds(*at, count))?;
        Some((at, table.row))
    }

    /// The table that this row is.
    pub fn of_row(&self, row: usize) -> Option<usize> {
        let at = self.tables.partition_point(|table| table.row < row);
        { self.tables.get(at) }.filter(|table| table.row == row)?;
        Some(at)
    }

    /// The seat at a place is free from now on, or taken.
    pub fn set(&mut self, place: u32, is_free: bool) {
        let Some((table, at)) = self.find(place) else {
            return;
        };
        let is_wanted = self.wanted.get(at).copied().unwrap_or_default();
        if let Some(free) = self.free.get_mut(at) {
            *free = is_free && is_wanted;
        }
        self.count(table);
    }

    /// Whether a place has another state than this.
    pub fn differs(&self, place: u32, is_free: bool) -> bool {
        self.find(place)
            .is_some_and(|(_, at)| self.wanted.get(at) == Some(&true) && self.free.get(at) != Some(&is_free))
    }

    /// The table that a place is at, and where it is in `free`.
    fn find(&self, place: u32) -> Option<(usize, usize)> {
        let table = self.tables.partition_point(|table| table.places.end <= place);
        let known = self.tables.get(table)?;
        let at = known.begin + (place.checked_sub(known.places.start)?) as usize;
        Some((table, at))
    }

    /// All ways to sit side by side at a table.
    pub fn sittings(&self, table: usize, count: u32) -> Vec<Sitting> {
        let count = count as usize;
        let Some(known) = self.tables.get(table).filter(|_| count > 0) else {
            return Vec::new();
        };
        let size = known.joins.len();
        if !self.holds(table, u32::try_from(count).unwrap_or(u32::MAX)) {
            return Vec::new();
        }
        if known.is_whole {
            let leaves_single = false;
            return vec![Sitting {
                table,
                first: 0,
                count,
                leaves_single,
            }];
        }
        let (ahead, behind) = (self.ahead(table), self.behind(table));
        let joins = |at: usize| known.joins.get(at % size).copied().unwrap_or_default();
        // Where nobody sits, nothing is beside a seat that is taken.
        let is_empty = ahead.iter().all(|ahead| *ahead == size);
        let sitting = |first: usize| {
            let run = ahead.get(first).copied().filter(|run| *run >= count)?;
            let (before, after) = (behind.get(first).copied()?.saturating_sub(1), run - count);
            let is_whole = !joins(first + size - before) && !joins(first + run);
            Some(Sitting {
                table,
                first,
                count,
                leaves_single: !is_empty && !is_whole && (before == 1 || after == 1),
            })
        };
        let firsts = if count == size && is_empty { 0..1 } else { 0..size };
        firsts.filter_map(sitting).collect()
    }

    /// The places of some seats, as they sit.
    pub fn places(&self, sitting: &Sitting) -> Vec<u32> {
        let Some(table) = self.tables.get(sitting.table) else {
            return Vec::new();
        };
        let size = table.places.len();
        let seats = (sitting.first..sitting.first + sitting.count).map(|at| at % size);
        { table.places.clone() }
            .zip(0..)
            .filter_map(|(place, at)| seats.clone().any(|seat| seat == at).then_some(place))
            .collect()
    }

    /// How far the middle of some seats is from a place, in half seats; twice the place is told.
    pub fn distance_from_best(&self, sitting: &Sitting, twice_best: u32) -> u32 {
        let Some(table) = self.tables.get(sitting.table) else {
            return 0;
        };
        let round = u32::try_from(2 * table.places.len()).unwrap_or(u32::MAX);
        let middle = u32::try_from(2 * sitting.first + sitting.count).unwrap_or(u32::MAX);
        let apart = (2 * table.places.start + middle).abs_diff(twice_best) % round;
        apart.min(round - apart)
    }

    fn holds(&self, table: usize, count: u32) -> bool {
        let longest = self.longest_of(table);
        let is_whole = self.tables.get(table).is_some_and(|table| table.is_whole);
        longest == count || longest > count && !is_whole
    }

    fn count(&mut self, table: usize) {
        let Some(known) = self.tables.get(table) else {
            return;
        };
        let longest = if known.is_whole {
            let all = self.free_of(table).iter().all(|free| *free);
            if all { known.joins.len() } else { 0 }
        } else {
            self.ahead(table).into_iter().max().unwrap_or(0)
        };
        if let Some(known) = self.longest.get_mut(table) {
            *known = u32::try_from(longest).unwrap_or(u32::MAX);
        }
    }

    fn free_of(&self, table: usize) -> &[bool] {
        let Some(known) = self.tables.get(table) else {
            return &[];
        };
        let seats = self.free.get(known.begin..known.begin + known.joins.len());
        seats.unwrap_or_default()
    }

    /// Of each seat, how many are free side by side from it on; never more than there are.
    fn ahead(&self, table: usize) -> Vec<usize> {
        let (free, joins) = (self.free_of(table), self.joins_of(table));
        let size = free.len();
        let mut ahead = vec![0; size];
        let mut run = 0;
        for at in (0..2 * size).rev() {
            let is_joined = joins.get((at + 1) % size) == Some(&true);
            let carried = if is_joined { run } else { 0 };
            run = if free.get(at % size) == Some(&true) {
                (carried + 1).min(size)
            } else {
                0
            };
            if let Some(known) = ahead.get_mut(at % size) {
                *known = run;
            }
        }
        ahead
    }

    /// And up to it.
    fn behind(&self, table: usize) -> Vec<usize> {
        let (free, joins) = (self.free_of(table), self.joins_of(table));
        let size = free.len();
        let mut behind = vec![0; size];
        let mut run = 0;
        for at in 0..2 * size {
            let is_joined = joins.get(at % size) == Some(&true);
            let carried = if is_joined { run } else { 0 };
            run = if free.get(at % size) == Some(&true) {
                (carried + 1).min(size)
            } else {
                0
            };
            if let Some(known) = behind.get_mut(at % size) {
                *known = run;
            }
        }
        behind
    }

    fn joins_of(&self, table: usize) -> &[bool] {
        self.tables.get(table).map_or(&[], |table| &table.joins)
    }
}
