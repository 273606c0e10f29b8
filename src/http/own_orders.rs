//! A buyer's own orders, of all shows.

use actix_web::{HttpResponse, get};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::order::{OrderBody, OrderStateBody, OrderView};
use super::caller::Buyer;
use super::extract::TheOffice;
use super::orders::parse_reference;
use super::page::page_limit;
use super::problem::Problem;
use super::query::Query;
use crate::office::Office;
use crate::store::order::OrderState;
use crate::store::own_orders::{ListPlace, OwnWanted, list_own_orders};
use domain::id::ShowId;

/// Orders on a page: each tells all of its tickets.
const OWN_ORDERS_PAGE_MAX: i64 = 50;

/// Which orders are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnOrdersQuery {
    /// Of this show alone.
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    pub show: Option<String>,
    /// In this state alone.
    pub state: Option<OrderStateBody>,
    /// Most orders on the page.
    #[param(minimum = 1, maximum = 50)]
    pub limit: Option<i64>,
    /// Where the page begins, as the one before says.
    #[param(pattern = "^[1-9][0-9]{0,14}-[A-Z]{5}-[A-Z]{5}$")]
    pub after: Option<String>,
}

/// A page of a session's orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnOrdersPage<'a> {
    /// The newest first.
    pub orders: Vec<OrderBody<'a>>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// A session's own orders.
///
/// Of all shows, the newest first, as they stand now, with their tickets; the newest 5,000, of a session that has more. What was given back at a provider is told of each order by
/// itself.
#[utoipa::path(tag = "orders", params(OwnOrdersQuery), responses(
    (status = 200, description = "A page of orders", body = OwnOrdersPage),
))]
#[get("/v1/orders")]
pub async fn list_orders(
    office: TheOffice,
    buyer: Buyer,
    query: Query<OwnOrdersQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(query.limit, OWN_ORDERS_PAGE_MAX)?;
    let show = query.show.as_deref().map(str::parse::<ShowId>).transpose();
    let show = show.map_err(|_not_an_id| Problem::bad_parameter("show", "is no show's id"))?;
    let after = query.after.as_deref().map(|text| {
        read_place(&office, text).ok_or_else(|| Problem::bad_parameter("after", "is no page's end"))
    });
    let wanted = OwnWanted {
        session: buyer.session,
        after: after.transpose()?,
        show,
        state: query.state.map(OrderState::from),
    };
    let read = move |connection: &mut _| Ok(list_own_orders(connection, wanted, limit)?);
    let (records, next) = office.database.read(read).await?;
    let references = office.identity.references();
    let mut shows = Vec::with_capacity(records.len());
    for (record, _) in &records {
        shows.push(office.shows.at_least(record.show, record.revision).await?);
    }
    // One of a show that is being forgotten goes with it.
    let there = records.iter().zip(&shows);
    let orders = there.filter_map(|((record, details), show)| {
        let view = OrderView::of(show.as_deref()?, references, record).told(Some(details));
        Some(view.body(office.till))
    });
    let orders = orders.collect();
    Ok(HttpResponse::Ok().json(OwnOrdersPage {
        orders,
        next_after: next.map(|place| write_place(&office, place)),
    }))
}

/// A place in the list as text: the microsecond and the reference of its order.
fn write_place(office: &Office, place: ListPlace) -> String {
    let reference = office.identity.references().order_reference(place.number);
    format!("{}-{reference}", place.created_at.timestamp_micros())
}

fn read_place(office: &Office, text: &str) -> Option<ListPlace> {
    let (micros, reference) = text.split_once('-')?;
    Some(ListPlace {
        created_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
        number: parse_reference(office, reference).ok()?,
    })
}
