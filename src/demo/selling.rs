//! Sells places as buyers would, some at a time.

use std::sync::Arc;

use anyhow::{Context, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::parties::Party;
use crate::office::Office;
use crate::pay::flow::{PaymentAnswer, PaymentRequest};
use crate::pay::provider::Provider;
use domain::command::{Booking, Command, Wish};
use domain::event::Places;
use domain::outcome::Outcome;
use domain::show::Show;

/// Buyers at a time.
const BUYERS_AT_A_TIME: usize = 32;

/// Takes seats off sale.
pub async fn block(office: &Office, show: &Arc<Show>, seats: &[&str]) -> anyhow::Result<()> {
    let seats = seats.iter().filter_map(|name| show.plan.seat_index(name));
    let places = Places {
        seats: seats.collect(),
        zones: Vec::new(),
    };
    let command = Command::Block { places, label: None };
    let decision = office.turnstile.pass(show, command, None).await?;
    ensure!(
        matches!(decision.outcome, Outcome::Blocked(_)),
        "its guests' seats are not free"
    );
    Ok(())
}

/// Sells these places; tells how many orders that were.
pub async fn sell(
    office: &Office,
    show: &Arc<Show>,
    provider: &Arc<Provider>,
    parties: Vec<Party>,
) -> anyhow::Result<usize> {
    let orders = parties.len();
    stream::iter(parties)
        .map(|party| buy(office, show, provider, party))
        .buffer_unordered(BUYERS_AT_A_TIME)
        .try_collect::<()>()
        .await?;
    Ok(orders)
}

async fn buy(
    office: &Office,
    show: &Arc<Show>,
    provider: &Arc<Provider>,
    party: Party,
) -> anyhow::Result<()> {
    let (session, _token) = office.identity.new_session();
    let wish = Wish {
        places: party.places,
        ..Wish::default()
    };
    let command = Command::Hold {
        session,
        wish,
        details: None,
        booking: Booking::Public,
    };
    let decision = office.turnstile.pass(show, command, None).await?;
    let Outcome::Held(held) = &decision.outcome else {
        // Somebody who looks at the demo was first.
        return Ok(());
    };
    if !party.has_paid {
        return Ok(());
    }
    let paid = office.payments.pay(PaymentRequest {
        session,
        show,
        order: held.order,
        provider,
        payment_method: "card_ok",
        return_url: None,
        key: None,
    });
    let paid = paid.await.context("an order can't be paid")?;
    ensure!(matches!(paid, PaymentAnswer::Paid { .. }), "an order is not paid");
    Ok(())
}
