//! Shows: making, listing, opening and closing them.

use actix_web::{HttpResponse, get, patch, post, web};

use super::bodies::show::{NewShowBody, SaleBody, ShowBody, ShowChangeBody, ShowsPage, show_body};
use super::body::Json;
use super::caller::Organiser;
use super::change::{answered_before, idempotency_key, pass};
use super::extract::{KeyHeader, TheOffice, find_show, show_id};
use super::new_show::read_new_show;
use super::page::{Page, cut_page};
use super::problem::{Problem, ProblemBody};
use super::query::Query;
use super::stale::mark_stale;
use crate::office::Office;
use crate::store::catalogue::{insert_show, list_shows as list_show_ids, next_show_id};
use crate::store::claim::{Claim, Inserted};
use crate::store::database::WriteKind;
use crate::store::journal::read_heads;
use domain::command::Command;
use domain::id::{Offset, ShowId};
use domain::seat_map::Sale;
use domain::show::Show;

/// Shows on a page.
const SHOWS_PAGE_MAX: i64 = 100;

/// Make a show from a plan.
#[utoipa::path(tag = "shows", request_body = NewShowBody, responses(
    (status = 201, description = "The show is there", body = ShowBody),
    (status = "4XX", description = "A field is not as it must be", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/shows")]
pub async fn create_show(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    body: Json<NewShowBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&organiser.0, key, "create_show", "", &body.0);
    let sale = body.state.unwrap_or(SaleBody::Open).into();
    let show = read_new_show(&office, &body).await?;
    let (id, sale) = make_show(&office, show, sale, key).await?;
    let show = office
        .shows
        .show(id)
        .await?
        .ok_or_else(|| Problem::not_found("show"))?;
    let offset = Offset(i64::from(sale == Sale::Open));
    let body = show_body(&show, sale, offset, office.till);
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
    let digest = key.as_ref().map(|key| key.request_digest);
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
        (_, Inserted::Before(before)) => {
            let id: String = answered_before(&before, digest)?;
            Ok((show_id(&id)?, sale))
        }
    }
}

/// All shows, page by page.
#[utoipa::path(tag = "shows", security(()), params(("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Most items on the page"), ("after" = Option<i64>, Query, minimum = 0, description = "What comes after this one")), responses(
    (status = 200, description = "A page of shows", body = ShowsPage),
    (status = "4XX", description = "A parameter is not as it must be", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows")]
pub async fn list_shows(office: TheOffice, page: Query<Page>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page.read(SHOWS_PAGE_MAX)?;
    let read = move |connection: &mut _| {
        let ids = list_show_ids(connection, after, limit + 1)?;
        let heads = read_heads(connection, &ids.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
        Ok((ids, heads))
    };
    let (mut ids, heads) = office.database.read(read).await?;
    let next_after = cut_page(&mut ids, limit).map(|(id, _)| id.to_string());
    let mut shows = Vec::with_capacity(ids.len());
    for (id, sale) in ids {
        let offset = heads
            .iter()
            .find(|(head, _)| *head == id)
            .map_or(Offset(0), |(_, offset)| *offset);
        if let Some(show) = office.shows.show(id).await? {
            shows.push(show_body(&show, sale, offset, office.till));
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
    Ok(response.json(show_body(&show, sale, offset, office.till)))
}

/// Open or close a show.
#[utoipa::path(tag = "shows", request_body = ShowChangeBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The show as it is now", body = ShowBody),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/v1/shows/{show}")]
pub async fn update_show(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<ShowChangeBody>,
) -> Result<HttpResponse, Problem> {
    let show = find_show(&office, &id).await?;
    let key = idempotency_key(&organiser.0, key, "update_show", &id, &body.0);
    let command = match body.state {
        SaleBody::Open => Command::Open,
        SaleBody::Closed => Command::Close,
    };
    let decision = pass(&office, &show, command, key).await?;
    Ok(HttpResponse::Ok().json(show_body(&show, body.state.into(), decision.offset, office.till)))
}
