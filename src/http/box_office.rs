//! Orders that an organiser makes at its own counter: sold for cash, on an invoice, or given away.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::buyer::BuyerBody;
use super::bodies::order::{NewOrderBody, OrderBody, OrderView, TypedPlacesBody, ZonePlacesBody, read_list};
use super::bodies::together::TogetherBody;
use super::body::Json;
use super::caller::Seller;
use super::change::{idempotency_key, pass};
use super::extract::{KeyHeader, TheOffice, find_own_current_show, find_own_show};
use super::orders::{read_people, read_wish};
use super::problem::{Code, Problem};
use crate::pay::new_payment_id;
use crate::pay::provider::box_office::BOX_OFFICE;
use crate::store::batch::IdempotencyKey;
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use domain::command::{Booking, Command, Tender};
use domain::outcome::Outcome;

/// How an order of the box office is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaidWithBody {
    /// With cash, at the show's prices.
    Cash,
    /// On an invoice, at the show's prices.
    Invoice,
    /// With nothing: the tickets are given away, and cost nothing.
    Comp,
}

impl PaidWithBody {
    /// What the payment says.
    const fn word(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Invoice => "invoice",
            Self::Comp => "comp",
        }
    }
}

/// An order of the box office: places, and how they are paid.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBoxOfficeOrderBody {
    /// How it is paid.
    pub paid_with: PaidWithBody,
    /// Seats by name.
    #[serde(default, deserialize_with = "read_list")]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Seats side by side.
    #[serde(default)]
    pub together: Option<TogetherBody>,
    /// Places in zones.
    #[serde(default, deserialize_with = "read_list")]
    pub zones: Option<Vec<ZonePlacesBody>>,
    /// What some of these places are to be sold as; the others are the first ticket type of their category.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 50)]
    pub ticket_types: Option<Vec<TypedPlacesBody>>,
    /// A code for a discount, in capital letters or small ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub code: Option<String>,
    /// Who buys.
    #[serde(default)]
    pub buyer: Option<BuyerBody>,
    /// Who comes with each ticket: first those of the seats, then those of the zones' places, in the order in which they are asked
    /// for; null for nobody in particular.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub attendees: Option<Vec<Option<String>>>,
    /// What is noted of it: up to 50 texts of 500 characters, under names of 40.
    #[serde(default)]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// Sell at the box office.
///
/// All of the places or none, paid at once: for cash, on an invoice, or given away at no price. Also while the show is closed to buyers,
/// as long as it is published and not canceled. The money is the organiser's to take and to give back; the ledger has it under
/// `box_office`.
#[utoipa::path(tag = "orders", request_body = NewBoxOfficeOrderBody, params(
    ("show" = String, Path, description = "The show's id"),
), responses(
    (status = 201, description = "The order is paid", body = OrderBody),
))]
#[post("/v1/shows/{show}/box-office/orders")]
pub async fn create_box_office_order(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<NewBoxOfficeOrderBody>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, seller.organiser(), &id).await?;
    let key = idempotency_key(&seller.0, key, "create_box_office_order", &id, &body.0);
    let (paid_with, wanted) = parts(*body.0);
    let wish = read_wish(&show, office.identity.references(), &wanted)?;
    let details = read_people(&wanted, &wish)?;
    // An order is a session's. This one is nobody's but the organiser's: its token is never told.
    let (session, _token) = office.identity.new_session();
    let hold = Command::Hold {
        session,
        wish,
        details: details.clone(),
        booking: match paid_with {
            PaidWithBody::Cash | PaidWithBody::Invoice => Booking::House,
            PaidWithBody::Comp => Booking::Free,
        },
    };
    let held = pass(&office, &show, hold, key.clone()).await?;
    let Outcome::Held(held) = &held.outcome else {
        return Err(StoreError::internal("a hold has another outcome").into());
    };
    office.shows.note_order(held.order, show.id);
    // Two steps: if the second is never asked for, the places are free again when the hold ends. Asked again under the key, the
    // session is that of the first time.
    let record = office.orders.read(show.id, held.order).await?;
    let record = record.ok_or_else(|| Problem::new(Code::OrderExpired))?;
    let pay = Command::Pay {
        session: record.session,
        order: held.order,
        tender: Tender {
            payment: new_payment_id(show.id),
            provider: BOX_OFFICE,
            payment_method: paid_with.word().to_owned(),
            return_url: None,
        },
    };
    let decision = pass(&office, &show, pay, key.map(second_step)).await?;
    let Outcome::Paid(paid) = &decision.outcome else {
        return Err(StoreError::internal("a payment has another outcome").into());
    };
    // The terms that it was decided on: this node knows them by now.
    let show = find_own_show(&office, seller.organiser(), &id).await?;
    let view = OrderView {
        fall_back: held.fall_back,
        ..OrderView::of_held(&show, office.identity.references(), &paid.held).told(details.as_deref())
    };
    let body = view.at(OrderState::Paid, decision.offset).body(office.till);
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/orders/{}", body.id)))
        .json(body))
}

/// How it is paid, and the rest as a buyer asks for it.
fn parts(body: NewBoxOfficeOrderBody) -> (PaidWithBody, NewOrderBody) {
    let NewBoxOfficeOrderBody {
        paid_with,
        seats,
        together,
        zones,
        ticket_types,
        code,
        buyer,
        attendees,
        metadata,
    } = body;
    let wanted = NewOrderBody {
        seats,
        together,
        zones,
        ticket_types,
        code,
        buyer,
        attendees,
        metadata,
    };
    (paid_with, wanted)
}

/// The key of the second command of a request, where no caller's key can be.
fn second_step(key: IdempotencyKey) -> IdempotencyKey {
    IdempotencyKey {
        scope: !key.scope,
        ..key
    }
}
