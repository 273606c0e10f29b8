//! Stripe's book: every intent, refund and event, and how calls change them.

use serde_json::Value;

use super::card::{Card, CardError};
use super::command::{Command, Confirm, Method, NewRefund, Page};
use super::currency::check_step;
use super::dispute::{Dispute, DisputeStatus};
use super::intent::{Change, Intent, Status, Terms};
use super::object::{self, Expand};
use super::refund::Refund;
use super::refusal::Refusal;
use crate::faults::Cards;
use crate::money::{new_id, unix_now};
use crate::outgoing::Outgoing;
use crate::pages::Verdict;
use crate::shelf::{Shelf, page};

/// Intents that are remembered before the oldest is forgotten.
const INTENTS_MAX: usize = 100_000;
/// Refunds, and disputes, that are remembered before the oldest is forgotten.
const REFUNDS_MAX: usize = 100_000;
/// Events that are remembered before the oldest is forgotten.
const EVENTS_MAX: usize = 10_000;
/// Most things that a search finds.
const FOUND_MAX: usize = 100;

/// The book.
#[derive(Debug)]
pub struct Book {
    intents: Shelf<Intent>,
    refunds: Shelf<Refund>,
    disputes: Shelf<Dispute>,
    /// As they were sent.
    events: Shelf<Value>,
    outgoing: Outgoing,
    base_url: String,
}

impl Book {
    /// An empty book.
    pub fn new(base_url: String, outgoing: Outgoing) -> Self {
        Self {
            intents: Shelf::new(INTENTS_MAX),
            refunds: Shelf::new(REFUNDS_MAX),
            disputes: Shelf::new(REFUNDS_MAX),
            events: Shelf::new(EVENTS_MAX),
            outgoing,
            base_url,
        }
    }

    /// Where events go.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Every intent, oldest first.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents.oldest_first(None).into_iter().flatten()
    }

    /// Does what a call asks for.
    pub fn carry_out(&mut self, command: Command, cards: Cards) -> Result<Value, Refusal> {
        match command {
            Command::CreateIntent {
                terms,
                method,
                confirm,
                expand,
            } => {
                let id = self.create(terms, method, confirm, cards)?;
                self.show(&id, expand)
            }
            Command::ReadIntent(id, expand) => self.show(&id, expand),
            Command::ConfirmIntent(id, method, confirm, expand) => {
                self.confirm(&id, method, confirm, cards)?;
                self.show(&id, expand)
            }
            Command::CaptureIntent(id, amount, expand) => {
                self.capture(&id, amount)?;
                self.show(&id, expand)
            }
            Command::CancelIntent(id, reason, expand) => {
                self.cancel(&id, reason)?;
                self.show(&id, expand)
            }
            Command::ListIntents(page, created_from, expand) => self.list(&page, created_from, expand),
            Command::SearchIntents(key, value, expand) => Ok(self.search(&key, &value, expand)),
            Command::CreateRefund(new) => self.refund(new),
            Command::ReadRefund(id) => {
                let refund = self.refunds.get(&id);
                refund
                    .map(object::refund)
                    .ok_or_else(|| Refusal::no_such("refund", &id))
            }
            Command::ListRefunds(page, intent) => self.list_refunds(&page, intent.as_deref()),
            Command::ReadDispute(id) => {
                let dispute = self.disputes.get(&id);
                dispute
                    .map(object::dispute)
                    .ok_or_else(|| Refusal::no_such("dispute", &id))
            }
            Command::ListDisputes(page, intent) => {
                let fits = |dispute: &Dispute| intent.as_ref().is_none_or(|intent| dispute.intent == *intent);
                list_page(&self.disputes, "/v1/disputes", &page, fits, object::dispute)
            }
            Command::ReadEvent(id) => {
                let event = self.events.get(&id).cloned();
                event.ok_or_else(|| Refusal::no_such("event", &id))
            }
            Command::ListEvents(page) => self.list_events(&page),
        }
    }

    fn create(
        &mut self,
        terms: Terms,
        method: Option<Method>,
        confirm: Option<Confirm>,
        cards: Cards,
    ) -> Result<String, Refusal> {
        if cards == Cards::Declined && confirm.is_none() {
            return Err(Refusal::card(&CardError::DECLINED, None));
        }
        if confirm.is_some() && method.is_none() {
            return Err(Refusal::missing("payment_method"));
        }
        let intent = Intent::new(
            terms,
            method.as_ref().map(|method| method.name.clone()),
            unix_now(),
        );
        let id = intent.id.clone();
        self.intents.put(id.clone(), intent);
        if let Some(confirm) = confirm {
            self.confirm(&id, method, confirm, cards)?;
        }
        Ok(id)
    }

    fn confirm(
        &mut self,
        id: &str,
        method: Option<Method>,
        confirm: Confirm,
        cards: Cards,
    ) -> Result<(), Refusal> {
        let intent = self.find(id)?;
        if let Some(method) = method.filter(|_| intent.is_confirmable()) {
            intent.payment_method = Some(method.name);
        }
        let card = intent.payment_method.as_deref().and_then(super::card::find);
        let (Some(card), true) = (card, intent.is_confirmable()) else {
            return Err(self.unexpected_state(id, "confirm"));
        };
        let card = match cards {
            Cards::AsNamed => card,
            Cards::Declined => Card::Bad(CardError::DECLINED),
        };
        intent.return_url = confirm.return_url.or(intent.return_url.take());
        let changes = intent.confirm(card, unix_now());
        self.tell(id, changes);
        match card {
            Card::Bad(error) => Err(Refusal::card(&error, Some(self.show(id, Expand::default())?))),
            Card::Good | Card::AsksBuyer => Ok(()),
        }
    }

    /// The buyer was asked by 3-D Secure. Gives where the buyer goes from there; an answer that comes twice changes
    /// nothing.
    pub fn authenticate(&mut self, id: &str, verdict: Verdict) -> Result<Option<String>, Refusal> {
        let intent = self.find(id)?;
        let changes: &[Change] = match (intent.status, verdict) {
            (Status::RequiresAction, Verdict::Approve) => intent.authorise(unix_now()),
            (Status::RequiresAction, Verdict::Decline) => intent.fail(CardError::NOT_AUTHENTICATED),
            _ => &[],
        };
        let return_url = intent.return_url.clone();
        self.tell(id, changes);
        Ok(return_url)
    }

    fn capture(&mut self, id: &str, amount: Option<i64>) -> Result<(), Refusal> {
        let intent = self.find(id)?;
        if intent.status != Status::RequiresCapture {
            return Err(self.unexpected_state(id, "capture"));
        }
        let most = intent.terms.amount;
        let amount = amount.unwrap_or(most);
        if amount > most {
            return Err(Refusal::too_large("amount_to_capture", most));
        }
        let currency = &intent.terms.currency;
        check_step(currency, amount).map_err(|wrong| Refusal::not_charged(currency, wrong))?;
        let changes = intent.capture(amount);
        self.tell(id, changes);
        Ok(())
    }

    fn cancel(&mut self, id: &str, reason: Option<String>) -> Result<(), Refusal> {
        let intent = self.find(id)?;
        if !intent.is_cancelable() {
            return Err(self.unexpected_state(id, "cancel"));
        }
        let changes = intent.cancel(reason, unix_now());
        self.tell(id, changes);
        Ok(())
    }

    /// Nobody took the money that was set aside for too long; false if there is none.
    pub fn expire(&mut self, id: &str) -> bool {
        let intent = self.intents.get_mut(id);
        let Some(intent) = intent.filter(|intent| intent.is_cancelable()) else {
            return false;
        };
        let changes = intent.cancel(Some("automatic".into()), unix_now());
        self.tell(id, changes);
        true
    }

    fn refund(&mut self, new: NewRefund) -> Result<Value, Refusal> {
        let in_dispute = self.is_in_dispute(&new.intent);
        let Some(intent) = self.intents.get_mut(&new.intent) else {
            return Err(Refusal::names_nothing("payment_intent", &new.intent));
        };
        let taken = intent.received();
        let Some(charge) = intent.charge.as_mut().filter(|_| taken > 0) else {
            return Err(self.unexpected_state(&new.intent, "refund"));
        };
        let left = taken - charge.refunded;
        if in_dispute {
            return Err(Refusal::charged_back(&charge.id));
        }
        if left == 0 {
            return Err(Refusal::already_refunded(&charge.id));
        }
        let amount = new.amount.unwrap_or(left);
        if amount > left {
            return Err(Refusal::too_large("amount", left));
        }
        let currency = &intent.terms.currency;
        check_step(currency, amount).map_err(|wrong| Refusal::not_charged(currency, wrong))?;
        charge.refunded += amount;
        let refund = Refund {
            id: new_id("re"),
            charge: charge.id.clone(),
            amount,
            currency: intent.terms.currency.clone(),
            intent: new.intent,
            reason: new.reason,
            metadata: new.metadata,
            created: unix_now(),
        };
        let (intent, shown) = (refund.intent.clone(), object::refund(&refund));
        self.refunds.put(refund.id.clone(), refund);
        self.tell(&intent, &[Change::ChargeRefunded]);
        self.write_event(Change::RefundCreated, &shown);
        Ok(shown)
    }

    /// The buyer's bank calls money back: all of what is left, or so much; gives the dispute's name.
    pub fn dispute(&mut self, intent: &str, amount: Option<i64>) -> Result<String, Refusal> {
        let found = self.find(intent)?;
        let (taken, currency) = (found.received(), found.terms.currency.clone());
        let Some(charge) = found.charge.as_mut().filter(|_| taken > 0) else {
            return Err(self.unexpected_state(intent, "dispute"));
        };
        charge.disputed = true;
        let dispute = Dispute {
            id: new_id("dp"),
            intent: intent.to_owned(),
            charge: charge.id.clone(),
            amount: amount.unwrap_or(taken - charge.refunded),
            currency,
            status: DisputeStatus::NeedsResponse,
            created: unix_now(),
        };
        let (id, shown) = (dispute.id.clone(), object::dispute(&dispute));
        self.disputes.put(id.clone(), dispute);
        self.write_event(Change::DisputeCreated, &shown);
        Ok(id)
    }

    /// It is decided who has the money of a dispute; false if there is none of that name.
    pub fn close_dispute(&mut self, id: &str, status: DisputeStatus) -> bool {
        let Some(dispute) = self.disputes.get_mut(id) else {
            return false;
        };
        dispute.status = status;
        let shown = object::dispute(dispute);
        self.write_event(Change::DisputeClosed, &shown);
        true
    }

    fn is_in_dispute(&self, intent: &str) -> bool {
        let mut disputes = self.disputes.oldest_first(None).into_iter().flatten();
        disputes.any(|dispute| dispute.intent == intent && dispute.status != DisputeStatus::Won)
    }

    fn list(&self, page: &Page, created_from: Option<u64>, expand: Expand) -> Result<Value, Refusal> {
        let from = created_from.unwrap_or(0);
        let show = |intent: &Intent| object::intent(intent, &self.base_url, expand);
        let fits = |intent: &Intent| intent.created >= from;
        list_page(&self.intents, "/v1/payment_intents", page, fits, show)
    }

    fn list_refunds(&self, page: &Page, intent: Option<&str>) -> Result<Value, Refusal> {
        let fits = |refund: &Refund| intent.is_none_or(|intent| refund.intent == intent);
        list_page(&self.refunds, "/v1/refunds", page, fits, object::refund)
    }

    fn list_events(&self, page: &Page) -> Result<Value, Refusal> {
        list_page(&self.events, "/v1/events", page, |_| true, Value::clone)
    }

    fn search(&self, key: &str, value: &str, expand: Expand) -> Value {
        let all = self.intents.newest_first(None).into_iter().flatten();
        let found = all
            .filter(|intent| intent.terms.metadata.get(key).is_some_and(|known| known == value))
            .take(FOUND_MAX)
            .map(|intent| object::intent(intent, &self.base_url, expand));
        object::search_result("/v1/payment_intents/search", found.collect())
    }

    fn find(&mut self, id: &str) -> Result<&mut Intent, Refusal> {
        self.intents
            .get_mut(id)
            .ok_or_else(|| Refusal::no_such("payment_intent", id))
    }

    /// An intent as it is shown.
    pub fn show(&self, id: &str, expand: Expand) -> Result<Value, Refusal> {
        let intent = self.intents.get(id);
        let intent = intent.ok_or_else(|| Refusal::no_such("payment_intent", id))?;
        Ok(object::intent(intent, &self.base_url, expand))
    }

    fn unexpected_state(&self, id: &str, doing: &str) -> Refusal {
        match self.intents.get(id) {
            Some(intent) => {
                let shown = object::intent(intent, &self.base_url, Expand::default());
                Refusal::unexpected_state(doing, intent.status, shown)
            }
            None => Refusal::no_such("payment_intent", id),
        }
    }

    /// Writes events about an intent, or its charge, as it is now.
    fn tell(&mut self, id: &str, changes: &[Change]) {
        for &change in changes {
            let Some(intent) = self.intents.get(id) else {
                return;
            };
            let about = match (change, &intent.charge) {
                (Change::ChargeCaptured | Change::ChargeRefunded, Some(charge)) => {
                    object::charge(intent, charge, Expand::default())
                }
                _ => object::intent(intent, &self.base_url, Expand::default()),
            };
            self.write_event(change, &about);
        }
    }

    fn write_event(&mut self, change: Change, about: &Value) {
        let id = new_id("evt");
        let event = object::event(&id, change.name(), unix_now(), about);
        self.outgoing.push(event.to_string());
        self.events.put(id, event);
    }
}

fn list_page<T>(
    shelf: &Shelf<T>,
    path: &str,
    asked: &Page,
    fits: impl Fn(&T) -> bool,
    show: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let after = asked.starting_after.as_deref();
    let items = shelf.newest_first(after);
    let items = items.ok_or_else(|| Refusal::names_nothing("starting_after", after.unwrap_or_default()))?;
    let (items, more) = page(items.filter(|item| fits(item)), asked.limit);
    Ok(object::list(path, items.into_iter().map(show).collect(), more))
}

#[cfg(test)]
mod tests;
