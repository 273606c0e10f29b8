//! What the system says about a process: its processor time and its memory.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use nix::unistd::Pid;
use tokio::time::interval;

/// The unit of times in `/proc`, which Linux shows as hundredths of a second on every machine.
const TICK: Duration = Duration::from_millis(10);
/// Between two looks at a process's memory.
const LOOK: Duration = Duration::from_millis(100);

/// Processor time that a process has used so far, all its threads together.
pub fn processor_time(id: Pid) -> anyhow::Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).context("the process has ended")?;
    read_processor_time(&text).context("/proc has no processor time")
}

/// Memory of a process that is in use (resident), in bytes.
pub fn resident_bytes(id: Pid) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).context("the process has ended")?;
    read_resident_bytes(&text).context("/proc has no resident memory")
}

/// Processes that this one has started and that still run.
pub fn children(id: Pid) -> anyhow::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end while the list is read.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if read_parent(&stat) == Some(id.as_raw()) {
            found.push(Pid::from_raw(child));
        }
    }
    Ok(found)
}

/// A process's memory over a time, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// At the beginning.
    pub first: u64,
    /// The most that was seen.
    pub highest: u64,
    /// At the end.
    pub last: u64,
}

/// Does some work and watches a process's memory meanwhile.
pub async fn watch_memory<T>(id: Pid, work: impl Future<Output = T>) -> anyhow::Result<(T, Memory)> {
    let mut work = std::pin::pin!(work);
    let mut look = interval(LOOK);
    let first = resident_bytes(id)?;
    let mut highest = first;
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = look.tick() => highest = highest.max(resident_bytes(id)?),
        }
    };
    let last = resident_bytes(id)?;
    let highest = highest.max(last);
    Ok((done, Memory { first, highest, last }))
}

/// The name, in parentheses, may have spaces; user and system time are the 12th and 13th field after it.
fn read_processor_time(stat: &str) -> Option<Duration> {
    let (_name, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

fn read_parent(stat: &str) -> Option<i32> {
    let (_name, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(1)?.parse().ok()
}

fn read_resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 31337 0 0 0 250 50 0 0 20 0 9 0 1 1 1";
        assert_eq!(read_processor_time(stat), Some(Duration::from_secs(3)));
        assert_eq!(read_parent(stat), Some(1));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "VmHWM:\t  9000 kB\nVmRSS:\t    2048 kB\nThreads:\t4\n";
        assert_eq!(read_resident_bytes(status), Some(2 << 20));
    }

    #[test]
    fn this_process_has_used_something() -> anyhow::Result<()> {
        assert!(resident_bytes(Pid::this())? > 100_000);
        processor_time(Pid::this())?;
        Ok(())
    }
}
