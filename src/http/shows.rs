//! Shows: making and listing them.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::show::{NewShowBody, NewStateBody, ShowBody, ShowStateBody, ShowsPage, show_body};
use super::bodies::time;
use super::body::Json;
use super::caller::Organiser;
use super::change::idempotency_key;
use super::extract::{KeyHeader, Sight, TheOffice, find_current_show, show_id};
use super::new_show::read_new_show;
use super::page::{Page, cut_page};
use super::problem::Problem;
use super::query::Query;
use super::stale::mark_stale;
use crate::office::Office;
use crate::store::catalogue::{Drafts, ListedShow, insert_shows, list_shows as read_list, next_show_id};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::journal::Head;
use domain::id::{Offset, OrganiserId, Revision, ShowId};
use domain::seat_map::Sale;
use domain::show::Show;

/// Shows on a page.
const SHOWS_PAGE_MAX: i64 = 100;
/// Most shows that are looked at for a page of those that are wanted.
const SHOWS_LOOKED_AT_MAX: i64 = 1_000;

/// Make a show from a plan.
///
/// Every category of the plan needs a price, all in one currency, in which the office can take payments. The show
/// is open at once, unless `state` or `on_sale_at` say otherwise. A `draft` is seen by nobody but its organiser.
#[utoipa::path(tag = "shows", request_body = NewShowBody, responses(
    (status = 201, description = "The show is there", body = ShowBody),
))]
#[post("/v1/shows")]
pub async fn create_show(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    body: Json<NewShowBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&organiser.0, key, "create_show", "", &body.0);
    let sale = body.state.unwrap_or(NewStateBody::Open).into();
    let show = read_new_show(&office, organiser.organiser(), &body).await?;
    let id = make_show(&office, show, sale, key).await?;
    let body = new_show_body(&office, id, sale).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/shows/{id}")))
        .insert_header((ETAG, revision_tag(Revision::FIRST)))
        .json(body))
}

/// The name by which `If-Match` names a revision.
pub fn revision_tag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// A show as it stood when it was made: so the answer is the same whenever it is asked for again.
pub async fn new_show_body(office: &Office, id: ShowId, sale: Sale) -> Result<ShowBody, Problem> {
    let show = office.shows.at_revision(id, Revision::FIRST).await?;
    let show = show.ok_or_else(|| Problem::not_found("show"))?;
    let head = Head {
        offset: Offset(i64::from(sale == Sale::Open)),
        sale,
        is_canceled: false,
        revision: Revision::FIRST,
    };
    Ok(show_body(&show, head, show.created_at, office.till))
}

/// Writes a show that has been checked; gives the one of an earlier request with the same key.
pub async fn make_show(
    office: &Office,
    show: Show,
    sale: Sale,
    key: Option<crate::store::batch::IdempotencyKey>,
) -> Result<ShowId, Problem> {
    let made = make_shows(office, vec![show], sale, key).await?;
    made.first().copied().ok_or_else(|| Problem::not_found("show"))
}

/// The same for several shows: all of them are there, or none.
pub async fn make_shows(
    office: &Office,
    mut shows: Vec<Show>,
    sale: Sale,
    key: Option<crate::store::batch::IdempotencyKey>,
) -> Result<Vec<ShowId>, Problem> {
    let shard = office.config.shard;
    let insert = move |connection: &mut _| {
        for show in &mut shows {
            show.id = next_show_id(connection, shard)?;
        }
        insert_shows(connection, &shows, sale)?;
        let ids: Vec<String> = shows.iter().map(|show| show.id.to_string()).collect();
        Ok((ids.join(","), Keep::Done))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, insert);
    let ids: String = write.await?;
    ids.split(',').map(show_id).collect()
}

/// Which shows are wanted, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ShowsQuery {
    /// Most items on the page
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the page begins: `next_after` of the one before
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,17})$")]
    after: Option<i64>,
    /// Those that are in this state now
    #[param(value_type = Option<ShowStateBody>)]
    state: Option<String>,
    /// Those of this organiser
    #[param(pattern = "^org_[0-9a-f]{32}$")]
    organiser: Option<String>,
    /// Those that begin after this time
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    starts_after: Option<String>,
}

/// What is asked of a show for it to be listed.
struct Wanted {
    state: Option<ShowStateBody>,
    organiser: Option<OrganiserId>,
    starts_after: Option<DateTime<Utc>>,
}

impl ShowsQuery {
    fn read(&self) -> Result<Wanted, Problem> {
        let state = self.state.as_ref().map(|state| {
            let state = serde_json::from_value(serde_json::json!(state));
            state.map_err(|_another_word| {
                Problem::bad_parameter(
                    "state",
                    "must be draft, scheduled, open, closed, canceled or over",
                )
            })
        });
        let organiser = self.organiser.as_deref().map(|text| {
            let id = text.parse::<OrganiserId>();
            id.map_err(|_not_an_id| Problem::bad_parameter("organiser", "is no organiser's id"))
        });
        let starts_after = self.starts_after.as_deref().map(|text| {
            let time = time::parse_any_year(text);
            time.map_err(|fault| Problem::bad_parameter("starts_after", fault))
        });
        Ok(Wanted {
            state: state.transpose()?,
            organiser: organiser.transpose()?,
            starts_after: starts_after.transpose()?,
        })
    }
}

impl Wanted {
    fn is_everything(&self) -> bool {
        self.state.is_none() && self.organiser.is_none() && self.starts_after.is_none()
    }

    fn has(&self, show: &ListedShow, now: DateTime<Utc>) -> bool {
        let stage = || match show.is_draft {
            true => ShowStateBody::Draft,
            false => show.head.stage(&show.times, now).into(),
        };
        self.organiser.is_none_or(|organiser| organiser == show.organiser)
            && self.state.is_none_or(|state| state == stage())
            && self.starts_after.is_none_or(|time| show.times.starts_at > time)
    }
}

/// All shows, page by page.
///
/// In the order in which they became visible, so that whoever follows the list misses none. With `state`,
/// `starts_after` or `organiser` those that are wanted: then a page may be short, or empty, before the last. Drafts are
/// listed for their organiser alone, whose list has all shows in the order in which they were made.
#[utoipa::path(tag = "shows", params(ShowsQuery), responses(
    (status = 200, description = "A page of shows", body = ShowsPage),
))]
#[get("/v1/shows")]
pub async fn list_shows(
    office: TheOffice,
    sight: Sight,
    query: Query<ShowsQuery>,
) -> Result<HttpResponse, Problem> {
    let page = Page {
        limit: query.limit,
        after: query.after,
    };
    let (after, limit) = page.read(SHOWS_PAGE_MAX)?;
    let wanted = query.read()?;
    let looked_at = match wanted.is_everything() {
        true => limit,
        false => SHOWS_LOOKED_AT_MAX,
    };
    let drafts = match sight {
        Sight::DraftsOf(organiser) => Drafts::Of(organiser),
        Sight::Published => Drafts::LeftOut,
    };
    let read = move |connection: &mut _| Ok(read_list(connection, after, drafts, looked_at + 1)?);
    let mut listed = office.database.read(read).await?;
    let now = office.follow.now();
    let last_looked_at = cut_page(&mut listed, looked_at).map(|show| show.id);
    listed.retain(|show| wanted.has(show, now));
    let last_shown = cut_page(&mut listed, limit).map(|show| show.id);
    let mut shows = Vec::with_capacity(listed.len());
    for ListedShow { id, head, .. } in listed {
        if let Some(show) = office.shows.at_least(id, head.revision).await? {
            shows.push(ShowBody {
                seat_prices: None,
                ..show_body(&show, head, now, office.till)
            });
        }
    }
    let next_after = last_shown.or(last_looked_at).map(|id| id.to_string());
    Ok(HttpResponse::Ok().json(ShowsPage { shows, next_after }))
}

/// One show.
///
/// Its terms and where it stands now, which is what an order would be told. The entity tag names the revision of its
/// terms, for `If-Match`. While the database is away the answer is what the node knew, and marked so (`Stale`, `Age`).
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The show", body = ShowBody),
))]
#[get("/v1/shows/{show}")]
pub async fn get_show(
    office: TheOffice,
    sight: Sight,
    show: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, head) = find_current_show(&office, &show, sight).await?;
    let mut response = HttpResponse::Ok();
    mark_stale(&office, &mut response);
    response.insert_header((ETAG, revision_tag(show.revision)));
    Ok(response.json(show_body(&show, head, office.follow.now(), office.till)))
}
