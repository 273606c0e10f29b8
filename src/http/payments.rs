//! Paying an order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{OrderBody, OrderView};
use super::extract::{KeyHeader, TheOffice};
use super::funnel::{idempotency_key, refused};
use super::identity::Caller;
use super::orders::{ended, find_order};
use super::problem::{Code, Problem, ProblemBody};
use crate::domain::command::Command;
use crate::domain::id::{Offset, PaymentId};
use crate::domain::money::Money;
use crate::domain::outcome::{Decision, Outcome, Refusal};
use crate::domain::reference::OrderNumber;
use crate::domain::show::Show;
use crate::office::Office;
use crate::payment::gateway::Charge;
use crate::payment::{Paid, new_payment_id};
use crate::store::batch::IdempotencyKey;
use crate::store::error::StoreError;
use crate::store::order::{OrderRecord, OrderState};
use crate::store::payment::{PaymentRecord, PaymentState, read_payment};
use crate::turnstile::PassError;

/// Longest name of a means of payment, in characters.
const PAYMENT_METHOD_CHARS_MAX: usize = 200;
/// How often a payment that someone else drives is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long it is looked at.
const LOOK_SECONDS_MAX: Duration = Duration::from_secs(10);

/// How an order is to be paid.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentBody {
    /// The provider, as in `sandbox`.
    pub provider: String,
    /// The buyer's means of payment, in the provider's words; for the sandbox `card_ok`, `card_declined` and others.
    pub payment_method: String,
}

/// Pay a held order. Charged once, whatever is repeated; a payment that comes too late is given back.
#[utoipa::path(tag = "orders", params(
    ("order" = String, Path, description = "The order's reference"),
    ("Idempotency-Key" = Option<String>, Header, description = "The same key gets the same answer"),
), responses(
    (status = 200, description = "The order is paid; here are its tickets", body = OrderBody),
    (status = "4XX", description = "402 `payment_declined`, or 409: the order can't be paid (any more)", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "`outcome_unknown`: ask again with the same key", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/orders/{order}/payments")]
pub async fn pay_order(
    office: TheOffice,
    caller: Caller,
    key: KeyHeader,
    order: web::Path<String>,
    body: web::Json<NewPaymentBody>,
) -> Result<HttpResponse, Problem> {
    caller.buyer()?;
    let (show, record) = find_order(&office, &caller, &order).await?;
    let key = idempotency_key(&caller, key, "pay_order", &order, &body.0);
    let unknown = || Problem::invalid("/provider", "there is no such payment provider");
    let provider = office.payments.provider(&body.provider).ok_or_else(unknown)?;
    let method = &body.payment_method;
    let printable = !method.chars().any(char::is_control);
    if method.is_empty() || method.chars().count() > PAYMENT_METHOD_CHARS_MAX || !printable {
        let detail = format!("must be 1 to {PAYMENT_METHOD_CHARS_MAX} printable characters");
        return Err(Problem::invalid("/payment_method", detail));
    }
    let payment = new_payment_id();
    let begin = Command::BeginPayment {
        order: record.number,
        payment,
        provider,
        payment_method: method.clone(),
    };
    let begun = office.turnstile.pass(&show, begin, key.clone()).await?;
    let Outcome::PaymentBegun(begun_id) = begun.outcome else {
        return answer(&office, &caller, &order, &show, &record, &begun).await;
    };
    if begun_id != payment {
        return wait_for(&office, &caller, &order, &show, begun_id).await;
    }
    let amount = Money {
        amount: record.total_minor_units,
        currency: show.currency,
    };
    let charge = Charge {
        payment,
        amount,
        payment_method: method.clone(),
    };
    match drive(office.clone(), show.clone(), record.number, charge, provider, key).await? {
        Paid::Passed(Ok(decision)) => answer(&office, &caller, &order, &show, &record, &decision).await,
        Paid::Passed(Err(PassError::PaymentEnded)) => {
            wait_for(&office, &caller, &order, &show, payment).await
        }
        // The money may be set aside and the places not confirmed: the outbox sees to it.
        Paid::Passed(Err(_)) | Paid::Unknown => Err(Problem::new(Code::OutcomeUnknown)),
    }
}

/// Drives the payment in a task of its own: a client that hangs up must not stop it half-way.
async fn drive(
    office: TheOffice,
    show: Arc<Show>,
    order: OrderNumber,
    charge: Charge,
    provider: &'static str,
    key: Option<IdempotencyKey>,
) -> Result<Paid, Problem> {
    let drive = async move { office.payments.drive(&show, order, &charge, provider, key).await };
    tokio::spawn(drive)
        .await
        .map_err(|error| StoreError::internal(error).into())
}

async fn answer(
    office: &Office,
    caller: &Caller,
    reference: &str,
    show: &Show,
    record: &OrderRecord,
    decision: &Decision,
) -> Result<HttpResponse, Problem> {
    match &decision.outcome {
        Outcome::PaymentConfirmed(_) => Ok(paid(office, show, record, decision.offset)),
        Outcome::PaymentLate(payment) => late(office, caller, reference, show, *payment).await,
        Outcome::PaymentRejected { reason, .. } => Err(Problem::new(Code::PaymentDeclined).detail(reason)),
        Outcome::Refused(Refusal::OrderNotLive) => {
            Err(ended(find_order(office, caller, reference).await?.1.state))
        }
        Outcome::Refused(refusal) => Err(refused(show, refusal)),
        _ => Err(StoreError::internal("a payment has another outcome").into()),
    }
}

/// The order as it was when it was paid, which it may no longer be.
fn paid(office: &Office, show: &Show, record: &OrderRecord, offset: Offset) -> HttpResponse {
    let view = OrderView::of(show, office.identity.references(), record).at(OrderState::Paid, offset);
    HttpResponse::Ok().json(view.body())
}

/// A payment that came too late, unless it was this one that paid the order before.
async fn late(
    office: &Office,
    caller: &Caller,
    reference: &str,
    show: &Show,
    payment: PaymentId,
) -> Result<HttpResponse, Problem> {
    let looked = look(office, show, payment).await?;
    let (_, record) = find_order(office, caller, reference).await?;
    match looked {
        Some(payment) if has_paid(&payment) => Ok(paid(office, show, &record, record.head)),
        _ => Err(ended(record.state).detail("the payment is given back")),
    }
}

/// Waits for a payment that another request, node or the outbox drives.
async fn wait_for(
    office: &Office,
    caller: &Caller,
    reference: &str,
    show: &Show,
    payment: PaymentId,
) -> Result<HttpResponse, Problem> {
    let deadline = Instant::now() + LOOK_SECONDS_MAX;
    loop {
        let Some(record) = look(office, show, payment).await? else {
            return Err(Problem::new(Code::PaymentInProgress));
        };
        match record.state {
            PaymentState::Authorising if Instant::now() < deadline => tokio::time::sleep(LOOK_INTERVAL).await,
            PaymentState::Authorising => return Err(Problem::new(Code::OutcomeUnknown)),
            PaymentState::Rejected => {
                return Err(Problem::new(Code::PaymentDeclined).detail(record.reason.unwrap_or_default()));
            }
            _ => return late(office, caller, reference, show, payment).await,
        }
    }
}

async fn look(office: &Office, show: &Show, payment: PaymentId) -> Result<Option<PaymentRecord>, Problem> {
    let id = show.id;
    Ok(office
        .database
        .read(move |connection| Ok(read_payment(connection, id, payment)?))
        .await?)
}

/// Whether a payment has paid its order, even if the order was given back later.
fn has_paid(record: &PaymentRecord) -> bool {
    matches!(
        record.state,
        PaymentState::Confirmed | PaymentState::Captured | PaymentState::Refunding | PaymentState::Refunded
    )
}
