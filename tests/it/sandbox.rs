//! The sandbox payment provider over real HTTP: the rules of both doors, and what can go wrong on request.

mod doors;
mod faults;
mod notices;
mod stripe_sdk;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::office::{Answer, PATIENCE, SandboxPayments};

/// The key of a provider that is told nothing else.
const KEY: &str = "sk_test_boxoffice";
/// An intent over 100.00 EUR that sets money aside at once.
const AUTHORISED: &[(&str, &str)] = &[
    ("amount", "10000"),
    ("currency", "EUR"),
    ("capture_method", "manual"),
    ("payment_method", "pm_card_visa"),
    ("payment_method_types[]", "card"),
    ("confirm", "true"),
    ("metadata[payment]", "7"),
];

/// A caller of a provider.
struct Caller<'a> {
    sandbox: &'a SandboxPayments,
    http: reqwest::Client,
}

impl<'a> Caller<'a> {
    fn of(sandbox: &'a SandboxPayments) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build();
        Self {
            sandbox,
            http: http.expect("a client"),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", self.sandbox.url());
        self.http.request(method, address).bearer_auth(KEY)
    }

    /// GET at either door.
    async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// POST at Stripe's door.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.request(Method::POST, path).form(form)).await
    }

    /// POST at Stripe's door, with an idempotency key.
    async fn post_once(&self, key: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).form(form);
        send(request.header("Idempotency-Key", key)).await
    }

    /// POST at the hosted door.
    async fn post_json(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// POST at Stripe's door by a client that hangs up as soon as this has happened.
    async fn post_until(&self, seen: impl Future<Output = ()>, key: &str, path: &str, form: &[(&str, &str)]) {
        tokio::select! {
            answer = self.post_once(key, path, form) => panic!("{answer:?}"),
            () = seen => {}
        }
    }

    /// Makes a payment whose money is set aside, and gives its id.
    async fn authorise(&self) -> String {
        let intent = self.post("/v1/payment_intents", AUTHORISED).await;
        id_of(&intent.expect_status(200))
    }
}

async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

/// That this is an error of Stripe's shape with this code.
#[track_caller]
fn expect_error(answer: Answer, status: u16, code: &str) -> Value {
    let body = answer.expect_status(status);
    assert_eq!(body["error"]["code"], code, "{body}");
    body["error"].clone()
}
