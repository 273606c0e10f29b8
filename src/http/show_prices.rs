//! The prices in a request for a show or for a change of one: of categories, ticket types and single seats, fees, and the tax in them.
//! And whether they can be charged.

use std::collections::BTreeMap;

use super::bodies::money::MoneyBody;
use super::bodies::show::NewShowBody;
use super::bodies::show_change::ShowChangeBody;
use super::bodies::tariff::{FeesBody, TaxBody, TicketTypeBody};
use super::numbers::bounded;
use super::pointer;
use super::problem::Problem;
use crate::office::Office;
use crate::pay::provider::gateway::Unchargeable;
use domain::event::Place;
use domain::money::{Currency, Money};
use domain::plan::{NAME_CHARS_MAX, Plan};
use domain::show::{ORDER_PLACES_MAX, Show};
use domain::tariff::{
    Fees, SEAT_PRICES_MAX, TAX_BASIS_POINTS_MAX, TICKET_TYPES_MAX, Tariff, Tax, TicketType, TicketTypeId,
};
use domain::text::is_readable;

/// The parts of a request that tell prices. Of a change, a part that is not told stays as it is; null, and what is empty, takes it away.
pub struct PricesAsked<'a> {
    prices: &'a BTreeMap<String, MoneyBody>,
    ticket_types: Option<&'a [TicketTypeBody]>,
    fees: Option<Option<&'a FeesBody>>,
    tax: Option<Option<&'a TaxBody>>,
    seat_prices: Option<&'a BTreeMap<String, MoneyBody>>,
}

static NO_PRICES: BTreeMap<String, MoneyBody> = BTreeMap::new();

impl<'a> PricesAsked<'a> {
    /// Those of a new show.
    pub fn of_new_show(body: &'a NewShowBody) -> Self {
        Self {
            prices: &body.prices,
            ticket_types: Some(body.ticket_types.as_deref().unwrap_or_default()),
            fees: Some(body.fees.as_ref()),
            tax: Some(body.tax.as_ref()),
            seat_prices: Some(body.seat_prices.as_ref().unwrap_or(&NO_PRICES)),
        }
    }

    /// Those of a change; `None` if it tells none.
    pub fn of_change(body: &'a ShowChangeBody) -> Option<Self> {
        let asked = Self {
            prices: body.prices.as_ref().unwrap_or(&NO_PRICES),
            ticket_types: body
                .ticket_types
                .as_ref()
                .map(|types| types.as_deref().unwrap_or_default()),
            fees: body.fees.as_ref().map(Option::as_ref),
            tax: body.tax.as_ref().map(Option::as_ref),
            seat_prices: body
                .seat_prices
                .as_ref()
                .map(|prices| prices.as_ref().unwrap_or(&NO_PRICES)),
        };
        let tells_any = body.prices.is_some()
            || asked.ticket_types.is_some()
            || asked.fees.is_some()
            || asked.tax.is_some()
            || asked.seat_prices.is_some();
        tells_any.then_some(asked)
    }
}

/// What a show costs.
pub struct ShowPrices {
    /// Of all.
    pub currency: Currency,
    /// By category, in minor units.
    pub prices: Vec<i64>,
    /// What there is besides.
    pub tariff: Tariff,
}

/// The prices of a request. Those of a change come upon what there was `before`.
pub fn read_prices(
    plan: &Plan,
    asked: &PricesAsked<'_>,
    before: Option<ShowPrices>,
) -> Result<ShowPrices, Problem> {
    let mut reader = Reader { plan, currency: None };
    let amounts = reader.amounts("/prices", asked.prices)?;
    let known = before.as_ref();
    // A change that tells no prices of categories is in the currency that there was.
    reader.currency = reader.currency.or(known.map(|known| known.currency));
    let mut tariff = known.map(|known| known.tariff.clone()).unwrap_or_default();
    if let Some(types) = asked.ticket_types {
        tariff.ticket_types = reader.ticket_types(types)?;
    }
    if let Some(fees) = asked.fees {
        tariff.fees = fees.map_or(Ok(Fees::default()), |fees| reader.fees(fees))?;
    }
    if let Some(tax) = asked.tax {
        tariff.tax = tax.map(read_tax).transpose()?;
    }
    if let Some(prices) = asked.seat_prices {
        tariff.seat_prices = BTreeMap::new();
        if prices.len() > SEAT_PRICES_MAX {
            let detail = format!("may have {SEAT_PRICES_MAX} seats at most");
            return Err(Problem::invalid("/seat_prices", detail));
        }
        for (name, price) in prices {
            let field = pointer::below("/seat_prices", name);
            let amount = reader.amount(&field, price)?;
            let seat = plan.seat_index(name);
            let seat = seat.ok_or_else(|| Problem::invalid(&field, "the show has no such seat"))?;
            tariff.seat_prices.insert(seat, amount);
        }
    }
    let no_price = || Problem::invalid("/prices", "there is no price");
    let currency = reader.currency.ok_or_else(no_price)?;
    if let Some(known) = known.filter(|known| known.currency != currency) {
        let is_told = |at: usize, amount: &Option<i64>| {
            let mut types = tariff.ticket_types.iter();
            let category = plan.categories().get(at);
            category.is_some_and(|category| category.is_gone)
                || amount.is_some()
                || types.any(|known| known.prices.get(at).is_some_and(Option::is_some))
        };
        let stays = !amounts.iter().enumerate().all(|(at, amount)| is_told(at, amount))
            || asked.ticket_types.is_none() && !known.tariff.ticket_types.is_empty()
            || asked.fees.is_none() && known.tariff.fees != Fees::default()
            || asked.seat_prices.is_none() && !known.tariff.seat_prices.is_empty();
        if stays {
            let detail = "all prices must be in one currency: to change it, tell them all";
            return Err(Problem::invalid("/prices", detail));
        }
    }
    let prices = settle_prices(plan, &amounts, &tariff, known)?;
    Ok(ShowPrices {
        currency,
        prices,
        tariff,
    })
}

/// The price of each category: what it is told to be, or what its first ticket type costs, or what it was before.
fn settle_prices(
    plan: &Plan,
    amounts: &[Option<i64>],
    tariff: &Tariff,
    before: Option<&ShowPrices>,
) -> Result<Vec<i64>, Problem> {
    let categories = plan.categories().iter().zip(amounts).enumerate();
    let price = |(at, (category, amount)): (usize, (&domain::plan::Category, &Option<i64>))| {
        let of_type = |known: &TicketType| Some((known.id.clone(), known.prices.get(at).copied().flatten()?));
        let default = tariff.ticket_types.iter().find_map(of_type);
        let before = before.and_then(|known| known.prices.get(at).copied());
        match (amount, default) {
            (Some(amount), Some((id, price))) if *amount != price => {
                let detail = format!(
                    "must be what it costs as “{id}”, the first ticket type that is sold there, or be left out"
                );
                Err(Problem::invalid(
                    pointer::below("/prices", &category.name),
                    detail,
                ))
            }
            (_, Some((_, price))) => Ok(price),
            (amount, None) => amount
                .or(before)
                .ok_or_else(|| Problem::invalid("/prices", format!("“{}” has no price", category.name))),
        }
    };
    categories.map(price).collect()
}

/// Reads prices that are all in one currency.
struct Reader<'a> {
    plan: &'a Plan,
    /// That of the first price.
    currency: Option<Currency>,
}

impl Reader<'_> {
    fn amount(&mut self, field: &str, price: &MoneyBody) -> Result<i64, Problem> {
        let price = price.read(field)?;
        if *self.currency.get_or_insert(price.currency) != price.currency {
            let detail = "all prices must be in one currency";
            return Err(Problem::invalid(format!("{field}/currency"), detail));
        }
        Ok(price.amount)
    }

    /// The prices of some of the plan's categories.
    fn amounts(
        &mut self,
        pointer: &str,
        prices: &BTreeMap<String, MoneyBody>,
    ) -> Result<Vec<Option<i64>>, Problem> {
        let mut amounts = vec![None; self.plan.categories().len()];
        for (name, price) in prices {
            let field = pointer::below(pointer, name);
            let amount = self.amount(&field, price)?;
            let index = self.plan.category_index(name);
            let place = index.and_then(|index| amounts.get_mut(usize::from(index.0)));
            *place.ok_or_else(|| Problem::invalid(&field, "the plan has no such category"))? = Some(amount);
        }
        Ok(amounts)
    }

    fn ticket_types(&mut self, bodies: &[TicketTypeBody]) -> Result<Vec<TicketType>, Problem> {
        if bodies.len() > TICKET_TYPES_MAX {
            let detail = format!("may have {TICKET_TYPES_MAX} types at most");
            return Err(Problem::invalid("/ticket_types", detail));
        }
        let mut types: Vec<TicketType> = Vec::with_capacity(bodies.len());
        for (at, body) in bodies.iter().enumerate() {
            let field = format!("/ticket_types/{at}");
            let id = read_id(&format!("{field}/id"), &body.id)?;
            if types.iter().any(|known| known.id == id) {
                return Err(Problem::invalid(format!("{field}/id"), "the type is named twice"));
            }
            let prices = self.amounts(&format!("{field}/prices"), &body.prices)?;
            if body.prices.is_empty() {
                return Err(Problem::invalid(format!("{field}/prices"), "there is no price"));
            }
            let most = |name: &str, value, min, usual| {
                bounded(&format!("{field}/{name}"), value, min, ORDER_PLACES_MAX, usual)
            };
            let places_min = most("places_min", body.places_min, 1, 1)?;
            let places_max = match body.places_max {
                Some(max) => Some(most("places_max", Some(max), places_min, 0)?),
                None => None,
            };
            types.push(TicketType {
                id,
                name: read_name(&format!("{field}/name"), &body.name)?,
                prices,
                places_min,
                places_max,
                only_with: Vec::new(),
            });
        }
        let ids: Vec<TicketTypeId> = types.iter().map(|known| known.id.clone()).collect();
        for (at, (known, body)) in types.iter_mut().zip(bodies).enumerate() {
            let field = format!("/ticket_types/{at}/only_with");
            known.only_with = read_others(&field, &body.only_with, &known.id, &ids)?;
        }
        Ok(types)
    }

    fn fees(&mut self, body: &FeesBody) -> Result<Fees, Problem> {
        let mut fee = |name: &str, price: &Option<MoneyBody>| match price {
            Some(price) => self.amount(&format!("/fees/{name}"), price),
            None => Ok(0),
        };
        Ok(Fees {
            per_ticket: fee("per_ticket", &body.per_ticket)?,
            per_order: fee("per_order", &body.per_order)?,
        })
    }
}

/// A ticket type's id.
pub fn read_id(field: &str, text: &str) -> Result<TicketTypeId, Problem> {
    let id = TicketTypeId::try_from(text.to_owned());
    id.map_err(|error| Problem::invalid(field, error.to_string()))
}

/// Other types of the show, none twice.
fn read_others(
    field: &str,
    names: &[String],
    own: &TicketTypeId,
    ids: &[TicketTypeId],
) -> Result<Vec<TicketTypeId>, Problem> {
    let mut others = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let field = format!("{field}/{at}");
        let id = read_id(&field, name)?;
        if id == *own || !ids.contains(&id) {
            return Err(Problem::invalid(field, "must be another ticket type of the show"));
        }
        if others.contains(&id) {
            return Err(Problem::invalid(field, "the type is named twice"));
        }
        others.push(id);
    }
    Ok(others)
}

fn read_tax(body: &TaxBody) -> Result<Tax, Problem> {
    let field = "/tax/rate_basis_points";
    Ok(Tax {
        name: read_name("/tax/name", &body.name)?,
        basis_points: bounded(field, Some(body.rate_basis_points), 0, TAX_BASIS_POINTS_MAX, 0)?,
    })
}

fn read_name(field: &str, text: &str) -> Result<String, Problem> {
    let name = text.trim();
    match is_readable(name) && name.chars().count() <= NAME_CHARS_MAX {
        true => Ok(name.to_owned()),
        false => {
            let detail = format!("must be 1 to {NAME_CHARS_MAX} printable characters");
            Err(Problem::invalid(field, detail))
        }
    }
}

/// Refuses prices that one of the office's providers could never charge: of those that the request tells, each with its fees. What
/// costs nothing is never charged.
pub fn check_prices(office: &Office, asked: &PricesAsked<'_>, show: &Show) -> Result<(), Problem> {
    let fees = show.tariff.as_ref().map(|tariff| tariff.fees).unwrap_or_default();
    let check = |field: &str, amount: i64| {
        if amount == 0 {
            return Ok(());
        }
        let amount = amount + fees.per_ticket + fees.per_order;
        charge(office, field, show.currency, amount)
    };
    for (name, price) in asked.prices {
        check(&pointer::below("/prices", name), price.amount)?;
    }
    for (at, body) in asked.ticket_types.into_iter().flatten().enumerate() {
        for (name, price) in &body.prices {
            let field = pointer::below(&format!("/ticket_types/{at}/prices"), name);
            check(&field, price.amount)?;
        }
    }
    for name in asked.seat_prices.into_iter().flat_map(BTreeMap::keys) {
        let field = pointer::below("/seat_prices", name);
        let seat = show.plan.seat_index(name).map(Place::Seat);
        for amount in seat.into_iter().flat_map(|place| show.prices_of(place)) {
            check(&field, amount)?;
        }
    }
    if asked.fees.is_some() {
        for (field, fee) in [
            ("/fees/per_ticket", fees.per_ticket),
            ("/fees/per_order", fees.per_order),
        ] {
            check_exact(office, field, show.currency, fee)?;
        }
        show.all_prices().try_for_each(|amount| check("/fees", amount))?;
    }
    Ok(())
}

fn charge(office: &Office, field: &str, currency: Currency, amount: i64) -> Result<(), Problem> {
    let charged = office.payments.check_amount(Money { amount, currency });
    charged.map_err(|(provider, why)| {
        let member = match why {
            _ if field == "/fees" => "",
            Unchargeable::Currency => "/currency",
            Unchargeable::Inexact | Unchargeable::TooSmall | Unchargeable::TooLarge => "/amount",
        };
        Problem::invalid(
            format!("{field}{member}"),
            format!("{provider} can't charge it: {why}"),
        )
    })
}

/// A fee is never charged alone.
fn check_exact(office: &Office, field: &str, currency: Currency, amount: i64) -> Result<(), Problem> {
    match office.payments.check_amount(Money { amount, currency }) {
        Err((_, Unchargeable::Inexact)) => charge(office, field, currency, amount),
        _ => Ok(()),
    }
}

/// What some currencies are charged in steps of, in minor units.
const STEPS: [i64; 3] = [1, 10, 100];

/// The least step in which all of the office's providers charge a currency, in minor units.
pub fn price_step(office: &Office, currency: Currency) -> i64 {
    let is_exact = |step: &i64| {
        // Neither too small nor too large for anybody.
        let amount = step * 99_999;
        let charged = office.payments.check_amount(Money { amount, currency });
        !matches!(charged, Err((_, Unchargeable::Inexact)))
    };
    STEPS.into_iter().find(is_exact).unwrap_or(1)
}

/// How many of the dearest places of a show can be charged at once, of those that are wanted; one in any case.
pub fn chargeable_places(office: &Office, wanted: u32, show: &Show) -> u32 {
    let fees = show.tariff.as_ref().map(|tariff| tariff.fees).unwrap_or_default();
    let dearest = show.all_prices().max().unwrap_or_default();
    let is_chargeable = |places: u32| {
        let each = dearest.saturating_add(fees.per_ticket);
        let amount = each.saturating_mul(places.into()).saturating_add(fees.per_order);
        let currency = show.currency;
        !matches!(
            office.payments.check_amount(Money { amount, currency }),
            Err((_, Unchargeable::TooLarge))
        )
    };
    let mut fewer = (1..=wanted).rev();
    fewer.find(|places| is_chargeable(*places)).unwrap_or(1)
}

/// The amounts that a provider may be asked for, for one place, in minor units: what costs nothing is never charged.
pub fn charged_amounts(show: &Show) -> Vec<i64> {
    let fees = show.tariff.as_ref().map(|tariff| tariff.fees).unwrap_or_default();
    let prices = show.all_prices().filter(|amount| *amount > 0);
    let mut amounts: Vec<i64> = prices
        .map(|amount| amount + fees.per_ticket + fees.per_order)
        .collect();
    amounts.sort_unstable();
    amounts.dedup();
    amounts
}
