//! The hosted door's book: every payment, and how calls and buyers change them.

use actix_web::http::StatusCode;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::command::{Command, NewPayment, Page};
use super::payment::Payment;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::money::{new_id, unix_now};
use crate::outgoing::Outgoing;
use crate::pages::Verdict;
use crate::shelf::{Shelf, page};

/// Payments that are remembered before the oldest is forgotten.
const PAYMENTS_MAX: usize = 100_000;

/// The book.
#[derive(Debug)]
pub struct Book {
    payments: Shelf<Payment>,
    outgoing: Outgoing,
    base_url: String,
}

impl Book {
    /// An empty book.
    pub fn new(base_url: String, outgoing: Outgoing) -> Self {
        Self {
            payments: Shelf::new(PAYMENTS_MAX),
            outgoing,
            base_url,
        }
    }

    /// Where notices go.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Every payment, oldest first.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.oldest_first(None).into_iter().flatten()
    }

    /// One payment.
    pub fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.get(id)
    }

    /// Does what a call asks for.
    pub fn carry_out(&mut self, command: Command) -> Result<Answer, Refusal> {
        match command {
            Command::Create(new) => Ok(self.create(new)),
            Command::Read(id) => Ok(show(StatusCode::OK, self.find(&id)?)),
            Command::List(page) => self.list(&page),
            Command::Capture(id) => {
                let payment = self.find(&id)?;
                payment.capture()?;
                let shown = show(StatusCode::CREATED, payment);
                self.tell(&id);
                Ok(shown)
            }
            Command::Cancel(id) => {
                let payment = self.find(&id)?;
                let changed = payment.cancel()?;
                let shown = show(StatusCode::OK, payment);
                if changed {
                    self.tell(&id);
                }
                Ok(shown)
            }
            Command::Refund(id, refund) => {
                let payment = self.find(&id)?;
                payment.refund(refund)?;
                let shown = show(StatusCode::CREATED, payment);
                self.tell(&id);
                Ok(shown)
            }
        }
    }

    /// The buyer was asked. Gives where the buyer goes from there; an answer that comes twice changes nothing.
    pub fn decide(&mut self, id: &str, verdict: Verdict) -> Result<Option<String>, Refusal> {
        let payment = self.find(id)?;
        let changed = payment.decide(verdict);
        let return_url = payment.return_url.clone();
        if changed {
            self.tell(id);
        }
        Ok(return_url)
    }

    /// Nobody did anything about a payment for too long; false if it isn't known or was over.
    pub fn expire(&mut self, id: &str) -> bool {
        let expired = self.payments.get_mut(id).is_some_and(Payment::expire);
        if expired {
            self.tell(id);
        }
        expired
    }

    fn create(&mut self, new: NewPayment) -> Answer {
        let created_at = i64::try_from(unix_now())
            .ok()
            .and_then(|unix| DateTime::from_timestamp(unix, 0))
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Secs, true);
        let payment = Payment::new(
            new.amount,
            new.merchant_reference,
            new.return_url,
            &self.base_url,
            created_at,
        );
        let shown = show(StatusCode::CREATED, &payment);
        self.payments.put(payment.id.clone(), payment);
        shown
    }

    fn list(&self, asked: &Page) -> Result<Answer, Refusal> {
        let items = self.payments.oldest_first(asked.after.as_deref());
        let items = items.ok_or_else(|| Refusal::Invalid("after is no payment".into()))?;
        let reference = asked.merchant_reference.as_ref();
        let fits = |payment: &&Payment| reference.is_none_or(|known| payment.merchant_reference == *known);
        let (payments, more) = page(items.filter(fits), asked.limit);
        let next = payments.last().filter(|_| more).map(|payment| &payment.id);
        Ok(Answer::new(
            StatusCode::OK,
            json!({"payments": payments, "next": next}),
        ))
    }

    fn find(&mut self, id: &str) -> Result<&mut Payment, Refusal> {
        self.payments.get_mut(id).ok_or(Refusal::NotFound)
    }

    /// Tells that a payment changed, and not how: the office is to ask.
    fn tell(&self, id: &str) {
        let notice = json!({"event_id": new_id("he"), "payment_id": id, "type": "payment.updated"});
        self.outgoing.push(notice.to_string());
    }
}

fn show(status: StatusCode, payment: &Payment) -> Answer {
    Answer::new(status, serde_json::to_value(payment).unwrap_or(Value::Null))
}
