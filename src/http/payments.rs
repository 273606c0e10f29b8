//! Paying an order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{OrderBody, OrderView};
use super::extract::{KeyHeader, TheOffice};
use super::funnel::{idempotency_key, refused};
use super::orders::{ended, find_order, parse_reference};
use super::problem::{Code, Problem, ProblemBody};
use crate::identity::Caller;
use crate::office::Office;
use crate::pay::provider::Provider;
use crate::pay::provider::gateway::Charge;
use crate::pay::{Driven, new_payment_id};
use crate::store::batch::IdempotencyKey;
use crate::store::error::StoreError;
use crate::store::idempotency::is_known;
use crate::store::order::{OrderRecord, OrderState};
use crate::store::payment::{PaymentRecord, PaymentState, read_payment};
use crate::turnstile::PassError;
use domain::command::{Command, Tender};
use domain::id::{Offset, PaymentId, SessionId};
use domain::money::Money;
use domain::outcome::{Decision, Outcome, Refusal};
use domain::reference::OrderNumber;
use domain::show::Show;

/// Longest name of a means of payment, in characters.
const PAYMENT_METHOD_CHARS_MAX: usize = 200;
/// Longest address that a buyer is sent back to.
const RETURN_URL_BYTES_MAX: usize = 2_000;
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
    /// Where a page of the bank's or the provider's sends the buyer back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// A payment that waits for the buyer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentActionBody {
    /// The order's reference.
    pub order: String,
    /// Always `action_required`.
    pub state: String,
    /// The provider that takes the payment; another than was asked for, if that one didn't answer.
    pub provider: String,
    /// The page on which the buyer goes on. Then ask again with the same key, or look at the order.
    pub action_url: String,
}

/// Pay a held order. Charged once, whatever is repeated; a payment that comes too late is given back.
#[utoipa::path(tag = "orders", params(
    ("order" = String, Path, description = "The order's reference"),
    ("Idempotency-Key" = Option<String>, Header, description = "The same key gets the same answer"),
), responses(
    (status = 200, description = "The order is paid; here are its tickets", body = OrderBody),
    (status = 202, description = "The buyer has to go on at `action_url`", body = PaymentActionBody),
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
    let session = caller.buyer()?;
    let key = idempotency_key(&caller, key, "pay_order", &order, &body.0);
    let method = &body.payment_method;
    let printable = !method.chars().any(char::is_control);
    if method.is_empty() || method.chars().count() > PAYMENT_METHOD_CHARS_MAX || !printable {
        let detail = format!("must be 1 to {PAYMENT_METHOD_CHARS_MAX} printable characters");
        return Err(Problem::invalid("/payment_method", detail));
    }
    check_return_url(body.return_url.as_deref())?;
    let unknown = || Problem::invalid("/provider", "there is no such payment provider");
    let asked_for = office.payments.provider(&body.provider).ok_or_else(unknown)?;
    let number = parse_reference(&office, &order)?;
    let show = office.shows.show_of_order(number).await?;
    let show = show.ok_or_else(|| Problem::not_found("order"))?;
    let provider = match office.payments.choose(asked_for, method) {
        Some(provider) => provider,
        // What was begun has an answer, whether or not anything can be begun now.
        None if is_key_known(&office, &show, key.as_ref()).await? => asked_for,
        None => return Err(Problem::new(Code::ProviderUnavailable)),
    };
    let paying = Paying {
        office: &office,
        caller: &caller,
        reference: &order,
        show: &show,
        session,
        number,
        provider,
        method,
        return_url: body.return_url.as_deref(),
        payment: new_payment_id(show.id),
    };
    if provider.gateway().settles_at_once(method) {
        paying.pay_at_once(key).await
    } else {
        paying.ask_provider(key).await
    }
}

async fn is_key_known(office: &Office, show: &Show, key: Option<&IdempotencyKey>) -> Result<bool, Problem> {
    let Some(key) = key.cloned() else { return Ok(false) };
    let id = show.id;
    let read = move |connection: &mut _| Ok(is_known(connection, id, &key)?);
    Ok(office.database.read(read).await?)
}

fn check_return_url(url: Option<&str>) -> Result<(), Problem> {
    let is_link = |url: &str| {
        (url.starts_with("https://") || url.starts_with("http://"))
            && url.len() <= RETURN_URL_BYTES_MAX
            && url.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if url.is_none_or(is_link) {
        return Ok(());
    }
    let detail = format!("must be an http(s) address of {RETURN_URL_BYTES_MAX} characters at most");
    Err(Problem::invalid("/return_url", detail))
}

/// A request to pay an order.
#[derive(Clone, Copy)]
struct Paying<'a> {
    office: &'a TheOffice,
    caller: &'a Caller,
    reference: &'a str,
    show: &'a Arc<Show>,
    session: SessionId,
    number: OrderNumber,
    provider: &'a Arc<Provider>,
    method: &'a str,
    return_url: Option<&'a str>,
    /// The payment that this request makes, unless there is one under its key.
    payment: PaymentId,
}

impl Paying<'_> {
    /// Pays in one step: there is nobody to wait for.
    async fn pay_at_once(&self, key: Option<IdempotencyKey>) -> Result<HttpResponse, Problem> {
        let pay = Command::Pay {
            session: self.session,
            order: self.number,
            tender: self.tender(),
        };
        let decision = self.office.turnstile.pass(self.show, pay, key).await?;
        self.answer(&decision).await
    }

    /// Writes the payment down, has it authorised, and pays with it.
    async fn ask_provider(&self, key: Option<IdempotencyKey>) -> Result<HttpResponse, Problem> {
        let record = self.read_order().await?;
        if record.total_minor_units == 0 {
            return self.pay_at_once(key).await;
        }
        let begun = self.begin(key.clone()).await?;
        match begun.outcome {
            Outcome::PaymentBegun(payment) if payment == self.payment => self.go_on(&record).await,
            _ => self.answer(&begun).await,
        }
    }

    async fn begin(&self, key: Option<IdempotencyKey>) -> Result<Decision, PassError> {
        let begin = Command::BeginPayment {
            order: self.number,
            tender: self.tender(),
        };
        self.office.turnstile.pass(self.show, begin, key).await
    }

    /// Drives the payment, now that it is written down.
    async fn go_on(&self, record: &OrderRecord) -> Result<HttpResponse, Problem> {
        let charge = self.charge(Money {
            amount: record.total_minor_units,
            currency: self.show.currency,
        });
        match self.drive(charge).await? {
            Driven::Passed(Ok(decision)) => match decision.outcome {
                Outcome::PaymentConfirmed(_) => Ok(self.paid(record, decision.offset)),
                _ => self.answer(&decision).await,
            },
            Driven::ActionRequired(url) => Ok(self.action_required(self.provider.name(), url)),
            // The money may be set aside and the places not confirmed: the outbox sees to it.
            Driven::Passed(Err(_)) | Driven::Unknown => Err(Problem::new(Code::OutcomeUnknown)),
        }
    }

    fn tender(&self) -> Tender {
        Tender {
            payment: self.payment,
            provider: self.provider.name(),
            payment_method: self.method.to_owned(),
            return_url: self.return_url.map(str::to_owned),
        }
    }

    fn charge(&self, amount: Money) -> Charge {
        Charge {
            payment: self.payment,
            amount,
            payment_method: self.method.to_owned(),
            return_url: self.return_url.map(str::to_owned),
        }
    }

    /// Drives the payment in a task of its own: a client that hangs up must not stop it half-way.
    async fn drive(&self, charge: Charge) -> Result<Driven, Problem> {
        let (office, show) = (self.office.clone(), self.show.clone());
        let (order, provider) = (self.number, self.provider.clone());
        let drive = async move { office.payments.drive(&show, order, &charge, &provider).await };
        tokio::spawn(drive)
            .await
            .map_err(|error| StoreError::internal(error).into())
    }

    fn action_required(&self, provider: &str, action_url: String) -> HttpResponse {
        HttpResponse::Accepted().json(PaymentActionBody {
            order: self
                .office
                .identity
                .references()
                .order_reference(self.number)
                .to_string(),
            state: "action_required".to_owned(),
            provider: provider.to_owned(),
            action_url,
        })
    }

    async fn answer(&self, decision: &Decision) -> Result<HttpResponse, Problem> {
        match &decision.outcome {
            Outcome::Paid(paid) => {
                let view = OrderView::of_held(self.show, self.office.identity.references(), &paid.held);
                Ok(HttpResponse::Ok().json(view.at(OrderState::Paid, decision.offset).body()))
            }
            Outcome::PaymentBegun(payment) => self.wait_for(*payment).await,
            Outcome::PaymentConfirmed(_) => Ok(self.paid(&self.read_order().await?, decision.offset)),
            Outcome::PaymentLate(payment) => self.late(*payment).await,
            Outcome::PaymentGivenUp(_) => Err(Problem::new(Code::PaymentGivenUp)),
            Outcome::PaymentRejected { reason, .. } => {
                Err(Problem::new(Code::PaymentDeclined).detail(reason))
            }
            Outcome::Refused(Refusal::OrderNotLive) => Err(ended(self.read_order().await?.state)),
            Outcome::Refused(refusal) => Err(refused(self.show, refusal)),
            _ => Err(StoreError::internal("a payment has another outcome").into()),
        }
    }

    /// The order as it was when it was paid, which it may no longer be.
    fn paid(&self, record: &OrderRecord, offset: Offset) -> HttpResponse {
        let view = OrderView::of(self.show, self.office.identity.references(), record);
        let view = view.without(BTreeSet::new());
        HttpResponse::Ok().json(view.at(OrderState::Paid, offset).body())
    }

    /// A payment that came too late or was given up, unless it was this one that paid the order before.
    async fn late(&self, payment: PaymentId) -> Result<HttpResponse, Problem> {
        let record = self.read_order().await?;
        if record.payment == Some(payment) {
            return Ok(self.paid(&record, record.head));
        }
        match record.state {
            OrderState::Held => Err(Problem::new(Code::PaymentGivenUp)),
            state => Err(ended(state).detail("the payment is given back")),
        }
    }

    /// Waits for a payment that another request, node or the outbox drives.
    async fn wait_for(&self, payment: PaymentId) -> Result<HttpResponse, Problem> {
        let deadline = Instant::now() + LOOK_SECONDS_MAX;
        loop {
            let Some(record) = self.look(payment).await? else {
                return Err(Problem::new(Code::PaymentInProgress));
            };
            match record.state {
                PaymentState::Authorising if record.action_url.is_some() => {
                    let url = record.action_url.unwrap_or_default();
                    return Ok(self.action_required(&record.provider, url));
                }
                PaymentState::Authorising if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_INTERVAL).await;
                }
                PaymentState::Authorising => return Err(Problem::new(Code::OutcomeUnknown)),
                PaymentState::Rejected => {
                    let reason = record.reason.unwrap_or_default();
                    return Err(Problem::new(Code::PaymentDeclined).detail(reason));
                }
                _ => return self.late(payment).await,
            }
        }
    }

    async fn look(&self, payment: PaymentId) -> Result<Option<PaymentRecord>, Problem> {
        let id = self.show.id;
        let read = move |connection: &mut _| Ok(read_payment(connection, id, payment)?);
        Ok(self.office.database.read(read).await?)
    }

    async fn read_order(&self) -> Result<OrderRecord, Problem> {
        Ok(find_order(self.office, self.caller, self.reference).await?.1)
    }
}
