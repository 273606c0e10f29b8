//! `boxoffice check`.

use boxoffice::config::DatabaseConfig;
use boxoffice::store::catalogue::{Drafts, list_shows};
use boxoffice::store::database::{Database, WriteKind};
use boxoffice::store::invariants::{check_fold, find_violations};
use boxoffice::store::show_cache::Shows;

use super::opened::Place;

/// Proves the invariants; fails with those that are broken.
#[expect(clippy::print_stdout, reason = "a command line")]
pub async fn run(config: &DatabaseConfig) -> anyhow::Result<()> {
    let place = Place::find_ready(config)?;
    let found = find_broken(place.database()).await?;
    place.close();
    anyhow::ensure!(
        found.is_empty(),
        "{} invariants are broken:\n{}",
        found.len(),
        found.join("\n")
    );
    println!("all invariants hold");
    Ok(())
}

/// Every broken invariant, in words.
async fn find_broken(database: Database) -> anyhow::Result<Vec<String>> {
    let shows = Shows::new(database.clone());
    let found = database
        .write(WriteKind::Housekeeping, |connection| {
            Ok(find_violations(connection)?)
        })
        .await?;
    let mut found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let mut after = 0;
    loop {
        let page = database
            .read(move |connection| Ok(list_shows(connection, after, Drafts::All, 100)?))
            .await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.id.0;
        for listed in page {
            let Some(show) = shows.show(listed.id).await? else {
                continue;
            };
            let folded = database
                .write(WriteKind::Housekeeping, move |connection| {
                    Ok(check_fold(connection, &show)?)
                })
                .await?;
            found.extend(folded.iter().map(ToString::to_string));
        }
    }
}
