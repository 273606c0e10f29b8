//! Plans and shows as they are made, and the list of shows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::journal::Head;
use super::row::corrupt;
use super::statement::{self, statement};
use super::terms::{PlanIds, json_text, milliseconds};
use domain::id::{OrganiserId, ShowId};
use domain::plan::numbering::in_turn;
use domain::plan::{Plan, own};
use domain::seat_map::Sale;
use domain::show::{LatePayment, Returns, Show};
use domain::times::Times;

/// The lock at which new shows take turns.
const NEW_SHOWS_LOCK: i64 = 0x626f_7873_686f;

statement! {
    struct InsertPlan("catalogue/insert_plan.sql") {
        plan: SqlUuid = Uuid,
        organiser: SqlUuid = Uuid,
        name: Text = String,
        seats: Integer = i32,
        zones: Integer = i32,
        document: Text = String,
    } -> ()
}

statement! {
    struct ReadPlan("catalogue/read_plan.sql") { plan: SqlUuid = Uuid } -> (SqlUuid, Text)
}

statement! {
    struct NextShow("catalogue/next_show.sql") {} -> (BigInt,)
}

statement! {
    struct InsertShow("catalogue/insert_show.sql") {
        show: BigInt = i64,
        seats: Integer = i32,
        zones: Array<SmallInt> = Vec<i16>,
        capacities: Array<Integer> = Vec<i32>,
        is_open: Bool = bool,
        has_rules: Bool = bool,
    } -> ()
}

statement! {
    struct TakeTurn("catalogue/take_turn.sql") { lock: BigInt = i64 } -> (Bool,)
}

statement! {
    struct InsertTerms("catalogue/insert_terms.sql") {
        show: BigInt = i64,
        organiser: SqlUuid = Uuid,
        plan: SqlUuid = Uuid,
        title: Text = String,
        starts_at: Timestamptz = DateTime<Utc>,
        currency: Text = String,
        prices: Array<BigInt> = Vec<i64>,
        hold_ms: BigInt = i64,
        hold_grace_ms: BigInt = i64,
        order_places_max: Integer = i32,
        session_places_max: Integer = i32,
        on_sale_at: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        closes_at: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        ends_at: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        buyers_may_return: Bool = bool,
        returns_until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        honours_late: Bool = bool,
        payment_window_ms: BigInt = i64,
        is_draft: Bool = bool,
        time_zone: Text = String,
        capacities: Array<Integer> = Vec<i32>,
        tariff: Nullable<Text> = Option<String>,
        places_per_email_max: Nullable<Integer> = Option<i32>,
        rules: Nullable<Text> = Option<String>,
    } -> ()
}

type ListedColumns = (
    BigInt,
    SqlUuid,
    BigInt,
    Bool,
    Bool,
    Integer,
    Bool,
    Timestamptz,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);

statement! {
    struct ListShows("catalogue/list_shows.sql") { after: BigInt = i64, limit: BigInt = i64 } -> ListedColumns
}

statement! {
    struct ListAllShows("catalogue/list_all_shows.sql") {
        organiser: Nullable<SqlUuid> = Option<Uuid>, after: BigInt = i64, limit: BigInt = i64,
    } -> ListedColumns
}

/// A plan to be written.
#[derive(Debug)]
pub struct NewPlan {
    id: Uuid,
    organiser: OrganiserId,
    name: String,
    seats: i32,
    zones: i32,
    document: String,
}

impl NewPlan {
    /// That plan, under an id that is made from all that it says and from whose it is: the same plan is the same row, however
    /// often its organiser imports it.
    pub fn of(organiser: OrganiserId, plan: &Plan) -> serde_json::Result<Self> {
        let document = serde_json::to_string(&own::write(plan))?;
        let mut hasher = Sha256::new_with_prefix(&document);
        // The first organiser's plans had their ids before there were others.
        if organiser != OrganiserId::FIRST {
            hasher.update(organiser.0.to_be_bytes());
        }
        let mut id = [0; 16];
        id.iter_mut()
            .zip(hasher.finalize())
            .for_each(|(byte, digest)| *byte = digest);
        Ok(Self {
            id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            organiser,
            name: plan.name().to_owned(),
            seats: i32::try_from(plan.seats().len()).unwrap_or(i32::MAX),
            zones: i32::try_from(plan.zones().len()).unwrap_or(i32::MAX),
            document,
        })
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The plan in the own format, as JSON.
    pub fn document(&self) -> &str {
        &self.document
    }
}

/// Writes a plan, unless it is there.
pub fn insert_plan(connection: &mut PgConnection, plan: NewPlan) -> QueryResult<()> {
    let statement = InsertPlan {
        plan: plan.id,
        organiser: Uuid::from_u128(plan.organiser.0),
        name: plan.name,
        seats: plan.seats,
        zones: plan.zones,
        document: plan.document,
    };
    statement::execute(connection, statement).map(drop)
}

/// Whose a plan is, and the plan in the own format, as JSON.
pub fn read_plan(connection: &mut PgConnection, plan: u128) -> QueryResult<Option<(OrganiserId, String)>> {
    let plan = Uuid::from_u128(plan);
    let row: Option<(Uuid, String)> = statement::first(connection, ReadPlan { plan })?;
    Ok(row.map(|(organiser, document)| (OrganiserId(organiser.as_u128()), document)))
}

/// The plan that a stored document describes. A large one takes a tenth of a second.
pub fn parse_plan(document: &str) -> QueryResult<Plan> {
    let document = serde_json::from_str(document).map_err(|_unreadable| corrupt("a plan"))?;
    own::read(&document).map_err(|_faulty| corrupt("a plan"))
}

/// The last of these plans, with the numbers of a show that has had the others before; `None` if one of them isn't there. Read so
/// where nothing can be waited for.
pub fn read_numbered_plan(connection: &mut PgConnection, plans: &PlanIds) -> QueryResult<Option<Arc<Plan>>> {
    let mut read = Vec::with_capacity(plans.len());
    for plan in plans {
        let Some((_, document)) = read_plan(connection, *plan)? else {
            return Ok(None);
        };
        read.push(Arc::new(parse_plan(&document)?));
    }
    Ok(in_turn(read))
}

/// The id for a new show of `shard`. An id that isn't used after all is lost, and does no harm.
pub fn next_show_id(connection: &mut PgConnection, shard: u16) -> QueryResult<ShowId> {
    let (sequence,): (i64,) = statement::one(connection, NextShow {})?;
    Ok(ShowId::new(sequence, shard))
}

/// Writes shows with all their seats and zones, and the `opened` event of each if they are to sell at once.
pub fn insert_shows(connection: &mut PgConnection, shows: &[Show], sale: Sale) -> QueryResult<()> {
    connection.transaction(|connection| {
        for show in shows {
            insert_places(connection, show, sale)?;
        }
        // Ids are given before, and shows are committed in any order of them. Whoever follows the list by a place in it must
        // not have a show appear behind that place: so the place is given here, behind a lock that is kept until the commit
        // is visible. Its statement comes after that of the lock, and sees every place that was given before. The rows of
        // the seats have been written by then, so that nobody waits for them.
        let (_is_null,): (bool,) = statement::one(connection, TakeTurn { lock: NEW_SHOWS_LOCK })?;
        shows.iter().try_for_each(|show| insert_terms(connection, show))
    })
}

fn insert_places(connection: &mut PgConnection, show: &Show, sale: Sale) -> QueryResult<()> {
    let capacities = capacities(show);
    let statement = InsertShow {
        show: show.id.0,
        seats: i32::try_from(show.plan.seats().len()).unwrap_or(i32::MAX),
        zones: (0..i16::try_from(capacities.len()).unwrap_or(i16::MAX)).collect(),
        capacities,
        is_open: sale == Sale::Open,
        // Nodes that know nothing of them sell nothing.
        has_rules: show.rules.is_some(),
    };
    statement::execute(connection, statement).map(drop)
}

fn insert_terms(connection: &mut PgConnection, show: &Show) -> QueryResult<()> {
    let statement = InsertTerms {
        show: show.id.0,
        organiser: Uuid::from_u128(show.organiser.0),
        plan: Uuid::from_u128(show.plan_id),
        title: show.title.clone(),
        starts_at: show.times.starts_at,
        currency: show.currency.code().to_owned(),
        prices: show.prices.clone(),
        hold_ms: milliseconds(show.hold),
        hold_grace_ms: milliseconds(show.hold_grace),
        order_places_max: show.order_places_max.cast_signed(),
        session_places_max: show.session_places_max.cast_signed(),
        on_sale_at: show.times.on_sale_at,
        closes_at: show.times.closes_at,
        ends_at: show.times.ends_at,
        buyers_may_return: show.returns == Returns::Buyer,
        returns_until: show.returns_until,
        honours_late: show.late_payment == LatePayment::HonourIfFree,
        payment_window_ms: milliseconds(show.payment_window),
        is_draft: show.is_draft,
        time_zone: show.time_zone.clone(),
        capacities: capacities(show),
        tariff: json_text(show.tariff.as_deref()),
        rules: json_text(show.rules.as_deref()),
        places_per_email_max: show.places_per_email_max.map(u32::cast_signed),
    };
    statement::execute(connection, statement).map(drop)
}

fn capacities(show: &Show) -> Vec<i32> {
    let capacities = show.zone_capacities.iter();
    capacities.map(|capacity| capacity.cast_signed()).collect()
}

/// A show in the list: what tells whether it is wanted there.
#[derive(Debug, Clone, Copy)]
pub struct ListedShow {
    /// The show.
    pub id: ShowId,
    /// Whose it is.
    pub organiser: OrganiserId,
    /// The head of its journal.
    pub head: Head,
    /// Its times.
    pub times: Times,
    /// Not to be seen by anyone but its organiser.
    pub is_draft: bool,
}

/// Whether a list has shows that only their organiser may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drafts {
    /// It has all of them.
    All,
    /// It has those of this organiser.
    Of(OrganiserId),
    /// It hasn't.
    LeftOut,
}

type ListedRow = (
    i64,
    Uuid,
    i64,
    bool,
    bool,
    i32,
    bool,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

/// The shows after one, in the order in which they became visible; with drafts, in which they were made.
pub fn list_shows(
    connection: &mut PgConnection,
    after: i64,
    drafts: Drafts,
    limit: i64,
) -> QueryResult<Vec<ListedShow>> {
    let rows: Vec<ListedRow> = match drafts {
        Drafts::LeftOut => statement::load(connection, ListShows { after, limit })?,
        Drafts::All => statement::load(
            connection,
            ListAllShows {
                organiser: None,
                after,
                limit,
            },
        )?,
        Drafts::Of(organiser) => statement::load(
            connection,
            ListAllShows {
                organiser: Some(Uuid::from_u128(organiser.0)),
                after,
                limit,
            },
        )?,
    };
    let listed = rows.into_iter().map(|row| {
        let (
            id,
            organiser,
            offset,
            is_open,
            is_canceled,
            revision,
            is_draft,
            starts_at,
            ends_at,
            on_sale_at,
            closes_at,
        ) = row;
        ListedShow {
            id: ShowId(id),
            organiser: OrganiserId(organiser.as_u128()),
            head: Head::of_row((offset, is_open, is_canceled, revision)),
            times: Times {
                starts_at,
                ends_at,
                on_sale_at,
                closes_at,
            },
            is_draft,
        }
    });
    Ok(listed.collect())
}
