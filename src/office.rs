//! One node, put together: every room with what it needs of the others.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::audit::{Audit, write_down};
use crate::cleaner::clean;
use crate::config::Config;
use crate::identity::Identity;
use crate::inbox::Inboxes;
use crate::keys::Keys;
use crate::line::Lines;
use crate::live::Live;
use crate::mail::Mails;
use crate::moved::Moved;
use crate::pay::Payments;
use crate::pay::provider::accounts::{Accounts, Till};
use crate::shares::{Reports, Shares, UnpaidPlaces};
use crate::sharing::keep_shares;
use crate::show::bus::redis::RedisBus;
use crate::show::bus::{Bus, InProcessBus, News};
use crate::show::{Follow, Followed, Members, Registry};
use crate::snapshots::keep_snapshots;
use crate::store::database::Database;
use crate::store::kept::Kept;
use crate::store::order_reader::Orders;
use crate::store::show_cache::Shows;
use crate::turnstile::{self, Feed, Turnstile};
use crate::webhooks::Webhooks;
use bytes::Bytes;

use domain::event::Event;
use domain::id::{Offset, ShowId};
use domain::show::Show;

/// Snapshots that wait to be written.
const SNAPSHOTS_WAITING_MAX: usize = 16;

/// Most bytes of all snapshots kept as they are sent.
const SNAPSHOTS_BYTES_MAX: usize = 64 * 1_024 * 1_024;

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
    /// What keeps the states of shows right.
    pub follow: Follow,
    /// The nodes that are up.
    pub members: Arc<Members>,
    /// The live feed.
    pub live: Arc<Live>,
    /// Snapshots as they are sent, which all who read one share.
    pub snapshots: Kept<(ShowId, Offset), Bytes>,
    /// Whether its payments take anybody's money.
    pub till: Till,
    /// How much one client may take.
    pub shares: Arc<Shares>,
    /// Places that are held and not paid.
    pub unpaid: Arc<UnpaidPlaces>,
    /// How much is summed up and exported at a time.
    pub reports: Reports,
    /// Payments.
    pub payments: Arc<Payments>,
    /// Tokens, keys and references.
    pub identity: Arc<Identity>,
    /// What keeps the keys right.
    pub keys: Arc<Keys>,
    /// What is asked for with organisers' keys.
    pub audit: Audit,
    /// What organisers' programs are told.
    pub webhooks: Arc<Webhooks>,
    /// What sessions are told.
    pub inboxes: Arc<Inboxes>,
    /// The lines of shows.
    pub lines: Arc<Lines>,
    /// The tasks that run until the node stops.
    background: std::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

/// Hands committed events to the states of shows and to the other nodes.
struct LiveFeed {
    /// Made after the turnstile.
    follow: OnceLock<Follow>,
    unpaid: Arc<UnpaidPlaces>,
    moved: Arc<Moved>,
    /// The same for mail, if any is sent.
    mail_moved: Option<Arc<Moved>>,
    /// The same for inboxes.
    inbox_moved: Arc<Moved>,
    bus: Arc<dyn Bus>,
}

impl Feed for LiveFeed {
    fn committed(&self, followed: &Arc<Followed>, events: &[Event]) {
        match self.follow.get() {
            Some(follow) => follow.committed(followed, events),
            // Nobody follows yet, so that nobody has to catch up.
            None => {
                followed.accept(events);
            }
        }
        self.unpaid.note_events(events);
        self.moved.note(followed.show().id);
        if let Some(moved) = &self.mail_moved {
            moved.note(followed.show().id);
        }
        self.inbox_moved.note(followed.show().id);
        self.bus.publish(followed.show().id, events);
    }
}

impl Office {
    /// Puts a node together and starts its background tasks. The database's schema must be up to date.
    pub fn open(config: Config, database: Database, identity: Identity) -> anyhow::Result<Arc<Self>> {
        let accounts = config.accounts();
        warn_of(&accounts);
        let till = accounts.till();
        let shows = Arc::new(Shows::new(database.clone()));
        let shares = Shares::new(
            identity.shares_key(),
            config.origin_shares(),
            config.viewers_per_address_max,
        );
        let unpaid = UnpaidPlaces::new(shares.clone());
        let (bus, news): (Arc<dyn Bus>, _) = match config.redis_url()? {
            Some(url) => {
                let (bus, news) =
                    RedisBus::join(url, &config.redis_prefix, &identity.bus_key(), unpaid.clone())?;
                (Arc::new(bus), news)
            }
            None => (Arc::new(InProcessBus), tokio::sync::mpsc::channel::<News>(1).1),
        };
        let moved = Arc::<Moved>::default();
        let inbox_moved = Arc::<Moved>::default();
        let failed_payments = Arc::default();
        let mail = config
            .mail
            .settings()?
            .map(|settings| (settings, Arc::<Moved>::default()));
        let feed = Arc::new(LiveFeed {
            follow: OnceLock::new(),
            unpaid: unpaid.clone(),
            moved: moved.clone(),
            mail_moved: mail.as_ref().map(|(_, moved)| moved.clone()),
            inbox_moved: inbox_moved.clone(),
            bus: bus.clone(),
        });
        let registry = Arc::new(Registry::new(bus.clone(), config.shows_bytes_max));
        let members = Members::new();
        let (snapshots, taken) = tokio::sync::mpsc::channel(SNAPSHOTS_WAITING_MAX);
        let neighbours = turnstile::Neighbours {
            database: database.clone(),
            shows: shows.clone(),
            registry: registry.clone(),
            feed: feed.clone(),
            members: members.clone(),
            snapshots,
        };
        let turnstile = Arc::new(Turnstile::start(config.turnstile(), neighbours)?);
        let reminded = turnstile.clone();
        let remind = Box::new(move |show: &Arc<Show>, after| reminded.remind(show, after));
        let follow = Follow::new(database.clone(), shows.clone(), registry, remind);
        // Set once, here.
        let _first = feed.follow.set(follow.clone());
        let live = Live::new(follow.clone(), config.live());
        let gateways = accounts.open()?;
        let orders = Orders::new(database.clone());
        let payments = Payments::new(
            database.clone(),
            shows.clone(),
            orders.clone(),
            turnstile.clone(),
            gateways,
            config.payment(),
            Arc::clone(&failed_payments),
        );
        let inboxes = Inboxes::new(database.clone(), inbox_moved, failed_payments);
        let identity = Arc::new(identity);
        let keys = Arc::new(Keys::new(database.clone(), identity.clone()));
        let (audit, brought) = Audit::new();
        let webhooks = Webhooks::new(
            database.clone(),
            shows.clone(),
            live.clone(),
            identity.clone(),
            moved,
            config.webhooks(),
        );
        let lines = Lines::new(
            database.clone(),
            identity.clone(),
            (shows.clone(), follow.clone()),
            turnstile.clone(),
            live.clone(),
            config.webhooks().reach,
        );
        let mails = mail.map(|(settings, moved)| {
            Mails::new(
                database.clone(),
                shows.clone(),
                orders.clone(),
                identity.clone(),
                moved,
                settings,
            )
        });
        let mut background = vec![
            tokio::spawn(keys.clone().run(live.closing())),
            tokio::spawn(write_down(brought, database.clone(), live.closing())),
            tokio::spawn({
                let (follow, closing) = (follow.clone(), live.closing());
                async move { follow.run(news, closing).await }
            }),
            tokio::spawn(live.clone().run()),
            tokio::spawn(lines.clone().run(live.closing())),
            tokio::spawn(keep_shares(unpaid.clone(), bus, members.clone(), live.closing())),
            tokio::spawn(members.clone().run(database.clone(), live.closing())),
            tokio::spawn(payments.clone().run(live.closing())),
            tokio::spawn(webhooks.clone().run(live.closing())),
            tokio::spawn(inboxes.clone().run(live.closing())),
            tokio::spawn(keep_snapshots(database.clone(), taken, live.closing())),
            tokio::spawn(clean(
                database.clone(),
                Duration::from_secs(config.clean_seconds),
                config.kept(),
                live.closing(),
            )),
        ];
        background.extend(mails.map(|mails| tokio::spawn(mails.run(live.closing()))));
        Ok(Arc::new(Self {
            config,
            database,
            orders,
            shows,
            turnstile,
            follow,
            members,
            live,
            snapshots: Kept::new(SNAPSHOTS_BYTES_MAX),
            till,
            shares,
            unpaid,
            reports: Reports::default(),
            payments,
            identity,
            keys,
            audit,
            webhooks,
            inboxes,
            lines,
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

/// Says loudly what a real office must not be.
fn warn_of(accounts: &Accounts) {
    if accounts.sandbox {
        tracing::warn!(
            "payments by `sandbox` give tickets away: they take nobody's money; BOXOFFICE_SANDBOX=false turns them off"
        );
    }
    if accounts.is_empty() {
        tracing::warn!("no payment provider is set: nothing can be paid for");
    }
}
