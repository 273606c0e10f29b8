//! How load is put on: closed loop (each client asks again when it is answered) and open loop (requests are due at times
//! that nobody's slowness moves), and what is measured.
//!
//! In the open loop a latency counts from the moment at which the request was due, not from when a client was free to
//! send it: a server that stalls is charged for all that should have been sent meanwhile (coordinated omission).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::{try_join, try_join_all};
use hdrhistogram::Histogram;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};
use tokio::time::Instant;

use crate::client::Answer;

/// Turns of each client before measuring: connections are open, shows are in memory, statements are prepared.
pub const WARM_UP_TURNS: usize = 3;
/// Longest latency told apart.
const LATENCY_MICROS_MAX: u64 = 120_000_000;
/// Figures of a latency that are kept.
const LATENCY_DIGITS: u8 = 3;
/// Most requests that are due in one run.
const DUE_MAX: u64 = 20_000_000;

/// What one connection does over and over.
pub trait Client {
    /// What comes before a turn and is not measured. False if there is nothing left to do, as on a show sold out.
    async fn prepare(&mut self) -> anyhow::Result<bool>;

    /// Forgets what was measured while warming up, if the client measures anything itself.
    fn forget(&mut self) {}

    /// One turn, measured as a whole, and the answer that decides whether it went well.
    async fn turn(&mut self) -> Answer;
}

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// As soon as the client has its last answer.
    Closed,
    /// So many a second, evenly.
    Open {
        /// Requests due in a second.
        per_second: f64,
    },
}

/// What a run gave.
pub struct Measured {
    /// The time in which answers count towards a rate: in the open loop the time in which requests were due, in the closed
    /// loop until the last answer.
    pub elapsed: Duration,
    /// Answers in that time.
    in_time: InTime,
    /// Turns that went well, from when they were due (open loop) or sent (closed loop), in microseconds.
    pub done: Histogram<u64>,
    /// The same turns, from when they were sent.
    pub done_from_sending: Histogram<u64>,
    /// Turns that did not go well, from when they were sent.
    pub refused: Histogram<u64>,
    /// Answers by status; `None` where none came.
    pub statuses: BTreeMap<Option<u16>, u64>,
    /// Processor time of this process in the run, which the box office did not have.
    pub generator: Duration,
    /// Requests that were due and could not be sent in time. Their age at the end is part of `done`.
    pub unsent: u64,
    /// Whether the run ended early because nothing was left.
    pub ran_out: bool,
    /// Answers with 429 or 503, which have to say when to come back.
    pub turned_away: u64,
    /// Those of them that did say it.
    pub told_when: u64,
    /// What the first answer said that did not go well.
    pub first_refusal: Option<String>,
}

/// How many answers came in the time that counts.
#[derive(Debug, Clone, Copy, Default)]
struct InTime {
    done: u64,
    refused: u64,
}

impl Measured {
    /// Turns that went well in a second.
    pub fn per_second(&self) -> f64 {
        (self.in_time.done as f64) / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The median of what went well, in milliseconds.
    pub fn p50_ms(&self) -> f64 {
        self.done.value_at_quantile(0.5) as f64 / 1_000.0
    }

    /// The 99th percentile of what went well, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.done.value_at_quantile(0.99) as f64 / 1_000.0
    }

    /// Answers of any kind in a second.
    pub fn answers_per_second(&self) -> f64 {
        let answers = self.in_time.done + self.in_time.refused;
        (answers as f64) / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// An error if no turn went well, with the reason given.
    pub fn ensure_some(&self, what: &str) -> anyhow::Result<()> {
        let reason = match &self.first_refusal {
            Some(refusal) => refusal,
            None if self.ran_out => "all seats were gone when the clients had warmed up",
            None => "no answer in the time",
        };
        anyhow::ensure!(
            !self.done_from_sending.is_empty(),
            "{what}: nothing went well: {reason}"
        );
        Ok(())
    }
}

/// An empty histogram of microseconds.
pub fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, LATENCY_DIGITS).context("a histogram")
}

/// Adds a latency; longer ones than can be told apart count as the longest.
pub fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(1));
}

/// Runs all clients at this pace for so long.
pub async fn run<C: Client>(clients: &mut [C], pace: Pace, time: Duration) -> anyhow::Result<Measured> {
    warm_up_all(clients).await?;
    take_all_turns(clients, &Schedule::new(pace, time)).await
}

/// Runs all clients in the closed loop without warming up: for what can be asked for only once.
pub async fn run_cold<C: Client>(clients: &mut [C], time: Duration) -> anyhow::Result<Measured> {
    take_all_turns(clients, &Schedule::new(Pace::Closed, time)).await
}

/// Runs all clients in the closed loop while some work is done, and gives what came of it too. They stop when it is done, or
/// after this time.
pub async fn run_beside<C: Client, T>(
    clients: &mut [C],
    time_max: Duration,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(Measured, T)> {
    warm_up_all(clients).await?;
    let schedule = Schedule::new(Pace::Closed, time_max);
    let work = async {
        let done = work.await?;
        schedule.end_now();
        Ok(done)
    };
    try_join(take_all_turns(clients, &schedule), work).await
}

async fn warm_up_all<C: Client>(clients: &mut [C]) -> anyhow::Result<()> {
    try_join_all(clients.iter_mut().map(warm_up)).await?;
    clients.iter_mut().for_each(Client::forget);
    Ok(())
}

async fn take_all_turns<C: Client>(clients: &mut [C], schedule: &Schedule) -> anyhow::Result<Measured> {
    let book = Rc::new(RefCell::new(Book::new()?));
    let used_before = processor_time();
    try_join_all(
        clients
            .iter_mut()
            .map(|client| take_turns(client, schedule, &book)),
    )
    .await?;
    let book = Rc::try_unwrap(book)
        .map_err(|_shared| anyhow::anyhow!("a client is still running"))?
        .into_inner();
    Ok(book.close(schedule, processor_time().saturating_sub(used_before)))
}

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return Duration::ZERO;
    };
    let micros = |time: TimeVal| Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0));
    micros(usage.user_time()) + micros(usage.system_time())
}

async fn warm_up<C: Client>(client: &mut C) -> anyhow::Result<()> {
    for _ in 0..WARM_UP_TURNS {
        if !client.prepare().await? {
            return Ok(());
        }
        client.turn().await;
    }
    Ok(())
}

async fn take_turns<C: Client>(
    client: &mut C,
    schedule: &Schedule,
    book: &RefCell<Book>,
) -> anyhow::Result<()> {
    loop {
        if Instant::now() >= schedule.end.get() {
            return Ok(());
        }
        if !client.prepare().await? {
            book.borrow_mut().ran_out = true;
            return Ok(());
        }
        let Some(due) = schedule.next_due().await else {
            return Ok(());
        };
        let sent = Instant::now();
        let answer = client.turn().await;
        book.borrow_mut()
            .write(due.unwrap_or(sent), sent, &answer, schedule);
    }
}

/// When requests are due: shared by all clients, as whoever is free takes the next.
struct Schedule {
    pace: Pace,
    start: Instant,
    end: Cell<Instant>,
    taken: Cell<u64>,
    due: u64,
}

impl Schedule {
    fn new(pace: Pace, time: Duration) -> Self {
        let start = Instant::now();
        let due = match pace {
            Pace::Closed => 0,
            Pace::Open { per_second } => ((per_second * time.as_secs_f64()) as u64).min(DUE_MAX),
        };
        Self {
            pace,
            start,
            end: Cell::new(start + time),
            taken: Cell::new(0),
            due,
        }
    }

    /// Ends a run in the closed loop before its time.
    fn end_now(&self) {
        self.end.set(self.end.get().min(Instant::now()));
    }

    fn is_closed(&self) -> bool {
        matches!(self.pace, Pace::Closed)
    }

    /// Waits until the next request is due and tells when that was; `Some(None)` in the closed loop, `None` at the end.
    async fn next_due(&self) -> Option<Option<Instant>> {
        let Pace::Open { .. } = self.pace else {
            return Some(None);
        };
        let number = self.taken.get();
        if number >= self.due {
            return None;
        }
        self.taken.set(number + 1);
        let due = self.due_at(number);
        if due > Instant::now() {
            tokio::time::sleep_until(due).await;
        }
        Some(Some(due))
    }

    fn due_at(&self, number: u64) -> Instant {
        match self.pace {
            Pace::Closed => self.start,
            Pace::Open { per_second } => self.start + Duration::from_secs_f64(number as f64 / per_second),
        }
    }
}

/// What all clients write down.
struct Book {
    done: Histogram<u64>,
    done_from_sending: Histogram<u64>,
    refused: Histogram<u64>,
    statuses: BTreeMap<Option<u16>, u64>,
    ran_out: bool,
    turned_away: u64,
    told_when: u64,
    first_refusal: Option<String>,
    last_answer: Option<Instant>,
    in_time: InTime,
}

impl Book {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            done: histogram()?,
            done_from_sending: histogram()?,
            refused: histogram()?,
            statuses: BTreeMap::new(),
            ran_out: false,
            turned_away: 0,
            told_when: 0,
            first_refusal: None,
            last_answer: None,
            in_time: InTime::default(),
        })
    }

    fn write(&mut self, due: Instant, sent: Instant, answer: &Answer, schedule: &Schedule) {
        let now = Instant::now();
        self.last_answer = Some(now);
        let counts = u64::from(schedule.is_closed() || now <= schedule.end.get());
        *self.statuses.entry(answer.status).or_default() += 1;
        if matches!(answer.status, Some(200..=299 | 304)) {
            record(&mut self.done, now - due);
            record(&mut self.done_from_sending, now - sent);
            self.in_time.done += counts;
            return;
        }
        self.in_time.refused += counts;
        record(&mut self.refused, now - sent);
        if matches!(answer.status, Some(429 | 503)) {
            self.turned_away += 1;
            self.told_when += u64::from(answer.retry_after.is_some());
        }
        self.first_refusal.get_or_insert_with(|| {
            let text: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
            answer
                .status
                .map_or("no answer".to_owned(), |status| format!("{status} {text}"))
        });
    }

    fn close(mut self, schedule: &Schedule, generator: Duration) -> Measured {
        let last_answer = self.last_answer.unwrap_or(schedule.end.get());
        // Nothing is due any more once there is nothing left to ask for.
        let due = if self.ran_out {
            schedule.taken.get()
        } else {
            schedule.due
        };
        let unsent = schedule.taken.get()..due;
        let count = unsent.end.saturating_sub(unsent.start);
        for number in unsent {
            record(
                &mut self.done,
                (schedule.end.get()).saturating_duration_since(schedule.due_at(number)),
            );
        }
        let end = if schedule.is_closed() || self.ran_out {
            last_answer
        } else {
            schedule.end.get()
        };
        Measured {
            elapsed: end - schedule.start,
            in_time: self.in_time,
            generator,
            done: self.done,
            done_from_sending: self.done_from_sending,
            refused: self.refused,
            statuses: self.statuses,
            unsent: count,
            ran_out: self.ran_out,
            turned_away: self.turned_away,
            told_when: self.told_when,
            first_refusal: self.first_refusal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers at once, but for one turn that takes a while.
    struct Stalling {
        turns: u32,
        stall: Duration,
    }

    impl Client for Stalling {
        async fn prepare(&mut self) -> anyhow::Result<bool> {
            Ok(true)
        }

        async fn turn(&mut self) -> Answer {
            self.turns += 1;
            if self.turns == 20 {
                tokio::time::sleep(self.stall).await;
            }
            Answer {
                status: Some(201),
                tag: None,
                retry_after: None,
                body: bytes::Bytes::new(),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_charged_for_all_that_was_due_meanwhile() -> anyhow::Result<()> {
        let stall = Duration::from_millis(500);
        let pace = Pace::Open { per_second: 100.0 };
        let mut clients = [Stalling { turns: 0, stall }];
        let measured = run(&mut clients, pace, Duration::from_secs(1)).await?;
        assert_eq!(measured.done.len(), 100);
        assert_eq!(measured.unsent, 0);
        // Fifty were due during the stall, and waited for a quarter of a second on average.
        assert!(
            measured.done.value_at_quantile(0.75) > 200_000,
            "{}",
            measured.done.value_at_quantile(0.75)
        );
        assert_eq!(measured.done_from_sending.value_at_quantile(0.98), 1);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_never_sent_counts_at_its_age() -> anyhow::Result<()> {
        let mut clients = [Stalling {
            turns: 0,
            stall: Duration::from_secs(5),
        }];
        let measured = run(
            &mut clients,
            Pace::Open { per_second: 100.0 },
            Duration::from_secs(1),
        )
        .await?;
        assert_eq!(measured.done.len(), 100);
        assert!(measured.unsent > 50, "{}", measured.unsent);
        Ok(())
    }

    /// Has so many turns.
    struct Finite(u32);

    impl Client for Finite {
        async fn prepare(&mut self) -> anyhow::Result<bool> {
            Ok(self.0 > 0)
        }

        async fn turn(&mut self) -> Answer {
            self.0 -= 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
            Answer {
                status: Some(409),
                tag: None,
                retry_after: None,
                body: "taken".into(),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_be_asked_for_once_is_not_spent_on_warming_up() -> anyhow::Result<()> {
        let measured = run_cold(&mut [Finite(4)], Duration::from_secs(10)).await?;
        assert_eq!(measured.refused.len(), 4);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn clients_stop_when_the_work_beside_them_is_done() -> anyhow::Result<()> {
        let work = async {
            tokio::time::sleep(Duration::from_millis(650)).await;
            Ok("done")
        };
        let (measured, work) = run_beside(&mut [Finite(1_000)], Duration::from_secs(60), work).await?;
        // The turn that is under way is ended. The work began when the clients had warmed up.
        assert_eq!((measured.refused.len(), work), (7, "done"));
        assert_eq!(measured.elapsed.as_millis(), 700);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_too_long_is_waited_for_without_the_clients() -> anyhow::Result<()> {
        let work = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok(())
        };
        let (measured, ()) = run_beside(&mut [Finite(1_000)], Duration::from_secs(1), work).await?;
        assert_eq!(measured.refused.len(), 10);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_ends_with_the_last_answer() -> anyhow::Result<()> {
        let mut clients = [Finite(3 + 4)];
        let measured = run(&mut clients, Pace::Closed, Duration::from_secs(10)).await?;
        assert!(measured.ran_out);
        assert_eq!(measured.refused.len(), 4);
        assert_eq!(measured.elapsed.as_millis(), 400);
        assert_eq!(measured.first_refusal.as_deref(), Some("409 taken"));
        assert!(measured.ensure_some("test").is_err());
        Ok(())
    }
}
