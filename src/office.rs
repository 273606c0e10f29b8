//! One node, put together: every room with what it needs of the others.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::cleaner::clean;
use crate::config::Config;
use crate::identity::Identity;
use crate::live::Live;
use crate::payment::Payments;
use crate::show::bus::{Bus, InProcessBus, News, RedisBus};
use crate::store::database::Database;
use crate::store::orders::Orders;
use crate::store::shows::Shows;
use crate::turnstile::{Feed, Turnstile};
use domain::event::Event;
use domain::show::Show;

/// The rooms of a running node.
pub struct Office {
    /// The settings.
    pub config: Config,
    /// The database.
    pub database: Database,
    /// Shows and plans.
    pub shows: Arc<Shows>,
    /// Orders as they stand.
    pub orders: Orders,
    /// Where commands pass.
    pub turnstile: Arc<Turnstile>,
    /// The live feed.
    pub live: Arc<Live>,
    /// Payments.
    pub payments: Arc<Payments>,
    /// Tokens, keys and references.
    pub identity: Identity,
    /// The tasks that run until the node stops.
    background: std::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

/// Hands committed events to the live feed, which is made after the turnstile.
struct LiveFeed(Arc<std::sync::OnceLock<Weak<Live>>>);

impl Feed for LiveFeed {
    fn committed(&self, show: &Arc<Show>, events: &[Event]) {
        if let Some(live) = self.0.get().and_then(Weak::upgrade) {
            live.committed(show, events);
        }
    }
}

impl Office {
    /// Puts a node together and starts its background tasks. The database's schema must be up to date.
    pub fn open(config: Config, database: Database, identity: Identity) -> anyhow::Result<Arc<Self>> {
        let shows = Arc::new(Shows::new(database.clone()));
        let later = Arc::new(std::sync::OnceLock::new());
        let feed = Arc::new(LiveFeed(later.clone()));
        let turnstile = Arc::new(Turnstile::start(&database, config.turnstile(), feed)?);
        let (bus, news): (Arc<dyn Bus>, _) = match &config.redis_url {
            Some(url) => {
                let (bus, news) = RedisBus::join(url, &config.redis_prefix)?;
                (Arc::new(bus), news)
            }
            None => (Arc::new(InProcessBus), tokio::sync::mpsc::channel::<News>(1).1),
        };
        let reminded = turnstile.clone();
        let remind = Box::new(move |show: &Arc<Show>, after| reminded.remind(show, after));
        let live = Live::new(database.clone(), config.live(), bus, remind);
        // Set once, here.
        let _first = later.set(Arc::downgrade(&live));
        let gateways = config.providers.accounts().open()?;
        let orders = Orders::new(database.clone());
        let payments = Payments::new(
            database.clone(),
            shows.clone(),
            orders.clone(),
            turnstile.clone(),
            gateways,
            config.payment(),
        );
        let background = vec![
            tokio::spawn(live.clone().run(news)),
            tokio::spawn(payments.clone().run(live.closing())),
            tokio::spawn(clean(
                database.clone(),
                Duration::from_secs(config.clean_seconds),
                live.closing(),
            )),
        ];
        Ok(Arc::new(Self {
            config,
            database,
            orders,
            shows,
            turnstile,
            live,
            payments,
            identity,
            background: std::sync::Mutex::new(background),
        }))
    }

    /// Stops the background tasks and the turnstile, once no request is under way any more.
    pub async fn close(&self) {
        self.live.close();
        let background = std::mem::take(
            &mut *self
                .background
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        for task in background {
            if let Err(error) = task.await {
                tracing::error!(error = %error, "a background task panicked");
            }
        }
        let turnstile = self.turnstile.clone();
        if tokio::task::spawn_blocking(move || turnstile.stop())
            .await
            .is_err()
        {
            tracing::error!("the turnstile could not be stopped");
        }
    }
}
