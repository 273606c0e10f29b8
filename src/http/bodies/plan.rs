//! Seating plans on the wire, for those who read the API's description. Plans are read by `domain::plan`, which says for
//! itself where a document is at fault; a test holds the two together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A seating plan to be imported.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NewPlanBody {
    /// In the own format.
    Own(PlanDocumentBody),
    /// In pretix's.
    Pretix(PretixPlanBody),
}

/// A seating plan in the own format.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocumentBody {
    /// The venue's name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What the seats look at: the middle of the stage. `together` begins with the seats nearest to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point: Option<PlanPointBody>,
    /// Its floors, if there are several: then every section and zone names one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub floors: Vec<PlanFloorBody>,
    /// Price categories.
    #[schema(max_items = 100)]
    pub categories: Vec<PlanCategoryBody>,
    /// Sections with numbered seats.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub sections: Vec<PlanSectionBody>,
    /// Zones without numbered seats.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub zones: Vec<PlanZoneBody>,
}

/// A place on a plan, in its units.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPointBody {
    /// To the right.
    #[schema(minimum = -1000000, maximum = 1000000)]
    pub x: f32,
    /// Downwards.
    #[schema(minimum = -1000000, maximum = 1000000)]
    pub y: f32,
}

/// A floor, such as the stalls or a balcony.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanFloorBody {
    /// Its name, unique in the plan.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What people are told instead, such as `First balcony`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub label: Option<String>,
}

/// A price category.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCategoryBody {
    /// Its name, unique in the plan.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// How it is drawn: `#rgb` or `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
    pub color: Option<String>,
}

/// A section. Two may share a name.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSectionBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The floor it is on, if the plan has floors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// Its rows.
    #[schema(max_items = 20000)]
    pub rows: Vec<PlanRowBody>,
    /// Its tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20000)]
    pub tables: Vec<PlanTableBody>,
}

/// A row.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRowBody {
    /// Its name, as it is painted.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What people are told instead, such as `Row 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub label: Option<String>,
    /// The category of its seats that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How good its seats are that don't say so themselves: 1000 is best, and 500 what seats are of which none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000)]
    pub quality: Option<i64>,
    /// How its aisles are known; if left out, by its seats' `aisle_after` and by gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aisles: Option<PlanAislesBody>,
    /// Its seats.
    #[schema(max_items = 100000)]
    pub seats: Vec<PlanSeatBody>,
}

/// How the aisles of a row are known.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanAislesBody {
    /// By its seats' `aisle_after` alone.
    Explicit,
}

/// A table: its seats stand round it as they are listed, the last one beside the first.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanTableBody {
    /// Its name, as it is painted.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What people are told instead, such as `Table 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub label: Option<String>,
    /// The category of its seats that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How good its seats are that don't say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000)]
    pub quality: Option<i64>,
    /// What can be bought of it.
    pub sold: PlanTableSoldBody,
    /// Its seats.
    #[schema(max_items = 100000)]
    pub seats: Vec<PlanSeatBody>,
}

/// What can be bought of a table.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanTableSoldBody {
    /// All of it and nothing less.
    Whole,
    /// Each of its seats.
    Seats,
}

/// A seat.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSeatBody {
    /// What is painted on it.
    #[schema(min_length = 1, max_length = 100)]
    pub number: String,
    /// What people are told instead, such as `Seat 12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub label: Option<String>,
    /// To the right.
    #[schema(minimum = -1000000, maximum = 1000000)]
    pub x: f32,
    /// Downwards.
    #[schema(minimum = -1000000, maximum = 1000000)]
    pub y: f32,
    /// Its category, if not its row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its name, unique in the plan, if not `section-row-number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Whether a wheelchair has its place there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub accessible: Option<bool>,
    /// The name of the accessible seat of its row or table for whose guest's company it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion_of: Option<String>,
    /// Whether part of the stage can't be seen from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restricted_view: Option<bool>,
    /// Whether there is an aisle between it and the seat that is listed after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aisle_after: Option<bool>,
    /// How good it is, if not as its row says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000)]
    pub quality: Option<i64>,
}

/// A zone.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanZoneBody {
    /// Its name, unique in the plan.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Its category.
    pub category: String,
    /// How many places it has, unless a show says otherwise.
    #[schema(minimum = 1, maximum = 100000)]
    pub capacity: i64,
    /// The floor it is on, if the plan has floors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
}

/// A seating plan as pretix writes it:
/// <https://github.com/pretix/pretix/blob/master/src/pretix/static/seating/seating-plan.schema.json>
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PretixPlanBody {
    /// The venue's name.
    pub name: String,
    /// Price categories.
    pub categories: Vec<serde_json::Value>,
    /// Zones, which become sections.
    #[schema(min_items = 1)]
    pub zones: Vec<PretixZoneBody>,
}

/// A zone of pretix's.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PretixZoneBody {
    /// Its rows.
    pub rows: Vec<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{NewPlanBody, PlanDocumentBody};
    use domain::plan::own;

    /// Both read the document, and write the same.
    fn check(document: &Value) {
        let read: own::Document = serde_json::from_value(document.clone()).expect("a document");
        let plan = own::import(&read, str::to_owned).expect("a plan");
        let written = serde_json::to_value(own::write(&plan)).expect("JSON");
        let body: PlanDocumentBody = serde_json::from_value(written.clone()).expect("a body");
        assert_eq!(serde_json::to_value(&body).expect("JSON"), written);
    }

    #[test]
    fn a_plan_is_described_as_it_is_written() {
        check(&serde_json::from_str(include_str!("../../../plans/arena.json")).expect("JSON"));
        check(&json!({
            "name": "H", "focal_point": {"x": 1, "y": 2}, "categories": [{"name": "C", "color": "#fff"}, {"name": "D"}],
            "sections": [{"name": "S", "rows": [{"name": "1", "label": "Row 1", "category": "C", "seats": [
                {"number": "1", "label": "Seat 1", "x": 0, "y": 0, "name": "n"},
                {"number": "2", "x": 9, "y": 0, "category": "D"}]}]}],
            "zones": [{"name": "Z", "category": "C", "capacity": 9}],
        }));
        check(&json!({
            "name": "H", "floors": [{"name": "0", "label": "Stalls"}, {"name": "1"}], "categories": [{"name": "C"}],
            "sections": [{"name": "S", "floor": "0",
                "rows": [{"name": "1", "category": "C", "quality": 900, "aisles": "explicit", "seats": [
                    {"number": "1", "x": 0, "y": 0, "accessible": true},
                    {"number": "2", "x": 9, "y": 0, "companion_of": "S-1-1", "aisle_after": true},
                    {"number": "3", "x": 18, "y": 0, "restricted_view": true, "quality": 1}]}],
                "tables": [{"name": "T", "label": "Table", "category": "C", "quality": 3, "sold": "whole", "seats": [
                    {"number": "1", "x": 0, "y": 9}]}]}],
            "zones": [{"name": "Z", "category": "C", "capacity": 9, "floor": "1"}],
        }));
    }

    #[test]
    fn a_plan_of_pretix_is_no_other() {
        let pretix = include_str!("../../../plans/pretix-hall.json");
        let body: NewPlanBody = serde_json::from_str(pretix).expect("a body");
        assert!(matches!(body, NewPlanBody::Pretix(_)));
    }
}
