//! What is held of a show now. Nothing tells whose: a hold is known by its number alone.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::place::seat_names;
use super::bodies::show::{ZonePartBody, zone_parts};
use super::extract::{Sight, TheOffice, find_visible_show};
use super::page::{Page, cut_page};
use super::problem::{Code, Problem};
use super::query::Query;
use super::stale::{catch_up, mark_aged};
use crate::live::WatchError;
use crate::live::watch::Watch;
use crate::store::inventory::{Hold, read_holds};
use domain::id::{Offset, Revision};

/// Holds on a page.
const HOLDS_PAGE_MAX: i64 = 100;

/// Places that are held by one order.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldBody {
    /// The offset of the order's first `booked` event, as its other events have it.
    pub hold: i64,
    /// The seats.
    pub seats: Vec<String>,
    /// The places in zones.
    pub zones: Vec<ZonePartBody>,
    /// When the hold ends, as its buyer is shown.
    pub expires_at: DateTime<Utc>,
}

/// A page of holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldsPage {
    /// The holds, by their numbers.
    pub holds: Vec<HoldBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<i64>,
    /// The journal's offset at which it was so.
    pub journal_offset: i64,
}

/// What is held now, oldest first.
///
/// Nothing tells whose: a hold is known by its number, the offset of its first `booked` event, which its later
/// events have too. One that has lapsed is not listed, also if no event says so yet.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Most items on the page"), ("after" = Option<i64>, Query, minimum = 0, description = "What comes after this one")), responses(
    (status = 200, description = "A page of holds", body = HoldsPage),
))]
#[get("/v1/shows/{show}/holds")]
pub async fn list_holds(
    office: TheOffice,
    sight: Sight,
    show: web::Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &show, sight).await?;
    let (after, limit) = page.read(HOLDS_PAGE_MAX)?;
    let mut response = HttpResponse::Ok();
    let (offset, revision, mut holds) = match office.live.watch(&show).await {
        Ok(watch) => {
            if let Some(age) = catch_up(&office, &watch, None).await {
                mark_aged(&mut response, age);
            }
            look(&watch, Offset(after), limit + 1, office.follow.now())?
        }
        Err(WatchError::TooMany) => {
            let id = show.id;
            let read = move |connection: &mut _| Ok(read_holds(connection, id, Offset(after), limit + 1)?);
            office.database.read(read).await?
        }
        Err(error) => return Err(error.into()),
    };
    let show = office.shows.at_least(show.id, revision).await?;
    let show = show.ok_or_else(|| Problem::not_found("show"))?;
    let next_after = cut_page(&mut holds, limit).map(|last| last.booked.0);
    let holds = holds.into_iter().map(|hold| HoldBody {
        hold: hold.booked.0,
        seats: seat_names(&show, &hold.places.seats),
        zones: zone_parts(&show, &hold.places.zones),
        expires_at: hold.expires_at,
    });
    Ok(response.json(HoldsPage {
        holds: holds.collect(),
        next_after,
        journal_offset: offset.0,
    }))
}

/// The holds after an offset in this node's memory.
fn look(
    watch: &Watch,
    after: Offset,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<(Offset, Revision, Vec<Hold>), Problem> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let looked = watch.followed().look(|state, _| {
        let holds = state.holds_after(after);
        let holds = holds.filter(|order| order.terms.kept_until > now).take(limit);
        let holds = holds.map(|order| Hold {
            booked: order.booked,
            places: order.places.clone(),
            expires_at: order.terms.expires_at,
        });
        (state.offset(), state.map().revision, holds.collect())
    });
    looked.ok_or_else(|| Problem::new(Code::Unavailable))
}
