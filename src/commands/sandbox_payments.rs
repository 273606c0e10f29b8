//! `boxoffice sandbox-payments`.

use boxoffice::config::LogFormat;
use sandbox_payments::SandboxPayments;

use super::logs;

/// Runs the payment provider for trials.
pub async fn run(settings: SandboxPayments) -> anyhow::Result<()> {
    logs::start("info", LogFormat::Text)?;
    sandbox_payments::run(settings).await
}
