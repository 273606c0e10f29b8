//! The line of a show that has one: places in it, who is admitted, and what holds ask of it.
//!
//! A place is a signed text that nobody keeps ([`crate::identity::LineKeys`]). What all nodes share is one row a show ([`crate::store::lines`]);
//! a node that is asked for a line reads its row every second (`keep`) and decides on what it read last. One node at a time
//! paces a line (`pacing`). See docs/line.md.

mod block;
mod error;
mod keep;
mod kept;
mod known;
mod pacing;
mod placed;
pub mod proof;
mod remembered;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::identity::Identity;
use crate::live::Live;
use crate::show::Follow;
use crate::store::batch::IdempotencyKey;
use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;
use crate::store::idempotency::is_known;
use crate::store::lines::{begin_line, lease_block, open_line, read_lines};
use crate::store::show_cache::Shows;
use crate::turnstile::Turnstile;
use crate::webhooks::address::Reach;
use domain::id::{Revision, SessionId, ShowId};
use domain::line::PlaceState;
use domain::show::Show;
use kept::Line;
use proof::Proofs;

pub use error::LineError;
pub use known::{Known, Stage};
pub use placed::{Entry, Placed};

/// Shows whose lines a node reads at a time.
const LINES_MAX: usize = 10_000;
/// A node doesn't draw by a row that it read longer ago: the line may be open since, and the key of the draw is told soon after.
const DRAW_STALE_MAX: Duration = Duration::from_secs(3);
/// Nobody who waits is refused by a row that was read longer ago.
const REFUSED_STALE_MAX: Duration = Duration::from_millis(200);
/// From so long before the sale on a hold needs a place that is admitted: nobody's clock is exact.
const HOLDS_LEEWAY: chrono::TimeDelta = chrono::TimeDelta::seconds(5);
/// Bytes of a line's salt.
const SALT_BYTES: usize = 32;

/// The lines of one node.
pub struct Lines {
    database: Database,
    identity: Arc<Identity>,
    shows: Arc<Shows>,
    follow: Follow,
    turnstile: Arc<Turnstile>,
    live: Arc<Live>,
    proofs: Proofs,
    /// This node, as the one that paces.
    node: u128,
    lines: Mutex<HashMap<ShowId, Arc<Line>>>,
}

impl Lines {
    /// No line is known yet. [`Lines::run`] must be running for them to move.
    pub fn new(
        database: Database,
        identity: Arc<Identity>,
        (shows, follow): (Arc<Shows>, Follow),
        turnstile: Arc<Turnstile>,
        live: Arc<Live>,
        reach: Reach,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            identity,
            shows,
            follow,
            turnstile,
            live,
            proofs: Proofs::new(reach),
            node: rand::random(),
            lines: Mutex::default(),
        })
    }

    /// The line of a show that has one by the terms that are in force.
    pub async fn look(&self, show: &Show) -> Result<Arc<Known>, LineError> {
        let line = self.line(show.id)?;
        self.look_within(&line, Duration::MAX, show.revision).await
    }

    /// Notes that a show's line is looked at on this node: its viewers are told of it.
    pub fn note(&self, show: &Show) {
        // One that there is no room for is not told of.
        let _full = self.line(show.id).is_err();
    }

    /// Gives a session its place: the one that it has, as far as it shows it or this node remembers, or a new one.
    pub async fn join(
        &self,
        show: &Show,
        session: SessionId,
        shown: Option<&str>,
        proof: Option<&str>,
    ) -> Result<Placed, LineError> {
        let line = self.line(show.id)?;
        let mut known = self.look_within(&line, DRAW_STALE_MAX, show.revision).await?;
        known.check_takes()?;
        let is_good = |known: &Known, turn| !matches!(known.stand(turn), PlaceState::Over { .. });
        let shown = shown.and_then(|place| known.keys.read_place(session, place));
        let remembered = || {
            line.remembered()
                .find(session)
                .map(|number| known.turn(session, number))
        };
        if let Some(turn) = shown.or_else(remembered).filter(|turn| is_good(&known, *turn)) {
            return Ok(known.placed(session, turn));
        }
        if let Some(url) = known.rules().and_then(|rules| rules.proof_url.as_deref()) {
            self.proofs.ask(url, show.id, proof).await?;
            known = self.look_within(&line, DRAW_STALE_MAX, show.revision).await?;
            known.check_takes()?;
        }
        if known.stage() == Stage::Drawing {
            line.count(known.keys.counted(session));
            line.remembered().note(session, None);
            return Ok(known.placed(session, known.turn(session, None)));
        }
        if known.opening.is_none() {
            known = self.open(&line, &known).await?;
        }
        let number = self.next_number(&line).await?;
        // Whoever asks twice at the same moment has the first of both places.
        let first = line.remembered().note_first(session, number, |number| {
            is_good(&known, known.turn(session, number))
        });
        Ok(known.placed(session, known.turn(session, first)))
    }

    /// A place, if it is one of this session.
    pub async fn find(
        &self,
        show: &Show,
        session: SessionId,
        place: &str,
    ) -> Result<Option<Placed>, LineError> {
        let known = self.look(show).await?;
        let turn = known.keys.read_place(session, place);
        Ok(turn.map(|turn| known.placed(session, turn)))
    }

    /// Whether a session may hold places of a show that has a line. Asks the database only where a node has not looked at the line of
    /// late.
    pub async fn enter(
        &self,
        show: &Show,
        session: SessionId,
        place: Option<&str>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Entry, LineError> {
        // Another node may have let somebody in since this one read the row: nobody is refused by what is older.
        for age_max in [Duration::MAX, REFUSED_STALE_MAX] {
            let line = self.line(show.id)?;
            let known = match self.look_within(&line, age_max, show.revision).await {
                Ok(known) => known,
                // The terms have changed.
                Err(LineError::NoLine) => return Ok(Entry::Free),
                Err(error) => return Err(error),
            };
            // The turnstile says that it is too early.
            if known.opening.is_none() && known.now() < known.opens_at() - HOLDS_LEEWAY {
                return Ok(Entry::Free);
            }
            let turn = place.and_then(|place| known.keys.read_place(session, place));
            let placed = turn.map(|turn| known.placed(session, turn));
            match placed.as_ref().map(|placed| placed.standing) {
                Some(PlaceState::Admitted { .. }) => return Ok(Entry::Free),
                Some(PlaceState::Waiting { .. })
                    if age_max > REFUSED_STALE_MAX && known.age() > REFUSED_STALE_MAX => {}
                // Whoever repeats what was done in time gets the answer that it got.
                Some(PlaceState::Over { .. }) if self.has_come_before(show.id, key).await? => {
                    return Ok(Entry::Free);
                }
                _ => return Ok(Entry::Wait(placed)),
            }
        }
        Err(StoreError::Busy.into())
    }

    async fn has_come_before(&self, show: ShowId, key: Option<&IdempotencyKey>) -> Result<bool, StoreError> {
        let Some(key) = key.cloned() else { return Ok(false) };
        let read = move |connection: &mut _| Ok(is_known(connection, show, &key)?);
        self.database.read(read).await
    }

    /// What this node knows of a line, if that is not older, nor of older terms than these; else what its row says now.
    async fn look_within(
        &self,
        line: &Line,
        age_max: Duration,
        revision: Revision,
    ) -> Result<Arc<Known>, LineError> {
        let is_fresh = |known: &Arc<Known>| known.age() <= age_max && known.terms().revision >= revision;
        let fresh = || line.known().filter(is_fresh);
        let known = match fresh() {
            Some(known) => known,
            None => {
                // Whoever waits for somebody else's reading has it then.
                let _reading = line.reading.lock().await;
                match fresh() {
                    Some(known) => known,
                    None => self.read(line).await?,
                }
            }
        };
        match known.rules() {
            Some(_) => Ok(known),
            None => Err(LineError::NoLine),
        }
    }

    /// Reads a line's row, and makes it if there is none.
    async fn read(&self, line: &Line) -> Result<Arc<Known>, LineError> {
        let show = line.show;
        for _ in 0..2 {
            self.refresh(&[show]).await?;
            if let Some(known) = line.known() {
                return Ok(known);
            }
            let salt: [u8; SALT_BYTES] = rand::random();
            let commitment = self.identity.line_keys(show, &salt).commitment();
            let begin = move |connection: &mut _| {
                Ok(begin_line(connection, show, salt.to_vec(), commitment.to_vec())?)
            };
            self.database.write(WriteKind::Buyers, begin).await?;
        }
        Err(StoreError::Unavailable.into())
    }

    /// Reads the rows of some lines.
    async fn refresh(&self, shows: &[ShowId]) -> Result<(), StoreError> {
        let wanted = shows.to_vec();
        let begin = std::time::Instant::now();
        let read = move |connection: &mut _| Ok(read_lines(connection, &wanted)?);
        for record in self.database.read(read).await? {
            let line = self.lock().get(&record.show).cloned();
            let terms = self.shows.at_least(record.show, record.revision).await?;
            if let Some((line, terms)) = line.zip(terms) {
                let keys = line.keys(|| self.identity.line_keys(record.show, &record.salt));
                line.know(Known::new(record, terms, keys, begin));
            }
        }
        Ok(())
    }

    /// Opens a line whose time has come.
    async fn open(&self, line: &Line, known: &Known) -> Result<Arc<Known>, LineError> {
        let (show, drawn, opens_at) = (line.show, line.drawn(), known.opens_at());
        let open = move |connection: &mut _| Ok(open_line(connection, show, &drawn, opens_at)?);
        self.database.write(WriteKind::Buyers, open).await?;
        self.refresh(&[show]).await?;
        let known = line.known().filter(|known| known.opening.is_some());
        // By the database's clock it is a moment too early.
        known.ok_or(LineError::NotOpen(opens_at))
    }

    /// The next number of those who come now.
    async fn next_number(&self, line: &Line) -> Result<u64, LineError> {
        let mut block = line.block.lock().await;
        if let Some(number) = block.next() {
            return Ok(number);
        }
        let (show, left, count) = (line.show, block.left_over(), block.next_size());
        let lease = move |connection: &mut _| Ok(lease_block(connection, show, left, count)?);
        let last = self.database.write(WriteKind::Buyers, lease).await?;
        block.begin(last.ok_or(StoreError::Unavailable)?, count);
        Ok(block.next().ok_or(StoreError::Unavailable)?)
    }

    /// What this node keeps of a show's line, which it reads from now on.
    fn line(&self, show: ShowId) -> Result<Arc<Line>, StoreError> {
        let mut lines = self.lock();
        if let Some(line) = lines.get(&show) {
            line.touch();
            return Ok(line.clone());
        }
        if lines.len() >= LINES_MAX {
            return Err(StoreError::Busy);
        }
        let line = Arc::new(Line::new(show));
        lines.insert(show, line.clone());
        Ok(line)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ShowId, Arc<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
