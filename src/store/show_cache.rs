//! The shows and plans that this node has read. They never change, so they are read once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::batch::RANGE_NUMBERS_MIN;
use super::catalogue::{ShowRow, read_plan, read_show};
use super::database::Database;
use super::error::StoreError;
use super::kept::Kept;
use super::order::find_show;
use domain::id::{OrganiserId, ShowId};
use domain::money::Currency;
use domain::plan::{Plan, own};
use domain::reference::OrderNumber;
use domain::show::{LatePayment, Returns, Show};
use domain::times::Times;

/// Most shows kept.
const SHOWS_MAX: usize = 10_000;
/// Most seats and zones of all plans kept: some 200 MB.
const PLANS_PLACES_MAX: usize = 2_000_000;
/// Most ranges of order numbers whose show is kept.
const RANGES_MAX: usize = 1_000_000;
/// Most bytes of all plans' documents kept.
const DOCUMENTS_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// Plans parsed at a time: a large one takes a core for a tenth of a second.
const PARSES_MAX: usize = 2;

/// The shows and plans read so far.
#[derive(Clone)]
pub struct Shows(Arc<Inner>);

struct Inner {
    database: Database,
    shows: Kept<ShowId, Arc<Show>>,
    plans: Kept<u128, (OrganiserId, Arc<Plan>)>,
    documents: Kept<u128, Bytes>,
    ranges: Kept<i64, ShowId>,
    parses: Semaphore,
}

impl Shows {
    /// Nothing read yet.
    pub fn new(database: Database) -> Self {
        Self(Arc::new(Inner {
            database,
            shows: Kept::new(SHOWS_MAX),
            plans: Kept::new(PLANS_PLACES_MAX),
            documents: Kept::new(DOCUMENTS_BYTES_MAX),
            ranges: Kept::new(RANGES_MAX),
            parses: Semaphore::new(PARSES_MAX),
        }))
    }

    /// A show; `None` if there is none of that id.
    pub async fn show(&self, id: ShowId) -> Result<Option<Arc<Show>>, StoreError> {
        let shows = self.clone();
        let read = move || async move { shows.read_show(id).await };
        self.0.shows.get_or_read(id, |_| 1, read).await
    }

    /// A plan; `None` if there is none of that id.
    pub async fn plan(&self, id: u128) -> Result<Option<Arc<Plan>>, StoreError> {
        Ok(self.plan_and_owner(id).await?.map(|(_, plan)| plan))
    }

    /// A plan of this organiser; `None` if it has none of that id.
    pub async fn plan_of(&self, organiser: OrganiserId, id: u128) -> Result<Option<Arc<Plan>>, StoreError> {
        let found = self.plan_and_owner(id).await?;
        Ok(found
            .filter(|(owner, _)| *owner == organiser)
            .map(|(_, plan)| plan))
    }

    async fn plan_and_owner(&self, id: u128) -> Result<Option<(OrganiserId, Arc<Plan>)>, StoreError> {
        let shows = self.clone();
        let read = move || async move { shows.read_plan(id).await };
        self.0.plans.get_or_read(id, weigh, read).await
    }

    /// A plan's document, which all who read it share; `None` if there is none of that id.
    pub async fn plan_document(&self, id: u128) -> Result<Option<Bytes>, StoreError> {
        let database = self.0.database.clone();
        let read = move |connection: &mut _| {
            Ok(read_plan(connection, id)?.map(|(_, document)| Bytes::from(document)))
        };
        let read = move || async move { database.read(read).await };
        self.0.documents.get_or_read(id, Bytes::len, read).await
    }

    /// Notes whose order this is, so that nobody has to read it.
    pub fn note_order(&self, order: OrderNumber, show: ShowId) {
        self.0.ranges.put(order.0 / RANGE_NUMBERS_MIN, show, 1);
    }

    /// The show that an order belongs to.
    pub async fn show_of_order(&self, order: OrderNumber) -> Result<Option<Arc<Show>>, StoreError> {
        let range = order.0 / RANGE_NUMBERS_MIN;
        let database = self.0.database.clone();
        let read = move |connection: &mut _| Ok(find_show(connection, order)?);
        let read = move || async move { database.read(read).await };
        match self.0.ranges.get_or_read(range, |_| 1, read).await? {
            Some(id) => self.show(id).await,
            None => Ok(None),
        }
    }

    async fn read_show(&self, id: ShowId) -> Result<Option<Arc<Show>>, StoreError> {
        let read = move |connection: &mut _| Ok(read_show(connection, id)?);
        let Some(row) = self.0.database.read(read).await? else {
            return Ok(None);
        };
        let Some(plan) = self.plan(row.2.as_u128()).await? else {
            return Err(StoreError::internal("a show has no plan"));
        };
        Ok(Some(Arc::new(show_of(row, plan)?)))
    }

    async fn read_plan(&self, id: u128) -> Result<Option<(OrganiserId, Arc<Plan>)>, StoreError> {
        let read = move |connection: &mut _| Ok(read_plan(connection, id)?);
        let Some((organiser, document)) = self.0.database.read(read).await? else {
            return Ok(None);
        };
        let _permit = self.0.parses.acquire().await.map_err(StoreError::internal)?;
        // Neither a connection nor an async thread waits for it.
        let parsed = tokio::task::spawn_blocking(move || {
            let document: own::Document = serde_json::from_str(&document).map_err(StoreError::internal)?;
            own::read(&document).map_err(StoreError::internal)
        });
        let plan = parsed.await.map_err(StoreError::internal)??;
        Ok(Some((organiser, Arc::new(plan))))
    }
}

fn weigh((_, plan): &(OrganiserId, Arc<Plan>)) -> usize {
    1 + plan.seats().len() + plan.zones().len()
}

fn show_of(row: ShowRow, plan: Arc<Plan>) -> Result<Show, StoreError> {
    let (
        id,
        organiser,
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
        ends_at,
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
        organiser: OrganiserId(organiser.as_u128()),
        plan_id: plan_id.as_u128(),
        plan,
        title,
        times: Times {
            starts_at,
            ends_at,
            on_sale_at,
            closes_at,
        },
        currency: Currency::try_from(currency).map_err(StoreError::internal)?,
        prices,
        zone_capacities: capacities.into_iter().map(i32::cast_unsigned).collect(),
        hold: milliseconds(hold_ms),
        hold_grace: milliseconds(hold_grace_ms),
        order_places_max: order_places_max.cast_unsigned(),
        session_places_max: session_places_max.cast_unsigned(),
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
