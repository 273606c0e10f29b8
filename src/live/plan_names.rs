//! The names of places, made once for all shows of one plan.

use std::sync::Arc;

use super::render::PlaceNames;
use crate::store::error::StoreError;
use crate::store::kept::Kept;
use domain::show::Show;

/// Most names kept for plans whose shows nobody follows: some 40 MB.
const NAMES_MAX: usize = 1_000_000;

/// The names of the places of each plan, and of each show that has had other plans before.
#[derive(Clone)]
pub struct PlanNames(Arc<Kept<Vec<u128>, Arc<PlaceNames>>>);

impl Default for PlanNames {
    fn default() -> Self {
        Self(Arc::new(Kept::new(NAMES_MAX)))
    }
}

impl PlanNames {
    /// The names of this show's places. They are made off the async threads: a large plan has a hundred thousand.
    pub async fn of(&self, show: &Arc<Show>) -> Result<Arc<PlaceNames>, StoreError> {
        let of = show.clone();
        let make = move || async move {
            let made = tokio::task::spawn_blocking(move || PlaceNames::of(&of)).await;
            made.map(|names| Some(Arc::new(names)))
                .map_err(StoreError::internal)
        };
        let names = self
            .0
            .get_or_read(show.plans(), |names| names.names(), make)
            .await?;
        names.ok_or(StoreError::Internal)
    }
}
