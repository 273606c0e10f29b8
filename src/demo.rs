//! The demo of the default run: a few shows in the middle of their sale.

mod parties;
mod programme;
mod selling;

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde_json::{Map, json};

use crate::http::bodies::show::NewShowBody;
use crate::http::new_show::read_new_show;
use crate::http::plans::read_document;
use crate::http::problem::Problem;
use crate::http::shows::make_show;
use crate::office::Office;
use crate::store::catalogue::{Drafts, NewPlan, insert_plan, list_shows};
use crate::store::database::WriteKind;
use domain::id::{OrganiserId, ShowId};
use domain::seat_map::Sale;
use parties::parties;
use programme::{DemoShow, SHOWS};
use selling::{block, sell};

/// The shows that were opened just now, of which nothing is sold yet.
pub struct Demo(Vec<(ShowId, &'static DemoShow)>);

/// Opens the demo's shows if the office has no show at all.
pub async fn open_demo(office: &Office) -> anyhow::Result<Demo> {
    let read = |connection: &mut _| Ok(list_shows(connection, 0, Drafts::All, 1)?);
    if !office.database.read(read).await?.is_empty() {
        return Ok(Demo(Vec::new()));
    }
    let mut opened = Vec::new();
    for show in &SHOWS {
        let id = open(office, show).await;
        opened.push((
            id.map_err(|problem| anyhow::anyhow!("the demo's {}: {problem}", show.title))?,
            show,
        ));
    }
    Ok(Demo(opened))
}

async fn open(office: &Office, show: &DemoShow) -> Result<ShowId, Problem> {
    let plan = read_document(show.plan)?;
    let new = NewPlan::of(OrganiserId::FIRST, &plan).map_err(crate::store::error::StoreError::internal)?;
    let plan = new.id();
    let insert = move |connection: &mut _| Ok(insert_plan(connection, new)?);
    office.database.write(WriteKind::Organisers, insert).await?;
    let prices = show.prices.iter().map(|(category, amount)| {
        (
            (*category).to_owned(),
            json!({"amount": amount, "currency": "EUR"}),
        )
    });
    let starts_at = starts_at(show);
    let body: NewShowBody = serde_json::from_value(json!({
        "plan": plan.to_string(),
        "title": show.title,
        "starts_at": starts_at,
        "ends_at": starts_at + TimeDelta::minutes(show.minutes),
        "prices": prices.collect::<Map<_, _>>(),
        "returns": "buyer",
        "lone_seats": show.lone_seats,
        "waitlist": show.has_waitlist.then(|| json!({})),
        "line": show.has_line.then(|| json!({})),
    }))
    .map_err(crate::store::error::StoreError::internal)?;
    let new = read_new_show(office, OrganiserId::FIRST, &body).await?;
    make_show(office, new, Sale::Open, None).await
}

/// In the evening of a day of the next weeks.
fn starts_at(show: &DemoShow) -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "a date to show, not an expiry")]
    let day = Utc::now().date_naive() + TimeDelta::days(show.in_days);
    let (hour, minute) = show.at;
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
    day.and_time(time).and_utc()
}

/// Sells a part of what was opened, by the commands that buyers give, so that there is something to see. Only where payments
/// take nobody's money: a sale that never was must not stand among real ones.
pub async fn sell_some(office: &Arc<Office>, demo: Demo) {
    let Some(sandbox) = office.payments.provider("sandbox") else {
        return;
    };
    for (id, demo) in demo.0 {
        let Ok(Some(show)) = office.shows.show(id).await else {
            return;
        };
        let (places, wanted) = (show.plan.seats().len(), parties(&show.plan, demo));
        let sold = async {
            block(office, &show, demo.blocked).await?;
            sell(office, &show, sandbox, wanted).await
        };
        match sold.await {
            Ok(orders) => tracing::info!(
                show.id = %show.id,
                show.orders = orders,
                show.seats = places,
                "the demo's “{}” has sold a part of its places",
                show.title
            ),
            // It is a demo: what is missing is sold to whoever looks at it.
            Err(error) => {
                tracing::warn!(show.id = %show.id, "the demo's “{}” sells no more by itself: {error:#}", show.title);
                return;
            }
        }
    }
}
