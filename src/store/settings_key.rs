//! The key of the settings: the one that nodes are started with. There is one at a time, the last started node's.

use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool, Uuid as SqlUuid};
use uuid::Uuid;

use super::audit::{NewEntry, SETTINGS, write_entries};
use super::keys::{
    Added, Lifetime, NewKey, SETTINGS_KEY_NAME, add_for_old_nodes, add_key, lock_keys, read_keys,
};
use super::statement::{self, statement};
use domain::key::{KeyId, Role};

statement! {
    struct Find("settings_key/find.sql") { digest: Binary = Vec<u8> } -> (SqlUuid, Bool, Bool)
}

statement! {
    struct Accept("settings_key/accept.sql") { key: SqlUuid = Uuid } -> ()
}

statement! {
    struct Replace("settings_key/replace.sql") { digest: Binary = Vec<u8> } -> (SqlUuid,)
}

/// Whether the key of the settings is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsKey {
    /// It is, and any former one is not any more.
    Accepted,
    /// Somebody has revoked it: it stays so, and nothing else was changed.
    Revoked,
    /// There are as many keys as may be.
    TooMany,
}

/// Makes this key that of the settings.
pub fn use_settings_key(connection: &mut PgConnection, digest: [u8; 32]) -> QueryResult<SettingsKey> {
    // What a node of the version before has added may be the former one.
    read_keys(connection)?;
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let known: Option<(Uuid, bool, bool)> = statement::first(
            connection,
            Find {
                digest: digest.to_vec(),
            },
        )?;
        let mut changes = Vec::new();
        match known {
            Some((_, true, false)) => {}
            Some((_, false, true)) => return Ok(SettingsKey::Revoked),
            Some((key, _, was_revoked)) => {
                statement::execute(connection, Accept { key })?;
                if was_revoked {
                    add_for_old_nodes(connection, KeyId(key.as_u128()))?;
                    changes.push(change("create_key", key));
                }
            }
            None => {
                let key = Uuid::new_v4();
                let new = NewKey {
                    id: KeyId(key.as_u128()),
                    digest,
                    name: SETTINGS_KEY_NAME.to_owned(),
                    role: Role::All,
                    lifetime: Lifetime::Endless,
                };
                let Added::Now(_) = add_key(connection, new)? else {
                    return Ok(SettingsKey::TooMany);
                };
                statement::execute(connection, Accept { key })?;
                changes.push(change("create_key", key));
            }
        }
        let replaced: Vec<(Uuid,)> = statement::load(
            connection,
            Replace {
                digest: digest.to_vec(),
            },
        )?;
        changes.extend(replaced.into_iter().map(|(key,)| change("revoke_key", key)));
        if !changes.is_empty() {
            write_entries(connection, changes)?;
        }
        Ok(SettingsKey::Accepted)
    })
}

fn change(operation: &str, key: Uuid) -> NewEntry {
    NewEntry::of_operator(operation, format!("key/{}", KeyId(key.as_u128())), SETTINGS)
}
