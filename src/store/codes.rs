//! Codes of a show: made, changed and ended under the show's lock, so that none is used meanwhile.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use serde::{Deserialize, Serialize};

use super::row::corrupt;
use super::statement::{self, statement};
use domain::code::{CodeId, CodeTerms, CodeWord};
use domain::id::ShowId;

/// Most codes of a show, also of those that are ended.
pub const CODES_MAX: i64 = 100_000;

statement! {
    struct Lock("codes/lock.sql") { show: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct FindTaken("codes/find_taken.sql") { show: BigInt = i64, words: Array<Text> = Vec<String> } -> (Text,)
}

statement! {
    struct Add("codes/add.sql") {
        show: BigInt = i64,
        words: Array<Text> = Vec<String>,
        terms: Text = String,
        uses_max: Nullable<Integer> = Option<i32>,
        valid_from: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        valid_until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        codes_max: BigInt = i64,
    } -> (BigInt,)
}

statement! {
    struct List("codes/list.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 } -> (
        BigInt, Text, Text, Nullable<Integer>, Nullable<Timestamptz>, Nullable<Timestamptz>, Nullable<Timestamptz>, Timestamptz, BigInt,
    )
}

statement! {
    struct Change("codes/change.sql") {
        show: BigInt = i64,
        code: BigInt = i64,
        uses_max: Nullable<Integer> = Option<i32>,
        valid_from: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        valid_until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
    } -> ()
}

statement! {
    struct End("codes/end.sql") { show: BigInt = i64, code: BigInt = i64 } -> ()
}

/// How often a code may be used, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLimits {
    /// How many orders may be held and paid with it at a time.
    pub uses_max: Option<u32>,
    /// It is good from then on.
    pub valid_from: Option<DateTime<Utc>>,
    /// It is good until then.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeRecord {
    /// Its number.
    pub id: CodeId,
    /// What buyers enter.
    pub word: String,
    /// What it is good for.
    pub terms: CodeTerms,
    /// How often and when.
    pub limits: CodeLimits,
    /// When the organiser ended it.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Orders that are held or paid with it.
    pub uses: i64,
}

/// What became of codes that were to be made.
#[derive(Debug, Serialize, Deserialize)]
pub enum CodesAdded {
    /// They are there, under these numbers.
    Done(Vec<i64>),
    /// There is no such show.
    NoShow,
    /// The show has codes of these words.
    Taken(Vec<String>),
    /// The show would have too many.
    TooMany,
}

/// Makes codes: all of them or none.
pub fn add_codes(
    connection: &mut PgConnection,
    show: ShowId,
    words: &[CodeWord],
    terms: &CodeTerms,
    limits: CodeLimits,
) -> QueryResult<CodesAdded> {
    if !lock(connection, show)? {
        return Ok(CodesAdded::NoShow);
    }
    let words: Vec<String> = words.iter().map(|word| word.as_str().to_owned()).collect();
    let find = FindTaken {
        show: show.0,
        words: words.clone(),
    };
    let taken: Vec<(String,)> = statement::load(connection, find)?;
    if !taken.is_empty() {
        return Ok(CodesAdded::Taken(taken.into_iter().map(|(word,)| word).collect()));
    }
    let add = Add {
        show: show.0,
        words,
        terms: serde_json::to_string(terms).map_err(|_unwritable| corrupt("a code's terms"))?,
        uses_max: limits.uses_max.map(u32::cast_signed),
        valid_from: limits.valid_from,
        valid_until: limits.valid_until,
        codes_max: CODES_MAX,
    };
    let added: Vec<(i64,)> = statement::load(connection, add)?;
    Ok(match added.is_empty() {
        true => CodesAdded::TooMany,
        false => CodesAdded::Done(added.into_iter().map(|(id,)| id).collect()),
    })
}

/// A show's codes after one of them, in the order in which they were made.
pub fn list_codes(
    connection: &mut PgConnection,
    show: ShowId,
    after: CodeId,
    limit: i64,
) -> QueryResult<Vec<CodeRecord>> {
    type Row = (
        i64,
        String,
        String,
        Option<i32>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        DateTime<Utc>,
        i64,
    );
    let list = List {
        show: show.0,
        after: after.0,
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    let record = |(id, word, terms, uses_max, valid_from, valid_until, ended_at, created_at, uses): Row| {
        Ok(CodeRecord {
            id: CodeId(id),
            word,
            terms: serde_json::from_str(&terms).map_err(|_another| corrupt("a code's terms"))?,
            limits: CodeLimits {
                uses_max: uses_max.map(i32::cast_unsigned),
                valid_from,
                valid_until,
            },
            ended_at,
            created_at,
            uses,
        })
    };
    rows.into_iter().map(record).collect()
}

/// One code of a show.
pub fn find_code(connection: &mut PgConnection, show: ShowId, id: CodeId) -> QueryResult<Option<CodeRecord>> {
    let found = list_codes(connection, show, CodeId(id.0 - 1), 1)?;
    Ok(found.into_iter().find(|record| record.id == id))
}

/// What became of a code that was to be changed.
#[derive(Debug, Serialize, Deserialize)]
pub enum CodeChanged {
    /// It is so now.
    Done(Box<CodeRecord>),
    /// There is none of that number.
    NotFound,
    /// So many orders have it already.
    InUse(i64),
    /// It would end before it begins.
    EndsBeforeItBegins,
}

/// Changes how often a code may be used, and when.
pub fn change_code(
    connection: &mut PgConnection,
    show: ShowId,
    id: CodeId,
    change: impl FnOnce(&mut CodeLimits),
) -> QueryResult<CodeChanged> {
    lock(connection, show)?;
    let Some(mut record) = find_code(connection, show, id)? else {
        return Ok(CodeChanged::NotFound);
    };
    change(&mut record.limits);
    let limits = record.limits;
    if limits.uses_max.is_some_and(|max| i64::from(max) < record.uses) {
        return Ok(CodeChanged::InUse(record.uses));
    }
    let span = limits.valid_from.zip(limits.valid_until);
    if span.is_some_and(|(from, until)| until <= from) {
        return Ok(CodeChanged::EndsBeforeItBegins);
    }
    let statement = Change {
        show: show.0,
        code: id.0,
        uses_max: limits.uses_max.map(u32::cast_signed),
        valid_from: limits.valid_from,
        valid_until: limits.valid_until,
    };
    statement::execute(connection, statement)?;
    Ok(CodeChanged::Done(Box::new(record)))
}

/// Ends a code: what was ended before stays so. Says whether there is one.
pub fn end_code(connection: &mut PgConnection, show: ShowId, id: CodeId) -> QueryResult<bool> {
    lock(connection, show)?;
    let end = End {
        show: show.0,
        code: id.0,
    };
    Ok(statement::execute(connection, end)? > 0)
}

/// Whether there is such a show.
fn lock(connection: &mut PgConnection, show: ShowId) -> QueryResult<bool> {
    let locked: Option<(i64,)> = statement::first(connection, Lock { show: show.0 })?;
    Ok(locked.is_some())
}
