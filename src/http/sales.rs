//! What a show has sold, for whoever runs it.

use std::cmp::Reverse;

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::money::MoneyBody;
use super::caller::Reader;
use super::extract::{TheOffice, find_own_current_show};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::store::sales::{EVENTS_BACK_MAX, Part, Parts, Sales, Summed, sum_sales};
use domain::id::Offset;
use domain::money::Money;
use domain::plan::CategoryIndex;
use domain::show::Show;

/// Hours that are told: the latest.
const SALES_HOURS_MAX: usize = 1_000;

/// Codes that are told: those with most places.
const SALES_CODES_MAX: usize = 1_000;

/// At which offset sales are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SalesQuery {
    /// As it was at this offset of the journal; as it is now, if left out.
    #[param(minimum = 0)]
    pub at: Option<i64>,
}

/// Some places and their money.
#[derive(Debug, Serialize, ToSchema)]
pub struct SoldBody {
    /// How many.
    #[schema(minimum = 0)]
    pub places: i64,
    /// What they cost when they were put into their orders.
    pub total: MoneyBody,
}

/// What became of some places.
#[derive(Debug, Serialize, ToSchema)]
pub struct SalesPartsBody {
    /// In orders that are still to be paid, as the journal has it: a hold that has just lapsed may be among them.
    pub held: SoldBody,
    /// Paid, and not given back.
    pub sold: SoldBody,
    /// Paid and given back.
    pub returned: SoldBody,
}

/// The places of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategorySalesBody {
    /// The category.
    pub category: String,
    /// In orders that are still to be paid.
    pub held: SoldBody,
    /// Paid, and not given back.
    pub sold: SoldBody,
    /// Paid and given back.
    pub returned: SoldBody,
}

/// The places of orders that were made within an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct HourSalesBody {
    /// When it began.
    pub hour: DateTime<Utc>,
    /// In orders that are still to be paid.
    pub held: SoldBody,
    /// Paid, and not given back.
    pub sold: SoldBody,
    /// Paid and given back.
    pub returned: SoldBody,
}

/// The places that were sold as one ticket type.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketTypeSalesBody {
    /// The ticket type's id.
    pub ticket_type: String,
    /// In orders that are still to be paid.
    pub held: SoldBody,
    /// Paid, and not given back.
    pub sold: SoldBody,
    /// Paid and given back.
    pub returned: SoldBody,
}

/// The places of orders that were made with one code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeSalesBody {
    /// The code.
    pub code: String,
    /// In orders that are still to be paid.
    pub held: SoldBody,
    /// Paid, and not given back.
    pub sold: SoldBody,
    /// Paid and given back.
    pub returned: SoldBody,
}

/// A show's sales.
#[derive(Debug, Serialize, ToSchema)]
pub struct SalesBody {
    /// The show.
    pub show: String,
    /// The journal's offset at which exactly this was so.
    #[schema(minimum = 0)]
    pub journal_offset: i64,
    /// All of it.
    pub total: SalesPartsBody,
    /// What has gone back of payments, or is about to; also at providers. Not told of a past offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<MoneyBody>,
    /// By category, as the plan lists them.
    pub categories: Vec<CategorySalesBody>,
    /// By the hour in which the orders were made, the latest first: the last thousand hours in which any were.
    pub hours: Vec<HourSalesBody>,
    /// By what places are sold as, by the ids of the ticket types.
    pub ticket_types: Vec<TicketTypeSalesBody>,
    /// By code, those with most places first: a thousand at most.
    pub codes: Vec<CodeSalesBody>,
}

/// What a show has sold.
///
/// Places and money that are held, sold and given back: in all, by category, ticket type and code, and by the hour in which their orders were made;
/// exactly as the journal has it at the offset that the answer names, now or `at` an earlier one.
#[utoipa::path(tag = "orders", params(("show" = String, Path, description = "The show's id"), SalesQuery), responses(
    (status = 200, description = "The sales", body = SalesBody),
))]
#[get("/v1/shows/{show}/sales")]
pub async fn get_sales(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<SalesQuery>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let at = query.at.map(Offset);
    if at.is_some_and(|at| at.0 < 0) {
        return Err(Problem::bad_parameter("at", "must not be negative"));
    }
    // Few at a time: each reads all of a show's orders.
    let turn = office.reports.sum().await;
    let _turn = turn.ok_or_else(|| Problem::new(Code::Busy))?;
    let of = show.clone();
    let sum = move |connection: &mut _| Ok(sum_sales(connection, &of, at)?);
    match office.database.read_long(sum).await? {
        Summed::Sales(sales) => Ok(HttpResponse::Ok().json(body_of(&show, &sales))),
        Summed::NotYet => Err(Problem::not_found("offset")),
        Summed::TooFarBack => {
            let detail = format!("lies more than {EVENTS_BACK_MAX} events back");
            Err(Problem::bad_parameter("at", detail))
        }
        Summed::Forgotten => Err(Problem::new(Code::Forgotten)),
    }
}

fn body_of(show: &Show, sales: &Sales) -> SalesBody {
    let money = |amount| -> MoneyBody {
        let currency = show.currency;
        Money { amount, currency }.into()
    };
    let sold = |part: Part| SoldBody {
        places: part.places,
        total: money(part.amount),
    };
    let total = sales.total();
    let categories = (0..).map(CategoryIndex).zip(show.plan.categories());
    let categories = categories.map(|(index, category)| {
        let Parts {
            held,
            sold: paid,
            returned,
        } = sales.categories.get(&index).copied().unwrap_or_default();
        CategorySalesBody {
            category: category.name.clone(),
            held: sold(held),
            sold: sold(paid),
            returned: sold(returned),
        }
    });
    let hours = sales.hours.iter().rev().take(SALES_HOURS_MAX);
    let hours = hours.map(|(hour, parts)| HourSalesBody {
        hour: *hour,
        held: sold(parts.held),
        sold: sold(parts.sold),
        returned: sold(parts.returned),
    });
    let ticket_types = sales.ticket_types.iter();
    let ticket_types = ticket_types.map(|(ticket_type, parts)| TicketTypeSalesBody {
        ticket_type: ticket_type.clone(),
        held: sold(parts.held),
        sold: sold(parts.sold),
        returned: sold(parts.returned),
    });
    let mut codes: Vec<_> = sales.codes.iter().collect();
    codes.sort_by_key(|(_, parts)| Reverse(parts.places()));
    let codes = codes.into_iter().take(SALES_CODES_MAX);
    let codes = codes.map(|(code, parts)| CodeSalesBody {
        code: code.clone(),
        held: sold(parts.held),
        sold: sold(parts.sold),
        returned: sold(parts.returned),
    });
    SalesBody {
        show: show.id.to_string(),
        journal_offset: sales.at.0,
        total: SalesPartsBody {
            held: sold(total.held),
            sold: sold(total.sold),
            returned: sold(total.returned),
        },
        refunded: sales.refunded.map(money),
        categories: categories.collect(),
        hours: hours.collect(),
        ticket_types: ticket_types.collect(),
        codes: codes.collect(),
    }
}
