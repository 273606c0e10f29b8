//! Scans that are reported late are judged by when they were made, in whatever order they are reported.

use chrono::{SecondsFormat, TimeDelta, Utc};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{counts, scan_of, sell_all, take, take_one, with};
use crate::office::TestOffice;

/// So many minutes ago.
#[expect(clippy::disallowed_methods, reason = "no hold depends on it")]
fn ago(minutes: i64) -> String {
    let at = Utc::now() - TimeDelta::minutes(minutes);
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn late(code: &str, device: &str, nonce: &str, minutes: i64) -> Value {
    with(
        scan_of(code, nonce),
        json!({"device": device, "at": ago(minutes)}),
    )
}

#[tokio::test]
async fn of_two_that_let_somebody_in_the_one_made_first_counts() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    // Asked for, and let in; then a device without a network tells of one before.
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[0], "now")).await,
        "admitted"
    );
    let first = late(&codes[0], "gate 2", "1", 30);
    assert_eq!(take_one(&organiser, &show, first.clone()).await, "admitted");
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 1]);
    // Told again, each gets what it was told, whatever counts by now.
    assert_eq!(take_one(&organiser, &show, first).await, "admitted");
    assert_eq!(
        take_one(&organiser, &show, scan_of(&codes[0], "now")).await,
        "admitted"
    );
    let later = late(&codes[0], "gate 3", "1", 20);
    assert_eq!(take_one(&organiser, &show, later).await, "conflict already_in");
    let path = format!("/v1/shows/{show}/check-ins?conflicts=true");
    let conflicts = organiser.get(&path).await.expect_status(200);
    let told: Vec<_> = conflicts["check_ins"]
        .as_array()
        .expect("scans")
        .iter()
        .map(|scan| {
            (
                scan["device"].as_str(),
                scan["is_late"].as_bool(),
                scan["conflict"].as_str(),
                scan["counts"].as_bool(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("gate 1"), Some(false), Some("already_in"), Some(false)),
            (Some("gate 3"), Some(true), Some("already_in"), Some(false)),
        ]
    );
    // With the first one undone, the next one counts.
    let all = organiser.get(&format!("/v1/shows/{show}/check-ins")).await;
    let all = all.expect_status(200);
    let first = all["check_ins"].as_array().expect("scans").iter();
    let first = first
        .clone()
        .find(|scan| scan["device"] == "gate 2")
        .expect("the first");
    let undo = format!(
        "/v1/shows/{show}/check-ins/{}/undo",
        first["id"].as_str().expect("an id")
    );
    organiser.post(&undo, &json!(null)).await.expect_status(200);
    assert_eq!(counts(&office, &show).await, [1, 1, 0, 1]);
    let conflicts = organiser.get(&path).await.expect_status(200);
    assert_eq!(conflicts["check_ins"][0]["device"], "gate 1");
    assert_eq!(conflicts["check_ins"].as_array().map(Vec::len), Some(1));
    // A scan is never made after it is heard of.
    let future = with(
        scan_of(&codes[1], "future"),
        json!({"at": "2999-01-01T00:00:00Z"}),
    );
    assert_eq!(take_one(&organiser, &show, future).await, "admitted");
    let out = with(scan_of(&codes[1], "out"), json!({"direction": "exit"}));
    assert_eq!(take_one(&organiser, &show, out).await, "left");
}

#[tokio::test]
async fn what_was_so_when_a_scan_was_made_counts() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let (whole, first) = sell_all(&office, &show, &["A-1-1", "A-1-2"]).await;
    let (parted, second) = sell_all(&office, &show, &["A-2-1", "A-2-2"]).await;
    let refund = |order: &str| format!("/v1/orders/{order}/refund");
    organiser
        .post(&refund(&whole), &json!(null))
        .await
        .expect_status(200);
    let some = json!({"tickets": [second[0]]});
    organiser.post(&refund(&parted), &some).await.expect_status(200);
    let scans = [
        late(&first[0], "gate", "before", 30),
        late(&first[1], "gate", "after", -30),
        late(&second[0], "gate", "before part", 30),
        late(&second[1], "gate", "of the rest", 30),
    ];
    let given_back = Some("given_back".to_owned());
    assert_eq!(
        take(&organiser, &show, &scans).await,
        [
            ("admitted".to_owned(), given_back.clone()),
            ("conflict".to_owned(), given_back.clone()),
            ("admitted".to_owned(), given_back.clone()),
            ("admitted".to_owned(), None),
        ]
    );
    assert_eq!(counts(&office, &show).await, [3, 3, 0, 3]);
    let again = late(&second[0], "gate", "after part", -30);
    assert_eq!(take_one(&organiser, &show, again).await, "conflict given_back");
    // The rest of the order is used, and stays.
    organiser
        .post(&refund(&parted), &json!(null))
        .await
        .expect_problem(409, "already_checked_in");

    // A list is asked by the time of the scan, and a deleted one for what was before.
    let lists = format!("/v1/shows/{show}/check-in-lists");
    let list = json!({"name": "Early", "until": ago(20)});
    organiser.post(&lists, &list).await.expect_status(201);
    let (_, codes) = sell_all(&office, &show, &["A-3-1", "A-3-2"]).await;
    organiser.delete(&format!("{lists}/1")).await.expect_status(204);
    let by_list = |scan| with(scan, json!({"list": "1"}));
    let in_time = by_list(late(&codes[0], "gate", "in time", 25));
    assert_eq!(take_one(&organiser, &show, in_time).await, "admitted");
    let too_late = by_list(late(&codes[1], "gate", "too late", 15));
    assert_eq!(take_one(&organiser, &show, too_late).await, "conflict too_late");
    let unknown = late("SAZJZ-WBYHS-TKHUE", "gate", "unknown", 15);
    assert_eq!(
        take_one(&organiser, &show, unknown).await,
        "conflict unknown_ticket"
    );
}

/// What counts of the scans of a ticket: by device and nonce, whether it counts and what is wrong with it.
async fn settled(office: &TestOffice, show: &str, seat: &str) -> Vec<Value> {
    let log = office
        .organiser()
        .get(&format!("/v1/shows/{show}/check-ins"))
        .await;
    let log = log.expect_status(200);
    assert!(log["next_after"].is_null());
    let of = log["check_ins"].as_array().expect("scans").iter();
    let mut of: Vec<_> = of
        .filter(|scan| scan["seat"] == seat && scan["result"] != "refused")
        .map(|scan| json!([scan["nonce"], scan["counts"], scan["conflict"], scan["at"]]))
        .collect();
    of.sort_by_key(ToString::to_string);
    of
}

#[tokio::test]
async fn in_whatever_order_scans_are_reported_the_same_is_so_in_the_end() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let lists = format!("/v1/shows/{show}/check-in-lists");
    for list in [
        json!({"name": "Once"}),
        json!({"name": "Again", "allows_reentry": true}),
    ] {
        organiser.post(&lists, &list).await.expect_status(201);
    }
    let seats: Vec<String> = (1..=8).map(|seat| format!("A-1-{seat}")).collect();
    let named: Vec<_> = seats.iter().map(String::as_str).collect();
    let (_, codes) = sell_all(&office, &show, &named).await;
    let at: Vec<_> = (0..6).map(|minute| ago(60 - minute)).collect();
    // What was done with each of the tickets alike.
    let history: Vec<Value> = (0..8)
        .map(|number| {
            let direction = if random.random_bool(0.6) { "entry" } else { "exit" };
            json!({
                "nonce": number.to_string(), "at": at[random.random_range(0..at.len())], "direction": direction,
                "list": if random.random_bool(0.7) { "2" } else { "1" },
            })
        })
        .collect();
    let mut ends = Vec::new();
    for (ticket, code) in codes.iter().enumerate() {
        let mut scans: Vec<_> = history
            .iter()
            .map(|scan| {
                let device = format!("device of {ticket}");
                with(scan.clone(), json!({"code": code, "device": device}))
            })
            .collect();
        scans.shuffle(&mut random);
        while !scans.is_empty() {
            let part: Vec<_> = scans.drain(..random.random_range(1..=scans.len())).collect();
            take(&organiser, &show, &part).await;
        }
        ends.push(settled(&office, &show, &seats[ticket]).await);
    }
    for end in &ends {
        assert_eq!(end.len(), history.len());
        assert_eq!(end, &ends[0]);
    }
    let [admitted, inside, left, _] = counts(&office, &show).await;
    assert_eq!(admitted, inside + left);
    assert!(admitted % 8 == 0 && inside % 8 == 0);
}
