//! What became of the mails about a show, page by page.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Timestamptz};

use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{Offset, ShowId};
use domain::mail::MailKind;
use domain::reference::OrderNumber;

/// Mails that are looked at for a page.
const LOOKED_AT_MAX: i64 = 1_000;

statement! {
    struct List("mail_list/list.sql") {
        show: BigInt = i64,
        after_order: BigInt = i64,
        after_kind: SmallInt = i16,
        after_offset: BigInt = i64,
        state: Nullable<SmallInt> = Option<i16>,
        looked_at_max: BigInt = i64,
        limit: BigInt = i64,
    } -> (
        BigInt, SmallInt, BigInt, Timestamptz, SmallInt, Integer, Nullable<SmallInt>, Nullable<Timestamptz>,
        Nullable<Timestamptz>, Bool, Bool,
    )
}

/// How a mail stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It is to be sent, or sent again.
    Waiting = 1,
    /// The mail server has taken it.
    Sent = 2,
    /// The mail server will never take it.
    Refused = 3,
    /// The mail server has not taken it for too long.
    GivenUp = 4,
    /// Nobody wanted it any more.
    Dropped = 5,
}

impl MailState {
    const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Sent,
        Self::Refused,
        Self::GivenUp,
        Self::Dropped,
    ];

    fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i16 == number)
    }
}

/// Where a mail stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The order.
    pub order: OrderNumber,
    /// What it tells.
    pub kind: MailKind,
    /// The event that it tells of.
    pub offset: Offset,
}

/// A mail and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMail {
    /// What it is about.
    pub place: Place,
    /// When that happened.
    pub caused_at: DateTime<Utc>,
    /// How it stands.
    pub state: MailState,
    /// How often the mail server was asked.
    pub attempts: i32,
    /// What it said last.
    pub status: Option<i16>,
    /// When it is tried again.
    pub due_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Mails about a show after a place, in one state if that is said; and where the next page begins, if there is one.
pub fn list_mails(
    connection: &mut PgConnection,
    show: ShowId,
    after: Option<Place>,
    state: Option<MailState>,
    limit: i64,
) -> QueryResult<(Vec<ListedMail>, Option<Place>)> {
    type Row = (
        i64,
        i16,
        i64,
        DateTime<Utc>,
        i16,
        i32,
        Option<i16>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        bool,
        bool,
    );
    let list = List {
        show: show.0,
        // What stands for all orders of a show is before them, and no mail.
        after_order: after.map_or(-1, |place| place.order.0),
        after_kind: after.map_or(i16::MAX, |place| place.kind as i16),
        after_offset: after.map_or(i64::MAX, |place| place.offset.0),
        state: state.map(|state| state as i16),
        looked_at_max: LOOKED_AT_MAX,
        limit: limit + 1,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    let read = |row: Row| {
        let (order, kind, offset, caused_at, state, attempts, status, due_at, ended_at, is_wanted, is_end) =
            row;
        let mail = ListedMail {
            place: Place {
                order: OrderNumber(order),
                kind: MailKind::from_number(kind).ok_or_else(|| corrupt("a mail's kind"))?,
                offset: Offset(offset),
            },
            caused_at,
            state: MailState::from_number(state).ok_or_else(|| corrupt("a mail's state"))?,
            attempts,
            status,
            due_at,
            ended_at,
        };
        Ok((mail, is_wanted, is_end))
    };
    let rows: Vec<(ListedMail, bool, bool)> = rows.into_iter().map(read).collect::<QueryResult<_>>()?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let mut mails = Vec::new();
    for (mail, is_wanted, is_end) in rows {
        if mails.len() == limit {
            let last = mails.last().map(|mail: &ListedMail| mail.place);
            return Ok((mails, last));
        }
        let place = mail.place;
        if is_wanted {
            mails.push(mail);
        }
        // There may be more behind what was looked at.
        if is_end {
            return Ok((mails, Some(place)));
        }
    }
    Ok((mails, None))
}
