//! The shows and plans that this node has read. A plan never changes, and is read once; of a show the newest terms are kept that
//! this node knows.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::batch::RANGE_NUMBERS_MIN;
use super::catalogue::{parse_plan, read_plan};
use super::database::Database;
use super::error::StoreError;
use super::kept::Kept;
use super::order::find_show;
use super::terms::{PlanIds, read_terms};
use domain::id::{OrganiserId, Revision, ShowId};
use domain::plan::Plan;
use domain::plan::numbering::in_turn;
use domain::reference::OrderNumber;
use domain::show::Show;

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
    /// Plans of shows that have had others before, with the numbers of these.
    numbered: Kept<PlanIds, Arc<Plan>>,
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
            numbered: Kept::new(PLANS_PLACES_MAX),
            documents: Kept::new(DOCUMENTS_BYTES_MAX),
            ranges: Kept::new(RANGES_MAX),
            parses: Semaphore::new(PARSES_MAX),
        }))
    }

    /// A show, at terms that may not be in force any more; `None` if there is none of that id. A draft is one still, and the
    /// currency of a show that isn't one is the one that it keeps.
    pub async fn show(&self, id: ShowId) -> Result<Option<Arc<Show>>, StoreError> {
        let shows = self.clone();
        let read = move || async move { shows.read_show(id, None).await };
        match self.0.shows.get_or_read(id, |_| 1, read).await? {
            // Seldom, and so with room of its own; as below.
            Some(known) if known.is_draft => Box::pin(self.read_newer(id)).await,
            found => Ok(found),
        }
    }

    /// A show at this revision of its terms or a later one.
    pub async fn at_least(&self, id: ShowId, revision: Revision) -> Result<Option<Arc<Show>>, StoreError> {
        match self.show(id).await? {
            Some(known) if known.revision < revision => Box::pin(self.read_newer(id)).await,
            found => Ok(found),
        }
    }

    async fn read_newer(&self, id: ShowId) -> Result<Option<Arc<Show>>, StoreError> {
        let read = self.read_show(id, None).await?;
        if let Some(show) = &read {
            self.note(show);
        }
        Ok(read)
    }

    /// A show at this revision of its terms; `None` if it has never had them.
    pub async fn at_revision(&self, id: ShowId, revision: Revision) -> Result<Option<Arc<Show>>, StoreError> {
        match self.show(id).await? {
            None => Ok(None),
            Some(known) if known.revision == revision => Ok(Some(known)),
            Some(_) => self.read_show(id, Some(revision)).await,
        }
    }

    /// Keeps these terms of a show, unless newer ones are known.
    pub fn note(&self, show: &Arc<Show>) {
        let is_older = |known: &Arc<Show>| known.revision < show.revision;
        self.0.shows.replace(show.id, show.clone(), 1, is_older);
    }

    /// Forgets what may have changed: the database has lost its last commits, maybe.
    pub fn forget_terms(&self) {
        self.0.shows.clear();
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

    /// The last of these plans, with the numbers of a show that has had the others before; `None` if one of them isn't there.
    pub async fn numbered_plan(&self, plans: &PlanIds) -> Result<Option<Arc<Plan>>, StoreError> {
        if let [plan] = plans.as_slice() {
            return self.plan(*plan).await;
        }
        let (shows, wanted) = (self.clone(), plans.clone());
        let read = move || async move {
            let mut found = Vec::with_capacity(wanted.len());
            for plan in wanted {
                let Some(plan) = shows.plan(plan).await? else {
                    return Ok(None);
                };
                found.push(plan);
            }
            let numbered = tokio::task::spawn_blocking(move || in_turn(found)).await;
            numbered.map_err(StoreError::internal)
        };
        self.0
            .numbered
            .get_or_read(plans.clone(), |plan| weigh(plan), read)
            .await
    }

    /// The same, if this node has it.
    pub fn known_plan(&self, plans: &PlanIds) -> Option<Arc<Plan>> {
        match plans.as_slice() {
            [plan] => self.0.plans.get(plan).map(|(_, plan)| plan),
            _ => self.0.numbered.get(plans),
        }
    }

    async fn plan_and_owner(&self, id: u128) -> Result<Option<(OrganiserId, Arc<Plan>)>, StoreError> {
        let shows = self.clone();
        let read = move || async move { shows.read_plan(id).await };
        self.0.plans.get_or_read(id, |(_, plan)| weigh(plan), read).await
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

    async fn read_show(
        &self,
        id: ShowId,
        revision: Option<Revision>,
    ) -> Result<Option<Arc<Show>>, StoreError> {
        let read = move |connection: &mut _| Ok(read_terms(connection, id, revision)?);
        let Some(terms) = self.0.database.read(read).await? else {
            return Ok(None);
        };
        let mut plans = Vec::new();
        for ids in terms.plans() {
            plans.extend(self.numbered_plan(&ids).await?.map(|plan| (ids, plan)));
        }
        let plan = |ids: &PlanIds| plans.iter().find(|(known, _)| known == ids);
        let show = terms.into_show(|ids| plan(ids).map(|(_, plan)| plan.clone()))?;
        Ok(Some(Arc::new(show)))
    }

    async fn read_plan(&self, id: u128) -> Result<Option<(OrganiserId, Arc<Plan>)>, StoreError> {
        let read = move |connection: &mut _| Ok(read_plan(connection, id)?);
        let Some((organiser, document)) = self.0.database.read(read).await? else {
            return Ok(None);
        };
        let _permit = self.0.parses.acquire().await.map_err(StoreError::internal)?;
        // Neither a connection nor an async thread waits for it.
        let parsed = tokio::task::spawn_blocking(move || parse_plan(&document));
        let plan = parsed.await.map_err(StoreError::internal)??;
        Ok(Some((organiser, Arc::new(plan))))
    }
}

fn weigh(plan: &Plan) -> usize {
    1 + plan.seats().len() + plan.zones().len()
}
