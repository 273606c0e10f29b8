//! Tickets: derived from a paid order, used once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::order::OrderView;
use super::bodies::place::SeatPlaceBody;
use super::bodies::ticket::TicketBody;
use super::body::{Raw, read_optional_json};
use super::caller::{Door, sees_buyers};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::orders::{ended, find_order, read_numbered};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::identity::{Caller, SignedTicket};
use crate::office::Office;
use crate::qr;
use crate::store::check_in::{CheckedIn, Scan, check_in};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::order::OrderState;
use domain::door::Area;
use domain::event::Place;
use domain::id::ShowId;
use domain::reference::{OrderNumber, TicketIndex};
use domain::show::Show;
use domain::transfers::read_number;

/// A ticket to print or show.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintableTicket<'a> {
    /// The code, as in `SAZJZ-WBYHS-TKHUE`.
    pub code: String,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody<'a>>,
    /// What it was sold as, where the show has ticket types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
    /// Who comes with it, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendee: Option<&'a str>,
    /// Whether it has been used.
    pub checked_in: bool,
    /// The code as a QR code, an SVG document. With `signed=true` the signed text instead.
    pub qr: String,
    /// With `signed=true`: a text that a door can check without a network (`GET /v1/ticket-keys`), and that stands for the code wherever
    /// that is scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr_text: Option<String>,
}

impl<'a> PrintableTicket<'a> {
    /// A ticket whose QR code says this, or its code.
    pub fn of(ticket: TicketBody<'a>, qr_text: Option<String>) -> Self {
        Self {
            qr: qr::svg(qr_text.as_deref().unwrap_or(&ticket.code)),
            qr_text,
            attendee: None,
            checked_in: false,
            code: ticket.code,
            seat: ticket.seat,
            zone: ticket.zone,
            place: ticket.place,
            ticket_type: ticket.ticket_type,
        }
    }
}

/// How tickets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketsQuery {
    /// Whether QR codes are to say a text that is signed, for doors without a network, and not the code alone.
    pub signed: Option<bool>,
}

/// An order's tickets.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTicketsBody<'a> {
    /// One a place.
    pub tickets: Vec<PrintableTicket<'a>>,
    /// The places whose tickets the buyer has transferred. Organisers have these tickets above, too.
    pub transferred: Vec<TransferredPlaceBody<'a>>,
}

/// A place whose ticket is somebody else's by now.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferredPlaceBody<'a> {
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
}

/// Which door it is.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorBody {
    /// The show that the door is for: tickets of another one are refused, and stay good. Any show, if left out.
    #[serde(default)]
    pub show: Option<String>,
}

impl DoorBody {
    fn read(&self) -> Result<Option<ShowId>, Problem> {
        let show = self.show.as_deref().map(str::parse).transpose();
        show.map_err(|_not_an_id| Problem::invalid("/show", "is not a show's id"))
    }
}

/// A ticket that has been used.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInBody<'a> {
    /// The code.
    pub code: String,
    /// Its show.
    pub show: String,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody<'a>>,
    /// What it was sold as, where the show has ticket types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
    /// When it was used.
    pub checked_in_at: DateTime<Utc>,
}

/// The tickets of a paid order.
///
/// One a place, each with its QR code to print or show. Those that were given back are not among them. With `signed=true` the
/// QR codes can be checked by doors without a network.
#[utoipa::path(tag = "tickets", params(("order" = String, Path, description = "The order's reference"), TicketsQuery), responses(
    (status = 200, description = "The tickets", body = OrderTicketsBody),
))]
#[get("/v1/orders/{order}/tickets")]
pub async fn list_tickets(
    office: TheOffice,
    caller: Caller,
    order: web::Path<String>,
    query: Query<TicketsQuery>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    match record.state {
        OrderState::Paid => {}
        OrderState::Held => return Err(Problem::new(Code::OrderNotPaid)),
        state => return Err(ended(state)),
    }
    let attendees = sees_buyers(&caller).then_some(record.attendees.as_slice());
    let attendees = attendees.unwrap_or_default();
    let view = OrderView::of(&show, office.identity.references(), &record);
    let is_signed = query.signed == Some(true);
    let places: BTreeMap<_, _> = record.places.tickets().filter(|_| is_signed).collect();
    let (mut tickets, mut transferred) = (Vec::new(), Vec::new());
    for (number, ticket) in view.with_all_tickets().tickets() {
        if record.transferred.count(number) > 0 {
            transferred.push(TransferredPlaceBody {
                seat: ticket.seat.clone(),
                zone: ticket.zone,
            });
            if matches!(caller, Caller::Buyer(_)) {
                continue;
            }
        }
        let place = places.get(&number);
        let named = record.transferred.in_code(number);
        let text = place.and_then(|place| signed_text(&office, &show, record.number, named, *place));
        tickets.push(PrintableTicket {
            attendee: attendees.get(usize::from(number.0)).and_then(Option::as_deref),
            checked_in: record.checked_in.contains(&number),
            ..PrintableTicket::of(ticket, text)
        });
    }
    Ok(HttpResponse::Ok().json(OrderTicketsBody { tickets, transferred }))
}

/// What the QR code of a ticket says, by its number in its code.
pub fn signed_text(
    office: &Office,
    show: &Show,
    order: OrderNumber,
    ticket: TicketIndex,
    place: Place,
) -> Option<String> {
    Some(office.identity.ticket_text(&SignedTicket {
        show: show.id,
        order,
        ticket,
        category: place.category_in(&show.plan)?,
        area: Area::of(&show.plan, place)?,
    }))
}

/// Use a ticket, once.
///
/// Send each scan with a key of its own: asked again under it after an answer that got lost, the visitor is let in,
/// and not taken for a copied ticket. With `show`, tickets of another show are refused and stay good.
#[utoipa::path(tag = "tickets", params(
    ("code" = String, Path, description = "The ticket's code; the text of its QR code is taken as well"),
), request_body(content = Option<DoorBody>, description = "Nothing, for a door of any show"), responses(
    (status = 200, description = "Welcome in", body = CheckInBody),
))]
#[post("/v1/tickets/{code}/check-in")]
pub async fn check_in_ticket(
    office: TheOffice,
    door: Door,
    key: KeyHeader,
    code: web::Path<String>,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let body: DoorBody = read_optional_json(&body.0)?.unwrap_or_default();
    let missing = || Problem::not_found("ticket");
    let references = office.identity.references();
    let (number, named) = office.identity.find_ticket(&code).ok_or_else(missing)?;
    let (index, transfers) = read_number(named);
    let (show, record) = read_numbered(&office, number).await?.ok_or_else(missing)?;
    if show.organiser != door.organiser() {
        return Err(missing());
    }
    // Also one that was given back: it is known, and not valid.
    let view = OrderView::of(&show, references, &record).without(BTreeSet::new(), None);
    let view = view.with_all_tickets();
    let mut tickets = view.tickets();
    let (_, ticket) = tickets.find(|(number, _)| *number == index).ok_or_else(missing)?;
    if transfers > record.transferred.count(index) {
        return Err(missing());
    }
    let ticket = TicketBody {
        code: references.ticket_code(number, named).to_string(),
        ..ticket
    };
    let mut places = record.places.tickets();
    let place = places
        .find(|(number, _)| *number == index)
        .map(|(_, place)| place);
    let scan = Scan {
        show: show.id,
        order: number,
        ticket: index,
        transfers,
        category: place.and_then(|place| place.category_in(&show.plan)),
        door: body.read()?,
    };
    // The code as it is written here, however it was typed in.
    let key = idempotency_key(&door.0, key, "check_in_ticket", &ticket.code, &body);
    let decide = move |connection: &mut _| {
        let decision = check_in(connection, scan)?;
        let keep = if decision.is_refusal() {
            Keep::Refusal
        } else {
            Keep::Done
        };
        Ok((decision, keep))
    };
    match office.database.write_once(WriteKind::Doors, key, decide).await? {
        CheckedIn::Now(at) => Ok(HttpResponse::Ok().json(CheckInBody {
            code: ticket.code,
            show: show.id.to_string(),
            seat: ticket.seat,
            zone: ticket.zone,
            place: ticket.place,
            ticket_type: ticket.ticket_type,
            checked_in_at: at,
        })),
        refused => Err(refuse(&show, refused)),
    }
}

fn refuse(show: &Show, refused: CheckedIn) -> Problem {
    match refused {
        CheckedIn::Now(at) | CheckedIn::Before(at) => {
            Problem::new(Code::AlreadyCheckedIn).with("checked_in_at", serde_json::json!(at))
        }
        CheckedIn::WrongShow => Problem::new(Code::WrongShow)
            .detail(format!("the ticket is for {}", show.title))
            .with("show", show.id.to_string())
            .with("starts_at", serde_json::json!(show.times.starts_at)),
        CheckedIn::ShowCanceled => Problem::new(Code::ShowCanceled),
        CheckedIn::ShowOver => Problem::new(Code::ShowOver)
            .detail(format!("the ticket is for {}", show.title))
            .with("starts_at", serde_json::json!(show.times.starts_at)),
        CheckedIn::NotPaid => Problem::new(Code::OrderNotPaid),
        CheckedIn::Refunded => Problem::new(Code::OrderRefunded),
        CheckedIn::Transferred => Problem::new(Code::TicketTransferred),
        CheckedIn::Disputed => Problem::new(Code::PaymentDisputed),
        CheckedIn::Canceled => Problem::new(Code::OrderCanceled),
        CheckedIn::TimedOut => Problem::new(Code::OrderExpired),
    }
}
