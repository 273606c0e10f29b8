//! A box office under test: nodes that are processes of their own, on a database of their own.
//!
//! When it is dropped, the outbox must run empty and `boxoffice check` must find every invariant unbroken.

mod certificates;
mod client;
mod contract;
mod hook;
mod inbox;
mod mail_server;
mod node;
mod operations;
mod postgres;
mod proxy;
mod redis;
mod relay;
mod sandbox;
mod tls_postgres;
mod viewer;

use std::time::Duration;

use serde_json::{Value, json};

pub use certificates::Certificates;
pub use client::{Answer, Client, send};
pub use contract::check_value;
pub use hook::{Hook, HookAnswer, HookMessage};
pub use inbox::Inbox;
pub use mail_server::MailServer;
pub use node::Node;
pub use operations::{Operation, operations};
pub use postgres::TestDatabase;
pub use proxy::Lost;
pub use redis::Redis;
pub use relay::Relay;
pub use sandbox::SandboxPayments;
pub use tls_postgres::TlsPostgres;
pub use viewer::Viewer;

/// The organiser's key of every office under test.
pub const ORGANISER_KEY: &str = "boo_a-key-for-tests-alone";

/// How long anything may take before a test calls it failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An office under test.
pub struct TestOffice {
    pub nodes: Vec<Node>,
    pub redis: Option<Redis>,
    pub database: TestDatabase,
    settings: Vec<(String, String)>,
    /// Made once: to make one takes long, and meanwhile nobody in the test is waited on.
    client: Client,
}

impl TestOffice {
    /// One node, in-process bus.
    pub async fn start() -> Self {
        Self::with(1, None, &[]).await
    }

    /// Nodes on one database, with settings of their own. More than one need a Redis.
    pub async fn with(nodes: usize, redis: Option<Redis>, settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create();
        Self::on(database, nodes, redis, settings).await
    }

    /// Nodes on this database.
    pub async fn on(
        database: TestDatabase,
        nodes: usize,
        redis: Option<Redis>,
        settings: &[(&str, &str)],
    ) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut office = Self {
            nodes: Vec::new(),
            redis,
            database,
            settings,
            client: Client::new("", None),
        };
        for _ in 0..nodes {
            office.add_node().await;
        }
        office
    }

    /// These nodes, which are on this database.
    pub fn of_nodes(database: TestDatabase, nodes: Vec<Node>) -> Self {
        Self {
            nodes,
            redis: None,
            database,
            settings: Vec::new(),
            client: Client::new("", None),
        }
    }

    /// Starts one more node.
    pub async fn add_node(&mut self) {
        self.add_node_with(&[]).await;
    }

    /// The same with settings that the others don't have.
    pub async fn add_node_with(&mut self, own: &[(&str, &str)]) {
        let mut settings = self.settings.clone();
        // Everything here comes from one address.
        if !settings.iter().any(|(name, _)| name == "BOXOFFICE_LIMITS") {
            settings.push(("BOXOFFICE_LIMITS".into(), "off".into()));
        }
        let has_till = |(name, _): &(String, String)| {
            ["BOXOFFICE_STRIPE", "BOXOFFICE_HOSTED", "BOXOFFICE_SANDBOX"]
                .iter()
                .any(|begin| name.starts_with(begin))
        };
        if !settings.iter().any(has_till) {
            settings.push(("BOXOFFICE_SANDBOX".into(), "true".into()));
        }
        settings.push(("DATABASE_URL".into(), self.database.url().into()));
        settings.push(("BOXOFFICE_ORGANISER_KEY".into(), ORGANISER_KEY.into()));
        if let Some(redis) = &self.redis {
            settings.push(("REDIS_URL".into(), redis.url()));
        }
        settings.extend(
            own.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        self.nodes.push(Node::start(&settings).await);
    }

    /// A buyer at the first node.
    pub async fn buyer(&self) -> Client {
        self.buyer_at(0).await
    }

    /// A buyer at a node.
    pub async fn buyer_at(&self, node: usize) -> Client {
        let client = self.client.at(self.nodes[node].url());
        let answer = client.post("/v1/sessions", &json!(null)).await.expect_status(201);
        client.with_token(answer["token"].as_str().expect("a token"))
    }

    /// The organiser at the first node.
    pub fn organiser(&self) -> Client {
        Client::new(self.nodes[0].url(), Some(ORGANISER_KEY))
    }

    /// Another organiser at the first node, made by command.
    pub async fn another_organiser(&self) -> Client {
        let organiser = self
            .database
            .printed_by(&["organiser", "add", "--name", "Another"]);
        let add = [
            "organiser-key",
            "add",
            "--name",
            "Other owner",
            "--organiser",
            &organiser,
        ];
        let client = self.organiser().with_token(&self.database.printed_by(&add));
        let begin = std::time::Instant::now();
        while client.get("/v1/keys").await.status == 401 {
            assert!(begin.elapsed() < PATIENCE, "the key is never known");
        }
        client
    }

    /// A node's figures.
    pub async fn metrics(&self, node: usize) -> String {
        let answer = reqwest::get(format!("{}/metrics", self.nodes[node].url())).await;
        let text = answer.expect("an answer").text().await;
        text.expect("text")
    }

    /// A show with sections A and B of 5 rows of 10 seats and two zones, made with these changes to its request.
    pub async fn show(&self, changes: Value) -> String {
        self.show_of(&self.organiser(), changes).await
    }

    /// The same by another organiser.
    pub async fn show_of(&self, organiser: &Client, changes: Value) -> String {
        let plan = organiser.post("/v1/plans", &hall()).await.expect_status(201);
        let mut request = json!({
            "plan": plan["id"],
            "title": "A show",
            "starts_at": "2030-01-01T20:00:00Z",
            "prices": {
                "Stalls": {"amount": 5000, "currency": "EUR"},
                "Floor": {"amount": 3000, "currency": "EUR"},
            },
        });
        for (name, value) in changes.as_object().expect("an object") {
            request[name] = value.clone();
        }
        let show = organiser.post("/v1/shows", &request).await.expect_status(201);
        show["id"].as_str().expect("an id").to_owned()
    }

    /// A request for another show of this show's plan, at its prices.
    pub async fn request_like(&self, show: &str) -> Value {
        let known = self.organiser().get(&format!("/v1/shows/{show}")).await;
        let known = known.expect_status(200);
        json!({
            "plan": known["plan"], "title": "x", "starts_at": "2030-01-01T20:00:00Z", "prices": known["prices"],
        })
    }

    /// Every event of a show's journal.
    pub async fn journal(&self, show: &str) -> Vec<Value> {
        let client = Client::new(self.nodes[0].url(), None);
        let mut events = Vec::new();
        loop {
            let after = events
                .last()
                .map_or(json!(0), |event: &Value| event["offset"].clone());
            let page = client
                .get(&format!("/v1/shows/{show}/events?after={after}"))
                .await
                .expect_status(200);
            let page = page["events"].as_array().expect("events").clone();
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }
}

impl Drop for TestOffice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if !self.nodes.is_empty() {
            self.database.wait_until_zero("SELECT count(*) FROM outbox");
        }
        self.nodes.clear();
        let check = std::process::Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(["check", "--database-url", self.database.direct_url()])
            .output()
            .expect("boxoffice check");
        let words = String::from_utf8_lossy(&check.stderr).into_owned();
        assert!(check.status.success(), "{words}");
    }
}

fn hall() -> Value {
    let row = |row: u32| {
        let seats = (1..=10)
            .map(|seat| json!({"number": seat.to_string(), "x": f64::from(seat), "y": f64::from(row)}));
        json!({"name": row.to_string(), "category": "Stalls", "seats": seats.collect::<Vec<_>>()})
    };
    let section = |name: &str| json!({"name": name, "rows": (1..=5).map(row).collect::<Vec<_>>()});
    json!({
        "name": "Test hall",
        "categories": [{"name": "Stalls"}, {"name": "Floor"}],
        "sections": [section("A"), section("B")],
        "zones": [
            {"name": "Floor", "category": "Floor", "capacity": 10},
            {"name": "Bar", "category": "Floor", "capacity": 1000},
        ],
    })
}
