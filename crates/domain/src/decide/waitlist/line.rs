//! Who gets what is free: the entries of the waitlist are gone along from the first on.
//!
//! An entry whom free places fit, less those that are kept for others before it, gets them. One whom they don't fit yet collects, if
//! it is the first that collects in one of its categories: the free places of those that it wants are kept for it. What is left in the
//! end is for the public. Entries that want the same are asked once, as the second of them fits only if the first does.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Draft;
use super::super::places::Kept;
use super::super::wanted::accepts;
use crate::event::{Place, Places, ZonePlaces};
use crate::id::Offset;
use crate::plan::{CategoryIndex, SeatIndex, ZoneIndex};
use crate::seat_map::SeatState;
use crate::together::Wish;
use crate::together::groups::find;
use crate::together::search::FreeSeats;
use crate::waitlist::{WaitlistRules, Want};

/// Where going along the line has come to.
pub(super) enum Walked {
    /// These fit the entry at this place.
    Fits(Offset, Places),
    /// Nobody gets anything; these are kept.
    Settled(Kept),
}

impl Draft<'_> {
    /// Goes along the line until somebody gets something.
    pub(super) fn walk_line(&mut self, rules: &WaitlistRules) -> Walked {
        self.read_free_seats();
        let wants = self.overlay.waitlist().wants();
        let mut wants: Vec<(Offset, Arc<Want>)> = wants.map(|(place, want)| (place, want.clone())).collect();
        wants.sort_unstable_by_key(|(place, _)| *place);
        let mut kept = Kept::default();
        let mut collected = BTreeSet::new();
        let offered = self.overlay.waitlist().offered_places();
        let places_max = rules.places_max.unwrap_or(u32::MAX);
        let may_collect = self.now < rules.collect_ends_at(self.show.times.sale_ends_at());
        for (place, want) in wants {
            let left = places_max.saturating_sub(offered).saturating_sub(kept.count());
            if let Some(places) = self.find_wanted(&want, &kept) {
                if want.count > left {
                    // Nobody overtakes it; what it can't have yet goes to the public.
                    kept.is_halted = true;
                    break;
                }
                return Walked::Fits(place, places);
            }
            if may_collect && want.count <= rules.collect_places_max {
                let places = self.collect(&want, &kept, &mut collected, left);
                kept.add(&places);
            }
        }
        Walked::Settled(kept)
    }

    /// Free places that are just what somebody wants, without those that are kept.
    pub(super) fn find_wanted(&self, want: &Want, kept: &Kept) -> Option<Places> {
        let count = want.count as usize;
        let mut seats = self.wanted_seats(want, kept);
        let first: Vec<SeatIndex> = seats.by_ref().take(count).collect();
        if first.len() == count {
            let side_by_side = || self.find_side_by_side(want, first.iter().copied().chain(seats));
            let found = match (count, want.together) {
                (1, _) => Some(first.clone()),
                (_, true) => side_by_side(),
                (_, false) => side_by_side().or_else(|| Some(first.clone())),
            };
            if let Some(seats) = found {
                return Some(Places {
                    seats,
                    zones: Vec::new(),
                });
            }
        }
        let mut zones = self.wanted_zones(want, kept);
        let zone = zones.find(|part| part.count >= want.count)?.zone;
        Some(Places {
            seats: Vec::new(),
            zones: vec![ZonePlaces {
                zone,
                count: want.count,
            }],
        })
    }

    /// The free places that are kept for an entry whom they don't fit yet: of the categories in which nobody before it collects.
    fn collect(
        &self,
        want: &Want,
        kept: &Kept,
        collected: &mut BTreeSet<CategoryIndex>,
        left: u32,
    ) -> Places {
        let categories = self.wanted_categories(want);
        let own: Vec<_> = categories
            .filter(|category| collected.insert(*category))
            .collect();
        let is_own = |place: Place| {
            let category = place.category_in(&self.show.plan);
            category.is_some_and(|category| own.contains(&category))
        };
        let count = want.count.min(left) as usize;
        let free = self
            .wanted_seats(want, kept)
            .filter(|seat| is_own(Place::Seat(*seat)));
        let seats: Vec<SeatIndex> = match want.together {
            true => self
                .find_best_run(want, kept, &is_own)
                .into_iter()
                .take(count)
                .collect(),
            false => free.take(count).collect(),
        };
        let zones = self
            .wanted_zones(want, kept)
            .filter(|part| is_own(Place::Zone(part.zone)));
        let zone = zones.max_by_key(|part| (part.count, std::cmp::Reverse(part.zone)));
        match zone {
            Some(part) if part.count as usize > seats.len() => Places {
                seats: Vec::new(),
                zones: vec![ZonePlaces {
                    zone: part.zone,
                    count: part.count.min(want.count.min(left)),
                }],
            },
            _ => Places {
                seats,
                zones: Vec::new(),
            },
        }
    }

    /// The categories whose places somebody wants.
    pub(super) fn wanted_categories(&self, want: &Want) -> impl Iterator<Item = CategoryIndex> + use<> {
        let all = match want.categories.is_empty() {
            true => 0..self.show.plan.categories().len(),
            false => 0..0,
        };
        let all = all
            .filter_map(|number| u16::try_from(number).ok())
            .map(CategoryIndex);
        all.chain(want.categories.clone())
    }

    /// The free seats that somebody wants.
    fn wanted_seats(&self, want: &Want, kept: &Kept) -> impl Iterator<Item = SeatIndex> {
        let free = self.queue.free.as_ref();
        let categories = self.wanted_categories(want);
        let seats =
            categories.flat_map(move |category| free.into_iter().flat_map(move |free| free.of(category)));
        seats.filter(|seat| !kept.seats.contains(seat) && accepts(&self.show, want, Place::Seat(*seat)))
    }

    /// The zones that somebody wants places of, with how many are free; none with none.
    fn wanted_zones(&self, want: &Want, kept: &Kept) -> impl Iterator<Item = ZonePlaces> {
        let zones = match (want.zone, want.together) {
            (Some(zone), _) => zone.0..zone.0.saturating_add(1),
            (None, true) => 0..0,
            (None, false) => 0..u16::try_from(self.show.plan.zones().len()).unwrap_or(u16::MAX),
        };
        let wanted = zones
            .map(ZoneIndex)
            .filter(|zone| accepts(&self.show, want, Place::Zone(*zone)));
        wanted.filter_map(|zone| {
            let free = self.overlay.zone(zone).free(self.overlay.capacity(zone));
            let count = free.saturating_sub(kept.of_zone(zone));
            (count > 0).then_some(ZonePlaces { zone, count })
        })
    }

    /// The best of these seats that are side by side.
    fn find_side_by_side(
        &self,
        want: &Want,
        seats: impl Iterator<Item = SeatIndex>,
    ) -> Option<Vec<SeatIndex>> {
        let free = FreeSeats::of(&self.show.plan, self.overlay.layout(&self.show), seats);
        Some(find(&free, &Wish::of(want.count), None)?.seats)
    }

    /// The free seats of the run in which the fewest are missing, the better one of two.
    fn find_best_run(&self, want: &Want, kept: &Kept, is_own: &impl Fn(Place) -> bool) -> Vec<SeatIndex> {
        let plan = &self.show.plan;
        let count = want.count as usize;
        let mut best = Vec::new();
        let mut run: Vec<SeatIndex> = Vec::new();
        for row in plan.best_first().rows() {
            run.clear();
            for (_, place) in plan.best_first().places(row) {
                if !place.joins_previous {
                    run.clear();
                }
                let seat = place.seat;
                let can_be_free = self.overlay.seat(seat) != Some(SeatState::Blocked)
                    && !kept.seats.contains(&seat)
                    && is_own(Place::Seat(seat))
                    && accepts(&self.show, want, Place::Seat(seat));
                if !can_be_free {
                    run.clear();
                    continue;
                }
                run.push(seat);
                let Some(window) = run.len().checked_sub(count).and_then(|first| run.get(first..)) else {
                    continue;
                };
                let is_free = |seat: &&SeatIndex| self.overlay.seat(**seat) == Some(SeatState::Free);
                if window.iter().filter(is_free).count() > best.len() {
                    best = window.iter().filter(is_free).copied().collect();
                }
            }
        }
        best
    }
}
