//! A show's waitlist, for whoever runs it: who waits, and an offer out of turn.

use actix_web::{HttpResponse, get, post, web};

use super::bodies::waitlist::{EntryBody, WaitlistPage};
use super::caller::{Reader, Seller};
use super::change::{key_of_part, pass};
use super::extract::{KeyHeader, TheOffice, find_own_current_show};
use super::page::{Page, cut_page};
use super::problem::Problem;
use super::query::Query;
use super::waitlist::{answer_ended, body_of, find_own_entry};
use crate::store::waitlist::{EntryRecord, list_entries};
use domain::command::Command;
use domain::id::Offset;

/// Entries on a page.
const ENTRIES_PAGE_MAX: i64 = 100;

/// Who waits for a show.
///
/// The first ones first, page by page: `next_after` is the place of the last one. The position of each is told by the entry alone.
#[utoipa::path(tag = "waitlist", params(("show" = String, Path, description = "The show's id"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Most items on the page"), ("after" = Option<i64>, Query, minimum = 0, description = "What comes after this one")), responses(
    (status = 200, description = "A page of entries", body = WaitlistPage),
))]
#[get("/v1/shows/{show}/waitlist")]
pub async fn list_waitlist(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let (show, head) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let (after, limit) = page.read(ENTRIES_PAGE_MAX)?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(list_entries(connection, of, Offset(after), limit + 1)?);
    let mut records = office.database.read(read).await?;
    let next_after = cut_page(&mut records, limit).map(|record| record.place.0);
    let body = |mut record: EntryRecord| {
        record.head = head.offset;
        let place = record.place.0;
        EntryBody {
            place: Some(place),
            ..body_of(&office, &reader.0, &show, record, None)
        }
    };
    Ok(HttpResponse::Ok().json(WaitlistPage {
        entries: records.into_iter().map(body).collect(),
        next_after,
    }))
}

/// Offer an entry places out of turn.
///
/// The free places that fit its wish are held for it, whoever waits before it and whatever is collected for them; `nothing_fits`, if there are
/// none.
#[utoipa::path(tag = "waitlist", params(
    ("show" = String, Path, description = "The show's id"),
    ("entry" = String, Path, description = "The entry's id"),
), responses(
    (status = 200, description = "The entry, with its order", body = EntryBody),
))]
#[post("/v1/shows/{show}/waitlist/{entry}/offer")]
pub async fn offer_entry(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, entry) = path.into_inner();
    let (named, _) = find_own_current_show(&office, seller.organiser(), &id).await?;
    let (show, record) = find_own_entry(&office, &seller.0, &entry).await?;
    if show.id != named.id {
        return Err(Problem::not_found("entry"));
    }
    let key = key_of_part(&seller.0, key, "offer_entry", &show, &entry, &());
    let command = Command::Offer { entry: record.entry };
    let decision = pass(&office, &show, command, key).await?;
    answer_ended(&office, &seller.0, &entry, &decision).await
}
