//! Payments: authorise, confirm the places in one conditional update, capture. Whatever stops on the way is finished
//! by the outbox, on this node or another.

mod cancel;
pub mod provider;
pub mod reconcile;
mod resolve;
pub mod settings;
mod settle;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, Notify, mpsc};

use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;
use crate::store::orders::Orders;
use crate::store::payment::{PaymentRecord, PaymentState, note_action};
use crate::store::shows::Shows;
use crate::turnstile::{Passed, Turnstile};
use domain::command::Command;
use domain::id::{PaymentId, RefundId, ShowId};
use domain::money::{Currency, Money};
use domain::outcome::Outcome;
use domain::reference::OrderNumber;
use domain::show::Show;
use provider::gateway::{Authorisation, Charge, Gateway};
use provider::{NotDone, Provider};
use settings::PaymentSettings;

/// Confirmed payments that wait to be captured by this node.
const CONFIRMED_MAX: usize = 8_192;
/// Part of the time for which a confirmed payment's row is not due that this node uses: the clock ran before the answer.
const OWN_SHARE: f64 = 0.8;

/// How far a payment was driven.
#[derive(Debug)]
pub enum Driven {
    /// What the turnstile made of it.
    Passed(Passed),
    /// The buyer has to do something on this page first.
    ActionRequired(String),
    /// The provider didn't answer, so it isn't known; the outbox goes on with it.
    Unknown,
}

/// The payments of one node.
pub struct Payments {
    database: Database,
    shows: Arc<Shows>,
    orders: Orders,
    turnstile: Arc<Turnstile>,
    /// In the order in which one stands in for another.
    providers: Vec<Arc<Provider>>,
    settings: PaymentSettings,
    /// Says that the outbox has something due.
    due: Notify,
    /// Says that there may be a show to cancel.
    canceled: Notify,
    /// Payments that this node has confirmed and is going to capture; their rows are leased to it for a while. What
    /// doesn't fit comes due in the outbox.
    confirmed: mpsc::Sender<Confirmed>,
    to_capture: Mutex<mpsc::Receiver<Confirmed>>,
}

/// A payment to be captured, and until when nobody else does it.
struct Confirmed {
    payment: PaymentRecord,
    until: Instant,
}

impl Payments {
    /// Payments through these providers. [`Payments::run`] must be running for anything to be captured.
    pub fn new(
        database: Database,
        shows: Arc<Shows>,
        orders: Orders,
        turnstile: Arc<Turnstile>,
        gateways: Vec<Arc<dyn Gateway>>,
        settings: PaymentSettings,
    ) -> Arc<Self> {
        let (confirmed, to_capture) = mpsc::channel(CONFIRMED_MAX);
        let providers = gateways
            .into_iter()
            .map(|gateway| Arc::new(Provider::new(gateway, settings.provider)))
            .collect();
        Arc::new(Self {
            database,
            shows,
            orders,
            turnstile,
            providers,
            settings,
            due: Notify::new(),
            canceled: Notify::new(),
            confirmed,
            to_capture: Mutex::new(to_capture),
        })
    }

    /// The provider of that name.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name() == name)
    }

    /// The provider for a new payment: the one that was asked for or, while it doesn't answer, the first other one that
    /// takes this means of payment; `None` if there is none.
    pub fn choose<'a>(
        &'a self,
        asked_for: &'a Arc<Provider>,
        payment_method: &str,
    ) -> Option<&'a Arc<Provider>> {
        let others = self
            .providers
            .iter()
            .filter(|provider| provider.gateway().accepts(payment_method));
        std::iter::once(asked_for)
            .chain(others)
            .find(|provider| !provider.rests())
    }

    /// Drives a payment that has been begun to its end: authorise, then confirm or reject in the turnstile.
    ///
    /// Every step may be repeated, by this node or another: the provider knows the payment by its id, and the
    /// turnstile ends it once.
    pub async fn drive(
        &self,
        show: &Arc<Show>,
        order: OrderNumber,
        charge: &Charge,
        provider: &Provider,
    ) -> Driven {
        let payment = charge.payment;
        match provider.ask(provider.gateway().authorise(charge)).await {
            Ok(Authorisation::Authorised { reference }) => {
                self.confirm(show, order, charge, provider, reference).await
            }
            Ok(Authorisation::ActionRequired { reference, url }) => {
                if url.is_empty() {
                    // The bank is busy with it: the outbox looks again.
                    return Driven::Unknown;
                }
                match self.note_action(show.id, payment, reference, url.clone()).await {
                    Ok(()) => Driven::ActionRequired(url),
                    Err(_logged) => Driven::Unknown,
                }
            }
            Err(NotDone::Declined(reason)) => {
                let reject = Command::RejectPayment {
                    order,
                    payment,
                    reason,
                };
                Driven::Passed(self.turnstile.pass(show, reject, None).await)
            }
            Err(NotDone::Unknown(error)) => {
                tracing::warn!(payment.id = %payment, error, "a provider's answer is unknown");
                Driven::Unknown
            }
            Err(NotDone::NotAsked { .. }) => Driven::Unknown,
        }
    }

    /// Sells the order's places, now that its money is set aside; or has it released.
    async fn confirm(
        &self,
        show: &Arc<Show>,
        order: OrderNumber,
        charge: &Charge,
        provider: &Provider,
        reference: String,
    ) -> Driven {
        let confirm = Command::ConfirmPayment {
            order,
            payment: charge.payment,
            reference: Some(reference.clone()),
        };
        let passed = self.turnstile.pass(show, confirm, None).await;
        match passed.as_ref().map(|decision| &decision.outcome) {
            Ok(Outcome::PaymentConfirmed(_)) => {
                self.capture_soon(show, order, charge, provider.name(), reference);
            }
            Ok(Outcome::PaymentLate(_)) => self.wake(),
            _ => {}
        }
        Driven::Passed(passed)
    }

    async fn note_action(
        &self,
        show: ShowId,
        payment: PaymentId,
        reference: String,
        url: String,
    ) -> Result<(), StoreError> {
        self.database
            .write(WriteKind::Outbox, move |connection| {
                Ok(note_action(connection, show, payment, reference, url)?)
            })
            .await
    }

    /// Says that the outbox has something due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Has a payment captured that has just been confirmed.
    fn capture_soon(
        &self,
        show: &Show,
        order: OrderNumber,
        charge: &Charge,
        provider: &str,
        reference: String,
    ) {
        let payment = PaymentRecord {
            show: show.id,
            id: charge.payment,
            order,
            provider: provider.to_owned(),
            payment_method: charge.payment_method.clone(),
            amount_minor_units: charge.amount.amount,
            currency: charge.amount.currency.code().to_owned(),
            state: PaymentState::Confirmed,
            reason: None,
            reference: Some(reference),
            action_url: None,
            return_url: None,
        };
        let until = Instant::now() + self.settings.resolve_after.mul_f64(OWN_SHARE);
        let _full = self.confirmed.try_send(Confirmed { payment, until });
    }
}

fn amount_of(record: &PaymentRecord) -> Option<Money> {
    Some(Money {
        amount: record.amount_minor_units,
        currency: Currency::try_from(record.currency.clone()).ok()?,
    })
}

fn charge_of(record: &PaymentRecord) -> Option<Charge> {
    Some(Charge {
        payment: record.id,
        amount: amount_of(record)?,
        payment_method: record.payment_method.clone(),
        return_url: record.return_url.clone(),
    })
}

/// A fresh refund's id.
pub fn new_refund_id() -> RefundId {
    RefundId(uuid::Uuid::new_v4().as_u128())
}

/// A fresh payment's id.
pub fn new_payment_id(show: ShowId) -> PaymentId {
    PaymentId::new(show, rand::random())
}
