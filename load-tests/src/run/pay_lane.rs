//! The report on payments while a show's lane of holds is full: by the provider in the office, and by one in a process of
//! its own.

use std::process::Stdio;

use tokio::process::Command;

use super::Run;
use crate::goal::{Goal, Ratio, Target};
use crate::program::{Running, wait_until_listening};
use crate::rounds::Rounds;
use crate::scenario::pay_lane::{HOLDS_WAITING, Means, PAYMENTS_PER_SECOND, PayLane, pay_in_turns};
use crate::server::{Launch, free_address};

/// Who pays comes before those who only ask.
const PAYMENTS_TARGET: Target = Target::AtMost(2.0);
const TURNED_AWAY_TARGET: Target = Target::AtMost(0.0);
/// The key of the account at the provider in a process of its own.
const PROVIDER_KEY: &str = "sk_test_load-tests-only";
const IN_THE_OFFICE: Means = Means {
    provider: "sandbox",
    payment_method: "card_ok",
};
const IN_ITS_OWN_PROCESS: Means = Means {
    provider: "stripe",
    payment_method: "pm_card_visa",
};

impl Run<'_> {
    /// On an office of its own, as it needs a second provider.
    pub(super) async fn pay_beside_holds(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("office-that-is-paid")?;
        let launch = Launch::new(&self.options.wanted(), &folder, None)?;
        let address = free_address()?;
        let provider = start_provider(&launch, &address.to_string())?;
        wait_until_listening("boxoffice sandbox-payments", address).await?;
        let launch = launch
            .with("BOXOFFICE_SANDBOX", "true")
            .with("BOXOFFICE_STRIPE_KEY", PROVIDER_KEY)
            .with("BOXOFFICE_STRIPE_URL", format!("http://{address}"));
        let office = launch.start().await?;
        let effort = self.options.effort();
        let paid = async {
            Ok([
                (
                    "sandbox in the office",
                    pay_in_turns(&office, effort, IN_THE_OFFICE).await?,
                ),
                (
                    "sandbox-payments",
                    pay_in_turns(&office, effort, IN_ITS_OWN_PROCESS).await?,
                ),
            ])
        };
        let paid: anyhow::Result<_> = paid.await;
        let closed = office.close().await;
        provider.stop().await?;
        for (name, found) in paid? {
            self.report_pay_lane(name, &found);
        }
        closed
    }

    fn report_pay_lane(&mut self, provider: &str, found: &PayLane) {
        self.add_rounds(&format!("pay lane: payments alone, {provider}"), &found.alone);
        self.add_rounds(
            &format!("pay lane: payments beside full holds, {provider}"),
            &found.beside,
        );
        self.add_rounds(&format!("pay lane: those holds, {provider}"), &found.holds);
        self.add_rounds(
            &format!("pay lane: empty requests beside full holds, {provider}"),
            &found.empty,
        );
        let name = format!("payments while {HOLDS_WAITING} holds wait, {provider}");
        self.report.ratio(Ratio::new(
            &name,
            "ms (p99)",
            found.beside.p99_ms(),
            ("payments alone", found.alone.p99_ms()),
            PAYMENTS_TARGET,
        ));
        self.report.ratio(Ratio::shown(
            &name,
            "ms (p99)",
            found.beside.p99_ms(),
            ("empty requests beside as many holds", found.empty.p99_ms()),
        ));
        self.report.goal(Goal::new(
            &name,
            "turned away",
            turned_away(&found.beside),
            TURNED_AWAY_TARGET,
        ));
        self.report.note(format!(
            "{name}: {PAYMENTS_PER_SECOND} were due in a second; at least {} holds waited whenever one was sent",
            found.waiting_min
        ));
    }
}

/// Payments that were refused because the office had too much to do, or that had no answer.
fn turned_away(payments: &Rounds) -> f64 {
    let unanswered = payments.statuses.get(&None).copied().unwrap_or(0);
    (unanswered + payments.answers(429) + payments.answers(503)) as f64
}

fn start_provider(launch: &Launch, address: &str) -> anyhow::Result<Running> {
    let mut command = Command::new(launch.program());
    command
        .arg("sandbox-payments")
        .env("BOXOFFICE_SANDBOX_LISTEN", address)
        .env("BOXOFFICE_SANDBOX_API_KEY", PROVIDER_KEY);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Running::start(command)
}
