//! The database's address, with what libpq has no good default for: deadlines for the network, and where a certificate is.

use std::path::Path;

/// Defaults of the address, by libpq's names: seconds, and `tcp_user_timeout` in milliseconds.
const DEADLINES: [(&str, u32); 5] = [
    ("connect_timeout", CONNECT_SECONDS_MAX),
    ("keepalives_idle", 5),
    ("keepalives_interval", 2),
    ("keepalives_count", 3),
    ("tcp_user_timeout", TCP_USER_TIMEOUT_MS),
];

/// How long a host may take to let a connection in. libpq takes no less.
const CONNECT_SECONDS_MAX: u32 = 2;
/// How long sent data may stay unacknowledged.
const TCP_USER_TIMEOUT_MS: u32 = 8_000;

/// Adds the deadlines to an address of either form.
pub fn with_deadlines(address: &str) -> String {
    with_defaults(address, &DEADLINES.map(|(name, value)| format!("{name}={value}")))
}

/// Has libpq look for a client's certificate and its key in this home, whatever `HOME` says.
pub fn with_certificate_in(address: &str, home: &Path) -> String {
    let file = |name: &str| home.join(".postgresql").join(name).to_string_lossy().into_owned();
    let defaults = [
        ("sslcert", file("postgresql.crt")),
        ("sslkey", file("postgresql.key")),
    ];
    let defaults = defaults.map(|(name, file)| {
        if is_url(address) {
            let file: String = form_urlencoded::byte_serialize(file.as_bytes()).collect();
            return format!("{name}={}", file.replace('+', "%20"));
        }
        format!("{name}='{}'", file.replace('\\', "\\\\").replace('\'', "\\'"))
    });
    with_defaults(address, &defaults)
}

/// Whether it is an address in one piece; else it is a list of names and values.
fn is_url(address: &str) -> bool {
    let schemes = ["postgres://", "postgresql://"];
    schemes.iter().any(|scheme| address.starts_with(scheme))
}

/// Adds settings to an address of either form. They stand first: of two that have the same name, libpq takes the last.
fn with_defaults(address: &str, defaults: &[String]) -> String {
    let settings = |separator: &str| defaults.join(separator);
    if !is_url(address) {
        return format!("{} {address}", settings(" ")).trim_end().to_owned();
    }
    // A password may have a question mark.
    let begin = address.find("://").map_or(0, |at| at + 3);
    let rest = address.get(begin..).unwrap_or_default();
    let host = match rest.find(['@', '/']) {
        Some(at) if rest.get(at..).is_some_and(|rest| rest.starts_with('@')) => begin + at,
        _ => begin,
    };
    let query = address
        .get(host..)
        .and_then(|rest| rest.find('?'))
        .map(|at| host + at);
    match query.and_then(|at| Some((address.get(..at)?, address.get(at + 1..)?))) {
        None | Some((_, "")) => format!("{}?{}", address.trim_end_matches('?'), settings("&")),
        Some((before, query)) => format!("{before}?{}&{query}", settings("&")),
    }
}

/// The `tcp_user_timeout` of an address that has the deadlines, in milliseconds.
pub fn tcp_user_timeout_ms(address: &str) -> u32 {
    let last = address.rsplit("tcp_user_timeout=").next().unwrap_or_default();
    let digits: String = last
        .trim_start_matches('\'')
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(TCP_USER_TIMEOUT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: &str =
        "connect_timeout=2&keepalives_idle=5&keepalives_interval=2&keepalives_count=3&tcp_user_timeout=8000";

    fn check(address: &str, expected: &str) {
        let expected = expected
            .replace("ADDED", ADDED)
            .replace("SPACED", &ADDED.replace('&', " "));
        assert_eq!(with_deadlines(address), expected);
    }

    #[test]
    fn deadlines_are_added_before_what_is_set() {
        check("postgres://app@host/office", "postgres://app@host/office?ADDED");
        check("postgresql://host/office?", "postgresql://host/office?ADDED");
        check(
            "postgres://a:b?c@one,two/office?target_session_attrs=read-write",
            "postgres://a:b?c@one,two/office?ADDED&target_session_attrs=read-write",
        );
        check(
            "postgres:///office?host=/run/p",
            "postgres:///office?ADDED&host=/run/p",
        );
        check("host=db user='a b'", "SPACED host=db user='a b'");
        check("", "SPACED");
    }

    #[test]
    fn a_certificate_is_looked_for_elsewhere() {
        let of = |address| with_certificate_in(address, Path::new("/srv/a b"));
        assert_eq!(
            of("postgres://host/office?sslcert=/c"),
            "postgres://host/office?sslcert=%2Fsrv%2Fa%20b%2F.postgresql%2Fpostgresql.crt\
             &sslkey=%2Fsrv%2Fa%20b%2F.postgresql%2Fpostgresql.key&sslcert=/c"
        );
        assert_eq!(
            of("host=db"),
            "sslcert='/srv/a b/.postgresql/postgresql.crt' sslkey='/srv/a b/.postgresql/postgresql.key' host=db"
        );
    }

    #[test]
    fn the_last_of_two_timeouts_counts() {
        let of = |address| tcp_user_timeout_ms(&with_deadlines(address));
        assert_eq!(of("postgres://host/office"), 8_000);
        assert_eq!(of("postgres://host/office?tcp_user_timeout=500&x=1"), 500);
        assert_eq!(of("host=db tcp_user_timeout='700'"), 700);
    }
}
