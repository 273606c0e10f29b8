//! A show's doors as they are now: how many came in, are inside, have left.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::DoorReader;
use super::extract::{TheOffice, find_own_current_show};
use super::problem::Problem;
use crate::store::check_in_list::read_all_lists;
use crate::store::door::{Visitors, count_visitors};
use domain::door::ListNumber;
use domain::plan::{CategoryIndex, Plan};

/// Visitors by how they are now: each ticket is counted once.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct VisitorsBody {
    /// Tickets that were used.
    #[schema(minimum = 0)]
    pub admitted: i64,
    /// Of those, with whom somebody is inside.
    #[schema(minimum = 0)]
    pub inside: i64,
    /// Of those, with whom somebody has left.
    #[schema(minimum = 0)]
    pub left: i64,
}

impl VisitorsBody {
    fn add(&mut self, visitors: &Visitors) {
        self.admitted += visitors.count;
        if visitors.are_inside {
            self.inside += visitors.count;
        } else {
            self.left += visitors.count;
        }
    }
}

/// Visitors of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryVisitorsBody {
    /// The category; null for those whom an office of the version before has let in.
    #[schema(required)]
    pub category: Option<String>,
    /// How many.
    pub visitors: VisitorsBody,
}

/// Visitors by the list by which they came in first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListVisitorsBody {
    /// The list; null for the one that admits every ticket.
    #[schema(required)]
    pub list: Option<String>,
    /// What it is called; null as well.
    #[schema(required)]
    pub name: Option<String>,
    /// How many.
    pub visitors: VisitorsBody,
    /// The same by category.
    pub categories: Vec<CategoryVisitorsBody>,
}

/// What a show's doors have counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorCountsBody {
    /// The show.
    pub show: String,
    /// All visitors.
    pub visitors: VisitorsBody,
    /// By category.
    pub categories: Vec<CategoryVisitorsBody>,
    /// By list; those by which somebody came in.
    pub lists: Vec<ListVisitorsBody>,
    /// Scans that somebody should look at: `GET /v1/shows/{show}/check-ins?conflicts=true`.
    #[schema(minimum = 0)]
    pub conflicts: i64,
}

/// How many came in, are inside, have left.
///
/// Exact, as it is counted when it is asked for. It may be kept for a second.
#[utoipa::path(tag = "tickets", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The counts", body = DoorCountsBody),
))]
#[get("/v1/shows/{show}/door")]
pub async fn get_door(
    office: TheOffice,
    reader: DoorReader,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read =
        move |connection: &mut _| Ok((count_visitors(connection, of)?, read_all_lists(connection, of)?));
    let (counts, lists) = office.database.read(read).await?;
    let names: BTreeMap<_, _> = lists
        .into_iter()
        .map(|record| (record.number, record.list.name))
        .collect();
    let mut all = VisitorsBody::default();
    let mut by_category = ByCategory::new();
    let mut by_list: BTreeMap<Option<ListNumber>, ByCategory> = BTreeMap::new();
    for visitors in &counts.visitors {
        all.add(visitors);
        for counted in [&mut by_category, by_list.entry(visitors.list).or_default()] {
            counted.entry(visitors.category).or_default().add(visitors);
        }
    }
    let lists = by_list.into_iter().map(|(list, by_category)| {
        let mut all = VisitorsBody::default();
        for part in by_category.values() {
            all.admitted += part.admitted;
            all.inside += part.inside;
            all.left += part.left;
        }
        ListVisitorsBody {
            list: list.map(|list| list.0.to_string()),
            name: list.and_then(|list| names.get(&list).cloned()),
            visitors: all,
            categories: named(&show.plan, by_category),
        }
    });
    let body = DoorCountsBody {
        show: show.id.to_string(),
        visitors: all,
        lists: lists.collect(),
        categories: named(&show.plan, by_category),
        conflicts: counts.conflicts,
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("private, max-age=1")));
    Ok(response.json(body))
}

type ByCategory = BTreeMap<Option<CategoryIndex>, VisitorsBody>;

fn named(plan: &Plan, counted: ByCategory) -> Vec<CategoryVisitorsBody> {
    let name = |category: CategoryIndex| plan.categories().get(usize::from(category.0));
    let body = |(category, visitors): (Option<CategoryIndex>, _)| CategoryVisitorsBody {
        category: category.and_then(name).map(|category| category.name.clone()),
        visitors,
    };
    counted.into_iter().map(body).collect()
}
