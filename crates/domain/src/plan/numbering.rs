//! The numbers of a show's places, which stay while its plan changes.
//!
//! Orders, the journal and snapshots know places by the numbers that the show gave them. A show that takes another plan goes on
//! with them: what has the name of something before has its number, what is new gets the next ones, and what is not there any more
//! keeps its own, so that it can be told of. So a name means the same place for as long as there is the show, and whatever is
//! written of it needs no change. The numbers follow from the plans that the show has had, in their order, and from nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::best_first::BestFirst;
use super::parts::{Category, CategoryIndex, Seat, SeatIndex, Section, SectionIndex, Zone};
use super::{GONE, PLAN_SEATS_MAX, Plan};

/// Most plans that a show may have, one after the other.
pub const SHOW_PLANS_MAX: usize = 50;
/// Most seats that a show may give numbers to, with those that are gone.
pub const NUMBERED_SEATS_MAX: usize = 2 * PLAN_SEATS_MAX;

/// A plan with the numbers of a show that has had these `plans`, of which it is the last. None without any.
pub fn in_turn(plans: impl IntoIterator<Item = Arc<Plan>>) -> Option<Arc<Plan>> {
    let after = |before: Arc<Plan>, plan: Arc<Plan>| Arc::new(plan.numbered_after(&before));
    plans.into_iter().reduce(after)
}

/// The seats by which a plan differs from the one before, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeatsMoved {
    /// Those that were not there before.
    pub added: Vec<SeatIndex>,
    /// Those that are not there any more.
    pub removed: Vec<SeatIndex>,
}

impl SeatsMoved {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.added.len() + self.removed.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl Plan {
    /// This plan for a show that has had another one `before`. It must come from a document: its own numbers are the plan's order.
    pub fn numbered_after(&self, before: &Self) -> Self {
        let (categories, category_of) = number_categories(&self.categories, &before.categories);
        let (sections, section_of) = number_sections(&self.sections, &before.sections);
        let renamed = |category: CategoryIndex| {
            let known = category_of.get(usize::from(category.0));
            known.copied().unwrap_or(category)
        };
        let mut plan = Self {
            name: self.name.clone(),
            floors: self.floors.clone(),
            focal_point: self.focal_point,
            categories,
            sections,
            rows: self.rows.clone(),
            seats: before.seats.clone(),
            seats_by_name: before.seats_by_name.clone(),
            positions: vec![GONE; before.seats.len()],
            order: Vec::with_capacity(self.order.len()),
            zones: before.zones.clone(),
            best_first: BestFirst::default(),
            has_whole_tables: self.has_whole_tables,
        };
        for row in &mut plan.rows {
            let section = section_of.get(usize::from(row.section.0));
            row.section = section.copied().unwrap_or(row.section);
        }
        for seat in self.order.iter().filter_map(|seat| self.seat(*seat)) {
            plan.put_seat(Seat {
                category: renamed(seat.category),
                ..seat.clone()
            });
        }
        // A companion may be listed before the seat that it goes with.
        let Self { order, seats, .. } = &mut plan;
        for (own, seat) in self.order.iter().zip(order.iter()) {
            let companion_of = self.seat(*own).and_then(|own| own.attributes.companion_of);
            if let Some(seat) = seats.get_mut(seat.0 as usize) {
                let numbered = companion_of.and_then(|own| order.get(own.0 as usize));
                seat.attributes.companion_of = numbered.copied();
            }
        }
        for zone in &mut plan.zones {
            zone.is_gone = true;
            zone.floor = None;
        }
        for zone in &self.zones {
            plan.put_zone(Zone {
                category: renamed(zone.category),
                ..zone.clone()
            });
        }
        plan.best_first = BestFirst::of(&plan.rows, &plan.order, &plan.seats, plan.focal_point);
        plan
    }

    /// The seats that have come and gone since a plan that was numbered before this one.
    pub fn moved_since(&self, before: &Self) -> SeatsMoved {
        let seats = (0..).map(SeatIndex).take(self.seats.len());
        let mut moved = SeatsMoved::default();
        for seat in seats {
            match (before.is_there(seat), self.is_there(seat)) {
                (false, true) => moved.added.push(seat),
                (true, false) => moved.removed.push(seat),
                _ => {}
            }
        }
        moved
    }

    /// Puts a seat behind those that are there already, under its name's number or the next one.
    fn put_seat(&mut self, seat: Seat) {
        let next = SeatIndex(number(self.seats.len()));
        let index = *self.seats_by_name.entry(seat.name.clone()).or_insert(next);
        let position = number(self.order.len());
        match (
            self.seats.get_mut(index.0 as usize),
            self.positions.get_mut(index.0 as usize),
        ) {
            (Some(known), Some(at)) => {
                *known = seat;
                *at = position;
            }
            _ => {
                self.seats.push(seat);
                self.positions.push(position);
            }
        }
        self.order.push(index);
    }

    fn put_zone(&mut self, zone: Zone) {
        match self.zones.iter_mut().find(|known| known.name == zone.name) {
            Some(known) => *known = zone,
            None => self.zones.push(zone),
        }
    }
}

/// The categories that a show knows by number, and the number of each of the new plan's own.
fn number_categories(own: &[Category], before: &[Category]) -> (Vec<Category>, Vec<CategoryIndex>) {
    let gone = |category: &Category| Category {
        is_gone: true,
        ..category.clone()
    };
    let mut numbered: Vec<Category> = before.iter().map(gone).collect();
    let numbers = own.iter().map(|category| {
        let known = numbered.iter().position(|known| known.name == category.name);
        let at = known.unwrap_or(numbered.len());
        match numbered.get_mut(at) {
            Some(known) => *known = category.clone(),
            None => numbered.push(category.clone()),
        }
        CategoryIndex(short_number(at))
    });
    let numbers = numbers.collect();
    (numbered, numbers)
}

/// The same of sections. Of those that share a name, the first is the first before, the second the second, and so on.
fn number_sections(own: &[Section], before: &[Section]) -> (Vec<Section>, Vec<SectionIndex>) {
    let elsewhere = |section: &Section| Section {
        floor: None,
        ..section.clone()
    };
    let mut numbered: Vec<Section> = before.iter().map(elsewhere).collect();
    let mut of_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, section) in before.iter().enumerate() {
        of_name.entry(section.name.clone()).or_default().push(at);
    }
    let mut used: HashMap<&str, usize> = HashMap::new();
    let numbers = own.iter().map(|section| {
        let of_name = of_name.entry(section.name.clone()).or_default();
        let nth = used.entry(&section.name).or_default();
        let at = of_name.get(*nth).copied().unwrap_or_else(|| {
            of_name.push(numbered.len());
            numbered.push(section.clone());
            numbered.len() - 1
        });
        *nth += 1;
        let first = of_name.first().copied().unwrap_or(at);
        if let Some(known) = numbered.get_mut(at) {
            known.first_of_name = SectionIndex(short_number(first));
            known.floor = section.floor;
        }
        SectionIndex(short_number(at))
    });
    let numbers = numbers.collect();
    (numbered, numbers)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn short_number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::own::{self, Document};

    fn plan(text: &str) -> Plan {
        let document: Document = serde_json::from_str(text).expect("a document");
        own::read(&document).expect("a plan")
    }

    fn hall(rows: &[(&str, &str, &[&str])], zones: &[&str]) -> Plan {
        let rows = rows.iter().enumerate().map(|(y, (name, category, seats))| {
            let seats = seats
                .iter()
                .enumerate()
                .map(|(x, number)| format!(r#"{{"number": "{number}", "x": {x}, "y": {y}}}"#));
            let seats = seats.collect::<Vec<_>>().join(",");
            format!(r#"{{"name": "{name}", "category": "{category}", "seats": [{seats}]}}"#)
        });
        let zones = zones
            .iter()
            .map(|name| format!(r#"{{"name": "{name}", "category": "Rear", "capacity": 5}}"#));
        plan(&format!(
            r#"{{"name": "Hall", "categories": [{{"name": "Rear"}}, {{"name": "Front"}}],
                "sections": [{{"name": "S", "rows": [{}]}}], "zones": [{}]}}"#,
            rows.collect::<Vec<_>>().join(","),
            zones.collect::<Vec<_>>().join(",")
        ))
    }

    fn names(plan: &Plan) -> Vec<(u32, &str)> {
        let seats = plan.order().iter();
        seats
            .filter_map(|seat| Some((seat.0, plan.seat(*seat)?.name.as_str())))
            .collect()
    }

    #[test]
    fn what_keeps_its_name_keeps_its_number() {
        let first = hall(
            &[("A", "Front", &["1", "2"]), ("B", "Rear", &["1"])],
            &["Floor", "Bar"],
        );
        assert!(first.is_in_order());
        // A seat goes, one comes before the others, and the rows change places.
        let second = hall(
            &[("B", "Front", &["0", "1"]), ("A", "Front", &["2"])],
            &["Stage", "Bar"],
        );
        let second = second.numbered_after(&first);
        assert_eq!(names(&second), [(3, "S-B-0"), (2, "S-B-1"), (1, "S-A-2")]);
        assert!(!second.is_in_order());
        let moved = SeatsMoved {
            added: vec![SeatIndex(3)],
            removed: vec![SeatIndex(0)],
        };
        assert_eq!(second.moved_since(&first), moved);
        assert_eq!(second.seat_index("S-A-1"), None);
        assert_eq!(second.seat(SeatIndex(0)).expect("it is told of").name, "S-A-1");
        let (section, row) = second.section_and_row(SeatIndex(2)).expect("a row");
        assert_eq!((section.name.as_str(), row.name.as_str()), ("S", "B"));
        let category = second.seat(SeatIndex(2)).expect("a seat").category;
        assert_eq!(second.categories()[usize::from(category.0)].name, "Front");
        let zones: Vec<_> = second
            .zones()
            .iter()
            .map(|zone| (zone.name.as_str(), zone.is_gone))
            .collect();
        assert_eq!(zones, [("Floor", true), ("Bar", false), ("Stage", false)]);
        assert_eq!(second.zone_index("Floor"), None);

        // Back again: the seat that has been there before is the same one.
        let third = first.numbered_after(&second);
        assert_eq!(names(&third), [(0, "S-A-1"), (1, "S-A-2"), (2, "S-B-1")]);
        assert_eq!(third.seats().len(), 4);
        let moved = SeatsMoved {
            added: vec![SeatIndex(0)],
            removed: vec![SeatIndex(3)],
        };
        assert_eq!(third.moved_since(&second), moved);
        let plans = [
            first.clone(),
            hall(
                &[("B", "Front", &["0", "1"]), ("A", "Front", &["2"])],
                &["Stage", "Bar"],
            ),
            first,
        ];
        assert_eq!(in_turn(plans.map(Arc::new)).as_deref(), Some(&third));
    }

    #[test]
    fn floors_tables_and_companions_are_those_of_the_new_plan() {
        let seat =
            |number: u8, more: &str| format!(r#"{{"number": "{number}", "x": {number}, "y": 0{more}}}"#);
        let of = |floors: &str, sections: &[(&str, &str, &str, &[String])]| {
            let section = |(name, floor, sold, seats): &(&str, &str, &str, &[String])| {
                format!(
                    r#"{{"name": "{name}", "floor": "{floor}", "rows": [], "tables": [{{"name": "T", "category": "C", "sold": "{sold}", "seats": [{}]}}]}}"#,
                    seats.join(",")
                )
            };
            let sections: Vec<_> = sections.iter().map(section).collect();
            plan(&format!(
                r#"{{"name": "Hall", "floors": [{floors}], "categories": [{{"name": "C"}}], "sections": [{}]}}"#,
                sections.join(",")
            ))
        };
        let first = of(
            r#"{"name": "0"}"#,
            &[
                (
                    "A",
                    "0",
                    "whole",
                    &[seat(1, r#", "accessible": true"#), seat(2, "")],
                ),
                ("B", "0", "seats", &[seat(1, "")]),
            ],
        );
        let before = [
            seat(3, r#", "companion_of": "A-T-1""#),
            seat(1, r#", "accessible": true"#),
        ];
        let second =
            of(r#"{"name": "1"}, {"name": "0"}"#, &[("A", "1", "seats", &before)]).numbered_after(&first);
        let companion = second.seat_index("A-T-3").and_then(|seat| second.seat(seat));
        assert_eq!(
            companion.expect("a seat").attributes.companion_of,
            Some(SeatIndex(0))
        );
        let floors: Vec<_> = second.sections().iter().map(|section| section.floor).collect();
        assert_eq!(floors, [second.floor_index("1"), None]);
        let whole = |plan: &Plan, name: &str| {
            let seat = plan.seat_index(name).expect("a seat");
            plan.whole_table(seat).map(<[SeatIndex]>::to_vec)
        };
        assert_eq!(whole(&first, "A-T-2"), Some(vec![SeatIndex(0), SeatIndex(1)]));
        assert_eq!(whole(&first, "B-T-1"), None);
        assert_eq!(whole(&second, "A-T-1"), None);
        let third = first.numbered_after(&second);
        assert_eq!(whole(&third, "A-T-2"), Some(vec![SeatIndex(0), SeatIndex(1)]));
    }

    #[test]
    fn seats_side_by_side_are_those_of_the_new_plan() {
        use crate::seat_map::SeatState;
        use crate::together::Wish;
        use crate::together::tests::find;
        let first = hall(&[("A", "Front", &["1", "3"])], &[]);
        let second = hall(&[("A", "Front", &["1", "2", "3"])], &[]).numbered_after(&first);
        let wish = Wish::of(3);
        let found = find(&second, &[SeatState::Free; 3], &wish);
        assert_eq!(found, Some(vec![SeatIndex(0), SeatIndex(1), SeatIndex(2)]));
        assert_eq!(find(&second, &[SeatState::Free; 2], &wish), None);
    }

    #[test]
    fn sections_of_one_name_stay_apart() {
        let of = |sections: &str| {
            let rows = |name: &str| {
                format!(
                    r#"{{"name": "{name}", "rows": [{{"name": "1", "category": "C", "seats": [{{"number": "{name}", "x": 0, "y": 0, "name": "{name}"}}]}}]}}"#
                )
            };
            let sections: Vec<_> = sections.chars().map(|name| rows(&name.to_string())).collect();
            plan(&format!(
                r#"{{"name": "Hall", "categories": [{{"name": "C"}}], "sections": [{}]}}"#,
                sections.join(",")
            ))
        };
        let second = of("BAC").numbered_after(&of("AB"));
        let sections: Vec<_> = second
            .sections()
            .iter()
            .map(|section| (section.name.as_str(), section.first_of_name.0))
            .collect();
        assert_eq!(sections, [("A", 0), ("B", 1), ("C", 2)]);
        let (section, _) = second
            .section_and_row(second.seat_index("A").expect("a seat"))
            .expect("a row");
        assert_eq!(section.name, "A");
    }
}
