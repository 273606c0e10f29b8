//! How many places the buyers of one e-mail address may have, over all sessions.

use super::Draft;
use crate::command::Booking;
use crate::details::{Details, email_key};
use crate::outcome::Refusal;

impl Draft<'_> {
    /// Refuses a buyer's wish by which their address would have too many places, of which so many are about to be given back. Whoever
    /// only exchanges them has no more than before.
    pub(super) fn check_email(
        &self,
        wanted: u32,
        details: Option<&Details>,
        booking: Booking,
        spared: u32,
    ) -> Result<(), Refusal> {
        let Some(max) = self
            .show
            .places_per_email_max
            .filter(|_| booking == Booking::Public && wanted > spared)
        else {
            return Ok(());
        };
        let key = key_of(details).ok_or(Refusal::EmailRequired)?;
        let before = self.known.email_places.get(&key).copied().unwrap_or(0);
        let now = self.email_places.get(&key).copied().unwrap_or(0);
        let left = max
            .saturating_add(spared)
            .saturating_sub(before.saturating_add(now));
        match wanted <= left {
            true => Ok(()),
            false => Err(Refusal::EmailLimit { max, left }),
        }
    }

    /// Counts the places of a new order, or those that somebody waits for. What is given up in the same batch is free for the address from the next one on.
    pub(super) fn count_email(&mut self, places: u32, details: Option<&Details>) {
        if self.show.places_per_email_max.is_none() {
            return;
        }
        if let Some(key) = key_of(details) {
            *self.email_places.entry(key).or_default() += places;
        }
    }
}

fn key_of(details: Option<&Details>) -> Option<String> {
    details?.buyer.email.as_deref().map(email_key)
}
