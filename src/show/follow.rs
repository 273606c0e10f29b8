//! Keeps the states of shows current: takes events from the bus, fills gaps from the journal, compares the journals'
//! heads with the node's offsets, and reloads a state that turns out to be wrong.
//!
//! The loop that takes news does no work with the database. Reads are tasks of their own: one for a show at a time, a few
//! in all, so that neither a slow database nor a burst on one show holds up the news of another.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver as NewsReceiver;
use tokio::sync::watch::Receiver;
use tokio::sync::{Notify, Semaphore};
use tokio::time::MissedTickBehavior;

use super::bus::News;
use super::followed::{Accepted, Followed};
use super::registry::Registry;
use crate::closing::until_closing;
use crate::store::clock::Clock;
use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::inventory::{load_map, load_state};
use crate::store::journal::{
    Head, JOURNAL_PAGE_EVENTS_MAX, read_head, read_heads, read_journal, read_timeline,
};
use crate::store::shared_read::SharedReads;
use crate::store::show_cache::Shows;
use crate::store::snapshot::read_map_at;
use domain::event::Event;
use domain::id::{Offset, Revision, ShowId};
use domain::seat_map::{Sale, SeatMap};
use domain::show::Show;

/// How often the journals' heads are compared with the node's offsets: a lost message is noticed after this time at the
/// latest.
const HEADS_INTERVAL: Duration = Duration::from_millis(500);
/// Maps count as stale after this long without an answer from the database.
const STALE_AFTER: Duration = Duration::from_secs(3);
/// Shows that are caught up at a time: some of the reading connections stay free for requests.
const CATCH_UPS_MAX: usize = 2;
/// How long a request waits for a show to be caught up.
const CATCH_UP_WAIT_MAX: Duration = Duration::from_secs(1);
/// How many times a request reloads a state that proves wrong at once.
const LOADS_MAX: usize = 3;
/// Most pages of a journal read to catch up a show; one that is further behind is loaded again.
const CATCH_UP_PAGES_MAX: usize = 16;

/// Schedules a check for lapsed holds in about this time.
pub type Remind = Box<dyn Fn(&Arc<Show>, Duration) + Send + Sync>;

/// Keeps a node's states of shows current.
#[derive(Clone)]
pub struct Follow(Arc<Inner>);

struct Inner {
    /// Reads are begun from the turnstile's threads too.
    runtime: Handle,
    database: Database,
    shows: Arc<Shows>,
    registry: Arc<Registry>,
    remind: Remind,
    /// States being read.
    loads: SharedReads<ShowId, ()>,
    /// Journals being read.
    catch_ups: SharedReads<ShowId, ()>,
    catch_up_permits: Semaphore,
    /// When the database last answered.
    confirmed: Mutex<Instant>,
    /// The database's timeline when it was last asked.
    timeline: Mutex<Option<String>>,
    /// The database's clock.
    clock: Mutex<Clock>,
    due: Mutex<Due>,
    /// Signals that something is due.
    is_due: Notify,
}

/// Shows whose heads are to be compared before the interval ends.
#[derive(Default)]
enum Due {
    #[default]
    Nothing,
    /// These, whose subscription has just begun, say.
    Some(HashSet<ShowId>),
    /// All that are observed: news were lost.
    All,
}

impl Follow {
    /// Keeps the shows of this registry current. [`Follow::run`] must be running, in the runtime in which this is
    /// called.
    pub fn new(database: Database, shows: Arc<Shows>, registry: Arc<Registry>, remind: Remind) -> Self {
        Self(Arc::new(Inner {
            runtime: Handle::current(),
            database,
            shows,
            registry,
            remind,
            loads: SharedReads::default(),
            catch_ups: SharedReads::default(),
            catch_up_permits: Semaphore::new(CATCH_UPS_MAX),
            confirmed: Mutex::new(Instant::now()),
            timeline: Mutex::default(),
            clock: Mutex::default(),
            due: Mutex::default(),
            is_due: Notify::new(),
        }))
    }

    /// The shows that this node knows.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// How long ago the database last answered, if that is too long.
    pub fn stale_for(&self) -> Option<Duration> {
        let silence = lock(&self.0.confirmed).elapsed();
        (silence > STALE_AFTER).then_some(silence)
    }

    /// Takes events that this node has just committed.
    pub fn committed(&self, followed: &Arc<Followed>, events: &[Event]) {
        if self.accept(followed, events) == Accepted::Gap {
            // The client is about to be answered, and may read the map at once.
            self.start_catching_up(followed);
        }
    }

    /// Loads the state of a show, unless it is known. Concurrent callers share one read.
    pub async fn load(&self, followed: &Arc<Followed>) -> Result<(), StoreError> {
        for _ in 0..LOADS_MAX {
            if followed.offset().is_some() {
                return Ok(());
            }
            let (inner, wanted) = (self.0.clone(), followed.clone());
            let load = move || async move { inner.load(&wanted).await };
            self.0.loads.read(followed.show().id, load).await?;
        }
        followed.offset().map(drop).ok_or(StoreError::Unavailable)
    }

    /// Reads the events that are known to exist but are not folded in, or those up to `wanted` if the journal has them.
    /// Waits a second at most.
    pub async fn catch_up(&self, followed: &Arc<Followed>, wanted: Option<Offset>) -> Result<(), StoreError> {
        let wanted = wanted.max(followed.heard());
        let waiting = async {
            // A read that was under way may have begun before the event was there; the next one has not.
            for _ in 0..2 {
                if followed.offset() >= wanted && followed.offset().is_some() {
                    break;
                }
                let (inner, wanted) = (self.0.clone(), followed.clone());
                let catch_up = move || async move { inner.catch_up(&wanted).await };
                self.0.catch_ups.read(followed.show().id, catch_up).await?;
            }
            Ok(())
        };
        let waited = tokio::time::timeout(CATCH_UP_WAIT_MAX, waiting).await;
        waited.unwrap_or(Err(StoreError::Unavailable))
    }

    /// A show's map for a single request; the show isn't followed afterwards.
    pub async fn look_at_map(&self, show: &Arc<Show>) -> Result<SeatMap, StoreError> {
        let show = show.clone();
        let read = move |connection: &mut _| Ok(load_map(connection, &show)?);
        self.0.database.read(read).await
    }

    /// A show's map as it was at an offset; `None` if the journal has not reached it.
    pub async fn look_back(&self, show: &Arc<Show>, at: Offset) -> Result<Option<SeatMap>, StoreError> {
        let show = show.clone();
        let read = move |connection: &mut _| Ok(read_map_at(connection, &show, at)?);
        self.0.database.read(read).await
    }

    /// A show at this revision of its terms.
    pub async fn show_at(&self, show: ShowId, revision: Revision) -> Result<Arc<Show>, StoreError> {
        let found = self.0.shows.at_revision(show, revision).await?;
        found.ok_or(StoreError::Unavailable)
    }

    /// The database's clock, as this node knows it: good enough to say how a show stands, never to decide anything. Until
    /// the database has told it, the machine's own.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "nothing is decided by it")]
        lock(&self.0.clock).now().unwrap_or_else(Utc::now)
    }

    /// The head of a show's journal: from memory if that is kept current, else by reading one row. Memory doesn't know of a
    /// show that doesn't sell whether it is canceled. Without the database, it has to do.
    pub async fn look_at_head(&self, show: ShowId) -> Result<Head, StoreError> {
        let known = self.0.registry.get(show);
        let head = |followed: &Arc<Followed>| {
            followed.look(|state, _| Head {
                offset: state.offset(),
                sale: state.map().sale,
                is_canceled: false,
                revision: state.map().revision,
            })
        };
        if let Some(followed) = &known
            && followed.is_observed()
            && !followed.is_behind()
            && let Some(head) = head(followed).filter(|head| head.sale == Sale::Open)
        {
            return Ok(head);
        }
        let read = move |connection: &mut _| Ok(read_head(connection, show)?);
        let read = self.0.database.read(read).await;
        read.or_else(|error| known.as_ref().and_then(head).ok_or(error))
    }

    /// Works until the node stops.
    pub async fn run(self, news: NewsReceiver<News>, closing: Receiver<bool>) {
        tokio::join!(
            self.take_all_news(news, closing.clone()),
            self.compare_all_heads(closing)
        );
    }

    async fn take_all_news(&self, mut news: NewsReceiver<News>, mut closing: Receiver<bool>) {
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                Some(news) = news.recv() => self.take_news(news),
            }
        }
    }

    fn take_news(&self, news: News) {
        match news {
            News::Events(show, events) => {
                let Some(followed) = self.0.registry.get(show) else {
                    return;
                };
                self.0.remind_of_holds(followed.show(), &events);
                let accepted = self.accept(&followed, &events);
                // A show without viewers is caught up by the next batch on it.
                if accepted == Accepted::Gap && followed.is_observed() {
                    self.start_catching_up(&followed);
                }
            }
            News::MissedSome(shows) => self.0.note_due(shows),
            News::MissedAll => {
                *lock(&self.0.due) = Due::All;
                self.0.is_due.notify_one();
            }
        }
    }

    fn accept(&self, followed: &Arc<Followed>, events: &[Event]) -> Accepted {
        let accepted = followed.accept(events);
        if accepted == Accepted::Spoilt && followed.is_observed() {
            self.start_loading(followed);
        }
        accepted
    }

    fn start_catching_up(&self, followed: &Arc<Followed>) {
        let (inner, wanted) = (self.0.clone(), followed.clone());
        let catch_up = move || async move { inner.catch_up(&wanted).await };
        let _entered = self.0.runtime.enter();
        self.0.catch_ups.start(followed.show().id, catch_up);
    }

    fn start_loading(&self, followed: &Arc<Followed>) {
        let (inner, wanted) = (self.0.clone(), followed.clone());
        let load = move || async move { inner.load(&wanted).await };
        let _entered = self.0.runtime.enter();
        self.0.loads.start(followed.show().id, load);
    }

    async fn compare_all_heads(&self, mut closing: Receiver<bool>) {
        let mut interval = tokio::time::interval(HEADS_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = interval.tick() => {
                    *lock(&self.0.due) = Due::Nothing;
                    Due::All
                }
                () = self.0.is_due.notified() => std::mem::take(&mut *lock(&self.0.due)),
            };
            tokio::select! {
                () = until_closing(&mut closing) => return,
                () = self.compare_heads(due) => {}
            }
        }
    }

    async fn compare_heads(&self, due: Due) {
        let shows: Vec<Arc<Followed>> = match due {
            Due::Nothing => return,
            // A request that has just begun to follow one of these may be about to observe it.
            Due::Some(shows) => {
                let shows = shows.into_iter().filter_map(|show| self.0.registry.get(show));
                shows.filter(|followed| followed.offset().is_some()).collect()
            }
            Due::All => {
                let shows = self.0.registry.all().into_iter();
                shows.filter(|followed| followed.is_observed()).collect()
            }
        };
        // Before the heads are read: every event that is known now is committed by then.
        let heard: Vec<Option<Offset>> = shows.iter().map(|followed| followed.heard()).collect();
        let ids: Vec<ShowId> = shows.iter().map(|followed| followed.show().id).collect();
        let read = move |connection: &mut _| {
            let heads = read_heads(connection, &ids)?;
            // Not every database has one.
            Ok((heads, read_timeline(connection).ok()))
        };
        let Ok((heads, told)) = self.0.database.read(read).await else {
            return;
        };
        let (timeline, clock) = told.unzip();
        if let Some(clock) = clock {
            lock(&self.0.clock).set(clock);
        }
        *lock(&self.0.confirmed) = Instant::now();
        if self.0.is_another_timeline(timeline.flatten()) {
            tracing::warn!("the database has failed over; all shows are read anew");
            self.0.shows.forget_terms();
            self.0.registry.all().iter().for_each(|followed| followed.spoil());
        }
        let heads: HashMap<_, _> = heads.into_iter().collect();
        for (followed, heard) in shows.iter().zip(heard) {
            if let Some(head) = heads.get(&followed.show().id) {
                self.compare_head(followed, heard, *head);
            }
        }
    }

    fn compare_head(&self, followed: &Arc<Followed>, heard: Option<Offset>, head: Offset) {
        if heard.is_some_and(|heard| head < heard) {
            tracing::error!(
                show.id = %followed.show().id, journal.offset = %head,
                "the database has lost a show's last events; its state is read anew"
            );
            followed.spoil();
        }
        match followed.offset() {
            None => self.start_loading(followed),
            Some(offset) if offset < head => self.start_catching_up(followed),
            Some(_) => {}
        }
    }
}

impl Inner {
    async fn load(&self, followed: &Followed) -> Result<(), StoreError> {
        let show = followed.show().clone();
        let read = move |connection: &mut _| Ok(load_state(connection, &show)?);
        let loaded = self.database.read(read).await?;
        if let Some(next) = loaded.state.next_lapse() {
            (self.remind)(followed.show(), (next - loaded.at).to_std().unwrap_or_default());
        }
        followed.install(loaded);
        Ok(())
    }

    /// Reads what the journal has beyond the state.
    async fn catch_up(&self, followed: &Followed) -> Result<(), StoreError> {
        let _permit = self
            .catch_up_permits
            .acquire()
            .await
            .map_err(StoreError::internal)?;
        for _ in 0..CATCH_UP_PAGES_MAX {
            let Some(after) = followed.offset() else { break };
            let show = followed.show().id;
            let read =
                move |connection: &mut _| Ok(read_journal(connection, show, after, JOURNAL_PAGE_EVENTS_MAX)?);
            let page = self.database.read(read).await?;
            self.remind_of_holds(followed.show(), &page);
            let is_last = i64::try_from(page.len()).is_ok_and(|count| count < JOURNAL_PAGE_EVENTS_MAX);
            match followed.accept(&page) {
                Accepted::Folded if is_last => return Ok(()),
                Accepted::Folded => {}
                Accepted::Gap | Accepted::Spoilt => break,
            }
        }
        self.load(followed).await
    }

    /// Schedules lapses of holds given by other nodes too: their node may be gone by then.
    fn remind_of_holds(&self, show: &Arc<Show>, events: &[Event]) {
        let waits = events
            .iter()
            .filter_map(|event| Some((event.terms?.kept_until - event.at).to_std().unwrap_or_default()));
        if let Some(wait) = waits.min() {
            (self.remind)(show, wait);
        }
    }

    fn note_due(&self, shows: Vec<ShowId>) {
        match &mut *lock(&self.due) {
            Due::All => {}
            Due::Some(due) => due.extend(shows),
            due @ Due::Nothing => *due = Due::Some(shows.into_iter().collect()),
        }
        self.is_due.notify_one();
    }

    /// Whether the database's timeline is another one than when it was last asked.
    fn is_another_timeline(&self, timeline: Option<String>) -> bool {
        if timeline.is_none() {
            return false;
        }
        let mut known = lock(&self.timeline);
        let is_another = known.is_some() && *known != timeline;
        *known = timeline;
        is_another
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
