//! The lines of free seats that a show has been asked for, kept as its seats change.

use std::sync::Arc;

use super::Filter;
use super::layout::Layout;
use super::line::Line;
use crate::id::Revision;
use crate::plan::SeatIndex;
use crate::show::Show;

/// Most lines that are kept of a show.
const LINES_MAX: usize = 256;
/// All of them together have so many times the places of the hall at most.
const LINES_HALLS_MAX: usize = 16;

/// The lines of one show, at one revision of its terms.
#[derive(Debug, Clone)]
pub struct Index {
    revision: Revision,
    layout: Arc<Layout>,
    lines: Vec<Kept>,
    /// Goes on with each look.
    clock: u64,
}

#[derive(Debug, Clone)]
struct Kept {
    filter: Filter,
    line: Arc<Line>,
    used: u64,
}

impl Index {
    /// Of a show that nobody has asked for anything yet.
    pub fn new(show: &Show) -> Self {
        Self::with_layout(show, Arc::new(Layout::of(&show.plan)))
    }

    /// The same, where the plan's layout is known.
    pub fn with_layout(show: &Show, layout: Arc<Layout>) -> Self {
        Self {
            revision: show.revision,
            layout,
            lines: Vec::new(),
            clock: 0,
        }
    }

    /// The line of these seats, made anew.
    pub fn make(&self, show: &Show, filter: &Filter, is_free: impl Fn(SeatIndex) -> bool) -> Line {
        let rows = show.plan.best_first().rows().iter().enumerate();
        let rows = rows.filter(|(_, row)| filter.has_section(&show.plan, row.section));
        Line::new(&self.layout, rows, |seat| filter.has_seat(show, seat), is_free)
    }

    /// Whether it is of these terms.
    pub fn is_of(&self, show: &Show) -> bool {
        self.revision == show.revision
    }

    /// Where the plan's seats stand.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The line of these seats, if it is kept.
    pub fn line(&mut self, filter: &Filter) -> Option<&Arc<Line>> {
        self.clock += 1;
        let kept = self.lines.iter_mut().find(|kept| kept.filter == *filter)?;
        kept.used = self.clock;
        Some(&kept.line)
    }

    /// Keeps a line, and drops those that were used the longest ago where it becomes too much.
    pub fn keep(&mut self, filter: Filter, line: Arc<Line>) {
        let places_max = LINES_HALLS_MAX * self.layout.count();
        let places = |lines: &[Kept]| lines.iter().map(|kept| kept.line.count()).sum::<usize>();
        while self.lines.len() >= LINES_MAX || places(&self.lines) + line.count() > places_max {
            let oldest = (0..).zip(&self.lines).min_by_key(|(_, kept)| kept.used);
            let Some((oldest, _)) = oldest else { break };
            self.lines.swap_remove(oldest);
        }
        let used = self.clock;
        self.lines.push(Kept { filter, line, used });
    }

    /// Looks again at seats that have changed.
    pub fn update(&mut self, seats: &[SeatIndex], is_free: impl Fn(&Filter, SeatIndex) -> bool) {
        for kept in &mut self.lines {
            for seat in seats {
                let Some(place) = self.layout.place(*seat) else {
                    continue;
                };
                let is_free = is_free(&kept.filter, *seat);
                if kept.line.differs(place, is_free) {
                    Arc::make_mut(&mut kept.line).set(place, is_free);
                }
            }
        }
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let lines = self.lines.iter();
        self.layout.bytes()
            + lines
                .map(|kept| size_of::<Kept>() + kept.line.bytes())
                .sum::<usize>()
    }
}
