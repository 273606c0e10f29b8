//! What is told of viewers, beside two other servers that show them the same frames.

use anyhow::{Context, ensure};
use bytes::Bytes;

use super::Run;
use crate::audience::{Greeting, Seen};
use crate::goal::{Goal, Ratio, Target};
use crate::scenario::broadcast::{Broadcast, Show, broadcast};
use crate::scenario::viewers::{Expense, watch};
use crate::yardstick::bare::{Bare, LIVE};
use crate::yardstick::feed::{Door, Feed};
use crate::yardstick::find_packaged;
use crate::yardstick::nats::{NATS, Nats};

/// The office's tick when it can send to all viewers in that time; it takes longer ones when it can't.
const TICK_MS: f64 = 50.0;
/// A hold that just misses a tick waits for the next one, and then for its turn.
const DELAY_TICKS: f64 = 2.0;
const VIEWER_KIBIBYTES_TARGET: Target = Target::AtMost(20.0);
const LEFT_BEHIND_TARGET: Target = Target::AtMost(0.0);
/// Of frames for a second of a processor, beside a server that does nothing else.
const FRAMES_TARGET: Target = Target::AtLeast(0.8);
/// Files that a process has open beside its viewers' connections.
const FILES_SPARE: u64 = 300;
const KIBIBYTE: f64 = 1_024.0;

impl Run<'_> {
    pub(super) async fn view(&mut self) -> anyhow::Result<()> {
        let (viewers, rate) = (usize::from(self.options.viewers), self.options.background_rate);
        self.ensure_files(viewers)?;
        let effort = self.options.effort();
        let viewed = watch(&self.stage, self.office.id(), effort, viewers, rate.into()).await?;
        self.add("viewers: holds in the background", &viewed.sale)?;
        let name = format!("viewers: {viewers} see a hold after");
        self.tell(&name, &viewed.seen);
        let delay_ms = p99_ms(&viewed.seen);
        let seconds = viewed.sale.elapsed.as_secs_f64();
        let ticks = viewed.seen.frames as f64 / viewers as f64 / seconds;
        self.report.note(format!(
            "viewers: each saw {ticks:.1} frames a second; a typical frame has {} bytes; {} events came before the hold's \
             answer",
            viewed.seen.typical_frame.len(),
            viewed.seen.early
        ));
        let name = format!("{viewers} viewers");
        let left_behind = viewed.seen.left_behind as f64;
        self.report
            .goal(Goal::new(&name, "left behind", left_behind, LEFT_BEHIND_TARGET));
        ensure!(
            viewed.seen.out_of_order == 0,
            "viewers saw {} events out of order",
            viewed.seen.out_of_order
        );
        let Some(expense) = viewed.expense else {
            self.report.note(
                "viewers: no memory and no processor time of a box office that was not started here"
                    .to_owned(),
            );
            return Ok(());
        };
        let kibibytes = expense.viewer_bytes / KIBIBYTE;
        self.report.goal(Goal::new(
            &name,
            "KiB a viewer",
            kibibytes,
            VIEWER_KIBIBYTES_TARGET,
        ));
        let frames = per_processor_second(viewed.seen.frames, expense);
        self.tell_expense("the office, which sells meanwhile", frames, expense);
        if viewed.seen.typical_frame.is_empty() {
            self.report
                .note("viewers: not compared, as there was no frame to show elsewhere".to_owned());
            return Ok(());
        }
        let show = Show {
            frame: Bytes::from(viewed.seen.typical_frame),
            per_second: ticks,
            time: effort.time,
        };
        self.compare_viewers(frames, delay_ms, &show, viewers).await
    }

    async fn compare_viewers(
        &mut self,
        office: f64,
        delay_ms: f64,
        show: &Show,
        viewers: usize,
    ) -> anyhow::Result<()> {
        let bare = Bare::start().await?;
        let feed = Feed {
            id: bare.running.id().context("the bare server has ended")?,
            address: bare.address,
            path: LIVE,
            greeting: Greeting::Nothing,
            door: Door::Http(bare.address),
        };
        let shown = broadcast(&feed, show.clone(), viewers).await;
        bare.running.stop().await?;
        let shown = shown?;
        self.compare_broadcast("bare actix-ws", office, &shown, viewers);
        // What it takes until the last viewers of a frame have had their turn, where nothing but that is done.
        let turn_ms = p99_ms(&shown.seen);
        let tick_ms = TICK_MS.max(1_000.0 / show.per_second);
        self.report.goal(Goal::new(
            &format!(
                "{viewers} viewers, ticks of {tick_ms:.0} ms, {turn_ms:.0} ms until all have had a frame"
            ),
            "ms (p99) until a hold is seen",
            delay_ms,
            Target::AtMost(DELAY_TICKS * tick_ms + turn_ms),
        ));
        let program = match find_packaged(NATS, NATS) {
            Ok(program) => program,
            Err(missing) => {
                self.report.note(format!("viewers: {missing}"));
                return Ok(());
            }
        };
        let nats = Nats::start(&program, &self.folder.make_inner("nats")?).await?;
        let feed = Feed {
            id: nats.running.id().context("nats-server has ended")?,
            address: nats.viewers,
            path: "/",
            greeting: Greeting::Nats(crate::yardstick::nats::SUBJECT),
            door: Door::Nats(nats.clients),
        };
        let shown = broadcast(&feed, show.clone(), viewers).await;
        nats.running.stop().await?;
        self.compare_broadcast(NATS, office, &shown?, viewers);
        Ok(())
    }

    fn compare_broadcast(&mut self, server: &str, office: f64, shown: &Broadcast, viewers: usize) {
        self.tell(
            &format!("viewers: {viewers} of {server} see a frame after"),
            &shown.seen,
        );
        // NATS may put several into one of its own, so they are told apart by their numbers.
        let frames = per_processor_second(shown.seen.events, shown.expense);
        self.tell_expense(server, frames, shown.expense);
        self.report.ratio(Ratio::new(
            &format!("{viewers} viewers"),
            "frames for a second of a processor",
            office,
            (server, frames),
            FRAMES_TARGET,
        ));
    }

    fn tell(&mut self, name: &str, seen: &Seen) {
        eprintln!("{name}: {} frames", seen.frames);
        self.report.add_latencies(name, &seen.delays);
        let (ended, reason) = &seen.ended;
        self.report.note(format!(
            "{name}: {} frames of {} events; {} out of order, {} resyncs, {} viewers left behind, {ended} cut off{}",
            seen.frames,
            seen.events,
            seen.out_of_order,
            seen.resyncs,
            seen.left_behind,
            reason
                .as_ref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default()
        ));
    }

    fn tell_expense(&mut self, server: &str, frames: f64, expense: Expense) {
        self.report.note(format!(
            "viewers: {server}: {:.1} KiB a viewer, {:.2} s of a processor for a million frames",
            expense.viewer_bytes / KIBIBYTE,
            1e6 / frames.max(1e-9)
        ));
    }

    fn ensure_files(&self, viewers: usize) -> anyhow::Result<()> {
        let needed = viewers as u64 + FILES_SPARE;
        ensure!(
            needed <= self.files_max,
            "{viewers} viewers need {needed} open files in each process, and the limit is {}: raise it (ulimit -Hn), or \
             ask for fewer --viewers",
            self.files_max
        );
        Ok(())
    }
}

fn per_processor_second(frames: u64, expense: Expense) -> f64 {
    frames as f64 / expense.processor.as_secs_f64().max(1e-9)
}

fn p99_ms(seen: &Seen) -> f64 {
    seen.delays.value_at_quantile(0.99) as f64 / 1_000.0
}
