//! A show that is canceled with thousands of paid orders, while another show is sold.

use std::time::Duration;

use anyhow::{Context, ensure};
use hyper::Method;
use serde::Deserialize;
use tokio::time::{Instant, interval};

use super::Effort;
use super::buy::buy_seats;
use super::seller::{SELLERS, sell, sell_beside};
use crate::client::{Call, Connection};
use crate::load::{Measured, Pace};
use crate::server::Office;
use crate::stage::Stage;

/// How long it may take to sell what is to be refunded.
const BUY_SECONDS_MAX: Duration = Duration::from_secs(120);
/// How long all refunds may take.
const REFUND_SECONDS_MAX: Duration = Duration::from_secs(120);
/// Between two looks at how far the refunds have come.
const LOOK: Duration = Duration::from_millis(50);

/// The sale, and what went on beside it.
pub struct Refunds {
    /// With nothing beside it, before.
    pub before: Measured,
    /// While the other show's orders were refunded.
    pub beside: Measured,
    /// With nothing beside it, after.
    pub after: Measured,
    /// From the cancellation to the last refund.
    pub took: Duration,
}

#[derive(Deserialize)]
struct Cancellation {
    finished_at: Option<String>,
    payments_left: u64,
}

/// Sells one show alone, then while another with this many paid orders is canceled, then alone again.
pub async fn refund_beside_a_sale(
    stage: &Stage,
    office: &Office,
    effort: Effort,
    orders: usize,
) -> anyhow::Result<Refunds> {
    let canceled = pay_orders(stage, effort, orders).await?;
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let alone = Effort {
        clients: SELLERS,
        pace: Pace::Closed,
        ..effort.turn()
    };
    let before = sell(stage, &seats, alone).await?;
    let (beside, took) = sell_beside(
        stage,
        &seats,
        REFUND_SECONDS_MAX,
        cancel_and_wait(office, &canceled),
    )
    .await?;
    let after = sell(stage, &seats, alone).await?;
    Ok(Refunds {
        before,
        beside,
        after,
        took,
    })
}

/// A show with this many paid orders.
async fn pay_orders(stage: &Stage, effort: Effort, orders: usize) -> anyhow::Result<String> {
    let plan_seats = orders * effort.per_order;
    let show = stage.open_shows(1, plan_seats, effort.per_order).await?;
    let seats = show.part(0..plan_seats)?;
    let buying = Effort {
        pace: Pace::Closed,
        time: BUY_SECONDS_MAX,
        ..effort
    };
    let bought = buy_seats(stage, &seats, buying).await?.whole;
    ensure!(
        bought.ran_out && bought.refused.is_empty(),
        "not all orders could be paid: {:?}",
        bought.first_refusal
    );
    show.shows().first().cloned().context("no show")
}

/// Cancels a show and waits until all its money has gone back; how long that took.
async fn cancel_and_wait(office: &Office, show: &str) -> anyhow::Result<Duration> {
    let path = format!("/v1/shows/{show}/cancellation");
    let organiser = office.organiser()?;
    let ask = |method| anyhow::Ok(Call::new(method, &path)?.with_token(&organiser));
    let (cancel, look) = (ask(Method::POST)?, ask(Method::GET)?);
    let mut connection = Connection::open(office.address).await?;
    let begun = Instant::now();
    let mut state: Cancellation = connection.read(&cancel).await?;
    let mut looks = interval(LOOK);
    while state.finished_at.is_none() || state.payments_left > 0 {
        ensure!(
            begun.elapsed() < REFUND_SECONDS_MAX,
            "the refunds took longer than {} s",
            REFUND_SECONDS_MAX.as_secs()
        );
        looks.tick().await;
        state = connection.read(&look).await?;
    }
    Ok(begun.elapsed())
}
