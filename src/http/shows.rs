//! Shows: making, listing, opening and closing them, blocking seats; their map, journal and snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{
    ACCEPT_ENCODING, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{MoneyBody, SaleBody, ZonePlacesBody};
use super::extract::{KeyHeader, TheOffice, show_id};
use super::funnel::{idempotency_key, pass, seat_names};
use super::identity::Caller;
use super::problem::{Code, Problem, ProblemBody};
use crate::domain::command::Command;
use crate::domain::id::{Offset, ShowId};
use crate::domain::money::Currency;
use crate::domain::outcome::{Decision, Outcome};
use crate::domain::plan::{Plan, SeatIndex, ZONE_PLACES_MAX};
use crate::domain::seat_map::Sale;
use crate::domain::show::{
    HOLD_GRACE_DIVISOR, HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX, ORDER_PLACES_DEFAULT, ORDER_PLACES_MAX,
    Returns, SESSION_PLACES_DEFAULT, SESSION_PLACES_MAX, Show,
};
use crate::live::render::{Face, map_json};
use crate::office::Office;
use crate::store::catalogue::{Claim, Inserted, insert_show, list_shows as list_show_ids, next_show_id};
use crate::store::error::StoreError;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_heads, read_journal};
use crate::store::snapshot::read_snapshot;

/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// Most seats in one block or unblock.
const BLOCK_SEATS_MAX: usize = 10_000;
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

/// A show to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShowBody {
    /// The plan's id.
    pub plan: String,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// The price of each category of the plan, all in one currency.
    pub prices: BTreeMap<String, MoneyBody>,
    /// How long buyers have to pay, in seconds; 600 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86400)]
    pub hold_seconds: Option<i64>,
    /// How much longer a hold is really kept, in milliseconds; a twentieth of the hold if left out.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 86400000)]
    pub hold_grace_ms: Option<i64>,
    /// Most places in one order; 20 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 500)]
    pub order_places_max: Option<i64>,
    /// Most live places of one session; 100 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 5000)]
    pub session_places_max: Option<i64>,
    /// When sale begins; at once if left out.
    #[serde(default)]
    pub on_sale_at: Option<DateTime<Utc>>,
    /// When sale ends; never if left out.
    #[serde(default)]
    pub closes_at: Option<DateTime<Utc>>,
    /// Whether it sells; open if left out.
    #[serde(default)]
    pub state: Option<SaleBody>,
    /// Capacities that differ from the plan's.
    #[serde(default)]
    pub zones: Vec<ZoneCapacityBody>,
    /// Who may return paid tickets; the organiser if left out.
    #[serde(default)]
    pub returns: Option<ReturnsBody>,
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

/// Seats by name.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatsBody {
    /// Their names.
    pub seats: Vec<String>,
}

/// Seats that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlocksBody {
    /// Their names.
    pub seats: Vec<String>,
    /// The journal's offset of the change.
    pub journal_offset: i64,
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Most items on the page.
    #[param(minimum = 1)]
    pub limit: Option<i64>,
    /// What comes after this one.
    #[param(minimum = 0)]
    pub after: Option<i64>,
}

/// One change of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventBody {
    /// Its number in the journal, from 1.
    pub offset: i64,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
    /// What: booked, canceled, timed_out, paid, returned, blocked, unblocked, opened or closed.
    #[serde(rename = "type")]
    pub kind: String,
    /// The seats that changed.
    pub seats: Vec<String>,
    /// The places in zones that changed.
    pub zones: Vec<ZonePlacesBody>,
}

/// A page of a journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsPage {
    /// The events, in order, without a gap.
    pub events: Vec<EventBody>,
    /// Where the next page begins; null if this is the journal's end.
    #[schema(required)]
    pub next_after: Option<i64>,
}

/// The state of every place of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatMapBody {
    /// The show.
    pub show: String,
    /// The last event that is in it.
    pub offset: i64,
    /// Whether it sells.
    pub state: SaleBody,
    /// Each seat's state: free, held, sold or blocked.
    pub seats: BTreeMap<String, String>,
    /// Each zone's counts.
    pub zones: Vec<ZoneCountBody>,
}

/// A zone's counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ZoneCountBody {
    /// The zone.
    pub zone: String,
    /// How many places it has.
    pub capacity: i64,
    /// In orders that are not paid yet.
    pub held: i64,
    /// In paid orders.
    pub sold: i64,
    /// For sale.
    pub free: i64,
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
    match office.database.write(write).await? {
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

/// A show from its request, checked; its id is given when it is written.
pub async fn read_new_show(office: &Office, body: &NewShowBody) -> Result<Show, Problem> {
    let unknown_plan = || Problem::invalid("/plan", "there is no such plan");
    let plan_id = uuid::Uuid::parse_str(&body.plan)
        .map_err(|_not_an_id| unknown_plan())?
        .as_u128();
    let plan = office.shows.plan(plan_id).await?.ok_or_else(unknown_plan)?;
    let title = body.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "/title",
            format!("must be 1 to {TITLE_CHARS_MAX} printable characters"),
        ));
    }
    if let (Some(begin), Some(end)) = (body.on_sale_at, body.closes_at)
        && end <= begin
    {
        return Err(Problem::invalid("/closes_at", "must be after on_sale_at"));
    }
    let (prices, currency) = read_prices(&plan, &body.prices)?;
    let hold_seconds = bounded(
        "/hold_seconds",
        body.hold_seconds,
        1,
        HOLD_SECONDS_MAX,
        HOLD_SECONDS_DEFAULT,
    )?;
    let usual_grace = hold_seconds * 1_000 / HOLD_GRACE_DIVISOR;
    let grace_ms = bounded(
        "/hold_grace_ms",
        body.hold_grace_ms,
        0,
        HOLD_SECONDS_MAX * 1_000,
        usual_grace,
    )?;
    Ok(Show {
        id: ShowId(0),
        plan_id,
        title: title.to_owned(),
        starts_at: body.starts_at,
        currency,
        prices,
        zone_capacities: read_capacities(&plan, &body.zones)?,
        hold: Duration::from_secs(hold_seconds.into()),
        hold_grace: Duration::from_millis(grace_ms.into()),
        order_places_max: bounded(
            "/order_places_max",
            body.order_places_max,
            1,
            ORDER_PLACES_MAX,
            ORDER_PLACES_DEFAULT,
        )?,
        session_places_max: bounded(
            "/session_places_max",
            body.session_places_max,
            1,
            SESSION_PLACES_MAX,
            SESSION_PLACES_DEFAULT,
        )?,
        on_sale_at: body.on_sale_at,
        closes_at: body.closes_at,
        returns: match body.returns {
            Some(ReturnsBody::Buyer) => Returns::Buyer,
            Some(ReturnsBody::Organiser) | None => Returns::Organiser,
        },
        created_at: DateTime::UNIX_EPOCH,
        plan,
    })
}

fn bounded(field: &str, value: Option<i64>, min: u32, max: u32, usual: u32) -> Result<u32, Problem> {
    let Some(value) = value else { return Ok(usual) };
    let inside = u32::try_from(value)
        .ok()
        .filter(|value| (min..=max).contains(value));
    inside.ok_or_else(|| Problem::invalid(field, format!("must be {min} to {max}")))
}

fn read_prices(plan: &Plan, prices: &BTreeMap<String, MoneyBody>) -> Result<(Vec<i64>, Currency), Problem> {
    let mut currency = None;
    let mut amounts = vec![None; plan.categories().len()];
    for (name, price) in prices {
        let field = format!("/prices/{name}");
        let price = price.read(&field)?;
        if *currency.get_or_insert(price.currency) != price.currency {
            return Err(Problem::invalid(
                format!("{field}/currency"),
                "all prices must be in one currency",
            ));
        }
        let place = plan
            .category_index(name)
            .and_then(|index| amounts.get_mut(usize::from(index.0)));
        *place.ok_or_else(|| Problem::invalid(&field, "the plan has no such category"))? = Some(price.amount);
    }
    let missing = amounts
        .iter()
        .zip(plan.categories())
        .find(|(amount, _)| amount.is_none());
    if let Some((_, category)) = missing {
        return Err(Problem::invalid(
            "/prices",
            format!("“{}” has no price", category.name),
        ));
    }
    let currency = currency.ok_or_else(|| Problem::invalid("/prices", "there is no price"))?;
    Ok((amounts.into_iter().flatten().collect(), currency))
}

fn read_capacities(plan: &Plan, zones: &[ZoneCapacityBody]) -> Result<Vec<u32>, Problem> {
    let mut capacities: Vec<u32> = plan.zones().iter().map(|zone| zone.capacity).collect();
    for (at, zone) in zones.iter().enumerate() {
        let field = format!("/zones/{at}");
        let place = plan
            .zone_index(&zone.zone)
            .and_then(|index| capacities.get_mut(usize::from(index.0)));
        let place =
            place.ok_or_else(|| Problem::invalid(format!("{field}/zone"), "the plan has no such zone"))?;
        *place = bounded(
            &format!("{field}/capacity"),
            Some(zone.capacity),
            1,
            ZONE_PLACES_MAX,
            0,
        )?;
    }
    Ok(capacities)
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

fn page_limit(page: &Page, max: i64) -> Result<i64, Problem> {
    if page.after.is_some_and(|after| after < 0) {
        return Err(Problem::new(Code::BadRequest)
            .field("after")
            .detail("must not be negative"));
    }
    match page.limit {
        None => Ok(max),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::new(Code::BadRequest)
            .field("limit")
            .detail(format!("must be 1 to {max}"))),
    }
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
    let watch = office.live.watch(&show).await?;
    let mut response = HttpResponse::Ok();
    mark_stale(&office, &mut response);
    Ok(response.json(show_body(&show, watch.sale(), watch.offset())))
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

/// Take free seats off sale.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The seats are blocked", body = BlocksBody),
    (status = "4XX", description = "Some seats are not free", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/shows/{show}/blocks")]
pub async fn block_seats(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    id: web::Path<String>,
    body: web::Json<SeatsBody>,
) -> Result<HttpResponse, Problem> {
    caller.organiser()?;
    let show = find_show(&office, &id).await?;
    let key = idempotency_key(&caller, key, "block_seats", &id, &body.0);
    let seats = read_seats(&show, &body.seats, BLOCK_SEATS_MAX)?;
    blocks_answer(&show, &pass(&office, &show, Command::Block { seats }, key).await?)
}

/// Put blocked seats back on sale.
#[utoipa::path(tag = "shows", request_body = SeatsBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The seats are free", body = BlocksBody),
    (status = "4XX", description = "Some seats are not blocked", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/v1/shows/{show}/blocks")]
pub async fn unblock_seats(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    id: web::Path<String>,
    body: web::Json<SeatsBody>,
) -> Result<HttpResponse, Problem> {
    caller.organiser()?;
    let show = find_show(&office, &id).await?;
    let key = idempotency_key(&caller, key, "unblock_seats", &id, &body.0);
    let seats = read_seats(&show, &body.seats, BLOCK_SEATS_MAX)?;
    blocks_answer(
        &show,
        &pass(&office, &show, Command::Unblock { seats }, key).await?,
    )
}

fn blocks_answer(show: &Show, decision: &Decision) -> Result<HttpResponse, Problem> {
    let (Outcome::Blocked(seats) | Outcome::Unblocked(seats)) = &decision.outcome else {
        return Err(StoreError::internal("a block has another outcome").into());
    };
    let body = BlocksBody {
        seats: seat_names(show, seats),
        journal_offset: decision.offset.0,
    };
    Ok(HttpResponse::Ok().json(body))
}

/// Seats by name: at least one, known, none twice.
pub fn read_seats(show: &Show, names: &[String], seats_max: usize) -> Result<Vec<SeatIndex>, Problem> {
    if names.is_empty() || names.len() > seats_max {
        return Err(Problem::invalid(
            "/seats",
            format!("must be 1 to {seats_max} seats"),
        ));
    }
    let mut seen = std::collections::HashSet::with_capacity(names.len());
    let mut unknown = Vec::new();
    let mut seats = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        match show.plan.seat_index(name) {
            Some(seat) if seen.insert(seat) => seats.push(seat),
            Some(_) => {
                return Err(
                    Problem::invalid(format!("/seats/{at}"), "the seat is named twice")
                        .seats(vec![name.clone()]),
                );
            }
            None => unknown.push(name.chars().take(200).collect::<String>()),
        }
    }
    if unknown.is_empty() {
        Ok(seats)
    } else {
        Err(Problem::invalid("/seats", "the show has no such seats").seats(unknown))
    }
}

/// The state of all seats and zones. The entity tag is the journal's offset.
#[utoipa::path(tag = "shows", security(()), params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The map", body = SeatMapBody),
    (status = 304, description = "As the client has it"),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/seat-map")]
pub async fn get_seat_map(
    office: TheOffice,
    show: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let show = find_show(&office, &show).await?;
    let watch = office.live.watch(&show).await?;
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let unchanged = header(IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, watch.offset()));
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    mark_stale(&office, &mut response);
    response
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept-Encoding"));
    if unchanged {
        return Ok(response
            .insert_header((ETAG, format!("\"{}\"", watch.offset())))
            .finish());
    }
    let map = watch.rendered();
    response
        .insert_header((ETAG, map.etag()))
        .insert_header((CONTENT_TYPE, "application/json"));
    if header(ACCEPT_ENCODING).is_some_and(|accepted| accepted.contains("gzip")) {
        return Ok(response
            .insert_header((CONTENT_ENCODING, "gzip"))
            .body(map.gzip()));
    }
    Ok(response.body(map.body()))
}

/// Whether one of the client's entity tags is this offset's.
fn has_tag(tags: &str, offset: Offset) -> bool {
    let current = format!("\"{offset}\"");
    tags.split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == current)
}

fn mark_stale(office: &Office, response: &mut actix_web::HttpResponseBuilder) {
    if let Some(age) = office.live.stale_for() {
        response
            .insert_header(("Stale", "true"))
            .insert_header((AGE, age.as_secs().to_string()));
    }
}

/// The journal: every change, numbered without a gap.
#[utoipa::path(tag = "shows", security(()), params(("show" = String, Path, description = "The show's id"), Page), responses(
    (status = 200, description = "A page of the journal", body = EventsPage),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/events")]
pub async fn list_events(
    office: TheOffice,
    show: web::Path<String>,
    page: web::Query<Page>,
) -> Result<HttpResponse, Problem> {
    let show = find_show(&office, &show).await?;
    let limit = page_limit(&page, JOURNAL_PAGE_EVENTS_MAX)?;
    let (id, after) = (show.id, Offset(page.after.unwrap_or(0)));
    let events = office
        .database
        .read(move |connection| Ok(read_journal(connection, id, after, limit)?))
        .await?;
    let full = i64::try_from(events.len()) == Ok(limit);
    let next_after = events.last().filter(|_| full).map(|event| event.offset.0);
    let zone_name = |zone| show.plan.zone(zone).map(|zone| zone.name.clone());
    let events = events.into_iter().map(|event| EventBody {
        offset: event.offset.0,
        at: event.at,
        kind: event.kind.name().to_owned(),
        seats: seat_names(&show, &event.places.seats),
        zones: event
            .places
            .zones
            .iter()
            .filter_map(|part| {
                Some(ZonePlacesBody {
                    zone: zone_name(part.zone)?,
                    count: part.count.into(),
                })
            })
            .collect(),
    });
    Ok(HttpResponse::Ok().json(EventsPage {
        events: events.collect(),
        next_after,
    }))
}

/// A snapshot: the immutable state at an offset, or the latest.
#[utoipa::path(tag = "shows", security(()), params(
    ("show" = String, Path, description = "The show's id"),
    ("offset" = String, Path, description = "The snapshot's offset, or `latest`"),
), responses(
    (status = 200, description = "The snapshot", body = SeatMapBody),
    (status = "4XX", description = "No such snapshot", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/snapshots/{offset}")]
pub async fn get_snapshot(
    office: TheOffice,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, wanted) = path.into_inner();
    let show = find_show(&office, &show).await?;
    let exact = match wanted.as_str() {
        "latest" => None,
        offset => Some(
            offset
                .parse::<i64>()
                .map(Offset)
                .map_err(|_not_a_number| Problem::not_found("snapshot"))?,
        ),
    };
    let (id, up_to) = (show.id, exact.unwrap_or(Offset(i64::MAX)));
    let snapshot = office
        .database
        .read(move |connection| Ok(read_snapshot(connection, id, up_to)?))
        .await?;
    let (map, at) = match snapshot {
        Some(snapshot) => (snapshot.map, snapshot.at),
        // Before the first event, everything is as it was made.
        None => (
            crate::domain::seat_map::SeatMap::new(show.plan.seats().len(), show.plan.zones().len()),
            show.created_at,
        ),
    };
    if exact.is_some_and(|offset| offset != map.offset) {
        return Err(Problem::not_found("snapshot"));
    }
    let cache = if exact.is_some() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, cache))
        .insert_header((ETAG, format!("\"{}\"", map.offset)))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(map_json(&show, &Face::of(&show), &map, at)))
}
