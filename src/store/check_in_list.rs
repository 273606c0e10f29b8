//! Check-in lists: whom each gate of a show admits.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz};
use serde::{Deserialize, Serialize};

use super::door::lock_door;
use super::row::corrupt;
use super::statement::{self, statement};
use domain::door::{CHECK_IN_LISTS_MAX, List, ListNumber, Since};
use domain::id::ShowId;
use domain::plan::{CategoryIndex, SectionIndex, ZoneIndex};

/// Lists that a show ever has, deleted ones too: scans name them.
pub const LIST_NUMBERS_MAX: i64 = 1_000;

type Numbers = Nullable<Array<SmallInt>>;

statement! {
    struct ReadLists("check_in_list/read.sql") { show: BigInt = i64, after: SmallInt = i16, limit: BigInt = i64 } -> (
        SmallInt, Text, Numbers, Numbers, Numbers, Nullable<Timestamptz>, Nullable<Timestamptz>, Bool, Timestamptz, Nullable<Timestamptz>,
    )
}

statement! {
    struct AddList("check_in_list/add.sql") {
        show: BigInt = i64,
        name: Text = String,
        categories: Numbers = Option<Vec<i16>>,
        sections: Numbers = Option<Vec<i16>>,
        zones: Numbers = Option<Vec<i16>>,
        from: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        allows_reentry: Bool = bool,
        lists_max: BigInt = i64,
        numbers_max: BigInt = i64,
    } -> (SmallInt,)
}

statement! {
    struct ChangeList("check_in_list/change.sql") {
        show: BigInt = i64,
        list: SmallInt = i16,
        name: Text = String,
        categories: Numbers = Option<Vec<i16>>,
        sections: Numbers = Option<Vec<i16>>,
        zones: Numbers = Option<Vec<i16>>,
        from: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        until: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        allows_reentry: Bool = bool,
    } -> ()
}

statement! {
    struct DeleteList("check_in_list/delete.sql") { show: BigInt = i64, list: SmallInt = i16 } -> ()
}

/// A list as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRecord {
    /// Its number.
    pub number: ListNumber,
    /// Whom it admits.
    pub list: List,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl ListRecord {
    /// Whether it is there.
    pub fn is_live(&self) -> bool {
        self.list.deleted == Since::Never
    }
}

/// What became of a list to be made or changed. Kept as JSON under the key that it was asked for with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListWritten {
    /// It is so.
    Done(Box<ListRecord>),
    /// There is no such list, or no such show.
    NotFound,
    /// There are as many as there can be.
    TooMany,
    /// It would admit nobody.
    EndsBeforeItBegins,
}

/// Lists of a show after a number, deleted ones too.
pub fn read_lists(
    connection: &mut PgConnection,
    show: ShowId,
    after: ListNumber,
    limit: i64,
) -> QueryResult<Vec<ListRecord>> {
    let statement = ReadLists {
        show: show.0,
        after: after.0,
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    rows.into_iter().map(record).collect()
}

/// Every list that a show has had.
pub fn read_all_lists(connection: &mut PgConnection, show: ShowId) -> QueryResult<Vec<ListRecord>> {
    read_lists(connection, show, ListNumber(0), LIST_NUMBERS_MAX)
}

/// One list; `None` if there is none, or it was deleted.
pub fn find_list(
    connection: &mut PgConnection,
    show: ShowId,
    number: ListNumber,
) -> QueryResult<Option<ListRecord>> {
    let before = ListNumber(number.0.saturating_sub(1));
    let mut found = read_lists(connection, show, before, 1)?;
    found.retain(|record| record.number == number && record.is_live());
    Ok(found.pop())
}

/// Makes a list. Lists are made one after the other, as scans are taken in.
pub fn add_list(connection: &mut PgConnection, show: ShowId, list: &List) -> QueryResult<ListWritten> {
    if lock_door(connection, show, 0)?.is_none() {
        return Ok(ListWritten::NotFound);
    }
    if ends_before_it_begins(list) {
        return Ok(ListWritten::EndsBeforeItBegins);
    }
    let statement = AddList {
        show: show.0,
        name: list.name.clone(),
        categories: numbers(list.categories.as_ref(), |category| category.0),
        sections: numbers(list.sections.as_ref(), |section| section.0),
        zones: numbers(list.zones.as_ref(), |zone| zone.0),
        from: list.from,
        until: list.until,
        allows_reentry: list.allows_reentry,
        lists_max: i64::try_from(CHECK_IN_LISTS_MAX).unwrap_or(i64::MAX),
        numbers_max: LIST_NUMBERS_MAX,
    };
    let added: Option<(i16,)> = statement::first(connection, statement)?;
    match added {
        Some((number,)) => written(connection, show, ListNumber(number)),
        None => Ok(ListWritten::TooMany),
    }
}

/// Changes a list that is there. Changes are made one after the other, too.
pub fn change_list(
    connection: &mut PgConnection,
    show: ShowId,
    number: ListNumber,
    change: impl FnOnce(&mut List),
) -> QueryResult<ListWritten> {
    lock_door(connection, show, 0)?;
    let Some(ListRecord { mut list, .. }) = find_list(connection, show, number)? else {
        return Ok(ListWritten::NotFound);
    };
    change(&mut list);
    if ends_before_it_begins(&list) {
        return Ok(ListWritten::EndsBeforeItBegins);
    }
    let statement = ChangeList {
        show: show.0,
        list: number.0,
        categories: numbers(list.categories.as_ref(), |category| category.0),
        sections: numbers(list.sections.as_ref(), |section| section.0),
        zones: numbers(list.zones.as_ref(), |zone| zone.0),
        from: list.from,
        until: list.until,
        allows_reentry: list.allows_reentry,
        name: list.name,
    };
    statement::execute(connection, statement)?;
    written(connection, show, number)
}

/// Deletes a list: what was deleted before stays so. Says whether there ever was one.
pub fn delete_list(connection: &mut PgConnection, show: ShowId, number: ListNumber) -> QueryResult<bool> {
    let statement = DeleteList {
        show: show.0,
        list: number.0,
    };
    Ok(statement::execute(connection, statement)? > 0)
}

fn ends_before_it_begins(list: &List) -> bool {
    list.from
        .zip(list.until)
        .is_some_and(|(from, until)| until <= from)
}

/// The list as it was just written.
fn written(connection: &mut PgConnection, show: ShowId, number: ListNumber) -> QueryResult<ListWritten> {
    let record = find_list(connection, show, number)?.ok_or(Error::NotFound)?;
    Ok(ListWritten::Done(Box::new(record)))
}

type Row = (
    i16,
    String,
    Option<Vec<i16>>,
    Option<Vec<i16>>,
    Option<Vec<i16>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    bool,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
);

fn record(row: Row) -> QueryResult<ListRecord> {
    let (number, name, categories, sections, zones, from, until, allows_reentry, created_at, deleted_at) =
        row;
    Ok(ListRecord {
        number: ListNumber(number),
        list: List {
            name,
            categories: indices(categories, CategoryIndex)?,
            sections: indices(sections, SectionIndex)?,
            zones: indices(zones, ZoneIndex)?,
            from,
            until,
            allows_reentry,
            deleted: Since::from_time(deleted_at),
        },
        created_at,
    })
}

/// Places in a plan as a column: a plan has no more than 1,000 of any.
fn numbers<T>(indices: Option<&Vec<T>>, number: impl Fn(&T) -> u16) -> Option<Vec<i16>> {
    indices.map(|indices| indices.iter().map(|index| number(index).cast_signed()).collect())
}

fn indices<T>(numbers: Option<Vec<i16>>, index: impl Fn(u16) -> T) -> QueryResult<Option<Vec<T>>> {
    let index = |number: i16| u16::try_from(number).map(&index);
    let read = numbers.map(|numbers| numbers.into_iter().map(index).collect::<Result<_, _>>());
    read.transpose().map_err(|_negative| corrupt("a place in a plan"))
}
