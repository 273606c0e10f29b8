//! Words that the domain has, as the document tells them.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use domain::door::{Reason, ScanResult};
use domain::event::EventKind;
use domain::payment::DeclineCode;
use domain::seat_map::SeatState;

/// The schema of a string that is one of these words.
fn words(words: impl IntoIterator<Item = &'static str>, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .into()
}

/// What an event says.
pub struct EventTypeBody;

impl PartialSchema for EventTypeBody {
    fn schema() -> RefOr<Schema> {
        let description = "What has happened: places went into an order (`booked`), were given up (`canceled`), lapsed \
            (`timed_out`), were paid or given back (`returned`), were taken off sale (`blocked`) or put back; the sale was \
            `opened` or `closed`; a hold is kept longer (`extended`); the show's terms have `changed`. Pass over a word that you don't know.";
        words(EventKind::ALL.map(EventKind::name), description)
    }
}

impl ToSchema for EventTypeBody {}

/// How a seat is.
pub struct SeatStateBody;

impl PartialSchema for SeatStateBody {
    fn schema() -> RefOr<Schema> {
        let states = (0..).map_while(SeatState::from_number);
        let description = "How a seat is: for sale (`free`), in an order that is not paid yet (`held`), `sold`, or kept off sale \
            (`blocked`).";
        words(states.map(SeatState::name), description)
    }
}

impl ToSchema for SeatStateBody {}

/// Why a payment was refused.
pub struct DeclineCodeBody;

impl PartialSchema for DeclineCodeBody {
    fn schema() -> RefOr<Schema> {
        let description = "Why a payment was refused, in a word for programs.";
        words(DeclineCode::ALL.map(DeclineCode::name), description)
    }
}

impl ToSchema for DeclineCodeBody {}

/// What was answered to a scan.
pub struct ScanResultBody;

impl PartialSchema for ScanResultBody {
    fn schema() -> RefOr<Schema> {
        let description = "What became of a scan: somebody was let in (`admitted`) or went out (`left`); nobody went through \
            (`refused`); or somebody did before the office could be asked, and should not have (`conflict`).";
        words(ScanResult::ALL.iter().map(|result| result.word()), description)
    }
}

impl ToSchema for ScanResultBody {}

/// Why a scan lets nobody through.
pub struct ScanReasonBody;

impl PartialSchema for ScanReasonBody {
    fn schema() -> RefOr<Schema> {
        let description = "Why nobody is let through, or should not have been. Take a word that you don't know for a refusal.";
        words(Reason::ALL.iter().map(|reason| reason.word()), description)
    }
}

impl ToSchema for ScanReasonBody {}
