//! Giving tickets back and taking others, in one transaction.

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};

use super::bodies::exchange::ExchangeBody;
use super::bodies::order::{OrderBody, OrderView};
use super::body::Json;
use super::caller::Buyer;
use super::change::{decided, idempotency_key, refused};
use super::client::Client;
use super::extract::{KeyHeader, Sight, TheOffice, find_current_show, read_at_show};
use super::line::{LinePlace, check_entry};
use super::orders::{ended, find_order, read_beside, read_wish, refused_tickets, state_now, time_left};
use super::problem::Problem;
use super::returns::{read_tickets, returner};
use crate::identity::Caller;
use crate::office::Office;
use crate::pay::provider::box_office::BOX_OFFICE;
use crate::pay::{new_payment_id, new_refund_id};
use crate::shares::Kind;
use crate::store::error::StoreError;
use crate::store::order::{OrderRecord, OrderState};
use domain::command::{Command, Dearer, Exchange, Tender};
use domain::details::Details;
use domain::exchange::ExchangeTerms;
use domain::outcome::{Decision, Exchanged, Outcome, Refusal};
use domain::show::Show;

/// How an order is paid for which tickets are worth enough that were paid online.
const EXCHANGE: &str = "exchange";

/// Give tickets of a paid order back for other places.
///
/// The places are asked for as in a new order, and are all booked, or none. Where they cost no more than the tickets are worth, the new order is
/// `paid` at once, the tickets are given back, and what is left of their money goes back. Else it is `held`, and its payment takes what is `due`:
/// the tickets are given back when it is paid, and stay if it is not. For organisers, and for buyers where the show allows returns.
#[utoipa::path(tag = "orders", request_body = ExchangeBody, params(
    ("order" = String, Path, description = "The order's reference"),
    ("Line-Place" = Option<String>, Header, pattern = "^bol_[0-9a-f]{64}$", description = "Where the show has a `line`, of buyers: the session's place in it, which is admitted"),
), responses(
    (status = 201, description = "The new order: paid, or held until `expires_at`", body = OrderBody),
))]
#[post("/v1/orders/{order}/exchange")]
pub async fn exchange_order(
    office: TheOffice,
    client: Client,
    caller: Caller,
    key: KeyHeader,
    place: LinePlace,
    order: web::Path<String>,
    body: Json<ExchangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "exchange_order", &order, &body.0);
    let (tickets, wanted) = body.0.into_parts();
    let references = office.identity.references();
    let wish = read_at_show(&office, &show, |show| read_wish(show, references, &wanted)).await?;
    let tickets = match &tickets {
        Some(codes) => read_tickets(&office, &record, codes)?,
        None => Vec::new(),
    };
    let (paid_with, details) = read_taken_over(&office, &record).await?;
    let at_counter = paid_with.as_deref().is_some_and(|method| method != EXCHANGE);
    let exchange = Exchange {
        order: record.number,
        tickets,
        by: returner(&caller),
        refund: new_refund_id(),
        wish,
        details: details.clone(),
        tender: Tender {
            payment: new_payment_id(show.id),
            provider: BOX_OFFICE,
            payment_method: paid_with.unwrap_or_else(|| EXCHANGE.to_owned()),
            return_url: None,
        },
        // Nobody has the token of an order that was sold at the counter.
        dearer: match at_counter {
            true => Dearer::Refused,
            false => Dearer::Held,
        },
    };
    // What a buyer holds is of its shares, as in an order of its own.
    let reserved = match caller {
        Caller::Buyer(session) => {
            let buyer = Buyer { session };
            let shares = &office.shares;
            shares.take_each(&client.holders(&buyer, Kind::HoldsOfSession, Kind::HoldsOfOrigin))?;
            check_entry(&office, &show, session, &place, key.as_ref()).await?;
            let places = client.holders(&buyer, Kind::UnpaidPlacesOfSession, Kind::UnpaidPlacesOfOrigin);
            Some(office.unpaid.reserve(places, exchange.wish.count())?)
        }
        Caller::Organiser(_) => None,
    };
    let command = Command::Exchange(Box::new(exchange));
    let decision = office.turnstile.pass(&show, command, key).await?;
    office.payments.wake();
    if let (Some(reserved), Outcome::Exchanged(exchanged)) = (reserved, &decision.outcome)
        && !exchanged.is_paid
    {
        reserved.keep(exchanged.held.order, time_left(&exchanged.held));
    }
    respond(&office, &show, &record, &decision, details.as_deref()).await
}

async fn respond(
    office: &Office,
    show: &Arc<Show>,
    record: &OrderRecord,
    decision: &Decision,
    details: Option<&Details>,
) -> Result<HttpResponse, Problem> {
    let exchanged = match &decision.outcome {
        Outcome::Exchanged(exchanged) => exchanged,
        Outcome::Refused(refusal) => {
            let problem = refused_exchange(office, show, record, refusal).await?;
            return Err(decided(problem, decision));
        }
        _ => return Err(StoreError::internal("an exchange has another outcome").into()),
    };
    office.shows.note_order(exchanged.held.order, show.id);
    // The terms that it was decided on: this node knows them by now.
    let (show, _) = find_current_show(office, &show.id.to_string(), Sight::Published).await?;
    let terms = terms_of(exchanged);
    let view = OrderView {
        exchange: Some(&terms),
        ..OrderView::of_held(&show, office.identity.references(), &exchanged.held)
    };
    let state = match exchanged.is_paid {
        true => OrderState::Paid,
        false => OrderState::Held,
    };
    let body = view.told(details).at(state, decision.offset).body(office.till);
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/orders/{}", body.id)))
        .json(body))
}

async fn refused_exchange(
    office: &Office,
    show: &Show,
    record: &OrderRecord,
    refusal: &Refusal,
) -> Result<Problem, Problem> {
    Ok(match refusal {
        Refusal::OrderNotLive => ended(state_now(office, record.number).await?),
        Refusal::TicketsNotLive(tickets) => refused_tickets(office, record, tickets),
        refusal => refused(show, refusal),
    })
}

fn terms_of(exchanged: &Exchanged) -> ExchangeTerms {
    ExchangeTerms {
        order: exchanged.exchanged,
        tickets: exchanged.tickets.clone(),
        credit: exchanged.credit,
    }
}

/// How an order was paid, if not online, and what the new order takes over: who buys, and what is noted of it.
async fn read_taken_over(
    office: &Office,
    record: &OrderRecord,
) -> Result<(Option<String>, Option<Arc<Details>>), Problem> {
    let (money, details) = read_beside(office, record.show, record.number).await?;
    let payment = money.map(|money| money.payment);
    let at_counter = payment.filter(|payment| payment.provider == BOX_OFFICE);
    let details = Details {
        attendees: Vec::new(),
        ..details
    };
    let details = Some(details).filter(|details| !details.is_empty());
    Ok((
        at_counter.map(|payment| payment.payment_method),
        details.map(Arc::new),
    ))
}
