//! The door: whom a scan lets in or out.
//!
//! A scan is judged by when it was made, however late the office hears of it. So what has become of a ticket is worked out
//! from all that was done with it, in the order in which it was done: the same, in whatever order it was reported.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::decide::OrderState;
use super::event::Place;
use super::plan::{CategoryIndex, Plan, SectionIndex, ZoneIndex};
use super::text::is_readable;

/// Most lists of a show.
pub const CHECK_IN_LISTS_MAX: usize = 100;
/// Longest name of a list, in characters.
pub const LIST_NAME_CHARS_MAX: usize = 100;
/// Most scans of one call.
pub const SCANS_MAX: usize = 500;
/// Longest name of a device, and of a scan of it, in bytes.
pub const DEVICE_BYTES_MAX: usize = 100;
/// Most times that one ticket goes through the doors.
pub const PASSAGES_MAX: usize = 1_000;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// In.
    Entry = 1,
    /// Out.
    Exit = 2,
}

impl Direction {
    /// The one with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        [Self::Entry, Self::Exit]
            .into_iter()
            .find(|known| *known as i16 == number)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$word_doc])* $word = $number),* }

        impl $name {
            /// All of them, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$word),*];

            /// The one with this number in the database.
            pub fn from_number(number: i16) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| *known as i16 == number)
            }

            /// The word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$word => $text),* }
            }
        }
    };
}

words! {
    /// What was answered to a scan.
    ScanResult {
        /// Somebody was let in.
        Admitted = 1, "admitted";
        /// Somebody went out.
        Left = 2, "left";
        /// Nobody went through.
        Refused = 3, "refused";
        /// Somebody went through, as the device could not ask, and should not have.
        Conflict = 4, "conflict";
    }
}

words! {
    /// Why a scan lets nobody through, or should not have.
    Reason {
        /// No ticket is called so.
        UnknownTicket = 1, "unknown_ticket";
        /// It is another show's.
        WrongShow = 2, "wrong_show";
        /// Its order is not paid.
        NotPaid = 3, "not_paid";
        /// It was given back.
        GivenBack = 4, "given_back";
        /// The buyer's bank has called its payment back.
        PaymentDisputed = 5, "payment_disputed";
        /// Its show is canceled.
        ShowCanceled = 6, "show_canceled";
        /// Its show is over.
        ShowOver = 7, "show_over";
        /// The list had been deleted.
        ListDeleted = 8, "list_deleted";
        /// The list doesn't admit its category or its part of the venue.
        NotOnList = 9, "not_on_list";
        /// The list doesn't admit anybody yet.
        TooEarly = 10, "too_early";
        /// The list doesn't admit anybody any more.
        TooLate = 11, "too_late";
        /// Somebody is in with it.
        AlreadyIn = 12, "already_in";
        /// Somebody was in with it and left, and the list lets nobody in again.
        NoReentry = 13, "no_reentry";
        /// Nobody is in with it who could leave.
        NotInside = 14, "not_inside";
        /// The device has used this nonce for another scan.
        NonceReused = 15, "nonce_reused";
        /// It went through the doors too often.
        TooManyScans = 16, "too_many_scans";
        /// The ticket was passed on, and has another code.
        Transferred = 17, "transferred";
    }
}

/// Since when something has been so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// It isn't.
    Never,
    /// From then on.
    Instant(DateTime<Utc>),
    /// It is so, and nobody knows any more since when: taken to have been so all along.
    Always,
}

impl Since {
    /// From then on, if anything is known.
    pub fn from_time(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::Never, Self::Instant)
    }

    /// Whether it was so at an instant.
    pub fn was_so(self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Never => false,
            Self::Instant(since) => since <= at,
            Self::Always => true,
        }
    }

    /// Whether it has come to be so after an instant.
    pub fn came_after(self, at: DateTime<Utc>) -> bool {
        matches!(self, Self::Instant(since) if since > at)
    }
}

/// A list by its number in its show, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ListNumber(pub i16);

/// Whom a gate admits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its name, such as that of the gate.
    pub name: String,
    /// These categories alone; all of them, if that is not said.
    pub categories: Option<Vec<CategoryIndex>>,
    /// Seats in these sections alone, and places in those zones; all of them, if neither is said.
    pub sections: Option<Vec<SectionIndex>>,
    /// Places in these zones alone, and seats in those sections.
    pub zones: Option<Vec<ZoneIndex>>,
    /// Nobody before.
    pub from: Option<DateTime<Utc>>,
    /// Nobody from then on.
    pub until: Option<DateTime<Utc>>,
    /// Whether who has left may come in again.
    pub allows_reentry: bool,
    /// When it was deleted.
    pub deleted: Since,
}

impl List {
    /// Whether it is for who has this place.
    pub fn admits(&self, plan: &Plan, place: Place) -> bool {
        let category = place.category_in(plan);
        let is_category = |wanted: &Vec<_>| category.is_some_and(|category| wanted.contains(&category));
        if !self.categories.as_ref().is_none_or(is_category) {
            return false;
        }
        if self.sections.is_none() && self.zones.is_none() {
            return true;
        }
        match place {
            Place::Seat(seat) => {
                let section = plan.section_and_row(seat).map(|(_, row)| row.section);
                let is_named =
                    |first: &SectionIndex| section.is_some_and(|section| plan.is_named_as(section, *first));
                self.sections.iter().flatten().any(is_named)
            }
            Place::Zone(zone) => self.zones.iter().flatten().any(|wanted| *wanted == zone),
        }
    }
}

/// The part of the venue that a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// A section, by its number in the plan. Written as in `S3`.
    Section(SectionIndex),
    /// A zone, by its number in the plan. Written as in `Z1`.
    Zone(ZoneIndex),
}

impl Area {
    /// That of a place.
    pub fn of(plan: &Plan, place: Place) -> Option<Self> {
        match place {
            Place::Seat(seat) => plan
                .section_and_row(seat)
                .map(|(_, row)| Self::Section(row.section)),
            Place::Zone(zone) => Some(Self::Zone(zone)),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section(section) => write!(f, "S{}", section.0),
            Self::Zone(zone) => write!(f, "Z{}", zone.0),
        }
    }
}

/// A list's name without the space around it; `None` if it is empty, too long, or has what can't be printed.
pub fn read_list_name(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = name.chars().count() <= LIST_NAME_CHARS_MAX;
    (fits && is_readable(name)).then_some(name)
}

/// What the office knows of a ticket and its show, other than how it was used.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Where its order stands.
    pub order: OrderState,
    /// Whether it was given back, or its order was.
    pub given_back: Since,
    /// Whether the buyer's bank has called its payment back.
    pub disputed: Since,
    /// Whether its show is canceled.
    pub canceled: Since,
    /// When its show is over.
    pub over_at: DateTime<Utc>,
}

impl Known {
    /// What is wrong with an entry at an instant, whatever else was done with the ticket.
    pub fn fault_of_entry(
        &self,
        plan: &Plan,
        place: Place,
        list: Option<&List>,
        at: DateTime<Utc>,
    ) -> Option<Reason> {
        let is_sold = matches!(self.order, OrderState::Paid | OrderState::Refunded);
        if self.canceled.was_so(at) {
            Some(Reason::ShowCanceled)
        } else if self.given_back.was_so(at) {
            Some(Reason::GivenBack)
        } else if !is_sold {
            Some(Reason::NotPaid)
        } else if self.disputed.was_so(at) {
            Some(Reason::PaymentDisputed)
        } else if self.over_at <= at {
            Some(Reason::ShowOver)
        } else {
            list.and_then(|list| fault_at(list, plan, place, at))
        }
    }

    /// What has come after an entry that was good when it was made: the organiser should know that the money of somebody who
    /// was in is gone.
    pub fn came_after(&self, at: DateTime<Utc>) -> Option<Reason> {
        if self.given_back.came_after(at) {
            Some(Reason::GivenBack)
        } else if self.disputed.came_after(at) {
            Some(Reason::PaymentDisputed)
        } else {
            None
        }
    }
}

fn fault_at(list: &List, plan: &Plan, place: Place, at: DateTime<Utc>) -> Option<Reason> {
    if list.deleted.was_so(at) {
        Some(Reason::ListDeleted)
    } else if !list.admits(plan, place) {
        Some(Reason::NotOnList)
    } else if list.from.is_some_and(|from| at < from) {
        Some(Reason::TooEarly)
    } else if list.until.is_some_and(|until| until <= at) {
        Some(Reason::TooLate)
    } else {
        None
    }
}

/// Somebody who went through a door with a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// When.
    pub at: DateTime<Utc>,
    /// By which device; empty where that is not known.
    pub device: String,
    /// The device's name for the scan.
    pub nonce: String,
    /// Which way.
    pub direction: Direction,
    /// Whether who has left might come in again there.
    pub may_reenter: bool,
    /// What was wrong with it in itself.
    pub fault: Option<Reason>,
}

/// What has become of a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// Of each passage, in the order given: why it doesn't count. `None` if it does.
    pub conflicts: Vec<Option<Reason>>,
    /// The first entry that counts, by its place in the order given.
    pub entered: Option<usize>,
    /// Whether somebody is in with it.
    pub is_inside: bool,
}

/// Judges all passages of one ticket, in the order in which they were made. Of several at the same instant the device's name
/// and then the scan's decide, so that all who judge them agree.
pub fn judge(passages: &[Passage]) -> Visit {
    let mut in_order: Vec<_> = passages.iter().enumerate().collect();
    in_order.sort_by(|(_, one), (_, other)| {
        let order = |passage: &&Passage| (passage.at, passage.device.clone(), passage.nonce.clone());
        order(one).cmp(&order(other))
    });
    let mut visit = Visit {
        conflicts: vec![None; passages.len()],
        ..Visit::default()
    };
    for (number, passage) in in_order {
        let conflict = visit.conflict_of(passage);
        if conflict.is_none() {
            visit.is_inside = passage.direction == Direction::Entry;
            if visit.is_inside {
                visit.entered.get_or_insert(number);
            }
        }
        if let Some(place) = visit.conflicts.get_mut(number) {
            *place = conflict;
        }
    }
    visit
}

impl Visit {
    /// Why the next passage doesn't count.
    fn conflict_of(&self, next: &Passage) -> Option<Reason> {
        match next.direction {
            _ if next.fault.is_some() => next.fault,
            Direction::Exit => (!self.is_inside).then_some(Reason::NotInside),
            Direction::Entry if self.is_inside => Some(Reason::AlreadyIn),
            Direction::Entry => (self.entered.is_some() && !next.may_reenter).then_some(Reason::NoReentry),
        }
    }
}

#[cfg(test)]
mod tests;
