//! A show's scans, page by page, for whoever runs it.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};

use super::row::{corrupt, places};
use super::statement::{self, statement};
use domain::door::{Direction, ListNumber, Reason, ScanResult};
use domain::event::Place;
use domain::id::ShowId;
use domain::reference::{OrderNumber, TicketIndex};

statement! {
    struct ListScans("scan_log/list.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 } -> LogRow
}

statement! {
    struct ListConflicts("scan_log/list_conflicts.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 } -> LogRow
}

type LogRow = (
    BigInt,
    Nullable<BigInt>,
    Nullable<SmallInt>,
    Nullable<SmallInt>,
    Nullable<Text>,
    Nullable<Text>,
    SmallInt,
    Timestamptz,
    Timestamptz,
    Bool,
    SmallInt,
    Nullable<SmallInt>,
    Bool,
    Nullable<SmallInt>,
    Nullable<Timestamptz>,
    Nullable<Array<Integer>>,
    Nullable<Array<Integer>>,
);

/// Which scans are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// Those that somebody should look at.
    Conflicts,
}

/// A scan in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedScan {
    /// Its number.
    pub scan: i64,
    /// Its ticket, if it was one of this show's.
    pub ticket: Option<(OrderNumber, TicketIndex)>,
    /// What that is for.
    pub place: Option<Place>,
    /// By which list.
    pub list: Option<ListNumber>,
    /// By which device, and how that calls it.
    pub name: Option<(String, String)>,
    /// Which way.
    pub direction: Direction,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When the office heard of it.
    pub received_at: DateTime<Utc>,
    /// Whether the device let somebody through before.
    pub is_late: bool,
    /// What was answered.
    pub result: ScanResult,
    /// And why.
    pub reason: Option<Reason>,
    /// Whether it counts now.
    pub stands: bool,
    /// What is wrong with it now.
    pub conflict: Option<Reason>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
}

/// Scans after a number, in the order in which they were taken in.
pub fn list_scans(
    connection: &mut PgConnection,
    show: ShowId,
    wanted: Wanted,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<LoggedScan>> {
    let show = show.0;
    let rows: Vec<Row> = match wanted {
        Wanted::All => statement::load(connection, ListScans { show, after, limit })?,
        Wanted::Conflicts => statement::load(connection, ListConflicts { show, after, limit })?,
    };
    rows.into_iter().map(logged).collect()
}

/// One scan.
pub fn find_scan(connection: &mut PgConnection, show: ShowId, scan: i64) -> QueryResult<Option<LoggedScan>> {
    let mut found = list_scans(connection, show, Wanted::All, scan.saturating_sub(1), 1)?;
    found.retain(|logged| logged.scan == scan);
    Ok(found.pop())
}

type Row = (
    i64,
    Option<i64>,
    Option<i16>,
    Option<i16>,
    Option<String>,
    Option<String>,
    i16,
    DateTime<Utc>,
    DateTime<Utc>,
    bool,
    i16,
    Option<i16>,
    bool,
    Option<i16>,
    Option<DateTime<Utc>>,
    Option<Vec<i32>>,
    Option<Vec<i32>>,
);

fn logged(row: Row) -> QueryResult<LoggedScan> {
    let (
        scan,
        order,
        ticket,
        list,
        device,
        nonce,
        direction,
        made_at,
        received_at,
        is_late,
        result,
        reason,
        stands,
        conflict,
        undone_at,
        seats,
        zones,
    ) = row;
    let ticket = ticket.map(|ticket| TicketIndex(ticket.cast_unsigned()));
    let places = seats.zip(zones).map(|(seats, zones)| places(&seats, &zones));
    let places = places.transpose()?;
    let place = places.zip(ticket).and_then(|(places, ticket)| {
        let mut tickets = places.tickets();
        tickets
            .find(|(index, _)| *index == ticket)
            .map(|(_, place)| place)
    });
    let read_reason = |number: i16| Reason::from_number(number).ok_or_else(|| corrupt("a scan's reason"));
    Ok(LoggedScan {
        scan,
        ticket: order.map(OrderNumber).zip(ticket),
        place,
        list: list.map(ListNumber),
        name: device.zip(nonce),
        direction: Direction::from_number(direction).ok_or_else(|| corrupt("a scan's direction"))?,
        made_at,
        received_at,
        is_late,
        result: ScanResult::from_number(result).ok_or_else(|| corrupt("a scan's result"))?,
        reason: reason.map(read_reason).transpose()?,
        stands,
        conflict: conflict.map(read_reason).transpose()?,
        undone_at,
    })
}
