//! The orders of a show, for whoever runs it: to see who holds what, and to release it (`DELETE /v1/orders/{order}`).

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::buyer::BuyerBody;
use super::bodies::line::OrderLineBody;
use super::bodies::money::MoneyBody;
use super::bodies::order::{OrderStateBody, ZonePlacesBody, zone_places};
use super::bodies::place::{SeatPlaceBody, seat_names, seat_places};
use super::caller::{Reader, sees_buyers};
use super::extract::{TheOffice, find_own_current_show};
use super::orders::parse_reference;
use super::page::page_limit;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::store::order::OrderState;
use crate::store::order_list::{Direction, Listed, Wanted, list_orders};
use domain::code::CodeWord;
use domain::details::Details;
use domain::id::{Offset, SessionId};
use domain::money::Money;
use domain::reference::ReferenceKey;
use domain::show::Show;

/// Orders on a page.
const ORDERS_PAGE_MAX: i64 = 100;

/// Which orders are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// In this state alone.
    pub state: Option<OrderStateBody>,
    /// Of this session alone.
    #[param(pattern = "^[0-9a-f]{32}$")]
    pub session: Option<String>,
    /// Of a buyer of this e-mail address alone, in any case of its letters. For keys that may know who buys.
    #[param(min_length = 3, max_length = 254)]
    pub email: Option<String>,
    /// The order of this reference alone.
    #[param(pattern = "^[A-Z]{5}-[A-Z]{5}$")]
    pub reference: Option<String>,
    /// Made with this code alone, in capital letters or small ones.
    #[param(pattern = "^[A-Za-z0-9_-]{1,40}$")]
    pub code: Option<String>,
    /// Made then or later.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_after: Option<DateTime<Utc>>,
    /// Made before.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_before: Option<DateTime<Utc>>,
    /// Whether the list begins with the newest order; with the oldest, if left out.
    pub newest_first: Option<bool>,
    /// Most orders on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page begins, as the one before says.
    pub after: Option<String>,
}

/// An order, as the organiser sees it in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedOrderBody<'a> {
    /// Its reference.
    pub id: String,
    /// Whose it is.
    pub session: String,
    /// Where it stands.
    pub state: OrderStateBody,
    /// The seats, as they were booked.
    pub seats: Vec<&'a str>,
    /// Where they are, in the same order.
    pub places: Vec<SeatPlaceBody<'a>>,
    /// The places in zones, as they were booked.
    pub zones: Vec<ZonePlacesBody>,
    /// What each place costs and is sold as: a seat each and then a place of each zone.
    pub lines: Vec<OrderLineBody<'a>>,
    /// The code that it was made with, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Who buys it, where that is told, for keys that may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<BuyerBody>,
    /// Who comes, where that is told: by the seats and the zones' places as they were booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 500)]
    pub attendees: Option<&'a [Option<String>]>,
    /// What is noted of it, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// Its price.
    pub total: MoneyBody,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the hold ends, for the buyer.
    pub expires_at: DateTime<Utc>,
}

/// A page of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrdersPage<'a> {
    /// In the order in which they were booked, or with `newest_first` the other way round.
    pub orders: Vec<ListedOrderBody<'a>>,
    /// Where the next page begins; null on the last. A page may be short, or empty, and have a next one.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// A show's orders.
///
/// For whoever runs the show: who holds and owns what, searched by state, session, e-mail address, reference, code and time. A page may be
/// short, or empty, and have a next one.
#[utoipa::path(tag = "orders", params(("show" = String, Path, description = "The show's id"), OrdersQuery), responses(
    (status = 200, description = "A page of orders", body = OrdersPage),
))]
#[get("/v1/shows/{show}/orders")]
pub async fn list_show_orders(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<OrdersQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(query.limit, ORDERS_PAGE_MAX)?;
    let session = query.session.as_deref().map(|text| {
        let id = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        id.map(SessionId)
            .ok_or_else(|| Problem::bad_parameter("session", "is no session's id"))
    });
    let after = query.after.as_deref().map(|text| {
        let end = text.parse().ok().filter(|offset| *offset >= 0);
        end.map(Offset)
            .ok_or_else(|| Problem::bad_parameter("after", "is no page's end"))
    });
    let sees_buyers = sees_buyers(&reader.0);
    if query.email.is_some() && !sees_buyers {
        let detail = "a key of this role may not know who buys";
        return Err(Problem::new(Code::Forbidden).detail(detail));
    }
    let reference = query.reference.as_deref().map(|text| {
        let number = parse_reference(&office, text);
        number.map_err(|_none| Problem::bad_parameter("reference", "is no order's reference"))
    });
    let code = query.code.as_deref().map(|text| {
        let code = CodeWord::read(text);
        code.map_err(|not_a_code| Problem::bad_parameter("code", not_a_code.to_string()))
    });
    let wanted = Wanted {
        direction: match query.newest_first {
            Some(true) => Direction::NewestFirst,
            Some(false) | None => Direction::OldestFirst,
        },
        after: after.transpose()?,
        until: None,
        state: query.state.map(OrderState::from),
        session: session.transpose()?,
        email: query.email.clone(),
        code: code.transpose()?,
        number: reference.transpose()?,
        made_from: query.created_after,
        made_before: query.created_before,
    };
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(list_orders(connection, of, &wanted, limit)?);
    let (orders, next) = office.database.read(read).await?;
    let references = office.identity.references();
    Ok(HttpResponse::Ok().json(OrdersPage {
        orders: orders
            .iter()
            .map(|order| body_of(&show, references, order, sees_buyers.then_some(&order.details)))
            .collect(),
        next_after: next.map(|offset| offset.to_string()),
    }))
}

/// An order, with these details if they may be told.
fn body_of<'a>(
    show: &'a Show,
    references: &ReferenceKey,
    order: &'a Listed,
    details: Option<&'a Details>,
) -> ListedOrderBody<'a> {
    let prices = show.order_prices(order.prices.as_deref(), &order.places);
    let total = Money {
        amount: order.total_minor_units,
        currency: show.currency,
    };
    ListedOrderBody {
        id: references.order_reference(order.number).to_string(),
        session: order.session.to_string(),
        state: order.state.into(),
        seats: seat_names(show, &order.places.seats),
        places: seat_places(show, &order.places.seats),
        zones: zone_places(show, &order.places.zones),
        lines: OrderLineBody::of_order(show, &order.places, &prices, order.bill.as_ref(), |ticket| {
            order.state == OrderState::Refunded || order.returned.contains(&ticket)
        }),
        code: order.code(),
        buyer: details.and_then(|details| BuyerBody::of(&details.buyer)),
        attendees: details
            .map(|details| details.attendees.as_slice())
            .filter(|attendees| attendees.iter().any(Option::is_some)),
        metadata: details
            .map(|details| &details.metadata)
            .filter(|metadata| !metadata.is_empty()),
        total: total.into(),
        created_at: order.created_at,
        expires_at: order.expires_at,
    }
}
