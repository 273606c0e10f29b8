//! Giving some of a held order's places up.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::blocks::read_seats;
use super::bodies::order::{OrderBody, OrderView, read_list};
use super::body::Json;
use super::change::{idempotency_key, refused};
use super::extract::{KeyHeader, TheOffice};
use super::numbers::bounded;
use super::orders::{ended, find_order, state_now};
use super::problem::Problem;
use super::show_prices::read_id;
use crate::identity::Caller;
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use domain::command::{Command, Dropped, DroppedPlaces};
use domain::outcome::{Outcome, Refusal};
use domain::show::{ORDER_PLACES_MAX, Show};

/// Which places of an order are given up.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropBody {
    /// Some of its seats.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Some of its places in zones.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 500)]
    pub zones: Option<Vec<DroppedPlacesBody>>,
}

/// Some of an order's places in a zone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DroppedPlacesBody {
    /// The zone's name.
    pub zone: String,
    /// How many places.
    #[schema(minimum = 1, maximum = 500)]
    pub count: i64,
    /// What they are sold as; the last ones of the zone, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub ticket_type: Option<String>,
}

/// Give some places of a held order up.
///
/// They are free at once, or kept again for whom they were kept; the others stay held until the same `expires_at`, at the prices that they were
/// given, with fees, tax and discount of what is left. To give all of them up, give the order up. A payment that waits for the buyer is given up too.
#[utoipa::path(tag = "orders", request_body = DropBody, params(
    ("order" = String, Path, description = "The order's reference"),
), responses(
    (status = 200, description = "The order with the places that are left", body = OrderBody),
))]
#[post("/v1/orders/{order}/drop")]
pub async fn drop_places(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
    body: Json<DropBody>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "drop_places", &order, &body.0);
    let command = Command::Drop {
        order: record.number,
        places: read_dropped(&show, &body)?,
    };
    let decision = office.turnstile.pass(&show, command, key).await?;
    let held = match &decision.outcome {
        Outcome::Dropped(held) => held,
        Outcome::Refused(Refusal::OrderNotLive) => {
            return Err(ended(state_now(&office, record.number).await?));
        }
        Outcome::Refused(refusal) => return Err(refused(&show, refusal)),
        _ => return Err(StoreError::internal("places that are given up have another outcome").into()),
    };
    let view = OrderView::of_held(&show, office.identity.references(), held);
    Ok(HttpResponse::Ok().json(view.at(OrderState::Held, decision.offset).body(office.till)))
}

fn read_dropped(show: &Show, body: &DropBody) -> Result<Dropped, Problem> {
    let places_max = ORDER_PLACES_MAX as usize;
    let seats = match &body.seats {
        Some(names) => read_seats(show, names, places_max)?,
        None => Vec::new(),
    };
    let parts = body.zones.as_deref().unwrap_or_default();
    if parts.len() > places_max {
        return Err(Problem::invalid(
            "/zones",
            format!("must be {places_max} parts at most"),
        ));
    }
    if seats.is_empty() && parts.is_empty() {
        return Err(Problem::invalid("", "name seats or zones"));
    }
    let mut zones: Vec<DroppedPlaces> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let field = format!("/zones/{at}");
        let zone = show.plan.zone_index(&part.zone);
        let zone =
            zone.ok_or_else(|| Problem::invalid(format!("{field}/zone"), "the show has no such zone"))?;
        let ticket_type = part.ticket_type.as_deref();
        let ticket_type = ticket_type
            .map(|id| read_id(&format!("{field}/ticket_type"), id))
            .transpose()?;
        if { zones.iter() }.any(|known| (known.zone, &known.ticket_type) == (zone, &ticket_type)) {
            let detail = "the zone is named twice with the same type";
            return Err(Problem::invalid(format!("{field}/zone"), detail));
        }
        zones.push(DroppedPlaces {
            zone,
            count: bounded(
                &format!("{field}/count"),
                Some(part.count),
                1,
                ORDER_PLACES_MAX,
                0,
            )?,
            ticket_type,
        });
    }
    Ok(Dropped { seats, zones })
}
