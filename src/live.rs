//! The live feed: what has been committed reaches every viewer, in order, once.
//!
//! A node folds each show that somebody looks at. Events come from this node's own turnstile and, over the bus, from
//! the others; whatever is missing is read from the journal, which alone is the truth. The bus only makes it quick.

mod gzip;
pub mod render;
pub mod rendered_map;
pub mod viewer;
pub mod watch;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::closing::until_closing;
use crate::show::bus::{Bus, News};
use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::inventory::load_inventory;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_heads, read_journal};
use domain::event::Event;
use domain::id::ShowId;
use domain::show::Show;
use watch::{Accepted, Watch};

/// How often the journals' heads are compared with what the node has: the longest that a lost message goes unnoticed.
const HEADS_INTERVAL: Duration = Duration::from_millis(500);
/// Without a word from the database for this long, what the node shows counts as stale.
const STALE_AFTER: Duration = Duration::from_secs(3);
/// A show that nobody has looked at for this long is forgotten.
const UNUSED_AFTER: Duration = Duration::from_secs(600);

/// The live feed's limits.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// Events of a burst go out together, this far apart. Zero: each batch at once.
    pub tick: Duration,
    /// Most shows that are followed at a time.
    pub shows_max: usize,
    /// Most viewers of this node.
    pub viewers_max: usize,
    /// Most bytes of recent frames kept for the viewers of one show.
    pub frames_bytes_max: usize,
}

/// Plans a look at a show's lapses, in about so long.
pub type Remind = Box<dyn Fn(&Arc<Show>, Duration) + Send + Sync>;

/// Why a show can't be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// As many shows are followed as may be.
    #[error("too many shows are watched")]
    TooMany,
    /// Its state could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The shows that are followed; a cell is empty while its show is being read.
type Watches = HashMap<ShowId, Arc<OnceCell<Arc<Watch>>>>;

/// The live feed of one node.
pub struct Live {
    database: Database,
    settings: LiveSettings,
    bus: Arc<dyn Bus>,
    remind: Remind,
    shows: Mutex<Watches>,
    /// The last time that the database was heard of.
    confirmed: Mutex<Instant>,
    closing: tokio::sync::watch::Sender<bool>,
    /// A catch-up of everything is due: the bus was away.
    lost: AtomicBool,
}

impl Live {
    /// A feed that follows nothing yet. [`Live::run`] must be running for it to stay right.
    pub fn new(database: Database, settings: LiveSettings, bus: Arc<dyn Bus>, remind: Remind) -> Arc<Self> {
        Arc::new(Self {
            database,
            settings,
            bus,
            remind,
            shows: Mutex::default(),
            confirmed: Mutex::new(Instant::now()),
            closing: tokio::sync::watch::Sender::new(false),
            lost: AtomicBool::new(false),
        })
    }

    /// The limits.
    pub fn settings(&self) -> &LiveSettings {
        &self.settings
    }

    /// Follows a show from now on, if it isn't followed already.
    pub async fn watch(&self, show: &Arc<Show>) -> Result<Arc<Watch>, WatchError> {
        let cell = {
            let mut shows = self.lock();
            if shows.len() >= self.settings.shows_max && !shows.contains_key(&show.id) {
                self.forget_longest_unused(&mut shows)?;
            }
            shows.entry(show.id).or_default().clone()
        };
        let watch = match cell.get_or_try_init(|| self.load(show)).await {
            Ok(watch) => watch.clone(),
            Err(error) => {
                self.lock().remove(&show.id);
                return Err(error.into());
            }
        };
        // Whoever closes looks for shows after having said so: a show is found there, or finds it said here.
        if *self.closing.borrow() {
            watch.close();
        }
        watch.touch();
        Ok(watch)
    }

    /// The show as this node follows it, if it does.
    pub fn watched(&self, show: ShowId) -> Option<Arc<Watch>> {
        let watch = self.lock().get(&show)?.get()?.clone();
        watch.touch();
        Some(watch)
    }

    /// How long ago the database was last heard of, if that is too long.
    pub fn stale_for(&self) -> Option<Duration> {
        let silence = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed();
        (silence > STALE_AFTER).then_some(silence)
    }

    /// Becomes true when the node stops.
    pub fn closing(&self) -> tokio::sync::watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Tells every viewer that the node goes away.
    pub fn close(&self) {
        self.closing.send_replace(true);
        self.watches().iter().for_each(|watch| watch.close());
    }

    /// How many viewers there are on this node.
    pub fn viewers(&self) -> usize {
        self.watches().iter().map(|watch| watch.viewers()).sum()
    }

    /// Events that this node has just committed.
    pub fn committed(&self, show: &Arc<Show>, events: &[Event]) {
        self.bus.publish(show.id, events);
        if let Some(watch) = self.loaded(show.id) {
            // A gap is healed at the next look at the journals' heads.
            let _accepted = watch.accept(events);
        }
    }

    /// Keeps everything right until the node stops: takes what the bus brings, compares heads, forgets the unused.
    pub async fn run(self: Arc<Self>, mut news: tokio::sync::mpsc::Receiver<News>) {
        let mut heads = tokio::time::interval(HEADS_INTERVAL);
        heads.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut closing = self.closing();
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                Some(news) = news.recv() => self.take_news(news).await,
                _ = heads.tick() => {
                    self.compare_heads().await;
                    self.forget_unused();
                }
            }
        }
    }

    async fn load(&self, show: &Arc<Show>) -> Result<Arc<Watch>, StoreError> {
        // Before the state is read, so that nothing published after it is missed.
        self.bus.subscribe(show.id);
        let reading = show.clone();
        let loaded = self
            .database
            .read(move |connection| Ok(load_inventory(connection, &reading)?))
            .await?;
        if let Some(next) = loaded.state.next_lapse() {
            (self.remind)(show, (next - loaded.at).to_std().unwrap_or_default());
        }
        Ok(Watch::start(
            show.clone(),
            loaded.state.map().clone(),
            &self.settings,
        ))
    }

    async fn take_news(&self, news: News) {
        match news {
            News::Events(show, events) => {
                let Some(watch) = self.loaded(show) else { return };
                self.remind_of_holds(watch.show(), &events);
                if watch.accept(&events) == Accepted::Gap {
                    self.catch_up(&watch).await;
                }
            }
            News::Lost => self.lost.store(true, Ordering::Relaxed),
        }
    }

    /// Holds given by other nodes lapse here too: their node may be gone by then.
    fn remind_of_holds(&self, show: &Arc<Show>, events: &[Event]) {
        let waits = events
            .iter()
            .filter_map(|event| Some((event.terms?.kept_until - event.at).to_std().unwrap_or_default()));
        if let Some(wait) = waits.min() {
            (self.remind)(show, wait);
        }
    }

    async fn compare_heads(&self) {
        let watches = self.watches();
        let shows: Vec<ShowId> = watches.iter().map(|watch| watch.show().id).collect();
        let Ok(heads) = self
            .database
            .read(move |connection| Ok(read_heads(connection, &shows)?))
            .await
        else {
            return;
        };
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let heads: HashMap<_, _> = heads.into_iter().collect();
        let lost = self.lost.swap(false, Ordering::Relaxed);
        for watch in watches {
            let behind = heads
                .get(&watch.show().id)
                .is_some_and(|head| *head > watch.offset());
            if behind || lost {
                self.catch_up(&watch).await;
            }
        }
    }

    /// Reads what a show's journal has beyond what is folded.
    pub async fn catch_up(&self, watch: &Arc<Watch>) {
        loop {
            let (show, after) = (watch.show().id, watch.offset());
            let read =
                move |connection: &mut _| Ok(read_journal(connection, show, after, JOURNAL_PAGE_EVENTS_MAX)?);
            let Ok(page) = self.database.read(read).await else {
                return;
            };
            self.remind_of_holds(watch.show(), &page);
            if page.is_empty() || watch.accept(&page) == Accepted::Gap {
                return;
            }
        }
    }

    /// Makes room for one more show, if there is one that nobody looks at.
    fn forget_longest_unused(&self, shows: &mut Watches) -> Result<(), WatchError> {
        let watches = shows.values().filter_map(|cell| cell.get());
        let unused = watches
            .filter(|watch| watch.viewers() == 0)
            .max_by_key(|watch| watch.unused_for());
        let show = unused.map(|watch| watch.show().id).ok_or(WatchError::TooMany)?;
        shows.remove(&show);
        self.bus.unsubscribe(show);
        Ok(())
    }

    fn forget_unused(&self) {
        let mut shows = self.lock();
        shows.retain(|show, cell| {
            let unused = cell
                .get()
                .is_some_and(|watch| watch.viewers() == 0 && watch.unused_for() > UNUSED_AFTER);
            if unused {
                self.bus.unsubscribe(*show);
            }
            !unused
        });
    }

    fn loaded(&self, show: ShowId) -> Option<Arc<Watch>> {
        self.lock().get(&show).and_then(|cell| cell.get().cloned())
    }

    fn watches(&self) -> Vec<Arc<Watch>> {
        self.lock()
            .values()
            .filter_map(|cell| cell.get().cloned())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Watches> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
