//! Scans at the doors of a show: many in a call, each once; their log; and to undo one.

use actix_web::{HttpResponse, get, post, web};
use chrono::SubsecRound;
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::check_in::{
    LoggedScanBody, LoggedScansPage, ScanBody, ScansBody, TakenScanBody, TakenScansBody,
};
use super::body::Json;
use super::caller::{Door, Reader};
use super::change::{idempotency_key, key_of_part};
use super::check_in_lists::list_number;
use super::extract::{KeyHeader, TheOffice, find_own_current_show};
use super::page::{cut_page, page_limit};
use super::problem::Problem;
use super::query::Query;
use crate::identity::request_digest;
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::scan::{NewScan, ScanName, Scanned, Undone, take_scans, undo_scan};
use crate::store::scan_log::{Wanted, find_scan, list_scans};
use domain::door::{DEVICE_BYTES_MAX, Direction, SCANS_MAX};
use domain::show::Show;
use domain::text::is_readable;
use domain::transfers::read_number;

/// Scans on a page.
const SCANS_PAGE_MAX: i64 = 100;
/// Digits behind the second that times are kept with.
const TIME_DIGITS: u16 = 6;

/// Use tickets: one scan, or up to 500.
///
/// Each scan gets its own result, and whatever is wrong with one changes nothing for the others. It is named by its `device`
/// and its `nonce`: sent again, in whichever call, it has its effect once and the same result. Without `at` a scan
/// is made now, and `admitted` or `left` says that they may go through. With `at` it was made by a device that could not ask,
/// and is judged by what was so then: of two that let somebody in with one ticket, the one made first counts, and the other is a
/// `conflict`.
#[utoipa::path(tag = "tickets", request_body = ScansBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "What became of each", body = TakenScansBody),
))]
#[post("/v1/shows/{show}/check-ins")]
pub async fn check_in_tickets(
    office: TheOffice,
    door: Door,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<ScansBody>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, door.organiser(), &id).await?;
    if !(1..=SCANS_MAX).contains(&body.check_ins.len()) {
        let detail = format!("there must be 1 to {SCANS_MAX} scans");
        return Err(Problem::invalid("/check_ins", detail));
    }
    let scans = body.check_ins.iter().enumerate();
    let scans = scans.map(|(at, scan)| read_scan(&office, &show, at, scan));
    let scans = scans.collect::<Result<Vec<_>, _>>()?;
    let key = idempotency_key(&door.0, key, "check_in_tickets", &id, &body.0);
    let of = show.clone();
    let take = move |connection: &mut _| {
        let scanned = take_scans(connection, &of, &scans)?;
        let keep = match scanned {
            Scanned::Taken(_) => Keep::Done,
            Scanned::NoSuchList(_) | Scanned::NoShow => Keep::Nothing,
        };
        Ok((scanned, keep))
    };
    match office.database.write_once(WriteKind::Doors, key, take).await? {
        Scanned::Taken(taken) => {
            let scans = body.check_ins.iter().zip(taken);
            let check_ins = scans.map(|(scan, taken)| TakenScanBody::of(&show, scan, taken));
            Ok(HttpResponse::Ok().json(TakenScansBody {
                check_ins: check_ins.collect(),
            }))
        }
        Scanned::NoSuchList(at) => Err(no_such_list(at)),
        Scanned::NoShow => Err(Problem::not_found("show")),
    }
}

fn read_scan(office: &Office, show: &Show, at: usize, scan: &ScanBody) -> Result<NewScan, Problem> {
    for (name, text) in [("device", &scan.device), ("nonce", &scan.nonce)] {
        if text.len() > DEVICE_BYTES_MAX || !is_readable(text) {
            let detail = format!("must be 1 to {DEVICE_BYTES_MAX} bytes of printable text");
            return Err(Problem::invalid(format!("/check_ins/{at}/{name}"), detail));
        }
    }
    let list = scan.list.as_deref().map(|list| list_number(list).ok_or(at));
    let list = list.transpose().map_err(no_such_list)?;
    let ticket = office.identity.find_ticket(&scan.code);
    let direction = scan.direction.map_or(Direction::Entry, Direction::from);
    let made_at = scan.at.map(|at| at.trunc_subsecs(TIME_DIGITS));
    // However the ticket was named.
    let unknown = ticket.is_none().then_some(&scan.code);
    let said = serde_json::to_vec(&(ticket, unknown, list, direction, made_at)).unwrap_or_default();
    let name = ScanName {
        device: scan.device.clone(),
        nonce: scan.nonce.clone(),
        digest: request_digest("scan", &show.id.to_string(), &said),
    };
    let (ticket, transfers) = ticket
        .map(|(order, named)| (order, read_number(named)))
        .map_or((None, 0), |(order, (ticket, transfers))| {
            (Some((order, ticket)), transfers)
        });
    Ok(NewScan {
        ticket,
        transfers,
        list,
        name,
        direction,
        made_at,
    })
}

fn no_such_list(at: usize) -> Problem {
    Problem::invalid(format!("/check_ins/{at}/list"), "the show has no such list")
}

/// Which scans are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScansQuery {
    /// Those alone that somebody should look at.
    pub conflicts: Option<bool>,
    /// Most scans on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page begins: `next_after` of the one before
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,17})$")]
    pub after: Option<i64>,
}

/// The log of a show's doors.
///
/// Every scan, refused and undone ones too, in the order in which they were taken in, so that whoever follows the list misses
/// none. With `conflicts=true` those that somebody should look at.
#[utoipa::path(tag = "tickets", params(("show" = String, Path, description = "The show's id"), ScansQuery), responses(
    (status = 200, description = "A page of scans", body = LoggedScansPage),
))]
#[get("/v1/shows/{show}/check-ins")]
pub async fn list_check_ins(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<ScansQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(query.limit, SCANS_PAGE_MAX)?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(Problem::bad_parameter("after", "must not be negative"));
    }
    let wanted = match query.conflicts {
        Some(true) => Wanted::Conflicts,
        _ => Wanted::All,
    };
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(list_scans(connection, of, wanted, after, limit + 1)?);
    let mut scans = office.database.read(read).await?;
    let next_after = cut_page(&mut scans, limit).map(|scan| scan.scan.to_string());
    let references = office.identity.references();
    let check_ins = scans
        .into_iter()
        .map(|scan| LoggedScanBody::of(&show, references, scan));
    Ok(HttpResponse::Ok().json(LoggedScansPage {
        check_ins: check_ins.collect(),
        next_after,
    }))
}

/// Undo a scan, as if nobody had gone through.
///
/// It stays in the log. A scan that it stood in the way of may count then. To undo twice is to undo once.
#[utoipa::path(tag = "tickets", params(
    ("show" = String, Path, description = "The show's id"),
    ("check_in" = String, Path, description = "The scan's id"),
), responses(
    (status = 200, description = "The scan is undone", body = LoggedScanBody),
))]
#[post("/v1/shows/{show}/check-ins/{check_in}/undo")]
pub async fn undo_check_in(
    office: TheOffice,
    door: Door,
    key: KeyHeader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, scan) = path.into_inner();
    let (show, _) = find_own_current_show(&office, door.organiser(), &show).await?;
    let missing = || Problem::not_found("check-in");
    let number = scan.parse::<i64>().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(missing)?;
    let key = key_of_part(&door.0, key, "undo_check_in", &show, number, &());
    let of = show.clone();
    let undo = move |connection: &mut _| {
        let undone = undo_scan(connection, &of, number)?;
        let keep = match undone {
            Undone::Done => Keep::Done,
            Undone::NotFound => Keep::Nothing,
        };
        Ok((undone, keep))
    };
    match office.database.write_once(WriteKind::Doors, key, undo).await? {
        Undone::NotFound => Err(missing()),
        Undone::Done => {
            let of = show.id;
            let find = move |connection: &mut _| Ok(find_scan(connection, of, number)?);
            let scan = office.database.read(find).await?;
            let scan = scan.ok_or_else(|| StoreError::internal("a scan that was undone is not there"))?;
            let body = LoggedScanBody::of(&show, office.identity.references(), scan);
            Ok(HttpResponse::Ok().json(body))
        }
    }
}
