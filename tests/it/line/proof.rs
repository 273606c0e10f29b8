//! Places that are given only for a proof.

use serde_json::json;

use super::{join_with, session, show_with_line};
use crate::office::{Hook, HookAnswer, TestOffice};

#[tokio::test]
async fn a_place_is_given_for_a_proof_that_the_organiser_accepts() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_WEBHOOKS_ALLOW_PRIVATE", "true")]).await;
    let hook = Hook::start();
    let show = show_with_line(&office, json!({"proof_url": hook.url()}), json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let path = format!("/v1/shows/{show}/line");
    let ask = async |body: serde_json::Value| buyer.post(&path, &body).await;
    let missing = ask(json!(null)).await.expect_problem(422, "invalid");
    assert_eq!(missing["field"], "/proof");
    let long = json!({"proof": "x".repeat(4_097)});
    assert_eq!(ask(long).await.expect_problem(422, "invalid")["field"], "/proof");
    assert!(hook.messages().await.is_empty());

    let proof = json!({"proof": "I am no machine"});
    hook.answer_next(HookAnswer::Status(403)).await;
    let refused = ask(proof.clone()).await.expect_problem(403, "proof_refused");
    assert_eq!(refused["field"], "/proof");
    for down in [
        HookAnswer::Status(500),
        HookAnswer::RetryAfter(429, 1),
        HookAnswer::Redirect(hook.url().to_owned()),
    ] {
        hook.answer_next(down).await;
        let answer = ask(proof.clone()).await;
        assert!(answer.headers.contains_key("retry-after"));
        answer.expect_problem(503, "proof_unavailable");
    }
    let place = ask(proof).await.expect_status(201);
    let asked = hook.messages().await;
    assert_eq!(
        asked.last().expect("a message").body,
        json!({"show": show, "proof": "I am no machine"})
    );
    // Whoever has a place is not asked again.
    assert_eq!(ask(json!(null)).await.expect_status(201)["place"], place["place"]);
    assert_eq!(join_with(&buyer, &show, &place).await["place"], place["place"]);
    assert_eq!(hook.messages().await.len(), asked.len());
}
