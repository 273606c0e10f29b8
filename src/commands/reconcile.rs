//! `boxoffice reconcile`.

use std::time::Duration;

use anyhow::Context;
use boxoffice::config::{DatabaseConfig, ProviderConfig};
use boxoffice::pay::reconcile;
use boxoffice::store::outbox::OutboxAction;
use boxoffice::store::reconcile::find_stuck;

use super::opened::Place;

/// Tasks that are listed.
const STUCK_MAX: i64 = 10_000;
/// A task that is due is taken within seconds, unless no node is up.
const STUCK_AFTER: Duration = Duration::from_secs(600);

/// Prints where the ledger and the providers' books differ, and what is stuck; fails if any of it doesn't go away by itself.
pub async fn run(database: &DatabaseConfig, providers: &ProviderConfig) -> anyhow::Result<()> {
    let place = Place::find_ready(database)?;
    let found = compare(&place, providers).await;
    let stuck = list_stuck(&place);
    place.close();
    let (differences, stuck) = (found?, stuck?);
    anyhow::ensure!(
        differences == 0 && stuck == 0,
        "{differences} differences, {stuck} tasks are stuck"
    );
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

/// Counts what was given up, or nobody works on.
#[expect(clippy::print_stdout, reason = "a command line")]
fn list_stuck(place: &Place) -> anyhow::Result<usize> {
    let mut connection = place.database().writer()?;
    let stuck = find_stuck(&mut connection, STUCK_AFTER, STUCK_MAX)?;
    for task in &stuck {
        let payment = uuid::Uuid::from_u128(task.payment.0);
        let action = match task.action {
            OutboxAction::Resolve => "look up",
            OutboxAction::Capture => "capture",
            OutboxAction::Void => "void",
            OutboxAction::Refund => "refund",
        };
        let since = match task.dead_at {
            Some(at) => format!("given up at {}", at.to_rfc3339()),
            None => "due, and no node works on it".to_owned(),
        };
        println!(
            "{} payment {payment}: stuck: {action}: {since}: {}",
            task.provider, task.last_error
        );
    }
    Ok(stuck.len())
}
