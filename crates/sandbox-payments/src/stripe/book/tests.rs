//! The states of an intent, and the events about it.

use serde_json::Value;

use super::{Book, Cards, Command, Outgoing, Refusal, Verdict};
use crate::stripe::form::Form;

/// A book with one intent, made with `pm_card_visa` or another card.
struct Trial {
    book: Book,
    id: String,
}

impl Trial {
    fn new(form: &str) -> Self {
        let mut book = Book::new("http://sandbox".into(), Outgoing::nowhere());
        let form = format!("amount=1000&currency=eur&{form}");
        let made = call(&mut book, "POST", &["payment_intents"], &form, Cards::AsNamed).unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        Self { book, id }
    }

    fn post(&mut self, what: &str, form: &str) -> Result<Value, Refusal> {
        let id = self.id.clone();
        let path = ["payment_intents", &id, what];
        call(&mut self.book, "POST", &path, form, Cards::AsNamed)
    }

    fn status(&self) -> &'static str {
        self.book.intents().next().unwrap().status.name()
    }

    fn events(&self) -> Vec<&str> {
        let events = self.book.events.oldest_first(None).unwrap();
        events.map(|event| event["type"].as_str().unwrap()).collect()
    }
}

fn call(book: &mut Book, method: &str, path: &[&str], form: &str, cards: Cards) -> Result<Value, Refusal> {
    let form = Form::read(form.as_bytes())?;
    book.carry_out(Command::read(method, path, &form)?, cards)
}

#[test]
fn an_intent_is_confirmed_and_captured_step_by_step() {
    let mut trial = Trial::new("capture_method=manual");
    assert_eq!(trial.status(), "requires_payment_method");
    assert!(trial.post("confirm", "").is_err());
    assert!(trial.post("capture", "").is_err());
    trial.post("confirm", "payment_method=pm_card_visa").unwrap();
    assert_eq!(trial.status(), "requires_capture");
    assert!(trial.post("confirm", "").is_err());
    let captured = trial.post("capture", "").unwrap();
    assert_eq!(captured["amount_received"], 1_000);
    assert!(trial.post("cancel", "").is_err());
    assert_eq!(
        trial.events(),
        [
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded"
        ]
    );
}

#[test]
fn money_is_taken_at_once_unless_asked_otherwise() {
    let mut trial = Trial::new("payment_method=pm_card_visa");
    assert_eq!(trial.status(), "requires_confirmation");
    trial.post("confirm", "").unwrap();
    assert_eq!(trial.status(), "succeeded");
    assert_eq!(trial.events(), ["payment_intent.succeeded"]);
}

#[test]
fn a_declined_card_leaves_the_intent_to_a_better_one() {
    let mut trial = Trial::new("");
    assert!(
        trial
            .post("confirm", "payment_method=pm_card_chargeDeclined")
            .is_err()
    );
    assert_eq!(trial.status(), "requires_payment_method");
    trial.post("confirm", "payment_method=pm_card_visa").unwrap();
    assert_eq!(
        trial.events(),
        ["payment_intent.payment_failed", "payment_intent.succeeded"]
    );
}

#[test]
fn the_buyer_answers_once() {
    let mut trial = Trial::new("payment_method=pm_card_authenticationRequired&confirm=true");
    assert_eq!(trial.status(), "requires_action");
    let id = trial.id.clone();
    trial.book.authenticate(&id, Verdict::Decline).unwrap();
    trial.book.authenticate(&id, Verdict::Approve).unwrap();
    assert_eq!(trial.status(), "requires_payment_method");
    trial.post("cancel", "").unwrap();
    assert!(trial.post("cancel", "").is_err());
    assert_eq!(
        trial.events(),
        [
            "payment_intent.requires_action",
            "payment_intent.payment_failed",
            "payment_intent.canceled"
        ]
    );
}

#[test]
fn nothing_is_given_back_that_was_not_taken() {
    let mut trial = Trial::new("capture_method=manual&payment_method=pm_card_visa&confirm=true");
    let form = format!("payment_intent={}", trial.id);
    let early = call(&mut trial.book, "POST", &["refunds"], &form, Cards::AsNamed);
    assert!(early.is_err());
    trial.post("capture", "amount_to_capture=600").unwrap();
    let refund = call(&mut trial.book, "POST", &["refunds"], &form, Cards::AsNamed);
    assert_eq!(refund.unwrap()["amount"], 600);
    assert!(call(&mut trial.book, "POST", &["refunds"], &form, Cards::AsNamed).is_err());
}

#[test]
fn a_decline_by_fault_leaves_its_traces() {
    let mut trial = Trial::new("");
    let path = ["payment_intents"];
    let form = "amount=500&currency=eur&payment_method=pm_card_visa&confirm=true";
    assert!(call(&mut trial.book, "POST", &path, form, Cards::Declined).is_err());
    assert_eq!(trial.book.intents().count(), 2);
    assert_eq!(trial.events(), ["payment_intent.payment_failed"]);
}
