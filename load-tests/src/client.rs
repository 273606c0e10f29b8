//! HTTP/1.1 over one kept connection. The generator shares the processors with what it measures, so a call does little:
//! no pool, no redirects, and a body is not looked at unless the caller does.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderName, HeaderValue, IF_MATCH,
    IF_NONE_MATCH, RETRY_AFTER,
};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest wait for an answer.
const ANSWER_SECONDS_MAX: Duration = Duration::from_secs(30);
/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1_024 * 1_024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// One connection to the box office, opened again when it is lost.
pub struct Connection {
    address: SocketAddr,
    host: HeaderValue,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// A request, as far as the scenarios differ.
#[derive(Clone)]
pub struct Call {
    /// GET, POST, DELETE.
    pub method: Method,
    /// Path and query.
    pub path: Uri,
    /// `Bearer …`.
    pub token: Option<HeaderValue>,
    /// Idempotency-Key.
    pub key: Option<HeaderValue>,
    /// If-None-Match.
    pub known_tag: Option<HeaderValue>,
    /// If-Match.
    pub if_match: Option<HeaderValue>,
    /// JSON.
    pub body: Bytes,
}

/// What came back.
pub struct Answer {
    /// The status code, or `None` if no answer came: the connection broke or [`ANSWER_SECONDS_MAX`] went by.
    pub status: Option<u16>,
    /// ETag.
    pub tag: Option<HeaderValue>,
    /// Retry-After.
    pub retry_after: Option<HeaderValue>,
    /// The body as sent, compressed or not.
    pub body: Bytes,
}

impl Answer {
    /// No answer came.
    pub fn none() -> Self {
        Self {
            status: None,
            tag: None,
            retry_after: None,
            body: Bytes::new(),
        }
    }
}

impl Call {
    /// A request without a body.
    pub fn new(method: Method, path: &str) -> anyhow::Result<Self> {
        let path = path.parse().with_context(|| format!("{path} is not a path"))?;
        Ok(Self {
            method,
            path,
            token: None,
            key: None,
            known_tag: None,
            if_match: None,
            body: Bytes::new(),
        })
    }

    /// With a token.
    pub fn with_token(mut self, token: &HeaderValue) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// With a body.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// The header of a token or an organiser's key.
pub fn bearer(token: &str) -> anyhow::Result<HeaderValue> {
    HeaderValue::try_from(format!("Bearer {token}"))
        .context("the token has characters that no header may have")
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let host = HeaderValue::try_from(address.to_string())?;
        let mut connection = Self {
            address,
            host,
            sender: None,
        };
        connection
            .connect()
            .await
            .with_context(|| format!("no connection to {address}"))?;
        Ok(connection)
    }

    /// Sends one request and reads its answer. Accepts gzip, and never unpacks it.
    pub async fn send(&mut self, call: &Call) -> Answer {
        let answer = tokio::time::timeout(ANSWER_SECONDS_MAX, self.exchange(call)).await;
        answer.ok().and_then(Result::ok).unwrap_or_else(|| {
            self.sender = None;
            Answer::none()
        })
    }

    /// Sends a request that must succeed and reads its JSON.
    pub async fn read<T: serde::de::DeserializeOwned>(&mut self, call: &Call) -> anyhow::Result<T> {
        let answer = self.send(call).await;
        let text = || {
            String::from_utf8_lossy(&answer.body)
                .chars()
                .take(500)
                .collect::<String>()
        };
        let succeeded = matches!(answer.status, Some(200..=299));
        ensure!(
            succeeded,
            "{} {}: {:?} {}",
            call.method,
            call.path,
            answer.status,
            text()
        );
        serde_json::from_slice(&answer.body)
            .with_context(|| format!("{} {}: {}", call.method, call.path, text()))
    }

    async fn exchange(&mut self, call: &Call) -> anyhow::Result<Answer> {
        let request = self.request(call)?;
        let sender = match &mut self.sender {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        sender.ready().await?;
        let mut response = sender.send_request(request).await?;
        let tag = response.headers_mut().remove(ETAG);
        let retry_after = response.headers_mut().remove(RETRY_AFTER);
        Ok(Answer {
            status: Some(response.status().as_u16()),
            tag,
            retry_after,
            body: read_body(response).await?,
        })
    }

    async fn connect(&mut self) -> anyhow::Result<&mut SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; what went wrong is told by the request that was under way.
        tokio::spawn(connection);
        Ok(self.sender.insert(sender))
    }

    fn request(&self, call: &Call) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if !call.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let optional = [
            (AUTHORIZATION, &call.token),
            (IDEMPOTENCY_KEY, &call.key),
            (IF_NONE_MATCH, &call.known_tag),
            (IF_MATCH, &call.if_match),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        Ok(request)
    }
}

/// An answer mostly is one piece, which is passed on as it is.
async fn read_body(response: Response<Incoming>) -> anyhow::Result<Bytes> {
    let mut body = response.into_body();
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let Ok(piece) = frame?.into_data() else { continue };
        if first.is_empty() {
            first = piece;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&piece);
        ensure!(
            rest.len() <= ANSWER_BYTES_MAX,
            "the answer has more than {ANSWER_BYTES_MAX} bytes"
        );
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}
