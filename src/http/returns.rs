//! Giving paid tickets back, all of an order's or some.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::order::OrderBody;
use super::body::{Raw, read_optional_json};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::orders::{find_order, finish};
use super::problem::Problem;
use crate::identity::Caller;
use crate::office::Office;
use crate::pay::new_refund_id;
use crate::store::order::{OrderRecord, OrderState};
use domain::command::{Command, Returner};
use domain::reference::TicketIndex;
use domain::show::ORDER_PLACES_MAX;
use domain::transfers::read_number;

/// Which tickets are given back.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnBody {
    /// Codes of the order's tickets; all that are left, if left out.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 500)]
    pub tickets: Option<Vec<String>>,
}

/// Give a paid order back, or some of its tickets, with its money.
///
/// For organisers, and for buyers where the show allows it. Without a body all tickets that are left. The order
/// stays `paid` with what is left of it. Tickets that were used are not taken back, unless the show is canceled.
#[utoipa::path(tag = "orders", params(
    ("order" = String, Path, description = "The order's reference"),
), request_body(content = Option<ReturnBody>, description = "Nothing, for all tickets"), responses(
    (status = 200, description = "The places are free again and the money goes back", body = OrderBody),
))]
#[post("/v1/orders/{order}/refund")]
pub async fn refund_order(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let body: ReturnBody = read_optional_json(&body.0)?.unwrap_or_default();
    let (show, record) = find_order(&office, &caller, &order).await?;
    let by = returner(&caller);
    let (tickets, key) = match &body.tickets {
        Some(codes) => (
            read_tickets(&office, &record, codes)?,
            idempotency_key(&caller, key, "refund_order", &order, &body),
        ),
        None => (
            Vec::new(),
            idempotency_key(&caller, key, "refund_order", &order, &()),
        ),
    };
    let command = Command::Return {
        order: record.number,
        tickets,
        by,
        refund: new_refund_id(),
    };
    let decision = office.turnstile.pass(&show, command, key).await?;
    office.payments.wake();
    finish(&office, &show, record, &decision, OrderState::Refunded).await
}

/// As whom somebody gives tickets back.
pub fn returner(caller: &Caller) -> Returner {
    match caller {
        Caller::Buyer(_) => Returner::Buyer,
        Caller::Organiser(_) => Returner::Organiser,
    }
}

/// Tickets of an order, by their codes.
pub fn read_tickets(
    office: &Office,
    record: &OrderRecord,
    codes: &[String],
) -> Result<Vec<TicketIndex>, Problem> {
    if codes.is_empty() || codes.len() > ORDER_PLACES_MAX as usize {
        return Err(Problem::invalid(
            "/tickets",
            format!("must be 1 to {ORDER_PLACES_MAX} tickets"),
        ));
    }
    let places = usize::try_from(record.places.count()).unwrap_or(usize::MAX);
    let mut tickets = BTreeSet::new();
    for (at, code) in codes.iter().enumerate() {
        let field = format!("/tickets/{at}");
        let unknown = || Problem::invalid(&field, "the order has no such ticket");
        let parsed = office.identity.references().parse_ticket(code);
        let (number, named) = parsed.map_err(|_mistyped| unknown())?;
        let (ticket, transfers) = read_number(named);
        // By whichever code it has had: whose it is by now is decided in the turnstile.
        let is_its = transfers <= record.transferred.count(ticket) && usize::from(ticket.0) < places;
        if number != record.number || !is_its {
            return Err(unknown());
        }
        if !tickets.insert(ticket) {
            return Err(Problem::invalid(&field, "the ticket is named twice"));
        }
    }
    Ok(tickets.into_iter().collect())
}
