//! A series: several shows from one template, all of them or none.

use actix_web::{HttpResponse, post};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::show::{NewShowBody, NewStateBody, ShowBody};
use super::bodies::time;
use super::body::Json;
use super::caller::Organiser;
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::new_show::{check_times, read_new_show};
use super::problem::Problem;
use super::shows::{make_shows, new_show_body};
use domain::seat_map::Sale;
use domain::show::Show;
use domain::times::Times;

/// Most shows in a series.
const SERIES_SHOWS_MAX: usize = 100;
/// Most seats of all its shows together: they are written in one transaction.
const SERIES_SEATS_MAX: usize = 100_000;

/// Shows to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesBody {
    /// What they have in common. Its `ends_at`, `closes_at` and `returns_until` are as far from each show's beginning as they are from its
    /// own; its `on_sale_at` is that of all.
    pub template: NewShowBody,
    /// When each of them begins.
    #[serde(deserialize_with = "read_times")]
    #[schema(min_items = 1, max_items = 100)]
    pub starts_at: Vec<DateTime<Utc>>,
}

/// A time as text, so that a wrong one is told with its place.
#[derive(Deserialize)]
struct Time(#[serde(deserialize_with = "time::read")] DateTime<Utc>);

fn read_times<'de, D: serde::Deserializer<'de>>(times: D) -> Result<Vec<DateTime<Utc>>, D::Error> {
    let times = Vec::<Time>::deserialize(times)?;
    Ok(times.into_iter().map(|Time(time)| time).collect())
}

/// The shows of a series.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeSeriesBody {
    /// In the order of the times that were asked for.
    pub shows: Vec<ShowBody>,
}

/// Make a series of shows from one template.
///
/// A show for each time, in this order, all of them or none: a hundred at most, of a hundred thousand seats together.
#[utoipa::path(tag = "shows", request_body = SeriesBody, responses(
    (status = 201, description = "The shows are there", body = MadeSeriesBody),
))]
#[post("/v1/shows/series")]
pub async fn create_series(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    body: Json<SeriesBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&organiser.0, key, "create_series", "", &body.0);
    let sale: Sale = body.template.state.unwrap_or(NewStateBody::Open).into();
    if body.starts_at.is_empty() || body.starts_at.len() > SERIES_SHOWS_MAX {
        let detail = format!("must be 1 to {SERIES_SHOWS_MAX} times");
        return Err(Problem::invalid("/starts_at", detail));
    }
    let template = read_new_show(&office, organiser.organiser(), &body.template)
        .await
        .map_err(in_template)?;
    if body.starts_at.len().saturating_mul(template.plan.seats().len()) > SERIES_SEATS_MAX {
        let detail = format!("all shows together must have {SERIES_SEATS_MAX} seats at most");
        return Err(Problem::invalid("/starts_at", detail));
    }
    let begins = body.starts_at.iter().enumerate();
    let shows = begins.map(|(at, begin)| show_at(&template, *begin, &format!("/starts_at/{at}")));
    let shows: Vec<Show> = shows.collect::<Result<_, _>>()?;
    let mut made = Vec::with_capacity(shows.len());
    for id in make_shows(&office, shows, sale, key).await? {
        made.push(new_show_body(&office, id, sale).await?);
    }
    Ok(HttpResponse::Created().json(MadeSeriesBody { shows: made }))
}

/// A fault of the template, with its place in the request.
fn in_template(problem: Problem) -> Problem {
    problem.below("/template")
}

/// The template's show, begun at another time.
fn show_at(template: &Show, starts_at: DateTime<Utc>, field: &str) -> Result<Show, Problem> {
    let later = starts_at - template.times.starts_at;
    let moved = |time: Option<DateTime<Utc>>| move_by(time, later, field);
    let times = check_times(Times {
        starts_at,
        ends_at: moved(template.times.ends_at)?,
        on_sale_at: template.times.on_sale_at,
        closes_at: moved(template.times.closes_at)?,
    });
    Ok(Show {
        times: times.map_err(|problem| problem.field(field))?,
        returns_until: moved(template.returns_until)?,
        ..template.clone()
    })
}

fn move_by(
    time: Option<DateTime<Utc>>,
    later: TimeDelta,
    field: &str,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(time) = time else { return Ok(None) };
    let moved = time.checked_add_signed(later).filter(time::is_told);
    let too_far = || Problem::invalid(field, "the template's other times would be too far away");
    moved.map(Some).ok_or_else(too_far)
}
