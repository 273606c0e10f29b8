//! The outbox: what is still to be said to a provider.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::payment::{PaymentColumns, PaymentRecord, PaymentRow, PaymentState, payment_record};
use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::id::{OrganiserId, PaymentId, RefundId, ShowId};
use domain::money::Currency;
use domain::reference::OrderNumber;

statement! {
    struct Lease("outbox/lease.sql") {
        provider: Array<Text> = Vec<&'static str>,
        room: Array<BigInt> = Vec<i64>,
        unknown_room: BigInt = i64,
        lease_seconds: Double = f64,
    } -> (PaymentColumns, SqlUuid, BigInt, SmallInt, Integer, Integer, Double)
}

statement! {
    struct Finish("outbox/finish.sql") {
        show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        action: Array<SmallInt> = Vec<i16>,
        from_state: Array<SmallInt> = Vec<i16>,
        to_state: Array<SmallInt> = Vec<i16>,
        fee: Array<BigInt> = Vec<i64>,
    } -> ()
}

statement! {
    struct LockPayments("outbox/lock_payments.sql") {
        show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
    } -> (SqlUuid,)
}

statement! {
    struct FinishRefunds("outbox/finish_refunds.sql") {
        show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        refund: Array<SqlUuid> = Vec<Uuid>,
    } -> ()
}

statement! {
    struct Postpone("outbox/postpone.sql") {
        show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        refund: Array<SqlUuid> = Vec<Uuid>,
        action: Array<SmallInt> = Vec<i16>,
        error: Array<Text> = Vec<String>,
        attempts: Array<Integer> = Vec<i32>,
        uncounted: Array<Integer> = Vec<i32>,
        new_keys: Array<Integer> = Vec<i32>,
        is_dead: Array<Bool> = Vec<bool>,
        wait_seconds: Array<Double> = Vec<f64>,
    } -> ()
}

statement! {
    struct ForgetInspection("outbox/forget_inspection.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> ()
}

statement! {
    struct LookAt("outbox/look_at.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> ()
}

statement! {
    struct GiveOrphanBack("outbox/give_orphan_back.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        reference: Text = String,
        fee: BigInt = i64,
        refund: SqlUuid = Uuid,
    } -> ()
}

statement! {
    struct VoidOrphan("outbox/void_orphan.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        reference: Text = String,
    } -> ()
}

statement! {
    struct ListDead("outbox/list_dead.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        refund: SqlUuid = Uuid,
        limit: BigInt = i64,
        organiser: Nullable<SqlUuid> = Option<Uuid>,
    } -> (BigInt, SqlUuid, SqlUuid, BigInt, Text, BigInt, Text, SmallInt, Integer, Text, Timestamptz)
}

statement! {
    struct Retry("outbox/retry.sql") { show: BigInt = i64, payment: SqlUuid = Uuid, refund: SqlUuid = Uuid } -> ()
}

/// Longest error that is kept with a task, in characters.
const ERROR_CHARS_MAX: usize = 200;
/// Tasks that are taken at a time of a provider that this node doesn't know.
const UNKNOWN_PROVIDER_TASKS_MAX: i64 = 8;

/// What is to be said to a provider. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxAction {
    /// The node that drove the payment may be gone: look it up and drive it to its end. Of one that has ended: check
    /// that it has ended at the provider too.
    Resolve = 1,
    /// Take the authorised money.
    Capture = 2,
    /// Give the authorisation up.
    Void = 3,
    /// Give captured money back.
    Refund = 4,
}

impl OutboxAction {
    const ALL: [Self; 4] = [Self::Resolve, Self::Capture, Self::Void, Self::Refund];

    /// The action with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| *known as i16 == number)
    }

    /// The state of a payment for which this is to be done.
    pub const fn due(self) -> PaymentState {
        match self {
            Self::Resolve => PaymentState::Authorising,
            Self::Capture => PaymentState::Confirmed,
            Self::Void => PaymentState::Voiding,
            Self::Refund => PaymentState::Refunding,
        }
    }

    /// The state of a payment once this has been done.
    pub const fn done(self) -> PaymentState {
        match self {
            Self::Resolve => PaymentState::Authorising,
            Self::Capture => PaymentState::Captured,
            Self::Void => PaymentState::Voided,
            Self::Refund => PaymentState::Refunded,
        }
    }
}

/// Which row of the outbox it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskId {
    /// The payment's show.
    pub show: ShowId,
    /// The payment.
    pub payment: PaymentId,
    /// The refund, if it is about one.
    pub refund: Option<RefundId>,
}

impl TaskId {
    fn payment(&self) -> Uuid {
        Uuid::from_u128(self.payment.0)
    }

    fn refund(&self) -> Uuid {
        Uuid::from_u128(self.refund.map_or(0, |refund| refund.0))
    }
}

/// A leased row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxTask {
    /// The payment.
    pub payment: PaymentRecord,
    /// The refund and its amount in minor units, for [`OutboxAction::Refund`].
    pub refund: Option<(RefundId, i64)>,
    /// What is to be done.
    pub action: OutboxAction,
    /// How often it has been tried, this time included.
    pub attempts: i32,
    /// Rounds of keys that have been used up.
    pub key_round: i32,
    /// Whether the provider may have been asked before: it is looked up first. The node that confirms a payment captures
    /// it without a lease, so that a capture is never known to be the first.
    pub may_be_done: bool,
    /// For how long the payment has stood as it does.
    pub age: Duration,
}

impl OutboxTask {
    /// Its row.
    pub fn id(&self) -> TaskId {
        TaskId {
            show: self.payment.show,
            payment: self.payment.id,
            refund: self.refund.map(|(refund, _)| refund),
        }
    }
}

/// A task that was given up.
#[derive(Debug, Clone)]
pub struct DeadTask {
    /// Its row.
    pub id: TaskId,
    /// The payment's order.
    pub order: OrderNumber,
    /// The provider.
    pub provider: String,
    /// Minor units of `currency`.
    pub amount_minor_units: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// What is to be done.
    pub action: OutboxAction,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed the last time.
    pub last_error: String,
    /// When it was given up.
    pub dead_at: DateTime<Utc>,
}

/// Under which key a provider is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextKey {
    /// The same: the call may have been carried out.
    Same,
    /// Another: it was refused, and the refusal would be repeated.
    New,
}

/// When a row is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Again {
    /// After this many seconds; counts as a failed attempt.
    After(f64),
    /// After this many seconds; doesn't count as an attempt.
    UncountedAfter(f64),
    /// When the operator says so.
    WhenTold,
}

/// Takes due rows of the outbox for `lease_seconds`; no other worker gets them in that time. Takes at most the given
/// number for each provider: first those to look up, then captures, voids, refunds. Of providers that this node doesn't
/// know a few are taken too, so that it shows.
pub fn lease_outbox(
    connection: &mut PgConnection,
    rooms: &[(&'static str, usize)],
    lease_seconds: f64,
) -> QueryResult<Vec<OutboxTask>> {
    type Row = (PaymentRow, Uuid, i64, i16, i32, i32, f64);
    let lease = Lease {
        provider: rooms.iter().map(|(name, _)| *name).collect(),
        room: rooms
            .iter()
            .map(|(_, room)| i64::try_from(*room).unwrap_or(i64::MAX))
            .collect(),
        unknown_room: UNKNOWN_PROVIDER_TASKS_MAX,
        lease_seconds,
    };
    let rows: Vec<Row> = statement::load(connection, lease)?;
    let tasks = rows
        .into_iter()
        .map(|(payment, refund, amount, action, attempts, key_round, age)| {
            let action = action_of(action)?;
            Ok(OutboxTask {
                payment: payment_record(payment)?,
                refund: refund_id(refund).map(|refund| (refund, amount)),
                action,
                attempts,
                key_round,
                may_be_done: attempts > 1 || key_round > 0 || action == OutboxAction::Capture,
                age: Duration::try_from_secs_f64(age).unwrap_or_default(),
            })
        });
    tasks.collect()
}

fn refund_id(id: Uuid) -> Option<RefundId> {
    (!id.is_nil()).then_some(RefundId(id.as_u128()))
}

fn action_of(number: i16) -> QueryResult<OutboxAction> {
    OutboxAction::from_number(number).ok_or_else(|| corrupt("an outbox action"))
}

/// Records finished captures and voids in one statement, with the fee of each in minor units. A row whose action has
/// changed meanwhile stays for the new one, and so does one whose payment someone else has just now. Says how many there were.
pub fn finish_outbox(connection: &mut PgConnection, done: &[(&OutboxTask, i64)]) -> QueryResult<usize> {
    let statement = Finish {
        show: done.iter().map(|(task, _)| task.payment.show.0).collect(),
        payment: done.iter().map(|(task, _)| task.id().payment()).collect(),
        action: done.iter().map(|(task, _)| task.action as i16).collect(),
        from_state: done.iter().map(|(task, _)| task.action.due() as i16).collect(),
        to_state: done.iter().map(|(task, _)| task.action.done() as i16).collect(),
        fee: done.iter().map(|(_, fee)| *fee).collect(),
    };
    statement::execute(connection, statement)
}

/// Writes down which refunds have been made. A payment that someone else has just now is left out, and its row stays. Says how many
/// there were.
pub fn finish_refunds(connection: &mut PgConnection, done: &[&OutboxTask]) -> QueryResult<usize> {
    connection.transaction(|connection| {
        // The lock comes first, in a statement of its own: two refunds of one payment end one after the other, and the
        // later one sees the earlier, so that the last one ends the payment.
        let lock = LockPayments {
            show: done.iter().map(|task| task.payment.show.0).collect(),
            payment: done.iter().map(|task| task.id().payment()).collect(),
        };
        let locked: Vec<(Uuid,)> = statement::load(connection, lock)?;
        let is_locked = |task: &&&OutboxTask| locked.contains(&(task.id().payment(),));
        let done: Vec<_> = done.iter().filter(is_locked).collect();
        let statement = FinishRefunds {
            show: done.iter().map(|task| task.payment.show.0).collect(),
            payment: done.iter().map(|task| task.id().payment()).collect(),
            refund: done.iter().map(|task| task.id().refund()).collect(),
        };
        statement::execute(connection, statement)
    })
}

/// A task that is put off, and why.
#[derive(Debug)]
pub struct Postponed<'a> {
    /// The task.
    pub task: &'a OutboxTask,
    /// Why.
    pub error: &'a str,
    /// Until when.
    pub again: Again,
    /// Under which key it is tried then.
    pub key: NextKey,
}

/// Puts rows off, in one statement; one of which something else is to be done by now stays as it is.
pub fn postpone_outbox(connection: &mut PgConnection, postponed: &[Postponed<'_>]) -> QueryResult<()> {
    let ids = || postponed.iter().map(|postponed| postponed.task.id());
    let waits = postponed.iter().map(|postponed| match postponed.again {
        Again::After(seconds) => (seconds, 0),
        Again::UncountedAfter(seconds) => (seconds, 1),
        Again::WhenTold => (0.0, 0),
    });
    let (wait_seconds, uncounted) = waits.unzip();
    let cut = |text: &str| text.chars().take(ERROR_CHARS_MAX).collect();
    let statement = Postpone {
        show: ids().map(|id| id.show.0).collect(),
        payment: ids().map(|id| id.payment()).collect(),
        refund: ids().map(|id| id.refund()).collect(),
        action: postponed
            .iter()
            .map(|postponed| postponed.task.action as i16)
            .collect(),
        error: postponed.iter().map(|postponed| cut(postponed.error)).collect(),
        attempts: postponed
            .iter()
            .map(|postponed| postponed.task.attempts)
            .collect(),
        uncounted,
        new_keys: postponed
            .iter()
            .map(|postponed| i32::from(postponed.key == NextKey::New))
            .collect(),
        is_dead: postponed
            .iter()
            .map(|postponed| postponed.again == Again::WhenTold)
            .collect(),
        wait_seconds,
    };
    statement::execute(connection, statement).map(drop)
}

/// Takes the row of an ended payment out that was to be looked at; of one that has not ended it stays.
pub fn forget_inspection(connection: &mut PgConnection, id: TaskId) -> QueryResult<()> {
    let statement = ForgetInspection {
        show: id.show.0,
        payment: id.payment(),
    };
    statement::execute(connection, statement).map(drop)
}

/// Has a payment looked at that has its money, unless something else is to be said of it.
pub fn look_at(connection: &mut PgConnection, id: TaskId) -> QueryResult<()> {
    let statement = LookAt {
        show: id.show.0,
        payment: id.payment(),
    };
    statement::execute(connection, statement).map(drop)
}

/// Makes a refund of money that was taken without a right to it; false if the payment doesn't stand so that it could be.
/// `fee` in minor units.
pub fn give_orphan_back(
    connection: &mut PgConnection,
    id: TaskId,
    reference: String,
    fee: i64,
    refund: RefundId,
) -> QueryResult<bool> {
    let statement = GiveOrphanBack {
        show: id.show.0,
        payment: id.payment(),
        reference,
        fee,
        refund: Uuid::from_u128(refund.0),
    };
    Ok(statement::execute(connection, statement)? == 1)
}

/// Has money released that is set aside without a right to it; false if the payment doesn't stand so that it could be.
pub fn void_orphan(connection: &mut PgConnection, id: TaskId, reference: String) -> QueryResult<bool> {
    let statement = VoidOrphan {
        show: id.show.0,
        payment: id.payment(),
        reference,
    };
    Ok(statement::execute(connection, statement)? == 1)
}

/// What was given up, in the order of the ids, after one of them: for shows of an organiser, or all.
pub fn list_dead(
    connection: &mut PgConnection,
    organiser: Option<OrganiserId>,
    after: TaskId,
    limit: i64,
) -> QueryResult<Vec<DeadTask>> {
    type Row = (
        i64,
        Uuid,
        Uuid,
        i64,
        String,
        i64,
        String,
        i16,
        i32,
        String,
        DateTime<Utc>,
    );
    let statement = ListDead {
        show: after.show.0,
        payment: after.payment(),
        refund: after.refund(),
        limit,
        organiser: organiser.map(|id| Uuid::from_u128(id.0)),
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let tasks = rows.into_iter().map(|row| {
        let (
            show,
            payment,
            refund,
            order,
            provider,
            amount_minor_units,
            currency,
            action,
            attempts,
            last_error,
            dead_at,
        ) = row;
        Ok(DeadTask {
            id: TaskId {
                show: ShowId(show),
                payment: PaymentId(payment.as_u128()),
                refund: refund_id(refund),
            },
            order: OrderNumber(order),
            provider,
            amount_minor_units,
            currency: row::currency(currency)?,
            action: action_of(action)?,
            attempts,
            last_error,
            dead_at,
        })
    });
    tasks.collect()
}

/// Has a row tried again that was given up; false if there is none.
pub fn retry_dead(connection: &mut PgConnection, id: TaskId) -> QueryResult<bool> {
    let statement = Retry {
        show: id.show.0,
        payment: id.payment(),
        refund: id.refund(),
    };
    Ok(statement::execute(connection, statement)? == 1)
}
