//! What a document of the own format is made of.

use serde::{Deserialize, Serialize};

use super::super::{Point, Table};

/// A plan's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The venue's name.
    pub name: String,
    /// What the seats look at: the middle of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point: Option<Point>,
    /// Floors, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floors: Vec<FloorPart>,
    /// Price categories.
    pub categories: Vec<CategoryPart>,
    /// Sections with numbered seats.
    #[serde(default)]
    pub sections: Vec<SectionPart>,
    /// Zones without numbered seats.
    #[serde(default)]
    pub zones: Vec<ZonePart>,
}

/// A floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorPart {
    /// Its name.
    pub name: String,
    /// What people are told instead, such as `First balcony`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A price category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryPart {
    /// Its name.
    pub name: String,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionPart {
    /// Its name.
    pub name: String,
    /// The floor it is on, if the plan has floors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// Its rows.
    pub rows: Vec<RowPart>,
    /// Its tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TablePart>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowPart {
    /// Its name.
    pub name: String,
    /// What people are told instead, such as `Row 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The category of its seats that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How good its seats are that don't say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
    /// How its aisles are known, if not by its gaps too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aisles: Option<AislesPart>,
    /// Its seats.
    pub seats: Vec<SeatPart>,
}

/// How the aisles of a row are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AislesPart {
    /// Its seats say where they are, and nothing else does.
    Explicit,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePart {
    /// Its name.
    pub name: String,
    /// What people are told instead, such as `Table 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The category of its seats that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How good its seats are that don't say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
    /// What can be bought of it.
    pub sold: Sold,
    /// Its seats, as people sit round it.
    pub seats: Vec<SeatPart>,
}

/// What can be bought of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sold {
    /// All of it and nothing less.
    Whole,
    /// Each of its seats.
    Seats,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatPart {
    /// What is painted on it.
    pub number: String,
    /// What people are told instead, such as `Seat 12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Where it is.
    pub x: f32,
    /// Where it is.
    pub y: f32,
    /// Its category, if not its row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its name, if not `section-row-number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a wheelchair has its place there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accessible: bool,
    /// The name of the accessible seat of its row for whose guest's company it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion_of: Option<String>,
    /// Whether part of the stage can't be seen from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restricted_view: bool,
    /// Whether there is an aisle between it and the seat listed next.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aisle_after: bool,
    /// How good it is: 0 to 1,000, if not as its row says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
}

/// A zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZonePart {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// How many places it has.
    pub capacity: i64,
    /// The floor it is on, if the plan has floors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
}

/// A row or a table as a builder takes it, with what is to be known of its seats.
pub(super) struct RowOrTable<'a> {
    pub name: &'a str,
    pub label: Option<&'a str>,
    pub category: Option<&'a str>,
    pub quality: Option<i64>,
    pub has_explicit_aisles: bool,
    pub table: Option<Table>,
    pub seats: &'a [SeatPart],
}

impl SectionPart {
    /// Its rows, and then its tables.
    pub(super) fn rows_and_tables(&self) -> impl Iterator<Item = RowOrTable<'_>> {
        let rows = self.rows.iter().map(|row| RowOrTable {
            name: &row.name,
            label: row.label.as_deref(),
            category: row.category.as_deref(),
            quality: row.quality,
            has_explicit_aisles: row.aisles == Some(AislesPart::Explicit),
            table: None,
            seats: &row.seats,
        });
        let tables = self.tables.iter().map(|table| RowOrTable {
            name: &table.name,
            label: table.label.as_deref(),
            category: table.category.as_deref(),
            quality: table.quality,
            has_explicit_aisles: false,
            table: Some(Table {
                whole: table.sold == Sold::Whole,
            }),
            seats: &table.seats,
        });
        rows.chain(tables)
    }
}
