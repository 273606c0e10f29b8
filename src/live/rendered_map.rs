//! A show's map as it goes over the wire. It is kept in pieces of a few seats: a batch only rewrites and recompresses
//! the pieces it changed, however large the hall, and all requests share the result.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::gzip::{Part, deflate, gzip};
use super::position::Position;
use super::render::{self, PlaceNames};
use domain::id::{Offset, Revision};
use domain::seat_map::{Sale, SeatMap, SeatState, ZoneCount};
use domain::show::Show;

/// Seats in a piece. Fewer make a larger whole, as each piece is compressed by itself.
const PIECE_SEATS: usize = 128;

/// Some seats of a map, one after the other.
struct Piece {
    text: String,
    /// The same, a letter a seat.
    packed: String,
    /// Made when first asked for.
    deflated: OnceLock<Bytes>,
}

impl Piece {
    fn deflated(&self) -> &Bytes {
        self.deflated.get_or_init(|| deflate(self.text.as_bytes()))
    }
}

/// Which pieces have changed since they were last taken.
pub struct Changes(Vec<bool>);

impl Changes {
    /// Everything in a map of this many seats.
    pub fn all(seats: usize) -> Self {
        Self(vec![true; seats.div_ceil(PIECE_SEATS)])
    }

    /// Notes that a seat has changed.
    pub fn note(&mut self, seat: usize) {
        if let Some(changed) = self.0.get_mut(seat / PIECE_SEATS) {
            *changed = true;
        }
    }
}

/// What has to be written of a map: everything but the unchanged pieces.
pub struct Fresh {
    at: Position,
    sale: Sale,
    revision: Revision,
    zones: Vec<ZoneCount>,
    capacities: Vec<u32>,
    /// Numbers of pieces and their seats' states.
    pieces: Vec<(usize, Vec<SeatState>)>,
    /// How many pieces the map has in all.
    pieces_count: usize,
}

impl Fresh {
    /// Takes what has changed in a map.
    pub fn take(map: &SeatMap, at: Position, changes: &mut Changes) -> Self {
        let pieces = map.seats.chunks(PIECE_SEATS).zip(&mut changes.0).enumerate();
        let changed = pieces.filter_map(|(number, (seats, changed))| {
            std::mem::take(changed).then(|| (number, seats.to_vec()))
        });
        Self {
            at,
            sale: map.sale,
            revision: map.revision,
            zones: map.zones.clone(),
            capacities: map.capacities.clone(),
            pieces: changed.collect(),
            pieces_count: map.seats.len().div_ceil(PIECE_SEATS),
        }
    }
}

/// The pieces of a map as they were last written.
#[derive(Default)]
pub struct Pieces(Vec<Arc<Piece>>);

impl Pieces {
    /// Writes what is fresh and returns the whole map.
    pub fn render(&mut self, show: &Show, names: &Arc<PlaceNames>, fresh: Fresh) -> RenderedMap {
        self.0.truncate(fresh.pieces_count);
        for (number, states) in fresh.pieces {
            let mut text = String::new();
            render::write_seats(&mut text, names, number * PIECE_SEATS, &states);
            let piece = Arc::new(Piece {
                text,
                packed: states.iter().map(|state| state.letter()).collect(),
                deflated: OnceLock::new(),
            });
            match self.0.get_mut(number) {
                Some(old) => *old = piece,
                None => self.0.push(piece),
            }
        }
        let (mut head, mut tail) = (String::new(), String::new());
        let offset = fresh.at.offset;
        render::write_map_head(&mut head, show, names, offset, fresh.sale, fresh.revision);
        render::write_map_tail(&mut tail, names, &fresh.zones, &fresh.capacities);
        tail.push('}');
        RenderedMap {
            names: names.clone(),
            at: fresh.at,
            head,
            pieces: self.0.clone(),
            tail,
            body: OnceLock::new(),
            gzip: OnceLock::new(),
            snapshot: OnceLock::new(),
            packed_snapshot: OnceLock::new(),
        }
    }
}

/// A show's map at one offset. Its forms are made when first asked for.
pub struct RenderedMap {
    names: Arc<PlaceNames>,
    at: Position,
    /// All up to the seats, but for the opening brace.
    head: String,
    pieces: Vec<Arc<Piece>>,
    /// All after the seats.
    tail: String,
    body: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
    snapshot: OnceLock<Bytes>,
    packed_snapshot: OnceLock<Bytes>,
}

impl RenderedMap {
    /// A map for a single request that doesn't follow the show.
    pub fn once(show: &Show, names: &Arc<PlaceNames>, map: &SeatMap) -> Self {
        let fresh = Fresh::take(
            map,
            Position::first(map.offset),
            &mut Changes::all(map.seats.len()),
        );
        Pieces::default().render(show, names, fresh)
    }

    /// The offset that it shows.
    pub fn offset(&self) -> Offset {
        self.at.offset
    }

    /// The position of a viewer that has it.
    pub fn position(&self) -> Position {
        self.at
    }

    /// Plain JSON.
    pub fn body(&self) -> Bytes {
        let make = || {
            let mut text = String::from("{");
            self.write_rest(&mut text);
            text.into()
        };
        self.body.get_or_init(make).clone()
    }

    /// JSON, compressed.
    pub fn gzip(&self) -> Bytes {
        let make = || {
            let mut parts = vec![
                Part::Plain(b"{"),
                Part::Plain(self.head.as_bytes()),
                Part::Plain(b"{"),
            ];
            parts.extend(self.pieces.iter().map(|piece| Part::Deflated {
                text: piece.text.as_bytes(),
                deflated: piece.deflated(),
            }));
            parts.extend([Part::Plain(b"}"), Part::Plain(self.tail.as_bytes())]);
            gzip(&parts)
        };
        self.gzip.get_or_init(make).clone()
    }

    /// A `snapshot` frame.
    pub fn snapshot_frame(&self) -> Bytes {
        let make = || {
            let mut text = String::from("{\"type\":\"snapshot\",");
            self.write_rest(&mut text);
            render::text_frame([text.as_bytes()])
        };
        self.snapshot.get_or_init(make).clone()
    }

    /// A `packed_snapshot` frame.
    pub fn packed_snapshot_frame(&self) -> Bytes {
        let make = || {
            let mut text = String::from("{\"type\":\"packed_snapshot\",");
            text.push_str(&self.head);
            text.push('"');
            let letters: String = self.pieces.iter().map(|piece| piece.packed.as_str()).collect();
            text.push_str(&self.names.in_order(letters));
            text.push('"');
            text.push_str(&self.tail);
            render::text_frame([text.as_bytes()])
        };
        self.packed_snapshot.get_or_init(make).clone()
    }

    fn write_rest(&self, text: &mut String) {
        let seats: usize = self.pieces.iter().map(|piece| piece.text.len()).sum();
        text.reserve(self.head.len() + seats + self.tail.len());
        text.push_str(&self.head);
        text.push('{');
        for piece in &self.pieces {
            text.push_str(&piece.text);
        }
        text.push('}');
        text.push_str(&self.tail);
    }
}
