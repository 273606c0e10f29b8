//! Check-in lists: whom each gate of a show admits, and when.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::change::{given_or_null, given_time_or_null};
use super::body::Json;
use super::caller::{DoorReader, Organiser};
use super::change::{idempotency_key, key_of_part};
use super::extract::{KeyHeader, TheOffice, find_own_current_show, find_own_show};
use super::page::{Page, cut_page};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::office::Office;
use crate::store::check_in_list::{
    LIST_NUMBERS_MAX, ListRecord, ListWritten, add_list, change_list, delete_list, find_list, read_lists,
};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use domain::door::{LIST_NAME_CHARS_MAX, List, ListNumber, Since, read_list_name};
use domain::plan::{CategoryIndex, Plan, SectionIndex, ZoneIndex};
use domain::show::Show;

/// Lists on a page.
const LISTS_PAGE_MAX: i64 = 100;

/// A list to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckInListBody {
    /// What it is called, such as the gate that it is for.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The categories that it admits; all, if left out.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub categories: Option<Vec<String>>,
    /// The sections whose seats it admits. All, if neither these nor zones are given; none, if zones alone are.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub sections: Option<Vec<String>>,
    /// The zones whose places it admits. All, if neither these nor sections are given; none, if sections alone are.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub zones: Option<Vec<String>>,
    /// It admits nobody before; from any time on, if left out.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub from: Option<DateTime<Utc>>,
    /// It admits nobody from then on; until the show is over, if left out.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub until: Option<DateTime<Utc>>,
    /// Whether who has left may come in again; `false`, if left out.
    #[serde(default)]
    pub allows_reentry: Option<bool>,
}

/// What is to be changed of a list. What is left out stays; null takes a limit away.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInListChangeBody {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The categories that it admits.
    #[serde(
        default,
        deserialize_with = "given_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    pub categories: Option<Option<Vec<String>>>,
    /// The sections whose seats it admits.
    #[serde(
        default,
        deserialize_with = "given_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Vec<String>>, max_items = 1000)]
    pub sections: Option<Option<Vec<String>>>,
    /// The zones whose places it admits.
    #[serde(
        default,
        deserialize_with = "given_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    pub zones: Option<Option<Vec<String>>>,
    /// It admits nobody before.
    #[serde(
        default,
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub from: Option<Option<DateTime<Utc>>>,
    /// It admits nobody from then on.
    #[serde(
        default,
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub until: Option<Option<DateTime<Utc>>>,
    /// Whether who has left may come in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allows_reentry: Option<bool>,
}

/// A check-in list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInListBody {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The categories that it admits; null for all.
    #[schema(required)]
    pub categories: Option<Vec<String>>,
    /// The sections whose seats it admits; null for all, but where zones are given: then none.
    #[schema(required)]
    pub sections: Option<Vec<String>>,
    /// The zones whose places it admits; null for all, but where sections are given: then none.
    #[schema(required)]
    pub zones: Option<Vec<String>>,
    /// It admits nobody before; null if that doesn't matter.
    #[schema(required)]
    pub from: Option<DateTime<Utc>>,
    /// It admits nobody from then on; null if that doesn't matter.
    #[schema(required)]
    pub until: Option<DateTime<Utc>>,
    /// Whether who has left may come in again.
    pub allows_reentry: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A page of lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInListsPage {
    /// In the order in which they were made.
    pub check_in_lists: Vec<CheckInListBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// The number that a list's id is.
pub fn list_number(id: &str) -> Option<ListNumber> {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    let number = id.parse().ok().filter(|number| *number > 0 && is_plain);
    number.map(ListNumber)
}

fn number_in_path(id: &str) -> Result<ListNumber, Problem> {
    list_number(id).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("check-in list")
}

/// Make a check-in list.
///
/// For each gate one: whom it admits, by category, section and zone, and when. A ticket lets one visitor in by whichever list,
/// not once by each. A show has 100 lists at most.
#[utoipa::path(tag = "tickets", request_body = NewCheckInListBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 201, description = "The list", body = CheckInListBody),
))]
#[post("/v1/shows/{show}/check-in-lists")]
pub async fn create_check_in_list(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<NewCheckInListBody>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, organiser.organiser(), &id).await?;
    let key = idempotency_key(&organiser.0, key, "create_check_in_list", &id, &body.0);
    let plan = &show.plan;
    let list = List {
        name: read_name(&body.name)?,
        categories: read_categories(plan, body.categories.as_deref())?,
        sections: read_sections(plan, body.sections.as_deref())?,
        zones: read_zones(plan, body.zones.as_deref())?,
        from: body.from,
        until: body.until,
        allows_reentry: body.allows_reentry.unwrap_or(false),
        deleted: Since::Never,
    };
    let of = show.id;
    let add = move |connection: &mut _| Ok(keep(add_list(connection, of, &list)?));
    let written = office
        .database
        .write_once(WriteKind::Organisers, key, add)
        .await?;
    let record = done(written)?;
    let mut response = HttpResponse::Created();
    response.insert_header((
        "Location",
        format!("/v1/shows/{}/check-in-lists/{}", show.id, record.number.0),
    ));
    Ok(response.json(body_of(plan, record)))
}

/// A show's check-in lists.
///
/// The oldest first, page by page.
#[utoipa::path(tag = "tickets", params(("show" = String, Path, description = "The show's id"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Most items on the page"),
    ("after" = Option<String>, Query, pattern = "^(0|[1-9][0-9]{0,17})$", description = "Where the page begins: `next_after` of the one before")), responses(
    (status = 200, description = "A page of lists", body = CheckInListsPage),
))]
#[get("/v1/shows/{show}/check-in-lists")]
pub async fn list_check_in_lists(
    office: TheOffice,
    reader: DoorReader,
    id: web::Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page.read(LISTS_PAGE_MAX)?;
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let after = ListNumber(i16::try_from(after).unwrap_or(i16::MAX));
    // Deleted ones are passed over: there are not so many numbers.
    let read = move |connection: &mut _| Ok(read_lists(connection, of, after, LIST_NUMBERS_MAX)?);
    let mut lists = office.database.read(read).await?;
    lists.retain(ListRecord::is_live);
    let next_after = cut_page(&mut lists, limit).map(|list| list.number.0.to_string());
    let lists = lists.into_iter().map(|record| body_of(&show.plan, record));
    Ok(HttpResponse::Ok().json(CheckInListsPage {
        check_in_lists: lists.collect(),
        next_after,
    }))
}

/// One check-in list.
///
/// Whom it lets in, where and when.
#[utoipa::path(tag = "tickets", params(
    ("show" = String, Path, description = "The show's id"),
    ("list" = String, Path, description = "The list's id"),
), responses(
    (status = 200, description = "The list", body = CheckInListBody),
))]
#[get("/v1/shows/{show}/check-in-lists/{list}")]
pub async fn get_check_in_list(
    office: TheOffice,
    reader: DoorReader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, list) = path.into_inner();
    let (show, _) = find_own_current_show(&office, reader.organiser(), &show).await?;
    let record = read_live(&office, &show, number_in_path(&list)?).await?;
    Ok(HttpResponse::Ok().json(body_of(&show.plan, record)))
}

/// Change a check-in list.
///
/// What is left out stays as it is, and null takes a limit away. Scans that were taken in before stay as they were judged; those
/// that are reported late are judged by the list as it is when they are.
#[utoipa::path(tag = "tickets", request_body = CheckInListChangeBody, params(
    ("show" = String, Path, description = "The show's id"),
    ("list" = String, Path, description = "The list's id"),
), responses(
    (status = 200, description = "The list as it is now", body = CheckInListBody),
))]
#[patch("/v1/shows/{show}/check-in-lists/{list}")]
pub async fn update_check_in_list(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    path: web::Path<(String, String)>,
    body: Json<CheckInListChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, list) = path.into_inner();
    let (show, _) = find_own_current_show(&office, organiser.organiser(), &show).await?;
    let number = number_in_path(&list)?;
    let key = key_of_part(
        &organiser.0,
        key,
        "update_check_in_list",
        &show,
        number.0,
        &body.0,
    );
    let change = Change::read(&show.plan, *body.0)?;
    let of = show.id;
    let update = move |connection: &mut _| {
        Ok(keep(change_list(connection, of, number, |list| {
            change.make(list)
        })?))
    };
    let written = office
        .database
        .write_once(WriteKind::Organisers, key, update)
        .await?;
    Ok(HttpResponse::Ok().json(body_of(&show.plan, done(written)?)))
}

/// A change as the plan has its names.
struct Change {
    name: Option<String>,
    categories: Option<Option<Vec<CategoryIndex>>>,
    sections: Option<Option<Vec<SectionIndex>>>,
    zones: Option<Option<Vec<ZoneIndex>>>,
    from: Option<Option<DateTime<Utc>>>,
    until: Option<Option<DateTime<Utc>>>,
    allows_reentry: Option<bool>,
}

impl Change {
    fn read(plan: &Plan, body: CheckInListChangeBody) -> Result<Self, Problem> {
        let categories = body
            .categories
            .map(|names| read_categories(plan, names.as_deref()));
        let sections = body.sections.map(|names| read_sections(plan, names.as_deref()));
        let zones = body.zones.map(|names| read_zones(plan, names.as_deref()));
        Ok(Self {
            name: body.name.as_deref().map(read_name).transpose()?,
            categories: categories.transpose()?,
            sections: sections.transpose()?,
            zones: zones.transpose()?,
            from: body.from,
            until: body.until,
            allows_reentry: body.allows_reentry,
        })
    }

    fn make(self, list: &mut List) {
        replace(&mut list.name, self.name);
        replace(&mut list.categories, self.categories);
        replace(&mut list.sections, self.sections);
        replace(&mut list.zones, self.zones);
        replace(&mut list.from, self.from);
        replace(&mut list.until, self.until);
        replace(&mut list.allows_reentry, self.allows_reentry);
    }
}

fn replace<T>(old: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *old = new;
    }
}

/// Delete a check-in list.
///
/// It admits nobody from now on; what was scanned before, and is reported late, is still judged by it. To delete twice is to
/// delete once.
#[utoipa::path(tag = "tickets", params(
    ("show" = String, Path, description = "The show's id"),
    ("list" = String, Path, description = "The list's id"),
), responses(
    (status = 204, description = "The list is deleted"),
))]
#[delete("/v1/shows/{show}/check-in-lists/{list}")]
pub async fn delete_check_in_list(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, list) = path.into_inner();
    let show = find_own_show(&office, organiser.organiser(), &show).await?;
    let number = number_in_path(&list)?;
    let key = key_of_part(&organiser.0, key, "delete_check_in_list", &show, number.0, &());
    let of = show.id;
    let delete = move |connection: &mut _| {
        let is_deleted = delete_list(connection, of, number)?;
        Ok((is_deleted, if is_deleted { Keep::Done } else { Keep::Nothing }))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, delete);
    match write.await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(missing()),
    }
}

fn keep(written: ListWritten) -> (ListWritten, Keep) {
    let keep = match written {
        ListWritten::Done(_) => Keep::Done,
        ListWritten::NotFound | ListWritten::TooMany | ListWritten::EndsBeforeItBegins => Keep::Nothing,
    };
    (written, keep)
}

fn done(written: ListWritten) -> Result<ListRecord, Problem> {
    match written {
        ListWritten::Done(record) => Ok(*record),
        ListWritten::NotFound => Err(missing()),
        ListWritten::TooMany => Err(Problem::new(Code::TooManyLists)),
        ListWritten::EndsBeforeItBegins => Err(Problem::invalid("/until", "must be after from")),
    }
}

async fn read_live(office: &Office, show: &Show, number: ListNumber) -> Result<ListRecord, Problem> {
    let of = show.id;
    let read = move |connection: &mut _| Ok(find_list(connection, of, number)?);
    let record = office.database.read(read).await?;
    record.ok_or_else(missing)
}

fn read_name(name: &str) -> Result<String, Problem> {
    let read = read_list_name(name).map(str::to_owned);
    read.ok_or_else(|| {
        let detail = format!("must be 1 to {LIST_NAME_CHARS_MAX} printable characters");
        Problem::invalid("/name", detail)
    })
}

fn read_categories(plan: &Plan, names: Option<&[String]>) -> Result<Option<Vec<CategoryIndex>>, Problem> {
    read_names("/categories", names, |name| plan.category_index(name))
}

fn read_sections(plan: &Plan, names: Option<&[String]>) -> Result<Option<Vec<SectionIndex>>, Problem> {
    read_names("/sections", names, |name| plan.section_index(name))
}

fn read_zones(plan: &Plan, names: Option<&[String]>) -> Result<Option<Vec<ZoneIndex>>, Problem> {
    read_names("/zones", names, |name| plan.zone_index(name))
}

/// What these names of the plan mean, each once; a list of none would admit nobody.
fn read_names<T: Copy + Ord>(
    field: &str,
    names: Option<&[String]>,
    find: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, Problem> {
    let Some(names) = names else { return Ok(None) };
    if names.is_empty() {
        return Err(Problem::invalid(field, "must name one at least, or be left out"));
    }
    let mut read = BTreeSet::new();
    for (at, name) in names.iter().enumerate() {
        let field = format!("{field}/{at}");
        let found =
            find(name).ok_or_else(|| Problem::invalid(&field, "the show has nothing of that name"))?;
        if !read.insert(found) {
            return Err(Problem::invalid(field, "is named twice"));
        }
    }
    Ok(Some(read.into_iter().collect()))
}

/// A list on the wire.
fn body_of(plan: &Plan, record: ListRecord) -> CheckInListBody {
    let ListRecord {
        number,
        list,
        created_at,
    } = record;
    let category = |index: &CategoryIndex| Some(plan.categories().get(usize::from(index.0))?.name.clone());
    let section = |index: &SectionIndex| Some(plan.sections().get(usize::from(index.0))?.name.clone());
    let zone = |index: &ZoneIndex| Some(plan.zone(*index)?.name.clone());
    CheckInListBody {
        id: number.0.to_string(),
        name: list.name,
        categories: list
            .categories
            .map(|indices| indices.iter().filter_map(category).collect()),
        sections: list
            .sections
            .map(|indices| indices.iter().filter_map(section).collect()),
        zones: list
            .zones
            .map(|indices| indices.iter().filter_map(zone).collect()),
        from: list.from,
        until: list.until,
        allows_reentry: list.allows_reentry,
        created_at,
    }
}
