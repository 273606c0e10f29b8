//! Blocking and unblocking seats.

use actix_web::{HttpResponse, delete, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::place::seat_names;
use super::body::Json;
use super::caller::Organiser;
use super::change::{idempotency_key, pass};
use super::extract::{KeyHeader, TheOffice, find_show};
use super::problem::{Problem, ProblemBody};
use crate::office::Office;
use crate::store::error::StoreError;
use domain::command::Command;
use domain::outcome::Outcome;
use domain::plan::SeatIndex;
use domain::show::Show;

/// Most seats in one block or unblock.
const BLOCK_SEATS_MAX: usize = 10_000;

/// Seats by name.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatsBody {
    /// Their names.
    #[schema(min_items = 1, max_items = 10000)]
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

/// Take free seats off sale.
#[utoipa::path(tag = "shows", request_body = SeatsBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The seats are blocked", body = BlocksBody),
    (status = "4XX", description = "Some seats are not free", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/shows/{show}/blocks")]
pub async fn block_seats(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<SeatsBody>,
) -> Result<HttpResponse, Problem> {
    change_blocks(&office, organiser, key, &id, &body, "block_seats", |seats| {
        Command::Block { seats }
    })
    .await
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
    organiser: Organiser,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<SeatsBody>,
) -> Result<HttpResponse, Problem> {
    change_blocks(&office, organiser, key, &id, &body, "unblock_seats", |seats| {
        Command::Unblock { seats }
    })
    .await
}

async fn change_blocks(
    office: &Office,
    organiser: Organiser,
    key: KeyHeader,
    id: &str,
    body: &SeatsBody,
    operation: &str,
    command: fn(Vec<SeatIndex>) -> Command,
) -> Result<HttpResponse, Problem> {
    let show = find_show(office, id).await?;
    let key = idempotency_key(&organiser.0, key, operation, id, body);
    let seats = read_seats(&show, &body.seats, BLOCK_SEATS_MAX)?;
    let decision = pass(office, &show, command(seats), key).await?;
    let (Outcome::Blocked(seats) | Outcome::Unblocked(seats)) = &decision.outcome else {
        return Err(StoreError::internal("a block has another outcome").into());
    };
    let body = BlocksBody {
        seats: seat_names(&show, seats),
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
