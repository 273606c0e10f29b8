//! Holds on few seats that all clients want: a hold that is granted is given up at once, so that seats stay in play.

use super::Effort;
use super::seller::{Seller, Share};
use crate::load::{Measured, run};
use crate::stage::Stage;

/// Runs holds on one show, each of any of the first `orders` orders' seats. Only the holds are measured.
pub async fn contended(stage: &Stage, effort: Effort, orders: usize) -> anyhow::Result<Measured> {
    let seats = stage
        .open_shows(1, orders * effort.per_order, effort.per_order)
        .await?;
    let all = Share {
        first: 0,
        step: 1,
        turns: orders,
    };
    let mut rivals = Vec::with_capacity(effort.clients);
    for _ in 0..effort.clients {
        rivals.push(Seller::new(stage, &seats, all).await?);
    }
    run(&mut rivals, effort.pace, effort.time).await
}
