//! Follows a show's feed: comes back when the connection is lost, and goes on where it was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::plan::Plan;
use rand::RngExt;
use reqwest::Method;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::bodies::{Frame, Happened, Problem, Show};
use super::event_stream::{EventStream, Message};
use super::remote::{Remote, read_body};
use super::seen::Seen;

/// News that wait for whoever reads them; meanwhile the office waits.
const NEWS_MAX: usize = 256;
/// Pause before the first try to come back, and the longest: each is twice as long as the one before.
const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(250)..=Duration::from_secs(8);

/// What is heard of a show.
#[derive(Debug)]
pub enum News {
    /// The state of every place is known, anew.
    Known,
    /// Something happened, and is folded in.
    Happened(Happened),
    /// The connection is there again, and nothing is missing.
    Live,
    /// The feed is lost, for this reason, and will be asked for again.
    Lost(String),
}

/// A show that is followed.
#[derive(Clone)]
pub struct Followed {
    plan: Arc<Mutex<Arc<Plan>>>,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl Followed {
    /// Its plan, which may become another one.
    pub fn plan(&self) -> Arc<Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes another plan, whose places are not known yet.
    fn take_plan(&self, plan: Plan) {
        *self.seen() = None;
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
    }

    /// What is known of it by now.
    pub fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows a show until nobody reads its news any more.
pub fn follow(office: Remote, show: &Show, plan: Plan) -> (Followed, Receiver<News>) {
    let followed = Followed {
        plan: Arc::new(Mutex::new(Arc::new(plan))),
        seen: Arc::default(),
    };
    let (news, read) = channel(NEWS_MAX);
    let follower = Follower {
        office,
        show: show.clone(),
        has_other_plan: false,
        followed: followed.clone(),
        last: None,
        news,
    };
    tokio::spawn(follower.run());
    (followed, read)
}

struct Follower {
    office: Remote,
    show: Show,
    /// What has been heard is of another plan.
    has_other_plan: bool,
    followed: Followed,
    /// What to come back with.
    last: Option<String>,
    news: Sender<News>,
}

impl Follower {
    async fn run(mut self) {
        let mut pause = *PAUSES.start();
        loop {
            let before = self.last.clone();
            let news = self.news.clone();
            let why = tokio::select! {
                listened = self.listen() => match listened {
                    Ok(()) => return,
                    Err(why) => why,
                },
                () = news.closed() => return,
            };
            if self.news.send(News::Lost(format!("{why:#}"))).await.is_err() {
                return;
            }
            if self.last != before {
                pause = *PAUSES.start();
            }
            // All who were thrown out at once don't come back at once.
            let part = rand::rng().random_range(0.5..1.0);
            tokio::time::sleep(pause.mul_f64(part)).await;
            pause = (pause * 2).min(*PAUSES.end());
        }
    }

    /// Listens to one connection until it is lost. Ends well once nobody reads any more.
    async fn listen(&mut self) -> anyhow::Result<()> {
        if self.has_other_plan {
            self.show = self.office.show(Some(&self.show.id)).await?;
            self.followed.take_plan(self.office.plan(&self.show).await?);
            self.has_other_plan = false;
        }
        let path = format!("/v1/shows/{}/live", self.show.id);
        let request = self.office.request(Method::GET, &path);
        let mut request = request.header("Accept", "text/event-stream");
        if let Some(last) = &self.last {
            request = request.header("Last-Event-ID", last);
        }
        let mut response = request.send().await.context("the office can't be reached")?;
        let status = response.status();
        if !status.is_success() {
            let problem: Problem = serde_json::from_slice(&read_body(response).await?).unwrap_or_default();
            bail!("the office answers {status} {}", problem.code);
        }
        if self.last.is_some() && self.news.send(News::Live).await.is_err() {
            return Ok(());
        }
        let mut stream = EventStream::default();
        while let Some(bytes) = response.chunk().await.context("the connection broke")? {
            for message in stream.take(&bytes)? {
                for news in self.take(&message)? {
                    if self.news.send(news).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        bail!("the office has closed the connection")
    }

    /// Takes a message in.
    fn take(&mut self, message: &Message) -> anyhow::Result<Vec<News>> {
        let frame = serde_json::from_str(&message.data).context("a frame can't be read")?;
        let taken = self.take_frame(frame);
        // What can't be taken in is begun anew.
        self.last = message.id.clone().filter(|_| taken.is_ok());
        taken
    }

    fn take_frame(&mut self, frame: Frame) -> anyhow::Result<Vec<News>> {
        let plan = self.followed.plan();
        let mut seen = self.followed.seen();
        match frame {
            Frame::Snapshot(map) => {
                self.has_other_plan = map.plan.as_ref().is_some_and(|plan| *plan != self.show.plan);
                ensure!(!self.has_other_plan, "the show has another plan");
                *seen = Some(Seen::of(&plan, &map)?);
                Ok(vec![News::Known])
            }
            Frame::Events { events } => {
                let known = seen.as_mut().context("events came before any state")?;
                events
                    .into_iter()
                    .map(|event| {
                        known.take(&plan, &event)?;
                        Ok(News::Happened(event))
                    })
                    .collect()
            }
            Frame::Resync {} | Frame::Unknown => Ok(Vec::new()),
        }
    }
}
