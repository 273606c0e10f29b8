//! One turn of an endpoint and a show: the events behind where it has been told, one after the other, until one is not taken or
//! others want a turn.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use tokio::sync::watch::Receiver;

use super::Webhooks;
use super::message::Message;
use super::sender::{Answer, Verdict};
use crate::closing::until_closing;
use crate::live::render::PlaceNames;
use crate::pause::{pause_after, write_until};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::journal::{read_head, read_journal};
use crate::store::webhook_cursors::{Claimed, Reached, Sent, finish, first_kept, hasten};
use crate::store::webhook_endpoints::{DisableReason, disable_endpoint};
use domain::event::Event;
use domain::id::{Offset, Revision, ShowId};

/// Messages of one turn.
const TURN_MESSAGES_MAX: usize = 32;
/// How long a turn lasts before it takes no further message.
const TURN_MAX: Duration = Duration::from_secs(10);
/// Events that are read at a time.
const PAGE_EVENTS: i64 = 64;
/// How long a node that stops still waits for an answer.
const LAST_ANSWER_MAX: Duration = Duration::from_millis(500);

/// How long before its lease ends a turn is not written down any more.
const LEASE_LEFT: Duration = Duration::from_secs(10);

/// After what pause it is looked again for a show that is not there.
const NO_SHOW_PAUSE: Duration = Duration::from_secs(60);

/// How long a turn is a node's alone: longer than it may take, last call and all.
pub(super) const LEASE: Duration = Duration::from_secs(90);

/// How far a turn has come.
struct Turn {
    offset: Offset,
    attempts: i32,
    sent: Vec<(Sent, Instant)>,
}

/// How a turn ended.
enum End {
    /// All is told, or others want a turn.
    Done,
    /// A message was not taken.
    Failed(Answer),
    /// The endpoint is gone.
    Gone,
    /// The node stops, or the database is away.
    Interrupted,
    /// The show is being forgotten, and this with it.
    NoShow,
}

/// What stands behind an offset of a journal.
enum Page {
    /// Events, of which the first may not be the next.
    /// Besides, the revision of the terms that are in force.
    Events(Vec<Event>, Revision),
    /// Nothing: this is its head.
    Head(Offset),
    /// The show is not there any more.
    NoShow,
}

impl Webhooks {
    /// Takes a turn.
    pub(super) async fn take_turn(&self, claimed: &Claimed, mut closing: Receiver<bool>) {
        let begin = Instant::now();
        let mut turn = Turn {
            offset: claimed.offset,
            attempts: claimed.attempts,
            sent: Vec::new(),
        };
        let told = self.tell(claimed, &mut turn, &mut closing).await;
        let end = told.unwrap_or_else(|error| {
            tracing::debug!(error = %error, show.id = %claimed.show, "webhooks wait for the database");
            End::Interrupted
        });
        let write = || self.end(claimed, &turn, &end);
        if let Err(error) = write_until(begin + LEASE - LEASE_LEFT, &mut closing, write).await {
            tracing::debug!(error = %error, show.id = %claimed.show, "what was sent can't be written down; it is sent again");
        }
    }

    /// Sends what is to be sent.
    async fn tell(
        &self,
        claimed: &Claimed,
        turn: &mut Turn,
        closing: &mut Receiver<bool>,
    ) -> Result<End, StoreError> {
        let Some(show) = self.shows.show(claimed.show).await? else {
            return Ok(End::NoShow);
        };
        let id = show.id;
        let mut names = self.live.plan_names().of(&show).await?;
        let mut revision = show.revision;
        let begin = Instant::now();
        loop {
            let events = match self.read_on(id, turn.offset).await? {
                Page::Events(events, present) => {
                    if present > revision {
                        let Some(show) = self.shows.at_least(id, present).await? else {
                            return Ok(End::NoShow);
                        };
                        names = self.live.plan_names().of(&show).await?;
                        revision = show.revision;
                    }
                    events
                }
                Page::Head(head) => {
                    if head != turn.offset {
                        tracing::warn!(show.id = %id, "a journal is not what it was: webhooks go on from its head");
                        turn.offset = head;
                    }
                    return Ok(End::Done);
                }
                Page::NoShow => return Ok(End::NoShow),
            };
            for event in events {
                for (message, reached) in messages(claimed, turn.offset, &event, &names) {
                    let Some(answer) = self.send_until_closing(claimed, &message, closing).await else {
                        return Ok(End::Interrupted);
                    };
                    turn.attempts += 1;
                    turn.note(message, &event, &answer);
                    match answer.verdict {
                        Verdict::Taken => (turn.offset, turn.attempts) = (reached, 0),
                        Verdict::Gone => return Ok(End::Gone),
                        Verdict::Failed => return Ok(End::Failed(answer)),
                    }
                    note_delay(&event);
                }
                turn.offset = event.offset;
                if turn.sent.len() >= TURN_MESSAGES_MAX || begin.elapsed() > TURN_MAX {
                    return Ok(End::Done);
                }
            }
        }
    }

    async fn read_on(&self, show: ShowId, after: Offset) -> Result<Page, StoreError> {
        let read = move |connection: &mut _| {
            let events = read_journal(connection, show, after, PAGE_EVENTS)?;
            if !events.is_empty() {
                // After the events: the terms of this revision know all that they name.
                return Ok(Page::Events(events, read_head(connection, show)?.revision));
            }
            Ok(match first_kept(connection, show, after)? {
                Some((_, Some(first))) => {
                    let before = Offset(first.0 - 1);
                    let events = read_journal(connection, show, before, PAGE_EVENTS)?;
                    Page::Events(events, read_head(connection, show)?.revision)
                }
                Some((head, None)) => Page::Head(head),
                None => Page::NoShow,
            })
        };
        self.database.write(WriteKind::Webhooks, read).await
    }

    /// Sends a message; `None` if the node stops before an answer comes.
    async fn send_until_closing(
        &self,
        claimed: &Claimed,
        message: &Message,
        closing: &mut Receiver<bool>,
    ) -> Option<Answer> {
        let stopped = async {
            until_closing(closing).await;
            tokio::time::sleep(LAST_ANSWER_MAX).await;
        };
        tokio::select! {
            biased;
            answer = self.send(&claimed.receiver, message) => Some(answer),
            () = stopped => None,
        }
    }

    /// Writes down how far a turn came, and what follows from how it ended.
    async fn end(&self, claimed: &Claimed, turn: &Turn, end: &End) -> Result<(), StoreError> {
        let pause = match end {
            End::Done => None,
            End::Interrupted | End::Gone => Some(Duration::ZERO),
            End::NoShow => Some(NO_SHOW_PAUSE),
            End::Failed(answer) => Some(pause_after(
                turn.attempts,
                self.settings.first_pause,
                answer.retry_after,
                rand::random(),
            )),
        };
        let reached = Reached {
            offset: turn.offset,
            attempts: turn.attempts,
            pause,
        };
        let is_first_failure = turn.attempts <= 1;
        let failing = if is_first_failure {
            Duration::ZERO
        } else {
            claimed.failing
        };
        let reason = match end {
            End::Gone => Some(DisableReason::Gone),
            End::Failed(_) if failing > self.settings.failing_max => Some(DisableReason::Failing),
            _ => None,
        };
        let is_back = claimed.attempts > 0 && turn.attempts == 0;
        let is_failure = matches!(end, End::Failed(_)) && reason.is_none();
        let mut sent: Vec<_> = turn.sent.iter().map(aged).collect();
        if let Some(last) = sent.last_mut().filter(|_| is_failure) {
            last.next = pause;
        }
        let of = claimed.clone();
        let write = move |connection: &mut _| {
            finish(connection, &of, reached, sent)?;
            if is_back {
                hasten(connection, of.endpoint)?;
            }
            let disabled = reason.map(|reason| disable_endpoint(connection, of.endpoint, reason));
            Ok(disabled.transpose()?.unwrap_or(false))
        };
        let is_disabled = self.database.write(WriteKind::Webhooks, write).await?;
        if let Some(reason) = reason.filter(|_| is_disabled) {
            let reason = reason.word();
            tracing::warn!(endpoint.id = %claimed.endpoint, reason, "an endpoint of webhooks is disabled");
            metrics::counter!("boxoffice_webhook_endpoints_disabled_total", "reason" => reason).increment(1);
        }
        // An event that came between the look at the head and the end of the lease has woken nobody.
        self.moved.note(claimed.show);
        Ok(())
    }
}

impl Turn {
    fn note(&mut self, message: Message, event: &Event, answer: &Answer) {
        let sent = Sent {
            message: message.id,
            event_type: message.event_type,
            offset: event.offset,
            attempt: self.attempts,
            status: answer.status,
            error: answer.error.clone(),
            latency: answer.latency,
            age: Duration::ZERO,
            next: None,
        };
        let began = Instant::now().checked_sub(answer.latency);
        self.sent.push((sent, began.unwrap_or_else(Instant::now)));
    }
}

fn aged((sent, began): &(Sent, Instant)) -> Sent {
    Sent {
        age: began.elapsed(),
        ..sent.clone()
    }
}

/// What an endpoint that has been told up to an offset is told next, and how far it has been told then.
fn messages(
    claimed: &Claimed,
    after: Offset,
    event: &Event,
    names: &PlaceNames,
) -> impl Iterator<Item = (Message, Offset)> {
    let gap = (event.offset != after.next()).then(|| {
        let message = Message::of_gap(claimed.endpoint, claimed.show, after, event);
        (message, Offset(event.offset.0 - 1))
    });
    let wanted = &claimed.receiver.event_types;
    let is_wanted = wanted.is_empty() || wanted.iter().any(|word| word == event.kind.name());
    let event = is_wanted.then(|| {
        let message = Message::of_event(claimed.endpoint, claimed.show, names, event);
        (message, event.offset)
    });
    gap.into_iter().chain(event)
}

/// How long after it happened an event was taken, by this node's clock.
fn note_delay(event: &Event) {
    let now = DateTime::<Utc>::from(SystemTime::now());
    let delay = (now - event.at).to_std().unwrap_or_default();
    metrics::histogram!("boxoffice_webhook_delay_seconds").record(delay);
}
