//! Reads orders by number. Requests that arrive during a read share the next one: a read costs one round trip, however
//! many orders it returns.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::database::Database;
use super::error::StoreError;
use super::order::{OrderRecord, read_orders};
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

type Found = Result<Option<OrderRecord>, StoreError>;

/// The way to orders as they stand now.
#[derive(Clone)]
pub struct Orders {
    database: Database,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Under way.
    reads: usize,
    /// When the last one began.
    read_at: Option<Instant>,
}

struct Waiting {
    show: ShowId,
    number: OrderNumber,
    reply: oneshot::Sender<Found>,
}

impl Orders {
    /// Orders of this database.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            queue: Arc::default(),
        }
    }

    /// An order as it stands now, by the database's clock; `None` if there is none of that number.
    pub async fn read(&self, show: ShowId, number: OrderNumber) -> Found {
        let (reply, answer) = oneshot::channel();
        if self.wait(Waiting { show, number, reply })? == Reader::Needed {
            tokio::spawn(self.clone().read_waiting());
        }
        // It is dropped without an answer only if a read panicked.
        answer.await.unwrap_or(Err(StoreError::Internal))
    }

    fn wait(&self, waiting: Waiting) -> Result<Reader, StoreError> {
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
            let read = move |connection: &mut _| Ok(read_orders(connection, &wanted)?);
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
    fn next_batch(&self) -> Option<Vec<Waiting>> {
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

impl Waiting {
    /// Answers. The caller may be gone.
    fn answer(self, found: Found) {
        let _gone = self.reply.send(found);
    }
}
