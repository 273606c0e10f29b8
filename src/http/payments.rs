//! Paying an order, and how its payments stand.

use std::collections::BTreeSet;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};

use super::answer::json;
use super::bodies::order::OrderView;
use super::bodies::payment::{NewPaymentBody, PaymentBody, PaymentStateBody, PaymentView, payment_name};
use super::body::Json;
use super::caller::Buyer;
use super::change::{idempotency_key, refused};
use super::client::Client;
use super::extract::{KeyHeader, TheOffice};
use super::orders::{ended, find_order, parse_reference};
use super::origins::check_return_url;
use super::problem::{Code, Problem};
use crate::identity::Caller;
use crate::office::Office;
use crate::pay::flow::{PaidOrder, PayError, PaymentAnswer, PaymentRequest, Taken};
use crate::pay::provider::accounts::Till;
use crate::shares::{Kind, Subject};
use crate::store::order_money::read_order_payment;
use domain::id::PaymentId;
use domain::reference::OrderNumber;
use domain::show::Show;

/// Longest name of a means of payment, in characters.
const PAYMENT_METHOD_CHARS_MAX: usize = 200;

/// Pay a held order.
///
/// It is charged once, whatever is repeated under the same key. 200 has the tickets; with 202 the buyer goes on at
/// `action_url`, or the bank is busy with it: look at the payment, or ask again with the same key. A declined
/// payment leaves the hold as it is. Money that comes too late goes back.
#[utoipa::path(tag = "orders", request_body = NewPaymentBody, params(
    ("order" = String, Path, description = "The order's reference"),
), responses(
    (status = 200, description = "The order is paid; here are its tickets", body = PaymentBody),
    (status = 202, description = "The buyer has to go on at `action_url`, or the bank is busy with it", body = PaymentBody),
))]
#[post("/v1/orders/{order}/payments")]
pub async fn pay_order(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    key: KeyHeader,
    request: HttpRequest,
    order: web::Path<String>,
    body: Json<NewPaymentBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&buyer.caller(), key, "pay_order", &order, &body.0);
    let method = &body.payment_method;
    let printable = !method.chars().any(char::is_control);
    if method.is_empty() || method.chars().count() > PAYMENT_METHOD_CHARS_MAX || !printable {
        let detail = format!("must be 1 to {PAYMENT_METHOD_CHARS_MAX} printable characters");
        return Err(Problem::invalid("/payment_method", detail));
    }
    if let Some(url) = &body.return_url {
        check_return_url(&office, &request, url)?;
    }
    let unknown = || Problem::invalid("/provider", "there is no such payment provider");
    let asked_for = office.payments.provider(&body.provider).ok_or_else(unknown)?;
    let number = parse_reference(&office, &order)?;
    let show = office.shows.show_of_order(number).await?;
    let show = show.ok_or_else(|| Problem::not_found("order"))?;
    let shares = &office.shares;
    shares.take_each(&client.holders(&buyer, Kind::PaymentsOfSession, Kind::PaymentsOfOrigin))?;
    // Whoever tries cards out gets few tries.
    let declines = client.holders(&buyer, Kind::DeclinesOfSession, Kind::DeclinesOfOrigin);
    shares.look_each(&declines)?;
    shares.look(Kind::DeclinesOfOrder, Subject::Order(number))?;
    let answer = office.payments.pay(PaymentRequest {
        session: buyer.session,
        show: &show,
        order: number,
        provider: asked_for,
        payment_method: method,
        return_url: body.return_url.as_deref(),
        key: key.as_ref(),
    });
    let answer = answer.await?;
    if matches!(answer, PaymentAnswer::Declined { .. }) {
        metrics::counter!("boxoffice_payments_declined_total", "provider" => asked_for.name()).increment(1);
        shares.spend_each(&declines);
        shares.spend(Kind::DeclinesOfOrder, Subject::Order(number));
    }
    respond(&office, &show, number, answer)
}

/// The answer as the buyer gets it.
fn respond(
    office: &Office,
    show: &Show,
    number: OrderNumber,
    answer: PaymentAnswer,
) -> Result<HttpResponse, Problem> {
    let references = office.identity.references();
    let body = |taken: Taken, state| PaymentBody {
        id: payment_name(taken.payment),
        order: references.order_reference(number).to_string(),
        state,
        provider: taken.provider,
        amount: taken.amount.into(),
        action_url: None,
        decline_code: None,
        decline_reason: None,
        refunded: None,
        dispute: None,
        tickets: None,
        journal_offset: None,
        test: office.till == Till::Test,
    };
    let respond = |mut response: HttpResponseBuilder, body: PaymentBody| {
        let at = format!("/v1/orders/{}/payments/{}", body.order, body.id);
        json(response.insert_header((LOCATION, at)), &body)
    };
    match answer {
        PaymentAnswer::Paid { taken, order, offset } => {
            let view = match &order {
                PaidOrder::Held(held) => OrderView::of_held(show, references, held),
                // As it was when it was paid, which it may no longer be.
                PaidOrder::Read(record) => {
                    OrderView::of(show, references, record).without(BTreeSet::new(), None)
                }
            };
            let body = PaymentBody {
                tickets: Some(view.tickets().map(|(_, ticket)| ticket).collect()),
                journal_offset: Some(offset.0),
                ..body(taken, PaymentStateBody::Succeeded)
            };
            respond(HttpResponse::Ok(), body)
        }
        PaymentAnswer::ActionRequired { taken, url } => {
            let body = PaymentBody {
                action_url: Some(url),
                ..body(taken, PaymentStateBody::ActionRequired)
            };
            respond(HttpResponse::Accepted(), body)
        }
        PaymentAnswer::Processing(taken) => respond(
            HttpResponse::Accepted(),
            body(taken, PaymentStateBody::Processing),
        ),
        PaymentAnswer::Declined { payment, decline } => Err(Problem::new(Code::PaymentDeclined)
            .detail(decline.reason)
            .with("decline_code", decline.code.name())
            .with("payment", payment_name(payment))),
        PaymentAnswer::GivenUp => Err(Problem::new(Code::PaymentGivenUp)),
        PaymentAnswer::TooLate(state) => Err(ended(state).detail("the payment is given back")),
        PaymentAnswer::OrderEnded(state) => Err(ended(state)),
        PaymentAnswer::Refused(refusal) => Err(refused(show, &refusal)),
    }
}

/// A payment of an order.
///
/// How it stands, why it was refused if it was, and what went back of it.
#[utoipa::path(tag = "orders", params(
    ("order" = String, Path, description = "The order's reference"),
    ("payment" = String, Path, description = "The payment's id"),
), responses(
    (status = 200, description = "The payment", body = PaymentBody),
))]
#[get("/v1/orders/{order}/payments/{payment}")]
pub async fn get_payment(
    office: TheOffice,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (order, payment) = path.into_inner();
    let missing = || Problem::not_found("payment");
    let payment = uuid::Uuid::parse_str(&payment).map_err(|_not_an_id| missing())?;
    let payment = PaymentId(payment.as_u128());
    let number = parse_reference(&office, &order)?;
    let show = office.shows.show_of_order(number).await?;
    let show = show.ok_or_else(|| Problem::not_found("order"))?.id;
    let read = move |connection: &mut _| Ok(read_order_payment(connection, show, number, payment)?);
    let money = office.database.read(read).await?;
    // After the payment: an order that is paid by it says so.
    let (_, record) = find_order(&office, &caller, &order).await?;
    let view = PaymentView {
        references: office.identity.references(),
        till: office.till,
        paid_by: record.paid.map(|(paid_by, _)| paid_by),
    };
    Ok(HttpResponse::Ok().json(view.body(&money.ok_or_else(missing)?)))
}

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        match error {
            PayError::NoSuchOrder => Self::not_found("order"),
            PayError::ProviderUnavailable => Self::new(Code::ProviderUnavailable),
            PayError::OutcomeUnknown => Self::new(Code::OutcomeUnknown),
            PayError::Pass(error) => error.into(),
            PayError::Store(error) => error.into(),
        }
    }
}
