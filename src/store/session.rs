//! A session at the database: how it begins, and when it is of no use any more.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;

use super::silence::{Troubles, Watched, connect};

/// Makes the sessions of one pool.
#[derive(Debug)]
pub struct Connector {
    url: String,
    /// Statements that a new session begins with.
    settings: &'static str,
    /// How long the server may be silent to them.
    silence_max: Duration,
    troubles: Arc<Troubles>,
}

impl Connector {
    /// Sessions at `url` that begin with these statements.
    pub fn new(url: &str, settings: &'static str, silence_max: Duration) -> Self {
        Self {
            url: url.to_owned(),
            settings,
            silence_max,
            troubles: Arc::default(),
        }
    }
}

/// A connection, and whether the pool may give it out again.
pub struct Session {
    connection: PgConnection,
    watched: Option<Arc<Watched>>,
    discarded: bool,
    used_at: Instant,
    troubles: Arc<Troubles>,
    /// How many sessions of its pool had ended when it began.
    ended_before: u64,
}

impl Session {
    /// Keeps the pool from giving this connection out again. The pool can't tell by itself that it is broken.
    pub fn discard(&mut self) {
        self.discarded = true;
    }

    /// Whether a session of its pool has ended since it began. Where one has, the others of its time mostly have, too: the
    /// server was restarted, or takes no writes any more.
    pub fn is_outdated(&self) -> bool {
        self.troubles.ended.load(Ordering::Relaxed) != self.ended_before
    }

    /// For how long nobody has used it.
    pub fn unused_for(&self) -> Duration {
        self.used_at.elapsed()
    }

    /// Sets how long the server may be silent from now on.
    pub fn allow_silence(&self, silence_max: Duration) {
        if let Some(watched) = &self.watched {
            watched.allow(silence_max);
        }
    }
}

impl Deref for Session {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl r2d2::ManageConnection for Connector {
    type Connection = Session;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Session, Self::Error> {
        let ended_before = self.troubles.ended.load(Ordering::Relaxed);
        let made = connect(&self.url, self.silence_max, self.troubles.clone());
        let (mut connection, watched) = made.map_err(diesel::r2d2::Error::ConnectionError)?;
        let settings = connection.batch_execute(self.settings);
        settings.map_err(diesel::r2d2::Error::QueryError)?;
        Ok(Session {
            connection,
            watched,
            discarded: false,
            used_at: Instant::now(),
            troubles: self.troubles.clone(),
            ended_before,
        })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), Self::Error> {
        session.connection.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    /// The pool asks whenever it gets one back.
    fn has_broken(&self, session: &mut Session) -> bool {
        session.used_at = Instant::now();
        session.discarded
            || session.is_outdated()
            || std::thread::panicking()
            || session.connection.is_broken()
    }
}
