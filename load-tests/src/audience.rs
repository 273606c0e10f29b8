//! Many viewers of one feed, on the generator's one thread.

mod frames;
mod log;
mod viewer;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use tokio::task::LocalSet;
use tokio::time::{Instant, interval};

pub use log::Told;
use log::{Delays, Log};
pub use viewer::Greeting;
use viewer::{READ_BYTES_MAX, Shared, Viewer};

/// Viewers that connect at the same time.
const CONNECTING_MAX: usize = 64;
/// How long viewers wait for the last events when all have been told.
const LAST_EVENTS_SECONDS_MAX: Duration = Duration::from_secs(10);
/// Between two looks at whether all have seen the last.
const POLL: Duration = Duration::from_millis(20);

/// Viewers that are connected and have seen the beginning.
pub struct Audience {
    viewers: Vec<Viewer>,
    shared: Rc<Shared>,
}

/// What an audience saw.
pub struct Seen {
    /// From when something was told to when a viewer saw it, in microseconds; what was seen first counts as the least.
    pub delays: Histogram<u64>,
    /// Events that were seen before they were told.
    pub early: u64,
    /// Frames with news, of all viewers together.
    pub frames: u64,
    /// Events, of all viewers together.
    pub events: u64,
    /// Events that came twice, out of order, or after a missing one.
    pub out_of_order: u64,
    /// Snapshots that were sent instead of events, to viewers too slow.
    pub resyncs: u64,
    /// Viewers that did not see the last event.
    pub left_behind: u64,
    /// Viewers whose feed ended, and why that of the first did.
    pub ended: (usize, Option<String>),
    /// A frame of medium length.
    pub typical_frame: Vec<u8>,
}

impl Audience {
    /// Connects so many viewers.
    pub async fn gather(
        viewers: usize,
        address: SocketAddr,
        path: &str,
        greeting: Greeting,
    ) -> anyhow::Result<Self> {
        let mut gathered = Vec::with_capacity(viewers);
        while gathered.len() < viewers {
            let group = CONNECTING_MAX.min(viewers - gathered.len());
            let group = (0..group).map(|_| Viewer::connect(address, path, greeting));
            gathered.extend(try_join_all(group).await?);
        }
        let shared = Rc::new(Shared {
            log: RefCell::new(Log::new()),
            buffer: RefCell::new(vec![0; READ_BYTES_MAX]),
        });
        gathered
            .iter()
            .for_each(|viewer| shared.log.borrow_mut().entered(viewer.offset));
        Ok(Self {
            viewers: gathered,
            shared,
        })
    }

    /// Watches until all have seen the last of what is told, or had the time to. Before they leave, `measure` is asked.
    pub async fn watch<T, M>(
        self,
        telling: impl Future<Output = anyhow::Result<(Told, T)>>,
        measure: impl FnOnce() -> anyhow::Result<M>,
    ) -> anyhow::Result<(Seen, T, M)> {
        let count = self.viewers.len();
        let tasks = LocalSet::new();
        for viewer in self.viewers {
            tasks.spawn_local(viewer.watch(self.shared.clone()));
        }
        let log = &self.shared.log;
        let (told, rest) = tasks
            .run_until(async {
                let (told, rest) = telling.await?;
                let last = told.iter().map(|(offset, _at)| *offset).max().unwrap_or(0);
                let deadline = Instant::now() + LAST_EVENTS_SECONDS_MAX;
                let mut poll = interval(POLL);
                while log.borrow().viewers_at(last) < count && Instant::now() < deadline {
                    poll.tick().await;
                }
                anyhow::Ok((told, rest))
            })
            .await?;
        let measured = measure()?;
        drop(tasks);
        let mut log = log.borrow_mut();
        let Delays {
            delays,
            events,
            early,
        } = log.delays(&told)?;
        let last = told.iter().map(|(offset, _at)| *offset).max().unwrap_or(0);
        let seen = Seen {
            delays,
            early,
            frames: log.frames,
            events,
            out_of_order: log.out_of_order,
            resyncs: log.resyncs,
            left_behind: count.saturating_sub(log.viewers_at(last)) as u64,
            ended: (log.ended.len(), log.ended.first().cloned()),
            typical_frame: log.typical_frame().unwrap_or_default(),
        };
        Ok((seen, rest, measured))
    }
}
