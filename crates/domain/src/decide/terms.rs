//! The command that changes a show's terms: what it must not take from those who have ordered.

use std::sync::Arc;

use super::{Change, Draft};
use crate::event::{EventKind, Places, TermsChange, ZoneCapacity, ZonePlaces};
use crate::id::Revision;
use crate::outcome::{Outcome, Refusal};
use crate::plan::ZoneIndex;
use crate::plan::numbering::SeatsMoved;
use crate::seat_map::{Sale, SeatState};
use crate::show::Show;

impl Draft<'_> {
    pub(super) fn change_terms(
        &mut self,
        base: Option<Revision>,
        terms: Option<&Arc<Show>>,
        sale: Option<Sale>,
    ) -> Outcome {
        if base.is_some_and(|base| base != self.show.revision) {
            return Outcome::Refused(Refusal::OtherTerms(self.show.revision));
        }
        if self.known.is_canceled && sale == Some(Sale::Open) {
            return Outcome::Refused(Refusal::ShowCanceled);
        }
        if let Some(terms) = terms {
            // Only their base tells what they are the next of.
            debug_assert_eq!(Some(terms.revision), base.map(Revision::next));
            // Nobody can have ordered a draft's places.
            if !self.show.is_draft && terms.currency != self.show.currency {
                return Outcome::Refused(Refusal::CurrencyFixed);
            }
            let moved = terms.plan.moved_since(&self.show.plan);
            if let Some(in_use) = self.places_in_use(terms, &moved) {
                return Outcome::Refused(Refusal::PlacesInUse(in_use));
            }
            self.take_up(terms.clone(), moved);
        }
        if let Some(sale) = sale {
            self.publish();
            self.turn(sale);
        }
        Outcome::Changed {
            revision: self.show.revision,
            sale: self.overlay.sale(),
        }
    }

    /// A draft that is opened or closed is one no more.
    pub(super) fn publish(&mut self) {
        if self.show.is_draft {
            let mut published = self.show.next_terms();
            published.is_draft = false;
            self.take_up(Arc::new(published), SeatsMoved::default());
        }
    }

    /// From here on these terms are in force.
    fn take_up(&mut self, terms: Arc<Show>, seats: SeatsMoved) {
        let capacities = capacities(&terms);
        let changed = capacities.filter(|part| part.capacity != self.overlay.capacity(part.zone));
        let change = TermsChange {
            revision: terms.revision,
            capacities: changed.collect(),
            seats,
        };
        self.emit(Change {
            terms_change: Some(Box::new(change)),
            ..Change::new(EventKind::Changed, None, Places::default())
        });
        self.changes.terms.push(terms.clone());
        self.show = terms;
    }

    /// The seats that are not free and not in these terms, and the zones that are smaller in them than what is held, sold and
    /// blocked of them, with the count of that.
    fn places_in_use(&self, terms: &Show, moved: &SeatsMoved) -> Option<Places> {
        let in_use = capacities(terms).filter_map(|part| {
            let count = self.overlay.zone(part.zone).taken();
            let zone = part.zone;
            (part.capacity < count).then_some(ZonePlaces { zone, count })
        });
        let in_use = Places {
            zones: in_use.collect(),
            seats: self.seats_not(&moved.removed, SeatState::Free),
        };
        (in_use != Places::default()).then_some(in_use)
    }
}

fn capacities(terms: &Show) -> impl Iterator<Item = ZoneCapacity> {
    let zones = (0..).map(ZoneIndex).zip(&terms.zone_capacities);
    zones.map(|(zone, capacity)| ZoneCapacity {
        zone,
        capacity: *capacity,
    })
}
