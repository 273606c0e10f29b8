//! The line of a show: its places, and what holds ask of them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post, web};
use futures_util::future::{Ready, ready};

use super::bodies::line_place::{JoinLineBody, LineBody, LinePlaceBody};
use super::body::{Raw, read_optional_json};
use super::caller::Buyer;
use super::client::Client;
use super::extract::{Sight, TheOffice, find_visible_show};
use super::problem::{Code, Problem};
use crate::identity::{PLACE_CHARS, show_of_place};
use crate::line::proof::{PROOF_CHARS_MAX, ProofError};
use crate::line::{Entry, LineError, Placed};
use crate::office::Office;
use crate::shares::Kind;
use crate::store::batch::IdempotencyKey;
use domain::id::SessionId;
use domain::show::Show;

/// The header in which a request names a place.
pub const LINE_PLACE: &str = "Line-Place";

/// The place in a line that a request names, if it names one.
pub struct LinePlace(Option<String>);

impl FromRequest for LinePlace {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        // A header without a value names none.
        let named = request.headers().get(LINE_PLACE);
        let Some(value) = named.filter(|value| !value.is_empty()) else {
            return ready(Ok(Self(None)));
        };
        let place = value.to_str().ok().filter(|place| place.len() == PLACE_CHARS);
        ready(match place {
            Some(place) => Ok(Self(Some(place.to_owned()))),
            None => Err(Problem::bad_parameter(
                LINE_PLACE,
                "must be a place as it was given",
            )),
        })
    }
}

/// Draw a place, or join behind the others.
///
/// Before the line opens everybody's place is drawn: when you ask doesn't count. Whoever asks later is behind. A session has one place:
/// asked again, with its place in `Line-Place`, it gets the same; one whose place is over gets a new one at the end. Nothing is kept of a
/// place, so that `Idempotency-Key` adds nothing. `line_not_open` says in `drawing_from` from when on to ask.
#[utoipa::path(tag = "line",
    request_body(content = Option<JoinLineBody>, description = "Nothing, unless the show wants a proof"), params(
    ("show" = String, Path, description = "The show's id"),
    ("Line-Place" = Option<String>, Header, pattern = "^bol_[0-9a-f]{64}$", description = "The place that the session has already"),
), responses(
    (status = 201, description = "The session's place", body = LinePlaceBody),
))]
#[post("/v1/shows/{show}/line")]
pub async fn join_line(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    place: LinePlace,
    id: web::Path<String>,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let body: JoinLineBody = read_optional_json(&body.0)?.unwrap_or_default();
    let proof = body.proof.as_deref();
    if proof.is_some_and(|proof| !(1..=PROOF_CHARS_MAX).contains(&proof.chars().count())) {
        let detail = format!("must have 1 to {PROOF_CHARS_MAX} characters");
        return Err(Problem::invalid("/proof", detail));
    }
    let show = find_visible_show(&office, &id, Sight::Published).await?;
    let holders = client.holders(&buyer, Kind::LinePlacesOfSession, Kind::LinePlacesOfOrigin);
    office.shares.take_each(&holders)?;
    let joined = office
        .lines
        .join(&show, buyer.session, place.0.as_deref(), proof)
        .await;
    let placed = joined.map_err(refused)?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/line/{}", placed.place)))
        .json(LinePlaceBody::of(&show, &placed)))
}

/// A place of one's own.
///
/// Its number never changes once the line is open, so that whoever watches the show works out the rest: `ahead` is `number` less
/// `admitted` less 1. Another session's place does not exist.
#[utoipa::path(tag = "line", params(("place" = String, Path, description = "The place, as it was given")), responses(
    (status = 200, description = "The place", body = LinePlaceBody),
))]
#[get("/v1/line/{place}")]
pub async fn get_line_place(
    office: TheOffice,
    buyer: Buyer,
    place: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::not_found("place");
    let show = show_of_place(&place).ok_or_else(missing)?;
    let show = office.shows.show(show).await?.ok_or_else(missing)?;
    let found = office.lines.find(&show, buyer.session, &place).await;
    let placed = found.map_err(refused)?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(LinePlaceBody::of(&show, &placed)))
}

/// A show's line.
///
/// How far it is, and what the draw can be checked by: the key's hash before anybody draws, and the key itself soon after the opening.
/// The number of a session that drew is the first 64 bits of HMAC-SHA-256 of `<show> <session>` under the key, times `drawn`, divided by
/// 2^64 and rounded down, plus 1.
#[utoipa::path(tag = "line", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The line", body = LineBody),
))]
#[get("/v1/shows/{show}/line")]
pub async fn get_line(office: TheOffice, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &id, Sight::Published).await?;
    let known = office.lines.look(&show).await.map_err(refused)?;
    Ok(HttpResponse::Ok().json(LineBody::of(&known)))
}

/// Lets a session hold places of a show, if it need not wait in its line.
pub async fn check_entry(
    office: &Office,
    show: &Show,
    session: SessionId,
    place: &LinePlace,
    key: Option<&IdempotencyKey>,
) -> Result<(), Problem> {
    // Most shows have none, and what is known without waiting is to take no room in their requests.
    if show.line().is_none() {
        return Ok(());
    }
    let entry = Box::pin(office.lines.enter(show, session, place.0.as_deref(), key)).await;
    match entry.map_err(refused)? {
        Entry::Free => Ok(()),
        Entry::Wait(placed) => Err(wait(show, placed.as_ref())),
    }
}

fn wait(show: &Show, placed: Option<&Placed>) -> Problem {
    let problem = Problem::new(Code::WaitInLine);
    let Some(placed) = placed else {
        return problem
            .detail("draw a place in the show's line, and name it in Line-Place once it is admitted");
    };
    let body = serde_json::to_value(LinePlaceBody::of(show, placed)).unwrap_or_default();
    let members = body.as_object().into_iter().flatten();
    members.fold(problem, |problem, (name, value)| {
        problem.with(name, value.clone())
    })
}

fn refused(error: LineError) -> Problem {
    match error {
        LineError::NoLine => Problem::new(Code::NoLine),
        LineError::NotOpen(at) => Problem::new(Code::LineNotOpen).with("drawing_from", serde_json::json!(at)),
        LineError::SaleEnded(at) => Problem::new(Code::SaleEnded).with("closes_at", serde_json::json!(at)),
        LineError::Canceled => Problem::new(Code::ShowCanceled),
        LineError::Proof(ProofError::Missing) => Problem::invalid("/proof", "this show wants a proof"),
        LineError::Proof(ProofError::Refused) => Problem::new(Code::ProofRefused).field("/proof"),
        LineError::Proof(ProofError::Unanswered) => Problem::new(Code::ProofUnavailable),
        LineError::Store(error) => error.into(),
    }
}
