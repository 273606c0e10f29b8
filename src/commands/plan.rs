//! `boxoffice plan`: makes plans up, and imports them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use boxoffice::config::DatabaseConfig;
use boxoffice::http::plans::read_document;
use boxoffice::http::problem::Problem;
use boxoffice::store::catalogue::{NewPlan, insert_plan};
use boxoffice::store::organisers::find_organiser;
use clap::Subcommand;
use domain::id::OrganiserId;
use domain::plan::generate::{Spec, generate};
use domain::plan::own;

use super::opened::Place;
use super::organiser_key::parse_organiser;
use super::user::without_root;

/// What can be done with plans.
#[derive(Subcommand)]
pub enum PlanCommand {
    /// Print a made-up plan of any size, for trials and load tests
    Generate {
        /// Sections
        #[arg(long, default_value_t = 10)]
        sections: u32,
        /// Rows in each section
        #[arg(long, default_value_t = 20)]
        rows: u32,
        /// Seats in each row
        #[arg(long, default_value_t = 25)]
        seats: u32,
        /// Zones of 500 places each
        #[arg(long, default_value_t = 1)]
        zones: u32,
    },
    /// Import a plan, in the own format or pretix's, and print its id
    Import {
        /// The document
        file: PathBuf,
        /// Whose it is, by the organiser's id [default: the first organiser's]
        #[arg(long, value_parser = parse_organiser)]
        organiser: Option<OrganiserId>,
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

/// Does it.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run(command: PlanCommand) -> anyhow::Result<()> {
    match command {
        PlanCommand::Generate {
            sections,
            rows,
            seats,
            zones,
        } => {
            let plan = generate(&Spec {
                sections,
                rows,
                seats,
                zones,
            })?;
            println!("{}", serde_json::to_string(&own::write(&plan))?);
        }
        PlanCommand::Import {
            file,
            organiser,
            database,
        } => {
            // Root may have a file that the user can't read that it becomes.
            let text = std::fs::read_to_string(&file);
            let text = text.with_context(|| format!("can't read {}", file.display()))?;
            let place = Place::find_ready(&without_root(database)?)?;
            let organiser = organiser.unwrap_or(OrganiserId::FIRST);
            println!("{}", import(&place, organiser, &file, &text)?);
            place.close();
        }
    }
    Ok(())
}

fn import(place: &Place, organiser: OrganiserId, file: &Path, text: &str) -> anyhow::Result<String> {
    let plan = read_document(text).map_err(|problem| in_full(file, &problem))?;
    let new = NewPlan::of(organiser, &plan)?;
    let id = new.id();
    let database = place.database();
    let mut connection = database.writer()?;
    anyhow::ensure!(
        find_organiser(&mut connection, organiser)?.is_some(),
        "there is no such organiser: see `boxoffice organiser list`"
    );
    insert_plan(&mut connection, new)?;
    Ok(id.to_string())
}

/// Every fault of a document, one a line.
fn in_full(file: &Path, problem: &Problem) -> anyhow::Error {
    let faults = problem.all_faults().iter();
    let faults = faults.map(|fault| format!("\n  {}: {}", fault.pointer, fault.detail));
    match faults.collect::<String>() {
        faults if faults.is_empty() => anyhow::anyhow!("{}: {problem}", file.display()),
        faults => anyhow::anyhow!("{}: {}:{faults}", file.display(), problem.code_name()),
    }
}
