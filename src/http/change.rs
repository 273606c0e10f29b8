//! The one way that every change takes: key, digest, turnstile, then an answer or a problem.

use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;

use super::bodies::place::seat_names;
use super::extract::KeyHeader;
use super::problem::{Code, Problem};
use crate::identity::{Caller, request_digest};
use crate::office::Office;
use crate::store::batch::IdempotencyKey;
use domain::command::Command;
use domain::event::ZonePlaces;
use domain::outcome::{Decision, Outcome, Refusal};
use domain::plan::SeatIndex;
use domain::show::Show;

/// The idempotency key of a request, if the client sent one.
pub fn idempotency_key<B: Serialize>(
    caller: &Caller,
    header: KeyHeader,
    operation: &str,
    subject: &str,
    body: &B,
) -> Option<IdempotencyKey> {
    let key = header.0?;
    let body = serde_json::to_vec(body).unwrap_or_default();
    Some(IdempotencyKey {
        scope: caller.scope(),
        key,
        request_digest: request_digest(operation, subject, &body),
    })
}

/// The same for something of a show that has an id of its own.
pub fn key_of_part<B: Serialize>(
    caller: &Caller,
    header: KeyHeader,
    operation: &str,
    show: &Show,
    part: impl Display,
    body: &B,
) -> Option<IdempotencyKey> {
    idempotency_key(caller, header, operation, &format!("{} {part}", show.id), body)
}

/// Passes a command through the turnstile; a refusal becomes a problem.
pub async fn pass(
    office: &Office,
    show: &Arc<Show>,
    command: Command,
    key: Option<IdempotencyKey>,
) -> Result<Arc<Decision>, Problem> {
    let decision = office.turnstile.pass(show, command, key).await?;
    match &decision.outcome {
        Outcome::Refused(refusal) => Err(decided(refused(show, refusal), &decision)),
        _ => Ok(decision),
    }
}

/// A problem with what the decision says beside the refusal.
pub fn decided(problem: Problem, decision: &Decision) -> Problem {
    let problem = problem.with("journal_offset", decision.offset.0);
    match decision.largest_group {
        Some(largest) => problem.with("largest_group", largest),
        None => problem,
    }
}

/// A refusal as a problem that names what it is about.
pub fn refused(show: &Show, refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::PlacesTaken { seats, zones } => Problem::new(Code::SeatsTaken)
            .seats_of(show, seats)
            .with("zones", zone_counts(show, zones, "free")),
        Refusal::NotTogether => Problem::new(Code::NotTogether),
        Refusal::NearNotLive => Problem::invalid(
            "/together/near",
            "must be a live order with seats, of the same session and show",
        ),
        Refusal::LoneSeat { seat, choices } => lone_seat(show, *seat, choices),
        Refusal::TableWhole(seats) => Problem::new(Code::TableWhole).seats_of(show, seats),
        Refusal::Waitlisted { seats, zones } => Problem::new(Code::Waitlisted)
            .seats_of(show, seats)
            .with("zones", zone_counts(show, zones, "free")),
        Refusal::NoWaitlist => Problem::new(Code::NoWaitlist),
        Refusal::WaitsAlready(_) => Problem::new(Code::AlreadyWaiting),
        Refusal::WaitlistFull(max) => {
            Problem::new(Code::WaitlistFull).detail(format!("{max} entries wait, which is the most"))
        }
        Refusal::WaitlistTooVaried(max) => Problem::new(Code::WaitlistFull).detail(format!(
            "{max} different wishes are waited for, which is the most: want what somebody else wants"
        )),
        Refusal::PlacesFree => Problem::new(Code::PlacesFree),
        Refusal::NoSuchPlaces => Problem::new(Code::NoSuchPlaces).field("/wish"),
        Refusal::EntryNotWaiting => Problem::new(Code::EntryEnded),
        Refusal::NothingFits => Problem::new(Code::NothingFits),
        Refusal::ShowClosed => Problem::new(Code::ShowClosed),
        Refusal::NotOnSaleYet(at) => Problem::new(Code::NotOnSale).with("on_sale_at", serde_json::json!(at)),
        Refusal::SaleEnded(at) => Problem::new(Code::SaleEnded).with("closes_at", serde_json::json!(at)),
        Refusal::OrderLimit(max) => Problem::new(Code::OrderLimit)
            .detail(format!("an order may have {max} places at most"))
            .with("order_places_max", *max),
        Refusal::SessionLimit(max) => Problem::new(Code::SessionLimit)
            .detail(format!("a session may have {max} places at most on this show"))
            .with("session_places_max", *max),
        Refusal::EmailRequired => email_required(),
        Refusal::EmailLimit { max, left } => email_limit(*max, *left),
        Refusal::TicketTypeNotSold {
            at,
            ticket_type,
            category,
        } => {
            let category = category.and_then(|at| show.plan.categories().get(usize::from(at.0)));
            let detail = match category {
                Some(category) => format!("“{}” is not sold as “{ticket_type}”", category.name),
                None => format!("the show has no ticket type “{ticket_type}”"),
            };
            Problem::new(Code::TicketTypeNotSold)
                .detail(detail)
                .field(format!("/ticket_types/{at}/ticket_type"))
                .with("ticket_type", ticket_type.to_string())
        }
        Refusal::TicketTypeLimit {
            ticket_type,
            places,
            min,
            max,
        } => {
            let most = max.map_or(String::new(), |max| format!(" and at most {max}"));
            let detail = format!("{places} of “{ticket_type}”: must be at least {min}{most}");
            let problem = Problem::new(Code::TicketTypeLimit)
                .detail(detail)
                .with("ticket_type", ticket_type.to_string())
                .with("places_min", *min);
            match max {
                Some(max) => problem.with("places_max", *max),
                None => problem,
            }
        }
        Refusal::TicketTypeOnlyWith {
            ticket_type,
            only_with,
        } => {
            let others: Vec<String> = only_with.iter().map(ToString::to_string).collect();
            let detail = format!("“{ticket_type}” is sold only with {}", others.join(", "));
            Problem::new(Code::TicketTypeOnlyWith)
                .detail(detail)
                .with("ticket_type", ticket_type.to_string())
                .with("only_with", others)
        }
        Refusal::CodeUnknown => Problem::new(Code::CodeUnknown).field("/code"),
        Refusal::CodeUsedUp => Problem::new(Code::CodeUsedUp),
        Refusal::CodeNotValidYet(at) => {
            Problem::new(Code::CodeNotValidYet).with("valid_from", serde_json::json!(at))
        }
        Refusal::CodeEnded(at) => Problem::new(Code::CodeEnded).with("valid_until", serde_json::json!(at)),
        Refusal::CodeNotForThese => Problem::new(Code::CodeNotForThese).field("/code"),
        Refusal::SeatNotInOrder(at) => {
            Problem::invalid(format!("/seats/{at}"), "must be one of the order's seats")
        }
        Refusal::ZoneNotInOrder(at) => Problem::invalid(
            format!("/zones/{at}/count"),
            "the order has not so many such places",
        ),
        Refusal::NoPlacesLeft => Problem::invalid("", "no place would be left: give the order up instead"),
        Refusal::OrderNotLive => Problem::new(Code::OrderExpired),
        Refusal::OrderPaid => Problem::new(Code::OrderPaid),
        Refusal::OrderNotPaid => Problem::new(Code::OrderNotPaid),
        Refusal::TicketsNotLive(_) => Problem::new(Code::TicketsNotLive),
        Refusal::ReturnsOver(at) => {
            Problem::new(Code::ReturnsOver).with("returns_until", serde_json::json!(at))
        }
        Refusal::TicketsUsed(tickets) => Problem::new(Code::AlreadyCheckedIn).detail(format!(
            "{} of the tickets have been used for {}",
            tickets.len(),
            show.title
        )),
        Refusal::TicketTransferred => Problem::new(Code::TicketTransferred),
        Refusal::TransferredTooOften => Problem::new(Code::TransferredTooOften),
        Refusal::ShowOver => Problem::new(Code::ShowOver),
        Refusal::NoSuchPayment => Problem::not_found("payment"),
        Refusal::ShowCanceled => Problem::new(Code::ShowCanceled),
        Refusal::PaymentInProgress => Problem::new(Code::PaymentInProgress),
        Refusal::SeatsNotFree(places) => Problem::new(Code::SeatsNotFree)
            .seats_of(show, &places.seats)
            .with("zones", zone_counts(show, &places.zones, "free")),
        Refusal::NoReturns => {
            Problem::new(Code::Forbidden).detail("this show takes no tickets back from buyers")
        }
        Refusal::OtherTerms(revision) => {
            let detail = format!("revision {revision} of the show's terms is in force");
            Problem::new(Code::RevisionConflict)
                .detail(detail)
                .with("revision", revision.0)
        }
        Refusal::PlacesInUse(places) => Problem::new(Code::PlacesInUse)
            .seats_of(show, &places.seats)
            .with("zones", zone_counts(show, &places.zones, "taken")),
        Refusal::ExchangedTooOften => Problem::new(Code::ExchangedTooOften),
        Refusal::ExchangeNotPayable => Problem::new(Code::ExchangeNotPayable),
        Refusal::CurrencyFixed => Problem::new(Code::CurrencyFixed).field("/prices"),
        Refusal::SeatsNotBlocked(places) => Problem::new(Code::SeatsNotBlocked)
            .seats_of(show, &places.seats)
            .with("zones", zone_counts(show, &places.zones, "blocked")),
    }
}

/// A seat would be left alone, and others would do.
fn lone_seat(show: &Show, seat: SeatIndex, choices: &[Vec<SeatIndex>]) -> Problem {
    let name = seat_names::<String>(show, &[seat]).pop().unwrap_or_default();
    let choices: Vec<Vec<String>> = choices.iter().map(|seats| seat_names(show, seats)).collect();
    Problem::new(Code::LoneSeat)
        .detail(format!("“{name}” would be left alone"))
        .with("seat", name)
        .with("choices", choices)
}

/// The show sells only to buyers who leave an address.
pub fn email_required() -> Problem {
    Problem::new(Code::EmailRequired).field("/buyer/email")
}

/// The buyers of an e-mail address may have so many places, and this many more.
pub fn email_limit(max: u32, left: u32) -> Problem {
    Problem::new(Code::EmailLimit)
        .field("/buyer/email")
        .detail(format!(
            "an e-mail address may have {max} places at most on this show: {left} more"
        ))
        .with("places_per_email_max", max)
        .with("places_left", left)
}

/// Zones by name, each with its count under this word.
fn zone_counts(show: &Show, zones: &[ZonePlaces], word: &str) -> Vec<serde_json::Value> {
    let count = |part: &ZonePlaces| {
        let zone = show.plan.zone(part.zone)?;
        Some(serde_json::json!({"zone": zone.name, word: part.count}))
    };
    zones.iter().filter_map(count).collect()
}
