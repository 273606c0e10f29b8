//! The turnstile's transaction: lock and read, then write. Two calls beside BEGIN and COMMIT, however many commands of
//! however many shows are in the batch.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::batch_rows::WriteBatch;
use super::statement::{self, statement};
use domain::batch::Batch;
use domain::id::{Offset, PaymentId, ShowId};
use domain::money::Currency;

/// Order numbers in a block: one small write a block.
pub const ORDER_BLOCK_NUMBERS: i64 = 1_024;

/// A command's idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is: a session, or the organiser's key. One's keys never meet another's.
    pub scope: u128,
    /// The key as the client sent it.
    pub key: String,
    /// SHA-256 of the request, so that the same key with another body is noticed.
    pub request_digest: [u8; 32],
}

/// What the lock call found.
#[derive(Debug)]
pub struct Locked {
    /// The database's clock, read after the locks were had.
    pub now: DateTime<Utc>,
    /// The journals' last offsets. A show is missing if there is none, or if it was one of several and someone else has it.
    pub heads: HashMap<ShowId, Offset>,
    /// Answers already given, by the position of the key in the call.
    pub answers: HashMap<usize, StoredAnswer>,
}

/// An answer given before under an idempotency key.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    /// SHA-256 of the request it answered.
    pub request_digest: Vec<u8>,
    /// The decision, as JSON.
    pub decision: String,
}

/// An answer to be kept under an idempotency key.
#[derive(Debug)]
pub struct NewAnswer<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// The decision, as JSON.
    pub decision: String,
    /// False where a later command gives the final answer.
    pub is_final: bool,
    /// Whether the key has an answer that was not final.
    pub is_again: bool,
}

/// What a write call did.
#[derive(Debug)]
pub struct Written {
    /// Every row was as expected. If not, the transaction must be rolled back.
    pub complete: bool,
    /// The new payments that were written; one that is missing met another payment of its order.
    pub new_payments: Vec<PaymentId>,
    /// The payments that changed; one that is missing had been changed by someone else.
    pub payments: Vec<PaymentId>,
    /// Returns whose money is on its way; one that is missing has no money that could be parted yet.
    pub returns: usize,
}

statement! {
    struct LockShows("batch/lock_shows.sql") {
        shows: Array<BigInt> = Vec<i64>,
        key_shows: Array<BigInt> = Vec<i64>,
        scopes: Array<SqlUuid> = Vec<Uuid>,
        keys: Array<Text> = Vec<String>,
    } -> (
        Timestamptz, Nullable<Array<BigInt>>, Nullable<Array<BigInt>>,
        Nullable<Array<Integer>>, Nullable<Array<Binary>>, Nullable<Array<Text>>,
    )
}

statement! {
    struct LeaseOrderNumbers("batch/lease_order_numbers.sql") { show: BigInt = i64 } -> (BigInt,)
}

/// Takes the shows' locks and reads what the batch depends on. The lock of a single show is waited for; of several shows,
/// those are left out that someone else has locked.
pub fn lock_shows(
    connection: &mut PgConnection,
    shows: &[ShowId],
    keys: &[(ShowId, &IdempotencyKey)],
) -> QueryResult<Locked> {
    type Row = (
        DateTime<Utc>,
        Option<Vec<i64>>,
        Option<Vec<i64>>,
        Option<Vec<i32>>,
        Option<Vec<Vec<u8>>>,
        Option<Vec<String>>,
    );
    let call = LockShows {
        shows: shows.iter().map(|show| show.0).collect(),
        key_shows: keys.iter().map(|(show, _)| show.0).collect(),
        scopes: keys.iter().map(|(_, key)| Uuid::from_u128(key.scope)).collect(),
        keys: keys.iter().map(|(_, key)| key.key.clone()).collect(),
    };
    let row: Row = statement::one(connection, call)?;
    let (now, locked, heads, positions, digests, decisions) = row;
    let heads = locked
        .unwrap_or_default()
        .into_iter()
        .zip(heads.unwrap_or_default());
    let found = positions
        .unwrap_or_default()
        .into_iter()
        .zip(digests.unwrap_or_default());
    let answers = found
        .zip(decisions.unwrap_or_default())
        .map(|((position, request_digest), decision)| {
            let position = usize::try_from(position - 1).unwrap_or_default();
            (
                position,
                StoredAnswer {
                    request_digest,
                    decision,
                },
            )
        });
    Ok(Locked {
        now,
        heads: heads.map(|(show, head)| (ShowId(show), Offset(head))).collect(),
        answers: answers.collect(),
    })
}

/// Leases a block of order numbers for a show. A transaction of its own: a block lost in a crash is never used.
pub fn lease_order_numbers(connection: &mut PgConnection, show: ShowId) -> QueryResult<Range<i64>> {
    let (block,): (i64,) = statement::one(connection, LeaseOrderNumbers { show: show.0 })?;
    Ok(block * ORDER_BLOCK_NUMBERS..(block + 1) * ORDER_BLOCK_NUMBERS)
}

/// What is to be written of one show.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The show.
    pub show: ShowId,
    /// The show's currency.
    pub currency: Currency,
    /// The journal's offset of the lock call.
    pub head: Offset,
    /// What was decided.
    pub batch: &'a Batch,
    /// Answers to keep.
    pub answers: Vec<NewAnswer<'a>>,
}

impl Draft<'_> {
    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        let batch = self.batch;
        batch.events.is_empty()
            && batch.new_payments.is_empty()
            && batch.payments.is_empty()
            && batch.returns.is_empty()
            && self.answers.is_empty()
    }
}

/// Writes all rows of a batch, whose shows' locks the caller has. `now` is the instant of the lock call; an unfinished
/// payment is looked at after `resolve_seconds`.
pub fn write_batch(
    connection: &mut PgConnection,
    drafts: &[Draft<'_>],
    now: DateTime<Utc>,
    resolve_seconds: f64,
) -> QueryResult<Written> {
    let rows = WriteBatch::of(drafts, now, resolve_seconds);
    Ok(write(connection, drafts, rows)?.written)
}

/// What a batch that was decided on before its shows' locks were had depends on.
#[derive(Debug)]
pub struct Premises<'a> {
    /// All its shows and the offsets of their journals.
    pub heads: &'a [(ShowId, Offset)],
    /// The instant at which it was decided, as near as it could be told.
    pub now: DateTime<Utc>,
    /// When time alone would make another decision of it.
    pub valid_until: DateTime<Utc>,
}

/// What became of a batch that was written at once.
#[derive(Debug)]
pub enum AtOnce {
    /// It is committed.
    Written {
        /// What was written.
        written: Written,
        /// The database's clock, read after the locks were had.
        clock: DateTime<Utc>,
    },
    /// A premise did not hold, or a row was not as expected. Nothing was written.
    Stale {
        /// The database's clock, if it was a premise.
        clock: Option<DateTime<Utc>>,
    },
}

/// Locks, checks the premises, writes and commits, all in one call. An error may mean that it was committed.
pub fn write_at_once(
    connection: &mut PgConnection,
    drafts: &[Draft<'_>],
    premises: &Premises<'_>,
    resolve_seconds: f64,
) -> QueryResult<AtOnce> {
    let mut rows = WriteBatch::of(drafts, premises.now, resolve_seconds);
    rows.lock_show = premises.heads.iter().map(|(show, _)| show.0).collect();
    rows.lock_offset = premises.heads.iter().map(|(_, head)| head.0).collect();
    rows.valid_until = premises.valid_until;
    match write(connection, drafts, rows) {
        Ok(Call {
            stale: false,
            clock: Some(clock),
            written,
        }) => Ok(AtOnce::Written { written, clock }),
        Ok(Call { clock, .. }) => Ok(AtOnce::Stale { clock }),
        // A row was not as expected, a key is known, or the order has another payment.
        Err(Error::DatabaseError(_, information))
            if ["all_written_at_once", "idempotency_pkey"]
                .map(Some)
                .contains(&information.constraint_name()) =>
        {
            Ok(AtOnce::Stale { clock: None })
        }
        Err(error) => Err(error),
    }
}

/// What a write call answers.
struct Call {
    clock: Option<DateTime<Utc>>,
    stale: bool,
    written: Written,
}

fn write(connection: &mut PgConnection, drafts: &[Draft<'_>], rows: WriteBatch) -> QueryResult<Call> {
    type Row = (
        Option<DateTime<Utc>>,
        bool,
        i32,
        i32,
        i32,
        i32,
        i32,
        Vec<Uuid>,
        Vec<Uuid>,
        i32,
    );
    let expected = [
        rows.head_show.len(),
        rows.seat_number.len(),
        rows.zone_number.len(),
        rows.order_number.len(),
        rows.answer_key.len(),
    ];
    let row: Row = statement::one(connection, rows)?;
    let (clock, stale, heads, seats, zones, orders, answers, new_payments, payments, returns) = row;
    let written =
        [heads, seats, zones, orders, answers].map(|count| usize::try_from(count).unwrap_or_default());
    let complete = written == expected;
    if !complete && !stale {
        let shows: Vec<ShowId> = drafts.iter().map(|draft| draft.show).collect();
        tracing::warn!(shows = ?shows, written = ?written, expected = ?expected, "a batch met rows that were not as expected");
    }
    let ids = |ids: Vec<Uuid>| ids.into_iter().map(|id| PaymentId(id.as_u128())).collect();
    Ok(Call {
        clock,
        stale,
        written: Written {
            complete,
            new_payments: ids(new_payments),
            payments: ids(payments),
            returns: usize::try_from(returns).unwrap_or_default(),
        },
    })
}
