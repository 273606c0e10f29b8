//! Another plan for a show: what its places cost, and how large its zones are.

use std::sync::Arc;

use super::bodies::show_change::ShowChangeBody;
use super::new_show::find_plan;
use super::problem::Problem;
use crate::office::Office;
use domain::plan::Plan;
use domain::plan::numbering::{NUMBERED_SEATS_MAX, SHOW_PLANS_MAX};
use domain::show::Show;

/// Takes another plan, which goes on with the numbers of the show's places. What `body` tells of prices and zones besides comes
/// upon it.
pub async fn change_plan(
    office: &Office,
    next: &mut Show,
    plan: &str,
    body: &ShowChangeBody,
) -> Result<(), Problem> {
    let (id, _) = find_plan(office, next.organiser, plan).await?;
    if id == next.plan_id {
        return Ok(());
    }
    if !next.former_plans.contains(&next.plan_id) {
        next.former_plans.push(next.plan_id);
    }
    next.plan_id = id;
    let before = next.plan.clone();
    let too_many = |what| {
        let detail = format!("with all its plans so far, the show would have too many {what}");
        Problem::invalid("/plan", detail)
    };
    if next.former_plans.len() >= SHOW_PLANS_MAX {
        return Err(too_many("plans"));
    }
    let numbered = office.shows.numbered_plan(&next.plans()).await?;
    next.plan = numbered.ok_or_else(|| Problem::invalid("/plan", "there is no such plan"))?;
    if next.plan.seats().len() > NUMBERED_SEATS_MAX {
        return Err(too_many("seats"));
    }
    carry_prices(next, &before, body)?;
    carry_capacities(next, &before);
    Ok(())
}

/// Categories that stay cost what they did; those that come must be told a price.
fn carry_prices(next: &mut Show, before: &Plan, body: &ShowChangeBody) -> Result<(), Problem> {
    let categories = next.plan.categories();
    next.prices.resize(categories.len(), 0);
    for (at, (category, price)) in categories.iter().zip(&mut next.prices).enumerate() {
        let was_there = before.categories().get(at).is_some_and(|known| !known.is_gone);
        if category.is_gone {
            *price = 0;
        } else if !was_there && !tells_price(body, &category.name) {
            let detail = format!("“{}” has no price", category.name);
            return Err(Problem::invalid("/prices", detail));
        }
    }
    let Some(tariff) = &mut next.tariff else {
        return Ok(());
    };
    let tariff = Arc::make_mut(tariff);
    for known in &mut tariff.ticket_types {
        known.prices.resize(categories.len(), None);
        let prices = known.prices.iter_mut().zip(categories);
        { prices }.for_each(|(price, category)| *price = price.filter(|_| !category.is_gone));
    }
    tariff.seat_prices.retain(|seat, _| next.plan.is_there(*seat));
    Ok(())
}

fn tells_price(body: &ShowChangeBody, category: &str) -> bool {
    let of_types = body.ticket_types.iter().flatten().flatten();
    { of_types.map(|known| &known.prices) }
        .chain(&body.prices)
        .any(|prices| prices.contains_key(category))
}

/// Zones that stay are as large as they were; those that come are as the plan has them.
fn carry_capacities(next: &mut Show, before: &Plan) {
    let mut known = next.zone_capacities.iter().copied();
    let capacities = next.plan.zones().iter().enumerate().map(|(at, zone)| {
        let was_there = before.zones().get(at).is_some_and(|zone| !zone.is_gone);
        match (known.next(), was_there) {
            _ if zone.is_gone => 0,
            (Some(capacity), true) => capacity,
            _ => zone.capacity,
        }
    });
    next.zone_capacities = capacities.collect();
}
