use serde_json::{Value, json};

use super::*;

fn intent(change: Value) -> Intent {
    let mut intent = json!({
        "id": "pi_1", "object": "payment_intent", "created": 1, "status": "requires_capture",
        "amount": 1234, "amount_received": 0, "currency": "eur",
        "metadata": { "payment": "00000000-0000-0000-0000-000000000007" },
        "latest_charge": "ch_1", "last_payment_error": null, "next_action": null,
    });
    let fields = intent.as_object_mut().expect("an object");
    fields.extend(change.as_object().cloned().expect("an object"));
    serde_json::from_value(intent).expect("an intent")
}

fn phase(change: Value) -> ProviderPhase {
    intent(change).record().phase
}

#[test]
fn every_status_is_a_phase() {
    assert_eq!(phase(json!({})), ProviderPhase::Authorised);
    assert_eq!(phase(json!({ "status": "succeeded" })), ProviderPhase::Captured);
    assert_eq!(phase(json!({ "status": "canceled" })), ProviderPhase::Voided);
    assert_eq!(
        phase(json!({ "status": "processing" })),
        ProviderPhase::ActionRequired(String::new())
    );
    for status in ["requires_payment_method", "requires_confirmation"] {
        assert!(matches!(
            phase(json!({ "status": status })),
            ProviderPhase::Declined(_)
        ));
    }
}

#[test]
fn an_unknown_status_is_not_guessed_at() {
    let unknown = json!({ "id": "pi_1", "status": "disputed", "amount": 1, "currency": "eur" });
    assert!(serde_json::from_value::<Intent>(unknown).is_err());
}

#[test]
fn a_refusal_has_the_banks_reason() {
    let declined = json!({
        "status": "requires_payment_method",
        "last_payment_error": { "code": "card_declined", "message": "Your card was declined." },
    });
    assert_eq!(
        phase(declined),
        ProviderPhase::Declined(Decline::new(DeclineCode::CardDeclined, "Your card was declined."))
    );
}

#[test]
fn the_buyer_is_sent_to_the_banks_page_if_there_is_one() {
    let page = json!({ "type": "redirect_to_url", "redirect_to_url": { "url": "https://bank/1", "return_url": null } });
    assert_eq!(
        phase(json!({ "status": "requires_action", "next_action": page })),
        ProviderPhase::ActionRequired("https://bank/1".into())
    );
    let script = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
    assert!(matches!(
        phase(json!({ "status": "requires_action", "next_action": script })),
        ProviderPhase::Declined(_)
    ));
}

#[test]
fn a_captured_payment_has_its_amounts() {
    let record = intent(json!({
        "status": "succeeded", "amount_received": 1234,
        "latest_charge": {
            "id": "ch_1", "amount_refunded": 300, "disputed": true,
            "balance_transaction": { "id": "txn_1", "fee": 66, "currency": "eur" },
        },
    }))
    .record();
    let expected = ProviderRecord {
        payment: Some(PaymentId(7)),
        reference: "pi_1".into(),
        phase: ProviderPhase::Captured,
        amount: 1234,
        currency: Currency::try_from("EUR".to_owned()).ok(),
        captured: 1234,
        refunded: 300,
        fee: 66,
        refunds: BTreeMap::new(),
        is_disputed: true,
        disputes: Vec::new(),
    };
    assert_eq!(record, expected);
}

#[test]
fn a_fee_in_another_currency_or_not_yet_known_is_none() {
    let fee = |transaction: Value| {
        intent(json!({ "latest_charge": { "id": "ch_1", "balance_transaction": transaction } })).fee()
    };
    assert_eq!(fee(json!({ "fee": 66, "currency": "eur" })), 66);
    assert_eq!(fee(json!({ "fee": 66, "currency": "usd" })), 0);
    assert_eq!(fee(json!("txn_1")), 0);
    assert_eq!(fee(Value::Null), 0);
    assert_eq!(intent(json!({ "latest_charge": null })).fee(), 0);
}

#[test]
fn payments_made_by_hand_have_no_name_here() {
    for metadata in [
        json!({}),
        json!({ "payment": "17" }),
        json!({ "order": "1" }),
        Value::Null,
    ] {
        assert_eq!(intent(json!({ "metadata": metadata })).record().payment, None);
    }
}

#[test]
fn refunds_in_vain_are_told() {
    let refund = |status: Value| -> Refund {
        let name = "00000000-0000-0000-0000-000000000009";
        let refund = json!({ "id": "re_1", "status": status, "metadata": { "refund": name } });
        serde_json::from_value(refund).expect("a refund")
    };
    for status in ["succeeded", "pending", "requires_action"] {
        assert!(!refund(json!(status)).has_failed());
    }
    for status in ["failed", "canceled"] {
        assert!(refund(json!(status)).has_failed());
    }
    assert!(!refund(Value::Null).has_failed());
    assert_eq!(refund(Value::Null).refund(), Some(RefundId(9)));
}

#[test]
fn refusals_are_told_from_failures() {
    let check = |status: u16, kind: &str, code: Option<&str>, expected: fn(String) -> Refusal| {
        let body = json!({ "error": { "type": kind, "code": code, "message": "why" } }).to_string();
        let refusal = read_refusal(StatusCode::from_u16(status).expect("a status"), body.as_bytes());
        assert_eq!(refusal, expected("why".into()), "{status} {kind} {code:?}");
    };
    let invalid = "invalid_request_error";
    let declined = |why: String| Refusal::Declined(Decline::new(DeclineCode::CardDeclined, why));
    check(402, "card_error", Some("card_declined"), declined);
    let refused = |why: String| Refusal::Declined(why.into());
    check(400, invalid, Some("parameter_invalid_integer"), refused);
    check(400, invalid, Some("resource_missing"), refused);
    check(400, invalid, None, refused);
    check(
        400,
        invalid,
        Some("payment_intent_unexpected_state"),
        Refusal::WrongState,
    );
    check(404, invalid, Some("resource_missing"), Refusal::Missing);
    check(404, invalid, None, Refusal::Unavailable);
    check(
        409,
        "idempotency_error",
        Some("idempotency_key_in_use"),
        Refusal::UnderWay,
    );
    check(409, invalid, Some("lock_timeout"), Refusal::UnderWay);
    check(400, "idempotency_error", None, Refusal::Unavailable);
    check(400, "api_error", None, Refusal::Unavailable);
    for body in ["", "<html>", "{}", r#"{"error":"x"}"#] {
        let refusal = read_refusal(StatusCode::BAD_REQUEST, body.as_bytes());
        assert_eq!(refusal, status_alone(StatusCode::BAD_REQUEST), "{body}");
    }
}

#[test]
fn long_messages_are_cut() {
    let body = json!({ "error": { "type": "card_error", "message": "x".repeat(1_000) } }).to_string();
    let refusal = read_refusal(StatusCode::PAYMENT_REQUIRED, body.as_bytes());
    let declined = Decline::new(DeclineCode::CardDeclined, "x".repeat(200));
    assert_eq!(refusal, Refusal::Declined(declined));
}

#[test]
fn a_decline_has_the_bank_s_code() {
    let check = |code: &str, decline_code: Option<&str>, expected: DeclineCode| {
        let error =
            json!({ "type": "card_error", "code": code, "decline_code": decline_code, "message": "why" });
        let refusal = read_refusal(
            StatusCode::PAYMENT_REQUIRED,
            json!({ "error": error }).to_string().as_bytes(),
        );
        assert_eq!(
            refusal,
            Refusal::Declined(Decline::new(expected, "why")),
            "{code} {decline_code:?}"
        );
        let intent = json!({ "status": "requires_payment_method", "last_payment_error": error });
        assert_eq!(
            phase(intent),
            ProviderPhase::Declined(Decline::new(expected, "why"))
        );
    };
    check(
        "card_declined",
        Some("insufficient_funds"),
        DeclineCode::InsufficientFunds,
    );
    check("card_declined", Some("stolen_card"), DeclineCode::CardDeclined);
    check("card_declined", Some("a_new_word"), DeclineCode::CardDeclined);
    check("expired_card", None, DeclineCode::ExpiredCard);
    check("incorrect_cvc", None, DeclineCode::IncorrectCvc);
    check("incorrect_number", None, DeclineCode::IncorrectNumber);
    check("processing_error", None, DeclineCode::ProcessingError);
    let failed = "payment_intent_authentication_failure";
    check(failed, None, DeclineCode::AuthenticationFailed);
    check(
        "card_declined",
        Some("currency_not_supported"),
        DeclineCode::NotSupported,
    );
}

#[test]
fn a_dispute_is_open_won_or_lost_and_an_inquiry_is_none() {
    let state = |status: &str| {
        let dispute = json!({ "id": "dp_1", "amount": 500, "currency": "isk", "status": status });
        let dispute: Dispute = serde_json::from_value(dispute).expect("a dispute");
        let record = dispute.record()?;
        assert_eq!((record.amount, record.reference.as_str()), (5, "dp_1"));
        Some(record.state)
    };
    for status in ["needs_response", "under_review", "a_new_word"] {
        assert_eq!(state(status), Some(DisputeState::Open), "{status}");
    }
    assert_eq!(state("won"), Some(DisputeState::Won));
    assert_eq!(state("lost"), Some(DisputeState::Lost));
    for status in ["warning_needs_response", "warning_under_review", "warning_closed"] {
        assert_eq!(state(status), None, "{status}");
    }
}

/// An event of this kind about this object, as the office reads it.
fn notice(kind: &str, object: Value) -> (About, News) {
    let event = json!({ "id": "evt_1", "type": kind, "data": { "object": object } }).to_string();
    let notice = read_event(event.as_bytes()).expect("a notice");
    assert_eq!(notice.event, "evt_1");
    (notice.about, notice.news)
}

#[test]
fn events_say_what_they_are_about() {
    let about = |object: Value| notice("x", object).0;
    let metadata = json!({ "payment": "00000000-0000-0000-0000-000000000007" });
    assert_eq!(
        about(json!({ "id": "pi_1", "metadata": metadata })),
        About::Payment(PaymentId(7))
    );
    assert_eq!(
        about(json!({ "id": "re_1", "payment_intent": "pi_1", "metadata": metadata })),
        About::Payment(PaymentId(7))
    );
    let by_reference = About::Reference("pi_1".into());
    assert_eq!(about(json!({ "id": "pi_1", "metadata": {} })), by_reference);
    assert_eq!(
        about(json!({ "id": "ch_1", "payment_intent": "pi_1" })),
        by_reference
    );
    assert_eq!(
        about(json!({ "id": "ch_1", "payment_intent": null, "metadata": null })),
        About::Nothing
    );
    assert_eq!(
        about(json!({ "id": "cus_1", "metadata": { "payment": 7 } })),
        About::Nothing
    );
    assert_eq!(about(json!("odd")), About::Nothing);
}

#[test]
fn money_that_went_back_elsewhere_is_news() {
    let refund = |status: &str, metadata: Value| {
        let object =
            json!({ "object": "refund", "payment_intent": "pi_1", "status": status, "metadata": metadata });
        notice("refund.created", object).1
    };
    let own = json!({ "refund": "00000000-0000-0000-0000-000000000009" });
    assert_eq!(refund("succeeded", own.clone()), News::Progress);
    assert_eq!(refund("succeeded", json!({})), News::MoneyBack { total: None });
    assert_eq!(refund("failed", own), News::RefundFailed);
    assert_eq!(refund("canceled", json!({})), News::RefundFailed);
    let dispute = json!({ "object": "dispute", "payment_intent": "pi_1" });
    assert_eq!(
        notice("charge.dispute.created", dispute).1,
        News::MoneyBack { total: None }
    );
    let charge = json!({ "object": "charge", "amount_refunded": 500, "currency": "isk" });
    let told = News::MoneyBack { total: Some(5) };
    assert_eq!(notice("charge.refunded", charge.clone()).1, told);
    assert_eq!(notice("charge.captured", charge).1, News::Progress);
}

#[test]
fn what_is_no_event_is_unreadable() {
    for body in ["", "[]", "{}", r#"{"id":7}"#] {
        let notice = read_event(body.as_bytes());
        assert!(matches!(notice, Err(NoticeError::Unreadable(_))), "{body}");
    }
    let bare = read_event(br#"{"id":"evt_1"}"#).expect("a notice");
    assert_eq!(bare.about, About::Nothing);
}
