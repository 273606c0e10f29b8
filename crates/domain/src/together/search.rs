//! The best seats side by side among those that are free.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::grounds::middle;
use super::layout::{Layout, quality_of};
use super::line::Line;
use super::tables::Sitting;
use crate::plan::best_first::GoodRow;
use crate::plan::{Plan, Point, QUALITY_MAX, Seat, SeatIndex};

/// The free seats that a wish is about.
#[derive(Debug, Clone)]
pub struct FreeSeats<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Where its seats stand.
    pub layout: Arc<Layout>,
    /// Those that are meant.
    pub line: Arc<Line>,
    /// Whether places for wheelchairs are among them.
    pub has_accessible: bool,
}

/// Who is to sit side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub count: u32,
    /// How many of them in wheelchairs.
    pub accessible: u32,
}

/// Free seats side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// In a row, at these positions of the line.
    Row(Range<u32>),
    /// At a table.
    Table(Sitting),
}

/// How well a window fits in its row; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Places for wheelchairs that nobody in it needs.
    wasted: u32,
    /// How much worse its seats are than the best that there could be, where some of the row are better than others.
    worse: u32,
    leaves_single: bool,
    from_best: u32,
    first: u32,
}

/// How well one fits near a point; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct NearFit {
    steps: u32,
    leaves_single: bool,
    row: usize,
    fit: Fit,
}

/// A row, and which one it is in the order of merit.
type Ranked<'a> = (usize, &'a GoodRow);

impl<'a> FreeSeats<'a> {
    /// These, all of them free and none of them for wheelchairs alone. Only the rows that they are in are looked at.
    pub fn of(plan: &'a Plan, layout: Arc<Layout>, seats: impl Iterator<Item = SeatIndex>) -> Self {
        let seats: HashSet<SeatIndex> = seats.collect();
        let places = seats.iter().filter_map(|seat| layout.place(*seat));
        let rows: BTreeSet<usize> = places.map(|place| layout.nearby().row_of(place)).collect();
        let all = plan.best_first().rows();
        let rows = { rows.iter() }.filter_map(|row| Some((*row, all.get(*row)?)));
        let line = Line::new(&layout, rows, |seat| seats.contains(&seat), |_| true);
        let line = Arc::new(line);
        Self {
            plan,
            layout,
            line,
            has_accessible: false,
        }
    }

    /// The same but for these.
    pub fn without(mut self, seats: impl Iterator<Item = SeatIndex>) -> Self {
        let line = Arc::make_mut(&mut self.line);
        for place in seats.filter_map(|seat| self.layout.place(seat)) {
            if line.differs(place, false) {
                line.set(place, false);
            }
        }
        self
    }

    /// How many free seats there are side by side at most; with places for so many wheelchairs among them.
    pub fn longest(&self, accessible: u32) -> u32 {
        if accessible == 0 {
            return self.line.runs.longest().max(self.line.tables.longest());
        }
        let rows = self.accessible_rows(1, accessible);
        let all = rows.flat_map(|(row, good)| self.stretches(row, good));
        let wide = all.filter(|window| self.accessible_of(window) >= accessible);
        wide.map(|window| window.count()).max().unwrap_or(0)
    }

    /// The best window of a group: in the best row that has one, the nearest to the row's best place. But of seats that differ in
    /// quality, the best come first; and beside seats that are taken, a window that leaves no single one over.
    pub fn best(&self, group: Group) -> Option<Window> {
        if !self.has_accessible {
            let row = self.first_row(group.count)?;
            return Some(self.best_in_row(row, group)?.1);
        }
        let best = |row| Some(self.best_in_row(self.row(row)?, group)?.1);
        match group.accessible {
            0 => self.rows_from(0, group.count).find_map(|(row, _)| best(row)),
            accessible => { self.accessible_rows(group.count, accessible) }.find_map(|(row, _)| best(row)),
        }
    }

    /// The window nearest to a point, in quarters of the hall's usual spacing. Of those that are as near, one that leaves no single seat
    /// over, and then the one in the best row.
    pub fn nearest(&self, group: Group, to: Point) -> Option<Window> {
        if group.count == 0 || self.longest(0) < group.count {
            return None;
        }
        let grounds = self.layout.grounds(self.plan);
        let (longest, nearby) = (&self.line.longest, self.layout.nearby());
        // Parts of the hall that have so many side by side somewhere, the nearest first; at last they are rows.
        let ranked = |node: usize| {
            let bounds = nearby
                .bounds(node)
                .filter(|_| longest.under(node) >= group.count)?;
            Some(Reverse((grounds.steps_to(bounds, to), node)))
        };
        let mut heap: BinaryHeap<_> = match group.accessible {
            0 => ranked(1).into_iter().collect(),
            accessible => {
                let rows = self.accessible_rows(group.count, accessible);
                let leaves = rows.filter_map(|(row, _)| Some(nearby.size() + nearby.leaf(row)?));
                leaves.filter_map(ranked).collect()
            }
        };
        let mut best: Option<(NearFit, Window)> = None;
        while let Some(Reverse((steps, node))) = heap.pop() {
            if best.as_ref().is_some_and(|(known, _)| known.steps < steps) {
                break;
            }
            let Some((row, good)) = nearby.row(node).and_then(|row| self.row(row)) else {
                heap.extend([2 * node, 2 * node + 1].into_iter().filter_map(ranked));
                continue;
            };
            for (fit, window) in self.windows(row, good, group) {
                let Some(middle) = self.middle(&window) else {
                    continue;
                };
                let near = NearFit {
                    steps: grounds.steps(middle, to),
                    leaves_single: fit.leaves_single,
                    row,
                    fit,
                };
                keep_better(&mut best, Some((near, window)));
            }
        }
        best.map(|(_, window)| window)
    }

    /// Windows of two groups in rows before and behind each other: the best row that has a window of the first, and the nearest of
    /// its neighbours' to that.
    pub fn split(&self, first: Group, second: Group) -> Option<[Window; 2]> {
        let grounds = self.layout.grounds(self.plan);
        let longest = &self.line.longest;
        let has = |row: usize, count: u32| longest.of_row(row) >= count;
        let rows = (0..)
            .zip(longest.of_rows())
            .filter(|(_, longest)| **longest >= first.count);
        let rows = rows.map(|(row, _)| row);
        let rows = rows.filter(|row| grounds.adjacent(*row).any(|other| has(other, second.count)));
        let rows = rows.filter(|row| self.line.tables.of_row(*row).is_none());
        rows.filter_map(|row| self.row(row)).find_map(|(row, good)| {
            let (_, window) = self.best_in_row((row, good), first)?;
            let middle = self.middle(&window)?;
            let others = { grounds.adjacent(row) }.filter(|other| has(*other, second.count));
            let others = others.filter_map(|other| self.row(other));
            let near = others.flat_map(|(other, good)| self.windows(other, good, second));
            let near = near.filter_map(|(fit, other)| {
                let steps = grounds.steps(self.middle(&other)?, middle);
                Some(((steps, fit), other))
            });
            let (_, other) = near.min_by(|(a, _), (b, _)| a.cmp(b))?;
            Some([window, other])
        })
    }

    /// For each size of one part, up to `count`, how large the other part can be at most in a row before or behind it, if nothing else
    /// is asked of the seats.
    pub fn splits(&self, count: u32) -> Vec<u32> {
        let grounds = self.layout.grounds(self.plan);
        let longest = &self.line.longest;
        let mut splits = vec![0; count as usize + 1];
        for (row, own) in longest.of_rows().iter().enumerate().filter(|(_, own)| **own > 0) {
            let other = grounds.adjacent(row).map(|other| longest.of_row(other)).max();
            let known = splits.get_mut((*own).min(count) as usize);
            if let (Some(known), Some(other)) = (known, other) {
                *known = other.max(*known);
            }
        }
        // What a longer run has, a part of it has.
        let mut most = 0;
        for known in splits.iter_mut().rev() {
            most = most.max(*known);
            *known = most;
        }
        splits
    }

    /// All runs of rows that are so long at least, the best row's first.
    pub fn runs(&self, count: u32) -> impl Iterator<Item = Range<u32>> {
        let next = move |run: &Range<u32>| self.line.runs.next(run.end, count);
        std::iter::successors(self.line.runs.next(0, count), next)
    }

    /// Takes a window away.
    pub fn take(&mut self, window: &Window) {
        let places = self.places(window);
        let line = Arc::make_mut(&mut self.line);
        places.into_iter().for_each(|place| line.set(place, false));
    }

    /// The seats of a window, in the plan's order.
    pub fn seats(&self, window: &Window) -> Vec<SeatIndex> {
        let places = self.places(window).into_iter();
        let mut seats: Vec<_> = places.filter_map(|place| self.layout.seat(place)).collect();
        seats.sort_unstable();
        seats
    }

    /// The middle of a window: of a row, that of its ends.
    pub fn middle(&self, window: &Window) -> Option<Point> {
        let point = |place| Some(self.plan.seat(self.layout.seat(place)?)?.point());
        match window {
            Window::Row(run) => {
                let places = self.line.places(run);
                middle([point(places.start)?, point(places.end.checked_sub(1)?)?])
            }
            Window::Table(sitting) => middle(self.line.tables.places(sitting).into_iter().filter_map(point)),
        }
    }

    fn places(&self, window: &Window) -> Vec<u32> {
        match window {
            Window::Row(run) => self.line.places(run).collect(),
            Window::Table(sitting) => self.line.tables.places(sitting),
        }
    }

    fn row(&self, row: usize) -> Option<Ranked<'a>> {
        Some((row, self.plan.best_first().rows().get(row)?))
    }

    /// The best row that has so many side by side.
    fn first_row(&self, count: u32) -> Option<Ranked<'a>> {
        let run = self.line.runs.next(0, count);
        let of_rows = run.map(|run| self.layout.nearby().row_of(self.line.place(run.start)));
        let of_tables = if count > 0 {
            self.line.tables.first(count)
        } else {
            None
        };
        let of_tables = of_tables.map(|(_, row)| row);
        self.row(of_rows.into_iter().chain(of_tables).min()?)
    }

    /// The rows from one on that have so many side by side, but for tables.
    fn rows_from(&self, from: u32, count: u32) -> impl Iterator<Item = Ranked<'a>> {
        let next = move |from: u32| {
            let run = self.line.runs.next(from, count)?;
            self.row(self.layout.nearby().row_of(self.line.place(run.start)))
        };
        std::iter::successors(next(from), move |(_, row)| {
            next(self.line.position_from(row.places.end))
        })
    }

    /// The rows that have so many side by side, and so many free places for wheelchairs; tables as they are.
    fn accessible_rows(&self, count: u32, accessible: u32) -> impl Iterator<Item = Ranked<'a>> {
        let rows = self.layout.accessible().iter();
        let fit = rows.filter(move |(row, places)| {
            let free = || places.iter().filter(|place| self.line.is_free(**place));
            self.line.longest.of_row(*row) >= count
                && (self.line.tables.of_row(*row).is_some() || free().count() >= accessible as usize)
        });
        fit.filter_map(|(row, _)| self.row(*row))
    }

    fn best_in_row(&self, (row, good): Ranked<'_>, group: Group) -> Option<(Fit, Window)> {
        let is_plain = !self.has_accessible && !self.layout.is_varied(row);
        if is_plain && self.line.tables.of_row(row).is_none() {
            let (fit, run) = self.best_in_plain_row(good, group.count)?;
            return Some((fit, Window::Row(run)));
        }
        let windows = self.windows(row, good, group);
        windows.into_iter().min_by(|(a, _), (b, _)| a.cmp(b))
    }

    /// All windows of a row.
    fn windows(&self, row: usize, good: &GoodRow, group: Group) -> Vec<(Fit, Window)> {
        let windows = match self.line.tables.of_row(row) {
            Some(table) => self.table_windows(table, good, group.count),
            None => self.row_windows(good, group.count),
        };
        let (is_varied, has_accessible) = (self.layout.is_varied(row), self.has_accessible);
        if !is_varied && !has_accessible {
            return windows;
        }
        let judged = windows.into_iter().filter_map(|(mut fit, window)| {
            if has_accessible {
                fit.wasted = self.wasted(&window, group)?;
            }
            if is_varied {
                fit.worse = self.worse(&window);
            }
            Some((fit, window))
        });
        judged.collect()
    }

    fn row_windows(&self, row: &GoodRow, count: u32) -> Vec<(Fit, Window)> {
        let positions = self.positions(row);
        let mut windows = Vec::new();
        let mut from = positions.start;
        while let Some(run) = self
            .line
            .runs
            .next(from, count)
            .filter(|run| run.start < positions.end)
        {
            let is_whole = self.is_whole(&run);
            windows.extend((run.start..=run.end - count).map(|first| {
                let fit = self.fit(&run, is_whole, first, count, row.twice_best);
                (fit, Window::Row(first..first + count))
            }));
            from = run.end;
        }
        windows
    }

    fn table_windows(&self, table: usize, row: &GoodRow, count: u32) -> Vec<(Fit, Window)> {
        let sittings = self.line.tables.sittings(table, count).into_iter();
        let windows = sittings.map(|sitting| {
            let fit = Fit {
                wasted: 0,
                worse: 0,
                leaves_single: sitting.leaves_single,
                from_best: self.line.tables.distance_from_best(&sitting, row.twice_best),
                first: u32::try_from(sitting.first).unwrap_or(u32::MAX),
            };
            (fit, Window::Table(sitting))
        });
        windows.collect()
    }

    /// A row's runs, and what is free at most at a table.
    fn stretches(&self, row: usize, good: &GoodRow) -> Vec<Window> {
        if let Some(table) = self.line.tables.of_row(row) {
            let most = self.line.tables.longest_of(table);
            let sittings = self.line.tables.sittings(table, most);
            return sittings.into_iter().map(Window::Table).collect();
        }
        let positions = self.positions(good);
        let mut stretches = Vec::new();
        let mut from = positions.start;
        while let Some(run) = self
            .line
            .runs
            .next(from, 1)
            .filter(|run| run.start < positions.end)
        {
            from = run.end;
            stretches.push(Window::Row(run));
        }
        stretches
    }

    /// The window of a row that fits best, whose seats are as good as each other. Runs are looked at from the row's best place
    /// outwards, as far as a further one may be better.
    fn best_in_plain_row(&self, row: &GoodRow, count: u32) -> Option<(Fit, Range<u32>)> {
        let runs = &self.line.runs;
        let positions = self.positions(row);
        let middle = self.line.position_from(row.twice_best / 2);
        let middle = middle.clamp(positions.start, positions.end);
        let (mut left, mut right) = (middle, middle);
        let mut best = None;
        if middle < positions.end && runs.is_free(middle) {
            let run = runs.around(middle);
            (left, right) = (run.start, run.end);
            keep_better(&mut best, self.best_in_run(row, &run, count));
        }
        while let Some(run) = runs.next(right, count).filter(|run| run.start < positions.end) {
            right = run.end;
            if is_settled(&mut best, self.best_in_run(row, &run, count)) {
                break;
            }
        }
        while let Some(run) = runs.previous(left, count).filter(|run| run.end > positions.start) {
            left = run.start;
            if is_settled(&mut best, self.best_in_run(row, &run, count)) {
                break;
            }
        }
        best
    }

    /// The best window of a run: near the row's best place, or at the ends of the run.
    fn best_in_run(&self, row: &GoodRow, run: &Range<u32>, count: u32) -> Option<(Fit, Range<u32>)> {
        let last = run.end.checked_sub(count).filter(|last| *last >= run.start)?;
        let is_whole = self.is_whole(run);
        // In the layout's numbers, in which the best place is told.
        let begin = self.line.place(run.start);
        let ideal = (row.twice_best.saturating_sub(count) / 2).saturating_sub(begin) + run.start;
        // Only the second and the last but one window of a run leave a single seat over.
        let near = ideal.saturating_sub(2)..=ideal.saturating_add(3);
        let near = near.map(|first| first.clamp(run.start, last));
        let fits = near.chain([run.start, last]).map(|first| {
            let fit = self.fit(run, is_whole, first, count, row.twice_best);
            (fit, first..first + count)
        });
        fits.min_by(|(a, _), (b, _)| a.cmp(b))
    }

    fn fit(&self, run: &Range<u32>, is_whole: bool, first: u32, count: u32, twice_best: u32) -> Fit {
        let place = self.line.place(run.start) + (first - run.start);
        let (before, after) = (first - run.start, run.end - first - count);
        Fit {
            wasted: 0,
            worse: 0,
            leaves_single: !is_whole && (before == 1 || after == 1),
            from_best: (2 * place + count).abs_diff(twice_best),
            first,
        }
    }

    /// Whether a run goes from aisle to aisle, so that nobody has a seat beside it.
    fn is_whole(&self, run: &Range<u32>) -> bool {
        let places = self.line.places(run);
        !self.layout.joins(places.start) && !self.layout.joins(places.end)
    }

    fn positions(&self, row: &GoodRow) -> Range<u32> {
        self.line.positions(&row.places)
    }

    fn seats_of(&self, window: &Window) -> impl Iterator<Item = (SeatIndex, &'a Seat)> {
        let places = self.places(window).into_iter();
        let seats = places.filter_map(|place| self.layout.seat(place));
        seats.filter_map(|seat| Some((seat, self.plan.seat(seat)?)))
    }

    fn accessible_of(&self, window: &Window) -> u32 {
        let accessible = self
            .seats_of(window)
            .filter(|(_, seat)| seat.attributes.accessible);
        u32::try_from(accessible.count()).unwrap_or(u32::MAX)
    }

    /// How many places for wheelchairs a group doesn't need; none if they are too few, or if a seat is for the company of somebody
    /// whose place is not in the window.
    fn wasted(&self, window: &Window, group: Group) -> Option<u32> {
        let wasted = self.accessible_of(window).checked_sub(group.accessible)?;
        let companies = self
            .seats_of(window)
            .filter_map(|(_, seat)| seat.attributes.companion_of);
        let is_in = |company| self.seats_of(window).any(|(seat, _)| seat == company);
        { companies }.all(is_in).then_some(wasted)
    }

    fn worse(&self, window: &Window) -> u32 {
        let best = u32::from(QUALITY_MAX);
        self.seats_of(window)
            .map(|(_, seat)| best.saturating_sub(quality_of(seat.quality)))
            .sum()
    }
}

impl Window {
    /// How many seats it has.
    pub fn count(&self) -> u32 {
        match self {
            Self::Row(run) => run.end - run.start,
            Self::Table(sitting) => u32::try_from(sitting.count).unwrap_or(u32::MAX),
        }
    }
}

fn keep_better<T: Ord, W>(best: &mut Option<(T, W)>, other: Option<(T, W)>) {
    if let Some(other) = other
        && best.as_ref().is_none_or(|(known, _)| other.0 < *known)
    {
        *best = Some(other);
    }
}

/// Whether no run further out can have a better window than this one or the best.
fn is_settled(best: &mut Option<(Fit, Range<u32>)>, other: Option<(Fit, Range<u32>)>) -> bool {
    let Some((fit, window)) = other else { return false };
    keep_better(best, Some((fit, window)));
    let is_best_nearer = |known: &Fit| !known.leaves_single && known.from_best <= fit.from_best;
    !fit.leaves_single || best.as_ref().is_some_and(|(known, _)| is_best_nearer(known))
}
