//! Connections: a few for the turnstile's batches, a few for reads, each wait with a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use tokio::sync::Semaphore;

use super::error::StoreError;

/// One connection of a pool.
pub type Connection = PooledConnection<ConnectionManager<PgConnection>>;

/// How long a call may wait for a new connection to be made.
const CONNECT_SECONDS_MAX: u64 = 2;
/// How long a read may wait for one of the connections.
const READ_WAIT_SECONDS_MAX: u64 = 2;
/// How many reads may wait for each connection before more are turned away.
const READS_WAITING_PER_CONNECTION_MAX: usize = 256;

/// Settings of a session that only reads: nothing may take long.
const READER_SESSION: &str = "SET statement_timeout = '3s'; SET lock_timeout = '1s'; SET lc_messages = 'C'; \
     SET idle_in_transaction_session_timeout = '5s'; SET jit = off; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Settings of a session that writes. No statement timeout: it would also cancel a COMMIT, whose outcome would then be
/// unknown. The only thing a batch waits for is the show's lock. Rows are always reached by primary key.
const WRITER_SESSION: &str = "SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '5s'; \
     SET lc_messages = 'C'; SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan; SET synchronous_commit = on";

/// A node's way to one Postgres.
#[derive(Clone)]
pub struct Database {
    readers: Pool<ConnectionManager<PgConnection>>,
    writers: Pool<ConnectionManager<PgConnection>>,
    /// As many as readers, so that no blocking thread ever waits for a connection.
    permits: Arc<Semaphore>,
    /// Reads that wait or run.
    reads: Arc<AtomicUsize>,
    reads_max: usize,
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
            reads_max: readers as usize * READS_WAITING_PER_CONNECTION_MAX,
        }
    }

    /// Runs `call` on a reading connection, off the async threads.
    pub async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
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
            let mut connection = get(&pool)?;
            call(&mut connection)
        });
        task.await.map_err(StoreError::internal)?
    }

    /// Runs `call` on a writing connection, off the async threads. For writes that no buyer waits in a queue for.
    pub async fn write<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let database = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = database.writer()?;
            call(&mut connection)
        });
        task.await.map_err(StoreError::internal)?
    }

    /// A writing connection. Blocks for two seconds at most.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        get(&self.writers)
    }
}

fn get(pool: &Pool<ConnectionManager<PgConnection>>) -> Result<Connection, StoreError> {
    pool.get_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .map_err(|error| {
            tracing::warn!(error = %error, "no connection to the database");
            StoreError::Unavailable
        })
}

fn pool(url: &str, size: u32, session: &'static str) -> Pool<ConnectionManager<PgConnection>> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        // A check costs a round trip each time; a broken connection shows at its first use instead.
        .test_on_check_out(false)
        .connection_customizer(Box::new(Session(session)))
        .error_handler(Box::new(Quiet))
        .build_unchecked(ConnectionManager::new(url))
}

#[derive(Debug)]
struct Session(&'static str);

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Session {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute(self.0)
            .map_err(diesel::r2d2::Error::QueryError)
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
