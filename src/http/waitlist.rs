//! Waiting for places that are not free: join, look, want something else, leave.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, patch, post, web};

use super::bodies::buyer::{BuyerBody, read_details};
use super::bodies::waitlist::{EntryBody, EntryChangeBody, NewEntryBody, WantBody};
use super::body::Json;
use super::caller::{Buyer, sees_buyers};
use super::change::{decided, idempotency_key, key_of_part, pass, refused};
use super::client::Client;
use super::extract::{KeyHeader, Sight, TheOffice, find_current_show, find_visible_show, read_at_show};
use super::problem::{Code, Problem};
use crate::identity::Caller;
use crate::office::Office;
use crate::shares::Kind;
use crate::store::error::StoreError;
use crate::store::waitlist::{EntryRecord, find_entry};
use domain::command::Command;
use domain::id::Offset;
use domain::outcome::{Decision, Joined, Outcome, Refusal};
use domain::reference::entry::EntryId;
use domain::show::Show;
use domain::waitlist::{EntryState, Rank};

/// How often an entry's row is read, if its state in memory is further on each time.
const LOOKS_MAX: usize = 3;

/// Wait for places that are not free.
///
/// One entry per session and show. As soon as places are free that fit the wish, and nobody before you gets them, they are held for you in an
/// order, for as long as the show's `waitlist` says. Places that are free need no waiting (`places_free`).
#[utoipa::path(tag = "waitlist", request_body = NewEntryBody, params(
    ("show" = String, Path, description = "The show's id"),
), responses(
    (status = 201, description = "You wait", body = EntryBody),
))]
#[post("/v1/shows/{show}/waitlist")]
pub async fn join_waitlist(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<NewEntryBody>,
) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &id, Sight::Published).await?;
    let key = idempotency_key(&buyer.caller(), key, "join_waitlist", &id, &body.0);
    let want = read_at_show(&office, &show, |show| body.wish.read(show)).await?;
    let details = read_details(body.buyer.as_ref(), &[], None, want.count)?;
    let shares = &office.shares;
    shares.take_each(&client.holders(&buyer, Kind::HoldsOfSession, Kind::HoldsOfOrigin))?;
    let command = Command::Join {
        session: buyer.session,
        want,
        details: details.map(Arc::new),
    };
    let decision = office.turnstile.pass(&show, command, key).await?;
    let joined = match &decision.outcome {
        Outcome::Joined(joined) => joined,
        Outcome::Refused(Refusal::WaitsAlready(entry)) => {
            let id = office.identity.references().entry_id(show.id, *entry);
            let problem = Problem::new(Code::AlreadyWaiting).with("entry", id.to_string());
            return Err(decided(problem, &decision));
        }
        Outcome::Refused(refusal) => return Err(decided(refused(&show, refusal), &decision)),
        _ => return Err(StoreError::internal("a join has another outcome").into()),
    };
    // The terms that it was decided on: this node knows them by now.
    let show = find_visible_show(&office, &id, Sight::Published).await?;
    // Not kept with the answer: whoever asks again has said it again.
    let body = EntryBody {
        buyer: body.0.buyer,
        ..joined_body(&office, &buyer, &show, joined, &decision)
    };
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/waitlist/{}", body.id)))
        .json(body))
}

/// An entry as it has joined; who buys is not told with the decision.
fn joined_body(
    office: &Office,
    buyer: &Buyer,
    show: &Show,
    joined: &Joined,
    decision: &Decision,
) -> EntryBody {
    let record = EntryRecord {
        entry: joined.entry,
        place: joined.place,
        session: buyer.session,
        want: joined.want.clone(),
        state: EntryState::Waiting,
        order: None,
        joined_at: joined.at,
        head: decision.offset,
        buyer: domain::details::Buyer::default(),
    };
    let standing = joined.standing.map(|rank| (joined.place, rank));
    body_of(office, &buyer.caller(), show, record, standing)
}

/// An entry of one's own.
///
/// Its position is exact. It changes with the show's events `joined`, `left` and `offered`, as documented. An organiser sees those of its
/// shows; another session's entry does not exist for a buyer.
#[utoipa::path(tag = "waitlist", params(("entry" = String, Path, description = "The entry's id")), responses(
    (status = 200, description = "The entry", body = EntryBody),
))]
#[get("/v1/waitlist/{entry}")]
pub async fn get_entry(
    office: TheOffice,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    // An entry that has moved on since its row was read has another row by now.
    for _ in 0..LOOKS_MAX {
        let (show, record) = find_own_entry(&office, &caller, &id).await?;
        // What it wants may name what this node's terms don't know yet.
        let (show, _) = find_current_show(&office, &show.id.to_string(), Sight::Published).await?;
        if record.state != EntryState::Waiting {
            return Ok(HttpResponse::Ok().json(body_of(&office, &caller, &show, record, None)));
        }
        if let Some(standing) = look_up(&office, &show, &record).await? {
            return Ok(HttpResponse::Ok().json(body_of(&office, &caller, &show, record, Some(standing))));
        }
    }
    Err(Problem::new(Code::Unavailable))
}

/// Want something else.
///
/// The entry keeps its place, unless the wish grows: more places, or places that it did not want before. Then it is behind all others. If free
/// places fit, they are held for it at once.
#[utoipa::path(tag = "waitlist", request_body = EntryChangeBody, params(
    ("entry" = String, Path, description = "The entry's id"),
), responses(
    (status = 200, description = "The entry", body = EntryBody),
))]
#[patch("/v1/waitlist/{entry}")]
pub async fn change_entry(
    office: TheOffice,
    buyer: Buyer,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<EntryChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_own_entry(&office, &buyer.caller(), &id).await?;
    let want = body.wish.read(&show)?;
    let key = key_of_part(&buyer.caller(), key, "change_entry", &show, &*id, &body.0);
    let command = Command::ChangeWant {
        entry: record.entry,
        want,
    };
    let decision = pass(&office, &show, command, key).await?;
    match &decision.outcome {
        Outcome::Joined(joined) if joined.standing.is_some() => {
            let (show, _) = find_current_show(&office, &show.id.to_string(), Sight::Published).await?;
            Ok(HttpResponse::Ok().json(EntryBody {
                joined_at: record.joined_at,
                ..joined_body(&office, &buyer, &show, joined, &decision)
            }))
        }
        _ => answer_ended(&office, &buyer.caller(), &id, &decision).await,
    }
}

/// Wait no longer.
///
/// Whoever has left and wants to wait again is behind all others. To leave twice is to leave once. An entry that got an order can't leave
/// (`entry_ended`): give up the order. An organiser can end entries of its shows, too.
#[utoipa::path(tag = "waitlist", params(("entry" = String, Path, description = "The entry's id")), responses(
    (status = 200, description = "The entry, which waits no longer", body = EntryBody),
))]
#[delete("/v1/waitlist/{entry}")]
pub async fn leave_waitlist(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_own_entry(&office, &caller, &id).await?;
    let key = key_of_part(&caller, key, "leave_waitlist", &show, &*id, &());
    let command = Command::Leave { entry: record.entry };
    let decision = office.turnstile.pass(&show, command, key).await?;
    match &decision.outcome {
        Outcome::Left(_) => {}
        Outcome::Refused(refusal) => {
            let (_, now) = find_own_entry(&office, &caller, &id).await?;
            if now.state != EntryState::Left {
                return Err(decided(refused(&show, refusal), &decision));
            }
        }
        _ => return Err(StoreError::internal("a leave has another outcome").into()),
    }
    answer_ended(&office, &caller, &id, &decision).await
}

/// The answer to what ended an entry: the entry, which stays so.
pub async fn answer_ended(
    office: &Office,
    caller: &Caller,
    id: &str,
    decision: &Decision,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_own_entry(office, caller, id).await?;
    if let Some(order) = record.order {
        office.shows.note_order(order, show.id);
    }
    Ok(HttpResponse::Ok().json(EntryBody {
        journal_offset: decision.offset.0,
        ..body_of(office, caller, &show, record, None)
    }))
}

/// An entry with its show, found for a caller who may see it. Another session's entry doesn't exist for a buyer, nor another organiser's
/// for an organiser.
pub async fn find_own_entry(
    office: &Office,
    caller: &Caller,
    id: &str,
) -> Result<(Arc<Show>, EntryRecord), Problem> {
    let missing = || Problem::not_found("entry");
    let id: EntryId = id.parse().map_err(|_not_an_id| missing())?;
    let (show, entry) = office.identity.references().read_entry(id);
    let show = office.shows.show(show).await?.ok_or_else(missing)?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(find_entry(connection, of, entry)?);
    let record = office.database.read(read).await?.ok_or_else(missing)?;
    match caller.is_owner(record.session, show.organiser) {
        true => Ok((show, record)),
        false => Err(missing()),
    }
}

/// An entry on the wire.
pub fn body_of(
    office: &Office,
    caller: &Caller,
    show: &Show,
    record: EntryRecord,
    standing: Option<(Offset, Rank)>,
) -> EntryBody {
    let references = office.identity.references();
    let place = standing.map(|(place, _)| place.0);
    let standing = standing.map(|(_, standing)| standing);
    EntryBody {
        id: references.entry_id(show.id, record.entry).to_string(),
        show: show.id.to_string(),
        entry: record.entry.0,
        state: record.state.into(),
        wish: WantBody::of(show, &record.want),
        position: standing.map(|standing| standing.position.into()),
        ahead_with_same_wish: standing.map(|standing| standing.ahead.into()),
        entries: standing.map(|standing| standing.entries.into()),
        place,
        order: record
            .order
            .map(|order| references.order_reference(order).to_string()),
        buyer: BuyerBody::of(&record.buyer).filter(|_| sees_buyers(caller)),
        joined_at: record.joined_at,
        journal_offset: record.head.0,
    }
}

/// Where an entry stands in the state of its show, in memory.
async fn look_up(
    office: &Office,
    show: &Arc<Show>,
    record: &EntryRecord,
) -> Result<Option<(Offset, Rank)>, StoreError> {
    let followed = office.follow.registry().follow(show);
    office.follow.load(&followed).await?;
    // At least as new as the row.
    office.follow.catch_up(&followed, Some(record.head)).await?;
    let standing = followed.look(|state, _| {
        let waitlist = state.waitlist();
        let (place, waiting) = waitlist.entry(record.entry)?;
        Some((place, waitlist.standing(place, &waiting.want)))
    });
    Ok(standing.flatten())
}
