//! Open files that the system allows the process: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the clients' and the database's connections: the runtimes', the probes', Redis, providers, a few that are
/// being turned away.
const OTHERS: u64 = 256;
/// With fewer connections than this a node is of no use.
const CONNECTIONS_MIN: u64 = 32;

/// Raises the limit as far as `wanted` connections of clients need, and says how many of them there can be.
pub fn make_room(wanted: usize, database_connections: u32) -> anyhow::Result<usize> {
    let others = OTHERS + u64::from(database_connections);
    let needed = u64::try_from(wanted)?.saturating_add(others);
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= needed {
        return Ok(wanted);
    }
    let allowed = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit {
        current: Some(allowed),
        ..limit
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => allowed,
        Err(_) => current,
    };
    let connections = allowed.saturating_sub(others);
    anyhow::ensure!(
        connections >= CONNECTIONS_MIN,
        "the system allows {allowed} open files, which leaves {connections} connections: raise the limit (ulimit -n, or \
         LimitNOFILE= of the unit) to {needed}"
    );
    if allowed < needed {
        tracing::warn!(
            connections.max = connections,
            files.max = allowed,
            files.needed = needed,
            "the system allows fewer open files than BOXOFFICE_CONNECTIONS_MAX needs: so many connections are taken; raise \
             the limit (ulimit -n, or LimitNOFILE= of the unit)"
        );
    }
    Ok(usize::try_from(connections)?.min(wanted))
}
