//! The live feed: what has been committed reaches every viewer, in order, once.
//!
//! [`Follow`] keeps the states of shows current; this room shows them. Each show with viewers has a watch, which
//! renders its map and makes the frames that they share.

pub mod compressed;
pub mod event_stream;
pub mod feed;
mod gzip;
pub mod incoming;
pub mod plan_names;
pub mod position;
pub mod render;
pub mod rendered_map;
mod settings;
pub mod viewer;
pub mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::MissedTickBehavior;

use crate::closing::until_closing;
use crate::show::Follow;
use crate::store::error::StoreError;
use compressed::Compressed;
use domain::id::{Offset, ShowId};
use domain::seat_map::SeatMap;
use domain::show::Show;
use domain::state::ShowState;
use plan_names::PlanNames;
use rendered_map::RenderedMap;
use watch::Watch;

pub use settings::LiveSettings;

/// How often unused watches are removed.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);
/// A watch that is unused for this long is removed.
const UNUSED_AFTER: Duration = Duration::from_secs(600);

/// Why a show can't be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The memory for shows is full of shows that are in use.
    #[error("too many shows are watched")]
    TooMany,
    /// Its state could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The live feed of one node.
pub struct Live {
    follow: Follow,
    settings: LiveSettings,
    plan_names: PlanNames,
    compressed: Compressed,
    shows: Mutex<HashMap<ShowId, Arc<Watch>>>,
    closing: tokio::sync::watch::Sender<bool>,
}

impl Live {
    /// A feed that shows nothing yet.
    pub fn new(follow: Follow, settings: LiveSettings) -> Arc<Self> {
        Arc::new(Self {
            follow,
            settings,
            plan_names: PlanNames::default(),
            compressed: Compressed::default(),
            shows: Mutex::default(),
            closing: tokio::sync::watch::Sender::new(false),
        })
    }

    /// The limits.
    pub fn settings(&self) -> &LiveSettings {
        &self.settings
    }

    /// Keeps the states current.
    pub fn follow(&self) -> &Follow {
        &self.follow
    }

    /// The names of places.
    pub fn plan_names(&self) -> &PlanNames {
        &self.plan_names
    }

    /// Texts that never change, compressed.
    pub fn compressed(&self) -> &Compressed {
        &self.compressed
    }

    /// Watches a show from now on, if it isn't watched already. Its state is known then.
    pub async fn watch(&self, show: &Arc<Show>) -> Result<Arc<Watch>, WatchError> {
        let watch = match self.watched(show.id) {
            Some(watch) => watch,
            None => self.begin_watching(show).await?,
        };
        self.follow.load(watch.followed()).await?;
        // `close` sets the flag before it walks the shows: either it finds this show, or we see the flag.
        if *self.closing.borrow() {
            watch.close();
        }
        Ok(watch)
    }

    /// The show as this node watches it, if it does.
    pub fn watched(&self, show: ShowId) -> Option<Arc<Watch>> {
        let shows = self.lock();
        let watch = shows.get(&show)?;
        watch.touch();
        Some(watch.clone())
    }

    /// A show's map for a single request: the show isn't watched afterwards.
    pub async fn look_once(&self, show: &Arc<Show>) -> Result<RenderedMap, StoreError> {
        let map = self.follow.look_at_map(show).await?;
        self.render(show, map).await
    }

    /// A show's map as it was at an offset; `None` if the journal has not reached it.
    pub async fn look_back(&self, show: &Arc<Show>, at: Offset) -> Result<Option<RenderedMap>, StoreError> {
        match self.follow.look_back(show, at).await? {
            Some(map) => self.render(show, map).await.map(Some),
            None => Ok(None),
        }
    }

    async fn render(&self, show: &Arc<Show>, map: SeatMap) -> Result<RenderedMap, StoreError> {
        let (names, show) = (self.plan_names.of(show).await?, show.clone());
        let rendered = tokio::task::spawn_blocking(move || RenderedMap::once(&show, &names, &map));
        rendered.await.map_err(StoreError::internal)
    }

    /// Becomes true when the node stops.
    pub fn closing(&self) -> Receiver<bool> {
        self.closing.subscribe()
    }

    /// Closes every viewer: the node stops.
    pub fn close(&self) {
        self.closing.send_replace(true);
        self.lock().values().for_each(|watch| watch.close());
    }

    /// How many viewers there are on this node.
    pub fn viewers(&self) -> usize {
        self.lock().values().map(|watch| watch.viewers()).sum()
    }

    /// Forgets watches that nobody uses, until the node stops.
    pub async fn run(self: Arc<Self>) {
        let mut interval = tokio::time::interval(FORGET_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut closing = self.closing();
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = interval.tick() => {
                    let is_used = |watch: &Arc<Watch>| !is_idle(watch) || watch.unused_for() <= UNUSED_AFTER;
                    self.lock().retain(|_, watch| is_used(watch));
                }
            }
        }
    }

    async fn begin_watching(&self, show: &Arc<Show>) -> Result<Arc<Watch>, WatchError> {
        let names = self.plan_names.of(show).await?;
        self.make_room(Watch::bytes_of(&names) + ShowState::bytes_of(show.plan.seats().len()))?;
        let followed = self.follow.registry().follow(show);
        self.follow.load(&followed).await?;
        let watch = {
            let mut shows = self.lock();
            let start = || Watch::start(followed, names, &self.settings);
            // Another request may have been first.
            let watch = shows.entry(show.id).or_insert_with(start);
            // A watch that is in use is not removed, and it is cloned under the lock.
            watch.touch();
            watch.clone()
        };
        // Events that came while the state was loaded. If reading them fails, the next comparison of heads does it.
        let _later = self.follow.catch_up(watch.followed(), None).await;
        let rendering = watch.clone();
        // A large map is not rendered on an async thread.
        let rendered = tokio::task::spawn_blocking(move || drop(rendering.rendered()));
        rendered.await.map_err(StoreError::internal)?;
        Ok(watch)
    }

    /// Makes room for this many bytes by removing watches that nobody uses.
    fn make_room(&self, wanted: usize) -> Result<(), WatchError> {
        let registry = self.follow.registry();
        let mut lacking = registry.lacks(wanted);
        if lacking == 0 {
            return Ok(());
        }
        {
            let mut shows = self.lock();
            let idle = shows.values().filter(|watch| is_idle(watch));
            let mut idle: Vec<_> = idle
                .map(|watch| (watch.unused_for(), watch.show().id, watch.followed().bytes()))
                .collect();
            idle.sort_unstable();
            while lacking > 0
                && let Some((_, show, bytes)) = idle.pop()
            {
                shows.remove(&show);
                lacking = lacking.saturating_sub(bytes);
            }
        }
        registry.make_room_for(wanted);
        if registry.lacks(wanted) == 0 {
            Ok(())
        } else {
            Err(WatchError::TooMany)
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ShowId, Arc<Watch>>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nobody holds this watch: viewers hold it for as long as they look.
fn is_idle(watch: &Arc<Watch>) -> bool {
    Arc::strong_count(watch) == 1
}
