//! A payment provider for trials and tests, in a process of its own: `boxoffice sandbox-payments`.
//!
//! It has two doors, each with a book of its own: `stripe`, in Stripe's wire shape, and `hosted`, a provider with a
//! page where the buyer pays. Both go through one `funnel`, where calls go wrong on request (`levers`). It remembers
//! in memory alone, takes nobody's money and uses no other room: what it does is proved without the office.

mod answer;
mod delivery;
mod faults;
mod funnel;
mod hosted;
mod keys;
mod levers;
mod money;
mod outgoing;
mod pages;
mod shelf;
mod stalls;
mod stripe;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use clap::Args;
use tokio::sync::Semaphore;

use answer::{Answer, Trouble};
use delivery::Endpoint;
use faults::{Call, Faults};
use keys::Keys;
use outgoing::Outgoing;
use stalls::Stalls;

/// Largest body of a call.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a stop waits for calls under way.
const STOP_SECONDS_MAX: u64 = 1;
/// How long an idle connection is kept: longer than clients do, so that none is closed under a call by chance.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// Threads that answer.
const WORKERS: usize = 2;

/// The settings of the provider.
#[derive(Debug, Clone, Args)]
pub struct SandboxPayments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "BOXOFFICE_SANDBOX_LISTEN", default_value = "127.0.0.1:12111")]
    pub listen: String,
    /// Where browsers find it [default: http:// and the address it listens on]
    #[arg(long, env = "BOXOFFICE_SANDBOX_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The key that callers of both doors show
    #[arg(long, env = "BOXOFFICE_SANDBOX_API_KEY", default_value = "sk_test_boxoffice")]
    pub api_key: String,
    /// Where Stripe's events go. Without it, nowhere
    #[arg(long, env = "BOXOFFICE_SANDBOX_WEBHOOK_URL")]
    pub webhook_url: Option<String>,
    /// What Stripe's events are signed with
    #[arg(
        long,
        env = "BOXOFFICE_SANDBOX_WEBHOOK_SECRET",
        default_value = "whsec_boxoffice"
    )]
    pub webhook_secret: String,
    /// Where the hosted door's notices go. Without it, nowhere
    #[arg(long, env = "BOXOFFICE_SANDBOX_HOSTED_WEBHOOK_URL")]
    pub hosted_webhook_url: Option<String>,
    /// What the hosted door's notices are signed with
    #[arg(
        long,
        env = "BOXOFFICE_SANDBOX_HOSTED_SECRET",
        default_value = "hosted_boxoffice"
    )]
    pub hosted_secret: String,
    /// How many idempotency keys each door remembers before it forgets the oldest
    #[arg(long, env = "BOXOFFICE_SANDBOX_KEY_MEMORY", default_value_t = 10_000)]
    pub key_memory: usize,
}

/// Which shape a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Stripe's.
    Stripe,
    /// That of the provider with a page.
    Hosted,
}

/// Everything that calls share.
#[derive(Debug)]
struct Provider {
    /// Values of the header that are let in: the key as Bearer, and as the user of Basic.
    authorisations: Vec<HeaderValue>,
    stripe: Mutex<stripe::book::Book>,
    hosted: Mutex<hosted::book::Book>,
    /// Of each door, as callers of one know nothing of the other's.
    stripe_keys: Mutex<Keys>,
    hosted_keys: Mutex<Keys>,
    faults: Mutex<Faults>,
    stalls: Stalls,
    outage: AtomicBool,
    /// How often the book was opened for each kind of call.
    calls: Mutex<BTreeMap<Call, u64>>,
    /// One for each call under way.
    places: Arc<Semaphore>,
}

/// Runs the provider until it is told to stop.
pub async fn run(settings: SandboxPayments) -> anyhow::Result<()> {
    let listener = TcpListener::bind(&settings.listen)
        .with_context(|| format!("can't listen on {}", settings.listen))?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    let base_url = settings.public_url.as_ref().unwrap_or(&address);
    let provider = web::Data::new(Provider::open(
        &settings,
        base_url.trim_end_matches('/').to_owned(),
    )?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(provider.clone())
            .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
            .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX))
            .configure(routes)
    })
    .workers(WORKERS)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS_MAX)
    .listen(listener)?
    .run();
    tracing::info!("sandbox payments listening on {address}");
    // It ends by SIGTERM and SIGINT.
    server.await?;
    Ok(())
}

/// All that it answers.
fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/{path:.*}", web::to(stripe::answer))
        .route("/3ds/{id}", web::get().to(stripe::show_page))
        .route("/3ds/{id}/{verdict}", web::post().to(stripe::decide))
        .route("/hosted/checkout/{id}", web::get().to(hosted::show_page))
        .route("/hosted/checkout/{id}/{verdict}", web::post().to(hosted::decide))
        .route("/hosted/{path:.*}", web::to(hosted::answer))
        .configure(levers::routes);
}

impl Provider {
    fn open(settings: &SandboxPayments, base_url: String) -> anyhow::Result<Self> {
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
            stripe: Mutex::new(stripe::book::Book::new(base_url.clone(), events)),
            hosted: Mutex::new(hosted::book::Book::new(base_url, notices)),
            stripe_keys: Mutex::new(Keys::new(settings.key_memory)),
            hosted_keys: Mutex::new(Keys::new(settings.key_memory)),
            faults: Mutex::default(),
            stalls: Stalls::default(),
            outage: AtomicBool::new(false),
            calls: Mutex::default(),
            places: Arc::new(Semaphore::new(funnel::CALLS_MAX)),
        })
    }

    fn is_out(&self) -> bool {
        self.outage.load(Ordering::SeqCst)
    }

    fn keys(&self, door: Door) -> &Mutex<Keys> {
        match door {
            Door::Stripe => &self.stripe_keys,
            Door::Hosted => &self.hosted_keys,
        }
    }
}

impl Door {
    /// Its words for a trouble.
    fn tell(self, trouble: Trouble) -> Answer {
        match self {
            Self::Stripe => stripe::refusal::Refusal::from(trouble).into(),
            Self::Hosted => hosted::refusal::Refusal::from(trouble).into(),
        }
    }

    /// Whether a call charges a card: then a decline is the card's, and leaves its traces in the book.
    fn has_cards(self, call: Call) -> bool {
        self == Self::Stripe && matches!(call, Call::Create | Call::Confirm)
    }

    fn respond(self, answer: Answer) -> HttpResponse {
        self.response(&answer).json(answer.body)
    }

    /// An answer that had been given before.
    fn respond_again(self, answer: Answer) -> HttpResponse {
        self.response(&answer)
            .insert_header(("Idempotent-Replayed", "true"))
            .json(answer.body)
    }

    fn response(self, answer: &Answer) -> actix_web::HttpResponseBuilder {
        let mut response = HttpResponse::build(answer.status);
        if self == Self::Stripe {
            response.insert_header(("Request-Id", money::new_id("req")));
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

/// The book of a call that panicked is as good as any: it is for tests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
