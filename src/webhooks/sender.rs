//! Sends a message to an endpoint, bounded in time and in size. What is answered is not looked at beyond its status.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url, redirect};
use tokio::sync::OnceCell;

use super::address::{Reach, check_url};
use super::message::Message;
use super::resolver::CheckedResolver;
use super::secret::Secret;

/// Longest wait for a connection; a call may take longer.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read, so that the connection can be used again.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;
/// Connections to one endpoint that are kept for the next calls.
const IDLE_CONNECTIONS_MAX: usize = 2;
/// How long they are kept.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What an endpoint made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has taken it.
    Taken,
    /// It wants nothing any more.
    Gone,
    /// It has not taken it.
    Failed,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Gone => "gone",
            Self::Failed => "failed",
        }
    }
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the endpoint made of it.
    pub verdict: Verdict,
    /// The status of its answer, if one came.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it wants to be asked again.
    pub retry_after: Option<Duration>,
    /// How long it took.
    pub latency: Duration,
}

/// Calls endpoints.
pub struct Sender {
    /// Made when it is needed for the first time: to read the certificates of all authorities takes a while.
    http: OnceCell<reqwest::Client>,
    reach: Reach,
    call_max: Duration,
}

impl Sender {
    /// One that has no connection yet.
    pub fn new(reach: Reach, call_max: Duration) -> Self {
        Self {
            http: OnceCell::new(),
            reach,
            call_max,
        }
    }

    async fn http(&self) -> Result<&reqwest::Client, String> {
        let (reach, call_max) = (self.reach, self.call_max);
        let make = || async move {
            let made = tokio::task::spawn_blocking(move || client(reach, call_max)).await;
            let made = made.map_err(|error| error.to_string())?;
            made.map_err(|error| format!("no connection can be prepared: {error}"))
        };
        self.http.get_or_try_init(make).await
    }

    /// Sends a message, signed with each of these secrets.
    pub async fn send(&self, url: &str, secrets: &[Secret], message: &Message) -> Answer {
        let begin = Instant::now();
        let mut answer = match check_url(url, self.reach) {
            Ok(url) => self.call(url, secrets, message).await,
            // The operator may allow less than when the endpoint was made.
            Err(fault) => failed(format!("its address {fault}")),
        };
        answer.latency = begin.elapsed();
        metrics::counter!("boxoffice_webhook_calls_total", "answer" => answer.verdict.word()).increment(1);
        metrics::histogram!("boxoffice_webhook_call_seconds").record(answer.latency);
        answer
    }

    async fn call(&self, url: Url, secrets: &[Secret], message: &Message) -> Answer {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let signatures: Result<Vec<_>, _> = secrets.iter().map(|secret| secret.sign(message, now)).collect();
        let Ok(signatures) = signatures else {
            return failed("the message can't be signed".to_owned());
        };
        let http = match self.http().await {
            Ok(http) => http,
            Err(error) => return failed(error),
        };
        let request = http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signatures.join(" "))
            .body(message.text.clone());
        match request.send().await {
            Ok(response) => judge(response).await,
            Err(error) => failed(reason(error)),
        }
    }
}

/// A client that calls no address which it may not reach, follows no redirect and waits no longer than this.
pub fn client(reach: Reach, call_max: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("boxoffice/", env!("CARGO_PKG_VERSION")))
        // It would lead anywhere, signed.
        .redirect(redirect::Policy::none())
        // A proxy would look names up by itself.
        .no_proxy()
        .dns_resolver(Arc::new(CheckedResolver::new(reach)))
        .connect_timeout(CONNECT_MAX.min(call_max))
        .timeout(call_max)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .pool_idle_timeout(IDLE_MAX)
        .build()
}

async fn judge(mut response: Response) -> Answer {
    let status = response.status();
    let retry_after = read_retry_after(response.headers());
    let mut bytes = 0;
    // Its body says nothing, but only behind it the connection is free again. One that is longer, or breaks, is dropped.
    while bytes < ANSWER_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes += chunk.len(),
            Ok(None) | Err(_) => break,
        }
    }
    let (verdict, error) = match status {
        status if status.is_success() => (Verdict::Taken, None),
        StatusCode::GONE => (Verdict::Gone, Some("it is gone".to_owned())),
        status if status.is_redirection() => {
            let error = format!("it answered {}, and redirects are not followed", status.as_u16());
            (Verdict::Failed, Some(error))
        }
        status => (Verdict::Failed, Some(format!("it answered {}", status.as_u16()))),
    };
    Answer {
        verdict,
        status: Some(status.as_u16()),
        error,
        retry_after,
        latency: Duration::ZERO,
    }
}

fn failed(error: String) -> Answer {
    Answer {
        verdict: Verdict::Failed,
        status: None,
        error: Some(error),
        retry_after: None,
        latency: Duration::ZERO,
    }
}

/// The header in seconds; a date is no use, as the endpoint's clock may be another.
fn read_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Why no answer came, without the address: whoever reads it knows that.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let what = if error.is_connect() {
        "it can't be reached"
    } else {
        "the connection broke"
    };
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = format!("{what}: {cause}");
    text.chars()
        .filter(|character| !character.is_control())
        .take(REASON_CHARS_MAX)
        .collect()
}
