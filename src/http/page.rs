//! Pages of long lists: the items after a given one, up to a limit.

use serde::Deserialize;

use super::problem::Problem;

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Most items on the page.
    pub limit: Option<i64>,
    /// What comes after this one.
    pub after: Option<i64>,
}

impl Page {
    /// What it begins after, and how long it is, `max` at most.
    pub fn read(&self, max: i64) -> Result<(i64, i64), Problem> {
        match self.after.unwrap_or(0) {
            ..0 => Err(Problem::bad_parameter("after", "must not be negative")),
            after => Ok((after, page_limit(self.limit, max)?)),
        }
    }
}

/// How long a page is: what was asked for, if it is within the limit.
pub fn page_limit(limit: Option<i64>, max: i64) -> Result<i64, Problem> {
    match limit {
        None => Ok(max),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_parameter("limit", format!("must be 1 to {max}"))),
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
