//! What is written of scans: the scans themselves, what counts of earlier ones now, and what has become of their tickets.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz};

use super::rows::{TicketKey, columns_of};
use crate::store::statement::{self, statement};
use domain::door::{Direction, ListNumber, Reason, ScanResult};
use domain::id::ShowId;
use domain::plan::CategoryIndex;

statement! {
    struct WriteScans("write.sql") {
        show: BigInt = i64,
        received_at: Timestamptz = DateTime<Utc>,
        scan: Array<BigInt> = Vec<i64>,
        order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        ticket: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        list: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        device: Array<Nullable<Text>> = Vec<Option<String>>,
        nonce: Array<Nullable<Text>> = Vec<Option<String>>,
        digest: Array<Nullable<Binary>> = Vec<Option<Vec<u8>>>,
        direction: Array<SmallInt> = Vec<i16>,
        made_at: Array<Timestamptz> = Vec<DateTime<Utc>>,
        is_late: Array<Bool> = Vec<bool>,
        allows_reentry: Array<Bool> = Vec<bool>,
        fault: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        came_after: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        conflict: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        stands: Array<Bool> = Vec<bool>,
        result: Array<SmallInt> = Vec<i16>,
        reason: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
    } -> ()
}

statement! {
    struct SettleScans("settle.sql") {
        show: BigInt = i64,
        scan: Array<BigInt> = Vec<i64>,
        conflict: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        stands: Array<Bool> = Vec<bool>,
    } -> ()
}

statement! {
    struct PutVisits("put_visits.sql") {
        show: BigInt = i64,
        order: Array<BigInt> = Vec<i64>,
        ticket: Array<SmallInt> = Vec<i16>,
        at: Array<Timestamptz> = Vec<DateTime<Utc>>,
        category: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        list: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        is_inside: Array<Bool> = Vec<bool>,
        is_given_back: Array<Bool> = Vec<bool>,
    } -> ()
}

statement! {
    struct RemoveVisits("remove_visits.sql") {
        show: BigInt = i64,
        order: Array<BigInt> = Vec<i64>,
        ticket: Array<SmallInt> = Vec<i16>,
    } -> ()
}

/// How a device calls a scan, and what the scan was.
#[derive(Debug, Clone)]
pub struct ScanName {
    /// The device.
    pub device: String,
    /// Its name for the scan.
    pub nonce: String,
    /// The digest of what it said.
    pub digest: [u8; 32],
}

/// A scan to be written.
#[derive(Debug, Clone)]
pub struct ScanRow {
    /// Its number.
    pub scan: i64,
    /// Its ticket, if it is one of this show's.
    pub ticket: Option<TicketKey>,
    /// By which list.
    pub list: Option<ListNumber>,
    /// How it is called, if it has a name.
    pub name: Option<ScanName>,
    /// Which way.
    pub direction: Direction,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Whether the office heard of it afterwards.
    pub is_late: bool,
    /// Whether who has left may come in again.
    pub may_reenter: bool,
    /// What is wrong with it in itself.
    pub fault: Option<Reason>,
    /// What came after it.
    pub came_after: Option<Reason>,
    /// What is wrong with it now.
    pub conflict: Option<Reason>,
    /// Whether it counts now.
    pub stands: bool,
    /// What is answered.
    pub result: ScanResult,
    /// And why.
    pub reason: Option<Reason>,
}

/// What is so of an earlier scan now.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// The scan's number.
    pub scan: i64,
    /// What is wrong with it.
    pub conflict: Option<Reason>,
    /// Whether it counts.
    pub stands: bool,
}

/// A ticket that was used.
#[derive(Debug, Clone, Copy)]
pub struct VisitRow {
    /// Which.
    pub ticket: TicketKey,
    /// When first.
    pub at: DateTime<Utc>,
    /// Its category.
    pub category: Option<CategoryIndex>,
    /// By which list first.
    pub list: Option<ListNumber>,
    /// Whether somebody is in with it.
    pub is_inside: bool,
    /// Whether it was given back after all.
    pub is_given_back: bool,
}

/// Writes scans.
pub fn write_scans(
    connection: &mut PgConnection,
    show: ShowId,
    received_at: DateTime<Utc>,
    rows: Vec<ScanRow>,
) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut columns = WriteScans {
        show: show.0,
        received_at,
        scan: Vec::new(),
        order: Vec::new(),
        ticket: Vec::new(),
        list: Vec::new(),
        device: Vec::new(),
        nonce: Vec::new(),
        digest: Vec::new(),
        direction: Vec::new(),
        made_at: Vec::new(),
        is_late: Vec::new(),
        allows_reentry: Vec::new(),
        fault: Vec::new(),
        came_after: Vec::new(),
        conflict: Vec::new(),
        stands: Vec::new(),
        result: Vec::new(),
        reason: Vec::new(),
    };
    for row in rows {
        columns.scan.push(row.scan);
        columns.order.push(row.ticket.map(|(order, _)| order.0));
        columns
            .ticket
            .push(row.ticket.map(|(_, ticket)| ticket.0.cast_signed()));
        columns.list.push(row.list.map(|list| list.0));
        columns
            .digest
            .push(row.name.as_ref().map(|name| name.digest.to_vec()));
        let (device, nonce) = row.name.map(|name| (name.device, name.nonce)).unzip();
        columns.device.push(device);
        columns.nonce.push(nonce);
        columns.direction.push(row.direction as i16);
        columns.made_at.push(row.made_at);
        columns.is_late.push(row.is_late);
        columns.allows_reentry.push(row.may_reenter);
        columns.fault.push(row.fault.map(|reason| reason as i16));
        columns
            .came_after
            .push(row.came_after.map(|reason| reason as i16));
        columns.conflict.push(row.conflict.map(|reason| reason as i16));
        columns.stands.push(row.stands);
        columns.result.push(row.result as i16);
        columns.reason.push(row.reason.map(|reason| reason as i16));
    }
    statement::execute(connection, columns).map(drop)
}

/// Writes what is so of earlier scans now.
pub fn settle_scans(connection: &mut PgConnection, show: ShowId, settled: &[Settled]) -> QueryResult<()> {
    if settled.is_empty() {
        return Ok(());
    }
    let columns = SettleScans {
        show: show.0,
        scan: settled.iter().map(|scan| scan.scan).collect(),
        conflict: settled
            .iter()
            .map(|scan| scan.conflict.map(|reason| reason as i16))
            .collect(),
        stands: settled.iter().map(|scan| scan.stands).collect(),
    };
    statement::execute(connection, columns).map(drop)
}

/// Writes what has become of tickets that were used.
pub fn put_visits(connection: &mut PgConnection, show: ShowId, visits: &[VisitRow]) -> QueryResult<()> {
    if visits.is_empty() {
        return Ok(());
    }
    let tickets: Vec<_> = visits.iter().map(|visit| visit.ticket).collect();
    let (order, ticket) = columns_of(&tickets);
    let columns = PutVisits {
        show: show.0,
        order,
        ticket,
        at: visits.iter().map(|visit| visit.at).collect(),
        category: visits
            .iter()
            .map(|visit| visit.category.map(|category| category.0.cast_signed()))
            .collect(),
        list: visits.iter().map(|visit| visit.list.map(|list| list.0)).collect(),
        is_inside: visits.iter().map(|visit| visit.is_inside).collect(),
        is_given_back: visits.iter().map(|visit| visit.is_given_back).collect(),
    };
    statement::execute(connection, columns).map(drop)
}

/// Takes tickets for unused again.
pub fn remove_visits(connection: &mut PgConnection, show: ShowId, tickets: &[TicketKey]) -> QueryResult<()> {
    if tickets.is_empty() {
        return Ok(());
    }
    let (order, ticket) = columns_of(tickets);
    let columns = RemoveVisits {
        show: show.0,
        order,
        ticket,
    };
    statement::execute(connection, columns).map(drop)
}
