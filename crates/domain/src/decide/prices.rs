//! What an order costs: the price of each of its places as what it is sold as, and the fees.

use std::collections::BTreeMap;

use crate::code::{self, KnownCode};
use crate::command::Wish;
use crate::event::{Place, Places};
use crate::outcome::Refusal;
use crate::plan::CategoryIndex;
use crate::show::Show;
use crate::tariff::{Bill, Discount, Tariff, TicketType, TicketTypeId, has_a_price};

/// What an order costs, in minor units.
pub struct Priced {
    /// All of it.
    pub total: i64,
    /// The price of each ticket, by their numbers; none where the terms that the show was made with say it.
    pub prices: Option<Vec<i64>>,
    /// What there is besides, if there is anything.
    pub bill: Option<Box<Bill>>,
}

impl Priced {
    /// The same places for nothing; what they are sold as is still told.
    pub fn free(self, places: &Places) -> Self {
        let ticket_types = self.bill.map(|bill| bill.ticket_types).unwrap_or_default();
        Self {
            total: 0,
            prices: Some(places.tickets().map(|_| 0).collect()),
            bill: (!ticket_types.is_empty()).then(|| {
                Box::new(Bill {
                    ticket_types,
                    ..Bill::default()
                })
            }),
        }
    }
}

/// What these places cost, which are what the wish came to, if they can be sold so.
pub fn price(show: &Show, places: &Places, wish: &Wish, code: Option<&KnownCode>) -> Result<Priced, Refusal> {
    if show.tariff.is_none() && wish.ticket_types.is_empty() && code.is_none() {
        return Ok(Priced {
            total: show.total(places),
            // What the show was made with need not be written down with each order.
            prices: show.first.is_some().then(|| show.ticket_prices(places)),
            bill: None,
        });
    }
    let none = Tariff::default();
    let tariff = show.tariff.as_deref().unwrap_or(&none);
    let types = choose_types(show, places, wish)?;
    check_types(tariff, &types)?;
    let tickets = places.tickets().zip(&types);
    let mut prices: Vec<i64> = tickets
        .map(|((_, place), chosen)| {
            let as_type = chosen.and_then(|known| show.price_as(known, place));
            as_type.unwrap_or_else(|| show.place_price(place))
        })
        .collect();
    let discount = match code {
        Some(code) => Some(take_off(show, places, &types, code, &mut prices)?),
        None => None,
    };
    let bill = Bill {
        ticket_types: match tariff.ticket_types.is_empty() {
            true => Vec::new(),
            false => types
                .iter()
                .map(|known| known.map(|known| known.id.clone()))
                .collect(),
        },
        ticket_fee: tariff.fees.per_ticket,
        order_fee: if has_a_price(&prices) {
            tariff.fees.per_order
        } else {
            0
        },
        tax: tariff.tax.clone(),
        discount,
    };
    Ok(Priced {
        total: prices.iter().sum::<i64>() + bill.fees(&prices),
        prices: Some(prices),
        bill: Some(Box::new(bill)),
    })
}

/// Takes a code's discount off the prices; refuses a code that is not for these places.
fn take_off(
    show: &Show,
    places: &Places,
    types: &[Option<&TicketType>],
    code: &KnownCode,
    prices: &mut [i64],
) -> Result<Discount, Refusal> {
    let tickets = places.tickets().zip(types).zip(prices.iter());
    let priced = tickets.map(|(((_, place), chosen), price)| code::Priced {
        price: *price,
        category: place.category_in(&show.plan),
        ticket_type: chosen.map(|known| &known.id),
    });
    let priced: Vec<_> = priced.collect();
    let discounts = code.terms.discounts(&priced, show.currency);
    let amount: i64 = discounts.iter().sum();
    let is_good = match code.terms.way_in() {
        Some(_) => code.terms.is_for_all(&priced),
        None => amount > 0,
    };
    if !is_good {
        return Err(Refusal::CodeNotForThese);
    }
    for (price, discount) in prices.iter_mut().zip(&discounts) {
        *price -= *discount;
    }
    Ok(Discount {
        code: code.word.as_str().to_owned(),
        amount,
        parts: discounts,
    })
}

/// What each ticket is sold as, by their numbers; none in a category that has no types.
fn choose_types<'a>(
    show: &'a Show,
    places: &Places,
    wish: &Wish,
) -> Result<Vec<Option<&'a TicketType>>, Refusal> {
    // Which part of the wish each named place is in; those that are not named are given out in order.
    let mut of_seats = BTreeMap::new();
    let mut of_zones = BTreeMap::<_, Vec<(usize, u32)>>::new();
    let mut of_found = Vec::new();
    for (at, typed) in wish.ticket_types.iter().enumerate() {
        if show.ticket_type(&typed.ticket_type).is_none() {
            return Err(not_sold(at, &typed.ticket_type, None));
        }
        of_seats.extend(typed.places.seats.iter().map(|seat| (*seat, at)));
        for part in &typed.places.zones {
            of_zones.entry(part.zone).or_default().push((at, part.count));
        }
        of_found.push((at, typed.together));
    }
    let choose = |place: Place| {
        let part = match place {
            Place::Seat(seat) => of_seats.get(&seat).copied().or_else(|| take_one(&mut of_found)),
            Place::Zone(zone) => of_zones.get_mut(&zone).and_then(|parts| take_one(parts)),
        };
        let category = place.category_in(&show.plan).unwrap_or(CategoryIndex(u16::MAX));
        let Some((at, typed)) = part.and_then(|at| Some((at, wish.ticket_types.get(at)?))) else {
            return Ok(show.default_type(category));
        };
        let known = show.ticket_type(&typed.ticket_type);
        let sold = known.filter(|known| show.price_as(known, place).is_some());
        sold.map(Some)
            .ok_or_else(|| not_sold(at, &typed.ticket_type, Some(category)))
    };
    places.tickets().map(|(_, place)| place).map(choose).collect()
}

/// The first part that has something left, from which one is taken.
fn take_one(parts: &mut [(usize, u32)]) -> Option<usize> {
    let (at, left) = parts.iter_mut().find(|(_, left)| *left > 0)?;
    *left -= 1;
    Some(*at)
}

fn not_sold(at: usize, ticket_type: &TicketTypeId, category: Option<CategoryIndex>) -> Refusal {
    Refusal::TicketTypeNotSold {
        at,
        ticket_type: ticket_type.clone(),
        category,
    }
}

/// Refuses tickets of a type that may not stand together so, or alone.
pub(super) fn check_types(tariff: &Tariff, types: &[Option<&TicketType>]) -> Result<(), Refusal> {
    let count = |id: &TicketTypeId| types.iter().flatten().filter(|known| known.id == *id).count();
    for known in &tariff.ticket_types {
        let places = u32::try_from(count(&known.id)).unwrap_or(u32::MAX);
        if places == 0 {
            continue;
        }
        if places < known.places_min || known.places_max.is_some_and(|max| places > max) {
            return Err(Refusal::TicketTypeLimit {
                ticket_type: known.id.clone(),
                places,
                min: known.places_min,
                max: known.places_max,
            });
        }
        if !known.only_with.is_empty() && !known.only_with.iter().any(|other| count(other) > 0) {
            return Err(Refusal::TicketTypeOnlyWith {
                ticket_type: known.id.clone(),
                only_with: known.only_with.clone(),
            });
        }
    }
    Ok(())
}
