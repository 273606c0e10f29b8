//! Viewers on one show's live feed while seats are sold: how long after its buyer knew of a hold did each viewer see it.
//!
//! Both moments are read from one clock: when the hold's answer was read, and when a frame with its event was.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use futures_util::future::{join_all, try_join_all};
use hdrhistogram::Histogram;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Effort;
use super::holds::Holder;
use crate::client::Answer;
use crate::load::{Client, Measured, Pace, histogram, record, run};
use crate::stage::Stage;

/// Connections of the buyers in the background.
const BUYERS: usize = 8;
/// Viewers that connect at the same time.
const CONNECTING_MAX: usize = 32;
/// How long one may take to connect and see its snapshot.
const CONNECT_SECONDS_MAX: Duration = Duration::from_secs(30);
/// How long viewers wait for the last events when the sale has ended.
const LAST_EVENTS_SECONDS_MAX: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What viewers saw.
pub struct Viewed {
    /// The sale in the background.
    pub sale: Measured,
    /// From a hold's answer to its event at a viewer, in microseconds; an event that came first counts as the least.
    pub delays: Histogram<u64>,
    /// Events that came before the hold's answer.
    pub early: u64,
    /// Frames, of all viewers together.
    pub frames: u64,
    /// Events, of all viewers together.
    pub events: u64,
    /// Events that came twice, out of order, or after a missing one. A promise is broken if there is any.
    pub out_of_order: u64,
    /// Snapshots that were sent instead of events, to viewers too slow.
    pub resyncs: u64,
    /// Viewers that did not see the last event.
    pub left_behind: u64,
}

/// Lets `viewers` watch a show on which `holds_per_second` orders are made.
pub async fn watch(
    stage: &Stage,
    effort: Effort,
    viewers: usize,
    holds_per_second: f64,
) -> anyhow::Result<Viewed> {
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let show = seats.shows().first().cloned().unwrap_or_default();
    let url = format!("ws://{}/v1/shows/{show}/live", stage.address());
    let log = Rc::new(RefCell::new(Log::new()?));
    let mut watching = Vec::with_capacity(viewers);
    while watching.len() < viewers {
        let group = CONNECTING_MAX.min(viewers - watching.len());
        watching.extend(try_join_all((0..group).map(|_| Viewer::connect(&url))).await?);
    }
    watching
        .iter()
        .for_each(|viewer| log.borrow_mut().entered(viewer.offset));
    let mut buyers = Vec::with_capacity(BUYERS);
    for _ in 0..BUYERS {
        buyers.push(Buyer {
            holder: Holder::new(stage, &seats, effort.per_order).await?,
            log: log.clone(),
        });
    }
    let sale = async {
        let measured = run(
            &mut buyers,
            Pace::Open {
                per_second: holds_per_second,
            },
            effort.time,
        )
        .await;
        log.borrow_mut().sold_at = Some(Instant::now());
        measured
    };
    let views = join_all(watching.iter_mut().map(|viewer| viewer.watch(&log)));
    let all_seen = async {
        // Viewers never leave by themselves: they are left when they have seen all, or had the time to.
        let mut views = std::pin::pin!(views);
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                _ = &mut views => break,
                _ = tick.tick() => if log.borrow().is_over(viewers) { break },
            }
        }
    };
    let (sale, ()) = tokio::join!(sale, all_seen);
    drop((watching, buyers));
    let log = Rc::try_unwrap(log)
        .map_err(|_shared| anyhow::anyhow!("a viewer is still watching"))?
        .into_inner();
    Ok(log.close(sale?, viewers))
}

/// A buyer in the background, whose answers are written down.
struct Buyer {
    holder: Holder,
    log: Rc<RefCell<Log>>,
}

#[derive(Deserialize)]
struct Held {
    journal_offset: i64,
}

impl Client for Buyer {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.holder.prepare().await
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.holder.turn().await;
        let now = Instant::now();
        if answer.status == Some(201)
            && let Ok(held) = serde_json::from_slice::<Held>(&answer.body)
        {
            self.log.borrow_mut().answered(held.journal_offset, now);
        }
        answer
    }
}

struct Viewer {
    socket: Socket,
    offset: i64,
}

impl Viewer {
    /// Connects and waits for the snapshot.
    async fn connect(url: &str) -> anyhow::Result<Self> {
        let connect = async {
            let (mut socket, _response) = connect_async(url).await?;
            let first = socket.next().await.context("the feed ended")??;
            let text = first.into_text()?;
            ensure!(text.starts_with(SNAPSHOT), "the first frame is not a snapshot");
            let offset = offsets(&text)
                .map(|(first, _last)| first)
                .context("a snapshot without an offset")?;
            Ok(Self { socket, offset })
        };
        timeout(CONNECT_SECONDS_MAX, connect)
            .await
            .context("a viewer could not connect")?
    }

    /// Writes down what comes, until the feed ends.
    async fn watch(&mut self, log: &RefCell<Log>) {
        while let Some(Ok(message)) = self.socket.next().await {
            let now = Instant::now();
            let Message::Text(text) = message else { continue };
            let Some((first, last)) = offsets(&text) else {
                continue;
            };
            let mut log = log.borrow_mut();
            log.frames += 1;
            if text.starts_with(SNAPSHOT) {
                log.resyncs += 1;
            } else {
                log.out_of_order += u64::from(first != self.offset + 1);
                log.seen(first, last, now);
            }
            log.moved(self.offset, first.max(last));
            self.offset = last;
        }
    }
}

/// How a snapshot begins, as the office writes it.
const SNAPSHOT: &str = "{\"type\":\"snapshot\"";

/// The first and the last offset in a frame. Frames are not parsed: there are as many as viewers and ticks.
fn offsets(frame: &str) -> Option<(i64, i64)> {
    const NAME: &str = "\"offset\":";
    let number = |at: usize| {
        let rest = frame.get(at + NAME.len()..)?;
        let end = rest
            .find(|digit: char| !digit.is_ascii_digit())
            .unwrap_or(rest.len());
        rest.get(..end)?.parse().ok()
    };
    Some((number(frame.find(NAME)?)?, number(frame.rfind(NAME)?)?))
}

/// What buyers were told and viewers saw, by offset.
struct Log {
    answered: BTreeMap<i64, Instant>,
    /// Events seen before their hold was answered: how many viewers saw them.
    unanswered: BTreeMap<i64, u64>,
    /// How many viewers are at which offset.
    at: BTreeMap<i64, usize>,
    sold_at: Option<Instant>,
    delays: Histogram<u64>,
    early: u64,
    frames: u64,
    events: u64,
    out_of_order: u64,
    resyncs: u64,
}

impl Log {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            answered: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            at: BTreeMap::new(),
            sold_at: None,
            delays: histogram()?,
            early: 0,
            frames: 0,
            events: 0,
            out_of_order: 0,
            resyncs: 0,
        })
    }

    fn answered(&mut self, offset: i64, at: Instant) {
        self.answered.insert(offset, at);
        let early = self.unanswered.remove(&offset).unwrap_or(0);
        self.early += early;
        self.delays.saturating_record_n(1, early);
    }

    fn seen(&mut self, first: i64, last: i64, at: Instant) {
        for offset in first..=last {
            self.events += 1;
            match self.answered.get(&offset) {
                Some(answered) => record(&mut self.delays, at.saturating_duration_since(*answered)),
                None => *self.unanswered.entry(offset).or_default() += 1,
            }
        }
    }

    fn entered(&mut self, at: i64) {
        *self.at.entry(at).or_default() += 1;
    }

    fn moved(&mut self, from: i64, to: i64) {
        if let Some(count) = self.at.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.at.remove(&from);
            }
        }
        self.entered(to);
    }

    fn at_the_end(&self) -> usize {
        let last = self.answered.keys().next_back().copied().unwrap_or(i64::MAX);
        self.at.range(last..).map(|(_offset, count)| count).sum()
    }

    fn is_over(&self, viewers: usize) -> bool {
        let Some(sold_at) = self.sold_at else { return false };
        self.at_the_end() >= viewers || sold_at.elapsed() > LAST_EVENTS_SECONDS_MAX
    }

    fn close(self, sale: Measured, viewers: usize) -> Viewed {
        let left_behind = viewers.saturating_sub(self.at_the_end()) as u64;
        Viewed {
            sale,
            left_behind,
            delays: self.delays,
            early: self.early,
            frames: self.frames,
            events: self.events,
            out_of_order: self.out_of_order,
            resyncs: self.resyncs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frame: &str, expected: Option<(i64, i64)>) {
        assert_eq!(offsets(frame), expected, "{frame}");
    }

    #[test]
    fn offsets_are_found_without_parsing() {
        check(
            r#"{"type":"snapshot","show":"1","offset":7,"state":"open"}"#,
            Some((7, 7)),
        );
        check(
            r#"{"type":"events","events":[{"offset":8,"at":"x"},{"offset":9},{"offset":10}]}"#,
            Some((8, 10)),
        );
        check(r#"{"type":"resync"}"#, None);
    }

    #[test]
    fn delays_count_from_the_answer() -> anyhow::Result<()> {
        let mut log = Log::new()?;
        let start = Instant::now();
        log.answered(2, start);
        log.seen(2, 3, start + Duration::from_millis(30));
        log.entered(1);
        log.moved(1, 3);
        assert_eq!((log.delays.len(), log.early), (1, 0));
        log.answered(3, start + Duration::from_millis(40));
        assert_eq!((log.delays.len(), log.early, log.events), (2, 1, 2));
        assert_eq!((log.at_the_end(), log.delays.max() / 1_000), (1, 30));
        Ok(())
    }
}
