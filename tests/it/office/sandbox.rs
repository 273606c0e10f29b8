//! The sandbox payment provider: the real binary, in a process of its own.

use std::process::Stdio;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::PATIENCE;

/// A running provider; it is killed when it is dropped.
pub struct SandboxPayments {
    child: Child,
    url: String,
    client: reqwest::Client,
}

impl SandboxPayments {
    /// Starts one on a free port with these arguments and waits until it listens.
    pub async fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(["sandbox-payments", "--listen", "127.0.0.1:0"])
            .args(args)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a provider");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut seen = String::new();
        let url = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line())
                .await
                .expect("a line in time");
            let line = line
                .expect("a line")
                .unwrap_or_else(|| panic!("the provider ended: {seen}"));
            if let Some((_, address)) = line.split_once("sandbox payments listening on ") {
                break address.trim().to_owned();
            }
            seen.push_str(&line);
        };
        // Printed only when the test fails.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
            }
        });
        // Where buyers are sent back to is looked at, not gone to.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        Self { child, url, client }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next call of this name (or `any`) goes wrong like this.
    pub async fn fault(&self, call: &str, fault: &str) {
        self.prepare(json!({"call": call, "fault": fault})).await;
    }

    /// Faults with all their details.
    pub async fn prepare(&self, fault: Value) {
        self.pull("POST", "/sandbox/faults", fault).await;
    }

    /// Takes prepared faults away.
    pub async fn clear_faults(&self) {
        self.pull("DELETE", "/sandbox/faults", Value::Null).await;
    }

    /// Lets stalled calls go on.
    pub async fn release(&self) {
        self.pull("POST", "/sandbox/release", Value::Null).await;
    }

    /// Waits until a call of this name is stalled.
    pub async fn wait_until_stalled(&self, call: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let stalled = self.pull("GET", "/sandbox/stalled", Value::Null).await;
            let calls = stalled["calls"].as_array().expect("calls");
            if calls.iter().any(|stalled| stalled == call) {
                return;
            }
            assert!(Instant::now() < deadline, "no {call} stalls: {stalled}");
        }
    }

    /// Every payment of both doors.
    pub async fn book(&self) -> Vec<Value> {
        let book = self.pull("GET", "/sandbox/book", Value::Null).await;
        book["payments"].as_array().expect("payments").clone()
    }

    /// The payment with the office's own id for it, or the merchant's reference.
    pub async fn payment(&self, reference: &str) -> Value {
        let book = self.book().await;
        let found = book.iter().find(|payment| payment["reference"] == reference);
        found
            .unwrap_or_else(|| panic!("{reference} is not in the book: {book:?}"))
            .clone()
    }

    /// How often something was done, by the name of the call.
    pub async fn calls(&self) -> Value {
        self.pull("GET", "/sandbox/calls", Value::Null).await
    }

    /// The buyer says yes; gives where they are sent.
    pub async fn approve(&self, id: &str) -> Option<String> {
        self.decide(id, "approve").await
    }

    /// The buyer says no; gives where they are sent.
    pub async fn decline(&self, id: &str) -> Option<String> {
        self.decide(id, "decline").await
    }

    /// Somebody gives money back at the provider, without the office: all, or so much.
    pub async fn refund(&self, intent: &str, amount: Option<i64>) {
        let mut form = vec![("payment_intent", intent.to_owned())];
        form.extend(amount.map(|amount| ("amount", amount.to_string())));
        let call = self.client.post(format!("{}/v1/refunds", self.url));
        let answer = call.bearer_auth("sk_test_boxoffice").form(&form).send().await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }

    /// The buyer's bank calls all of a payment back; gives the dispute's name.
    pub async fn dispute(&self, intent: &str) -> String {
        let made = self
            .pull("POST", "/sandbox/disputes", json!({"payment_intent": intent}))
            .await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// It is decided who has the money: won or lost.
    pub async fn close_dispute(&self, dispute: &str, status: &str) {
        let lever = format!("/sandbox/disputes/{dispute}/close");
        self.pull("POST", &lever, json!({"status": status})).await;
    }

    /// The provider gives a payment up that nobody took.
    pub async fn expire(&self, id: &str) {
        self.pull("POST", &format!("/sandbox/expire/{id}"), Value::Null)
            .await;
    }

    /// normal, lost, duplicate, reordered or held.
    pub async fn set_webhooks(&self, mode: &str) {
        self.pull("PUT", "/sandbox/webhooks", json!({"mode": mode})).await;
    }

    /// Whether every call gets 503.
    pub async fn outage(&self, on: bool) {
        self.pull("PUT", "/sandbox/outage", json!({"on": on})).await;
    }

    /// The provider forgets every idempotency key.
    pub async fn forget_keys(&self) {
        self.pull("POST", "/sandbox/forget-keys", Value::Null).await;
    }

    /// Stops it as an operator would; gives its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        let pid = Pid::from_raw(self.child.id().expect("a process").cast_signed());
        kill(pid, Signal::SIGTERM).expect("a signal");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("an end in time");
        ended.expect("a status").code()
    }

    async fn decide(&self, id: &str, verdict: &str) -> Option<String> {
        let page = if id.starts_with("pi_") {
            "3ds"
        } else {
            "hosted/checkout"
        };
        let address = format!("{}/{page}/{id}/{verdict}", self.url);
        let answer = self.client.post(address).send().await.expect("an answer");
        assert!([200, 303].contains(&answer.status().as_u16()), "{answer:?}");
        let location = answer.headers().get("location")?;
        Some(location.to_str().expect("an address").to_owned())
    }

    async fn pull(&self, method: &str, lever: &str, body: Value) -> Value {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{lever}", self.url));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{lever}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
