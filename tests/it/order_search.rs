//! Orders as their buyers list them, and as an organiser searches a show's.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn hold(buyer: &Client, show: &str, seat: &str, email: Option<&str>) -> String {
    let mut wish = json!({"seats": [seat]});
    if let Some(email) = email {
        wish["buyer"] = json!({"email": email});
    }
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    text(&order.expect_status(201)["id"])
}

/// The ids of all orders that are listed there, page by page.
async fn listed(client: &Client, path: &str, limit: usize) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = client
            .get(&format!("{path}{sign}limit={limit}{after}"))
            .await
            .expect_status(200);
        let orders = page["orders"].as_array().expect("orders");
        assert!(orders.len() <= limit);
        ids.extend(orders.iter().map(|order| text(&order["id"])));
        match page["next_after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn a_session_lists_its_own_orders_of_all_shows_the_newest_first() {
    let office = TestOffice::start().await;
    let (first, second) = (office.show(json!({})).await, office.show(json!({})).await);
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let mut own = Vec::new();
    for (show, seat) in [
        (&first, "A-1-1"),
        (&second, "A-1-1"),
        (&first, "A-1-2"),
        (&second, "A-1-2"),
        (&first, "A-1-3"),
    ] {
        own.push(hold(&buyer, show, seat, Some("ada@example.org")).await);
    }
    hold(&other, &first, "B-1-1", None).await;
    buyer.pay(&own[2], "card_ok").await.expect_status(200);
    buyer
        .delete(&format!("/v1/orders/{}", own[0]))
        .await
        .expect_status(200);
    // A minute apart: shows are decided on apart from each other, by clocks that agree to the millisecond.
    office.database.execute(&format!(
        "UPDATE orders SET created_at = timestamptz '2030-01-01' + (2 * seats[1] + (show_id = {second})::int) * interval '1 minute'"
    ));
    let newest: Vec<String> = own.iter().rev().cloned().collect();
    for limit in [1, 2, 5, 50] {
        assert_eq!(listed(&buyer, "/v1/orders", limit).await, newest, "{limit}");
    }
    let chosen = |places: &[usize]| places.iter().map(|at| own[*at].clone()).collect::<Vec<_>>();
    assert_eq!(
        listed(&buyer, &format!("/v1/orders?show={first}"), 1).await,
        chosen(&[4, 2, 0])
    );
    assert_eq!(listed(&buyer, "/v1/orders?state=paid", 5).await, chosen(&[2]));
    assert_eq!(
        listed(&buyer, &format!("/v1/orders?state=held&show={second}"), 1).await,
        chosen(&[3, 1])
    );
    let page = buyer.get("/v1/orders?state=paid").await.expect_status(200);
    let alone = buyer
        .get(&format!("/v1/orders/{}", own[2]))
        .await
        .expect_status(200);
    let order = &page["orders"][0];
    for member in [
        "buyer",
        "tickets",
        "total",
        "journal_offset",
        "created_at",
        "show",
    ] {
        assert_eq!(order[member], alone[member], "{member}");
    }
    // Some that were made at the same instant are told apart.
    office
        .database
        .execute("UPDATE orders SET created_at = '2030-01-01'");
    let mut same = listed(&buyer, "/v1/orders", 1).await;
    same.sort();
    let mut all = own.clone();
    all.sort();
    assert_eq!(same, all);
    for (query, name) in [
        ("after=7", "after"),
        ("limit=51", "limit"),
        ("show=x", "show"),
        ("state=gone", "state"),
    ] {
        let refused = buyer.get(&format!("/v1/orders?{query}")).await;
        assert_eq!(refused.expect_problem(400, "bad_request")["field"], name);
    }
    office
        .organiser()
        .get("/v1/orders")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn an_organiser_finds_orders_by_whatever_is_known_of_them() {
    let office = TestOffice::start().await;
    let (show, elsewhere) = (office.show(json!({})).await, office.show(json!({})).await);
    let (ada, bob, organiser) = (office.buyer().await, office.buyer().await, office.organiser());
    let mut ids = Vec::new();
    for (buyer, seat, email) in [
        (&ada, "A-1-1", Some("Ada@Example.org")),
        (&bob, "A-1-2", None),
        (&ada, "A-1-3", Some("ada@example.ORG")),
        (&bob, "A-1-4", Some("ada@example.org")),
        (&bob, "A-1-5", Some("bob@example.org")),
    ] {
        ids.push(hold(buyer, &show, seat, email).await);
    }
    let stranger = hold(&ada, &elsewhere, "A-1-1", Some("ada@example.org")).await;
    ada.pay(&ids[0], "card_ok").await.expect_status(200);
    let path = format!("/v1/shows/{show}/orders");
    let chosen = |places: &[usize]| places.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    let found = async |query: &str| listed(&organiser, &format!("{path}?{query}"), 1).await;
    assert_eq!(found("newest_first=true").await, chosen(&[4, 3, 2, 1, 0]));
    assert_eq!(found("newest_first=false").await, chosen(&[0, 1, 2, 3, 4]));
    assert_eq!(found("email=ADA@example.org").await, chosen(&[0, 2, 3]));
    assert_eq!(
        found("email=ada@example.org&newest_first=true").await,
        chosen(&[3, 2, 0])
    );
    assert_eq!(found("email=ada@example.org&state=held").await, chosen(&[2, 3]));
    assert_eq!(found("email=nobody@example.org").await, chosen(&[]));
    assert_eq!(found(&format!("reference={}", ids[3])).await, chosen(&[3]));
    assert_eq!(
        found(&format!("reference={}&state=paid", ids[3])).await,
        chosen(&[])
    );
    assert_eq!(found(&format!("reference={stranger}")).await, chosen(&[]));
    let page = organiser
        .get(&format!("{path}?reference={}", ids[0]))
        .await
        .expect_status(200);
    let session = text(&page["orders"][0]["session"]);
    assert_eq!(page["orders"][0]["buyer"], json!({"email": "Ada@Example.org"}));
    assert_eq!(found(&format!("session={session}")).await, chosen(&[0, 2]));
    assert_eq!(
        found(&format!("session={session}&newest_first=true")).await,
        chosen(&[2, 0])
    );
    assert_eq!(
        found(&format!("session={session}&email=ada@example.org&state=held")).await,
        chosen(&[2])
    );
    // Made a minute apart.
    office
        .database
        .execute("UPDATE orders SET created_at = timestamptz '2030-01-01T10:00:00Z' + (booked_offset - 2) * interval '1 minute'");
    let from = "created_after=2030-01-01T10:01:00Z";
    let before = "created_before=2030-01-01T10:03:00Z";
    assert_eq!(found(from).await, chosen(&[1, 2, 3, 4]));
    assert_eq!(found(before).await, chosen(&[0, 1, 2]));
    assert_eq!(
        found(&format!("{from}&{before}&newest_first=true")).await,
        chosen(&[2, 1])
    );
    assert_eq!(
        found(&format!("{from}&email=ada@example.org")).await,
        chosen(&[2, 3])
    );
    assert_eq!(found("created_after=2031-01-01T00:00:00Z").await, chosen(&[]));
    assert_eq!(found("created_before=2029-01-01T00:00:00Z").await, chosen(&[]));
    let refused = organiser.get(&format!("{path}?reference=nothing")).await;
    assert_eq!(refused.expect_problem(400, "bad_request")["field"], "reference");

    // Whoever may not know who buys doesn't find out by searching.
    let key = json!({"name": "reader", "role": "reader"});
    let key = organiser.post("/v1/keys", &key).await.expect_status(201);
    let reader = organiser.with_token(&text(&key["key"]));
    let search = format!("{path}?email=ada@example.org");
    reader.get(&search).await.expect_problem(403, "forbidden");
    let page = reader.get(&path).await.expect_status(200);
    assert_eq!(page["orders"].as_array().map(Vec::len), Some(5));
    assert!(!page.to_string().contains("example"), "{page}");
}

#[tokio::test]
async fn an_organiser_finds_the_orders_of_a_code() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let codes = json!({"codes": ["early", "friends"], "percent": 10});
    organiser
        .post(&format!("/v1/shows/{show}/codes"), &codes)
        .await
        .expect_status(201);
    let path = format!("/v1/shows/{show}/orders");
    let mut ids = Vec::new();
    for (seat, code) in [
        ("A-1-1", Some("early")),
        ("A-1-2", None),
        ("A-1-3", Some("friends")),
        ("A-1-4", Some("Early")),
        ("A-1-5", Some("EARLY")),
    ] {
        let email = json!({"email": "ada@example.org"});
        let wish = json!({"seats": [seat], "code": code, "buyer": email});
        ids.push(text(&buyer.post(&path, &wish).await.expect_status(201)["id"]));
    }
    buyer.pay(&ids[3], "card_ok").await.expect_status(200);
    let chosen = |places: &[usize]| places.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    let found = async |query: &str| listed(&organiser, &format!("{path}?{query}"), 1).await;
    assert_eq!(found("code=early").await, chosen(&[0, 3, 4]));
    assert_eq!(found("code=EARLY&newest_first=true").await, chosen(&[4, 3, 0]));
    assert_eq!(found("code=early&state=paid").await, chosen(&[3]));
    assert_eq!(found("code=friends&email=ada@example.org").await, chosen(&[2]));
    assert_eq!(
        found(&format!("code=early&reference={}", ids[0])).await,
        chosen(&[0])
    );
    assert_eq!(
        found(&format!("code=early&reference={}", ids[1])).await,
        chosen(&[])
    );
    assert_eq!(found("code=nobody").await, chosen(&[]));
    let page = organiser.get(&path).await.expect_status(200);
    let session = text(&page["orders"][0]["session"]);
    assert_eq!(
        found(&format!("code=early&session={session}&state=held")).await,
        chosen(&[0, 4])
    );
    assert_eq!(page["orders"][0]["code"], "EARLY");
    assert_eq!(page["orders"][0]["lines"][0]["price"]["amount"], 4_500);
    assert!(page["orders"][1].get("code").is_none(), "{page}");
    let refused = organiser.get(&format!("{path}?code=no%20code")).await;
    assert_eq!(refused.expect_problem(400, "bad_request")["field"], "code");
}

/// A statement of the office with these parameters in it, of two with one name the first.
fn with_parameters(statement: &str, parameters: &[(&str, &str)]) -> String {
    let put = |text: String, (name, value): &(&str, &str)| text.replace(&format!(":{name}"), value);
    parameters.iter().fold(statement.to_owned(), put)
}

/// What a statement of the office reads at these parameters, in blocks, as its readers plan it.
fn blocks_read(connection: &mut diesel::PgConnection, statement: &str, parameters: &[(&str, &str)]) -> i64 {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
        plan: String,
    }
    let statement = with_parameters(statement, parameters);
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) {statement}");
    let lines: Vec<Line> = diesel::sql_query(explain).load(connection).expect("a plan");
    let plan: Vec<_> = lines.into_iter().map(|line| line.plan).collect();
    assert!(
        !plan.iter().any(|line| line.contains("Seq Scan on orders")),
        "{plan:#?}"
    );
    let buffers = plan
        .iter()
        .find(|line| line.trim().starts_with("Buffers:"))
        .expect("buffers");
    let numbers = buffers
        .split([' ', '='])
        .filter_map(|word| word.parse::<i64>().ok());
    numbers.sum()
}

const ORDERS: i64 = 100_000;

#[tokio::test]
async fn however_many_orders_there_are_a_page_reads_few() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let fill = format!(
        "SET session_replication_role = replica; \
         INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones) \
         SELECT {show}, n, md5((n % 50000)::text)::uuid, 4, timestamptz '2030-01-01' + n * interval '1 second', '2030-01-01', '2030-01-01', \
         1, n, ARRAY[0], '{{}}' FROM generate_series(1, {ORDERS}) AS n; \
         INSERT INTO order_details (show_id, order_id, booked_offset, buyer_email, attendees, metadata, changed_at) \
         SELECT {show}, n, n, 'ada' || n % 50000 || '@example.org', '{{}}', '{{}}', '2030-01-01' FROM generate_series(1, {ORDERS}) AS n"
    );
    let mut operator = office.database.connect_as_superuser_here();
    operator.batch_execute(&fill).expect("rows");
    let codes = format!(
        "INSERT INTO codes (show_id, word, terms) VALUES ({show}, 'EARLY', '{{}}'); \
         UPDATE orders SET code_id = (SELECT code_id FROM codes) WHERE order_id % 10 = 0"
    );
    operator.batch_execute(&codes).expect("uses of a code");
    operator
        .batch_execute("ANALYZE orders; ANALYZE order_details")
        .expect("figures");
    let mut connection = office.database.connect();
    let reader =
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";
    connection.batch_execute(reader).expect("settings");
    let session = "'a87ff679-a2f3-e71d-9181-a67b7542122c'";
    let common = [
        ("show", show.as_str()),
        ("looked_at_max", "5000"),
        ("limit", "101"),
        ("state", "NULL"),
        ("above", "50000"),
        ("below", "9223372036854775807"),
        ("session", session),
        ("email", "'ADA4@example.org'"),
        ("code", "'EARLY'"),
        ("at", "'2030-01-01T12:00:00Z'"),
    ];
    let mut check = |name: &str, statement: &str, own: &[(&str, &str)], most: i64| {
        let parameters: Vec<_> = own.iter().chain(&common).copied().collect();
        let read = blocks_read(&mut connection, statement, &parameters);
        assert!(read <= most, "{name} reads {read} blocks");
    };
    let list = include_str!("../../src/store/order_list/list.sql");
    check(
        "the oldest",
        list,
        &[("direction", "1"), ("looked_at_max", "101")],
        60,
    );
    check(
        "the newest",
        list,
        &[("direction", "-1"), ("looked_at_max", "101")],
        60,
    );
    check(
        "those in a state",
        list,
        &[("direction", "-1"), ("state", "5")],
        700,
    );
    let of_email = include_str!("../../src/store/order_list/list_of_email.sql");
    check(
        "an address",
        of_email,
        &[("direction", "-1"), ("session", "NULL"), ("above", "0")],
        60,
    );
    let of_session = include_str!("../../src/store/order_list/list_of_session.sql");
    check("a session", of_session, &[("direction", "1"), ("above", "0")], 60);
    let of_code = include_str!("../../src/store/order_list/list_of_code.sql");
    // Each order may lie in a block of its own.
    check(
        "a code",
        of_code,
        &[("direction", "1"), ("looked_at_max", "101")],
        150,
    );
    check(
        "a time",
        include_str!("../../src/store/order_list/find_first_since.sql"),
        &[],
        200,
    );
    let own = [("before_order", "NULL"), ("before", "NULL"), ("show", "NULL")];
    check(
        "one's own",
        include_str!("../../src/store/own_orders/list.sql"),
        &own,
        60,
    );
    // A session may have more than are looked at: the newest are told.
    let many = format!(
        "SET session_replication_role = replica; \
         INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones) \
         SELECT {show}, n, {session}, 4, timestamptz '2030-01-01' + n * interval '1 second', '2030-01-01', '2030-01-01', \
         1, n, ARRAY[0], '{{}}' FROM generate_series({ORDERS} + 1, {ORDERS} + 10000) AS n"
    );
    operator.batch_execute(&many).expect("rows");
    let list = include_str!("../../src/store/own_orders/list.sql");
    check("one's own of many", list, &own, 400);
    let parameters: Vec<_> = own.iter().chain(&common).copied().collect();
    let newest = with_parameters(list, &parameters);
    let told = |what: &str| {
        office
            .database
            .number(&format!("SELECT {what}(t.order_id) FROM ({newest}) t"))
    };
    assert_eq!(
        (told("min"), told("max")),
        (ORDERS + 10_000 - 100, ORDERS + 10_000)
    );
    operator
        .batch_execute("DELETE FROM order_details; DELETE FROM orders; DELETE FROM codes")
        .expect("as before");
}
