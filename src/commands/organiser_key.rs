//! `boxoffice organiser-key`: makes keys, lists them, replaces them, revokes them.

use std::time::Duration;

use boxoffice::config::DatabaseConfig;
use boxoffice::identity::{new_organiser_key, organiser_key_digest, prefix_of};
use boxoffice::store::audit::{COMMAND_LINE, NewEntry, write_entries};
use boxoffice::store::keys::rotation::{OVERLAP_SECONDS_MAX, Rotated, Rotation, rotate_key};
use boxoffice::store::keys::{
    Added, KeyRecord, LastKey, Lifetime, NewKey, Revoked, add_key, find_key, list_keys, revoke_key,
};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use diesel::Connection;
use diesel::pg::PgConnection;
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};
use domain::text::read_name;

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
        /// What it is for: `owner`, `sales`, `door` or `reader` of an organiser, or `operator`
        #[arg(long, default_value = "owner", value_parser = parse_role)]
        role: Role,
        /// Whose it is, by the organiser's id [default: the first organiser's]
        #[arg(long, value_parser = parse_organiser)]
        organiser: Option<OrganiserId>,
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
    /// Replace a key by a new one of the same name, role, organiser and end, and print that
    Rotate {
        /// Its id, as in the list
        #[arg(value_parser = parse_id)]
        id: KeyId,
        /// How long the old one goes on, as in `1d`: 30 days at most
        #[arg(long, default_value = "1d", value_parser = parse_overlap)]
        overlap: Duration,
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
            let key = Wanted {
                name: USUAL_NAME.to_owned(),
                role: Role::Owner,
                organiser: Some(OrganiserId::FIRST),
                lifetime: Lifetime::Endless,
            };
            on_connection(command.database, |connection| add(connection, key))
        }
        Some(Action::Add {
            name,
            role,
            organiser,
            expires_in,
            expires_at,
            database,
        }) => {
            let until = expires_at.map(Lifetime::Until);
            let lifetime = until
                .or(expires_in.map(Lifetime::For))
                .unwrap_or(Lifetime::Endless);
            let key = Wanted {
                name,
                role,
                organiser: whose(role, organiser)?,
                lifetime,
            };
            on_connection(database, |connection| add(connection, key))
        }
        Some(Action::List { database }) => on_connection(database, list),
        Some(Action::Rotate {
            id,
            overlap,
            database,
        }) => on_connection(database, |connection| rotate(connection, id, overlap)),
        Some(Action::Revoke { id, database }) => on_connection(database, |connection| revoke(connection, id)),
    }
}

/// A key to be made.
struct Wanted {
    name: String,
    role: Role,
    organiser: Option<OrganiserId>,
    lifetime: Lifetime,
}

/// Whose a key of this role is: the first organiser's, unless another is named. The operator's is nobody's.
fn whose(role: Role, named: Option<OrganiserId>) -> anyhow::Result<Option<OrganiserId>> {
    if role == Role::Operator {
        anyhow::ensure!(
            named.is_none(),
            "a key of the role operator is for all organisers: leave --organiser out"
        );
        return Ok(None);
    }
    Ok(Some(named.unwrap_or(OrganiserId::FIRST)))
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn add(connection: &mut PgConnection, wanted: Wanted) -> anyhow::Result<()> {
    let organiser = wanted.organiser;
    let text = new_organiser_key();
    let key = NewKey {
        id: KeyId(uuid::Uuid::new_v4().as_u128()),
        digest: organiser_key_digest(&text)?,
        organiser,
        prefix: Some(prefix_of(&text)),
        name: wanted.name,
        role: wanted.role,
        lifetime: wanted.lifetime,
    };
    let id = key.id;
    let added = connection.transaction(|connection| {
        let added = add_key(connection, key)?;
        if let Added::Now(_) = added {
            write_entries(connection, vec![entry("create_key", id, organiser)])?;
        }
        Ok::<_, diesel::result::Error>(added)
    })?;
    match added {
        Added::Now(_) => println!("{text}"),
        Added::Ended => anyhow::bail!("it would have ended already"),
        Added::TooMany => anyhow::bail!("there are too many keys: revoke some first"),
        Added::NoOrganiser => anyhow::bail!("there is no such organiser: see `boxoffice organiser list`"),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn list(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut after = None;
    println!("ID\tNAME\tROLE\tCREATED\tEXPIRES\tREVOKED\tLAST USED\tORGANISER\tPREFIX");
    loop {
        let page = list_keys(connection, None, after, PAGE)?;
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
        key.organiser.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        key.prefix.clone().unwrap_or_else(|| "-".to_owned()),
    ]
    .join("\t")
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn rotate(connection: &mut PgConnection, former: KeyId, overlap: Duration) -> anyhow::Result<()> {
    let text = new_organiser_key();
    let rotation = Rotation {
        former,
        of: None,
        id: KeyId(uuid::Uuid::new_v4().as_u128()),
        digest: organiser_key_digest(&text)?,
        prefix: prefix_of(&text),
        overlap,
    };
    let rotated = connection.transaction(|connection| {
        let rotated = rotate_key(connection, rotation)?;
        if let Rotated::Done(record) = &rotated {
            write_entries(connection, vec![entry("rotate_key", former, record.organiser)])?;
        }
        Ok::<_, diesel::result::Error>(rotated)
    })?;
    match rotated {
        Rotated::Done(_) => println!("{text}"),
        Rotated::NotFound => anyhow::bail!("there is no key {former}"),
        Rotated::Ended => anyhow::bail!("{former} has ended: make another one"),
        Rotated::FromSettings => {
            anyhow::bail!("{former} stands in the settings of the nodes: replace it there")
        }
        Rotated::TooMany => anyhow::bail!("there are too many keys: revoke some first"),
    }
    Ok(())
}

fn revoke(connection: &mut PgConnection, id: KeyId) -> anyhow::Result<()> {
    let revoked = connection.transaction(|connection| {
        let organiser = find_key(connection, id)?.and_then(|key| key.organiser);
        let revoked = revoke_key(connection, None, id, LastKey::MayGo)?;
        if revoked == Revoked::Done {
            write_entries(connection, vec![entry("revoke_key", id, organiser)])?;
        }
        Ok::<_, diesel::result::Error>(revoked)
    })?;
    anyhow::ensure!(revoked == Revoked::Done, "there is no key {id}");
    Ok(())
}

fn entry(operation: &str, id: KeyId, organiser: Option<OrganiserId>) -> NewEntry {
    NewEntry::without_key(operation, format!("key/{id}"), COMMAND_LINE).about(organiser)
}

/// A name of a key or an organiser.
pub fn parse_name(text: &str) -> Result<String, String> {
    let name = read_name(text).map(str::to_owned);
    name.ok_or_else(|| "a name has 1 to 100 printable characters".to_owned())
}

fn parse_role(text: &str) -> Result<Role, String> {
    let words = || Role::ALL.map(Role::word).join(", ");
    Role::of_word(text).ok_or_else(|| format!("there are the roles {}", words()))
}

/// An organiser's id.
pub fn parse_organiser(text: &str) -> Result<OrganiserId, String> {
    text.parse()
        .map_err(|_not_an_id| "is no organiser's id: see `boxoffice organiser list`".to_owned())
}

fn parse_overlap(text: &str) -> Result<Duration, String> {
    let overlap = parse_duration(text)?;
    match overlap.as_secs() <= OVERLAP_SECONDS_MAX {
        true => Ok(overlap),
        false => Err(format!("is longer than {} days", OVERLAP_SECONDS_MAX / 86_400)),
    }
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
