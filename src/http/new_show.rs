//! The request for a new show, and whether what it says makes sense.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;

use super::bodies::money::MoneyBody;
use super::bodies::show::{NewShowBody, NewStateBody, ZoneCapacityBody};
use super::pointer;
use super::problem::Problem;
use super::time_zones::is_time_zone;
use crate::office::Office;
use crate::pay::provider::gateway::Unchargeable;
use domain::id::{OrganiserId, Revision, ShowId};
use domain::money::{Currency, Money};
use domain::plan::{Plan, ZONE_PLACES_MAX};
use domain::show::{
    HOLD_GRACE_DIVISOR, HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX, LatePayment, ORDER_PLACES_DEFAULT,
    ORDER_PLACES_MAX, PAYMENT_WINDOW_SECONDS_MAX, Returns, SESSION_PLACES_DEFAULT, SESSION_PLACES_MAX, Show,
    TIME_ZONE_DEFAULT,
};
use domain::text::is_readable;
use domain::times::Times;

/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;

/// A show from its request, checked; its id is given when it is written.
pub async fn read_new_show(
    office: &Office,
    organiser: OrganiserId,
    body: &NewShowBody,
) -> Result<Show, Problem> {
    let (plan_id, plan) = find_plan(office, organiser, &body.plan).await?;
    let title = read_title(&body.title)?;
    let times = check_times(Times {
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        on_sale_at: body.on_sale_at,
        closes_at: body.closes_at,
    })?;
    let (prices, currency) = read_prices(&plan, &body.prices)?;
    check_prices(office, &body.prices, currency)?;
    let dearest = dearest(&prices, currency);
    let hold_seconds = bounded(
        "/hold_seconds",
        body.hold_seconds,
        1,
        HOLD_SECONDS_MAX,
        HOLD_SECONDS_DEFAULT,
    )?;
    let usual_grace = hold_seconds * 1_000 / HOLD_GRACE_DIVISOR;
    let grace_ms = bounded(
        "/hold_grace_ms",
        body.hold_grace_ms,
        0,
        HOLD_SECONDS_MAX * 1_000,
        usual_grace,
    )?;
    let window_seconds = bounded(
        "/payment_window_seconds",
        body.payment_window_seconds,
        0,
        PAYMENT_WINDOW_SECONDS_MAX,
        0,
    )?;
    Ok(Show {
        id: ShowId(0),
        organiser,
        revision: Revision::FIRST,
        first: None,
        is_draft: body.state == Some(NewStateBody::Draft),
        plan_id,
        former_plans: Vec::new(),
        title,
        times,
        time_zone: match &body.time_zone {
            Some(name) => read_time_zone(name)?,
            None => TIME_ZONE_DEFAULT.to_owned(),
        },
        currency,
        prices,
        zone_capacities: read_capacities(
            &plan,
            plan.zones().iter().map(|zone| zone.capacity).collect(),
            &body.zones,
        )?,
        hold: Duration::from_secs(hold_seconds.into()),
        hold_grace: Duration::from_millis(grace_ms.into()),
        order_places_max: read_order_places(office, body.order_places_max, dearest)?,
        session_places_max: bounded(
            "/session_places_max",
            body.session_places_max,
            1,
            SESSION_PLACES_MAX,
            SESSION_PLACES_DEFAULT,
        )?,
        returns: body.returns.map_or(Returns::Organiser, Returns::from),
        returns_until: body.returns_until,
        late_payment: body.late_payment.map_or(LatePayment::Refund, LatePayment::from),
        payment_window: Duration::from_secs(window_seconds.into()),
        created_at: DateTime::UNIX_EPOCH,
        plan,
    })
}

/// A plan of this organiser, as the request names it.
pub async fn find_plan(
    office: &Office,
    organiser: OrganiserId,
    id: &str,
) -> Result<(u128, Arc<Plan>), Problem> {
    let unknown = || Problem::invalid("/plan", "there is no such plan");
    let id = uuid::Uuid::parse_str(id)
        .map_err(|_not_an_id| unknown())?
        .as_u128();
    let plan = office.shows.plan_of(organiser, id).await?;
    Ok((id, plan.ok_or_else(unknown)?))
}

/// A title, if it is one.
pub fn read_title(text: &str) -> Result<String, Problem> {
    let title = text.trim();
    if !is_readable(title) || title.chars().count() > TITLE_CHARS_MAX {
        return Err(Problem::invalid(
            "/title",
            format!("must be 1 to {TITLE_CHARS_MAX} printable characters"),
        ));
    }
    Ok(title.to_owned())
}

/// A time zone's name, if the IANA knows it.
pub fn read_time_zone(name: &str) -> Result<String, Problem> {
    match is_time_zone(name) {
        true => Ok(name.to_owned()),
        false => Err(Problem::invalid(
            "/time_zone",
            "must be a zone's name in the IANA's list, as in Europe/Vienna",
        )),
    }
}

/// The dearest of these prices.
pub fn dearest(prices: &[i64], currency: Currency) -> Money {
    Money {
        amount: prices.iter().copied().max().unwrap_or_default(),
        currency,
    }
}

/// These times, if a show can have them.
pub fn check_times(times: Times) -> Result<Times, Problem> {
    if times.ends_at.is_some_and(|end| end <= times.starts_at) {
        return Err(Problem::invalid("/ends_at", "must be after starts_at"));
    }
    if times.sale_ends_at() > times.over_at() {
        return Err(Problem::invalid("/closes_at", "must not be after ends_at"));
    }
    if times
        .on_sale_at
        .is_some_and(|begin| begin >= times.sale_ends_at())
    {
        return Err(match times.closes_at {
            Some(_) => Problem::invalid("/closes_at", "must be after on_sale_at"),
            None => Problem::invalid(
                "/on_sale_at",
                "must be before starts_at, when the sale ends unless closes_at says otherwise",
            ),
        });
    }
    Ok(times)
}

/// A number, if it is within its limits; what is usual, if there is none.
pub fn bounded(field: &str, value: Option<i64>, min: u32, max: u32, usual: u32) -> Result<u32, Problem> {
    let Some(value) = value else { return Ok(usual) };
    let inside = u32::try_from(value)
        .ok()
        .filter(|value| (min..=max).contains(value));
    inside.ok_or_else(|| Problem::invalid(field, format!("must be {min} to {max}")))
}

fn read_prices(plan: &Plan, prices: &BTreeMap<String, MoneyBody>) -> Result<(Vec<i64>, Currency), Problem> {
    let (amounts, currency) = read_some_prices(plan, prices)?;
    let missing = amounts
        .iter()
        .zip(plan.categories())
        .find(|(amount, _)| amount.is_none());
    if let Some((_, category)) = missing {
        return Err(Problem::invalid(
            "/prices",
            format!("“{}” has no price", category.name),
        ));
    }
    Ok((amounts.into_iter().flatten().collect(), currency))
}

/// The prices of some of the plan's categories, all in one currency.
pub fn read_some_prices(
    plan: &Plan,
    prices: &BTreeMap<String, MoneyBody>,
) -> Result<(Vec<Option<i64>>, Currency), Problem> {
    let mut currency = None;
    let mut amounts = vec![None; plan.categories().len()];
    for (name, price) in prices {
        let field = pointer::below("/prices", name);
        let price = price.read(&field)?;
        if *currency.get_or_insert(price.currency) != price.currency {
            return Err(Problem::invalid(
                format!("{field}/currency"),
                "all prices must be in one currency",
            ));
        }
        let place = plan
            .category_index(name)
            .and_then(|index| amounts.get_mut(usize::from(index.0)));
        *place.ok_or_else(|| Problem::invalid(&field, "the plan has no such category"))? = Some(price.amount);
    }
    let currency = currency.ok_or_else(|| Problem::invalid("/prices", "there is no price"))?;
    Ok((amounts, currency))
}

/// Refuses prices that one of the office's providers could never charge. What costs nothing is never charged.
pub fn check_prices(
    office: &Office,
    prices: &BTreeMap<String, MoneyBody>,
    currency: Currency,
) -> Result<(), Problem> {
    for (name, price) in prices.iter().filter(|(_, price)| price.amount > 0) {
        let amount = price.amount;
        let charged = office.payments.check_amount(Money { amount, currency });
        charged.map_err(|(provider, why)| {
            let member = match why {
                Unchargeable::Currency => "currency",
                Unchargeable::Inexact | Unchargeable::TooSmall | Unchargeable::TooLarge => "amount",
            };
            Problem::invalid(
                format!("{}/{member}", pointer::below("/prices", name)),
                format!("{provider} can't charge it: {why}"),
            )
        })?;
    }
    Ok(())
}

/// Most places in an order, such that no order can be held whose total could never be paid. One that is left out is what is
/// usual, or as much less as that takes.
fn read_order_places(office: &Office, value: Option<i64>, dearest: Money) -> Result<u32, Problem> {
    let field = "/order_places_max";
    let wanted = bounded(field, value, 1, ORDER_PLACES_MAX, ORDER_PLACES_DEFAULT)?;
    let most = chargeable_places(office, wanted, dearest);
    if value.is_some() && most < wanted {
        let detail =
            format!("at these prices it must be {most} at most: more could never be charged at once");
        return Err(Problem::invalid(field, detail));
    }
    Ok(most)
}

/// How many of the dearest places can be charged at once, of those that are wanted; one in any case.
pub fn chargeable_places(office: &Office, wanted: u32, dearest: Money) -> u32 {
    let is_chargeable = |places: u32| {
        let amount = dearest.amount.saturating_mul(places.into());
        let total = Money { amount, ..dearest };
        !matches!(
            office.payments.check_amount(total),
            Err((_, Unchargeable::TooLarge))
        )
    };
    let mut fewer = (1..=wanted).rev();
    fewer.find(|places| is_chargeable(*places)).unwrap_or(1)
}

/// The capacities of a plan's zones, some of them as they are told here.
pub fn read_capacities(
    plan: &Plan,
    mut capacities: Vec<u32>,
    zones: &[ZoneCapacityBody],
) -> Result<Vec<u32>, Problem> {
    for (at, zone) in zones.iter().enumerate() {
        let field = format!("/zones/{at}");
        if zones.iter().take(at).any(|before| before.zone == zone.zone) {
            return Err(Problem::invalid(
                format!("{field}/zone"),
                "the zone is named twice",
            ));
        }
        let place = plan
            .zone_index(&zone.zone)
            .and_then(|index| capacities.get_mut(usize::from(index.0)));
        let place =
            place.ok_or_else(|| Problem::invalid(format!("{field}/zone"), "the plan has no such zone"))?;
        *place = bounded(
            &format!("{field}/capacity"),
            Some(zone.capacity),
            1,
            ZONE_PLACES_MAX,
            0,
        )?;
    }
    Ok(capacities)
}
