//! Changing a show: its terms, each change a revision, and whether it sells.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, patch, web};
use futures_util::future::{Ready, ready};
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::show::{SaleBody, ShowBody, show_body};
use super::bodies::show_change::{RevisionBody, RevisionsPage, ShowChangeBody};
use super::bodies::waitlist::NewWaitlistBody;
use super::body::Json;
use super::caller::{Organiser, Reader};
use super::change::{idempotency_key, pass, refused};
use super::extract::{KeyHeader, TheOffice, find_own_current_show, find_own_show};
use super::new_show::{
    check_drawing, check_times, read_capacities, read_places_per_email, read_time_zone, read_title,
};
use super::numbers::bounded;
use super::page::{cut_page, page_limit};
use super::plan_change::change_plan;
use super::problem::{Code, Problem};
use super::query::Query;
use super::show_prices::{PricesAsked, ShowPrices, chargeable_places, check_prices, read_prices};
use super::shows::revision_tag;
use crate::office::Office;
use crate::store::journal::Head;
use crate::store::terms::list_revisions;
use domain::command::Command;
use domain::id::Revision;
use domain::outcome::{Outcome, Refusal};
use domain::seat_map::Sale;
use domain::show::{
    HOLD_SECONDS_MAX, ORDER_PLACES_MAX, PAYMENT_WINDOW_SECONDS_MAX, Returns, SESSION_PLACES_MAX, Show,
};
use domain::times::Times;

/// Revisions on a page.
const REVISIONS_PAGE_MAX: i64 = 100;

/// The revision that `If-Match` names, if there is one.
pub struct IfMatch(Option<Revision>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let Some(tag) = request.headers().get(IF_MATCH) else {
            return ready(Ok(Self(None)));
        };
        let revision = tag.to_str().ok().and_then(|tag| {
            let number = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
            number.parse().ok().filter(|number| *number > 0).map(Revision)
        });
        let not_one = || {
            let detail = "must be the revision that is to be changed, in quotes, as in `ETag`";
            Problem::bad_parameter("If-Match", detail)
        };
        ready(revision.map(|revision| Self(Some(revision))).ok_or_else(not_one))
    }
}

/// Change a show's terms, or open or close it.
///
/// What is left out stays as it is. To change terms, `If-Match` names the revision that you have seen: nothing is
/// changed if another is in force (`revision_conflict`). Orders keep what they cost. A zone never gets smaller than what
/// is held, sold and blocked of it, and another plan must have all seats that are not free (`places_in_use`). To open or close the show needs no `If-Match`; a canceled one never opens again.
#[utoipa::path(tag = "shows", request_body = ShowChangeBody, params(
    ("show" = String, Path, description = "The show's id"),
    ("If-Match" = Option<String>, Header, pattern = "^\"[1-9][0-9]{0,8}\"$", description = "The revision that is to be changed, in quotes, as in `ETag`"),
), responses(
    (status = 200, description = "The show as it is now", body = ShowBody),
))]
#[patch("/v1/shows/{show}")]
pub async fn update_show(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    if_match: IfMatch,
    id: web::Path<String>,
    body: Json<ShowChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, organiser.organiser(), &id).await?;
    let sale = body.state.map(Sale::from);
    let command = match (if_match.0, sale) {
        (None, _) if body.changes_terms() => return Err(Problem::new(Code::PreconditionRequired)),
        (None, None) => return Err(Problem::invalid("", "nothing is to be changed")),
        (None, Some(_)) if show.is_draft => Command::Change {
            base: None,
            terms: None,
            sale,
        },
        (None, Some(Sale::Open)) => Command::Open,
        (None, Some(Sale::Closed)) => Command::Close,
        (Some(base), _) => Command::Change {
            base: Some(base),
            terms: next_terms(&office, &show, base, &body).await?,
            sale,
        },
    };
    let subject = match if_match.0 {
        None => id.to_string(),
        Some(base) => format!("{id} {base}"),
    };
    let key = idempotency_key(&organiser.0, key, "update_show", &subject, &body.0);
    let decision = pass(&office, &show, command, key).await?;
    let (show, sale) = match decision.outcome {
        Outcome::Changed { revision, sale } => {
            let show = office.shows.at_revision(show.id, revision).await?;
            (show.ok_or_else(|| Problem::not_found("revision"))?, sale)
        }
        // At the terms that it was decided on: this node knows them by now.
        _ => (
            find_own_show(&office, organiser.organiser(), &id).await?,
            sale.unwrap_or(Sale::Closed),
        ),
    };
    // A canceled show can be changed once more. The change is done: if this can't be told now, it is told another time.
    let is_canceled = sale == Sale::Closed
        && (office.follow.look_at_head(show.id).await).is_ok_and(|head| head.is_canceled);
    let head = Head {
        offset: decision.offset,
        sale,
        is_canceled,
        revision: show.revision,
    };
    let body = show_body(&show, head, office.follow.now(), office.till);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, revision_tag(show.revision)))
        .json(body))
}

/// The terms after these, as the body says, if they make sense; `None` if only the sale is to be opened or closed.
async fn next_terms(
    office: &Office,
    show: &Arc<Show>,
    base: Revision,
    body: &ShowChangeBody,
) -> Result<Option<Arc<Show>>, Problem> {
    if !body.changes_terms() {
        return match body.state {
            Some(SaleBody::Open | SaleBody::Closed) => Ok(None),
            None => Err(Problem::invalid("", "nothing is to be changed")),
        };
    }
    let Some(seen) = office.shows.at_revision(show.id, base).await? else {
        let head = office.follow.look_at_head(show.id).await?;
        return Err(refused(show, &Refusal::OtherTerms(head.revision)));
    };
    let mut next = seen.next_terms();
    if body.state.is_some() {
        next.is_draft = false;
    }
    if let Some(title) = &body.title {
        next.title = read_title(title)?;
    }
    if let Some(name) = &body.time_zone {
        next.time_zone = read_time_zone(name)?;
    }
    change_times(&mut next, body)?;
    if let Some(plan) = &body.plan {
        change_plan(office, &mut next, plan, body).await?;
    }
    change_prices(office, &mut next, body)?;
    change_limits(&mut next, body)?;
    if let Some(waitlist) = &body.waitlist {
        let waitlist = waitlist.as_ref().map(NewWaitlistBody::read).transpose()?;
        next.change_rules(|rules| rules.waitlist = waitlist);
    }
    if let Some(line) = &body.line {
        let reach = office.webhooks.settings().reach;
        let line = line.as_ref().map(|line| line.read(reach)).transpose()?;
        next.change_rules(|rules| rules.line = line);
    }
    check_drawing(&next)?;
    if let Some(zones) = &body.zones {
        next.zone_capacities = read_capacities(&next.plan, next.zone_capacities, zones)?;
    }
    Ok(Some(Arc::new(next)))
}

fn change_times(next: &mut Show, body: &ShowChangeBody) -> Result<(), Problem> {
    let times = next.times;
    next.times = check_times(Times {
        starts_at: body.starts_at.unwrap_or(times.starts_at),
        ends_at: body.ends_at.unwrap_or(times.ends_at),
        on_sale_at: body.on_sale_at.unwrap_or(times.on_sale_at),
        closes_at: body.closes_at.unwrap_or(times.closes_at),
    })?;
    next.returns_until = body.returns_until.unwrap_or(next.returns_until);
    Ok(())
}

fn change_prices(office: &Office, next: &mut Show, body: &ShowChangeBody) -> Result<(), Problem> {
    let asked = PricesAsked::of_change(body);
    if let Some(asked) = &asked {
        let before = ShowPrices {
            currency: next.currency,
            prices: next.prices.clone(),
            tariff: next.tariff.as_deref().cloned().unwrap_or_default(),
        };
        let changed = read_prices(&next.plan, asked, Some(before))?;
        next.currency = changed.currency;
        next.prices = changed.prices;
        next.tariff = (!changed.tariff.is_empty()).then(|| Arc::new(changed.tariff));
        check_prices(office, asked, next)?;
    }
    let field = match (body.order_places_max, &body.prices) {
        (Some(_), _) => "/order_places_max",
        (None, Some(_)) => "/prices",
        (None, None) => "",
    };
    let usual = next.order_places_max;
    next.order_places_max = bounded(
        "/order_places_max",
        body.order_places_max,
        1,
        ORDER_PLACES_MAX,
        usual,
    )?;
    let most = chargeable_places(office, next.order_places_max, next);
    if most < next.order_places_max && (asked.is_some() || body.order_places_max.is_some()) {
        let detail = format!(
            "at these prices order_places_max must be {most} at most: more could never be charged at once"
        );
        return Err(Problem::invalid(field, detail));
    }
    Ok(())
}

fn change_limits(next: &mut Show, body: &ShowChangeBody) -> Result<(), Problem> {
    if body.hold_seconds.is_some() {
        let seconds = bounded("/hold_seconds", body.hold_seconds, 1, HOLD_SECONDS_MAX, 0)?;
        next.hold = Duration::from_secs(seconds.into());
    }
    if body.hold_grace_ms.is_some() {
        let max = HOLD_SECONDS_MAX * 1_000;
        let grace = bounded("/hold_grace_ms", body.hold_grace_ms, 0, max, 0)?;
        next.hold_grace = Duration::from_millis(grace.into());
    }
    if body.payment_window_seconds.is_some() {
        let field = "/payment_window_seconds";
        let seconds = bounded(
            field,
            body.payment_window_seconds,
            0,
            PAYMENT_WINDOW_SECONDS_MAX,
            0,
        )?;
        next.payment_window = Duration::from_secs(seconds.into());
    }
    next.session_places_max = bounded(
        "/session_places_max",
        body.session_places_max,
        1,
        SESSION_PLACES_MAX,
        next.session_places_max,
    )?;
    if let Some(max) = body.places_per_email_max {
        next.places_per_email_max = read_places_per_email(max)?;
    }
    if let Some(rule) = body.lone_seats {
        next.change_rules(|rules| rules.lone_seats = rule.into());
    }
    next.returns = body.returns.map_or(next.returns, Returns::from);
    next.late_payment = body
        .late_payment
        .map_or(next.late_payment, domain::show::LatePayment::from);
    Ok(())
}

/// Which page of revisions is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevisionsQuery {
    /// Most revisions on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after this one.
    #[param(minimum = 0)]
    pub after: Option<i64>,
}

/// What a show's terms have been.
///
/// Every revision, from the one that the show was made with to the one that is in force.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"), RevisionsQuery), responses(
    (status = 200, description = "A page of revisions", body = RevisionsPage),
))]
#[get("/v1/shows/{show}/revisions")]
pub async fn list_show_revisions(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<RevisionsQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(query.limit, REVISIONS_PAGE_MAX)?;
    let after = match query.after.unwrap_or(0) {
        ..0 => return Err(Problem::bad_parameter("after", "must not be negative")),
        after => Revision(i32::try_from(after).unwrap_or(i32::MAX)),
    };
    let (show, head) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(list_revisions(connection, of, after, limit + 1)?);
    let mut listed = office.database.read(read).await?;
    let next_after = cut_page(&mut listed, limit).map(|(revision, _)| revision.0.into());
    let mut revisions = Vec::with_capacity(listed.len());
    for (revision, at) in listed {
        if let Some(show) = office.shows.at_revision(show.id, revision).await? {
            let show = ShowBody {
                seat_prices: None,
                ..show_body(&show, head, office.follow.now(), office.till)
            };
            revisions.push(RevisionBody { at, show });
        }
    }
    Ok(HttpResponse::Ok().json(RevisionsPage {
        revisions,
        next_after,
    }))
}
