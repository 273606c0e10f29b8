//! Pages of long lists: the items after a given one, up to a limit.

use serde::Deserialize;

use super::problem::{Code, Problem};

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// Most items on the page.
    pub limit: Option<i64>,
    /// What comes after this one.
    pub after: Option<i64>,
}

/// How long a page is: what was asked for, if it is within the limit.
pub fn page_limit(page: &Page, max: i64) -> Result<i64, Problem> {
    if page.after.is_some_and(|after| after < 0) {
        return Err(Problem::new(Code::BadRequest)
            .field("after")
            .detail("must not be negative"));
    }
    match page.limit {
        None => Ok(max),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::new(Code::BadRequest)
            .field("limit")
            .detail(format!("must be 1 to {max}"))),
    }
}

/// Cuts what was read for a page, one more than its limit, down to the limit. Answers with the last item if another page
/// follows it.
pub fn cut_page<T>(items: &mut Vec<T>, limit: i64) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let has_more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| has_more)
}
