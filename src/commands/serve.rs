//! `boxoffice serve`: opens the office, as soon as its database is there.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use boxoffice::config::Config;
use boxoffice::demo::{Demo, open_demo, sell_some};
use boxoffice::http::probes::{self, Opened};
use boxoffice::http::{metrics, server, waiting};
use boxoffice::identity::{Identity, SecretPart, organiser_key_digest};
use boxoffice::office::Office;
use boxoffice::secret;
use boxoffice::store::database::{Database, WriteKind};
use boxoffice::store::error::StoreError;
use boxoffice::store::migrations::{self, Newer, SchemaError};
use boxoffice::store::settings_key::{SettingOf, SettingsKey, use_settings_key};
use private_postgres::Cluster;
use secrecy::ExposeSecret;

use super::descriptors::make_room;
use super::listeners::Listeners;
use super::logs;
use super::opened::{Place, refuse_shared_sessions};
use super::stop::Stop;

/// How often it is seen to that the private PostgreSQL runs.
const CLUSTER_CHECK: Duration = Duration::from_millis(500);
/// Between two tries to reach the database at the start.
const AWAY_PAUSE: Duration = Duration::from_millis(500);
/// After how long a node that still waits for its database says so again.
const AWAY_SAID_AGAIN: Duration = Duration::from_secs(300);

/// Runs a node until it receives a signal to stop.
pub async fn run(config: Config, listeners: Listeners) -> anyhow::Result<()> {
    logs::start(&config.log, config.log_format)?;
    let metrics = metrics::install()?;
    let mut stop = Stop::listen()?;
    let Listeners {
        public: listener,
        probes,
    } = listeners;
    let address = listener.local_addr()?;
    let connections_max = make_room(config.connections_max, config.pools().total())?;
    tracing::info!("answering probes on http://{}", probes.local_addr()?);
    let opened = Opened::default();
    let probes = probes::serve(probes, opened.clone(), metrics.clone())?;
    let probes_handle = probes.handle();
    tokio::spawn(probes);
    let keys = read_keys(&config)?;
    let part = config.office_secret.as_ref();
    let part = part.map(|part| SecretPart::read(part.expose_secret()));
    let part = part.transpose()?;
    let place = {
        let database = config.database.clone();
        tokio::task::spawn_blocking(move || Place::find(&database)).await??
    };
    let database = Database::open(&place.url, config.pools());
    let start = Start {
        url: place.url.clone(),
        migrates: !config.no_migrate,
        database: database.clone(),
        keys,
        part,
        session_days: config.sessions.session_days,
    };
    let Some(identity) = open_when_there(&start, &listener, address, &mut stop).await? else {
        place.close();
        return Ok(());
    };
    let office = Office::open(config, database, identity)?;
    // Read again and again, should this fail.
    let _away = office.keys.refresh().await.is_err();
    // Set once, here.
    let _first = opened.set(office.clone());
    let demo = match office.config.demo() {
        true => Some(open_demo(&office).await?),
        false => None,
    };
    let server = server::serve(office.clone(), listener, connections_max, metrics)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    tracing::info!("listening on http://{address}, documented at http://{address}/docs/");
    tokio::select! {
        () = stop.wait() => {}
        () = keep_running(place.cluster.clone()) => {}
        () = keep_selling(&office, demo) => {}
    }
    tracing::info!("stopping");
    server::stop(handle, &office).await;
    running.await??;
    probes_handle.stop(false).await;
    place.close();
    tracing::info!("stopped");
    Ok(())
}

/// What the start needs of the database.
#[derive(Clone)]
struct Start {
    url: String,
    /// Whether the node may bring the schema up to date.
    migrates: bool,
    database: Database,
    /// Digests of the keys from the settings.
    keys: Vec<(SettingOf, [u8; 32])>,
    /// The settings' part of the office's secret.
    part: Option<SecretPart>,
    /// How long tokens last.
    session_days: u16,
}

/// Why a node can't open.
enum NotOpen {
    /// The database is away: it may be there in a moment.
    Away(String),
    /// Nothing that time would mend.
    Refused(anyhow::Error),
}

impl From<SchemaError> for NotOpen {
    fn from(error: SchemaError) -> Self {
        if error.is_away() {
            Self::Away(error.to_string())
        } else {
            Self::Refused(error.into())
        }
    }
}

impl From<StoreError> for NotOpen {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable | StoreError::Busy => Self::Away(error.to_string()),
            StoreError::Internal => Self::Refused(error.into()),
        }
    }
}

/// Opens what is in the database. While it is away, the node listens and says that it isn't ready. `None` if it
/// receives a signal to stop meanwhile.
async fn open_when_there(
    start: &Start,
    listener: &TcpListener,
    address: SocketAddr,
    stop: &mut Stop,
) -> anyhow::Result<Option<Identity>> {
    let why = match open(start).await {
        Ok(identity) => return Ok(Some(identity)),
        Err(NotOpen::Refused(error)) => return Err(error),
        Err(NotOpen::Away(why)) => why,
    };
    tracing::warn!("listening on http://{address}, but not open yet: {why}");
    let server = waiting::serve(listener.try_clone()?)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    let opened = tokio::select! {
        () = stop.wait() => Ok(None),
        opened = try_until_open(start) => opened.map(Some),
    };
    handle.stop(false).await;
    running.await??;
    opened
}

async fn try_until_open(start: &Start) -> anyhow::Result<Identity> {
    let mut said = Instant::now();
    loop {
        tokio::time::sleep(AWAY_PAUSE).await;
        match open(start).await {
            Ok(identity) => return Ok(identity),
            Err(NotOpen::Refused(error)) => return Err(error),
            Err(NotOpen::Away(why)) if said.elapsed() > AWAY_SAID_AGAIN => {
                said = Instant::now();
                tracing::warn!("still not open: {why}");
            }
            Err(NotOpen::Away(_)) => {}
        }
    }
}

async fn open(start: &Start) -> Result<Identity, NotOpen> {
    let checked = {
        let start = start.clone();
        tokio::task::spawn_blocking(move || {
            refuse_shared_sessions(&start.url)?;
            if start.migrates {
                migrations::migrate(&start.url)
            } else {
                migrations::check(&start.url, Newer::Accepted)
            }
        })
    };
    checked.await.map_err(|error| NotOpen::Refused(error.into()))??;
    open_identity(start).await
}

/// The office's keys: derived from its secret, which the first node to start makes up. Organisers' keys are read later, by
/// what keeps them right.
async fn open_identity(start: &Start) -> Result<Identity, NotOpen> {
    let part = start.part.clone();
    let read = move |connection: &mut _| Ok(secret::read_or_make(connection, part.as_ref())?);
    let stored = start.database.write(WriteKind::Organisers, read).await?;
    // A node that is none of this office changes nothing in it.
    let identity = secret::open(&stored, start.part.clone(), start.session_days)
        .map_err(|error| NotOpen::Refused(error.into()))?;
    for (of, digest) in start.keys.iter().copied() {
        let accept = move |connection: &mut _| Ok(use_settings_key(connection, of, digest)?);
        let name = setting_name(of);
        match start.database.write(WriteKind::Organisers, accept).await? {
            SettingsKey::Revoked => {
                tracing::error!("the key of {name} has been revoked and opens nothing: choose another one");
            }
            SettingsKey::TooMany => {
                tracing::error!("there are too many organisers' keys: that of {name} is not accepted");
            }
            SettingsKey::Another => {
                tracing::error!("the key of {name} is in use for something else: choose another one");
            }
            SettingsKey::Accepted => {}
        }
    }
    Ok(identity)
}

/// The digests of the keys that the settings name.
fn read_keys(config: &Config) -> anyhow::Result<Vec<(SettingOf, [u8; 32])>> {
    let keys = [
        (SettingOf::FirstOrganiser, &config.organiser_key),
        (SettingOf::Operator, &config.operator_key),
    ];
    let keys = keys.into_iter().filter_map(|(of, key)| Some((of, key.as_ref()?)));
    keys.map(|(of, key)| {
        let digest = organiser_key_digest(key.expose_secret()).context(setting_name(of))?;
        Ok((of, digest))
    })
    .collect()
}

const fn setting_name(of: SettingOf) -> &'static str {
    match of {
        SettingOf::FirstOrganiser => "BOXOFFICE_ORGANISER_KEY",
        SettingOf::Operator => "BOXOFFICE_OPERATOR_KEY",
    }
}

/// Sells a part of the demo's shows. Nobody waits for that.
async fn keep_selling(office: &Arc<Office>, demo: Option<Demo>) {
    if let Some(demo) = demo {
        sell_some(office, demo).await;
    }
    std::future::pending().await
}

/// Starts the private PostgreSQL again whenever it has been killed.
async fn keep_running(cluster: Option<Arc<Cluster>>) {
    let Some(cluster) = cluster else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(CLUSTER_CHECK).await;
        let cluster = cluster.clone();
        let checked = tokio::task::spawn_blocking(move || cluster.ensure_running()).await;
        if let Ok(Err(error)) = checked {
            tracing::error!(error = %error, "the private PostgreSQL can't be started again");
        }
    }
}
