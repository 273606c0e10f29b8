//! What is kept for a stated time and then forgotten, in steps that nobody waits for.
//!
//! Answers, orders that have ended and refused payments lie all over their tables. An index on their age would cost each hold
//! a write; instead the cleaner walks the tables' blocks by turns, a part each time (a TID range scan).

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer, Text};

use super::statement::{self, statement};

statement! {
    struct CountBlocks("retention/count_blocks.sql") { relation: Text = String } -> (BigInt,)
}

statement! {
    struct ForgetAnswers("retention/forget_answers.sql") { from_block: Text = String, to_block: Text = String } -> ()
}

statement! {
    struct ForgetOrders("retention/forget_orders.sql") { from_block: Text = String, to_block: Text = String, days: Integer = i32 } -> ()
}

statement! {
    struct ForgetPayments("retention/forget_payments.sql") { from_block: Text = String, to_block: Text = String, days: Integer = i32 } -> ()
}

statement! {
    struct ForgetEntries("retention/forget_entries.sql") { from_block: Text = String, to_block: Text = String, days: Integer = i32 } -> ()
}

statement! {
    struct ForgetSnapshots("retention/forget_snapshots.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

statement! {
    struct ForgetJournal("retention/forget_journal.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

statement! {
    struct ForgetShow("retention/forget_show.sql") { days: Integer = i32 } -> ()
}

statement! {
    struct FindForgottenShow("retention/find_forgotten_show.sql") {} -> (BigInt,)
}

statement! {
    struct ForgetRows("retention/forget_rows.sql") { show: BigInt = i64, limit: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct ForgetHead("retention/forget_head.sql") { show: BigInt = i64 } -> ()
}

/// Which table is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walked {
    /// Answers under idempotency keys: a day after they were made.
    Answers,
    /// Orders that ended without money, once the journal no longer has the event that made them.
    Orders,
    /// Payments that were refused.
    Payments,
    /// Entries of waitlists that wait no longer, once the journal no longer has the event by which they joined.
    Entries,
}

impl Walked {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Answers, Self::Orders, Self::Payments, Self::Entries];

    const fn table(self) -> &'static str {
        match self {
            Self::Answers => "idempotency",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Entries => "waitlist_entries",
        }
    }
}

/// How many blocks a table has.
pub fn count_blocks(connection: &mut PgConnection, walked: Walked) -> QueryResult<i64> {
    let relation = walked.table().to_owned();
    let (blocks,): (i64,) = statement::one(connection, CountBlocks { relation })?;
    Ok(blocks)
}

/// Forgets what has served its time in some blocks of a table; says how many rows. What is not forgotten after a fixed time is
/// after `days`.
pub fn forget_in_blocks(
    connection: &mut PgConnection,
    walked: Walked,
    blocks: std::ops::Range<i64>,
    days: i32,
) -> QueryResult<usize> {
    let block = |number: i64| format!("({number},0)");
    let (from_block, to_block) = (block(blocks.start), block(blocks.end));
    match walked {
        Walked::Answers => statement::execute(connection, ForgetAnswers { from_block, to_block }),
        Walked::Orders => statement::execute(
            connection,
            ForgetOrders {
                from_block,
                to_block,
                days,
            },
        ),
        Walked::Entries => statement::execute(
            connection,
            ForgetEntries {
                from_block,
                to_block,
                days,
            },
        ),
        Walked::Payments => statement::execute(
            connection,
            ForgetPayments {
                from_block,
                to_block,
                days,
            },
        ),
    }
}

/// Forgets the journals' events behind the last snapshot of that age, the oldest first, and the snapshots behind it; `limit`
/// of each at most. Says how many.
pub fn forget_journals(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    let events = statement::execute(connection, ForgetJournal { days, limit })?;
    // A journal must begin with a snapshot or its first event.
    let snapshots = statement::execute(connection, ForgetSnapshots { days, limit })?;
    Ok(events.max(snapshots))
}

/// Forgets shows that were over so long ago, with all that belongs to them: first the show itself, then the rest in steps of
/// `limit` rows a table. Says how many rows of the largest.
pub fn forget_shows(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetShow { days })?;
    let forgotten: Option<(i64,)> = statement::first(connection, FindForgottenShow {})?;
    let Some((show,)) = forgotten else { return Ok(0) };
    let (rows,): (i64,) = statement::one(connection, ForgetRows { show, limit })?;
    if rows == 0 {
        // Last, as it tells that there was a show.
        return statement::execute(connection, ForgetHead { show });
    }
    Ok(usize::try_from(rows).unwrap_or(usize::MAX))
}
