//! The write call: all rows of a batch, under locks that the caller holds or that it takes itself.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, Timestamptz};

use super::answer::{IdempotencyKey, NewAnswer};
use super::rows::{
    AnswerRow, CreditChangeType, CreditRow, CutRow, DetailsRow, EntryChangeType, EntryRow, EventRow,
    HeadChangeType, HeadRow, LabelChangeType, LabelRow, NewAnswerType, NewDetailsType, NewEventType,
    NewOrderRow, NewOrderType, NewPaymentRow, NewPaymentType, NewReturnType, NewTermsType, OrderChangeType,
    OrderCutType, OrderRow, PaymentChangeType, PaymentRow, ReturnRow, SeatChangeType, SeatRow, TermsRow,
    TicketTransferType, TransferRow, ZoneChangeType, ZoneRow,
};
use crate::store::statement::{self, statement};
use domain::decide::{Changes, PaymentBegin};
use domain::id::{Offset, PaymentId, ShowId};
use domain::money::Currency;

statement! {
    #[derive(Default)]
    struct WriteChanges("write.sql") {
        instant: Timestamptz = DateTime<Utc>,
        resolve_seconds: Double = f64,
        valid_until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        heads: Array<HeadChangeType> = Vec<HeadRow>,
        seats: Array<SeatChangeType> = Vec<SeatRow>,
        zones: Array<ZoneChangeType> = Vec<ZoneRow>,
        new_orders: Array<NewOrderType> = Vec<NewOrderRow>,
        orders: Array<OrderChangeType> = Vec<OrderRow>,
        events: Array<NewEventType> = Vec<EventRow>,
        payments: Array<PaymentChangeType> = Vec<PaymentRow>,
        new_payments: Array<NewPaymentType> = Vec<NewPaymentRow>,
        returns: Array<NewReturnType> = Vec<ReturnRow>,
        credits: Array<CreditChangeType> = Vec<CreditRow>,
        answers: Array<NewAnswerType> = Vec<AnswerRow>,
        terms: Array<NewTermsType> = Vec<TermsRow>,
        details: Array<NewDetailsType> = Vec<DetailsRow>,
        labels: Array<LabelChangeType> = Vec<LabelRow>,
        cuts: Array<OrderCutType> = Vec<CutRow>,
        transfers: Array<TicketTransferType> = Vec<TransferRow>,
        entries: Array<EntryChangeType> = Vec<EntryRow>,
    } -> (Nullable<Timestamptz>, Nullable<Array<BigInt>>, Bool)
}

/// What is to be written of one show.
#[derive(Debug)]
pub struct ShowWrite<'a> {
    /// The show.
    pub show: ShowId,
    /// Its currency.
    pub currency: Currency,
    /// The journal's offset that it was decided on.
    pub head: Offset,
    /// What was decided.
    pub changes: &'a Changes,
    /// Answers to keep.
    pub answers: Vec<NewAnswer<'a>>,
    /// The keys under which payments begin.
    pub payment_keys: HashMap<PaymentId, &'a IdempotencyKey>,
}

impl ShowWrite<'_> {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        // New orders, seats, zones and terms come with events.
        let changes = self.changes;
        changes.events.is_empty()
            && changes.new_payments.is_empty()
            && changes.payments.is_empty()
            && changes.returns.is_empty()
            && self.answers.is_empty()
    }
}

/// Rows that were not as they were decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Their table.
    pub table: String,
    /// The rows as the batch wanted them, and as they are.
    pub rows: String,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// The rows differ from what the decision expected: the state in memory is wrong.
    Refused(Refused),
    /// The call failed. If it was to commit too, it may have.
    Database(Error),
}

/// Writes all rows of a batch, whose shows' locks the caller holds. `instant` is that of the lock call; an unfinished
/// payment is looked at after `resolve_seconds`.
pub fn write_locked(
    connection: &mut PgConnection,
    writes: Vec<ShowWrite<'_>>,
    instant: DateTime<Utc>,
    resolve_seconds: f64,
) -> Result<(), WriteError> {
    let rows = rows_of(writes, instant, resolve_seconds);
    call(connection, rows).map(drop)
}

/// What a batch that was decided on before its shows' locks were taken rests on, besides their journals' offsets.
#[derive(Debug, Clone, Copy)]
pub struct Premises {
    /// The instant of the decision, by the node's estimate of the database's clock.
    pub instant: DateTime<Utc>,
    /// When time alone would make another decision of it.
    pub valid_until: DateTime<Utc>,
}

/// The outcome of a batch that was written at once.
#[derive(Debug)]
pub enum AtOnce {
    /// It is committed. The database's clock, read after the locks were taken.
    Committed(DateTime<Utc>),
    /// A premise did not hold, and nothing was written.
    Stale {
        /// The database's clock.
        clock: Option<DateTime<Utc>>,
        /// The shows whose journals were as decided on.
        fresh: HashSet<ShowId>,
    },
}

/// Locks, checks the premises, writes and commits, all in one call.
pub fn write_at_once(
    connection: &mut PgConnection,
    writes: Vec<ShowWrite<'_>>,
    premises: Premises,
    resolve_seconds: f64,
) -> Result<AtOnce, WriteError> {
    let shows: Vec<ShowId> = writes.iter().map(|write| write.show).collect();
    let mut rows = rows_of(writes, premises.instant, resolve_seconds);
    rows.valid_until = Some(premises.valid_until);
    match call(connection, rows) {
        Ok((Some(clock), _, false)) => Ok(AtOnce::Committed(clock)),
        Ok((clock, fresh, _)) => Ok(AtOnce::Stale {
            clock,
            fresh: fresh.unwrap_or_default().into_iter().map(ShowId).collect(),
        }),
        // A key has an answer already, or the order another payment: only the lock call tells of those.
        Err(WriteError::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information)))
            if ["idempotency_pkey", "payments_one_live"]
                .map(Some)
                .contains(&information.constraint_name()) =>
        {
            Ok(AtOnce::Stale {
                clock: None,
                fresh: shows.into_iter().collect(),
            })
        }
        Err(error) => Err(error),
    }
}

type Row = (Option<DateTime<Utc>>, Option<Vec<i64>>, bool);

fn call(connection: &mut PgConnection, rows: WriteChanges) -> Result<Row, WriteError> {
    statement::one(connection, rows).map_err(|error| match error {
        Error::DatabaseError(_, information)
            if information.constraint_name() == Some("rows_as_decided_on") =>
        {
            WriteError::Refused(Refused {
                table: information.table_name().unwrap_or_default().to_owned(),
                rows: information.details().unwrap_or_default().to_owned(),
            })
        }
        error => WriteError::Database(error),
    })
}

fn rows_of(writes: Vec<ShowWrite<'_>>, instant: DateTime<Utc>, resolve_seconds: f64) -> WriteChanges {
    let mut rows = WriteChanges {
        instant,
        resolve_seconds,
        ..WriteChanges::default()
    };
    writes.into_iter().for_each(|write| rows.add(write));
    rows
}

impl WriteChanges {
    fn add(&mut self, write: ShowWrite<'_>) {
        let (show, changes) = (write.show, write.changes);
        let last = changes.events.last().map_or(write.head, |event| event.offset);
        self.heads.push(HeadRow::of(show, write.head, last, changes));
        self.terms
            .extend(changes.terms.iter().map(|terms| TermsRow::of(terms)));
        self.labels
            .extend(changes.labels.iter().map(|change| LabelRow::of(show, change)));
        self.seats
            .extend(changes.seats.iter().map(|change| SeatRow::of(show, change)));
        self.zones
            .extend(changes.zones.iter().map(|change| ZoneRow::of(show, change)));
        self.new_orders.extend(
            changes
                .new_orders
                .iter()
                .map(|order| NewOrderRow::of(show, order)),
        );
        self.details.extend(
            changes
                .new_orders
                .iter()
                .filter_map(|order| DetailsRow::of(show, order)),
        );
        self.orders
            .extend(changes.orders.iter().map(|change| OrderRow::of(show, change)));
        self.cuts
            .extend(changes.cuts.iter().map(|cut| CutRow::of(show, cut)));
        let transfers = changes.transfers.iter();
        self.transfers
            .extend(transfers.map(|transfer| TransferRow::of(show, transfer)));
        self.entries
            .extend(changes.entries.iter().map(|change| EntryRow::of(show, change)));
        self.events
            .extend(changes.events.iter().map(|event| EventRow::of(show, event)));
        self.new_payments
            .extend(changes.new_payments.iter().map(|payment| {
                // What is settled at once has its final answer from the start.
                let key = write.payment_keys.get(&payment.payment).copied();
                let key = key.filter(|_| payment.begin == PaymentBegin::Authorising);
                NewPaymentRow::of(show, write.currency, payment, key)
            }));
        self.payments.extend(changes.payments.iter().map(|change| {
            let decision = change.decision.as_ref();
            let decision = decision.and_then(|decision| serde_json::to_string(decision).ok());
            PaymentRow::of(show, change, decision)
        }));
        self.returns
            .extend(changes.returns.iter().map(|change| ReturnRow::of(show, change)));
        self.credits
            .extend(changes.credits.iter().map(|change| CreditRow::of(show, change)));
        self.answers.extend(
            write
                .answers
                .into_iter()
                .map(|answer| AnswerRow::of(show, answer)),
        );
    }
}
