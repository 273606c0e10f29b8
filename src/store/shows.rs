//! The shows and plans that this node has read. They never change, so they are read once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::catalogue::{ShowRow, read_plan, read_show};
use super::database::Database;
use super::error::StoreError;
use super::order::find_show;
use domain::id::ShowId;
use domain::money::Currency;
use domain::plan::{Plan, own};
use domain::reference::OrderNumber;
use domain::show::{LatePayment, Returns, Show};

/// Most shows kept.
const SHOWS_MAX: usize = 10_000;
/// Most plans kept.
const PLANS_MAX: usize = 200;
/// Most ranges of order numbers whose show is kept.
const RANGES_MAX: usize = 1_000_000;

/// The shows and plans read so far.
pub struct Shows {
    database: Database,
    shows: Kept<ShowId, Arc<Show>>,
    plans: Kept<u128, Arc<Plan>>,
    ranges: Kept<i64, ShowId>,
}

impl Shows {
    /// Nothing read yet.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            shows: Kept::new(SHOWS_MAX),
            plans: Kept::new(PLANS_MAX),
            ranges: Kept::new(RANGES_MAX),
        }
    }

    /// A show; `None` if there is none of that id.
    pub async fn show(&self, id: ShowId) -> Result<Option<Arc<Show>>, StoreError> {
        if let Some(show) = self.shows.get(&id) {
            return Ok(Some(show));
        }
        let row = self
            .database
            .read(move |connection| Ok(read_show(connection, id)?))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let Some(plan) = self.plan(row.1.as_u128()).await? else {
            return Err(StoreError::internal("a show has no plan"));
        };
        let show = Arc::new(show_of(row, plan)?);
        self.shows.put(id, show.clone());
        Ok(Some(show))
    }

    /// A plan; `None` if there is none of that id.
    pub async fn plan(&self, id: u128) -> Result<Option<Arc<Plan>>, StoreError> {
        if let Some(plan) = self.plans.get(&id) {
            return Ok(Some(plan));
        }
        let read = move |connection: &mut _| {
            let Some(document) = read_plan(connection, id)? else {
                return Ok(None);
            };
            let document: own::Document = serde_json::from_str(&document).map_err(StoreError::internal)?;
            own::read(&document).map(Some).map_err(StoreError::internal)
        };
        let Some(plan) = self.database.read(read).await? else {
            return Ok(None);
        };
        let plan = Arc::new(plan);
        self.plans.put(id, plan.clone());
        Ok(Some(plan))
    }

    /// The show that an order belongs to.
    pub async fn show_of_order(&self, order: OrderNumber) -> Result<Option<Arc<Show>>, StoreError> {
        let range = order.0 / super::batch::RANGE_NUMBERS_MIN;
        let known = self.ranges.get(&range);
        let id = match known {
            Some(id) => Some(id),
            None => {
                self.database
                    .read(move |connection| Ok(find_show(connection, order)?))
                    .await?
            }
        };
        let Some(id) = id else { return Ok(None) };
        if known.is_none() {
            self.ranges.put(range, id);
        }
        self.show(id).await
    }
}

fn show_of(row: ShowRow, plan: Arc<Plan>) -> Result<Show, StoreError> {
    let (
        id,
        plan_id,
        title,
        starts_at,
        currency,
        prices,
        hold_ms,
        hold_grace_ms,
        order_places_max,
        session_places_max,
        on_sale_at,
        closes_at,
        buyers_may_return,
        returns_until,
        honours_late,
        payment_window_ms,
        created_at,
        capacities,
    ) = row;
    let milliseconds = |number: i64| Duration::from_millis(number.unsigned_abs());
    Ok(Show {
        id: ShowId(id),
        plan_id: plan_id.as_u128(),
        plan,
        title,
        starts_at,
        currency: Currency::try_from(currency).map_err(StoreError::internal)?,
        prices,
        zone_capacities: capacities.into_iter().map(i32::cast_unsigned).collect(),
        hold: milliseconds(hold_ms),
        hold_grace: milliseconds(hold_grace_ms),
        order_places_max: order_places_max.cast_unsigned(),
        session_places_max: session_places_max.cast_unsigned(),
        on_sale_at,
        closes_at,
        returns: if buyers_may_return {
            Returns::Buyer
        } else {
            Returns::Organiser
        },
        returns_until,
        late_payment: if honours_late {
            LatePayment::HonourIfFree
        } else {
            LatePayment::Refund
        },
        payment_window: milliseconds(payment_window_ms),
        created_at,
    })
}

/// A bounded map of things that can be read again: when it is full it starts anew.
struct Kept<K, V> {
    items: Mutex<HashMap<K, V>>,
    max: usize,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    fn new(max: usize) -> Self {
        Self {
            items: Mutex::default(),
            max,
        }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.items
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn put(&self, key: K, value: V) {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if items.len() >= self.max {
            items.clear();
        }
        items.insert(key, value);
    }
}
