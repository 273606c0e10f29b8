//! A show's orders and tickets as tables (CSV), for whoever runs it: sent page by page as they are read, so that a million of them
//! take no more memory than a few hundred.
//!
//! One that can't be sent to its end is cut off: its last chunk, by which a client knows that it has all, never comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::order::OrderStateBody;
use super::bodies::place::{SeatPlaceBody, seat_names};
use super::caller::BuyersReader;
use super::csv::{plain, push_line};
use super::extract::{TheOffice, find_own_current_show};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::shares::Export;
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use crate::store::order_list::{Direction, Listed, Wanted, list_orders};
use domain::event::{Place, ZonePlaces};
use domain::id::OrganiserId;
use domain::reference::ReferenceKey;
use domain::show::Show;
use domain::tariff::Bill;

/// Orders that are read at a time.
const EXPORT_PAGE_ORDERS: i64 = 200;
/// How long an export may take.
const EXPORT_SECONDS_MAX: Duration = Duration::from_secs(900);

const ORDER_COLUMNS: [&str; 20] = [
    "order",
    "state",
    "created_at",
    "session",
    "seats",
    "zones",
    "places",
    "returned_places",
    "total_minor_units",
    "currency",
    "buyer_name",
    "buyer_email",
    "buyer_phone",
    "buyer_locale",
    "attendees",
    "metadata",
    "ticket_types",
    "code",
    "discount_minor_units",
    "fees_minor_units",
];
const TICKET_COLUMNS: [&str; 17] = [
    "ticket",
    "order",
    "created_at",
    "category",
    "seat",
    "section",
    "row",
    "number",
    "zone",
    "price_minor_units",
    "currency",
    "attendee",
    "buyer_name",
    "buyer_email",
    "ticket_type",
    "fee_minor_units",
    "code",
];

/// Which orders are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// In this state alone.
    pub state: Option<OrderStateBody>,
    /// Made then or later.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_after: Option<DateTime<Utc>>,
    /// Made before.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_before: Option<DateTime<Utc>>,
}

/// Which tickets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketsExportQuery {
    /// Of orders that were made then or later.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_after: Option<DateTime<Utc>>,
    /// Of orders that were made before.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub created_before: Option<DateTime<Utc>>,
}

/// A show's orders as a table.
///
/// CSV (RFC 4180) in UTF-8, a line an order, in the order in which they were booked, those that are there when it begins. Texts that
/// a spreadsheet would take for a formula begin with `'`. An export that is cut off ends without its last chunk.
#[utoipa::path(tag = "orders", params(("show" = String, Path, description = "The show's id"), ExportQuery), responses(
    (status = 200, description = "The table", body = String, content_type = "text/csv"),
))]
#[get("/v1/shows/{show}/exports/orders")]
pub async fn export_orders(
    office: TheOffice,
    reader: BuyersReader,
    id: web::Path<String>,
    query: Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(
        query.state.map(OrderState::from),
        query.created_after,
        query.created_before,
    );
    let table = Table {
        name: "orders",
        columns: &ORDER_COLUMNS,
        write: write_order,
    };
    export(office, reader.organiser(), &id, wanted, table).await
}

/// A show's tickets as a table.
///
/// As the orders are exported: a line for each ticket of a paid order that was not given back.
#[utoipa::path(tag = "orders", params(("show" = String, Path, description = "The show's id"), TicketsExportQuery), responses(
    (status = 200, description = "The table", body = String, content_type = "text/csv"),
))]
#[get("/v1/shows/{show}/exports/tickets")]
pub async fn export_tickets(
    office: TheOffice,
    reader: BuyersReader,
    id: web::Path<String>,
    query: Query<TicketsExportQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(Some(OrderState::Paid), query.created_after, query.created_before);
    let table = Table {
        name: "tickets",
        columns: &TICKET_COLUMNS,
        write: write_tickets,
    };
    export(office, reader.organiser(), &id, wanted, table).await
}

fn wanted(
    state: Option<OrderState>,
    made_from: Option<DateTime<Utc>>,
    made_before: Option<DateTime<Utc>>,
) -> Wanted {
    Wanted {
        direction: Direction::OldestFirst,
        after: None,
        until: None,
        state,
        session: None,
        email: None,
        code: None,
        number: None,
        made_from,
        made_before,
    }
}

/// What is exported.
#[derive(Clone, Copy)]
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    /// Writes an order's lines.
    write: fn(&mut String, &Show, &ReferenceKey, &Listed),
}

/// An export under way.
struct Exporting {
    office: TheOffice,
    show: Arc<Show>,
    table: Table,
    /// What is still to be sent.
    wanted: Wanted,
    deadline: Instant,
    _turn: Export,
}

async fn export(
    office: TheOffice,
    organiser: OrganiserId,
    id: &str,
    wanted: Wanted,
    table: Table,
) -> Result<HttpResponse, Problem> {
    let (show, head) = find_own_current_show(&office, organiser, id).await?;
    let turn = office.reports.export(organiser);
    let turn = turn.ok_or_else(|| Problem::new(Code::Busy))?;
    let exporting = Exporting {
        wanted: Wanted {
            // Orders that are booked meanwhile are another export's: this one would else have no end.
            until: Some(head.offset),
            ..wanted
        },
        show,
        table,
        deadline: Instant::now() + EXPORT_SECONDS_MAX,
        _turn: turn,
        office,
    };
    let file = format!(
        "attachment; filename=\"{}-{}.csv\"",
        table.name, exporting.show.id
    );
    // What can't even begin is refused.
    let mut lines = String::new();
    push_line(&mut lines, table.columns);
    let (first, rest) = exporting.next(lines).await?;
    let rest = stream::try_unfold(rest, |exporting| async move {
        match exporting {
            Some(exporting) => exporting.next(String::new()).await.map(Some),
            None => Ok(None),
        }
    });
    let all = stream::once(async { Ok(first) }).chain(rest);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, file))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(all)))
}

impl Exporting {
    /// The next lines, and what comes after them.
    async fn next(mut self, mut lines: String) -> Result<(Bytes, Option<Self>), StoreError> {
        if Instant::now() > self.deadline {
            tracing::warn!(show.id = %self.show.id, "an export took too long and was cut off");
            return Err(StoreError::Busy);
        }
        let (of, wanted) = (self.show.id, self.wanted.clone());
        let read = move |connection: &mut _| Ok(list_orders(connection, of, &wanted, EXPORT_PAGE_ORDERS)?);
        let (orders, next) = self.office.database.read(read).await?;
        let references = self.office.identity.references();
        for order in &orders {
            (self.table.write)(&mut lines, &self.show, references, order);
        }
        let rest = next.map(|next| {
            self.wanted.after = Some(next);
            self
        });
        Ok((lines.into(), rest))
    }
}

fn write_order(lines: &mut String, show: &Show, references: &ReferenceKey, order: &Listed) {
    let details = &order.details;
    let zone = |part: &ZonePlaces| {
        let zone = show.plan.zone(part.zone);
        zone.map(|zone| format!("{} x {}", part.count, zone.name))
    };
    let zones: Vec<_> = order.places.zones.iter().filter_map(zone).collect();
    let attendees = details.attendees.iter().flatten().map(String::as_str);
    let attendees = attendees.collect::<Vec<_>>().join("; ");
    let metadata = match details.metadata.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&details.metadata).unwrap_or_default(),
    };
    let bill = order.bill.as_ref();
    let discount = bill.and_then(|bill| bill.discount.as_ref());
    let prices = show.order_prices(order.prices.as_deref(), &order.places);
    let cells = [
        references.order_reference(order.number).to_string(),
        state(order.state).to_owned(),
        time(order.created_at),
        order.session.to_string(),
        plain(&seat_names::<&str>(show, &order.places.seats).join("; ")),
        plain(&zones.join("; ")),
        order.places.count().to_string(),
        match order.state {
            OrderState::Refunded => order.places.count().to_string(),
            _ => order.returned.len().to_string(),
        },
        order.total_minor_units.to_string(),
        show.currency.code().to_owned(),
        told(details.buyer.name.as_deref()),
        told(details.buyer.email.as_deref()),
        told(details.buyer.phone.as_deref()),
        told(details.buyer.locale.as_deref()),
        plain(&attendees),
        plain(&metadata),
        ticket_types(bill),
        told(order.code()),
        discount.map_or(0, |discount| discount.amount).to_string(),
        bill.map_or(0, |bill| bill.fees(&prices)).to_string(),
    ];
    push_line(lines, &cells);
}

/// How many of each ticket type, as in `2 x adult; 1 x child`.
fn ticket_types(bill: Option<&Bill>) -> String {
    let mut counts = BTreeMap::<_, usize>::new();
    for ticket_type in bill.iter().flat_map(|bill| bill.ticket_types.iter().flatten()) {
        *counts.entry(ticket_type).or_default() += 1;
    }
    let counts = counts
        .iter()
        .map(|(ticket_type, count)| format!("{count} x {ticket_type}"));
    counts.collect::<Vec<_>>().join("; ")
}

fn write_tickets(lines: &mut String, show: &Show, references: &ReferenceKey, order: &Listed) {
    let prices = show.order_prices(order.prices.as_deref(), &order.places);
    let details = &order.details;
    let tickets = order
        .places
        .tickets()
        .filter(|(ticket, _)| !order.returned.contains(ticket));
    for (ticket, place) in tickets {
        let at = usize::from(ticket.0);
        let bill = order.bill.as_ref();
        let ticket_type = bill.and_then(|bill| bill.ticket_type(ticket));
        let price = prices.get(at).copied().unwrap_or_default();
        let (seat, zone) = match place {
            Place::Seat(seat) => (SeatPlaceBody::of(&show.plan, seat), None),
            Place::Zone(zone) => (None, show.plan.zone(zone).map(|zone| zone.name.as_str())),
        };
        let category = place.category_in(&show.plan);
        let category = category.and_then(|category| show.plan.categories().get(usize::from(category.0)));
        let seat = seat.as_ref();
        let cells = [
            references
                .ticket_code(order.number, order.transferred.in_code(ticket))
                .to_string(),
            references.order_reference(order.number).to_string(),
            time(order.created_at),
            told(category.map(|category| category.name.as_str())),
            told(seat.map(|seat| &*seat.seat)),
            told(seat.map(|seat| &*seat.section)),
            told(seat.map(|seat| &*seat.row)),
            told(seat.map(|seat| &*seat.number)),
            told(zone),
            price.to_string(),
            show.currency.code().to_owned(),
            told(details.attendees.get(at).and_then(Option::as_deref)),
            told(details.buyer.name.as_deref()),
            told(details.buyer.email.as_deref()),
            ticket_type.map(ToString::to_string).unwrap_or_default(),
            bill.map_or(0, |bill| bill.ticket_fee(price)).to_string(),
            told(order.code()),
        ];
        push_line(lines, &cells);
    }
}

fn told(text: Option<&str>) -> String {
    text.map(plain).unwrap_or_default()
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

const fn state(state: OrderState) -> &'static str {
    match state {
        OrderState::Held => "held",
        OrderState::Paid => "paid",
        OrderState::Canceled => "canceled",
        OrderState::TimedOut => "timed_out",
        OrderState::Refunded => "refunded",
    }
}
