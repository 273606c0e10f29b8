use tokio::sync::oneshot;

use super::*;
use crate::turnstile::show_lanes;

const FAR: Duration = Duration::from_secs(60);

fn lanes() -> Lanes {
    Lanes::new(&TurnstileSettings {
        executors: 2,
        batch_commands_max: 2,
        queue_commands_max: 10,
        queues_commands_max: 10,
        wait_max: FAR,
        resolve_payment_after: FAR,
    })
}

fn show(number: i64) -> Arc<Show> {
    show_lanes::tests::show(ShowId::new(number, 0))
}

fn push(lanes: &Lanes, show: &Arc<Show>) -> oneshot::Receiver<Passed> {
    let (reply, answer) = oneshot::channel();
    let waiting = Waiting::new(show_lanes::tests::hold(), None, Instant::now() + FAR, reply);
    lanes.push(show, waiting).expect("room");
    answer
}

#[test]
fn no_more_batches_begin_than_may_be_under_way_unless_one_is_stalled() {
    let lanes = lanes();
    let _answers = [
        push(&lanes, &show(1)),
        push(&lanes, &show(1)),
        push(&lanes, &show(2)),
    ];
    let begin = Instant::now();
    let (first, turns) = lanes.next_turns(|| 1).expect("a turn");
    assert_eq!(turns.len(), 1);
    // Another executor gets the second show once the first batch has taken too long.
    let (second, turns) = lanes.next_turns(|| 1).expect("a turn");
    assert!(begin.elapsed() >= STALLED_AFTER);
    assert_eq!(turns.len(), 1);
    drop(first);
    assert_eq!(lanes.lock().under_way, [second.begin]);
    drop(second);
    // Nobody is under way: no wait.
    let _answer = push(&lanes, &show(3));
    assert!(lanes.next_turns(|| 1).is_some());
}

#[test]
fn what_came_since_joins_the_turn() {
    let lanes = lanes();
    let show = show(1);
    let _answers: Vec<_> = (0..3).map(|_| push(&lanes, &show)).collect();
    let (_under_way, turns) = lanes.next_turns(|| 1).expect("a turn");
    assert_eq!((turns[0].batch.len(), lanes.waiting()), (2, 1));
    let _later = [push(&lanes, &show), push(&lanes, &show)];
    assert_eq!(lanes.take_more(show.id, 2).len(), 2);
    assert_eq!(lanes.waiting(), 1);
    assert_eq!(lanes.take_more(show.id, 2).len(), 1);
    assert!(lanes.take_more(ShowId::new(9, 0), 2).is_empty());
}
