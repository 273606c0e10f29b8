//! Every setting: its environment variable, its default and what it does. `boxoffice serve --help` shows them all.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::address::{AddressError, check_postgres, check_redis};
use crate::cleaner::Kept;
use crate::http::client_address::TrustedProxies;
use crate::http::settings::AccessLog;
use crate::live::LiveSettings;
use crate::mail::settings::{MailSettings, MailSettingsError, read_from, read_server};
use crate::pay::provider::ProviderSettings;
use crate::pay::provider::account::Account;
use crate::pay::provider::accounts::Accounts;
use crate::pay::settings::PaymentSettings;
use crate::shares::OriginShares;
use crate::store::database::PoolSizes;
use crate::turnstile::TurnstileSettings;
use crate::webhooks::address::Reach;
use crate::webhooks::settings::WebhookSettings;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Whether addresses have shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// Each address has its share.
    On,
    /// An address says nothing of who asks: behind a front that counts by itself, or in a load test.
    Off,
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseConfig {
    /// PostgreSQL to use. Without it, a private one is started in the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Folder of the private PostgreSQL [default: /var/lib/boxoffice for root, else ~/.local/share/boxoffice]
    #[arg(long, env = "BOXOFFICE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Folder with the programs of the private PostgreSQL [default: the newest installed]
    #[arg(long, env = "BOXOFFICE_POSTGRES_BIN")]
    pub postgres_bin: Option<PathBuf>,
    /// User to go on as where root starts the office: never as root itself [default: the owner of the private PostgreSQL, at
    /// first `postgres`, else `nobody`]
    #[arg(long, env = "BOXOFFICE_USER")]
    pub user: Option<String>,
}

impl DatabaseConfig {
    /// The address of the PostgreSQL to use, unless libpq would misread it.
    pub fn database_url(&self) -> Result<Option<&str>, AddressError> {
        let Some(url) = &self.database_url else {
            return Ok(None);
        };
        check_postgres(url.expose_secret())?;
        Ok(Some(url.expose_secret()))
    }

    /// The folder of the private PostgreSQL.
    pub fn data_dir(&self) -> PathBuf {
        if let Some(folder) = &self.data_dir {
            return folder.clone();
        }
        match std::env::var_os("HOME").map(PathBuf::from) {
            Some(home) if !nix::unistd::geteuid().is_root() => home.join(".local/share/boxoffice"),
            _ => PathBuf::from("/var/lib/boxoffice"),
        }
    }
}

/// Who takes payments.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Payments")]
pub struct ProviderConfig {
    /// Secret key of an account at Stripe; with it, payments by `stripe` are taken
    #[arg(long, env = "BOXOFFICE_STRIPE_KEY", hide_env_values = true)]
    pub stripe_key: Option<SecretString>,
    /// Publishable key of that account, of the same mode; with it, buyers type their cards in on the office's page
    #[arg(long, env = "BOXOFFICE_STRIPE_PUBLISHABLE_KEY", requires = "stripe_key")]
    pub stripe_publishable_key: Option<String>,
    /// Where Stripe is, or what speaks like it, such as `boxoffice sandbox-payments`
    #[arg(long, env = "BOXOFFICE_STRIPE_URL", default_value = "https://api.stripe.com")]
    pub stripe_url: String,
    /// Secret that signs Stripe's notices to /v1/webhooks/stripe
    #[arg(long, env = "BOXOFFICE_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<SecretString>,
    /// Where a provider with a page of its own is; with it and its key, payments by `hosted` are taken
    #[arg(long, env = "BOXOFFICE_HOSTED_URL", requires = "hosted_key")]
    pub hosted_url: Option<String>,
    /// Key of the account there
    #[arg(long, env = "BOXOFFICE_HOSTED_KEY", hide_env_values = true)]
    pub hosted_key: Option<SecretString>,
    /// Secret that signs its notices to /v1/webhooks/hosted
    #[arg(long, env = "BOXOFFICE_HOSTED_WEBHOOK_SECRET", hide_env_values = true)]
    pub hosted_webhook_secret: Option<SecretString>,
    /// Take payments by `sandbox`, for which no money is taken [default: true without another provider where the office is
    /// for trial: on the private PostgreSQL, listening on this machine alone]
    #[arg(long, env = "BOXOFFICE_SANDBOX")]
    pub sandbox: Option<bool>,
    /// How long a payment provider may take to answer, in seconds
    #[arg(long, env = "BOXOFFICE_PROVIDER_SECONDS_MAX", default_value_t = 15)]
    pub provider_seconds_max: u64,
}

impl ProviderConfig {
    /// The accounts at them, with the sandbox if it was asked for.
    pub fn accounts(&self) -> Accounts {
        let account = |url: &str, key: &SecretString, webhook_secret: &Option<SecretString>| Account {
            url: url.to_owned(),
            key: key.clone(),
            webhook_secret: webhook_secret.clone(),
            call_max: Duration::from_secs(self.provider_seconds_max),
        };
        let stripe = self.stripe_key.as_ref();
        let stripe = stripe.map(|key| account(&self.stripe_url, key, &self.stripe_webhook_secret));
        let hosted = self.hosted_url.as_ref().zip(self.hosted_key.as_ref());
        let hosted = hosted.map(|(url, key)| account(url, key, &self.hosted_webhook_secret));
        Accounts {
            stripe,
            stripe_publishable_key: self.stripe_publishable_key.clone(),
            hosted,
            sandbox: self.sandbox.unwrap_or(false),
        }
    }
}

/// How organisers' programs are told of what happens.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookConfig {
    /// Send webhooks to private addresses and without TLS too: for trials, or where the network is the organisers' own. Without
    /// it, whoever may make an endpoint can't have the office call its neighbours
    #[arg(long, env = "BOXOFFICE_WEBHOOKS_ALLOW_PRIVATE")]
    pub webhooks_allow_private: bool,
    /// How long an endpoint may take to answer, in seconds
    #[arg(long, env = "BOXOFFICE_WEBHOOK_SECONDS_MAX", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub webhook_seconds_max: u64,
    /// The pause after an endpoint has failed for the first time, in milliseconds; each further one is thrice as long, up to
    /// twelve hours
    #[arg(long, env = "BOXOFFICE_WEBHOOK_PAUSE_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub webhook_pause_ms: u64,
    /// For how long an event may fail before its endpoint is disabled, in hours
    #[arg(long, env = "BOXOFFICE_WEBHOOK_HOURS_MAX", default_value_t = 72, value_parser = clap::value_parser!(u64).range(1..=720))]
    pub webhook_hours_max: u64,
    /// How long it is kept what was sent, in days
    #[arg(long, env = "BOXOFFICE_WEBHOOK_LOG_DAYS", default_value_t = 14, value_parser = clap::value_parser!(i32).range(1..=400))]
    pub webhook_log_days: i32,
}

impl WebhookConfig {
    fn settings(&self) -> WebhookSettings {
        WebhookSettings {
            reach: match self.webhooks_allow_private {
                true => Reach::Anywhere,
                false => Reach::Public,
            },
            call_max: Duration::from_secs(self.webhook_seconds_max),
            first_pause: Duration::from_millis(self.webhook_pause_ms),
            failing_max: Duration::from_secs(self.webhook_hours_max * 3_600),
        }
    }
}

/// How buyers are written to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailConfig {
    /// Mail server by which buyers are sent their tickets: `smtp://user:password@host:587` for one that goes over to TLS (with
    /// `?tls=none`, for one that never does), `smtps://…` for one that begins with it. Without it, no mail is sent
    #[arg(long, env = "BOXOFFICE_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// As whom the office writes: `tickets@venue.example`, or `Venue <tickets@venue.example>`. What can't be delivered comes back
    /// there
    #[arg(long, env = "BOXOFFICE_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// How long it may take to hand a mail over, in seconds
    #[arg(long, env = "BOXOFFICE_MAIL_SECONDS_MAX", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub mail_seconds_max: u64,
    /// The pause after a mail was not taken for the first time, in milliseconds; each further one is thrice as long, up to half
    /// an hour
    #[arg(long, env = "BOXOFFICE_MAIL_PAUSE_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=1_800_000))]
    pub mail_pause_ms: u64,
    /// How long after what it tells a mail is given up, in hours
    #[arg(long, env = "BOXOFFICE_MAIL_HOURS_MAX", default_value_t = 48, value_parser = clap::value_parser!(u64).range(1..=240))]
    pub mail_hours_max: u64,
    /// Most mails a second, of all nodes together
    #[arg(long, env = "BOXOFFICE_MAILS_PER_SECOND_MAX", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub mails_per_second_max: u32,
}

impl MailConfig {
    /// The limits of mail; `None` if none is sent.
    pub fn settings(&self) -> Result<Option<MailSettings>, MailSettingsError> {
        let Some(url) = &self.smtp_url else {
            return Ok(None);
        };
        let from = self.mail_from.as_deref().ok_or(MailSettingsError::NoSender)?;
        Ok(Some(MailSettings {
            server: read_server(url.expose_secret())?,
            from: read_from(from)?,
            call_max: Duration::from_secs(self.mail_seconds_max),
            first_pause: Duration::from_millis(self.mail_pause_ms),
            age_max: Duration::from_secs(self.mail_hours_max * 3_600),
            per_second: self.mails_per_second_max,
        }))
    }
}

/// How long buyers' sessions last.
#[derive(Debug, Clone, Args)]
pub struct SessionConfig {
    /// How long a buyer's token is accepted after the day on which it was given out, in days
    #[arg(long, env = "BOXOFFICE_SESSION_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3_650))]
    pub session_days: u16,
}

/// The settings of a node.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Where the data is.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "BOXOFFICE_LISTEN", default_value = "127.0.0.1:8080")]
    #[arg(help_heading = "Listening")]
    pub listen: String,
    /// Second address and port, for /healthz, /readyz and /metrics alone: a crowd at the first one can't fill it
    /// [default: 127.0.0.1 and the first port plus 10000, or a free one]
    #[arg(long, env = "BOXOFFICE_PROBE_LISTEN")]
    #[arg(help_heading = "Listening")]
    pub probe_listen: Option<String>,
    /// Redis for publishing committed events between nodes. Without it, the node is alone
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    #[arg(help_heading = "Other nodes")]
    pub redis_url: Option<SecretString>,
    /// Prefix of the Redis channels, where offices share one Redis
    #[arg(long, env = "BOXOFFICE_REDIS_PREFIX", default_value = "boxoffice")]
    #[arg(help_heading = "Other nodes")]
    pub redis_prefix: String,
    /// The operator's key to accept, written as an organiser's. It makes organisers and their keys, and sees nothing of their shows.
    /// Kept only as its hash. Replaces the one that a node was started with before
    #[arg(long, env = "BOXOFFICE_OPERATOR_KEY", hide_env_values = true)]
    pub operator_key: Option<SecretString>,
    /// A key of the first organiser's owner to accept, `boo_` and 16 characters or more. Kept only as its hash. Replaces the one that a node was
    /// started with before
    #[arg(long, env = "BOXOFFICE_ORGANISER_KEY", hide_env_values = true)]
    pub organiser_key: Option<SecretString>,
    /// A part of the office's secret that is kept out of the database, 64 hexadecimal digits. For a new office: one that was opened
    /// without refuses it, and one that was opened with it needs it for ever, on every node
    #[arg(long, env = "BOXOFFICE_OFFICE_SECRET", hide_env_values = true)]
    pub office_secret: Option<SecretString>,
    /// How long buyers' sessions last.
    #[command(flatten)]
    pub sessions: SessionConfig,
    /// Key under which a front of the operator's own signs grants of sessions (32 characters or more). With it, nobody gets a
    /// session without a grant, and addresses have no shares of what such sessions do
    #[arg(long, env = "BOXOFFICE_SESSION_ISSUER_KEY", hide_env_values = true, value_parser = read_issuer_key)]
    #[arg(help_heading = "Shares")]
    pub session_issuer_key: Option<SecretString>,
    /// The office's own web origins, as in `https://tickets.example`, separated by commas. Without them, a page is its own if
    /// it is of the host that a request names
    #[arg(long, env = "BOXOFFICE_OWN_ORIGINS", value_delimiter = ',')]
    #[arg(help_heading = "Listening")]
    pub own_origins: Vec<String>,
    /// Other web origins whose pages may call the office and watch shows, and to which buyers are sent back after paying, separated by commas
    #[arg(long, env = "BOXOFFICE_ALLOWED_ORIGINS", value_delimiter = ',')]
    #[arg(help_heading = "Listening")]
    pub allowed_origins: Vec<String>,
    /// Web origins whose pages may show the office's own in a frame, as in `https://venue.example`, separated by commas. Without
    /// them, none may
    #[arg(long, env = "BOXOFFICE_EMBEDDING_ORIGINS", value_delimiter = ',', value_parser = read_origin)]
    #[arg(help_heading = "Listening")]
    pub embedding_origins: Vec<String>,
    /// Open a demo show if there is no show yet [default: true without DATABASE_URL]
    #[arg(long, env = "BOXOFFICE_DEMO")]
    pub demo: Option<bool>,
    /// Number of this node's shard, part of the ids of shows made here (0 to 1023)
    #[arg(long, env = "BOXOFFICE_SHARD", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..1024))]
    #[arg(help_heading = "Other nodes")]
    pub shard: u16,
    /// How log lines look
    #[arg(long, env = "BOXOFFICE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    #[arg(help_heading = "Log")]
    pub log_format: LogFormat,
    /// Which requests get a line in the log, a few a second at most
    #[arg(long, env = "BOXOFFICE_ACCESS_LOG", value_enum, default_value_t = AccessLog::Refused)]
    #[arg(help_heading = "Log")]
    pub access_log: AccessLog,
    /// What is logged, as in `info,boxoffice=debug`
    #[arg(long, env = "BOXOFFICE_LOG", default_value = "info")]
    #[arg(help_heading = "Log")]
    pub log: String,

    /// HTTP worker threads [default: one a core]
    #[arg(long, env = "BOXOFFICE_WORKERS")]
    #[arg(help_heading = "Listening")]
    pub workers: Option<usize>,
    /// Most open client connections
    #[arg(long, env = "BOXOFFICE_CONNECTIONS_MAX", default_value_t = 25_000)]
    #[arg(help_heading = "Listening")]
    pub connections_max: usize,
    /// Most open connections of one client address (of an IPv6 network of 64 bits)
    #[arg(long, env = "BOXOFFICE_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 1_000)]
    #[arg(help_heading = "Shares")]
    pub connections_per_address_max: usize,
    /// Most viewers of one client address
    #[arg(long, env = "BOXOFFICE_VIEWERS_PER_ADDRESS_MAX", default_value_t = 500)]
    #[arg(help_heading = "Shares")]
    pub viewers_per_address_max: usize,
    /// How many times as large as usual the shares of addresses are: more where many buyers come from one
    #[arg(long, env = "BOXOFFICE_SHARE_FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    #[arg(help_heading = "Shares")]
    pub share_factor: u32,
    /// Addresses and networks of proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "BOXOFFICE_TRUSTED_PROXIES", value_delimiter = ',', value_parser = read_network)]
    #[arg(help_heading = "Shares")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether one address, or one session, may take no more than its share; `off` where addresses say nothing, as in a load
    /// test or behind a front that counts by itself
    #[arg(long, env = "BOXOFFICE_LIMITS", value_enum, default_value_t = Limits::On)]
    #[arg(help_heading = "Shares")]
    pub limits: Limits,
    /// How long a request may take in all, uploads included, in seconds
    #[arg(long, env = "BOXOFFICE_REQUEST_SECONDS_MAX", default_value_t = 30)]
    #[arg(help_heading = "Listening")]
    pub request_seconds_max: u64,
    /// How long a stopping node waits for requests under way, in seconds
    #[arg(long, env = "BOXOFFICE_STOP_SECONDS_MAX", default_value_t = 10)]
    #[arg(help_heading = "Listening")]
    pub stop_seconds_max: u64,

    /// Leave the database's schema as it is: `boxoffice migrate` brings it up to date, as a role that may
    #[arg(long, env = "BOXOFFICE_NO_MIGRATE")]
    #[arg(help_heading = "Database")]
    pub no_migrate: bool,
    /// Database connections for reads
    #[arg(long, env = "BOXOFFICE_READERS", default_value_t = 4)]
    #[arg(help_heading = "Database")]
    pub readers: u32,
    /// Batches carried out at a time, each on a thread and a database connection of its own, fewer while other nodes are up
    /// [default: one a core, 2 to 16]
    #[arg(long, env = "BOXOFFICE_EXECUTORS")]
    #[arg(help_heading = "Turnstile")]
    pub executors: Option<u32>,
    /// Most commands in one batch
    #[arg(long, env = "BOXOFFICE_BATCH_COMMANDS_MAX", default_value_t = 256)]
    #[arg(help_heading = "Turnstile")]
    pub batch_commands_max: usize,
    /// Most commands that wait for one show; further ones get 503
    #[arg(long, env = "BOXOFFICE_QUEUE_COMMANDS_MAX", default_value_t = 2_048)]
    #[arg(help_heading = "Turnstile")]
    pub queue_commands_max: usize,
    /// Most commands that wait for all shows; further ones get 503
    #[arg(long, env = "BOXOFFICE_QUEUES_COMMANDS_MAX", default_value_t = 16_384)]
    #[arg(help_heading = "Turnstile")]
    pub queues_commands_max: usize,
    /// How long a command may wait for its turn before it gets 503, in milliseconds
    #[arg(long, env = "BOXOFFICE_WAIT_MS_MAX", default_value_t = 3_000)]
    #[arg(help_heading = "Turnstile")]
    pub wait_ms_max: u64,
    /// Longest delay by which the events of a burst are collected for viewers, in milliseconds, unless the node needs
    /// longer; 0 sends each batch at once
    #[arg(long, env = "BOXOFFICE_TICK_MS", default_value_t = 50)]
    #[arg(help_heading = "Live feed")]
    pub tick_ms: u64,
    /// Most bytes of memory for the shows that this node follows, with their maps and recent frames
    #[arg(long, env = "BOXOFFICE_SHOWS_BYTES_MAX", default_value_t = 1_073_741_824)]
    #[arg(help_heading = "Live feed")]
    pub shows_bytes_max: usize,
    /// Most viewers on this node
    #[arg(long, env = "BOXOFFICE_VIEWERS_MAX", default_value_t = 20_000)]
    #[arg(help_heading = "Live feed")]
    pub viewers_max: usize,
    /// Most bytes of recent frames kept for the viewers of one show
    #[arg(long, env = "BOXOFFICE_FRAMES_BYTES_MAX", default_value_t = 4_194_304)]
    #[arg(help_heading = "Live feed")]
    pub frames_bytes_max: usize,

    /// How often expired answers under idempotency keys are deleted, in seconds
    #[arg(long, env = "BOXOFFICE_CLEAN_SECONDS", default_value_t = 60)]
    #[arg(help_heading = "Database")]
    pub clean_seconds: u64,
    /// How long the journal behind a snapshot is kept, and orders that ended without money, in days
    #[arg(long, env = "BOXOFFICE_KEEP_JOURNAL_DAYS", default_value_t = 90, value_parser = clap::value_parser!(i32).range(2..=36_500))]
    #[arg(help_heading = "Database")]
    pub keep_journal_days: i32,
    /// How long shows are kept once they are over, with their orders, payments and ledger, in days
    #[arg(long, env = "BOXOFFICE_KEEP_SHOWS_DAYS", default_value_t = 4_000, value_parser = clap::value_parser!(i32).range(31..=36_500))]
    #[arg(help_heading = "Database")]
    pub keep_shows_days: i32,
    /// How long it is kept what was asked for with organisers' keys, in days
    #[arg(long, env = "BOXOFFICE_AUDIT_DAYS", default_value_t = 400, value_parser = clap::value_parser!(i32).range(1..=36_500))]
    #[arg(help_heading = "Database")]
    pub audit_days: i32,

    /// How organisers' programs are told of what happens.
    #[command(flatten)]
    pub webhooks: WebhookConfig,
    /// How buyers are written to.
    #[command(flatten)]
    pub mail: MailConfig,
    /// Who takes payments.
    #[command(flatten)]
    pub providers: ProviderConfig,
    /// Unanswered calls in a row after which a payment provider is left alone for a while
    #[arg(long, env = "BOXOFFICE_PROVIDER_FAILURES_MAX", default_value_t = 5)]
    #[arg(help_heading = "Payments")]
    pub provider_failures_max: u32,
    /// How long a payment provider that doesn't answer is left alone, in milliseconds
    #[arg(long, env = "BOXOFFICE_PROVIDER_REST_MS", default_value_t = 5_000)]
    #[arg(help_heading = "Payments")]
    pub provider_rest_ms: u64,
    /// Most outbox calls a second to one payment provider: captures, refunds and look-ups
    #[arg(long, env = "BOXOFFICE_PROVIDER_CALLS_PER_SECOND_MAX", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(help_heading = "Payments")]
    pub provider_calls_per_second_max: u32,
    /// Attempts at an outbox task before it waits for the operator
    #[arg(long, env = "BOXOFFICE_OUTBOX_ATTEMPTS_MAX", default_value_t = 20)]
    #[arg(help_heading = "Payments")]
    pub outbox_attempts_max: i32,
    /// How long a payment provider's search may lag behind its records, in seconds
    #[arg(long, env = "BOXOFFICE_SEARCH_LAG_SECONDS", default_value_t = 120)]
    #[arg(help_heading = "Payments")]
    pub search_lag_seconds: u64,
    /// When an unfinished payment is looked up, in seconds after its start; longer than a provider may take
    #[arg(long, env = "BOXOFFICE_RESOLVE_SECONDS", default_value_t = 30)]
    #[arg(help_heading = "Payments")]
    pub resolve_seconds: u64,
}

impl Config {
    /// The address of the Redis to use, if it is one.
    pub fn redis_url(&self) -> Result<Option<&str>, AddressError> {
        let Some(url) = &self.redis_url else {
            return Ok(None);
        };
        check_redis(url.expose_secret())?;
        Ok(Some(url.expose_secret()))
    }

    /// Whether a demo show is opened.
    pub fn demo(&self) -> bool {
        self.demo.unwrap_or(self.database.database_url.is_none())
    }

    /// The accounts at payment providers. The sandbox is among them where nobody asked for it only if nobody can mistake the
    /// office for a real one.
    pub fn accounts(&self) -> Accounts {
        let mut accounts = self.providers.accounts();
        if self.providers.sandbox.is_none() && accounts.is_empty() {
            accounts.sandbox = self.database.database_url.is_none() && self.is_on_loopback();
        }
        accounts
    }

    fn is_on_loopback(&self) -> bool {
        let address = self.listen.parse::<SocketAddr>();
        address.map_or(self.listen.starts_with("localhost:"), |address| {
            address.ip().to_canonical().is_loopback()
        })
    }

    /// HTTP worker threads.
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(2, NonZero::get);
        self.workers.unwrap_or_else(cores).clamp(1, 512)
    }

    /// Most connections of one address, if addresses have shares.
    pub fn connections_of_address_max(&self) -> Option<usize> {
        (self.limits == Limits::On).then_some(self.connections_per_address_max)
    }

    /// Proxies that are believed.
    pub fn proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.trusted_proxies.clone())
    }

    /// The shares of addresses.
    pub fn origin_shares(&self) -> OriginShares {
        match self.limits {
            Limits::On => OriginShares::On {
                factor: self.share_factor,
            },
            Limits::Off => OriginShares::Off,
        }
    }

    /// How long things are kept.
    pub fn kept(&self) -> Kept {
        Kept {
            journal_days: self.keep_journal_days,
            shows_days: self.keep_shows_days,
            audit_days: self.audit_days,
            webhook_log_days: self.webhooks.webhook_log_days,
        }
    }

    /// The database's connections.
    pub fn pools(&self) -> PoolSizes {
        PoolSizes::of_node(self.readers, self.executors())
    }

    /// Batches carried out at a time. More than the cores can work on only make each of them smaller.
    fn executors(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let default = || u32::try_from(cores).unwrap_or(u32::MAX).clamp(2, 16);
        self.executors.unwrap_or_else(default)
    }

    /// The turnstile's limits.
    pub fn turnstile(&self) -> TurnstileSettings {
        TurnstileSettings {
            executors: self.executors(),
            batch_commands_max: self.batch_commands_max,
            queue_commands_max: self.queue_commands_max,
            queues_commands_max: self.queues_commands_max,
            wait_max: Duration::from_millis(self.wait_ms_max),
            resolve_payment_after: Duration::from_secs(self.resolve_seconds),
        }
    }

    /// The live feed's limits.
    pub fn live(&self) -> LiveSettings {
        LiveSettings {
            tick: Duration::from_millis(self.tick_ms),
            viewers_max: self.viewers_max,
            frames_bytes_max: self.frames_bytes_max,
        }
    }

    /// The limits of webhooks.
    pub fn webhooks(&self) -> WebhookSettings {
        self.webhooks.settings()
    }

    /// Payment's limits.
    pub fn payment(&self) -> PaymentSettings {
        PaymentSettings {
            provider: ProviderSettings {
                call_max: Duration::from_secs(self.providers.provider_seconds_max),
                failures_max: self.provider_failures_max,
                rest: Duration::from_millis(self.provider_rest_ms),
                calls_per_second_max: self.provider_calls_per_second_max,
            },
            // A look, the call, another look, and the turnstile's time for what comes of it.
            lease: Duration::from_secs(3 * self.providers.provider_seconds_max + 10),
            search_lag: Duration::from_secs(self.search_lag_seconds),
            attempts_max: self.outbox_attempts_max,
            poll: Duration::from_millis(500),
            tasks_max: 32,
            resolve_after: Duration::from_secs(self.resolve_seconds),
        }
    }
}

/// A network, or a single address.
fn read_network(text: &str) -> Result<IpNet, String> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_neither| format!("{text} is neither an address nor a network such as 10.0.0.0/8"))
}

/// A web origin, written as browsers write it. Anything else would mean something else in a policy.
fn read_origin(text: &str) -> Result<String, String> {
    let origin = Url::parse(text)
        .ok()
        .map(|url| url.origin().ascii_serialization());
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if !is_web || origin.as_deref() != Some(text) {
        return Err(format!("{text} is no origin such as https://venue.example"));
    }
    Ok(text.to_owned())
}

/// Shortest key of a front, in characters.
const ISSUER_KEY_CHARS_MIN: usize = 32;

fn read_issuer_key(text: &str) -> Result<SecretString, String> {
    if text.chars().count() < ISSUER_KEY_CHARS_MIN {
        return Err(format!("must have {ISSUER_KEY_CHARS_MIN} characters or more"));
    }
    Ok(text.to_owned().into())
}
