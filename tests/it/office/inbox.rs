//! Where notices of payment providers arrive, with whatever answers a test wants.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;
use tokio::sync::Mutex;

/// How often it is looked whether something has arrived.
const LOOK: Duration = Duration::from_millis(5);

/// A notice, as it arrived.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its signature, in whichever header.
    pub signature: String,
    /// Its body, to the byte.
    pub text: String,
    /// Its body, read.
    pub body: Value,
}

/// A server that takes notices.
pub struct Inbox {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    notices: Vec<Notice>,
    /// What the next ones are answered with; those after them get 200.
    answers: VecDeque<StatusCode>,
}

impl Inbox {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/notices", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
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

    /// What the next notice is answered with.
    pub async fn answer_next(&self, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.state.lock().await.answers.push_back(status);
    }

    /// Waits for so many notices in all, and gives them.
    pub async fn wait_for(&self, count: usize) -> Vec<Notice> {
        let wait = async {
            loop {
                let notices = self.state.lock().await.notices.clone();
                if notices.len() >= count {
                    return notices;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let waited = tokio::time::timeout(super::PATIENCE, wait).await;
        waited.unwrap_or_else(|_| panic!("fewer than {count} notices have arrived"))
    }
}

async fn take(state: web::Data<Mutex<State>>, request: HttpRequest, text: String) -> HttpResponse {
    let headers = request.headers();
    let signature = headers
        .get("stripe-signature")
        .or(headers.get("hosted-signature"))
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut state = state.lock().await;
    let body = serde_json::from_str(&text).unwrap_or_default();
    state.notices.push(Notice {
        signature: signature.to_owned(),
        text,
        body,
    });
    HttpResponse::build(state.answers.pop_front().unwrap_or(StatusCode::OK)).finish()
}
