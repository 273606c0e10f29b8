//! Scans: each once for ever, many in a call, by two doors at once; out and in again; undone; counted.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{counts, scan_of, sell_all, take, take_one, with};
use crate::office::{Redis, TestOffice};

#[tokio::test]
async fn a_scan_that_comes_again_gets_the_same_result_and_no_copied_ticket() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-ins");
    let scans = json!({"check_ins": [scan_of(&codes[0], "1")]});
    let first = organiser.post(&path, &scans).await.expect_status(200);
    assert_eq!(
        first["check_ins"][0],
        json!({
            "id": "1", "device": "gate 1", "nonce": "1", "result": "admitted",
            "at": first["check_ins"][0]["at"], "checked_in_at": first["check_ins"][0]["at"],
            "seat": "A-1-1", "zone": null, "category": "Stalls",
            "place": {"seat": "A-1-1", "section": "A", "row": "1", "number": "1"},
        })
    );
    // In another call, with another Idempotency-Key or none, beside others, and twice in one.
    for key in ["a", "b"] {
        let again = organiser
            .post_with_key(&path, &scans, key)
            .await
            .expect_status(200);
        assert_eq!(again, first);
    }
    let both = [
        scan_of(&codes[0], "1"),
        scan_of(&codes[1], "2"),
        scan_of(&codes[1], "2"),
        scan_of(&codes[0], "1"),
    ];
    let results = take(&organiser, &show, &both).await;
    assert_eq!(results, vec![("admitted".to_owned(), None); 4]);
    assert_eq!(counts(&office, &show).await, [2, 2, 0, 0]);
    // A copied ticket is another scan; and the name of a scan stands for one.
    let device = json!({"device": "gate 2"});
    let copied = with(scan_of(&codes[0], "1"), device);
    assert_eq!(take_one(&organiser, &show, copied).await, "refused already_in");
    for other in [
        scan_of(&codes[1], "1"),
        with(scan_of(&codes[0], "1"), json!({"direction": "exit"})),
        with(scan_of(&codes[0], "1"), json!({"at": "2029-12-31T00:00:00Z"})),
    ] {
        assert_eq!(take_one(&organiser, &show, other).await, "refused nonce_reused");
    }
    let same_call = [scan_of(&codes[0], "9"), scan_of(&codes[1], "9")];
    let results = take(&organiser, &show, &same_call).await;
    assert_eq!(
        results[1],
        ("refused".to_owned(), Some("nonce_reused".to_owned()))
    );
    // As elsewhere, an Idempotency-Key stands for one request.
    let other = json!({"check_ins": [scan_of(&codes[0], "77")]});
    organiser
        .post_with_key(&path, &other, "a")
        .await
        .expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_why() {
    let office = TestOffice::start().await;
    let (show, tomorrow) = (office.show(json!({})).await, office.show(json!({})).await);
    let organiser = office.organiser();
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    let (_, foreign) = sell_all(&office, &tomorrow, &["A-1-1"]).await;
    let (back, returned) = sell_all(&office, &show, &["A-2-1"]).await;
    let refund = format!("/v1/orders/{back}/refund");
    organiser.post(&refund, &json!(null)).await.expect_status(200);
    let scans = [
        scan_of("SAZJZ-WBYHS-TKHUE", "unknown"),
        scan_of("", "empty"),
        scan_of(&foreign[0], "foreign"),
        scan_of(&returned[0], "returned"),
        with(scan_of(&codes[0], "out"), json!({"direction": "exit"})),
        scan_of(&codes[0], "in"),
    ];
    let expected = [
        ("refused", Some("unknown_ticket")),
        ("refused", Some("unknown_ticket")),
        ("refused", Some("wrong_show")),
        ("refused", Some("given_back")),
        ("refused", Some("not_inside")),
        ("admitted", None),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(result, reason)| (result.to_owned(), reason.map(str::to_owned)))
        .collect();
    for _ in 0..2 {
        assert_eq!(take(&organiser, &show, &scans).await, expected);
    }
    let path = format!("/v1/shows/{show}/check-ins");
    let wrong = json!({"check_ins": [scan_of(&foreign[0], "again")]});
    let wrong = organiser.post(&path, &wrong).await.expect_status(200);
    assert_eq!(wrong["check_ins"][0]["show"], tomorrow);
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 0]);
    // What is used is not given back; and the old way to check in knows of it.
    let old = format!("/v1/tickets/{}/check-in", codes[0]);
    organiser
        .post(&old, &json!(null))
        .await
        .expect_problem(409, "already_checked_in");
    let mut database = office.database.connect();
    let mut change = |sql: &str| database.batch_execute(sql).expect("a change");
    change(&format!(
        "UPDATE shows SET starts_at = clock_timestamp() - interval '25 hours' WHERE show_id = {show}"
    ));
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[1], "over")).await,
        "refused show_over"
    );
    change(&format!(
        "UPDATE journal_heads SET is_canceled = true WHERE show_id = {show}"
    ));
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[1], "canceled")).await,
        "refused show_canceled"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_named() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-ins");
    let check = async |scans: Value, field: &str| {
        let refused = organiser.post(&path, &json!({"check_ins": scans})).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field);
    };
    let good = scan_of("SAZJZ-WBYHS-TKHUE", "1");
    check(json!([]), "/check_ins").await;
    check(json!(vec![good.clone(); 501]), "/check_ins").await;
    check(
        json!([good, with(good.clone(), json!({"device": ""}))]),
        "/check_ins/1/device",
    )
    .await;
    check(
        json!([with(good.clone(), json!({"nonce": "x".repeat(101)}))]),
        "/check_ins/0/nonce",
    )
    .await;
    check(
        json!([with(good.clone(), json!({"at": "soon"}))]),
        "/check_ins/0/at",
    )
    .await;
    check(
        json!([with(good.clone(), json!({"direction": "up"}))]),
        "/check_ins/0/direction",
    )
    .await;
    let nowhere = organiser
        .post("/v1/shows/1/check-ins", &json!({"check_ins": [good]}))
        .await;
    nowhere.expect_problem(404, "not_found");
    let undo = format!("{path}/77/undo");
    organiser
        .post(&undo, &json!(null))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_doors_at_two_nodes_one_lets_the_visitor_in() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2", "A-1-3"]).await;
    for (round, code) in codes.iter().enumerate() {
        let doors = (0..16).map(|door| {
            let client = office.organiser().at(office.nodes[door % 2].url());
            let scan = with(
                scan_of(code, &round.to_string()),
                json!({"device": format!("gate {door}")}),
            );
            let (show, round) = (show.clone(), round);
            async move {
                // Every other one by the old way.
                if door % 4 < 2 || round == 0 {
                    return take_one(&client, &show, scan).await == "admitted";
                }
                let code = scan["code"].as_str().expect("a code");
                let path = format!("/v1/tickets/{code}/check-in");
                client.post(&path, &json!(null)).await.status == 200
            }
        });
        let admitted = join_all(doors).await;
        assert_eq!(
            admitted.iter().filter(|admitted| **admitted).count(),
            1,
            "round {round}"
        );
    }
    assert_eq!(counts(&office, &show).await, [3, 3, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_waits_for_a_refund_and_heeds_it() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    // A refund that has not committed yet.
    let mut refund = office.database.connect();
    let give_back =
        "BEGIN; SELECT 1 FROM orders FOR NO KEY UPDATE; UPDATE orders SET returned_tickets = '{0}'";
    refund.batch_execute(give_back).expect("a refund");
    let (organiser, of) = (office.organiser(), show.clone());
    let scans: Vec<_> = codes.iter().map(|code| scan_of(code, code)).collect();
    let scanned = tokio::spawn(async move { take(&organiser, &of, &scans).await });
    let waiting = "SELECT 1 - least(1, count(*)) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    office.database.wait_until_zero(waiting);
    refund.batch_execute("COMMIT").expect("the end");
    let scanned = scanned.await.expect("results");
    assert_eq!(scanned[0], ("refused".to_owned(), Some("given_back".to_owned())));
    assert_eq!(scanned[1], ("admitted".to_owned(), None));
    // It never was one for the books.
    let undo = "UPDATE orders SET returned_tickets = '{}'";
    office.database.connect().batch_execute(undo).expect("as before");
}

#[tokio::test]
async fn who_leaves_may_come_in_again_where_the_list_says_so() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-in-lists");
    for (name, allows_reentry) in [("Garden", true), ("Main", false)] {
        let list = json!({"name": name, "allows_reentry": allows_reentry});
        organiser.post(&path, &list).await.expect_status(201);
    }
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    let mut number = 0;
    let mut go = async |list: &str, direction: &str| {
        number += 1;
        let how = json!({"list": list, "direction": direction});
        let scan = with(scan_of(&codes[0], &number.to_string()), how);
        take_one(&organiser, &show, scan).await
    };
    assert_eq!(go("2", "entry").await, "admitted");
    assert_eq!(go("2", "exit").await, "left");
    assert_eq!(go("2", "exit").await, "refused not_inside");
    assert_eq!(go("2", "entry").await, "refused no_reentry");
    assert_eq!(counts(&office, &show).await, [1, 0, 1, 0]);
    assert_eq!(go("1", "entry").await, "admitted");
    assert_eq!(go("1", "entry").await, "refused already_in");
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 0]);
    let other = with(scan_of(&codes[1], "other"), json!({"list": "1"}));
    assert_eq!(take_one(&organiser, &show, other).await, "admitted");

    // By the list by which each came in first, and by category.
    let door = organiser.get(&format!("/v1/shows/{show}/door")).await;
    assert_eq!(door.headers["cache-control"], "private, max-age=1");
    let one = json!({"admitted": 1, "inside": 1, "left": 0});
    let stalls = json!([{"category": "Stalls", "visitors": one}]);
    assert_eq!(
        door.expect_status(200),
        json!({
            "show": show, "conflicts": 0, "visitors": {"admitted": 2, "inside": 2, "left": 0},
            "categories": [{"category": "Stalls", "visitors": {"admitted": 2, "inside": 2, "left": 0}}],
            "lists": [
                {"list": "1", "name": "Garden", "visitors": one, "categories": stalls},
                {"list": "2", "name": "Main", "visitors": one, "categories": stalls},
            ],
        })
    );
}

#[tokio::test]
async fn what_is_undone_stays_in_the_log_and_the_ticket_is_as_before() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let (order, codes) = sell_all(&office, &show, &["A-1-1"]).await;
    let path = format!("/v1/shows/{show}/check-ins");
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[0], "1")).await,
        "admitted"
    );
    let refund = format!("/v1/orders/{order}/refund");
    organiser
        .post(&refund, &json!(null))
        .await
        .expect_problem(409, "already_checked_in");
    let undo = format!("{path}/1/undo");
    let undone = organiser.post(&undo, &json!(null)).await.expect_status(200);
    assert_eq!(
        (&undone["counts"], &undone["result"]),
        (&json!(false), &json!("admitted"))
    );
    let at = undone["undone_at"].clone();
    assert!(at.is_string());
    let again = organiser.post_with_key(&undo, &json!(null), "again").await;
    assert_eq!(again.expect_status(200)["undone_at"], at);
    assert_eq!(counts(&office, &show).await, [0, 0, 0, 0]);
    // The scan itself is answered as it was: it was made once.
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[0], "1")).await,
        "admitted"
    );
    assert_eq!(counts(&office, &show).await, [0, 0, 0, 0]);
    // By the old way, which stands in the log as well.
    let old = format!("/v1/tickets/{}/check-in", codes[0]);
    organiser.post(&old, &json!(null)).await.expect_status(200);
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 0]);
    let log = organiser.get(&path).await.expect_status(200);
    let log = log["check_ins"].as_array().expect("scans");
    let told: Vec<_> = log
        .iter()
        .map(|scan| (&scan["device"], &scan["counts"], &scan["order"], &scan["seat"]))
        .collect();
    let (order, seat) = (json!(order), json!("A-1-1"));
    assert_eq!(
        told,
        [
            (&json!("gate 1"), &json!(false), &order, &seat),
            (&Value::Null, &json!(true), &order, &seat),
        ]
    );
    let id = log[1]["id"].as_str().expect("an id");
    organiser
        .post(&format!("{path}/{id}/undo"), &json!(null))
        .await
        .expect_status(200);
    organiser.post(&refund, &json!(null)).await.expect_status(200);
}

#[tokio::test]
async fn five_hundred_scans_in_a_call_and_the_log_page_by_page() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"order_places_max": 100, "session_places_max": 100}))
        .await;
    let organiser = office.organiser();
    let seats: Vec<String> = (1..=5)
        .flat_map(|row| (1..=10).map(move |seat| format!("A-{row}-{seat}")))
        .collect();
    let mut codes = Vec::new();
    for seats in seats.chunks(10) {
        let seats: Vec<_> = seats.iter().map(String::as_str).collect();
        codes.extend(sell_all(&office, &show, &seats).await.1);
    }
    let scans: Vec<_> = (0..500)
        .map(|number| scan_of(&codes[number % 50], &number.to_string()))
        .collect();
    let results = take(&organiser, &show, &scans).await;
    let admitted = results
        .iter()
        .take_while(|(result, _)| result == "admitted")
        .count();
    assert_eq!((admitted, results.len()), (50, 500));
    assert!(
        results
            .iter()
            .skip(50)
            .all(|(_, reason)| reason.as_deref() == Some("already_in"))
    );
    assert_eq!(counts(&office, &show).await, [50, 50, 0, 0]);
    let (mut after, mut found) = ("0".to_owned(), Vec::new());
    loop {
        let page = format!("/v1/shows/{show}/check-ins?limit=70&after={after}");
        let page = organiser.get(&page).await.expect_status(200);
        found.extend(page["check_ins"].as_array().expect("scans").clone());
        match page["next_after"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    let nonces: Vec<_> = found
        .iter()
        .map(|scan| scan["nonce"].as_str().expect("a nonce"))
        .collect();
    let expected: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    assert_eq!(nonces, expected);
}

#[tokio::test]
async fn what_nodes_of_the_version_before_have_written_counts_as_in() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    let old = "INSERT INTO check_ins (show_id, order_id, ticket) SELECT show_id, order_id, 0 FROM orders";
    office.database.connect().batch_execute(old).expect("a check-in");
    let organiser = office.organiser();
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 0]);
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[0], "1")).await,
        "refused already_in"
    );
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 0]);
    let out = with(scan_of(&codes[0], "2"), json!({"direction": "exit"}));
    assert_eq!(take_one(&organiser, &show, out).await, "left");
    assert_eq!(counts(&office, &show).await, [1, 0, 1, 0]);
}
