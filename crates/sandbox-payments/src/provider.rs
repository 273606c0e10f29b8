//! What all calls share: the books of both doors, the keys that each remembers, and the levers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::HttpResponse;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use anyhow::Context;
use tokio::sync::Semaphore;

use super::answer::{Answer, Trouble};
use super::delivery::Endpoint;
use super::faults::{Call, Faults};
use super::hosted::book::Book as HostedBook;
use super::hosted::refusal::Refusal as HostedRefusal;
use super::keys::Keys;
use super::money::new_id;
use super::outgoing::Outgoing;
use super::settings::SandboxPayments;
use super::stalls::Stalls;
use super::stripe::book::Book as StripeBook;
use super::stripe::refusal::Refusal as StripeRefusal;

/// Most calls under way; further ones are turned away. Stalled calls count, too.
const CALLS_MAX: usize = 1_024;

/// Which shape a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Stripe's.
    Stripe,
    /// That of the provider with a page.
    Hosted,
}

/// Everything that calls share.
#[derive(Debug)]
pub struct Provider {
    /// Values of the header that are let in: the key as Bearer, and as the user of Basic.
    pub authorisations: Vec<HeaderValue>,
    pub stripe: Mutex<StripeBook>,
    pub hosted: Mutex<HostedBook>,
    /// Of each door, as callers of one know nothing of the other's.
    pub stripe_keys: Mutex<Keys>,
    pub hosted_keys: Mutex<Keys>,
    pub faults: Mutex<Faults>,
    pub stalls: Stalls,
    pub outage: AtomicBool,
    /// How often the book was opened for each kind of call.
    pub calls: Mutex<BTreeMap<Call, u64>>,
    /// One for each call under way.
    pub places: Arc<Semaphore>,
}

impl Provider {
    pub fn open(settings: &SandboxPayments, base_url: String) -> anyhow::Result<Self> {
        let outgoing = |url: &Option<String>, secret: &str, header, scheme| match url {
            Some(url) => Outgoing::to(Endpoint {
                url: url.clone(),
                secret: secret.to_owned(),
                header,
                scheme,
            }),
            None => Outgoing::nowhere(),
        };
        let events = outgoing(
            &settings.webhook_url,
            &settings.webhook_secret,
            "Stripe-Signature",
            "v1",
        );
        let notices = outgoing(
            &settings.hosted_webhook_url,
            &settings.hosted_secret,
            "Hosted-Signature",
            "sha256",
        );
        Ok(Self {
            authorisations: authorisations(&settings.api_key)?,
            stripe: Mutex::new(StripeBook::new(base_url.clone(), events)),
            hosted: Mutex::new(HostedBook::new(base_url, notices)),
            stripe_keys: Mutex::new(Keys::new(settings.key_memory)),
            hosted_keys: Mutex::new(Keys::new(settings.key_memory)),
            faults: Mutex::default(),
            stalls: Stalls::default(),
            outage: AtomicBool::new(false),
            calls: Mutex::default(),
            places: Arc::new(Semaphore::new(CALLS_MAX)),
        })
    }

    pub fn is_out(&self) -> bool {
        self.outage.load(Ordering::SeqCst)
    }

    pub fn keys(&self, door: Door) -> &Mutex<Keys> {
        match door {
            Door::Stripe => &self.stripe_keys,
            Door::Hosted => &self.hosted_keys,
        }
    }
}

impl Door {
    /// Its words for a trouble.
    pub fn tell(self, trouble: Trouble) -> Answer {
        match self {
            Self::Stripe => StripeRefusal::from(trouble).into(),
            Self::Hosted => HostedRefusal::from(trouble).into(),
        }
    }

    /// Whether a call charges a card: then a decline is the card's, and leaves its traces in the book.
    pub fn has_cards(self, call: Call) -> bool {
        self == Self::Stripe && matches!(call, Call::Create | Call::Confirm)
    }

    pub fn respond(self, answer: Answer) -> HttpResponse {
        self.response(&answer).json(answer.body)
    }

    /// An answer that had been given before.
    pub fn respond_again(self, answer: Answer) -> HttpResponse {
        self.response(&answer)
            .insert_header(("Idempotent-Replayed", "true"))
            .json(answer.body)
    }

    fn response(self, answer: &Answer) -> actix_web::HttpResponseBuilder {
        let mut response = HttpResponse::build(answer.status);
        if self == Self::Stripe {
            response.insert_header(("Request-Id", new_id("req")));
        }
        if let Some(seconds) = answer.retry_after_seconds {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        response
    }
}

/// The headers that show this key. How Basic is written, the HTTP client knows.
fn authorisations(api_key: &str) -> anyhow::Result<Vec<HeaderValue>> {
    let client = reqwest::Client::new();
    let basic = client
        .get("http://localhost/")
        .basic_auth(api_key, Some(""))
        .build()?;
    let basic = basic
        .headers()
        .get(AUTHORIZATION.as_str())
        .context("a header")?
        .as_bytes();
    Ok(vec![
        HeaderValue::from_str(&format!("Bearer {api_key}"))?,
        HeaderValue::from_bytes(basic)?,
    ])
}
