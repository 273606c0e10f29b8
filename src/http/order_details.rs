//! Who buys an order and who comes: changed while it is held, by its organiser later too, and erased.

use actix_web::{HttpResponse, delete, patch, web};

use super::bodies::buyer::{OrderChangeBody, read_change, too_many_attendees, too_much_metadata};
use super::bodies::order::{OrderBody, OrderView};
use super::body::Json;
use super::change::{email_limit, email_required, idempotency_key};
use super::extract::{KeyHeader, TheOffice};
use super::orders::{details_for, ended, find_order};
use super::problem::Problem;
use crate::identity::Caller;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use crate::store::order_details::{Described, Describer, change_details, erase_details};
use domain::id::Offset;
use domain::reference::TicketIndex;

/// Say who buys an order and who comes.
///
/// By the buyer while it is held, by its organiser at any time. What is left out stays, and null takes it away. None of it is kept
/// with the answer: repeated, it tells what is said of the order by then.
#[utoipa::path(tag = "orders", request_body = OrderChangeBody, params(
    ("order" = String, Path, description = "The order's reference"),
), responses(
    (status = 200, description = "The order, with what is said of it now", body = OrderBody),
))]
#[patch("/v1/orders/{order}")]
pub async fn update_order(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
    body: Json<OrderChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "update_order", &order, &body.0);
    let change = read_change(*body.0)?;
    let (of, number, by) = (show.id, record.number, describer(&caller));
    let update = move |connection: &mut _| Ok(kept(change_details(connection, of, number, by, change)?));
    let described = office.database.write_once(kind(by), key, update).await?;
    let (state, offset, returned) = done(described)?;
    let details = details_for(&office, &caller, number).await?;
    let view = OrderView::of(&show, office.identity.references(), &record).told(details.as_ref());
    let view = view.seen_by(&caller);
    let view = view.without(returned.into_iter().map(TicketIndex).collect(), None);
    Ok(HttpResponse::Ok().json(view.at(state, offset).body(office.till)))
}

/// Erase who bought an order and who comes.
///
/// What is noted of it goes too; its places, tickets and money stay. By its organiser at any time; by the buyer unless it is paid, as
/// whoever sold the tickets may have to reach those who come. To erase twice is to erase once.
#[utoipa::path(tag = "orders", params(("order" = String, Path, description = "The order's reference")), responses(
    (status = 204, description = "Nobody is named any more"),
))]
#[delete("/v1/orders/{order}/buyer")]
pub async fn erase_buyer(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "erase_buyer", &order, &());
    let (of, number, by) = (show.id, record.number, describer(&caller));
    let erase = move |connection: &mut _| Ok(kept(erase_details(connection, of, number, by)?));
    done(office.database.write_once(kind(by), key, erase).await?)?;
    Ok(HttpResponse::NoContent().finish())
}

fn describer(caller: &Caller) -> Describer {
    match caller {
        Caller::Buyer(_) => Describer::Buyer,
        Caller::Organiser(_) => Describer::Organiser,
    }
}

fn kind(by: Describer) -> WriteKind {
    match by {
        Describer::Buyer => WriteKind::Buyers,
        Describer::Organiser => WriteKind::Organisers,
    }
}

fn kept(described: Described) -> (Described, Keep) {
    let keep = match described {
        Described::Done { .. } => Keep::Done,
        Described::Refused(_) => Keep::Refusal,
        Described::EmailRequired
        | Described::EmailLimit { .. }
        | Described::TooManyAttendees(_)
        | Described::TooMuchMetadata
        | Described::Missing => Keep::Nothing,
    };
    (described, keep)
}

/// How the order stood when it was done.
fn done(described: Described) -> Result<(OrderState, Offset, Vec<u16>), Problem> {
    let known = |state| {
        let state = OrderState::from_number(state);
        state.ok_or_else(|| StoreError::internal("an order is in a state that there is not"))
    };
    match described {
        Described::Done {
            state,
            offset,
            returned,
        } => Ok((known(state)?, Offset(offset), returned)),
        Described::Refused(state) => Err(ended(known(state)?)),
        Described::TooManyAttendees(tickets) => Err(too_many_attendees(tickets)),
        Described::EmailRequired => Err(email_required()),
        Described::EmailLimit { max, left } => Err(email_limit(max, left)),
        Described::TooMuchMetadata => Err(too_much_metadata()),
        Described::Missing => Err(Problem::not_found("order")),
    }
}
