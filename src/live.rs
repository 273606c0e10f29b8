//! The live feed: what has been committed reaches every viewer, in order, once.
//!
//! [`Follow`] keeps the states of shows current; this room shows them. Each show with viewers has a watch, which
//! renders its map and makes the frames that they share.

pub mod compressed;
pub mod event_stream;
pub mod feed;
mod gzip;
pub mod incoming;
pub mod line_news;
pub mod plan_names;
pub mod position;
pub mod render;
pub mod rendered_map;
mod settings;
pub mod ticks;
pub mod viewer;
pub mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
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
/// How often the task that reads names checks that its show is still watched.
const NAMES_CHECK: Duration = Duration::from_secs(30);
/// Names that could not be read are read again after this long.
const NAMES_RETRY: Duration = Duration::from_millis(500);
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
        name(&watch, &self.follow, &self.plan_names).await?;
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
        let show = self.follow.show_at(show.id, map.revision).await?;
        let names = self.plan_names.of(&show).await?;
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

    /// How many viewers a show has on this node.
    pub fn viewers_of(&self, show: ShowId) -> usize {
        self.lock().get(&show).map_or(0, |watch| watch.viewers())
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
            let start = || {
                let watch = Watch::start(followed, names, show.revision, &self.settings);
                let watched = Arc::downgrade(&watch);
                let (follow, plan_names) = (self.follow.clone(), self.plan_names.clone());
                tokio::spawn(keep_named(watched, watch.wants_names(), follow, plan_names));
                watch
            };
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

/// Gets the names of a watched show's places where it has others since a moment ago.
async fn name(watch: &Watch, follow: &Follow, plan_names: &PlanNames) -> Result<(), StoreError> {
    while let Some(revision) = watch.lacks_names() {
        let show = follow.show_at(watch.show().id, revision).await?;
        watch.name(plan_names.of(&show).await?, revision);
    }
    Ok(())
}

/// The same whenever it has others, for as long as it is watched: viewers wait for them.
async fn keep_named(watch: Weak<Watch>, wants_names: Arc<Notify>, follow: Follow, plan_names: PlanNames) {
    loop {
        let is_wanted = tokio::time::timeout(NAMES_CHECK, wants_names.notified())
            .await
            .is_ok();
        let Some(watch) = watch.upgrade() else { return };
        if is_wanted && name(&watch, &follow, &plan_names).await.is_err() {
            tokio::time::sleep(NAMES_RETRY).await;
            wants_names.notify_one();
        }
    }
}

/// Whether nobody holds this watch: viewers hold it for as long as they look.
fn is_idle(watch: &Arc<Watch>) -> bool {
    Arc::strong_count(watch) == 1
}
