//! Money that went back without having been asked for here: refunds that were made at the provider, and payments that the
//! buyer's bank has called back.

use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::payment::PaymentState;
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{DisputeId, PaymentId, RefundId, ShowId};
use domain::payment::DisputeState;
use domain::reference::OrderNumber;

statement! {
    struct Lock("given_back/lock.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> (SmallInt, BigInt)
}

statement! {
    struct AddRefunds("given_back/add_refunds.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        refund: Array<SqlUuid> = Vec<Uuid>,
        amount: Array<BigInt> = Vec<i64>,
        reference: Array<Text> = Vec<String>,
    } -> ()
}

statement! {
    struct PostRefunds("given_back/post_refunds.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> ()
}

statement! {
    struct NoteDisputes("given_back/note_disputes.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        dispute: Array<SqlUuid> = Vec<Uuid>,
        amount: Array<BigInt> = Vec<i64>,
        reference: Array<Text> = Vec<String>,
        state: Array<SmallInt> = Vec<i16>,
    } -> (Text, BigInt, Text, SmallInt)
}

statement! {
    struct CutDueRefunds("given_back/cut_due_refunds.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        left: BigInt = i64,
        done: Array<SqlUuid> = Vec<Uuid>,
    } -> ()
}

statement! {
    struct Refunded("given_back/refunded.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> (BigInt,)
}

statement! {
    struct Holders("given_back/holders.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> (BigInt,)
}

/// What a provider's book says that has gone back of a payment. Amounts in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// The refunds that it has carried out, with its own names for them.
    pub refunds: Vec<(RefundId, i64, String)>,
    /// What the buyer's bank has called back.
    pub disputes: Vec<Dispute>,
    /// What is left of the payment after all that.
    pub left: i64,
}

/// Money that the buyer's bank has called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The provider's own name for it.
    pub reference: String,
    /// In minor units.
    pub amount: i64,
    /// How it stands.
    pub state: DisputeState,
}

/// What the ledger has now that it did not have before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The orders whose money it was, if the payment had its money and all of it went back.
    pub emptied: Vec<OrderNumber>,
    /// How many refunds are new.
    pub new_refunds: usize,
    /// Disputes that are new or stand otherwise than before: the provider's name, the amount in minor units, the currency.
    pub disputes: Vec<(String, i64, String, DisputeState)>,
}

/// Writes down what has gone back of a payment that has its money. What this office has yet to give back of it is cut to what
/// is left. Nothing happens to a payment in another state.
pub fn book_given_back(
    connection: &mut PgConnection,
    show: ShowId,
    payment: PaymentId,
    told: &GivenBack,
) -> QueryResult<Booked> {
    let (show, payment) = (show.0, Uuid::from_u128(payment.0));
    connection.transaction(|connection| {
        // The lock first: a batch that gives tickets of it back has read what is left under the same lock.
        let locked: (i16, i64) = statement::one(connection, Lock { show, payment })?;
        let state = PaymentState::from_number(locked.0).ok_or_else(|| corrupt("a payment's state"))?;
        let mut booked = Booked {
            emptied: Vec::new(),
            new_refunds: 0,
            disputes: Vec::new(),
        };
        if !matches!(
            state,
            PaymentState::Captured | PaymentState::Refunding | PaymentState::Refunded
        ) {
            return Ok(booked);
        }
        let refunds: Vec<Uuid> = told
            .refunds
            .iter()
            .map(|(id, ..)| Uuid::from_u128(id.0))
            .collect();
        let add = AddRefunds {
            show,
            payment,
            refund: refunds.clone(),
            amount: told.refunds.iter().map(|(_, amount, _)| *amount).collect(),
            reference: told.refunds.iter().map(|(.., name)| name.clone()).collect(),
        };
        booked.new_refunds = statement::execute(connection, add)?;
        statement::execute(connection, PostRefunds { show, payment })?;
        let disputes = &told.disputes;
        let note = NoteDisputes {
            show,
            payment,
            dispute: disputes
                .iter()
                .map(|dispute| Uuid::from_u128(dispute.id.0))
                .collect(),
            amount: disputes.iter().map(|dispute| dispute.amount).collect(),
            reference: disputes.iter().map(|dispute| dispute.reference.clone()).collect(),
            state: disputes.iter().map(|dispute| dispute.state as i16).collect(),
        };
        for (reference, amount, currency, state) in
            statement::load::<_, (String, i64, String, i16)>(connection, note)?
        {
            let state = DisputeState::from_number(state).ok_or_else(|| corrupt("a dispute's state"))?;
            booked.disputes.push((reference, amount, currency, state));
        }
        let cut = CutDueRefunds {
            show,
            payment,
            left: told.left,
            done: refunds,
        };
        statement::execute(connection, cut)?;
        let (refunded,): (i64,) = statement::one(connection, Refunded { show, payment })?;
        if state == PaymentState::Captured && locked.1 > 0 && refunded >= locked.1 {
            let holders: Vec<(i64,)> = statement::load(connection, Holders { show, payment })?;
            booked.emptied = holders.into_iter().map(|(order,)| OrderNumber(order)).collect();
        }
        Ok(booked)
    })
}
