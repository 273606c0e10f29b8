//! `boxoffice watch`: a show's live map in the terminal, or a line for each change where there is none.

mod lines;
mod picture;
mod screen;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;

use super::stop::Stop;
use super::visitor::address::OfficeAddress;
use super::visitor::bodies::Show;
use super::visitor::follow::{Followed, News, follow};
use super::visitor::remote::Remote;
use lines::{line_of, say};
use picture::{Ink, Picture, draw};
use screen::{Screen, is_quit};

/// How often the picture is drawn at most.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// What to watch.
#[derive(Debug, Args)]
pub struct Options {
    /// The show's id, or none for the first one that is open
    show: Option<String>,
    #[command(flatten)]
    at: OfficeAddress,
}

/// Watches until it is told to stop.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let office = Remote::at(&options.at.office)?;
    let show = office.show(options.show.as_deref()).await?;
    let plan = office.plan(&show).await?;
    let mut stop = Stop::listen()?;
    let (followed, news) = follow(office, &show, plan);
    if std::io::stdout().is_terminal() {
        in_picture(&show, &followed, news, &mut stop).await
    } else {
        in_lines(&followed, news, &mut stop).await
    }
}

/// A line for each change.
async fn in_lines(followed: &Followed, mut news: Receiver<News>, stop: &mut Stop) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            heard = news.recv() => {
                let Some(heard) = heard else { return Ok(()) };
                let line = line_of(&heard, followed.seen().as_ref());
                // Whoever read them has gone.
                if say(&line).is_err() { return Ok(()) }
            }
            () = stop.wait() => return Ok(()),
        }
    }
}

async fn in_picture(
    show: &Show,
    followed: &Followed,
    mut news: Receiver<News>,
    stop: &mut Stop,
) -> anyhow::Result<()> {
    let mut resized = signal(SignalKind::window_change())?;
    let (mut screen, mut keys) = Screen::open()?;
    let mut tick = tokio::time::interval(DRAWN_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ink = match std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        true => Ink::Letters,
        false => Ink::Colours,
    };
    let mut picture = Picture {
        title: show.title.clone(),
        venue: followed.plan().name().to_owned(),
        starts_at: show.starts_at,
        connection: "connecting".to_owned(),
        last: String::new(),
    };
    let mut is_due = true;
    loop {
        tokio::select! {
            heard = news.recv() => {
                let Some(heard) = heard else { return Ok(()) };
                picture.connection = match &heard {
                    News::Lost(why) => format!("not connected: {why}"),
                    News::Known | News::Live | News::Happened(_) => "live".to_owned(),
                };
                if let News::Happened(_) = &heard {
                    picture.last = line_of(&heard, None);
                }
                is_due = true;
            }
            _ = resized.recv() => is_due = true,
            () = quit_key(&mut keys) => return Ok(()),
            () = stop.wait() => return Ok(()),
            _ = tick.tick(), if is_due => {
                let text = draw(&picture, &followed.plan(), followed.seen().as_ref(), screen.size(), ink);
                // The terminal has gone.
                if screen.show(&text).is_err() { return Ok(()) }
                is_due = false;
            }
        }
    }
}

/// Waits for a key that says that it is enough, or for the keyboard to go.
async fn quit_key(keys: &mut Option<Receiver<u8>>) {
    let Some(keys) = keys else {
        return std::future::pending().await;
    };
    while let Some(key) = keys.recv().await {
        if is_quit(key) {
            return;
        }
    }
}
