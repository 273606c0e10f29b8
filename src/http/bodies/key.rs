//! Organisers' keys on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::keys::KeyRecord;
use domain::key::Role;

/// What a key is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleBody {
    /// Everything of its organiser.
    Owner,
    /// To read everything of its organiser, to change orders and give money back, and to take places off sale.
    Sales,
    /// To check tickets in, and nothing else.
    Door,
    /// To read everything of its organiser.
    Reader,
    /// To make organisers and keys of any of them, and to look after the office; nothing of an organiser's shows.
    Operator,
    /// The older word for `owner`, in requests alone.
    All,
}

impl From<RoleBody> for Role {
    fn from(role: RoleBody) -> Self {
        match role {
            RoleBody::Owner | RoleBody::All => Self::Owner,
            RoleBody::Sales => Self::Sales,
            RoleBody::Door => Self::Door,
            RoleBody::Reader => Self::Reader,
            RoleBody::Operator => Self::Operator,
        }
    }
}

/// A key to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it is for; `owner`, if left out.
    #[serde(default)]
    pub role: Option<RoleBody>,
    /// When it ends; never, if left out.
    #[serde(default, deserialize_with = "super::time::read_optional")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whose it is. An organiser's own, if left out; the operator has to say it, except for a key of the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser: Option<String>,
}

/// How a key is replaced.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotationBody {
    /// How long the old key goes on beside the new one, in seconds; 0: it ends at once.
    #[schema(minimum = 0, maximum = 2592000)]
    pub overlap_seconds: i64,
}

/// A key that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKeyBody {
    /// What it is called where the key itself must not be told.
    pub id: String,
    /// Whose it is; null for the operator's.
    #[schema(required)]
    pub organiser: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[schema(value_type = RoleBody)]
    pub role: String,
    /// How it begins, by which it is recognised.
    #[schema(required)]
    pub prefix: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; null if it doesn't.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The key. It can't be told again.
    pub key: String,
}

impl MadeKeyBody {
    /// A key with what the office has of it.
    pub fn of(record: KeyRecord, key: String) -> Self {
        Self {
            id: record.id.to_string(),
            organiser: record.organiser.map(|organiser| organiser.to_string()),
            name: record.name,
            role: record.role,
            prefix: record.prefix,
            created_at: record.created_at,
            expires_at: record.expires_at,
            key,
        }
    }
}

/// A key, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyBody {
    /// What it is called where the key itself must not be told.
    pub id: String,
    /// Whose it is; null for the operator's.
    #[schema(required)]
    pub organiser: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[schema(value_type = RoleBody)]
    pub role: String,
    /// How it begins, by which it is recognised; null of keys that are older than this or that somebody has made up.
    #[schema(required)]
    pub prefix: Option<String>,
    /// Whether it is one that nodes are started with, or was until another one replaced it.
    pub is_from_settings: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; null if it doesn't.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked; null if it wasn't.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was used for the last time, a minute or so ago; null if it never was.
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl From<KeyRecord> for KeyBody {
    fn from(record: KeyRecord) -> Self {
        Self {
            id: record.id.to_string(),
            organiser: record.organiser.map(|organiser| organiser.to_string()),
            name: record.name,
            role: record.role,
            prefix: record.prefix,
            is_from_settings: record.is_from_settings,
            created_at: record.created_at,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
            last_used_at: record.last_used_at,
        }
    }
}

/// A page of keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysPage {
    /// In the order in which they were made, those that have ended too.
    pub keys: Vec<KeyBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}
