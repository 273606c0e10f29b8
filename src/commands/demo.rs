//! `boxoffice demo`: a crowd of buyers who buy an office on this machine out, to look at.

mod buyer;
mod report;
mod tally;
mod wish;

use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::Receiver;

use super::stop::Stop;
use super::visitor::address::OfficeAddress;
use super::visitor::bodies::{Providers, Show};
use super::visitor::follow::{Followed, News, follow};
use super::visitor::remote::Remote;
use super::visitor::seen::Seen;
use buyer::{Market, shop};
use report::Report;
use tally::Tally;

/// How often the progress is told: in a terminal, and where each time is a line.
const TOLD_EVERY: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];
/// How long the feed may take to tell of the last order.
const FEED_SECONDS_MAX: Duration = Duration::from_secs(30);
/// A way to pay that takes nobody's money.
const TEST_CARD: &str = "test_card";

/// Who buys what.
#[derive(Debug, Args)]
pub struct Options {
    /// How many buyers come
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    buyers: u32,
    /// How many of them are in the office at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=500))]
    at_a_time: u16,
    /// The show's id [default: the first one that is open]
    #[arg(long)]
    show: Option<String>,
    #[command(flatten)]
    at: OfficeAddress,
}

/// Sends the crowd, and tells how it went.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let office = Remote::on_this_machine(&options.at.office)?;
    let show = office.show(options.show.as_deref()).await?;
    ensure!(
        show.test,
        "payments of this office take somebody's money: a demo is for an office for trial"
    );
    let providers: Providers = office.get(&format!("/v1/shows/{}/providers", show.id)).await?;
    let provider = providers
        .providers
        .into_iter()
        .find(|provider| provider.kind == TEST_CARD);
    let provider = provider
        .context("no provider of this office takes test cards: BOXOFFICE_SANDBOX=true has one do it")?;
    let plan = office.plan(&show).await?;
    let mut stop = Stop::listen()?;
    let (followed, mut news) = follow(office.clone(), &show, plan);
    wait_until(&followed, &mut news, |_| true).await?;
    say(&format!("{} buyers come for “{}”", options.buyers, show.title))?;
    let market = Market {
        office: office.clone(),
        path: format!("/v1/shows/{}/orders", show.id),
        provider: provider.name,
        order_places_max: show.order_places_max,
        followed: followed.clone(),
        tally: Tally::default(),
    };
    let begin = Instant::now();
    let buyers = stream::iter(0..options.buyers).map(|_| shop(&market));
    let buyers = buyers.buffer_unordered(options.at_a_time.into());
    let tally = &market.tally;
    let mut crowd = pin!(buyers.for_each(|left| async move { tally.note_left(left) }));
    let progress = Progress::new();
    let mut tick = tokio::time::interval(progress.every);
    let is_stopped = loop {
        tokio::select! {
            () = &mut crowd => break false,
            () = stop.wait() => break true,
            _heard = news.recv() => {}
            _ = tick.tick() => progress.tell(tally, &followed)?,
        }
    };
    let seconds = begin.elapsed().as_secs_f64();
    progress.tell(tally, &followed)?;
    progress.end()?;
    let agrees = compare(&office, &show, &followed, &mut news).await?;
    let report = Report {
        tally,
        buyers: options.buyers,
        seconds,
        is_stopped,
        agrees_at: agrees,
    };
    say(&report.to_string())?;
    ensure!(
        agrees.is_some(),
        "what the feed told is another map than the office's"
    );
    Ok(())
}

/// The offset at which the map that the feed has told is the office's own; `None` if it is another one.
async fn compare(
    office: &Remote,
    show: &Show,
    followed: &Followed,
    news: &mut Receiver<News>,
) -> anyhow::Result<Option<i64>> {
    let head: Head = office.get(&format!("/v1/shows/{}", show.id)).await?;
    let reached = move |seen: &Seen| seen.map.offset.0 >= head.journal_offset;
    wait_until(followed, news, reached).await?;
    let seen = followed.seen().clone().context("the feed is lost")?;
    let offset = seen.map.offset.0;
    let map = office.map_at(&show.id, offset).await?;
    Ok((Seen::of(&followed.plan(), &map)? == seen).then_some(offset))
}

#[derive(serde::Deserialize)]
struct Head {
    journal_offset: i64,
}

async fn wait_until(
    followed: &Followed,
    news: &mut Receiver<News>,
    is_there: impl Fn(&Seen) -> bool,
) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + FEED_SECONDS_MAX;
    while !followed.seen().as_ref().is_some_and(&is_there) {
        let heard = tokio::time::timeout_at(deadline, news.recv()).await;
        heard
            .context("the feed is too far behind")?
            .context("the feed has ended")?;
    }
    Ok(())
}

/// How it goes, told again and again.
struct Progress {
    is_terminal: bool,
    every: Duration,
}

impl Progress {
    fn new() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let [often, seldom] = TOLD_EVERY;
        let every = if is_terminal { often } else { seldom };
        Self { is_terminal, every }
    }

    fn tell(&self, tally: &Tally, followed: &Followed) -> std::io::Result<()> {
        let [free, held, sold, _] = followed.seen().as_ref().map_or([0; 4], Seen::seat_counts);
        let left = tally.buyers_left();
        let line = format!("{left} buyers have left; of the seats {sold} are sold, {held} held, {free} free");
        let mut output = std::io::stdout().lock();
        match self.is_terminal {
            true => write!(output, "\r{line}\x1b[K")?,
            false => writeln!(output, "{line}")?,
        }
        output.flush()
    }

    fn end(&self) -> std::io::Result<()> {
        match self.is_terminal {
            true => say(""),
            false => Ok(()),
        }
    }
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}
