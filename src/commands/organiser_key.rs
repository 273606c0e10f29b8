//! `boxoffice organiser-key`: makes keys, lists them, revokes them.

use std::time::Duration;

use boxoffice::config::DatabaseConfig;
use boxoffice::identity::{new_organiser_key, organiser_key_digest};
use boxoffice::store::audit::{COMMAND_LINE, NewEntry, write_entries};
use boxoffice::store::keys::{
    Added, KeyRecord, LastKey, Lifetime, NewKey, Revoked, add_key, list_keys, revoke_key,
};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use diesel::Connection;
use diesel::pg::PgConnection;
use domain::key::{KeyId, Role, read_key_name};

use super::columns::time;
use super::opened::on_connection;

/// What a key is called that gets no name.
const USUAL_NAME: &str = "made by command";
/// Keys that are read at a time.
const PAGE: i64 = 100;

/// Organisers' keys.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct OrganiserKeyCommand {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// What can be done with keys.
#[derive(Subcommand)]
enum Action {
    /// Make a key and print it
    Add {
        /// What to call it
        #[arg(long, value_parser = parse_name)]
        name: String,
        /// What it is for: `all` may do everything, `door` may check tickets in
        #[arg(long, default_value = "all", value_parser = parse_role)]
        role: Role,
        /// How long it is in force, as in `90d`: a number of s, m, h, d or w [default: for ever]
        #[arg(long, value_parser = parse_duration, conflicts_with = "expires_at")]
        expires_in: Option<Duration>,
        /// When it ends, as in `2027-01-31T23:59:59Z`
        #[arg(long, value_parser = parse_time)]
        expires_at: Option<DateTime<Utc>>,
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// List all keys, those that have ended too; never the keys themselves
    List {
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// Revoke a key: no node accepts it after a second
    Revoke {
        /// Its id, as in the list
        #[arg(value_parser = parse_id)]
        id: KeyId,
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

/// Does it.
pub fn run(command: OrganiserKeyCommand) -> anyhow::Result<()> {
    match command.action {
        None => {
            let add =
                |connection: &mut PgConnection| add(connection, USUAL_NAME, Role::All, Lifetime::Endless);
            on_connection(command.database, add)
        }
        Some(Action::Add {
            name,
            role,
            expires_in,
            expires_at,
            database,
        }) => {
            let until = expires_at.map(Lifetime::Until);
            let lifetime = until
                .or(expires_in.map(Lifetime::For))
                .unwrap_or(Lifetime::Endless);
            on_connection(database, |connection| add(connection, &name, role, lifetime))
        }
        Some(Action::List { database }) => on_connection(database, list),
        Some(Action::Revoke { id, database }) => on_connection(database, |connection| revoke(connection, id)),
    }
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn add(connection: &mut PgConnection, name: &str, role: Role, lifetime: Lifetime) -> anyhow::Result<()> {
    let text = new_organiser_key();
    let key = NewKey {
        id: KeyId(uuid::Uuid::new_v4().as_u128()),
        digest: organiser_key_digest(&text)?,
        name: name.to_owned(),
        role,
        lifetime,
    };
    let id = key.id;
    let added = connection.transaction(|connection| {
        let added = add_key(connection, key)?;
        if let Added::Now(_) = added {
            write_entries(connection, vec![entry("create_key", id)])?;
        }
        Ok::<_, diesel::result::Error>(added)
    })?;
    match added {
        Added::Now(_) => println!("{text}"),
        Added::Ended => anyhow::bail!("it would have ended already"),
        Added::TooMany => anyhow::bail!("there are too many keys: revoke some first"),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn list(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut after = None;
    println!("ID\tNAME\tROLE\tCREATED\tEXPIRES\tREVOKED\tLAST USED");
    loop {
        let page = list_keys(connection, after, PAGE)?;
        for key in &page {
            println!("{}", line_of(key));
        }
        after = page.last().map(|key| key.id);
        if page.is_empty() {
            return Ok(());
        }
    }
}

fn line_of(key: &KeyRecord) -> String {
    [
        key.id.to_string(),
        key.name.clone(),
        key.role.clone(),
        time(Some(key.created_at)),
        time(key.expires_at),
        time(key.revoked_at),
        time(key.last_used_at),
    ]
    .join("\t")
}

fn revoke(connection: &mut PgConnection, id: KeyId) -> anyhow::Result<()> {
    let revoked = connection.transaction(|connection| {
        let revoked = revoke_key(connection, id, LastKey::MayGo)?;
        if revoked == Revoked::Done {
            write_entries(connection, vec![entry("revoke_key", id)])?;
        }
        Ok::<_, diesel::result::Error>(revoked)
    })?;
    anyhow::ensure!(revoked == Revoked::Done, "there is no key {id}");
    Ok(())
}

fn entry(operation: &str, id: KeyId) -> NewEntry {
    NewEntry::of_operator(operation, format!("key/{id}"), COMMAND_LINE)
}

fn parse_name(text: &str) -> Result<String, String> {
    let name = read_key_name(text).map(str::to_owned);
    name.ok_or_else(|| "a name has 1 to 100 printable characters".to_owned())
}

fn parse_role(text: &str) -> Result<Role, String> {
    let words = || Role::ALL.map(Role::word).join(", ");
    Role::of_word(text).ok_or_else(|| format!("there are the roles {}", words()))
}

fn parse_id(text: &str) -> Result<KeyId, String> {
    text.parse()
        .map_err(|_not_an_id| "is no key's id: see `boxoffice organiser-key list`".to_owned())
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc())
        .map_err(|error| format!("is no time such as 2027-01-31T23:59:59Z: {error}"))
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "is no duration such as 90d: a number of s, m, h, d or w".to_owned();
    let unit_bytes = text.chars().next_back().map_or(0, char::len_utf8);
    let (number, unit) = text.split_at(text.len() - unit_bytes);
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_not_a_number| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(parse_duration("90d"), Ok(Duration::from_secs(90 * 86_400)));
        assert_eq!(parse_duration("2w"), Ok(Duration::from_secs(14 * 86_400)));
        for bad in ["", "d", "90", "-1d", "1.5h", "90 d", "1d2h", "9é"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
