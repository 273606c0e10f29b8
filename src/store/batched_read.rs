//! Reads what belongs to orders by their numbers. Requests that arrive during a read share the next one: a read costs one round
//! trip, however many orders it returns.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use tokio::sync::oneshot;

use super::database::Database;
use super::error::StoreError;
use domain::id::ShowId;
use domain::reference::OrderNumber;

/// Reads under way at a time.
const READS_MAX: usize = 2;
/// When the last read has taken this long, a second one begins: a hanging connection must not delay every request.
const SLOW_READ: Duration = Duration::from_millis(20);
/// Most orders in one read.
const READ_ORDERS_MAX: usize = 256;
/// Most waiting requests; more are refused.
const WAITING_MAX: usize = 8_192;

/// Reads one thing of each of several orders: as many as were asked for, in that order.
pub type ReadMany<T> = fn(&mut PgConnection, &[(ShowId, OrderNumber)]) -> QueryResult<Vec<Option<T>>>;

type Found<T> = Result<Option<T>, StoreError>;

/// The way to one thing of orders, as it stands now.
#[derive(Clone)]
pub struct BatchedReads<T> {
    database: Database,
    read_many: ReadMany<T>,
    queue: Arc<Mutex<Queue<T>>>,
}

struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Under way.
    reads: usize,
    /// When the last one began.
    read_at: Option<Instant>,
}

struct Waiting<T> {
    show: ShowId,
    number: OrderNumber,
    reply: oneshot::Sender<Found<T>>,
}

impl<T: Clone + Send + 'static> BatchedReads<T> {
    /// Reads from this database.
    pub fn new(database: Database, read_many: ReadMany<T>) -> Self {
        Self {
            database,
            read_many,
            queue: Arc::new(Mutex::new(Queue {
                waiting: VecDeque::new(),
                reads: 0,
                read_at: None,
            })),
        }
    }

    /// What is there of an order of a show; `None` if nothing is.
    pub async fn read(&self, show: ShowId, number: OrderNumber) -> Found<T> {
        let (reply, answer) = oneshot::channel();
        if self.wait(Waiting { show, number, reply })? == Reader::Needed {
            tokio::spawn(self.clone().read_waiting());
        }
        // It is dropped without an answer only if a read panicked.
        answer.await.unwrap_or(Err(StoreError::Internal))
    }

    fn wait(&self, waiting: Waiting<T>) -> Result<Reader, StoreError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() >= WAITING_MAX {
            return Err(StoreError::Busy);
        }
        queue.waiting.push_back(waiting);
        let is_slow = queue.read_at.is_none_or(|begin| begin.elapsed() > SLOW_READ);
        if queue.reads >= READS_MAX || queue.reads > 0 && !is_slow {
            return Ok(Reader::Busy);
        }
        queue.reads += 1;
        queue.read_at = Some(Instant::now());
        Ok(Reader::Needed)
    }

    /// Reads until no request waits.
    async fn read_waiting(self) {
        while let Some(batch) = self.next_batch() {
            let wanted: Vec<_> = batch
                .iter()
                .map(|waiting| (waiting.show, waiting.number))
                .collect();
            let read_many = self.read_many;
            let read = move |connection: &mut _| Ok(read_many(connection, &wanted)?);
            match self.database.read(read).await {
                Ok(found) => {
                    for (waiting, found) in batch.into_iter().zip(found) {
                        waiting.answer(Ok(found));
                    }
                }
                Err(error) => batch.into_iter().for_each(|waiting| waiting.answer(Err(error))),
            }
        }
    }

    /// The waiting requests, as many as fit. If there are none, the reader ends in the same step, so that a request
    /// that comes next starts another.
    fn next_batch(&self) -> Option<Vec<Waiting<T>>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.retain(|waiting| !waiting.reply.is_closed());
        let count = queue.waiting.len().min(READ_ORDERS_MAX);
        let batch: Vec<_> = queue.waiting.drain(..count).collect();
        if batch.is_empty() {
            queue.reads -= 1;
            return None;
        }
        queue.read_at = Some(Instant::now());
        Some(batch)
    }
}

/// Whether a request that has begun to wait has to start a read.
#[derive(PartialEq, Eq)]
enum Reader {
    Needed,
    Busy,
}

impl<T> Waiting<T> {
    /// Answers. The caller may be gone.
    fn answer(self, found: Found<T>) {
        let _gone = self.reply.send(found);
    }
}
