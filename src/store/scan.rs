//! Scans at the doors of a show: taken in once each, judged by when they were made, and undone.
//!
//! Whoever takes scans in has the lock of the show's doors, and then that of each order whose tickets they are of. Whoever ends an
//! order or gives tickets back has to have the order's lock too, and takes the show's first; so who needs several orders takes
//! the show's lock before them, and nobody waits in a circle.

mod book;
mod rows;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, SmallInt};
use serde::{Deserialize, Serialize};

use super::check_in_list::read_all_lists;
use super::door::{LockedDoor, lock_door};
use super::statement::{self, statement};
use book::{Book, Returns, place_of, read_books, write_books};
use domain::door::{Direction, List, ListNumber, PASSAGES_MAX, Passage, Reason, ScanResult};
use domain::event::Place;
use domain::id::ShowId;
use domain::reference::{OrderNumber, TicketIndex};
use domain::show::Show;
use rows::{
    KnownScan, OrderFacts, StoredPassage, TicketKey, find_known, find_shows, lock_journal, lock_orders,
    read_orders, read_show,
};
use write::{ScanRow, write_scans};

pub use write::ScanName;

statement! {
    struct FindScan("scan/find.sql") { show: BigInt = i64, scan: BigInt = i64 } -> (Nullable<BigInt>, Nullable<SmallInt>)
}

statement! {
    struct UndoScan("scan/undo.sql") { show: BigInt = i64, scan: BigInt = i64 } -> ()
}

/// A scan to be taken in.
#[derive(Debug, Clone)]
pub struct NewScan {
    /// Its ticket, if what was scanned is one.
    pub ticket: Option<(OrderNumber, TicketIndex)>,
    /// How often it had been transferred when it had the code that was scanned.
    pub transfers: u8,
    /// By which list; by the one that admits all, if that is not said.
    pub list: Option<ListNumber>,
    /// How it is called.
    pub name: ScanName,
    /// Which way.
    pub direction: Direction,
    /// When it was made, if the device could not ask then; else it is made now.
    pub made_at: Option<DateTime<Utc>>,
}

/// What became of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its number, if it was taken in.
    pub scan: Option<i64>,
    /// Its ticket and what that is for, if it is one of this show's.
    pub ticket: Option<(OrderNumber, TicketIndex, Place)>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What is answered.
    pub result: ScanResult,
    /// And why.
    pub reason: Option<Reason>,
    /// When the ticket was used first, as far as the office knows now.
    pub entered_at: Option<DateTime<Utc>>,
    /// The show that it is of, if it is another one.
    pub other_show: Option<ShowId>,
}

/// What became of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scanned {
    /// Each, in the order given.
    Taken(Vec<Taken>),
    /// The scan at this place names a list that never was. None was taken in.
    NoSuchList(usize),
    /// There is no such show.
    NoShow,
}

/// Takes scans in. A scan that was taken in before gets the same answer.
pub fn take_scans(connection: &mut PgConnection, show: &Show, scans: &[NewScan]) -> QueryResult<Scanned> {
    // Each may need a second number, for what a node of the version before has written.
    let Some(door) = lock_door(connection, show.id, 2 * scans.len())? else {
        return Ok(Scanned::NoShow);
    };
    let lists = match scans.iter().any(|scan| scan.list.is_some()) {
        true => read_all_lists(connection, show.id)?,
        false => Vec::new(),
    };
    let lists: BTreeMap<_, _> = lists
        .into_iter()
        .map(|record| (record.number, record.list))
        .collect();
    let is_missing = |scan: &NewScan| scan.list.is_some_and(|list| !lists.contains_key(&list));
    if let Some(place) = scans.iter().position(is_missing) {
        return Ok(Scanned::NoSuchList(place));
    }
    let names = scans.iter().map(|scan| &scan.name);
    let names = names.map(|name| (name.device.clone(), name.nonce.clone()));
    let known = find_known(connection, show.id, names.collect())?;
    let fresh = fresh_in_order(scans, &known);
    let mut intake = Intake::begin(connection, show, door, scans, &fresh)?;
    intake.lists = lists;
    let mut taken: BTreeMap<usize, Taken> = BTreeMap::new();
    for place in fresh {
        if let Some(scan) = scans.get(place) {
            taken.insert(place, intake.take(scan));
        }
    }
    intake.write(connection)?;
    let answers = scans.iter().enumerate().map(|(place, scan)| {
        let answer = match (known.get(&place), taken.get(&place)) {
            (Some(known), _) => intake.repeat(scan, known),
            (None, Some(taken)) => taken.clone(),
            (None, None) => {
                let first = scans.iter().position(|other| is_same_name(other, scan));
                let first = first.and_then(|first| Some((scans.get(first)?, taken.get(&first)?)));
                match first {
                    Some((other, taken)) if other.name.digest == scan.name.digest => taken.clone(),
                    _ => intake.refuse(scan, Reason::NonceReused),
                }
            }
        };
        intake.with_entry(answer)
    });
    Ok(Scanned::Taken(answers.collect()))
}

fn is_same_name(one: &NewScan, other: &NewScan) -> bool {
    (&one.name.device, &one.name.nonce) == (&other.name.device, &other.name.nonce)
}

/// The places of scans that are new, the first of each name: late ones in the order in which they were made, then the others.
fn fresh_in_order(scans: &[NewScan], known: &BTreeMap<usize, KnownScan>) -> Vec<usize> {
    let mut names = BTreeSet::new();
    let fresh = scans.iter().enumerate().filter(|(place, scan)| {
        !known.contains_key(place) && names.insert((&scan.name.device, &scan.name.nonce))
    });
    let mut fresh: Vec<_> = fresh.collect();
    // In the order in which they are judged, too. Stable: of those that are made now, the first of the call goes first.
    fresh.sort_by_key(|(_, scan)| {
        let late = scan.made_at.map(|at| (at, &scan.name.device, &scan.name.nonce));
        (late.is_none(), late)
    });
    fresh.into_iter().map(|(place, _)| place).collect()
}

/// Scans on their way in.
struct Intake<'a> {
    show: &'a Show,
    door: LockedDoor,
    lists: BTreeMap<ListNumber, List>,
    orders: BTreeMap<OrderNumber, OrderFacts>,
    /// Of the tickets that are scanned now.
    books: BTreeMap<TicketKey, Book>,
    /// Whose the orders are that are not this show's.
    shows: BTreeMap<OrderNumber, ShowId>,
    next_scan: i64,
    rows: Vec<ScanRow>,
}

impl<'a> Intake<'a> {
    /// Takes the locks, and reads all that is to be known.
    fn begin(
        connection: &mut PgConnection,
        show: &'a Show,
        door: LockedDoor,
        scans: &[NewScan],
        fresh: &[usize],
    ) -> QueryResult<Self> {
        let is_fresh = |place: &usize| fresh.contains(place);
        let tickets = |only_fresh: bool| -> BTreeSet<TicketKey> {
            let wanted = scans
                .iter()
                .enumerate()
                .filter(|(place, _)| !only_fresh || is_fresh(place));
            wanted.filter_map(|(_, scan)| scan.ticket).collect()
        };
        let orders_of = |tickets: &BTreeSet<TicketKey>| -> Vec<OrderNumber> {
            let orders: BTreeSet<_> = tickets.iter().map(|(order, _)| *order).collect();
            orders.into_iter().collect()
        };
        let (to_take, all) = (tickets(true), tickets(false));
        let to_lock = orders_of(&to_take);
        if to_lock.len() > 1 {
            lock_journal(connection, show.id)?;
        }
        lock_orders(connection, show.id, &to_lock)?;
        let facts = read_show(connection, show.id)?;
        let named = orders_of(&all);
        let orders = read_orders(connection, show.id, &named)?;
        let foreign: Vec<_> = named
            .into_iter()
            .filter(|order| !orders.contains_key(order))
            .collect();
        let shows = match foreign.is_empty() {
            true => BTreeMap::new(),
            false => find_shows(connection, &foreign)?,
        };
        let is_late = |place: &usize| scans.get(*place).is_some_and(|scan| scan.made_at.is_some());
        let returns = match fresh.iter().any(is_late) {
            true => Returns::When,
            false => Returns::Whether,
        };
        let tickets: Vec<_> = all.into_iter().collect();
        let books = read_books(connection, show.id, facts, &orders, &tickets, returns)?;
        let mut intake = Self {
            show,
            door,
            lists: BTreeMap::new(),
            orders,
            books,
            shows,
            next_scan: door.last_scan,
            rows: Vec::new(),
        };
        intake.list_uses(&to_take);
        Ok(intake)
    }

    /// Gives uses that a node of the version before has written a line among the scans.
    fn list_uses(&mut self, tickets: &BTreeSet<TicketKey>) {
        for key in tickets {
            let used = self.books.get(key).and_then(Book::unlisted_use);
            if let Some(passage) = used {
                let scan = self.next_number();
                let row = ScanRow {
                    ticket: Some(*key),
                    is_late: false,
                    result: ScanResult::Admitted,
                    reason: None,
                    ..row_of(scan, &passage, None, None)
                };
                self.keep(*key, passage, row);
            }
        }
    }

    fn next_number(&mut self) -> i64 {
        self.next_scan += 1;
        self.next_scan
    }

    /// Puts somebody who went through into the ticket's book.
    fn keep(&mut self, key: TicketKey, passage: Passage, row: ScanRow) {
        if let Some(book) = self.books.get_mut(&key) {
            book.passages.push(StoredPassage {
                scan: row.scan,
                passage,
                came_after: row.came_after,
                conflict: row.conflict,
                stands: row.stands,
                list: row.list,
            });
        }
        self.rows.push(row);
    }

    /// Takes one in.
    fn take(&mut self, scan: &NewScan) -> Taken {
        let number = self.next_number();
        let late_at = scan.made_at.map(|at| at.min(self.door.now));
        let book = scan.ticket.and_then(|key| Some((key, self.books.get(&key)?)));
        let known = book.and_then(|(key, book)| Some((key, book, book.transferred(scan.transfers)?)));
        let Some((key, book, transferred)) = known else {
            return self.take_unknown(scan, number, late_at);
        };
        let list = scan.list.and_then(|list| self.lists.get(&list));
        let at = late_at.unwrap_or_else(|| book.after_all(self.door.now));
        let is_entry = scan.direction == Direction::Entry;
        let fault = is_entry.then(|| {
            let fault = book.known.fault_of_entry(&self.show.plan, book.place, list, at);
            fault.or_else(|| transferred.was_so(at).then_some(Reason::Transferred))
        });
        let passage = Passage {
            at,
            device: scan.name.device.clone(),
            nonce: scan.name.nonce.clone(),
            direction: scan.direction,
            may_reenter: list.is_some_and(|list| list.allows_reentry),
            fault: fault.flatten(),
        };
        let is_full = book.passages.len() >= PASSAGES_MAX;
        let conflict = match is_full {
            true => Some(Reason::TooManyScans),
            false => book.conflict_of(&passage),
        };
        let came_after = is_entry.then(|| {
            let came_after = book.known.came_after(at);
            came_after.or_else(|| transferred.came_after(at).then_some(Reason::Transferred))
        });
        let came_after = came_after.flatten();
        let came_after = came_after.filter(|_| passage.fault.is_none());
        let (result, reason) = match (conflict, scan.direction) {
            (Some(reason), _) if is_full || late_at.is_none() => (ScanResult::Refused, Some(reason)),
            (Some(reason), _) => (ScanResult::Conflict, Some(reason)),
            (None, Direction::Entry) => (ScanResult::Admitted, came_after),
            (None, Direction::Exit) => (ScanResult::Left, None),
        };
        let mut row = ScanRow {
            ticket: Some(key),
            is_late: late_at.is_some(),
            came_after,
            result,
            reason,
            ..row_of(number, &passage, Some(scan.name.clone()), scan.list)
        };
        let taken = Taken {
            scan: Some(number),
            ticket: Some((key.0, key.1, book.place)),
            made_at: at,
            result,
            reason,
            entered_at: None,
            other_show: None,
        };
        if result == ScanResult::Refused {
            row.stands = false;
            self.rows.push(row);
        } else {
            row.stands = conflict.is_none();
            row.conflict = conflict.or(came_after);
            self.keep(key, passage, row);
        }
        taken
    }

    /// Takes one in that is of no ticket of this show.
    fn take_unknown(&mut self, scan: &NewScan, number: i64, late_at: Option<DateTime<Utc>>) -> Taken {
        let other_show = self.other_show(scan);
        let reason = match other_show {
            Some(_) => Reason::WrongShow,
            None => Reason::UnknownTicket,
        };
        let passage = Passage {
            at: late_at.unwrap_or(self.door.now),
            device: String::new(),
            nonce: String::new(),
            direction: scan.direction,
            may_reenter: false,
            fault: Some(reason),
        };
        let (result, conflict) = match late_at {
            Some(_) => (ScanResult::Conflict, Some(reason)),
            None => (ScanResult::Refused, None),
        };
        self.rows.push(ScanRow {
            is_late: late_at.is_some(),
            conflict,
            stands: false,
            result,
            reason: Some(reason),
            ..row_of(number, &passage, Some(scan.name.clone()), scan.list)
        });
        Taken {
            scan: Some(number),
            ticket: None,
            made_at: passage.at,
            result,
            reason: Some(reason),
            entered_at: None,
            other_show,
        }
    }

    fn other_show(&self, scan: &NewScan) -> Option<ShowId> {
        let (order, _) = scan.ticket?;
        self.shows
            .get(&order)
            .copied()
            .filter(|show| *show != self.show.id)
    }

    /// Refuses one without taking it in.
    fn refuse(&self, scan: &NewScan, reason: Reason) -> Taken {
        Taken {
            scan: None,
            ticket: None,
            made_at: scan.made_at.unwrap_or(self.door.now),
            result: ScanResult::Refused,
            reason: Some(reason),
            entered_at: None,
            other_show: None,
        }
    }

    /// Says once more what was answered to a scan, if it is the same.
    fn repeat(&self, scan: &NewScan, known: &KnownScan) -> Taken {
        if known.digest != scan.name.digest {
            return self.refuse(scan, Reason::NonceReused);
        }
        let place = |(order, ticket)| {
            let place = place_of(self.orders.get(&order)?, ticket)?;
            Some((order, ticket, place))
        };
        Taken {
            scan: Some(known.scan),
            ticket: known.ticket.and_then(place),
            made_at: known.made_at,
            result: known.result,
            reason: known.reason,
            entered_at: None,
            other_show: match known.ticket {
                Some(_) => None,
                None => self.other_show(scan),
            },
        }
    }

    /// The same with when its ticket was used first.
    fn with_entry(&self, taken: Taken) -> Taken {
        let book = taken
            .ticket
            .and_then(|(order, ticket, _)| self.books.get(&(order, ticket)));
        Taken {
            entered_at: book.and_then(|book| book.entered_at().or(book.used_at)),
            ..taken
        }
    }

    /// Writes the scans, and what has become of their tickets.
    fn write(&mut self, connection: &mut PgConnection) -> QueryResult<()> {
        let rows = std::mem::take(&mut self.rows);
        let touched: BTreeSet<_> = rows
            .iter()
            .filter(|row| row.result != ScanResult::Refused)
            .filter_map(|row| row.ticket)
            .collect();
        write_scans(connection, self.show.id, self.door.now, rows)?;
        let mut books: BTreeMap<_, _> = touched
            .into_iter()
            .filter_map(|key| Some((key, self.books.get(&key)?.clone())))
            .collect();
        write_books(connection, self.show.id, &self.show.plan, &mut books)
    }
}

/// A scan's row, as somebody who may go through.
fn row_of(scan: i64, passage: &Passage, name: Option<ScanName>, list: Option<ListNumber>) -> ScanRow {
    ScanRow {
        scan,
        ticket: None,
        list,
        name,
        direction: passage.direction,
        made_at: passage.at,
        is_late: false,
        may_reenter: passage.may_reenter,
        fault: passage.fault,
        came_after: None,
        conflict: None,
        stands: true,
        result: ScanResult::Refused,
        reason: None,
    }
}

/// What became of a scan to be undone. Kept as JSON under the key that it was asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// It is as if nobody had gone through.
    Done,
    /// There is no such scan.
    NotFound,
}

/// Undoes a scan, as if nobody had gone through; it stays in the log. To undo twice is to undo once.
pub fn undo_scan(connection: &mut PgConnection, show: &Show, scan: i64) -> QueryResult<Undone> {
    // One number more, for what a node of the version before may have written.
    let Some(door) = lock_door(connection, show.id, 1)? else {
        return Ok(Undone::NotFound);
    };
    let id = show.id.0;
    let found: Option<(Option<i64>, Option<i16>)> =
        statement::first(connection, FindScan { show: id, scan })?;
    let Some((order, ticket)) = found else {
        return Ok(Undone::NotFound);
    };
    let ticket = order.map(OrderNumber).zip(ticket.map(rows::ticket_of));
    let undo = UndoScan { show: id, scan };
    let Some(key) = ticket else {
        return statement::execute(connection, undo).map(|_| Undone::Done);
    };
    lock_orders(connection, show.id, &[key.0])?;
    let facts = read_show(connection, show.id)?;
    let orders = read_orders(connection, show.id, &[key.0])?;
    let books = read_books(connection, show.id, facts, &orders, &[key], Returns::Whether)?;
    let mut intake = Intake {
        show,
        door,
        lists: BTreeMap::new(),
        orders,
        books,
        shows: BTreeMap::new(),
        next_scan: door.last_scan,
        rows: Vec::new(),
    };
    intake.list_uses(&BTreeSet::from([key]));
    write_scans(connection, show.id, door.now, std::mem::take(&mut intake.rows))?;
    statement::execute(connection, undo)?;
    for book in intake.books.values_mut() {
        book.passages.retain(|stored| stored.scan != scan);
    }
    write_books(connection, show.id, &show.plan, &mut intake.books)?;
    Ok(Undone::Done)
}
