//! PostgreSQL's own client programs.

use std::time::Duration;

use tokio::process::Command;

use crate::program::{find_program, finish};
use crate::target::DatabaseUrl;

/// How long a program may take beside the time of the run.
pub const PROGRAM_SECONDS_MAX: Duration = Duration::from_secs(300);

/// Runs SQL with `psql`, with these variables, and gives what it printed.
pub async fn psql(database: &DatabaseUrl, variables: &[(&str, String)], sql: &str) -> anyhow::Result<String> {
    let mut command = command("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
    for (name, value) in variables {
        command.arg("-v").arg(format!("{name}={value}"));
    }
    command.arg("-d").arg(database.text()).args(["-f", "-"]);
    finish(command, sql, PROGRAM_SECONDS_MAX).await
}

/// Writes out what earlier runs have left, so that it doesn't weigh on the next. Refused to users who may not.
pub async fn settle(database: &DatabaseUrl) -> anyhow::Result<()> {
    psql(database, &[], "CHECKPOINT").await?;
    Ok(())
}

/// A PostgreSQL client program. What the environment says about where to connect is left out: the address says it all.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(find_program(program).unwrap_or_else(|| program.into()));
    for name in [
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGOPTIONS",
    ] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").kill_on_drop(true);
    command
}
