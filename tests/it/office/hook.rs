//! An organiser's program that is told of what happens, with whatever answers a test wants.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::sync::{Mutex, Notify};

/// A message, as it arrived.
#[derive(Debug, Clone)]
pub struct HookMessage {
    pub path: String,
    pub headers: HeaderMap,
    /// To the byte.
    pub text: String,
    pub body: Value,
    /// What it was answered with; 0 if it wasn't.
    pub answer: u16,
}

impl HookMessage {
    /// Its id.
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().expect("an id")
    }

    /// The number of its event.
    pub fn offset(&self) -> i64 {
        self.body["data"]["offset"].as_i64().expect("an offset")
    }

    /// Whether this secret has signed it, as the library of Standard Webhooks sees it.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).expect("a secret");
        webhook.verify(self.text.as_bytes(), &self.headers).is_ok()
    }
}

/// What a message is answered with.
#[derive(Debug, Clone)]
pub enum HookAnswer {
    /// This status.
    Status(u16),
    /// This status, and to come back after so many seconds.
    RetryAfter(u16, u64),
    /// Somewhere else.
    Redirect(String),
    /// Nothing, until the test says so.
    Silence,
}

/// A server that takes messages.
pub struct Hook {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    messages: Mutex<Vec<HookMessage>>,
    /// What the next ones are answered with.
    next: Mutex<VecDeque<HookAnswer>>,
    /// What those after them are answered with; 204 if nothing is said.
    always: Mutex<Option<HookAnswer>>,
    arrived: Notify,
    resumed: Notify,
}

impl Hook {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let state = Arc::new(State::default());
        let data = web::Data::from(state.clone());
        let server = HttpServer::new(move || {
            let data = data.clone();
            App::new().app_data(data).default_service(web::to(take))
        });
        let server = server.workers(1).disable_signals().listen(listener);
        tokio::spawn(server.expect("a server").run());
        Self { url, state }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the next message is answered with.
    pub async fn answer_next(&self, answer: HookAnswer) {
        self.state.next.lock().await.push_back(answer);
    }

    /// What all others are answered with from now on.
    pub async fn answer_all(&self, answer: HookAnswer) {
        *self.state.always.lock().await = Some(answer);
    }

    /// Answers what has been kept waiting.
    pub fn resume(&self) {
        self.state.resumed.notify_waiters();
    }

    /// What has arrived so far.
    pub async fn messages(&self) -> Vec<HookMessage> {
        self.state.messages.lock().await.clone()
    }

    /// What it has taken, each message once.
    pub async fn taken(&self) -> Vec<HookMessage> {
        let mut taken: Vec<HookMessage> = Vec::new();
        for message in self.messages().await {
            let is_new = taken.iter().all(|known| known.id() != message.id());
            if is_new && (200..300).contains(&message.answer) {
                taken.push(message);
            }
        }
        taken
    }

    /// Waits until this is so of what has arrived; gives it.
    pub async fn wait_until(&self, is_so: impl Fn(&[HookMessage]) -> bool) -> Vec<HookMessage> {
        let wait = async {
            loop {
                let arrived = self.state.arrived.notified();
                let messages = self.messages().await;
                if is_so(&messages) {
                    return messages;
                }
                // Another test's message may have come in between: there is but one receiver of each notice.
                let _late = tokio::time::timeout(Duration::from_millis(50), arrived).await;
            }
        };
        let waited = tokio::time::timeout(super::PATIENCE, wait).await;
        match waited {
            Ok(messages) => messages,
            Err(_) => panic!("it is never so: {:#?}", self.messages().await),
        }
    }

    /// Waits for so many messages in all.
    pub async fn wait_for(&self, count: usize) -> Vec<HookMessage> {
        self.wait_until(|messages| messages.len() >= count).await
    }

    /// Waits until this event of its show has been taken; gives all that have been, each once.
    pub async fn wait_for_offset(&self, offset: i64) -> Vec<HookMessage> {
        let is_it = |message: &HookMessage| {
            (200..300).contains(&message.answer) && message.body["data"]["offset"] == offset
        };
        self.wait_until(|messages| messages.iter().any(is_it)).await;
        self.taken().await
    }
}

async fn take(state: web::Data<State>, request: HttpRequest, text: String) -> HttpResponse {
    let answer = match state.next.lock().await.pop_front() {
        Some(answer) => answer,
        None => {
            let always = state.always.lock().await.clone();
            always.unwrap_or(HookAnswer::Status(204))
        }
    };
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        headers.insert(
            HeaderName::from_bytes(name.as_str().as_bytes()).expect("a name"),
            HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
        );
    }
    let status = match answer {
        HookAnswer::Status(status) | HookAnswer::RetryAfter(status, _) => status,
        HookAnswer::Redirect(_) => 307,
        HookAnswer::Silence => 0,
    };
    let message = HookMessage {
        path: request.path().to_owned(),
        headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
        answer: status,
    };
    let resumed = state.resumed.notified();
    state.messages.lock().await.push(message);
    state.arrived.notify_one();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT);
    let mut response = HttpResponse::build(status);
    match answer {
        HookAnswer::Status(_) => {}
        HookAnswer::RetryAfter(_, seconds) => {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        HookAnswer::Redirect(to) => {
            response.insert_header(("Location", to));
        }
        HookAnswer::Silence => resumed.await,
    }
    response.finish()
}
