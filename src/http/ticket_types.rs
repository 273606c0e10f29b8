//! What the places of an order are to be sold as: the part of its request that says so.

use std::collections::BTreeSet;

use super::bodies::order::{TypedPlacesBody, ZonePlacesBody};
use super::numbers::bounded;
use super::problem::Problem;
use super::show_prices::read_id;
use domain::command::{TypedPlaces, Wish};
use domain::event::{Places, ZonePlaces};
use domain::show::{ORDER_PLACES_MAX, Show};
use domain::tariff::TICKET_TYPES_MAX;

/// Each part's places must be among those that are wanted, and no other part's.
pub fn read_ticket_types(
    show: &Show,
    bodies: &[TypedPlacesBody],
    wish: &Wish,
) -> Result<Vec<TypedPlaces>, Problem> {
    if bodies.len() > TICKET_TYPES_MAX {
        let detail = format!("may have {TICKET_TYPES_MAX} parts at most");
        return Err(Problem::invalid("/ticket_types", detail));
    }
    if bodies.is_empty() {
        return Ok(Vec::new());
    }
    let mut left = Left {
        show,
        seats: wish.places.seats.iter().copied().collect(),
        zones: wish.places.zones.clone(),
        together: wish.together.as_ref().map_or(0, |together| together.count()),
    };
    let parts = bodies.iter().enumerate();
    parts
        .map(|(at, body)| left.read(&format!("/ticket_types/{at}"), body))
        .collect()
}

/// Wanted places that no part has named yet.
struct Left<'a> {
    show: &'a Show,
    seats: BTreeSet<domain::plan::SeatIndex>,
    zones: Vec<ZonePlaces>,
    together: u32,
}

impl Left<'_> {
    fn read(&mut self, field: &str, body: &TypedPlacesBody) -> Result<TypedPlaces, Problem> {
        let ticket_type = read_id(&format!("{field}/ticket_type"), &body.ticket_type)?;
        let mut seats = Vec::new();
        for (at, name) in body.seats.iter().flatten().enumerate() {
            let seat = self
                .show
                .plan
                .seat_index(name)
                .filter(|seat| self.seats.remove(seat));
            let not_left = || {
                let detail = "must be one of the order's “seats”, and named once";
                Problem::invalid(format!("{field}/seats/{at}"), detail)
            };
            seats.push(seat.ok_or_else(not_left)?);
        }
        let mut zones = Vec::new();
        for (at, part) in body.zones.iter().flatten().enumerate() {
            zones.push(self.take_zone(&format!("{field}/zones/{at}"), part)?);
        }
        let count = format!("{field}/count");
        let together = bounded(&count, body.count, 1, ORDER_PLACES_MAX, 0)?;
        let Some(rest) = self.together.checked_sub(together) else {
            let detail = "all parts together must not have more than the order's “together”";
            return Err(Problem::invalid(count, detail));
        };
        self.together = rest;
        if seats.is_empty() && zones.is_empty() && together == 0 {
            return Err(Problem::invalid(field, "name seats, zones or a count"));
        }
        Ok(TypedPlaces {
            ticket_type,
            places: Places { seats, zones },
            together,
        })
    }

    fn take_zone(&mut self, field: &str, part: &ZonePlacesBody) -> Result<ZonePlaces, Problem> {
        let count = bounded(
            &format!("{field}/count"),
            Some(part.count),
            1,
            ORDER_PLACES_MAX,
            0,
        )?;
        let named = self.show.plan.zone_index(&part.zone);
        let wanted = named.and_then(|zone| self.zones.iter_mut().find(|wanted| wanted.zone == zone));
        let wanted = wanted
            .ok_or_else(|| Problem::invalid(format!("{field}/zone"), "must be one of the order's “zones”"))?;
        let Some(rest) = wanted.count.checked_sub(count) else {
            let detail = "all parts together must not have more of the zone than the order";
            return Err(Problem::invalid(format!("{field}/count"), detail));
        };
        wanted.count = rest;
        Ok(ZonePlaces {
            zone: wanted.zone,
            count,
        })
    }
}
