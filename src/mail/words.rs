//! Times, money, places and greetings, as people of a language write them.

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;

use domain::event::Place;
use domain::mail::Language;
use domain::money::Money;
use domain::plan::Plan;

const DAYS_ENGLISH: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const DAYS_GERMAN: [&str; 7] = [
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
];
const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// How a letter begins.
pub fn greeting(language: Language, name: Option<&str>) -> String {
    let hello = match language {
        Language::English => "Hello",
        Language::German => "Guten Tag",
    };
    match name {
        Some(name) => format!("{hello} {name},"),
        None => format!("{hello},"),
    }
}

/// A time as it is where a show takes place; in UTC, if nobody knows the zone.
pub fn time(language: Language, at: DateTime<Utc>, zone: &str) -> String {
    let known = zone.parse().unwrap_or(Tz::UTC);
    let local = at.with_timezone(&known);
    let of = |names: &[&'static str], number: u32| {
        let number = usize::try_from(number).unwrap_or_default();
        names.get(number).copied().unwrap_or_default()
    };
    let (day, month) = (local.weekday().num_days_from_monday(), local.month0());
    let (date, year, hour, minute) = (local.day(), local.year(), local.hour(), local.minute());
    match language {
        Language::English => {
            let (day, month) = (of(&DAYS_ENGLISH, day), of(&MONTHS_ENGLISH, month));
            format!("{day}, {date} {month} {year}, {hour:02}:{minute:02} ({known})")
        }
        Language::German => {
            let (day, month) = (of(&DAYS_GERMAN, day), of(&MONTHS_GERMAN, month));
            format!("{day}, {date}. {month} {year}, {hour:02}:{minute:02} Uhr ({known})")
        }
    }
}

/// An amount with its currency's code.
pub fn money(language: Language, money: Money) -> String {
    let decimals = money.currency.decimals();
    let unit = 10_i64.pow(decimals);
    let (whole, rest) = (money.amount / unit, (money.amount % unit).abs());
    let code = money.currency.code();
    let width = usize::try_from(decimals).unwrap_or_default();
    let number = match (language, decimals) {
        (_, 0) => whole.to_string(),
        (Language::English, _) => format!("{whole}.{rest:0width$}"),
        (Language::German, _) => format!("{whole},{rest:0width$}"),
    };
    match language {
        Language::English => format!("{code} {number}"),
        Language::German => format!("{number} {code}"),
    }
}

/// Where a place is, as the plan has people told.
pub fn place(language: Language, plan: &Plan, place: Place) -> String {
    let seat = match place {
        Place::Zone(zone) => return plan.zone(zone).map(|zone| zone.name.clone()).unwrap_or_default(),
        Place::Seat(seat) => seat,
    };
    let (Some((section, row)), Some(seat)) = (plan.section_and_row(seat), plan.seat(seat)) else {
        return String::new();
    };
    let (row_word, seat_word) = match language {
        Language::English => ("row", "seat"),
        Language::German => ("Reihe", "Platz"),
    };
    let of_row = row
        .label
        .clone()
        .unwrap_or_else(|| format!("{row_word} {}", row.name));
    let of_seat = seat
        .label
        .clone()
        .unwrap_or_else(|| format!("{seat_word} {}", seat.number));
    format!("{}, {of_row}, {of_seat}", section.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn times_are_those_of_the_place() {
        let at: DateTime<Utc> = "2030-03-02T19:05:00Z".parse().expect("a time");
        let english = |zone| time(Language::English, at, zone);
        assert_eq!(english("UTC"), "Saturday, 2 March 2030, 19:05 (UTC)");
        assert_eq!(english("Asia/Tokyo"), "Sunday, 3 March 2030, 04:05 (Asia/Tokyo)");
        assert_eq!(english("Nowhere/Else"), "Saturday, 2 March 2030, 19:05 (UTC)");
        assert_eq!(
            time(Language::German, at, "Europe/Vienna"),
            "Samstag, 2. März 2030, 20:05 Uhr (Europe/Vienna)"
        );
        let summer: DateTime<Utc> = "2030-07-02T19:05:00Z".parse().expect("a time");
        assert_eq!(
            time(Language::German, summer, "Europe/Vienna"),
            "Dienstag, 2. Juli 2030, 21:05 Uhr (Europe/Vienna)"
        );
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let written = |language, amount, code: &str| {
            let currency = Currency::try_from(code.to_owned()).expect("a currency");
            money(language, Money { amount, currency })
        };
        assert_eq!(written(Language::English, 5_005, "EUR"), "EUR 50.05");
        assert_eq!(written(Language::German, 5_005, "EUR"), "50,05 EUR");
        assert_eq!(written(Language::English, 5_005, "JPY"), "JPY 5005");
        assert_eq!(written(Language::German, 5_005, "KWD"), "5,005 KWD");
        assert_eq!(written(Language::English, 7, "EUR"), "EUR 0.07");
    }

    #[test]
    fn a_letter_begins_politely() {
        assert_eq!(greeting(Language::English, Some("Ada")), "Hello Ada,");
        assert_eq!(greeting(Language::German, None), "Guten Tag,");
    }
}
