//! Wishes for seats side by side, as requests tell them.

use super::bodies::money::MoneyBody;
use super::bodies::together::{FallBackBody, TogetherBody};
use super::numbers::bounded;
use super::problem::Problem;
use domain::reference::ReferenceKey;
use domain::show::{ORDER_PLACES_MAX, Show};
use domain::together::{FallBack, Filter, GROUPS_MAX, Wish};

/// Most kinds of seats that will do instead.
const FALL_BACKS_MAX: usize = 3;

/// What an order's `together` asks for.
pub fn read_together(show: &Show, references: &ReferenceKey, body: &TogetherBody) -> Result<Wish, Problem> {
    let groups = read_groups(body)?;
    let category = body.category.as_ref().map(|name| {
        let unknown = || Problem::invalid("/together/category", "the show has no such category");
        show.plan.category_index(name).ok_or_else(unknown)
    });
    let section = body.section.as_ref().map(|name| {
        let unknown = || Problem::invalid("/together/section", "the show has no such section");
        show.plan.section_index(name).ok_or_else(unknown)
    });
    let floor = body.floor.as_ref().map(|name| {
        let unknown = || Problem::invalid("/together/floor", "the show has no such floor");
        show.plan.floor_index(name).ok_or_else(unknown)
    });
    let count = groups
        .iter()
        .fold(0, |sum: u32, group| sum.saturating_add(*group));
    let accessible = bounded("/together/accessible", body.accessible, 0, count, 0)?;
    let near = body.near.as_ref().map(|reference| {
        let mistyped = |_no_reference| Problem::invalid("/together/near", "must be an order's reference");
        references.parse_order(reference).map_err(mistyped)
    });
    let price_max = body.price_max.as_ref().map(|money| read_price(show, money));
    Ok(Wish {
        fall_backs: read_fall_backs(body.fall_back.as_deref().unwrap_or_default(), &groups)?,
        groups,
        filter: Filter {
            category: category.transpose()?,
            section: section.transpose()?,
            price_max: price_max.transpose()?,
            floor: floor.transpose()?,
            ..Filter::default()
        },
        accessible,
        near: near.transpose()?,
    })
}

fn read_groups(body: &TogetherBody) -> Result<Vec<u32>, Problem> {
    match (body.count, &body.groups) {
        (Some(count), None) => Ok(vec![read_count("/together/count", count)?]),
        (None, Some(groups)) if !(1..=GROUPS_MAX).contains(&groups.len()) => {
            let detail = format!("must be 1 to {GROUPS_MAX}");
            Err(Problem::invalid("/together/groups", detail))
        }
        (None, Some(groups)) => {
            let groups = groups.iter().enumerate();
            let groups = groups.map(|(at, count)| read_count(&format!("/together/groups/{at}"), *count));
            groups.collect()
        }
        (Some(_), Some(_)) => Err(Problem::invalid(
            "/together/groups",
            "say the count of one group, or those of several, not both",
        )),
        (None, None) => Err(Problem::invalid("/together/count", "say how many")),
    }
}

fn read_price(show: &Show, money: &MoneyBody) -> Result<i64, Problem> {
    let price = money.read("/together/price_max")?;
    match price.currency == show.currency {
        true => Ok(price.amount),
        false => {
            let detail = format!(
                "must be {}, in which the show has its prices",
                show.currency.code()
            );
            Err(Problem::invalid("/together/price_max/currency", detail))
        }
    }
}

fn read_fall_backs(bodies: &[FallBackBody], groups: &[u32]) -> Result<Vec<FallBack>, Problem> {
    if bodies.len() > FALL_BACKS_MAX {
        let detail = format!("may have {FALL_BACKS_MAX} at most");
        return Err(Problem::invalid("/together/fall_back", detail));
    }
    for (at, body) in bodies.iter().enumerate() {
        let bad = |detail| Err(Problem::invalid(format!("/together/fall_back/{at}"), detail));
        if bodies.iter().take(at).any(|known| known == body) {
            return bad("is listed twice");
        }
        if *body == FallBackBody::AdjacentRows && groups.len() > 1 {
            return bad("splits one group, not several");
        }
    }
    Ok(bodies.iter().copied().map(Into::into).collect())
}

/// How many sit side by side.
fn read_count(field: &str, count: i64) -> Result<u32, Problem> {
    bounded(field, Some(count), 1, ORDER_PLACES_MAX, 1)
}
