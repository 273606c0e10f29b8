//! What both doors do when nothing goes wrong, and what they refuse.

use reqwest::Method;
use serde_json::json;

use super::{AUTHORISED, Caller, KEY, expect_error, id_of, send};
use crate::office::SandboxPayments;

#[tokio::test]
async fn stripe_s_money_is_set_aside_taken_and_given_back() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let intent = caller.post("/v1/payment_intents", AUTHORISED).await;
    assert!(intent.headers.contains_key("request-id"));
    let intent = intent.expect_status(200);
    assert_eq!(
        json!([intent["status"], intent["currency"], intent["amount_capturable"]]),
        json!(["requires_capture", "eur", 10_000])
    );
    let path = format!("/v1/payment_intents/{}", id_of(&intent));
    let capture = format!("{path}/capture");
    let too_much = caller.post(&capture, &[("amount_to_capture", "10001")]).await;
    expect_error(too_much, 400, "amount_too_large");
    let captured = caller.post(&capture, &[("amount_to_capture", "8000")]).await;
    assert_eq!(captured.expect_status(200)["amount_received"], 8_000);
    let error = expect_error(
        caller.post(&capture, &[]).await,
        400,
        "payment_intent_unexpected_state",
    );
    assert_eq!(error["payment_intent"]["status"], "succeeded");
    let cancelled = caller.post(&format!("{path}/cancel"), &[]).await;
    expect_error(cancelled, 400, "payment_intent_unexpected_state");

    let whole = caller
        .get(&format!("{path}?expand[]=latest_charge.balance_transaction"))
        .await;
    let charge = whole.expect_status(200)["latest_charge"].clone();
    assert_eq!(
        json!([
            charge["amount_captured"],
            charge["balance_transaction"]["fee"],
            charge["balance_transaction"]["net"],
        ]),
        json!([8_000, 137, 7_863])
    );

    let id = id_of(&intent);
    let refund = |amount: &'static str| {
        let id = id.clone();
        let caller = &caller;
        async move {
            let form = [("payment_intent", id.as_str()), ("amount", amount)];
            caller.post("/v1/refunds", &form).await
        }
    };
    refund("3000").await.expect_status(200);
    expect_error(refund("5001").await, 400, "amount_too_large");
    let rest = caller.post("/v1/refunds", &[("payment_intent", &id)]).await;
    assert_eq!(rest.expect_status(200)["amount"], 5_000);
    expect_error(refund("1").await, 400, "charge_already_refunded");
    let payment = sandbox.payment("7").await;
    assert_eq!(
        json!([payment["captured"], payment["refunded"], payment["fee"]]),
        json!([8_000, 8_000, 137])
    );
    let refunds = caller.get(&format!("/v1/refunds?payment_intent={id}")).await;
    let refunds = refunds.expect_status(200);
    assert_eq!(refunds["data"].as_array().map(Vec::len), Some(2), "{refunds}");
    assert_eq!(
        sandbox.calls().await,
        json!({"create": 1, "capture": 3, "cancel": 1, "retrieve": 1, "refund": 4, "list": 1})
    );
}

#[tokio::test]
async fn stripe_s_money_is_released_on_request_or_when_nobody_takes_it() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let id = caller.authorise().await;
    let cancelled = caller
        .post(
            &format!("/v1/payment_intents/{id}/cancel"),
            &[("cancellation_reason", "abandoned")],
        )
        .await;
    let cancelled = cancelled.expect_status(200);
    assert_eq!(
        json!([cancelled["status"], cancelled["cancellation_reason"]]),
        json!(["canceled", "abandoned"])
    );
    let id = caller.authorise().await;
    sandbox.expire(&id).await;
    let path = format!("/v1/payment_intents/{id}");
    assert_eq!(
        caller.get(&path).await.expect_status(200)["cancellation_reason"],
        "automatic"
    );
    let late = caller.post(&format!("{path}/capture"), &[]).await;
    expect_error(late, 400, "payment_intent_unexpected_state");
}

#[tokio::test]
async fn stripe_s_cards_do_what_they_are_for() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    for (method, decline_code) in [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ] {
        let form = [
            ("amount", "500"),
            ("currency", "eur"),
            ("confirm", "true"),
            ("payment_method", method),
        ];
        let declined = caller.post("/v1/payment_intents", &form).await;
        let error = expect_error(declined, 402, "card_declined");
        assert_eq!(error["decline_code"], decline_code);
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
        let confirm = format!("/v1/payment_intents/{}/confirm", id_of(&error["payment_intent"]));
        let confirmed = caller.post(&confirm, &[("payment_method", "pm_card_visa")]).await;
        assert_eq!(confirmed.expect_status(200)["status"], "succeeded");
    }
}

#[tokio::test]
async fn a_buyer_is_asked_by_3d_secure() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let form = [
        ("amount", "500"),
        ("currency", "eur"),
        ("capture_method", "manual"),
        ("confirm", "true"),
        ("payment_method", "pm_card_authenticationRequired"),
        ("return_url", "https://office.example/back?order=7"),
    ];
    let ask = async || {
        let intent = caller.post("/v1/payment_intents", &form).await;
        let intent = intent.expect_status(200);
        assert_eq!(intent["status"], "requires_action");
        let url = intent["next_action"]["redirect_to_url"]["url"].clone();
        let page = reqwest::get(url.as_str().expect("an address"))
            .await
            .expect("a page");
        let page = page.text().await.expect("a page");
        assert!(
            page.contains("/approve\"") && page.contains("/decline\""),
            "{page}"
        );
        id_of(&intent)
    };
    let back = Some("https://office.example/back?order=7".to_owned());

    let agreed = ask().await;
    assert_eq!(sandbox.approve(&agreed).await, back);
    // Pressed twice.
    assert_eq!(sandbox.decline(&agreed).await, back);
    let intent = caller.get(&format!("/v1/payment_intents/{agreed}")).await;
    assert_eq!(intent.expect_status(200)["status"], "requires_capture");

    let refused = ask().await;
    assert_eq!(sandbox.decline(&refused).await, back);
    let intent = caller.get(&format!("/v1/payment_intents/{refused}")).await;
    let intent = intent.expect_status(200);
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(
        intent["last_payment_error"]["code"],
        "payment_intent_authentication_failure"
    );
}

#[tokio::test]
async fn stripe_s_lists_have_pages_newest_first() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(caller.authorise().await);
    }
    made.reverse();
    let path = "/v1/payment_intents?limit=2&created[gte]=1&expand[]=data.latest_charge";
    let first = caller.get(path).await.expect_status(200);
    assert_eq!(first["has_more"], true);
    assert_eq!(first["data"][0]["latest_charge"]["object"], "charge");
    let next = caller
        .get(&format!("{path}&starting_after={}", id_of(&first["data"][1])))
        .await
        .expect_status(200);
    assert_eq!(next["has_more"], false);
    let listed = [&first["data"][0], &first["data"][1], &next["data"][0]].map(id_of);
    assert_eq!(listed.to_vec(), made);
    let future = caller.get("/v1/payment_intents?created[gte]=99999999999").await;
    assert_eq!(future.expect_status(200)["data"], json!([]));
    let found = caller
        .get("/v1/payment_intents/search?query=metadata['payment']:'7'")
        .await;
    assert_eq!(found.expect_status(200)["data"].as_array().map(Vec::len), Some(3));
    let events = caller.get("/v1/events?limit=1").await.expect_status(200);
    let event = format!("/v1/events/{}", id_of(&events["data"][0]));
    assert_eq!(caller.get(&event).await.expect_status(200), events["data"][0]);
}

#[tokio::test]
async fn only_those_with_the_key_are_let_in() {
    let sandbox = SandboxPayments::start(&["--api-key", "sk_test_other"]).await;
    let caller = Caller::of(&sandbox);
    expect_error(caller.get("/v1/payment_intents").await, 401, "api_key_invalid");
    let hosted = caller.get("/hosted/payments").await.expect_status(401);
    assert_eq!(hosted["code"], "unauthorized");
    for path in ["/v1/payment_intents", "/hosted/payments"] {
        let address = format!("{}{path}", sandbox.url());
        let basic = reqwest::Client::new()
            .get(&address)
            .basic_auth("sk_test_other", Some(""));
        send(basic).await.expect_status(200);
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_in_stripe_s_words() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    for path in [
        "/v1/payment_intents/pi_none",
        "/v1/refunds/re_none",
        "/v1/events/evt_none",
    ] {
        expect_error(caller.get(path).await, 404, "resource_missing");
    }
    let error = caller.post("/v1/payment_intents", &[("amount", "5")]).await;
    let error = expect_error(error, 400, "parameter_missing");
    assert_eq!(error["param"], "currency");
    caller.get("/v1/customers").await.expect_status(404);
    assert_eq!(sandbox.stop().await, Some(0));
}

#[tokio::test]
async fn a_hosted_payment_is_approved_captured_and_refunded() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let new = json!({
        "amount": {"value": 10_000, "currency": "EUR"},
        "merchant_reference": "order-7",
        "return_url": "https://office.example/back",
    });
    let payment = caller
        .post_json("/hosted/payments", &new)
        .await
        .expect_status(201);
    let id = id_of(&payment);
    let path = format!("/hosted/payments/{id}");
    let captures = format!("{path}/captures");
    assert_eq!(payment["status"], "open");
    let early = caller.post_json(&captures, &json!({})).await.expect_status(409);
    assert_eq!(early["code"], "wrong_state");
    let page = reqwest::get(payment["checkout_url"].as_str().expect("an address")).await;
    let page = page.expect("a page").text().await.expect("a page");
    assert!(page.contains("/approve\""), "{page}");
    assert_eq!(
        sandbox.approve(&id).await,
        Some("https://office.example/back".to_owned())
    );
    caller.post_json(&captures, &json!({})).await.expect_status(201);
    let refund = json!({"amount": 4_000, "refund_reference": "r1"});
    caller
        .post_json(&format!("{path}/refunds"), &refund)
        .await
        .expect_status(201);
    let payment = caller.get(&path).await.expect_status(200);
    assert_eq!(
        json!([
            payment["status"],
            payment["amount_captured"],
            payment["fee"],
            payment["refunds"]
        ]),
        json!(["captured", 10_000, 165, [{"refund_reference": "r1", "amount": 4_000}]])
    );
    let cancelled = send(caller.request(Method::DELETE, &path)).await;
    assert_eq!(cancelled.expect_status(409)["code"], "wrong_state");
    let known = sandbox.payment("order-7").await;
    assert_eq!(
        json!([known["door"], known["refunded"]]),
        json!(["hosted", 4_000])
    );
}

#[tokio::test]
async fn hosted_payments_are_called_off_and_listed() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let mut ids = Vec::new();
    for reference in ["a", "b", "c"] {
        let new = json!({
            "amount": {"value": 100, "currency": "EUR"},
            "merchant_reference": reference,
            "return_url": null,
        });
        let payment = caller.post_json("/hosted/payments", &new).await;
        ids.push(id_of(&payment.expect_status(201)));
    }
    let first = caller.get("/hosted/payments?limit=2").await.expect_status(200);
    assert_eq!(first["next"], ids[1]);
    let rest = caller.get(&format!("/hosted/payments?after={}", ids[1])).await;
    let rest = rest.expect_status(200);
    assert_eq!(
        (&rest["payments"][0]["id"], &rest["next"]),
        (&json!(ids[2]), &json!(null))
    );
    let found = caller.get("/hosted/payments?merchant_reference=b").await;
    assert_eq!(found.expect_status(200)["payments"][0]["id"], ids[1]);
    for _ in 0..2 {
        let path = format!("/hosted/payments/{}", ids[0]);
        let cancelled = caller
            .http
            .delete(format!("{}{path}", sandbox.url()))
            .bearer_auth(KEY);
        assert_eq!(send(cancelled).await.expect_status(200)["status"], "canceled");
    }
    assert_eq!(sandbox.decline(&ids[1]).await, None);
    sandbox.expire(&ids[2]).await;
    let statuses = sandbox
        .book()
        .await
        .into_iter()
        .map(|payment| payment["status"].clone());
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        [json!("canceled"), json!("failed"), json!("expired")]
    );
}
