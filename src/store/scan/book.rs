//! All that is known of a ticket at the door while scans of it are taken in.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use super::rows::{
    OrderFacts, ShowFacts, StoredPassage, TicketKey, read_passages, read_returns, read_transfers, read_visits,
};
use super::write::{Settled, VisitRow, put_visits, remove_visits, settle_scans};
use crate::store::order::OrderState;
use domain::door::{Direction, Known, Passage, Reason, Since, Visit, judge};
use domain::event::Place;
use domain::id::ShowId;
use domain::plan::Plan;
use domain::reference::{OrderNumber, TicketIndex};

/// Instants are kept so finely.
const TICK: TimeDelta = TimeDelta::microseconds(1);

/// A ticket's book.
#[derive(Debug, Clone)]
pub struct Book {
    /// What it is for.
    pub place: Place,
    /// What the office knows of it otherwise.
    pub known: Known,
    /// Since when each code that it had before is worth nothing, in their order.
    pub transferred: Vec<Since>,
    /// Who went through the doors with it.
    pub passages: Vec<StoredPassage>,
    /// When it was used first, as that is written down; what a node of the version before has written is that alone.
    pub used_at: Option<DateTime<Utc>>,
}

impl Book {
    /// What has become of the ticket.
    pub fn visit(&self) -> Visit {
        judge(&self.plain_passages())
    }

    /// Since when the code is worth nothing that it had after so many transfers; `None` if it never had one.
    pub fn transferred(&self, transfers: u8) -> Option<Since> {
        let transfers = usize::from(transfers);
        match transfers == self.transferred.len() {
            true => Some(Since::Never),
            false => self.transferred.get(transfers).copied(),
        }
    }

    /// When it was used first.
    pub fn entered_at(&self) -> Option<DateTime<Utc>> {
        let first = self.passages.get(self.visit().entered?)?;
        Some(first.passage.at)
    }

    /// The use that only a node of the version before knows of.
    pub fn unlisted_use(&self) -> Option<Passage> {
        let at = self.used_at.filter(|_| self.visit().entered.is_none())?;
        Some(Passage {
            at,
            device: String::new(),
            nonce: String::new(),
            direction: Direction::Entry,
            may_reenter: false,
            fault: None,
        })
    }

    /// An instant at which nothing was done with it yet: this one, or one right after what was done last.
    pub fn after_all(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let last = self.passages.iter().map(|stored| stored.passage.at).max();
        last.map_or(now, |last| now.max(last + TICK))
    }

    /// Why a passage would not count.
    pub fn conflict_of(&self, passage: &Passage) -> Option<Reason> {
        let mut passages = self.plain_passages();
        passages.push(passage.clone());
        judge(&passages).conflicts.pop().flatten()
    }

    fn plain_passages(&self) -> Vec<Passage> {
        self.passages
            .iter()
            .map(|stored| stored.passage.clone())
            .collect()
    }

    /// Settles which passages count now; says of which that has changed.
    pub fn settle(&mut self) -> Vec<Settled> {
        let conflicts = self.visit().conflicts;
        let mut changed = Vec::new();
        for (stored, conflict) in self.passages.iter_mut().zip(conflicts) {
            let settled = Settled {
                scan: stored.scan,
                stands: conflict.is_none(),
                conflict: conflict.or(stored.came_after),
            };
            if (stored.stands, stored.conflict) != (settled.stands, settled.conflict) {
                (stored.stands, stored.conflict) = (settled.stands, settled.conflict);
                changed.push(settled);
            }
        }
        changed
    }
}

/// How exactly it must be known when tickets were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Only that they were.
    Whether,
    /// When: the journal is read for it.
    When,
}

/// What a ticket of an order is for; `None` if the order has no such ticket.
pub fn place_of(order: &OrderFacts, ticket: TicketIndex) -> Option<Place> {
    let mut tickets = order.places.tickets();
    tickets
        .find(|(index, _)| *index == ticket)
        .map(|(_, place)| place)
}

/// The books of tickets of these orders. Tickets that there aren't have none.
pub fn read_books(
    connection: &mut PgConnection,
    show: ShowId,
    facts: ShowFacts,
    orders: &BTreeMap<OrderNumber, OrderFacts>,
    tickets: &[TicketKey],
    returns: Returns,
) -> QueryResult<BTreeMap<TicketKey, Book>> {
    let is_returned = |key: &TicketKey| {
        let order = orders.get(&key.0);
        order.is_some_and(|order| order.returned.contains(&key.1))
    };
    let returned: Vec<_> = tickets
        .iter()
        .filter(|key| is_returned(key))
        .map(|(order, _)| *order)
        .collect();
    let returned_at = match returns {
        Returns::When if !returned.is_empty() => read_returns(connection, show, &returned)?,
        _ => BTreeMap::new(),
    };
    let has_transfer = |order: &OrderNumber| {
        orders
            .get(order)
            .is_some_and(|order| !order.transferred.0.is_empty())
    };
    let transferred: Vec<_> = orders.keys().copied().filter(has_transfer).collect();
    let transferred_at = match returns {
        Returns::When if !transferred.is_empty() => read_transfers(connection, show, &transferred)?,
        _ => BTreeMap::new(),
    };
    let used_at = read_visits(connection, show, tickets)?;
    let mut books = BTreeMap::new();
    for (at, key) in tickets.iter().enumerate() {
        let Some(order) = orders.get(&key.0) else { continue };
        let Some(place) = place_of(order, key.1) else {
            continue;
        };
        let since = |at: Option<DateTime<Utc>>| at.map_or(Since::Always, Since::Instant);
        let given_back = match order.state {
            _ if is_returned(key) => since(returned_at.get(key).copied()),
            OrderState::Refunded => since(order.settled_at),
            _ => Since::Never,
        };
        let transfers = usize::from(order.transferred.count(key.1));
        let told = transferred_at.get(key).map(Vec::as_slice).unwrap_or_default();
        // The journal has forgotten the first ones, if any.
        let forgotten = transfers.saturating_sub(told.len());
        let told = told.iter().copied().map(Since::Instant);
        let transferred = std::iter::repeat_n(Since::Always, forgotten)
            .chain(told)
            .collect();
        let known = Known {
            order: order.state,
            given_back,
            disputed: order.disputed,
            canceled: facts.canceled,
            over_at: facts.over_at,
        };
        let book = Book {
            place,
            known,
            transferred,
            passages: Vec::new(),
            used_at: used_at.get(&at).copied(),
        };
        books.insert(*key, book);
    }
    for (at, passage) in read_passages(connection, show, tickets)? {
        let book = tickets.get(at).and_then(|key| books.get_mut(key));
        book.into_iter()
            .for_each(|book| book.passages.push(passage.clone()));
    }
    Ok(books)
}

/// Writes what has become of tickets, and what counts now of their earlier scans.
pub fn write_books(
    connection: &mut PgConnection,
    show: ShowId,
    plan: &Plan,
    books: &mut BTreeMap<TicketKey, Book>,
) -> QueryResult<()> {
    let (mut settled, mut visits, mut unused) = (Vec::new(), Vec::new(), Vec::new());
    for (ticket, book) in books {
        settled.extend(book.settle());
        let visit = book.visit();
        let first = visit.entered.and_then(|first| book.passages.get(first));
        match first {
            Some(first) => visits.push(VisitRow {
                ticket: *ticket,
                at: first.passage.at,
                category: book.place.category_in(plan),
                list: first.list,
                is_inside: visit.is_inside,
                is_given_back: book.known.given_back != Since::Never,
            }),
            None if book.used_at.is_some() => unused.push(*ticket),
            None => {}
        }
    }
    settle_scans(connection, show, &settled)?;
    put_visits(connection, show, &visits)?;
    remove_visits(connection, show, &unused)
}
