use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot::{self, Receiver};

use super::*;
use crate::store::batch::IdempotencyKey;
use domain::command::{Booking, Wish};
use domain::id::{Offset, PaymentId, SessionId, ShowId};
use domain::money::Currency;
use domain::outcome::{Decision, Outcome};
use domain::plan::generate::{Spec, generate};

/// A show of four seats.
pub fn show(id: ShowId) -> Arc<Show> {
    let plan = generate(&Spec {
        sections: 1,
        rows: 1,
        seats: 4,
        zones: 0,
    });
    let currency = Currency::try_from("EUR".to_owned()).expect("a currency");
    Arc::new(Show::with_usual_terms(
        id,
        Arc::new(plan.expect("a plan")),
        currency,
    ))
}

fn lanes() -> ShowLanes {
    ShowLanes::new(show(ShowId(1024)))
}

/// A command that asks for places.
pub fn hold() -> Command {
    Command::Hold {
        session: SessionId(1),
        wish: Wish::default(),
        details: None,
        booking: Booking::Public,
    }
}

fn abort(order: i64) -> Command {
    Command::Abort {
        order: OrderNumber(order),
    }
}

fn confirm(order: i64) -> Command {
    Command::ConfirmPayment {
        order: OrderNumber(order),
        payment: PaymentId(1),
        reference: None,
    }
}

/// A key of one session, for a request with this digest.
fn key(name: &str, digest: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey {
        scope: 1,
        key: name.into(),
        request_digest: [digest; 32],
    })
}

fn push(lanes: &mut ShowLanes, command: Command, key: Option<IdempotencyKey>) -> Receiver<Passed> {
    push_until(lanes, command, key, Instant::now() + Duration::from_secs(60))
}

fn push_until(
    lanes: &mut ShowLanes,
    command: Command,
    key: Option<IdempotencyKey>,
    deadline: Instant,
) -> Receiver<Passed> {
    let (reply, answer) = oneshot::channel();
    lanes.push(Waiting::new(command, key, deadline, reply));
    answer
}

fn take(lanes: &mut ShowLanes) -> Vec<Waiting> {
    lanes.take_batch(10, Instant::now())
}

fn commands(batch: &[Waiting]) -> Vec<Command> {
    batch.iter().map(|waiting| waiting.command.clone()).collect()
}

fn decided() -> Passed {
    Ok(Arc::new(Decision {
        outcome: Outcome::Opened,
        offset: Offset(7),
        largest_group: None,
    }))
}

/// Answers a command as the executor does.
fn answer(lanes: &mut ShowLanes, done: Waiting, answer: Passed) {
    let mut replies = Vec::new();
    lanes.release(&done, Some(&answer), &mut replies);
    done.answer(answer);
    for (waiting, answer) in replies {
        waiting.answer(answer);
    }
}

#[test]
fn what_settles_goes_before_what_asks() {
    let mut lanes = lanes();
    let _waits = [
        push(&mut lanes, hold(), None),
        push(&mut lanes, abort(1), None),
        push(&mut lanes, confirm(2), None),
    ];
    assert_eq!(commands(&take(&mut lanes)), [abort(1), confirm(2), hold()]);
    assert_eq!(lanes.waiting(), 0);
}

#[test]
fn few_ask_in_a_batch_while_others_settle() {
    let mut lanes = lanes();
    let (begin, all) = (Instant::now(), 4 * ASKS_BESIDE_MAX);
    let _asks: Vec<_> = (0..all).map(|_| push(&mut lanes, hold(), None)).collect();
    let _settles: Vec<_> = (0..3).map(|order| push(&mut lanes, abort(order), None)).collect();
    let mut take = |at: Duration| lanes.take_batch(all, begin + at).len();
    assert_eq!(take(Duration::ZERO), 3 + ASKS_BESIDE_MAX);
    // The next to settle is not there yet, and is not to wait for all who ask.
    assert_eq!(take(SETTLED_LATELY - Duration::from_nanos(1)), ASKS_BESIDE_MAX);
    assert_eq!(take(SETTLED_LATELY), 2 * ASKS_BESIDE_MAX);
}

#[test]
fn a_full_lane_is_full_for_its_own_alone() {
    let mut lanes = lanes();
    let _waits = [push(&mut lanes, hold(), None), push(&mut lanes, hold(), None)];
    assert!(lanes.is_full(&hold(), 2) && !lanes.is_full(&hold(), 3));
    assert!(!lanes.is_full(&abort(1), 2));
    assert!(ends_payment(&confirm(1)) && !ends_payment(&abort(1)) && !ends_payment(&hold()));
}

#[test]
fn who_comes_under_the_same_key_holds_nobody_up_and_gets_the_same_answer() {
    let mut lanes = lanes();
    let mut answers: Vec<_> = (0..3).map(|_| push(&mut lanes, hold(), key("k", 1))).collect();
    let mut other = push(&mut lanes, hold(), key("k", 2));
    let _behind = push(&mut lanes, hold(), key("l", 1));
    let mut batch = take(&mut lanes);
    assert_eq!((batch.len(), lanes.waiting()), (2, 3));
    answer(&mut lanes, batch.remove(0), decided());
    assert!(
        answers
            .iter_mut()
            .all(|answer| answer.try_recv() == Ok(decided()))
    );
    assert_eq!(other.try_recv(), Ok(Err(PassError::KeyReused)));
    assert_eq!(lanes.waiting(), 0);
}

#[test]
fn a_key_used_for_another_request_is_no_answer_to_those_that_came_after() {
    let mut lanes = lanes();
    let mut first = push(&mut lanes, hold(), key("k", 2));
    let _second = push(&mut lanes, abort(1), key("k", 1));
    let done = take(&mut lanes).remove(0);
    answer(&mut lanes, done, Err(PassError::KeyReused));
    assert_eq!(first.try_recv(), Ok(Err(PassError::KeyReused)));
    assert_eq!(commands(&take(&mut lanes)), [abort(1)]);
}

#[test]
fn what_is_about_one_order_goes_one_after_the_other() {
    let mut lanes = lanes();
    let _waits = [
        push(&mut lanes, abort(1), None),
        push(&mut lanes, confirm(1), None),
        push(&mut lanes, abort(2), None),
    ];
    let mut batch = take(&mut lanes);
    assert_eq!(commands(&batch), [abort(1), abort(2)]);
    assert!(take(&mut lanes).is_empty());
    answer(&mut lanes, batch.remove(0), decided());
    assert_eq!(commands(&take(&mut lanes)), [confirm(1)]);
}

#[test]
fn who_gave_up_makes_room_for_the_next_under_the_same_key_and_about_the_same_order() {
    let mut lanes = lanes();
    let past = Instant::now();
    let mut late = push_until(&mut lanes, abort(1), key("k", 1), past);
    let _next = push(&mut lanes, abort(1), key("k", 1));
    let _about_the_same = push(&mut lanes, confirm(1), None);
    let mut batch = take(&mut lanes);
    assert_eq!(late.try_recv(), Ok(Err(PassError::TimedOut)));
    assert_eq!(commands(&batch), [confirm(1)]);
    answer(&mut lanes, batch.remove(0), decided());
    assert_eq!(commands(&take(&mut lanes)), [abort(1)]);
    assert_eq!(lanes.waiting(), 0);
}

#[test]
fn places_are_not_held_for_somebody_who_has_hung_up_but_what_settles_is_done() {
    let mut lanes = lanes();
    drop(push(&mut lanes, hold(), None));
    drop(push(&mut lanes, abort(1), None));
    assert_eq!(commands(&take(&mut lanes)), [abort(1)]);
    assert_eq!(lanes.waiting(), 0);
}
