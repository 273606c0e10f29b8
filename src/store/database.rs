//! Connections: a few for the turnstile's batches, a few for reads, each wait with a deadline.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;
use r2d2::{Pool, PooledConnection};
use tokio::sync::Semaphore;

use super::error::StoreError;

/// One connection of a pool.
pub type Connection = PooledConnection<Connector>;

/// How long a call may wait for a new connection to be made.
const CONNECT_SECONDS_MAX: u64 = 2;
/// How long a read may wait for one of the connections.
const READ_WAIT_SECONDS_MAX: u64 = 2;
/// Most writes outside the turnstile that wait or run before more are turned away.
const WRITES_MAX: usize = 64;
/// How many reads may wait for each connection before more are turned away.
const READS_WAITING_PER_CONNECTION_MAX: usize = 256;

/// How long connections that turn out to be broken are replaced before a call gives up: after a restart of the
/// database, all that the pool has are.
pub const STALE_CONNECTIONS_MAX: Duration = Duration::from_secs(1);

/// Settings of a session that only reads: nothing may take long.
const READER_SESSION: &str = "SET statement_timeout = '3s'; SET lock_timeout = '1s'; SET lc_messages = 'C'; \
     SET idle_in_transaction_session_timeout = '5s'; SET jit = off; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Settings of a session that writes. No statement timeout: it would also cancel a COMMIT, whose outcome would then be
/// unknown. The only thing a batch waits for is the show's lock. Rows are always reached by primary key: a plan is made when
/// tables are small and kept while they grow, so that a descent of an index must look cheaper than to read all of any
/// table with more than a few rows.
const WRITER_SESSION: &str = "SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '5s'; \
     SET lc_messages = 'C'; SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_bitmapscan = off; SET seq_page_cost = 0; SET random_page_cost = 0; SET cpu_operator_cost = 0.00001; \
     SET plan_cache_mode = force_generic_plan; SET synchronous_commit = on";

/// For a session that compares whole tables, for which the settings of one that reaches rows by key are wrong.
pub const WHOLE_TABLES_SESSION: &str =
    "SET enable_hashjoin = on; SET enable_mergejoin = on; SET enable_seqscan = on";

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
    /// Writes outside the turnstile that wait or run.
    writes: Arc<AtomicUsize>,
}

/// How many connections a node holds.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    /// For reads.
    pub readers: u32,
    /// For batches and payments.
    pub writers: u32,
}

impl Database {
    /// Prepares connections to `url`; none is made yet, so that a node starts without its database too.
    pub fn open(url: &str, sizes: PoolSizes) -> Self {
        let readers = sizes.readers.max(1);
        Self {
            readers: pool(url, readers, READER_SESSION),
            writers: pool(url, sizes.writers.max(1), WRITER_SESSION),
            permits: Arc::new(Semaphore::new(readers as usize)),
            reads: Arc::default(),
            writes: Arc::default(),
            reads_max: readers as usize * READS_WAITING_PER_CONNECTION_MAX,
        }
    }

    /// Runs `call` on a reading connection, off the async threads; again on another one if the first was broken.
    pub async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let _counted = Counted::enter(&self.reads, self.reads_max).ok_or(StoreError::Busy)?;
        let wait = Duration::from_secs(READ_WAIT_SECONDS_MAX);
        let permit = tokio::time::timeout(wait, self.permits.clone().acquire_owned()).await;
        let permit = permit
            .map_err(|_elapsed| StoreError::Busy)?
            .map_err(StoreError::internal)?;
        let pool = self.readers.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let begin = Instant::now();
            for _ in 0..pool.max_size() {
                match with_connection(&pool, &call) {
                    Err(StoreError::Unavailable) if begin.elapsed() < STALE_CONNECTIONS_MAX => {}
                    result => return result,
                }
            }
            with_connection(&pool, &call)
        });
        task.await.map_err(StoreError::internal)?
    }

    /// Runs `call` on a writing connection, off the async threads. For writes that no buyer waits in a queue for.
    pub async fn write<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let _counted = Counted::enter(&self.writes, WRITES_MAX).ok_or(StoreError::Busy)?;
        let pool = self.writers.clone();
        let task = tokio::task::spawn_blocking(move || with_connection(&pool, call));
        task.await.map_err(StoreError::internal)?
    }

    /// A writing connection. Blocks for two seconds at most.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        get(&self.writers)
    }
}

fn with_connection<T>(
    pool: &Pool<Connector>,
    call: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut connection = get(pool)?;
    let result = call(&mut connection);
    if matches!(result, Err(StoreError::Unavailable)) {
        connection.discard();
    }
    result
}

fn get(pool: &Pool<Connector>) -> Result<Connection, StoreError> {
    pool.get_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .map_err(|error| {
            tracing::warn!(error = %error, "no connection to the database");
            StoreError::Unavailable
        })
}

fn pool(url: &str, size: u32, settings: &'static str) -> Pool<Connector> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        // A check costs a round trip each time; a broken connection shows at its first use instead.
        .test_on_check_out(false)
        .error_handler(Box::new(Quiet))
        .build_unchecked(Connector {
            url: url.to_owned(),
            settings,
        })
}

/// Makes connections.
#[derive(Debug)]
pub struct Connector {
    url: String,
    /// Statements that a new session begins with.
    settings: &'static str,
}

/// A connection, and whether the pool may give it out again.
pub struct Session {
    connection: PgConnection,
    discarded: bool,
}

impl Session {
    /// Keeps the pool from giving this connection out again. The pool can't tell by itself that it is broken.
    pub fn discard(&mut self) {
        self.discarded = true;
    }
}

impl Deref for Session {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl r2d2::ManageConnection for Connector {
    type Connection = Session;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Session, Self::Error> {
        let connection = PgConnection::establish(&self.url);
        let mut connection = connection.map_err(diesel::r2d2::Error::ConnectionError)?;
        let settings = connection.batch_execute(self.settings);
        settings.map_err(diesel::r2d2::Error::QueryError)?;
        Ok(Session {
            connection,
            discarded: false,
        })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), Self::Error> {
        session.connection.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.discarded || std::thread::panicking() || session.connection.is_broken()
    }
}

/// The pool retries in the background and would log each try; callers already say what failed.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<diesel::r2d2::Error> for Quiet {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::debug!(error = %error, "a connection could not be made");
    }
}

/// Counts those inside; lets nobody in beyond the limit.
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
