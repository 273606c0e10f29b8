//! Who may be loaded: this machine alone.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};

/// The address of a box office given as `http://127.0.0.1:8080`. Anything but this machine is refused.
pub fn read_url(url: &str) -> anyhow::Result<SocketAddr> {
    let authority = url
        .strip_prefix("http://")
        .with_context(|| format!("{url} does not begin with http://"))?;
    let authority = authority.trim_end_matches('/').replace("localhost", "127.0.0.1");
    let address: SocketAddr = authority
        .parse()
        .with_context(|| format!("{url} is not http://<loopback address>:<port>"))?;
    ensure!(
        address.ip().is_loopback(),
        "{url} is not this machine: only loopback addresses are put under load"
    );
    Ok(address)
}

/// A database given as `postgresql://user@host:port/name`, on this machine by a loopback address or a socket's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    server: String,
    name: String,
}

impl DatabaseUrl {
    /// Reads a URL. Any other machine is refused, and so are parameters, which could name one.
    pub fn read(url: &str) -> anyhow::Result<Self> {
        let rest = url
            .strip_prefix("postgresql://")
            .or_else(|| url.strip_prefix("postgres://"));
        let rest = rest.context("the database's address does not begin with postgresql://")?;
        ensure!(
            !rest.contains(['?', '#']),
            "the database's address may have no parameters"
        );
        let (authority, name) = rest
            .split_once('/')
            .context("the database's address names no database")?;
        ensure!(
            !name.is_empty() && !name.contains('/'),
            "the database's address names no database"
        );
        let host = authority.rsplit_once('@').map_or(authority, |(_user, host)| host);
        if !is_this_machine(host) {
            bail!(
                "the database is not on this machine: only loopback addresses and sockets are put under load"
            );
        }
        Ok(Self {
            server: format!("postgresql://{authority}"),
            name: name.to_owned(),
        })
    }

    /// The server behind a socket's folder.
    pub fn of_socket(user: &str, folder: &str, port: &str, name: &str) -> Self {
        let host = folder.replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
        Self {
            server: format!("postgresql://{user}@{host}:{port}"),
            name: name.to_owned(),
        }
    }

    /// Another database of the same server.
    pub fn sibling(&self, name: &str) -> Self {
        Self {
            server: self.server.clone(),
            name: name.to_owned(),
        }
    }

    /// For libpq.
    pub fn text(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

fn is_this_machine(host_and_port: &str) -> bool {
    let socket = host_and_port.starts_with("%2F") || host_and_port.starts_with("%2f");
    if socket {
        return !host_and_port.contains(',');
    }
    let (host, port) = host_and_port.rsplit_once(':').unwrap_or((host_and_port, "5432"));
    let host = if host == "localhost" { "127.0.0.1" } else { host };
    format!("{host}:{port}")
        .parse::<SocketAddr>()
        .is_ok_and(|address| address.ip().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_url(url: &str, expected: Option<&str>) {
        assert_eq!(
            read_url(url).ok().map(|address| address.to_string()).as_deref(),
            expected,
            "{url}"
        );
    }

    #[test]
    fn only_this_machine_is_loaded() {
        check_url("http://127.0.0.1:8080", Some("127.0.0.1:8080"));
        check_url("http://localhost:8080/", Some("127.0.0.1:8080"));
        check_url("http://[::1]:80", Some("[::1]:80"));
        check_url("http://192.0.2.7:80", None);
        check_url("http://example.org:80", None);
        check_url("http://localhost.example.org:80", None);
        check_url("https://127.0.0.1:80", None);
    }

    fn check_database(url: &str, expected: Option<&str>) {
        let sibling = DatabaseUrl::read(url).ok().map(|url| url.sibling("b").text());
        assert_eq!(sibling.as_deref(), expected, "{url}");
    }

    #[test]
    fn only_databases_of_this_machine_are_loaded() {
        check_database(
            "postgres://u:p@127.0.0.1:5433/a",
            Some("postgresql://u:p@127.0.0.1:5433/b"),
        );
        check_database("postgresql://localhost/a", Some("postgresql://localhost/b"));
        check_database(
            "postgresql://u@%2Frun%2Fpg:5432/a",
            Some("postgresql://u@%2Frun%2Fpg:5432/b"),
        );
        check_database("postgresql://u@192.0.2.7/a", None);
        check_database("postgresql://u@localhost,192.0.2.7/a", None);
        check_database("postgresql://u@%2Frun,192.0.2.7/a", None);
        check_database("postgresql://u@localhost/a?host=192.0.2.7", None);
        check_database("postgresql:///a", None);
        check_database("host=localhost", None);
    }

    #[test]
    fn a_sockets_folder_is_escaped() {
        let url = DatabaseUrl::of_socket("boxoffice", "/tmp/a b", "5432", "x").text();
        assert_eq!(url, "postgresql://boxoffice@%2Ftmp%2Fa%20b:5432/x");
    }
}
