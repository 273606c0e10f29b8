//! A provider as this node sees it: its gateway, a deadline for each call, and a breaker that leaves it alone for a while
//! when it doesn't answer.

pub mod account;
pub mod accounts;
mod adaptor;
mod breaker;
pub mod client;
pub mod gateway;
pub mod hosted;
pub mod sandbox;
mod signature;
pub mod stripe;

use std::sync::Arc;
use std::time::{Duration, Instant};

use breaker::{Admission, Breaker, BreakerSettings};
use gateway::{Answer, Gateway, GatewayError};

/// How patient a node is with a provider.
#[derive(Debug, Clone, Copy)]
pub struct ProviderSettings {
    /// How long a call may take.
    pub call_max: Duration,
    /// Calls in a row that it may leave unanswered before it is left alone for a while.
    pub failures_max: u32,
    /// How long it is left alone.
    pub rest: Duration,
}

/// Why a provider has not done what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// It refuses, and would again.
    Declined(String),
    /// It may or may not have done it.
    Unknown(String),
    /// It hasn't answered others, so it wasn't asked.
    NotAsked {
        /// When it will be.
        retry_after: Duration,
    },
}

/// A provider with what this node knows of its health.
pub struct Provider {
    gateway: Arc<dyn Gateway>,
    breaker: Breaker,
    call_max: Duration,
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
            call_max: settings.call_max,
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

    /// Whether it is left alone now.
    pub fn rests(&self) -> bool {
        self.breaker.refuses(Instant::now())
    }

    /// Makes a call, unless the provider is left alone.
    pub async fn ask<T>(&self, call: Answer<'_, T>) -> Result<T, NotDone> {
        if let Admission::Refused { retry_after } = self.breaker.admit(Instant::now()) {
            return Err(NotDone::NotAsked { retry_after });
        }
        let answer = tokio::time::timeout(self.call_max, call).await;
        let answer = match answer {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(GatewayError::Declined(reason))) => Err(NotDone::Declined(reason)),
            Ok(Err(GatewayError::Unavailable(error))) => Err(NotDone::Unknown(error)),
            Err(_elapsed) => Err(NotDone::Unknown("no answer in time".into())),
        };
        match &answer {
            Err(NotDone::Unknown(_)) => self.breaker.failed(Instant::now()),
            _ => self.breaker.succeeded(),
        }
        let open = if self.breaker.is_open() { 1.0 } else { 0.0 };
        metrics::gauge!("boxoffice_provider_rests", "provider" => self.name()).set(open);
        answer
    }
}
