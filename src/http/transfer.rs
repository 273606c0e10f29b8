//! Passing a ticket on to somebody else.

use std::borrow::Cow;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::buyer::read_attendee;
use super::bodies::order::OrderView;
use super::bodies::place::SeatPlaceBody;
use super::bodies::ticket::TicketBody;
use super::body::{Raw, read_optional_json};
use super::change::{idempotency_key, refused};
use super::extract::{KeyHeader, TheOffice};
use super::orders::{ended, find_order, read_numbered};
use super::problem::{Code, Problem};
use super::query::Query;
use super::returns::returner;
use super::tickets::{PrintableTicket, TicketsQuery, signed_text};
use crate::identity::Caller;
use crate::store::error::StoreError;
use domain::command::Command;
use domain::outcome::{Outcome, Refusal};
use domain::transfers::{number_in_code, read_number};

/// To whom a ticket is passed on.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferBody {
    /// Who comes with it; nobody in particular, if left out or null.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub attendee: Option<String>,
}

/// A ticket with the code that it has from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferredTicketBody<'a> {
    /// The code. It is told here alone: to whoever passes the ticket on, and again under the same key.
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
    pub attendee: Option<String>,
    /// Whether it has been used: it has not.
    pub checked_in: bool,
    /// The code as a QR code, an SVG document. With `signed=true` the signed text instead.
    pub qr: String,
    /// With `signed=true`: a text that a door can check without a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr_text: Option<String>,
    /// The journal's offset once this was so.
    #[schema(minimum = 0)]
    pub journal_offset: i64,
}

/// Pass a ticket on to somebody else.
///
/// It gets another code, which this answer alone tells, and in the same instant doors refuse the one that it had. The order keeps its place; its buyer
/// sees the ticket no more, and can't give it back or pass it on again, which its organiser can. For paid tickets that are not used, until the
/// show is over; seven times each at most.
#[utoipa::path(tag = "tickets", params(("code" = String, Path, description = "The ticket's code"), TicketsQuery),
    request_body(content = Option<TransferBody>, description = "Nothing, if nobody is named"), responses(
    (status = 200, description = "The ticket with its new code", body = TransferredTicketBody),
))]
#[post("/v1/tickets/{code}/transfer")]
pub async fn transfer_ticket(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    code: web::Path<String>,
    query: Query<TicketsQuery>,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let body: TransferBody = read_optional_json(&body.0)?.unwrap_or_default();
    let missing = || Problem::not_found("ticket");
    let references = office.identity.references();
    let (number, named) = office.identity.find_ticket(&code).ok_or_else(missing)?;
    let reference = references.order_reference(number).to_string();
    let found = find_order(&office, &caller, &reference).await;
    let (show, record) = found.map_err(|problem| match problem.code_name() {
        "not_found" => missing(),
        _ => problem,
    })?;
    let (ticket, transfers) = read_number(named);
    let view = OrderView::of(&show, references, &record).with_all_tickets();
    let view = view.without(Default::default(), None);
    let mut tickets = view.tickets();
    let (_, known) = tickets.find(|(known, _)| *known == ticket).ok_or_else(missing)?;
    if transfers > record.transferred.count(ticket) {
        return Err(missing());
    }
    let attendee = body.attendee.as_deref().map(read_attendee).transpose()?;
    // The code as it is written here, however it was typed in.
    let subject = references.ticket_code(number, named).to_string();
    let key = idempotency_key(&caller, key, "transfer_ticket", &subject, &body);
    let command = Command::Transfer {
        order: number,
        ticket,
        transfers,
        by: returner(&caller),
        attendee: attendee.clone(),
    };
    let decision = office.turnstile.pass(&show, command, key).await?;
    let transfers = match &decision.outcome {
        Outcome::Transferred { transfers, .. } => *transfers,
        Outcome::Refused(Refusal::OrderNotLive) => {
            let now = read_numbered(&office, number).await?;
            return Err(now.map_or_else(missing, |(_, now)| ended(now.state)));
        }
        Outcome::Refused(Refusal::TicketsNotLive(_)) => {
            return Err(Problem::new(Code::TicketsNotLive).with("tickets", vec![subject]));
        }
        Outcome::Refused(refusal) => return Err(refused(&show, refusal)),
        _ => return Err(StoreError::internal("a transfer has another outcome").into()),
    };
    let named = number_in_code(ticket, transfers);
    let places = record.places.tickets();
    let mut places = places.filter(|(known, _)| *known == ticket && query.signed == Some(true));
    let text = places.next();
    let text = text.and_then(|(_, place)| signed_text(&office, &show, number, named, place));
    let known = TicketBody {
        code: references.ticket_code(number, named).to_string(),
        ..known
    };
    let ticket = PrintableTicket::of(known, text);
    Ok(HttpResponse::Ok().json(TransferredTicketBody {
        code: ticket.code,
        seat: ticket.seat,
        zone: ticket.zone,
        place: ticket.place,
        ticket_type: ticket.ticket_type,
        attendee,
        checked_in: false,
        qr: ticket.qr,
        qr_text: ticket.qr_text,
        journal_offset: decision.offset.0,
    }))
}
