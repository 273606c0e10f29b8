//! The request for a new show, and whether what it says makes sense.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;

use super::bodies::show::{NewShowBody, NewStateBody, ZoneCapacityBody};
use super::bodies::waitlist::NewWaitlistBody;
use super::numbers::bounded;
use super::problem::Problem;
use super::show_prices::{PricesAsked, ShowPrices, chargeable_places, check_prices, read_prices};
use super::time_zones::is_time_zone;
use crate::office::Office;
use domain::id::{OrganiserId, Revision, ShowId};
use domain::plan::{Plan, ZONE_PLACES_MAX};
use domain::rules::LoneSeats;
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
    let asked = PricesAsked::of_new_show(body);
    let ShowPrices {
        currency,
        prices,
        tariff,
    } = read_prices(&plan, &asked, None)?;
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
    let mut show = Show {
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
        tariff: (!tariff.is_empty()).then(|| Arc::new(tariff)),
        rules: None,
        zone_capacities: read_capacities(
            &plan,
            plan.zones().iter().map(|zone| zone.capacity).collect(),
            &body.zones,
        )?,
        hold: Duration::from_secs(hold_seconds.into()),
        hold_grace: Duration::from_millis(grace_ms.into()),
        order_places_max: ORDER_PLACES_DEFAULT,
        session_places_max: bounded(
            "/session_places_max",
            body.session_places_max,
            1,
            SESSION_PLACES_MAX,
            SESSION_PLACES_DEFAULT,
        )?,
        places_per_email_max: read_places_per_email(body.places_per_email_max)?,
        returns: body.returns.map_or(Returns::Organiser, Returns::from),
        returns_until: body.returns_until,
        late_payment: body.late_payment.map_or(LatePayment::Refund, LatePayment::from),
        payment_window: Duration::from_secs(window_seconds.into()),
        created_at: DateTime::UNIX_EPOCH,
        plan,
    };
    let waitlist = body.waitlist.as_ref().map(NewWaitlistBody::read).transpose()?;
    let line = body
        .line
        .as_ref()
        .map(|line| line.read(office.webhooks.settings().reach));
    let line = line.transpose()?;
    show.change_rules(|rules| {
        rules.lone_seats = body.lone_seats.map_or(LoneSeats::Off, LoneSeats::from);
        rules.waitlist = waitlist;
        rules.line = line;
    });
    check_drawing(&show)?;
    check_prices(office, &asked, &show)?;
    show.order_places_max = read_order_places(office, body.order_places_max, &show)?;
    Ok(show)
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

/// Places are drawn before the sale, or not at all.
pub fn check_drawing(show: &Show) -> Result<(), Problem> {
    let drawing_from = show.line().and_then(|line| line.drawing_from);
    match drawing_from.zip(show.times.on_sale_at) {
        Some((from, on_sale_at)) if from >= on_sale_at => Err(Problem::invalid(
            "/line/drawing_from",
            "must be before on_sale_at",
        )),
        _ => Ok(()),
    }
}

/// Most places of an e-mail address, if there is such a limit.
pub fn read_places_per_email(value: Option<i64>) -> Result<Option<u32>, Problem> {
    let read = |value| bounded("/places_per_email_max", Some(value), 1, SESSION_PLACES_MAX, 0);
    value.map(read).transpose()
}

/// Most places in an order, such that no order can be held whose total could never be paid. One that is left out is what is
/// usual, or as much less as that takes.
fn read_order_places(office: &Office, value: Option<i64>, show: &Show) -> Result<u32, Problem> {
    let field = "/order_places_max";
    let wanted = bounded(field, value, 1, ORDER_PLACES_MAX, ORDER_PLACES_DEFAULT)?;
    let most = chargeable_places(office, wanted, show);
    if value.is_some() && most < wanted {
        let detail =
            format!("at these prices it must be {most} at most: more could never be charged at once");
        return Err(Problem::invalid(field, detail));
    }
    Ok(most)
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
