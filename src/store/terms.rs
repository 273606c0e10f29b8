//! A show's terms: the present ones in its row of `shows`, and all that it has had in `show_revisions`.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::id::{OrganiserId, Revision, ShowId};
use domain::plan::Plan;
use domain::show::{LatePayment, Returns, Show};
use domain::times::Times;

statement! {
    struct ReadTerms("terms/read.sql") { show: BigInt = i64, revision: Nullable<Integer> = Option<i32> } -> (
        BigInt, SqlUuid, Integer, Bool, SqlUuid, Text, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>, Nullable<Timestamptz>,
        Text, Text, Array<BigInt>, BigInt, BigInt, Integer, Integer, Bool, Nullable<Timestamptz>, Bool, BigInt, Timestamptz,
        Array<Integer>, Array<SqlUuid>, Nullable<Text>, Nullable<Integer>, Nullable<Text>,
    )
}

statement! {
    struct ListRevisions("terms/list.sql") { show: BigInt = i64, after: Integer = i32, limit: BigInt = i64 }
    -> (Integer, Timestamptz)
}

type Row = (
    i64,
    Uuid,
    i32,
    bool,
    Uuid,
    String,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    String,
    String,
    Vec<i64>,
    i64,
    i64,
    i32,
    i32,
    bool,
    Option<DateTime<Utc>>,
    bool,
    i64,
    DateTime<Utc>,
    Vec<i32>,
    Vec<Uuid>,
    Option<String>,
    Option<i32>,
    Option<String>,
);

/// The plans that a show has had, in their order. The last is the present one.
pub type PlanIds = Vec<u128>;

/// Terms as they are stored; their plans are read apart.
pub struct StoredTerms {
    wanted: Row,
    /// Those that the show was made with, if they are others.
    first: Option<Row>,
}

impl StoredTerms {
    /// The plans that they are of.
    pub fn plans(&self) -> impl Iterator<Item = PlanIds> {
        let rows = std::iter::once(&self.wanted).chain(&self.first);
        rows.map(plans_of)
    }

    /// The show at these terms. `plan` tells the last of these plans, with the numbers that the show gives to its places.
    pub fn into_show(self, plan: impl Fn(&PlanIds) -> Option<Arc<Plan>>) -> QueryResult<Show> {
        let plan = |row: &Row| plan(&plans_of(row)).ok_or_else(|| corrupt("a show's plan"));
        let first = match self.first {
            Some(row) => Some(Arc::new(show_of(plan(&row)?, row)?)),
            None => None,
        };
        let show = show_of(plan(&self.wanted)?, self.wanted)?;
        Ok(Show { first, ..show })
    }
}

fn plans_of(row: &Row) -> PlanIds {
    let former = row.23.iter().chain(std::iter::once(&row.4));
    former.map(Uuid::as_u128).collect()
}

/// A show's terms: the present ones, or those of a revision. `None` if there are no such.
pub fn read_terms(
    connection: &mut PgConnection,
    show: ShowId,
    revision: Option<Revision>,
) -> QueryResult<Option<StoredTerms>> {
    let statement = ReadTerms {
        show: show.0,
        revision: revision.map(|revision| revision.0),
    };
    let mut rows = statement::load::<_, Row>(connection, statement)?.into_iter();
    let is_it = |row: &Row| revision.is_none_or(|wanted| wanted.0 == row.2);
    let Some(wanted) = rows.next().filter(is_it) else {
        return Ok(None);
    };
    let first = rows.next();
    Ok(Some(StoredTerms { wanted, first }))
}

/// The revisions of a show's terms after one of them, and when each came into force.
pub fn list_revisions(
    connection: &mut PgConnection,
    show: ShowId,
    after: Revision,
    limit: i64,
) -> QueryResult<Vec<(Revision, DateTime<Utc>)>> {
    let statement = ListRevisions {
        show: show.0,
        after: after.0,
        limit,
    };
    let rows: Vec<(i32, DateTime<Utc>)> = statement::load(connection, statement)?;
    let listed = rows.into_iter().map(|(revision, at)| (Revision(revision), at));
    Ok(listed.collect())
}

/// The columns of `shows` that may change, as JSON, and how many seats have a number.
pub fn terms_columns(show: &Show) -> Value {
    json!({
        "is_draft": show.is_draft,
        "plan_id": Uuid::from_u128(show.plan_id),
        "former_plans": show.former_plans.iter().map(|plan| Uuid::from_u128(*plan)).collect::<Vec<_>>(),
        "seats": show.plan.seats().len(),
        "title": show.title,
        "starts_at": show.times.starts_at,
        "ends_at": show.times.ends_at,
        "on_sale_at": show.times.on_sale_at,
        "closes_at": show.times.closes_at,
        "time_zone": show.time_zone,
        "currency": show.currency.code(),
        "prices": show.prices,
        "zone_capacities": show.zone_capacities,
        "hold_ms": milliseconds(show.hold),
        "hold_grace_ms": milliseconds(show.hold_grace),
        "order_places_max": show.order_places_max,
        "session_places_max": show.session_places_max,
        "places_per_email_max": show.places_per_email_max,
        "buyers_may_return": show.returns == Returns::Buyer,
        "returns_until": show.returns_until,
        "honours_late": show.late_payment == LatePayment::HonourIfFree,
        "payment_window_ms": milliseconds(show.payment_window),
        "tariff": show.tariff.as_deref(),
        "rules": show.rules.as_deref(),
    })
}

/// A part of a show's terms as JSON, if it has that part.
pub fn json_text(part: Option<&impl Serialize>) -> Option<String> {
    serde_json::to_string(part?).ok()
}

fn read_text<T: DeserializeOwned>(text: Option<String>, what: &'static str) -> QueryResult<Option<Arc<T>>> {
    let read = |text: String| serde_json::from_str(&text).map_err(|_another| corrupt(what));
    text.map(read).transpose().map(|part| part.map(Arc::new))
}

/// A length of time as a column of integers.
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn show_of(plan: Arc<Plan>, row: Row) -> QueryResult<Show> {
    let (
        id,
        organiser,
        revision,
        is_draft,
        plan_id,
        title,
        starts_at,
        ends_at,
        on_sale_at,
        closes_at,
        time_zone,
        currency,
        prices,
        hold_ms,
        hold_grace_ms,
        order_places_max,
        session_places_max,
        buyers_may_return,
        returns_until,
        honours_late,
        payment_window_ms,
        created_at,
        capacities,
        former_plans,
        tariff,
        places_per_email_max,
        rules,
    ) = row;
    let length = |number: i64| Duration::from_millis(number.unsigned_abs());
    Ok(Show {
        id: ShowId(id),
        organiser: OrganiserId(organiser.as_u128()),
        revision: Revision(revision),
        first: None,
        is_draft,
        plan_id: plan_id.as_u128(),
        former_plans: former_plans.iter().map(Uuid::as_u128).collect(),
        plan,
        title,
        times: Times {
            starts_at,
            ends_at,
            on_sale_at,
            closes_at,
        },
        time_zone,
        currency: row::currency(currency)?,
        prices,
        tariff: read_text(tariff, "a tariff")?,
        rules: read_text(rules, "a show's rules")?,
        zone_capacities: capacities.into_iter().map(i32::cast_unsigned).collect(),
        hold: length(hold_ms),
        hold_grace: length(hold_grace_ms),
        order_places_max: order_places_max.cast_unsigned(),
        session_places_max: session_places_max.cast_unsigned(),
        places_per_email_max: places_per_email_max.map(i32::cast_unsigned),
        returns: if buyers_may_return {
            Returns::Buyer
        } else {
            Returns::Organiser
        },
        returns_until,
        late_payment: if honours_late {
            LatePayment::HonourIfFree
        } else {
            LatePayment::Refund
        },
        payment_window: length(payment_window_ms),
        created_at,
    })
}
