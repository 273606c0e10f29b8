//! `boxoffice organiser`: makes organisers and lists them.

use boxoffice::config::DatabaseConfig;
use boxoffice::store::audit::{COMMAND_LINE, NewEntry, write_entries};
use boxoffice::store::organisers::{OrganiserAdded, add_organiser, list_organisers};
use clap::Subcommand;
use diesel::Connection;
use diesel::pg::PgConnection;
use domain::id::OrganiserId;

use super::columns::time;
use super::opened::on_connection;
use super::organiser_key::parse_name;

/// Organisers that are read at a time.
const PAGE: i64 = 100;

/// What can be done with organisers.
#[derive(Subcommand)]
pub enum OrganiserCommand {
    /// Make an organiser and print its id
    Add {
        /// What to call it
        #[arg(long, value_parser = parse_name)]
        name: String,
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// List all organisers
    List {
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

/// Does it.
pub fn run(command: OrganiserCommand) -> anyhow::Result<()> {
    match command {
        OrganiserCommand::Add { name, database } => {
            on_connection(database, |connection| add(connection, name))
        }
        OrganiserCommand::List { database } => on_connection(database, list),
    }
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn add(connection: &mut PgConnection, name: String) -> anyhow::Result<()> {
    let id = OrganiserId(uuid::Uuid::new_v4().as_u128());
    let added = connection.transaction(|connection| {
        let added = add_organiser(connection, id, name)?;
        if let OrganiserAdded::Now(_) = added {
            let subject = format!("organiser/{id}");
            write_entries(
                connection,
                vec![NewEntry::without_key("create_organiser", subject, COMMAND_LINE)],
            )?;
        }
        Ok::<_, diesel::result::Error>(added)
    })?;
    match added {
        OrganiserAdded::Now(_) => println!("{id}"),
        OrganiserAdded::TooMany => anyhow::bail!("there are too many organisers"),
        OrganiserAdded::OldNodes => anyhow::bail!(
            "nodes of the version before are up, which know of one organiser alone: stop them first"
        ),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn list(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut after = None;
    println!("ID\tNAME\tCREATED");
    loop {
        let page = list_organisers(connection, after, PAGE)?;
        for organiser in &page {
            let created = time(Some(organiser.created_at));
            println!("{}\t{}\t{created}", organiser.id, organiser.name);
        }
        after = page.last().map(|organiser| organiser.id);
        if page.is_empty() {
            return Ok(());
        }
    }
}
