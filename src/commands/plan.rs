//! `boxoffice plan`: makes plans up, and imports them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use boxoffice::config::DatabaseConfig;
use boxoffice::http::plans::read_document;
use boxoffice::store::catalogue::{NewPlan, insert_plan};
use clap::Subcommand;
use domain::plan::generate::{Spec, generate};
use domain::plan::own;

use super::opened::Place;
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
        PlanCommand::Import { file, database } => {
            // Root may have a file that the user can't read that it becomes.
            let text = std::fs::read_to_string(&file);
            let text = text.with_context(|| format!("can't read {}", file.display()))?;
            let place = Place::find_ready(&without_root(database)?)?;
            println!("{}", import(&place, &file, &text)?);
            place.close();
        }
    }
    Ok(())
}

fn import(place: &Place, file: &Path, text: &str) -> anyhow::Result<String> {
    let plan = read_document(text).map_err(|problem| anyhow::anyhow!("{}: {problem}", file.display()))?;
    let id = uuid::Uuid::new_v4();
    let new = NewPlan {
        id: id.as_u128(),
        name: plan.name().to_owned(),
        seats: plan.seats().len(),
        zones: plan.zones().len(),
        document: serde_json::to_string(&own::write(&plan))?,
    };
    insert_plan(&mut *place.database().writer()?, new, None)?;
    Ok(id.to_string())
}
