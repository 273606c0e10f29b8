//! One leased mail: written, handed over, and its row ended by what came of it.

use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use tokio::sync::watch::Receiver;

use super::Mails;
use super::letter::{Mail, Told, language_of};
use super::post::Verdict;
use super::template::office_template;
use crate::closing::until_closing;
use crate::pause::{pause_after, write_until};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::mail_templates::find_template;
use crate::store::mails::{Cause, Claimed, Ended, fan_out, finish_mail, read_letter};
use crate::store::order::OrderState;
use domain::mail::MailKind;
use domain::reference::OrderNumber;

/// How long a mail is a node's alone: longer than it may take to write it and to hand it over.
pub(super) const LEASE: Duration = Duration::from_secs(120);
/// How long before its lease ends an outcome is not written down any more.
const LEASE_LEFT: Duration = Duration::from_secs(10);
/// The longest pause, so that a mail is not late by much when a server is back (RFC 5321, 4.5.4.1).
const PAUSE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long a node that stops still waits for an answer.
const LAST_ANSWER_MAX: Duration = Duration::from_secs(1);
/// How often the log is told that the server takes nothing.
const COMPLAINT_PAUSE: Duration = Duration::from_secs(60);

/// What came of a turn.
#[derive(Clone, Copy)]
struct Outcome {
    ended: Ended,
    attempts: i32,
    /// What the server said.
    status: Option<u16>,
}

impl Outcome {
    /// The server wasn't asked.
    fn unasked(claimed: &Claimed, ended: Ended) -> Self {
        Self {
            ended,
            attempts: claimed.attempts,
            status: None,
        }
    }
}

impl Mails {
    /// Takes a turn. One that ends without an outcome is taken again when the lease has ended.
    pub(super) async fn take_turn(&self, claimed: Claimed, mut closing: Receiver<bool>) {
        let begin = Instant::now();
        let turn = async {
            let outcome = match claimed.order {
                _ if claimed.age > self.settings.age_max => Some(Outcome::unasked(&claimed, Ended::GivenUp)),
                Some(order) => self.send(&claimed, order, closing.clone()).await?,
                None => Some(self.fan_out(&claimed).await?),
            };
            if let Some(outcome) = outcome {
                count(&claimed, outcome.ended);
                let write = || self.end(&claimed, outcome);
                write_until(begin + LEASE - LEASE_LEFT, &mut closing, write).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = turn.await {
            tracing::debug!(error = %error, show.id = %claimed.cause.show, "a mail waits for the database");
        }
    }

    /// Makes a mail for each of a show's paid orders. Once more does no harm: each has its row already.
    async fn fan_out(&self, claimed: &Claimed) -> Result<Outcome, StoreError> {
        let cause = claimed.cause;
        let mut after = OrderNumber(-1);
        loop {
            let next = move |connection: &mut _| Ok(fan_out(connection, cause, after)?);
            match self.database.write(WriteKind::Mail, next).await? {
                Some(last) => after = last,
                None => return Ok(Outcome::unasked(claimed, Ended::Sent)),
            }
        }
    }

    /// Sends a mail; `None` if the node stops before it is known what came of it.
    async fn send(
        &self,
        claimed: &Claimed,
        order: OrderNumber,
        mut closing: Receiver<bool>,
    ) -> Result<Option<Outcome>, StoreError> {
        let mail = match self.write(claimed.cause, order).await? {
            Ok(mail) => mail,
            Err(ended) => return Ok(Some(Outcome::unasked(claimed, ended))),
        };
        let stopped = async {
            until_closing(&mut closing).await;
            tokio::time::sleep(LAST_ANSWER_MAX).await;
        };
        let verdict = tokio::select! {
            biased;
            verdict = self.post.send(&mail) => verdict,
            () = stopped => return Ok(None),
        };
        let attempts = claimed.attempts.saturating_add(1);
        let (ended, status) = match verdict {
            Verdict::Taken(status) => (Ended::Sent, Some(status)),
            Verdict::Refused(status) => {
                let status_code = status.unwrap_or_default();
                tracing::info!(
                    show.id = %claimed.cause.show, mail.kind = claimed.cause.kind.name(), smtp.status = status_code,
                    "the mail server refused a mail for good"
                );
                (Ended::Refused, status)
            }
            Verdict::Failed(status, reason) => {
                self.complain(&reason);
                let pause = pause_after(attempts, self.settings.first_pause, None, rand::random());
                let pause = pause.min(PAUSE_MAX);
                let is_too_late = claimed.age + pause > self.settings.age_max;
                let ended = if is_too_late {
                    Ended::GivenUp
                } else {
                    Ended::Later(pause)
                };
                (ended, status)
            }
        };
        Ok(Some(Outcome {
            ended,
            attempts,
            status,
        }))
    }

    /// Writes a mail, or says how it ends without one.
    async fn write(&self, cause: Cause, order: OrderNumber) -> Result<Result<Mail, Ended>, StoreError> {
        let read = move |connection: &mut _| Ok(read_letter(connection, cause, order)?);
        let letter = self.database.write(WriteKind::Mail, read).await?;
        let letter = letter.filter(|letter| letter.buyer_email.is_some() && !letter.is_superseded);
        let Some(letter) = letter else {
            return Ok(Err(Ended::Dropped));
        };
        let Some(record) = self.orders.read(cause.show, order).await? else {
            return Ok(Err(Ended::Dropped));
        };
        let told_in = match cause.kind {
            MailKind::Paid | MailKind::Changed => Some(OrderState::Paid),
            MailKind::Offer => Some(OrderState::Held),
            MailKind::Refunded | MailKind::Canceled => None,
        };
        if told_in.is_some_and(|state| state != record.state) {
            return Ok(Err(Ended::Dropped));
        }
        let Some(show) = self.shows.at_least(cause.show, record.revision).await? else {
            return Ok(Err(Ended::Dropped));
        };
        let (organiser, language) = (show.organiser, language_of(&letter));
        let find = move |connection: &mut _| Ok(find_template(connection, organiser, cause.kind, language)?);
        let template = self.database.write(WriteKind::Mail, find).await?;
        let told = Told {
            cause,
            show: &show,
            order: &record,
            letter: &letter,
            template: &template.unwrap_or_else(|| office_template(cause.kind, language)),
        };
        let now = DateTime::<Utc>::from(SystemTime::now());
        let mail = told.write(&self.identity, &self.settings.from, now);
        Ok(mail.map_err(|_no_address| Ended::Refused))
    }

    async fn end(&self, claimed: &Claimed, outcome: Outcome) -> Result<(), StoreError> {
        let of = *claimed;
        let finish = move |connection: &mut _| {
            let Outcome {
                ended,
                attempts,
                status,
            } = outcome;
            Ok(finish_mail(connection, &of, ended, attempts, status)?)
        };
        self.database.write(WriteKind::Mail, finish).await
    }

    /// Tells the log that nothing is taken, now and then.
    fn complain(&self, reason: &str) {
        let mut last = self.complained_at.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|at| at.elapsed() > COMPLAINT_PAUSE) {
            *last = Some(Instant::now());
            tracing::warn!(reason, "mail can't be sent now, and is tried again");
        }
    }
}

fn count(claimed: &Claimed, ended: Ended) {
    if claimed.order.is_none() {
        return;
    }
    let (word, kind) = (word_of(ended), claimed.cause.kind.name());
    metrics::counter!("boxoffice_mails_total", "kind" => kind, "outcome" => word).increment(1);
    if ended == Ended::Sent {
        metrics::histogram!("boxoffice_mail_delay_seconds").record(claimed.age);
    }
}

const fn word_of(ended: Ended) -> &'static str {
    match ended {
        Ended::Sent => "sent",
        Ended::Refused => "refused",
        Ended::GivenUp => "given_up",
        Ended::Dropped => "dropped",
        Ended::Later(_) => "failed",
    }
}
