//! The rule about lone seats meets the vectors of `lone_seats.json`, which the page meets too.
//!
//! `WRITE_VECTORS=1 cargo test -p domain --test lone_seats` writes what is found anew, after the rule or the cases have changed.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test fails by panicking, and says where"
)]

use std::collections::{BTreeMap, HashSet};

use domain::lone_seat::{Pick, find};
use domain::plan::{Plan, SeatIndex, own};
use domain::rules::LoneSeats;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lone_seats.json");

#[derive(Deserialize)]
struct Vectors {
    about: String,
    plans: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

#[derive(Serialize, Deserialize)]
struct Case {
    name: String,
    /// Which of the plans.
    plan: String,
    rule: LoneSeats,
    /// Seats that are not free, but for those that are given up and what of `picked` the buyer has already.
    taken: Vec<String>,
    picked: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Found {
    seat: String,
    picked: Vec<String>,
    choices: Vec<Vec<String>>,
}

impl Case {
    fn find(&self, plan: &Plan) -> Option<Found> {
        let indices = |names: &[String]| -> Vec<SeatIndex> {
            let index = |name: &String| {
                plan.seat_index(name)
                    .unwrap_or_else(|| panic!("{}: no seat {name}", self.name))
            };
            names.iter().map(index).collect()
        };
        let (picked, given) = (indices(&self.picked), indices(&self.given));
        let taken: HashSet<SeatIndex> = indices(&self.taken).into_iter().collect();
        let pick = Pick {
            seats: &picked,
            given: &given,
        };
        let lone = find(plan, self.rule, pick, |seat| !taken.contains(&seat))?;
        let name = |seat: &SeatIndex| plan.seats()[seat.0 as usize].name.clone();
        let names = |seats: &Vec<SeatIndex>| seats.iter().map(name).collect();
        Some(Found {
            seat: name(&lone.seat),
            picked: names(&lone.picked),
            choices: lone.choices.iter().map(names).collect(),
        })
    }
}

/// A line each, so that changes can be read.
fn write(vectors: &Vectors) {
    let line = |value: String| format!("    {value}");
    let plans = vectors
        .plans
        .iter()
        .map(|(name, plan)| line(format!("\"{name}\": {plan}")));
    let cases = vectors
        .cases
        .iter()
        .map(|case| line(serde_json::to_string(case).expect("a case")));
    let text = format!(
        "{{\n  \"about\": {},\n  \"plans\": {{\n{}\n  }},\n  \"cases\": [\n{}\n  ]\n}}\n",
        Value::from(vectors.about.clone()),
        plans.collect::<Vec<_>>().join(",\n"),
        cases.collect::<Vec<_>>().join(",\n"),
    );
    std::fs::write(PATH, text).expect("a file");
}

#[test]
fn the_rule_meets_the_vectors() {
    let mut vectors: Vectors =
        serde_json::from_str(&std::fs::read_to_string(PATH).expect("a file")).expect("vectors");
    let plans: BTreeMap<&String, Plan> = { vectors.plans.iter() }
        .map(|(name, plan)| {
            let document: own::Document = serde_json::from_value(plan.clone()).expect("a document");
            (name, own::read(&document).expect("a plan"))
        })
        .collect();
    let found: Vec<Option<Found>> = vectors
        .cases
        .iter()
        .map(|case| case.find(&plans[&case.plan]))
        .collect();
    // Both happen often, by either rule.
    for rule in [LoneSeats::Lenient, LoneSeats::Strict] {
        let of_rule = { vectors.cases.iter().zip(&found) }.filter(|(case, _)| case.rule == rule);
        let (refused, passed): (Vec<_>, Vec<_>) = of_rule.partition(|(_, found)| found.is_some());
        assert!(
            refused.len() >= 15 && passed.len() >= 15,
            "{rule:?}: {} and {}",
            refused.len(),
            passed.len()
        );
    }
    if std::env::var_os("WRITE_VECTORS").is_some() {
        for (case, found) in vectors.cases.iter_mut().zip(found) {
            case.found = found;
        }
        write(&vectors);
        return;
    }
    for (case, found) in vectors.cases.iter().zip(found) {
        assert_eq!(found, case.found, "{}", case.name);
    }
}
