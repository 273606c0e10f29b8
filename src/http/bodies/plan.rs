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
    /// Its rows.
    #[schema(max_items = 20000)]
    pub rows: Vec<PlanRowBody>,
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
    /// Its seats.
    #[schema(max_items = 100000)]
    pub seats: Vec<PlanSeatBody>,
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
    }

    #[test]
    fn a_plan_of_pretix_is_no_other() {
        let pretix = include_str!("../../../plans/pretix-hall.json");
        let body: NewPlanBody = serde_json::from_str(pretix).expect("a body");
        assert!(matches!(body, NewPlanBody::Pretix(_)));
    }
}
