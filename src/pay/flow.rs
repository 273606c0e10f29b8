//! A buyer pays an order: the payment is written down, authorised, and ends as an answer. A repeated request under the
//! same key gets the same answer, at the same time or later, on this node or another: it is read from rows that don't
//! change once the payment has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::drive::PaymentProgress;
use super::provider::Provider;
use super::provider::gateway::Charge;
use super::{Payments, new_payment_id};
use crate::store::batch::IdempotencyKey;
use crate::store::error::StoreError;
use crate::store::idempotency::is_known;
use crate::store::order::{OrderRecord, OrderState};
use crate::store::payment::{PaymentRecord, PaymentState, read_payment};
use crate::turnstile::{PassError, Passed};
use domain::command::{Command, Tender};
use domain::id::{Offset, PaymentId, SessionId};
use domain::money::Money;
use domain::outcome::{Decision, Held, Outcome, Refusal};
use domain::payment::{Decline, WITHDRAWN};
use domain::reference::OrderNumber;
use domain::show::Show;

/// How often a payment that someone else drives is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long it is looked at.
const LOOK_SECONDS_MAX: Duration = Duration::from_secs(10);

/// A buyer's wish to pay an order.
#[derive(Clone, Copy)]
pub struct PaymentRequest<'a> {
    /// The buyer; another session's order doesn't exist for them.
    pub session: SessionId,
    /// The order's show.
    pub show: &'a Arc<Show>,
    /// The order.
    pub order: OrderNumber,
    /// The provider that was asked for.
    pub provider: &'a Arc<Provider>,
    /// The means of payment, in the provider's words.
    pub payment_method: &'a str,
    /// Where a page of the bank's or the provider's sends the buyer back to.
    pub return_url: Option<&'a str>,
    /// The key under which this is done once.
    pub key: Option<&'a IdempotencyKey>,
}

/// What became of it.
#[derive(Debug)]
pub enum PaymentAnswer {
    /// The order is paid.
    Paid {
        /// The payment.
        taken: Taken,
        /// The order as it was then.
        order: PaidOrder,
        /// The offset of its `paid` event.
        offset: Offset,
    },
    /// The buyer has to go on at a page.
    ActionRequired {
        /// The payment.
        taken: Taken,
        /// The page.
        url: String,
    },
    /// The buyer's bank is busy with it: whether the order gets paid shows later.
    Processing(Taken),
    /// The provider refused.
    Declined {
        /// The payment.
        payment: PaymentId,
        /// Why.
        decline: Decline,
    },
    /// It was given up before any money was set aside.
    GivenUp,
    /// The order had ended this way before the money was set aside, which goes back.
    TooLate(OrderState),
    /// The order had ended this way before the payment began.
    OrderEnded(OrderState),
    /// Nothing changed.
    Refused(Refusal),
}

/// A payment and who takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The payment.
    pub payment: PaymentId,
    /// The provider; another than was asked for, if that one didn't answer.
    pub provider: String,
    /// How much.
    pub amount: Money,
}

/// An order when it was paid, with all its tickets.
#[derive(Debug)]
pub enum PaidOrder {
    /// As the turnstile has it.
    Held(Box<Held>),
    /// As its row has it, which may have changed since.
    Read(Box<OrderRecord>),
}

/// Why there is no answer. Nothing of it is kept under the key.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The session has no such order.
    #[error("no such order")]
    NoSuchOrder,
    /// No provider can be asked now. Nothing happened.
    #[error("the payment provider can't be asked")]
    ProviderUnavailable,
    /// The money may be set aside and the places not sold: the outbox finishes it, and the same key gets the outcome.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// The turnstile didn't let it through.
    #[error(transparent)]
    Pass(#[from] PassError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a key that began a payment is free for another one.
enum Begun {
    Answered(PaymentAnswer),
    /// The payment came to nothing without its provider having been asked.
    Anew,
}

impl Payments {
    /// Pays an order. Charged once, whatever is repeated; a payment that comes too late is given back.
    pub async fn pay(self: &Arc<Self>, request: PaymentRequest<'_>) -> Result<PaymentAnswer, PayError> {
        let chosen = self.choose(request.provider, request.payment_method);
        let provider = match chosen {
            Some(provider) => provider,
            // An earlier payment under this key has its answer, even if none could be started now.
            None if self.is_key_known(&request).await? => request.provider,
            // For what is free no provider is asked.
            None if self.is_free(&request).await? => request.provider,
            None => return Err(PayError::ProviderUnavailable),
        };
        let attempt = Attempt {
            payments: self,
            request,
            provider,
            payment: new_payment_id(request.show.id),
        };
        if provider.gateway().settles_at_once(request.payment_method) {
            attempt.pay_at_once().await
        } else {
            attempt.ask_provider().await
        }
    }

    async fn is_free(&self, request: &PaymentRequest<'_>) -> Result<bool, StoreError> {
        let order = self.orders.read(request.show.id, request.order).await?;
        Ok(order.is_some_and(|order| order.session == request.session && order.due() == 0))
    }

    async fn is_key_known(&self, request: &PaymentRequest<'_>) -> Result<bool, StoreError> {
        let Some(key) = request.key.cloned() else {
            return Ok(false);
        };
        let show = request.show.id;
        let read = move |connection: &mut _| Ok(is_known(connection, show, &key)?);
        self.database.read(read).await
    }
}

/// A payment that a request makes, unless there is one under its key.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    payments: &'a Arc<Payments>,
    request: PaymentRequest<'a>,
    /// The provider that is asked.
    provider: &'a Arc<Provider>,
    payment: PaymentId,
}

impl Attempt<'_> {
    /// Pays in one step: there is nobody to wait for.
    async fn pay_at_once(&self) -> Result<PaymentAnswer, PayError> {
        let pay = Command::Pay {
            session: self.request.session,
            order: self.request.order,
            tender: self.tender(),
        };
        self.answer(self.pass(pay).await?).await
    }

    /// Writes the payment down, has it authorised, and pays with it.
    async fn ask_provider(&self) -> Result<PaymentAnswer, PayError> {
        let record = self.read_order().await?;
        if record.due() == 0 {
            return self.pay_at_once().await;
        }
        let mut begun = self.begin().await?;
        if let Outcome::PaymentBegun(payment) = begun.outcome
            && payment != self.payment
        {
            match self.wait_for(payment).await? {
                Begun::Answered(answer) => return Ok(answer),
                Begun::Anew => begun = self.begin().await?,
            }
        }
        match begun.outcome {
            // Read anew: places may have been given up before it began, and while it is under way none are.
            Outcome::PaymentBegun(payment) if payment == self.payment => {
                self.go_on(self.read_order().await?).await
            }
            _ => self.answer(begun).await,
        }
    }

    async fn pass(&self, command: Command) -> Passed {
        let turnstile = &self.payments.turnstile;
        turnstile
            .pass(self.request.show, command, self.request.key.cloned())
            .await
    }

    async fn begin(&self) -> Passed {
        self.pass(Command::BeginPayment {
            order: self.request.order,
            tender: self.tender(),
        })
        .await
    }

    /// Drives the payment, now that it is written down.
    async fn go_on(&self, record: OrderRecord) -> Result<PaymentAnswer, PayError> {
        let charge = self.charge(record.due());
        let provider = self.provider.name().to_owned();
        let taken = self.taken_as(self.payment, provider, record.due());
        match self.drive(charge).await? {
            PaymentProgress::Passed(Ok(decision)) => match decision.outcome {
                Outcome::PaymentConfirmed(_) => Ok(paid(taken, record, decision.offset)),
                _ => self.answer(decision).await,
            },
            PaymentProgress::ActionRequired(url) => Ok(PaymentAnswer::ActionRequired { taken, url }),
            PaymentProgress::Processing => Ok(PaymentAnswer::Processing(taken)),
            PaymentProgress::NotAsked { .. } => Err(PayError::ProviderUnavailable),
            PaymentProgress::Passed(Err(_)) | PaymentProgress::Unknown => Err(PayError::OutcomeUnknown),
        }
    }

    /// Drives the payment in a task of its own: a client that hangs up must not stop it half-way.
    async fn drive(&self, charge: Charge) -> Result<PaymentProgress, PayError> {
        let (payments, show) = (self.payments.clone(), self.request.show.clone());
        let (order, provider) = (self.request.order, self.provider.clone());
        let drive = async move {
            let progress = payments.drive(&show, order, &charge, &provider).await;
            let PaymentProgress::NotAsked { .. } = progress else {
                return progress;
            };
            let withdraw = Command::WithdrawPayment {
                order,
                payment: charge.payment,
            };
            match payments.turnstile.pass(&show, withdraw, None).await {
                Ok(_) => progress,
                Err(error) => PaymentProgress::Passed(Err(error)),
            }
        };
        Ok(tokio::spawn(drive).await.map_err(StoreError::internal)?)
    }

    fn tender(&self) -> Tender {
        Tender {
            payment: self.payment,
            provider: self.provider.name(),
            payment_method: self.request.payment_method.to_owned(),
            return_url: self.request.return_url.map(str::to_owned),
        }
    }

    /// What is to be authorised; `amount` in minor units.
    fn charge(&self, amount: i64) -> Charge {
        Charge {
            payment: self.payment,
            amount: Money {
                amount,
                currency: self.request.show.currency,
            },
            payment_method: self.request.payment_method.to_owned(),
            return_url: self.request.return_url.map(str::to_owned),
        }
    }

    async fn answer(&self, decision: Arc<Decision>) -> Result<PaymentAnswer, PayError> {
        let Decision { outcome, offset, .. } = Arc::unwrap_or_clone(decision);
        Ok(match outcome {
            // What its tickets are sold as is told by its row.
            Outcome::Paid(held) if held.held.total.is_some() => {
                let order = self.read_order().await?;
                let taken = self.taken_by(held.payment, order.due()).await?;
                paid(taken, order, offset)
            }
            Outcome::Paid(paid) => PaymentAnswer::Paid {
                taken: self
                    .taken_by(paid.payment, paid.held.total(self.request.show))
                    .await?,
                order: PaidOrder::Held(Box::new(paid.held)),
                offset,
            },
            Outcome::PaymentBegun(payment) => return self.wait(payment).await,
            Outcome::PaymentConfirmed(payment) | Outcome::PaymentConfirmedBefore(payment) => {
                let order = self.read_order().await?;
                let taken = self.taken_by(payment, order.due()).await?;
                paid(taken, order, offset)
            }
            Outcome::PaymentGivenUp(_) => PaymentAnswer::GivenUp,
            Outcome::PaymentLate(_) => PaymentAnswer::TooLate(self.read_order().await?.state),
            Outcome::PaymentRejected { payment, decline } => PaymentAnswer::Declined { payment, decline },
            Outcome::Refused(Refusal::OrderNotLive) => {
                PaymentAnswer::OrderEnded(self.read_order().await?.state)
            }
            Outcome::Refused(refusal) => PaymentAnswer::Refused(refusal),
            _ => return Err(StoreError::internal("a payment has another outcome").into()),
        })
    }

    /// The answer of a payment that another request, node or the outbox drives.
    async fn wait(&self, payment: PaymentId) -> Result<PaymentAnswer, PayError> {
        match self.wait_for(payment).await? {
            Begun::Answered(answer) => Ok(answer),
            Begun::Anew => Err(PayError::ProviderUnavailable),
        }
    }

    async fn wait_for(&self, payment: PaymentId) -> Result<Begun, PayError> {
        let deadline = Instant::now() + LOOK_SECONDS_MAX;
        loop {
            let Some(record) = self.look(payment).await? else {
                return Err(StoreError::internal("a payment that has begun is not there").into());
            };
            let answer = match record.state {
                PaymentState::Authorising => match record.action_url {
                    Some(url) => PaymentAnswer::ActionRequired {
                        taken: self.taken_as(payment, record.provider, record.amount_minor_units),
                        url,
                    },
                    None if Instant::now() < deadline => {
                        tokio::time::sleep(LOOK_INTERVAL).await;
                        continue;
                    }
                    None => return Err(PayError::OutcomeUnknown),
                },
                PaymentState::Rejected => match record.decline.unwrap_or_else(|| "".into()) {
                    decline if decline.reason == WITHDRAWN => return Ok(Begun::Anew),
                    decline => PaymentAnswer::Declined { payment, decline },
                },
                _ => self.ended(&record).await?,
            };
            return Ok(Begun::Answered(answer));
        }
    }

    /// The answer of a payment that has had money, or was given up. Later changes to the order make no difference: one
    /// whose money came too late had ended for good.
    async fn ended(&self, payment: &PaymentRecord) -> Result<PaymentAnswer, PayError> {
        if !payment.is_authorised {
            return Ok(PaymentAnswer::GivenUp);
        }
        let order = self.read_order().await?;
        match order.paid {
            Some((paid_by, offset)) if paid_by == payment.id => {
                let provider = payment.provider.clone();
                let taken = self.taken_as(payment.id, provider, payment.amount_minor_units);
                Ok(paid(taken, order, offset))
            }
            _ => Ok(match order.state {
                OrderState::Canceled | OrderState::TimedOut => PaymentAnswer::TooLate(order.state),
                OrderState::Held | OrderState::Paid | OrderState::Refunded => PaymentAnswer::GivenUp,
            }),
        }
    }

    /// `amount` in minor units.
    fn taken_as(&self, payment: PaymentId, provider: String, amount: i64) -> Taken {
        let currency = self.request.show.currency;
        Taken {
            payment,
            provider,
            amount: Money { amount, currency },
        }
    }

    /// The payment of this request, or the one of an earlier request under the same key.
    async fn taken_by(&self, payment: PaymentId, amount: i64) -> Result<Taken, StoreError> {
        let provider = if payment == self.payment {
            self.provider.name().to_owned()
        } else {
            let record = self.look(payment).await?;
            record.map(|record| record.provider).unwrap_or_default()
        };
        Ok(self.taken_as(payment, provider, amount))
    }

    async fn look(&self, payment: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        let show = self.request.show.id;
        let read = move |connection: &mut _| Ok(read_payment(connection, show, payment)?);
        self.payments.database.read(read).await
    }

    async fn read_order(&self) -> Result<OrderRecord, PayError> {
        let record = self
            .payments
            .orders
            .read(self.request.show.id, self.request.order)
            .await?;
        let own = record.filter(|record| record.session == self.request.session);
        own.ok_or(PayError::NoSuchOrder)
    }
}

fn paid(taken: Taken, record: OrderRecord, offset: Offset) -> PaymentAnswer {
    PaymentAnswer::Paid {
        taken,
        order: PaidOrder::Read(Box::new(record)),
        offset,
    }
}
