//! A client that speaks plain HTTP.

use std::net::IpAddr;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::contract;

/// One who asks.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The body, if this is a problem of that status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(
            self.headers.contains_key("retry-after"),
            matches!(status, 429 | 503)
        );
        self.body
    }
}

impl Client {
    /// A client of a node.
    pub fn new(url: &str, token: Option<&str>) -> Self {
        Self::from(None, url, token)
    }

    /// A client of a node, at this address of the machine.
    pub fn at_address(address: &str, url: &str) -> Self {
        Self::from(Some(address.parse().expect("an address")), url, None)
    }

    fn from(address: Option<IpAddr>, url: &str, token: Option<&str>) -> Self {
        let http = reqwest::Client::builder()
            .local_address(address)
            .timeout(super::PATIENCE)
            // To read the certificates of all authorities takes longer than many a test.
            .tls_certs_only([])
            .build()
            .expect("a client");
        Self {
            http,
            url: url.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// A client that believes this authority, as text.
    pub fn trusting(url: &str, authority: &[u8]) -> Self {
        let authority = reqwest::Certificate::from_pem(authority).expect("an authority");
        let http = reqwest::Client::builder()
            .timeout(super::PATIENCE)
            .tls_certs_only([authority])
            .build()
            .expect("a client");
        Self {
            http,
            url: url.to_owned(),
            token: None,
        }
    }

    /// The same with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same as a new buyer.
    pub async fn into_buyer(self) -> Self {
        let answer = self.post("/v1/sessions", &Value::Null).await.expect_status(201);
        self.with_token(answer["token"].as_str().expect("a token"))
    }

    /// What it says who it is with.
    pub fn token(&self) -> String {
        self.token.clone().expect("a token")
    }

    /// The same at another node.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// A request to be finished by the caller.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await.expect("an answer")
    }

    /// GET; `None` if no answer came.
    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        send(self.request(Method::GET, path)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await.expect("an answer")
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body))
            .await
            .expect("an answer")
    }

    /// POST of JSON under an idempotency key; `None` if no answer came.
    pub async fn try_post_with_key(&self, path: &str, body: &Value, key: &str) -> Option<Answer> {
        send(
            self.request(Method::POST, path)
                .header("Idempotency-Key", key)
                .json(body),
        )
        .await
    }

    /// POST of JSON under an idempotency key.
    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Answer {
        self.try_post_with_key(path, body, key).await.expect("an answer")
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, path).json(body))
            .await
            .expect("an answer")
    }

    /// Holds seats of a show.
    pub async fn hold(&self, show: &str, seats: &[&str]) -> Answer {
        self.post(
            &format!("/v1/shows/{show}/orders"),
            &serde_json::json!({"seats": seats}),
        )
        .await
    }

    /// Pays an order with a card of the sandbox.
    pub async fn pay(&self, order: &str, card: &str) -> Answer {
        let body = serde_json::json!({"provider": "sandbox", "payment_method": card});
        self.post(&format!("/v1/orders/{order}/payments"), &body).await
    }

    /// The state of a seat on the map.
    pub async fn seat(&self, show: &str, seat: &str) -> String {
        let map = self
            .get(&format!("/v1/shows/{show}/seat-map"))
            .await
            .expect_status(200);
        map["seats"][seat].as_str().expect("a seat").to_owned()
    }
}

/// Sends a request; `None` if no answer came. One that came is what the document says.
pub async fn send(request: RequestBuilder) -> Option<Answer> {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = client.execute(request).await.ok()?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.ok()?;
    let answer = Answer {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    };
    contract::check(&method, &path, &answer);
    Some(answer)
}
