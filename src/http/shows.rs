//! Shows: making, listing, opening and closing them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{MoneyBody, SaleBody};
use super::extract::{KeyHeader, TheOffice, show_id};
use super::funnel::{idempotency_key, pass};
use super::new_show::{NewShowBody, read_new_show};
use super::page::{Page, page_limit};
use super::problem::{Code, Problem, ProblemBody};
use super::seat_map::mark_stale;
use crate::identity::Caller;
use crate::office::Office;
use crate::store::catalogue::{Claim, Inserted, insert_show, list_shows as list_show_ids, next_show_id};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::journal::read_heads;
use domain::command::Command;
use domain::id::{Offset, ShowId};
use domain::seat_map::Sale;
use domain::show::{LatePayment, Returns, Show};

/// Shows on a page.
const SHOWS_PAGE_MAX: i64 = 100;

/// Who may give paid tickets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnsBody {
    /// The organiser alone.
    Organiser,
    /// The buyer too.
    Buyer,
}

/// What becomes of money that is set aside after its hold has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatePaymentBody {
    /// It goes back.
    Refund,
    /// The same places are taken again if they are all free; else it goes back.
    HonourIfFree,
}

/// A zone's capacity on this show.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneCapacityBody {
    /// The zone's name in the plan.
    pub zone: String,
    /// How many places are sold.
    #[schema(minimum = 1, maximum = 100000)]
    pub capacity: i64,
}

/// A show.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowBody {
    /// Its id.
    pub id: String,
    /// Its plan's id.
    pub plan: String,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// The price of each category.
    pub prices: BTreeMap<String, MoneyBody>,
    /// How long buyers have to pay, in seconds.
    pub hold_seconds: i64,
    /// How much longer a hold is really kept, in milliseconds.
    pub hold_grace_ms: i64,
    /// Most places in one order.
    pub order_places_max: i64,
    /// Most live places of one session.
    pub session_places_max: i64,
    /// When sale begins.
    #[schema(required)]
    pub on_sale_at: Option<DateTime<Utc>>,
    /// When sale ends.
    #[schema(required)]
    pub closes_at: Option<DateTime<Utc>>,
    /// Whether it sells.
    pub state: SaleBody,
    /// Its zones and their capacities.
    pub zones: Vec<ZoneCapacityBody>,
    /// Who may return paid tickets.
    pub returns: ReturnsBody,
    /// Buyers may return them until then; null: as long as the show is there.
    #[schema(required)]
    pub returns_until: Option<DateTime<Utc>>,
    /// What becomes of a payment that comes too late.
    pub late_payment: LatePaymentBody,
    /// A hold is kept at least so long after its payment has begun, in seconds.
    pub payment_window_seconds: i64,
    /// How many seats it has.
    pub seats: i64,
    /// The journal's offset once this was so.
    pub journal_offset: i64,
}

/// A page of shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowsPage {
    /// The shows, in the order of their making.
    pub shows: Vec<ShowBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Whether a show is to sell.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowChangeBody {
    /// Open or closed.
    pub state: SaleBody,
}

/// Finds a show.
pub async fn find_show(office: &Office, id: &str) -> Result<Arc<Show>, Problem> {
    office
        .shows
        .show(show_id(id)?)
        .await?
        .ok_or_else(|| Problem::not_found("show"))
}

/// Make a show from a plan.
#[utoipa::path(tag = "shows", responses(
    (status = 201, description = "The show is there", body = ShowBody),
    (status = "4XX", description = "A field is not as it must be", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/shows")]
pub async fn create_show(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    body: web::Json<NewShowBody>,
) -> Result<HttpResponse, Problem> {
    caller.organiser()?;
    let key = idempotency_key(&caller, key, "create_show", "", &body.0);
    let sale = body.state.unwrap_or(SaleBody::Open).into();
    let show = read_new_show(&office, &body).await?;
    let (id, sale) = make_show(&office, show, sale, key).await?;
    let show = office
        .shows
        .show(id)
        .await?
        .ok_or_else(|| Problem::not_found("show"))?;
    let offset = Offset(i64::from(sale == Sale::Open));
    let body = show_body(&show, sale, offset);
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/shows/{id}")))
        .json(body))
}

/// Writes a show that has been checked; gives the one of an earlier request with the same key.
pub async fn make_show(
    office: &Office,
    mut show: Show,
    sale: Sale,
    key: Option<crate::store::batch::IdempotencyKey>,
) -> Result<(ShowId, Sale), Problem> {
    let shard = office.config.shard;
    let digest = key.as_ref().map(|key| key.request_digest.to_vec());
    let write = move |connection: &mut _| {
        show.id = next_show_id(connection, shard)?;
        let claim = key.map(|key| Claim {
            key,
            answer: format!("\"{}\"", show.id),
        });
        Ok((show.id, insert_show(connection, &show, sale, claim)?))
    };
    match office.database.write(WriteKind::Organisers, write).await? {
        (id, Inserted::Now) => Ok((id, sale)),
        (_, Inserted::Before(before)) if Some(&before.request_digest) != digest.as_ref() => {
            Err(Problem::new(Code::KeyReused))
        }
        (_, Inserted::Before(before)) => {
            let id: String = serde_json::from_str(&before.decision).map_err(StoreError::internal)?;
            Ok((show_id(&id)?, sale))
        }
    }
}

/// A show as clients see it.
pub fn show_body(show: &Show, sale: Sale, offset: Offset) -> ShowBody {
    let milliseconds = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let prices = show
        .plan
        .categories()
        .iter()
        .zip(&show.prices)
        .map(|(category, amount)| {
            (
                category.name.clone(),
                MoneyBody {
                    amount: *amount,
                    currency: show.currency.code().to_owned(),
                },
            )
        });
    let zones = show.plan.zones().iter().zip(&show.zone_capacities);
    let zones = zones.map(|(zone, capacity)| ZoneCapacityBody {
        zone: zone.name.clone(),
        capacity: (*capacity).into(),
    });
    ShowBody {
        id: show.id.to_string(),
        plan: uuid::Uuid::from_u128(show.plan_id).to_string(),
        title: show.title.clone(),
        starts_at: show.starts_at,
        prices: prices.collect(),
        hold_seconds: milliseconds(show.hold) / 1_000,
        hold_grace_ms: milliseconds(show.hold_grace),
        order_places_max: show.order_places_max.into(),
        session_places_max: show.session_places_max.into(),
        on_sale_at: show.on_sale_at,
        closes_at: show.closes_at,
        state: sale.into(),
        zones: zones.collect(),
        returns: match show.returns {
            Returns::Buyer => ReturnsBody::Buyer,
            Returns::Organiser => ReturnsBody::Organiser,
        },
        returns_until: show.returns_until,
        late_payment: match show.late_payment {
            LatePayment::Refund => LatePaymentBody::Refund,
            LatePayment::HonourIfFree => LatePaymentBody::HonourIfFree,
        },
        payment_window_seconds: milliseconds(show.payment_window) / 1_000,
        seats: i64::try_from(show.plan.seats().len()).unwrap_or(i64::MAX),
        journal_offset: offset.0,
    }
}

/// All shows, page by page.
#[utoipa::path(tag = "shows", security(()), params(Page), responses(
    (status = 200, description = "A page of shows", body = ShowsPage),
    (status = "4XX", description = "A parameter is not as it must be", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows")]
pub async fn list_shows(office: TheOffice, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let limit = page_limit(&page, SHOWS_PAGE_MAX)?;
    let after = page.after.unwrap_or(0);
    let read = move |connection: &mut _| {
        let ids = list_show_ids(connection, after, limit)?;
        let heads = read_heads(connection, &ids.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
        Ok((ids, heads))
    };
    let (ids, heads) = office.database.read(read).await?;
    let full = i64::try_from(ids.len()) == Ok(limit);
    let next_after = ids.last().filter(|_| full).map(|(id, _)| id.to_string());
    let mut shows = Vec::with_capacity(ids.len());
    for (id, sale) in ids {
        let offset = heads
            .iter()
            .find(|(head, _)| *head == id)
            .map_or(Offset(0), |(_, offset)| *offset);
        if let Some(show) = office.shows.show(id).await? {
            shows.push(show_body(&show, sale, offset));
        }
    }
    Ok(HttpResponse::Ok().json(ShowsPage { shows, next_after }))
}

/// One show.
#[utoipa::path(tag = "shows", security(()), params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The show", body = ShowBody),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}")]
pub async fn get_show(office: TheOffice, show: web::Path<String>) -> Result<HttpResponse, Problem> {
    let show = find_show(&office, &show).await?;
    let (offset, sale) = office.follow.look_at_head(show.id).await?;
    let mut response = HttpResponse::Ok();
    mark_stale(&office, &mut response);
    Ok(response.json(show_body(&show, sale, offset)))
}

/// Open or close a show.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The show as it is now", body = ShowBody),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/v1/shows/{show}")]
pub async fn update_show(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    id: web::Path<String>,
    body: web::Json<ShowChangeBody>,
) -> Result<HttpResponse, Problem> {
    caller.organiser()?;
    let show = find_show(&office, &id).await?;
    let key = idempotency_key(&caller, key, "update_show", &id, &body.0);
    let command = match body.state {
        SaleBody::Open => Command::Open,
        SaleBody::Closed => Command::Close,
    };
    let decision = pass(&office, &show, command, key).await?;
    Ok(HttpResponse::Ok().json(show_body(&show, body.state.into(), decision.offset)))
}
