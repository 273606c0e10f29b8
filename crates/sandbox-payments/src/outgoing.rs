//! Notices on their way to the office: which of them are delivered, how often and in which order.
//!
//! What becomes of a notice is decided when the book writes it, so that a change of mode parts those before from those
//! after. [`super::delivery`] then takes one after the other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc;

use super::delivery::{Endpoint, deliver_all};
use super::lock::lock;

/// Most notices that wait for their delivery, and most that are collected; further ones are lost, as is said in the log.
const NOTICES_MAX: usize = 10_000;
/// This many notices are delivered together in reverse order.
const REORDERED_TOGETHER: usize = 5;
/// How long the first of them waits for the others.
const REORDERED_WAIT: Duration = Duration::from_millis(300);

/// What becomes of notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each is delivered once, in order.
    #[default]
    Normal,
    /// None is ever delivered.
    Lost,
    /// Each is delivered twice.
    Duplicate,
    /// A few are delivered in reverse order.
    Reordered,
    /// They are collected, and delivered when the mode changes.
    Held,
}

/// The notices of one door.
#[derive(Debug)]
pub struct Outgoing {
    queue: Option<mpsc::Sender<String>>,
    collected: Arc<Mutex<Collected>>,
}

#[derive(Debug, Default)]
struct Collected {
    mode: Mode,
    bodies: Vec<String>,
    /// Counts the groups, so that a wait ends its own group and no later one.
    group: u64,
}

impl Outgoing {
    /// Notices for this endpoint, delivered by a task that ends with what is returned here.
    pub fn to(endpoint: Endpoint) -> Self {
        let (queue, waiting) = mpsc::channel(NOTICES_MAX);
        tokio::spawn(deliver_all(endpoint, waiting));
        Self {
            queue: Some(queue),
            collected: Arc::default(),
        }
    }

    /// Notices that nobody wants.
    pub fn nowhere() -> Self {
        Self {
            queue: None,
            collected: Arc::default(),
        }
    }

    /// One more.
    pub fn push(&self, body: String) {
        let Some(queue) = &self.queue else {
            return;
        };
        let mut collected = lock(&self.collected);
        match collected.mode {
            Mode::Normal => send(queue, body),
            Mode::Lost => {}
            Mode::Duplicate => {
                send(queue, body.clone());
                send(queue, body);
            }
            Mode::Held => collected.add(body),
            Mode::Reordered => {
                collected.add(body);
                match collected.bodies.len() {
                    1 => self.flush_later(queue.clone(), collected.group),
                    REORDERED_TOGETHER => collected.flush(queue),
                    _ => {}
                }
            }
        }
    }

    /// Changes what becomes of the notices after this one. Those collected until now are delivered.
    pub fn set_mode(&self, mode: Mode) {
        let mut collected = lock(&self.collected);
        if let Some(queue) = &self.queue {
            collected.flush(queue);
        }
        collected.mode = mode;
    }

    /// At most one wait is under way for each group.
    fn flush_later(&self, queue: mpsc::Sender<String>, group: u64) {
        let collected = self.collected.clone();
        tokio::spawn(async move {
            tokio::time::sleep(REORDERED_WAIT).await;
            let mut collected = lock(&collected);
            if collected.group == group {
                collected.flush(&queue);
            }
        });
    }
}

impl Collected {
    fn add(&mut self, body: String) {
        if self.bodies.len() < NOTICES_MAX {
            self.bodies.push(body);
        } else {
            tracing::warn!("too many notices are held: one is lost");
        }
    }

    fn flush(&mut self, queue: &mpsc::Sender<String>) {
        let mut bodies = std::mem::take(&mut self.bodies);
        if self.mode == Mode::Reordered {
            bodies.reverse();
        }
        for body in bodies {
            send(queue, body);
        }
        self.group += 1;
    }
}

fn send(queue: &mpsc::Sender<String>, body: String) {
    if queue.try_send(body).is_err() {
        tracing::warn!("too many notices wait for their delivery: one is lost");
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::{Mode, NOTICES_MAX, Outgoing, REORDERED_WAIT};

    fn outgoing() -> (Outgoing, mpsc::Receiver<String>) {
        let (queue, waiting) = mpsc::channel(NOTICES_MAX);
        let outgoing = Outgoing {
            queue: Some(queue),
            ..Outgoing::nowhere()
        };
        (outgoing, waiting)
    }

    fn push(outgoing: &Outgoing, bodies: &str) {
        for body in bodies.chars() {
            outgoing.push(body.to_string());
        }
    }

    fn delivered(waiting: &mut mpsc::Receiver<String>) -> String {
        std::iter::from_fn(|| waiting.try_recv().ok()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_mode_does_what_it_says() {
        let (outgoing, mut waiting) = outgoing();
        push(&outgoing, "ab");
        outgoing.set_mode(Mode::Duplicate);
        push(&outgoing, "cd");
        outgoing.set_mode(Mode::Lost);
        push(&outgoing, "ef");
        outgoing.set_mode(Mode::Held);
        push(&outgoing, "gh");
        assert_eq!(delivered(&mut waiting), "abccdd");
        outgoing.set_mode(Mode::Reordered);
        assert_eq!(delivered(&mut waiting), "gh");
        push(&outgoing, "12345678");
        assert_eq!(delivered(&mut waiting), "54321");
        tokio::time::sleep(REORDERED_WAIT * 2).await;
        assert_eq!(delivered(&mut waiting), "876");
    }
}
