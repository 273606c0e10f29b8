//! Endpoints of webhooks. Their secrets are not here, only the salts that they are made of.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};
use domain::id::OrganiserId;
use domain::webhook::EndpointId;

/// Most endpoints of one organiser.
pub const ENDPOINTS_MAX: i64 = 20;
/// The lock at which new endpoints take turns.
const NEW_ENDPOINTS_LOCK: i64 = 0x626f_7877_6865;

type Columns = (
    SqlUuid,
    Text,
    Text,
    Array<Text>,
    Bool,
    Nullable<Text>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Timestamptz,
);

statement! {
    struct Lock("webhook_endpoints/lock.sql") { lock: BigInt = i64 } -> (Bool,)
}

statement! {
    struct Count("webhook_endpoints/count.sql") { organiser: SqlUuid = Uuid } -> (BigInt,)
}

statement! {
    struct Add("webhook_endpoints/add.sql") {
        endpoint: SqlUuid = Uuid,
        organiser: SqlUuid = Uuid,
        url: Text = String,
        description: Text = String,
        event_types: Array<Text> = Vec<String>,
        is_enabled: Bool = bool,
        salt: Binary = Vec<u8>,
    } -> Columns
}

statement! {
    struct Begin("webhook_endpoints/begin.sql") { endpoint: SqlUuid = Uuid, organiser: SqlUuid = Uuid } -> ()
}

statement! {
    struct Find("webhook_endpoints/find.sql") { endpoint: SqlUuid = Uuid, organiser: SqlUuid = Uuid } -> Columns
}

statement! {
    struct List("webhook_endpoints/list.sql") {
        organiser: SqlUuid = Uuid,
        after: Nullable<SqlUuid> = Option<Uuid>,
        limit: BigInt = i64,
    } -> Columns
}

statement! {
    struct Update("webhook_endpoints/update.sql") {
        endpoint: SqlUuid = Uuid,
        organiser: SqlUuid = Uuid,
        url: Nullable<Text> = Option<String>,
        description: Nullable<Text> = Option<String>,
        event_types: Nullable<Array<Text>> = Option<Vec<String>>,
        is_enabled: Nullable<Bool> = Option<bool>,
    } -> Columns
}

statement! {
    struct Resume("webhook_endpoints/resume.sql") { endpoint: SqlUuid = Uuid } -> ()
}

statement! {
    struct Delete("webhook_endpoints/delete.sql") { endpoint: SqlUuid = Uuid, organiser: SqlUuid = Uuid } -> ()
}

statement! {
    struct Rotate("webhook_endpoints/rotate.sql") {
        endpoint: SqlUuid = Uuid,
        organiser: SqlUuid = Uuid,
        salt: Binary = Vec<u8>,
        overlap_seconds: Double = f64,
    } -> Columns
}

statement! {
    struct FindReceiver("webhook_endpoints/receiver.sql") { endpoint: SqlUuid = Uuid, organiser: SqlUuid = Uuid }
    -> (Text, Array<Text>, Binary, Nullable<Binary>)
}

statement! {
    struct Disable("webhook_endpoints/disable.sql") { endpoint: SqlUuid = Uuid, reason: Text = &'static str } -> ()
}

statement! {
    struct IsAnyEnabled("webhook_endpoints/is_any_enabled.sql") {} -> (Bool,)
}

/// An endpoint, as its organiser sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Where messages are sent.
    pub url: String,
    /// What the organiser says of it.
    pub description: String,
    /// The kinds of events that are sent, by their names; none means all.
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// Why the office itself stopped, and when.
    pub disabled: Option<(String, DateTime<Utc>)>,
    /// Until when the secret before this one is good too.
    pub former_secret_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

type Row = (
    Uuid,
    String,
    String,
    Vec<String>,
    bool,
    Option<String>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
);

fn endpoint(row: Row) -> Endpoint {
    let (id, url, description, event_types, is_enabled, reason, disabled_at, former_secret_until, created_at) =
        row;
    Endpoint {
        id: EndpointId(id.as_u128()),
        url,
        description,
        event_types,
        is_enabled,
        disabled: reason.zip(disabled_at),
        former_secret_until,
        created_at,
    }
}

/// What a node needs to know to send something to an endpoint.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Where messages are sent.
    pub url: String,
    /// The kinds of events that are sent; none means all.
    pub event_types: Vec<String>,
    /// What its secret is made of.
    pub salt: Vec<u8>,
    /// What the secret before it is made of, while that is good too.
    pub former_salt: Option<Vec<u8>>,
}

/// An endpoint to be added.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub organiser: OrganiserId,
    /// Where messages are sent.
    pub url: String,
    /// What the organiser says of it.
    pub description: String,
    /// The kinds of events that are sent; none means all.
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// What its secret is made of.
    pub salt: Vec<u8>,
}

/// What is to be changed of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    /// Where messages are sent.
    pub url: Option<String>,
    /// What the organiser says of it.
    pub description: Option<String>,
    /// The kinds of events that are sent; none means all.
    pub event_types: Option<Vec<String>>,
    /// Whether anything is sent.
    pub is_enabled: Option<bool>,
}

/// Why the office itself stops sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableReason {
    /// It answered that it is gone, for good.
    Gone,
    /// It has failed for days.
    Failing,
}

impl DisableReason {
    /// How it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// Adds an endpoint, which begins at the present end of each of its organiser's journals; `None` if there are as many as may
/// be. Within a transaction.
pub fn add_endpoint(connection: &mut PgConnection, new: NewEndpoint) -> QueryResult<Option<Endpoint>> {
    let (id, organiser) = (Uuid::from_u128(new.id.0), Uuid::from_u128(new.organiser.0));
    let lock = NEW_ENDPOINTS_LOCK;
    let (_is_null,): (bool,) = statement::one(connection, Lock { lock })?;
    let (count,): (i64,) = statement::one(connection, Count { organiser })?;
    if count >= ENDPOINTS_MAX {
        return Ok(None);
    }
    let add = Add {
        endpoint: id,
        organiser,
        url: new.url,
        description: new.description,
        event_types: new.event_types,
        is_enabled: new.is_enabled,
        salt: new.salt,
    };
    let added: Row = statement::one(connection, add)?;
    let begin = Begin {
        endpoint: id,
        organiser,
    };
    statement::execute(connection, begin)?;
    Ok(Some(endpoint(added)))
}

/// An organiser's endpoint.
pub fn find_endpoint(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    id: EndpointId,
) -> QueryResult<Option<Endpoint>> {
    let (endpoint_id, organiser) = (Uuid::from_u128(id.0), Uuid::from_u128(organiser.0));
    let find = Find {
        endpoint: endpoint_id,
        organiser,
    };
    Ok(statement::first(connection, find)?.map(endpoint))
}

/// An organiser's endpoints after one, in the order in which they were made.
pub fn list_endpoints(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    after: Option<EndpointId>,
    limit: i64,
) -> QueryResult<Vec<Endpoint>> {
    let list = List {
        organiser: Uuid::from_u128(organiser.0),
        after: after.map(|id| Uuid::from_u128(id.0)),
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    Ok(rows.into_iter().map(endpoint).collect())
}

/// Changes an organiser's endpoint; `None` if there is no such one. One that is elsewhere now, or enabled anew, is tried at once.
/// Within a transaction.
pub fn update_endpoint(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    id: EndpointId,
    change: EndpointChange,
) -> QueryResult<Option<Endpoint>> {
    let endpoint_id = Uuid::from_u128(id.0);
    let tries_anew = change.url.is_some() || change.is_enabled == Some(true);
    let update = Update {
        endpoint: endpoint_id,
        organiser: Uuid::from_u128(organiser.0),
        url: change.url,
        description: change.description,
        event_types: change.event_types,
        is_enabled: change.is_enabled,
    };
    let updated = statement::first(connection, update)?.map(endpoint);
    if updated.is_some() && tries_anew {
        let resume = Resume {
            endpoint: endpoint_id,
        };
        statement::execute(connection, resume)?;
    }
    Ok(updated)
}

/// Deletes an organiser's endpoint, with its places in the journals; says whether it was there.
pub fn delete_endpoint(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    id: EndpointId,
) -> QueryResult<bool> {
    let delete = Delete {
        endpoint: Uuid::from_u128(id.0),
        organiser: Uuid::from_u128(organiser.0),
    };
    Ok(statement::execute(connection, delete)? > 0)
}

/// Gives an organiser's endpoint another salt; what is sent is signed with the former one too for so long.
pub fn rotate_salt(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    id: EndpointId,
    salt: Vec<u8>,
    overlap: Duration,
) -> QueryResult<Option<Endpoint>> {
    let rotate = Rotate {
        endpoint: Uuid::from_u128(id.0),
        organiser: Uuid::from_u128(organiser.0),
        salt,
        overlap_seconds: overlap.as_secs_f64(),
    };
    Ok(statement::first(connection, rotate)?.map(endpoint))
}

/// What is needed to send something to an organiser's endpoint.
pub fn find_receiver(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    id: EndpointId,
) -> QueryResult<Option<Receiver>> {
    type Row = (String, Vec<String>, Vec<u8>, Option<Vec<u8>>);
    let find = FindReceiver {
        endpoint: Uuid::from_u128(id.0),
        organiser: Uuid::from_u128(organiser.0),
    };
    let row: Option<Row> = statement::first(connection, find)?;
    Ok(row.map(|(url, event_types, salt, former_salt)| Receiver {
        url,
        event_types,
        salt,
        former_salt,
    }))
}

/// Stops sending to an endpoint, for this reason; says whether it was sent to.
pub fn disable_endpoint(
    connection: &mut PgConnection,
    id: EndpointId,
    reason: DisableReason,
) -> QueryResult<bool> {
    let disable = Disable {
        endpoint: Uuid::from_u128(id.0),
        reason: reason.word(),
    };
    Ok(statement::execute(connection, disable)? > 0)
}

/// Whether there is any endpoint to send to.
pub fn is_any_enabled(connection: &mut PgConnection) -> QueryResult<bool> {
    let (is_any,): (bool,) = statement::one(connection, IsAnyEnabled {})?;
    Ok(is_any)
}
