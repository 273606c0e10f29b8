use serde_json::{Value, json};

use super::*;
use crate::pay::provider::adaptor::id_of;
use crate::pay::provider::client::canned::{Canned, amount, known_payment};
use crate::pay::provider::gateway::{About, News, ProviderPhase};
use domain::payment::{Decline, DeclineCode};

const PAYMENT: &str = "00000000-0000-0000-0000-000000000007";

fn stripe(provider: &Canned) -> Stripe {
    Stripe::new(provider.account("sk_test_1", "whsec_1")).expect("an adaptor")
}

fn charge() -> Charge {
    Charge {
        payment: PaymentId(7),
        amount: amount(),
        payment_method: "pm_card_visa".into(),
        return_url: Some("https://shop/done?a=1&b=2".into()),
    }
}

fn intent(id: &str, created: i64, status: &str) -> Value {
    json!({
        "id": id, "created": created, "status": status, "amount": 1234, "currency": "eur",
        "amount_received": if status == "succeeded" { 1234 } else { 0 },
        "metadata": { "payment": PAYMENT },
        "latest_charge": {
            "id": "ch_1", "amount_refunded": 0,
            "balance_transaction": { "id": "txn_1", "fee": 66, "currency": "eur" },
        },
    })
}

fn error(kind: &str, code: &str) -> Value {
    json!({ "error": { "type": kind, "code": code, "message": "why" } })
}

fn unexpected_state() -> (u16, Value) {
    (
        400,
        error("invalid_request_error", "payment_intent_unexpected_state"),
    )
}

fn declined<T>() -> Result<T, GatewayError> {
    Err(GatewayError::Declined("why".into()))
}

#[tokio::test]
async fn a_charge_is_sent_whole_and_under_its_key() {
    let provider = Canned::new([(200, intent("pi_1", 1, "requires_capture"))]).await;
    let authorised = Authorisation::Authorised {
        reference: "pi_1".into(),
    };
    assert_eq!(stripe(&provider).authorise(&charge()).await, Ok(authorised));
    let [call] = &provider.calls()[..] else {
        panic!("one call");
    };
    assert_eq!(call.line, "POST /v1/payment_intents");
    assert_eq!(call.header("authorization"), Some("Bearer sk_test_1"));
    assert_eq!(call.header("idempotency-key"), Some(PAYMENT));
    assert_eq!(
        call.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        call.body,
        "amount=1234&currency=eur&capture_method=manual&confirm=true&payment_method=pm_card_visa\
         &payment_method_types%5B%5D=card&metadata%5Bpayment%5D=00000000-0000-0000-0000-000000000007\
         &return_url=https%3A%2F%2Fshop%2Fdone%3Fa%3D1%26b%3D2"
    );
}

#[tokio::test]
async fn a_charge_is_declined_by_the_card_and_not_by_a_failure() {
    let answer = async |status, body| {
        let provider = Canned::new([(status, body)]).await;
        stripe(&provider).authorise(&charge()).await
    };
    assert_eq!(
        answer(402, error("card_error", "card_declined")).await,
        Err(GatewayError::Declined(Decline::new(
            DeclineCode::CardDeclined,
            "why"
        )))
    );
    assert_eq!(
        answer(400, error("invalid_request_error", "resource_missing")).await,
        declined()
    );
    type Is = fn(&GatewayError) -> bool;
    let is_unavailable: Is = |error| matches!(error, GatewayError::Unavailable(_));
    for (status, kind, is_right) in [
        (400, "idempotency_error", is_unavailable),
        (401, "invalid_request_error", |error| {
            *error == GatewayError::KeyRefused
        }),
        (409, "idempotency_error", |error| {
            matches!(error, GatewayError::UnderWay(_))
        }),
        (429, "invalid_request_error", |error| {
            matches!(error, GatewayError::Throttled { .. })
        }),
        (500, "api_error", is_unavailable),
    ] {
        let answer = answer(status, error(kind, "idempotency_key_in_use")).await;
        assert!(
            answer.as_ref().is_err_and(is_right),
            "{status} {kind}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_capture_gives_the_fee() {
    let provider = Canned::new([(200, intent("pi_1", 1, "succeeded"))]).await;
    assert_eq!(stripe(&provider).capture(&known_payment("pi_1")).await, Ok(66));
    let [call] = &provider.calls()[..] else {
        panic!("one call");
    };
    assert_eq!(call.line, "POST /v1/payment_intents/pi_1/capture");
    assert_eq!(
        call.header("idempotency-key"),
        Some(&*format!("{PAYMENT}-capture"))
    );
    assert_eq!(call.body, "expand%5B%5D=latest_charge.balance_transaction");
}

#[tokio::test]
async fn what_was_captured_or_voided_already_is() {
    let after = async |status| {
        let intent = intent("pi_1", 1, status);
        let answers = [
            unexpected_state(),
            (200, intent.clone()),
            unexpected_state(),
            (200, intent),
        ];
        let provider = Canned::new(answers).await;
        let stripe = stripe(&provider);
        let captured = stripe.capture(&known_payment("pi_1")).await;
        (captured, stripe.void(&known_payment("pi_1")).await)
    };
    assert_eq!(after("succeeded").await, (Ok(66), declined()));
    assert_eq!(after("canceled").await, (declined(), Ok(())));
    assert_eq!(after("processing").await, (declined(), declined()));
}

#[tokio::test]
async fn a_refund_is_made_under_its_own_key() {
    let refund = |status| (200, json!({ "id": "re_1", "status": status }));
    let provider = Canned::new([refund("succeeded"), refund("pending"), refund("failed")]).await;
    let stripe = stripe(&provider);
    for _ in 0..2 {
        assert_eq!(
            stripe.refund(&known_payment("pi_1"), RefundId(9), 300).await,
            Ok(())
        );
    }
    let failed = stripe.refund(&known_payment("pi_1"), RefundId(9), 300).await;
    assert!(matches!(failed, Err(GatewayError::Declined(_))));
    let call = &provider.calls()[0];
    assert_eq!(call.line, "POST /v1/refunds");
    assert_eq!(
        call.header("idempotency-key"),
        Some("00000000-0000-0000-0000-000000000009")
    );
    assert_eq!(
        call.body,
        "payment_intent=pi_1&amount=300&metadata%5Brefund%5D=00000000-0000-0000-0000-000000000009\
         &metadata%5Bpayment%5D=00000000-0000-0000-0000-000000000007"
    );
}

#[tokio::test]
async fn a_payment_is_looked_up_by_its_reference_with_its_refunds() {
    let mut refunded = intent("pi_1", 1, "succeeded");
    refunded["latest_charge"]["amount_refunded"] = json!(300);
    let refund = |id: &str, status: &str, name: u128| json!({ "id": id, "status": status, "metadata": { "refund": name_of(name) } });
    let first = [refund("re_3", "succeeded", 3), refund("re_2", "failed", 2)];
    let second = [
        refund("re_1", "pending", 1),
        json!({ "id": "re_0", "status": "succeeded" }),
    ];
    let provider = Canned::new([
        (200, refunded),
        (200, json!({ "data": first, "has_more": true })),
        (200, json!({ "data": second, "has_more": false })),
    ])
    .await;
    let stripe = stripe(&provider);
    let record = stripe.look_up(PaymentId(7), Some("pi_1")).await;
    let record = record.expect("an answer").expect("a payment");
    assert_eq!(
        (record.phase, record.captured, record.refunded),
        (ProviderPhase::Captured, 1234, 300)
    );
    let made_there = RefundId(id_of("stripe", "re_0"));
    assert_eq!(record.refunds.len(), 3);
    for id in [RefundId(1), RefundId(3), made_there] {
        assert!(record.refunds.contains_key(&id), "{id}");
    }
    assert_eq!(
        provider.lines(),
        [
            "GET /v1/payment_intents/pi_1?expand%5B%5D=latest_charge.balance_transaction",
            "GET /v1/refunds?payment_intent=pi_1&limit=100",
            "GET /v1/refunds?payment_intent=pi_1&limit=100&starting_after=re_2",
        ]
    );
}

#[tokio::test]
async fn refunds_without_end_are_not_taken_for_all() {
    let mut refunded = intent("pi_1", 1, "succeeded");
    refunded["latest_charge"]["amount_refunded"] = json!(1);
    let page = json!({ "data": [{ "id": "re_1", "status": "succeeded" }], "has_more": true });
    let pages = vec![(200, page); LIST_PAGES_MAX];
    let provider = Canned::new([(200, refunded)].into_iter().chain(pages)).await;
    let record = stripe(&provider).look_up(PaymentId(7), Some("pi_1")).await;
    assert!(matches!(record, Err(GatewayError::Unavailable(why)) if why.contains("more refunds")));
}

#[tokio::test]
async fn a_payment_is_searched_for_by_its_name() {
    let found = [
        intent("pi_4", 4, "canceled"),
        intent("pi_3", 3, "requires_capture"),
        intent("pi_2", 2, "requires_capture"),
    ];
    let provider = Canned::new([
        (200, json!({ "data": found, "has_more": false })),
        (200, json!({ "data": [], "has_more": false })),
    ])
    .await;
    let stripe = stripe(&provider);
    let record = stripe.look_up(PaymentId(7), None).await;
    assert_eq!(record.expect("an answer").expect("a payment").reference, "pi_3");
    assert_eq!(stripe.look_up(PaymentId(7), None).await, Ok(None));
    assert_eq!(
        provider.lines()[0],
        "GET /v1/payment_intents/search?query=metadata%5B%27payment%27%5D%3A%27\
         00000000-0000-0000-0000-000000000007%27&expand%5B%5D=data.latest_charge.balance_transaction"
    );
}

#[tokio::test]
async fn only_a_payment_that_is_missing_is_none() {
    let look_up = async |status, code| {
        let provider = Canned::new([(status, error("invalid_request_error", code))]).await;
        stripe(&provider).look_up(PaymentId(7), Some("pi_1")).await
    };
    assert_eq!(look_up(404, "resource_missing").await, Ok(None));
    assert!(look_up(404, "url_invalid").await.is_err());
    assert!(look_up(500, "resource_missing").await.is_err());
}

#[tokio::test]
async fn the_book_is_listed_page_by_page() {
    let page = |id: &str, more: bool| {
        (
            200,
            json!({ "data": [intent(id, 1, "succeeded")], "has_more": more }),
        )
    };
    let provider = Canned::new([page("pi_2", true), page("pi_1", false)]).await;
    let stripe = stripe(&provider);
    let first = stripe.list(None).await.expect("an answer").expect("a book");
    assert_eq!(first.next_after.as_deref(), Some("pi_2"));
    assert_eq!(first.records[0].fee, 66);
    let last = stripe
        .list(Some("pi_2"))
        .await
        .expect("an answer")
        .expect("a book");
    assert_eq!(last.next_after, None);
    assert_eq!(
        provider.lines()[1],
        "GET /v1/payment_intents?limit=100&expand%5B%5D=data.latest_charge.balance_transaction&starting_after=pi_2"
    );
}

#[tokio::test]
async fn a_notice_is_proven_before_it_is_read() {
    let stripe = stripe(&Canned::new([]).await);
    let body = br#"{"id":"evt_1","data":{"object":{"id":"pi_1"}}}"#;
    let read = |header: &str, body| {
        stripe.read_notice(Delivery {
            signature: Some(header),
            body,
            now: 1_000,
        })
    };
    let signed = signature::header("whsec_1", "v1", 1_000, body);
    let expected = Notice {
        event: "evt_1".into(),
        about: About::Reference("pi_1".into()),
        news: News::Progress,
    };
    assert_eq!(read(&signed, body), Ok(expected));
    assert!(matches!(read(&signed, b"{}"), Err(NoticeError::Signature(_))));
}

#[tokio::test]
async fn cards_of_stripe_are_accepted() {
    let stripe = stripe(&Canned::new([]).await);
    assert!(stripe.accepts("pm_card_visa"));
    assert!(!stripe.accepts("card_ok"));
    assert!(!stripe.settles_at_once("pm_card_visa"));
}
