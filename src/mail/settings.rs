//! Where the mail server is, as whom the office writes, and how patient it is.

use std::time::Duration;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::SecretString;

/// The port of a server that begins in plain words and goes over to TLS.
const SUBMISSION_PORT: u16 = 587;
/// The port of one that speaks TLS from the first byte on.
const SUBMISSIONS_PORT: u16 = 465;

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// By TLS from the first byte on.
    Tls,
    /// By TLS after a few plain words; without it nothing is sent.
    StartTls,
    /// Not at all.
    None,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// Who asks it, and the password.
    pub credentials: Option<(String, SecretString)>,
}

/// The limits of mail, and whose it is.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Where mail is handed over.
    pub server: MailServer,
    /// As whom the office writes. What can't be delivered comes back to this address.
    pub from: Mailbox,
    /// How long it may take to hand a mail over.
    pub call_max: Duration,
    /// The pause after the first failure; each further one is thrice as long, up to a limit.
    pub first_pause: Duration,
    /// How long after its cause a mail is given up.
    pub age_max: Duration,
    /// Mails a second, of all nodes together.
    pub per_second: u32,
}

/// What is wrong with the settings of mail. None of it repeats them: there is a password in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingsError {
    /// The address can't be read.
    #[error(
        "BOXOFFICE_SMTP_URL is no address: it wants the form smtp://user:password@host:port, or smtps://…"
    )]
    Form,
    /// It is a server of something else.
    #[error("BOXOFFICE_SMTP_URL has another scheme than `smtp` or `smtps`")]
    Scheme,
    /// There is more in the address than is used.
    #[error(
        "BOXOFFICE_SMTP_URL has something behind its host that isn't known: `?tls=none` alone may stand there, with `smtp`"
    )]
    Parameter,
    /// A password without a user, or the other way round.
    #[error("BOXOFFICE_SMTP_URL wants a user and a password, or neither")]
    Credentials,
    /// Nobody is said to write.
    #[error("BOXOFFICE_MAIL_FROM is missing, which says as whom the office writes")]
    NoSender,
    /// It can't be read.
    #[error(
        "BOXOFFICE_MAIL_FROM is no address: it wants the form tickets@venue.example, or Venue <tickets@venue.example>"
    )]
    Sender,
}

/// Reads a mail server's address: `smtp://user:password@host:587` for one that goes over to TLS (with `?tls=none`, for one that
/// never does), `smtps://…` for one that speaks TLS from the beginning.
pub fn read_server(address: &str) -> Result<MailServer, MailSettingsError> {
    let url = Url::parse(address).map_err(|_not_one| MailSettingsError::Form)?;
    let (security, port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Security::Tls, SUBMISSIONS_PORT),
        ("smtp", None) => (Security::StartTls, SUBMISSION_PORT),
        ("smtp", Some("tls=none")) => (Security::None, SUBMISSION_PORT),
        ("smtp" | "smtps", Some(_)) => return Err(MailSettingsError::Parameter),
        _ => return Err(MailSettingsError::Scheme),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(MailSettingsError::Parameter);
    }
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or(MailSettingsError::Form)?;
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from)
            .map_err(|_not_text| MailSettingsError::Form)
    };
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        ("", Some(_)) | (_, None) => return Err(MailSettingsError::Credentials),
        (user, Some(password)) => Some((decoded(user)?, decoded(password)?.into())),
    };
    Ok(MailServer {
        // A literal address of IPv6 stands in brackets.
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: url.port().unwrap_or(port),
        security,
        credentials,
    })
}

/// Reads as whom the office writes.
pub fn read_from(text: &str) -> Result<Mailbox, MailSettingsError> {
    text.parse().map_err(|_not_one| MailSettingsError::Sender)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_servers_address_is_read() {
        let server =
            read_server("smtp://office%40venue.example:p%40ss%2Fword@mail.venue.example").expect("a server");
        assert_eq!((server.host.as_str(), server.port), ("mail.venue.example", 587));
        assert_eq!(server.security, Security::StartTls);
        let (user, password) = server.credentials.expect("credentials");
        assert_eq!(
            (user.as_str(), password.expose_secret()),
            ("office@venue.example", "p@ss/word")
        );
        for (address, host, port, security) in [
            ("smtps://mail.example", "mail.example", 465, Security::Tls),
            ("smtps://mail.example:2465/", "mail.example", 2465, Security::Tls),
            ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, Security::None),
            ("smtp://[::1]:25?tls=none", "::1", 25, Security::None),
        ] {
            let server = read_server(address).expect(address);
            let seen = (server.host.as_str(), server.port, server.security);
            assert_eq!(seen, (host, port, security), "{address}");
            assert!(server.credentials.is_none());
        }
    }

    #[test]
    fn what_is_no_servers_address_is_refused_without_repeating_it() {
        for (address, error) in [
            ("", MailSettingsError::Form),
            ("mail.example:587", MailSettingsError::Scheme),
            ("smtp:mail.example", MailSettingsError::Parameter),
            ("http://mail.example", MailSettingsError::Scheme),
            ("smtps://mail.example?tls=none", MailSettingsError::Parameter),
            ("smtp://mail.example?tls=maybe", MailSettingsError::Parameter),
            ("smtp://mail.example/path", MailSettingsError::Parameter),
            ("smtp://user@mail.example", MailSettingsError::Credentials),
            ("smtp://:secret@mail.example", MailSettingsError::Credentials),
        ] {
            let refused = read_server(address).expect_err(address);
            assert_eq!(refused, error, "{address}");
            assert!(!refused.to_string().contains("secret"));
        }
    }

    #[test]
    fn the_sender_may_have_a_name() {
        let from = read_from("The Venue <tickets@venue.example>").expect("a sender");
        assert_eq!(from.name.as_deref(), Some("The Venue"));
        assert_eq!(from.email.to_string(), "tickets@venue.example");
        assert!(read_from("tickets@venue.example").is_ok());
        assert!(read_from("tickets").is_err());
    }
}
