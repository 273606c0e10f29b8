//! How many places the buyers of an e-mail address have.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};

use crate::store::statement::{self, statement};
use domain::details::email_key;
use domain::id::ShowId;
use domain::reference::OrderNumber;

/// No order's number.
const NO_ORDER: i64 = -1;

statement! {
    struct CountEmails("count_emails.sql") {
        show: BigInt = i64,
        emails: Array<Text> = Vec<String>,
        but_order: BigInt = i64,
        now: Nullable<Timestamptz> = Option<DateTime<Utc>>,
    } -> (Text, BigInt)
}

/// The live places of the orders whose buyers have these addresses, but for one order, by [`email_key`], at an instant of its clock or
/// now. Under the show's lock.
pub fn count_emails(
    connection: &mut PgConnection,
    show: ShowId,
    emails: Vec<String>,
    but: Option<OrderNumber>,
    now: Option<DateTime<Utc>>,
) -> QueryResult<HashMap<String, u32>> {
    let statement = CountEmails {
        show: show.0,
        emails,
        but_order: but.map_or(NO_ORDER, |order| order.0),
        now,
    };
    let rows: Vec<(String, i64)> = statement::load(connection, statement)?;
    let counted = rows.into_iter();
    Ok(counted
        .map(|(email, places)| (email_key(&email), u32::try_from(places).unwrap_or(u32::MAX)))
        .collect())
}
