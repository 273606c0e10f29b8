//! Calls to a provider over HTTP, bounded in time and in size. A failure on the way or at the provider leaves the
//! outcome unknown; only the provider's own refusal is a refusal.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::adaptor::reason;
use super::gateway::GatewayError;
use domain::payment::Decline;

/// Longest wait for a connection; a call may take longer.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Longest answer that is read, in bytes: a hundred payments with all that belongs to them take a fraction.
const RESPONSE_BYTES_MAX: usize = 4 * 1_048_576;
/// Connections kept for the next calls.
const IDLE_CONNECTIONS_MAX: usize = 32;
/// How long they are kept; shorter than providers keep them.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// After how long of silence a connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The header with the key under which a call is carried out once.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a client needs to know of its provider.
pub struct ClientSettings<'a> {
    /// The provider's name.
    pub provider: &'static str,
    /// Where its interface is; paths come after it.
    pub url: &'a str,
    /// The office's key there.
    pub key: &'a SecretString,
    /// How long a call may take in all.
    pub call_max: Duration,
    /// Headers of every call.
    pub headers: HeaderMap,
    /// Reads an answer that is neither a success nor a failure of the provider or of the office's key.
    pub read_refusal: fn(StatusCode, &[u8]) -> Refusal,
}

/// Why a provider can't be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address can't be called.
    #[error("{provider}'s address is not an http or https URL")]
    Url {
        /// The provider.
        provider: &'static str,
    },
    /// The key can't be sent.
    #[error("{provider}'s key has characters that no key has, or none")]
    Key {
        /// The provider.
        provider: &'static str,
    },
    /// The system's TLS can't be used.
    #[error("no connection can be prepared")]
    Connections(#[source] reqwest::Error),
}

/// Why a call did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its subject is not in a state that allows it.
    WrongState(String),
    /// Its subject doesn't exist.
    Missing(String),
    /// It was refused for another reason.
    Declined(Decline),
    /// It was turned away unread: too many calls.
    Throttled {
        /// When the provider wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// It was turned away unread: the office's key is not valid, or may not do this.
    KeyRefused,
    /// The same call is under way, as its key says. The provider is well.
    UnderWay(String),
    /// It may or may not have been carried out.
    Unavailable(String),
}

impl From<Refusal> for GatewayError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WrongState(why) | Refusal::Missing(why) => Self::Declined(why.into()),
            Refusal::Declined(decline) => Self::Declined(decline),
            Refusal::Throttled { retry_after } => Self::Throttled { retry_after },
            Refusal::KeyRefused => Self::KeyRefused,
            Refusal::UnderWay(why) => Self::UnderWay(why),
            Refusal::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

/// What is sent along.
pub enum Body<'a> {
    /// Fields, as a web form sends them.
    Form(&'a [(&'a str, &'a str)]),
    /// JSON.
    Json(serde_json::Value),
}

/// Calls one provider.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    read_refusal: fn(StatusCode, &[u8]) -> Refusal,
}

impl Client {
    /// A client that has no connection yet.
    pub fn new(settings: ClientSettings<'_>) -> Result<Self, ClientError> {
        let provider = settings.provider;
        let url = Url::parse(settings.url).ok();
        let url = url
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or(ClientError::Url { provider })?;
        let key = settings.key.expose_secret();
        let authorization = HeaderValue::try_from(format!("Bearer {key}")).ok();
        let mut authorization = authorization
            .filter(|_| !key.is_empty())
            .ok_or(ClientError::Key { provider })?;
        authorization.set_sensitive(true);
        let mut headers = settings.headers;
        headers.insert(AUTHORIZATION, authorization);
        let http = reqwest::Client::builder()
            .user_agent(concat!("boxoffice/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // A redirect would repeat a call somewhere else.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_MAX.min(settings.call_max))
            .timeout(settings.call_max)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_MAX)
            .build()
            .map_err(ClientError::Connections)?;
        Ok(Self {
            http,
            url,
            read_refusal: settings.read_refusal,
        })
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Refusal> {
        let mut url = self.url_of(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.request(Method::GET, url)).await
    }

    /// Has something done under a key.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: &str,
        body: Body<'_>,
    ) -> Result<T, Refusal> {
        let request = self.http.request(Method::POST, self.url_of(path));
        let request = request.header(IDEMPOTENCY_KEY, key);
        let request = match body {
            Body::Form(fields) => request.form(fields),
            Body::Json(value) => request.json(&value),
        };
        self.send(request).await
    }

    /// Has something given up under a key.
    pub async fn delete<T: DeserializeOwned>(&self, path: &[&str], key: &str) -> Result<T, Refusal> {
        let request = self.http.request(Method::DELETE, self.url_of(path));
        self.send(request.header(IDEMPOTENCY_KEY, key)).await
    }

    /// The address of a path, given by its parts: what they are made of can't change where they lead.
    fn url_of(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        url
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refusal> {
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let retry_after = read_retry_after(response.headers());
        let body = read(response).await?;
        if status.is_success() {
            // Where nothing is to be said, some say nothing at all.
            let body = if body.is_empty() { b"null" } else { body.as_slice() };
            return serde_json::from_slice(body).map_err(|error| {
                // Not the error's own text, which repeats what is in the answer.
                let (line, column) = (error.line(), error.column());
                Refusal::Unavailable(format!("its answer can't be read at {line}:{column}"))
            });
        }
        match status.as_u16() {
            401 | 403 => Err(Refusal::KeyRefused),
            429 => Err(Refusal::Throttled { retry_after }),
            408 | 425 | 500.. => Err(status_alone(status)),
            _ => Err((self.read_refusal)(status, &body)),
        }
    }
}

/// The header in seconds; a date is no use, as the provider's clock may be another.
fn read_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads an answer of which only the status is usable.
pub fn status_alone(status: StatusCode) -> Refusal {
    Refusal::Unavailable(format!("it answered with status {}", status.as_u16()))
}

async fn read(mut response: Response) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > RESPONSE_BYTES_MAX {
            return Err(Refusal::Unavailable("its answer is too long".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The reason that is given for a call without an answer: never the address, whose query names payments.
fn no_answer(error: reqwest::Error) -> Refusal {
    if error.is_timeout() {
        return Refusal::Unavailable("no answer in time".into());
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
    Refusal::Unavailable(reason(&format!("{what}: {cause}")))
}

#[cfg(test)]
pub mod canned;
#[cfg(test)]
mod tests;
