//! Canceling a show: it never sells again, and everybody gets their money back.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Organiser, Reader};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice, find_own_show};
use super::problem::Problem;
use crate::office::Office;
use crate::store::cancellation::{read_cancellation, request_cancellation};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use domain::command::Command;
use domain::show::Show;

/// How far a show's cancellation has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationBody {
    /// The show's id.
    pub show: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the last order had been ended; null before.
    #[schema(required)]
    pub finished_at: Option<DateTime<Utc>>,
    /// Orders that are still held or paid.
    #[schema(minimum = 0)]
    pub orders_left: i64,
    /// Payments and refunds that providers have not been told of yet.
    #[schema(minimum = 0)]
    pub payments_left: i64,
}

/// Cancel a show, for ever.
///
/// Its sale is closed at once, and its orders are ended and refunded one after the other; GET on the same path
/// tells how far that has come. To cancel twice is to cancel once.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 202, description = "The show is canceled; see how far it has come with GET", body = CancellationBody),
))]
#[post("/v1/shows/{show}/cancellation")]
pub async fn cancel_show(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let show = find_own_show(&office, organiser.organiser(), &id).await?;
    let canceled = show.id;
    let key = idempotency_key(&organiser.0, key, "cancel_show", &canceled.to_string(), &());
    let request = move |connection: &mut _| Ok((request_cancellation(connection, canceled)?, Keep::Done));
    let write = office.database.write_once(WriteKind::Organisers, key, request);
    write.await?;
    // From here on it happens, whatever becomes of this request.
    if let Err(error) = office.turnstile.pass(&show, Command::Close, None).await {
        tracing::debug!(error = %error, "a canceled show is closed by whoever ends its orders");
    }
    office.payments.wake_cancellations();
    Ok(HttpResponse::Accepted().json(read(&office, &show).await?))
}

/// How far a show's cancellation has come.
///
/// It is finished when no order is left. Providers may have to be told of refunds after that (`payments_left`).
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "How far it has come", body = CancellationBody),
))]
#[get("/v1/shows/{show}/cancellation")]
pub async fn get_cancellation(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let show = find_own_show(&office, reader.organiser(), &id).await?;
    Ok(HttpResponse::Ok().json(read(&office, &show).await?))
}

async fn read(office: &Office, show: &Show) -> Result<CancellationBody, Problem> {
    let id = show.id;
    let read = move |connection: &mut _| Ok(read_cancellation(connection, id)?);
    let cancellation = office.database.read(read).await?;
    let cancellation = cancellation.ok_or_else(|| Problem::not_found("cancellation"))?;
    Ok(CancellationBody {
        show: id.to_string(),
        requested_at: cancellation.requested_at,
        finished_at: cancellation.finished_at,
        orders_left: cancellation.orders_left,
        payments_left: cancellation.payments_left,
    })
}
