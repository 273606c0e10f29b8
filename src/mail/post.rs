//! Hands mail over to the mail server, by SMTP (RFC 5321), bounded in time.
//!
//! What goes wrong before the server is told for whom a mail is says nothing of the mail: a wrong password or a server that wants
//! nothing from anybody must not end all the mails that wait.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

use super::letter::Mail;
use super::settings::{MailServer, MailSettings, Security};

/// How long a connection is kept for the next mail.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The server has taken it.
    Taken(u16),
    /// The server will never take it.
    Refused(Option<u16>),
    /// Not now, or nobody knows. Why, in words without an address.
    Failed(Option<u16>, String),
}

/// The way to the mail server.
pub struct Post {
    server: MailServer,
    call_max: Duration,
    /// As whom the office greets it.
    name: ClientId,
    /// Made when it is needed for the first time: to read the certificates of all authorities takes a while.
    tls: OnceCell<TlsParameters>,
    /// Connections that are free, and since when.
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// Why a mail wasn't handed over.
enum Fault {
    /// The server says so of this mail.
    OfMail(Error),
    /// Anything else.
    Other(Error),
    /// In our own words.
    Words(&'static str),
}

impl Post {
    /// One that has no connection yet.
    pub fn new(settings: &MailSettings) -> Self {
        Self {
            server: settings.server.clone(),
            call_max: settings.call_max,
            name: ClientId::Domain(settings.from.email.domain().to_owned()),
            tls: OnceCell::new(),
            idle: Mutex::default(),
        }
    }

    /// Hands a mail over.
    pub async fn send(&self, mail: &Mail) -> Verdict {
        match tokio::time::timeout(self.call_max, self.hand_over(mail)).await {
            Ok(Ok(status)) => Verdict::Taken(status),
            Ok(Err(fault)) => judge(fault),
            Err(_elapsed) => Verdict::Failed(None, "no answer in time".to_owned()),
        }
    }

    async fn hand_over(&self, mail: &Mail) -> Result<u16, Fault> {
        let mut connection = match self.idle_connection().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let mut parameters = Vec::new();
        let mut addresses = mail.envelope.from().into_iter().chain(mail.envelope.to());
        if !addresses.all(|address| address.to_string().is_ascii()) {
            let server = connection.server_info();
            if !server.supports_feature(Extension::SmtpUtfEight) {
                self.keep(connection);
                return Err(Fault::Words("the mail server takes no such address"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let from = MailFrom::new(mail.envelope.from().cloned(), parameters);
        connection.command(from).await.map_err(Fault::Other)?;
        let handed = Self::hand_over_to(&mut connection, mail).await;
        match handed {
            Ok(status) => {
                self.keep(connection);
                Ok(status)
            }
            Err(error) => {
                connection.abort().await;
                Err(Fault::OfMail(error))
            }
        }
    }

    async fn hand_over_to(connection: &mut AsyncSmtpConnection, mail: &Mail) -> Result<u16, Error> {
        for to in mail.envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        connection.command(Data).await?;
        let response = connection.message(&mail.bytes).await?;
        Ok(response.code().into())
    }

    /// A connection that was used a moment ago and is still there.
    async fn idle_connection(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.lock().pop()?;
            if since.elapsed() < IDLE_MAX && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.lock();
        idle.retain(|(_, since)| since.elapsed() < IDLE_MAX);
        idle.push((connection, Instant::now()));
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let server = &self.server;
        let tls = match server.security {
            Security::None => None,
            Security::Tls | Security::StartTls => Some(self.tls().await?),
        };
        let (at_once, later) = match server.security {
            Security::Tls => (tls, None),
            Security::StartTls | Security::None => (None, tls),
        };
        let address = (server.host.as_str(), server.port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.call_max), &self.name, at_once, None);
        let mut connection = connected.await.map_err(Fault::Other)?;
        if let Some(tls) = later {
            if !connection.can_starttls() {
                return Err(Fault::Words("the mail server has no STARTTLS"));
            }
            connection.starttls(tls, &self.name).await.map_err(Fault::Other)?;
        }
        if let Some((user, password)) = &server.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let admitted = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            admitted.map_err(Fault::Other)?;
        }
        Ok(connection)
    }

    async fn tls(&self) -> Result<TlsParameters, Fault> {
        let host = self.server.host.clone();
        let make = || async move {
            let made = tokio::task::spawn_blocking(move || TlsParameters::new(host)).await;
            let made = made.map_err(|_panicked| Fault::Words("TLS can't be prepared"))?;
            made.map_err(Fault::Other)
        };
        self.tls.get_or_try_init(make).await.cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn judge(fault: Fault) -> Verdict {
    let error = match fault {
        Fault::OfMail(error) if error.is_permanent() => return Verdict::Refused(code_of(&error)),
        Fault::OfMail(error) | Fault::Other(error) => error,
        Fault::Words(words) => return Verdict::Failed(None, words.to_owned()),
    };
    let code = code_of(&error);
    let reason = match code {
        // Its words may repeat the address.
        Some(code) => format!("the mail server answered {code}"),
        None => reason_of(&error),
    };
    Verdict::Failed(code, reason)
}

fn code_of(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// The deepest cause, without what can't be printed.
fn reason_of(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = format!("the mail server can't be reached: {cause}");
    let printable = text.chars().filter(|letter| !letter.is_control());
    printable.take(REASON_CHARS_MAX).collect()
}
