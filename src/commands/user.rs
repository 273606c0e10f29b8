//! Whose rights a command has: never root's while it talks to anybody. Root may start it, so that it can make the data
//! folder and listen on any port; then it becomes an ordinary user, and can't come back.

use anyhow::Context;
use boxoffice::config::DatabaseConfig;
use nix::errno::Errno;
use nix::sys::prctl::set_no_new_privs;
use nix::unistd::{
    Gid, Uid, User, getgroups, getresgid, getresuid, seteuid, setgroups, setresgid, setresuid,
};
use private_postgres::{Owner, hand_over};

/// Becomes an ordinary user, if root has started the program. To be called before there are threads or connections; the
/// private PostgreSQL's folder is given to that user first.
pub fn without_root(mut config: DatabaseConfig) -> anyhow::Result<DatabaseConfig> {
    let wanted = config.user.as_deref().map(find_user).transpose()?;
    if !Uid::effective().is_root() {
        let own = Uid::effective().as_raw();
        anyhow::ensure!(
            wanted.is_none_or(|wanted| wanted.uid == own),
            "only root can become the user of BOXOFFICE_USER: leave it out, or start the office as root"
        );
        return Ok(config);
    }
    // The default depends on who asks.
    config.data_dir = Some(config.data_dir());
    let user = match (&config.database_url, &config.data_dir, wanted) {
        (None, Some(data_dir), wanted) => hand_over(data_dir, wanted)?,
        (_, _, Some(wanted)) => wanted,
        (_, _, None) => Owner::instead_of_root()?,
    };
    become_user(user).with_context(|| {
        format!(
            "can't go on as user id {}: start the office as that user instead of root",
            user.uid
        )
    })?;
    Ok(config)
}

fn find_user(name: &str) -> anyhow::Result<Owner> {
    let user = User::from_name(name).with_context(|| format!("can't look for the user `{name}`"))?;
    let user = user.with_context(|| format!("there is no user `{name}`, which BOXOFFICE_USER names"))?;
    anyhow::ensure!(
        !user.uid.is_root(),
        "BOXOFFICE_USER must name another user than root"
    );
    Ok(Owner {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
    })
}

/// Becomes a user in every respect, and makes sure that nothing leads back.
fn become_user(user: Owner) -> anyhow::Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    // The user last: only root may change the others.
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    // No program that is started from here gains rights by its file either.
    set_no_new_privs()?;

    let (users, groups) = (getresuid()?, getresgid()?);
    let users = [users.real, users.effective, users.saved];
    let groups = [groups.real, groups.effective, groups.saved];
    anyhow::ensure!(
        users == [uid; 3] && groups == [gid; 3] && getgroups()?.is_empty(),
        "some of root's ids are left"
    );
    anyhow::ensure!(
        seteuid(Uid::from_raw(0)) == Err(Errno::EPERM),
        "root is not given up"
    );
    anyhow::ensure!(!has_capabilities(), "some of root's capabilities are left");
    Ok(())
}

/// Whether the process may still do some of what root may, as where the system was told to let it.
fn has_capabilities() -> bool {
    // Without a /proc there is nothing to look at, and the ids say enough.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let held = |line: &str| {
        let set = line
            .strip_prefix("CapPrm:")
            .or_else(|| line.strip_prefix("CapEff:"));
        set.is_some_and(|set| set.trim().bytes().any(|digit| digit != b'0'))
    };
    status.lines().any(held)
}
