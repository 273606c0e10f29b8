use serde_json::{Value, json};

use super::*;
use domain::id::{PaymentId, RefundId};

fn payment(change: Value) -> Value {
    let mut payment = json!({
        "id": "hp_1", "status": "open", "checkout_url": "https://pay/hp_1",
        "amount": { "value": 1234, "currency": "EUR" },
        "merchant_reference": "00000000-0000-0000-0000-000000000007",
        "amount_captured": 0, "amount_refunded": 0, "fee": 0, "refunds": [], "created_at": 1,
    });
    let fields = payment.as_object_mut().expect("an object");
    fields.extend(change.as_object().cloned().expect("an object"));
    payment
}

fn record(change: Value) -> ProviderRecord {
    let payment: HostedPayment = serde_json::from_value(payment(change)).expect("a payment");
    payment.record()
}

#[test]
fn every_status_is_a_phase() {
    let phase = |status| record(json!({ "status": status })).phase;
    assert_eq!(
        phase("open"),
        ProviderPhase::ActionRequired("https://pay/hp_1".into())
    );
    assert_eq!(phase("authorized"), ProviderPhase::Authorised);
    assert_eq!(phase("captured"), ProviderPhase::Captured);
    assert_eq!(phase("canceled"), ProviderPhase::Voided);
    assert!(matches!(phase("failed"), ProviderPhase::Declined(_)));
    assert!(matches!(phase("expired"), ProviderPhase::Declined(_)));
}

#[test]
fn an_unknown_status_is_not_guessed_at() {
    let unknown = payment(json!({ "status": "disputed" }));
    assert!(serde_json::from_value::<HostedPayment>(unknown).is_err());
}

#[test]
fn amounts_and_refunds_are_told() {
    let record = record(json!({
        "status": "captured", "amount_captured": 1234, "amount_refunded": 300, "fee": 40,
        "refunds": [
            { "refund_reference": "00000000-0000-0000-0000-000000000009", "amount": 100 },
            { "refund_reference": "by hand", "amount": 200 },
            { "amount": 0 },
        ],
    }));
    assert_eq!(record.payment, Some(PaymentId(7)));
    assert_eq!(record.reference, "hp_1");
    assert_eq!(record.currency.expect("a currency").code(), "EUR");
    assert_eq!(
        (record.amount, record.captured, record.refunded, record.fee),
        (1234, 1234, 300, 40)
    );
    let own = record.refunds.get(&RefundId(9)).map(|refund| refund.amount);
    assert_eq!((own, record.refunds.len()), (Some(100), 3));
    assert!(
        record
            .refunds
            .values()
            .any(|refund| (refund.amount, refund.reference.as_str()) == (200, "hp_1/1"))
    );
}

#[test]
fn another_shops_payments_have_no_name_here() {
    assert_eq!(record(json!({ "merchant_reference": "order 17" })).payment, None);
    assert_eq!(record(json!({ "merchant_reference": null })).payment, None);
}

#[test]
fn refusals_are_told_from_failures() {
    let check = |status: u16, code: &str, expected: fn(String) -> Refusal| {
        let body = json!({ "code": code, "message": "why" }).to_string();
        let refusal = read_refusal(StatusCode::from_u16(status).expect("a status"), body.as_bytes());
        assert_eq!(refusal, expected("why".into()), "{status} {code}");
    };
    check(409, "wrong_state", Refusal::WrongState);
    check(409, "key_in_use", Refusal::UnderWay);
    check(404, "not_found", Refusal::Missing);
    let declined = |why: String| Refusal::Declined(why.into());
    check(400, "invalid", declined);
    check(422, "amount_too_large", declined);
    check(302, "moved", Refusal::Unavailable);
    let page = read_refusal(StatusCode::NOT_FOUND, b"<html>");
    assert_eq!(page, status_alone(StatusCode::NOT_FOUND));
}

#[test]
fn notices_are_about_a_reference() {
    let notice = |body: &str| read_notice(body.as_bytes());
    let expected = Notice {
        event: "he_1".into(),
        about: About::Reference("hp_1".into()),
        news: News::MoneyBack { total: None },
    };
    let body = r#"{"event_id":"he_1","payment_id":"hp_1","type":"payment.updated"}"#;
    assert_eq!(notice(body), Ok(expected));
    let other = notice(r#"{"event_id":"he_2","type":"payout.sent"}"#).expect("a notice");
    assert_eq!(other.about, About::Nothing);
    assert!(matches!(notice("{}"), Err(NoticeError::Unreadable(_))));
}
