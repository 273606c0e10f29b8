//! `boxoffice migrate`: the only command beside `serve` that changes a schema.

use anyhow::Context;
use boxoffice::config::DatabaseConfig;
use boxoffice::store::migrations;

use super::opened::{Place, refuse_shared_sessions};

/// Brings the schema up to date.
pub fn run(config: &DatabaseConfig) -> anyhow::Result<()> {
    let place = Place::find(config)?;
    refuse_shared_sessions(&place.url)?;
    migrations::migrate(&place.url).context("the database's schema could not be brought up to date")?;
    place.close();
    Ok(())
}
