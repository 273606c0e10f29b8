//! Orders: hold, look, abort, return.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{TimeDelta, Utc};

use super::answer::json;
use super::blocks::read_seats;
use super::bodies::buyer::read_details;
use super::bodies::order::{NewOrderBody, OrderBody, OrderView, ZonePlacesBody};
use super::bodies::payment::PaymentView;
use super::body::Json;
use super::caller::{Buyer, sees_buyers};
use super::change::{decided, idempotency_key, refused};
use super::client::Client;
use super::extract::{KeyHeader, Sight, TheOffice, find_visible_show, read_at_show};
use super::line::{LinePlace, check_entry};
use super::problem::{Code, Problem};
use super::ticket_types::read_ticket_types;
use super::together::read_together;
use crate::identity::Caller;
use crate::office::Office;
use crate::shares::Kind;
use crate::store::error::StoreError;
use crate::store::order::{OrderRecord, OrderState};
use crate::store::order_money::{PaymentMoney, read_last_payment};
use domain::code::CodeWord;
use domain::command::{Booking, Command, Wish};
use domain::details::Details;
use domain::event::{Places, ZonePlaces};
use domain::id::ShowId;
use domain::outcome::{Decision, Held, Outcome, Refusal};
use domain::reference::{OrderNumber, ReferenceKey, TicketIndex};
use domain::show::{ORDER_PLACES_MAX, Show};

/// An order that is older than this when it is answered was made by an earlier request.
const REPEATED_AFTER: TimeDelta = TimeDelta::seconds(30);

/// Hold places: all of them or none.
///
/// Seats by name or `together`, and places in zones, each as the ticket type that `ticket_types` says or the first of its category. They are held until `expires_at`; pay until then.
/// `seats_taken` names the places that were not free. Where the show has a `line`, `Line-Place` names a place in it that is admitted, or
/// you are told to `wait_in_line`.
#[utoipa::path(tag = "orders", request_body = NewOrderBody, params(
    ("show" = String, Path, description = "The show's id"),
    ("Line-Place" = Option<String>, Header, pattern = "^bol_[0-9a-f]{64}$", description = "Where the show has a `line`: the session's place in it, which is admitted"),
), responses(
    (status = 201, description = "The places are held until `expires_at`", body = OrderBody),
))]
#[post("/v1/shows/{show}/orders")]
pub async fn create_order(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    key: KeyHeader,
    place: LinePlace,
    id: web::Path<String>,
    body: Json<NewOrderBody>,
) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &id, Sight::Published).await?;
    let key = idempotency_key(&buyer.caller(), key, "create_order", &id, &body.0);
    let references = office.identity.references();
    let wish = read_at_show(&office, &show, |show| read_wish(show, references, &body)).await?;
    let details = read_people(&body, &wish)?;
    let shares = &office.shares;
    shares.take_each(&client.holders(&buyer, Kind::HoldsOfSession, Kind::HoldsOfOrigin))?;
    check_entry(&office, &show, buyer.session, &place, key.as_ref()).await?;
    let refusals = client.holders(&buyer, Kind::RefusedHoldsOfSession, Kind::RefusedHoldsOfOrigin);
    shares.look_each(&refusals)?;
    let places = client.holders(&buyer, Kind::UnpaidPlacesOfSession, Kind::UnpaidPlacesOfOrigin);
    let reserved = office.unpaid.reserve(places, wish.count())?;
    let session = buyer.session;
    let command = Command::Hold {
        session,
        wish,
        details: details.clone(),
        booking: Booking::Public,
    };
    let decision = office.turnstile.pass(&show, command, key).await?;
    let held = match &decision.outcome {
        Outcome::Held(held) => held,
        Outcome::Refused(refusal) => {
            shares.spend_each(&refusals);
            return Err(decided(refused(&show, refusal), &decision));
        }
        _ => return Err(StoreError::internal("a hold has another outcome").into()),
    };
    reserved.keep(held.order, time_left(held));
    office.shows.note_order(held.order, show.id);
    // The terms that it was decided on: this node knows them by now.
    let show = office.shows.show(show.id).await?.unwrap_or(show);
    let view = OrderView::of_held(&show, references, held);
    // Not kept with the answer: whoever asks again has said it again.
    let view = view.told(details.as_deref());
    let body = view.at(OrderState::Held, decision.offset).body(office.till);
    let at = (LOCATION, format!("/v1/orders/{}", body.id));
    json(HttpResponse::Created().insert_header(at), &body)
}

/// How long an order that was just made is held; nothing for one that was made before and is told of once more.
pub fn time_left(held: &Held) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "what it counts for is no seat's expiry")]
    let age = Utc::now() - held.created_at;
    if age > REPEATED_AFTER {
        return Duration::ZERO;
    }
    (held.expires_at - held.created_at).to_std().unwrap_or_default()
}

/// Who buys and who comes to the places that a new order asks for.
pub fn read_people(body: &NewOrderBody, wish: &Wish) -> Result<Option<Arc<Details>>, Problem> {
    let attendees = body.attendees.as_deref().unwrap_or_default();
    let details = read_details(
        body.buyer.as_ref(),
        attendees,
        body.metadata.as_ref(),
        wish.count(),
    )?;
    Ok(details.map(Arc::new))
}

/// The places that a new order asks for.
pub fn read_wish(show: &Show, references: &ReferenceKey, body: &NewOrderBody) -> Result<Wish, Problem> {
    if body.seats.is_some() && body.together.is_some() {
        return Err(Problem::invalid(
            "/together",
            "ask for seats by name or together, not both",
        ));
    }
    let seats = match &body.seats {
        Some(names) => read_seats(show, names, ORDER_PLACES_MAX as usize)?,
        None => Vec::new(),
    };
    let zones = read_zones(show, body.zones.as_deref().unwrap_or_default())?;
    let together = body
        .together
        .as_ref()
        .map(|together| read_together(show, references, together).map(Box::new))
        .transpose()?;
    if seats.is_empty() && zones.is_empty() && together.is_none() {
        return Err(Problem::invalid("", "ask for seats, together or zones"));
    }
    let mut wish = Wish {
        places: Places { seats, zones },
        together,
        ..Wish::default()
    };
    let typed = body.ticket_types.as_deref().unwrap_or_default();
    wish.ticket_types = read_ticket_types(show, typed, &wish)?;
    if let Some(code) = &body.code {
        // What can be no code is told as one that isn't there.
        let unknown = |_not_a_code| refused(show, &Refusal::CodeUnknown);
        wish.code = Some(CodeWord::read(code.trim()).map_err(unknown)?);
    }
    Ok(wish)
}

/// Places in zones as an order may have them: of known ones, none twice.
pub fn read_zones(show: &Show, zones: &[ZonePlacesBody]) -> Result<Vec<ZonePlaces>, Problem> {
    let mut read: Vec<ZonePlaces> = Vec::new();
    for (at, part) in zones.iter().enumerate() {
        let field = format!("/zones/{at}");
        let zone = show.plan.zone_index(&part.zone);
        let zone =
            zone.ok_or_else(|| Problem::invalid(format!("{field}/zone"), "the show has no such zone"))?;
        if read.iter().any(|known| known.zone == zone) {
            return Err(Problem::invalid(
                format!("{field}/zone"),
                "the zone is named twice",
            ));
        }
        read.push(ZonePlaces {
            zone,
            count: read_count(&format!("{field}/count"), part.count)?,
        });
    }
    Ok(read)
}

fn read_count(field: &str, count: i64) -> Result<u32, Problem> {
    let inside = u32::try_from(count)
        .ok()
        .filter(|count| (1..=ORDER_PLACES_MAX).contains(count));
    inside.ok_or_else(|| Problem::invalid(field, format!("must be 1 to {ORDER_PLACES_MAX}")))
}

/// An order with its show, found for a caller who may see it. Another session's order doesn't exist for a buyer, nor
/// another organiser's for an organiser.
pub async fn find_order(
    office: &Office,
    caller: &Caller,
    reference: &str,
) -> Result<(Arc<Show>, OrderRecord), Problem> {
    let missing = || Problem::not_found("order");
    let number = parse_reference(office, reference)?;
    let (show, record) = read_numbered(office, number).await?.ok_or_else(missing)?;
    match caller.is_owner(record.session, show.organiser) {
        true => Ok((show, record)),
        false => Err(missing()),
    }
}

/// The number behind an order's reference. A mistyped one is no order's.
pub fn parse_reference(office: &Office, reference: &str) -> Result<OrderNumber, Problem> {
    let number = office.identity.references().parse_order(reference);
    number.map_err(|_mistyped| Problem::not_found("order"))
}

/// The order of this number with its show.
pub async fn read_numbered(
    office: &Office,
    number: OrderNumber,
) -> Result<Option<(Arc<Show>, OrderRecord)>, Problem> {
    let Some(show) = office.shows.show_of_order(number).await? else {
        return Ok(None);
    };
    let Some(record) = office.orders.read(show.id, number).await? else {
        return Ok(None);
    };
    let show = office.shows.at_least(show.id, record.revision).await?;
    Ok(show.map(|show| (show, record)))
}

/// Why an order that is in none of its live states can't be changed any more.
pub fn ended(state: OrderState) -> Problem {
    Problem::new(match state {
        OrderState::Canceled => Code::OrderCanceled,
        OrderState::Refunded => Code::OrderRefunded,
        OrderState::Paid => Code::OrderPaid,
        OrderState::TimedOut | OrderState::Held => Code::OrderExpired,
    })
}

/// An order of one's own.
///
/// With its tickets, once it is paid, its last payment, and who buys and comes, but for keys that may not know. Another session's order does not exist for a buyer; an
/// organiser sees those of its shows.
#[utoipa::path(tag = "orders", params(("order" = String, Path, description = "The order's reference")), responses(
    (status = 200, description = "The order", body = OrderBody),
))]
#[get("/v1/orders/{order}")]
pub async fn get_order(
    office: TheOffice,
    caller: Caller,
    order: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = parse_reference(&office, &order)?;
    let show = office.shows.show_of_order(number).await?;
    let show = show.ok_or_else(|| Problem::not_found("order"))?;
    let (money, details) = read_beside(&office, show.id, number).await?;
    let details = sees_buyers(&caller).then_some(details);
    // After its money: an order that is paid by that payment says so.
    let (show, record) = find_order(&office, &caller, &order).await?;
    let references = office.identity.references();
    let payment = PaymentView {
        references,
        till: office.till,
        paid_by: record.paid.map(|(paid_by, _)| paid_by),
    };
    let view = OrderView {
        given_back: money.as_ref().map(|money| money.order_refunded),
        ..OrderView::of(&show, references, &record)
            .seen_by(&caller)
            .told(details.as_ref())
    };
    let last_payment = money.map(|money| Box::new(payment.body(&money)));
    Ok(HttpResponse::Ok().json(OrderBody {
        last_payment,
        ..view.body(office.till)
    }))
}

/// Who buys an order and who comes, as far as the caller may know.
pub async fn details_for(
    office: &Office,
    caller: &Caller,
    number: OrderNumber,
) -> Result<Option<Details>, Problem> {
    if !sees_buyers(caller) {
        return Ok(None);
    }
    let Some(show) = office.shows.show_of_order(number).await? else {
        return Ok(None);
    };
    Ok(Some(office.orders.read_details(show.id, number).await?))
}

/// What stands beside an order's row, whosever it is: its last payment, and who buys and comes.
pub async fn read_beside(
    office: &Office,
    show: ShowId,
    number: OrderNumber,
) -> Result<(Option<PaymentMoney>, Details), StoreError> {
    let read_money = move |connection: &mut _| Ok(read_last_payment(connection, show, number)?);
    tokio::try_join!(
        office.database.read(read_money),
        office.orders.read_details(show, number)
    )
}

/// Give a held order up.
///
/// Its places are free at once. Giving up what was given up changes nothing. A payment that is under way is given
/// up too, and its money goes back.
#[utoipa::path(tag = "orders", params(
    ("order" = String, Path, description = "The order's reference"),
), responses(
    (status = 200, description = "The order is canceled", body = OrderBody),
))]
#[delete("/v1/orders/{order}")]
pub async fn abort_order(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "abort_order", &order, &());
    let decision = office
        .turnstile
        .pass(&show, Command::Abort { order: record.number }, key)
        .await?;
    finish(&office, &show, record, &decision, OrderState::Canceled).await
}

/// The answer to a command that ends an order: the order in its new state, or the state it had ended in before.
pub async fn finish(
    office: &Office,
    show: &Show,
    record: OrderRecord,
    decision: &Decision,
    state: OrderState,
) -> Result<HttpResponse, Problem> {
    match &decision.outcome {
        Outcome::Canceled(_) | Outcome::Returned(_) => {}
        Outcome::ReturnedSome {
            returned, refunded, ..
        } => {
            let view = OrderView::of(show, office.identity.references(), &record);
            let view = view.without(returned.clone(), *refunded);
            return Ok(HttpResponse::Ok().json(view.at(OrderState::Paid, decision.offset).body(office.till)));
        }
        Outcome::Refused(Refusal::OrderNotLive) => {
            let now = state_now(office, record.number).await?;
            if now != state {
                return Err(ended(now));
            }
        }
        Outcome::Refused(Refusal::TicketsNotLive(tickets)) => {
            return Err(refused_tickets(office, &record, tickets));
        }
        Outcome::Refused(refusal) => return Err(refused(show, refusal)),
        _ => return Err(StoreError::internal("an order's end has another outcome").into()),
    }
    let view = OrderView::of(show, office.identity.references(), &record);
    Ok(HttpResponse::Ok().json(view.at(state, decision.offset).body(office.till)))
}

/// Where an order stands that may have ended since it was read.
pub async fn state_now(office: &Office, number: OrderNumber) -> Result<OrderState, Problem> {
    let now = read_numbered(office, number).await?;
    let (_, now) = now.ok_or_else(|| Problem::not_found("order"))?;
    Ok(now.state)
}

/// Names those tickets of an order that are not its own any more.
pub fn refused_tickets(office: &Office, record: &OrderRecord, tickets: &[TicketIndex]) -> Problem {
    let references = office.identity.references();
    let named = |ticket: &_| record.transferred.in_code(*ticket);
    let code = |ticket: &_| references.ticket_code(record.number, named(ticket)).to_string();
    let codes: Vec<String> = tickets.iter().map(code).collect();
    Problem::new(Code::TicketsNotLive).with("tickets", codes)
}
