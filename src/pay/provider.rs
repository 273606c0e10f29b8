//! A provider as this node sees it: its gateway, a deadline for each call, a breaker that leaves it alone for a while
//! when it doesn't answer, and a pace for what no buyer waits for.
//!
//! | it answers | that means | so |
//! | --- | --- | --- |
//! | nothing in time, 408, 425, 5xx, or what can't be read | it may have been done | the breaker counts it; the outbox looks it up |
//! | 429 | too many calls, this one unread | the outbox slows down; a buyer's call is made again at once or not at all |
//! | 401, 403 | the office's key is wrong, the call unread | an error for the operator; such calls pause |
//! | that the same call is under way | it may have been done | the outbox looks it up |
//! | a refusal | it would refuse again | the payment is declined, the task refused |

pub mod account;
pub mod accounts;
pub mod adaptor;
pub mod box_office;
mod breaker;
pub mod client;
pub mod gateway;
pub mod hosted;
pub mod pace;
pub mod sandbox;
mod signature;
pub mod stripe;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker::{Admission, Breaker, BreakerSettings};
use domain::id::PaymentId;
use domain::payment::Decline;
use gateway::{Answer, Gateway, GatewayError, ProviderRecord};
use pace::Pace;

/// How long the outbox leaves a provider alone that refuses the office's key.
const KEY_REFUSED_PAUSE: Duration = Duration::from_secs(30);
/// How often that is logged for the operator.
const KEY_REFUSED_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How patient a node is with a provider.
#[derive(Debug, Clone, Copy)]
pub struct ProviderSettings {
    /// How long a call may take.
    pub call_max: Duration,
    /// Calls in a row that it may leave unanswered before it is left alone for a while.
    pub failures_max: u32,
    /// How long it is left alone.
    pub rest: Duration,
    /// Calls a second that the outbox makes at most.
    pub calls_per_second_max: u32,
}

/// Who waits for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A buyer.
    Buyer,
    /// Nobody: it is the outbox that calls.
    Outbox,
}

/// Why a call to a provider did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// It refuses, and would again.
    Declined(Decline),
    /// It may or may not have done it.
    Unknown(String),
    /// This call has done nothing: it wasn't made, or was turned away unread.
    NotAsked {
        /// When it may be made again.
        retry_after: Duration,
    },
}

/// A provider with what this node knows of its health.
pub struct Provider {
    gateway: Arc<dyn Gateway>,
    breaker: Breaker,
    pace: Pace,
    refusals: Mutex<KeyRefusals>,
    settings: ProviderSettings,
}

/// When the provider has refused the office's key. Apart for the two kinds of calls: a key may be good for one of them.
#[derive(Debug, Default)]
struct KeyRefusals {
    buyer: Option<Instant>,
    outbox: Option<Instant>,
    logged: Option<Instant>,
}

impl Provider {
    /// A provider of which nothing is known yet.
    pub fn new(gateway: Arc<dyn Gateway>, settings: ProviderSettings) -> Self {
        let breaker = Breaker::new(BreakerSettings {
            failures_max: settings.failures_max,
            open_for: settings.rest,
        });
        Self {
            gateway,
            breaker,
            pace: Pace::new(settings.calls_per_second_max, Instant::now()),
            refusals: Mutex::default(),
            settings,
        }
    }

    /// Its name in requests and tables.
    pub fn name(&self) -> &'static str {
        self.gateway.name()
    }

    /// What it can do.
    pub fn gateway(&self) -> &dyn Gateway {
        &*self.gateway
    }

    /// Whether buyers are not sent to it now.
    pub fn rests(&self) -> bool {
        let now = Instant::now();
        self.breaker.refuses(now) || self.refused_key(Urgency::Buyer, now).is_some()
    }

    /// How many tasks of the outbox may be started now.
    pub fn room(&self) -> usize {
        let now = Instant::now();
        if self.breaker.refuses(now) || self.refused_key(Urgency::Outbox, now).is_some() {
            return 0;
        }
        if self.gateway.is_metered() {
            self.pace.room(now)
        } else {
            usize::MAX
        }
    }

    /// Makes a call, unless the provider is left alone.
    pub async fn ask<T>(&self, urgency: Urgency, call: Answer<'_, T>) -> Result<T, ProviderError> {
        let now = Instant::now();
        let paused = match urgency {
            Urgency::Outbox => self.pace.pause(now).or(self.refused_key(urgency, now)),
            Urgency::Buyer => None,
        };
        if let Some(retry_after) = paused {
            return Err(ProviderError::NotAsked { retry_after });
        }
        if let Admission::Refused { retry_after } = self.breaker.admit(now) {
            return Err(ProviderError::NotAsked { retry_after });
        }
        self.pace.called(now);
        let answer = tokio::time::timeout(self.settings.call_max, call).await;
        let answer =
            answer.unwrap_or_else(|_elapsed| Err(GatewayError::Unavailable("no answer in time".into())));
        match &answer {
            Err(GatewayError::Unavailable(_)) => self.breaker.failed(Instant::now()),
            _ => self.breaker.succeeded(),
        }
        let open = if self.breaker.is_open() { 1.0 } else { 0.0 };
        metrics::gauge!("boxoffice_provider_rests", "provider" => self.name()).set(open);
        answer.map_err(|error| self.take_in(urgency, error))
    }

    /// How a payment stands in its book. Nobody waits for that: it is the outbox that looks.
    pub async fn look_up(
        &self,
        payment: PaymentId,
        reference: Option<&str>,
    ) -> Result<Option<ProviderRecord>, ProviderError> {
        let look_up = self.gateway.look_up(payment, reference);
        self.ask(Urgency::Outbox, look_up).await
    }

    fn take_in(&self, urgency: Urgency, error: GatewayError) -> ProviderError {
        match error {
            GatewayError::Declined(decline) => ProviderError::Declined(decline),
            GatewayError::Unavailable(error) | GatewayError::UnderWay(error) => ProviderError::Unknown(error),
            GatewayError::Throttled { retry_after } => {
                metrics::counter!("boxoffice_provider_throttled_total", "provider" => self.name())
                    .increment(1);
                let retry_after = self.pace.throttled(retry_after, Instant::now());
                ProviderError::NotAsked { retry_after }
            }
            GatewayError::KeyRefused => {
                metrics::counter!("boxoffice_provider_key_refused_total", "provider" => self.name())
                    .increment(1);
                self.note_refused_key(urgency, Instant::now());
                ProviderError::NotAsked {
                    retry_after: KEY_REFUSED_PAUSE,
                }
            }
        }
    }

    fn note_refused_key(&self, urgency: Urgency, now: Instant) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        match urgency {
            Urgency::Buyer => refusals.buyer = Some(now),
            Urgency::Outbox => refusals.outbox = Some(now),
        }
        let is_fresh = |logged: Instant| now.saturating_duration_since(logged) < KEY_REFUSED_LOG_INTERVAL;
        if !refusals.logged.is_some_and(is_fresh) {
            refusals.logged = Some(now);
            tracing::error!(
                payment.provider = self.name(),
                "a payment provider refuses the office's key: nothing is paid there until it is mended"
            );
        }
    }

    /// How long calls of this kind pause yet, as the office's key was refused.
    fn refused_key(&self, urgency: Urgency, now: Instant) -> Option<Duration> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, pause) = match urgency {
            Urgency::Buyer => (refusals.buyer?, self.settings.rest),
            Urgency::Outbox => (refusals.outbox?, KEY_REFUSED_PAUSE),
        };
        let left = pause.saturating_sub(now.saturating_duration_since(at));
        (!left.is_zero()).then_some(left)
    }
}
