//! Addresses of servers, as settings give them: looked at before anybody uses them.
//!
//! They have passwords in them, and where one is mistyped its password may stand anywhere. libpq then takes a part of it for
//! a host, a port or an option, and repeats it in its error. So whatever libpq could misread is refused here, in words that
//! repeat nothing but the scheme. What passes has its password where it belongs, which libpq never repeats.

/// What libpq knows, by its name.
const PARAMETERS: [&str; 53] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];
/// Those whose values libpq keeps to itself; `options` may say anything.
const UNREPEATED: [&str; 6] = [
    "password",
    "sslpassword",
    "options",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
];
/// The schemes of a Redis.
const REDIS_SCHEMES: [&str; 7] = [
    "redis",
    "rediss",
    "valkey",
    "valkeys",
    "unix",
    "redis+unix",
    "valkey+unix",
];
/// Schemes that are named in a message. Another word may be a password that came to stand there.
const NAMED_SCHEMES: [&str; 15] = [
    "amqp",
    "file",
    "http",
    "https",
    "jdbc",
    "mariadb",
    "mongodb",
    "mssql",
    "mysql",
    "oracle",
    "postgres",
    "postgresql",
    "redis",
    "sqlite",
    "sqlserver",
];
/// A longer word before `://` is no scheme.
const SCHEME_BYTES_MAX: usize = 20;

/// An address that is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {fault}")]
pub struct AddressError {
    /// The setting that has it.
    setting: &'static str,
    fault: Fault,
}

/// What is wrong with an address. None of it repeats more than its scheme.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("is empty: set it, or leave it out")]
    Empty,
    #[error("has the scheme `{0}`, and wants `{1}`")]
    Scheme(&'static str, &'static str),
    #[error("has another scheme than `{0}`")]
    OtherScheme(&'static str),
    #[error("is no address: it wants the form {0}")]
    Form(&'static str),
    #[error("has a space or a control character: write one of the password by its number, as in %20")]
    Blank,
    #[error("has a `%` without two hexadecimal digits behind it: write one of the password as %25")]
    Percent,
    #[error(
        "has an `@` too many, or one behind a `/`: write those of the password as %40 and %2F, and any in its parameters too"
    )]
    At,
    #[error(
        "has a user name with characters that don't belong there: write them by their numbers, as in %3B"
    )]
    User,
    #[error("has a host or a port with characters that don't belong there: is there an `@` before the host?")]
    Host,
    #[error(
        "has a database name with characters that don't belong there: write them by their numbers, as in %2F"
    )]
    Database,
    #[error(
        "has a parameter, its number {0}, that PostgreSQL's library doesn't know or that has no plain value"
    )]
    Parameter(usize),
    #[error(
        "has a word, its number {0}, that isn't name=value with a name that PostgreSQL's library knows: put values with spaces in quotes, and none around the `=`"
    )]
    Word(usize),
}

/// Whether libpq reads an address as it is meant, of either form.
pub fn check_postgres(address: &str) -> Result<(), AddressError> {
    let checked = match scheme_of(address) {
        _ if address.trim().is_empty() => Err(Fault::Empty),
        Some(("postgres" | "postgresql", rest)) => check_url(rest),
        Some((scheme, _)) => Err(wrong_scheme(scheme, "postgres")),
        None if address.contains('=') => check_words(address),
        None => Err(Fault::Form("postgres://user:password@host:port/database")),
    };
    checked.map_err(|fault| AddressError {
        setting: "DATABASE_URL",
        fault,
    })
}

/// Whether an address is one of a Redis. Its client repeats nothing of what it can't read.
pub fn check_redis(address: &str) -> Result<(), AddressError> {
    let checked = match scheme_of(address) {
        _ if address.trim().is_empty() => Err(Fault::Empty),
        Some((scheme, _)) if REDIS_SCHEMES.contains(&scheme) => Ok(()),
        Some((scheme, _)) => Err(wrong_scheme(scheme, "redis` or `rediss")),
        None => Err(Fault::Form("redis://user:password@host:port/")),
    };
    checked.map_err(|fault| AddressError {
        setting: "REDIS_URL",
        fault,
    })
}

fn wrong_scheme(found: &str, wanted: &'static str) -> Fault {
    let known = NAMED_SCHEMES.into_iter().find(|known| *known == found);
    known.map_or(Fault::OtherScheme(wanted), |known| Fault::Scheme(known, wanted))
}

/// The scheme and what follows it, if there is what may be called one.
fn scheme_of(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.len() <= SCHEME_BYTES_MAX
        && scheme.bytes().all(plain);
    is_scheme.then_some((scheme, rest))
}

/// What follows the scheme: `[user[:password]@][host[:port],…][/database][?name=value&…]`.
fn check_url(rest: &str) -> Result<(), Fault> {
    if rest.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Err(Fault::Blank);
    }
    if !is_percent_encoded(rest) {
        return Err(Fault::Percent);
    }
    let (user, server) = match rest.split_once('@') {
        Some((user, _)) if user.contains('/') => return Err(Fault::At),
        Some((_, server)) if server.contains('@') => return Err(Fault::At),
        Some((user, server)) => (user, server),
        None => ("", rest),
    };
    let user = user.split(':').next().unwrap_or_default();
    if !is_name(user) {
        return Err(Fault::User);
    }
    let (place, query) = server.split_once('?').unwrap_or((server, ""));
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    if !hosts.split(',').all(is_host_and_port) {
        return Err(Fault::Host);
    }
    if !is_name(database) {
        return Err(Fault::Database);
    }
    let parameters = query.split('&').filter(|_| !query.is_empty());
    for (at, parameter) in parameters.enumerate() {
        let known = parameter
            .split_once('=')
            .is_some_and(|(name, value)| !value.contains('=') && is_parameter(name, value));
        if !known {
            return Err(Fault::Parameter(at + 1));
        }
    }
    Ok(())
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.get(..2).unwrap_or_default();
        digits.len() == 2 && digits != "00" && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// A user's or a database's name. One with a colon, written by its number, is a user and a password that grew together.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~$%".contains(&byte);
    text.bytes().all(plain) && !text.to_ascii_lowercase().contains("%3a")
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').or(port.is_empty().then_some(""))),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        },
    };
    let is_bracketed = text.starts_with('[');
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b".-_%".contains(&byte) || (is_bracketed && byte == b':');
    host.bytes().all(plain) && port.is_some_and(is_port)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Whether libpq knows it, and its value is none that libpq would repeat with a password in it.
fn is_parameter(name: &str, value: &str) -> bool {
    if !PARAMETERS.contains(&name) {
        return false;
    }
    let said = value.to_ascii_lowercase();
    let is_plain = match name {
        _ if UNREPEATED.contains(&name) => true,
        "port" => value.split(',').all(is_port),
        "host" | "hostaddr" => !value.contains(['=', ';', '@']) || value.starts_with('@'),
        "user" | "dbname" => !value.contains([':', ';', '=']) && !said.contains("%3a"),
        _ => true,
    };
    let repeats = !UNREPEATED.contains(&name) && (said.contains("password") || said.contains("://"));
    is_plain && !repeats
}

/// `name=value name='a value' …`.
fn check_words(address: &str) -> Result<(), Fault> {
    let mut left = address.trim();
    let mut at = 0;
    while !left.is_empty() {
        at += 1;
        let (name, after) = left.split_once('=').ok_or(Fault::Word(at))?;
        let (value, rest) = take_value(after).ok_or(Fault::Word(at))?;
        if !is_parameter(name, &value) {
            return Err(Fault::Word(at));
        }
        left = rest.trim_start();
    }
    Ok(())
}

/// A value, which may be in quotes, and what follows it. `None` where libpq would take what follows for the value.
fn take_value(text: &str) -> Option<(String, &str)> {
    let quoted = text.strip_prefix('\'');
    let mut characters = quoted.unwrap_or(text).char_indices();
    let text = quoted.unwrap_or(text);
    let mut value = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted.is_some() => return text.get(at + 1..).map(|rest| (value, rest)),
            space if quoted.is_none() && space.is_ascii_whitespace() => {
                return text
                    .get(at..)
                    .filter(|_| !value.is_empty())
                    .map(|rest| (value, rest));
            }
            other => value.push(other),
        }
    }
    quoted.is_none().then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Result<(), &str>) {
        let found = check_postgres(address).map_err(|error| error.to_string());
        match expected {
            Ok(()) => assert_eq!(found, Ok(()), "{address}"),
            Err(word) => assert!(
                found.as_ref().is_err_and(|said| said.contains(word)),
                "{address}: {found:?}"
            ),
        }
    }

    #[test]
    fn what_libpq_reads_as_meant_passes() {
        for address in [
            "postgres://app@host/office",
            "postgresql://host/office?",
            "postgres://",
            "postgres:///office?host=/run/postgresql&user=app",
            "postgresql://boxoffice@%2Frun%2Fbox:5432/boxoffice",
            "postgres://a:b?c@one,two:5433/office?target_session_attrs=read-write",
            "postgres://app:a:b#c%40d%2Fe@[::1]:5432/office?sslmode=verify-full&sslrootcert=/etc/ca.crt",
            "postgres://app@/office?options=-c%20search_path%3Doffice",
            "host=db user='a b' password='it\\'s = @/ %zz' dbname=office",
            "host=/run/postgresql port=5432,5433 password=",
        ] {
            check(address, Ok(()));
        }
    }

    #[test]
    fn what_libpq_would_misread_is_refused() {
        check("", Err("is empty"));
        check(" \n", Err("is empty"));
        check("mysql://office:sekret@db/office", Err("scheme `mysql`"));
        check("sekret://office@db/office", Err("another scheme"));
        check("office:sekret@db/office", Err("no address"));
        check("postgres:/office:sekret@db/office", Err("no address"));
        check("postgres:/office:se=kret@db/office", Err("word, its number 1"));
        check("postgres://office:sekret%zzpw@db/office", Err("`%`"));
        check("postgres://office:sekret%00@db/office", Err("`%`"));
        check("postgres://office:sek@ret@db/office", Err("`@`"));
        check("postgres://office:sek/ret@db/office", Err("`@`"));
        check("postgres://office:sek ret@db/office", Err("a space"));
        check("postgres://office:sekret", Err("a host or a port"));
        check("postgres://office@sekret:db/office", Err("a host or a port"));
        check("postgres://office%3asekret@db/office", Err("a user name"));
        check("postgres://office;sekret@db/office", Err("a user name"));
        check("postgres://office@db/office:sekret", Err("a database name"));
        check(
            "postgres://office@db/office?sekret",
            Err("parameter, its number 1"),
        );
        check(
            "postgres://office@db/o?user=a&password=a&sekret=b",
            Err("its number 3"),
        );
        check("host=db port= password=sekret", Err("word, its number 2"));
        check("host=db,password=sekret", Err("word, its number 1"));
        check("host=db dbname=office;password=sekret", Err("word, its number 2"));
        check("host=db password=sek ret user=app", Err("word, its number 3"));
        check("host=db password='sekret", Err("word, its number 2"));
        check("Host=db;Password=sekret", Err("word, its number 1"));
    }
}
