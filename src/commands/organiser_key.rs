//! `boxoffice organiser-key`.

use anyhow::Context;
use boxoffice::config::DatabaseConfig;
use boxoffice::identity::{new_organiser_key, organiser_key_digest};
use boxoffice::store::office::add_organiser_key;

use super::opened::Place;

/// Makes an organiser's key and prints it.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run(config: &DatabaseConfig) -> anyhow::Result<()> {
    let place = Place::find_ready(config)?;
    let key = new_organiser_key();
    let digest = organiser_key_digest(&key).context("a key that is too short")?;
    add_organiser_key(&mut *place.database().writer()?, digest, "made by command")?;
    println!("{key}");
    place.close();
    Ok(())
}
