//! The demo show of the default run.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};

use crate::http::bodies::show::NewShowBody;
use crate::http::new_show::read_new_show;
use crate::http::plans::read_document;
use crate::http::shows::make_show;
use crate::office::Office;
use crate::store::catalogue::{NewPlan, insert_plan, list_shows};
use crate::store::database::WriteKind;
use domain::seat_map::Sale;

/// The venue of the demo: an arena of some 2,400 seats and two floors.
const ARENA: &str = include_str!("../plans/arena.json");

/// Opens the demo show if the office has no show at all; gives the first show's id.
pub async fn open_demo_show(office: &Arc<Office>) -> anyhow::Result<String> {
    let first = office
        .database
        .read(|connection| Ok(list_shows(connection, 0, 1)?))
        .await?;
    if let Some(show) = first.first() {
        return Ok(show.id.to_string());
    }
    let plan = read_document(ARENA).map_err(|problem| anyhow::anyhow!("the demo plan: {problem}"))?;
    let new = NewPlan::of(&plan)?;
    let id = new.id();
    office
        .database
        .write(WriteKind::Organisers, move |connection| {
            Ok(insert_plan(connection, new)?)
        })
        .await?;
    #[expect(clippy::disallowed_methods, reason = "a date to show, not an expiry")]
    let starts_at = Utc::now() + TimeDelta::days(30);
    let prices = plan.categories().iter().zip([9500, 7500, 5500, 4000]);
    let prices = prices.map(|(category, amount)| {
        (
            category.name.clone(),
            serde_json::json!({"amount": amount, "currency": "EUR"}),
        )
    });
    let body: NewShowBody = serde_json::from_value(serde_json::json!({
        "plan": id.to_string(),
        "title": "Opening Night",
        "starts_at": starts_at,
        "prices": prices.collect::<serde_json::Map<_, _>>(),
        "returns": "buyer",
    }))?;
    let show = read_new_show(office, &body)
        .await
        .map_err(|problem| anyhow::anyhow!("the demo show: {problem}"))?;
    let made = make_show(office, show, Sale::Open, None).await;
    let show = made.map_err(|problem| anyhow::anyhow!("the demo show: {problem}"))?;
    Ok(show.to_string())
}
