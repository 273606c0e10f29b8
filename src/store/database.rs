//! Connections: a few for the turnstile's batches, a share for each other kind of write, a few for reads; each wait with a
//! deadline, on the network too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use r2d2::{Pool, PooledConnection};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::batch::IdempotencyKey;
use super::claim::{Keep, decide_once};
use super::error::{StoreError, WriteOnceError};
use super::session::Connector;
use super::statement::{self, statement};

/// One connection of a pool.
pub type Connection = PooledConnection<Connector>;

/// How long a call may wait for a connection.
const CONNECTION_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long a read, or a write outside the turnstile, may wait for its turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(1);
/// Most writes of one kind that wait or run before more are turned away.
const WRITES_MAX: usize = 64;
/// How many reads may wait for each connection before more are turned away.
const READS_WAITING_PER_CONNECTION_MAX: usize = 256;

/// How often a read is tried that the database did not answer. After the first failure the other connections of its time are
/// out of use.
const READ_TRIES: u32 = 3;

/// How long the server may be silent to a read.
const READ_SILENCE_MAX: Duration = Duration::from_millis(2_200);
/// The same to a read that is known to take long.
const LONG_READ_SILENCE_MAX: Duration = Duration::from_millis(5_500);
/// How long the server may be silent to a batch, and to most other writes.
const WRITE_SILENCE_MAX: Duration = Duration::from_millis(1_500);
/// How long it may be silent to an organiser's write: a show has up to 100,000 seats.
const ORGANISER_SILENCE_MAX: Duration = Duration::from_secs(5);
/// How long it may be silent when it is only asked whether it is there.
const CHECK_SILENCE_MAX: Duration = Duration::from_secs(1);
/// How long it may be silent to a command that compares whole tables.
const COMMAND_SILENCE_MAX: Duration = Duration::from_secs(3_600);

/// A connection that was idle for longer is checked first: a write sent on a dead one has no answer.
const UNUSED_MAX: Duration = Duration::from_secs(1);

/// How long connections that turn out to be broken are replaced before a call gives up: after a restart of the
/// database, all that the pool has are.
pub const STALE_CONNECTIONS_MAX: Duration = Duration::from_secs(1);

/// How long the answer of [`Database::can_write`] is good.
const CAN_WRITE_KEPT: Duration = Duration::from_millis(250);
/// How long [`Database::can_write`] may take.
const CAN_WRITE_MAX: Duration = Duration::from_millis(1_500);

// Reading a small table without an index costs as if it were huge where that is off, and so much is worth workers to PostgreSQL: to
// start them took 20 ms, for one row.

/// Settings of a session that only reads: nothing may take long.
pub const READER_SESSION: &str = "SET statement_timeout = '2s'; SET lock_timeout = '1s'; \
     SET idle_in_transaction_session_timeout = '5s'; SET jit = off; SET max_parallel_workers_per_gather = 0; \
     SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Settings of a session that writes. No statement timeout: it would also cancel a COMMIT, whose outcome would then be
/// unknown. The only thing a batch waits for is the show's lock. Rows are always reached by primary key: a plan is made when
/// tables are small and kept while they grow, so that a descent of an index must look cheaper than to read all of any
/// table with more than a few rows.
pub const WRITER_SESSION: &str = "SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '2s'; \
     SET jit = off; SET max_parallel_workers_per_gather = 0; SET enable_seqscan = off; SET enable_hashjoin = off; \
     SET enable_mergejoin = off; SET enable_bitmapscan = off; SET seq_page_cost = 0; SET random_page_cost = 0; \
     SET cpu_operator_cost = 0.00001; SET plan_cache_mode = force_generic_plan; SET synchronous_commit = on";

/// For a session that compares whole tables, for which the settings of one that reaches rows by key are wrong. To compile the long
/// statements that do so takes ten seconds, however small the tables are.
pub const WHOLE_TABLES_SESSION: &str =
    "SET jit = off; SET enable_hashjoin = on; SET enable_mergejoin = on; SET enable_seqscan = on";

statement! {
    struct IsReadOnly("database/is_read_only.sql") {} -> (Bool,)
}

/// Writes outside the turnstile, by their callers. Each kind has connections and a queue of its own, so that a flood of
/// one leaves the others alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// Notices of payment providers.
    Notices,
    /// Tickets at the doors.
    Doors,
    /// What buyers ask for that passes no turnstile.
    Buyers,
    /// The outbox: calls to providers and their outcomes.
    Outbox,
    /// Plans, shows, and whatever else an organiser or an operator asks for.
    Organisers,
    /// Housekeeping, which no caller waits for.
    Housekeeping,
    /// Whether the database takes writes.
    Probe,
    /// Which keys are in force.
    Keys,
    /// What is asked for with organisers' keys.
    Audit,
    /// What is sent to endpoints of webhooks: its reads too, so that buyers' are left alone.
    Webhooks,
    /// What is sent to buyers by mail, with its reads.
    Mail,
    /// What is told to inboxes, with its reads.
    Inboxes,
}

impl WriteKind {
    const ALL: [Self; 12] = [
        Self::Notices,
        Self::Doors,
        Self::Buyers,
        Self::Outbox,
        Self::Organisers,
        Self::Housekeeping,
        Self::Probe,
        Self::Keys,
        Self::Audit,
        Self::Webhooks,
        Self::Mail,
        Self::Inboxes,
    ];

    /// How many run at a time, each on a connection.
    const fn connections(self) -> u32 {
        match self {
            Self::Notices | Self::Doors | Self::Buyers | Self::Outbox | Self::Organisers => 2,
            Self::Housekeeping
            | Self::Probe
            | Self::Keys
            | Self::Audit
            | Self::Webhooks
            | Self::Mail
            | Self::Inboxes => 1,
        }
    }

    fn silence_max(self) -> Duration {
        match self {
            Self::Organisers | Self::Housekeeping | Self::Webhooks | Self::Mail | Self::Inboxes => {
                ORGANISER_SILENCE_MAX
            }
            Self::Notices | Self::Doors | Self::Buyers | Self::Outbox | Self::Audit => WRITE_SILENCE_MAX,
            Self::Probe | Self::Keys => CHECK_SILENCE_MAX,
        }
    }
}

/// A node's way to one Postgres.
#[derive(Clone)]
pub struct Database {
    readers: Pool<Connector>,
    writers: Pool<Connector>,
    /// As many as readers, so that no blocking thread ever waits for a connection.
    permits: Arc<Semaphore>,
    /// Reads that wait or run.
    reads: Arc<AtomicUsize>,
    reads_max: usize,
    shares: Arc<[Share; WriteKind::ALL.len()]>,
    /// At least this long the server may be silent.
    silence_min: Duration,
    /// When it was last tried whether the database takes writes, and whether it did.
    can_write: Arc<tokio::sync::Mutex<Option<Tried>>>,
}

/// When something was tried, and its outcome.
type Tried = (Instant, Result<(), StoreError>);

/// One kind's part of the writing connections.
struct Share {
    permits: Arc<Semaphore>,
    /// Writes of this kind that wait or run.
    writes: AtomicUsize,
}

/// How many connections a node holds.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    /// For reads.
    pub readers: u32,
    /// For batches and for the other kinds of writes.
    pub writers: u32,
}

impl PoolSizes {
    /// All of them.
    pub const fn total(&self) -> u32 {
        self.readers + self.writers
    }

    /// For a node with this many readers and executors.
    pub fn of_node(readers: u32, executors: u32) -> Self {
        let shares = WriteKind::ALL.map(WriteKind::connections);
        Self {
            readers,
            writers: executors + shares.iter().sum::<u32>(),
        }
    }
}

impl Database {
    /// Prepares connections to `url`; none is made yet, so that a node starts without its database too.
    pub fn open(url: &str, sizes: PoolSizes) -> Self {
        Self::open_for(url, sizes, Duration::ZERO)
    }

    /// The same for a command that may compare whole tables.
    pub fn open_for_command(url: &str) -> Self {
        let sizes = PoolSizes {
            readers: 1,
            writers: 1,
        };
        Self::open_for(url, sizes, COMMAND_SILENCE_MAX)
    }

    fn open_for(url: &str, sizes: PoolSizes, silence_min: Duration) -> Self {
        let readers = sizes.readers.max(1);
        let share = |kind: WriteKind| Share {
            permits: Arc::new(Semaphore::new(kind.connections() as usize)),
            writes: AtomicUsize::new(0),
        };
        Self {
            readers: pool(url, readers, READER_SESSION),
            writers: pool(url, sizes.writers.max(1), WRITER_SESSION),
            permits: Arc::new(Semaphore::new(readers as usize)),
            reads: Arc::default(),
            reads_max: readers as usize * READS_WAITING_PER_CONNECTION_MAX,
            shares: Arc::new(WriteKind::ALL.map(share)),
            silence_min,
            can_write: Arc::default(),
        }
    }

    /// Runs `call` on a reading connection, off the async threads; again on another one if the first was broken.
    pub async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        self.read_within(READ_SILENCE_MAX, call).await
    }

    /// The same for a read that may take some seconds. It sets its own limit for its statements.
    pub async fn read_long<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        self.read_within(LONG_READ_SILENCE_MAX, call).await
    }

    async fn read_within<T, F>(&self, silence_max: Duration, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let _counted = Counted::enter(&self.reads, self.reads_max).ok_or(StoreError::Busy)?;
        let permit = turn(&self.permits).await?;
        let (pool, silence_max) = (self.readers.clone(), silence_max.max(self.silence_min));
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let begin = Instant::now();
            let mut tries = 0;
            loop {
                tries += 1;
                let connection = get_unchecked(&pool, silence_max);
                let result = connection.and_then(|mut connection| call(&mut connection));
                let again = tries < READ_TRIES && begin.elapsed() < STALE_CONNECTIONS_MAX;
                if !again || !matches!(result, Err(StoreError::Unavailable)) {
                    return result;
                }
            }
        });
        task.await.map_err(StoreError::internal)?
    }

    /// Runs `call` on a writing connection, off the async threads. For writes that no buyer waits in a queue for.
    pub async fn write<T, F>(&self, kind: WriteKind, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let share = self.shares.get(kind as usize).ok_or(StoreError::Busy)?;
        let _counted = Counted::enter(&share.writes, WRITES_MAX).ok_or(StoreError::Busy)?;
        let permit = turn(&share.permits).await?;
        let (pool, silence_max) = (self.writers.clone(), kind.silence_max().max(self.silence_min));
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = get(&pool, silence_max)?;
            call(&mut connection)
        });
        task.await.map_err(StoreError::internal)?
    }

    /// As [`Database::write`], in a transaction, once a key: whoever comes again under it gets what was decided then.
    pub async fn write_once<Decision, F>(
        &self,
        kind: WriteKind,
        key: Option<IdempotencyKey>,
        decide: F,
    ) -> Result<Decision, WriteOnceError>
    where
        Decision: Serialize + DeserializeOwned + Send + 'static,
        F: FnOnce(&mut PgConnection) -> QueryResult<(Decision, Keep)> + Send + 'static,
    {
        let write = move |connection: &mut _| Ok(decide_once(connection, key, decide));
        self.write(kind, write).await?
    }

    /// A writing connection, for a batch. Blocks for two seconds at most.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        get(&self.writers, WRITE_SILENCE_MAX.max(self.silence_min))
    }

    /// Whether the database is there and takes writes. However many ask, it is asked once.
    pub async fn can_write(&self) -> Result<(), StoreError> {
        let mut last = self.can_write.lock().await;
        if let Some((at, result)) = *last
            && at.elapsed() < CAN_WRITE_KEPT
        {
            return result;
        }
        let probe = self.write(WriteKind::Probe, |connection| {
            let (is_read_only,): (bool,) = statement::one(connection, IsReadOnly {})?;
            if is_read_only {
                Err(StoreError::Unavailable)
            } else {
                Ok(())
            }
        });
        let result = tokio::time::timeout(CAN_WRITE_MAX, probe).await;
        let result = result.unwrap_or(Err(StoreError::Unavailable));
        *last = Some((Instant::now(), result));
        result
    }
}

async fn turn(permits: &Arc<Semaphore>) -> Result<tokio::sync::OwnedSemaphorePermit, StoreError> {
    let permit = tokio::time::timeout(TURN_WAIT_MAX, permits.clone().acquire_owned()).await;
    permit
        .map_err(|_elapsed| StoreError::Busy)?
        .map_err(StoreError::internal)
}

/// A connection that is known to be good, or was a moment ago, and leads to a server that takes writes.
fn get(pool: &Pool<Connector>, silence_max: Duration) -> Result<Connection, StoreError> {
    let begin = Instant::now();
    loop {
        let mut connection = get_unchecked(pool, CHECK_SILENCE_MAX)?;
        if connection.unused_for() <= UNUSED_MAX || is_good(&mut connection) {
            connection.allow_silence(silence_max);
            return Ok(connection);
        }
        connection.discard();
        if begin.elapsed() > STALE_CONNECTIONS_MAX {
            return Err(StoreError::Unavailable);
        }
    }
}

fn is_good(connection: &mut PgConnection) -> bool {
    match statement::one::<_, (bool,)>(connection, IsReadOnly {}) {
        Ok((is_read_only,)) => !is_read_only,
        Err(error) => {
            tracing::debug!(error = %error, "a connection that was kept is of no use any more");
            false
        }
    }
}

fn get_unchecked(pool: &Pool<Connector>, silence_max: Duration) -> Result<Connection, StoreError> {
    let begin = Instant::now();
    loop {
        let left = CONNECTION_WAIT_MAX.saturating_sub(begin.elapsed());
        let mut connection = pool.get_timeout(left).map_err(|error| {
            tracing::warn!(error = %error, "no connection to the database");
            StoreError::Unavailable
        })?;
        if !connection.is_outdated() {
            connection.allow_silence(silence_max);
            return Ok(connection);
        }
        connection.discard();
    }
}

fn pool(url: &str, size: u32, settings: &'static str) -> Pool<Connector> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        // Also bounds the pauses between tries to connect: half of it at most.
        .connection_timeout(CONNECTION_WAIT_MAX)
        // A check costs a round trip each time; a broken connection shows at its first use instead.
        .test_on_check_out(false)
        .error_handler(Box::new(Quiet))
        .build_unchecked(Connector::new(url, settings, CHECK_SILENCE_MAX))
}

/// The pool retries in the background and would log each try; callers already say what failed.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<diesel::r2d2::Error> for Quiet {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::debug!(error = %error, "a connection could not be made");
    }
}

/// Counts calls under way; refuses more than the limit.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn enter(count: &'a AtomicUsize, max: usize) -> Option<Self> {
        let counted = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < max).then_some(counted)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
