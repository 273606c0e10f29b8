//! Tickets that a door can check without asking: signed, with published keys that change.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::connection::SimpleConnection;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::{sell_all, take_one, with};
use crate::office::{Client, PATIENCE, TestOffice};

fn from_base_32(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut kept, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let digit = alphabet
            .iter()
            .position(|known| *known == letter)
            .expect("a digit");
        kept = (kept << 5 | digit as u32) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((kept >> bits) as u8);
        }
    }
    bytes
}

/// Whether one of these keys has signed the text.
fn is_genuine(text: &str, keys: &Value) -> bool {
    let (signed, signature) = text.rsplit_once('.').expect("a signature");
    let id = signed.split('.').nth(1).expect("a key");
    let keys = keys["ticket_keys"].as_array().expect("keys");
    let Some(key) = keys.iter().find(|key| key["id"] == id) else {
        return false;
    };
    assert_eq!(key["algorithm"], "Ed25519");
    let public = BASE64_URL_SAFE_NO_PAD.decode(key["public_key"].as_str().expect("a key"));
    let public = public.expect("base64").try_into().expect("32 bytes");
    let key = VerifyingKey::from_bytes(&public).expect("a key");
    let signature = Signature::from_slice(&from_base_32(signature)).expect("64 bytes");
    key.verify_strict(signed.as_bytes(), &signature).is_ok()
}

async fn texts(office: &TestOffice, order: &str) -> Vec<String> {
    let tickets = office
        .organiser()
        .get(&format!("/v1/orders/{order}/tickets?signed=true"))
        .await;
    let tickets = tickets.expect_status(200);
    let tickets = tickets["tickets"].as_array().expect("tickets").iter();
    tickets
        .map(|ticket| ticket["qr_text"].as_str().expect("a text").to_owned())
        .collect()
}

async fn keys(office: &TestOffice) -> Value {
    let anyone = Client::new(office.nodes[0].url(), None);
    anyone.get("/v1/ticket-keys").await.expect_status(200)
}

#[tokio::test]
async fn a_ticket_is_proved_by_its_text_and_comes_in_with_it() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (order, codes) = sell_all(&office, &show, &["B-2-1", "B-2-2"]).await;
    let (texts, published) = (texts(&office, &order).await, keys(&office).await);
    assert_eq!(published["ticket_keys"].as_array().map(Vec::len), Some(1));
    let parts: Vec<_> = texts[0].split('.').collect();
    assert_eq!(
        (parts[0], parts[2], parts[4], parts[5]),
        ("BO1", show.as_str(), "0", "S1")
    );
    // Who doesn't ask for it gets the code, as ever.
    let plain = office
        .organiser()
        .get(&format!("/v1/orders/{order}/tickets"))
        .await;
    let plain = plain.expect_status(200);
    assert!(plain["tickets"][0]["qr_text"].is_null());
    let signed = office
        .organiser()
        .get(&format!("/v1/orders/{order}/tickets?signed=true"))
        .await;
    assert_ne!(
        signed.expect_status(200)["tickets"][0]["qr"],
        plain["tickets"][0]["qr"]
    );
    // Neither the code nor a part of it is in it.
    assert!(!texts[0].contains(&codes[0].replace('-', "")));
    for text in &texts {
        assert!(is_genuine(text, &published));
        let forged = text.replace(".S1.", ".S0.");
        assert!(!is_genuine(&forged, &published));
    }
    let organiser = office.organiser();
    let scan = |text: &str, nonce: &str| json!({"code": text, "device": "gate", "nonce": nonce});
    let forged = texts[0].replace(".S1.", ".S0.");
    assert_eq!(
        take_one(&organiser, &show, scan(&forged, "1")).await,
        "refused unknown_ticket"
    );
    assert_eq!(
        take_one(&organiser, &show, scan(parts[3], "2")).await,
        "refused unknown_ticket"
    );
    assert_eq!(
        take_one(&organiser, &show, scan(&texts[0], "3")).await,
        "admitted"
    );
    assert_eq!(
        take_one(&organiser, &show, scan(&codes[0], "4")).await,
        "refused already_in"
    );
    // The same scan, however the ticket was named.
    assert_eq!(
        take_one(&organiser, &show, scan(&codes[0], "3")).await,
        "admitted"
    );
    let by_text = format!("/v1/tickets/{}/check-in", texts[1]);
    let used = organiser.post(&by_text, &json!(null)).await.expect_status(200);
    assert_eq!(
        (&used["code"], &used["seat"]),
        (&json!(codes[1]), &json!("B-2-2"))
    );
    // The audit names it by its order, and never by what lets somebody in.
    let audit = organiser.get("/v1/audit?limit=100").await.expect_status(200);
    let audit = audit["entries"].as_array().expect("entries");
    let subject = format!("order/{order} ticket/1");
    assert!(audit.iter().any(|entry| entry["subject"] == json!(subject)));
}

#[tokio::test]
async fn a_new_key_is_published_a_day_before_it_signs_and_old_tickets_stay_good() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (order, _) = sell_all(&office, &show, &["A-1-1", "A-1-2", "A-1-3"]).await;
    let before = texts(&office, &order).await;
    let rotated = office.database.command(&["office-secret", "rotate"]);
    assert!(rotated.status.success());
    let wait = async |count: usize, signs: &str| {
        let begin = std::time::Instant::now();
        loop {
            let published = keys(&office).await;
            let list = published["ticket_keys"].as_array().expect("keys").clone();
            let signing = list.iter().find(|key| key["signs"] == true).expect("a key");
            if list.len() == count && signing["id"] == signs {
                return published;
            }
            assert!(begin.elapsed() < PATIENCE, "{published}");
            tokio::task::yield_now().await;
        }
    };
    let published = wait(2, "1").await;
    assert_eq!(texts(&office, &order).await, before);
    let from = published["ticket_keys"][1]["from"].clone();
    assert!(from.is_string());
    let older = "UPDATE office_secrets SET created_at = created_at - interval '25 hours'";
    office
        .database
        .connect()
        .batch_execute(older)
        .expect("a day later");
    let published = wait(2, "2").await;
    let after = texts(&office, &order).await;
    assert_ne!(after, before);
    let organiser = office.organiser();
    for (number, text) in [&before[0], &after[1]].into_iter().enumerate() {
        assert!(is_genuine(text, &published));
        let scan = with(
            json!({"code": text, "device": "gate"}),
            json!({"nonce": number.to_string()}),
        );
        assert_eq!(take_one(&organiser, &show, scan).await, "admitted");
    }
}
