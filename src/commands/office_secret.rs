//! `boxoffice office-secret`: gives the office's secret a new version, and lists the versions.

use boxoffice::config::{DatabaseConfig, SessionConfig};
use boxoffice::store::office::{Rotated, list_versions, rotate_secret};
use clap::Subcommand;
use diesel::pg::PgConnection;

use super::columns::time;
use super::opened::on_connection;

/// The office's secret.
#[derive(Subcommand)]
pub enum OfficeSecretCommand {
    /// Sign buyers' tokens under a new version of the secret; those of former versions last as long as they would have
    Rotate {
        /// Refuse the tokens of former versions at once: every buyer needs a new session
        #[arg(long)]
        at_once: bool,
        #[command(flatten)]
        sessions: SessionConfig,
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// List the versions; never a secret
    List {
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

/// Does it.
pub fn run(command: OfficeSecretCommand) -> anyhow::Result<()> {
    match command {
        OfficeSecretCommand::Rotate {
            at_once,
            sessions,
            database,
        } => {
            // A token lasts to the end of its last day.
            let days = i32::from(sessions.session_days) + 1;
            let accepted_days = if at_once { 0 } else { days };
            on_connection(database, |connection| rotate(connection, accepted_days))
        }
        OfficeSecretCommand::List { database } => on_connection(database, list),
    }
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn rotate(connection: &mut PgConnection, accepted_days: i32) -> anyhow::Result<()> {
    match rotate_secret(connection, rand::random(), accepted_days)? {
        Rotated::Done { former, newest } => println!(
            "buyers' tokens are signed under version {} from now on; those of version {} are accepted until {}",
            newest.version,
            former.version,
            time(former.accepted_until)
        ),
        Rotated::NoOffice => anyhow::bail!("the office has no secret yet: its first node makes one"),
        Rotated::OldNodes => anyhow::bail!(
            "nodes of an older version are up, which would refuse the new tokens: rotate when all run this version"
        ),
        Rotated::TooMany => anyhow::bail!("there are as many versions of the secret as there can be"),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn list(connection: &mut PgConnection) -> anyhow::Result<()> {
    println!("VERSION\tCREATED\tACCEPTED UNTIL");
    for version in list_versions(connection)? {
        let (created, until) = (time(version.created_at), time(version.accepted_until));
        println!("{}\t{created}\t{until}", version.version);
    }
    Ok(())
}
