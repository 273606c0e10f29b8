//! `boxoffice reconcile`.

use anyhow::Context;
use boxoffice::config::{DatabaseConfig, ProviderConfig};
use boxoffice::pay::reconcile;

use super::opened::Place;

/// Prints where the ledger and the providers' books differ; fails if that doesn't go away by itself.
pub async fn run(database: &DatabaseConfig, providers: &ProviderConfig) -> anyhow::Result<()> {
    let place = Place::find_ready(database)?;
    let differences = compare(&place, providers).await?;
    place.close();
    anyhow::ensure!(differences == 0, "{differences} differences");
    Ok(())
}

/// Counts the differences that last.
#[expect(clippy::print_stdout, reason = "a command line")]
async fn compare(place: &Place, providers: &ProviderConfig) -> anyhow::Result<usize> {
    let mut connection = place.database().writer()?;
    let mut lasting = 0;
    for gateway in providers.accounts().open()? {
        let name = gateway.name();
        let compared = reconcile::reconcile(&mut connection, &*gateway).await;
        let Some(reconciled) = compared.with_context(|| format!("{name} can't be compared"))? else {
            println!("{name}: keeps no book");
            continue;
        };
        for difference in &reconciled.differences {
            println!("{difference}");
        }
        let left = reconciled
            .differences
            .iter()
            .filter(|difference| !difference.under_way);
        lasting += left.count();
        println!("{name}: {} payments compared", reconciled.payments);
    }
    Ok(lasting)
}
