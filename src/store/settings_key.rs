//! The keys of the settings: those that nodes are started with, one of the first organiser's owner and one of the operator.
//! There is one of each at a time, the last started node's.

use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::audit::{NewEntry, SETTINGS, write_entries};
use super::keys::{
    Added, Lifetime, NewKey, SETTINGS_KEY_NAME, add_for_old_nodes, add_key, lock_keys, read_keys,
    role::word_of,
};
use super::statement::{self, statement};
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};

statement! {
    struct Find("settings_key/find.sql") { digest: Binary = Vec<u8> } -> (SqlUuid, Text, Bool, Bool)
}

statement! {
    struct Accept("settings_key/accept.sql") { key: SqlUuid = Uuid, is_operators: Bool = bool } -> ()
}

statement! {
    struct Replace("settings_key/replace.sql") { digest: Binary = Vec<u8>, is_operators: Bool = bool } -> (SqlUuid,)
}

/// Whose key of the settings it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingOf {
    /// The owner's of the first organiser.
    FirstOrganiser,
    /// The operator's.
    Operator,
}

impl SettingOf {
    const fn role(self) -> Role {
        match self {
            Self::FirstOrganiser => Role::Owner,
            Self::Operator => Role::Operator,
        }
    }

    const fn organiser(self) -> Option<OrganiserId> {
        match self {
            Self::FirstOrganiser => Some(OrganiserId::FIRST),
            Self::Operator => None,
        }
    }
}

/// Whether a key of the settings is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsKey {
    /// It is, and any former one is not any more.
    Accepted,
    /// Somebody has revoked it: it stays so, and nothing else was changed.
    Revoked,
    /// It is there already, for something else. Nothing was changed.
    Another,
    /// There are as many keys as may be.
    TooMany,
}

/// Makes this key that of the settings.
pub fn use_settings_key(
    connection: &mut PgConnection,
    of: SettingOf,
    digest: [u8; 32],
) -> QueryResult<SettingsKey> {
    let (organiser, is_operators) = (of.organiser(), of == SettingOf::Operator);
    // What a node of the version before has added may be the former one.
    read_keys(connection)?;
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let known: Option<(Uuid, String, bool, bool)> = statement::first(
            connection,
            Find {
                digest: digest.to_vec(),
            },
        )?;
        let mut changes = Vec::new();
        match known {
            Some((_, word, ..)) if word != word_of(of.role(), organiser) => return Ok(SettingsKey::Another),
            Some((_, _, true, false)) => {}
            Some((_, _, false, true)) => return Ok(SettingsKey::Revoked),
            Some((key, _, _, was_revoked)) => {
                statement::execute(connection, Accept { key, is_operators })?;
                if was_revoked {
                    add_for_old_nodes(connection, KeyId(key.as_u128()))?;
                    changes.push(change(of, "create_key", key));
                }
            }
            None => {
                let key = Uuid::new_v4();
                let new = NewKey {
                    id: KeyId(key.as_u128()),
                    digest,
                    organiser,
                    // Somebody has made it up: its beginning may be half of it.
                    prefix: None,
                    name: SETTINGS_KEY_NAME.to_owned(),
                    role: of.role(),
                    lifetime: Lifetime::Endless,
                };
                let Added::Now(_) = add_key(connection, new)? else {
                    return Ok(SettingsKey::TooMany);
                };
                statement::execute(connection, Accept { key, is_operators })?;
                changes.push(change(of, "create_key", key));
            }
        }
        let replaced: Vec<(Uuid,)> = statement::load(
            connection,
            Replace {
                digest: digest.to_vec(),
                is_operators,
            },
        )?;
        changes.extend(replaced.into_iter().map(|(key,)| change(of, "revoke_key", key)));
        if !changes.is_empty() {
            write_entries(connection, changes)?;
        }
        Ok(SettingsKey::Accepted)
    })
}

fn change(of: SettingOf, operation: &str, key: Uuid) -> NewEntry {
    let subject = format!("key/{}", KeyId(key.as_u128()));
    NewEntry::without_key(operation, subject, SETTINGS).about(of.organiser())
}
