//! Payments: authorise, confirm the places in one conditional update, capture. Whatever stops on the way is finished
//! by the outbox, on this node or another.

pub mod gateway;
mod outbox;
pub mod sandbox;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify, mpsc};

use crate::domain::command::Command;
use crate::domain::id::PaymentId;
use crate::domain::money::{Currency, Money};
use crate::domain::outcome::Outcome;
use crate::domain::reference::OrderNumber;
use crate::domain::show::Show;
use crate::store::batch::IdempotencyKey;
use crate::store::database::Database;
use crate::store::payment::{PaymentRecord, PaymentState};
use crate::store::shows::Shows;
use crate::turnstile::{Passed, Turnstile};
use gateway::{Charge, Gateway, GatewayError};

/// Confirmed payments that wait to be captured by this node.
const CONFIRMED_MAX: usize = 8_192;
/// Part of the time for which a confirmed payment's row is not due that this node uses: the clock ran before the answer.
const OWN_SHARE: f64 = 0.8;

/// Payment's limits.
#[derive(Debug, Clone)]
pub struct PaymentSettings {
    /// How long a provider may take to answer.
    pub provider_max: Duration,
    /// How long a task of the outbox is leased; longer than a provider may take.
    pub lease: Duration,
    /// How often the outbox is looked at when nobody has said that there is something in it.
    pub poll: Duration,
    /// Most tasks taken at a time.
    pub tasks_max: i64,
    /// For so long a payment is this node's alone once it has begun it or confirmed it.
    pub resolve_after: Duration,
}

/// How a payment ended.
#[derive(Debug)]
pub enum Driven {
    /// What the turnstile made of it.
    Passed(Passed),
    /// The provider didn't answer, so it isn't known; the outbox goes on with it.
    Unknown,
}

/// The payments of one node.
pub struct Payments {
    database: Database,
    shows: Arc<Shows>,
    turnstile: Arc<Turnstile>,
    gateways: HashMap<&'static str, Arc<dyn Gateway>>,
    settings: PaymentSettings,
    /// Says that the outbox has something due.
    due: Notify,
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
        turnstile: Arc<Turnstile>,
        gateways: Vec<Arc<dyn Gateway>>,
        settings: PaymentSettings,
    ) -> Arc<Self> {
        let (confirmed, to_capture) = mpsc::channel(CONFIRMED_MAX);
        let gateways = gateways
            .into_iter()
            .map(|gateway| (gateway.name(), gateway))
            .collect();
        Arc::new(Self {
            database,
            shows,
            turnstile,
            gateways,
            settings,
            due: Notify::new(),
            confirmed,
            to_capture: Mutex::new(to_capture),
        })
    }

    /// The provider of that name, as it is called in the tables.
    pub fn provider(&self, name: &str) -> Option<&'static str> {
        self.gateways.get_key_value(name).map(|(name, _)| *name)
    }

    /// Whether this provider authorises this means of payment without being asked.
    pub fn authorises_at_once(&self, provider: &str, payment_method: &str) -> bool {
        let gateway = self.gateways.get(provider);
        gateway.is_some_and(|gateway| gateway.authorises_at_once(payment_method))
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
        provider: &str,
        key: Option<IdempotencyKey>,
    ) -> Driven {
        let Some(gateway) = self.gateways.get(provider) else {
            tracing::error!(
                payment.provider = provider,
                "a payment's provider is not configured"
            );
            return Driven::Unknown;
        };
        let payment = charge.payment;
        let answer = tokio::time::timeout(self.settings.provider_max, gateway.authorise(charge)).await;
        let command = match answer {
            Ok(Ok(())) => Command::ConfirmPayment { order, payment },
            Ok(Err(GatewayError::Declined(reason))) => Command::RejectPayment {
                order,
                payment,
                reason,
            },
            Ok(Err(GatewayError::Unavailable(error))) => {
                tracing::warn!(payment.id = %payment, error, "a provider's answer is unknown");
                return Driven::Unknown;
            }
            Err(_elapsed) => return Driven::Unknown,
        };
        let passed = self.turnstile.pass(show, command, key).await;
        match passed.as_ref().map(|decision| &decision.outcome) {
            Ok(Outcome::PaymentConfirmed(_)) => self.capture_soon(show, order, charge, gateway.name()),
            Ok(Outcome::PaymentLate(_)) => self.due.notify_one(),
            _ => {}
        }
        Driven::Passed(passed)
    }

    /// Says that the outbox has something due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Has a payment captured that has just been confirmed.
    pub fn capture_soon(&self, show: &Show, order: OrderNumber, charge: &Charge, provider: &str) {
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
        };
        let until = Instant::now() + self.settings.resolve_after.mul_f64(OWN_SHARE);
        let _full = self.confirmed.try_send(Confirmed { payment, until });
    }

    fn charge_of(&self, record: &PaymentRecord) -> Option<Charge> {
        let currency = Currency::try_from(record.currency.clone()).ok()?;
        Some(Charge {
            payment: record.id,
            amount: Money {
                amount: record.amount_minor_units,
                currency,
            },
            payment_method: record.payment_method.clone(),
        })
    }
}

/// A fresh payment's id.
pub fn new_payment_id() -> PaymentId {
    PaymentId(uuid::Uuid::new_v4().as_u128())
}
