//! Promise 4 with providers that are processes of their own: whatever goes wrong, the provider's book, the ledger and the
//! orders agree in the end.

mod away;
mod elsewhere;
mod exchange;
mod faults;
mod notices;
mod orphans;
mod returns;
mod storm;
mod throttle;
mod units;
mod waiting;

use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Answer, Client, PATIENCE, Redis, Relay, SandboxPayments, TestOffice};

const SECRETS: [(&str, &str); 5] = [
    ("BOXOFFICE_STRIPE_KEY", "sk_test_boxoffice"),
    ("BOXOFFICE_STRIPE_WEBHOOK_SECRET", "whsec_boxoffice"),
    ("BOXOFFICE_HOSTED_KEY", "sk_test_boxoffice"),
    ("BOXOFFICE_HOSTED_WEBHOOK_SECRET", "hosted_boxoffice"),
    ("BOXOFFICE_SANDBOX", "true"),
];

/// What keeps tests short, and nobody waiting for ever.
const HASTE: [(&str, &str); 5] = [
    ("BOXOFFICE_PROVIDER_SECONDS_MAX", "1"),
    ("BOXOFFICE_RESOLVE_SECONDS", "2"),
    ("BOXOFFICE_SEARCH_LAG_SECONDS", "0"),
    ("BOXOFFICE_PROVIDER_REST_MS", "200"),
    ("BOXOFFICE_PROVIDER_FAILURES_MAX", "100"),
];

/// An office with two providers, whose notices reach it. The relay needs a thread beside the one that waits.
pub struct Till {
    // Dropped first: what it checks needs the provider.
    pub office: TestOffice,
    pub provider: SandboxPayments,
    relay: Relay,
}

impl Till {
    pub async fn open() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(1, None, settings).await
    }

    async fn on(nodes: usize, redis: Option<Redis>, settings: &[(&str, &str)]) -> Self {
        let relay = Relay::start().await;
        let (stripe, hosted) = (
            format!("{}/v1/webhooks/stripe", relay.url()),
            format!("{}/v1/webhooks/hosted", relay.url()),
        );
        let provider =
            SandboxPayments::start(&["--webhook-url", &stripe, "--hosted-webhook-url", &hosted]).await;
        let mut all = vec![
            ("BOXOFFICE_STRIPE_URL", provider.url()),
            ("BOXOFFICE_HOSTED_URL", provider.url()),
        ];
        all.extend(SECRETS.iter().chain(&HASTE).chain(settings));
        let office = TestOffice::with(nodes, redis, &all).await;
        relay.lead_to(office.nodes[0].url());
        Self {
            office,
            provider,
            relay,
        }
    }

    /// kill -9, and another node in its place.
    pub async fn restart_node(&mut self) {
        self.office.nodes.remove(0).kill().await;
        self.provider.release().await;
        self.office.add_node().await;
        self.relay.lead_to(self.office.nodes[0].url());
    }

    /// The leases of a node that was killed have run out, and every pause is over.
    fn let_time_pass(&self) {
        self.sql("UPDATE outbox SET due_at = clock_timestamp() WHERE dead_at IS NULL");
    }

    /// The first pauses after a failure are over. What nobody has tried yet, or is just trying, is left alone: a row that
    /// is locked here can't be put off meanwhile.
    fn end_pauses(&self) {
        self.sql(
            "UPDATE outbox SET due_at = clock_timestamp() \
             WHERE dead_at IS NULL AND last_error IS NOT NULL AND due_at < clock_timestamp() + interval '5 seconds'",
        );
    }

    /// What no request does.
    fn sql(&self, statement: &str) {
        let mut connection = self.office.database.connect();
        connection.batch_execute(statement).expect(statement);
    }

    /// Lets time pass until a count is zero.
    fn wait_for_zero(&self, count: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.office.database.number(count) != 0 {
            self.let_time_pass();
            assert!(Instant::now() < deadline, "not zero: {count}");
        }
    }

    /// Waits until every provider knows all, and holds their books against the ledger.
    ///
    /// A notice may be on its way, and with it work.
    pub fn settle(&self) {
        let database = &self.office.database;
        let deadline = Instant::now() + PATIENCE;
        loop {
            while database.number("SELECT count(*) FROM outbox WHERE dead_at IS NULL") != 0 {
                assert!(Instant::now() < deadline, "the outbox does not run empty");
                self.let_time_pass();
            }
            let (settled, words) = self.reconcile();
            if settled && !words.contains("(under way)") {
                return;
            }
            assert!(Instant::now() < deadline, "{words}");
        }
    }

    /// What `boxoffice reconcile` finds.
    fn reconcile(&self) -> (bool, String) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(["reconcile", "--database-url", self.office.database.direct_url()])
            .args([
                "--stripe-url",
                self.provider.url(),
                "--hosted-url",
                self.provider.url(),
            ])
            .envs(SECRETS)
            .output()
            .expect("boxoffice reconcile");
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.success(),
            words + &String::from_utf8_lossy(&output.stderr),
        )
    }

    /// A new buyer, with an order for these seats.
    async fn order(&self, show: &str, seats: &[&str]) -> (Client, Value) {
        let buyer = self.office.buyer().await;
        let order = buyer.hold(show, seats).await.expect_status(201);
        (buyer, order)
    }

    /// How often a provider has done something.
    async fn times(&self, call: &str) -> i64 {
        self.provider.calls().await[call].as_i64().unwrap_or(0)
    }

    /// The provider's only payment.
    async fn only_payment(&self) -> Value {
        let book = self.provider.book().await;
        assert_eq!(book.len(), 1, "{book:?}");
        book[0].clone()
    }

    /// Waits until the provider's only payment stands so.
    async fn wait_until(&self, status: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let book = self.provider.book().await;
            if let Some(payment) = book.iter().find(|payment| payment["status"] == status) {
                return payment.clone();
            }
            assert!(Instant::now() < deadline, "not {status}: {book:?}");
        }
    }
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// The provider's name for a payment whose page the buyer is sent to.
fn page_of(answer: &Value) -> String {
    let page = answer["action_url"].as_str().expect("a page");
    page.rsplit('/').next().expect("an id").to_owned()
}

async fn pay(buyer: &Client, order: &Value, provider: &str, method: &str, key: &str) -> Answer {
    try_pay(buyer, order, provider, method, key)
        .await
        .expect("an answer")
}

async fn try_pay(buyer: &Client, order: &Value, provider: &str, method: &str, key: &str) -> Option<Answer> {
    let body =
        json!({"provider": provider, "payment_method": method, "return_url": "https://shop.example/back"});
    buyer
        .try_post_with_key(&format!("/v1/orders/{}/payments", id(order)), &body, key)
        .await
}

/// Asks again under the same key until the answer is a known one.
async fn pay_until_known(buyer: &Client, order: &Value, method: &str, key: &str) -> Answer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = try_pay(buyer, order, "stripe", method, key).await;
        if let Some(answer) = answer.filter(|answer| answer.status != 503) {
            return answer;
        }
        assert!(Instant::now() < deadline, "the outcome stays unknown");
    }
}
