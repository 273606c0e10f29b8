//! What an order says of people: who buys, who comes with each ticket, and what its organiser notes of it. None of it is in the
//! journal or in an answer that is kept, so that it can be erased.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::event::Places;
use super::reference::TicketIndex;
use super::text::is_readable;

/// Longest name of somebody, in characters.
pub const PERSON_CHARS_MAX: usize = 200;
/// Longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3, without the brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest part of one before the `@`, in bytes.
const EMAIL_LOCAL_BYTES_MAX: usize = 64;
/// Longest part of a domain between two dots, in bytes.
const DOMAIN_LABEL_BYTES_MAX: usize = 63;
/// Longest telephone number, in characters.
pub const PHONE_CHARS_MAX: usize = 32;
/// Fewest digits of one.
const PHONE_DIGITS_MIN: usize = 3;
/// Longest name of a language, in characters.
pub const LOCALE_CHARS_MAX: usize = 35;
/// Longest part of one between two hyphens, in characters.
const LOCALE_PART_CHARS_MAX: usize = 8;
/// Most entries of an order's metadata.
pub const METADATA_ENTRIES_MAX: usize = 50;
/// Longest name of an entry, in characters.
pub const METADATA_NAME_CHARS_MAX: usize = 40;
/// Longest text of an entry, in characters.
pub const METADATA_TEXT_CHARS_MAX: usize = 500;

/// Who buys.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Buyer {
    /// What they are called.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// The language in which they want to be written to (BCP 47).
    pub locale: Option<String>,
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Who buys.
    pub buyer: Buyer,
    /// Who comes with each ticket, by its number; those at the end may be missing.
    pub attendees: Vec<Option<String>>,
    /// What its organiser, or the page it was bought on, notes of it.
    pub metadata: BTreeMap<String, String>,
}

impl Details {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is to change of it: whatever is not named stays.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DetailsChange {
    /// What the buyer is called.
    pub name: Option<Option<String>>,
    /// Their e-mail address.
    pub email: Option<Option<String>>,
    /// Their telephone number.
    pub phone: Option<Option<String>>,
    /// The language in which they want to be written to.
    pub locale: Option<Option<String>>,
    /// Who comes with each ticket that was not given back, in the tickets' order: all of them anew.
    pub attendees: Option<Vec<Option<String>>>,
    /// What is noted.
    pub metadata: MetadataChange,
}

/// What is to change of an order's metadata.
#[derive(Clone, PartialEq, Eq)]
pub enum MetadataChange {
    /// These entries: each gets a text, or goes.
    Some(BTreeMap<String, Option<String>>),
    /// All of it goes.
    All,
}

impl Default for MetadataChange {
    fn default() -> Self {
        Self::Some(BTreeMap::new())
    }
}

/// Why details can't be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailsFault {
    /// More people come than there are tickets: so many.
    TooManyAttendees(usize),
    /// More is noted than may be.
    TooMuchMetadata,
}

impl DetailsChange {
    /// What `details` become by it, of an order with these places, of whose tickets these were given back.
    pub fn apply(
        self,
        details: Details,
        places: &Places,
        returned: &BTreeSet<TicketIndex>,
    ) -> Result<Details, DetailsFault> {
        let Details {
            mut buyer,
            mut attendees,
            mut metadata,
        } = details;
        replace(&mut buyer.name, self.name);
        replace(&mut buyer.email, self.email);
        replace(&mut buyer.phone, self.phone);
        replace(&mut buyer.locale, self.locale);
        if let Some(named) = self.attendees {
            attendees = by_ticket(named, places, returned)?;
        }
        match self.metadata {
            MetadataChange::All => metadata.clear(),
            MetadataChange::Some(entries) => {
                for (name, text) in entries {
                    match text {
                        Some(text) => drop(metadata.insert(name, text)),
                        None => drop(metadata.remove(&name)),
                    }
                }
            }
        }
        if metadata.len() > METADATA_ENTRIES_MAX {
            return Err(DetailsFault::TooMuchMetadata);
        }
        Ok(Details {
            buyer,
            attendees,
            metadata,
        })
    }
}

fn replace<T>(old: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *old = new;
    }
}

/// People by the numbers of the tickets that they have, where these are told in the order of those that are left.
fn by_ticket(
    named: Vec<Option<String>>,
    places: &Places,
    returned: &BTreeSet<TicketIndex>,
) -> Result<Vec<Option<String>>, DetailsFault> {
    let mut named = named.into_iter();
    let tickets = places.tickets().map(|(ticket, _)| ticket);
    let mut attendees: Vec<_> = tickets
        .map(|ticket| {
            if returned.contains(&ticket) {
                None
            } else {
                named.next().flatten()
            }
        })
        .collect();
    if named.next().is_some() {
        let left = attendees.len().saturating_sub(returned.len());
        return Err(DetailsFault::TooManyAttendees(left));
    }
    while attendees.last().is_some_and(Option::is_none) {
        attendees.pop();
    }
    Ok(attendees)
}

/// Commands are told in logs; people are not.
impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Details")
    }
}

impl fmt::Debug for DetailsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DetailsChange")
    }
}

impl fmt::Debug for Buyer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buyer")
    }
}

/// Somebody's name, without the space around it.
pub fn read_person(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = name.chars().count() <= PERSON_CHARS_MAX;
    (fits && is_readable(name)).then_some(name)
}

/// An e-mail address, without the space around it: a part before the `@` as people have it, without quotes, and a name of a
/// domain with a dot. Whether anybody reads what is sent there, only sending tells.
pub fn read_email(text: &str) -> Option<&str> {
    let email = text.trim();
    let (local, domain) = email.rsplit_once('@')?;
    let has_dots_inside = |text: &str| text.split('.').all(|part| !part.is_empty());
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(letter)
            || !letter.is_ascii() && letter.is_alphanumeric()
    };
    let local_fits =
        local.len() <= EMAIL_LOCAL_BYTES_MAX && has_dots_inside(local) && local.chars().all(is_plain);
    let fits = email.len() <= EMAIL_BYTES_MAX && local_fits && is_domain(domain);
    fits.then_some(email)
}

/// What is the same for two addresses that are taken for one: whatever the case of their letters.
pub fn email_key(email: &str) -> String {
    email.to_lowercase()
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let is_inside = |letter: char| letter.is_alphanumeric() || letter == '-';
        (1..=DOMAIN_LABEL_BYTES_MAX).contains(&label.len())
            && label.chars().all(is_inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // The last one is a name, or the whole would be an address of a machine.
    let ends_in_name = domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.chars().any(char::is_alphabetic));
    ends_in_name && domain.split('.').all(is_label)
}

/// A telephone number as people write it, without the space around it: digits, one `+` before them, and what stands between.
pub fn read_phone(text: &str) -> Option<&str> {
    let phone = text.trim();
    let rest = phone.strip_prefix('+').unwrap_or(phone);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let is_part = |letter: char| letter.is_ascii_digit() || " -./()".contains(letter);
    let fits = phone.chars().count() <= PHONE_CHARS_MAX && digits >= PHONE_DIGITS_MIN;
    (fits && rest.chars().all(is_part)).then_some(phone)
}

/// The name of a language, as in `de-AT`.
pub fn read_locale(text: &str) -> Option<&str> {
    let mut parts = text.split('-');
    let language = parts.next()?;
    let is_language = (2..=LOCALE_PART_CHARS_MAX).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part = |part: &str| {
        (1..=LOCALE_PART_CHARS_MAX).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (text.len() <= LOCALE_CHARS_MAX && is_language && parts.all(is_part)).then_some(text)
}

/// Whether an entry of metadata may be called so.
pub fn is_metadata_name(name: &str) -> bool {
    name.chars().count() <= METADATA_NAME_CHARS_MAX && is_readable(name)
}

/// Whether an entry of metadata may say so: nothing, or what can be printed.
pub fn is_metadata_text(text: &str) -> bool {
    text.chars().count() <= METADATA_TEXT_CHARS_MAX && (text.is_empty() || is_readable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        let longest = format!("{}@{}.org", "a".repeat(64), "b".repeat(63));
        for good in [
            "ada@example.org",
            " ada.lovelace+tickets@mail.example.co.uk ",
            "o'hara@example.org",
            "jörg@müller.example",
            "用户@例子.广告",
            &longest,
        ] {
            assert_eq!(read_email(good), Some(good.trim()), "{good}");
        }
        let too_long = format!("{}@{}org", "a".repeat(64), "b.".repeat(100));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "ada@127.0.0.1",
            "ada@.org",
            "ada@example..org",
            "ada@-example.org",
            ".ada@example.org",
            "ada..l@example.org",
            "ada l@example.org",
            "\"ada\"@example.org",
            "ada@example.org, eve@example.org",
            "Ada <ada@example.org>",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@exam ple.org",
            "a@b@example.org",
            &too_long,
        ] {
            assert_eq!(read_email(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_and_languages_are_told_from_what_is_none() {
        for good in ["+43 1 234-56.78", "112", "(01) 234/567", " 0123456 "] {
            assert_eq!(read_phone(good), Some(good.trim()), "{good}");
        }
        let long = "1".repeat(33);
        for bad in ["", "12", "+", "call me", "1+234", "++123", "12\n3", "123x", &long] {
            assert_eq!(read_phone(bad), None, "{bad}");
        }
        for good in ["de", "de-AT", "zh-Hant-TW", "sl-rozaj-1994"] {
            assert_eq!(read_locale(good), Some(good), "{good}");
        }
        for bad in [
            "",
            "d",
            "de_AT",
            "de-",
            "-de",
            "deutschland",
            "de-überall",
            "12",
            "de AT",
        ] {
            assert_eq!(read_locale(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_and_notes_can_be_read() {
        assert_eq!(read_person("  Ada Lovelace "), Some("Ada Lovelace"));
        for bad in ["", "  ", "Ada\nLovelace", "\u{202e}adA", &"a".repeat(201)] {
            assert_eq!(read_person(bad), None, "{bad}");
        }
        assert!(is_metadata_name("crm_id") && !is_metadata_name("") && !is_metadata_name(&"a".repeat(41)));
        assert!(is_metadata_text("") && is_metadata_text("7") && !is_metadata_text("a\tb"));
        assert!(!is_metadata_text(&"a".repeat(501)));
    }

    /// An order of three seats, the middle one of which was given back.
    fn change(change: DetailsChange, details: &Details) -> Result<Details, DetailsFault> {
        let places = Places {
            seats: [4, 5, 6].map(crate::plan::SeatIndex).to_vec(),
            zones: Vec::new(),
        };
        change.apply(details.clone(), &places, &[TicketIndex(1)].into())
    }

    #[test]
    fn a_change_touches_what_it_names_and_nothing_else() {
        let text = |text: &str| Some(text.to_owned());
        let before = Details {
            buyer: Buyer {
                name: text("Ada"),
                email: text("ada@example.org"),
                ..Buyer::default()
            },
            attendees: vec![None, text("Bob")],
            metadata: [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into(),
        };
        assert_eq!(change(DetailsChange::default(), &before), Ok(before.clone()));
        let some = DetailsChange {
            email: Some(None),
            phone: Some(text("112")),
            attendees: Some(vec![text("Cid"), text("Dan")]),
            metadata: MetadataChange::Some([("a".to_owned(), None), ("c".to_owned(), text("3"))].into()),
            ..DetailsChange::default()
        };
        let after = change(some, &before).expect("a change");
        assert!(
            after.buyer.name == text("Ada")
                && after.buyer.email.is_none()
                && after.buyer.phone == text("112")
        );
        assert_eq!(after.attendees, [text("Cid"), None, text("Dan")]);
        let entries: Vec<_> = after.metadata.keys().map(String::as_str).collect();
        assert_eq!(entries, ["b", "c"]);
        let nothing = DetailsChange {
            name: Some(None),
            email: Some(None),
            attendees: Some(vec![None]),
            metadata: MetadataChange::All,
            ..DetailsChange::default()
        };
        assert!(change(nothing, &before).expect("a change").is_empty());
    }

    #[test]
    fn no_more_is_said_than_there_is_room_for() {
        let people = |count| DetailsChange {
            attendees: Some(vec![Some("Ada".to_owned()); count]),
            ..DetailsChange::default()
        };
        assert!(change(people(2), &Details::default()).is_ok());
        let refused = change(people(3), &Details::default());
        assert_eq!(refused, Err(DetailsFault::TooManyAttendees(2)));
        let notes = |from: usize, to: usize| {
            (from..to)
                .map(|number| (number.to_string(), Some(String::new())))
                .collect()
        };
        let full = DetailsChange {
            metadata: MetadataChange::Some(notes(0, METADATA_ENTRIES_MAX)),
            ..DetailsChange::default()
        };
        let full = change(full, &Details::default()).expect("as much as may be");
        let more = DetailsChange {
            metadata: MetadataChange::Some(notes(50, 51)),
            ..DetailsChange::default()
        };
        assert_eq!(change(more, &full), Err(DetailsFault::TooMuchMetadata));
    }

    #[test]
    fn nobody_is_told_in_logs() {
        let buyer = Buyer {
            name: Some("Ada".to_owned()),
            ..Buyer::default()
        };
        let details = Details {
            buyer,
            attendees: vec![Some("Ada".to_owned())],
            metadata: [("of".to_owned(), "Ada".to_owned())].into(),
        };
        let told = format!("{details:?} {:?}", details.buyer);
        assert_eq!(told, "Details Buyer");
        assert!(!details.is_empty() && Details::default().is_empty());
    }
}
