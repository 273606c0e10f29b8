//! Whether a place is what somebody waits for, as the show sells it now.

use crate::event::Place;
use crate::plan::{CategoryIndex, SeatIndex};
use crate::show::Show;
use crate::waitlist::Want;

/// Whether somebody who wants this accepts this place.
pub fn accepts(show: &Show, want: &Want, place: Place) -> bool {
    let is_there = match place {
        Place::Seat(seat) => want.zone.is_none() && can_sit(show, want, seat),
        Place::Zone(zone) => !want.together && want.zone.is_none_or(|wanted| wanted == zone),
    };
    let category = place.category_in(&show.plan);
    is_there
        && category.is_some_and(|category| want.is_of(category) && is_paid_for(show, want, place, category))
}

/// Not where a wheelchair has its place, or company beside it: those are not for just anybody. Nor on some of the seats of a table that
/// is sold whole.
fn can_sit(show: &Show, want: &Want, seat: SeatIndex) -> bool {
    let known = show.plan.seat(seat);
    let is_for_all = known.is_some_and(|known| known.attributes.is_for_all());
    let is_all_of = |table: &[SeatIndex]| want.together && table.len() == want.count as usize;
    is_for_all && show.plan.whole_table(seat).is_none_or(is_all_of)
}

fn is_paid_for(show: &Show, want: &Want, place: Place, category: CategoryIndex) -> bool {
    if want.ticket_types.is_empty() && want.price_max.is_none() {
        return true;
    }
    let is_enough =
        |price: Option<i64>| price.is_some_and(|price| want.price_max.is_none_or(|max| price <= max));
    let as_type = |id| show.ticket_type(id).and_then(|known| show.price_as(known, place));
    let typed: u32 = want.ticket_types.iter().map(|typed| typed.count).sum();
    let usual = || match show.default_type(category) {
        Some(known) => show.price_as(known, place),
        None => Some(show.place_price(place)),
    };
    let mut types = want.ticket_types.iter();
    types.all(|typed| is_enough(as_type(&typed.ticket_type))) && (typed >= want.count || is_enough(usual()))
}
