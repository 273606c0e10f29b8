use serde_json::Value;

use super::*;
use crate::pay::provider::client::canned::{Canned, amount, known_payment};
use crate::pay::provider::gateway::{About, ProviderPhase};

const PAYMENT: &str = "00000000-0000-0000-0000-000000000007";

fn hosted(provider: &Canned) -> Hosted {
    Hosted::new(provider.account("hk_1", "secret")).expect("an adaptor")
}

fn payment(id: &str, status: &str) -> Value {
    json!({
        "id": id, "status": status, "checkout_url": "https://pay/1",
        "amount": { "value": 1234, "currency": "EUR" }, "merchant_reference": PAYMENT, "fee": 40,
    })
}

fn wrong_state() -> (u16, Value) {
    (409, json!({ "code": "wrong_state", "message": "why" }))
}

fn declined<T>() -> Result<T, GatewayError> {
    Err(GatewayError::Declined("why".into()))
}

#[tokio::test]
async fn a_charge_opens_a_page() {
    let charge = Charge {
        payment: PaymentId(7),
        amount: amount(),
        payment_method: "page".into(),
        return_url: None,
    };
    let statuses = ["open", "authorized", "captured", "failed", "canceled", "expired"];
    let answers = statuses.map(|status| (201, payment("hp_1", status)));
    let provider = Canned::new(answers).await;
    let hosted = hosted(&provider);
    let reference = || "hp_1".to_owned();
    let page = Authorisation::ActionRequired {
        reference: reference(),
        url: "https://pay/1".into(),
    };
    assert_eq!(hosted.authorise(&charge).await, Ok(page));
    for _ in 0..2 {
        let reference = reference();
        let authorised = Authorisation::Authorised { reference };
        assert_eq!(hosted.authorise(&charge).await, Ok(authorised));
    }
    for _ in 0..3 {
        let answer = hosted.authorise(&charge).await;
        assert!(matches!(answer, Err(GatewayError::Declined(_))), "{answer:?}");
    }
    let call = &provider.calls()[0];
    assert_eq!(call.line, "POST /hosted/payments");
    assert_eq!(call.header("authorization"), Some("Bearer hk_1"));
    assert_eq!(call.header("idempotency-key"), Some(PAYMENT));
    let body: Value = serde_json::from_str(&call.body).expect("json");
    assert_eq!(
        body,
        json!({
            "amount": { "value": 1234, "currency": "EUR" },
            "merchant_reference": PAYMENT, "return_url": null,
        })
    );
}

#[tokio::test]
async fn money_is_taken_released_and_given_back_under_keys() {
    let provider = Canned::new([
        (201, payment("hp_1", "captured")),
        (200, payment("hp_1", "canceled")),
        (201, payment("hp_1", "captured")),
    ])
    .await;
    let hosted = hosted(&provider);
    assert_eq!(hosted.capture(&known_payment("hp_1")).await, Ok(40));
    assert_eq!(hosted.void(&known_payment("hp_1")).await, Ok(()));
    assert_eq!(
        hosted.refund(&known_payment("hp_1"), RefundId(9), 300).await,
        Ok(())
    );
    assert_eq!(
        provider.lines(),
        [
            "POST /hosted/payments/hp_1/captures",
            "DELETE /hosted/payments/hp_1",
            "POST /hosted/payments/hp_1/refunds",
        ]
    );
    let calls = provider.calls();
    let keys: Vec<_> = calls
        .iter()
        .filter_map(|call| call.header("idempotency-key"))
        .collect();
    let refund = name_of(9);
    assert_eq!(
        keys,
        [
            &*format!("{PAYMENT}-capture"),
            &*format!("{PAYMENT}-void"),
            &*refund
        ]
    );
    let body: Value = serde_json::from_str(&calls[2].body).expect("json");
    assert_eq!(body, json!({ "amount": 300, "refund_reference": refund }));
}

#[tokio::test]
async fn what_was_captured_or_voided_already_is() {
    let after = async |status| {
        let payment = payment("hp_1", status);
        let answers = [
            wrong_state(),
            (200, payment.clone()),
            wrong_state(),
            (200, payment),
        ];
        let provider = Canned::new(answers).await;
        let hosted = hosted(&provider);
        let captured = hosted.capture(&known_payment("hp_1")).await;
        (captured, hosted.void(&known_payment("hp_1")).await)
    };
    assert_eq!(after("captured").await, (Ok(40), declined()));
    assert_eq!(after("canceled").await, (declined(), Ok(())));
    assert_eq!(after("expired").await, (declined(), Ok(())));
    assert_eq!(after("open").await, (declined(), declined()));
}

#[tokio::test]
async fn payments_are_looked_up_by_both_names() {
    let found = [
        payment("hp_1", "canceled"),
        payment("hp_2", "authorized"),
        payment("hp_3", "canceled"),
    ];
    let provider = Canned::new([
        (200, payment("hp_1", "captured")),
        (404, json!({ "code": "not_found", "message": "why" })),
        (200, json!({ "payments": found, "next": null })),
        (200, json!({ "payments": [], "next": null })),
    ])
    .await;
    let hosted = hosted(&provider);
    let known = hosted.look_up(PaymentId(7), Some("hp_1")).await;
    assert_eq!(
        known.expect("an answer").expect("a payment").phase,
        ProviderPhase::Captured
    );
    assert_eq!(hosted.look_up(PaymentId(7), Some("hp_9")).await, Ok(None));
    let named = hosted.look_up(PaymentId(7), None).await;
    assert_eq!(named.expect("an answer").expect("a payment").reference, "hp_2");
    assert_eq!(hosted.look_up(PaymentId(7), None).await, Ok(None));
    assert_eq!(
        provider.lines()[2],
        format!("GET /hosted/payments?merchant_reference={PAYMENT}")
    );
}

#[tokio::test]
async fn the_book_is_listed_page_by_page() {
    let page = |next: Option<&str>| {
        (
            200,
            json!({ "payments": [payment("hp_1", "captured")], "next": next }),
        )
    };
    let provider = Canned::new([page(Some("hp_1")), page(None)]).await;
    let hosted = hosted(&provider);
    let first = hosted.list(None).await.expect("an answer").expect("a book");
    assert_eq!(first.next_after.as_deref(), Some("hp_1"));
    let last = hosted
        .list(Some("hp_1"))
        .await
        .expect("an answer")
        .expect("a book");
    assert_eq!(last.next_after, None);
    assert_eq!(
        provider.lines(),
        [
            "GET /hosted/payments?limit=100",
            "GET /hosted/payments?limit=100&after=hp_1"
        ]
    );
}

#[tokio::test]
async fn a_notice_is_proven_before_it_is_read() {
    let hosted = hosted(&Canned::new([]).await);
    let body = br#"{"event_id":"he_1","payment_id":"hp_1","type":"payment.updated"}"#;
    let read = |field| {
        hosted.read_notice(Delivery {
            signature: Some(&signature::header("secret", field, 1_000, body)),
            body,
            now: 1_000,
        })
    };
    let expected = Notice {
        event: "he_1".into(),
        about: About::Reference("hp_1".into()),
        news: crate::pay::provider::gateway::News::MoneyBack { total: None },
    };
    assert_eq!(read("sha256"), Ok(expected));
    assert!(matches!(read("v1"), Err(NoticeError::Signature(_))));
}

#[tokio::test]
async fn its_page_and_cards_are_accepted() {
    let hosted = hosted(&Canned::new([]).await);
    assert!(hosted.accepts("page"));
    assert!(hosted.accepts("pm_card_visa"));
    assert!(!hosted.accepts("card_ok"));
}
