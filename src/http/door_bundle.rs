//! What a door takes along that works without a network.

use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::DoorReader;
use super::coding::{Begun, Coding, begin, name_of_bytes};
use super::extract::{TheOffice, find_own_current_show};
use super::pieces::shared;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::live::compressed::compress;
use crate::office::Office;
use crate::store::check_in_list::{ListRecord, read_all_lists};
use crate::store::door_bundle::{
    BundledTicket, Changes, TicketState, TicketsPage, Which, read_changes, read_disputed, read_page,
};
use crate::store::error::StoreError;
use domain::door::Area;
use domain::id::Offset;
use domain::plan::{Plan, SectionIndex};
use domain::show::Show;

/// Kept by the door alone, which asks whether it has changed.
const CACHE: &str = "private, no-cache";

/// Which tickets of a show are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlyBody {
    /// Those that let nobody in any more.
    Revocations,
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BundleQuery {
    /// With `revocations`, tickets alone that let nobody in any more: enough for a door that checks signatures.
    #[param(inline)]
    pub only: Option<OnlyBody>,
    /// What has changed after this offset of the journal, instead of everything: the `journal_offset` of the first page that the door
    /// has, or that of the last changes.
    #[param(minimum = 0)]
    pub after: Option<i64>,
    /// Where the page begins: `next_page` of the one before.
    #[param(minimum = 0)]
    pub page: Option<i64>,
}

/// How a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStateBody {
    /// It lets somebody in.
    Valid,
    /// It was given back, or has another name by now, as it was passed on.
    GivenBack,
    /// The buyer's bank has called its payment back.
    Disputed,
}

/// A ticket, as a door takes it along.
#[derive(Debug, Serialize, ToSchema)]
pub struct BundledTicketBody {
    /// How its text names it. It is not its code, and makes no ticket.
    pub ticket: String,
    /// The number of its category, from 0.
    #[schema(minimum = 0)]
    pub category: i32,
    /// Where its place is: `S` and the number of its section, or `Z` and that of its zone, from 0.
    pub area: String,
    /// How it is.
    pub state: TicketStateBody,
    /// Whether it had been used.
    pub is_used: bool,
}

/// A check-in list by numbers, as texts of tickets name things.
#[derive(Debug, Serialize, ToSchema)]
pub struct BundledListBody {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The categories that it admits, by number; null for all.
    #[schema(required)]
    pub categories: Option<Vec<i32>>,
    /// The areas that it admits, as in `S3` and `Z1`; null for all.
    #[schema(required)]
    pub areas: Option<Vec<String>>,
    /// It admits nobody before; null if that doesn't matter.
    #[schema(required)]
    pub from: Option<DateTime<Utc>>,
    /// It admits nobody from then on; null if that doesn't matter.
    #[schema(required)]
    pub until: Option<DateTime<Utc>>,
    /// Whether who has left may come in again.
    pub allows_reentry: bool,
}

/// What a door takes along.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorBundleBody {
    /// The show.
    pub show: String,
    /// The offset of the journal that it was read at, or, of changes, that it goes up to: ask for what comes `after` it. Of several
    /// pages that of the first counts.
    #[schema(minimum = 0)]
    pub journal_offset: i64,
    /// When the show is over.
    pub over_at: DateTime<Utc>,
    /// The categories' names, by number.
    pub categories: Vec<String>,
    /// The show's check-in lists.
    pub lists: Vec<BundledListBody>,
    /// The tickets. Of changes: those that have changed, as they are now.
    pub tickets: Vec<BundledTicketBody>,
    /// Of changes: every ticket whose payment the buyer's bank has called back, in place of those that were told before; of the 500
    /// newest orders. Journals don't tell of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Vec<String>>,
    /// Where the next page begins; null on the last. Of changes: null; ask again after `journal_offset` until there is nothing
    /// `more`.
    #[schema(required)]
    pub next_page: Option<i64>,
    /// Of changes: whether there are more already.
    pub more: bool,
}

/// What a door takes along to work without a network.
///
/// All tickets of a show, or only those that were revoked, in pages; then what has changed `after` an offset. With the keys of
/// `GET /v1/ticket-keys` a door checks a ticket's signature, looks it up here, lets in, and sends its scans later with `at`.
/// Compressed, if that is wanted, and with an entity tag. Offsets that are not kept any more are 410 `forgotten`: begin anew.
#[utoipa::path(tag = "tickets", params(("show" = String, Path, description = "The show's id"), BundleQuery), responses(
    (status = 200, description = "A page of tickets, or of changes", body = DoorBundleBody),
    (status = 304, description = "As the client has it"),
))]
#[get("/v1/shows/{show}/door-bundle")]
pub async fn get_door_bundle(
    office: TheOffice,
    reader: DoorReader,
    id: web::Path<String>,
    query: Query<BundleQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let query = query.into_inner();
    for (name, number) in [("after", query.after), ("page", query.page)] {
        if number.is_some_and(|number| number < 0) {
            return Err(Problem::bad_parameter(name, "must not be negative"));
        }
    }
    if query.after.is_some() && query.page.is_some() {
        return Err(Problem::bad_parameter(
            "page",
            "changes have no pages: ask after their journal_offset",
        ));
    }
    let which = match query.only {
        Some(OnlyBody::Revocations) => Which::Revoked,
        None => Which::All,
    };
    let (of, after, page) = (show.id, query.after, Offset(query.page.unwrap_or(0)));
    let read = move |connection: &mut _| {
        let lists = read_all_lists(connection, of)?;
        let (changes, disputed) = match after {
            None => (Changes::Page(read_page(connection, of, which, page)?), None),
            Some(after) => {
                let changes = read_changes(connection, of, Offset(after))?;
                (changes, Some(read_disputed(connection, of)?))
            }
        };
        Ok((lists, changes, disputed))
    };
    let (lists, changes, disputed) = office.database.read(read).await?;
    let Changes::Page(page) = changes else {
        let detail = "these events are not kept any more: begin with the tickets themselves";
        return Err(Problem::new(Code::Forgotten).detail(detail));
    };
    let mut body = body_of(&office, &show, lists, page, after.is_some());
    body.disputed = disputed.map(|tickets| {
        let name = |ticket: BundledTicket| office.identity.ticket_name(ticket.order, ticket.ticket);
        tickets.into_iter().map(name).collect()
    });
    let json = serde_json::to_vec(&body).map_err(StoreError::internal)?;
    answer(&request, json.into()).await
}

async fn answer(request: &HttpRequest, json: Bytes) -> Result<HttpResponse, Problem> {
    match begin(request.headers(), &name_of_bytes(&json), CACHE) {
        Begun::Known(response) => Ok(response),
        Begun::Needs(mut response, Coding::Plain) => Ok(response.body(shared(json))),
        Begun::Needs(mut response, Coding::Gzip) => {
            let compressed = tokio::task::spawn_blocking(move || compress(&json)).await;
            Ok(response.body(shared(compressed.map_err(StoreError::internal)?)))
        }
    }
}

fn body_of(
    office: &Office,
    show: &Show,
    lists: Vec<ListRecord>,
    page: TicketsPage,
    are_changes: bool,
) -> DoorBundleBody {
    let plan = &show.plan;
    let tickets = page.tickets.iter().filter_map(|ticket| {
        Some(BundledTicketBody {
            ticket: office.identity.ticket_name(ticket.order, ticket.ticket),
            category: ticket.place.category_in(plan)?.0.into(),
            area: Area::of(plan, ticket.place)?.to_string(),
            state: match ticket.state {
                TicketState::Valid => TicketStateBody::Valid,
                TicketState::GivenBack => TicketStateBody::GivenBack,
                TicketState::Disputed => TicketStateBody::Disputed,
            },
            is_used: ticket.is_used,
        })
    });
    let next = page.next.map(|next| next.0);
    DoorBundleBody {
        show: show.id.to_string(),
        journal_offset: page.offset.0,
        over_at: show.times.over_at(),
        categories: plan
            .categories()
            .iter()
            .map(|category| category.name.clone())
            .collect(),
        lists: lists
            .into_iter()
            .filter(ListRecord::is_live)
            .map(|list| list_of(plan, list))
            .collect(),
        tickets: tickets.collect(),
        disputed: None,
        next_page: next.filter(|_| !are_changes),
        more: are_changes && next.is_some(),
    }
}

fn list_of(plan: &Plan, record: ListRecord) -> BundledListBody {
    let list = record.list;
    let areas = (list.sections.is_some() || list.zones.is_some()).then(|| {
        // Whoever names a section means all that bear its name.
        let sections = (0..).zip(plan.sections()).map(|(number, _)| SectionIndex(number));
        let named = list.sections.iter().flatten();
        let sections =
            sections.filter(|section| named.clone().any(|first| plan.is_named_as(*section, *first)));
        let zones = list.zones.iter().flatten().map(|zone| Area::Zone(*zone));
        let areas = sections.map(Area::Section).chain(zones);
        areas.map(|area| area.to_string()).collect()
    });
    BundledListBody {
        id: record.number.0.to_string(),
        name: list.name,
        categories: list
            .categories
            .map(|categories| categories.into_iter().map(|category| category.0.into()).collect()),
        areas,
        from: list.from,
        until: list.until,
        allows_reentry: list.allows_reentry,
    }
}
