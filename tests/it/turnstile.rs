//! The turnstile: what goes first, what is answered for whom, and what a batch must not suffer from.
//!
//! A gate in the database keeps the executor from its end, so that commands gather until they are one batch.

use std::time::Instant;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::office::{Answer, Client, PATIENCE, Redis, Relay, SandboxPayments, TestOffice, Viewer};

/// One executor, so that commands gather while it waits; and commands that wait as long as a test may take.
const ONE_AT_A_TIME: [(&str, &str); 2] = [("BOXOFFICE_EXECUTORS", "1"), ("BOXOFFICE_WAIT_MS_MAX", "20000")];

async fn office(settings: &[(&str, &str)]) -> TestOffice {
    let settings: Vec<_> = ONE_AT_A_TIME.iter().chain(settings).copied().collect();
    TestOffice::with(1, None, &settings).await
}

/// An office with a provider of its own, whose notices reach it. The office has to be dropped first: what it checks then needs
/// the provider.
async fn office_with_provider(settings: &[(&str, &str)]) -> (TestOffice, SandboxPayments, Relay) {
    let relay = Relay::start().await;
    let notices = format!("{}/v1/webhooks/stripe", relay.url());
    let provider = SandboxPayments::start(&["--webhook-url", &notices]).await;
    let mut all = vec![
        ("BOXOFFICE_STRIPE_URL", provider.url()),
        ("BOXOFFICE_STRIPE_KEY", "sk_test_boxoffice"),
        ("BOXOFFICE_STRIPE_WEBHOOK_SECRET", "whsec_boxoffice"),
        ("BOXOFFICE_SANDBOX", "true"),
    ];
    all.extend(settings);
    let office = office(&all).await;
    relay.lead_to(office.nodes[0].url());
    (office, provider, relay)
}

/// A gate in the database, before whatever is journaled. Locks would do, but nobody waits for one for longer than a second.
const GATE: &str = "
    CREATE TABLE gate (is_shut boolean);
    INSERT INTO gate VALUES (true);
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        WHILE EXISTS (SELECT 1 FROM gate) LOOP
            PERFORM pg_sleep(0.002);
        END LOOP;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER gate BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION wait_at_gate()";

/// An office whose executor waits at a shut gate.
struct Gate<'a> {
    office: &'a TestOffice,
    /// Whose hold keeps the executor waiting.
    first: JoinHandle<Answer>,
}

impl<'a> Gate<'a> {
    /// Shuts it, and lets the executor wait there with a hold of this seat.
    fn shut(office: &'a TestOffice, show: &str, buyer: &Client, seat: &'static str) -> Self {
        let mut connection = office.database.connect();
        connection.batch_execute(GATE).expect("a gate");
        let first = hold(buyer, show, seat);
        office.database.wait_until_zero(
            "SELECT count(*) - 1 FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event = 'PgSleep'",
        );
        Self { office, first }
    }

    /// Opens it once so many commands wait.
    async fn open_when_waiting(self, commands: f64) {
        wait_until_waiting(self.office, commands).await;
        let mut connection = self.office.database.connect();
        connection
            .batch_execute("DELETE FROM gate")
            .expect("an open gate");
        self.first.await.expect("an answer").expect_status(201);
    }
}

/// Returns when somebody waits for a lock in the database.
fn wait_for_a_lock(office: &TestOffice) {
    office.database.wait_until_zero(
        "SELECT count(*) - 1 FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
}

async fn metric(office: &TestOffice, name: &str) -> f64 {
    let text = office.metrics(0).await;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().expect("a number"))
}

async fn batches(office: &TestOffice, way: &str) -> f64 {
    metric(office, &format!("boxoffice_batches_total{{way=\"{way}\"}} ")).await
}

async fn commits(office: &TestOffice) -> f64 {
    batches(office, "at_once").await + batches(office, "locked").await
}

async fn wait_until_waiting(office: &TestOffice, commands: f64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let waiting = metric(office, "boxoffice_waiting_commands ").await;
        if waiting == commands {
            return;
        }
        assert!(Instant::now() < deadline, "{waiting} wait, not {commands}");
    }
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// A request in the background.
fn post(client: &Client, path: &str, body: Value) -> JoinHandle<Answer> {
    let (client, path) = (client.clone(), path.to_owned());
    tokio::spawn(async move { client.post(&path, &body).await })
}

fn hold(buyer: &Client, show: &str, seat: &str) -> JoinHandle<Answer> {
    post(
        buyer,
        &format!("/v1/shows/{show}/orders"),
        json!({"seats": [seat]}),
    )
}

fn pay(buyer: &Client, order: &Value, provider: &str, method: &str) -> JoinHandle<Answer> {
    let path = format!("/v1/orders/{}/payments", id(order));
    let body = json!({
        "provider": provider, "payment_method": method, "return_url": "https://shop.example/back",
    });
    post(buyer, &path, body)
}

fn give_back(buyer: &Client, order: &Value) -> JoinHandle<Answer> {
    post(buyer, &format!("/v1/orders/{}/refund", id(order)), json!(null))
}

fn check_in(organiser: &Client, order: &Value) -> JoinHandle<Answer> {
    let code = order["tickets"][0]["code"].as_str().expect("a code");
    post(organiser, &format!("/v1/tickets/{code}/check-in"), json!(null))
}

async fn paid_order(buyer: &Client, show: &str, seat: &str) -> Value {
    let order = buyer.hold(show, &[seat]).await.expect_status(201);
    buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let path = format!("/v1/orders/{}", id(&order));
    buyer.get(&path).await.expect_status(200)
}

async fn answer(request: JoinHandle<Answer>) -> Answer {
    request.await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_used_or_given_back_and_never_both() {
    let office = TestOffice::start().await;
    let terms = json!({"returns": "buyer", "session_places_max": 500});
    let show = office.show(terms).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let mut orders = Vec::new();
    for row in 1..=5 {
        for seat in 1..=10 {
            orders.push(paid_order(&buyer, &show, &format!("A-{row}-{seat}")).await);
        }
    }
    let sent: Vec<_> = orders
        .iter()
        .map(|order| (check_in(&organiser, order), give_back(&buyer, order)))
        .collect();
    for (order, (used, returned)) in orders.iter().zip(sent) {
        match (answer(used).await, answer(returned).await) {
            (used, returned) if used.status == 200 => {
                returned.expect_problem(409, "already_checked_in");
            }
            (used, returned) => {
                used.expect_problem(409, "order_refunded");
                assert_eq!(returned.expect_status(200)["state"], "refunded", "{order}");
            }
        }
    }
    let both = "SELECT count(*) FROM check_ins JOIN orders USING (show_id, order_id) WHERE state <> 2";
    assert_eq!(office.database.number(both), 0);
    let either = "SELECT count(*) FROM orders LEFT JOIN check_ins USING (show_id, order_id) \
         WHERE state = 5 OR ticket IS NOT NULL";
    assert_eq!(office.database.number(either), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_waits_for_the_door_and_heeds_it() {
    let office = office(&[]).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    let order = paid_order(&buyer, &show, "A-1-1").await;
    // A door that lets someone in, and has not committed yet.
    let mut door = office.database.connect();
    let let_in = "BEGIN; SELECT 1 FROM orders WHERE state = 2 FOR SHARE; \
         INSERT INTO check_ins (show_id, order_id, ticket) SELECT show_id, order_id, 0 FROM orders WHERE state = 2";
    door.batch_execute(let_in).expect("a check-in");
    let returned = give_back(&buyer, &order);
    wait_for_a_lock(&office);
    door.batch_execute("COMMIT").expect("the end");
    answer(returned).await.expect_problem(409, "already_checked_in");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "sold");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_while_a_batch_waits_for_its_lock_goes_with_it() {
    let office = office(&[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    answer(hold(&buyer, &show, "A-1-1")).await.expect_status(201);
    let before = commits(&office).await;
    // Another node is in the middle of a batch.
    let mut other = office.database.connect();
    let lock = "BEGIN; SELECT 1 FROM journal_heads FOR UPDATE";
    other.batch_execute(lock).expect("a lock");
    let first = hold(&buyer, &show, "A-1-2");
    wait_for_a_lock(&office);
    let later = [hold(&buyer, &show, "A-1-3"), hold(&buyer, &show, "A-1-4")];
    wait_until_waiting(&office, 2.0).await;
    other.batch_execute("COMMIT").expect("the end");
    answer(first).await.expect_status(201);
    for hold in later {
        answer(hold).await.expect_status(201);
    }
    assert_eq!(commits(&office).await - before, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_that_were_ended_before_cost_the_batch_nothing() {
    const PAYMENTS: usize = 8;
    let (office, provider, _relay) = office_with_provider(&[]).await;
    let show = office.show(json!({"session_places_max": 500})).await;
    let buyer = office.buyer().await;
    let stall = json!({"call": "create", "fault": "stall_after", "times": PAYMENTS});
    provider.prepare(stall).await;
    let mut payments = Vec::new();
    for seat in 1..=PAYMENTS {
        let order = buyer.hold(&show, &[&format!("A-1-{seat}")]).await;
        let order = order.expect_status(201);
        payments.push(pay(&buyer, &order, "stripe", "pm_card_visa"));
    }
    // Their notices come before the answers.
    let database = &office.database;
    database.wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
    database.wait_until_zero("SELECT count(*) FROM outbox");
    assert!(payments.iter().all(|payment| !payment.is_finished()));

    let gate = Gate::shut(&office, &show, &buyer, "B-5-10");
    let before = batches(&office, "locked").await;
    provider.release().await;
    let holds: Vec<_> = (1..=10)
        .map(|seat| hold(&buyer, &show, &format!("B-1-{seat}")))
        .collect();
    gate.open_when_waiting((PAYMENTS + holds.len()) as f64).await;
    for hold in holds {
        answer(hold).await.expect_status(201);
    }
    for payment in payments {
        assert_eq!(answer(payment).await.expect_status(200)["state"], "succeeded");
    }
    // The one that waited, and all others together.
    let passed = batches(&office, "locked").await - before;
    assert!((1.0..=2.0).contains(&passed), "{passed} batches");
    drop(office);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_goes_before_who_asks_and_money_set_aside_is_never_turned_away() {
    let settings = [("BOXOFFICE_QUEUE_COMMANDS_MAX", "4")];
    let (office, provider, _relay) = office_with_provider(&settings).await;
    let show = office.show(json!({"session_places_max": 500})).await;
    let buyer = office.buyer().await;
    let mut orders = Vec::new();
    for seat in 1..=6 {
        let order = buyer.hold(&show, &[&format!("A-1-{seat}")]).await;
        orders.push(order.expect_status(201));
    }
    provider.set_webhooks("lost").await;
    provider.fault("create", "stall_before").await;
    let begun = pay(&buyer, &orders[0], "stripe", "pm_card_visa");
    provider.wait_until_stalled("create").await;

    let gate = Gate::shut(&office, &show, &buyer, "B-5-10");
    let holds: Vec<_> = (1..=4)
        .map(|seat| hold(&buyer, &show, &format!("B-1-{seat}")))
        .collect();
    wait_until_waiting(&office, 4.0).await;
    buyer.hold(&show, &["B-1-5"]).await.expect_problem(503, "busy");
    let payments: Vec<_> = orders[1..5]
        .iter()
        .map(|order| pay(&buyer, order, "sandbox", "card_ok"))
        .collect();
    wait_until_waiting(&office, 8.0).await;
    buyer
        .pay(id(&orders[5]), "card_ok")
        .await
        .expect_problem(503, "busy");
    provider.release().await;
    gate.open_when_waiting(9.0).await;
    for payment in payments.into_iter().chain([begun]) {
        assert_eq!(answer(payment).await.expect_status(200)["state"], "succeeded");
    }
    for hold in holds {
        answer(hold).await.expect_status(201);
    }
    let journal = office.journal(&show).await;
    let kinds: Vec<_> = journal
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    // After the six orders of before and the hold that kept the executor waiting.
    let after = kinds.iter().rposition(|kind| *kind == "paid").expect("a payment");
    assert_eq!(
        kinds[after..].iter().filter(|kind| **kind == "booked").count(),
        4,
        "{kinds:?}"
    );
    drop(office);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_many_times_at_once_holds_nobody_up() {
    let office = office(&[]).await;
    let show = office.show(json!({"session_places_max": 500})).await;
    let buyer = office.buyer().await;
    let gate = Gate::shut(&office, &show, &buyer, "B-5-10");
    let begun = metric(&office, "boxoffice_batch_commands_count ").await;
    let committed = commits(&office).await;
    let path = format!("/v1/shows/{show}/orders");
    let again: Vec<_> = (0..8)
        .map(|_| {
            let (buyer, path) = (buyer.clone(), path.clone());
            let wish = json!({"seats": ["A-1-1"]});
            tokio::spawn(async move { buyer.post_with_key(&path, &wish, "once").await })
        })
        .collect();
    wait_until_waiting(&office, 8.0).await;
    let honest: Vec<_> = (1..=5)
        .map(|seat| hold(&buyer, &show, &format!("B-1-{seat}")))
        .collect();
    gate.open_when_waiting(13.0).await;
    let answers: Vec<_> = join_all(again).await.into_iter().map(Result::unwrap).collect();
    let order = answers[0].body.clone();
    for answer in answers {
        assert_eq!(answer.expect_status(201), order);
    }
    for hold in honest {
        answer(hold).await.expect_status(201);
    }
    // They were one batch, which was not done again command by command; the other commit is of the one that waited.
    assert_eq!(
        metric(&office, "boxoffice_batch_commands_count ").await,
        begun + 1.0
    );
    assert_eq!(commits(&office).await, committed + 2.0);
    assert_eq!(office.database.number("SELECT count(*) FROM orders"), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lapse_takes_the_fast_way() {
    let office = office(&[]).await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let buyer = office.buyer().await;
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    // The show is read, and the clock.
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    viewer.reach(3).await;
    // A machine that is too busy may make a batch late, and then it goes the other way.
    let deadline = Instant::now() + PATIENCE;
    loop {
        buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
        let (at_once, locked) = (
            batches(&office, "at_once").await,
            batches(&office, "locked").await,
        );
        viewer.reach(viewer.offset + 1).await;
        viewer.reach(viewer.offset + 1).await;
        let last = viewer.events.last().expect("an event");
        assert_eq!(last["type"], "timed_out");
        if batches(&office, "at_once").await == at_once + 1.0 && batches(&office, "locked").await == locked {
            break;
        }
        assert!(Instant::now() < deadline, "no lapse goes at once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_numbers_outlast_the_memory_of_their_shows() {
    let office = office(&[("BOXOFFICE_SHOWS_BYTES_MAX", "1")]).await;
    let shows = [office.show(json!({})).await, office.show(json!({})).await];
    for turn in 1..=10 {
        let buyer = office.buyer().await;
        for show in &shows {
            let seat = format!("A-1-{turn}");
            buyer.hold(show, &[&seat]).await.expect_status(201);
        }
    }
    // Each time a show was read again.
    assert!(times_read(&office).await >= 20.0);
    assert_eq!(office.database.number("SELECT count(*) FROM order_ranges"), 2);
}

async fn times_read(office: &TestOffice) -> f64 {
    let name = "boxoffice_database_call_seconds_count{statement=\"inventory/read_orders.sql\"} ";
    metric(office, name).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_orders_of_a_show_without_seats_are_counted() {
    const ORDERS: usize = 100;
    // Room for two shows, but not for a hundred orders.
    let office = office(&[("BOXOFFICE_SHOWS_BYTES_MAX", "32000")]).await;
    let organiser = office.organiser();
    let floor = json!({
        "name": "Floor", "categories": [{"name": "Floor"}], "sections": [],
        "zones": [{"name": "Floor", "category": "Floor", "capacity": 1000}],
    });
    let plan = organiser.post("/v1/plans", &floor).await.expect_status(201);
    let terms = json!({
        "plan": plan["id"], "prices": {"Floor": {"amount": 3000, "currency": "EUR"}}, "session_places_max": 500,
    });
    let shows = [office.show(terms.clone()).await, office.show(terms).await];
    let buyer = office.buyer().await;
    let wish = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let ask = |show: &String| post(&buyer, &format!("/v1/shows/{show}/orders"), wish.clone());
    for show in shows.iter().chain(&shows) {
        answer(ask(show)).await.expect_status(201);
    }
    assert_eq!(times_read(&office).await, 2.0, "both are kept");
    for hold in join_all((0..ORDERS).map(|_| ask(&shows[0]))).await {
        hold.expect("an answer").expect_status(201);
    }
    answer(ask(&shows[1])).await.expect_status(201);
    answer(ask(&shows[0])).await.expect_status(201);
    assert!(times_read(&office).await > 2.0, "nothing was let go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hung_up_before_their_turn_holds_nothing() {
    let office = office(&[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let gate = Gate::shut(&office, &show, &buyer, "B-5-10");
    let request = buyer
        .request(Method::POST, &format!("/v1/shows/{show}/orders"))
        .json(&json!({"seats": ["A-1-1"]}))
        .build()
        .expect("a request");
    let url = request.url();
    let address = (url.host_str().expect("a host"), url.port().expect("a port"));
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let body = request.body().and_then(|body| body.as_bytes()).expect("a body");
    let token = request.headers()["authorization"].to_str().expect("a token");
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        url.path(),
        body.len()
    );
    connection.write_all(head.as_bytes()).await.expect("a write");
    connection.write_all(body).await.expect("a write");
    wait_until_waiting(&office, 1.0).await;
    connection.shutdown().await.expect("the end of what is sent");
    let mut said = Vec::new();
    let hung_up = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut said));
    hung_up.await.expect("an end in time").expect("an end");
    assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    let other = hold(&buyer, &show, "A-1-2");
    gate.open_when_waiting(2.0).await;
    answer(other).await.expect_status(201);
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(office.journal(&show).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_nodes_one_journals_a_lapse_and_soon() {
    const SOON: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
    let office = TestOffice::with(3, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let mut viewers = Vec::new();
    for node in &office.nodes {
        viewers.push(Viewer::watch(node, &show).await);
    }
    let order = office
        .buyer_at(1)
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    for viewer in &mut viewers {
        viewer.reach(3).await;
        assert_eq!(viewer.seats["A-1-1"], "free");
    }
    let journal = office.journal(&show).await;
    let lapses: Vec<_> = journal
        .iter()
        .filter(|event| event["type"] == "timed_out")
        .collect();
    assert_eq!((lapses.len(), journal.len()), (1, 3));
    let time = |text: &Value| -> DateTime<Utc> { text.as_str().expect("a time").parse().expect("a time") };
    let late = time(&lapses[0]["at"]) - time(&order["expires_at"]);
    assert!(late <= SOON, "{late} late");
}

/// A request under its key, and its answer as it came: status and bytes.
async fn bytes(client: &Client, path: &str, body: &Value) -> (u16, String) {
    let request = client
        .request(Method::POST, path)
        .header("Idempotency-Key", path)
        .json(body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_the_same_to_the_byte_from_memory_and_after_a_restart() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let orders = format!("/v1/shows/{show}/orders");
    let mut asked = Vec::new();
    let wish = json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 1}]});
    let held = bytes(&buyer, &orders, &wish).await;
    let order: Value = serde_json::from_str(&held.1).expect("an order");
    asked.push((&buyer, orders.clone(), wish.clone(), 201, held));
    asked.push((
        &other,
        orders.clone(),
        wish.clone(),
        409,
        bytes(&other, &orders, &wish).await,
    ));
    let declined = buyer.hold(&show, &["B-1-1"]).await.expect_status(201);
    let slow = buyer.hold(&show, &["B-1-2"]).await.expect_status(201);
    for (order, card, status) in [
        (&order, "card_ok", 200),
        (&declined, "card_declined", 402),
        (&slow, "card_slow", 200),
    ] {
        let path = format!("/v1/orders/{}/payments", id(order));
        let body = json!({"provider": "sandbox", "payment_method": card});
        let first = bytes(&buyer, &path, &body).await;
        asked.push((&buyer, path, body, status, first));
    }
    let refund = format!("/v1/orders/{}/refund", id(&order));
    let first = bytes(&buyer, &refund, &json!(null)).await;
    asked.push((&buyer, refund, json!(null), 200, first));

    for is_restarted in [false, true] {
        if is_restarted {
            // Else a task that was leased rests for longer than a test may take.
            office.database.wait_until_zero("SELECT count(*) FROM outbox");
            office.nodes.remove(0).kill().await;
            office.add_node().await;
        }
        for (client, path, body, status, first) in &asked {
            let client = client.at(office.nodes[0].url());
            let again = bytes(&client, path, body).await;
            assert_eq!(
                (first.0, again == *first),
                (*status, true),
                "{path}: {first:?}, then {again:?}"
            );
        }
    }
    // Nothing was done twice.
    assert_eq!(office.database.number("SELECT count(*) FROM orders"), 3);
    assert_eq!(office.database.number("SELECT count(*) FROM refunds"), 1);
}
