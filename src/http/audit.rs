//! The audit, for organisers to read.

use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Overseer;
use super::extract::TheOffice;
use super::page::{Page, cut_page};
use super::problem::Problem;
use super::query::Query;
use crate::store::audit::{Entry, list_entries};

/// Entries on a page.
const ENTRIES_PAGE_MAX: i64 = 1_000;

/// Something that was asked for. Whether it was done is not said here.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntryBody {
    /// Its number.
    #[schema(minimum = 1)]
    pub id: i64,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// With which key; null where none was needed.
    #[schema(required)]
    pub key: Option<String>,
    /// Whose key it was, or whose things it was about where no key was needed; null for the operator's.
    #[schema(required)]
    pub organiser: Option<String>,
    /// The operation's id, as in this document.
    pub operation: String,
    /// What it was about, as in `show/1024`; null where that had no id yet.
    #[schema(required)]
    pub subject: Option<String>,
    /// The client's address; or `command line`, or `settings` where a node was started with another key.
    pub from: String,
    /// The request, as the log names it.
    #[schema(required)]
    pub request: Option<String>,
}

/// A page of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// From old to new.
    pub entries: Vec<AuditEntryBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// What was asked for with organisers' keys.
///
/// Every change is written here before it is done; what became of it is not said. Entries are numbered in the order
/// in which they can be seen: whoever follows them with `after` misses none. An organiser sees its own, the operator
/// all.
#[utoipa::path(tag = "keys", params(("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Most items on the page"), ("after" = Option<String>, Query, pattern = "^(0|[1-9][0-9]{0,17})$", description = "Where the page begins: `next_after` of the one before, or the last number that you have")), responses(
    (status = 200, description = "A page of the audit", body = AuditPage),
))]
#[get("/v1/audit")]
pub async fn list_audit(
    office: TheOffice,
    overseer: Overseer,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page.read(ENTRIES_PAGE_MAX)?;
    let organiser = overseer.organiser();
    let read = move |connection: &mut _| Ok(list_entries(connection, organiser, after, limit + 1)?);
    let mut entries = office.database.read(read).await?;
    let next_after = cut_page(&mut entries, limit).map(|entry| entry.number.to_string());
    let entries = entries.into_iter().map(body_of).collect();
    Ok(HttpResponse::Ok().json(AuditPage { entries, next_after }))
}

fn body_of(entry: Entry) -> AuditEntryBody {
    AuditEntryBody {
        id: entry.number,
        at: entry.at,
        key: entry.asked.key.map(|key| key.to_string()),
        organiser: entry.asked.organiser.map(|organiser| organiser.to_string()),
        operation: entry.asked.operation,
        subject: entry.asked.subject,
        from: entry.asked.came_from,
        request: entry.asked.request.map(|request| request.to_string()),
    }
}
