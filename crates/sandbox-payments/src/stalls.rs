//! Calls that wait in the middle until a test lets them go on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;

use super::faults::Call;
use super::lock::lock;

/// How long a call stalls, or a client waits for a lost answer, unless it is released.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// The calls that are stalled now.
#[derive(Debug, Default)]
pub struct Stalls {
    stalled: Mutex<(u64, BTreeMap<u64, Call>)>,
    released: Notify,
}

impl Stalls {
    /// Waits until all stalled calls are released.
    pub async fn wait(&self, call: Call) {
        let mut released = std::pin::pin!(self.released.notified());
        // Before it can be seen as stalled: a test that sees it can release it.
        released.as_mut().enable();
        let number = {
            let mut stalled = lock(&self.stalled);
            stalled.0 += 1;
            let number = stalled.0;
            stalled.1.insert(number, call);
            number
        };
        let _gave_up = tokio::time::timeout(STALL_MAX, released).await.is_err();
        lock(&self.stalled).1.remove(&number);
    }

    /// The calls that are stalled now, longest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.stalled).1.values().copied().collect()
    }

    /// Lets them go on.
    pub fn release(&self) {
        lock(&self.stalled).1.clear();
        self.released.notify_waiters();
    }
}
