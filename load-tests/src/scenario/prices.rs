//! Holds on a show with many ticket types and codes, beside holds on one with neither.

use anyhow::Context;

use super::Effort;
use super::holds::hold_seats;
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::Stage;

/// Ticket types of the show.
pub const TICKET_TYPES: usize = 20;
/// Codes of the show.
pub const CODES: usize = 10_000;

/// What is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sold {
    /// Seats at one price, and the show has no other.
    Plain,
    /// The same, and the show has types and codes.
    BesideTypes,
    /// A seat of each order is of a type that it names, and each order has a code of its own.
    Typed,
}

const CASES: [Sold; 3] = [Sold::Plain, Sold::BesideTypes, Sold::Typed];

/// The holds, by what is sold.
pub struct Prices {
    /// On a show without types and codes.
    pub plain: Rounds,
    /// Orders that name neither, on a show that has both.
    pub beside_types: Rounds,
    /// Orders that name both.
    pub typed: Rounds,
}

/// Lets the cases take turns, each time on a fresh show.
pub async fn sell_as_types(stage: &Stage, effort: Effort) -> anyhow::Result<Prices> {
    let effort = effort.turn();
    let [plain, beside_types, typed] = Rounds::of_cases()?;
    let mut found = Prices {
        plain,
        beside_types,
        typed,
    };
    for case in turns(CASES.len(), ROUNDS) {
        let sold = *CASES.get(case).context("no such case")?;
        let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
        let seats = match sold {
            Sold::Plain => seats,
            Sold::BesideTypes | Sold::Typed => {
                let show = seats.shows().first().context("no show")?;
                stage.add_ticket_types(show, TICKET_TYPES).await?;
                let codes = stage.make_codes(show, CODES).await?;
                match sold {
                    Sold::Typed => seats.sold_as(TICKET_TYPES, codes),
                    _ => seats,
                }
            }
        };
        let holds = hold_seats(stage, &seats, effort).await?;
        holds.ensure_some("holds")?;
        match sold {
            Sold::Plain => found.plain.add_run(&holds)?,
            Sold::BesideTypes => found.beside_types.add_run(&holds)?,
            Sold::Typed => found.typed.add_run(&holds)?,
        }
    }
    Ok(found)
}
