//! What a show says of its waitlist.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Shortest time to accept an offer, in seconds.
pub const OFFER_SECONDS_MIN: u32 = 60;
/// Longest time to accept an offer, in seconds: three days.
pub const OFFER_SECONDS_MAX: u32 = 3 * 86_400;
/// Time to accept an offer unless the show says otherwise, in seconds.
const OFFER_SECONDS_DEFAULT: u32 = 3_600;
/// Most places that a show may let an entry want or collect, or have on offer at a time.
pub const WAITLIST_PLACES_MAX: u32 = 100_000;
/// Places that an entry may want unless the show says otherwise.
const ENTRY_PLACES_DEFAULT: u32 = 10;
/// The largest entry that collects places unless the show says otherwise, in places.
const COLLECT_PLACES_DEFAULT: u32 = 10;
/// The longest time before the end of the sale at which collecting may end, in seconds: a year.
pub const COLLECT_ENDS_BEFORE_SECONDS_MAX: u32 = 366 * 86_400;
/// The same unless the show says otherwise: a day.
const COLLECT_ENDS_BEFORE_SECONDS_DEFAULT: u32 = 86_400;
/// Most entries that wait for one show.
pub const WAITLIST_ENTRIES_MAX: usize = 200_000;
/// Most different things that the entries of one show want.
pub const WAITLIST_WANTS_MAX: usize = 1_000;

/// The rules of a show's waitlist. A show without them has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitlistRules {
    /// How long an offer can be accepted, in seconds.
    pub offer_seconds: u32,
    /// Most places that are on offer or collected at a time; others go to the public. None: all.
    pub places_max: Option<u32>,
    /// Most places that an entry may want.
    pub entry_places_max: u32,
    /// Entries that want more places than this collect none.
    pub collect_places_max: u32,
    /// Nobody collects places from this long before the end of the sale on, in seconds.
    pub collect_ends_before_seconds: u32,
}

impl Default for WaitlistRules {
    fn default() -> Self {
        Self {
            offer_seconds: OFFER_SECONDS_DEFAULT,
            places_max: None,
            entry_places_max: ENTRY_PLACES_DEFAULT,
            collect_places_max: COLLECT_PLACES_DEFAULT,
            collect_ends_before_seconds: COLLECT_ENDS_BEFORE_SECONDS_DEFAULT,
        }
    }
}

impl WaitlistRules {
    /// Nobody collects places from here on.
    pub fn collect_ends_at(&self, sale_ends_at: DateTime<Utc>) -> DateTime<Utc> {
        let before = TimeDelta::seconds(self.collect_ends_before_seconds.into());
        sale_ends_at.checked_sub_signed(before).unwrap_or(sale_ends_at)
    }

    /// When an offer that is made at `now` ends.
    pub fn offer_ends_at(&self, now: DateTime<Utc>, sale_ends_at: DateTime<Utc>) -> DateTime<Utc> {
        (now + TimeDelta::seconds(self.offer_seconds.into())).min(sale_ends_at)
    }
}
