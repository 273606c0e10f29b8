//! How many blocked places are kept under each label.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, SmallInt, Text};

use super::row::corrupt;
use super::statement::{self, statement};
use domain::event::ZonePlaces;
use domain::id::ShowId;
use domain::plan::ZoneIndex;

statement! {
    struct List("labels/list.sql") { show: BigInt = i64, after: Text = String, limit: BigInt = i64 } -> (Text, SmallInt, BigInt)
}

/// What is kept under a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// The label.
    pub label: String,
    /// How many seats.
    pub seats: i64,
    /// How many places of zones.
    pub zones: Vec<ZonePlaces>,
}

/// The labels after one of them, in the order of their letters.
pub fn list_labels(
    connection: &mut PgConnection,
    show: ShowId,
    after: &str,
    limit: i64,
) -> QueryResult<Vec<KeptRecord>> {
    let list = List {
        show: show.0,
        after: after.to_owned(),
        limit,
    };
    let mut kept: Vec<KeptRecord> = Vec::new();
    for (label, zone, places) in statement::load::<_, (String, i16, i64)>(connection, list)? {
        if kept.last().is_none_or(|last| last.label != label) {
            kept.push(KeptRecord {
                label,
                seats: 0,
                zones: Vec::new(),
            });
        }
        let last = kept.last_mut().ok_or_else(|| corrupt("a label"))?;
        match u16::try_from(zone) {
            // Below 0: seats.
            Err(_) => last.seats = places,
            Ok(zone) => last.zones.push(ZonePlaces {
                zone: ZoneIndex(zone),
                count: u32::try_from(places).map_err(|_too_many| corrupt("a label's places"))?,
            }),
        }
    }
    Ok(kept)
}
